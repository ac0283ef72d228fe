"""Where the times of a table stand: one column, date and time, start and end, or hour numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from meterctl.imports.generic.shapes import (
    TIMES,
    Shape,
    cell_of,
    is_moment,
    period_of,
    shape_of,
    span_of,
)
from meterctl.imports.layout import Label
from meterctl.imports.words import is_end, is_start, is_time_heading, is_time_of_day, says, words

_COMPACT = re.compile(r"(?:19|20)\d{6}(?:\d{4}(?:\d\d)?)?|1\d{9}(?:(?:\d{3}){0,3}|\.\d+)", re.ASCII)
_DOTTED = re.compile(r"[0-2]?\d\.[0-5]\d|[0-2]\d[0-5]\d", re.ASCII)  # 14.30 and 1430
_MIDNIGHT = re.compile(r"(\S+)[ T](?:0?0:00(?::00)?(?:\.0+)?|12:00(?::00)? ?AM)", re.IGNORECASE)
_OFFSET = re.compile(r"(?:Z|UTC|[+-]\d\d:?\d\d|\d{9,})$", re.IGNORECASE)


# The half hours of Great Britain and New Zealand.
_PIECE = re.compile(r"(?:(?:settlement|trading) )?period(?: number| no)?")
_SHORT_MONTH = re.compile(r"([^\W\d_]{3,9})\.? '?(\d{2})")
_PEAK = re.compile(r"\b(?:peak|max\w*|min|minimum|hoch\w*|spitzen?)\b")
_OF_DAYS = (Shape.TIME, Shape.SPAN)


class How(StrEnum):
    """How the texts of a row's times are put together."""

    JOINED = "joined"
    PERIOD = "period"  # both in one cell
    SPAN = "span"  # a date, and both times of day in one cell
    HOURS = "hours"  # a date, and the number of the hour or quarter
    MONTH = "month"  # a year and a month


