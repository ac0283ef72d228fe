"""`push-utility` of many readings: how much of the time is the utility's own."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.endpoint import SECONDS
from bench.measuring import AT_LEAST, METERCTL, Goal, Row, in_seconds, run, spread, time_text

TITLE = "Submitting"
ABOUT = (
    f"A utility that takes {SECONDS * 1000:.0f} ms for a request, and one request at a time."
    " Utilisation is what its requests take by themselves, by the whole run of `push-utility`,"
    " start and all."
)
DUE = 1_000
_DAY = 1_440  # minutes
_ENDPOINT = str(Path(__file__).with_name("endpoint.py"))
_DESCRIBED = """\
[limits]
rows = {rows}
settles = 0
[submit]
url = "{{url}}/readings"
json = {{ readings = "{{rows}}" }}
row = {{ id = "{{key}}", at = "{{timestamp}}", value = "{{value}}" }}
[submit.rows]
at = "data"
match = {{ id = "{{key}}" }}
[[submit.rows.answers]]
status = 200
where = {{ status = "valid" }}
outcome = "accepted"
value = "value"
"""


def measure(folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """One reading a request, and a hundred."""
    due, rounds = (100, 1) if is_quick else (DUE, 3)
    for rows in (1, 100):
        took = []
        requests = math.ceil(due / rows)
        for number in range(rounds):
            place = folder / f"push-{rows}-{number}"
            place.mkdir()
            took.append(pushed(place, rows, due, requests))
        least = requests * SECONDS
        share = [least / seconds for seconds in took]
        what = "1 reading a request" if rows == 1 else f"{rows} readings a request"
        measured = (
            f"{requests} requests, {least:.1f} s by themselves, in {spread(took, in_seconds)}:"
            f" **{spread(share, '{:.2f}'.format)}**"
        )
        title = f"{due:,} due, {what}: utilisation"
        # A hundred in 50 ms are taken faster than each of them can be written down twice.
        yield (
            Goal(AT_LEAST, 0.85).row(title, measured, min(share))
            if rows == 1
            else Row(title, measured)
        )


def pushed(place: Path, rows: int, due: int, requests: int) -> float:
    """Seconds that the run takes; all that is due is there after it."""
    (place / "utility.toml").write_text(_DESCRIBED.format(rows=rows), encoding="utf-8")
    lines = "".join(f"{time_text(day * _DAY)},{day * 10}.125\n" for day in range(due))
    with endpoint() as url:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "METERCTL_LEDGER": f"sqlite:///{place}/ledger.db",
            "METERCTL_TIMEZONE": "UTC",
            "METERCTL_UTILITY_URL": url,
            "METERCTL_UTILITY_CONFIG": str(place / "utility.toml"),
        }
        run([METERCTL, "bulk-import", "-"], environment, stdin=f"timestamp,meterValue\n{lines}")
        command = [METERCTL, "push-utility", "--since", "2015-01-01", "--json"]
        ran = run(command, environment)
        with urllib.request.urlopen(f"{url}/seen") as answer:
            seen = json.load(answer)
    if seen != {"requests": requests, "taken": due}:
        sys.exit(f"the utility has seen {seen}, not {due} readings in {requests} requests")
    return ran.seconds


@contextmanager
def endpoint() -> Iterator[str]:
    """The utility's address, for the length of a block."""
    process = subprocess.Popen([sys.executable, _ENDPOINT], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()
