"""Rows: what of the log stands in one row of the Sheet, and what a row there says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import NamedTuple

from meterctl.domain.meters import Meter
from meterctl.domain.quantity import SIGNIFICANT_DIGITS, format_quantity, parse_quantity
from meterctl.domain.readings import Quality, Reading
from meterctl.domain.times import iso_utc, parse_time, zone_named
from meterctl.errors import MeterctlError
from meterctl.sheet.port import Cell, Layout, Row

TIMESTAMP = "timestamp"
KEY = "key"
UTC = "utc"
_SHORT = 12  # letters of a ledger's id that tell it from any other's
_KEY = re.compile(rf"([0-9a-f]{{{_SHORT}}})-([0-9]{{1,12}})-([0-9]{{1,5}})", re.ASCII)
# After the meters' columns. Every one is there from the start: a heading that is missing later was
# taken away by a person, who is told so.
REST = (
    "starts_at",
    "quality",
    "quality_code",
    "source",
    "device",
    "note",
    "revision",
    "reason",
    UTC,
    KEY,
)
# A cell computes in binary fractions: =142.1+0.2 comes with 17 digits, of which 15 mean something.
_KEPT = Context(prec=SIGNIFICANT_DIGITS)
VOID = "void"  # stands where the value of a reading that never was would be


class Statement(NamedTuple):
    """What some row says of one slot; of several, the one with the highest revision holds."""

    meter: str
    device: str  # as it is written: empty where the instant implies it
    at: int
    starts_at: int
    revision: int
    value: int | None


def rows_of(
    readings: Iterable[Reading], meters: Mapping[str, Meter], key: Callable[[int], str]
) -> list[Row]:
    """Readings of one entry as rows; those that agree in all but meter and value share one.

    `key` gives the n-th row its id.
    """
    grouped: dict[tuple[int, tuple[str, ...]], dict[str, str | None]] = {}
    rest: tuple[str, ...]
    for reading in readings:
        meter = meters[reading.meter]
        value = None if reading.value is None else format_quantity(reading.value)
        rest = (
            "" if reading.starts_at == reading.at else iso_utc(reading.starts_at),
            "" if reading.quality is Quality.ACTUAL else reading.quality.value,
            reading.quality_code or "",
            reading.source.value,
            meter.device_label(reading.device, reading.at) or "",
            reading.note or "",
            "" if reading.revision == 1 else str(reading.revision),
            reading.reason or "",
        )
        grouped.setdefault((reading.at, rest), {})[meter.column] = value
    rows = []
    for index, ((at, rest), values) in enumerate(sorted(grouped.items())):
        texts = dict(zip(REST, (*rest, iso_utc(at), key(index)), strict=True))
        rows.append(Row(at, values, {name: text for name, text in texts.items() if text}))
    return rows


def statement(reading: Reading, meter: Meter) -> Statement:
    """What the row of a reading says of it."""
    device = meter.device_label(reading.device, reading.at) or ""
    return Statement(
        reading.meter, device, reading.at, reading.starts_at, reading.revision, reading.value
    )


class Said:
    """What rows say of slots, as far as asked for."""

    def __init__(self, wanted: Callable[[Statement], bool]) -> None:
        self._wanted = wanted
        self._said: dict[tuple[str, str, int, int], set[tuple[int, int | None]]] = {}

    def add(self, statements: Iterable[Statement]) -> None:
        """Take in what a row says."""
        for one in statements:
            if self._wanted(one):
                self._said.setdefault(one[:4], set()).add(one[4:])

    def covers(self, one: Statement) -> bool:
        """Whether the Sheet says this already: the same value, and not said before its time.

        A value that returned after a correction is news, though an earlier row holds it too.
        """
        said = self._said.get(one[:4], ())
        return any(value == one.value and revision >= one.revision for revision, value in said)


def statements_of(
    cells: Sequence[Cell], layout: Layout, meters: Sequence[Meter], zone: str
) -> Iterator[Statement]:
    """What a row of the Sheet says, as far as it can be understood."""

    def text(name: str) -> str:
        place = layout.places.get(name)
        cell = cells[place] if place is not None and place < len(cells) else None
        return plain(cell)

    try:
        at = instant_of(cells[layout.places[TIMESTAMP]] if cells else None, text(UTC), zone)
        starts_at = parse_time(text("starts_at"), zone_named(zone)) if text("starts_at") else at
        revision = int(text("revision") or "1")
    except (MeterctlError, ValueError, IndexError):
        return
    for meter in meters:
        place = layout.places.get(meter.column)
        cell = cells[place] if place is not None and place < len(cells) else None
        if not is_blank(cell):
            try:
                value = quantity_of(cell)
            except MeterctlError:
                continue  # something a person wrote there
            yield Statement(meter.id, text("device"), at, starts_at, revision, value)


def layout_of(header: Sequence[str]) -> Layout:
    """Where each column is now, ours and a person's, by the headings alone."""
    return Layout({name.strip(): place for place, name in enumerate(header)})


