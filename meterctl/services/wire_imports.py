"""What programs read of an import: DESIGN.md's object, and what a foreign file holds beside."""

from __future__ import annotations

from collections.abc import Sequence

from meterctl.domain.exact import exact
from meterctl.domain.meters import Kind, Meter
from meterctl.domain.times import iso_utc
from meterctl.services import wire
from meterctl.services.bulk_import import Imported
from meterctl.services.coverage import Held


def told(done: Imported, meters: Sequence[tuple[str, Meter]], notes: Sequence[str]) -> wire.Form:
    """One file of a foreign format.

    Args:
        done: What became of it.
        meters: Its series by name, each with its meter.
        notes: What was found out and decided, in sentences.
    """
    held = {one.meter: one for one in done.held}
    created = {meter.id for meter in done.created}
    return wire.imported([done]) | {
        "meters": [
            _meter(name, meter, held[meter.id], created=meter.id in created)
            for name, meter in meters
            if meter.id in held
        ],
        "notes": [*notes, *done.remarks],
    }


def all_told(done: Sequence[Imported], forms: Sequence[wire.Form]) -> wire.Form:
    """What became of files: one object for one, totals and `files` for several."""
    if len(forms) == 1:
        return forms[0]
    return wire.imported(list(done)) | {"files": list(forms)}


def _meter(name: str, meter: Meter, holds: Held, *, created: bool) -> wire.Form:
    return {
        "column": name,
        "meter": meter.id,
        "unit": meter.unit,
        "kind": meter.kind,
        "direction": meter.direction,
        "serial": meter.devices[-1].serial,
        "readings": holds.readings,
        "first": _reading(holds.first.starts_at, holds.first.at, holds.first.amount),
        "last": _reading(holds.last.starts_at, holds.last.at, holds.last.amount),
        "sum": exact(holds.total) if meter.kind is Kind.INTERVAL else None,
        "gaps": holds.gap_count,
        "created": created,
    }


def _reading(starts_at: int, at: int, value: int) -> wire.Form:
    start: wire.Form = {} if starts_at == at else {"starts_at": iso_utc(starts_at)}
    return start | {"timestamp": iso_utc(at), "value": exact(value)}
