"""Findings: what the neighbours of a reading say of it.

They are derived, in time order, from a device's current readings alone, so they vanish when the
neighbour that caused them is corrected or voided. A reading with a finding is not *trusted*: its
successors are compared with the last trusted one, so that one typo never taints what follows.
A rollover is reported, and trusted.

The rules are local on purpose: what a reading's findings are depends on the two trusted readings
before it, the `WINDOW` readings before it, and the one after, which may blame it. So one new
reading in ten million is judged by reading a few, or a few dozen (`Judge.resume`), with the same
result as judging all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import NamedTuple

from meterctl.domain.counting import most_in, wrapped_use
from meterctl.domain.meters import Kind, Meter
from meterctl.domain.readings import Reading, Slot
from meterctl.domain.times import DAY, HOUR, age_text, clock_of

WINDOW = 30  # readings before, from which the usual use per day is taken
SPIKE_SAMPLES = 7  # fewer uses say nothing about the usual
SPIKE_FACTOR = 10  # a point in the wrong place
SPIKE_SPAN = 20 * HOUR  # a daily reading is rarely 24 hours after the last


class Rule(StrEnum):
    """The findings' names, as the industry says them."""

    LESS_THAN_PREVIOUS = "less_than_previous"
    GREATER_THAN_SUBSEQUENT = "greater_than_subsequent"
    HIGH_LOW = "high_low"  # more than max per hour allows
    SPIKE = "spike"  # far more a day than this meter has shown
    OVERLAP = "overlap"  # intervals that share time
    ROLLOVER = "rollover"  # the dial passed its end
    CONFLICT = "conflict"  # another machine, or a row of the Sheet, says another value


class Finding(NamedTuple):
    """One rule that a reading met, and why, for people."""

    rule: Rule
    detail: str


class Judged(NamedTuple):
    """A reading and what was found of it."""

    reading: Reading
    findings: tuple[Finding, ...]
    trusted: bool  # successors are compared with it


def distrusts(rule: str) -> bool:
    """Whether a finding keeps its reading from being what later ones are compared with."""
    return rule not in (Rule.ROLLOVER, Rule.CONFLICT)


def is_trusted(findings: Iterable[Finding], *, accepted: bool) -> bool:
    """Whether later readings are compared with one that has these findings."""
    return accepted or not any(distrusts(finding.rule) for finding in findings)


def withholds(findings: Iterable[Finding], *, accepted: bool) -> bool:
    """Whether a reading with these findings is not submitted until a person has looked at it."""
    found = tuple(findings)
    return is_in_conflict(found) or not is_trusted(found, accepted=accepted)


def is_in_conflict(findings: Iterable[Finding]) -> bool:
    """Whether another value is said elsewhere: no acceptance settles that, only a correction."""
    return any(finding.rule is Rule.CONFLICT for finding in findings)


