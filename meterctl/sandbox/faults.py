"""Faults on demand: a file says which requests go wrong, and how. No socket is touched here."""

from __future__ import annotations

import re
import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from meterctl.sandbox.message import Response


class BadFaults(Exception):
    """A file of faults that cannot be understood; the message names the file and the key."""


class Do(StrEnum):
    """What becomes of a request that is hit."""

    STATUS = "status"  # answered so, not applied
    DELAY = "delay"  # applied and answered, later
    RESET_BEFORE = "reset-before"  # the connection is reset, nothing applied
    RESET_AFTER = "reset-after"  # applied, then reset instead of an answer
    HANG_BEFORE = "hang-before"  # never answered, nothing applied
    HANG_AFTER = "hang-after"  # applied, never answered
    DRIP = "drip"  # applied, and the answer's body comes byte by byte
    TRUNCATE = "truncate"  # applied, and the answer ends half-way
    LATE = "late"  # reset at once, and applied some time after that
    REDIRECT = "redirect"  # sent elsewhere, not applied
    BODY = "body"  # applied, and answered with something else


class Fault(NamedTuple):
    """One fault: which requests it hits, and what it does to them."""

    do: Do
    service: str | None = None
    method: str | None = None
    path: str | None = None  # a pattern of fnmatch, on the decoded path
    skip: int = 0
    times: int = 1  # 0: for ever
    status: int | None = None
    body: str | None = None
    content_type: str | None = None
    headers: Mapping[str, str] = {}
    seconds: float = 0.0
    location: str = ""

    def concerns(self, service: str, method: str, path: str) -> bool:
        """Whether a request is one of those that it may hit."""
        return (
            self.service in (None, service)
            and self.method in (None, method)
            and (self.path is None or fnmatchcase(unquote(path), self.path))
        )

    def instead(self, real: Response | None = None) -> Response:
        """The answer that is given in place of the real one."""
        if self.body is None and real is not None:  # the real body, under another head
            return Response(
                self.status or real.status,
                real.body,
                self.content_type or real.content_type,
                {**real.headers, **self.headers},
            )
        text = self.body or ""
        kind = "application/json" if text.lstrip()[:1] in ("{", "[") else "text/html"
        usual = 307 if self.do is Do.REDIRECT else 200
        return Response(
            self.status or (real.status if real else usual),
            text.encode(),
            self.content_type or f"{kind}; charset=UTF-8",
            {"Location": self.location, **self.headers} if self.location else self.headers,
        )


SERVICES = ("sheets", "token", "drive", "utility", "portal")
_MATCHING = ("service", "method", "path", "skip", "times", "do")
_ANSWER = ("status", "body", "content_type", "headers")
# What each kind may say besides that, and what it must say.
_MAY: dict[Do, tuple[str, ...]] = {
    Do.STATUS: _ANSWER,
    Do.BODY: _ANSWER,
    Do.DELAY: ("seconds",),
    Do.DRIP: ("seconds",),
    Do.LATE: ("seconds",),
    Do.REDIRECT: ("location", "status", "headers"),
}
_MUST: dict[Do, tuple[str, ...]] = {
    Do.STATUS: ("status",),
    Do.DELAY: ("seconds",),
    Do.DRIP: ("seconds",),
    Do.LATE: ("seconds",),
    Do.REDIRECT: ("location",),
}


def service_of(server: str, path: str) -> str:
    """Which service of a server a path belongs to; Google's has three."""
    if server != "sheets":
        return server
    if path.startswith("/token"):
        return "token"
    return "drive" if path.startswith(("/drive/", "/upload/drive/")) else "sheets"


