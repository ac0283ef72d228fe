"""One table of a file, and what each of its rows says."""

from __future__ import annotations

from collections.abc import Sequence

from meterctl.domain.meters import Kind
from meterctl.domain.readings import Quality
from meterctl.errors import shown
from meterctl.imports.generic.columns import (
    Columns,
    columns_of,
    is_power_table,
    wide_column,
)
from meterctl.imports.generic.counted import Column
from meterctl.imports.generic.counting import Counting
from meterctl.imports.generic.hours import clock_at
from meterctl.imports.generic.names import About, Names
from meterctl.imports.generic.roles import Role
from meterctl.imports.generic.sections import Section
from meterctl.imports.generic.shapes import Shape, cell_of, length_of, shape_of, span_of
from meterctl.imports.generic.when import How
from meterctl.imports.generic.zones import zone_in
from meterctl.imports.layout import Claim, Claimed
from meterctl.imports.numbers import is_blank
from meterctl.imports.problems import Problem
from meterctl.imports.text.cells import Record, place_of_cell
from meterctl.imports.units import is_power
from meterctl.imports.words import fold, is_just, is_start, is_total, quality_of, says

_MINUTE = 60_000
_MOST_CODES = 5  # unknown ones that are named


class Table:
    """One table of the file, with all that is known of it."""

    def __init__(self, section: Section, about: About, names: Names) -> None:
        self.section = section
        self.columns: Columns = columns_of(section, about.options)
        self.power = section.said.power if section.wide else is_power_table(section, self.columns)
        self.zone = zone_in(section, about.options.home)
        self._clock_zone = about.options.zone or self.zone or about.options.home
        self.unknown_codes: dict[str, str] = {}
        if section.wide:
            beside = [one.name for one in self.columns.values if one.place not in section.wide]
            told = [f"left out: `{name}`: beside the pieces of its day" for name in beside]
            self.columns = self.columns._replace(
                values=(wide_column(section, self.columns),),
                notes=(*self.columns.notes, *told),
            )
        self.counting = Counting(section, self.columns, about, names)
        self.power_rows = 0
        roles = self.columns.roles.items()
        is_long = section.grid is not None and len(section.wide) > section.grid.a_day
        # From when to when each piece of a day goes, where its heading says so.
        self._pieces = [None if is_long else span_of(self._heading(c)) for c in section.wide]
        self._units = [c for c, role in roles if role is Role.UNIT]
        self._notes = [c for c, role in roles if role is Role.NOTE]

    def claimed(self, record: Record, cells: list[str]) -> Claimed | None:
        """What a row says; None: nothing."""
        if self.section.wide:
            return Claimed(record, self._across(cells))
        if self.section.when.how is How.HOURS:
            return self._numbered(record, cells)
        start, end = self.section.when.texts(cells)
        return Claimed(record, self._claims(cells, start, end))

    def _claims(
        self, cells: list[str], start: str, end: str | None, span: int | None = None
    ) -> tuple[Claim, ...]:
        when, note = self.section.when, self._note(cells)
        if self._is_power_row(cells):
            self.power_rows += 1
            return ()
        claims = []
        for column in self.columns.values:
            value = cell_of(cells, column.place)
            put = self._put_instead(column, cells) if is_blank(value) else None
            place = column.place if put is None else put
            code, quality = (
                self._quality(column, cells) if put is None else (None, Quality.ESTIMATED)
            )
            claims.append(
                Claim(
                    self.counting.series(column, cells),
                    value if put is None else cells[put],
                    place,
                    start,
                    end,
                    when.start[0],
                    when.end[-1] if when.end else when.start[-1],
                    self._length(column, cells) if span is None and end is None else span,
                    quality,
                    code,
                    note,
                )
            )
        return tuple(self._at_once(claim) for claim in claims)

    @staticmethod
    def _at_once(claim: Claim) -> Claim:
        """A dial's reading is of one time: beside from and to of the later, unless it says so."""
        if claim.series.kind is not Kind.REGISTER:
            return claim
        is_later = claim.end is not None and not is_start(claim.series.name)
        return claim._replace(start=claim.end if is_later else claim.start, end=None, span=None)

    def _numbered(self, record: Record, cells: list[str]) -> Claimed:
        """A row of a date and the number of its hour."""
        section = self.section
        day, number = (cells[c] for c in section.when.start)
        grid = section.grid
        if grid is None or not number.isdecimal():
            return Claimed(record, self._claims(cells, f"{day} {number}", None))
        most = section.hours.get(day, 0) - grid.base + 1
        clock = clock_at(day, int(number) - grid.base, most, grid, self._clock_zone)
        if clock is None:
            line, column = place_of_cell(record, section.when.start[1])
            message = f"there is no hour {number} on {day} here"
            hint = "say where the file is from: --tz Europe/Madrid"
            return Claimed(record, (), Problem(line, column, message, hint, record.text))
        claims = self._claims(cells, f"{day} {clock}", None, grid.minutes * _MINUTE)
        return Claimed(record, claims)

    def _across(self, cells: list[str]) -> tuple[Claim, ...]:
        """A row of a whole day."""
        section, grid = self.section, self.section.grid
        day, _ = section.when.texts(cells)
        if grid is None:
            return ()
        column = self.columns.values[0]
        series = self.counting.series(column, cells)
        filled = [
            k for k, c in enumerate(section.wide) if c < len(cells) and not is_blank(cells[c])
        ]
        most = filled[-1] + 1 if filled else 0
        if len(section.wide) > grid.a_day and most <= grid.a_day and len(filled) == most:
            most = max(most, grid.a_day - 60 // grid.minutes)
        elif len(section.wide) <= grid.a_day:
            is_cut = len(filled) == most == grid.a_day - 60 // grid.minutes
            most = most if is_cut else grid.a_day  # uncut, a row shows the clock, not what passed
        code, quality = self._quality(column, cells)
        claims = []
        for place, c in enumerate(section.wide):
            value = cell_of(cells, c)
            piece = self._pieces[place]
            clock = piece[0] if piece else clock_at(day, place, most, grid, self._clock_zone)
            if clock is None and is_blank(value):
                continue
            start = f"{day} {clock or '24:00'}"
            span, at = grid.minutes * _MINUTE, section.when.start[0]
            claims.append(Claim(series, value, c, start, None, at, 0, span, quality, code))
        return tuple(claims)

    def _put_instead(self, column: Column, cells: Sequence[str]) -> int | None:
        """The place of a value that is written under `Ersatzwert`, for one that is lacking."""
        place = column.quality
        if place is None or not says("ESTIMATED", self._heading(place)):
            return None
        text = cell_of(cells, place)
        is_answer = is_just("YES", text) or is_just("NO", text)
        return place if shape_of(text) is Shape.NUMBER and not is_answer else None

    def _heading(self, place: int) -> str:
        return self.section.head.name(place)

    def _quality(self, column: Column, cells: Sequence[str]) -> tuple[str | None, Quality]:
        code = cell_of(cells, column.quality)
        if column.quality is None or is_blank(code):
            return None, Quality.ACTUAL
        heading = self._heading(column.quality)
        quality = quality_of(code, heading)
        if quality is None and len(self.unknown_codes) < _MOST_CODES:
            self.unknown_codes[code] = heading
        return code, quality or Quality.ACTUAL

    def _length(self, column: Column, cells: Sequence[str]) -> int | None:
        text = cell_of(cells, column.length)
        return length_of(text) if text else None

    def _is_power_row(self, cells: Sequence[str]) -> bool:
        return any(is_power(cell_of(cells, c)) for c in self._units)

    def _note(self, cells: Sequence[str]) -> str | None:
        return _together(cells, self._notes) or None

    def left_out(self, record: Record, cells: list[str]) -> Claimed | None:
        """A row within the table that has no time: a text or a total, or a value to tell of."""
        values = [c for c in self.columns.values if c.place < len(cells)]
        numbers = [c for c in values if shape_of(cells[c.place]) is Shape.NUMBER]
        texts = [cell for cell in cells if shape_of(cell) is Shape.TEXT]
        if not numbers or any(is_total(text) for text in texts) or len(cells) < 2:
            return None
        if len(cells) < 3 and texts:
            return None  # a key and its value
        if any(
            fold(name) in {fold(cell) for cell in cells} for name in self.section.head.names if name
        ):
            return None
        line, place = place_of_cell(record, self.section.when.start[0])
        when = _together(cells, self.section.when.start)
        message = f"{shown(when)} is no time" if when else "a value without a time"
        hint = "give the row its time; if it is no data, take it out"
        return Claimed(record, (), Problem(line, place, message, hint, record.text))


def _together(cells: Sequence[str], columns: Sequence[int]) -> str:
    return " ".join(filter(None, (cell_of(cells, c) for c in columns)))
