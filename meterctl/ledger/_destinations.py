"""Batches, submissions and memos in SQL: what was sent, is in doubt, or is proven."""

from __future__ import annotations

from collections.abc import Iterator

from meterctl import log
from meterctl.domain.readings import Reading, Slot
from meterctl.domain.times import iso_utc
from meterctl.ledger._findings import Findings
from meterctl.ledger.connection import Row
from meterctl.ledger.port import Attempt, Batch, BatchState, Memo, Submission, SubmissionState

_BATCH = (
    "SELECT batch, destination, first_entry, last_entry, token, state, sent_at, detail FROM batch "
)
_SUBMISSION = (
    "SELECT submission, account, meter, device, read_at, span, revision, value, key, state,"
    " receipt, detail, changed_at FROM submission "
)


class Destinations(Findings):
    """The part of a ledger that remembers deliveries."""

    def open_batch(self, destination: str, last_entry: int, token: int, now: int) -> Batch | None:
        """Write that a batch is about to be sent, from the cursor to `last_entry`."""
        if self.batch_in_doubt(destination) is not None:
            return None
        self._db.run(
            "INSERT INTO batch (batch, destination, first_entry, last_entry, token, state, sent_at)"
            " VALUES (?, ?, ?, ?, ?, 'sending', ?)",
            (
                self._next("batch"),
                destination,
                self.cursor(destination) + 1,
                last_entry,
                token,
                now,
            ),
        )
        batch = self.batch_in_doubt(destination)
        if batch is not None:
            self._tell(
                "batch.sending",
                is_usual=True,
                batch=batch.number,
                first_entry=batch.first_entry,
                last_entry=last_entry,
                token=token,
            )
        return batch

    def settle_batch(self, number: int, state: BatchState, now: int, detail: str | None) -> bool:
        """Write how a batch ended; `unknown` leaves it open."""
        settled = None if state in (BatchState.UNKNOWN, BatchState.SENDING) else now
        is_settled = (
            self._db.run(
                "UPDATE batch SET state = ?, settled_at = ?, detail = ?"
                " WHERE batch = ? AND settled_at IS NULL",
                (state.value, settled, detail, number),
            )
            == 1
        )
        if is_settled:
            self._tell(f"batch.{state.value}", batch=number, detail=detail)
        return is_settled

    def batch_in_doubt(self, destination: str) -> Batch | None:
        """The one batch of a destination that is not settled."""
        row = self._db.one(_BATCH + "WHERE destination = ? AND settled_at IS NULL", (destination,))
        if row is None:
            return None
        number, of, first, last, token, state, sent_at, detail = row
        return Batch(number, of, first, last, token, BatchState(state), sent_at, detail)

    def cursor(self, destination: str) -> int:
        """The last entry that is proven to be at the destination; 0 for none."""
        row = self._db.one(
            "SELECT coalesce(max(last_entry), 0) FROM batch"
            " WHERE destination = ? AND state = 'landed'",
            (destination,),
        )
        return row[0] if row else 0

    def waiting(self, destination: str) -> int:
        """How many values are beyond the cursor."""
        row = self._db.one(
            "SELECT CAST(coalesce(sum(s.readings), 0) AS BIGINT)"
            " FROM entry_span AS s JOIN entry AS e USING (entry)"
            " WHERE s.entry > ? AND NOT (e.source = 'sheet' AND e.origin = ?)",
            (self.cursor(destination), destination),
        )
        return row[0] if row else 0

    def open_submission(
        self, account: str, reading: Reading, key: str, now: int
    ) -> Submission | None:
        """Make a reading due at an account; None when its key is open or taken there already."""
        slot = reading.slot
        added = self._db.run(
            "INSERT INTO submission (submission, account, meter, device, read_at, span, revision,"
            " value, key, state, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'due', ?)"
            " ON CONFLICT DO NOTHING",
            (
                self._next("submission"),
                account,
                self._number(slot.meter),
                slot.device,
                slot.at,
                slot.at - slot.starts_at,
                reading.revision,
                reading.amount,
                key,
                now,
            ),
        )
        if not added:
            return None
        row = self._db.one(_SUBMISSION + "ORDER BY submission DESC LIMIT 1")
        return None if row is None else self._as_submission(row)

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
        is_moved = (
            self._db.run(
                "UPDATE submission SET state = ?, receipt = coalesce(?, receipt),"
                " detail = coalesce(?, detail), changed_at = ? WHERE submission = ? AND state = ?",
                (state.value, receipt, detail, now, number, expected.value),
            )
            == 1
        )
        if is_moved:
            self._tell(
                f"submission.{state.value}",
                submission=number,
                key=self._key_told(number),
                was=expected.value,
                receipt=receipt,
            )
        return is_moved

    def _key_told(self, number: int) -> str | None:
        """Which reading a submission is of, for the log."""
        one = self.submission(number) if log.is_on() else None
        return None if one is None else f"{one.slot.meter}@{iso_utc(one.slot.at)}"

    def submissions(self, account: str | None = None) -> Iterator[Submission]:
        """All submissions, newest first."""
        rows = self._db.stream(
            _SUBMISSION + "WHERE CAST(? AS TEXT) IS NULL OR account = ? ORDER BY submission DESC",
            (account, account),
        )
        return (self._as_submission(row) for row in rows)

    def submission(self, number: int) -> Submission | None:
        """A submission by its number."""
        row = self._db.one(_SUBMISSION + "WHERE submission = ?", (number,))
        return None if row is None else self._as_submission(row)

    def submissions_of(self, account: str | None, slot: Slot) -> list[Submission]:
        """A slot's submissions, to an account or to any, newest first."""
        rows = self._db.all(
            _SUBMISSION + "WHERE meter = ? AND device = ? AND read_at = ? AND span = ?"
            " AND (CAST(? AS TEXT) IS NULL OR account = ?) ORDER BY submission DESC",
            (
                self._number(slot.meter),
                slot.device,
                slot.at,
                slot.at - slot.starts_at,
                account,
                account,
            ),
        )
        return [self._as_submission(row) for row in rows]

    def begin_attempt(
        self, number: int, expected: SubmissionState, channel: str, now: int
    ) -> int | None:
        """Write that a request is about to leave: the state becomes `sending`."""
        if not self.move_submission(number, expected, SubmissionState.SENDING, now):
            return None
        row = self._db.one(
            "SELECT coalesce(max(attempt), 0) + 1 FROM attempt WHERE submission = ?", (number,)
        )
        attempt = int(row[0]) if row else 1
        self._db.run(
            "INSERT INTO attempt (submission, attempt, channel, started_at) VALUES (?, ?, ?, ?)",
            (number, attempt, channel, now),
        )
        self._tell("attempt.begun", submission=number, attempt=attempt, channel=channel)
        return attempt

    def end_attempt(
        self, number: int, attempt: int, now: int, outcome: str, answer: str | None
    ) -> None:
        """Write what came of an attempt."""
        self._db.run(
            "UPDATE attempt SET finished_at = ?, outcome = ?, answer = ?"
            " WHERE submission = ? AND attempt = ?",
            (now, outcome, answer, number, attempt),
        )
        began = self._db.one(
            "SELECT started_at FROM attempt WHERE submission = ? AND attempt = ?", (number, attempt)
        )
        seconds = None if began is None else (now - began[0]) / 1000
        self._tell(
            "attempt.ended", submission=number, attempt=attempt, outcome=outcome, seconds=seconds
        )

    def attempts(self, number: int) -> list[Attempt]:
        """A submission's attempts, oldest first."""
        rows = self._db.all(
            "SELECT attempt, channel, started_at, finished_at, outcome, answer FROM attempt"
            " WHERE submission = ? ORDER BY attempt",
            (number,),
        )
        return [Attempt(*row) for row in rows]

    def memo(self, name: str) -> Memo | None:
        """What was noted under a name."""
        row = self._db.one("SELECT value, written_at FROM memo WHERE name = ?", (name,))
        return None if row is None else Memo(*row)

    def set_memo(self, name: str, value: str, now: int) -> None:
        """Note something under a name, in place of what was there.

        A path in it need not be text; then its odd bytes are written out.
        """
        value = value.encode("utf-8", "backslashreplace").decode()
        self._db.run(
            "INSERT INTO memo (name, value, written_at) VALUES (?, ?, ?) ON CONFLICT (name)"
            " DO UPDATE SET value = excluded.value, written_at = excluded.written_at",
            (name, value, now),
        )

    def forget_memos(self, beginning: str) -> None:
        """Forget all that was noted under names that begin so."""
        self._db.run("DELETE FROM memo WHERE substr(name, 1, ?) = ?", (len(beginning), beginning))

    def _as_submission(self, row: Row) -> Submission:
        number, account, meter, device, at, span, revision, value, key, state, *rest = row
        return Submission(
            number,
            account,
            Slot(self._id(meter), device, at, at - span),
            revision,
            value,
            key,
            SubmissionState(state),
            *rest,
        )
