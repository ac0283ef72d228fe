"""Told to end while it waits: for its turn, for the other side, for a pipe; it is out at once."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from meterctl.ledger.lock import WriterLock, queue_path
from meterctl.samples import PORTAL
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.cli.test_push_portal import METER as OF_PORTAL
from tests.cli.test_push_portal import of_portal, port_of_portal
from tests.conftest import Program
from tests.faults.stopping import AT_ONCE, CODES, PROGRAM, SIGNALS, begun, ended, left_running
from tests.helpers import meterctl_environment
from tests.ledger.files import fill, held
from tests.sandbox.talk import ask

RECORD = ("record", "142.3", "--at", "2026-01-02T10:00:00Z")
EACH = pytest.mark.parametrize("number", SIGNALS, ids=lambda one: one.name)


def until(happened: Callable[[], object], what: str) -> None:
    """Wait for something."""
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def has_open(pid: int, path: Path) -> bool:
    """Whether a process has a file open."""
    return any(one.resolve() == path for one in Path(f"/proc/{pid}/fd").iterdir())


def is_asleep(pid: int, call: str) -> bool:
    """Whether a process waits in the kernel, in a call of that name."""
    return call in Path(f"/proc/{pid}/wchan").read_text()


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """Both other sides."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """All that a run knows; its temporary folder is its own."""
    (tmp_path / "temporary").mkdir()
    return meterctl_environment(tmp_path) | {"TMPDIR": str(tmp_path / "temporary")}


def nothing_is_left(environment: Mapping[str, str]) -> bool:
    """No process, no temporary file."""
    folder = environment["TMPDIR"]
    return not left_running(folder) and not any(Path(folder).iterdir())


# -- for its turn --------------------------------------------------------------------


@EACH
def test_while_another_run_writes(
    environment: dict[str, str], ledger_path: Path, program: Program, number: signal.Signals
) -> None:
    """It does not wait any longer, and nothing of it is stored; the lock is not its own."""
    fill(ledger_path, 1)
    lock = WriterLock(ledger_path, 0)
    with lock.held(), begun(RECORD, environment | {"METERCTL_LOCK_TIMEOUT": "60"}) as process:
        until(lambda: has_open(process.pid, queue_path(ledger_path)), "it does not wait")
        process.send_signal(number)
        ran = ended(process, AT_ONCE)
    lock.close()
    assert (ran.code, ran.out) == (CODES[number], "")
    assert len(ran.err.splitlines()) == 1
    assert held(ledger_path) == [0]
    assert program(*RECORD).code == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT], ids=["nohup", "background"])
def test_a_signal_that_was_ignored_before(
    environment: dict[str, str], ledger_path: Path, number: signal.Signals
) -> None:
    """By `nohup`, or by a script that began it in the background: it is not heard."""
    fill(ledger_path, 1)
    lock = WriterLock(ledger_path, 0)
    ignoring = ("/bin/bash", "-c", f'trap "" {number.name}; exec "$@"', "-", *PROGRAM)
    with begun(RECORD, environment, program=ignoring) as process:
        with lock.held():
            until(lambda: has_open(process.pid, queue_path(ledger_path)), "it does not wait")
            for _ in range(3):
                process.send_signal(number)
                time.sleep(0.05)
        ran = ended(process, AT_ONCE)
    lock.close()
    assert (ran.code, ran.err) == (0, "")
    assert held(ledger_path) == [0, 142]


# -- for the other side ----------------------------------------------------------------

HANGING = [
    pytest.param("token", (*RECORD, "--json"), id="record, at its log-in"),
    pytest.param("sheets", RECORD, id="record"),
    pytest.param("sheets", ("sync",), id="sync"),
    pytest.param("sheets", ("current", "--from-sheet"), id="current --from-sheet"),
    pytest.param("sheets", ("health", "--online"), id="health, at the Sheet"),
    pytest.param("utility", ("health", "--online"), id="health, at the utility"),
    pytest.param("utility", ("push-utility", "--json"), id="push-utility"),
]


@pytest.mark.parametrize(("service", "command"), HANGING)
def test_while_the_other_side_hangs(
    environment: dict[str, str],
    other_side: Rehearsal,
    program: Program,
    service: str,
    command: tuple[str, ...],
) -> None:
    """However long it may wait: it is out at once, and the same again brings everything, once."""
    settings = other_side.utility if service == "utility" else other_side.sheet
    environment |= settings | {"METERCTL_SHEET_DEADLINE": "60"}
    environment |= {"METERCTL_UTILITY_SINCE": "2026-01-01"}
    assert program("record", "1", "--at", "2026-01-01T10:00:00Z", "--offline").code == 0
    other_side.goes_wrong(f'service = "{service}"\ndo = "hang-before"\ntimes = 0')
    number = SIGNALS[len(command) % 3]
    with begun(command, environment) as process:
        until(lambda: is_connected(process.pid), "it asks nobody")
        process.send_signal(number)
        ran = ended(process, AT_ONCE)
    assert ran.code == CODES[number], ran
    assert len(ran.err.splitlines()) == 1
    assert nothing_is_left(environment)
    other_side.goes_wrong("")
    expected = (0, 75, 77, 78) if command[0] == "health" else (0,)
    assert program(*command, **environment).code in expected
    assert len(other_side.accepted()) == (command[0] == "push-utility")
    if "METERCTL_SHEET_ID" in settings:
        assert program("sync", **environment).code == 0
        sheet = program("current", "--from-sheet", "--json", **environment).json
        assert sheet["meterValue"] == (142.3 if command[0] == "record" else 1)


def test_while_a_browser_submits(
    environment: dict[str, str], other_side: Rehearsal, program: Program
) -> None:
    """Ctrl-C: nothing of the browser is left; the next push asks, and the form takes it once."""
    fields = {"meter": OF_PORTAL, "date": "2026-10-01", "value": "100"}
    port = port_of_portal(other_side)
    assert ask(port, "POST", "/sandbox/readings", json.dumps(fields)).status == 200
    environment |= {name: text for name, text in other_side.settings.items() if "PORTAL" in name}
    environment |= {"METERCTL_PORTAL_CONFIG": str(PORTAL), "METERCTL_UTILITY_POLICY": "monthly"}
    assert program("record", "142.3").code == 0
    other_side.goes_wrong('method = "POST"\npath = "/readings/confirm"\ndo = "hang-after"')
    with begun(("push-utility",), environment) as process:
        until(lambda: of_portal(other_side), "the form took nothing")
        os.killpg(process.pid, signal.SIGINT)
        ran = ended(process, 2 * AT_ONCE)
    assert ran.code == 130, ran
    assert len(ran.err.splitlines()) == 1
    assert nothing_is_left(environment)
    other_side.goes_wrong("")
    ran = program("push-utility", "--json", **environment)
    assert (ran.code, len(of_portal(other_side))) == (0, 1), ran


def is_connected(pid: int) -> bool:
    """Whether a process has a connection."""
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed by now
            if str(one.readlink()).startswith("socket:"):
                return True
    return False


# -- for a pipe --------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["import", "dry run"])
def test_while_a_file_comes_slowly(
    environment: dict[str, str],
    program: Program,
    number: signal.Signals,
    more: tuple[str, ...],
) -> None:
    """From a pipe, whose end is not there yet: afterwards the whole file adds what is missing."""
    rows = [f"2026-01-{1 + day:02}T10:00:00Z,{day}\n" for day in range(28)]
    text = "timestamp,meterValue\n" + "".join(rows)
    reading, writing = os.pipe()
    os.write(writing, text[:200].encode())
    command = ("bulk-import", "-", "--json", *more)
    with os.fdopen(reading, "rb") as pipe, begun(command, environment, stdin=pipe) as process:
        time.sleep(0.4)
        process.send_signal(number)
        ran = ended(process, AT_ONCE)
    os.close(writing)
    assert (ran.code, ran.out) == (CODES[number], "")
    assert len(ran.err.splitlines()) == 1
    assert nothing_is_left(environment)
    assert program("bulk-import", "-", stdin=text).code == 0
    assert len(program("history", "--json").json["readings"]) == 28


@pytest.mark.parametrize("with_stderr", [False, True], ids=["stdout", "stderr as well"])
@pytest.mark.parametrize("command", ["export", "history --json"])
def test_while_nobody_reads(
    environment: dict[str, str], tmp_path: Path, program: Program, command: str, with_stderr: bool
) -> None:
    """A pipe that is full does not keep it either, whatever is left to be told."""
    file = tmp_path / "file.csv"
    days = [f"2025-{month:02}-{day:02}" for month in range(1, 10) for day in range(1, 29)]
    rows = [f"{day}T{hour:02}:00:00Z,7\n" for day in days for hour in range(24)]
    file.write_text("timestamp,meterValue\n" + "".join(rows))
    assert program("bulk-import", str(file)).code == 0
    around = 'exec "$@" 2>&1' if with_stderr else 'exec "$@"'
    inside = ("/bin/bash", "-c", around, "-", *PROGRAM)
    reading, writing = os.pipe()
    with (
        os.fdopen(writing, "wb") as pipe,
        begun(command.split(), environment, program=inside, stdout=pipe) as process,
    ):
        until(lambda: is_full(reading), "the pipe is not full")
        process.terminate()
        ran = ended(process, AT_ONCE)
    os.close(reading)
    assert ran.code == 143
    assert with_stderr or "stopped; what was acknowledged is stored" in ran.err
    assert len(ran.err.splitlines()) == (not with_stderr)


def is_full(pipe: int) -> bool:
    """Whether a pipe takes no more: its bytes stay as many as they are."""
    before = _bytes_in(pipe)
    time.sleep(0.2)
    return _bytes_in(pipe) == before > 32_768


def _bytes_in(pipe: int) -> int:
    return int(struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0])


# -- a second time ------------------------------------------------------------------------


def test_told_again_while_it_clears_up(environment: dict[str, str], tmp_path: Path) -> None:
    """A second Ctrl-C, and a third: what was begun is undone all the same."""
    traced = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=unlinkat,rmdir")
    slowed = (*traced, "-e", "inject=unlinkat,rmdir:delay_enter=300000", *PROGRAM)
    reading, writing = os.pipe()
    os.write(writing, b"timestamp,meterValue\n2026-01-01T10:00:00Z,1\n")
    command = ("bulk-import", "-", "--dry-run")
    with (
        os.fdopen(reading, "rb") as pipe,
        begun(command, environment, program=slowed, stdin=pipe, is_ours=False) as process,
    ):
        until(lambda: [*(tmp_path / "temporary").glob("*/ledger.db")], "it has not begun")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        pid = int(children.read_text().split()[0])
        time.sleep(0.2)
        for _ in range(8):
            with suppress(ProcessLookupError):  # it is out
                os.kill(pid, signal.SIGINT)
            time.sleep(0.05)
        ran = ended(process, 2 * AT_ONCE)
    os.close(writing)
    assert (ran.code, ran.out) == (130, "")
    assert ran.err == "meterctl: stopped; what was acknowledged is stored\n"
    assert nothing_is_left(environment)
