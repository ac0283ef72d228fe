"""A ledger's files: who may read them, how they are written, and who may write when."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from meterctl.errors import Busy, LedgerError, LedgerUnwritable
from meterctl.ledger.lock import WriterLock
from meterctl.ledger.migrate import APPLICATION_ID, NEWEST_VERSION
from meterctl.ledger.port import NewEntry
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from meterctl.ledger.store import SqlLedger
from tests.faults.disks import remount, small_disk
from tests.helpers import METER, NOW, reading
from tests.ledger.contract import record
from tests.ledger.files import execute, fill, fill_and_kill, held, log_of

ROOT = Path(__file__).parents[2]
_FILL = "import sys; from pathlib import Path; from tests.ledger.files import fill;"


def mode_of(path: Path) -> int:
    """Who may do what with it."""
    return stat.S_IMODE(path.stat().st_mode)


def open_descriptors() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def pragma(ledger: SqlLedger, name: str) -> object:
    """What SQLite says on the ledger's own connection."""
    row = ledger._db.one(f"PRAGMA {name}")
    assert row is not None
    return row[0]


# -- a new ledger


def test_the_files_of_a_new_ledger(tmp_path: Path) -> None:
    """Nobody else may read it, whatever the umask, nor enter the folders made for it."""
    before = os.umask(0)
    try:
        path = tmp_path / "a" / "b" / "ledger.db"
        ledger = fill(path, close=False)
        files = list(path.parent.iterdir())
        ledger.close()
    finally:
        os.umask(before)
    assert {one.name for one in files} >= {"ledger.db", "ledger.db.lock", "ledger.db-wal"}
    assert {mode_of(one) for one in path.parent.iterdir()} == {0o600}
    assert {mode_of(one) for one in (path.parent, path.parent.parent)} == {0o700}


def test_the_marks_of_a_new_ledger(ledger: SqlLedger) -> None:
    """It says that it is a meterctl ledger, and of which version."""
    assert pragma(ledger, "application_id") == APPLICATION_ID
    assert pragma(ledger, "user_version") == NEWEST_VERSION
    assert pragma(ledger, "integrity_check") == "ok"
    assert ledger._db.all("PRAGMA foreign_key_check") == []


def test_a_writers_connection(ledger: SqlLedger) -> None:
    """A log ahead of the file, on disk at each commit: less loses readings in a power cut."""
    assert pragma(ledger, "journal_mode") == "wal"
    assert pragma(ledger, "synchronous") == 2
    assert pragma(ledger, "foreign_keys") == 1


def test_a_ledger_made_by_ten_processes_at_once(ledger_path: Path) -> None:
    """It is made once: one id, each default meter once, and every reading of the ten."""
    program = (
        f"{_FILL} fill(Path(sys.argv[1]), 1, int(sys.argv[2]));"
        " print(open(sys.argv[1] + '.lock').read())"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(ledger_path), str(number)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(10)
    ]
    ids = {writer.communicate(timeout=60)[0].strip() for writer in writers}
    assert [writer.returncode for writer in writers] == [0] * 10
    ledger = open_for_reading(ledger_path)
    assert ids == {ledger.id}
    assert len(ledger.meters()) == 2
    assert len(ledger._db.all("SELECT id FROM ledger")) == 1
    assert ledger.damage() == []
    ledger.close()
    assert held(ledger_path) == list(range(10))


# -- opened in every way


def test_a_backup_put_in_place(ledger_path: Path) -> None:
    """It is one plain file; the first write makes it keep a log again."""
    ledger = fill(ledger_path, close=False)
    ledger.backup_to(ledger_path.with_name("copy.db"))
    ledger.close()
    ledger_path.with_name("copy.db").replace(ledger_path)
    assert sqlite_mode(ledger_path) == "delete"
    assert held(ledger_path) == [0, 1, 2]
    assert sqlite_mode(ledger_path) == "delete"
    fill(ledger_path, 1, first=3)
    assert sqlite_mode(ledger_path) == "wal"
    assert held(ledger_path) == [0, 1, 2, 3]


def sqlite_mode(path: Path) -> str:
    """The journal mode as the file's header has it."""
    return "wal" if path.read_bytes()[18] == 2 else "delete"


