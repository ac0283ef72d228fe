"""What may leave the browser: pages of the portal alone, and of what is submitted one request.

Two things that browsers do by themselves are kept from them here. Chromium sends a POST once more,
unasked, when a connection that it had used before breaks: so after the last click such a request
is made by Playwright, which sends it once. And a form that is submitted twice by its own script,
or by a page that hears a click twice, sends two: the second is dropped.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from meterctl.utility.portal.description import Description, is_home

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, CDPSession, Page, Request, Route

_READING = frozenset(("GET", "HEAD", "OPTIONS"))


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
        self._sent.clear()

    def disarm(self) -> None:
        """What is submitted has been: a later login or page may send as it likes."""
        self._milliseconds = None
        self.unanswered = self.blocked = ""

    def _pass(self, route: Route, request: Request) -> None:
        with suppress_playwright():
            if _is_top(request) and self._keeps(request.url):
                route.abort("blockedbyclient")
            elif (
                self._milliseconds is None
                or request.method in _READING
                or not is_home(self._description, request.url)
            ):
                route.continue_()
            else:
                self._pass_once(route, request, self._milliseconds)

    def _pass_once(self, route: Route, request: Request, milliseconds: float) -> None:
        from playwright.sync_api import Error

        where = urlsplit(request.url)._replace(query="", fragment="").geturl()
        if where in self._sent:
            route.abort("blockedbyclient")
            return
        self._sent.add(where)
        try:
            answer = route.fetch(max_redirects=0, max_retries=0, timeout=milliseconds)
        except Error as error:
            self.unanswered = error.message.splitlines()[0].removeprefix("Route.fetch: ")
            route.abort("failed")
            return
        # In a window that has only just opened, nobody watches redirects yet.
        if _is_redirect(answer.status) and self._keeps(
            urljoin(request.url, answer.headers.get("location", ""))
        ):
            route.abort("blockedbyclient")
        else:
            route.fulfill(response=answer)

    def _keeps(self, url: str) -> bool:
        """Whether a page must not be opened; which is written down."""
        parts = urlsplit(url)
        if parts.scheme in ("about", "blob", "data") or is_home(self._description, url):
            return False
        self.blocked = parts.netloc.rpartition("@")[2] or parts.scheme
        return True


def _is_redirect(status: int) -> bool:
    return 300 <= status < 400


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
