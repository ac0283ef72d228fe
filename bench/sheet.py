"""What the Sheet costs in requests, seconds and memory."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from bench.far import Line, line_to
from bench.measuring import AT_MOST, METERCTL, Goal, Row, compared, in_seconds, run

TRIP = 0.3  # seconds
# What takes a round trip, one after the other.
_FAR = ("for each request", "and for each TCP connection", "and for its TLS, as at Google")
TITLE = "The Sheet"
ABOUT = (
    "The sandbox answers, a process of its own, with Google's quotas on: 60 writes a minute. Memory"
    " is the peak of the whole process. Processor time is measured without quotas: nobody waits."
)
_FLOOR = str(Path(__file__).with_name("floor_sheet.py"))
YEAR = 31_536_000
END = 1_767_225_600  # 2026-01-01T00:00:00Z: all that is imported is in the past


class Asked(NamedTuple):
    """What a command took, and what it asked."""

    seconds: float
    processor: float
    megabytes: float  # at its peak
    reads: int
    writes: int
    out: str


class House:
    """A household with a spreadsheet at the sandbox."""

    def __init__(self, folder: Path, sandbox: Mapping[str, str]) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.url = sandbox["METERCTL_SHEETS_URL"]
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "METERCTL_LEDGER": f"sqlite:///{folder}/ledger.db",
            "METERCTL_TIMEZONE": "UTC",
            **{name: text for name, text in sandbox.items() if "UTILITY" not in name},
        }

    def run(self, *arguments: str, **more: str) -> Asked:
        """A command, with what it asked of the sandbox."""
        before = len(self.requests())
        ran = run([METERCTL, *arguments], self.environment | more)
        asked = self.requests()[before:]
        writes = sum(one.endswith(":batchUpdate") for one in asked)
        reads = len(asked) - writes
        return Asked(ran.seconds, ran.processor, ran.mebibytes, reads, writes, ran.out)

    def requests(self) -> list[str]:
        """What the sandbox's Sheets and Drive were asked, without tokens."""
        with urllib.request.urlopen(f"{self.url}/sandbox/requests") as answer:
            asked = json.load(answer)["requests"]
        return [f"{one['method']} {one['path']}" for one in asked if one["path"] != "/token"]

    def imports(self, rows: int, apart: int) -> Path:
        """So many readings, so many seconds apart, into the ledger alone; the file."""
        file = self.folder / "readings.csv"
        with file.open("w", encoding="utf-8") as lines:
            lines.write("timestamp,meterValue\n")
            for row in range(rows):
                at = time.gmtime(END - (rows - row) * apart)
                use = row * 125 + row * 7_919 % 97
                stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", at)
                lines.write(f"{stamp},{use // 1000}.{use % 1000:03d}\n")
        self.run("bulk-import", str(file), "--json")
        return file


