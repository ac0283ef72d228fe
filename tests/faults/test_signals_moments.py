"""Told to end at a moment that is chosen: before it has begun, amid a write, once all is told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.faults.stopping import AT_ONCE, CODES, PROGRAM, SIGNALS, begun, ended, left_running
from tests.faults.table import Table
from tests.faults.trace import Call, calls_that_write, traced
from tests.helpers import Ran, meterctl_environment
from tests.ledger.files import fill, held

RECORD = ("record", "142.3", "--at", "2026-01-02T10:00:00Z", "--json")
IN_A_TEST = 12  # of the calls by which `record` writes; the soak takes all
EACH = pytest.mark.parametrize("number", SIGNALS, ids=lambda one: one.name)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """All that a run knows; its temporary folder is its own."""
    (tmp_path / "temporary").mkdir()
    return meterctl_environment(tmp_path) | {"TMPDIR": str(tmp_path / "temporary")}


def embedded(text: str) -> tuple[str, ...]:
    """The program within a script, as it would be with another habit of ours or of Python's."""
    return (sys.executable, "-c", f"from meterctl import early; early.listen()\n{text}")


# -- before and after --------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["plain", "json"])
def test_before_the_commands_are_loaded(
    environment: dict[str, str], ledger_path: Path, number: signal.Signals, form: Sequence[str]
) -> None:
    """It waits until it can be told in a word; nothing has begun."""
    with begun(("record", "5", *form), environment) as process:
        process.send_signal(number)
        process.send_signal(number)
        ran = ended(process, AT_ONCE)
    assert (ran.code, ran.out) == (CODES[number], "")
    assert ran.err.count("\n") == 1
    assert not form or json.loads(ran.err)["error"]["code"] == "interrupted"
    assert not ledger_path.exists()


@EACH
def test_once_all_is_told(environment: dict[str, str], number: signal.Signals) -> None:
    """While Python takes itself apart: the reading is acknowledged, and so says the exit code."""
    leaving = embedded(
        "import atexit, time\n"
        "def leave():\n"
        "    print('leaving', flush=True)\n"
        "    time.sleep(1)\n"
        "atexit.register(leave)\n"
        "from meterctl.__main__ import main\n"
        "main()"
    )
    with begun(RECORD, environment, program=leaving) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "leaving\n":
            pass
        process.send_signal(number)
        ran = ended(process, AT_ONCE)
    assert (ran.code, ran.err) == (0, "")


# -- amid a write --------------------------------------------------------------------------


class Writing:
    """Runs of `record`, each in a copy of one folder, stopped at one of its calls."""

    def __init__(self, tmp_path: Path) -> None:
        self._tmp_path = tmp_path
        self._template = tmp_path / "template"
        fill(self._template / "data" / "ledger.db", 1)

    def calls(self) -> list[Call]:
        """Those of an undisturbed run."""
        folder = self._copy("undisturbed")
        environment = meterctl_environment(folder)
        return calls_that_write(RECORD, environment, folder / "calls", folder / "data")

    def stop(self, call: Call, number: signal.Signals) -> tuple[bool, list[int]]:
        """Whether it was acknowledged, and what is stored after it and after the same again."""
        folder = self._copy(f"{call.name}-{call.number}")
        environment = meterctl_environment(folder)
        inject = f"inject={call.name}:signal={number.name}:when={call.number}"
        ran = traced(
            RECORD, environment, folder / "calls", "-e", f"trace={call.name}", "-e", inject
        )
        told = _is_told(ran)
        assert ran.code == CODES[number] or (ran.code == 0 and told), (call, ran)
        assert ran.err.count("\n") == (ran.code != 0), (call, ran)
        stored = held(folder / "data" / "ledger.db")
        assert stored in ([0], [0, 142]), call
        assert not told or stored == [0, 142], call
        again = traced(RECORD, environment, folder / "calls", "-e", "trace=flock")
        assert again.code == 0, again
        stored = held(folder / "data" / "ledger.db")
        shutil.rmtree(folder)
        return told, stored

    def _copy(self, name: str) -> Path:
        return Path(shutil.copytree(self._template, self._tmp_path / name))


def _is_told(ran: Ran) -> bool:
    try:
        return bool(json.loads(ran.out)["readings"])
    except ValueError:
        return False


