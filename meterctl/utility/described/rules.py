"""What an answer means, by the file's rules: its status *and* its body, for this very reading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from meterctl.domain.times import iso_utc
from meterctl.remote import LONGEST
from meterctl.utility.answers import BY_HAND
from meterctl.utility.described.figures import decimal_text
from meterctl.utility.described.paths import Place
from meterctl.utility.described.said import Said
from meterctl.utility.described.templates import Template
from meterctl.utility.described.told import CHECK_URL, Told
from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Rejected,
)

# A rule of an answer to a submission may come to these, one to a question to `not_there` as well.
OUTCOMES = (
    "accepted",  # proven by a receipt, or by what it repeats of the reading
    "already",  # it holds such a reading: with our value, or with another
    "rejected",
    "later",  # not taken just now: the rate of requests
    "closed",  # not taken just now: its window
    "refused",  # it does not let us
    "misconfigured",
    "in_progress",  # no verdict yet
    "unknown",  # this proves nothing: what it shows, or a person, has to tell
)
# The receipts of whoever gives no other.
CREATED = "HTTP 201"
COUNTED = "one reading taken, as it answered"


class Unproven(NamedTuple):
    """It answered as it does, which does not say whether it has the reading: what it shows may."""

    lost: Lost


Verdict = Outcome | Unproven


class Condition(NamedTuple):
    """Which answers a rule is about: all of it has to hold."""

    status: frozenset[str]  # one of these: `201`, `2xx`
    # One of these; or whether anything is there: not null, false, 0 or empty.
    where: Mapping[Place, tuple[object, ...] | bool]
    pattern: re.Pattern[str] | None

    @property
    def is_of_the_body(self) -> bool:
        """Whether it asks for more than a status."""
        return bool(self.where) or self.pattern is not None

    def fits(self, told: Told, scope: object) -> bool:
        """Whether it is about this answer; `scope` is the answer's body, or one row of it."""
        if not {str(told.status), f"{told.status // 100}xx"} & self.status:
            return False
        if self.pattern is not None and not self.pattern.search(told.text):
            return False
        if self.where and told.why_none:
            return False
        return all(_holds(where.of(scope), wanted) for where, wanted in self.where.items())

    def scope_of(self, told: Told, scope: object) -> object:
        """What paths lead into: the groups of a pattern that names some, else the scope."""
        if self.pattern is None or not self.pattern.groupindex:
            return scope
        found = self.pattern.search(told.text)
        return {} if found is None else found.groupdict()


