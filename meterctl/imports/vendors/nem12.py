"""AEMO NEM12: interval readings of Australian meters, a day in each 300 record.

A 200 record names the stream that the 300 records below it are of, 400 records below a 300 record
the quality of some of its intervals. A day may come again, corrected: the later update counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from meterctl.domain.times import MINUTE
from meterctl.errors import shown
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.units import unit_of
from meterctl.imports.vendors import nem
from meterctl.imports.vendors.nem12_survey import Identity, Survey, identity_of
from meterctl.imports.vendors.wide import bad_shape

_ZERO = re.compile(r"[+-]?0*\.?0*")
_MOST_BEFORE = 10  # rows of a portal's own before the first record
_NO_DATA = {"100", "200", "500", "900"}


class Nem12:
    """Recognised by its 100 record, or by its first 200 or 300 record where that is missing."""

    name = "nem12"

    def layout(self, document: Document, options: Options) -> _Layout | None:
        """Find out which streams there are, and which days come more than once.

        Raises:
            Stop: none of them is of energy.
            Unknown: a stream's unit or direction is not said.
        """
        first = next(filter(_is_first, document.head[:_MOST_BEFORE]), None)
        if first is None:
            return None
        survey = Survey()
        for record in document.records(first.line - 1):
            survey.see(record)
        if survey.repeated:
            for record in document.records(first.line - 1):
                survey.look_at_repeated(record)
        return _Layout(first.line, survey.series(options), survey)


def _is_first(record: Record) -> bool:
    kind = nem.kind_of(record)
    if kind == "100":
        return nem.cell(record, 1).upper().startswith("NEM12")
    if kind == "200":
        unit, minutes = nem.cell(record, 7), nem.cell(record, 8)
        is_unit = nem.is_no_energy(unit) or unit_of(unit) is not None
        return is_unit and minutes.isdecimal() and len(minutes) < 3
    is_day = kind == "300" and nem.day_of(nem.cell(record, 1)) is not None
    return is_day and len(record.cells) > 48


class _Day(NamedTuple):
    """A 300 record, and its intervals' quality methods, which 400 records may change."""

    record: Record
    series: Series
    length: int  # of an interval, in minutes
    codes: list[str]
    date: str
    nmi: str


class _Layout:
    format = Nem12.name
    title = "AEMO NEM12, interval meter data"

    def __init__(self, line: int, series: Mapping[Identity, Series], survey: Survey) -> None:
        self.facts = Facts(decimal=".", zone=nem.zone_of(nmi for nmi, *_ in series))
        self._line = line
        self._series = series
        self._survey = survey
        self.notes = survey.notes()

    def read(self, document: Document) -> Iterator[Claimed]:
        """A day after the other; those that were corrected later are left out."""
        above: Identity | None = None
        day: _Day | None = None
        for record in document.records(self._line - 1):
            kind = nem.kind_of(record)
            if kind == "400" and record.problem is None:
                problem = _amend(record, day)
                if problem is not None:
                    yield problem
                continue
            if day is not None:
                yield Claimed(day.record, _claims(day))
                day = None
            if kind == "200":
                above = None if record.problem else identity_of(record)
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
            elif kind == "300":
                day, problem = self._day(record, above)
                if problem is not None:
                    yield problem
            elif kind not in _NO_DATA:
                message = f"no NEM12 record begins with {shown(kind)}"
                yield bad_shape(record, 0, message, "is this line a part of the file?")
        if day is not None:
            yield Claimed(day.record, _claims(day))

    def _day(self, record: Record, above: Identity | None) -> tuple[_Day | None, Claimed | None]:
        """A 300 record taken apart, or what is wrong with it; neither, if it is left out."""
        if above is None:
            message = "a 300 record with no 200 record above it: nothing says what it counts"
            return None, bad_shape(record, 0, message, "export the whole file again")
        date = nem.day_of(nem.cell(record, 1))
        if date is None:
            message = f"{shown(nem.cell(record, 1))} is no date"
            return None, bad_shape(record, 1, message, "NEM12 writes dates as YYYYMMDD")
        series = self._series.get(above)
        if series is None or self._survey.is_superseded(above, record):
            return None, None
        minutes = int(above[-1]) if above[-1].isdecimal() else 0
        if minutes < 1 or 1440 % minutes:
            message = f"the 200 record above says intervals of {shown(above[-1])} minutes"
            return None, bad_shape(record, 0, message, "they are of 5, 15 or 30; export it again")
        count = 1440 // minutes
        found = _count(record, count)
        if found != count:
            message = f"{found} values, where {count} intervals of {minutes} minutes make a day"
            hint = "export it again; its 200 record may say another interval length"
            return None, bad_shape(record, 2 + min(found, count), message, hint)
        code = nem.cell(record, 2 + count).upper()
        return _Day(record, series, minutes, [code] * count, date.isoformat(), above[0]), None


def _count(record: Record, count: int) -> int:
    """How many values stand before the quality method, or before the end where there is none."""
    cells = record.cells
    end = 2 + count
    if len(cells) > end and nem.is_quality(cells[end]):
        # At most four cells follow the method: was one of those before it the method itself?
        return next((i for i in range(end - 4, end) if nem.is_quality(cells[i])), end) - 2
    place = next((i for i in range(2, len(cells)) if nem.is_quality(cells[i])), None)
    if place is not None:
        return place - 2
    if len(cells) >= end and not any(text.strip() for text in cells[end:]):
        return count
    return max((i + 1 for i, text in enumerate(cells) if text.strip()), default=2) - 2


def _amend(record: Record, day: _Day | None) -> Claimed | None:
    """Take over what a 400 record says of the day above it; or what is wrong with it."""
    if day is None:
        return None  # below a day that was refused or left out it has nothing to say
    first, last = nem.cell(record, 1), nem.cell(record, 2)
    code = nem.cell(record, 3).upper()
    is_of_it = first.isdecimal() and last.isdecimal()
    if not is_of_it or not 1 <= int(first) <= int(last) <= len(day.codes):
        message = f"intervals {shown(first)} to {shown(last)} are not of the day above"
        return bad_shape(record, 1, message, f"it has 1 to {len(day.codes)}; export it again")
    if not nem.is_quality(code):
        hint = "it is A, S, F, E or N and a number; export it again"
        return bad_shape(record, 3, f"{shown(code)} is no quality method", hint)
    day.codes[int(first) - 1 : int(last)] = [code] * (int(last) - int(first) + 1)
    return None


def _claims(day: _Day) -> list[Claim]:
    clocks = _clocks(day.length, nem.offset_of(day.nmi))
    span = day.length * MINUTE
    claims = []
    for index, code in enumerate(day.codes):
        value = day.record.cells[index + 2]
        if code[:1] == "N" and _ZERO.fullmatch(value.strip()):
            value = ""  # there is no value: the zero fills its place
        start = day.date + clocks[index]
        quality = nem.quality_of(code)
        place = index + 2
        claims.append(
            Claim(day.series, value, place, start, None, 1, 0, span, quality, code or None)
        )
    return claims


@cache
def _clocks(minutes: int, offset: str) -> tuple[str, ...]:
    """When each interval of a day begins."""
    begins = range(0, 1440, minutes)
    return tuple(f"T{at // 60:02d}:{at % 60:02d}{offset}" for at in begins)
