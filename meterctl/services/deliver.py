"""Delivery to the Sheet: what is beyond the cursor lands there exactly once, or stays queued.

Each batch is written down before it leaves (`sending`), and claims the next token of the chain in
the same atomic request as its rows (`meterctl.sheet.chain`). When an answer is lost, the chain
tells whether the batch landed; nothing is sent again before that is known, or before it is known
that only one of two tries can land.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from meterctl.domain.times import SECOND
from meterctl.errors import (
    AnswerLost,
    Busy,
    LedgerError,
    MeterctlError,
    SheetUnfit,
    Unreachable,
)
from meterctl.ledger.port import Batch, BatchState, EntryKind, Ledger
from meterctl.services.batches import (
    BATCH_BYTES,
    Composed,
    Place,
    compose,
    read_what_is_said,
    rows_from_before,
)
from meterctl.services.restored import HAS_STOPPED, elsewhere, restored
from meterctl.services.seen import note_written
from meterctl.services.sheet_notes import Notes, all_known, fit
from meterctl.sheet import chain
from meterctl.sheet.chain import Fate
from meterctl.sheet.layout import noted
from meterctl.sheet.port import Change, Layout, Sheet, Token, TokenTaken, View, Write
from meterctl.sheet.rows import Said, layout_of

JOB = "sync"
_STALE = 30 * SECOND  # a look this old is not acted upon: the machine may have slept since


class Delivered(NamedTuple):
    """What a run has brought to the Sheet; `error` says why it stopped before the end."""

    rows: int = 0
    readings: int = 0
    batches: int = 0
    left_out: int = 0  # readings that the Sheet held already
    waiting: int = 0  # values that are still queued
    error: MeterctlError | None = None


class Means(NamedTuple):
    """What a run works with beside ledger and Sheet."""

    tab: str
    now: Callable[[], int]
    # Told what failed: waits, and says whether to try again; or says at once to leave it.
    again: Callable[[MeterctlError], bool]
    settle: float  # seconds that a lost request may still be under way
    progress: Callable[[int], None]


def is_settled(ledger: Ledger, destination: str) -> bool:
    """Whether the Sheet has everything: then there is nothing to ask it either."""
    return (
        ledger.cursor(destination) >= ledger.last_entry()
        and ledger.batch_in_doubt(destination) is None
    )


def deliver(ledger: Ledger, sheet: Sheet, means: Means, *, wait: float = 0) -> Delivered:
    """Bring what is queued to the Sheet.

    Raises:
        Busy: another run has been delivering for `wait` seconds.
        LedgerError: what was sent and not noted is found out by the next run.
    """
    with ledger.holding(JOB, wait):
        done = deliver_alone(ledger, sheet, means)
        if done.error is None:
            note_success(ledger, sheet, means)
        return done


def deliver_alone(ledger: Ledger, sheet: Sheet, means: Means) -> Delivered:
    """The same, for one who holds the job already, and has more to do before all is well."""
    return _Run(ledger, sheet, means).deliver()


def note_success(ledger: Ledger, sheet: Sheet, means: Means) -> None:
    """Note that all there was to do is done."""
    Notes(ledger, sheet.destination, means.now).set("ok", "")


class _Run:
    """One run, batch by batch."""

    def __init__(self, ledger: Ledger, sheet: Sheet, means: Means) -> None:
        self._ledger = ledger
        self._sheet = sheet
        self._means = means
        self._to = sheet.destination
        self._notes = Notes(ledger, self._to, means.now)
        self._done = Delivered()
        # What rows say: up to which token, and of the readings up to which entry.
        self._said: tuple[int, int, Said] | None = None
        self._taken: int | None = None  # the number that could not be claimed just now
        self._passed: set[int] = set()  # numbers that something else has, unseen by a look

    def deliver(self) -> Delivered:
        """Until nothing is left, or something stands in the way."""
        error: MeterctlError | None = None
        self._pass_over_what_holds_no_reading()
        while error is None and not is_settled(self._ledger, self._to):
            try:
                self._step()
            except (Busy, LedgerError):
                raise
            except MeterctlError as problem:
                passing = isinstance(problem, (Unreachable, AnswerLost))
                if not passing or not self._means.again(problem):
                    error = problem
        return self._done._replace(waiting=self._ledger.waiting(self._to), error=error)

    def _pass_over_what_holds_no_reading(self) -> None:
        """Entries such as acceptances are no reason to ask the Sheet anything."""
        last = self._ledger.last_entry()
        if last > self._ledger.cursor(self._to) and not self._ledger.waiting(self._to):
            now = self._means.now()
            with self._ledger.writing():
                batch = self._ledger.open_batch(self._to, last, 0, now)
                if batch is not None:
                    self._ledger.settle_batch(batch.number, BatchState.LANDED, now, "no readings")

    def _step(self) -> None:
        """One look, and one batch further."""
        looked_at = self._means.now()
        view = self._sheet.look()
        layout, change = self._fit(view)
        batch = self._ledger.batch_in_doubt(self._to)
        is_new = batch is None
        if batch is not None and not self._is_to_be_sent_again(view, layout, batch):
            return
        composed = self._compose(view, layout, batch)
        if batch is None:
            if not self._is_fresh(looked_at):
                return
            batch = self._open(view, composed)
        if not composed.rows and is_new:
            self._land(batch, composed, view, layout)
            return
        if not self._is_fresh(looked_at):
            return  # the batch is written down: the next look tells what has become of the chain
        write = Write(
            _token(batch, self._ledger),
            view.tab,
            layout,
            change,
            composed.rows,
            view.zone,
            chain.expired(view),
        )
        try:
            self._sheet.write(write)
        except TokenTaken:
            self._taken = batch.token  # by whom, the next look tells
            return
        except AnswerLost as lost:
            self._settle(batch, BatchState.UNKNOWN, lost.message)
            raise
        except MeterctlError as refused:
            if is_new:  # an earlier try of one that is sent again may still land
                self._settle(batch, BatchState.REFUSED, refused.message)
            raise
        self._land(batch, composed, view, layout, knew_all=self._knows_all(view))
        self._means.progress(self._done.rows)

    def _is_fresh(self, looked_at: int) -> bool:
        return 0 <= self._means.now() - looked_at <= _STALE

    # -- before a batch

    def _fit(self, view: View) -> tuple[Layout, Change | None]:
        """Where the columns are; the first time, whether this spreadsheet keeps the chain's law."""
        layout, change = fit(view, self._means.tab, self._ledger.meters(), self._notes)
        if self._notes.get("refuses") is None:
            self._notes.set("refuses", "yes" if self._sheet.refuses_doubles() else "no")
        if not self._refuses and not chain.is_alone(view, self._ledger.id):
            self._refuse_beside_others(view)
        return layout, change

    def _refuse_beside_others(self, view: View) -> None:
        """Where an id may be had twice, nothing keeps two ledgers' rows apart.

        One that a person said has stopped is no other any more, once its last request is over.
        """
        others = [one for one in view.tokens if one.ledger != self._ledger.id]
        stopped = elsewhere(self._ledger)
        stopped_at = None if stopped is None else stopped.stopped_at
        if stopped_at is not None:
            over = stopped_at + self._means.settle * SECOND
            if self._means.now() < over:
                raise AnswerLost(
                    "a request of the other machine may be under way, and would not be refused",
                    f"the next run looks again, {self._means.settle:g} s after it was stopped",
                )
            others = [one for one in others if one.at > stopped_at]
        if others:
            is_copy = stopped is not None and stopped_at is None
            raise SheetUnfit(
                "this spreadsheet's service accepts one metadata id twice, so that one ledger"
                " alone may write to it, and another one does",
                HAS_STOPPED if is_copy else "give each ledger a spreadsheet of its own",
            )

    @property
    def _refuses(self) -> bool:
        return self._notes.get("refuses") != "no"

    def _compose(self, view: View, layout: Layout, batch: Batch | None) -> Composed:
        """The rows of the next batch; of one that is sent again, all of its entries."""
        if batch is None:
            entries = range(self._ledger.cursor(self._to) + 1, self._ledger.last_entry() + 1)
        else:
            entries = range(batch.first_entry, batch.last_entry + 1)
        return compose(
            self._ledger,
            self._to,
            entries,
            self._what_is_said(view, entries),
            lambda row: self._sheet.size_of(row, layout, view.zone),
            limit=BATCH_BYTES if batch is None else None,
        )

    def _what_is_said(self, view: View, entries: range) -> Said | None:
        """What the Sheet holds already, where others write to it as well."""
        is_new = self._notes.get("columns") is None
        if view.tab is None or (is_new and not any(view.tab.header)):
            return None
        # The head may bear this ledger's name, and yet be unknown to it: it is a copy, or came back
        # from a backup.
        is_shared = self._notes.get("shared") is not None
        if not is_shared and (
            is_new or not view.tokens or str(view.tokens[-1]) != self._notes.get("head")
        ):
            self._notes.set("shared", "yes")
            is_shared = True
        if not self._tells_of_a_swap(entries) and (not is_shared or self._knows_all(view)):
            return None
        head = chain.head(view)
        if self._said is None or self._said[0] != head or self._said[1] < entries.stop - 1:
            # All that is queued, not just this batch: what others wrote is read once a run, unless
            # more is recorded meanwhile.
            last = self._ledger.last_entry()
            queued = range(entries.start, last + 1)
            readings = (one for number in queued for one in self._ledger.entry_readings(number))
            before = rows_from_before(self._ledger, queued)
            place = _place(self._sheet, view)
            said = read_what_is_said(place, self._ledger.meters(), readings, before)
            self._said = head, last, said
        return self._said[2]

    def _knows_all(self, view: View) -> bool:
        """Whether all that others wrote has become readings here: then it cannot be sent again."""
        absorbed = self._notes.get("absorbed")
        return bool(view.tokens) and absorbed == all_known(view.tokens[-1], self._ledger.meters())

    def _tells_of_a_swap(self, entries: range) -> bool:
        """Whether readings changed their device: rows without one mean the new device already."""
        told = (self._ledger.entry(number) for number in entries)
        return any(entry and entry.kind is EntryKind.REPLACEMENT for entry in told)

    def _open(self, view: View, composed: Composed) -> Batch:
        """Write down, before anything leaves, what is about to be sent."""
        number = chain.next_number(view, self._passed)
        with self._ledger.writing():
            batch = self._ledger.open_batch(
                self._to, composed.last_entry, number, self._means.now()
            )
        if batch is None:
            raise Busy("another run has begun to deliver", "try again later")
        return batch

    # -- after a batch

    def _is_to_be_sent_again(self, view: View, layout: Layout, doubt: Batch) -> bool:
        """What became of a batch whose answer is not known; settled here, unless it never left."""
        entries = range(doubt.first_entry, doubt.last_entry + 1)
        mine = _token(doubt, self._ledger)
        fate = chain.fate(view, mine)
        if self._landed_before(view, doubt):
            fate = Fate.LANDED
        if fate is Fate.NEVER_ARRIVED and self._taken == doubt.token:
            fate = self._who_took(mine)
        if fate is Fate.NEVER_ARRIVED and self._refuses:
            return True
        if fate in (Fate.NEVER_ARRIVED, Fate.ROWS_TELL):
            # The chain cannot tell. If it landed, the rows say what its readings say: they are
            # read before the next batch, which leaves out what is there.
            self._wait_out(doubt)
            self._notes.set("shared", "yes")
        if fate is Fate.LANDED:
            rows = compose(self._ledger, self._to, entries, None, lambda _: 0, limit=None)
            self._land(doubt, rows, view, layout)
        else:
            self._settle(doubt, BatchState.REFUSED, "it did not land")
        return False

    def _landed_before(self, view: View, doubt: Batch) -> bool:
        """Whether it was sent before this ledger was put back, and landed under its name then."""
        back = restored(self._ledger)
        if back is None or doubt.sent_at >= back.restored_at:
            return False
        return any(
            Token(doubt.token, one.id, doubt.number, doubt.sent_at) in view.tokens
            for one in back.ancestors
        )

    def _who_took(self, mine: Token) -> Fate:
        """Whose a number is that is taken, though the chain does not name it."""
        self._taken = None
        there = self._sheet.token(mine.id)
        if there is None:
            raise Unreachable("the spreadsheet contradicts itself", "the next run looks again")
        if not there.ledger:
            self._passed.add(mine.id)
        return Fate.LANDED if there == mine else Fate.NOT_LANDED

    def _wait_out(self, doubt: Batch) -> None:
        """Where its number would not be refused any more, only time tells that it lands no more."""
        if self._means.now() < doubt.sent_at + self._means.settle * SECOND:
            raise AnswerLost(
                "a request to the Sheet may still be under way, and would not be refused",
                f"the next run looks again, {self._means.settle:g} s after it was sent",
            )

    def _land(
        self,
        batch: Batch,
        composed: Composed,
        view: View,
        layout: Layout,
        *,
        knew_all: bool | None = None,
    ) -> None:
        """Write down that a batch is in the Sheet, and what is known of the Sheet since.

        `knew_all` says, of rows that are known to be those sent, whether all others were known.
        """
        with self._ledger.writing():
            now = self._means.now()
            self._ledger.settle_batch(batch.number, BatchState.LANDED, now, None)
            if composed.rows:
                self._notes.write("zone", view.zone)
                self._notes.write("columns", noted(layout))
                self._notes.write("head", str(_token(batch, self._ledger)))
                if knew_all is not None:
                    note_written(self._ledger, self._to, composed.rows)
                if knew_all:
                    mark = all_known(_token(batch, self._ledger), self._ledger.meters())
                    self._notes.write("absorbed", mark)
        if self._said is not None and composed.rows:
            self._said = (max(batch.token, self._said[0]), *self._said[1:])
        rows, readings, batches, left_out, *_ = self._done
        self._done = Delivered(
            rows + len(composed.rows),
            readings + composed.readings,
            batches + 1,
            left_out + composed.left_out,
        )

    def _settle(self, batch: Batch, state: BatchState, detail: str) -> None:
        with self._ledger.writing():
            self._ledger.settle_batch(batch.number, state, self._means.now(), detail)


def _token(batch: Batch, ledger: Ledger) -> Token:
    return Token(batch.token, ledger.id, batch.number, batch.sent_at)


def _place(sheet: Sheet, view: View) -> Place:
    """Where the rows are now, without the columns that are yet to be made."""
    if view.tab is None:
        raise ValueError("there is no tab to read")
    return Place(sheet, view.tab, layout_of(view.tab.header), view.zone)
