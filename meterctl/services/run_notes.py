"""What the ledger remembers of the jobs: when each last ended well, and how one last failed.

A note is written after the job, in a write of its own: a ledger that cannot be written to is no
reason for a job to fail, and a run that was killed leaves no note. That it is missing tells.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from meterctl.errors import MeterctlError
from meterctl.ledger.port import Ledger


class Job(StrEnum):
    """What cron runs."""

    SYNC = "sync"
    PUSH = "push-utility"
    BACKUP = "backup"


class Success(NamedTuple):
    """The last run that ended well."""

    at: int
    made: Path | None  # of a backup: where the copy is


class Failure(NamedTuple):
    """The last run that did not."""

    at: int
    since: int | None  # when the first in a row of them did; None: one has ended well since
    exit_code: int
    message: str
    hint: str


class Past(NamedTuple):
    """How a job's last runs ended."""

    success: Success | None
    failure: Failure | None

    @property
    def failing(self) -> Failure | None:
        """How the last run that is known of failed; None where it did not.

        Not by their times: a clock that was set back would turn them round.
        """
        return None if self.failure is None or self.failure.since is None else self.failure

    @property
    def last_at(self) -> int | None:
        """When the last run ended, well or not; None where none is known of."""
        last = self.failing or self.success
        return None if last is None else last.at


def note_success(ledger: Ledger, job: Job, now: int, made: Path | None = None) -> None:
    """Note that a job ended well, and what it has made; called inside a write."""
    failed = past_of(ledger, job).failing
    if failed is not None:
        over = failed._replace(since=None)
        ledger.set_memo(_name(job, "failed"), _written(over), over.at)
    ledger.set_memo(_name(job, "ok"), "" if made is None else as_noted(made), now)


def note_failure(ledger: Ledger, job: Job, now: int, error: BaseException) -> None:
    """Note how a job failed; called inside a write. Of a bug only its kind: its text may hold all.

    Args:
        ledger: Where.
        job: Which.
        now: When it ended.
        error: What ended it.
    """
    before = past_of(ledger, job).failing
    since = now if before is None or before.since is None else before.since
    if isinstance(error, MeterctlError):
        failure = Failure(now, since, error.exit_code, _line(error.message), _line(error.hint))
    else:
        hint = "run it by hand: it names a log to report"
        failure = Failure(now, since, 1, f"a bug: {type(error).__name__}", hint)
    ledger.set_memo(_name(job, "failed"), _written(failure), now)


def past_of(ledger: Ledger, job: Job) -> Past:
    """How a job's last runs ended, as far as is known."""
    done, failed = ledger.memo(_name(job, "ok")), ledger.memo(_name(job, "failed"))
    failure = None
    if failed is not None:
        since, code, message, hint = failed.value.split("\n")
        failure = Failure(
            failed.written_at, int(since) if since else None, int(code), message, hint
        )
    if done is None:
        return Past(None, failure)
    made = noted_path(done.value) if done.value else None
    return Past(Success(done.written_at, made), failure)


def as_noted(path: Path) -> str:
    """A path for a note, to be found from any folder; its name need not be text, a note is."""
    from urllib.parse import quote

    return quote(os.fsencode(path.absolute()))


def noted_path(text: str) -> Path:
    """The path that was noted so."""
    from urllib.parse import unquote_to_bytes

    return Path(os.fsdecode(unquote_to_bytes(text)))


def _written(failure: Failure) -> str:
    since = "" if failure.since is None else str(failure.since)
    return "\n".join((since, str(failure.exit_code), failure.message, failure.hint))


def _name(job: Job, what: str) -> str:
    return f"job.{job}.{what}"


def _line(text: str) -> str:
    return " ".join(text.split())
