"""The API: it takes readings, and shows none."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.mindergas.reading import Invalid, Reading, objection, parse_reading
from meterctl.sandbox.standin import (
    Parser,
    StandIn,
    as_the_utility,
    flag,
    is_json,
    is_secret,
    json_answer,
)
from meterctl.sandbox.utility.form import Malformed, parse_object

ZONE = ZoneInfo("Europe/Amsterdam")
BUSY = b"<html><head><title>503 Service Unavailable</title></head></html>\n"


@dataclass(frozen=True)
class Settings:
    """Every switch."""

    rate_limit: int | None = None  # requests a minute; beyond it, access is blocked
    expired: bool = False  # whether the access is yet to be paid for
    busy: bool = False  # whether the server has too much to do, as it has at midnight
    wordless: bool = False  # whether a 422 says nothing


class MinderGas(StandIn[Settings]):
    """The API, as a service of the sandbox."""

    NAME = "mindergas"
    PATHS = ("/api/meter_readings", "/api/gas_meter_readings")  # the second is its old name
    PARSERS: ClassVar[Mapping[str, Parser]] = {
        "rate_limit": as_the_utility,
        "expired": flag,
        "busy": flag,
        "wordless": flag,
    }

    def __init__(self, token: str, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(token, Settings(), clock)
        self._kept: list[Reading] = []  # in the order in which they were taken

    def submissions(self) -> list[dict[str, object]]:
        """The readings."""
        return [one.fields() for one in self._kept]

    def answer(self, request: Request) -> Response:
        """Answer as MinderGas."""
        if self.settings.busy:
            return Response(503, BUSY, "text/html; charset=UTF-8")
        if request.path not in self.PATHS or request.method != "POST":
            return _errors(404, "Not found")
        if not is_secret(request.headers.get("auth-token"), self.token):
            return _errors(401, "Invalid authentication token")
        if self.settings.expired:
            return _errors(402, "API access has expired")
        within, _told = self.spend(self.settings.rate_limit)
        if not within:
            return _errors(403, "API access is blocked: too many requests")
        try:
            fields = parse_object(request.body) if is_json(request) else {}
        except Malformed as error:
            return _errors(400, str(error))
        try:
            self._take(parse_reading(fields))
        except Invalid as error:
            return Response(422) if self.settings.wordless else _errors(422, *error.errors)
        return Response(201)

    def _take(self, reading: Reading) -> None:
        with self.lock:
            error = objection(reading, self._kept, self.now().astimezone(ZONE).date())
            if error:
                raise Invalid(error)
            self._kept.append(reading)


def _errors(status: int, *errors: str) -> Response:
    return json_answer(status, {"errors": list(errors)})
