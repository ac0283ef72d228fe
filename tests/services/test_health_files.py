"""The service behind `health`: who may read and write what holds readings and secrets."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from meterctl.ledger.store import SqlLedger
from meterctl.services.health import Check, Grade
from meterctl.services.health_files import (
    check_env_file,
    check_ledger_files,
    check_tls_key,
    note_tls_key,
)
from tests.helpers import NOW

NAME = "ledger:permissions"
KEPT = (
    "ledger.db",
    "ledger.db-wal",
    "ledger.db-shm",
    "ledger.db.lock",
    "ledger.db.sync.lock",
    "ledger.db.schema-3",
    "ledger.db.before-restore-20261122",
    "meterctl.log",
    "meterctl.log.1",
)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A ledger's folder with all that may be in it, each its owner's alone."""
    folder = tmp_path / "kept"
    for one in (folder, folder / "backups", folder / "evidence"):
        one.mkdir(mode=0o700)
    for name in (*KEPT, "backups/meterctl-20261122T110000Z.db", "evidence/1.html"):
        (folder / name).touch(mode=0o600)
    (folder / "notes.txt").touch(mode=0o644)  # a person's own, and no business of ours
    return folder / "ledger.db"


def test_all_is_private(kept: Path) -> None:
    """One line says so."""
    (check,) = check_ledger_files(kept)
    assert (check.name, check.grade) == (NAME, Grade.PASS)


@pytest.mark.parametrize("name", [*KEPT, "backups", "evidence"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
def test_one_that_others_may_open(kept: Path, name: str, mode: int) -> None:
    """It is named, with the command that mends just it."""
    path = kept.parent / name
    before = path.stat().st_mode & 0o777
    path.chmod(mode | before)
    (check,) = check_ledger_files(kept)
    right = "700" if path.is_dir() else "600"
    assert check == Check(
        NAME, Grade.WARN, f"others may read or write {path}", f"chmod {right} {path}"
    )
    path.chmod(int(right, 8))
    assert [one.grade for one in check_ledger_files(kept)] == [Grade.PASS]


@pytest.mark.parametrize("name", ["backups/meterctl-20261122T110000Z.db", "evidence/1.html"])
def test_what_is_in_a_folder(kept: Path, name: str) -> None:
    """A file that others may read matters where they get into its folder, and only there."""
    path = kept.parent / name
    path.chmod(0o644)
    assert [one.grade for one in check_ledger_files(kept)] == [Grade.PASS]
    path.parent.chmod(0o755)
    assert [one.hint for one in check_ledger_files(kept)] == [
        f"chmod 700 {path.parent}",
        f"chmod 600 {path}",
    ]


@pytest.mark.parametrize(
    ("mode", "is_well"),
    [
        pytest.param(0o755, True, id="to look into"),
        pytest.param(0o757, False, id="to write in"),
        pytest.param(0o1777, True, id="as /tmp: each his own"),
    ],
)
def test_a_folder_of_everybodys(kept: Path, mode: int, *, is_well: bool) -> None:
    """Who may write there may put another ledger in the place of ours."""
    kept.parent.chmod(mode)
    found = [check.hint for check in check_ledger_files(kept)]
    assert found == ([""] if is_well else [f"chmod o-w {kept.parent}"])


def test_a_path_that_a_shell_would_take_apart(tmp_path: Path) -> None:
    """The command can be copied as it stands."""
    folder = tmp_path / "my disk; ls"
    folder.mkdir(mode=0o700)
    (folder / "ledger.db").touch(mode=0o644)
    (check,) = check_ledger_files(folder / "ledger.db")
    subprocess.run(check.hint, shell=True, check=True)  # noqa: S602 (as a person would type it)
    assert [one.grade for one in check_ledger_files(folder / "ledger.db")] == [Grade.PASS]


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_link_to_another_disk(kept: Path, tmp_path: Path, mode: int) -> None:
    """What counts is the folder that it leads to, not the link, which everybody may read."""
    usb = tmp_path / "usb"
    (kept.parent / "backups").rename(usb)
    (kept.parent / "backups").symlink_to(usb)
    usb.chmod(mode)
    grade = Grade.PASS if mode == 0o700 else Grade.WARN
    assert [one.grade for one in check_ledger_files(kept)] == [grade]


def test_an_env_file_that_is_gone(tmp_path: Path) -> None:
    """A warning, no traceback."""
    (check,) = check_env_file(tmp_path / ".env")
    assert (check.name, check.grade) == ("settings:permissions", Grade.WARN)


def test_the_key_of_serve(ledger: SqlLedger, tmp_path: Path) -> None:
    """The one that it was begun with last is remembered; without TLS none is looked at."""
    key = tmp_path / "key.pem"
    key.touch(mode=0o600)
    note_tls_key(ledger, None, NOW)
    assert list(check_tls_key(ledger)) == []
    note_tls_key(ledger, key, NOW)
    assert [one.grade for one in check_tls_key(ledger)] == [Grade.PASS]
    key.chmod(0o644)
    (check,) = check_tls_key(ledger)
    assert (check.name, check.hint) == ("http:tls_key", f"chmod 600 {key}")
    key.unlink()
    assert [one.grade for one in check_tls_key(ledger)] == [Grade.WARN]
    note_tls_key(ledger, None, NOW)
    assert list(check_tls_key(ledger)) == []