class When(NamedTuple):
    """The columns of a row's times."""

    start: tuple[int, ...]
    end: tuple[int, ...] = ()
    how: How = How.JOINED
    label: Label | None = None
    is_utc: bool = False
    drop_midnight: bool = False  # the date is written with a time that says nothing
    has_short_months: bool = False  # `Jan 23` is a month's, for its heading says so

    @property
    def columns(self) -> frozenset[int]:
        """All of them."""
        return frozenset((*self.start, *self.end))

    def filled(self, cells: list[str], before: Sequence[str]) -> list[str]:
        """A row with the date of the row before it, where a day's date stands in its first only."""
        if len(self.start) < 2 or self.how is How.MONTH or not before:
            return cells
        date, time = self.start[:2]
        if max(date, time) >= len(cells) or cells[date] or shape_of(cells[time]) not in _OF_DAYS:
            return cells
        return [*cells[:date], before[date], *cells[date + 1 :]]

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether a row has times where this table has them."""
        return all(self._fits(cells, column) for column in self.start)

    def _fits(self, cells: Sequence[str], column: int) -> bool:
        text = cell_of(cells, column)
        if self.how is How.MONTH:
            return any(c.isdigit() for c in text) or text.strip().isalpha()
        shape = shape_of(text)
        if self.has_short_months and _SHORT_MONTH.fullmatch(text.strip()):
            return True
        if shape is Shape.NUMBER:
            return column != self.start[0] or is_moment(text)
        return shape in TIMES or shape in _OF_DAYS

    def texts(self, cells: Sequence[str]) -> tuple[str, str | None]:
        """The start (or the one time) and the end of a row that fits."""
        first = cells[self.start[0]].strip()
        if self.how is How.PERIOD and (period := period_of(first)):
            return period
        if self.how is How.SPAN and (span := span_of(cells[self.start[1]].strip())):
            return f"{first} {span[0]}", f"{first} {span[1]}"
        if self.how is How.MONTH:
            month = cells[self.start[1]].strip()
            number = month.rstrip(".")
            is_number = number.isdigit()
            return (f"{first}-{int(number):02d}" if is_number else f"{month} {first}"), None
        start = self._joined(cells, self.start)
        end = self._joined(cells, self.end) if self.end else None
        return start, end or None

    def _joined(self, cells: Sequence[str], columns: Sequence[int]) -> str:
        parts = [cell_of(cells, c).strip() for c in columns]
        if self.drop_midnight and (found := _MIDNIGHT.fullmatch(parts[0])):
            parts[0] = found[1]
        if self.has_short_months and (found := _SHORT_MONTH.fullmatch(parts[0])):
            parts[0] = f"{found[1]}-{found[2]}"
        text = " ".join(part for part in parts if part)
        return f"{text}Z" if self.is_utc and text and not _OFFSET.search(text) else text


def when_of(
    names: Sequence[str], cells: Sequence[str], following: Sequence[str] = ()
) -> When | None:
    """Where a data row has its times, by its header and its shapes; None: it has none.

    The row that follows tells the moments that move on from those of the whole file.
    """
    shapes = {column: _shape(names, column, cell) for column, cell in enumerate(cells)}
    others = {column for column in shapes if _is_other(cell_of(names, column))}
    if any(shape in TIMES for column, shape in shapes.items() if column not in others):
        shapes = {column: one for column, one in shapes.items() if column not in others}
    else:  # `Updated Time` counts where nothing else tells a time
        shapes = {c: one for c, one in shapes.items() if c not in others or one in TIMES}
    by_shape = {
        shape: [column for column, one in shapes.items() if one is shape] for shape in Shape
    }
    moments, dates, times = (by_shape[s] for s in (Shape.MOMENT, Shape.DATE, Shape.TIME))
    moving = [c for c in moments if c < len(following) and following[c] != cells[c]]
    moments = moving or moments
    if by_shape[Shape.PERIOD]:
        return When((by_shape[Shape.PERIOD][0],), how=How.PERIOD)
    times = [c for c in times if not _PEAK.search(words(cell_of(names, c)))]  # when it was highest
    timed = [c for c in times if is_time_heading(cell_of(names, c))] or times
    if moments and timed and all(_MIDNIGHT.fullmatch(cells[c].strip()) for c in moments):
        return _dated(names, moments, timed)._replace(drop_midnight=True)
    if moments:
        return _moments(names, moments)
    if dates and by_shape[Shape.SPAN]:
        return When((dates[0], by_shape[Shape.SPAN][0]), how=How.SPAN)
    if dates and times:
        return _dated(names, dates, timed)
    if dates:
        hour = next((c for c in shapes if _is_hour(names, c, cells[c])), None)
        if hour is not None:
            label = Label.STARTS  # hour 1 begins at midnight, whatever it is called
            return When((dates[0], hour), how=How.HOURS, label=label)
        start, end = _ends(names, dates)
        return When((start,), (end,) if end is not None else ())
    short = [c for c, cell in enumerate(cells) if _is_short_month(cell_of(names, c), cell)]
    if short:
        return When((short[0],), label=Label.STARTS, has_short_months=True)
    return _months(names, cells)


def _is_short_month(name: str, cell: str) -> bool:
    found = _SHORT_MONTH.fullmatch(cell.strip())
    return found is not None and says("MONTH", name) and is_moment(f"{found[1]}-{found[2]}")


def _moments(names: Sequence[str], columns: list[int]) -> When:
    universal = [c for c in columns if says("UTC", cell_of(names, c))]
    if universal and len(universal) < len(columns):
        columns = universal  # beside local ones, which say less
    start, end = _ends(names, columns)
    is_utc = bool(universal)
    if end is not None:
        return When((start,), (end,), is_utc=is_utc)
    return When((start,), label=_label(cell_of(names, start)), is_utc=is_utc)


def _dated(names: Sequence[str], dates: list[int], times: list[int]) -> When:
    first, last = _ends(names, dates)
    begins, ends = _ends(names, times, are_clocks=True)
    if ends is None:
        is_of_both = last is not None and len(times) == 1
        return When((first, begins), label=None if is_of_both else _label(cell_of(names, begins)))
    return When((first, begins), (first if last is None else last, ends))


def _ends(
    names: Sequence[str], columns: list[int], are_clocks: bool = False
) -> tuple[int, int | None]:
    """Which of some columns begins and which ends; those in doubt are of no use."""
    if len(columns) == 1:
        return columns[0], None
    ends = [c for c in columns if is_end(cell_of(names, c)) and not is_start(cell_of(names, c))]
    starts = [c for c in columns if is_start(cell_of(names, c)) and c not in ends]
    others = [c for c in columns if c not in ends and c not in starts]
    if starts and ends:
        return starts[0], ends[0]
    if ends and others:
        return others[0], ends[0]
    if len(columns) == 2 and (are_clocks or not any(cell_of(names, c) for c in columns)):
        return columns[0], columns[1]  # from, to: nobody writes one time of day twice
    return (starts or others or ends)[0], None


def _label(name: str) -> Label | None:
    if is_end(name):
        return Label.ENDS
    return Label.STARTS if is_start(name) else None


def _months(names: Sequence[str], cells: Sequence[str]) -> When | None:
    year = next(
        (c for c, t in enumerate(cells) if says("YEAR", cell_of(names, c)) and _year(t)), None
    )
    month = next((c for c in range(len(cells)) if says("MONTH", cell_of(names, c))), None)
    if year is None:
        return None
    return (
        When((year,), label=Label.STARTS)
        if month is None
        else When((year, month), (), How.MONTH, Label.STARTS)
    )


def _year(text: str) -> bool:
    return re.fullmatch(r"(?:19|20)\d\d", text.strip()) is not None


def _shape(names: Sequence[str], column: int, cell: str) -> Shape:
    """The shape of a cell; a number may be a compact date or a unix time, by its heading."""
    shape = shape_of(cell)
    name = cell_of(names, column)
    if shape is Shape.NUMBER and _DOTTED.fullmatch(cell.strip()) and is_time_of_day(name):
        return Shape.TIME
    if shape is not Shape.NUMBER or not _COMPACT.fullmatch(cell.strip()):
        return shape
    if (is_time_heading(name) or (not any(names) and column == 0)) and is_moment(cell.strip()):
        return Shape.DATE if len(cell.strip()) == 8 else Shape.MOMENT
    return shape


def _is_hour(names: Sequence[str], column: int, cell: str) -> bool:
    name, bare = cell_of(names, column), cell.strip()
    is_number = bare.isdecimal() and len(bare) < 4 and int(bare) <= 100
    return is_number and (is_time_of_day(name) or _PIECE.fullmatch(words(name)) is not None)


def _is_other(name: str) -> bool:
    return says("PRODUCT_ID", name) or says("NOTE", name)
