"""What stamps mean by themselves: an abbreviation, a last minute, a step of the calendar."""

from __future__ import annotations

from meterctl.domain.times import DAY, MINUTE, SECOND
from meterctl.imports.times.changes import Zone, day_text, label_text
from meterctl.imports.times.moments import Stamp
from meterctl.imports.times.steps import Measure, Step, add_months


def named(stamp: Stamp, zone: Zone) -> Stamp:
    """A stamp whose abbreviation, where it fits the zone, became its offset."""
    if stamp.abbreviation is None or stamp.offset is not None:
        return stamp
    return stamp._replace(offset=zone.named(stamp.clock, stamp.abbreviation))


def rounded_end(end: int, to_the_minute: bool) -> int:
    """An end written as the last second or minute of its interval, put where it lies."""
    if end % SECOND == 999:
        end += 1
    if end % MINUTE == 59 * SECOND:
        end += SECOND
    elif to_the_minute:
        end += MINUTE
    return end


def next_day(start: int, end: int) -> int:
    """An end whose date is its start's: 23:45 to 00:00 ends on the next day."""
    return end + DAY if start // DAY == end // DAY and end % DAY < start % DAY else end


def shifted(clock: int, step: Step, way: int) -> int:
    """A label some steps later (way 1) or earlier (-1)."""
    if step.measure is Measure.MONTHS:
        day, time = divmod(clock, DAY)
        return add_months(day, way * step.amount) * DAY + time
    return clock + way * step.size


def moment_text(clock: int) -> str:
    """`2023-10-29 02:15`: a label, for people."""
    return f"{day_text(clock)} {label_text(clock)}"
