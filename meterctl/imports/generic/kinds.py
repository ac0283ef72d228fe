"""Whether values are what a dial showed, or amounts of a period: by words, and by the values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from meterctl.domain.meters import Kind
from meterctl.errors import shown
from meterctl.imports.generic.counted import Column
from meterctl.imports.generic.growth import MANY, Shown
from meterctl.imports.generic.preamble import kind_of_obis
from meterctl.imports.generic.sections import Section
from meterctl.imports.generic.when import How
from meterctl.imports.problems import Choice, Problem, Unknown
from meterctl.imports.words import kind_of, says

_CHOICES = (
    Choice("register", "what a dial showed, which only grows"),
    Choice("interval", "the energy of each period"),
    Choice("daily", "a counter that starts again each midnight"),
)


class Evidence(NamedTuple):
    """What speaks for a kind."""

    name: str  # of the series, for people
    words: Kind | None
    values: Shown
    steps: int
    obis: Kind | None
    is_period: bool  # each row says from when to when


def kind_by(evidence: Evidence, line: int) -> Kind:
    """The kind that words and values agree on.

    Raises:
        Unknown: neither says it, or they contradict each other.
    """
    words, values, steps = evidence.words, evidence.values, evidence.steps
    if evidence.is_period and words is None:
        words = Kind.INTERVAL
    if values is Shown.RESTARTS and words is not Kind.REGISTER:
        if says("RUNNING", evidence.name):
            return Kind.DAILY
        raise _unknown(evidence, line, "grows and falls back to zero again and again")
    if words is Kind.REGISTER:
        if values is Shown.AMOUNTS and steps >= MANY:
            raise _unknown(evidence, line, "is called a reading, and goes up and down")
        return words
    if words is Kind.INTERVAL:
        if values is Shown.DIAL and steps >= MANY:
            raise _unknown(evidence, line, "is called an amount, and only ever grows")
        return words
    if values is Shown.DIAL:
        return Kind.REGISTER
    if values is Shown.AMOUNTS:
        return Kind.INTERVAL
    if evidence.obis is not None:
        return evidence.obis
    raise _unknown(evidence, line, "may be a dial's readings or the amounts of periods")


def _unknown(evidence: Evidence, line: int, why: str) -> Unknown:
    answers = "--kind register, or --kind interval"
    if evidence.values is Shown.RESTARTS:
        answers = "--kind daily (it starts again each midnight), register or interval"
    message = f"{shown(evidence.name)} {why}"
    problem = Problem(line, 1, message, f"say what it is: {answers}")
    return Unknown(problem, "kind", _CHOICES)


class Kinds:
    """The kinds of the series of one table."""

    def __init__(
        self, section: Section, columns: Sequence[Column], decimal: str, told: Kind | None
    ) -> None:
        self._section = section
        self._columns = columns
        self._decimal = decimal
        self._told = told  # by the person, of what does not say it itself
        self._is_only = len(columns) == 1

    def of(self, column: Column, labels: dict[int, str], obis: str | None, name: str) -> Kind:
        """The kind of a series: a column, and what stands in its rows' columns of labels.

        Raises:
            Unknown: it must be asked.
        """
        section, told = self._section, self._told
        telling = (text for place, text in labels.items() if text and self._tells(place))
        words = next(filter(None, map(kind_of, telling)), None)  # nearer than the heading
        if words is None and not (self._is_only and told):
            words = kind_of(column.name)
        values, steps = self._shown(column, labels)
        if told is not None and words is None and not self._shows_otherwise(values, steps):
            return told
        when = section.when
        is_period = bool(when.end or section.wide) or when.how is not How.JOINED
        if words is None and values is Shown.OPEN and not is_period and section.said.kind is None:
            # A table is of one kind, mostly: a column of zeros is what those beside it are.
            filled = section.profiles[column.place].filled
            others = {
                kind
                for c in self._columns
                if (kind := self._by_itself(c)) is not None
                and section.profiles[c.place].filled <= 2 * filled
            }
            words = others.pop() if len(others) == 1 else None
        weak = (kind_of_obis(obis) if obis else None) or section.said.kind
        try:
            evidence = Evidence(name, words, values, steps, weak, is_period)
            return kind_by(evidence, section.first)
        except Unknown:
            if told is None:
                raise
            return told

    def _shows_otherwise(self, values: Shown, steps: int) -> bool:
        """Whether one of several columns is plainly of another kind than what was told of all."""
        if self._is_only:
            return False
        return values is Shown.DIAL and steps >= MANY and self._told is not Kind.REGISTER

    def _tells(self, place: int) -> bool:
        """Whether a column of labels says what is counted: no device's name does (`Nightstand`)."""
        name = self._section.head.name(place)
        return says("QUALITY", name) or says("COMMODITY", name) or says("REGISTER", name)

    def _shown(self, column: Column, labels: dict[int, str]) -> tuple[Shown, int]:
        """What the values of a column look like, of one meter or, without labels, of all."""
        texts = {text for text in labels.values() if text}
        growths = [
            growth
            for (place, own), growth in self._section.growths.items()
            if place == column.place and texts <= set(own)
        ]
        seen = [growth.shown(self._decimal) for growth in growths]
        order = (Shown.AMOUNTS, Shown.RESTARTS, Shown.DIAL)
        values = next((one for one in order if one in seen), Shown.OPEN)
        return values, max((growth.steps(self._decimal) for growth in growths), default=0)

    def _by_itself(self, column: Column) -> Kind | None:
        """The kind of a column by its own heading or values."""
        by_values = {Shown.AMOUNTS: Kind.INTERVAL, Shown.DIAL: Kind.REGISTER}
        return kind_of(column.name) or by_values.get(self._shown(column, {})[0])
