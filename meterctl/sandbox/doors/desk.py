"""What lies behind every door: a desk that takes readings, each once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from meterctl.sandbox.doors.settings import Settings
from meterctl.sandbox.utility.book import Accepted, Book
from meterctl.sandbox.utility.reading import Reading
from meterctl.sandbox.utility.settings import Settings as Rules

NO_RULES = Rules()  # the book's own are enough


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is told of a submission: its state, and what belongs to that.

    Attributes:
        state: `accepted`, `already`, `rejected`, `in_progress`, `id_reused`, `window_closed` or
            `not_found`.
        status: Of the answer to a submission.
        fields: What else is told, `id` first.
        again: Whether it was told before.
    """

    state: str
    status: int
    fields: dict[str, object]
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Submission:
    id: str
    reading: Reading
    outcome: Outcome
    told_at: float  # seconds since 1970


class Desk:
    """The submissions of one door. It takes no lock: its owner does."""

    def __init__(self) -> None:
        self._book = Book()
        self._by_id: dict[str, _Submission] = {}
        self._told_at: dict[str, float] = {}  # by receipt

    def take(
        self, given: str | None, reading: Reading, settings: Settings, now: datetime
    ) -> Outcome:
        """Decide on a reading, or tell again what was decided.

        Args:
            given: The customer's id of the submission; without one it is given one.
            reading: The reading.
            settings: How the doors behave.
            now: The desk's time.
        """
        name = given or f"S-{len(self._by_id) + 1:06d}"
        known = self._by_id.get(name)
        if known:
            if not known.reading.says_the_same_as(reading):
                return Outcome("id_reused", 422, {"id": name})
            return replace(self.look_up(name, now), again=True)
        window = settings.window
        if window and not window.is_open(now):
            bounds: dict[str, object] = {"opens": window.opens, "closes": window.closes}
            return Outcome("window_closed", 403, {"id": name, **bounds})
        told_at = now.timestamp() + settings.in_progress_seconds
        outcome = self._decided(name, reading, told_at, now)
        self._by_id[name] = _Submission(name, reading, outcome, told_at)
        return self._told(self._by_id[name], now)

    def look_up(self, name: str, now: datetime) -> Outcome:
        """What became of a submission."""
        known = self._by_id.get(name)
        if known is None:
            return Outcome("not_found", 404, {"id": name})
        told = self._told(known, now)
        return told if told.state == "in_progress" else replace(told, status=200)

    def of_meter(self, meter: str, now: datetime) -> list[dict[str, object]]:
        """The accepted readings of a meter, in order of time."""
        return self._shown(self._book.of_meter(meter), now)

    def accepted(self, now: datetime) -> list[dict[str, object]]:
        """All accepted readings, in the order in which they were."""
        return self._shown(self._book.accepted(), now)

    def _decided(self, name: str, reading: Reading, told_at: float, now: datetime) -> Outcome:
        first = self._book.at(reading.meter, reading.at)
        if first:
            return Outcome("already", 409, _fields(first))
        rejection = self._book.objection(reading, NO_RULES, now)
        if rejection:
            fields = {"id": name, **rejection._asdict(), **_of_reading(reading)}
            return Outcome("rejected", 422, fields)
        accepted = self._book.accept(reading, name)
        self._told_at[accepted.receipt] = told_at
        return Outcome("accepted", 201, _fields(accepted))

    def _told(self, known: _Submission, now: datetime) -> Outcome:
        if now.timestamp() >= known.told_at:
            return known.outcome
        return Outcome("in_progress", 202, {"id": known.id})

    def _shown(self, line: list[Accepted], now: datetime) -> list[dict[str, object]]:
        told = now.timestamp()
        return [_fields(one) for one in line if self._told_at[one.receipt] <= told]


def _fields(accepted: Accepted) -> dict[str, object]:
    return {
        "id": accepted.key,
        "receipt": accepted.receipt,
        **_of_reading(accepted.reading),
    }


def _of_reading(reading: Reading) -> dict[str, object]:
    return {name: value for name, value in reading.fields().items() if name != "serial"}
