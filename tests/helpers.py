"""Ways to run the program and to make readings, shared by the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from meterctl.domain.meters import DEFAULT_METERS, Meter
from meterctl.domain.quantity import parse_quantity
from meterctl.domain.readings import Reading, Source, new_reading
from meterctl.domain.times import parse_time, zone_named

BERLIN = zone_named("Europe/Berlin")
METER, INVERTER = DEFAULT_METERS
NOW = parse_time("2026-11-22 12:00", BERLIN)


class Ran(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 (whatever it printed)
        """The one JSON object on stdout."""
        return json.loads(self.out)


def meterctl_environment(tmp_path: Path) -> dict[str, str]:
    """All that the program's environment holds in a test."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "METERCTL_LEDGER": f"sqlite:///{tmp_path}/data/ledger.db",
        "METERCTL_TIMEZONE": "Europe/Berlin",
    }


def run_program(
    arguments: Sequence[str], environment: Mapping[str, str], stdin: str = "", timeout: float = 60
) -> Ran:
    """Run `python -m meterctl` with exactly this environment."""
    done = subprocess.run(
        [sys.executable, "-m", "meterctl", *arguments],
        env=dict(environment),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def instant(text: str) -> int:
    """A time of Berlin's clocks, or one with an offset, in milliseconds."""
    return parse_time(text, BERLIN)


def killed_after(
    seconds: float | None, arguments: Sequence[str], environment: Mapping[str, str]
) -> int:
    """Run `python -m meterctl`, and kill it after so many seconds; how it ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "meterctl", *arguments],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    return process.wait()


def reading(value: str, at: str, meter: Meter = METER, **more: Any) -> Reading:  # noqa: ANN401
    """A reading of the main meter, or of another."""
    return new_reading(meter, instant(at), parse_quantity(value), Source.CLI, **more)
