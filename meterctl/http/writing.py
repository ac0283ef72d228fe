"""`POST /records/single` and `/records/bulk`: stored once, whatever is repeated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from meterctl.domain.exact import to_json
from meterctl.domain.times import DAY
from meterctl.http import bodies
from meterctl.http.gate import RECORD, Caller
from meterctl.http.problems import Refused
from meterctl.http.records import record_of, records_of
from meterctl.http.shim import Shim, shim_of
from meterctl.http.writer import Added
from meterctl.ledger.access import Answer, Event
from meterctl.ledger.port import Stretch
from meterctl.services import record as service
from meterctl.services import wire
from meterctl.services.bulk_records import Bulk, Fault, store_all
from meterctl.services.judging import Found
from meterctl.services.record import Record
from meterctl.services.session import Session

ANSWERS_KEPT = 7 * DAY  # those to idempotency keys: for as long as a token lasts
_KEY = re.compile(rb"[\x21-\x7e]{1,255}")


class _Done(NamedTuple):
    """What a request has done."""

    status: int
    body: bytes
    event: Event | None = None
    replayed: bool = False


class _Result(NamedTuple):
    """What is to be answered, and told the audit log."""

    status: int
    form: wire.Form
    detail: str
    entry: int | None


class _Stored(NamedTuple):
    """Readings that are yet to be judged, and how it is told what became of them."""

    stretches: Sequence[Stretch]
    tell: Callable[[Session, Found], _Result]


async def single(request: Request) -> Response:
    """Store one record."""
    shim = shim_of(request)
    caller = shim.gate.admit(request, RECORD)
    body = await bodies.json_object(request, bodies.SMALL)
    given = bodies.object_of(body)
    sheet = shim.sheet_standing

    def store(session: Session) -> _Stored:
        meters = caller.meters(session.ledger.meters())
        record = record_of(given, meters, session.zones, session.now)
        done = service.put(session, record)
        count = len(done.added)
        detail = f"{count} recorded, {len(record.readings) - count} known"

        def tell(session: Session, found: Found) -> _Result:
            form = wire.recorded(service.told(session, done, found), sheet)
            return _Result(201 if count else 200, form, detail, done.entry)

        return _Stored(done.stretches, tell)

    return await _write(request, caller, body, "record", store)


async def bulk(request: Request) -> Response:
    """Store many records."""
    shim = shim_of(request)
    caller = shim.gate.admit(request, RECORD)
    partial = flag(request, "partial")
    body = await bodies.json_object(request, bodies.LARGE)

    def check(session: Session) -> list[Record | Fault]:
        meters = caller.meters(session.ledger.meters())
        return records_of(bodies.object_of(body), meters, session.zones, session.now)

    records = await shim.reading(check, heavy=True)

    def store(session: Session) -> _Stored:
        done = store_all(session, records, partial=partial)
        form = wire.bulk(done)
        if done.refused:
            raise _refused_bulk(done, form)
        detail = f"{done.recorded} recorded of {done.rows} records"
        return _Stored((), lambda *_: _Result(200, form, detail, done.entry))

    return await _write(request, caller, body, "bulk", store)


def flag(request: Request, name: str) -> bool:
    """A query parameter that is `true` or `false`; false where it is not there.

    Raises:
        Refused: it is something else.
    """
    given = request.query_params.getlist(name)
    if given not in ([], ["true"], ["false"]):
        raise Refused(400, "bad_request", f"{name} is true or false")
    return given == ["true"]


def _refused_bulk(done: Bulk, form: wire.Form) -> Refused:
    if done.rejected:
        what = "1 record" if done.rejected == 1 else f"{done.rejected} records"
        status, code, detail = 422, "bad_data", f"{what} cannot be stored, so none was"
    else:
        status, code, detail = 409, "conflict", "other values are known already; nothing was stored"
    hint = "mend them, or store the others with ?partial=true"
    return Refused(status, code, detail, hint, more=form)


async def _write(
    request: Request,
    caller: Caller,
    body: bytes,
    name: str,
    store: Callable[[Session], _Stored],
) -> Response:
    """Store, note it in the audit log and keep the answer, in one write; then answer."""
    shim = shim_of(request)
    key = _key(request)
    fingerprint = b"" if key is None else _fingerprint(request, body)

    client = caller.client.id

    def work(session: Session) -> _Done | Added:
        ledger = session.ledger
        if key is not None:
            ledger.forget_answers(session.now - ANSWERS_KEPT)
        if key is not None and (kept := ledger.answer(client, key)) is not None:
            if kept.fingerprint != fingerprint:
                raise Refused(
                    422,
                    "idempotency_key_reused",
                    "this Idempotency-Key was sent with another request before",
                    "make a new one for each request, and repeat a request with the same one",
                )
            return _Done(kept.status, kept.body, replayed=True)
        stored = store(session)

        def finish(session: Session, found: Found) -> tuple[_Done, Event]:
            return keep(session, stored.tell(session, found))

        return Added(stored.stretches, finish)

    def keep(session: Session, result: _Result) -> tuple[_Done, Event]:
        answer = to_json(result.form).encode()
        event = caller.event(session.now, name, result.detail, result.entry)
        if key is not None:
            kept = Answer(fingerprint, result.status, answer, session.now)
            session.ledger.keep_answer(client, key, kept)
        return _Done(result.status, answer, event), event

    with _alone(shim, caller, key):
        done = await shim.writer.run(work)
    if done.event is not None:
        shim.audit.written(done.event)
    shim.courier.kick()  # also for what is answered again: the first one may have been killed
    headers = {"Idempotency-Replayed": "true"} if done.replayed else None
    return Response(done.body, done.status, headers, media_type="application/json")


def _fingerprint(request: Request, body: bytes) -> bytes:
    """What tells one request from another: its path, its query, its body."""
    asked = f"{request.url.path}?{request.url.query}\0"
    return sha256(asked.encode() + body).digest()


def _key(request: Request) -> str | None:
    given = [value for name, value in request.scope["headers"] if name == b"idempotency-key"]
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Refused(
            400, "bad_request", "an Idempotency-Key is one word of 1 to 255 visible characters"
        )
    return str(given[0].decode("ascii"))


@contextmanager
def _alone(shim: Shim, caller: Caller, key: str | None) -> Iterator[None]:
    """One request of a key at a time; in another worker, the ledger itself sees to that.

    Held until the job is done, also where nobody waits for it any more: two of one key in one group
    would both be stored, and the second answer could not be kept.
    """
    if key is None:
        yield
        return
    mark = caller.client.id, key
    if mark in shim.in_flight:
        raise Refused(
            409,
            "idempotency_in_flight",
            "a request with this Idempotency-Key is under way",
            "repeat it in a moment",
            headers={"Retry-After": "1"},
        )
    shim.in_flight.add(mark)
    try:
        yield
    finally:
        shim.in_flight.discard(mark)
