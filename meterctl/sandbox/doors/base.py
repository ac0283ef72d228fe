"""What these stand-ins of utilities share: a lock, switches, and a look inside."""

from __future__ import annotations

import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import Field, fields, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.utility.form import Malformed, Number, parse_object, to_json
from meterctl.sandbox.utility.rate import Rate
from meterctl.sandbox.utility.settings import Settings, Window

Parser = Callable[[object, str], object]  # a value and its name, to what the setting holds


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


S = TypeVar("S", bound=_Dataclass)


class StandIn(ABC, Generic[S]):
    """A service that plays a utility; it has a frozen dataclass of settings."""

    NAME: ClassVar[str]  # /sandbox/NAME/settings and /sandbox/NAME/submissions are its own
    PATHS: ClassVar[tuple[str, ...]]  # what the paths that it plays begin with
    PARSERS: ClassVar[Mapping[str, Parser]]  # one for each setting

    def __init__(self, token: str, settings: S, clock: Callable[[], float]) -> None:
        self.token = token
        self.settings = settings
        self.lock = threading.Lock()
        self.clock = clock
        self._rate = Rate()

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        own = f"/sandbox/{self.NAME}/"
        if not request.path.startswith(own):
            return self.answer(request)
        try:
            return self.inside(request.method, request.path.removeprefix(own), request.body)
        except Malformed as error:
            return answered(400, {"error": "malformed", "message": str(error)})

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Answer as the utility that is played."""

    @abstractmethod
    def submissions(self) -> list[dict[str, object]]:
        """What counts, in the order in which it was taken; the caller has the lock."""

    def inside(self, method: str, what: str, body: bytes) -> Response:
        """Answer a question that only a sandbox is asked.

        Raises:
            Malformed: a setting is not what it should be; nothing is changed.
        """
        with self.lock:
            match method, what:
                case "GET", "submissions":
                    return answered(200, {"submissions": self.submissions()})
                case "POST", "settings":
                    self.settings = self._changed(parse_object(body))
                    return answered(200, _shown(self.settings))
                case "GET", "settings":
                    return answered(200, _shown(self.settings))
                case _:
                    return answered(404, {"error": "no_such_path", "message": "not here"})

    def now(self) -> datetime:
        """The utility's time, in UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def spend(self, limit: int | None) -> tuple[bool, dict[str, str]]:
        """Whether one more request is within so many a minute, and the headers that tell of it."""
        if limit is None:
            return True, {}
        with self.lock:
            return self._rate.spend(limit, self.clock())

    def _changed(self, changes: Mapping[str, object]) -> S:
        for name in changes:
            if name not in self.PARSERS:
                raise Malformed(f"{name}: unknown; one of {', '.join(self.PARSERS)}")
        parsed: dict[str, Any] = {
            name: self.PARSERS[name](value, name) for name, value in changes.items()
        }
        return replace(self.settings, **parsed)


def answered(
    status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    """An answer in JSON, every number with the digits it was sent with."""
    text = to_json(body).encode("utf-8", "replace")  # half a letter may have been sent
    return Response(status, text, headers=headers or {})


def bearer_of(headers: Mapping[str, str]) -> str | None:
    """The token of an Authorization header, if it has that form (RFC 6750)."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def is_secret(given: str | None, secret: str) -> bool:
    """Whether it is the secret; takes as long whatever was given."""
    return secrets.compare_digest((given or "").encode("utf-8", "replace"), secret.encode())


def is_json(request: Request) -> bool:
    """Whether the body is said to be JSON."""
    return media_type(request) == "application/json"


def media_type(request: Request) -> str:
    """What the body is said to be, in lower case and without parameters."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def as_the_utility(value: object, name: str) -> object:
    """The parser of a setting that the sandbox's own utility has by the same name."""
    return getattr(Settings().changed({name: value}), name)


def flag(value: object, name: str) -> bool:
    """The parser of a switch that is on or off."""
    if not isinstance(value, bool):
        raise Malformed(f"{name}: true or false")
    return value


def seconds(value: object, name: str) -> int:
    """The parser of a time in whole seconds."""
    whole = isinstance(value, Number) and value.amount == value.amount.to_integral_value()
    if not isinstance(value, Number) or not whole or not 0 <= value.amount <= 10**9:
        raise Malformed(f"{name}: whole seconds, 0 or more")
    return int(value.amount)


def texts(value: object, name: str) -> tuple[str, ...]:
    """The parser of a list of texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Malformed(f"{name}: a list of texts")
    return tuple(value)


def _shown(settings: _Dataclass) -> dict[str, object]:
    return {one.name: _plain(getattr(settings, one.name)) for one in fields(settings)}


def _plain(value: object) -> object:
    if isinstance(value, Window):
        return {"opens": value.opens, "closes": value.closes}
    return list(value) if isinstance(value, tuple) else value
