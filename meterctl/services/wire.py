"""What programs read: the JSON forms of DESIGN.md's contracts, the same from every face.

Numbers are exact decimals (`meterctl.domain.exact`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meterctl.domain.exact import exact
from meterctl.domain.meters import INVERTER, MAIN, Meter
from meterctl.domain.readings import Reading, reading_id
from meterctl.domain.times import iso_utc

if TYPE_CHECKING:  # a command loads the services it calls, not all whose results are told here
    from meterctl.domain.use import PeriodUse
    from meterctl.errors import MeterctlError
    from meterctl.ledger.access import Client as HttpClient
    from meterctl.ledger.port import Flagged
    from meterctl.services.amend import Amended
    from meterctl.services.bulk_import import Imported
    from meterctl.services.bulk_records import Bulk
    from meterctl.services.clients import Given
    from meterctl.services.clients import Listed as Client
    from meterctl.services.current import Standing
    from meterctl.services.health import Check, Grade
    from meterctl.services.notices import Notice
    from meterctl.services.pushed import Pushed
    from meterctl.services.record import Recorded
    from meterctl.services.submissions import Listed
    from meterctl.services.sync import Synced

Form = dict[str, object]
TOLD_FAULTS = 100  # of many records: enough to see what is wrong


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


def bulk(done: Bulk) -> Form:
    """What became of many records that were posted together."""
    return {
        "file": "records",
        "format": "json",
        "rows": done.rows,
        "recorded": done.recorded,
        "duplicates": done.duplicates,
        "conflicts": done.conflicts,
        "rejected": done.rejected,
        "errors": [
            {"index": fault.place, **fault_told(fault.error)} for fault in done.faults[:TOLD_FAULTS]
        ],
    }


def fault_told(error: MeterctlError) -> Form:
    """What is wrong with a part of what was given, and with which."""
    return {"field": error.about, "message": error.message, "hint": error.hint}


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
    """The health+json form: under each name all that was found there."""
    found: dict[str, list[Form]] = {}
    for check in checks:
        form: Form = {"status": check.grade, "output": check.output}
        if check.hint and check.grade != "pass":
            form["hint"] = check.hint
        found.setdefault(check.name, []).append(form)
    return {"status": status, "version": version, "checks": found}


# -- beyond the contracts ----------------------------------------------------------


def notice(one: Notice) -> Form:
    """Something to look at in the Sheet."""
    return {"about": one.about, "message": one.text, "hint": one.hint}


def synced(done: Synced) -> Form:
    """What a run has brought to the Sheet, and from it."""
    to, back = done.delivered, done.returned
    return {
        "sent": to.readings,
        "rows": to.rows,
        "batches": to.batches,
        "left_out": to.left_out,
        "waiting": to.waiting,
        "landed": back.taken,
        "typed": back.typed,
        "corrected": back.corrected,
        "deleted": back.deleted,
        "conflicts": back.conflicts,
        "doubtful": back.doubtful,
        "notices": [notice(one) for one in done.notices.values()],
    }


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


def amended(done: Amended, sheet: str) -> Form:
    """A reading that was corrected or voided."""
    return {
        "id": done.id,
        "meter": done.meter.id,
        "before": exact(done.before.value),
        "value": exact(done.after.value),
        "unit": done.meter.unit,
        "revision": done.after.revision,
        "reason": done.after.reason,
        "sheet": sheet,
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


def new_secret(given: Given) -> Form:
    """A client with its secret, the only time that it is told."""
    form: Form = {
        "id": given.client.id,
        "name": given.client.name,
        "secret": given.secret,
        "scopes": list(given.client.scopes),
        "meters": _meters_of(given.client),
    }
    if given.old_until is not None:
        form["old_until"] = iso_utc(given.old_until)
    return form


def client(one: Client) -> Form:
    """A client of the HTTP shim."""
    held = one.client
    return {
        "id": held.id,
        "name": held.name,
        "state": one.state,
        "scopes": list(held.scopes),
        "meters": _meters_of(held),
        "created_at": iso_utc(held.created_at),
        "revoked_at": _time(held.revoked_at),
        "secret_since": _time(one.secret_since),
        "valid_secrets": one.secrets,
    }


def _meters_of(client: HttpClient) -> list[str] | None:
    return None if client.meters is None else list(client.meters)


def pushed(done: Pushed) -> Form:
    """What was submitted to the utility; what is withheld from it, and why."""
    form: Form = {
        "accepted": done.accepted,
        "already": done.already,
        "rejected": done.rejected,
        "unknown": done.unknown,
        "pending": done.pending,
        "submissions": [
            {
                "id": one.number,
                "reading": reading_id(one.slot, one.meter),
                "meter": one.meter.id,
                "timestamp": iso_utc(one.slot.at),
                "value": exact(one.value),
                "unit": one.meter.unit,
                "state": one.state,
                "receipt": one.receipt,
                "attempts": one.attempts,
                "channel": one.channel,
                "error": one.error,
            }
            for one in done.submissions
        ],
        "withheld": [
            {"meter": one.meter, "reason": one.why, "count": one.readings, "detail": one.detail}
            for one in done.withheld
        ],
    }
    if done.requests:
        form["requests"] = list(done.requests)
    if done.turned:
        form["turned"] = done.turned
    return form


def submission(one: Listed, *, with_attempts: bool = False) -> Form:
    """A submission as the ledger holds it."""
    held = one.submission
    form: Form = {
        "id": held.number,
        "reading": one.reading,
        "meter": one.meter.id,
        "timestamp": iso_utc(held.slot.at),
        "value": exact(held.value),
        "unit": one.meter.unit,
        "state": one.state,
        "receipt": held.receipt,
        "differs": one.differs,
        "detail": held.detail or None,
        "key": held.key,
        "account": held.account,
        "changed_at": iso_utc(held.changed_at),
    }
    if with_attempts:
        form["attempts"] = [
            {
                "number": attempt.number,
                "channel": attempt.channel,
                "started_at": iso_utc(attempt.started_at),
                "finished_at": _time(attempt.finished_at),
                "outcome": attempt.outcome,
                "answer": attempt.answer,
            }
            for attempt in one.attempts
        ]
    return form
