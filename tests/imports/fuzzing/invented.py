"""Tables of which it is known what stands in them: written in as many ways as people's files are.

The truth is made first, as instants and exact amounts; the text is one way of writing it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from hypothesis import strategies as st

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.times import zone_named
from meterctl.imports.formats import Options
from meterctl.imports.layout import Label, Order

BLANKS = ("", "", "-", "--", "n/a", "NaN")
# No minus among them: what it means depends on the column (`signs`), and `test_table` tells.
BAD = ("abc", "1.2.3,4", "12:30", "#REF!", "1.5 EUR", "-", "\u0661", "1e9999", "0x10")
# Headings of energy in kWh: of amounts, and of what a dial showed.
AMOUNTS = (
    *("Energy (kWh)", "Wert [kWh]", "Value kWh", "Energie in kWh", "EAN 5411 (kWh)", "kWh"),
    *("Usage (kWh)", "Verbrauch (kWh)", "Consommation (kWh)", "Consumo (kWh)", "Verbruik (kWh)"),
    *("Import (kWh)", "Export (kWh)", "PV (kWh)", "Netzbezug (kWh)", "Einspeisung (kWh)"),
)
DIALS = (
    *("Zählerstand (kWh)", "Meter reading [kWh]", "Index (kWh)", "Stand 1.8.0 (kWh)", "Stand kWh"),
    *("Zählerstand Einspeisung (kWh)", "Reading T1 (kWh)", "Reading T2 (kWh)"),
)
ASIDES = (
    *(("Cost (€)", "0.27"), ("Temperature (°C)", "-3.5"), ("Note", "all well"), ("Status", "")),
    *(("Price", "0.31"), ("Bemerkung", "Zähler, neu"), ("Voltage (V)", "231.4"), ("", "")),
)
TIMES = ("Datum", "Date/Time", "Zeitstempel", "Timestamp (local)", "Horodate", "Fecha")
PREAMBLES: tuple[tuple[str, ...], ...] = (
    (),
    (),
    ("Report of a house",),
    ("Customer{0}Jo Sample", "Meter{0}M-1", ""),
    ("",),
    ("sep={0}",),
)
FOOTERS: tuple[tuple[str, ...], ...] = ((), (), ("",), ("{0}{0}", ""), ("End of report",))
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d %b %Y")
CLOCKS = (" %H:%M", " %H:%M:%S", "T%H:%M", " %I:%M %p")
ZONES = tuple(map(zone_named, ("Europe/Berlin", "UTC", "America/New_York", "Europe/London")))
STARTS = (
    *("2024-01-31T20:00", "2024-03-30T22:00", "2024-10-26T20:00", "2024-11-02T23:00"),
    *("2023-12-31T22:00", "2024-02-28T23:00", "2024-07-05T00:00"),
)
STEPS = (15, 30, 60, 1440)
DELIMITERS = (",", ";", "\t", "|")

Series = dict[int, Decimal]  # an amount by the instant at which its time begins


class Cell(NamedTuple):
    """What was put in: when its time begins (or when the dial was read), and its text."""

    at: int
    column: int  # of the value columns
    text: str
    amount: Decimal | None  # None: nothing, or nonsense
    is_blank: bool


class Invented(NamedTuple):
    """A file and the truth of it."""

    options: Options  # all that could be asked
    headings: Sequence[str]
    cells: Sequence[Cell]
    ends: dict[int, int]  # of each row's time
    is_register: bool
    zone: tzinfo
    header: Sequence[str]
    rows: Sequence[str]
    footer: Sequence[str]
    end: str
    encoding: str

    @property
    def data(self) -> bytes:
        """The file."""
        return self.written(self.rows)

    def written(self, rows: Sequence[str]) -> bytes:
        """The same file with other rows."""
        lines = [*self.header, *rows, *self.footer, ""]
        return self.end.join(lines).encode(self.encoding)


@st.composite
def tables(draw: st.DrawFn, *, with_bad: bool = True) -> Invented:
    """A table of one to four columns of energy."""
    pick = st.sampled_from
    zone, step = draw(pick(ZONES)), draw(pick(STEPS))
    is_register = draw(st.booleans())
    instants = _instants(draw, zone, step)
    has_clock = step != 1440
    ends = has_clock and not is_register and draw(st.booleans())
    label = Label.ENDS if ends else Label.STARTS  # a bare date is of its whole day
    delimiter = draw(pick(DELIMITERS))
    decimal = draw(pick((".", ",")))
    if delimiter == ",":
        decimal = draw(pick((decimal, ".")))
    headings = draw(
        st.lists(pick(DIALS if is_register else AMOUNTS), min_size=1, max_size=4, unique=True)
    )
    written_date = draw(pick(DATES)) + (draw(pick(CLOCKS)) if has_clock else "")
    write = _Writer(delimiter, decimal, quoted=draw(st.booleans()), aside=draw(pick(ASIDES)))
    is_aside = draw(st.booleans())
    header = [each.format(delimiter) for each in draw(pick(PREAMBLES))]
    columns = [draw(pick(TIMES)), *headings, *([write.aside[0]] if is_aside else [])]
    header.append(write.row(columns))
    cells: list[Cell] = []
    rows: list[str] = []
    dials = [draw(st.decimals(0, 90_000, places=3)) for _ in headings]
    for at, following in pairwise(instants):
        labelled = at if label is Label.STARTS else following
        texts = [datetime.fromtimestamp(labelled / 1000, zone).strftime(written_date)]
        for column in range(len(headings)):
            amount = draw(st.decimals(0, 30, places=draw(st.integers(0, 3))))
            if is_register:
                dials[column] = amount = dials[column] + amount
            cell = _cell(draw, at, column, amount, write, with_bad=with_bad)
            cells.append(cell)
            texts.append(cell.text)
        rows.append(write.row([*texts, *([write.aside[1]] if is_aside else [])]))
    if draw(st.booleans()):
        rows.reverse()
    options = Options(
        zone=zone,
        decimal=decimal,
        order=Order.MDY if written_date.startswith("%m") else Order.DMY,
        label=label,
        kind=Kind.REGISTER if is_register else Kind.INTERVAL,
        unit="kWh",
        direction=Direction.FROM_GRID,
    )
    footer = [each.format(delimiter) for each in draw(pick(FOOTERS))]
    end = draw(pick(("\n", "\r\n")))
    encoding = draw(pick(("utf-8", "utf-8-sig", "utf-16")))
    until = dict(pairwise(instants))
    return Invented(
        options, headings, cells, until, is_register, zone, header, rows, footer, end, encoding
    )


class _Writer:
    """How one file writes."""

    def __init__(
        self, delimiter: str, decimal: str, *, quoted: bool, aside: tuple[str, str]
    ) -> None:
        self._delimiter = delimiter
        self._decimal = decimal
        self._quoted = quoted
        self.aside = aside

    def amount(self, amount: Decimal) -> str:
        return f"{amount:f}".replace(".", self._decimal)

    def row(self, texts: Sequence[str]) -> str:
        needy = ('"', self._delimiter)
        return self._delimiter.join(
            '"' + text.replace('"', '""') + '"'
            if self._quoted or any(mark in text for mark in needy)
            else text
            for text in texts
        )


def _instants(draw: st.DrawFn, zone: tzinfo, step: int) -> list[int]:
    """The times of the rows and one more: equal steps of real time, or the zone's days."""
    begin = datetime.fromisoformat(draw(st.sampled_from(STARTS)))
    count = draw(st.integers(3, 30))
    if step == 1440:
        days = [begin.replace(hour=0) + timedelta(days=n) for n in range(count + 1)]
        return [int(day.replace(tzinfo=zone).timestamp() * 1000) for day in days]
    first = int(begin.replace(tzinfo=UTC).timestamp() * 1000)
    return [first + n * step * 60_000 for n in range(count + 1)]


def _cell(
    draw: st.DrawFn, at: int, column: int, amount: Decimal, write: _Writer, *, with_bad: bool
) -> Cell:
    kind = draw(st.integers(0, 40))
    if kind == 40:
        return Cell(at, column, draw(st.sampled_from(BLANKS)), None, is_blank=True)
    if kind == 39 and with_bad:
        text = draw(st.sampled_from(BAD))
        return Cell(at, column, text, None, is_blank=text in BLANKS)
    return Cell(at, column, write.amount(amount), amount, is_blank=False)
