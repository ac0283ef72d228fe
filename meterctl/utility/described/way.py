"""The port `meterctl.utility.port.Utility`, for whatever a file describes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from meterctl.utility.answers import Reply
from meterctl.utility.described.line import Line, Met
from meterctl.utility.described.read import Ask, Description
from meterctl.utility.described.rules import Unproven, Verdict, judged
from meterctl.utility.described.said import Said, said
from meterctl.utility.described.sessions import Session
from meterctl.utility.described.templates import Missing
from meterctl.utility.described.told import BY_HAND, Told
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
            settles=limits.settles,
        )

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Hand over readings, in one request; an outcome for each in their order.

        Where it answered and that proves nothing, what it shows is looked at within the same time.
        """
        held = self._line.held()
        if held is not None:
            return [held for _ in requests]
        ready = [self._ready(request) for request in requests]
        saids = [one for one in ready if isinstance(one, Said)]
        sent = iter(self._send(saids, time.monotonic() + seconds) if saids else ())
        return [next(sent) if isinstance(one, Said) else one for one in ready]

    def ask(self, request: Request, seconds: float) -> Outcome:
        """Ask what became of a reading handed over earlier."""
        if self._file.ask is None:
            return Lost("it cannot be asked what became of a reading", BY_HAND)
        held = self._line.held()
        if held is not None:
            return held
        one = self._said(request)
        if not isinstance(one, Said):
            return Lost("as the file is now, this reading was never sent", BY_HAND, nonsense=True)
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
            return self.ask(_OF_A_PROBE._replace(unit=self._file.figures.unit or "kWh"), seconds)
        if isinstance(self._file.door, Session):
            return self._line.knock(self._file.url, seconds) or NotThere()
        return None

    def preview(self, requests: Sequence[Request]) -> str:
        """The request that would leave; what would not, and why."""
        ready = [self._ready(request) for request in requests]
        saids = [one for one in ready if isinstance(one, Said)]
        lines = [f"not sent: {_why(one)}" for one in ready if not isinstance(one, Said)]
        if saids:
            lines.append(self._line.shown(self._file.submit.call, saids))
        return "\n\n".join(lines)

    def close(self) -> None:
        """Nothing is held."""

    def _ready(self, request: Request) -> Said | Rejected | Misconfigured:
        """A reading that can be sent, and be asked about; what it is where it cannot."""
        one = self._said(request)
        if isinstance(one, Said):
            try:
                self._check(one)
            except Missing as error:
                return Misconfigured(f"meter {request.meter}: {error}", error.hint)
        return one

    def _said(self, request: Request) -> Said | Rejected | Misconfigured:
        named = self._file.meters.get(request.meter, {})
        fresh = self._line.fresh()
        return said(request, self._file.figures, self._file.moments, fresh, named)

    def _check(self, one: Said) -> None:
        """Nothing, where all is known that sending it, and asking about it, takes.

        Raises:
            Missing: something is not.
        """
        for step in (self._file.submit, self._file.ask):
            if step is None:
                continue
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
        is_refused = told.status == 413 or any(isinstance(one, Rejected) for one in verdicts)
        return None if is_refused and len(saids) > 1 else verdicts

    def _one_by_one(self, saids: Sequence[Said], ends: float) -> Iterator[Outcome]:
        for one in saids:
            if time.monotonic() < ends:
                yield from self._send([one], ends)
            else:
                yield NotTaken("it was refused together with others, and no time was left")

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
        return found._replace(answer=f"{verdict.lost.answer}\n{found.answer}")

    def _asked(self, ask: Ask, one: Said, seconds: float) -> Outcome:
        met = self._line.talk(ask.call, [one], seconds)
        if not isinstance(met, Reply):
            return _unanswered(met)
        told = Told(met, self._line.mask)
        verdict = judged(ask.answers, told, told.body, one)
        if verdict is None and ask.rows is not None and 200 <= told.status < 300:
            verdict = None if told.why_none else ask.rows.of(told, one)
        if isinstance(verdict, Unproven):
            return verdict.lost
        return verdict or told.by_status_asked()


def _unanswered(met: Met) -> NotTaken | Lost | Misconfigured | Refused:
    if isinstance(met, (NotTaken, Refused, Misconfigured)):
        return met
    return unanswered(met)


def _noted(one: Said, outcome: Outcome) -> Outcome:
    """An outcome whose evidence says what was sent, where that is not what the reading says."""
    if not one.differs:
        return outcome
    return outcome._replace(answer=f"{one.differs}\n{outcome.answer}".rstrip("\n"))


def _why(outcome: Rejected | Misconfigured) -> str:
    return outcome.reason if isinstance(outcome, Rejected) else outcome.why
