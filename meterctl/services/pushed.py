"""What a push has done, and what it ends with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from meterctl.domain.due import Withheld
from meterctl.domain.meters import Meter
from meterctl.domain.readings import Slot
from meterctl.errors import (
    AnswerLost,
    ConfigError,
    MeterctlError,
    Nonsense,
    NotAllowed,
    PartlyDone,
    Unreachable,
)
from meterctl.ledger.port import Submission, SubmissionState

QUERY, PERSON = "query", "person"  # the channels of attempts that send nothing
IN_DOUBT = (SubmissionState.SENDING, SubmissionState.UNKNOWN)


class Trouble(NamedTuple):
    """What stood in the way of one submission in this run."""

    why: str
    hint: str
    kind: type[MeterctlError] | None = None  # what it is besides a passing failure
    by_hand: bool = False  # no run will settle it: a person must


class Submitted(NamedTuple):
    """One submission as it stands at the end of a run."""

    meter: Meter
    number: int | None  # None: not made yet, in a dry run
    slot: Slot
    value: int
    state: SubmissionState
    receipt: str | None
    attempts: int  # how often it was sent
    channel: str | None  # of the last attempt
    error: str | None


class Pushed(NamedTuple):
    """A run, or with `dry_run` what one would do."""

    submissions: tuple[Submitted, ...]
    withheld: tuple[Withheld, ...]
    dry_run: bool = False
    stopped: MeterctlError | None = None  # nothing else could fare better
    troubles: tuple[Trouble, ...] = ()  # of what is still unknown or due
    requests: tuple[str, ...] = ()  # of a dry run, where they were to be shown
    turned: str = ""  # why it was sent by the other way; empty: it was not

    def number_of(self, *states: SubmissionState) -> int:
        """How many submissions are in one of these states."""
        return sum(one.state in states for one in self.submissions)

    @property
    def accepted(self) -> int:
        """Proven by a receipt."""
        return self.number_of(SubmissionState.ACCEPTED)

    @property
    def already(self) -> int:
        """The utility held the same value."""
        return self.number_of(SubmissionState.ALREADY)

    @property
    def rejected(self) -> int:
        """Set aside until a person has looked."""
        return self.number_of(SubmissionState.REJECTED)

    @property
    def unknown(self) -> int:
        """Asked about by the next run, before anything else."""
        return self.number_of(*IN_DOUBT)

    @property
    def pending(self) -> int:
        """Sent by the next run."""
        return self.number_of(SubmissionState.DUE)

    @property
    def counts(self) -> str:
        """How many of each, for people."""
        named = (
            (self.accepted, "accepted"),
            (self.already, "already there"),
            (self.rejected, "rejected"),
            (self.unknown, "unknown"),
            (self.pending, "due" if self.dry_run else "queued"),
        )
        told = ", ".join(f"{number} {name}" for number, name in named if number) or "nothing is due"
        due = (one for one in self.submissions if one.state is SubmissionState.DUE)
        cannot = sum(one.error is not None for one in due) if self.dry_run else 0
        return f"{told}, {cannot} of which cannot be sent as things are" if cannot else told

    @property
    def error(self) -> MeterctlError | None:
        """What the run ends with, by its exit code; None: all is done."""
        if self.dry_run:
            return None
        through = self.accepted + self.already
        if self.stopped is not None and not through:
            return self.stopped
        left = self.unknown + self.pending
        if not left and not self.rejected and self.stopped is None:
            return None
        first, hint = self._first_trouble()
        if through or self.rejected:
            return PartlyDone(f"{self.counts}: {first}", hint)
        if self.troubles and (worst := self._worst().kind) is not None:
            return worst(first, hint)
        kind = AnswerLost if self.unknown else Unreachable
        queued = left - sum(trouble.by_hand for trouble in self.troubles)
        if not queued:
            return kind(first, hint)
        goes_on = f"{_readings(queued)} queued: the next push-utility goes on"
        return kind(first, f"{hint}; {goes_on}" if hint else goes_on)

    def _worst(self) -> Trouble:
        return min(self.troubles, key=lambda one: _WORST_FIRST.index(one.kind))

    def _first_trouble(self) -> tuple[str, str]:
        if self.stopped is not None:
            return self.stopped.message, self.stopped.hint
        if self.troubles:
            worst = self._worst()
            return worst.why, worst.hint
        for one in self.submissions:
            if one.state is SubmissionState.REJECTED:
                hint = f"meterctl submissions show {one.number}"
                return f"{one.meter.id} was rejected: {one.error}", hint
        return "the time of the run was up", ""


_WORST_FIRST = (Nonsense, NotAllowed, ConfigError, None)


def as_submitted(submission: Submission, meter: Meter, sent: Iterable[str]) -> Submitted:
    """A submission with the channels of its attempts, oldest first; to ask is not to send."""
    channels = [channel for channel in sent if channel != QUERY]
    is_well = submission.state in (SubmissionState.ACCEPTED, SubmissionState.ALREADY)
    return Submitted(
        meter,
        submission.number,
        submission.slot,
        submission.value,
        submission.state,
        submission.receipt,
        sum(channel != PERSON for channel in channels),
        channels[-1] if channels else None,
        None if is_well else submission.detail or None,
    )


def _readings(count: int) -> str:
    return "1 reading stays" if count == 1 else f"{count} readings stay"
