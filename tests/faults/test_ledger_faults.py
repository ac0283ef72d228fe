"""A ledger that is damaged, newer, or copied carelessly, as each command meets it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.sqlite import open_for_reading
from tests.conftest import Cli
from tests.helpers import Ran
from tests.ledger.files import asked, contents, execute, fill, fill_as_of, fill_many, held

READING = "meter@1970-01-01T00:00:00.001Z"
WRITING = {
    "record": ("record", "142", "--at", "2026-01-02 10:00"),
    "bulk-import": ("bulk-import", "more.csv"),
    "correct": ("correct", READING, "7", "--reason", "misread"),
    "void": ("void", READING, "--reason", "a joke"),
    "meters add": ("meters", "add", "gas"),
}
LOOKING = {
    "current": ("current",),
    "history": ("history",),
    "review": ("review",),
    "export": ("export",),
    "backup": ("backup", "backups"),
}
ALL = WRITING | LOOKING


@pytest.fixture(autouse=True)
def _file_to_import(tmp_path: Path) -> None:
    (tmp_path / "cwd" / "more.csv").write_text("timestamp,meterValue\n2026-01-02T10:00:00Z,142\n")


def page_overwritten(path: Path) -> None:
    """Two thousand bytes, from 4096 on."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 2048)


def truncated(path: Path) -> None:
    """Cut in the middle."""
    os.truncate(path, path.stat().st_size // 2)


def cut_at_a_page(path: Path) -> None:
    """Whole pages are missing."""
    os.truncate(path, 4096)


def text(path: Path) -> None:
    """Not a database at all."""
    path.write_text("timestamp,meterValue\n" * 999)


def says_plainly(ran: Ran, path: Path, code: int) -> None:
    """One line and its hint: which file, and what to do."""
    assert ran.code == code, ran
    assert ran.out == ""
    assert str(path) in ran.err
    assert "Traceback" not in ran.err
    assert 1 <= len(ran.err.splitlines()) <= 2


@pytest.mark.fault(10)
@pytest.mark.parametrize("how", [page_overwritten, truncated, cut_at_a_page, text])
@pytest.mark.parametrize("command", ALL)
def test_a_damaged_ledger(
    command: str, how: Callable[[Path], None], cli: Cli, ledger_path: Path
) -> None:
    """P1, P4: exit 74 "damaged", the way back is named, and not a byte of the file is changed.

    Looking at what the damage has not reached still works; `health` tells all the same.
    """
    fill_many(ledger_path, 300)
    how(ledger_path)
    before = contents(ledger_path)
    ran = cli(*ALL[command])
    assert contents(ledger_path) == before
    if how is not page_overwritten or command in {*WRITING, "backup"}:
        says_plainly(ran, ledger_path, 74)
        assert "damaged" in ran.err
        assert "backup" in ran.err or "restore" in ran.err
    health = cli("health", "--json")
    assert (health.code, health.json["status"]) == (74, "fail")
    assert contents(ledger_path) == before


@pytest.mark.fault(10)
def test_the_way_back_from_damage(cli: Cli, ledger_path: Path, tmp_path: Path) -> None:
    """P5: with the newest backup in its place, and what came later recorded again, all is there."""
    fill(ledger_path)
    assert cli("backup", str(tmp_path / "backups")).code == 0
    assert cli(*WRITING["record"]).code == 0
    page_overwritten(ledger_path)
    assert cli(*WRITING["record"]).code == 74
    ledger_path.unlink()
    (made,) = (tmp_path / "backups").glob("*.db")
    shutil.copy(made, ledger_path)
    assert cli(*WRITING["record"]).code == 0
    assert held(ledger_path) == [0, 1, 2, 142]


@pytest.mark.fault(11)
def test_a_naive_copy(cli: Cli, ledger_path: Path, tmp_path: Path) -> None:
    """P1: `cp ledger.db` of a ledger in use lacks what its log holds; `backup` lacks nothing."""
    fill(ledger_path)
    with closing(fill(ledger_path, 3, 3, close=False)):
        naive = tmp_path / "naive.db"
        shutil.copyfile(ledger_path, naive)
        ran = cli("backup", str(tmp_path / "backups"), "--json")
    assert ran.code == 0, ran.err
    assert held(naive) == [0, 1, 2]
    assert held(Path(ran.json["file"])) == [0, 1, 2, 3, 4, 5]


@pytest.mark.fault(13)
@pytest.mark.parametrize("command", ALL)
def test_a_newer_ledger(command: str, cli: Cli, ledger_path: Path) -> None:
    """P1, P4: exit 78, "newer than this meterctl", and nothing is written."""
    fill(ledger_path)
    execute(ledger_path, f"PRAGMA user_version = {NEWEST_VERSION + 1}")
    before = contents(ledger_path)
    says_plainly(ran := cli(*ALL[command]), ledger_path, 78)
    assert "newer" in ran.err
    assert contents(ledger_path) == before
    assert cli("health").code == 78
    assert contents(ledger_path) == before


@pytest.mark.fault(14)
@pytest.mark.parametrize("command", LOOKING)
def test_an_older_ledger_that_is_only_looked_at(command: str, cli: Cli, ledger_path: Path) -> None:
    """P1: looking works and upgrades nothing, so that an older meterctl can go on beside it."""
    fill_as_of(1, ledger_path)
    before = contents(ledger_path)
    ran = cli(*LOOKING[command])
    assert ran.code == 0, ran.err
    assert contents(ledger_path) == before
    assert not list(ledger_path.parent.glob("*.schema-*"))


@pytest.mark.fault(14)
@pytest.mark.parametrize("command", WRITING)
def test_an_older_ledger_that_is_written_to(command: str, cli: Cli, ledger_path: Path) -> None:
    """P1: each command that writes upgrades it first, and keeps it as it was."""
    fill_as_of(1, ledger_path)
    ran = cli(*WRITING[command])
    assert ran.code == 0, ran.err
    assert asked(ledger_path, "PRAGMA user_version") == [(NEWEST_VERSION,)]
    assert held(ledger_path.with_name("ledger.db.schema-1")) == [0, 1, 2]
    with closing(open_for_reading(ledger_path)) as ledger:
        assert ledger.damage() == []
