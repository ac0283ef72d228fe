"""One reading as it is told to the utility: what its placeholders stand for, what is its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from fractions import Fraction
from typing import NamedTuple

from meterctl.utility.described.figures import Figures, Unfit, decimal_text
from meterctl.utility.described.moments import Moments
from meterctl.utility.described.templates import Plain, Template
from meterctl.utility.port import NotTaken, Request

_TIMES = {"timestamp": "at", "starts_at": "starts_at"}


class Said(NamedTuple):
    """One reading in the words of one file."""

    request: Request
    amount: Fraction  # as sent
    unit: str  # as sent
    figures: Figures
    moments: Moments
    values: Mapping[str, Plain]  # of all placeholders

    @property
    def zone(self) -> tzinfo:
        """Of the utility's days."""
        return self.request.zone

    @property
    def differs(self) -> str:
        """`sent as 142`, where that is not what the reading says; empty otherwise."""
        told = decimal_text(self.amount)
        if self.unit != self.request.unit:
            return f"sent as {told} {self.unit}"
        is_same = self.amount == Fraction(self.request.value, 1_000_000)
        return "" if is_same else f"sent as {told}"

    def is_own(self, template: Template, theirs: object) -> bool | None:
        """Whether an echo is what this template says of the reading; None where it is none.

        Values are compared as numbers and times as instants, however they are written.
        """
        match template.alone:
            case "value":
                read = self.figures.read(theirs)
                return None if read is None else read == self.amount
            case "timestamp" | "starts_at" as name:
                at = getattr(self.request, _TIMES[name])
                return self.moments.is_same(theirs, at, self.zone)
            case "day":
                return self.moments.is_same_day(theirs, self.request.at, self.zone)
            case _:
                return self._is_own_text(template, theirs)

    def own_text(self, template: Template) -> str | None:
        """What an echo of a text has to be, as `text_of` writes it; None: anything."""
        own = template.plain(self.values)
        # A meter without a serial: theirs may well have one.
        return None if own is None else str(own).casefold()

    def _is_own_text(self, template: Template, theirs: object) -> bool | None:
        text = text_of(theirs)
        return None if text is None else self.own_text(template) in (None, text)


def text_of(theirs: object) -> str | None:
    """A text as it is compared; None where it is none."""
    if theirs is None or isinstance(theirs, (list, Mapping)):
        return None
    return str(theirs).casefold()


def is_compared_as_text(template: Template) -> bool:
    """Whether an echo is compared letter by letter, not as the number or the time that it says."""
    return template.alone not in {"value", "day", *_TIMES}


def said(
    request: Request,
    figures: Figures,
    moments: Moments,
    values: Mapping[str, Plain],
    named: Mapping[str, str],
) -> Said | NotTaken:
    """A reading in a file's words; why it is not sent where it cannot be told in them.

    Args:
        request: The reading.
        figures: How values are told.
        moments: How times are told.
        values: Of the placeholders that are no reading's.
        named: What the file names of this meter.
    """
    try:
        amount = figures.sent(request.value, request.unit)
    except Unfit as error:
        return NotTaken(f"meter {request.meter}: {error}", error.hint, settings=True)
    own: dict[str, Plain] = {
        "key": request.key,
        "meter": request.meter,
        "value": figures.told(amount),
        "unit": figures.unit or request.unit,
        "timestamp": moments.told(request.at, request.zone),
        "starts_at": moments.told(request.starts_at, request.zone),
        "day": moments.day_of(request.at, request.zone),
        "day_before": moments.day_of(request.at, request.zone, -1),
        "day_after": moments.day_of(request.at, request.zone, 1),
        "serial": request.serial,
        "obis": request.obis,
        "kind": request.kind,
        "direction": request.direction,
    }
    theirs = {f"meter.{name}": text for name, text in named.items()}
    return Said(
        request,
        amount,
        figures.unit or request.unit,
        figures,
        moments,
        {**values, **own, **theirs},
    )
