"""The port `meterctl.utility.port.Utility`, for whatever a file describes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeGuard

from meterctl.utility.answers import BY_HAND, Reply
from meterctl.utility.described.line import Line, Met
from meterctl.utility.described.read import Ask, Description, Submit
from meterctl.utility.described.rules import Unproven, Verdict, judged, of_it_alone
from meterctl.utility.described.said import Said, said
from meterctl.utility.described.sessions import Session
from meterctl.utility.described.templates import Missing
from meterctl.utility.described.told import Told
from meterctl.utility.given import Given
from meterctl.utility.port import (
    Accepted,
    Already,
    Bounds,
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
    Request,
)
from meterctl.utility.sending import unanswered

_OF_A_PROBE = Request("meterctl-health", "meterctl-health", None, 0, 0, 0, "kWh")
_PROVEN = (Accepted, Already, Rejected)
_OF_ANY_ADDRESS = (405, 413, 415)  # the method, the size and the language are each meter's


class DescribedUtility:
    """One account at a utility that a file describes.

    Args:
        description: What the file says.
        given: The settings.
    """

    channel = "api"

    def __init__(self, description: Description, given: Given) -> None:
        self._file = description
        self._line = Line(description, given)

    @property
    def bounds(self) -> Bounds:
        """What it takes at all, as the file has it."""
        limits = self._file.limits
        return Bounds(
            rows=limits.rows,
            oldest_days=limits.oldest_days,
            by_day=self._file.by_day,
            settles=limits.settles or 0.0,
            one_meter=not self._file.submit.call.tells_a_meter,
            can_be_asked=self._file.ask is not None,
        )

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Hand over readings, in one request; an outcome for each in their order.

        Where it answered and that proves nothing, what it shows is looked at within the same time.
        """
        held = self._line.held()
        if held is not None:
            return [held for _ in requests]
        ready = self._all_ready(requests)
        saids = [one for one in ready if isinstance(one, Said)]
        sent = iter(self._send(saids, time.monotonic() + seconds) if saids else ())
        return [next(sent) if isinstance(one, Said) else one for one in ready]

    def ask(self, request: Request, seconds: float) -> Outcome:
        """Ask what became of a reading handed over earlier."""
        if self._file.ask is None:
            return Lost("it cannot be asked what became of a reading", BY_HAND, heard=True)
        held = self._line.held()
        if held is not None:
            return held
        one = self._ready(request, [self._file.ask])
        if isinstance(one, NotTaken):
            return one
        return _noted(one, self._asked(self._file.ask, one, seconds))

    def probe(self, seconds: float) -> Outcome | None:
        """Whether it answers and knows us: as the file says, or by a key that was never sent."""
        probe, ask = self._file.probe, self._file.ask
        if probe is not None:
            met = self._line.talk(probe.call, [], seconds)
            if not isinstance(met, Reply):
                return _unanswered(met)
            told = Told(met, self._line.mask)
            fits = probe.condition.fits(told, told.body)
            return NotThere(told.answer) if fits else told.by_status_asked()
        if ask is not None and ask.knows_keys:
            return self._asked_for_none(ask, seconds)
        if isinstance(self._file.door, Session):
            return self._line.knock(self._file.url, seconds) or NotThere()
        return None

    def objection(self, request: Request) -> NotTaken | None:
        """Why a reading cannot be told as the settings are; nobody is asked."""
        (one,) = self._all_ready([request])
        return one if isinstance(one, NotTaken) else None

    def preview(self, requests: Sequence[Request]) -> str:
        """The request that would leave; what would not, and why."""
        ready = self._all_ready(requests)
        saids = [one for one in ready if isinstance(one, Said)]
        lines = [f"not sent: {one.why}" for one in ready if isinstance(one, NotTaken)]
        if saids:
            try:
                lines.append(self._line.shown(self._file.submit.call, saids))
            except Missing as error:
                lines.append(f"not sent: {error}")
        return "\n\n".join(lines)

    def close(self) -> None:
        """Nothing is held."""

    def _all_ready(self, requests: Sequence[Request]) -> list[Said | NotTaken]:
        """Those that can be sent, and be asked about; why not, of the others."""
        steps = [step for step in (self._file.submit, self._file.ask) if step is not None]
        return [self._ready(request, steps) for request in requests]

    def _ready(self, request: Request, steps: Sequence[Submit | Ask]) -> Said | NotTaken:
        """A reading of which all is known that these steps take."""
        named = self._file.meters.get(request.meter, {})
        one = said(request, self._file.figures, self._file.moments, self._line.fresh(), named)
        if isinstance(one, Said):
            try:
                self._check(one, steps)
            except Missing as error:
                return NotTaken(f"meter {request.meter}: {error}", error.hint, settings=True)
        return one

    def _check(self, one: Said, steps: Sequence[Submit | Ask]) -> None:
        """Nothing, where all is known that these steps take of a reading.

        Raises:
            Missing: something is not.
        """
        for step in steps:
            self._line.check(step.call, one)
            rules = [*step.answers, *(step.rows.answers if step.rows else ())]
            for template in (template for rule in rules for template in rule.echo.values()):
                template.plain(one.values)
            # Without a serial, say, any row would do: no row could be told to be this meter's.
            for template in step.rows.match.values() if step.rows else ():
                template.text(one.values)

    def _send(self, saids: Sequence[Said], ends: float) -> list[Outcome]:
        met = self._line.talk(self._file.submit.call, saids, ends - time.monotonic())
        if not isinstance(met, Reply):
            return [_noted(one, _unanswered(met)) for one in saids]
        verdicts = self._verdicts(Told(met, self._line.mask), saids)
        if verdicts is None:
            return list(self._one_by_one(saids, ends))
        return [
            _noted(one, self._proven(verdict, one, ends))
            for one, verdict in zip(saids, verdicts, strict=True)
        ]

    def _verdicts(self, told: Told, saids: Sequence[Said]) -> list[Verdict] | None:
        """What an answer says of each reading; None where it refused all for the sake of one."""
        submit = self._file.submit
        whole = [judged(submit.answers, told, told.body, one) for one in saids]
        if submit.rows is not None and all(one is None for one in whole):
            rows = submit.rows.of(told, saids)
            if rows is not None:
                return rows
        verdicts = [one or told.by_status() for one in whole]
        if submit.call.names_a_meter and told.status not in _OF_ANY_ADDRESS:
            verdicts = [of_it_alone(*one) for one in zip(verdicts, saids, strict=True)]
        is_refused = told.status == 413 or any(isinstance(one, Rejected) for one in verdicts)
        if not is_refused or len(saids) == 1:
            return verdicts
        if told.status >= 400:
            return None
        # It may have taken those that it does not complain of: none of them is sent again.
        why = f"it answered {told.line} for several readings, and refused one of them or all"
        return [Unproven(Lost(why, BY_HAND, answer=told.answer)) for _ in saids]

    def _one_by_one(self, saids: Sequence[Said], ends: float) -> Iterator[Outcome]:
        """Each by itself; once one is turned away for all, the others stay where they are."""
        held: NotTaken | Refused | None = None
        for one in saids:
            held = held or self._line.held()
            if held is None and time.monotonic() >= ends:
                held = NotTaken("it was refused together with others, and no time was left")
            if held is not None:
                yield held
                continue
            (outcome,) = self._send([one], ends)
            yield outcome
            if _is_of_all(outcome):
                held = outcome._replace(answer="")

    def _proven(self, verdict: Verdict, one: Said, ends: float) -> Outcome:
        """A verdict; where it proves nothing, what is shown, if that does."""
        if not isinstance(verdict, Unproven):
            return verdict
        left = ends - time.monotonic()
        if self._file.ask is None or left <= 0 or self._line.held() is not None:
            return verdict.lost
        found = self._asked(self._file.ask, one, left)
        if not isinstance(found, _PROVEN):
            return verdict.lost
        settles = self._file.limits.settles
        if isinstance(found, Rejected) and settles:
            # What was sent may still be on its way to what is shown.
            return verdict.lost._replace(wait=settles, heard=True)
        return found._replace(answer=f"{verdict.lost.answer}\n{found.answer}")

    def _asked_for_none(self, ask: Ask, seconds: float) -> Outcome:
        """What it says of a key that was never sent."""
        request = _OF_A_PROBE._replace(unit=self._file.figures.unit or "kWh")
        one = self._line.held() or self._ready(request, [])
        if isinstance(one, NotTaken):
            return one
        try:
            return self._asked(ask, one, seconds)
        except Missing:  # an echo, or a row, which is some meter's
            return Lost("it shows a reading for a key that was never sent", nonsense=True)

    def _asked(self, ask: Ask, one: Said, seconds: float) -> Outcome:
        met = self._line.talk(ask.call, [one], seconds)
        if not isinstance(met, Reply):
            return _unanswered(met)
        told = Told(met, self._line.mask)
        verdict = judged(ask.answers, told, told.body, one)
        if verdict is None and ask.rows is not None and 200 <= told.status < 300:
            verdict = None if told.why_none else ask.rows.of(told, one)
        if isinstance(verdict, Unproven):
            return verdict.lost._replace(heard=True)
        return verdict or told.by_status_asked()


def _unanswered(met: Met) -> NotTaken | Lost | Misconfigured | Refused:
    if isinstance(met, (NotTaken, Refused, Misconfigured)):
        return met
    return unanswered(met)


def _is_of_all(outcome: Outcome) -> TypeGuard[NotTaken | Refused]:
    """Whether other readings would fare no better just now."""
    if isinstance(outcome, NotTaken):
        return not outcome.is_of_it_alone
    return isinstance(outcome, Refused)


def _noted(one: Said, outcome: Outcome) -> Outcome:
    """An outcome whose evidence says what was sent, where that is not what the reading says."""
    if not one.differs:
        return outcome
    return outcome._replace(answer=f"{one.differs}\n{outcome.answer}".rstrip("\n"))
