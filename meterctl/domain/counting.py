"""What a dial's movement from one value to the next means."""

from __future__ import annotations

from meterctl.domain.meters import Meter
from meterctl.domain.times import HOUR


def most_in(meter: Meter, milliseconds: int, slack: int = HOUR) -> int | None:
    """The most that a meter can count in a time, in millionths; None where nothing is declared.

    An hour of slack is granted by default: times typed by hand are rounded, and two readings
    noted within a minute may well lie half an hour apart.
    """
    if meter.max_per_hour is None:
        return None
    return meter.max_per_hour * (milliseconds + slack) // HOUR


def wrapped_use(meter: Meter, before: int, after: int, elapsed: int) -> int | None:
    """The use if the dial passed its end between two values, or None where it cannot have.

    Only a dial whose digits are declared rolls over, and only where the implied use is possible:
    within max per hour where that is declared, else within a tenth of the dial.
    """
    dial = meter.dial
    if dial is None or after >= before or before >= dial:
        return None
    use = dial - before + after
    limit = most_in(meter, elapsed)
    return use if use <= (dial // 10 if limit is None else limit) else None


def use_between(meter: Meter, before: int, after: int, elapsed: int) -> int | None:
    """The use between two values of one device; None where it fell for no known reason."""
    return after - before if after >= before else wrapped_use(meter, before, after, elapsed)
