"""Who may ask, what they ask, what they are json_answer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import unquote

from meterctl.sandbox.energytracker.devices import STANDARD, VIRTUAL, summaries
from meterctl.sandbox.energytracker.readings import Kept, parse_kept
from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.standin import (
    Parser,
    StandIn,
    as_the_utility,
    bearer_of,
    flag,
    is_json,
    is_secret,
    json_answer,
    texts,
)
from meterctl.sandbox.utility.form import Malformed, parse_instant, parse_object, to_json

SCOPES = ("read:measuring-device", "read:meter-reading", "write:meter-reading")
REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    429: "Too Many Requests",
}

_READINGS = re.compile(
    r"/(?:(v1)/devices/(?:standard/)?|(v3)/devices/standard/)([^/]+)/meter-readings"
)


def _installed(value: object, name: str) -> object:
    if value is not None:
        parse_instant(value, name)
    return value


@dataclass(frozen=True)
class Settings:
    """Every switch."""

    rate_limit: int | None = None  # requests a minute
    scopes: tuple[str, ...] = SCOPES  # of the token
    installed: str | None = None  # since when the devices have meters; null is ever since
    overlap: bool = False  # whether each device has a second meter at the same time


class EnergyTracker(StandIn[Settings]):
    """The API, as a service of the sandbox."""

    NAME = "energytracker"
    PARSERS: ClassVar[Mapping[str, Parser]] = {
        "rate_limit": as_the_utility,
        "scopes": texts,
        "installed": _installed,
        "overlap": flag,
    }

    def __init__(self, token: str, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(token, Settings(), clock)
        self._kept: list[Kept] = []  # in the order in which they were taken

    def submissions(self) -> list[dict[str, object]]:
        """The readings, with the ids of their devices."""
        return [{"device": one.device.id, **one.fields("v3")} for one in self._kept]

    def answer(self, request: Request) -> Response:
        """Answer as EnergyTracker."""
        if not is_secret(bearer_of(request.headers), self.token):
            return _error(401, "Invalid or missing access token")
        within, told = self.spend(self.settings.rate_limit)
        if not within:
            return _error(429, "rate limit exceeded", {"Retry-After": told["Retry-After"]})
        try:
            return self._routed(request)
        except Malformed as error:
            return _error(400, [str(error)])

    def _routed(self, request: Request) -> Response:
        readings = _READINGS.fullmatch(request.path)
        version = readings and (readings[1] or readings[2])
        match request.method, version or request.path:
            case "GET", "/v1/devices/standard":
                return self._devices(request, standard=True)
            case "GET", "/v1/devices/virtual":
                return self._devices(request, standard=False)
            case "GET", "/v1/token/status":
                scopes = list(self.settings.scopes)
                status = {"displayName": "meterctl", "scopes": scopes, "expiresAt": None}
                return json_answer(200, status)
            case "GET", "v1" | "v3" as which if readings:
                return self._list(request, which, unquote(readings[3]))
            case "POST", "v1" | "v3" as which if readings:
                return self._create(request, which, unquote(readings[3]))
            case _:
                return _error(404, f"Cannot {request.method} {request.path}")

    def _may(self, what: str, *kinds: str) -> bool:
        """Whether the token has one of the scopes that allow it."""
        allowed = {scope for kind in kinds for scope in (kind, f"{what}:{kind}")}
        return bool(allowed & set(self.settings.scopes))

    def _devices(self, request: Request, *, standard: bool) -> Response:
        if not self._may("read", "measuring-device"):
            return _error(403, "Insufficient scopes")
        with self.lock:
            updated: dict[str, datetime] = {}
            for one in self._kept:
                updated[one.device.id] = max(one.at, updated.get(one.device.id, one.at))
        devices = STANDARD.values() if standard else [VIRTUAL]
        return _list_of(summaries(devices, updated, request.query))

    def _list(self, request: Request, version: str, device: str) -> Response:
        if not self._may("read", "measuring-device", "meter-reading"):
            return _error(403, "Insufficient scopes")
        query = request.query
        start, end = (
            [parse_instant(text, name) for text in query.get(name, [])] for name in ("from", "to")
        )
        order = query.get("sort", ["desc"])[0]
        if order not in ("asc", "desc"):
            raise Malformed("sort must be one of the following values: asc, desc")
        with self.lock:
            found = [
                one
                for one in self._kept
                if one.device.id == device
                and one.device.meter_id in query.get("meterId", [one.device.meter_id])
                and all(at <= one.at for at in start)
                and all(one.at <= at for at in end)
            ]
        found.sort(key=lambda one: one.at, reverse=order == "desc")
        return _list_of([one.fields(version) for one in found])

    def _create(self, request: Request, version: str, device_id: str) -> Response:
        if not self._may("write", "measuring-device", "meter-reading"):
            return _error(403, "Insufficient scopes")
        rounds = request.query.get("allowRounding", ["false"])[0]
        if rounds not in ("true", "false"):
            raise Malformed("allowRounding must be a boolean value")
        device = STANDARD.get(device_id)
        if device is None:
            return _error(404, "No such device")
        fields = parse_object(request.body) if is_json(request) else {}
        kept = parse_kept(fields, version, device, rounds=rounds == "true", now=self.now())
        installed = self.settings.installed
        if installed and kept.at < parse_instant(installed, "installed"):
            return _error(404, "No valid meter available for the specified timestamp")
        if self.settings.overlap:
            return _error(409, "Overlapping meters make the target ambiguous")
        with self.lock:
            if any((one.device, one.at) == (device, kept.at) for one in self._kept):
                return _error(409, "A meter reading already exists for this timestamp")
            self._kept.append(kept)
        return Response(204)


def _error(
    status: int, message: str | list[str], headers: Mapping[str, str] | None = None
) -> Response:
    body = {"statusCode": status, "message": message, "error": REASONS[status]}
    return json_answer(status, body, headers)


def _list_of(rows: list[dict[str, object]]) -> Response:
    return Response(200, to_json(rows).encode("utf-8", "replace"))  # half a letter may be a note
