"""The port: what every ledger promises, whichever store is behind it.

Writing verbs are called inside `with ledger.writing():` only. Everything written inside one such
block becomes durable together when the block is left, and not at all when it is left by an
exception. A block within another one is a part of it: left by an exception, it alone is undone;
left well, it becomes durable with the whole. A ledger is used by one thread at a time.

Errors, from any verb: `Busy` when another run holds the lock for longer than the time-out,
`LedgerDamaged`, `LedgerUnwritable` and `LedgerError` as their names say. After one of these the
ledger is closed and opened anew, never used on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import NamedTuple, Protocol

from meterctl.domain.findings import Finding
from meterctl.domain.meters import Device, Meter
from meterctl.domain.plain import Plain
from meterctl.domain.readings import Reading, Slot, Source
from meterctl.ledger.access import Access
from meterctl.ledger.anew import Anew
from meterctl.ledger.bulk import Bulk
from meterctl.ledger.care import Care


class EntryKind(StrEnum):
    """Why an entry was written."""

    RECORD = "record"
    IMPORT = "import"
    CORRECTION = "correction"
    VOID = "void"
    ACCEPTANCE = "acceptance"
    REPLACEMENT = "replacement"


class NewEntry(NamedTuple):
    """An entry that is about to be written; its number is given at the commit."""

    kind: EntryKind
    source: Source
    written_at: int
    origin: str | None = None


class Entry(NamedTuple):
    """An entry as the log holds it."""

    number: int
    kind: EntryKind
    source: Source
    written_at: int
    origin: str | None


FOREVER = 1 << 62  # later than any reading; before all of them: -FOREVER


class Stretch(NamedTuple):
    """A stretch of one device's readings, ends included."""

    meter: str
    device: int
    first_at: int
    last_at: int


class Flagged(NamedTuple):
    """A current reading with its findings, and whether a person accepted it."""

    reading: Reading
    findings: tuple[Finding, ...]
    accepted: str | None  # the reason


class Counts(NamedTuple):
    """How much a ledger holds."""

    entries: int
    revisions: int
    open_findings: int
    newest_written_at: int | None


class Traits(NamedTuple):
    """What the readings have beside their values, so that a table needs columns for it."""

    intervals: bool
    qualities: bool
    quality_codes: bool
    notes: bool


class BatchState(StrEnum):
    """How a batch stands."""

    SENDING = "sending"  # written before the request leaves
    LANDED = "landed"  # proven to be in the Sheet
    REFUSED = "refused"  # proven not to be
    UNKNOWN = "unknown"  # the answer was lost: ask before anything else


class Batch(NamedTuple):
    """A range of entries sent to a destination as one atomic request."""

    number: int
    destination: str
    first_entry: int
    last_entry: int
    token: int
    state: BatchState
    sent_at: int
    detail: str | None


class SubmissionState(StrEnum):
    """How a submission stands."""

    DUE = "due"
    SENDING = "sending"  # an attempt is written, its answer is not
    ACCEPTED = "accepted"  # with a receipt
    ALREADY = "already"  # the utility held the same value
    REJECTED = "rejected"  # with a reason
    UNKNOWN = "unknown"  # the answer was lost: ask before anything else


class Submission(NamedTuple):
    """One reading handed to a utility account."""

    number: int
    account: str
    slot: Slot
    revision: int
    value: int
    key: str
    state: SubmissionState
    receipt: str | None
    detail: str | None
    changed_at: int


class Attempt(NamedTuple):
    """One request of a submission, written before it left."""

    number: int  # 1, 2, 3 ... within its submission
    channel: str  # api, portal, person
    started_at: int
    finished_at: int | None  # None: no answer was read
    outcome: str | None
    answer: str | None  # as it came, without secrets


class Memo(NamedTuple):
    """Something to know between runs."""

    value: str
    written_at: int


class Rival(NamedTuple):
    """Another value that a slot has elsewhere."""

    told_by: str  # the destination, its row, the meter
    revision: int
    value: int | None  # None: void


