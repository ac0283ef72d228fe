"""`python -m bench.imports`: what `bulk-import` of our own CSV takes beside other importers.

Prints a table, and writes it to bench/RESULTS-imports.md. All that is compared runs in turn, round
by round; a figure is the median of the rounds. Processor time is that of the whole process, user
and system; memory is its peak, as the system counts it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import Process
from pathlib import Path
from typing import NamedTuple

from bench.run import METERCTL, UNEVEN, machine, time_text

HERE = Path(__file__).parent
BUILD = HERE.parent / "build"
PEER = "sqlite-utils==3.38"
YEAR = 35_040  # quarter-hours
STEP = 5  # minutes: a million of them are nine and a half years
_HEADER = "timestamp,inverterKWh,meterValue"
_PARTLY = 3  # the exit code where some rows were rejected


class Ran(NamedTuple):
    """What a process took."""

    seconds: float
    processor: float
    mebibytes: float


class Case(NamedTuple):
    """Something to be measured: prepared outside the clock, then run under it."""

    name: str
    command: Callable[[], list[str]]
    stdin: str | None = None
    code: int = 0


class Row(NamedTuple):
    """A row of the report."""

    what: str
    measured: str
    goal: str
    is_met: bool


def main() -> None:
    """Measure everything, and say it."""
    parser = argparse.ArgumentParser(description="Measure bulk-import beside other importers.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="default 1000000")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS-imports.md")
    arguments = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
        # By another process: a new one's peak of memory counts from what its parent holds.
        writer = Process(target=write_files, args=(Path(folder), arguments.rows))
        writer.start()
        writer.join()
        cases = {case.name: case for case in all_cases(Path(folder))}
        ran: dict[str, list[Ran]] = {name: [] for name in cases}
        for _ in range(arguments.rounds):
            for name, case in cases.items():
                ran[name].append(run(case, Path(folder)))
    report = as_report(ran, arguments.rows)
    print(report)
    arguments.results.write_text(report + "\n", encoding="utf-8")


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
    if shutil.which("sqlite3"):
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


# -- measuring ---------------------------------------------------------------------------


def run(case: Case, folder: Path) -> Ran:
    """Run it once, and see what it took."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "METERCTL_TIMEZONE": "UTC"}
    command = case.command()
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=said, stderr=said
        )
        if process.stdin is not None:
            process.stdin.write((case.stdin or "").encode())
            process.stdin.close()
        _, status, used = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != case.code:
            said.seek(0)
            sys.exit(f"{' '.join(command)} ended with {process.returncode}: {said.read(2_000)!r}")
    return Ran(took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def remove(path: Path) -> None:
    """Begin without a database."""
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()


# -- saying it ---------------------------------------------------------------------------


def as_report(ran: dict[str, list[Ran]], rows: int) -> str:
    """The table, and what it was measured on."""
    about = (
        f"{machine()}; {rows:,} rows of two values; the peer is {PEER}. Ratios are of the time on"
        " the clock, with that of processor time in brackets."
    )
    out = [f"# What `python -m bench.imports` measured\n\n{about}\n"]
    out += ["| what | measured | goal | met |", "|---|---|---|---|"]
    out += [
        f"| {row.what} | {row.measured} | {row.goal} | {'yes' if row.is_met else 'no'} |"
        for row in as_rows(ran)
    ]
    return "\n".join(out)


def as_rows(ran: dict[str, list[Ran]]) -> Iterator[Row]:
    """Each goal, and what came of it."""
    if "sqlite3" in ran:
        yield compared("a first import, to `sqlite3 .import`", ran["first"], ran["sqlite3"], 3.0)
    yield compared("the same again, to the first", ran["again"], ran["first"], 1.1)
    yield compared("one row of a hundred bad, `--skip-bad`", ran["bad"], ran["first"], 1.7)
    yield compared("in no order", ran["shuffled"], ran["first"], 1.5)
    slower = median(ran["sqlite-utils"], "seconds") / median(ran["first"], "seconds")
    yield Row("`sqlite-utils insert --csv`, to ours", f"**{slower:.2f}**", "≥ 3.5", slower >= 3.5)
    peak, small = (median(ran[name], "mebibytes") for name in ("first", "few"))
    text = f"**{peak:.0f} MiB**; of a tenth of the rows {small:.0f} MiB"
    yield Row("memory at its peak", text, "≤ 100 MiB", peak <= 100)
    peak = median(ran["shuffled"], "mebibytes")
    yield Row("memory, in no order", f"**{peak:.0f} MiB**", "≤ 100 MiB", peak <= 100)
    year = median(ran["year"], "seconds") - median(ran["one"], "seconds")
    text = f"**{year:.2f} s** more than one row takes"
    yield Row("a year of quarter-hours, after the start", text, "≤ 0.33 s", year <= 1 / 3)


def compared(what: str, ours: list[Ran], other: list[Ran], most: float) -> Row:
    """One side by the other."""
    clock, processor = (
        median(ours, field) / median(other, field) for field in ("seconds", "processor")
    )
    text = f"{spread(ours)} by {spread(other)}: **{clock:.2f}** ({processor:.2f})"
    return Row(what, text, f"≤ {most:g}", clock <= most)


def median(ran: list[Ran], field: str) -> float:
    """Of one thing measured."""
    return float(statistics.median(getattr(one, field) for one in ran))


def spread(ran: list[Ran]) -> str:
    """The median, and the extremes."""
    seconds = sorted(one.seconds for one in ran)
    return f"{statistics.median(seconds):.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f})"


if __name__ == "__main__":
    main()
