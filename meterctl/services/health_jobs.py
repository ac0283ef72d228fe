"""`health`, jobs: does each still run, and does it end well?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from meterctl.domain.times import DAY, HOUR, age_text, iso_utc
from meterctl.errors import AnswerLost, Busy, Unreachable
from meterctl.ledger.port import Ledger
from meterctl.services.health import Check, Grade
from meterctl.services.health_machine import CLOCK_OFF
from meterctl.services.run_notes import Failure, Job, Past, past_of

# How long a job may be silent: its rhythm in crontab.example, and some time for one missed run.
RHYTHMS = {Job.SYNC: 2 * HOUR, Job.PUSH: 36 * HOUR, Job.BACKUP: 8 * DAY}

# A failure that the next run heals by itself is worth a person's time only when it has not.
_PASSING = frozenset((Busy.exit_code, Unreachable.exit_code, AnswerLost.exit_code))


class SetUp(NamedTuple):
    """Which jobs there should be, and where one can look for what became of them."""

    jobs: frozenset[Job]
    log: Path | None  # where they write what they do; None where there is no such file


def check_jobs(ledger: Ledger, set_up: SetUp, now: int) -> Iterator[Check]:
    """How each job's last runs ended; of a backup also whether it is still there."""
    first = ledger.entry(1)
    used_for = 0 if first is None else now - first.written_at
    for job in Job:
        past = past_of(ledger, job)
        if job not in set_up.jobs and past.success is None:
            continue  # tried once, perhaps, before there was anything to do it with
        if past.last_at is not None:
            yield _judged(job, past, set_up.log, now)
        elif used_for > RHYTHMS[job]:
            output = "has never run, as far as the ledger knows"
            yield Check(_name(job), Grade.WARN, output, _by_hand(job))
    yield from _backup_file(past_of(ledger, Job.BACKUP))


def _judged(job: Job, past: Past, log: Path | None, now: int) -> Check:
    name, rhythm = _name(job), RHYTHMS[job]
    failing = past.failing
    if past.success is None:
        well = "it has never ended well"
    else:
        well = f"it last ended well {age_text(now - past.success.at)} ago"
    silent_for = now - (past.last_at or 0)
    if silent_for < -CLOCK_OFF:  # which would hide that it has stopped
        output = f"is said to have run at {iso_utc(now - silent_for)}, which is to come"
        return Check(name, Grade.WARN, output, "set this machine's clock; its next run heals it")
    if silent_for > rhythm:
        output = f"has not run for {age_text(silent_for)}; {well}"
        return Check(name, Grade.WARN, output, _missed(log))
    if failing is None:
        before = _before(past.failure, now)
        return Check(name, Grade.PASS, f"ended well {age_text(silent_for)} ago{before}")
    since = failing.at if failing.since is None else failing.since
    output = (
        f"has been failing for {age_text(now - since)} (exit code {failing.exit_code}):"
        f" {failing.message}; {well}"
    )
    # One that never ended well is as old as its first failure.
    well_at = since if past.success is None else past.success.at
    is_passing = failing.exit_code in _PASSING and now - well_at <= rhythm
    return Check(name, Grade.PASS if is_passing else Grade.WARN, output, failing.hint or _look(log))


def _before(failure: Failure | None, now: int) -> str:
    if failure is None:
        return ""
    age = age_text(now - failure.at)
    return f"; before, {age} ago, exit code {failure.exit_code}: {failure.message}"


def _backup_file(past: Past) -> Iterator[Check]:
    """Whether the last backup is where it was put."""
    path = None if past.success is None else past.success.made
    if path is None:
        return
    try:
        size = path.stat().st_size
    except OSError as error:
        hint = "meterctl backup makes another; or mount the disk that it is on"
        output = f"the last backup {path} cannot be looked at: {error.strerror}"
        yield Check("backup:file", Grade.WARN, output, hint)
        return
    if size == 0:
        yield Check("backup:file", Grade.WARN, f"{path} is empty", "meterctl backup makes another")
    else:
        yield Check("backup:file", Grade.PASS, f"{path}, {size} bytes")


def _name(job: Job) -> str:
    return f"job:{job}"


def _by_hand(job: Job) -> str:
    return f"meterctl {job}; docs/scheduling.md has the lines for cron and systemd"


def _missed(log: Path | None) -> str:
    return f"look at crontab -l or systemctl list-timers, and at {_where(log)}"


def _look(log: Path | None) -> str:
    return f"look at {_where(log)}"


def _where(log: Path | None) -> str:
    return "what it said (cron's mail, journalctl)" if log is None else str(log)
