"""The process that a browser is driven in: told what to do by the process that started it.

It is one of its own so that nothing a page does can hold up the run: whoever started it kills it,
with the browser, when the time is up. And where that one is killed, the pipe between the two
closes, and this one and its browser end as well.
"""

from __future__ import annotations

import os
import pickle
import queue
import re
import signal
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from meterctl.redact import Mask, mask_for
from meterctl.remote import one_line
from meterctl.utility.port import Lost, Misconfigured, NotTaken, NotThere, Outcome
from meterctl.utility.portal.entrance import Entrance
from meterctl.utility.portal.evidence import Cabinet
from meterctl.utility.portal.orders import Bug, Job, Leaving, Setup, Told
from meterctl.utility.portal.tab import Tab
from meterctl.utility.portal.visit import Visit
from meterctl.utility.portal.window import Ended

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright, ProxySettings

_PICTURE_MILLISECONDS = 5_000
_ENDED_BY_ITSELF = re.compile(r"process did exit: exitCode=[0-9]+, signal=null")
_SEE = "see METERCTL_PORTAL_BROWSER in docs/portal.md"
_LAST_SECONDS = 2.0  # kept for the evidence and the answer


class Worker:
    """It.

    Args:
        setup: What it was told first.
        playwright: Drives browsers.
        out: Where it tells whoever started it.
    """

    def __init__(self, setup: Setup, playwright: Playwright, out: BinaryIO) -> None:
        self._setup = setup
        self._playwright = playwright
        self._out = out
        self._mask: Mask = mask_for(setup.secrets)
        self._cabinet = Cabinet(setup.evidence, self._mask, setup.secrets)
        self._browser: Browser | None = None
        self._until = 0.0
        self._has_left = False
        description = setup.description
        self._entrance = Entrance(description.login, setup.user, setup.password, self._fresh)
        self._visit = Visit(description, self._entrance, self._leaving, self._keep)

    def work(self, jobs: queue.SimpleQueue[Job | None]) -> None:
        """Do one after the other until there are no more."""
        while (job := jobs.get()) is not None:
            self.tell(self._done(job))
        self._let_go()

    def tell(self, told: Told) -> None:
        """Tell whoever started it."""
        pickle.dump(told, self._out)
        self._out.flush()

    def _done(self, job: Job) -> Outcome | Bug:
        from playwright.sync_api import Error

        self._has_left = False
        last = min(_LAST_SECONDS, job.seconds / 4)
        self._until = time.monotonic() + job.seconds - last
        try:
            outcome = self._outcome(job)
        except Error as error:
            self._let_go()
            return self._broken(error)
        except Exception:  # noqa: BLE001 (told to whoever can raise it)
            self._let_go()
            return Bug(self._mask(traceback.format_exc()))
        if isinstance(outcome, Misconfigured) and self._left() <= 0:
            # What was not found before the time was over may well have been about to come.
            outcome = NotTaken(f"{outcome.why}, and no time was left", answer=outcome.answer)
        return self._masked(outcome)

    def _outcome(self, job: Job) -> Outcome:
        if job.task is None:
            return self._let_in()
        return self._visit.ask(job.task) if job.is_question else self._visit.submit(job.task)

    def _let_in(self) -> Outcome:
        """Whether it lets us in, asked anew."""
        self._entrance.close()
        try:
            self._entrance.within(lambda _: None)
        except Ended as ended:
            return ended.outcome
        return NotThere()

    def _masked(self, outcome: Outcome) -> Outcome:
        """Without secrets: what a page says is in it."""
        parts = (self._mask(part) if isinstance(part, str) else part for part in outcome)
        masked: Outcome = type(outcome)._make(parts)
        return masked

    def _broken(self, error: Exception) -> Outcome:
        """The browser has ended by itself, or what was in it."""
        first, *others = str(error).splitlines()
        said = next((line for line in others if "[err]" in line), first)  # the browser's own words
        why = f"the browser failed: {one_line(self._mask(said.partition('[err]')[2] or said))}"
        return Lost(why) if self._has_left else NotTaken(why, unreached=True)

    def _fresh(self) -> Tab:
        from playwright.sync_api import Error

        if self._browser is None or not self._browser.is_connected():
            try:
                self._browser = self._launched()
            except Error as error:
                if (wrong := _wrong_setting(str(error), self._setup)) is None:
                    raise
                raise Ended(wrong) from error
        return Tab(self._browser, self._setup.description, self._left)

    def _launched(self) -> Browser:
        return self._playwright.chromium.launch(
            executable_path=self._setup.browser,
            proxy=proxy_settings(self._setup.proxy),
            chromium_sandbox=self._setup.description.sandbox and os.geteuid() != 0,
            # Signals are for whoever started it.
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )

    def _left(self) -> float:
        return self._until - time.monotonic()

    def _leaving(self) -> None:
        self._has_left = True
        self.tell(Leaving())

    def _keep(self, tab: Tab, key: str) -> str:
        tab.stop()
        return self._cabinet.keep(tab.page, key, _PICTURE_MILLISECONDS)

    def _let_go(self) -> None:
        from playwright.sync_api import Error

        browser, self._browser = self._browser, None
        try:
            self._entrance.close()
            if browser is not None:
                browser.close()
        except Error:  # it has gone
            return


def proxy_settings(proxy: str | None) -> ProxySettings | None:
    """A proxy as Playwright takes it: who logs in there is no part of what others see in `ps`."""
    if proxy is None:
        return None
    parts = urlsplit(proxy)
    settings: ProxySettings = {"server": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"}
    if parts.username is not None:
        settings["username"] = unquote(parts.username)
        settings["password"] = unquote(parts.password or "")
    return settings


def _wrong_setting(message: str, setup: Setup) -> Misconfigured | None:
    """The setting for which a browser does not start, by what is said of it; None: another cause.

    A browser that is short of something is ended by a signal; what ends by itself is none, or one
    that lacks a library.
    """
    if "sandboxing failed" in message:
        hint = "set `sandbox = false` in METERCTL_PORTAL_CONFIG, where this cannot be allowed"
        return Misconfigured("the browser's sandbox is not allowed on this machine", hint)
    if _ENDED_BY_ITSELF.search(message):
        named = setup.browser or "playwright's browser"
        return Misconfigured(f"{named} is no browser that runs here", _SEE)
    return None


def main() -> None:
    """Be told what to do on stdin, and tell what came of it on stdout."""
    # What libraries print must not stand among the answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    setup: Setup = pickle.load(sys.stdin.buffer)  # noqa: S301 (from the process that started us)
    jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, jobs), daemon=True).start()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        Worker(setup, playwright, out).work(jobs)


def _listen(stream: BinaryIO, jobs: queue.SimpleQueue[Job | None]) -> None:
    """Pass on what comes; where the other end has gone without a word, end with all of ours."""
    job: Job | None = None
    try:
        while (job := pickle.load(stream)) is not None:  # noqa: S301 (as above)
            jobs.put(job)
    except (EOFError, OSError, pickle.UnpicklingError):
        os.killpg(0, signal.SIGKILL)  # it leads its group: the driver, and by it the browser
    jobs.put(None)
    # Past the stream's buffer, whose lock the interpreter would wait a second for at its end.
    if os.read(stream.fileno(), 1) == b"":  # nor may it wait for us in vain
        threading.Event().wait(10)
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
