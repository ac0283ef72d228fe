"""One browser context and the pages in it: what is there, and what can be found on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from meterctl.utility.port import Misconfigured, NotTaken, Outcome
from meterctl.utility.portal.description import Description, is_home
from meterctl.utility.portal.elements import Element
from meterctl.utility.portal.gate import Gate, suppress_playwright

if TYPE_CHECKING:
    from playwright.sync_api import (
        Browser,
        CDPSession,
        Dialog,
        Error,
        Frame,
        JSHandle,
        Locator,
        Page,
        Request,
        Response,
    )

CHECK = "correct METERCTL_PORTAL_CONFIG: docs/portal.md"
POLL = 50  # milliseconds
_LEAST_WAIT = 500  # milliseconds: a page that is there needs less, on a busy machine too
_CONTENT = ("document", "script", "xhr", "fetch")  # kinds of request that a page's text may be of
_BLANK = ("", "about:blank", "about:srcdoc")


class Ended(Exception):
    """It is over, and this came of it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Window:
    """What a person would have before them.

    Args:
        browser: It.
        description: Of the portal.
        seconds: What is left of the time for all of this.
    """

    def __init__(
        self, browser: Browser, description: Description, seconds: Callable[[], float]
    ) -> None:
        self.gate = Gate(description)
        self.dialogs: list[str] = []  # what boxes of the browser's have said
        self.status = 0  # of the newest page; 0: none has come
        self.headers: dict[str, str] = {}
        self._description = description
        self._seconds = seconds
        self._pages: list[Page] = []
        self._sessions: dict[Page, CDPSession] = {}
        self._loading: set[Request] = set()
        self._loaded = time.monotonic()  # when the newest of them ended
        self._context = browser.new_context(
            service_workers="block", accept_downloads=False, locale=description.language or None
        )
        self.gate.watch(self._context)
        self._opened(self._context.new_page())
        self._context.on("page", self._opened)
        self._context.on("request", self._began)
        self._context.on("requestfinished", self._ended)
        self._context.on("requestfailed", self._ended)

    def close(self) -> None:
        """Forget all that this context knows."""
        with suppress_playwright():  # the browser has gone
            self._context.close()

    def turn(self) -> None:
        """Begin something else: what was met before says nothing of it."""
        self.gate.disarm()
        self.dialogs.clear()
        self.status = 0

    @property
    def page(self) -> Page:
        """The page that is looked at: the newest one of the portal's."""
        for page in reversed(self._pages):
            if not page.is_closed() and self._is_home(page):
                return page
        return self._pages[0]

    @property
    def where(self) -> str:
        """Its address, as far as it may be shown."""
        parts = urlsplit(self.page.url)
        # What stands behind a `;` may be the session's.
        path = "/".join(part.partition(";")[0] for part in parts.path.split("/"))
        return f"{parts.netloc.rpartition('@')[2]}{path}"

    @property
    def quiet_seconds(self) -> float:
        """For how long the page has asked for nothing; 0 while it waits for an answer."""
        return 0.0 if self._loading else time.monotonic() - self._loaded

    def milliseconds(self) -> float:
        """What one step may take.

        Raises:
            Ended: nothing is left.
        """
        left = min(self._description.step_seconds, self._seconds())
        if left <= 0:
            raise Ended(NotTaken("the portal took more time than there is"))
        return left * 1000

    def open(self, path: str) -> None:
        """Go to an address of the portal's.

        Raises:
            Ended: no page came.
        """
        from playwright.sync_api import Error
        from playwright.sync_api import TimeoutError as TookTooLong

        url = urljoin(self._description.start, path)
        host = urlsplit(url).netloc
        while True:
            try:
                self.page.goto(url, wait_until="domcontentloaded", timeout=self.milliseconds())
            except TookTooLong as error:
                why = f"{host} gave no page within its time"
                raise Ended(NotTaken(why, unreached=not self.status)) from error
            except Error as error:
                self.check_host()
                self.check_gone(error)
                # The browser was about to show its own page of an error, or a script another one.
                if "interrupted by another navigation" in error.message:
                    self.pause(POLL)
                    continue
                if "ERR_HTTP_RESPONSE_CODE_FAILURE" not in error.message:
                    raise Ended(_unreached(host, error.message, known=bool(self.status))) from error
            return

    def any_of(self, elements: Sequence[Element]) -> bool:
        """Whether one of these may be there: one question to the browser in place of many."""
        from playwright.sync_api import Error

        for frame in self._frames() if elements else ():
            try:
                first, *others = (within(frame, one) for one in elements)
                together = reduce(lambda one, other: one.or_(other), others, first)
                if together.filter(visible=True).count():
                    return True
            except Error as error:  # looked at one by one, it is told what is wrong
                self.check_gone(error)
                return True
        return False

    def first(self, element: Element) -> Locator | None:
        """One that can be seen just now, in any frame of the portal's own; None: there is none."""
        found = self.all(element)
        return None if found is None else found.first

    def one(self, element: Element) -> Locator | None:
        """The one that can be seen just now; None: there is none.

        Raises:
            Ended: there are several, and nobody knows which is meant.
        """
        found, many = self._found(element)
        if many > 1:
            raise Ended(Misconfigured(f"{element} is {many} things on {self.where}", CHECK))
        return found

    def all(self, element: Element) -> Locator | None:
        """All that can be seen just now, in the first frame that has any; None: there is none."""
        return self._found(element)[0]

    def hidden(self, element: Element) -> int:
        """How many there are that cannot be seen."""
        many = 0
        for frame in self._frames():
            with suppress_playwright():  # it has just gone
                many += within(frame, element).filter(visible=False).count()
        return many

    def _found(self, element: Element) -> tuple[Locator | None, int]:
        from playwright.sync_api import Error

        for frame in self._frames():
            try:
                locator = within(frame, element).filter(visible=True)
                if many := locator.count():
                    return locator, many
            except Error as error:  # the page is just going
                self.check_gone(error)
                if "parsing css" in error.message.lower():
                    raise Ended(Misconfigured(f"{element} is no CSS selector", CHECK)) from error
        return None, 0

    def _frames(self) -> list[Frame]:
        """The page, and what is in it of the portal's own."""
        return [
            frame
            for frame in self.page.frames
            if frame.parent_frame is None or self._is_home(frame)
        ]

    def texts(self) -> list[str]:
        """What can be read on the page, frame by frame."""
        texts = []
        for frame in self._frames():
            with suppress_playwright():  # it has just gone
                texts.append(frame.locator("body").inner_text(timeout=1_000))
        return texts

    def document(self) -> JSHandle:
        """The page that is there now, whatever comes after it."""
        return self.page.evaluate_handle("() => document")

    def has_left(self, document: JSHandle) -> bool:
        """Whether a page has gone, with all that its scripts still had in mind."""
        from playwright.sync_api import Error

        try:
            document.evaluate("() => 0")
        except Error:
            return True
        return False

    def pause(self, milliseconds: float) -> None:
        """Let the page go on for a moment."""
        from playwright.sync_api import Error

        try:
            self.page.wait_for_timeout(milliseconds)
        except Error as error:
            self.check_gone(error)

    def wait(self, milliseconds: float) -> None:
        """Wait until the page can be looked at: while another one is to come, it cannot.

        Raises:
            Ended: it still cannot.
        """
        from playwright.sync_api import Error
        from playwright.sync_api import TimeoutError as TookTooLong

        try:
            self.page.locator("html").wait_for(
                state="attached", timeout=max(milliseconds, _LEAST_WAIT)
            )
        except TookTooLong as error:
            host = urlsplit(self._description.start).netloc
            raise Ended(NotTaken(f"{host} gave no page within its time")) from error
        except Error as error:
            self.check_gone(error)

    def stop(self) -> None:
        """Wait for no other page any more: the one that is there can be looked at again."""
        with suppress_playwright():
            if (session := self._sessions.get(self.page)) is not None:
                session.send("Page.stopLoading")

    def check_host(self) -> None:
        """Go on, unless a page of another host was to be opened.

        Raises:
            Ended: it was.
        """
        if host := self.gate.blocked:
            raise Ended(
                Misconfigured(
                    f"it leads to another host: {host[:80]}",
                    "if that is the utility's own, name it in `hosts` of METERCTL_PORTAL_CONFIG",
                )
            )

    def check_gone(self, error: Error) -> None:
        """Go on, unless there is no page any more: then the error is raised."""
        if all(page.is_closed() for page in self._pages):
            raise error

    def _is_home(self, page: Page | Frame) -> bool:
        return page.url in _BLANK or is_home(self._description, page.url)

    def _opened(self, page: Page) -> None:
        self._pages.append(page)
        page.on("dialog", self._asked)
        page.on("response", self._answered)
        with suppress_playwright():  # it has closed again
            self._sessions[page] = self.gate.watch_redirects(page)

    def _began(self, request: Request) -> None:
        if request.resource_type in _CONTENT:
            self._loading.add(request)

    def _ended(self, request: Request) -> None:
        self._loading.discard(request)
        self._loaded = time.monotonic()

    def _asked(self, dialog: Dialog) -> None:
        """A box of the browser's: it is read; what it asks is answered with no."""
        self.dialogs.append(dialog.message)
        with suppress_playwright():
            if dialog.type in ("alert", "beforeunload"):
                dialog.accept()
            else:
                dialog.dismiss()

    def _answered(self, response: Response) -> None:
        with suppress_playwright():
            is_page = response.request.is_navigation_request()
            if is_page and response.frame.parent_frame is None:
                self.status, self.headers = response.status, response.headers


