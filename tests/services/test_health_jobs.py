"""The service behind `health`: whether each job still runs, and ends well."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from meterctl.domain.times import DAY, HOUR, MINUTE
from meterctl.errors import MeterctlError, NotAllowed, PartlyDone, Unreachable
from meterctl.ledger.store import SqlLedger
from meterctl.services.health import Check, Grade
from meterctl.services.health_jobs import RHYTHMS, SetUp, check_jobs
from meterctl.services.run_notes import Job, note_failure, note_success, past_of
from tests.helpers import NOW, reading
from tests.ledger.contract import record

AWAY = Unreachable("nobody there", "later")
ALL = SetUp(frozenset(Job), None)


def ended(ledger: SqlLedger, job: Job, at: int, error: Exception | None = None) -> None:
    """Let a job end."""
    with ledger.writing():
        if error is None:
            note_success(ledger, job, at)
        else:
            note_failure(ledger, job, at, error)


def checked(ledger: SqlLedger, now: int, set_up: SetUp = ALL) -> dict[str, Check]:
    """Each check, by its name."""
    return {check.name: check for check in check_jobs(ledger, set_up, now)}


class TestMissed:
    """A job that should have run."""

    @pytest.mark.fault(34)
    @pytest.mark.parametrize("job", list(Job))
    def test_silent_for_too_long(self, ledger: SqlLedger, job: Job) -> None:
        """Until its rhythm is over all is well; then where to look for the reason is told."""
        ended(ledger, job, NOW)
        assert checked(ledger, NOW + RHYTHMS[job])[f"job:{job}"].grade is Grade.PASS
        late = checked(ledger, NOW + RHYTHMS[job] + 1)[f"job:{job}"]
        assert (late.grade, late.output.startswith("has not run for ")) == (Grade.WARN, True)
        assert "crontab -l or systemctl list-timers" in late.hint

    def test_where_its_log_is(self, ledger: SqlLedger) -> None:
        """That is told too, where there is one."""
        ended(ledger, Job.SYNC, NOW)
        found = checked(ledger, NOW + DAY, SetUp(frozenset(Job), Path("/var/log/m.log")))
        assert found["job:sync"].hint.endswith("at /var/log/m.log")

    @pytest.mark.parametrize("job", list(Job))
    def test_set_up_and_never_run(self, ledger: SqlLedger, job: Job) -> None:
        """Told once there has been something to do for that long."""
        record(ledger, reading("1", "2026-02-01 07:00"))
        written = ledger.entry(1)
        assert written is not None
        at = written.written_at
        assert checked(ledger, at + RHYTHMS[job]) == {} or job is not Job.SYNC
        late = checked(ledger, at + RHYTHMS[job] + 1)[f"job:{job}"]
        assert (late.grade, late.output) == (
            Grade.WARN,
            "has never run, as far as the ledger knows",
        )
        assert late.hint.startswith(f"meterctl {job}")

    def test_an_empty_ledger(self, ledger: SqlLedger) -> None:
        """There is nothing to run for."""
        assert checked(ledger, NOW) == {}

    def test_not_set_up(self, ledger: SqlLedger) -> None:
        """Without a Sheet no sync is missed, not even one that was tried once."""
        record(ledger, reading("1", "2026-02-01 07:00"))
        ended(ledger, Job.SYNC, NOW, NotAllowed("no"))
        assert checked(ledger, NOW + 99 * DAY, SetUp(frozenset(), None)) == {}


class TestFailing:
    """A job that runs and does not end well."""

    @pytest.mark.parametrize(
        "error", [NotAllowed("no", "renew it"), PartlyDone("some", "renew it"), ValueError("142.3")]
    )
    def test_what_a_person_must_mend(self, ledger: SqlLedger, error: Exception) -> None:
        """A warning at once, with the code and the message; of a bug nothing but its kind."""
        ended(ledger, Job.PUSH, NOW)
        ended(ledger, Job.PUSH, NOW + HOUR, error)
        ended(ledger, Job.PUSH, NOW + 2 * HOUR, error)
        found = checked(ledger, NOW + 3 * HOUR)["job:push-utility"]
        assert found.grade is Grade.WARN
        code = error.exit_code if isinstance(error, MeterctlError) else 1
        said = error.message if isinstance(error, MeterctlError) else "a bug: ValueError"
        assert found.output == (
            f"has been failing for 2 h (exit code {code}): {said}; it last ended well 3 h ago"
        )
        assert found.hint.startswith(("renew it", "run it by hand"))
        assert "142.3" not in found.output + found.hint

    def test_what_heals_by_itself(self, ledger: SqlLedger) -> None:
        """A failure that passes is worth a person's time only once it has not for too long."""
        ended(ledger, Job.SYNC, NOW)
        for minutes in range(15, 180, 15):
            ended(ledger, Job.SYNC, NOW + minutes * MINUTE, AWAY)
            grade = checked(ledger, NOW + minutes * MINUTE)["job:sync"].grade
            assert grade is (Grade.PASS if minutes <= 120 else Grade.WARN)

    def test_what_never_ended_well(self, ledger: SqlLedger) -> None:
        """The first failure begins the count."""
        ended(ledger, Job.SYNC, NOW, AWAY)
        ended(ledger, Job.SYNC, NOW + 2 * HOUR + 1, AWAY)
        found = checked(ledger, NOW + 2 * HOUR + 1)["job:sync"]
        assert (found.grade, "it has never ended well" in found.output) == (Grade.WARN, True)

    def test_healed(self, ledger: SqlLedger) -> None:
        """All is well again; what it was is still told."""
        ended(ledger, Job.SYNC, NOW, AWAY)
        ended(ledger, Job.SYNC, NOW + MINUTE)
        found = checked(ledger, NOW + 2 * MINUTE)["job:sync"]
        assert found.grade is Grade.PASS
        assert found.output == "ended well 1 min ago; before, 2 min ago, exit code 75: nobody there"

    def test_a_clock_that_was_set_back(self, ledger: SqlLedger) -> None:
        """A success that seems to be older than the failure before it is a success all the same."""
        ended(ledger, Job.SYNC, NOW + DAY, NotAllowed("no"))
        ended(ledger, Job.SYNC, NOW)
        assert checked(ledger, NOW)["job:sync"].grade is Grade.PASS
        ended(ledger, Job.SYNC, NOW - HOUR, NotAllowed("no"))
        assert checked(ledger, NOW)["job:sync"].grade is Grade.WARN

    @pytest.mark.fault(36)
    def test_a_run_that_is_yet_to_come(self, ledger: SqlLedger) -> None:
        """By a clock that was ahead: it would hide that the job has stopped, so it is told."""
        ended(ledger, Job.SYNC, NOW + 365 * DAY)
        found = checked(ledger, NOW)["job:sync"]
        assert (found.grade, "which is to come" in found.output) == (Grade.WARN, True)
        ended(ledger, Job.SYNC, NOW)
        assert checked(ledger, NOW)["job:sync"].grade is Grade.PASS

    def test_a_message_of_several_lines(self, ledger: SqlLedger) -> None:
        """Whatever it holds, the note can be read again."""
        ended(ledger, Job.SYNC, NOW, NotAllowed("one\ntwo\r\n\n three", "a\nb"))
        failure = past_of(ledger, Job.SYNC).failure
        assert failure is not None
        assert (failure.message, failure.hint) == ("one two three", "a b")


