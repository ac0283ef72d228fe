"""What the dashboard asks beyond the contract: who it is, use per period, submissions."""

from __future__ import annotations

import re
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from meterctl.domain.meters import Meter
from meterctl.domain.periods import By, periods_between
from meterctl.domain.times import DAY, HOUR, iso_utc, parse_time
from meterctl.domain.use import PeriodUse
from meterctl.errors import TimeError
from meterctl.http.gate import READ
from meterctl.http.problems import Refused, of_error
from meterctl.http.shim import answer, shim_of
from meterctl.services import history, submissions, wire
from meterctl.services.session import Session

MOST_PERIODS = 400
MOST_SUBMISSIONS = 200
# How many periods are shown where nothing is said, and in how long a time there are as many.
_SHOWN = {By.HOUR: (24, 25 * HOUR), By.DAY: (31, 32 * DAY), By.MONTH: (12, 370 * DAY)}


async def me(request: Request) -> Response:
    """Who asks, what it may do, and what there is."""
    shim = shim_of(request)
    caller = shim.gate.known(request)
    if caller is None:
        caller = shim.gate.admit(request, READ)  # which says that a token is needed
    session, local = shim.glance(), shim.wiring.local
    return answer(
        {
            "client": caller.client.id,
            "name": caller.client.name,
            "scopes": caller.client.scopes,
            "meters": [wire.meter(one) for one in caller.meters(session.ledger.meters())],
            "timezone": str(session.zones.default),
            "now": iso_utc(session.now),
            "sheet": local.sheet is not None,
            "utility": local.has_utility,
        }
    )


# -- use ---------------------------------------------------------------------------


def period_of(text: str) -> By:
    """The period that use is asked by.

    Raises:
        Refused: it is none of those.
    """
    try:
        by = By(text)
    except ValueError:
        by = By.YEAR
    if by not in _SHOWN:
        raise Refused(422, "bad_data", "by is not a period of the chart", "hour, day or month")
    return by


def span_of(by: By, since: str | None, until: str | None, session: Session) -> tuple[int, int]:
    """From when until when use is shown: by itself a day, a month, a year up to now.

    Raises:
        Refused: no times, or too many periods.
    """
    zone = session.zones.default
    many, back = _SHOWN[by]
    try:
        last = session.now if until is None else parse_time(until, zone)
        first = last - back if since is None else parse_time(since, zone)
    except TimeError as error:
        raise of_error(error) from error
    if first > last:
        raise Refused(422, "bad_data", "since is after until", "exchange them")
    periods = list(islice(periods_between(first, last + 1, by, zone), MOST_PERIODS + 1))
    if since is None:
        return periods[-many:][0].start, last
    if len(periods) > MOST_PERIODS:
        raise Refused(
            422, "bad_data", f"these are more than {MOST_PERIODS} periods", "ask for fewer"
        )
    return first, last


def padded(session: Session, meter: Meter, by: By, first: int, last: int) -> list[PeriodUse]:
    """A meter's use in each period, those without a reading among them.

    None at all where the meter has no reading in them.
    """
    zone = session.zones(meter)
    found = {
        one.period.start: one
        for one in history.use(session.ledger, session.zones, meter, by, since=first, until=last)
    }
    if not found:
        return []
    return [
        found.get(period.start, PeriodUse(period, None, None, None))
        for period in periods_between(first, last + 1, by, zone)
    ]


async def use(request: Request) -> Response:
    """Use by period, of each meter that the client may see."""
    shim = shim_of(request)
    caller = shim.gate.admit(request, READ)
    asked = request.query_params
    by = period_of(asked.get("by", ""))

    def look(session: Session) -> wire.Form:
        first, last = span_of(by, asked.get("since"), asked.get("until"), session)
        return {
            "by": by,
            "meters": [
                {
                    "meter": meter.id,
                    "direction": meter.direction,
                    "unit": meter.unit,
                    "kind": meter.kind,
                    "periods": [
                        wire.period_use(one) for one in padded(session, meter, by, first, last)
                    ],
                }
                for meter in caller.meters(session.ledger.meters())
            ],
        }

    return answer(await shim.reading(look))


# -- submissions ---------------------------------------------------------------------


def limit_of(text: str) -> int:
    """How many are asked for.

    Raises:
        Refused: no number, or too many.
    """
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MOST_SUBMISSIONS:
        raise Refused(422, "bad_data", f"limit is a number from 1 to {MOST_SUBMISSIONS}")
    return int(text)


async def submitted(request: Request) -> Response:
    """The newest submissions of the meters that the client may see."""
    shim = shim_of(request)
    caller = shim.gate.admit(request, READ)
    limit = limit_of(request.query_params.get("limit", "50"))

    def look(session: Session) -> wire.Form:
        meters = caller.meters(session.ledger.meters())
        listed = submissions.listed(session.ledger, meters=meters) if meters else iter(())
        return {"submissions": [wire.submission(one) for one in islice(listed, limit)]}

    return answer(await shim.reading(look))


ROUTES = [
    Route("/dashboard/me", me),
    Route("/dashboard/use", use),
    Route("/dashboard/submissions", submitted),
]