@contextmanager
def household(folder: Path, name: str, *options: str) -> Iterator[House]:
    """A sandbox, with Google's quotas unless it is told otherwise, for the length of a block."""
    place = folder / name
    place.mkdir()
    command = [METERCTL, "sandbox", "--dir", str(place / "sandbox"), "--quiet", *options]
    for port in ("sheets", "utility", "portal"):
        command += [f"--{port}-port", "0"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(place)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        file = place / "sandbox" / "sandbox.env"
        while not file.exists():
            if process.poll() is not None:
                sys.exit("the sandbox did not start")
            time.sleep(0.05)
        settings = dict(line.split("=", 1) for line in file.read_text().splitlines() if line)
        yield House(place, settings)
    finally:
        process.terminate()
        process.wait()


def measure(folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """Requests, times, memory."""
    yield from everyday(folder, 3 if is_quick else 9)
    yield from many(folder, 20_000 if is_quick else 525_600)
    yield processors(folder, rounds=1 if is_quick else 5)


def everyday(folder: Path, runs: int) -> Iterator[Row]:
    """What a person does: one reading, a look, a sync with nothing to do."""
    with household(folder, "everyday") as house:
        house.run("init", "--credentials", house.environment["METERCTL_GOOGLE_CREDENTIALS"])
        house.run("record", "100")
        again = house.run("record", "101")
        yield counted("`record`, when this ledger wrote last", again, writes=1)
        yield counted("`current`", house.run("current"), reads=0, writes=0)
        house.run("sync")
        yield counted("`sync` with nothing to do", house.run("sync"), total=2)
        yield counted("`current --from-sheet`", house.run("current", "--from-sheet"), reads=1)
        for opening, of in enumerate(_FAR):
            with line_to(urlsplit(house.url).port or 0, TRIP, opening) as line:
                values = (str(200 + opening * runs + run) for run in range(runs))
                times = sorted(until_there(house, line, value) for value in values)
            middle = statistics.median(times)
            yield Row(
                f"`record` until it is in the Sheet; {TRIP * 1000:.0f} ms {of}",
                f"{middle:.2f} s ({times[0]:.2f} to {times[-1]:.2f})",
                "≤ 2 s",
                middle <= 2,
            )


def until_there(house: House, line: Line, value: str) -> float:
    """From the command's start until the far side has answered the last request."""
    began = time.perf_counter()
    house.run(
        "record", value, METERCTL_SHEETS_URL=line.url, METERCTL_GOOGLE_CREDENTIALS=key(house, line)
    )
    return float(line.answered - began)


def key(house: House, line: Line) -> str:
    """The key whose tokens come by the line too."""
    path = Path(house.environment["METERCTL_GOOGLE_CREDENTIALS"])
    far = house.folder / "far-key.json"
    far.write_text(re.sub(r"http://127\.0\.0\.1:\d+", line.url, path.read_text()))
    far.chmod(0o600)
    return str(far)


def many(folder: Path, rows: int) -> Iterator[Row]:
    """What an import brings to the Sheet, and a full read of it."""
    with household(folder, "quarters") as house:
        house.run("init", "--credentials", house.environment["METERCTL_GOOGLE_CREDENTIALS"])
        house.imports(35_040, YEAR // 35_040)
        yield delivered(house, 35_040, 12)
    with household(folder, "minutes") as house:
        house.run("init", "--credentials", house.environment["METERCTL_GOOGLE_CREDENTIALS"])
        house.imports(rows, 60)
        yield delivered(house, rows, 150 * rows // 525_600)
        read = house.run("current", "--from-sheet")
        yield Row(
            f"`current --from-sheet` of {rows:,} rows",
            f"{read.reads} requests, {read.seconds:.0f} s, {read.megabytes:.0f} MB",
            "in blocks",
        )
        elsewhere = f"sqlite:///{house.folder}/second.db"
        other = house.run("sync", METERCTL_LEDGER=elsewhere)
        yield Row(
            f"`sync` of a second machine, which takes in {rows:,} rows",
            f"{other.reads} requests, {other.seconds:.0f} s, {other.megabytes:.0f} MB",
            "in blocks",
        )


def delivered(house: House, rows: int, goal: int) -> Row:
    """`sync` until all is there, with the quota on."""
    done = house.run("sync", "--json")
    assert json.loads(done.out)["rows"] == rows, done.out
    return Row(
        f"`sync` of {rows:,} rows",
        f"{done.writes} write requests, {done.seconds:.0f} s, {done.megabytes:.0f} MB",
        f"≤ {goal} write requests",
        done.writes <= goal,
    )


def counted(
    what: str,
    ran: Asked,
    *,
    reads: int | None = None,
    writes: int | None = None,
    total: int | None = None,
) -> Row:
    """The requests of a command, and how many there may be."""
    limits = ((ran.reads, reads, "read"), (ran.writes, writes, "write"))
    goals = [f"{limit} {kind}" for _, limit, kind in limits if limit is not None]
    is_met = all(number <= limit for number, limit, _ in limits if limit is not None)
    if total is not None:
        goals.append(f"{total} in all")
        is_met = is_met and ran.reads + ran.writes <= total
    return Row(what, f"{ran.reads} read, {ran.writes} write", f"≤ {', '.join(goals)}", is_met)


def processors(folder: Path, rounds: int) -> Row:
    """A year of quarter-hours, against rows by gspread, a hundred in each call."""
    ours, theirs = [], []
    for number in range(rounds):
        with household(folder, f"processors-{number}", "--no-quota") as house:
            credentials = house.environment["METERCTL_GOOGLE_CREDENTIALS"]
            house.run("init", "--credentials", credentials)
            file = house.imports(35_040, YEAR // 35_040)
            done = house.run("sync", "--json")
            assert json.loads(done.out)["rows"] == 35_040, done.out
            ours.append(done.processor)
            sheet = house.environment["METERCTL_SHEET_ID"]
            command = [sys.executable, _FLOOR, credentials, sheet, str(file)]
            floor = run(command, house.environment | {"ORIGIN": house.url})
            theirs.append(floor.processor)
    return compared(
        "processor time of `sync` of 35,040 rows, to gspread's `append_rows`, a hundred a call",
        ours,
        theirs,
        in_seconds,
        Goal(AT_MOST, 0.15),
    )
