"""`meterctl demo`: the main job on a year of readings, each command shown, the outcome checked.

The commands run as processes of their own, as a shell would run them, in a folder that is gone
afterwards, against stand-ins for Google and a utility. What must be true at the end is found by
reading the files here and by asking the stand-ins, not by asking the program that is on show.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.demo_stage import DemoFailed, Stage
from meterctl.samples import YEAR
from meterctl.stopping import temporary_folder

demo_app = group()

TYPED_AT = "2026-01-01 19:30"
SUBMITTED_SINCE = "2025-12-15"
_COLUMNS = ("inverterKWh", "meterValue")


class Value(NamedTuple):
    """One value that went in, and that must be everywhere once."""

    timestamp: str  # UTC
    column: str
    value: str


TYPED = (
    Value("2026-01-01T18:30:00Z", "inverterKWh", "1.85"),
    Value("2026-01-01T18:30:00Z", "meterValue", "51365.2"),
    Value("2026-01-02T18:30:00Z", "meterValue", "51379"),
    Value("2026-01-03T18:30:00Z", "meterValue", "51391"),
)
SLIPPED = Value("2026-01-02T18:30:00Z", "meterValue", "5137.9")  # until it was corrected


@demo_app.command()
def demo() -> None:
    """Rehearse everything in a folder of its own."""
    with temporary_folder("meterctl-demo-") as folder:
        _rehearse(Stage(folder), folder)
    out.line()
    out.line("All of it was stored once, none of it lost. Your own: meterctl init")


def _rehearse(stage: Stage, folder: Path) -> None:
    sample = folder / YEAR.name
    sample.write_bytes(YEAR.read_bytes())

    stage.say("A year of readings from a file; the second time adds nothing.")
    stage.run("bulk-import", sample.name)
    stage.run("bulk-import", sample.name)
    stage.say("A slip of the finger is stored and noticed, and does not taint what follows.")
    stage.run("record", "5137.9", "--at", "2026-01-02 19:30")
    stage.run("record", "51391", "--at", "2026-01-03 19:30")
    stage.run("review")
    stage.run("correct", "meter@2026-01-02T18:30:00Z", "51379.0", "--reason", "the point slipped")
    with stage.other_side({"METERCTL_UTILITY_SINCE": SUBMITTED_SINCE}):
        _with_the_other_side(stage)
    stage.say("Out, and into another ledger: the same to the last byte.")
    stage.run("export", "-o", "all.csv")
    stage.run("bulk-import", "all.csv", ledger="second.db")
    stage.run("export", "-o", "again.csv", ledger="second.db")
    stage.run("backup", "backups")
    _check_export(folder)


def _with_the_other_side(stage: Stage) -> None:
    stage.say("With a Sheet: one typed in goes there at once, with all that was queued.")
    typed = ("record", "51365.2", "--inverter-kwh", "1.85", "--at", TYPED_AT)
    stage.run(*typed)
    stage.say("The same again is known already, another value is refused.")
    stage.run(*typed)
    stage.run("record", "51360", "--at", TYPED_AT, expect=65)
    stage.run("sync")
    stage.say("The last reading of each day goes to the utility, once.")
    stage.run("push-utility", "--dry-run")
    stage.run("push-utility")
    stage.run("push-utility")
    stage.say("Looking at it.")
    stage.run("current")
    stage.run("history", "--by", "month", "--since", "2025-07-01")
    stage.run("submissions", "list", "--meter", "meter")
    stage.run("health", "--online")
    stage.say("What the Sheet holds, asked of the stand-in for Google.")
    rows = stage.in_the_sheet()
    _show_rows(rows)
    _check_sheet(rows)
    stage.say("What the utility holds, asked of the stand-in.")
    accepted = stage.at_the_utility()
    for one in accepted:
        out.line(f"{one['receipt']}  {one['meter']}  {one['timestamp']}  {one['value']}")
    _check_utility(Counter((str(one["timestamp"]), str(one["value"])) for one in accepted))


def _show_rows(rows: list[dict[str, str]]) -> None:
    shown = ("timestamp", "meterValue", "inverterKWh", "source", "revision", "reason", "key")
    some = [*rows[:3], dict.fromkeys(shown, "..."), *rows[-5:]]
    out.table([shown, *([row.get(name, "") for name in shown] for row in some)], right=(1, 2))
    out.line(f"{len(rows)} rows")


def _sample() -> Iterator[Value]:
    with YEAR.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for column in _COLUMNS:
                if row[column]:
                    yield Value(row["timestamp"], column, _plain(row[column]))


def _plain(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _compare(expected: Counter[Value], held: Counter[Value], where: str) -> None:
    for name, wrong in (("missing", expected - held), ("doubled or wrong", held - expected)):
        if wrong:
            raise DemoFailed(f"{len(wrong)} values are {name} {where}, such as {min(wrong)}")
    out.line(f"checked: {len(held)} values {where}, each there once, each as it was read")


def _check_sheet(rows: list[dict[str, str]]) -> None:
    """Every value is there once, the slip as well as its correction."""
    held = Counter(
        Value(row["utc"], column, _plain(row[column]))
        for row in rows
        for column in _COLUMNS
        if row.get(column)
    )
    expected = Counter([*_sample(), *TYPED, SLIPPED])
    _compare(expected, held, "in the Sheet")


def _check_utility(held: Counter[tuple[str, str]]) -> None:
    """The last value of each day since then, once, and no slip of the finger."""
    last = {
        one.timestamp[:10]: (one.timestamp, one.value)
        for one in sorted([*_sample(), *TYPED])
        if one.column == "meterValue" and one.timestamp >= SUBMITTED_SINCE
    }
    if held != Counter(last.values()):
        raise DemoFailed("the utility holds something else than each day's last value, once")
    out.line(f"checked: {len(last)} days at the utility, each submitted once")


def _check_export(folder: Path) -> None:
    """Every value that is true is in the export, once, and nothing else is."""
    with (folder / "all.csv").open(encoding="utf-8", newline="") as file:
        held = Counter(
            Value(row["timestamp"], column, _plain(row[column]))
            for row in csv.DictReader(file)
            for column in _COLUMNS
            if row[column]
        )
    _compare(Counter([*_sample(), *TYPED]), held, "in the export")
    if (folder / "all.csv").read_bytes() != (folder / "again.csv").read_bytes():
        raise DemoFailed("the export of the import is another one")
