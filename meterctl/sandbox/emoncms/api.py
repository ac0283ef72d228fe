"""Emoncms's API: inputs are posted, inputs and feeds are read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from meterctl.sandbox.emoncms.inputs import Unread, parse_bulk, parse_post
from meterctl.sandbox.emoncms.store import Feed, Store
from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.standin import (
    Switch,
    Switches,
    is_secret,
    look_inside,
    parameters,
    text_answer,
)
from meterctl.sandbox.utility.form import to_json

JSON = "application/json"
LATEST = 9_999_999_999  # seconds; a larger number is milliseconds

_DEFAULTS: dict[str, Switch] = {
    "feeds": True,  # whether a new input gets a feed
    "plain_errors": False,  # as old versions: the text of an error, without JSON
    "read_only": False,  # the key may only read
}


class Emoncms:
    """An account, as a service of the sandbox.

    Args:
        token: Its API key, which may read and write.
        clock: Seconds since 1970.
    """

    def __init__(self, token: str, *, clock: Callable[[], float] = time.time) -> None:
        self._token = token
        self._clock = clock
        self._lock = threading.Lock()
        self._switches = Switches(_DEFAULTS)
        self._store = Store()

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        with self._lock:
            if request.path.startswith("/sandbox/"):
                return look_inside(request, self._switches, self._accepted)
            given = parameters(request)
            key = self._key(request.headers, given)
            if not key:
                # Whoever is not logged in is sent to the login, which finds nothing to go by.
                return _json({"success": False, "message": "Username or password empty"})
            if not is_secret(key, self._token):
                challenge = (
                    'Bearer realm="API KEY", error="invalid_apikey", '
                    'error_description="Invalid API key"'
                )
                return text_answer(401, "Invalid API key", {"WWW-Authenticate": challenge})
            path, _, _format = request.path.partition(".")
            module, action, *more = [*path.strip("/").split("/"), ""]
            if module == "input":
                return self._input(action, [one for one in more if one], given)
            return self._feed(action, given)

    @staticmethod
    def _key(headers: Mapping[str, str], given: Mapping[str, str]) -> str:
        return given.get("apikey") or headers.get("authorization", "").replace("Bearer ", "")

    def _input(self, action: str, more: list[str], given: Mapping[str, str]) -> Response:
        if action in ("post", "bulk"):
            if self._switches.on("read_only"):
                return text_answer(200, "")
            return self._posted(action, more, given)
        if action == "list":
            return _json([self._input_fields(*one) for one in enumerate(self._store.inputs, 1)])
        if action == "get":
            return _json(self._named([*more, given.get("node", ""), given.get("name", "")]))
        return _json(False)

    def _posted(self, action: str, more: list[str], given: Mapping[str, str]) -> Response:
        now, feeds = int(self._clock()), self._switches.on("feeds")
        try:
            if action == "post":
                one = parse_post(given, more[0] if more else "", now)
                self._store.take(one.node, one.at, one.values, feeds=feeds)
            else:
                for one in parse_bulk(given, now):
                    self._store.take(one.node, one.at, one.values, feeds=feeds)
        except Unread as unread:
            if self._switches.on("plain_errors"):
                return text_answer(200, str(unread))
            return text_answer(200, to_json({"success": False, "message": str(unread)}))
        return text_answer(200, '{"success": true}' if "fulljson" in given else "ok")

    def _named(self, names: list[str]) -> object:
        """Inputs by node and name: one, those of a node, or all."""
        node, name, *_rest = [*(one for one in names if one), "", ""]
        nodes: dict[str, dict[str, object]] = {}
        for (of, called), (at, value) in self._store.inputs.items():
            nodes.setdefault(of, {})[called] = {"time": at, "value": value}
        if not node:
            return nodes
        if node not in nodes:
            return "Node does not exist"
        if not name:
            return nodes[node]
        return nodes[node].get(name, "Node variable does not exist")

    def _input_fields(self, number: int, names: tuple[str, str]) -> dict[str, object]:
        at, value = self._store.inputs[names]
        feed = self._store.feed_named(*names)
        return {
            "id": str(number),
            "nodeid": names[0],
            "name": names[1],
            "description": "",
            "processList": f"1:{feed.number}" if feed else "",
            "time": at,
            "value": value,
        }

    def _feed(self, action: str, given: Mapping[str, str]) -> Response:
        if action == "list":
            return _json([_feed_fields(one) for one in self._store.feeds])
        if action == "getid":
            named = self._store.feed_named(given.get("tag", ""), given.get("name", ""))
            return text_answer(200, str(named.number) if named else "false")
        number = given.get("id", "")
        feed = self._store.feed(number)
        if feed is None:
            missing = f"feed {number} does not exist" if action == "data" else "Feed does not exist"
            return _json({"success": False, "message": missing})
        newest = feed.newest()
        match action:
            case "timevalue":
                at, value = newest or (None, None)
                return _json({"time": at, "value": value})
            case "value":
                return _json(newest[1] if newest else None)
            case "data":
                start, end = _moment(given.get("start")), _moment(given.get("end"))
                if start is None or end is None:
                    return _json({"success": False, "message": "bad parameters"})
                return _json([[at * 1000, value] for at, value in feed.between(start, end)])
            case _:
                return _json(False)

    def _accepted(self) -> list[dict[str, object]]:
        return [
            {
                "receipt": None,
                "key": None,
                "meter": f"{one.node}/{one.name}",
                "timestamp": one.at,
                "value": one.value,
                "unit": None,
            }
            for one in self._store.accepted
        ]


def _json(body: object) -> Response:
    return Response(200, to_json(body).encode(), JSON)


def _moment(text: str | None) -> int | None:
    """Seconds since 1970, from seconds or milliseconds."""
    if not text or not text.isdecimal() or len(text) > 15:
        return None
    found = int(text)
    return found // 1000 if found > LATEST else found


def _feed_fields(feed: Feed) -> dict[str, object]:
    at, value = feed.newest() or (None, None)
    return {
        "id": str(feed.number),
        "userid": "1",
        "name": feed.name,
        "tag": feed.node,
        "public": "",
        "size": str(9 * len(feed.points)),
        "engine": "2",
        "unit": "",
        "time": at,
        "value": value,
        "start_time": min(feed.points, default=0),
        "end_time": max(feed.points, default=0),
        "interval": 0,
    }
