"""Bodies: read within their size and time, then as strict JSON whose numbers stay text."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from json import JSONDecoder, JSONEncoder

from starlette.requests import Request

from meterctl.http.headers import header_of
from meterctl.http.problems import Refused

SMALL = 64 << 10  # bytes: one record, a log-in
LARGE = 8 << 20  # ten thousand records, with long notes
# Reading JSON keeps Python from anything else: this many take a tenth of a second.
_PARTS = 250_000
_AT_ONCE = 10.0  # seconds for any body, and
_SLOWEST = 32 << 10  # bytes a second from then on: a phone on a bad line is not faster

ARRIVED = "meterctl.arrived"  # under which a request's extensions have its `Arrival`

_EXPANDED = 40  # digits that an exponent may stand for; a reading holds far fewer


class Arrival:
    """Whether a request's whole body is there."""

    is_over = False


class Number(str):
    """The text of a JSON number."""

    __slots__ = ()

    @property
    def plain(self) -> str:
        """Its digits without an exponent, exactly: `1.5e2` is how JSON may write 150."""
        if "e" not in self and "E" not in self and self[0] != "-":
            return self
        try:
            exact = Decimal(self)
        except InvalidOperation:  # an exponent of twenty digits
            return str(self)
        if exact == 0:
            return "0"
        if abs(exact.adjusted()) > _EXPANDED:
            return str(self)
        return format(exact, "f")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused(400, "bad_json", "the same name is in one JSON object twice")
    return found


def _constant(_text: str) -> object:
    raise Refused(400, "bad_json", "NaN and Infinity are not JSON")


_DECODER = JSONDecoder(
    object_pairs_hook=_pairs, parse_float=Number, parse_int=Number, parse_constant=_constant
)
_ENCODER = JSONEncoder(ensure_ascii=False)
_JSON = re.compile(r'application/json *(?:; *charset="?utf-8"?)? *', re.IGNORECASE)


def parse(body: bytes) -> object:
    """JSON, strictly: UTF-8, each name once, no NaN.

    Raises:
        Refused: it is not; the answer says where.
    """
    if len(body) > SMALL and sum(map(body.count, (b",", b"[", b"{"))) > _PARTS:
        raise Refused(413, "too_large", f"a body here has at most {_PARTS} values")
    try:
        found: object = _DECODER.decode(body.decode("utf-8"))
        if b"\\u" in body:  # half of a pair may be written so, which is no text
            _ENCODER.encode(found).encode("utf-8")
    except UnicodeEncodeError:
        raise Refused(400, "bad_json", "a text in the body holds half a character") from None
    except UnicodeDecodeError:
        raise Refused(400, "bad_json", "the body is not UTF-8") from None
    except RecursionError:
        raise Refused(400, "bad_json", "the body is nested too deeply") from None
    except ValueError as error:
        place = f" at character {error.pos}" if hasattr(error, "pos") else ""
        raise Refused(400, "bad_json", f"the body is not JSON{place}") from None
    return found


async def json_object(request: Request, limit: int, *, optional: bool = False) -> bytes:
    """The bytes of a body that says it is JSON; empty where it may be left out and is.

    Raises:
        Refused: it is something else, too large, or too slow.
    """
    kind = header_of(request, b"content-type") or ""
    encoding = header_of(request, b"content-encoding")
    if encoding is not None and encoding.lower() != "identity":
        raise Refused(415, "unsupported_media_type", "send the body uncompressed")
    body = await read(request, limit)
    if not body and optional:
        return body
    if not _JSON.fullmatch(kind):
        raise Refused(
            415, "unsupported_media_type", "the body's Content-Type must be application/json"
        )
    return body


async def read(request: Request, limit: int) -> bytes:
    """A body of at most so many bytes, that comes at least as fast as a bad line.

    Raises:
        Refused: it is larger, or slower.
    """
    declared = header_of(request, b"content-length") or ""
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise _too_large(limit)
    arrival = request.scope.get("extensions", {}).get(ARRIVED)
    if isinstance(arrival, Arrival) and arrival.is_over:  # as nearly always: nothing to wait for
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise _cut_off()
        body: bytes = message["body"]
        if len(body) > limit:
            raise _too_large(limit)
        return body
    loop = asyncio.get_running_loop()
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_AT_ONCE) as timeout:
            began = loop.time()
            while True:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise _cut_off()
                part = message.get("body", b"")
                size += len(part)
                if size > limit:
                    raise _too_large(limit)
                parts.append(part)
                if not message.get("more_body", False):
                    break
                timeout.reschedule(began + _AT_ONCE + size / _SLOWEST)
    except TimeoutError:
        raise Refused(
            408, "request_timeout", "the body came too slowly", headers={"Connection": "close"}
        ) from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _cut_off() -> Refused:
    return Refused(400, "bad_request", "the body was cut off")


def _too_large(limit: int) -> Refused:
    return Refused(
        413,
        "too_large",
        f"a body here has at most {limit} bytes",
        headers={"Connection": "close"},
    )


def object_of(body: bytes) -> Mapping[str, object]:
    """A body that is one JSON object.

    Raises:
        Refused: it is not.
    """
    found = parse(body)
    if not isinstance(found, dict):
        raise Refused(400, "bad_json", "the body is no JSON object")
    return found
