"""`bulk-import` of files made to take all memory or all time: each ends soon, with its reason."""

from __future__ import annotations

import gc
import gzip
import io
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.domain.meters import Kind, Zones
from meterctl.imports.formats import Context, Options
from meterctl.imports.layout import Label, Order
from meterctl.imports.text.source import Source
from meterctl.services.importing import prepare
from tests.helpers import BERLIN, NOW, meterctl_environment
from tests.imports.workbooks import workbook, zipped

MIB = 1 << 20
MEMORY = 200 * MIB
SECONDS = 60  # on a machine that does much else; alone it is a tenth of that
ANSWERS = ("--create-meters", "--tz", "UTC", "--labels", "starts", "--kind", "interval")
START = 1_300_000_000  # so long ago that five gigabytes of rows end before today

Pieces = Iterator[bytes]


class Fed(NamedTuple):
    """An import that read from a pipe."""

    code: int
    said: str
    memory: int


def fed(folder: Path, pieces: Pieces, *arguments: str, seconds: float = SECONDS) -> Fed:
    """Import what comes through a FIFO, as a process of its own; how much memory it took."""
    fifo = folder / "export.csv"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        [sys.executable, "-m", "meterctl", "bulk-import", str(fifo), *ANSWERS, *arguments],
        env=meterctl_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    patience = threading.Timer(seconds, process.kill)
    patience.start()
    memory = _Memory(process.pid)
    memory.start()
    with suppress(BrokenPipeError), fifo.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    with process.stdout as out:
        said = out.read().decode()
    code = process.wait()
    patience.cancel()
    memory.join()
    return Fed(code, said, memory.most)


