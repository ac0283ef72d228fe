"""What programs read: the JSON forms of DESIGN.md's contracts, the same from every face.

Numbers are exact decimals. The standard library's json would make floats or strings of them, so
the few lines that write JSON are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from meterctl.domain.meters import INVERTER, MAIN, Meter
from meterctl.domain.quantity import format_quantity
from meterctl.domain.readings import Reading, reading_id
from meterctl.domain.times import iso_utc

if TYPE_CHECKING:  # a command loads the services it calls, not all whose results are told here
    from meterctl.domain.use import PeriodUse
    from meterctl.ledger.port import Flagged
    from meterctl.services.amend import Amended
    from meterctl.services.bulk_import import Imported
    from meterctl.services.health import Check, Grade
    from meterctl.services.history import Standing
    from meterctl.services.record import Recorded

Form = dict[str, object]


class Exact(str):
    """The text of an exact number, which JSON shows without quotes."""

    __slots__ = ()


def exact(millionths: int | None) -> Exact | None:
    """A quantity for JSON."""
    return None if millionths is None else Exact(format_quantity(millionths))


def to_json(value: object) -> str:
    """JSON in one line."""
    if isinstance(value, Exact):
        return str(value)
    if isinstance(value, str):
        from json.encoder import encode_basestring  # 2 ms that a command without JSON saves

        return encode_basestring(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{to_json(k)}: {to_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Iterable):
        return "[" + ", ".join(map(to_json, value)) + "]"
    raise TypeError(f"not for JSON: {type(value)}")


def _time(instant: int | None) -> str | None:
    return None if instant is None else iso_utc(instant)


# -- the contracts ---------------------------------------------------------------


def recorded(done: Recorded, sheet: str) -> Form:
    """An acknowledged record."""
    return {
        "timestamp": iso_utc(done.at),
        "readings": [
            {
                "id": one.id,
                "meter": one.meter.id,
                "value": exact(one.reading.value),
                "unit": one.meter.unit,
                "status": one.status,
                "findings": [finding.rule for finding in one.findings],
            }
            for one in done.readings
        ],
        "sheet": sheet,
    }


def imported(done: list[Imported]) -> Form:
    """What became of files: one object for one, totals and `files` for several."""
    if len(done) == 1:
        return _imported_file(done[0])
    totals: Form = {
        name: sum(getattr(one, name) for one in done)
        for name in ("rows", "recorded", "duplicates", "conflicts", "rejected")
    }
    return totals | {"files": [_imported_file(one) for one in done]}


def _imported_file(one: Imported) -> Form:
    return {
        "file": one.file,
        "format": one.format,
        "rows": one.rows,
        "recorded": one.recorded,
        "duplicates": one.duplicates,
        "conflicts": one.conflicts,
        "rejected": one.rejected,
        "errors": [
            {"line": problem.line, "column": problem.column, "message": problem.message}
            for problem in one.errors
        ],
    }


def current(standing: Standing, now: int) -> Form:
    """The newest reading of each meter, and how far it has got."""
    held = [(one, one.reading) for one in standing.newest if one.reading is not None]
    values = {one.meter.id: reading.value for one, reading in held}
    return {
        "timestamp": _time(max((reading.at for _, reading in held), default=None)),
        "inverterKWh": exact(values.get(INVERTER)),
        "meterValue": exact(values.get(MAIN)),
        "readings": [
            {
                "meter": one.meter.id,
                "value": exact(reading.value),
                "unit": one.meter.unit,
                "timestamp": iso_utc(reading.at),
                "age_seconds": max(now - reading.at, 0) // 1000,
                "quality": reading.quality,
                "sheet": one.sheet,
                "utility": one.utility,
            }
            for one, reading in held
        ],
        "pending": {"sheet": standing.pending_sheet, "utility": standing.pending_utility},
    }


def health(status: Grade, version: str, checks: list[Check]) -> Form:
    """The health+json form."""
    return {
        "status": status,
        "version": version,
        "checks": {
            check.name: [
                {"status": check.grade, "output": check.output}
                | ({"hint": check.hint} if check.hint and check.grade != "pass" else {})
            ]
            for check in checks
        },
    }


# -- beyond the contracts ----------------------------------------------------------


def reading(meter: Meter, one: Reading) -> Form:
    """One revision of one reading."""
    return {
        "id": reading_id(one.slot, meter),
        "meter": meter.id,
        "timestamp": iso_utc(one.at),
        "starts_at": None if one.starts_at == one.at else iso_utc(one.starts_at),
        "value": exact(one.value),
        "unit": meter.unit,
        "quality": one.quality,
        "quality_code": one.quality_code,
        "source": one.source,
        "note": one.note,
        "revision": one.revision,
        "reason": one.reason,
    }


def amended(done: Amended) -> Form:
    """A reading that was corrected or voided."""
    return {
        "id": done.id,
        "meter": done.meter.id,
        "before": exact(done.before.value),
        "value": exact(done.after.value),
        "unit": done.meter.unit,
        "revision": done.after.revision,
        "reason": done.after.reason,
    }


def flagged(meter: Meter, one: Flagged) -> Form:
    """A reading that looks wrong."""
    return {
        "id": reading_id(one.reading.slot, meter),
        "meter": meter.id,
        "value": exact(one.reading.value),
        "unit": meter.unit,
        "findings": [{"rule": found.rule, "detail": found.detail} for found in one.findings],
        "accepted": one.accepted,
    }


def period_use(one: PeriodUse) -> Form:
    """The use of one period; null where no reading tells."""
    return {
        "period": one.period.label,
        "start": iso_utc(one.period.start),
        "end": iso_utc(one.period.end),
        "use": exact(one.amount),
        "counted_since": _time(one.since),
        "counted_until": _time(one.until),
    }


def meter(one: Meter) -> Form:
    """A meter with its devices."""
    return {
        "id": one.id,
        "column": one.column,
        "unit": one.unit,
        "kind": one.kind,
        "direction": one.direction,
        "digits": one.digits,
        "decimals": one.decimals,
        "max_per_hour": exact(one.max_per_hour),
        "timezone": one.zone,
        "obis": one.obis,
        "submitted": one.submitted,
        "devices": [
            {"number": device.number, "serial": device.serial, "since": _time(device.since)}
            for device in one.devices
        ],
    }