class TestBackup:
    """The last backup's file."""

    @pytest.fixture
    def backup(self, ledger: SqlLedger, tmp_path: Path) -> Path:
        """One that was made."""
        path = tmp_path / "b.db"
        path.write_bytes(b"x")
        with ledger.writing():
            note_success(ledger, Job.BACKUP, NOW, path)
        return path

    def test_where_it_was_put(self, ledger: SqlLedger, backup: Path) -> None:
        """It is named."""
        found = checked(ledger, NOW)["backup:file"]
        assert found == Check("backup:file", Grade.PASS, f"{backup}, 1 bytes")

    @pytest.mark.parametrize("name", [b"\xff\xe4", b"100%25 sure", b"a\nb", "Zähler".encode()])
    def test_a_name_that_is_no_text(self, ledger: SqlLedger, tmp_path: Path, name: bytes) -> None:
        """It is found by any name that a file can have."""
        path = tmp_path / os.fsdecode(name)
        path.write_bytes(b"x")
        with ledger.writing():
            note_success(ledger, Job.BACKUP, NOW, path)
        assert checked(ledger, NOW)["backup:file"].grade is Grade.PASS

    def test_gone(self, ledger: SqlLedger, backup: Path) -> None:
        """A warning: a backup that nobody has is none."""
        backup.unlink()
        found = checked(ledger, NOW)["backup:file"]
        assert (found.grade, str(backup) in found.output) == (Grade.WARN, True)
        assert "meterctl backup" in found.hint

    def test_empty(self, ledger: SqlLedger, backup: Path) -> None:
        """The same."""
        backup.write_bytes(b"")
        assert checked(ledger, NOW)["backup:file"].grade is Grade.WARN