class _Memory(threading.Thread):
    """Watches a process, until it ends, for how much memory it has taken at most.

    `ru_maxrss` would be that of whoever started it, where that is more.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._file = Path(f"/proc/{pid}/status")
        self.most = 0

    def run(self) -> None:
        """Look at it again and again."""
        while found := re.search(r"VmHWM:\s+(\d+) kB", self._text()):
            self.most = int(found[1]) * 1024
            time.sleep(0.02)

    def _text(self) -> str:
        try:
            return self._file.read_text(encoding="utf-8")
        except OSError:
            return ""


def refused(folder: Path, pieces: Pieces, why: str) -> None:
    """It ends soon and in little memory, with its reason and no trace of the program."""
    done = fed(folder, pieces)
    assert why in done.said
    assert (done.code, "Traceback" in done.said) == (65, False)
    assert done.memory < MEMORY


# -- big files that are fine --------------------------------------------------------


def ours(rows: int, padding: bytes = b"") -> Pieces:
    """A canonical file."""
    yield b"timestamp,inverterKWh,meterValue\n"
    for row in range(rows):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + 60 * row))
        yield b"%s,1.5,%d%s\n" % (at.encode(), row, padding)


def theirs(rows: int, padding: bytes = b"") -> Pieces:
    """A table of quarter-hours that no module knows."""
    yield b"Zeitstempel;Netzbezug (kWh);Wetter\n"
    for row in range(rows):
        at = time.strftime("%d.%m.%Y %H:%M", time.gmtime(START + 900 * row))
        yield b"%s;1,5;%s\n" % (at.encode(), padding)


BIG: dict[str, Callable[[int], Pieces]] = {
    "canonical": lambda rows: ours(rows, b" " * 20_000),
    "generic": lambda rows: theirs(rows, b"all is well " * 1_600),
    "hundreds of blanks": lambda rows: theirs(rows, b";" * 1_000),
}


@pytest.mark.parametrize("name", BIG)
def test_a_big_file(tmp_path: Path, name: str) -> None:
    """Some hundred megabytes through a pipe: imported, in little memory."""
    rows = 2_000 if name == "hundreds of blanks" else 10_000
    done = fed(tmp_path, BIG[name](rows), "--json")
    assert done.code == 0, done.said
    assert f'"rows": {rows},' in done.said
    assert done.memory < MEMORY


@pytest.mark.soak
@pytest.mark.parametrize("name", ["canonical", "generic"])
def test_five_gigabytes(tmp_path: Path, name: str) -> None:
    """The same, as big as the promise says."""
    done = fed(tmp_path, BIG[name](250_000), "--json", seconds=20 * SECONDS)
    assert done.code == 0, done.said
    assert '"rows": 250000,' in done.said
    assert done.memory < MEMORY


def test_a_big_file_of_bad_rows(tmp_path: Path) -> None:
    """What is wrong with a hundred thousand rows is told, and not kept in memory."""
    rows = (b"%s;x;\n" % line[:16] if n % 3 == 0 else line for n, line in enumerate(theirs(99_000)))
    head = next(theirs(0))
    done = fed(tmp_path, _all_but_first(head, rows), "--skip-bad", "--json")
    assert done.code == 3, done.said
    assert done.memory < 80 * MIB


def _all_but_first(first: bytes, lines: Pieces) -> Pieces:
    next(lines)
    yield first
    yield from lines


@pytest.mark.parametrize(
    "bad",
    ["01.02.2024 {n:02}:00;x", "01.13.2024 {n:02}:00;1", "01.01.2199 {n:02}:00;1", "{n}.;1"],
    ids=["value", "time", "future", "no time"],
)
def test_rows_are_let_go(bad: str) -> None:
    """No row of a file leaves anything behind that only a garbage collector would find."""
    good = "".join(
        f"{day:02}.01.2024 {hour:02}:00;1,5\n" for day in range(1, 29) for hour in range(24)
    )
    text = "Zeitstempel;Netzbezug (kWh)\n" + good + (bad.format(n=7) + "\n") * 500
    data = text.encode()
    options = Options(
        create=True, zone=BERLIN, label=Label.STARTS, kind=Kind.INTERVAL, order=Order.DMY
    )
    context = Context((), Zones(BERLIN), NOW, options)
    prepared = prepare(Source("x.csv", io.BytesIO(data), len(data)), context)
    gc.collect()
    gc.disable()
    try:
        for _ in prepared.rows(lambda _position: None):
            pass
        assert gc.collect() < 50
    finally:
        gc.enable()


# -- bombs ----------------------------------------------------------------------------


def endless(piece: bytes, size: int = 100 * MIB) -> Pieces:
    """The same again and again."""
    return repeat(piece, size // len(piece))


def after(first: bytes, pieces: Pieces) -> Pieces:
    """Something before it."""
    yield first
    yield from pieces


HEADER = b"Datum;Netzbezug (kWh)\n"
ROW = b"2024-01-01 00:00;1,5\n"


ESPI_FEED = b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">'
SHEET_ROW = '<row><c t="inlineStr"><is><t>2024-01-01 00:00</t></is></c><c><v>1</v></c></row>'
SHEET_HEAD = "".join(
    f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in ("Datum", "Netzbezug (kWh)")
).join(("<row>", "</row>"))


def labels(count: int, line: str) -> Pieces:
    """A row for each of many meters."""
    for n in range(count):
        yield line.format(n=n).encode()


BOMBS: dict[str, tuple[Callable[[], Pieces], str]] = {
    "one endless line": (lambda: endless(b"x" * MIB), "no table of readings"),
    "one endless line of cells": (lambda: endless(b"1,5;" * 65_536), "no table of readings"),
    "one endless line of ours": (
        lambda: after(b"timestamp,meterValue\n", endless(b"1" * MIB)),
        "a line of 65536 bytes or more",
    ),
    "zeros": (lambda: endless(b"\0" * MIB), "the file is not text"),
    "nothing but line ends": (lambda: endless(b"\n" * MIB, 5 * MIB), "empty"),
    "nothing but delimiters": (lambda: endless(b";;;;\n" * 65_536, 20 * MIB), "no table"),
    "a quote never closed": (
        lambda: after(HEADER + ROW + b'"', endless(ROW * 1_000, MIB)),
        "a quote that is never closed",
    ),
    "a quote never closed in each row": (
        lambda: after(HEADER + ROW, endless(b'"' + ROW, MIB)),
        "cannot be told",
    ),
    "too many columns": (
        lambda: after(
            b"Datum;" + b";".join(b"M%d (kWh)" % n for n in range(1_000)) + b"\n",
            endless(b"2024-01-01 00:00" + b";1,5" * 1_000 + b"\n", MIB),
        ),
        "more than 500 meters",
    ),
    "a million cells in a row": (
        lambda: after(HEADER + ROW * 3, endless(b"2024-01-01 01:00" + b";" * MIB + b"\n", 9 * MIB)),
        "more than 200000 cells in this row",
    ),
    "too many series": (
        lambda: after(
            "Datum;Zählpunkt;Netzbezug (kWh)\n".encode(),
            labels(100_000, "2024-01-01 00:00;AT{n:012};1,5\n"),
        ),
        "more than 500 meters",
    ),
    "too many sensors": (
        lambda: after(
            b"statistic_id,unit,start,state,sum\n",
            labels(100_000, "sensor.m{n},kWh,29.12.2025 08:00,1.5,1.5\n"),
        ),
        "more than 20000 sensors",
    ),
    "too many NMIs": (
        lambda: after(
            b"100,NEM12,202310200130,MDA1,Ret1\n",
            labels(
                20_000,
                "200,41{n:08},E1,E1,E1,,M{n},KWH,30,\n300,20231019" + ",0.5" * 48 + ",A,,,,\n",
            ),
        ),
        "more than 500 meters",
    ),
    "a long heading": (
        lambda: after(b"Datum;Netzbezug (kWh)" + b"- " * 10_000 + b";B (kWh)\n", endless(ROW, MIB)),
        "keep no rhythm",
    ),
    "deep XML": (lambda: endless(b"<a>" * 10_000, 30 * MIB), "no table of readings"),
    "an XML bomb": (
        lambda: iter(
            [
                b'<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "ha ha ha ha ha ha ha">'
                + b"".join(
                    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 20) for n in range(9)
                )
                + b"]>"
                + ESPI_FEED
                + b"<title>&j;</title></feed>"
            ]
        ),
        "XML with a document type is not read",
    ),
    "an endless text in XML": (
        lambda: after(ESPI_FEED + b"<title>", endless(b"x" * MIB)),
        "not well-formed XML",
    ),
    "gzip": (lambda: iter([gzip.compress(bytes(400 * MIB), 6)]), "when it is unpacked"),
    "zip": (lambda: iter([zipped({"a.csv": bytes(400 * MIB)})]), "when it is unpacked"),
    "an archive of many files": (
        lambda: iter([zipped({f"{n}.csv": b"" for n in range(3_000)})]),
        "nothing was stored of 3000 files",
    ),
    "a workbook": (
        lambda: iter([workbook({"A": SHEET_HEAD + SHEET_ROW * MIB})]),
        "when it is unpacked",
    ),
    "a workbook's far corner": (
        lambda: iter(
            [
                workbook(
                    {
                        "A": "".join(
                            f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 50)
                        )
                    }
                )
            ]
        ),
        "no table of readings",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb(tmp_path: Path, name: str) -> None:
    """It ends soon and in little memory, and says why."""
    make, why = BOMBS[name]
    refused(tmp_path, make(), why)