class Rule(NamedTuple):
    """One way to answer. The first that fits is taken."""

    condition: Condition
    outcome: str
    receipt: Place | None
    value: Place | None
    counted: Place | None  # how many readings it took: the one that was sent
    echo: Mapping[Place, Template]  # what has to be this reading's
    reason: Sequence[Place]
    wait: Place | None  # seconds
    opens: Place | None  # a time

    def outcome_of(self, told: Told, scope: object, said: Said) -> Verdict:
        """What becomes of the reading by this rule."""
        is_proof = self.outcome in ("accepted", "already")
        if other := self._of_another(told, scope, said, is_strict=is_proof):
            return told.nonsense(other)
        match self.outcome:
            case "accepted":
                return self._accepted(told, scope, said)
            case "already":
                return self._already(told, scope, said)
            case "rejected":
                return Rejected(told.reason(self.reason, scope), told.answer)
            case "later":
                return told.later(self._seconds(told, scope, said))
            case "closed":
                return self._closed(told, scope, said)
            case "refused":
                return told.no_entry()._replace(
                    why=f"it does not let us: {told.reason(self.reason, scope)}"
                )
            case "misconfigured":
                why = f"nothing there takes readings: {told.reason(self.reason, scope)}"
                return Misconfigured(why, CHECK_URL, told.answer)
            case "in_progress":
                wait = self._seconds(told, scope, said)
                why = "it is still at work on the reading"
                # Worth another look in the same run, also where it does not say when.
                return Lost(why, wait=wait or 0.0, answer=told.answer, heard=True)
            case "not_there":
                return NotThere(told.answer)
            case _:
                why = f"it answered {told.line}, which does not prove that it has the reading"
                return Unproven(Lost(why, BY_HAND, told.wait, answer=told.answer))

    def _of_another(self, told: Told, scope: object, said: Said, *, is_strict: bool) -> str:
        """What the answer repeats that is not this reading's; empty where all of it is."""
        for where, template in self.echo.items():
            theirs = where.of(scope)
            if theirs is None and not is_strict:
                continue
            if not said.is_own(template, theirs):
                if theirs is None:
                    return f"it does not say for which reading it answered: no {where}"
                own = template.plain(said.values)
                return f"it answered for another reading: {where} {told.shown(theirs)}, not {own}"
        return ""

    def _accepted(self, told: Told, scope: object, said: Said) -> Outcome:
        if self.value is not None:
            theirs = self.value.of(scope)
            if said.figures.read(theirs) != said.amount:
                own = decimal_text(said.amount)
                return told.nonsense(
                    f"it answered for another reading: value {told.shown(theirs)}, not {own}"
                )
        if self.counted is not None and said.figures.read(self.counted.of(scope)) != 1:
            return told.nonsense(f"it answered {told.line}, but not that it took one reading")
        if self.receipt is None:
            is_repeated = self.value is not None or any(map(names_it, self.echo.values()))
            otherwise = CREATED if self.counted is None else COUNTED
            return Accepted(_repeated(said) if is_repeated else otherwise, told.answer)
        receipt = told.word(self.receipt.of(scope))
        if receipt is None:
            return told.nonsense("it says that it accepted the reading, but gave no receipt")
        return Accepted(receipt, told.answer)

    def _already(self, told: Told, scope: object, said: Said) -> Outcome:
        theirs = None if self.value is None else self.value.of(scope)
        value = said.figures.read(theirs)
        if value is None:
            return told.nonsense("it has such a reading already, but does not say of which value")
        if value != said.amount:
            return told.with_another_value(theirs)
        receipt = None if self.receipt is None else told.word(self.receipt.of(scope))
        return Already(receipt, told.answer)

    def _closed(self, told: Told, scope: object, said: Said) -> NotTaken:
        opens = self._opening(scope, said)
        wait = self._seconds(told, scope, said)
        until = "" if opens is None else f" until {iso_utc(opens)}"
        return NotTaken(f"its window for readings is closed{until}", wait=wait, answer=told.answer)

    def _opening(self, scope: object, said: Said) -> int | None:
        return None if self.opens is None else said.moments.read(self.opens.of(scope), said.zone)

    def _seconds(self, told: Told, scope: object, said: Said) -> float | None:
        opens = self._opening(scope, said)
        if opens is not None:
            return max(opens - told.reply.read_at, 0) / 1000
        if self.wait is not None:
            asked = said.figures.read(self.wait.of(scope))
            return told.wait if asked is None else min(max(float(asked), 0.0), LONGEST)
        return told.wait


def judged(rules: Sequence[Rule], told: Told, scope: object, said: Said) -> Verdict | None:
    """What the first rule that fits says of the reading; None where none does."""
    for rule in rules:
        if rule.condition.fits(told, scope):
            return rule.outcome_of(told, rule.condition.scope_of(told, scope), said)
    return None


def of_it_alone(verdict: Verdict, said: Said) -> Verdict:
    """A verdict on an address or a row that is one meter's: others have one of their own."""
    if not isinstance(verdict, Misconfigured):
        return verdict
    why = f"meter {said.request.meter}: {verdict.why}"
    return NotTaken(why, verdict.hint, answer=verdict.answer, settings=True)


def names_it(template: Template) -> bool:
    """Whether what it stands for is this reading's and no other's: its key, or its value."""
    return template.alone in ("key", "value")


def _repeated(said: Said) -> str:
    """The receipt of whoever gives none, but repeats the reading: what it repeated."""
    return f"{decimal_text(said.amount)} {said.unit} of {iso_utc(said.request.at)}, as it answered"


def _holds(theirs: object, wanted: tuple[object, ...] | bool) -> bool:
    if isinstance(wanted, bool):
        return bool(theirs) is wanted
    return not isinstance(theirs, (bool, list, dict)) and theirs in wanted
