"""Records as they are posted: the body's shape here, every other rule in `services.record`."""

from __future__ import annotations

from collections.abc import Mapping

from meterctl.domain.meters import Meter, Zones, meter_named
from meterctl.domain.readings import Source
from meterctl.errors import DataError, MeterctlError, QuantityError
from meterctl.http.bodies import Number
from meterctl.http.problems import Refused
from meterctl.services import record as service
from meterctl.services.bulk_records import Fault
from meterctl.services.record import Record

TIMESTAMP, STARTS_AT, NOTE = "timestamp", "starts_at", "note"
_FIXED = (TIMESTAMP, STARTS_AT, NOTE)
MOST = 10_000  # records in one body


def record_of(
    body: Mapping[str, object], meters: tuple[Meter, ...], zones: Zones, now: int
) -> Record:
    """One record, checked.

    Raises:
        MeterctlError: the first thing that cannot be stored.
    """
    at = _text(body, TIMESTAMP)
    if at is None:
        hint = 'give when it was read, such as "timestamp": "2026-03-01T07:00:00+01:00"'
        raise _of(TIMESTAMP, DataError("there is no timestamp", hint))
    values: dict[str, str] = {}
    for name, value in body.items():
        if name not in _FIXED:
            meter = meter_named(meters, name)  # of one that is null too: it may be misspelled
            if value is not None:
                values[name] = _value(value, meter)
    if not values:
        hint = 'give at least one meter\'s value, such as "meterValue": 142.3'
        raise DataError("there is no value", hint)
    starts_at, note = _text(body, STARTS_AT), _text(body, NOTE)
    return service.prepare(
        meters, zones, values, now, Source.HTTP, at=at, starts_at=starts_at, note=note
    )


def records_of(
    body: Mapping[str, object], meters: tuple[Meter, ...], zones: Zones, now: int
) -> list[Record | Fault]:
    """Many records, each checked, or what is wrong with it.

    Raises:
        Refused: they are no list, none, or too many.
    """
    given = body.get("records")
    if not isinstance(given, list) or set(body) != {"records"}:
        raise Refused(422, "bad_data", 'the body must be {"records": [...]}, and nothing more')
    if not 1 <= len(given) <= MOST:
        detail = f"a request holds 1 to {MOST} records, not {len(given)}"
        hint = "send them in several requests" if given else "give at least one record"
        raise Refused(422, "bad_data", detail, hint)
    return [_or_fault(index, one, meters, zones, now) for index, one in enumerate(given)]


def _or_fault(
    index: int, one: object, meters: tuple[Meter, ...], zones: Zones, now: int
) -> Record | Fault:
    if not isinstance(one, dict):
        return Fault(index, DataError("this record is no JSON object"))
    try:
        return record_of(one, meters, zones, now)
    except MeterctlError as error:
        return Fault(index, error)


def _text(body: Mapping[str, object], name: str) -> str | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, str) or isinstance(value, Number)):
        raise _of(name, DataError(f"{name} must be text", "write it in quotes"))
    return value


def _of(field: str, error: DataError) -> DataError:
    error.about = field
    return error


def _value(value: object, meter: Meter) -> str:
    if isinstance(value, Number):
        return value.plain
    if isinstance(value, str):
        return value
    hint = "give a number such as 142.3, or its digits as text"
    raise _of(meter.id, QuantityError("a value here is neither a number nor text", hint))