def test_at_a_call_by_which_it_writes(tmp_path: Path) -> None:
    """In the middle of a commit, too: what is acknowledged is there, the same again is known."""
    writing = Writing(tmp_path)
    calls = writing.calls()
    for place, call in enumerate(calls[:: 1 + len(calls) // IN_A_TEST]):
        assert writing.stop(call, SIGNALS[place % 3])[1] == [0, 142], call


@pytest.mark.soak
@EACH
def test_at_every_call_by_which_it_writes(
    tmp_path: Path, table: Table, number: signal.Signals
) -> None:
    """The same at all of them."""
    writing = Writing(tmp_path)
    for call in writing.calls():
        told, stored = writing.stop(call, number)
        table.add(f"{number.name} as record calls {call.name}", 1 + told, len(stored), 2)


# -- where Python loses it -----------------------------------------------------------------

# Work that a signal interrupts in a place from which no exception comes out as it went in.
_LOST = {
    "in a finalizer": (
        "class Work:\n"
        "    def __del__(self):\n"
        "        print('working', flush=True)\n"
        "        time.sleep(2)\n"
        "def work():\n"
        "    Work()\n"
        "    time.sleep(20)\n"
    ),
    "while a class is made": (
        "class Part:\n"
        "    def __set_name__(self, owner, name):\n"
        "        print('working', flush=True)\n"
        "        time.sleep(20)\n"
        "def work():\n"
        "    type('Whole', (), {'part': Part()})\n"
    ),
}


@EACH
@pytest.mark.parametrize("where", _LOST)
def test_where_an_exception_is_lost(
    environment: dict[str, str], number: signal.Signals, where: str
) -> None:
    """It is stopped all the same, in the same word."""
    program = embedded(
        f"import time\n{_LOST[where]}\n"
        "from meterctl import wiring_local\n"
        "wiring_local.now = work\n"
        "from meterctl.cli.run import main\n"
        "main()"
    )
    with begun(("record", "5"), environment, program=program) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        process.send_signal(number)
        ran = ended(process, AT_ONCE)
    assert (ran.code, ran.err) == (
        CODES[number],
        "meterctl: stopped; what was acknowledged is stored\n",
    )


def test_what_cannot_be_undone_in_time(
    environment: dict[str, str], ledger_path: Path, program: Program
) -> None:
    """Then it ends as by `kill -9`, with the code of the signal, and the next run heals that."""
    fill(ledger_path, 1)
    hanging = embedded(
        "import time\n"
        "from meterctl import stopping\n"
        "stopping.GRACE = 1.0\n"
        "from meterctl.ledger.sqlite_connection import SqliteConnection\n"
        "def work(self, sql, rows):\n"
        "    try:\n"
        "        print('working', flush=True)\n"
        "        time.sleep(30)\n"
        "    finally:\n"
        "        time.sleep(30)\n"
        "SqliteConnection.run_many = work\n"
        "from meterctl.cli.run import main\n"
        "main()"
    )
    with begun(RECORD, environment, program=hanging) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        process.terminate()
        began = time.monotonic()
        ran = ended(process, AT_ONCE)
        assert time.monotonic() - began > 0.5
    assert (ran.code, ran.err) == (143, "")
    assert held(ledger_path) == [0]
    assert program(*RECORD).code == 0
    assert held(ledger_path) == [0, 142]


# -- with everything that it has begun -------------------------------------------------------


@pytest.mark.parametrize("way", ["Ctrl-C", "SIGKILL"])
def test_the_demo(environment: dict[str, str], way: str) -> None:
    """Neither the stand-ins that it began nor its folder are left; after SIGKILL, the folder."""
    with begun(("demo",), environment) as process:
        assert process.stdout is not None
        while "record 51365.2" not in process.stdout.readline():  # the stand-ins are there by now
            pass
        if way == "Ctrl-C":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.kill()
        ran = ended(process, AT_ONCE)
    assert left_running(environment["TMPDIR"]) == []
    if way == "SIGKILL":
        return
    assert ran.code == 130
    assert ran.err == "meterctl: stopped; what was acknowledged is stored\n"
    assert not any(Path(environment["TMPDIR"]).iterdir())


@pytest.fixture
def serving(environment: dict[str, str]) -> dict[str, str]:
    """What a server knows."""
    return environment | {"METERCTL_JWT_SECRET": "only-for-tests-0123456789abcdef0123456789"}


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["background", "nohup"])
def test_a_server_that_was_told_not_to_hear_it(
    serving: dict[str, str], number: signal.Signals, workers: str
) -> None:
    """Begun by a script in the background, or by nohup: it goes on; SIGTERM ends it as ever."""
    deaf = ("/bin/bash", "-c", f'trap "" {number.name}; exec "$@"', "-", *PROGRAM)
    command = ("serve", "--port", "0", "--workers", workers)
    with begun(command, serving, program=deaf) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on ")
        for _ in range(3):
            os.killpg(process.pid, number)
            time.sleep(0.1)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGTERM)
        ran = ended(process, AT_ONCE)
    assert (ran.code, ran.err) == (0, "")
    assert left_running(serving["TMPDIR"]) == []


@pytest.mark.parametrize("workers", ["1", "2"])
@EACH
def test_a_server_that_is_told_many_times(
    serving: dict[str, str], number: signal.Signals, workers: str
) -> None:
    """A terminal tells each of its processes, a person tells twice: it ends as by one signal."""
    command = ("serve", "--port", "0", "--workers", workers)
    with begun(command, serving) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening on ")
        for _ in range(4):
            os.killpg(process.pid, number)
            time.sleep(0.02)
        ran = ended(process, 2 * AT_ONCE)
    assert (ran.code, ran.err) == (0, "")
    assert left_running(serving["TMPDIR"]) == []
    assert not any(Path(serving["TMPDIR"]).iterdir())