class Key(NamedTuple):
    """A row's id, in its parts."""

    ledger: str  # the first letters of the id of the one that wrote it
    entry: int
    place: int  # among the entry's rows

    @property
    def text(self) -> str:
        """As it stands in the row."""
        return f"{self.ledger}-{self.entry}-{self.place}"


def row_key(ledger: str, entry: int) -> Callable[[int], str]:
    """The ids of an entry's rows: the same whenever they are made."""
    return lambda place: Key(ledger[:_SHORT], entry, place).text


def parse_key(text: str) -> Key | None:
    """The parts of a row's id; None for what is none."""
    match = _KEY.fullmatch(text)
    return Key(match[1], int(match[2]), int(match[3])) if match else None


def key_of(cells: Sequence[Cell], layout: Layout) -> str:
    """A row's id; empty for one that a person typed."""
    place = layout.places[KEY]
    return plain(cells[place]) if place < len(cells) else ""


def plain(cell: Cell) -> str:
    """A cell's content as a text: numbers digit by digit, as many as a cell keeps."""
    if cell is None or isinstance(cell, bool):
        return ""
    return f"{_KEPT.plus(cell).normalize():f}" if isinstance(cell, Decimal) else cell.strip()


def is_blank(cell: Cell) -> bool:
    """Whether there is nothing in a cell, or nothing to be seen."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def quantity_of(cell: Cell) -> int | None:
    """The value in a meter's cell; None: void.

    Raises:
        QuantityError: it holds something else.
    """
    if isinstance(cell, bool):
        return parse_quantity(str(cell).upper())
    text = plain(cell)
    return None if text.lower() == VOID else parse_quantity(text)


# -- times -----------------------------------------------------------------------

_DAY = 86_400_000
_EPOCH = 25_569  # 1970-01-01, in days since 1899-12-30
_HALF = Decimal("0.5")
_LAST = 2_958_465  # 9999-12-31, likewise: what is above is no date, such as a typed 20260201


def serial_text(clock: int) -> str:
    """A wall clock's milliseconds (as if it were UTC) as a spreadsheet counts: days since 1899."""
    days, rest = divmod(clock, _DAY)
    # A millisecond is 1.2e-8 days. Rounded up: what is a hair less than a full second would be
    # shown as the second before.
    fraction = f"{-(-rest * 10**10 // _DAY):010d}".rstrip("0")
    return f"{days + _EPOCH}.{fraction}" if fraction else str(days + _EPOCH)


def shown_clock(cell: Cell) -> int | None:
    """The wall clock that a date's cell shows, in milliseconds as if it were UTC; None: no date."""
    if isinstance(cell, Decimal) and 0 <= cell <= _LAST:
        return int((cell - _EPOCH) * _DAY + _HALF)
    return None


def instant_of(cell: Cell, utc: str, zone: str) -> int:
    """When a row was read: exactly where a program wrote it, else as its zone's clock shows it.

    Raises:
        TimeError: neither tells, or the clock showed that time twice, or never.
    """
    if utc:
        return parse_time(utc, zone_named("UTC"))
    clock = shown_clock(cell)
    if clock is not None:
        return parse_time(iso_utc(clock).removesuffix("Z"), zone_named(zone))
    return parse_time(plain(cell), zone_named(zone))
