"""`push-utility`, killed at every call by which it writes or speaks: each reading is taken once."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.rehearsal import rehearsing
from tests.conftest import Cli, Program
from tests.faults.table import Table
from tests.faults.trace import KILLED, Call, killed_at, of_each_thread, traced
from tests.helpers import meterctl_environment, run_program
from tests.utility.stand import TOKEN, Stand, standing

# What it writes to the ledger by, and what it talks to the utility by.
CALLS = ("pwrite64", "fdatasync", "connect", "sendto", "recvfrom")
DAYS = ("2026-11-18 20:00", "2026-11-19 20:00", "2026-11-20 20:00")
PUSH = ("push-utility", "--json")
HEARING = Call("recvfrom", 1)
IN_A_TEST = 3  # of the calls of a kind; the soak takes all


class Pushing:
    """Runs of `push-utility`, each in a copy of one folder and with a utility of its own."""

    def __init__(self, tmp_path: Path, cli: Cli) -> None:
        self.tmp_path = tmp_path
        self.template = tmp_path / "template"
        ledger = f"sqlite:///{self.template / 'data' / 'ledger.db'}"
        for count, at in enumerate(DAYS):
            assert cli("--ledger", ledger, "record", str(100 + count), "--at", at).code == 0

    @contextmanager
    def begun(self, name: str) -> Iterator[tuple[Path, dict[str, str], Stand]]:
        """A folder, the environment of a run in it, and its utility."""
        folder = self.tmp_path / name
        shutil.copytree(self.template, folder)
        with standing(folder, time.time_ns() // 1_000_000) as stand:
            settings = {
                "METERCTL_UTILITY_URL": stand.url,
                "METERCTL_UTILITY_TOKEN": TOKEN,
                "METERCTL_UTILITY_SINCE": "2026-11-01",
            }
            yield folder, meterctl_environment(folder) | settings, stand
        shutil.rmtree(folder)

    def calls(self, *, in_doubt: bool) -> list[Call]:
        """What a run does that is not disturbed itself."""
        with self.begun("undisturbed") as (folder, environment, stand):
            log = folder / "calls"
            if in_doubt:
                self._leave_in_doubt(environment, log)
            ran = traced(PUSH, environment, log, "-e", f"trace={','.join(CALLS)}")
            assert (ran.code, stand.values()) == (0, [100, 101, 102]), ran.err
            return list(of_each_thread(log))

    def _leave_in_doubt(self, environment: dict[str, str], log: Path) -> None:
        """Kill a first run as it begins to hear the answer to its first reading."""
        assert killed_at(HEARING, PUSH, environment, log).code == KILLED

    def kill(self, call: Call, *, in_doubt: bool) -> int:
        """Killed there; after the next run each reading is taken once, and proven."""
        with self.begun(f"{call.name}-{call.number}") as (folder, environment, stand):
            if in_doubt:
                self._leave_in_doubt(environment, folder / "calls")
            ran = killed_at(call, PUSH, environment, folder / "calls")
            assert ran.code == KILLED, f"{call} was never entered: {ran}"
            early = stand.values()
            again = run_program(PUSH, environment)
            assert again.code == 0, again.err
            ran = run_program(("submissions", "list", "--json"), environment)
            listed = ran.json["submissions"]
            assert stand.values() == [100, 101, 102], (call, early)
            receipts = {one["receipt"] for one in stand.accepted()}
            assert {one["receipt"] for one in listed if one["state"] == "accepted"} == receipts
            assert [one["state"] for one in listed] == ["accepted"] * 3, (call, listed)
            return len(stand.values())


@pytest.mark.fault(31)
@pytest.mark.parametrize("in_doubt", [False, True], ids=["sends", "asks first"])
@pytest.mark.parametrize("name", CALLS)
def test_push_killed(name: str, in_doubt: bool, tmp_path: Path, cli: Cli) -> None:
    """At some calls of this kind: nothing is lost or doubled, and the next run heals."""
    pushing = Pushing(tmp_path, cli)
    calls = [call for call in pushing.calls(in_doubt=in_doubt) if call.name == name]
    assert calls
    for call in calls[:: 1 + len(calls) // IN_A_TEST]:
        pushing.kill(call, in_doubt=in_doubt)


@pytest.mark.soak
def test_push_killed_everywhere(tmp_path: Path, cli: Cli, table: Table) -> None:
    """At each call of each kind."""
    pushing = Pushing(tmp_path, cli)
    for in_doubt in (False, True):
        for call in pushing.calls(in_doubt=in_doubt):
            there = pushing.kill(call, in_doubt=in_doubt)
            table.add(f"push-utility killed at {call.name}", len(DAYS), there, len(DAYS))


@pytest.mark.fault(30)
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 143)]
)
def test_stopped_in_the_middle(
    tmp_path: Path, cli: Cli, program: Program, number: int, code: int
) -> None:
    """Ten readings, stopped while the fourth is under way: three are through, one is in doubt,
    six are due; it ends at once, and the next run makes it ten, with ten keys."""
    for day in range(10):
        assert cli("record", str(100 + day), "--at", f"2026-11-{10 + day} 20:00").code == 0
    with rehearsing(tmp_path / "other-side") as other_side:
        settings = other_side.utility | {"METERCTL_UTILITY_SINCE": "2026-11-01"}
        other_side.goes_wrong('service = "utility"\nmethod = "POST"\nskip = 3\ndo = "hang-after"')
        with subprocess.Popen(
            [sys.executable, "-m", "meterctl", "push-utility"],
            env=meterctl_environment(tmp_path) | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            deadline = time.monotonic() + 20
            while len(other_side.accepted()) < 4:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(number)
            _, err = process.communicate(timeout=5)
        assert process.returncode == code
        assert len(err.splitlines()) == 1
        listed = cli("submissions", "list", "--json").json["submissions"]
        states = Counter(one["state"] for one in listed)
        assert states == {"accepted": 3, "sending": 1, "due": 6}
        ran = program(*PUSH, **settings)
        assert (ran.code, ran.json["accepted"], ran.json["unknown"]) == (0, 7, 0)
        accepted = other_side.accepted()
        assert len(accepted) == len({one["key"] for one in accepted}) == 10