def parse_faults(text: str, name: str) -> tuple[Fault, ...]:
    """The faults that a file lists.

    Raises:
        BadFaults: it is no TOML, or a key is wrong.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        at = f":{place[1]}:{place[2]}" if place else ""
        raise BadFaults(f"{name}{at}: no TOML: {error}") from None
    for key in content:
        if key != "fault":
            raise BadFaults(f"{name}: {key}: unknown; faults are listed under [[fault]]")
    listed = content.get("fault", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise BadFaults(f"{name}: fault: write [[fault]], with two brackets")
    return tuple(
        _fault(keys, f"{name}: fault {number}") for number, keys in enumerate(listed, start=1)
    )


def _fault(keys: dict[str, Any], where: str) -> Fault:
    for key, value in keys.items():
        wrong = _CHECKS[key](value) if key in _CHECKS else f"unknown; one of {', '.join(_CHECKS)}"
        if wrong:
            raise BadFaults(f"{where}: {key}: {wrong}")
    if "do" not in keys:
        raise BadFaults(f"{where}: do: missing; one of {', '.join(Do)}")
    do = Do(keys["do"])
    for key in _MUST.get(do, ()):
        if key not in keys:
            raise BadFaults(f"{where}: {key}: missing; do = {do.value!r} needs it")
    for key in keys:
        if key not in _MATCHING and key not in _MAY.get(do, ()):
            raise BadFaults(f"{where}: {key}: means nothing to do = {do.value!r}")
    return Fault(**{**keys, "do": do})


def _one_of(allowed: Sequence[str]) -> Callable[[object], str]:
    return lambda value: "" if value in allowed else f"one of {', '.join(allowed)}"


def _text(value: object) -> str:
    return "" if isinstance(value, str) else "a text"


def _method(value: object) -> str:
    return (
        "" if isinstance(value, str) and value.isupper() else "a method in capitals, such as POST"
    )


def _count(value: object) -> str:
    return "" if type(value) is int and value >= 0 else "a whole number, 0 or more"


def _status(value: object) -> str:
    return "" if type(value) is int and 200 <= value <= 599 else "a number from 200 to 599"


def _seconds(value: object) -> str:
    is_number = type(value) in (int, float)
    return "" if is_number and 0 <= float(str(value)) <= 86_400 else "seconds, from 0 to 86400"


def _headers(value: object) -> str:
    fits = isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    return "" if fits else 'texts by name, such as { "Retry-After" = "7" }'


_CHECKS: dict[str, Callable[[object], str]] = {
    "service": _one_of(SERVICES),
    "method": _method,
    "path": _text,
    "skip": _count,
    "times": _count,
    "do": _one_of(tuple(Do)),
    "status": _status,
    "body": _text,
    "content_type": _text,
    "headers": _headers,
    "seconds": _seconds,
    "location": _text,
}


class Faults:
    """The faults of a file, which is read anew whenever it has changed; counting starts afresh."""

    def __init__(self, path: Path, report: Callable[[str], None] = lambda _message: None) -> None:
        """Read the file.

        Args:
            path: The file.
            report: Is told when the file has become wrong; the last good one stays in force then.

        Raises:
            OSError: it cannot be read.
            BadFaults: it is wrong.
        """
        self._path = path
        self._report = report
        self._lock = threading.Lock()
        self._seen: object = None
        self._trouble: int | None = None
        self._refresh()

    def pick(self, service: str, method: str, path: str) -> Fault | None:
        """The fault that hits a request: the first that is due. Every fault counts the request."""
        with self._lock:
            self._refresh_or_report()
            hit = None
            for index, fault in enumerate(self._faults):
                if not fault.concerns(service, method, path):
                    continue
                self._met[index] += 1
                due = self._met[index] > fault.skip
                spent = 0 < fault.times <= self._hits[index]
                if hit is None and due and not spent:
                    self._hits[index] += 1
                    hit = fault
            return hit

    def _refresh(self) -> None:
        """Read the file if it has changed: its time alone would miss two changes in a tick."""
        stat = self._path.stat()
        content = self._path.read_bytes()
        self._trouble = None
        seen = (stat.st_mtime_ns, stat.st_ino, content)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise BadFaults(f"{self._path}: not UTF-8") from None
        self._faults = parse_faults(text, str(self._path))
        self._met = [0] * len(self._faults)
        self._hits = [0] * len(self._faults)

    def _refresh_or_report(self) -> None:
        try:
            self._refresh()
        except BadFaults as error:
            self._report(f"{error}; the last good one stays in force")
        except OSError as error:
            if self._trouble != error.errno:
                self._trouble = error.errno
                self._report(f"{self._path}: {error.strerror}; the last good one stays in force")