class Ledger(Access, Anew, Bulk, Care, Protocol):
    """One household's store of readings."""

    @property
    def id(self) -> str:
        """This ledger's own id, given at its creation."""

    @property
    def place(self) -> str:
        """Where it is, for people; without any password."""

    def writing(self) -> AbstractContextManager[None]:
        """One durable write; see this module's head."""

    def holding(self, job: str, wait: float = 0) -> AbstractContextManager[None]:
        """One run of a job at a time for this ledger, whichever process; dies with its holder.

        Held without any transaction, so that others record meanwhile.

        Raises:
            Busy: another run has held it for `wait` seconds; the message says since when.
        """

    def give_way(self) -> None:
        """Let other writers go first who wait, for a moment; called between two writes.

        For who writes on and on: without it, others would find the ledger free by chance only.
        """

    def close(self) -> None:
        """Let go of it; harmless when done twice."""

    # -- between runs
    def memo(self, name: str) -> Memo | None:
        """What was noted under a name."""

    def set_memo(self, name: str, value: str, now: int) -> None:
        """Note something under a name, in place of what was there."""

    # -- meters
    def meters(self) -> tuple[Meter, ...]:
        """All meters with their devices, in the order they were added."""

    def add_meter(self, meter: Meter) -> None:
        """Add a meter and its devices. The caller has checked it against the others."""

    def set_meter(self, meter: Meter) -> None:
        """Change what is declared of a meter (not its id, nor its devices)."""

    def add_device(self, meter: str, device: Device) -> None:
        """Give a meter its next device."""

    def set_serial(self, meter: str, device: int, serial: str) -> None:
        """Tell a device's serial number."""

    # -- the log
    def append(
        self, entry: NewEntry, readings: Sequence[Reading], plain: Sequence[Plain] = ()
    ) -> int:
        """Write an entry with its readings, some of them in columns; return its number.

        The readings carry the right revision already (`meterctl.domain.readings.settle` and
        `revisions` tell); a revision that exists makes the whole write fail.
        """

    def last_entry(self) -> int:
        """The number of the newest entry; 0 for none."""

    def entry(self, number: int) -> Entry | None:
        """An entry by its number."""

    def entry_readings(self, number: int) -> Iterator[Reading]:
        """What an entry wrote, in the order meter, device, time."""

    # -- readings
    def revisions(self, slot: Slot) -> list[Reading]:
        """All revisions of a slot, oldest first; empty when it holds nothing."""

    def revisions_at(
        self, meter: str, device: int, times: Sequence[int]
    ) -> dict[Slot, list[Reading]]:
        """All revisions at each of some times (at least one), by slot, oldest first."""

    def revisions_between(
        self, meter: str, device: int, first_at: int, last_at: int
    ) -> Iterator[Reading]:
        """All revisions of a stretch, void ones too, in the order time, starts_at, revision."""

    def current(
        self,
        meter: str,
        *,
        device: int | None = None,
        since: int | None = None,
        until: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Reading]:
        """The truths of a meter: the last revision of each slot, void ones left out.

        `since` and `until` are inclusive. In the order device, time (both reversed when
        `newest_first`). Streams: meanwhile nothing is appended; findings may be set.
        """

    def newest(self, meter: str, source: Source | None = None) -> Reading | None:
        """The current reading with the latest time, of any of the meter's devices."""

    def truths(self, meter: str, until: int) -> int:
        """How many slots of a meter, of up to an instant, have a value that holds."""

    def stretches_read(self, meter: str, stretches: Sequence[tuple[int, int]]) -> int:
        """In how many stretches of time, ends included, a meter has a value that holds."""

    def traits(self) -> Traits:
        """What any of the readings has beside its value."""

    # -- findings
    def findings(self, stretch: Stretch) -> dict[Slot, tuple[Finding, ...]]:
        """The kept findings of a stretch, by slot."""

    def set_findings(self, found: Iterable[tuple[Slot, tuple[Finding, ...]]]) -> None:
        """Replace the findings of each slot named; an empty tuple clears it."""

    def accept(self, entry: int, slot: Slot, revision: int, reason: str) -> None:
        """Keep that a person accepted a revision as it is."""

    def accepted(self, stretch: Stretch) -> dict[Slot, str]:
        """The slots of a stretch whose current revision is accepted, with the reasons."""

    def flagged(self, meter: str | None = None, *, accepted: bool = False) -> Iterator[Flagged]:
        """Current readings with findings: the open ones, or with `accepted` those too."""

    def leave_unjudged(self, stretch: Stretch) -> None:
        """Note that a stretch's findings are yet to be derived."""

    def unjudged(self) -> list[Stretch]:
        """The stretches that are; at most one for each device."""

    def judged(self, stretch: Stretch, until: int) -> None:
        """Forget the part of an unjudged stretch up to a time, or all of it if it ends there."""

    # -- destinations
    def open_batch(self, destination: str, last_entry: int, token: int, now: int) -> Batch | None:
        """Write that a batch is about to be sent: from the cursor to `last_entry`, inclusive.

        None when an earlier batch of the destination is not settled yet: look at that first.
        """

    def settle_batch(self, number: int, state: BatchState, now: int, detail: str | None) -> bool:
        """Write how a batch ended; False when it was settled already. `unknown` leaves it open."""

    def batch_in_doubt(self, destination: str) -> Batch | None:
        """The one batch of a destination that is not settled."""

    def cursor(self, destination: str) -> int:
        """The last entry that is proven to be at the destination; 0 for none."""

    def waiting(self, destination: str) -> int:
        """How many values (revisions, void ones too) are beyond the cursor.

        What came from the destination itself does not count: it is not sent back.
        """

    def seen(self, destination: str, kind: str) -> Iterator[tuple[str, bytes]]:
        """What a destination was last seen to hold, of one kind: by name, in their order."""

    def remember(
        self, destination: str, kind: str, changes: Iterable[tuple[str, bytes | None]]
    ) -> None:
        """Remember each of what was seen, in place of what was remembered; None forgets it."""

    def rivals(self, stretch: Stretch) -> dict[Slot, list[Rival]]:
        """What is said elsewhere of the slots of a stretch, against what they hold here."""

    def set_rival(self, slot: Slot, rival: Rival) -> None:
        """Keep what is said of a slot elsewhere, in place of what that one said before."""

    def forget_rivals(self, told_by: str) -> list[Slot]:
        """Forget what one said; the slots of which it said it."""

    def open_submission(
        self, account: str, reading: Reading, key: str, now: int
    ) -> Submission | None:
        """Make a reading due at an account; None when its key is open or taken there already."""

    def move_submission(
        self,
        number: int,
        expected: SubmissionState,
        state: SubmissionState,
        now: int,
        *,
        receipt: str | None = None,
        detail: str | None = None,
    ) -> bool:
        """Compare and set: False when it is not in the expected state any more."""

    def submissions(self, account: str | None = None) -> Iterator[Submission]:
        """All submissions, newest first."""

    def submission(self, number: int) -> Submission | None:
        """A submission by its number."""

    def submissions_of(self, account: str | None, slot: Slot) -> list[Submission]:
        """A slot's submissions, to an account or to any, newest first."""

    def begin_attempt(
        self, number: int, expected: SubmissionState, channel: str, now: int
    ) -> int | None:
        """Write that a request is about to leave: the state becomes `sending`.

        The attempt's number, or None when the submission is not in the expected state any more.
        """

    def end_attempt(
        self, number: int, attempt: int, now: int, outcome: str, answer: str | None
    ) -> None:
        """Write what came of an attempt; `answer` is what was answered, without secrets."""

    def attempts(self, number: int) -> list[Attempt]:
        """A submission's attempts, oldest first."""
