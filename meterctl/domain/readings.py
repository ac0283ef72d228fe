"""Readings: one value of one meter at one instant; their slots, ids and revisions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import tzinfo
from enum import Enum, StrEnum, auto
from typing import NamedTuple

from meterctl.domain.meters import Kind, Meter, Zones, meter_named
from meterctl.domain.quantity import format_quantity
from meterctl.domain.times import HOUR, MINUTE, SECOND, iso_utc, parse_time
from meterctl.errors import DataError, MeterError, QuantityError, UnknownReading, shown


class Quality(StrEnum):
    """How a value came to be; a vendor's own code is kept beside it."""

    ACTUAL = "actual"
    ESTIMATED = "estimated"
    EDITED = "edited"
    QUESTIONABLE = "questionable"


class Source(StrEnum):
    """By which way a reading came in."""

    CLI = "cli"
    HTTP = "http"
    IMPORT = "import"
    SHEET = "sheet"
    DEVICE = "device"


class Slot(NamedTuple):
    """One slot, one truth. `starts_at` equals `at` for all but interval readings."""

    meter: str
    device: int
    at: int
    starts_at: int


class Reading(NamedTuple):
    """One revision of what one slot holds. Immutable: a later truth is a new revision."""

    meter: str
    device: int
    at: int
    starts_at: int
    revision: int  # 1 is the first; the highest is the truth
    value: int | None  # millionths of the unit; None: void, it never was
    quality: Quality
    quality_code: str | None
    source: Source
    note: str | None
    reason: str | None  # of a correction or a void
    entry: int  # the write that brought it; 0 while it is not written yet

    @property
    def slot(self) -> Slot:
        """Where this reading belongs."""
        return Slot(self.meter, self.device, self.at, self.starts_at)

    @property
    def amount(self) -> int:
        """The value of a reading that is known not to be void."""
        if self.value is None:
            raise ValueError(f"{self.slot} is void")
        return self.value


NOTE_LIMIT = 2_000
CODE_LIMIT = 60


def new_reading(
    meter: Meter,
    at: int,
    value: int,
    source: Source,
    *,
    starts_at: int | None = None,
    device: int | None = None,
    quality: Quality = Quality.ACTUAL,
    quality_code: str | None = None,
    note: str | None = None,
) -> Reading:
    """A reading that fits its meter; the hard errors that concern the reading alone.

    Raises:
        MeterError: no device, or not this one, stood then; starts_at missing or out of place.
        QuantityError: more digits than the dial has.
    """
    if meter.kind is Kind.INTERVAL:
        if starts_at is None:
            raise MeterError(
                f"meter {meter.id} counts intervals: it also needs when the interval starts",
                "give starts_at",
            )
        if starts_at >= at:
            raise MeterError(
                f"an interval of {meter.id} starts at or after its end", "starts_at comes first"
            )
    elif starts_at is not None and starts_at != at:
        raise MeterError(
            f"meter {meter.id} is a {meter.kind}, which has no starts_at",
            "leave starts_at empty, or use a meter of kind interval",
        )
    dial = meter.dial
    if dial is not None and value >= dial:
        raise QuantityError(
            f"{format_quantity(value)} is more than the {meter.digits} digits of {meter.id} show",
            f"check the value, or mend the meter: meterctl meters set {meter.id} --digits N",
        )
    if device is None:
        device = meter.device_at(at).number
    elif not meter.stood(device, at):
        raise MeterError(
            f"device {device} of meter {meter.id} did not stand then",
            f"see its devices: meterctl meters list {meter.id}",
        )
    return Reading(
        meter.id,
        device,
        at,
        at if starts_at is None else starts_at,
        1,
        value,
        quality,
        quality_code,
        source,
        check_note(note),
        None,
        0,
    )


