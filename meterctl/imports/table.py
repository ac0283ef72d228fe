"""A foreign file: three looks, the same for every format.

First at its texts (how are numbers and dates written here), then at its times (which instants do
these clocks mean), and then, as often as wanted, at its rows. Nothing is held in memory but what
the looks found out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import tzinfo

from meterctl.domain.meters import Kind, Meter
from meterctl.errors import TimeError
from meterctl.imports.filling import Filling
from meterctl.imports.formats import Context, Row
from meterctl.imports.layout import Claim, Layout
from meterctl.imports.making import Maker, Tally, Ways
from meterctl.imports.numbers import Numbers, is_blank
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.series import MOST_SERIES, Series, too_many
from meterctl.imports.signs import Signs
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.text.names import printable
from meterctl.imports.times.clockwork import Survey, Timeline
from meterctl.imports.times.moments import Texts
from meterctl.imports.words import usual_mark

_ANY_AMOUNT = re.compile("[1-9]")


class Table:
    """A document that a format knows how to read."""

    def __init__(self, document: Document, layout: Layout, context: Context) -> None:
        """The first look: at the texts.

        Raises:
            Stop, Unknown: it cannot be read so, or something must be asked first.
        """
        self._document = document
        self._layout = layout
        self._context = context
        self._first: Record | None = None
        self._timeline: Timeline | None = None
        self._tally = Tally()
        self.format = layout.format
        self.title = layout.title
        self._series: dict[str, Series] = {}
        self._filling: dict[str, Filling] = {}  # of each series
        self._signs = Signs()
        self._looked_at = 0  # rows
        numbers, texts = Numbers(), Texts()
        for record, claims, _ in layout.read(document):
            self._looked_at += 1
            self._first = self._first or record
            for claim in claims:
                self._meet(claim.series, record)
                has_value = not is_blank(claim.value)
                self._filling[claim.series.name].see(has_value=has_value)
                if has_value:
                    self._signs.see(claim)
                    numbers.see(claim.value)
                for text in (claim.start, claim.end):
                    if text is not None:
                        texts.see(text)
        if not any(one.filled for one in self._filling.values()):
            hint = "is this the whole file? If it is of another kind, --format names it"
            raise Stop(Problem(1, 1, f"no row with a value was found; read as {self.title}", hint))
        self._refuse_what_does_not_fit()
        for other in self._signs.decide(self._series.values()):
            self._series.setdefault(other.name, other)
            self._filling.setdefault(other.name, Filling()).see(has_value=True)
        options, facts = context.options, layout.facts
        with self._at_the_first_row():
            likely = usual_mark(self._series, document.delimiter)
            self._marks = numbers.decide(options.decimal, facts.decimal, likely)
            self._times = texts.decide(options.order, facts.order)

    def resolve(self, zone: tzinfo) -> None:
        """The second look: at the times. Local ones are meant in `zone`.

        Raises:
            Stop, Unknown: which instants they mean cannot be told.
        """
        survey = Survey(zone)
        with self._at_the_first_row():
            for _, claims, _ in self._layout.read(self._document):
                for claim in self._signs.told(claims):
                    self._see_times(survey, claim)
        registers = {one.name for one in self._series.values() if one.kind is not Kind.INTERVAL}
        label = self._context.options.label or self._layout.facts.label
        with self._at_the_first_row():
            is_told = self._context.options.zone is not None
            self._timeline = survey.decide(label, registers=registers, told=is_told)
        self._zone = zone

    def rows(self, meters: Mapping[str, Meter]) -> Iterator[Row]:
        """The third look: data rows as readings of these meters, by the name of their series.

        Raises:
            Stop: nothing after this place can be read.
        """
        if self._timeline is None:
            raise RuntimeError("resolve() comes first")
        ways = Ways(self._marks, self._times, self._zone)
        maker = Maker(ways, meters, self._timeline.begin(), self._context)
        self._tally = maker.tally
        count = 0
        for record, claims, problem in self._layout.read(self._document):
            count += 1
            if problem is None:
                yield maker.row(record, self._signs.told(claims))
            else:
                yield Row(record, [], [], problem)
        if self._first is not None and count < self._looked_at:
            found = f"{self._looked_at} rows at first, then {count}"
            message = f"the file was changed while it was read: {found}"
            hint = "import it again when nothing else writes to it"
            yield Row(self._first, [], [], Problem(self._first.line, 1, message, hint))

    @property
    def series(self) -> tuple[Series, ...]:
        """All that the file counts."""
        return tuple(
            self._with_period(one)
            if self._filling[one.name].filled or one.only_if_mapped is not None
            # No meter is made for a column that has been empty throughout.
            else one._replace(only_if_mapped="it has no value in this file")
            for one in self._series.values()
        )

    def _with_period(self, series: Series) -> Series:
        """Days and months are another meter than the hours of the same: added, they would double.

        Their `part` says so, once the times were looked at.
        """
        if series.kind is not Kind.INTERVAL or self._timeline is None:
            return series
        period = self._timeline.period(series.name)
        words = series.part.split("-") if series.part else []
        return (
            series
            if not period or period in words
            else series._replace(part="-".join((*words, period)))
        )

    @property
    def zone(self) -> tzinfo | None:
        """The zone of all files of this format, whatever the settings say; None: theirs."""
        return self._layout.facts.zone

    @property
    def is_local(self) -> bool:
        """Whether some of its times have no offset, so that the zone matters."""
        return self._timeline is not None and self._timeline.is_local

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found out and decided, in sentences."""
        decided = () if self._timeline is None else self._timeline.decided
        mark = {".": "a point", ",": "a comma"}[self._marks.decimal]
        return (
            *self._document.notes,
            f"the decimal mark is {mark}",
            *self._times.decided,
            *map(printable, self._layout.notes),  # headings as they stand there, some of them odd
            *decided,
            *self._signs.notes,
        )

    def remarks(self) -> tuple[str, ...]:
        """What the last look at the rows met that a person should know."""
        return self._tally.sentences()

    def _see_times(self, survey: Survey, claim: Claim) -> None:
        try:
            start, end = (
                None if text is None else self._times.read(text)
                for text in (claim.start, claim.end)
            )
        except TimeError:
            return  # told with its row, in the third look
        options = self._context.options
        if claim.series.only_if_mapped is not None and not (options.columns or options.meter):
            return  # nobody asked for it, so nothing need be asked for its sake
        is_empty = is_blank(claim.value)
        is_anothers = is_empty and self._filling[claim.series.name].is_sparse
        has_none = is_empty or not _ANY_AMOUNT.search(claim.value)
        survey.see(claim.series.name, start, end, claim.span, empty=has_none, blank=is_anothers)

    def _refuse_what_does_not_fit(self) -> None:
        """Refuse an answer that no series of the file is in need of, instead of passing it over."""
        counted = [one for one in self._series.values() if one.only_if_mapped is None]
        options = self._context.options
        for flag, told, found in (
            ("kind", options.kind, {one.kind for one in counted}),
            ("unit", options.unit, {one.unit for one in counted if one.unit}),
            ("direction", options.direction, {one.direction for one in counted}),
        ):
            if told is None or not found or told in found:
                continue
            message = f"--{flag} {told} does not fit: this file says {', '.join(sorted(found))}"
            hint = f"leave --{flag} out; if it is of another kind, --format generic reads it"
            problem = Problem(0, 0, f"{message}; read as {self.title}", hint)
            with self._at_the_first_row():
                raise Stop(problem)

    def _meet(self, series: Series, record: Record) -> None:
        if series.name in self._series:
            return
        self._series[series.name] = series
        self._filling[series.name] = Filling()
        if len(self._series) > MOST_SERIES:
            raise too_many(record.line)

    @contextmanager
    def _at_the_first_row(self) -> Iterator[None]:
        """Give what a whole column leaves open a place in the file."""
        try:
            yield
        except Stop as stop:
            if stop.problem.line == 0 and self._first is not None:
                first = self._first
                stop.problem = stop.problem._replace(line=first.line, column=1, text=first.text)
            raise
