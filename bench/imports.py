"""What `bulk-import` of our own CSV takes beside other importers."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from multiprocessing import Process
from pathlib import Path
from typing import NamedTuple

from bench.measuring import (
    AT_LEAST,
    AT_MOST,
    BUILD,
    METERCTL,
    ROOT,
    UNEVEN,
    Goal,
    Ran,
    Row,
    compared,
    count,
    in_seconds,
    run,
    spread,
    time_text,
)

TITLE = "Imports into SQLite"
ABOUT = (
    "A million rows of two values, every row validated, all that is compared in turn, round by"
    " round; medians, with the smallest and the largest. Memory is the peak of the whole process."
)
PEER = "sqlite-utils==3.38"
YEAR = 35_040  # quarter-hours
STEP = 5  # minutes: a million of them are nine and a half years
_HEADER = "timestamp,inverterKWh,meterValue"
_PARTLY = 3  # the exit code where some rows were rejected


class Case(NamedTuple):
    """Something to be measured: prepared outside the clock, then run under it."""

    name: str
    command: Callable[[], list[str]]
    stdin: str = ""
    code: int = 0


def measure(folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """All cases in turn, round by round."""
    rows, rounds = (50_000, 1) if is_quick else (1_000_000, 3)
    # By another process: a new one's peak of memory counts from what its parent holds.
    writer = Process(target=write_files, args=(folder, rows))
    writer.start()
    writer.join()
    cases = {case.name: case for case in all_cases(folder)}
    ran: dict[str, list[Ran]] = {name: [] for name in cases}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "METERCTL_TIMEZONE": "UTC"}
    for _ in range(rounds):
        for name, case in cases.items():
            ran[name].append(run(case.command(), environment, stdin=case.stdin, codes=(case.code,)))
    yield from as_rows(ran)


# -- what is measured --------------------------------------------------------------------


def write_files(folder: Path, rows: int) -> None:
    """All files that are imported."""
    good = list(lines(rows))
    write(folder / "first.csv", good)
    write(folder / "few.csv", good[: rows // 10])
    write(folder / "one.csv", good[:1])
    write(folder / "bad.csv", spoilt(good))
    random.Random(10).shuffle(good)
    write(folder / "shuffled.csv", good)
    write(folder / "year.csv", lines(YEAR, step=15))


def all_cases(folder: Path) -> Iterator[Case]:
    """In the order of a round; `again` imports into what `first` left."""
    yield importing(folder, "first", "first")
    yield floor(folder)
    yield importing(folder, "again", "first", is_new=False)
    yield importing(folder, "bad", "bad", "--skip-bad", code=_PARTLY)
    for name in ("shuffled", "few", "year", "one"):
        yield importing(folder, name, name)
    yield peer(folder)


def importing(
    folder: Path, name: str, file: str, *options: str, is_new: bool = True, code: int = 0
) -> Case:
    """An import of ours, into a new ledger or one that is there."""
    path = folder / f"{file}.db"
    command = [METERCTL, "--ledger", f"sqlite:///{path}", "bulk-import", "--json"]

    def prepared() -> list[str]:
        if is_new:
            remove(path)
        return [*command, str(folder / f"{file}.csv"), *options]

    return Case(name, prepared, code=code)


def floor(folder: Path) -> Case:
    """The database's own importer, written in C: no row is validated."""
    if not shutil.which("sqlite3"):
        run([str(ROOT / "tests" / "install-tools.sh"), "sqlite3"], os.environ)
    path, file = folder / "floor.db", folder / "first.csv"
    script = (
        "PRAGMA journal_mode = WAL;\nPRAGMA synchronous = FULL;\n"
        "CREATE TABLE reading (timestamp TEXT PRIMARY KEY, inverterKWh TEXT, meterValue TEXT)"
        " WITHOUT ROWID;\n"
        f".import --csv --skip 1 {file} reading\n"
    )

    def command() -> list[str]:
        remove(path)
        return ["sqlite3", str(path)]

    return Case("sqlite3", command, script)


def peer(folder: Path) -> Case:
    """What a person would pick instead, in an environment of its own."""
    home = BUILD / "peers"
    program = home / "bin" / "sqlite-utils"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "-qq", PEER], check=True)
    path, file = folder / "peer.db", folder / "first.csv"

    def command() -> list[str]:
        remove(path)
        return [
            str(program),
            "insert",
            str(path),
            "reading",
            str(file),
            "--csv",
            "--pk",
            "timestamp",
        ]

    return Case("sqlite-utils", command)


def lines(rows: int, step: int = STEP) -> Iterator[str]:
    """Rows so many minutes apart in which nothing looks wrong."""
    for row in range(rows):
        used, today = row * 125 + row * UNEVEN % 97, row * step % 1_440 * 16
        values = ",".join(f"{one // 1000}.{one % 1000:03d}" for one in (today, used))
        yield f"{time_text(row * step)},{values}"


def spoilt(good: list[str]) -> list[str]:
    """The same, one row of a hundred bad, in ways that files are."""
    ways = ("soon,1,2", "{t},-5,{v}", "{t},abc,{v}", "{t},1.2345678,{v}", "{t},1", "{t},1,5,{v}")
    chance = random.Random(1)
    rows = good[:]
    for place in range(0, len(rows), 100):
        when, _, value = rows[place].split(",")
        rows[place] = chance.choice(ways).format(t=when, v=value)
    return rows


def write(path: Path, rows: Iterable[str]) -> None:
    """A file of these rows."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{_HEADER}\n")
        file.writelines(f"{row}\n" for row in rows)


def remove(path: Path) -> None:
    """Begin without a database."""
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()


# -- saying it ---------------------------------------------------------------------------


def as_rows(ran: Mapping[str, Sequence[Ran]]) -> Iterator[Row]:
    """Each goal, and what came of it."""
    first = ran["first"]
    yield by("a first import, to `sqlite3 .import`", first, ran["sqlite3"], Goal(AT_MOST, 3, 2))
    yield compared(
        "a first import, processor time",
        [one.processor for one in first],
        [one.processor for one in ran["sqlite3"]],
        in_seconds,
    )
    yield by("the same again, to the first", ran["again"], first, Goal(AT_MOST, 1.1))
    yield by("one row of a hundred bad, `--skip-bad`", ran["bad"], first, Goal(AT_MOST, 1.7))
    yield by("in no order", ran["shuffled"], first, Goal(AT_MOST, 1.5))
    yield by(
        f"{PEER.replace('==', ' ')}, `insert --csv`, to ours",
        ran["sqlite-utils"],
        first,
        Goal(AT_LEAST, 3.5),
    )
    most = Goal(AT_MOST, 100)
    for name, what in (("first", "memory at its peak"), ("shuffled", "memory, in no order")):
        peak = [one.mebibytes for one in ran[name]]
        yield most.row(f"{what}, MiB", spread(peak, count), max(peak))
    few = [one.mebibytes for one in ran["few"]]
    yield Row("memory for a tenth of the rows, MiB", spread(few, count))
    year = [year.seconds - one.seconds for year, one in zip(ran["year"], ran["one"], strict=True)]
    yield Goal(AT_MOST, 0.33).row(
        "a year of quarter-hours, after the start, s", spread(year, in_seconds), max(year)
    )


def by(what: str, ours: Sequence[Ran], other: Sequence[Ran], goal: Goal) -> Row:
    """One side's time by the other's."""
    times, theirs = ([one.seconds for one in side] for side in (ours, other))
    return compared(what, times, theirs, in_seconds, goal)
