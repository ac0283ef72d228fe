"""A tab of the browser with the page in it, and what a person does there."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from tests.http.dashboard.stage import PATIENCE, Login, Stage

SCREENSHOTS = Path(__file__).parents[3] / "build" / "screenshots"
PHONE = (390, 844)
DESKTOP = (1200, 850)

# The browser itself says so of each answer that says no; the page cannot keep it from that.
_ANSWERED_NO = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
_NOT_REACHED = re.compile(r"Failed to load resource: net::ERR_|.*net::ERR_")


class Tab:
    """The page, and all that it complained of."""

    def __init__(self, page: Page, stage: Stage) -> None:
        self.page = page
        self.stage = stage
        self.complaints: list[str] = []
        self.may_hear: set[int] = set()  # statuses that this test lets the server answer
        self.may_be_cut = False
        self.asked: list[Request] = []
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)
        # Violations are written to the console too, but only this tells of each.
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => console.error("
            "`CSP: ${event.violatedDirective} ${event.blockedURI}`))"
        )

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if match := _ANSWERED_NO.match(message.text):
            if int(match[1]) in self.may_hear:
                return
        elif _NOT_REACHED.match(message.text) and self.may_be_cut:
            return
        self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        self.asked.append(request)

    def check(self) -> None:
        """Nothing was complained of, and nobody but the server was asked."""
        assert not self.complaints, self.complaints
        assert not [one.url for one in self.asked if not one.url.startswith(self.stage.url)]

    def open(self, part: str = "") -> None:
        """Go to the page."""
        self.page.goto(f"{self.stage.url}/{part}")

    def begin_with(self, token: str) -> None:
        """Let the tab have a token already when it first opens the page."""
        self.page.add_init_script(
            f"if (!name) {{ name = 'begun'; sessionStorage.setItem('meterctl.token', '{token}') }}"
        )

    def log_in(self, login: Login) -> None:
        """Log in, and wait for what there is to see."""
        self.page.get_by_label("Client id").fill(login.id)
        self.page.get_by_label("Secret").fill(login.secret)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def part(self, name: str) -> None:
        """Go to a part of the page by its tab."""
        self.page.get_by_role("navigation").get_by_role("link", name=name).click()

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until a text is there to be seen."""
        expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()

    def field(self, name: str) -> Locator:
        """The field of a meter's value."""
        return self.page.locator(f"#value-{name}")

    def card(self, meter: str) -> Locator:
        """The card of a meter's current reading."""
        return self.page.locator(f"[data-meter={meter}]")

    def picture(self, name: str) -> None:
        """Keep what is seen."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")


class Tabs:
    """Opens tabs; at the end each is asked for its complaints, and closed."""

    def __init__(self, browser: Browser, stack: ExitStack) -> None:
        self._browser = browser
        self._stack = stack

    def open(
        self,
        stage: Stage,
        *,
        size: tuple[int, int] = PHONE,
        scheme: Literal["light", "dark"] = "light",
        motion: Literal["reduce", "no-preference"] = "no-preference",
    ) -> Tab:
        """A tab of its own, that knows nothing of any other."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion=motion,
        )
        self._stack.callback(context.close)
        tab = Tab(context.new_page(), stage)
        self._stack.callback(tab.check)
        return tab