def test_a_place_where_no_log_can_be_kept(
    ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused rather than written to less safely than was promised."""
    fill(ledger_path)
    execute(ledger_path, "PRAGMA journal_mode = DELETE")
    real = sqlite3.connect

    class NoLog(sqlite3.Connection):
        def execute(self, sql: str, *more: object) -> sqlite3.Cursor:
            return super().execute(sql.replace("= WAL", ""), *more)  # type: ignore[arg-type]

    monkeypatch.setattr(
        sqlite3,
        "connect",
        lambda *arguments, **named: real(*arguments, factory=NoLog, **named),
    )
    with pytest.raises(LedgerError, match="cannot keep its log"):
        open_for_writing(ledger_path, NOW)


def test_a_ledger_behind_a_symbolic_link(ledger_path: Path, tmp_path: Path) -> None:
    """It is the file itself that is locked and has its log beside it, by whichever name."""
    fill(ledger_path, 1)
    link = tmp_path / "link.db"
    link.symlink_to(ledger_path)
    fill_and_kill(ledger_path, 1, first=1)
    assert held(link) == [0, 1]
    fill(link, 1, first=2)
    assert held(ledger_path) == held(link) == [0, 1, 2]
    assert list(tmp_path.glob("link*")) == [link]


def test_a_name_that_a_uri_would_misread(tmp_path: Path) -> None:
    """Any name is a file's name."""
    path = tmp_path / "a?mode=ro#%41 ü" / "ledger 1.db"
    fill(path)
    assert held(path) == [0, 1, 2]


def test_opening_and_closing_beside_an_open_ledger(ledger_path: Path) -> None:
    """It does not lose the open one its locks: another program's close would take its log away."""
    first = fill(ledger_path, 1, close=False)
    for opened in (open_for_reading(ledger_path), open_for_writing(ledger_path, NOW)):
        opened.close()
    subprocess.run(
        [
            sys.executable,
            "-c",
            f"{_FILL} fill(Path(sys.argv[1]), 1, 1)",
            str(ledger_path),
        ],
        check=True,
        cwd=ROOT,
    )
    assert log_of(ledger_path).exists()
    record(first, reading("2", "2026-01-01 00:00")._replace(at=2, starts_at=2))
    assert held(ledger_path) == [0, 1, 2]
    first.close()
    assert held(ledger_path) == [0, 1, 2]


def test_a_ledger_opened_often(ledger_path: Path) -> None:
    """No descriptor is left behind, whichever way it ends."""
    fill(ledger_path)
    before = open_descriptors()
    for _ in range(5):
        open_for_reading(ledger_path).close()
        open_for_writing(ledger_path, NOW).close()
    execute(ledger_path, "PRAGMA user_version = 99")
    for opened in (open_for_reading, lambda path: open_for_writing(path, NOW)):
        with pytest.raises(Exception, match="newer"):
            opened(ledger_path)
    assert open_descriptors() == before


def test_closing_while_a_stream_is_half_read(ledger_path: Path) -> None:
    """As a broken pipe leaves it: no complaint, now or when the stream is let go of."""
    ledger = fill(ledger_path, close=False)
    stream = ledger.current(METER.id)
    next(stream)
    ledger.close()
    del stream
    assert held(ledger_path) == [0, 1, 2]


# -- where nothing can be written


@pytest.mark.fault(6)
@pytest.mark.parametrize("hot", [False, True])
def test_a_read_only_disk(tmp_path: Path, hot: bool) -> None:
    """It can be read, also with the log of a killed writer; not written to. Nothing changes."""
    with small_disk(tmp_path / "disk", "4m") as disk:
        path = disk / "ledger.db"
        (fill_and_kill if hot else fill)(path)
        before = {one.name: one.read_bytes() for one in disk.iterdir()}
        remount(disk, read_only=True)
        assert held(path) == [0, 1, 2]
        with pytest.raises(LedgerUnwritable, match=re.escape(str(path))):
            open_for_writing(path, NOW)
        assert {one.name: one.read_bytes() for one in disk.iterdir()} == before


@pytest.mark.fault(6)
def test_a_read_only_disk_without_the_shared_memory_of_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log alone, as a system that starts finds it, can be read too; the copy for it goes."""
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(private))
    with small_disk(tmp_path / "disk", "4m") as disk:
        path = disk / "ledger.db"
        fill_and_kill(path)
        path.with_name("ledger.db-shm").unlink()
        remount(disk, read_only=True)
        ledger = open_for_reading(path)
        assert [copy.name for copy in private.glob("*/*.db")] == ["ledger.db"]
        assert [one.amount for one in ledger.current(METER.id)] == [0, 1_000_000, 2_000_000]
        ledger.close()
        assert not any(private.iterdir())


# -- turns


def test_a_writer_while_another_holds_the_lock(ledger_path: Path) -> None:
    """It waits for its turn, and gets it when the other has ended."""
    ledger = fill(ledger_path, 1, close=False)
    lock = WriterLock(ledger_path, 0)
    with lock.held():
        writer = threading.Thread(target=fill, args=(ledger_path, 1, 1))
        writer.start()
        time.sleep(0.2)
        assert held(ledger_path) == [0]
    writer.join()
    lock.close()
    ledger.close()
    assert held(ledger_path) == [0, 1]


@pytest.mark.fault(8)
def test_a_writer_whose_turn_never_comes(ledger_path: Path) -> None:
    """It gives up after its time-out, with nothing stored."""
    ledger = open_for_writing(ledger_path, NOW, lock_timeout=0.2)
    lock = WriterLock(ledger_path, 0)
    with lock.held():
        began = time.monotonic()
        with pytest.raises(Busy, match=r"for 0\.2 s"):
            record(ledger, reading("1", "2026-01-01 10:00"))
        with pytest.raises(Busy):
            open_for_writing(ledger_path, NOW, lock_timeout=0.2)
        assert 0.4 <= time.monotonic() - began < 1.5
    lock.close()
    ledger.close()
    assert held(ledger_path) == []


@pytest.mark.fault(15)
def test_closing_while_another_holds_the_lock(ledger_path: Path) -> None:
    """Nobody waits for that: what is committed is on disk."""
    ledger = fill(ledger_path, close=False)
    lock = WriterLock(ledger_path, 0)
    with lock.held():
        began = time.monotonic()
        ledger.close()
        assert time.monotonic() - began < 1
    lock.close()
    assert held(ledger_path) == [0, 1, 2]


def test_a_write_that_another_programs_transaction_keeps_out(ledger_path: Path) -> None:
    """SQLite's own lock, held by a program that knows nothing of ours, is waited for as well."""
    ledger = open_for_writing(ledger_path, NOW, lock_timeout=0.2)
    other = sqlite3.connect(ledger_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy, match="another program is writing"):
        record(ledger, reading("1", "2026-01-01 10:00"))
    other.execute("ROLLBACK")
    other.close()
    assert record(ledger, reading("1", "2026-01-01 10:00")) == 1
    ledger.close()


def test_a_ledger_opened_for_reading(ledger_path: Path) -> None:
    """It refuses to write, as a bug of ours."""
    fill(ledger_path)
    ledger = open_for_reading(ledger_path)
    with pytest.raises(RuntimeError, match="for reading"):
        ledger.writing().__enter__()
    ledger.close()


# -- the log of readings


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reading SET value = 1",
        "UPDATE reading SET note = 'x'",
        "DELETE FROM reading",
        "UPDATE entry SET written_at = 1",
        "DELETE FROM entry",
    ],
)
def test_changing_what_is_written(ledger_path: Path, statement: str) -> None:
    """The file itself refuses it, from any program."""
    fill(ledger_path)
    with pytest.raises(sqlite3.IntegrityError, match=r"never|append-only"):
        execute(ledger_path, statement)
    assert held(ledger_path) == [0, 1, 2]


def test_a_write_that_fails_at_its_end(ledger_path: Path) -> None:
    """What a constraint refuses at the last row takes back the first, and the entry."""
    ledger = fill(ledger_path, close=False)
    entry = NewEntry(*ledger.entry(1)[1:])  # type: ignore[index]
    known = reading("9", "2026-01-01 00:00")._replace(at=1, starts_at=1)
    with pytest.raises(sqlite3.IntegrityError), ledger.writing():
        ledger.append(entry, [known._replace(at=7, starts_at=7), known])
    ledger.close()
    assert held(ledger_path) == [0, 1, 2]
