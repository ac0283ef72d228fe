"""Who may ask, what they ask, what they are json_answer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote

from meterctl.sandbox.epilot.reading import STATES, Reading, Refused, objection, parse_reading
from meterctl.sandbox.epilot.reading_back import page
from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.standin import (
    Parser,
    StandIn,
    as_the_utility,
    bearer_of,
    flag,
    is_secret,
    json_answer,
    seconds,
    texts,
)
from meterctl.sandbox.utility.form import Malformed, parse_object

MOST = 100  # readings in a request

_INTERVAL = re.compile(r"/v1/metering/reading/([^/]+)/([^/]+)")


def _state(value: object, name: str) -> str:
    if not isinstance(value, str) or value not in STATES:
        raise Malformed(f"{name}: one of {', '.join(STATES)}")
    return value


@dataclass(frozen=True)
class Settings:
    """Every switch."""

    rate_limit: int | None = None  # requests a minute
    forbidden: bool = False  # whether the token may not do this
    status: str = "valid"  # of readings that are taken from now on
    visible_after: int = 0  # seconds until a reading that nobody waited for can be read back
    decommissioned: tuple[str, ...] = ()  # ids of meters


class Epilot(StandIn[Settings]):
    """The API, as a service of the sandbox."""

    NAME = "epilot"
    PARSERS: ClassVar[Mapping[str, Parser]] = {
        "rate_limit": as_the_utility,
        "forbidden": flag,
        "status": _state,
        "visible_after": seconds,
        "decommissioned": texts,
    }

    def __init__(self, token: str, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(token, Settings(), clock)
        self._kept: list[Reading] = []  # in the order in which they were taken

    def submissions(self) -> list[dict[str, object]]:
        """The readings, whatever is thought of them."""
        return [one.fields() for one in self._kept]

    def inside(self, method: str, what: str, body: bytes) -> Response:
        """Besides settings and submissions, `validated`: what becomes of those in validation."""
        if (method, what) != ("POST", "validated"):
            return super().inside(method, what, body)
        status = _state(parse_object(body).get("status"), "status")
        with self.lock:
            self._kept = [
                one._replace(status=status) if one.status == "in-validation" else one
                for one in self._kept
            ]
            return json_answer(200, {"submissions": self.submissions()})

    def answer(self, request: Request) -> Response:
        """Answer as epilot."""
        if not is_secret(bearer_of(request.headers), self.token):
            return json_answer(401, {"message": "Unauthorized"})
        if self.settings.forbidden:
            return json_answer(403, {"message": "Forbidden"})
        within, _told = self.spend(self.settings.rate_limit)
        if not within:
            return json_answer(429, {"message": "Too Many Requests"})
        try:
            return self._routed(request)
        except Refused as refused:
            return json_answer(400, {"message": str(refused), "reason": refused.reason})
        except Malformed as error:
            return json_answer(400, {"message": str(error)})

    def _routed(self, request: Request) -> Response:
        interval = _INTERVAL.fullmatch(request.path)
        match request.method, request.path:
            case "POST", "/v1/metering/readings":
                rows = parse_object(request.body).get("readings")
                if not isinstance(rows, list):
                    raise Malformed("readings must be array")
                if len(rows) > MOST:
                    raise Refused("too_many_records", f"At most {MOST} readings")
                waits = request.query.get("async") == ["false"]
                taken = self._take(rows, 0 if waits else self.settings.visible_after)
                taken.sort(key=lambda one: (one.line, one.at))  # as they are stored, not as sent
                return json_answer(200, {"data": [one.fields() for one in taken]})
            case "POST", "/v1/metering/reading":
                only = self._take([parse_object(request.body)], self.settings.visible_after)
                return json_answer(200, {"data": only[0].fields()})
            case "GET", _ if interval:
                return self._interval(request, unquote(interval[1]), unquote(interval[2]))
            case _:
                return json_answer(404, {"message": "Not Found"})

    def _take(self, rows: list[object], visible_after: int) -> list[Reading]:
        """Take all of the rows, or none."""
        settings, now = self.settings, self.now()
        visible_at = self.clock() + visible_after
        taken: list[Reading] = []
        with self.lock:
            for row in rows:
                reading = parse_reading(row, now, settings.status, visible_at)
                kept = self._kept + taken
                refused = objection(reading, kept, settings.decommissioned, now)
                if refused:
                    raise refused
                taken.append(reading)
            self._kept += taken
        return taken

    def _interval(self, request: Request, meter: str, counter: str) -> Response:
        now = self.clock()
        with self.lock:
            seen = [
                one
                for one in self._kept
                if one.line[:2] == (meter.lower(), counter.lower()) and one.visible_at <= now
            ]
        return json_answer(200, page(seen, request.query, self.now()))