class Judge:
    """Derives findings for one device of one meter, reading by reading, in time order.

    `accepted` tells for a slot whether a person has accepted its current reading as it is.
    """

    def __init__(self, meter: Meter, zone: tzinfo, accepted: Callable[[Slot], bool]) -> None:
        self._meter = meter
        self._zone = zone
        self._accepted = accepted
        self._trusted: deque[Reading] = deque(maxlen=2)
        self._before: deque[Reading] = deque(maxlen=WINDOW)  # raw, trusted or not
        self._older: Callable[[int], Sequence[Reading]] | None = None
        self._held: Judged | None = None  # the last one, until its successor has spoken

    def resume(
        self, earlier: Sequence[Judged], older: Callable[[int], Sequence[Reading]] | None = None
    ) -> None:
        """Take up the state after readings judged before, oldest first.

        They reach back over two trusted ones. What the last one's old successor said of it is
        unsaid: its successor is what is fed next.

        Args:
            earlier: The readings.
            older: Gives so many of the readings before them, oldest first. Few rules look back
                over the whole WINDOW, so they are asked for only then.
        """
        self._older = older
        for judged in earlier[:-1]:
            self._keep(judged)
        for reading, findings, _ in earlier[-1:]:
            own = tuple(f for f in findings if f.rule is not Rule.GREATER_THAN_SUBSEQUENT)
            accepted = self._accepted(reading.slot)
            self._keep(Judged(reading, own, is_trusted(own, accepted=accepted)))

    def judge(self, readings: Iterable[Reading]) -> Iterator[Judged]:
        """Yield each reading with its findings, one behind, in the order given."""
        for reading in readings:
            ready = self.feed(reading)
            if ready is not None:
                yield ready
        if self._held is not None:
            yield self._held
            self._held = None

    def feed(self, reading: Reading) -> Judged | None:
        """Judge a reading; return its predecessor, on which the last word is now said."""
        accepted = self._accepted(reading.slot)
        findings, blames_previous = self._look_back(reading)
        done = self._held
        if done is not None and blames_previous and not self._accepted(done.reading.slot):
            blame = Finding(
                Rule.GREATER_THAN_SUBSEQUENT,
                f"{self._text(done.reading)} is more than the {self._text(reading)} that follows"
                f" {age_text(reading.at - done.reading.at)} later",
            )
            done = Judged(done.reading, (*done.findings, blame), trusted=False)
            if self._trusted and self._trusted[-1].slot == done.reading.slot:
                self._trusted.pop()
        self._keep(Judged(reading, findings, is_trusted(findings, accepted=accepted)))
        return done

    @property
    def last(self) -> Judged | None:
        """The last one fed, on which its successor has not spoken yet."""
        return self._held

    def _keep(self, judged: Judged) -> None:
        if judged.trusted:
            self._trusted.append(judged.reading)
        self._before.append(judged.reading)
        self._held = judged

    # -- the rules ---------------------------------------------------------------

    def _look_back(self, reading: Reading) -> tuple[tuple[Finding, ...], bool]:
        """The reading's findings, and whether the reading just before it is in doubt too."""
        if self._meter.kind is Kind.INTERVAL:
            return tuple(self._interval_rules(reading)), False
        base = self._base(reading)
        found: list[Finding] = []
        blames_previous = False
        if base is not None and reading.amount < base.amount:
            elapsed = reading.at - base.at
            wrapped = (
                wrapped_use(self._meter, base.amount, reading.amount, elapsed)
                if self._meter.kind is Kind.REGISTER
                else None
            )
            if wrapped is not None:
                found.append(
                    Finding(
                        Rule.ROLLOVER,
                        f"the dial passed its end: {self._meter.text(wrapped)} since the"
                        f" {self._text(base)} {age_text(elapsed)} before",
                    )
                )
            else:
                found.append(
                    Finding(
                        Rule.LESS_THAN_PREVIOUS,
                        f"{self._text(reading)} is less than the {self._text(base)}"
                        f" {age_text(elapsed)} before",
                    )
                )
                blames_previous = self._in_doubt_too(reading, base)
        else:
            found.extend(self._use_rules(reading, base))
        return tuple(found), blames_previous

    def _base(self, reading: Reading) -> Reading | None:
        """The trusted reading to compare with: for a daily counter, one of the same local day."""
        if not self._trusted:
            return None
        base = self._trusted[-1]
        if self._meter.kind is Kind.DAILY and self._day(base) != self._day(reading):
            return None
        return base

    def _in_doubt_too(self, reading: Reading, base: Reading) -> bool:
        """Whether the trusted reading may be the wrong one of the two.

        Not if it is further back, and not if the one before it disagrees with the new reading
        as well: then the new one alone is out of line.
        """
        if not self._before or self._before[-1].slot != base.slot:
            return False
        if len(self._trusted) < 2:
            return True
        earlier = self._trusted[0]
        if self._meter.kind is Kind.DAILY and self._day(earlier) != self._day(reading):
            return True
        return earlier.amount <= reading.amount

    def _use_rules(self, reading: Reading, base: Reading | None) -> Iterator[Finding]:
        if self._meter.kind is Kind.DAILY:
            if self._meter.max_per_hour is not None:
                yield from self._daily_rules(reading)
            return
        if base is None:
            return
        use, elapsed = reading.amount - base.amount, reading.at - base.at
        limit = most_in(self._meter, elapsed)
        if limit is not None and use > limit:
            yield self._high(use, elapsed, limit)
        if elapsed < SPIKE_SPAN:
            return
        usual = self._usual_per_day()
        if usual and use * DAY > usual * SPIKE_FACTOR * elapsed:
            yield Finding(
                Rule.SPIKE,
                f"{self._meter.text(use)} in {age_text(elapsed)} is more than"
                f" {SPIKE_FACTOR} times the usual {self._meter.text(usual)} a day",
            )

    def _daily_rules(self, reading: Reading) -> Iterator[Finding]:
        since_midnight = clock_of(reading.at, self._zone) % DAY
        limit = most_in(self._meter, since_midnight)
        if limit is not None and reading.amount > limit:
            yield self._high(reading.amount, since_midnight, limit)

    def _interval_rules(self, reading: Reading) -> Iterator[Finding]:
        span = reading.at - reading.starts_at
        limit = most_in(self._meter, span, slack=0)
        if limit is not None and reading.amount > limit:
            yield self._high(reading.amount, span, limit)
        if self._trusted and self._trusted[-1].at > reading.starts_at:
            last = self._trusted[-1]
            shared = last.at - max(last.starts_at, reading.starts_at)
            yield Finding(
                Rule.OVERLAP,
                f"shares {age_text(shared)} with the interval that ends"
                f" {age_text(reading.at - last.at)} before it",
            )

    def _usual_per_day(self) -> int | None:
        """The third highest of the daily uses before: two odd days do not move it."""
        if self._older is not None:
            missing = WINDOW - len(self._before)
            if missing > 0:
                self._before.extendleft(reversed(self._older(missing)))
            self._older = None
        pairs = zip(self._before, list(self._before)[1:], strict=False)
        uses = sorted(
            (after.amount - before.amount) * DAY // (after.at - before.at)
            for before, after in pairs
            if after.amount >= before.amount and after.at - before.at >= SPIKE_SPAN
        )
        return uses[-3] if len(uses) >= SPIKE_SAMPLES else None

    def _high(self, use: int, elapsed: int, limit: int) -> Finding:
        return Finding(
            Rule.HIGH_LOW,
            f"{self._meter.text(use)} in {age_text(elapsed)} is more than meter {self._meter.id}"
            f" can count ({self._meter.text(limit)})",
        )

    def _day(self, reading: Reading) -> int:
        return clock_of(reading.at, self._zone) // DAY

    def _text(self, reading: Reading) -> str:
        return self._meter.text(reading.amount)
