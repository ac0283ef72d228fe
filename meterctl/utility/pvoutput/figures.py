"""A reading as PVOutput wants it: whole watt hours, a local date, a local time. No I/O."""

from __future__ import annotations

from meterctl.domain.quantity import MILLIONTHS, format_quantity
from meterctl.utility.numbers import converted, fitted
from meterctl.utility.port import NotTaken, Request


def watt_hours(request: Request, rounding: str) -> int | NotTaken:
    """A reading's value in whole watt hours, or which setting keeps it from being told so."""
    try:
        amount = converted(request.value, request.unit, "Wh")
    except ValueError as error:
        return not_for_it(request.meter, f"PVOutput takes energy: {error}")
    whole = fitted(amount, 0, rounding)
    if whole is None:
        value = f"{format_quantity(request.value)} {request.unit}"
        return NotTaken(
            f"{value} is not a whole number of Wh, which is all that PVOutput takes",
            'rounding = "truncate" or "round" in METERCTL_UTILITY_CONFIG says what to do',
            settings=True,
        )
    return whole // MILLIONTHS


def not_for_it(meter: str, why: str) -> NotTaken:
    """A reading of a meter that has nothing to say to PVOutput, as it is set up now."""
    hint = f"meterctl meters set {meter} --no-submit; docs/pvoutput.md says which meters go"
    return NotTaken(why, hint, settings=True)


def day_text(request: Request) -> str:
    """The local date of a reading, `yyyymmdd`."""
    return f"{request.local:%Y%m%d}"


def time_text(request: Request, interval: int) -> str:
    """The local time of a reading, `hh:mm`, as the system keeps it: every so many minutes."""
    local = request.local
    minutes = local.hour * 60 + local.minute
    minutes -= minutes % interval
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
