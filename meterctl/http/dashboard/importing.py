"""A file that was dropped on the page: what it would add, and then adding it."""

from __future__ import annotations

from io import BytesIO

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from meterctl import jobs
from meterctl.domain.readings import Source as ReadingSource
from meterctl.domain.times import iso_utc
from meterctl.http import bodies
from meterctl.http.gate import RECORD, Caller
from meterctl.http.problems import Refused
from meterctl.http.shim import Shim, answer, shim_of
from meterctl.http.writing import flag
from meterctl.imports.formats import Context, Options
from meterctl.imports.text.source import Source
from meterctl.ledger.access import Event
from meterctl.ledger.port import Ledger
from meterctl.services import bulk_import as service
from meterctl.services import wire
from meterctl.services.bulk_import import Imported, Plan, Watch
from meterctl.wiring import now

NAME = "upload"  # what messages and the log call it: a file's own name may be anything
_WATCH = Watch(report=lambda _problem: None, progress=lambda _bytes: None)
_NO_OPTIONS = Options()


def form_of(done: Imported) -> wire.Form:
    """As `bulk-import --json`, with a hint for each error, and when the first and last were."""
    return wire.imported([done]) | {
        "errors": [
            {"line": one.line, "column": one.column, "message": one.message, "hint": one.hint}
            for one in done.errors
        ],
        "refused": done.refused,
        "findings": done.findings,
        "first": None if done.first_at is None else iso_utc(done.first_at),
        "last": None if done.last_at is None else iso_utc(done.last_at),
    }


def rehearse(shim: Shim, caller: Caller, body: bytes, plan: Plan) -> Imported:
    """What the file would add; nothing is stored."""
    with jobs.rehearsing(shim.wiring) as (ledger, rehearsal):
        context = _context(shim, caller, ledger)
        source = Source(NAME, BytesIO(body), len(body))
        return service.rehearse(rehearsal, source, context, plan, _WATCH)


def store(shim: Shim, caller: Caller, body: bytes, plan: Plan) -> tuple[Imported, Event]:
    """Add what is new of the file, block by block, so that nobody else waits for all of it."""
    with shim.writing(shim.wiring, ReadingSource.IMPORT) as session:
        context = _context(shim, caller, session.ledger)
        source = Source(NAME, BytesIO(body), len(body))
        done = service.bulk_import(session.ledger, source, context, plan, _WATCH)
        event = caller.event(now(), "import", f"{done.recorded} recorded of {done.rows} rows")
        with session.ledger.writing():
            session.ledger.note(event)
        return done, event


def _context(shim: Shim, caller: Caller, ledger: Ledger) -> Context:
    return Context(caller.meters(ledger.meters()), shim.wiring.zones, now(), _NO_OPTIONS)


async def import_(request: Request) -> Response:
    """Import a CSV file that is the body, or say what that would do."""
    shim = shim_of(request)
    caller = shim.gate.admit(request, RECORD)
    dry_run, plan = flag(request, "dryRun"), Plan(skip_bad=flag(request, "skipBad"))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise Refused(415, "unsupported_media_type", "the body's Content-Type must be text/csv")
    body = await bodies.read(request, bodies.LARGE)
    if dry_run:
        done = await shim.heavy.run(lambda: rehearse(shim, caller, body, plan))
    else:
        done, event = await shim.heavy.run(lambda: store(shim, caller, body, plan))
        shim.audit.written(event)
        shim.courier.kick()
    return answer(form_of(done))


ROUTES = [Route("/dashboard/import", import_, methods=["POST"])]
