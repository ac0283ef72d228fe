"""One reading taken to the portal: in, looked whether it is there, entered, and looked again.

The last click is the point of no return. Whatever goes wrong before it has provably submitted
nothing; from it on nothing is believed but the portal's own list of readings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from meterctl.remote import one_line
from meterctl.utility.answers import with_another_value
from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
)
from meterctl.utility.portal.description import Description, Form
from meterctl.utility.portal.entrance import Entrance
from meterctl.utility.portal.history import Sight, Task
from meterctl.utility.portal.listing import look
from meterctl.utility.portal.tab import Expired, NotSeen, Tab
from meterctl.utility.portal.window import Ended

if TYPE_CHECKING:
    from playwright.sync_api import JSHandle, Locator

    from meterctl.utility.portal.elements import Element

_BY_HAND = "look at the portal's own list, then: meterctl submissions resolve"


class Heard(NamedTuple):
    """What the portal says after the last click."""

    why: str = ""  # what came instead of a word about the reading
    receipt: str = ""
    outcome: Outcome | None = None  # it says that it has not taken the reading
    has_gone: bool = False  # the page that submitted it, which so cannot do it again


class Ready(NamedTuple):
    """All is there for a click."""

    locator: Locator
    stood: list[Element]  # what stands there before it, and says nothing of it
    document: JSHandle  # of the page that it is on


class Visit:
    """What is done at the portal.

    Args:
        description: Of it.
        entrance: Where one gets in.
        leaving: Called before a click after which a reading may be submitted.
        keep: Keeps what the page shows; where.
    """

    def __init__(
        self,
        description: Description,
        entrance: Entrance,
        leaving: Callable[[], None],
        keep: Callable[[Tab, str], str],
    ) -> None:
        self._description = description
        self._entrance = entrance
        self._leaving = leaving
        self._keep = keep

    def submit(self, task: Task) -> Outcome:
        """Enter a reading, once, unless it is there."""
        try:
            ready = self._entrance.within(lambda tab: self._prepared(tab, task))
        except Ended as ended:
            return self._with_evidence(task, ended.outcome)
        return self._settled(task, self._submitted(ready))

    def ask(self, task: Task) -> Outcome:
        """Whether the list has a reading."""
        try:
            seen = self._entrance.within(lambda tab: self._sight(tab, task))
        except Ended as ended:
            return self._with_evidence(task, ended.outcome)
        if seen.is_there:
            return self._with_evidence(task, Accepted(seen.receipt))
        if seen.other:
            return self._with_evidence(task, _taken_by(seen))
        return NotThere(f"its list of readings shows none of {task.day.isoformat()}")

    def _prepared(self, tab: Tab, task: Task) -> Ready:
        """All up to the last click; what is then clicked.

        Raises:
            Ended: it must not be clicked, or cannot.
        """
        seen = self._sight(tab, task)
        if seen.is_there:
            raise Ended(Already(seen.receipt))
        if seen.other:
            raise Ended(_taken_by(seen))
        number, confirm = task.number, self._description.confirm
        form = _form_of(self._description.form, number)
        tab.go(form.open, number)
        self._expect(tab, task, form.value)
        if form.meter is not None:
            tab.choose(form.meter, form.choice)
        if form.date is not None:
            tab.fill(form.date, task.written)
        tab.fill(form.value, task.typed)
        tab.tick(form.tick)
        tab.leave(form.value)
        tab.ready(form.submit)  # a page may change its fields until then
        self._check_kept(tab, task, form)
        if confirm is None:
            return self._ready(tab, form.submit)
        last = confirm.submit.of(number)
        self._first_click(tab, task, form, last)
        tab.tick(one.of(number) for one in confirm.tick)
        return self._ready(tab, last)

    def _check_kept(self, tab: Tab, task: Task, form: Form) -> None:
        """Go on, unless the page has made something else of what was filled in.

        Raises:
            Ended: it has.
        """
        if form.meter is not None:
            tab.check_chosen(form.meter, form.choice)
        if form.date is not None:
            tab.check_kept(form.date, lambda stands: stands == task.written)
        # A page may write the same value in another way, with more noughts.
        figures = form.figures
        tab.check_kept(
            form.value,
            lambda stands: stands == task.typed or figures.read(stands) == task.amount,
        )

    def _ready(self, tab: Tab, last: Element) -> Ready:
        locator = tab.ready(last)
        words = [self._description.done, *self._instead]
        stood = [one for one in words if tab.first(one) is not None]
        tab.dialogs.clear()
        tab.gate.arm(tab.milliseconds())
        return Ready(locator, stood, tab.document())

    @property
    def _instead(self) -> list[Element]:
        """What it may say where it does not take a reading."""
        says = self._description.says
        return [*says.already, *says.closed, *says.refused]

    def _expect(self, tab: Tab, task: Task, wanted: Element) -> None:
        """Wait for what comes next, unless the portal says that it takes no reading.

        Raises:
            Ended: it does.
        """
        seen = tab.see([wanted], self._instead)
        tab.check_taken()
        if seen in self._description.says.already:
            raise Ended(self._already(tab, task, tab.said([seen]) or seen.text))

    def _already(self, tab: Tab, task: Task, said: str) -> Outcome:
        """It says that there is a reading for this time already: which, its list tells."""
        seen = self._sight(tab, task)
        if seen.is_there:
            return Already(seen.receipt)
        if seen.other:
            return _taken_by(seen)
        why = f"it says that a reading is there already, and its list shows none: {said}"
        return NotTaken(why, _BY_HAND, nonsense=True)

    def _first_click(self, tab: Tab, task: Task, form: Form, wanted: Element) -> None:
        """The click to the page where the reading is confirmed.

        It submits nothing, as the description has it; but where that page does not come, the
        portal may have changed, and the list of readings decides. Nothing is clicked again then.

        Raises:
            Ended: that page has not come, or says that no reading is taken.
        """
        from playwright.sync_api import Error

        ready = self._ready(tab, form.submit)
        instead = [one for one in self._instead if one not in ready.stood]
        heard: Heard | None = None
        self._leaving()
        try:
            ready.locator.click(timeout=tab.milliseconds(), no_wait_after=True)
            if tab.see([wanted], instead) != wanted and tab.first(wanted) is None:
                heard = self._stopped(tab, ready.stood, form)
        except Expired:
            heard = Heard("its session had ended")
        except Ended as ended:
            if isinstance(ended.outcome, Refused) and not tab.gate.has_sent:
                raise  # it wants a person before anything leaves
            heard = Heard(_why(ended.outcome))
        except Error as error:
            tab.check_gone(error)
            heard = Heard("the click did not come to its end")
        if heard is not None:
            raise Ended(self._settled(task, heard))
        tab.gate.disarm()
        tab.check_taken(ready.stood)
        if (text := tab.said(self._description.says.already, ready.stood)) is not None:
            raise Ended(self._already(tab, task, text))

    def _stopped(self, tab: Tab, stood: list[Element], form: Form) -> Heard:
        """What it says in place of the page where the reading is confirmed.

        Where something has left and the form does not stand there again, a click that was to
        submit nothing may have: then no words are a proof that it has not.
        """
        heard = self._not_confirmed(tab, stood)
        if heard.outcome is None or not tab.gate.has_sent or tab.first(form.value) is not None:
            return heard
        return Heard(_why(heard.outcome))

    def _submitted(self, ready: Ready) -> Heard:
        """Make the last click, and hear what the portal says."""
        from playwright.sync_api import Error

        tab = self._entrance.tab
        words = [one for one in (self._description.done, *self._instead) if one not in ready.stood]
        self._leaving()
        try:
            ready.locator.click(timeout=tab.milliseconds(), no_wait_after=True)
            seen = tab.await_one(words)
        except NotSeen:
            return self._not_confirmed(tab, ready.stood)
        except Expired:
            return Heard("its session had ended")
        except Ended as ended:
            return Heard(_why(ended.outcome))
        except Error as error:
            tab.check_gone(error)
            return Heard("the click did not come to its end")
        if seen == self._description.done:
            return Heard(receipt=self._read_receipt(tab), has_gone=tab.has_left(ready.document))
        return self._not_confirmed(tab, ready.stood)

    def _not_confirmed(self, tab: Tab, stood: list[Element]) -> Heard:
        """What it says instead, on the page or in a box of the browser's."""
        try:
            tab.check_taken(stood)
        except Ended as ended:
            return Heard(outcome=ended.outcome)
        if (text := tab.said(self._description.says.already, stood)) is not None:
            return Heard(f"it says that a reading is there already: {text}")
        asked = f"; it asked: {one_line(tab.dialogs[-1], 80)}" if tab.dialogs else ""
        return Heard(f"it gave no confirmation on {tab.where}{asked}")

    def _settled(self, task: Task, heard: Heard) -> Outcome:
        """What became of a reading that may have been submitted: its list alone says that."""
        place = self._keep(self._entrance.tab, task.key)
        if not heard.has_gone:
            self._entrance.close()  # or it could submit it once more meanwhile
        outcome: Outcome
        try:
            seen = self._entrance.within(lambda again: self._sight(again, task))
        except Ended as ended:
            said = heard.why or "it was submitted"
            why = f"{said}; and its list of readings cannot be read: {_why(ended.outcome)}"
            return self._with_evidence(task, Lost(why, _BY_HAND), place)
        if seen.is_there:
            outcome = Accepted(heard.receipt or seen.receipt)
        elif seen.other:
            outcome = Rejected(f"it has taken another value: {seen.other}")
        elif heard.outcome is not None:
            outcome = heard.outcome
        elif heard.why:
            why = f"{heard.why}; its list does not show the reading"
            outcome = Lost(why, _BY_HAND, heard=True)
        else:
            why = "it says that it has the reading, and its list does not show it yet"
            outcome = Lost(why, heard=True)
        return self._with_evidence(task, outcome, place)

    def _sight(self, tab: Tab, task: Task) -> Sight:
        history = self._description.history
        return look(tab, history, task, monthly=history.monthly)

    def _read_receipt(self, tab: Tab) -> str:
        """The receipt on the page of confirmation; empty where there is none."""
        pattern = self._description.receipt
        if pattern is None:
            return ""
        match = next((m for text in tab.texts() if (m := pattern.search(text))), None)
        text = match[1].strip() if match is not None and match[1] else ""
        return text if text.isprintable() and len(text) <= 200 else ""

    def _with_evidence(self, task: Task, outcome: Outcome, place: str = "") -> Outcome:
        if not self._entrance.is_open:
            return outcome
        tab = self._entrance.tab
        if "\nevidence: " in outcome.answer:
            return outcome
        kept = place or self._keep(tab, task.key)
        return outcome._replace(answer=f"at {tab.where}\nevidence: {kept}")


def _form_of(form: Form, number: str) -> Form:
    """It, for the meter of this number."""
    return form._replace(
        open=tuple(one.of(number) for one in form.open),
        meter=None if form.meter is None else form.meter.of(number),
        choice=form.choice.replace("{meter}", number),
        date=None if form.date is None else form.date.of(number),
        value=form.value.of(number),
        tick=tuple(one.of(number) for one in form.tick),
        submit=form.submit.of(number),
    )


def _taken_by(seen: Sight) -> Rejected:
    return with_another_value(seen.other, "")


def _why(outcome: Outcome) -> str:
    """An outcome in words; one of those that are met before a click, or on the way to a page."""
    match outcome:
        case Rejected():
            return outcome.reason
        case Accepted() | Already() | NotThere():
            return ""
        case _:
            return outcome.why
