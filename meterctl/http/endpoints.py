"""The other endpoints: log in, what is current, push to the utility, health."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from meterctl import __version__, jobs
from meterctl.access.tokens import LIFETIME_SECONDS
from meterctl.errors import MeterctlError, PartlyDone, UnknownMeter
from meterctl.http import bodies
from meterctl.http.contract import described
from meterctl.http.gate import PUSH, READ, Caller
from meterctl.http.problems import Refused, of_error
from meterctl.http.shim import Shim, answer, shim_of
from meterctl.services import health as health_service
from meterctl.services import wire
from meterctl.services.health import Check, Grade
from meterctl.services.session import Session
from meterctl.wiring import now

if TYPE_CHECKING:
    from meterctl.services.pushed import Pushed

_HEALTH_JSON = "application/health+json"


async def token(request: Request) -> Response:
    """`POST /auth/token`."""
    shim = shim_of(request)
    given = bodies.object_of(await bodies.json_object(request, bodies.SMALL))
    client_id, secret = given.get("clientId"), given.get("clientSecret")
    if (
        set(given) != {"clientId", "clientSecret"}
        or not _is_text(client_id)
        or not _is_text(secret)
    ):
        raise Refused(
            422, "bad_data", "the body must be a JSON object of two texts: clientId, clientSecret"
        )
    issued = await shim.gate.issue(request, str(client_id), str(secret))
    return answer({"token": issued, "tokenType": "Bearer", "expiresIn": LIFETIME_SECONDS})


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, bodies.Number) and len(value) <= 256


async def current(request: Request) -> Response:
    """`GET /readings/current`."""
    shim = shim_of(request)
    caller = shim.gate.admit(request, READ)
    return answer(await current_form(shim, caller))


async def current_form(shim: Shim, caller: Caller) -> wire.Form:
    """What is current of a client's meters."""

    def look(session: Session) -> wire.Form:
        meters = caller.meters(session.ledger.meters())
        return wire.current(jobs.current(shim.wiring, session, meters), session.now)

    return await shim.reading(look)


async def push(request: Request) -> Response:
    """`POST /utility/push`."""
    shim = shim_of(request)
    caller = shim.gate.admit(request, PUSH)
    body = await bodies.json_object(request, bodies.SMALL, optional=True)
    given = bodies.object_of(body) if body else {}
    dry_run = given.get("dryRun", False)
    if set(given) - {"dryRun"} or not isinstance(dry_run, bool):
        raise Refused(422, "bad_data", 'the body is empty, or {"dryRun": true} or false')

    def names(session: Session) -> list[str] | None:
        if caller.client.meters is None:
            return None
        mine = caller.meters(session.ledger.meters())
        found = [meter.id for meter in mine if meter.submitted]
        if not found:
            raise UnknownMeter(
                "none of this client's meters is submitted", "meterctl meters set METER --submit"
            )
        return found

    def would() -> Pushed:
        with shim.wiring.judged() as ledger:
            session = Session(ledger, shim.wiring.zones, now(), shim.source)
            wanted = names(session)
            return jobs.would_push(shim.wiring, session, shim.wiring.account, wanted)

    def do() -> Pushed:
        # Parts of its own: a utility's connections are for one run.
        wiring = shim.wiring.given({})
        is_whole = caller.client.meters is None
        with jobs.noted(wiring, "push-utility") if is_whole else nullcontext(jobs.Run()) as run:
            with shim.writing(wiring, shim.source) as session:
                done = jobs.push(wiring, session, wiring.account, names(session))
            run.error = done.error
        return done

    if dry_run:
        done = await shim.threads.run(would)
    else:
        done = await shim.threads.run(do)
        shim.audit.security(caller.event(now(), "push", done.counts))
    form = wire.pushed(done)
    if not (dry_run or done.error is None or isinstance(done.error, PartlyDone)):
        raise of_error(done.error, form)
    return answer(form)


async def health(request: Request) -> Response:
    """`GET /health`: whether it works, to everyone; why, to who may read."""
    shim = shim_of(request)
    caller = shim.gate.known(request)
    if caller is None:
        shim.gate.stranger(request)
    is_usable = _usable(shim)
    if caller is None or READ not in caller.client.scopes:
        form: wire.Form = {"status": Grade.PASS if is_usable.grade is Grade.PASS else Grade.FAIL}
    else:
        checks = [is_usable, *await shim.threads.run(lambda: list(_checks(shim)))]
        form = wire.health(health_service.worst(checks), __version__, checks)
    response = answer(form, 200 if is_usable.grade is Grade.PASS else 503)
    if response.status_code == 503:
        response.headers["retry-after"] = "1"
    response.headers["content-type"] = _HEALTH_JSON
    return response


def _usable(shim: Shim) -> Check:
    """Whether the ledger can be used: it can be read, and the last write went well."""
    try:
        with shim.asking() as ledger:
            number = ledger.last_entry()
    except MeterctlError as error:
        return health_service.failed(error, "ledger:usable")
    if shim.writer.problem is not None:
        return health_service.failed(shim.writer.problem, "ledger:usable")
    return Check("ledger:usable", Grade.PASS, f"its newest entry is number {number}")


def _checks(shim: Shim) -> Iterator[Check]:
    return jobs.checks(shim.wiring, thorough=False)


async def description(request: Request) -> Response:
    """`GET /openapi.json`."""
    shim = shim_of(request)
    caller = shim.gate.admit(request, READ)
    return answer(described(caller.meters(shim.glance().ledger.meters())))
