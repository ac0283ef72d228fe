"""What the stand-ins of other utilities share: switches, a look inside, and parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.utility.form import Malformed, Number, parse_object, to_json

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
