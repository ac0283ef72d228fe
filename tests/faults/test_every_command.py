"""Every command as cron starts it, and with an output that is full, closed, or of no interest."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.cli.app import COMMANDS
from meterctl.config import env_file
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.helpers import Ran, run_program

METERCTL = f"{shlex.quote(sys.executable)} -m meterctl"
SAMPLE = Path(__file__).parents[2] / "meterctl" / "samples" / "home-2025.csv"
READING = "meter@2026-03-01T06:00:00Z"
SERVING = {"serve": "serve --port 0", "sandbox": "sandbox --dir sandbox"}  # until they are told
TYPED = {
    "ledger": "ledger show",
    "fleet": 'fleet --list - current <<< "$METERCTL_ENV_FILE"',
    "record": "record 7 --at 2026-03-02T06:00:00Z",
    "bulk-import": f"bulk-import {SAMPLE}",
    "current": "current",
    "push-utility": "push-utility",
    "health": "health --online",
    "correct": f"correct {READING} 6 --reason misread",
    "void": f"void {READING} --reason misread",
    "review": "review",
    "history": "history",
    "plot": "plot --since 2026-03-01",
    "help": "help",
    "sync": "sync",
    "sheet": "sheet show",
    "submissions": "submissions list",
    "export": "export",
    "backup": "backup",
    "restore": "restore",
    "meters": "meters list",
    "clients": "clients list",
    "init": "init",
    "config": "config show",
    "demo": "demo",
}


class House(NamedTuple):
    """A ledger with a reading, a Sheet and a utility, and the file that says where they are."""

    folder: Path
    settings: Path

    def shell(self, typed: str, around: str = "{}") -> Ran:
        """Run a command with no more in its environment than cron has, and no terminal."""
        done = subprocess.run(
            ["/bin/bash", "-c", around.format(f"{METERCTL} {typed}")],
            env=self.environment,
            cwd="/" if "sandbox" not in typed else self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    @property
    def environment(self) -> dict[str, str]:
        """No home, no language, no terminal."""
        return {
            "PATH": "/usr/bin:/bin",
            "SHELL": "/bin/sh",
            "METERCTL_ENV_FILE": str(self.settings),
        }


@pytest.fixture(scope="module")
def other_side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Both other sides, for all of these tests."""
    with rehearsing(tmp_path_factory.mktemp("other-side") / "it") as rehearsal:
        yield rehearsal


@pytest.fixture
def house(tmp_path: Path, other_side: Rehearsal, request: pytest.FixtureRequest) -> House:
    """The household; its Sheet is left to the commands that need one, since all share it."""
    told = {
        "METERCTL_LEDGER": f"sqlite:///{tmp_path}/data/ledger.db",
        "METERCTL_TIMEZONE": "Europe/Berlin",
        "METERCTL_JWT_SECRET": "only-for-tests-0123456789abcdef0123456789",
    } | other_side.utility
    if request.node.callspec.params["command"] in ("sync", "sheet"):
        told |= other_side.sheet
    house = House(tmp_path, tmp_path / "settings" / ".env")
    env_file.write(house.settings, told)
    ran = run_program(
        ["record", "5", "--at", "2026-03-01T06:00:00Z", "--offline"], house.environment
    )
    assert ran.code == 0, ran.err
    before = {
        "clients": ["clients", "add", "phone", "--scope", "record"],
        "plot": ["record", "inverter=5", "--at", "2026-03-01T08:00:00Z", "--offline"],
        "restore": ["backup"],
    }
    if typed := before.get(request.node.callspec.params["command"]):  # else there is nothing to do
        ran = run_program(typed, house.environment)
        assert ran.code == 0, ran.err
    return house


def test_each_is_here() -> None:
    """A new command gets its line above."""
    assert {*TYPED, *SERVING} == set(COMMANDS)


@pytest.mark.fault(37)
@pytest.mark.parametrize("command", TYPED)
def test_as_cron_starts_it(house: House, command: str) -> None:
    """P4: neither home, language nor terminal: it does its work, plainly, and asks nothing."""
    ran = house.shell(TYPED[command])
    assert ran.code == 0, ran
    assert ran.out
    assert "\x1b" not in ran.out + ran.err
    assert "\r" not in ran.out + ran.err
    assert "Traceback" not in ran.err


@pytest.mark.fault(37)
@pytest.mark.parametrize("command", SERVING)
def test_as_cron_starts_what_serves(house: House, command: str) -> None:
    """P4: the same of what runs until it is told to end."""
    with subprocess.Popen(
        ["/bin/sh", "-c", f"exec {METERCTL} {SERVING[command]}"],
        env=house.environment,
        cwd=house.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        time.sleep(0.2)
        assert process.poll() is None, process.communicate()
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert process.returncode in (0, 143)
    assert said
    assert "\x1b" not in said + out + err
    assert "Traceback" not in err


@pytest.mark.fault(38)
@pytest.mark.parametrize("command", TYPED)
def test_a_full_output(house: House, command: str) -> None:
    """P1, P4: 74 and a line; what it did is done, and the same again is well."""
    ran = house.shell(TYPED[command], "{} >/dev/full")
    assert (ran.code, ran.out) == (74, ""), ran
    assert "Traceback" not in ran.err
    assert "could not be written: No space left on device" in ran.err
    assert house.shell(TYPED[command]).code == 0


@pytest.mark.fault(38)
@pytest.mark.parametrize("command", TYPED)
def test_an_output_of_no_use(house: House, command: str) -> None:
    """P1, P4: closed, or with nobody who reads: the work is done, and nothing is said of it."""
    for around in ("{} >&-", "set -o pipefail; {{ sleep 0.1; {}; }} | true"):
        ran = house.shell(TYPED[command], around)
        assert ran.code == 0, (around, ran)
        assert "Traceback" not in ran.err
        assert "BrokenPipe" not in ran.err
