"""The hands and eyes on a page: to wait for something, click, type, choose, all within a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from meterctl.remote import one_line, retry_after
from meterctl.utility.port import Lost, Misconfigured, NotTaken, Refused, Rejected
from meterctl.utility.portal.elements import Element, Place, Step
from meterctl.utility.portal.gate import suppress_playwright
from meterctl.utility.portal.window import CHECK, POLL, Ended, Window

if TYPE_CHECKING:
    from playwright.sync_api import Locator

BY_HAND = "log in there yourself once, in a browser of your own"
_DISMISSALS = 5  # while one thing is waited for


class Expired(Exception):
    """The portal has forgotten that we had logged in."""


class NotSeen(Exception):
    """What was waited for has not appeared."""


class Tab(Window):
    """A window that is worked in."""

    def go(self, steps: Iterable[Step], number: str, *, is_in: bool = True) -> None:
        """Follow a way; an address is gone to, anything else clicked."""
        for step in steps:
            if isinstance(step, Place):
                self.open(step.of(number).path)
            else:
                self.click(step.of(number), is_in=is_in)

    def click(self, element: Element, *, is_in: bool = True) -> None:
        """Click something once it is there."""
        locator = self.need(element, is_in=is_in)
        with self._of(element):
            locator.click(timeout=self.milliseconds(), no_wait_after=True)
        self.pause(POLL)  # where it leads to another page, that has begun to come

    def fill(self, element: Element, text: str, *, is_in: bool = True) -> None:
        """Type into a field, and look whether it stands there."""
        locator = self.need(element, is_in=is_in)
        with self._of(element):
            locator.fill(text, timeout=self.milliseconds())
            stands = locator.input_value(timeout=self.milliseconds())
        if stands != text:
            raise Ended(Misconfigured(f"{element}: the field does not keep what is typed", CHECK))

    def choose(self, element: Element, text: str) -> None:
        """Choose from a list by the text of an option; or mark what is no list."""
        locator = self.need(element)
        with self._of(element):
            if not _is_list(locator):
                locator.check(timeout=self.milliseconds())
                return
            options = [
                " ".join(one.split()) for one in locator.locator("option").all_text_contents()
            ]
        fits = [place for place, one in enumerate(options) if _is_named(one, text)]
        if len(fits) != 1:
            what = f"are {len(fits)} choices" if fits else "is no choice"
            raise Ended(Misconfigured(f"{element}: {text} {what} there", CHECK))
        with self._of(element):
            locator.select_option(index=fits[0], timeout=self.milliseconds())

    def leave(self, element: Element) -> None:
        """Let a field know that nothing more is typed into it."""
        locator = self.need(element)
        with self._of(element):
            locator.blur(timeout=self.milliseconds())

    def check_kept(self, element: Element, is_ours: Callable[[str], bool]) -> None:
        """Go on, unless a field has not kept what was typed.

        Raises:
            Ended: it has not.
        """
        locator = self.need(element)
        with self._of(element):
            stands = locator.input_value(timeout=self.milliseconds())
        if not is_ours(stands):
            why = f"{element}: the page has made {one_line(stands, 40)!r} of what was typed"
            raise Ended(Misconfigured(why, CHECK))

    def check_chosen(self, element: Element, text: str) -> None:
        """Go on, unless something else is chosen than `choose` has.

        Raises:
            Ended: it is.
        """
        locator = self.need(element)
        with self._of(element):
            if _is_list(locator):
                chosen = locator.evaluate("one => [...one.selectedOptions].map(o => o.text)")
                is_ours = len(chosen) == 1 and _is_named(" ".join(chosen[0].split()), text)
            else:
                is_ours = locator.is_checked(timeout=self.milliseconds())
        if not is_ours:
            raise Ended(Misconfigured(f"{element}: the page has chosen another than {text}", CHECK))

    def tick(self, elements: Iterable[Element]) -> None:
        """Mark the boxes that are there."""
        for element in elements:
            if (locator := self.one(element)) is not None:
                with self._of(element):
                    locator.check(timeout=self.milliseconds())

    def ready(self, element: Element) -> Locator:
        """Something that could be clicked now, proven without a click."""
        locator = self.need(element)
        with self._of(element):
            locator.click(timeout=self.milliseconds(), trial=True)
        return locator

    def need(self, element: Element, *, is_in: bool = True) -> Locator:
        """Wait for something of which there is one.

        Raises:
            Ended: there is none in time, or several, or the portal says something else instead.
            Expired: we are to log in again.
        """
        self.see([element], is_in=is_in)
        locator = self.one(element)
        if locator is None:  # it went while it was counted
            raise Ended(Misconfigured(f"{element} does not stay on {self.where}", CHECK))
        return locator

    def see(
        self, wanted: Sequence[Element], instead: Sequence[Element] = (), *, is_in: bool = True
    ) -> Element:
        """Wait for one of these; what stands in the way is put aside.

        Args:
            wanted: One of them is to come.
            instead: What may come in its place; it is looked for first.
            is_in: We are logged in: a login page says that we are not any more.

        Raises:
            Ended: none comes in time, or the portal says something else instead.
            Expired: we are to log in again.
        """
        try:
            return self.await_one([*instead, *wanted], is_in=is_in)
        except NotSeen:
            names = " nor ".join(str(element) for element in wanted)
            why = f"{names} was not found on {self.where}"
            raise Ended(Misconfigured(why, CHECK)) from None

    def await_one(self, wanted: Sequence[Element], *, is_in: bool = True) -> Element:
        """Wait for one of these, as `see` does, where it means something that none comes.

        Raises:
            NotSeen: none comes in time.
        """
        until = time.monotonic() + self.milliseconds() / 1000
        says, dismissals = self._description.says, 0
        ends = [*says.maintenance, *says.captcha, *says.two_factor]
        ends += [*says.expired, self._description.login.password] if is_in else []
        while True:
            self._check_answer()
            self.wait((until - time.monotonic()) * 1000)
            if self.dialogs or self.any_of([*self._description.dismiss, *ends]):
                if dismissals < _DISMISSALS and self._dismiss():
                    dismissals += 1
                self._heed(is_in=is_in)
            for element in wanted if self.any_of(wanted) else ():
                if self.first(element) is not None:
                    return element
            if time.monotonic() > until:
                raise NotSeen
            self.pause(POLL)

    def said(self, elements: Iterable[Element], stood: Collection[Element] = ()) -> str | None:
        """What the first of these that can be seen, or was said in a box, says; None: none is.

        Args:
            elements: They.
            stood: Which of them were there before, and say nothing now.
        """
        for element in elements:
            if element not in stood and (locator := self.first(element)) is not None:
                with suppress_playwright():  # it went while it was read
                    return one_line(locator.inner_text(timeout=1_000)) or element.text
            if element.kind == "text":
                for text in self.dialogs:
                    if element.text.casefold() in text.casefold():
                        return one_line(text)
        return None

    def check_taken(self, stood: Collection[Element] = ()) -> None:
        """Go on, unless the portal says that it does not take the reading.

        Args:
            stood: What was there before, and says nothing now.

        Raises:
            Ended: it does.
        """
        says = self._description.says
        if (text := self.said(says.closed, stood)) is not None:
            raise Ended(NotTaken(f"its window for readings is closed: {text}"))
        if (text := self.said(says.refused, stood)) is not None:
            raise Ended(Rejected(text))

    def _heed(self, *, is_in: bool) -> None:
        """Go on, unless the portal says something that ends it."""
        says = self._description.says
        if (text := self.said(says.maintenance)) is not None:
            raise Ended(NotTaken(f"the portal is being worked on: {text}"))
        if self.said(says.captcha) is not None:
            raise Ended(Refused("it shows a CAPTCHA, which only a person can answer", BY_HAND))
        if self.said(says.two_factor) is not None:
            raise Ended(Refused("it asks for a second factor, which only a person has", BY_HAND))
        if is_in and (
            self.said(says.expired) is not None
            or self.first(self._description.login.password) is not None
        ):
            raise Expired

    def _check_answer(self) -> None:
        """Go on, unless what was sent or asked for got no good answer."""
        self.check_host()
        if self.gate.unanswered:
            raise Ended(Lost(f"no answer came: {self.gate.unanswered}"))
        if self.status == 429 or self.status >= 500:
            wait = retry_after(self.headers, int(time.time() * 1000))
            raise Ended(NotTaken(f"the portal answered HTTP {self.status}", wait=wait))

    def _dismiss(self) -> bool:
        """Put a banner aside; whether there was one."""
        for element in self._description.dismiss:
            if (locator := self.first(element)) is not None:
                with suppress_playwright():  # it went by itself
                    locator.click(timeout=min(self.milliseconds(), 2_000), no_wait_after=True)
                self.pause(POLL)  # as after every click
                return True
        return False

    @contextmanager
    def _of(self, element: Element) -> Iterator[None]:
        """What goes wrong in here is told of this element."""
        from playwright.sync_api import Error

        try:
            yield
        except Error as error:
            self.check_gone(error)
            why = one_line(error.message.splitlines()[0].partition(": ")[2], 120)
            raise Ended(Misconfigured(f"{element} cannot be used: {why}", CHECK)) from error


def _is_list(locator: Locator) -> bool:
    return bool(locator.evaluate("one => one.tagName") == "SELECT")


def _is_named(option: str, text: str) -> bool:
    """Whether an option of a list is the one of this text, or has it as a word."""
    return (
        text == option
        or text
        in option.replace(",", " ").replace("(", " ").replace(")", " ").replace(":", " ").split()
    )
