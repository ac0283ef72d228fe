"""What the stand-ins of other utilities share: switches, a look inside, parameters, answers."""

from __future__ import annotations

import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import Field, fields, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar
from urllib.parse import parse_qs

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.utility.form import Malformed, Number, parse_object, to_json
from meterctl.sandbox.utility.rate import Rate
from meterctl.sandbox.utility.settings import Settings, Window

Switch = bool | int | str
FORM = "application/x-www-form-urlencoded"


class Check(NamedTuple):
    """Which texts a switch takes."""

    wanted: str  # for people
    takes: Callable[[str], bool]


ANY_TEXT = Check("a text", lambda _text: True)


def one_of(*texts: str) -> Check:
    """One of these texts."""
    return Check(" or ".join(texts), lambda text: text in texts)


class Switches:
    """How a stand-in behaves. A switch keeps the kind of its default: yes or no, count, text.

    Args:
        defaults: Every switch and what it is at first; a count of 0 and an empty text are off.
        checks: Which texts a switch takes, where it does not take any.
    """

    def __init__(
        self, defaults: Mapping[str, Switch], checks: Mapping[str, Check] | None = None
    ) -> None:
        self._values = dict(defaults)
        self._checks = checks or {}

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return bool(self._values[name])

    def count(self, name: str) -> int:
        """A switch that is a count."""
        return int(self._values[name])

    def text(self, name: str) -> str:
        """A switch that is a text."""
        return str(self._values[name])

    def fields(self) -> dict[str, object]:
        """All of them, as JSON shows them."""
        return dict(self._values)

    def change(self, fields: Mapping[str, object]) -> None:
        """Change those that are named; all of them, or none.

        Raises:
            Malformed: a name or a value is none of theirs.
        """
        changes = {name: self._parsed(name, value) for name, value in fields.items()}
        self._values.update(changes)

    def _parsed(self, name: str, value: object) -> Switch:
        old = self._values.get(name)
        if old is None:
            raise Malformed(f"{name}: unknown; one of {', '.join(self._values)}")
        if isinstance(old, bool):
            if not isinstance(value, bool):
                raise Malformed(f"{name}: true or false")
            return value
        if isinstance(old, int):
            whole = isinstance(value, Number) and value.text.isdecimal() and len(value.text) < 10
            if not isinstance(value, Number) or not whole:
                raise Malformed(f"{name}: a whole number, 0 or more")
            return int(value.text)
        check = self._checks.get(name, ANY_TEXT)
        if not isinstance(value, str) or not check.takes(value):
            raise Malformed(f"{name}: {check.wanted}")
        return value


def look_inside(
    request: Request, switches: Switches, accepted: Callable[[], list[dict[str, object]]]
) -> Response:
    """Answer what only a sandbox is asked: `.../submissions` and `.../settings`."""
    try:
        match request.method, request.path.rsplit("/", 1)[-1]:
            case "GET", "submissions":
                return json_answer(200, {"submissions": accepted()})
            case "GET", "settings":
                return json_answer(200, switches.fields())
            case "POST", "settings":
                switches.change(parse_object(request.body))
                return json_answer(200, switches.fields())
            case _:
                return json_answer(404, {"error": "submissions and settings are here"})
    except Malformed as error:
        return json_answer(400, {"error": str(error)})


def json_answer(
    status: int, body: object, headers: Mapping[str, str] | None = None, content_type: str = ""
) -> Response:
    """An answer in JSON, with every number as it was written."""
    response = Response(status, to_json(body).encode("utf-8", "replace"), headers=headers or {})
    return response._replace(content_type=content_type) if content_type else response


def text_answer(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in plain text."""
    return Response(status, text.encode(), "text/plain;charset=UTF-8", headers or {})


def parameters(request: Request) -> dict[str, str]:
    """The parameters of query and form, the last value of each; the form goes first."""
    found = {name: values[-1] for name, values in request.query.items()}
    kind = request.headers.get("content-type", FORM).split(";")[0].strip().lower()
    if kind == FORM:
        form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        found.update({name: values[-1] for name, values in form.items()})
    return found


Parser = Callable[[object, str], object]  # a value and its name, to what the setting holds


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


S = TypeVar("S", bound=_Dataclass)


class StandIn(ABC, Generic[S]):
    """A service that plays a utility; it has a frozen dataclass of settings."""

    NAME: ClassVar[str]  # /sandbox/NAME/settings and /sandbox/NAME/submissions are its own
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
            return json_answer(400, {"error": "malformed", "message": str(error)})

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
                    return json_answer(200, {"submissions": self.submissions()})
                case "POST", "settings":
                    self.settings = self._changed(parse_object(body))
                    return json_answer(200, _shown(self.settings))
                case "GET", "settings":
                    return json_answer(200, _shown(self.settings))
                case _:
                    return json_answer(404, {"error": "no_such_path", "message": "not here"})

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
