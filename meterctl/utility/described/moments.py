"""A time as a utility wants it told, and as it tells it back."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

from meterctl.domain.times import MINUTE, SECOND, aware, iso_utc, parse_time, with_offset
from meterctl.errors import MeterctlError

_ISO_DAY = "%Y-%m-%d"
_LONG_AGO = 10_000_000_000  # as seconds the year 2286, as milliseconds spring 1970
_IS_A_DATE = 946_684_800  # the year 2000 in seconds: a lesser number is a day, or nothing


class Moments(NamedTuple):
    """How times are told."""

    how: str = "instant"  # or `offset`, `s`, `ms`, `local`
    pattern: str = ""  # of `local`, as strftime has it
    day: str = _ISO_DAY  # of {day}
    has_milliseconds: bool = True  # else whole seconds are told, cut off

    def told(self, at: int, zone: tzinfo) -> str | int:
        """An instant, in milliseconds, as it is sent."""
        at = self._cut(at)
        match self.how:
            case "ms":
                return at
            case "s":
                return at // SECOND
            case "offset":
                return with_offset(at, zone)
            case "local":
                return aware(at, zone).strftime(self.pattern)
            case _:
                return iso_utc(at)

    def day_of(self, at: int, zone: tzinfo, later: int = 0) -> str:
        """The day of an instant, or so many later, as it is sent."""
        return (aware(at, zone) + timedelta(days=later)).strftime(self.day)

    def read(self, theirs: object, zone: tzinfo) -> int | None:
        """What the other side says as a time; None where it is none."""
        if isinstance(theirs, Decimal):
            if not _IS_A_DATE <= theirs < _LONG_AGO * 1000 or theirs != theirs.to_integral_value():
                return None
            return int(theirs) if self._is_ms(theirs) else int(theirs) * SECOND
        if not isinstance(theirs, str) or len(theirs) > 60:
            return None
        if theirs.isdecimal() and theirs.isascii():
            return self.read(Decimal(theirs), zone)
        try:
            return parse_time(theirs, zone)
        except MeterctlError:
            return self._by_pattern(theirs, zone)

    def is_same(self, theirs: object, at: int, zone: tzinfo) -> bool | None:
        """Whether that is an instant, as far as it was told; None where it is no time."""
        if _is_text(theirs, str(self.told(at, zone))):
            return True
        read = self.read(theirs, zone)
        return None if read is None else self._cut(read) == self._cut(at)

    def is_near(self, theirs: object, at: int, zone: tzinfo) -> bool:
        """Whether that may be an instant all the same, told more coarsely than we tell it."""
        read = self.read(theirs, zone)
        return read is not None and abs(read - at) < MINUTE

    def is_same_day(self, theirs: object, at: int, zone: tzinfo) -> bool | None:
        """Whether that is an instant's day, or lies in it; None where it is neither."""
        if _is_text(theirs, self.day_of(at, zone)):
            return True
        for pattern in (self.day, _ISO_DAY):
            day = _day_in(str(theirs), pattern) if isinstance(theirs, (str, Decimal)) else None
            if day is not None:
                return day == aware(at, zone).date()
        read = self.read(theirs, zone)
        return None if read is None else aware(read, zone).date() == aware(at, zone).date()

    def _cut(self, at: int) -> int:
        if self.how == "local" and "%S" not in self.pattern:
            return at // MINUTE * MINUTE
        is_fine = self.has_milliseconds and self.how not in ("s", "local")
        return at if is_fine else at // SECOND * SECOND

    def _is_ms(self, number: Decimal) -> bool:
        return number >= _LONG_AGO if self.how not in ("s", "ms") else self.how == "ms"

    def _by_pattern(self, theirs: str, zone: tzinfo) -> int | None:
        if not self.pattern:
            return None
        try:
            # Read as the local time it is: parse_time knows which ones exist, and exist once.
            local = datetime.strptime(theirs, self.pattern)  # noqa: DTZ007
            return parse_time(local.isoformat(timespec="milliseconds"), zone)
        except (ValueError, MeterctlError):
            return None


def _is_text(theirs: object, own: str) -> bool:
    """Whether that is written as ours is; a number may be, too."""
    return isinstance(theirs, (str, Decimal)) and str(theirs) == own


def _day_in(text: str, pattern: str) -> date | None:
    try:
        # Two days are compared, neither of which has a zone.
        day = datetime.strptime(text, pattern).date()  # noqa: DTZ007
    except ValueError:
        return None
    # 1032026 is the first of March without its zero, and no tenth.
    return day if not text.isdecimal() or day.strftime(pattern) == text else None
