"""How the sandbox's Google takes a tab of a million rows: what each request costs as it grows.

Starts `meterctl sandbox`, fills a tab block by block, and asks the same things of it when it is
small and when it is full. Prints a table. `--rows` and `--block` make it smaller.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

METERCTL = str(Path(sys.executable).with_name("meterctl"))
ACCOUNT = "bench@homes.iam.gserviceaccount.com"
SCOPES = "https://www.googleapis.com/auth/spreadsheets https://www.googleapis.com/auth/drive"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
COLUMNS = 8
READ = 10_000  # rows of a block that is read
SMALL = 10
Json = dict[str, Any]


class Api:
    """The sandbox's Google, over one connection."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=600)
        now = int(time.time())
        claim = {"iss": ACCOUNT, "scope": SCOPES, "aud": "https://oauth2.googleapis.com/token"}
        claim |= {"iat": now, "exp": now + 3600}  # type: ignore[dict-item]  # JSON takes both
        parts = (json.dumps({"alg": "RS256"}), json.dumps(claim), "a stranger's")
        signed = ".".join(urlsafe_b64encode(one.encode()).decode().rstrip("=") for one in parts)
        form = urlencode({"grant_type": GRANT, "assertion": signed})
        self._headers = {"Content-Type": "application/x-www-form-urlencoded"}
        token = json.loads(self.ask("POST", "/token", form.encode()))["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        self.id = json.loads(self.ask("POST", "/v4/spreadsheets", b"{}"))["spreadsheetId"]

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The answer, which has to be a good one."""
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        found = response.read()
        if response.status != 200:
            sys.exit(f"{method} {path}: {response.status} {found[:500].decode()}")
        return found

    def batch(self, *requests: Json) -> bytes:
        """A batchUpdate."""
        body = json.dumps({"requests": requests}).encode()
        return self.ask("POST", f"/v4/spreadsheets/{self.id}:batchUpdate", body)

    def sheet(self, tail: str = "", method: str = "GET", body: object = None) -> bytes:
        """Any other request about the spreadsheet."""
        data = None if body is None else json.dumps(body).encode()
        return self.ask(method, f"/v4/spreadsheets/{self.id}{tail}", data)


def row_of(number: int) -> Json:
    """A row as a meter's history has them: numbers and texts."""
    values = [f"2015-01-01T{number:08d}", 1000 + number / 4, number / 8, "from_grid"]
    values += [number % 97 / 2, "actual", "cli", f"k{number:09d}"]
    return {
        "values": [
            {"userEnteredValue": {"stringValue" if isinstance(one, str) else "numberValue": one}}
            for one in values
        ]
    }


def appended(first: int, count: int) -> Json:
    """An appendCells of some rows."""
    rows = [row_of(number) for number in range(first, first + count)]
    return {"appendCells": {"sheetId": 0, "rows": rows, "fields": "userEnteredValue"}}


class Question(NamedTuple):
    """Something that is asked of the sandbox, and how often."""

    title: str
    ask: Callable[[], object]
    times: int = 20


def questions(api: Api, rows: int) -> Iterator[Question]:
    """What is measured, in a tab of so many rows; those that change much come last."""
    numbers = iter(range(rows * 10, rows * 10 + 1_000_000))
    values = {"values": [["2026", 1.5, 2, "x", 3, "y", "z", "k"]]}

    def block(first: int) -> Callable[[], object]:
        last = min(first + READ, rows + 1) - 1
        tail = f"/values/{quote(f'A{first}:H{last}')}?valueRenderOption=UNFORMATTED_VALUE"
        return lambda: api.sheet(tail)

    def metadata() -> bytes:
        made = {"metadataId": next(numbers) % 2**31 + 1, "metadataKey": "k", "metadataValue": "v"}
        made |= {"location": {"spreadsheet": True}, "visibility": "DOCUMENT"}
        return api.batch({"createDeveloperMetadata": {"developerMetadata": made}})

    def value_append(how: str) -> Callable[[], object]:
        tail = f"/values/A1:append?valueInputOption=RAW&insertDataOption={how}"
        return lambda: api.sheet(tail, "POST", values)

    def lines(request: str, dimension: str) -> Callable[[], object]:
        place = {"sheetId": 0, "dimension": dimension, "startIndex": 3, "endIndex": 4}
        return lambda: api.batch({request: {"range": place}})

    yield Question("appendCells, 1 row", lambda: api.batch(appended(next(numbers), 1)))
    yield Question("values.append OVERWRITE, 1 row", value_append("OVERWRITE"))
    yield Question("values.append INSERT_ROWS, 1 row", value_append("INSERT_ROWS"))
    middle = f"/values/A{rows // 2 + 1}?valueInputOption=RAW"
    yield Question("values.update, 1 row", lambda: api.sheet(middle, "PUT", values))
    yield Question("createDeveloperMetadata", metadata)
    yield Question("values.get, 1 cell", lambda: api.sheet(f"/values/C{rows // 2 + 1}"))
    yield Question(f"values.get, {READ} rows at the top", block(1), 5)
    yield Question(f"values.get, {READ} rows in the middle", block(rows // 2 + 1), 5)
    yield Question(f"values.get, {READ} rows at the end", block(max(rows - READ, 1)), 5)
    yield Question("spreadsheets.get?fields=properties", lambda: api.sheet("?fields=properties"))
    yield Question(
        "spreadsheets.get?ranges=1:1", lambda: api.sheet("?ranges=1:1&includeGridData=true")
    )
    version = f"/drive/v3/files/{api.id}?fields=version"
    yield Question("files.get?fields=version", lambda: api.ask("GET", version))
    yield Question("deleteDimension, 1 row near the top", lines("deleteDimension", "ROWS"))
    yield Question("insertDimension, 1 row near the top", lines("insertDimension", "ROWS"))
    find = {"findReplace": {"sheetId": 0, "find": "k000000007", "replacement": "x"}}
    yield Question("findReplace in all cells", lambda: api.batch(find), 1)
    yield Question("insertDimension, 1 column", lines("insertDimension", "COLUMNS"), 1)
    yield Question("deleteDimension, 1 column", lines("deleteDimension", "COLUMNS"), 1)
    order = {"range": {"sheetId": 0}, "sortSpecs": [{"dimensionIndex": 4}]}
    yield Question("sortRange of all rows", lambda: api.batch({"sortRange": order}), 1)


def measured(api: Api, rows: int) -> dict[str, float]:
    """The median of each question's times, in milliseconds."""
    found = {}
    for question in questions(api, rows):
        took = []
        for _ in range(question.times):
            began = time.perf_counter()
            question.ask()
            took.append(1000 * (time.perf_counter() - began))
        found[question.title] = statistics.median(took)
    return found


@contextmanager
def started(folder: Path) -> Iterator[tuple[str, int]]:
    """A sandbox's address and process id."""
    command = [METERCTL, "sandbox", "--dir", str(folder), "--no-quota", "--quiet"]
    command += ["--sheets-port", "0", "--utility-port", "0"]
    with subprocess.Popen(
        command, env={"PATH": os.environ["PATH"], "HOME": str(folder)}
    ) as process:
        try:
            settings = folder / "sandbox.env"
            while not settings.exists():
                if process.poll() is not None:
                    sys.exit("the sandbox did not start")
                time.sleep(0.05)
            lines = dict(line.split("=", 1) for line in settings.read_text().splitlines())
            yield lines["METERCTL_SHEETS_URL"], process.pid
        finally:
            process.terminate()


def memory_of(process: int) -> int:
    """The bytes of memory that a process has; 0 where that cannot be told."""
    status = Path(f"/proc/{process}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")), 0)


def main() -> None:
    """Fill, ask, and say what it cost."""
    parser = argparse.ArgumentParser(description="Measure the sandbox with a big tab.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the tab (default 1000000)")
    parser.add_argument("--block", type=int, default=5_000, help="rows a batch (default 5000)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, started(Path(folder)) as sandbox:
        address, process = sandbox
        small, full = Api(address), Api(address)
        for api in (small, full):
            grid = {"rowCount": SMALL, "columnCount": COLUMNS}
            update = {"properties": {"sheetId": 0, "gridProperties": grid}}
            fields = {"fields": "gridProperties(rowCount,columnCount)"}
            api.batch({"updateSheetProperties": update | fields})
        small.batch(appended(0, SMALL))
        before, took = memory_of(process), []
        for first in range(0, arguments.rows, arguments.block):
            block = appended(first, min(arguments.block, arguments.rows - first))
            began = time.perf_counter()
            full.batch(block)
            took.append(time.perf_counter() - began)
        cells = arguments.rows * COLUMNS
        size = memory_of(process)
        few, many = measured(small, SMALL), measured(full, arguments.rows)
    tenth = max(len(took) // 10, 1)
    print(f"{arguments.rows:,} rows of {COLUMNS} cells in {sum(took):.0f} s:")
    print(f"the first {1000 * statistics.median(took[:tenth]):.0f} ms a block,", end=" ")
    print(f"the last {1000 * statistics.median(took[-tenth:]):.0f} ms a block;", end=" ")
    print(f"{(size - before) / cells:.0f} bytes a cell\n")
    print(f"| request, in ms | {SMALL} rows | {arguments.rows:,} rows |")
    print("|---|---:|---:|")
    for title, milliseconds in many.items():
        print(f"| {title} | {few[title]:.2f} | {milliseconds:.2f} |")


if __name__ == "__main__":
    main()
