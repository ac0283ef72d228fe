"""The service behind `health`: each check by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from meterctl.domain.times import DAY
from meterctl.errors import LedgerDamaged
from meterctl.ledger.store import SqlLedger
from meterctl.services import health
from meterctl.services.health import Check, Grade, check_ledger, check_machine, file_system, worst
from meterctl.services.record import prepare, store
from meterctl.services.session import Session
from tests.helpers import NOW


def graded(checks: object) -> dict[str, Grade]:
    """How each check ended."""
    assert hasattr(checks, "__iter__")
    return {check.name: check.grade for check in checks}


@pytest.mark.parametrize(
    ("grades", "whole"),
    [
        pytest.param([], Grade.PASS, id="nothing looked at"),
        pytest.param([Grade.PASS, Grade.WARN], Grade.WARN, id="a warning"),
        pytest.param([Grade.WARN, Grade.FAIL, Grade.PASS], Grade.FAIL, id="a failure"),
    ],
)
def test_the_whole_is_as_its_worst_part(grades: list[Grade], whole: Grade) -> None:
    """One failure is a failure."""
    assert worst([Check(str(n), grade, "") for n, grade in enumerate(grades)]) is whole


def test_a_check_that_could_not_be_made() -> None:
    """It fails with the error's own code and hint."""
    check = health.failed(LedgerDamaged("broken", "restore"), "ledger")
    assert check == Check("ledger", Grade.FAIL, "broken", "restore", 74)


def test_a_ledger_in_use(session: Session, ledger: SqlLedger) -> None:
    """It passes, until two days have gone by without an entry."""
    values = {"meter": "1"}
    store(session, prepare(ledger.meters(), session.zones, values, NOW, session.source))
    assert set(graded(check_ledger(ledger, NOW)).values()) == {Grade.PASS}
    assert graded(check_ledger(ledger, NOW + 2 * DAY))["ledger:last_entry"] is Grade.PASS
    assert graded(check_ledger(ledger, NOW + 2 * DAY + 1))["ledger:last_entry"] is Grade.WARN


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warning while there is still time."""

    class Usage:
        free = health.LOW_DISK - 1

    monkeypatch.setattr("shutil.disk_usage", lambda _folder: Usage)
    assert graded(check_machine(tmp_path / "x" / "l.db", NOW))["disk"] is Grade.WARN


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        pytest.param("/home/a", "ext4", id="the root's"),
        pytest.param("/mnt/nas", "nfs4", id="a mount itself"),
        pytest.param("/mnt/nas/deep/er", "nfs4", id="below it"),
        pytest.param("/mnt/nas2", "ext4", id="a name that begins alike"),
        pytest.param("/mnt/my disk/x", "cifs", id="a space in its name"),
        pytest.param("/mnt/nas/local", "ext4", id="a mount in a mount"),
    ],
)
def test_which_file_system(tmp_path: Path, folder: str, kind: str) -> None:
    """The mount that is nearest above."""
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\nnas:/x /mnt/nas nfs4 rw 0 0\n"
        "//s/x /mnt/my\\040disk cifs rw 0 0\n/dev/sdb /mnt/nas/local ext4 rw 0 0\nbroken\n"
    )
    assert file_system(Path(folder), mounts) == kind


def test_no_mount_table(tmp_path: Path) -> None:
    """Nothing is said where nothing is known."""
    assert file_system(tmp_path, tmp_path / "mounts") is None


def test_a_network_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of configuration: the ledger is to lie elsewhere."""
    monkeypatch.setattr(health, "file_system", lambda _folder, _mounts: "nfs4")
    (check,) = (c for c in check_machine(tmp_path / "l.db", NOW) if c.name == "ledger:file_system")
    assert (check.grade, check.exit_code) == (Grade.FAIL, 78)
    assert "METERCTL_LEDGER" in check.hint


@pytest.mark.parametrize(
    ("version", "has_the_bug"),
    [
        pytest.param((3, 40, 1), True, id="Debian 12"),
        pytest.param((3, 44, 5), True, id="before the backport"),
        pytest.param((3, 44, 6), False, id="the backport to 3.44"),
        pytest.param((3, 50, 6), True, id="before the other backport"),
        pytest.param((3, 50, 7), False, id="the backport to 3.50"),
        pytest.param((3, 51, 2), True, id="the last one with it"),
        pytest.param((3, 51, 3), False, id="mended"),
        pytest.param((4, 0, 0), False, id="one to come"),
    ],
)
def test_versions_of_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], *, has_the_bug: bool
) -> None:
    """Those with the WAL-reset bug are told apart; none fails for it."""
    monkeypatch.setattr("sqlite3.sqlite_version_info", version)
    (check,) = (one for one in check_machine(tmp_path / "l.db", NOW) if one.name == "sqlite")
    assert check.grade is Grade.PASS
    assert ("WAL-reset bug" in check.output) is has_the_bug
