"""One table of a file: its header, its times, and what all of its rows show together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from meterctl.imports.formats import Options
from meterctl.imports.generic.derived import Differences
from meterctl.imports.generic.growth import Growth
from meterctl.imports.generic.heads import Head, trimmed
from meterctl.imports.generic.hours import Grid, grid_of
from meterctl.imports.generic.preamble import Said, said_above
from meterctl.imports.generic.roles import KEYS, MAYBE_KEYS, Heading, Profile, Role, role_of
from meterctl.imports.generic.shapes import Shape, cell_of
from meterctl.imports.generic.when import How, When
from meterctl.imports.numbers import Numbers
from meterctl.imports.problems import Unknown
from meterctl.imports.text.cells import Record
from meterctl.imports.words import usual_mark

MOST_KEYS = 200  # meters, units ... of one table whose values are watched one by one
MOST_DAYS = 10_000
_DAY = len("2024-01-01")
MOST_SEEN = 60_000  # times that are remembered, to notice that one has several values
_ROWS_FOR_MARKS = 2_000  # the engine looks at all; here it only matters for what grows
_LOOK_AGAIN = (2, 5, 20, 100, 1_000)  # rows after which it is asked again what columns are for
_REPEATS = 8  # rows of one time with several values: more than clock changes make in two years


class Section:
    """One table: its header, and what all of its rows show together."""

    def __init__(self, head: Head, when: When, wide: tuple[int, ...], cells: Sequence[str]) -> None:
        self.head = head
        self.when = when
        self.wide = wide
        self.said: Said = said_above([trimmed(record) for record in head.above])
        self.first = self.last = self.rows = 0
        self.profiles: list[Profile] = []
        self.numbers = Numbers()
        self.differences = Differences()
        self.growths: dict[tuple[int, tuple[str, ...]], Growth] = {}
        self.keys: set[tuple[str, ...]] = set()
        self.days: set[str] = set()  # the first words of its times
        self.hours: dict[str, int] = {}  # the highest number of each date
        self.grid: Grid | None = None
        self.opening: Record | None = None  # its first row of data
        self.several = 0  # rows of a time and a meter that had another value before
        self.split: set[int] = set()  # columns of labels that tell apart rows of one time
        self._differing: Counter[int] = Counter()  # rows of one time, by the label that differs
        self._compared = 0
        # The time and meter of a row; its labels and values as hashes, for texts may be long.
        self._seen: dict[int, tuple[tuple[int, ...], int]] = {}
        self._least = 1
        self._roles = self._guess(cells)

    @property
    def has_values(self) -> bool:
        """Whether a first row has anything that counts, or that would if it were energy."""
        counts = {Role.VALUE, Role.POWER}
        return bool(self.wide) or any(role in counts for role in self._roles.values())

    @property
    def folded(self) -> tuple[str, ...]:
        """Its headings, to be compared."""
        return self.head.folded

    def heading(self, column: int) -> Heading:
        """A column's heading and unit."""
        return Heading(cell_of(self.head.names, column), self.head.unit(column))

    def roles(self) -> dict[int, Role]:
        """What each column is for, by all of its rows."""
        return self._roles_of(self.profiles)

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether a row is one of its data."""
        return self.when.fits(cells)

    @property
    def begins(self) -> int:
        """The line after its header, if it has one; a row without a time may come first."""
        above = self.head.record
        return self.first if above is None else above.line + 1

    def is_footer(self, cells: Sequence[str]) -> bool:
        """Whether a row behind the last one has words where the data have times."""
        first = cell_of(cells, self.when.start[0])
        return any(c.isalpha() for c in first) or len(cells) < 2

    def see(self, record: Record, cells: list[str]) -> None:
        """Take in a row of data."""
        self.rows += 1
        self.first = self.first or record.line
        self.last = record.line
        self.opening = self.opening or record
        if len(self.days) < MOST_DAYS:
            self.days.add(cells[self.when.start[0]][:_DAY].partition(" ")[0])
        while len(self.profiles) < len(cells):
            self.profiles.append(Profile())
        for profile, cell in zip(self.profiles, cells, strict=False):
            profile.see(cell)
        if self.rows in _LOOK_AGAIN:
            self._roles = self.roles()  # a cell may have been empty in the rows before
        if self.when.how is How.HOURS:
            self._see_hour(cells)
        self._see_values(cells)

    def finish(self) -> None:
        """Draw what can be drawn once all rows were seen."""
        if self.when.how is How.HOURS and self.hours:
            self.grid = self._grid(max(self.hours.values()))
        elif self.wide:
            self.grid = grid_of(1, len(self.wide))
        # Two of one time are half of all rows; those of a repeated hour are few, and no meters.
        self.split = {c for c, rows in self._differing.items() if rows * 4 >= self._compared}
        self._seen.clear()

    @property
    def is_mixed_up(self) -> bool:
        """Whether one time has several values, and nothing says of what each is."""
        return self.several > max(_REPEATS, self.rows // 50)

    @property
    def is_beside_another(self) -> bool:
        """Whether a second table with times of its own stands to its right."""
        plain = self.head.plain
        first = cell_of(plain, self.when.start[0])
        return bool(first) and plain.count(first) > 1 and len(self.when.columns) < len(plain)

    def decimal(self, options: Options, delimiter: str) -> str:
        """The decimal mark, as far as it can be told; it decides nothing but what grows."""
        try:
            hint = usual_mark(self.head.names, delimiter)
            return self.numbers.decide(options.decimal, hint=hint).decimal
        except Unknown:
            return "."

    def _guess(self, cells: Sequence[str]) -> dict[int, Role]:
        profiles = []
        for cell in cells:
            profiles.append(Profile())
            profiles[-1].see(cell)
        return self._roles_of(profiles)

    def _roles_of(self, profiles: Sequence[Profile]) -> dict[int, Role]:
        roles = {
            column: role_of(self.heading(column), profile)
            for column, profile in enumerate(profiles)
            if column not in self.when.columns and column not in self.wide
        }
        if self.head.record is None and not {Role.VALUE, Role.POWER} & set(roles.values()):
            # Without a header the only numbers are the values, though they may look like ids.
            numbers = [c for c in roles if profiles[c].is_numbers]
            roles |= {numbers[0]: Role.VALUE} if len(numbers) == 1 else {}
        return roles

    def _grid(self, most: int) -> Grid | None:
        """How the numbered pieces of a day lie; None: they are no numbers of pieces, but times."""
        return grid_of(self._least, most) or (Grid(self._least, 60) if most <= 25 else None)

    def _see_hour(self, cells: Sequence[str]) -> None:
        day, number = cells[self.when.start[0]], cells[self.when.start[1]]
        if number.isdecimal():
            self._least = min(self._least, int(number))
            if day in self.hours or len(self.hours) < MOST_SEEN:
                self.hours[day] = max(self.hours.get(day, 0), int(number))

    def _see_values(self, cells: Sequence[str]) -> None:
        labels = {c: cells[c] for c, r in self._roles.items() if r in MAYBE_KEYS and c < len(cells)}
        sure = [cell_of(cells, c) for c, r in self._roles.items() if r in KEYS]
        values = [c for c, r in self._roles.items() if r is Role.VALUE and c < len(cells)]
        values = [c for c in self.wide if c < len(cells)] or values
        if len(self.keys) < MOST_KEYS:
            self.keys.add(tuple(sure))
        key, times = (*sure, *labels.values()), self.when.columns
        for column, profile in enumerate(self.profiles[: len(cells)]):
            if column in self.wide:
                if self.rows < _ROWS_FOR_MARKS:
                    self.numbers.see(cells[column])
            elif column not in times and profile.shapes[Shape.NUMBER]:
                growth = self.growths.get((column, key))
                if growth is None and len(self.growths) < MOST_KEYS:
                    growth = self.growths.setdefault((column, key), Growth())
                if growth is not None:
                    growth.see(cells[column])
                if self.rows < _ROWS_FOR_MARKS:
                    self.numbers.see(cells[column])
        if not self.wide:
            self.differences.see(key, {c: cells[c] for c in values})
        self._see_again(cells, sure, labels, tuple(cells[c] for c in values))

    def _see_again(
        self, cells: Sequence[str], sure: list[str], labels: dict[int, str], values: tuple[str, ...]
    ) -> None:
        time = hash((*(cells[c] for c in self.when.start), *sure))
        known = self._seen.get(time)
        if known is None:
            if len(self._seen) < MOST_SEEN:
                self._compared += 1
                self._seen[time] = (tuple(map(hash, labels.values())), hash(values))
            return
        others, before = known
        self._compared += 1
        differing = {
            c for (c, own), other in zip(labels.items(), others, strict=False) if hash(own) != other
        }
        if differing:
            self._differing.update(differing)
        elif before != hash(values):
            self.several += 1
