"""The portal as a service: which page a request is for, who may see it, what a sandbox adds."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.portal import entering, login, overview
from meterctl.sandbox.portal.assets import SCRIPT, STYLE
from meterctl.sandbox.portal.book import METERS, Entry
from meterctl.sandbox.portal.captcha import picture
from meterctl.sandbox.portal.formats import FORMATS, Unreadable, parse_date, parse_value
from meterctl.sandbox.portal.markup import alert, page
from meterctl.sandbox.portal.sessions import CONSENT, Session, cookie
from meterctl.sandbox.portal.visit import State, Visit, go_to, html
from meterctl.sandbox.utility.form import Malformed, parse_object, to_json

_ELSEWHERE = "submissions, settings, readings and requests are here"

Page = Callable[[Visit], Response]
Customers = Callable[[Visit, Session], Response]


class Portal:
    """The portal; it has one customer."""

    def __init__(self, user: str, password: str, *, clock: Callable[[], float] = time.time) -> None:
        self._lock = threading.Lock()
        self._state = State(user, password, clock)

    def settings_for_env(self, url: str) -> dict[str, str]:
        """What a client must know to come in; the URL is where the portal listens."""
        return {
            "METERCTL_PORTAL_URL": url,
            "METERCTL_PORTAL_USER": self._state.user,
            "METERCTL_PORTAL_PASSWORD": self._state.password,
        }

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        if request.path.startswith("/sandbox/"):
            return self._sandbox(request)
        if request.path in _FILES:
            return Response(200, *_FILES[request.path])
        time.sleep(float(self._state.settings.slow_seconds.amount))
        with self._lock:
            return _answer(Visit(self._state, request))

    def _sandbox(self, request: Request) -> Response:
        """What only a sandbox has: switches, a look inside, readings of the operator's."""
        state = self._state
        try:
            with self._lock:
                match request.method, request.path:
                    case "GET", "/sandbox/submissions":
                        kept = [one.fields() for one in state.book.by_customer()]
                        return _json(200, {"submissions": kept})
                    case "GET", "/sandbox/settings":
                        return _json(200, state.settings.fields())
                    case "POST", "/sandbox/settings":
                        state.settings = state.settings.changed(parse_object(request.body))
                        return _json(200, state.settings.fields())
                    case "POST", "/sandbox/readings":
                        entry = _operators(parse_object(request.body))
                        state.book.save(entry, "operator", "", state.now())
                        return _json(200, {"status": "saved"})
                    case _:
                        return _json(404, {"error": "no_such_path", "message": _ELSEWHERE})
        except Malformed as error:
            return _json(400, {"error": "malformed", "message": str(error)})


def _answer(visit: Visit) -> Response:
    """The page that is asked for, unless there is a reason for another one."""
    if visit.settings.maintenance:
        view = visit.view()
        shown = page(view, "maintenance", alert(view.say("maintenance_told")))
        return html(shown, visit.settings.maintenance)
    route = (visit.method, visit.path)
    if route in _OPEN:
        return _OPEN[route](visit)
    if route in _CUSTOMERS:
        return _for_customers(visit, _CUSTOMERS[route])
    view = visit.view()
    return html(page(view, "not_found", alert(view.say("not_found_told"))), 404)


def _for_customers(visit: Visit, answer: Customers) -> Response:
    """A page for who is logged in, while the session lasts."""
    session = visit.customer
    if session is None:
        return go_to("/login?expired=1" if visit.was_in else "/login")
    session.requests += 1
    most = visit.settings.session_expires_after
    at = {"/readings/new": "form", "/readings/confirm": "confirm"}.get(visit.path)
    strikes = visit.method == "POST" and at is not None and at == visit.settings.expire_at
    if strikes:
        visit.state.settings = visit.settings.changed({"expire_at": None})
    if strikes or (most is not None and session.requests > most):
        visit.state.sessions.end(session)
        return go_to("/login?expired=1")
    return answer(visit, session)


def _consent(visit: Visit) -> Response:
    choice = "all" if visit.field("choice") == "all" else "necessary"
    return go_to(_back(visit), Set_Cookie=cookie(CONSENT, choice))


def _close_offer(visit: Visit, session: Session) -> Response:
    session.offer_closed = True
    return go_to(_back(visit))


def _back(visit: Visit) -> str:
    """The page that a dialog lay over; never one of another site."""
    back = visit.field("back")
    return back if re.fullmatch(r"/[a-z][a-z/]*", back) else "/"


def _captcha(visit: Visit) -> Response:
    digits = visit.session.captcha if visit.session else ""
    return Response(200, picture(digits), "image/png", {"Cache-Control": "no-store"})


def _operators(fields: dict[str, object]) -> Entry:
    """A reading that the grid operator took: `{"meter", "date", "value"}`, all texts."""
    meter = next((one for one in METERS if one.number == fields.get("meter")), None)
    if meter is None:
        raise Malformed(f"meter: one of {', '.join(one.number for one in METERS)}")
    try:
        day = parse_date(str(fields.get("date")), "%Y-%m-%d")
        value = parse_value(str(fields.get("value")), FORMATS["en"], 6)
    except Unreadable:
        raise Malformed('date and value: such as "2026-03-01" and "142.3"') from None
    return Entry(meter, day, value)


def _json(status: int, fields: dict[str, object]) -> Response:
    return Response(status, to_json(fields).encode("utf-8", "replace"))


_FILES = {
    "/portal.css": (STYLE.encode(), "text/css; charset=utf-8"),
    "/portal.js": (SCRIPT.encode(), "text/javascript; charset=utf-8"),
    "/favicon.ico": (b"", "image/x-icon"),
}
_OPEN: dict[tuple[str, str], Page] = {
    ("GET", "/"): overview.start_page,
    ("GET", "/login"): login.login_page,
    ("POST", "/login"): login.log_in,
    ("GET", "/login/code"): login.code_page,
    ("POST", "/login/code"): login.check_code,
    ("GET", "/logout"): login.log_out,
    ("GET", "/captcha.png"): _captcha,
    ("POST", "/cookies"): _consent,
}
_CUSTOMERS: dict[tuple[str, str], Customers] = {
    ("GET", "/account"): lambda visit, _session: overview.account_page(visit),
    ("GET", "/readings/history"): lambda visit, _session: overview.history_page(visit),
    ("GET", "/readings/new"): entering.new_page,
    ("GET", "/readings/form"): entering.new_page,
    ("POST", "/readings/new"): entering.enter,
    ("GET", "/readings/confirm"): entering.confirm_page,
    ("POST", "/readings/confirm"): entering.confirm,
    ("GET", "/readings/done"): entering.done_page,
    ("POST", "/offer"): _close_offer,
}
