"""What the portal knows, and one request of one browser to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.portal.book import Book
from meterctl.sandbox.portal.markup import View, alert, page
from meterctl.sandbox.portal.sessions import CONSENT, COOKIE, Session, Sessions, cookies_of
from meterctl.sandbox.portal.settings import Settings

ZONE = ZoneInfo("Europe/Berlin")

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass
class State:
    """All that the portal knows; whoever touches it has its lock."""

    user: str
    password: str
    clock: Callable[[], float]
    settings: Settings = field(default_factory=Settings)
    book: Book = field(default_factory=Book)
    sessions: Sessions = field(default_factory=Sessions)

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def today(self) -> date:
        """The day that it is where the utility is."""
        return self.now().astimezone(ZONE).date()


class Visit:
    """A request, with the session that it belongs to."""

    def __init__(self, state: State, request: Request) -> None:
        self.state = state
        self.method = request.method
        self.path = request.path
        self.query = {name: values[-1] for name, values in request.query.items()}
        self._consented = CONSENT in (cookies := cookies_of(request.headers.get("cookie", "")))
        self.session = state.sessions.of(cookies)
        self.was_in = self.session is None and COOKIE in cookies  # in one that has ended
        form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        self._form = {name: values[-1] for name, values in form.items()}

    @property
    def settings(self) -> Settings:
        """How the portal behaves."""
        return self.state.settings

    @property
    def customer(self) -> Session | None:
        """The session of who is logged in."""
        return self.session if self.session and self.session.stage == "customer" else None

    def view(self, *, bare: bool = False) -> View:
        """How the page looks to them."""
        customer = self.customer
        return View(
            self.settings,
            self.path,
            consented=self._consented or not self.settings.cookie_banner,
            customer=customer is not None,
            offer=self.settings.popup == "dialog" and bool(customer and not customer.offer_closed),
            bare=bare,
        )

    def given(self, key: str) -> str:
        """What a field of the form was sent with."""
        return self.field(self.view().name(key))

    def field(self, name: str) -> str:
        """What was sent under a name."""
        return self._form.get(name, "")


def html(text: str, status: int = 200, **headers: str) -> Response:
    """A page as an answer; header names are written with underscores."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, text.encode(), "text/html; charset=utf-8", {**_HEADERS, **more})


def go_to(path: str, **headers: str) -> Response:
    """Send the browser to another page."""
    return html("", 303, Location=path, **headers)


def refused(visit: Visit, why: str) -> Response:
    """The page of a form that does not count."""
    view = visit.view()
    return html(page(view, "forbidden", alert(view.say(why))), 403)
