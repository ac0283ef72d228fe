"""What the server thinks of a record before it is sent: the same validator, nothing stored."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from meterctl.domain.meters import Meter, Zones
from meterctl.errors import MeterctlError
from meterctl.http import bodies
from meterctl.http.gate import RECORD
from meterctl.http.records import NOTE, STARTS_AT, TIMESTAMP, record_of
from meterctl.http.shim import answer, shim_of
from meterctl.services import wire
from meterctl.services.record import preview
from meterctl.services.session import Session

_MOST = 100  # fields that are told
Body = Mapping[str, object]


def check_of(body: Body, meters: tuple[Meter, ...], session: Session) -> wire.Form:
    """The findings of each reading that would be new, and why the record would be refused."""
    try:
        record = record_of(body, meters, session.zones, session.now)
    except MeterctlError as bad:
        return {"readings": [], "problem": _problem(bad, body, meters, session)}
    return {
        "readings": [
            {
                "meter": reading.meter,
                "findings": [{"rule": found.rule, "detail": found.detail} for found in findings],
            }
            for reading, findings in preview(session, record)
        ],
        "problem": None,
    }


def _problem(
    bad: MeterctlError, body: Body, meters: tuple[Meter, ...], session: Session
) -> wire.Form:
    """The refusal; with it what is wrong with each field that there is."""
    known = {TIMESTAMP, STARTS_AT, NOTE, *(n for one in meters for n in (one.id, one.column))}
    errors = [
        {"field": name, "message": error.message, "hint": error.hint}
        for name, error in _errors(bad, body, meters, session.zones, session.now)[:_MOST]
        if name in known
    ]
    return {
        "code": bad.code,
        "detail": bad.message,
        "hint": bad.hint,
        "errors": errors,
    }


def _errors(
    bad: MeterctlError, body: Body, meters: tuple[Meter, ...], zones: Zones, now: int
) -> list[tuple[str, MeterctlError]]:
    """Each field that is wrong: a value is looked at without the others."""
    if bad.about in (TIMESTAMP, STARTS_AT, NOTE):
        return [(bad.about, bad)]
    found = []
    shared = {name: body.get(name) for name in (TIMESTAMP, STARTS_AT)}
    for name, value in body.items():
        if name in (TIMESTAMP, STARTS_AT, NOTE) or value is None:
            continue
        try:
            record_of({**shared, name: value}, meters, zones, now)
        except MeterctlError as one:
            found.append((name, one))
    return found


async def check(request: Request) -> Response:
    """Look at a record while it is typed.

    What is wrong with it is a 200 too: browsers write every other status into their console.
    """
    shim = shim_of(request)
    caller = shim.gate.admit(request, RECORD)
    given = bodies.object_of(await bodies.json_object(request, bodies.SMALL))
    return answer(
        await shim.reading(
            lambda session: check_of(given, caller.meters(session.ledger.meters()), session)
        )
    )


ROUTES = [Route("/dashboard/check", check, methods=["POST"])]
