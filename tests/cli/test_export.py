"""`meterctl export`: to stdout, or to a file that is whole or not there."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.conftest import Cli

TABLE = "timestamp,inverterKWh,meterValue\n2025-11-07T14:30:00Z,5.42,142.3\n"


@pytest.fixture(autouse=True)
def _one_record(cli: Cli) -> None:
    done = cli("record", "142.3", "--inverter-kwh", "5.42", "--at", "2025-11-07T14:30Z")
    assert done.code == 0, done.err


def test_stdout(cli: Cli) -> None:
    """The table and nothing else."""
    assert cli("export") == (0, TABLE, "")


def test_json_lines(cli: Cli) -> None:
    """One object a reading, values exact."""
    first, second = cli("export", "--format", "jsonl").out.splitlines()
    assert '"value": 142.3, "unit": "kWh"' in first
    assert '"value": 5.42, "unit": "kWh"' in second


def test_days(cli: Cli) -> None:
    """A day is meant from its first to its last instant, in the configured zone."""
    assert cli("export", "--since", "2025-11-07", "--until", "2025-11-07").out == TABLE
    assert cli("export", "--since", "2025-11-08").out == TABLE[: TABLE.index("\n") + 1]


def test_file(cli: Cli) -> None:
    """It is written anew as a whole; nothing else is left beside it."""
    Path("out.csv").write_text("old", encoding="utf-8")
    assert cli("export", "-o", "out.csv") == (0, "", "")
    assert Path("out.csv").read_text(encoding="utf-8") == TABLE
    assert os.listdir() == ["out.csv"]  # noqa: PTH208 (names alone)


def test_file_in_the_place_of_the_ledger(cli: Cli, tmp_path: Path) -> None:
    """It is refused: that would be the ledger's end; of a lock, two writers at a time."""
    locks = ("", ".queue", ".sync", ".push-utility", ".restore")
    for end in ("", "-wal", "-shm", "-journal", *(f"{one}.lock" for one in locks)):
        ledger = tmp_path / "data" / "ledger.db"
        done = cli("export", "-o", f"{ledger}{end}")
        assert (done.code, "would overwrite the ledger" in done.err) == (2, True)
    assert cli("export").out == TABLE


def test_link(cli: Cli) -> None:
    """What it points to is written; the link stays one."""
    Path("out.csv").symlink_to("real.csv")
    assert cli("export", "-o", "out.csv").code == 0
    assert Path("out.csv").is_symlink()
    assert Path("real.csv").read_text(encoding="utf-8") == TABLE


def test_fifo(cli: Cli) -> None:
    """What is no file is written to, never replaced by one."""
    os.mkfifo("pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_text("utf-8")))
    reader.start()
    assert cli("export", "-o", "pipe").code == 0
    reader.join()
    assert read == [TABLE]
    assert Path("pipe").is_fifo()


@pytest.mark.parametrize(
    ("path", "reason"),
    [("no/out.csv", "No such file"), (".", "Is a directory"), ("/dev/full", "No space left")],
    ids=["no-folder", "a-folder", "full-disk"],
)
def test_file_that_cannot_be_written(cli: Cli, path: str, reason: str) -> None:
    """It is said, and nothing is left behind; 74."""
    ran = cli("export", "-o", path)
    assert (ran.code, ran.out) == (74, "")
    assert reason in ran.err
    assert os.listdir() == []  # noqa: PTH208 (as above)