def check_note(note: str | None) -> str | None:
    """A note or reason as it may be kept: trimmed, None when empty.

    Raises:
        DataError: too long, or with control characters that would act on a terminal.
    """
    if not note:
        return None
    trimmed = note.strip()
    if len(trimmed) > NOTE_LIMIT:
        raise DataError(f"a note holds {NOTE_LIMIT} characters, not {len(trimmed)}", "shorten it")
    if not trimmed.isprintable() and any(
        (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f" for c in trimmed
    ):
        raise DataError("a note cannot hold control characters", "remove them")
    try:
        trimmed.encode()
    except UnicodeEncodeError:
        raise DataError("a note must be valid text", "remove the broken characters") from None
    return trimmed or None


def quality_named(text: str) -> Quality:
    """A quality by its name, in any case.

    Raises:
        DataError: it is none.
    """
    try:
        return Quality(text.lower())
    except ValueError:
        raise DataError(
            f"{shown(text)} is not a quality",
            f"one of {', '.join(Quality)}; the vendor's own code goes into a column quality_code",
        ) from None


def check_code(text: str) -> str | None:
    """A vendor's quality code as it may be kept: it goes into files and onto terminals.

    Raises:
        DataError: too long, or not one line.
    """
    code = text.strip()
    if len(code) > CODE_LIMIT or not code.isprintable():
        raise DataError(
            f"{shown(code)} is not a quality code",
            f"at most {CODE_LIMIT} characters in one line; longer texts go into a column note",
        )
    return code or None


class Verdict(Enum):
    """What a value is to a slot, in the light of what the slot held and holds."""

    NEW = auto()  # nothing is known there, or what was is void and this is another value
    DUPLICATE = auto()  # exactly the truth it holds
    SUPERSEDED = auto()  # a value it held once, and a person has since corrected or voided
    CONFLICT = auto()  # another value than the truth it holds


def settle(revisions: Sequence[Reading], value: int) -> Verdict:
    """Judge a value against all revisions of its slot, oldest first."""
    if not revisions:
        return Verdict.NEW
    if revisions[-1].value == value:
        return Verdict.DUPLICATE
    if any(revision.value == value for revision in revisions):
        return Verdict.SUPERSEDED
    return Verdict.NEW if revisions[-1].value is None else Verdict.CONFLICT


def next_revision(revisions: Sequence[Reading]) -> int:
    """The number that a slot's next truth takes, in the light of all it has, oldest first.

    Numbers may have gaps: what another machine wrote keeps the number it has there.
    """
    return revisions[-1].revision + 1 if revisions else 1


# -- ids -----------------------------------------------------------------------
#
# An id says what it names, is the same in every ledger that holds the same slot, and needs no
# index: `meter@2026-03-01T06:00:00Z`, with `/PT15M` for an interval's length and `~1` for a
# device other than the one that the instant implies (the last value of a meter swapped then).

_ID = re.compile(
    r"(?P<meter>[^@/~]+)@(?P<at>[^@/~]+)(?:/PT(?P<span>[0-9HMS.]+))?(?:~(?P<device>[0-9]{1,6}))?"
)
_SPAN = re.compile(
    r"(?:(?P<h>\d{1,9})H)?(?:(?P<m>\d{1,9})M)?(?:(?P<s>\d{1,9})(?:\.(?P<ms>\d{3}))?S)?"
)


def reading_id(slot: Slot, meter: Meter) -> str:
    """The id of a slot's reading."""
    span = slot.at - slot.starts_at
    text = f"{slot.meter}@{iso_utc(slot.at)}"
    if span:
        text += f"/{duration_text(span)}"
    if len(meter.devices) > 1 and meter.device_at(slot.at).number != slot.device:
        text += f"~{slot.device}"
    return text


def parse_reading_id(
    text: str,
    meters: tuple[Meter, ...],
    zones: Zones,
    read_time: Callable[[str, tzinfo], int] = parse_time,
) -> Slot:
    """The slot that an id names; its time may be written in any way that `read_time` reads.

    Raises:
        UnknownReading: not an id.
        TimeError, UnknownMeter: the parts of it.
    """
    match = _ID.fullmatch(text.strip())
    if match is None:
        raise UnknownReading(
            f"{shown(text)} is not a reading's id",
            "an id looks like meter@2026-03-01T06:00:00Z; meterctl history --ids shows them",
        )
    meter = meter_named(meters, match["meter"])
    at = read_time(match["at"], zones(meter))
    span = _parse_span(match["span"]) if match["span"] else 0
    number = int(match["device"]) if match["device"] else meter.device_at(at).number
    return Slot(meter.id, meter.device_numbered(number).number, at, at - span)


def duration_text(milliseconds: int) -> str:
    """An ISO 8601 duration in hours, minutes and seconds: `PT15M`."""
    hours, rest = divmod(milliseconds, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds, fraction = divmod(rest, SECOND)
    text = "PT"
    if hours:
        text += f"{hours}H"
    if minutes:
        text += f"{minutes}M"
    if seconds or fraction or text == "PT":
        text += f"{seconds}.{fraction:03d}S" if fraction else f"{seconds}S"
    return text


def _parse_span(text: str) -> int:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise UnknownReading(f"{shown('PT' + text)} is not a duration", "such as PT15M")
    return (
        int(match["h"] or 0) * HOUR
        + int(match["m"] or 0) * MINUTE
        + int(match["s"] or 0) * SECOND
        + int(match["ms"] or 0)
    )
