"""Plain rows of the canonical CSV in columns: many rows checked at once, by the same rules.

What is taken here, the strict reader (`meterctl.imports.canonical.format`) takes with the same
result; what is not, is for it to judge: one place knows what is wrong with a row. A
test reads any mix of rows both ways.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import tzinfo
from itertools import compress, repeat
from operator import ge, itemgetter, lt, ne
from typing import NamedTuple

from meterctl.domain.meters import Kind, Meter
from meterctl.domain.plain import Plain
from meterctl.domain.quantity import DECIMALS, MILLIONTHS, SIGNIFICANT_DIGITS, WHOLE_DIGITS
from meterctl.imports.blocks import Column
from meterctl.imports.canonical.columns import Columns
from meterctl.imports.canonical.format import zone_of
from meterctl.imports.canonical.times import Times, Unreadable
from meterctl.imports.formats import Context

_DIGITS = b"0123456789"
_ZEROS = tuple("0" * (DECIMALS - decimals) for decimals in range(DECIMALS + 1))
_LONGEST = SIGNIFICANT_DIGITS + 1  # with the point; then neither side can have too many digits
_IS_ODD = re.compile(rf"\.[0-9]{{{DECIMALS + 1}}}|.{{{_LONGEST + 1}}}|\A\.\Z").search
_SEEN = 20_000  # values remembered of each column
_MOST = 10**WHOLE_DIGITS * MILLIONTHS


class Odd(Exception):
    """Some rows are for the strict reader: an internal signal."""

    def __init__(self, places: Iterable[int]) -> None:
        super().__init__()
        self.places = set(places)


class _Values(NamedTuple):
    """A column of values, and which of them it may hold."""

    cell: int
    meter: Meter
    times: Times
    below: int
    swaps: tuple[int, ...]  # when its second device, and each later one, came
    seen: dict[str, int]


class PlainReader:
    """Lines to columns, for one header."""

    def __init__(self, columns: Columns, context: Context, times: dict[tzinfo, Times]) -> None:
        self._columns = columns
        self._now = context.now
        self._marks = (b"", b".") if (context.options.decimal or ".") == "." else (b"",)
        self._empty = [
            place
            for place in (columns.quality, columns.quality_code, columns.device, columns.note)
            if place is not None
        ]
        self._values = [
            _Values(
                cell,
                meter,
                times[zone_of(meter, context)],
                min(_MOST, meter.dial or _MOST),
                tuple(device.since or 0 for device in meter.devices[1:]),
                {},
            )
            for cell, meter in columns.values
        ]
        self._is_possible = all(
            meter.devices[0].since is None
            and (meter.kind is not Kind.INTERVAL or columns.starts_at is not None)
            for _, meter in columns.values
        )

    def odd_shapes(self, lines: list[bytes]) -> list[int]:
        """The places of lines that cannot be plain, by what stands in them beside digits.

        A file has few shapes of rows, so this costs next to nothing. What is not seen so is how
        many digits a value has, and where.
        """
        shapes = b"".join(lines).replace(b"\r\n", b"\n").translate(None, _DIGITS).split(b"\n")
        shapes.pop()
        if not self._is_possible or len(shapes) != len(lines):
            return list(range(len(lines)))
        odd = {shape for shape in set(shapes) if not self._is_plain(shape)}
        return [place for place, shape in enumerate(shapes) if shape in odd] if odd else []

    def _is_plain(self, shape: bytes) -> bool:
        cells = shape.split(b",")
        return (
            len(cells) == self._columns.cells
            and shape.isascii()
            and not any(mark in shape for mark in (b'"', b"\0", b"\r"))
            and all(cells[values.cell] in self._marks for values in self._values)
        )

    def columns(self, lines: list[bytes], numbers: Sequence[int]) -> tuple[Column, ...]:
        """The columns of lines with plain shapes.

        Raises:
            Odd: some are not plain all the same.
        """
        text = b"".join(lines).replace(b"\r\n", b"\n").decode("ascii")
        cells = text.replace("\n", ",").split(",")
        cells.pop()
        width = self._columns.cells
        for place in self._empty:
            if any(texts := cells[place::width]):
                raise Odd(index for index, text in enumerate(texts) if text)
        at: dict[Times, list[int]] = {}
        starts_at: dict[Times, list[int]] = {}
        for values in self._values:
            if values.times not in at:
                at[values.times] = self._instants(cells, values)
                starts_at[values.times] = self._starts(cells, at[values.times], values)
        found: list[Column] = []
        filled: Collection[int] = ()  # which rows hold a value
        for values in self._values:
            ends, begins = at[values.times], starts_at[values.times]
            column = cells[values.cell :: width]
            kept: Sequence[int] = numbers
            places: Sequence[int] = range(len(lines))
            if "" in column:
                kept, places = list(compress(numbers, column)), list(compress(places, column))
                is_same = begins is ends
                ends = list(compress(ends, column))
                begins = ends if is_same else list(compress(begins, column))
                column = list(filter(None, column))
            if len(filled) < len(lines):
                filled = {*filled, *places} if len(places) < len(lines) else places
            if column:
                plain = _checked(values, ends, begins, column, places)
                found += _by_device(values, plain, kept)
        if len(filled) < len(lines):
            raise Odd(set(range(len(lines))).difference(filled))
        return tuple(found)

    def _instants(self, cells: list[str], values: _Values) -> list[int]:
        """Instants that are not in the future."""
        width = self._columns.cells
        odd: set[int] = set()
        try:
            found = values.times.read_all(cells[self._columns.timestamp :: width])
        except Unreadable as unreadable:
            found = unreadable.found
            odd.update(unreadable.places)
        if max(found) > self._now:
            odd.update(place for place, instant in enumerate(found) if instant > self._now)
        if odd:  # where one thing is wrong, others are: all of them at once
            for column in self._values:
                texts = cells[column.cell :: width]
                odd.update(compress(range(len(texts)), map(_IS_ODD, texts)))
            raise Odd(odd)
        return found

    def _starts(self, cells: list[str], at: list[int], values: _Values) -> list[int]:
        """When intervals start; the very list `at` where none of the rows says."""
        if self._columns.starts_at is None:
            return at
        texts = cells[self._columns.starts_at :: self._columns.cells]
        if not any(texts):
            return at
        try:
            said = iter(values.times.read_all(list(filter(None, texts))))
        except Unreadable as unreadable:
            places = list(compress(range(len(texts)), texts))
            raise Odd(places[place] for place in unreadable.places) from None
        return [next(said) if text else instant for text, instant in zip(texts, at, strict=True)]


def _checked(
    values: _Values, at: list[int], starts_at: list[int], texts: list[str], places: Sequence[int]
) -> Plain:
    """Values as the meter can have them, none of them empty.

    Raises:
        Odd: some are not, or their times are not.
    """
    amounts = _amounts(values, texts, places)
    if values.meter.kind is Kind.INTERVAL:
        if not all(map(lt, starts_at, at)):
            raise Odd(compress(places, map(ge, starts_at, at)))
    elif starts_at is not at:
        if starts_at != at:
            raise Odd(compress(places, map(ne, starts_at, at)))
        starts_at = at
    return Plain(values.meter.id, values.meter.devices[0].number, at, starts_at, amounts)


def _amounts(values: _Values, texts: list[str], places: Sequence[int]) -> list[int]:
    """Texts of digits with at most one point as millionths."""
    try:  # an inverter shows the same values day after day; a dial never does
        return list(map(values.seen.__getitem__, texts))
    except KeyError:
        pass
    amounts = _padded(texts)
    if amounts is None or max(map(len, texts)) > _LONGEST or "." in texts:
        raise Odd(compress(places, map(_IS_ODD, texts)))
    if max(amounts) >= values.below:
        raise Odd(compress(places, map(values.below.__le__, amounts)))
    if len(values.seen) < _SEEN:
        values.seen.update(zip(texts, amounts, strict=True))
    return amounts


def _padded(texts: list[str]) -> list[int] | None:
    """As many zeros put behind each that it counts millionths; None where one has more decimals."""
    decimals = len(texts[0].partition(".")[2])
    try:
        if decimals and _have_decimals(texts, decimals):  # they nearly always do: twice as fast
            ends = f"{_ZEROS[decimals]},"
            return list(map(int, ends.join([*texts, ""]).replace(".", "").split(",")[:-1]))
        return [
            int(whole + fraction + _ZEROS[len(fraction)])
            for whole, _, fraction in map(str.partition, texts, repeat("."))
        ]
    except IndexError:
        return None


def _have_decimals(texts: list[str], decimals: int) -> bool:
    """Whether each has a point, and so many digits after it."""
    try:
        return set(map(itemgetter(-1 - decimals), texts)) == {"."}
    except IndexError:
        return False


def _by_device(values: _Values, plain: Plain, numbers: Sequence[int]) -> list[Column]:
    """A column for each device that stood meanwhile."""
    if not values.swaps:
        return [Column(plain, values.cell, numbers)]
    places: dict[int, list[int]] = {}
    for place, instant in enumerate(plain.at):
        device = values.meter.devices[bisect_right(values.swaps, instant)]
        places.setdefault(device.number, []).append(place)
    return [
        Column(
            plain._replace(device=device).taken(where),
            values.cell,
            list(map(numbers.__getitem__, where)),
        )
        for device, where in places.items()
    ]
