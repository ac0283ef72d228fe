"""The app: routes, and around them what every answer has."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meterctl.domain.exact import to_json
from meterctl.domain.times import iso_utc
from meterctl.errors import MeterctlError, unrepeated
from meterctl.http import bugs, endpoints, problems, writing
from meterctl.http.cors import Cors
from meterctl.http.headers import HSTS, SECURITY
from meterctl.http.problems import Refused
from meterctl.http.shim import Shim
from meterctl.wiring import now

_NAMES = frozenset(name for name, _ in SECURITY)
Endpoint = Callable[[Request], Awaitable[Response]]


def build(make: Callable[[], Shim]) -> ASGIApp:
    """The app of one worker; `make` is called when its loop begins."""
    return _Outer(make)


def _routes() -> list[BaseRoute]:
    return [
        Route("/auth/token", endpoints.token, methods=["POST"]),
        Route("/readings/current", endpoints.current, methods=["GET"]),
        Route("/records/single", writing.single, methods=["POST"]),
        Route("/records/bulk", writing.bulk, methods=["POST"]),
        Route("/utility/push", endpoints.push, methods=["POST"]),
        Route("/health", endpoints.health, methods=["GET"]),
        Route("/openapi.json", endpoints.description, methods=["GET"]),
    ]


class _Outer:
    """Around all endpoints: a request id, the headers of every answer, errors as problems."""

    def __init__(self, make: Callable[[], Shim]) -> None:
        self._make = make
        self._shim: Shim | None = None
        self._cors = Cors(())
        self._router = Router(lifespan=self._lifespan, redirect_slashes=False)
        self._lacks_dashboard = False
        self._plain: dict[tuple[str, str], Endpoint] = {}  # what needs no matching of paths

    @asynccontextmanager
    async def _lifespan(self, _app: object) -> AsyncIterator[None]:
        shim = self._shim = self._make()
        self._cors = Cors(shim.wiring.http_settings.origins)
        self._take_in(_routes())
        self._lacks_dashboard = shim.options.dashboard
        shim.start()
        try:
            yield
        finally:
            shim.stop()

    def _take_in(self, routes: Iterable[BaseRoute]) -> None:
        self._router.routes.extend(routes)
        for route in routes:
            if isinstance(route, Route) and "{" not in route.path:
                for method in route.methods or ():
                    self._plain[method, route.path] = route.endpoint

    def _endpoint(self, method: str, path: str) -> Endpoint | None:
        """What answers a plain path; the dashboard is loaded when somebody asks for it."""
        found = self._plain.get((method, path))
        if found is None and self._lacks_dashboard:
            from meterctl.http.dashboard import ROUTES

            self._lacks_dashboard = False
            self._take_in(ROUTES)
            found = self._plain.get((method, path))
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        request_id = scope["request_id"] = os.urandom(16).hex()
        shim = scope["shim"] = self._shim
        scope["app"] = self  # so that the router raises what it cannot find
        request = Request(scope, receive)
        extra = [(b"x-request-id", request_id.encode()), *self._cors.headers(request)]
        if shim is not None and shim.options.secure:
            extra.append(HSTS)
        has_begun = False

        async def finished(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                given = message["headers"]
                if _NAMES.isdisjoint(name for name, _ in given):
                    given.extend(SECURITY)
                else:
                    names = {name for name, _ in given}
                    given.extend(header for header in SECURITY if header[0] not in names)
                given.extend(extra)
            await send(message)

        try:
            if (preflight := self._cors.preflight(request)) is not None:
                await preflight(scope, receive, finished)
                return
            with unrepeated():
                endpoint = self._endpoint(request.method, scope["path"])
                if endpoint is None:
                    await self._router(scope, receive, finished)
                else:
                    await (await endpoint(request))(scope, receive, finished)
        except Exception as error:
            refused = _refused(error, request_id)
            if shim is not None and refused.status == 500:
                shim.say(bugs.told(f"request {request_id}", error))
            elif shim is not None and isinstance(error, MeterctlError) and refused.status == 503:
                told = {"event": "failed", "request": request_id, "detail": error.message}
                shim.say(to_json({"at": iso_utc(now()), **told}))
            if has_begun:  # too late to say anything: the connection ends
                raise
            await problems.response(refused, request_id)(scope, receive, finished)


def _refused(error: Exception, request_id: str) -> Refused:
    """What is answered for an error."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return Refused(404, "not_found", "there is nothing here")
        allowed = error.headers
        return Refused(405, "method_not_allowed", "this method has no use here", headers=allowed)
    if isinstance(error, MeterctlError):
        return problems.of_error(error)
    return Refused(500, "bug", "a bug, not your fault", f"report it with request {request_id}")
