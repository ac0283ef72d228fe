"""`meterctl demo`: the main job on a year of readings, each command shown, the outcome checked.

The commands run as processes of their own, as a shell would run them, in a folder that is gone
afterwards. What must be true at the end is found by reading the files here, not by asking the
program that is on show.
"""

from __future__ import annotations

import csv
import os
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.errors import MeterctlError
from meterctl.samples import YEAR

demo_app = group()

TYPED_AT = "2026-01-01 19:30"
TYPED = ("2026-01-01T18:30:00Z", "1.85", "51365.2")


class DemoFailed(MeterctlError):
    """Something that the demo checks was not so."""

    code = "demo_failed"


@demo_app.command()
def demo() -> None:
    """Rehearse everything in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="meterctl-demo-") as folder:
        _rehearse(Path(folder))
    out.line()
    out.line("All of it was stored once, none of it lost. Your own: meterctl record VALUE")


def _rehearse(folder: Path) -> None:
    stage = _Stage(folder)
    sample = folder / YEAR.name
    sample.write_bytes(YEAR.read_bytes())

    stage.say("A year of readings from a file; the second time adds nothing.")
    stage.run("bulk-import", sample.name)
    stage.run("bulk-import", sample.name)
    stage.say("One typed in. The same again is known already, another value is refused.")
    typed = ("record", TYPED[2], "--inverter-kwh", TYPED[1], "--at", TYPED_AT)
    stage.run(*typed)
    stage.run(*typed)
    stage.run("record", "51360", "--at", TYPED_AT, expect=65)
    stage.say("A slip of the finger is stored and noticed, and does not taint what follows.")
    stage.run("record", "5137.9", "--at", "2026-01-02 19:30")
    stage.run("record", "51391", "--at", "2026-01-03 19:30")
    stage.run("review")
    stage.run("correct", "meter@2026-01-02T18:30:00Z", "51379.0", "--reason", "the point slipped")
    stage.run("review")
    stage.say("Looking at it.")
    stage.run("current")
    stage.run("history", "--by", "month", "--since", "2025-07-01")
    stage.say("Out, and into another ledger: the same to the last byte.")
    stage.run("export", "-o", "all.csv")
    stage.run("bulk-import", "all.csv", ledger="second.db")
    stage.run("export", "-o", "again.csv", ledger="second.db")
    stage.run("backup", "backups")
    stage.run("health")
    _check(folder)


class _Stage:
    """Runs commands in a folder and shows them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        kept = {name: text for name, text in os.environ.items() if "METERCTL_" not in name}
        self._environment = kept | {"METERCTL_TIMEZONE": "Europe/Berlin"}

    def say(self, text: str) -> None:
        out.line()
        out.line(out.styled(f"# {text}", "dim"))

    def run(self, *arguments: str, expect: int = 0, ledger: str = "first.db") -> None:
        """Show a command and what it prints; it must end as expected."""
        out.line(f"$ meterctl {shlex.join(arguments)}")
        out.flush()
        done = subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, "-m", "meterctl", *arguments],
            cwd=self._folder,
            env=self._environment | {"METERCTL_LEDGER": f"sqlite:///{self._folder / ledger}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        out.write(done.stdout)
        if done.returncode != expect:
            raise DemoFailed(
                f"that command ended with {done.returncode}, not {expect}", "please report it"
            )


def _check(folder: Path) -> None:
    """Every value that went in is in the export, once, and nothing else is."""
    expected = _values(YEAR)
    expected.update({(TYPED[0], "inverterKWh", TYPED[1]): 1, (TYPED[0], "meterValue", TYPED[2]): 1})
    expected[("2026-01-02T18:30:00Z", "meterValue", "51379")] += 1
    expected[("2026-01-03T18:30:00Z", "meterValue", "51391")] += 1
    held = _values(folder / "all.csv")
    for name, wrong in (("missing", expected - held), ("doubled or wrong", held - expected)):
        if wrong:
            raise DemoFailed(
                f"{len(wrong)} values are {name}, such as {min(wrong)}", "please report it"
            )
    if (folder / "all.csv").read_bytes() != (folder / "again.csv").read_bytes():
        raise DemoFailed("the export of the import is another one", "please report it")
    out.line()
    out.line(f"checked: {len(held)} values, each there once, each as it was read")


def _values(path: Path) -> Counter[tuple[str, str, str]]:
    """Each (timestamp, column, value) of a file, with how often it is there."""
    found: Counter[tuple[str, str, str]] = Counter()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for column in ("inverterKWh", "meterValue"):
                if text := row[column]:
                    plain = text.rstrip("0").rstrip(".") if "." in text else text
                    found[row["timestamp"], column, plain] += 1
    return found
