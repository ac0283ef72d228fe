"""What may leave the browser: pages of the portal alone, and of what is submitted one request.

Two things that browsers do by themselves are kept from them here. Chromium sends a POST once more,
unasked, when a connection that it had used before breaks: so after the last click such a request
is made by Playwright, which sends it once, wherever it goes; and so is the first page that is asked
for with a query then, which a form by GET may be. And a form that is submitted twice by its own
script, or by a page that hears a click twice, sends two: the second is dropped.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from meterctl.utility.portal.description import Description, is_home

if TYPE_CHECKING:
    from playwright.sync_api import (
        APIResponse,
        BrowserContext,
        CDPSession,
        Page,
        Request,
        Route,
    )

_READING = frozenset(("GET", "HEAD", "OPTIONS"))
_SAME_AGAIN = (307, 308)  # redirects that carry on what was sent
_MOST_REDIRECTS = 5


class Gate:
    """Between one browser context and the network.

    Args:
        description: Knows which hosts are the portal's.
    """

    def __init__(self, description: Description) -> None:
        self.blocked = ""  # the host of the last page that was kept from opening
        self.unanswered = ""  # what became of a submitted request that got no answer
        self._description = description
        self._milliseconds: float | None = None
        self._sent: set[str] = set()
        self._is_first_page = False  # that is asked for since

    @property
    def has_sent(self) -> bool:
        """Whether something that may change something has left since it was armed."""
        return bool(self._sent)

    def watch(self, context: BrowserContext) -> None:
        """Stand before all that a context sends."""
        context.route("**/*", self._pass)

    def watch_redirects(self, page: Page) -> CDPSession:
        """Stand before the redirects of a page as well, which Playwright lets by."""
        session = page.context.new_cdp_session(page)
        frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]

        def paused(event: dict[str, Any]) -> None:
            which = {"requestId": event["requestId"]}
            with suppress_playwright():
                if event.get("frameId") == frame and self._keeps(event["request"]["url"]):
                    session.send("Fetch.failRequest", {**which, "errorReason": "BlockedByClient"})
                else:
                    session.send("Fetch.continueRequest", which)

        session.on("Fetch.requestPaused", paused)
        documents = {"urlPattern": "*", "resourceType": "Document"}
        session.send("Fetch.enable", {"patterns": [documents]})
        return session

    def arm(self, milliseconds: float) -> None:
        """From here on each address takes one request that changes something, and no second."""
        self._milliseconds = milliseconds
        self._is_first_page = True
        self._sent.clear()

    def disarm(self) -> None:
        """What is submitted has been: a later login or page may send as it likes."""
        self._milliseconds = None
        self.unanswered = self.blocked = ""

    def _pass(self, route: Route, request: Request) -> None:
        with suppress_playwright():
            if _is_top(request) and self._keeps(request.url):
                route.abort("blockedbyclient")
            elif self._milliseconds is None or not self._may_submit(request):
                route.continue_()
            else:
                self._pass_once(route, request, self._milliseconds)

    def _may_submit(self, request: Request) -> bool:
        if request.method not in _READING:
            self._is_first_page = self._is_first_page and not request.is_navigation_request()
            return True
        if request.is_navigation_request() and is_home(self._description, request.url):
            is_first, self._is_first_page = self._is_first_page, False
            is_form = is_first and "?" in request.url
            return is_form or f"GET {_plain(request.url)}" in self._sent
        return False

    def _pass_once(self, route: Route, request: Request, milliseconds: float) -> None:
        from playwright.sync_api import Error

        url, is_ours = request.url, is_home(self._description, request.url)
        for _ in range(_MOST_REDIRECTS):
            what = _plain(url) if request.method not in _READING else f"GET {_plain(url)}"
            if what in self._sent:
                break
            self._sent.add(what)
            try:
                answer = route.fetch(url=url, max_redirects=0, max_retries=0, timeout=milliseconds)
            except Error as error:
                if is_ours:  # of another's, what counts ends the same: the page says nothing
                    self.unanswered = error.message.splitlines()[0].removeprefix("Route.fetch: ")
                route.abort("failed")
                return
            onward = _onward(url, answer)
            if not onward:
                route.fulfill(response=answer)
                return
            # In a window that has only just opened, nobody watches redirects yet.
            if is_ours and self._keeps(onward):
                break
            if answer.status not in _SAME_AGAIN or request.method in _READING:
                # The browser takes it for an answer of the address that it has asked.
                route.fulfill(response=answer, headers={**answer.headers, "location": onward})
                return
            # Chromium would send the same there, and again where that connection breaks.
            if not is_ours and urlsplit(onward).netloc != urlsplit(url).netloc:
                break
            url = onward
        route.abort("blockedbyclient")

    def _keeps(self, url: str) -> bool:
        """Whether a page must not be opened; which is written down."""
        parts = urlsplit(url)
        if parts.scheme in ("about", "blob", "data") or is_home(self._description, url):
            return False
        self.blocked = parts.netloc.rpartition("@")[2] or parts.scheme
        return True


def _plain(url: str) -> str:
    return urlsplit(url)._replace(query="", fragment="").geturl()


def _onward(url: str, answer: APIResponse) -> str:
    """Where an answer of an address leads; empty: it is no redirect."""
    if not 300 <= answer.status < 400 or "location" not in answer.headers:
        return ""
    return urljoin(url, answer.headers["location"])


def _is_top(request: Request) -> bool:
    """Whether a request is for a page, not for something on one."""
    from playwright.sync_api import Error

    if not request.is_navigation_request():
        return False
    try:
        return request.frame.parent_frame is None
    except Error:  # a window that is only just opening
        return True


class suppress_playwright(suppress):  # noqa: N801 (like contextlib.suppress, which it is)
    """Pass over that a page has gone while something was done to it."""

    def __init__(self) -> None:
        from playwright.sync_api import Error

        super().__init__(Error)