def within(place: Frame | Locator, element: Element) -> Locator:
    """All that an element's description fits, within a page or a part of it."""
    text = element.text
    match element.kind:
        case "label":
            # The text of a label around a list has that of its options in it; the list's name not.
            listed = place.get_by_role("combobox", name=text, exact=True)
            return place.get_by_label(text, exact=True).or_(listed)
        case "placeholder":
            return place.get_by_placeholder(text, exact=True)
        case "button":
            return place.get_by_role("button", name=text, exact=True)
        case "link":
            return place.get_by_role("link", name=text, exact=True)
        case "heading":
            return place.get_by_role("heading", name=text, exact=True)
        case "text":
            return place.get_by_text(text)
        case _:
            return place.locator(f"css={text}")


def _unreached(host: str, message: str, *, known: bool) -> NotTaken:
    """A page that could not be opened, by the browser's own word for it."""
    word = next((part for part in message.split() if part.startswith("net::")), "net::ERR_FAILED")
    word = word.removeprefix("net::")
    is_false = word.startswith(("ERR_CERT", "ERR_SSL"))
    hint = "check METERCTL_PORTAL_URL, and this machine's clock" if is_false else ""
    why = f"{host} was not reached: {word}"
    return NotTaken(why, hint, nonsense=is_false, unreached=not known)
