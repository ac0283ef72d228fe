"""A backup in the ledger's place: which one, over what, and what becomes of what was there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from meterctl.domain.times import DAY
from meterctl.errors import (
    Busy,
    InputMissing,
    LedgerDamaged,
    LedgerError,
    LedgerNewer,
    LedgerUnwritable,
    UsageError,
)
from meterctl.ledger import swap
from meterctl.ledger.access import Client, Secret
from meterctl.ledger.lock import WriterLock, job_lock
from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.port import BatchState
from meterctl.ledger.restoring import SqlitePlace
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from meterctl.services import restored
from meterctl.services.backup import backup
from meterctl.services.restore import Done, Plan, Standing, plan, restore
from tests.faults.disks import small_disk
from tests.helpers import METER, NOW, reading
from tests.ledger.contract import record
from tests.ledger.files import (
    asked,
    contents,
    execute,
    fill,
    fill_and_kill,
    fill_as_of,
    fill_many,
    held,
    log_of,
)
from tests.ledger.test_sqlite_strangers import overwrite_readings

LATER = NOW + DAY


@pytest.fixture
def place(ledger_path: Path) -> SqlitePlace:
    """Where the ledger is."""
    return SqlitePlace(ledger_path, 0.2)


@pytest.fixture
def folder(ledger_path: Path) -> Path:
    """Where the backups are."""
    return ledger_path.parent / "backups"


def backed_up(path: Path, folder: Path, at: int = NOW) -> Path:
    """A backup of a ledger."""
    ledger = open_for_reading(path)
    try:
        return backup(ledger, folder, at).path
    finally:
        ledger.close()


def id_of(path: Path) -> str:
    """Whose ledger it is."""
    ledger = open_for_reading(path)
    try:
        return ledger.id
    finally:
        ledger.close()


def restored_by(place: SqlitePlace, planned: Plan, *, over_newer: bool = False) -> Done:
    """Carry a plan out."""
    with place.alone():
        return restore(place, planned, LATER, over_newer=over_newer)


def names_beside(path: Path) -> set[str]:
    """What a restore has left beside a ledger, locks aside."""
    return {
        one.name
        for one in path.parent.iterdir()
        if not one.name.endswith((".lock", "-shm")) and one.is_file() and one.stat().st_size
    }


class TestWhatItFinds:
    """The ledger that is in the place, compared with the backup."""

    def test_an_older_one(self, place: SqlitePlace, ledger_path: Path, tmp_path: Path) -> None:
        """The backup holds all of it, and more: nothing keeps it from being restored."""
        fill(tmp_path / "whole.db", 5)
        made = backed_up(tmp_path / "whole.db", tmp_path / "kept")
        early = backed_up(tmp_path / "whole.db", tmp_path / "early")
        ledger_path.parent.mkdir()
        early.rename(ledger_path)
        execute(ledger_path, *without_the_last_entry(5))
        planned = plan(place, made)
        assert planned.present.standing is Standing.OLDER
        assert planned.is_needed
        assert restored_by(place, planned).aside is not None
        assert held(ledger_path) == [0, 1, 2, 3, 4]

    def test_the_very_same(self, place: SqlitePlace, ledger_path: Path, folder: Path) -> None:
        """There is nothing to restore."""
        fill(ledger_path)
        backed_up(ledger_path, folder)
        planned = plan(place, None)
        assert planned.present.standing is Standing.SAME
        assert not planned.is_needed

    def test_a_newer_one(self, place: SqlitePlace, ledger_path: Path, folder: Path) -> None:
        """It is refused with what it holds besides; nothing is changed."""
        fill(ledger_path)
        backed_up(ledger_path, folder)
        fill(ledger_path, 2, first=3)
        before = contents(ledger_path)
        planned = plan(place, None)
        assert planned.present.standing is Standing.NEWER
        assert (planned.present.beyond.entries, planned.present.beyond.values) == (2, 2)
        with pytest.raises(UsageError, match="2 entries with 2 values, written 2026-11-22T11:00"):
            restored_by(place, planned)
        assert contents(ledger_path) == before

    def test_a_newer_one_that_is_to_go(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """It is set aside whole, as one plain file that is a ledger with its own id."""
        fill(ledger_path)
        before = id_of(ledger_path)
        backed_up(ledger_path, folder)
        fill_and_kill(ledger_path, 2, first=3)
        done = restored_by(place, plan(place, None), over_newer=True)
        assert held(ledger_path) == [0, 1, 2]
        assert done.aside is not None
        assert not log_of(done.aside).exists()
        assert stat.S_IMODE(done.aside.stat().st_mode) == 0o600
        assert held(done.aside) == [0, 1, 2, 3, 4]
        assert id_of(done.aside) == before
        assert id_of(ledger_path) == done.ledger_id != before

    @pytest.mark.parametrize(
        ("deed", "told"),
        [
            ("attempt", "1 attempt at the utility"),
            ("batch", "1 batch of the Sheet"),
            ("client", "1 client, or its end; 1 secret of a client"),
        ],
    )
    def test_one_in_which_only_other_things_happened(
        self, place: SqlitePlace, ledger_path: Path, folder: Path, deed: str, told: str
    ) -> None:
        """A request that left and is forgotten would be sent again: that is newer as well."""
        fill(ledger_path)
        backed_up(ledger_path, folder)
        do(deed, ledger_path)
        with pytest.raises(UsageError, match=f"lacks: {told}"):
            restored_by(place, plan(place, None))

    def test_meters_that_nobody_has_read(
        self, place: SqlitePlace, ledger_path: Path, tmp_path: Path
    ) -> None:
        """A new machine's empty ledger, with its default meters, is newer than nothing."""
        fill(tmp_path / "old.db")
        execute(tmp_path / "old.db", "UPDATE meter SET digits = 5")
        made = backed_up(tmp_path / "old.db", tmp_path / "kept")
        fill(ledger_path, 0)
        planned = plan(place, made)
        assert planned.present.standing is Standing.OLDER
        restored_by(place, planned)
        assert held(ledger_path) == [0, 1, 2]

    def test_another_households(
        self, place: SqlitePlace, ledger_path: Path, tmp_path: Path
    ) -> None:
        """Nothing of it is in the backup, though its entries have the same numbers."""
        fill(tmp_path / "other.db", 9)
        made = backed_up(tmp_path / "other.db", tmp_path / "kept")
        ledger = open_for_writing(ledger_path, NOW)
        record(ledger, reading("1", "2026-01-01 10:00"))
        ledger.close()
        assert plan(place, made).present.beyond.entries == 1

    def test_one_behind_a_symbolic_link(self, tmp_path: Path, ledger_path: Path) -> None:
        """The file itself is replaced, the link stays; backups are looked for beside the link."""
        fill(ledger_path)
        link = tmp_path / "link.db"
        link.symlink_to(ledger_path)
        backed_up(link, tmp_path / "backups")
        ledger_path.write_bytes(b"")
        done = restored_by(SqlitePlace(link, 0.2), plan(SqlitePlace(link, 0.2), None))
        assert link.is_symlink()
        assert held(link) == held(ledger_path) == [0, 1, 2]
        assert done.aside is not None
        assert done.aside.parent == ledger_path.parent

    def test_one_whose_name_is_no_text(self, tmp_path: Path) -> None:
        """The order to swap it holds any name that a file may have."""
        path = tmp_path / "data" / os.fsdecode(b"z\xe4hler\n.db")
        fill(path)
        made = backed_up(path, tmp_path / "kept")
        fill(path, 1, first=3)
        place = SqlitePlace(path, 0.2)
        done = restored_by(place, plan(place, made), over_newer=True)
        assert held(path) == [0, 1, 2]
        assert done.aside is not None
        assert held(done.aside) == [0, 1, 2, 3]

    def test_none(self, place: SqlitePlace, ledger_path: Path, tmp_path: Path) -> None:
        """On a new machine, in a folder that is yet to be made."""
        fill(tmp_path / "old.db")
        made = backed_up(tmp_path / "old.db", tmp_path / "kept")
        planned = plan(place, made)
        assert planned.present.standing is Standing.MISSING
        assert restored_by(place, planned).aside is None
        assert held(ledger_path) == [0, 1, 2]
        assert stat.S_IMODE(ledger_path.stat().st_mode) == 0o600
        assert stat.S_IMODE(ledger_path.parent.stat().st_mode) == 0o700


class TestOverWhatIsBroken:
    """It is set aside as it was found, and no flag is needed."""

    @pytest.fixture(autouse=True)
    def _a_backup(self, ledger_path: Path, folder: Path) -> None:
        fill_many(ledger_path, 300)
        backed_up(ledger_path, folder)

    def after(self, place: SqlitePlace, standing: Standing, *, over_newer: bool = False) -> Done:
        """Restore, and look what was in the place."""
        before = contents(place.path)
        done = restored_by(place, plan(place, None), over_newer=over_newer)
        assert done.present.standing is standing
        assert held(place.path) == list(range(300))
        if done.aside is not None:
            after = contents(done.aside)
            assert list(after.values()) == list(before.values())
        return done

    def test_a_damaged_page_and_a_hot_log(self, place: SqlitePlace, ledger_path: Path) -> None:
        """What can still be read is told; its log goes with it, and is not the new one's."""
        fill_and_kill(ledger_path, 3, first=300)
        overwrite_readings(ledger_path)
        done = self.after(place, Standing.DAMAGED)
        assert done.aside is not None
        assert done.present.entries == 303
        assert done.present.beyond.entries == 3
        assert log_of(done.aside).stat().st_size

    def test_a_truncated_one(self, place: SqlitePlace, ledger_path: Path) -> None:
        """Nothing of it can be read."""
        with ledger_path.open("r+b") as file:
            file.truncate(5_000)
        assert self.after(place, Standing.DAMAGED).present.entries == 0

    def test_an_emptied_one(self, place: SqlitePlace, ledger_path: Path) -> None:
        """Of no bytes."""
        ledger_path.write_bytes(b"")
        assert "is empty" in self.after(place, Standing.DAMAGED).present.why

    def test_a_log_alone(self, place: SqlitePlace, ledger_path: Path) -> None:
        """The file is gone: the log is kept for whoever finds it again."""
        fill_and_kill(ledger_path, 1, first=300)
        log = log_of(ledger_path).read_bytes()
        ledger_path.unlink()
        done = restored_by(place, plan(place, None))
        assert done.aside is not None
        assert log_of(done.aside).read_bytes() == log
        assert held(ledger_path) == list(range(300))

    def test_a_text(self, place: SqlitePlace, ledger_path: Path) -> None:
        """Something wrote over it."""
        ledger_path.write_text("x" * 9_000)
        self.after(place, Standing.DAMAGED)

    def test_a_deleted_one(self, place: SqlitePlace, ledger_path: Path) -> None:
        """There is nothing to set aside."""
        ledger_path.unlink()
        assert self.after(place, Standing.MISSING).aside is None

    def test_a_newer_schema(self, place: SqlitePlace, ledger_path: Path) -> None:
        """Nobody here can say what it holds: only where it is said to be meant, and unread."""
        execute(ledger_path, f"PRAGMA user_version = {NEWEST_VERSION + 1}")
        before = contents(ledger_path)
        with pytest.raises(LedgerNewer, match="newer") as caught:
            restored_by(place, plan(place, None))
        assert "--over-newer" in caught.value.hint
        assert contents(ledger_path) == before
        self.after(place, Standing.UNREADABLE, over_newer=True)

    @pytest.mark.parametrize("over_newer", [False, True])
    def test_another_programs_database(
        self, place: SqlitePlace, ledger_path: Path, over_newer: bool
    ) -> None:
        """A wrong setting, most likely: it is left alone, whatever is said."""
        for path in ledger_path.parent.glob("ledger.db*"):
            path.unlink()
        execute(ledger_path, "CREATE TABLE t (x)")
        before = contents(ledger_path)
        # It is not the backups that are told to be no good.
        with pytest.raises(LedgerError, match=f"^{ledger_path} is another program's"):
            restored_by(place, plan(place, None), over_newer=over_newer)
        assert contents(ledger_path) == before
        assert names_beside(ledger_path) == {"ledger.db"}


class TestWhichBackup:
    """Of a folder the newest that is sound, and this ledger's."""

    def test_the_newest(self, place: SqlitePlace, ledger_path: Path, folder: Path) -> None:
        """By the time in its name."""
        for day in range(3):
            fill(ledger_path, 1, first=day)
            backed_up(ledger_path, folder, NOW + DAY * day)
        ledger_path.unlink()
        planned = plan(place, None)
        assert planned.chosen.backup_at == NOW + 2 * DAY
        assert planned.chosen.newest_at == 2
        assert planned.chosen.passed_over == {}

    def test_one_made_while_the_clock_was_not_set(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """By its name the oldest, it holds the most, and is taken; a broken one is where it was."""
        at = {3: NOW, 1: NOW + DAY, 2: DAY}
        made = []
        for entries, when in at.items():
            fill(ledger_path, entries, first=10 * entries)
            made.append(backed_up(ledger_path, folder, when))
        (folder / "meterctl-20250101T000000Z.db").write_bytes(b"x" * 9_000)
        ledger_path.unlink()
        planned = plan(place, None)
        assert planned.chosen.path == made[-1]
        assert planned.chosen.counts.entries == 6
        assert planned.chosen.passed_over == {}

    @pytest.mark.parametrize("content", [b"", b"x" * 9_000, None])
    def test_a_broken_one(
        self, place: SqlitePlace, ledger_path: Path, folder: Path, content: bytes | None
    ) -> None:
        """It is passed over, and told; named itself, it is refused."""
        fill_many(ledger_path, 200)
        good = backed_up(ledger_path, folder)
        bad = backed_up(ledger_path, folder, NOW + DAY)
        if content is None:
            overwrite_readings(bad)
        else:
            bad.write_bytes(content)
        planned = plan(place, None)
        assert planned.chosen.path == good
        assert list(planned.chosen.passed_over) == [bad]
        with pytest.raises(LedgerDamaged, match=str(bad)):
            plan(place, bad)
        good.unlink()
        with pytest.raises(LedgerDamaged, match="none of the 1 backups"):
            plan(place, None)

    def test_what_is_no_file(
        self, place: SqlitePlace, ledger_path: Path, folder: Path, tmp_path: Path
    ) -> None:
        """A folder, a pipe, a link that leads nowhere: named as backups, and none."""
        fill(ledger_path)
        made = backed_up(ledger_path, folder)
        (folder / "meterctl-20270101T000000Z.db").mkdir()
        (folder / "meterctl-20270102T000000Z.db").symlink_to("nowhere")
        os.mkfifo(folder / "meterctl-20270103T000000Z.db")
        planned = plan(place, None)
        assert (planned.chosen.path, planned.chosen.passed_over) == (made, {})
        made.rename(tmp_path / "away.db")
        with pytest.raises(InputMissing, match=f"no backup in {folder}"):
            plan(place, None)

    def test_another_programs(self, place: SqlitePlace, ledger_path: Path, folder: Path) -> None:
        """It is passed over; named itself, it is the backup that is to be another."""
        fill(ledger_path)
        made = backed_up(ledger_path, folder)
        other = folder / "meterctl-20270101T000000Z.db"
        execute(other, "CREATE TABLE t (x)", "PRAGMA user_version = 3")
        assert plan(place, None).chosen.path == made
        with pytest.raises(LedgerError, match=f"the backup {other} is another program's") as caught:
            plan(place, other)
        assert caught.value.hint.startswith("name another backup")

    def test_one_of_a_later_meterctl(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """It is not passed over: an older one would lose what it holds."""
        fill(ledger_path)
        backed_up(ledger_path, folder)
        newest = backed_up(ledger_path, folder, LATER)
        execute(newest, f"PRAGMA user_version = {NEWEST_VERSION + 1}")
        for where in (None, newest):
            with pytest.raises(LedgerNewer):
                plan(place, where)

    @pytest.mark.parametrize("version", range(1, NEWEST_VERSION))
    def test_one_of_an_earlier_meterctl(
        self, place: SqlitePlace, ledger_path: Path, tmp_path: Path, version: int
    ) -> None:
        """It is brought up to date in the new place; the backup's file stays as it was."""
        kept = tmp_path / "meterctl-20261101T000000Z.db"
        fill_as_of(version, kept)
        execute(kept, "PRAGMA journal_mode = DELETE")  # as a backup is
        kept.with_name(f"{kept.name}.lock").unlink()
        before = kept.read_bytes()
        restored_by(place, plan(place, kept))
        assert held(ledger_path) == [0, 1, 2]
        assert asked(ledger_path, "PRAGMA user_version") == [(NEWEST_VERSION,)]
        assert kept.read_bytes() == before
        assert [one.name for one in tmp_path.glob("meterctl-*")] == [kept.name]

    def test_none_at_all(self, place: SqlitePlace, ledger_path: Path, tmp_path: Path) -> None:
        """Where none is, or not even the folder, or what is named is none."""
        fill(ledger_path)
        (tmp_path / "empty").mkdir()
        for where in (None, tmp_path / "empty", tmp_path / "nowhere", ledger_path):
            with pytest.raises(InputMissing):
                plan(place, where)
        execute(tmp_path / "nothing.db", "CREATE TABLE t (x)", "DROP TABLE t")
        with pytest.raises(LedgerDamaged, match="holds no ledger"):
            plan(place, tmp_path / "nothing.db")

    def test_two_households_in_one_folder(
        self, place: SqlitePlace, ledger_path: Path, folder: Path, tmp_path: Path
    ) -> None:
        """Each gets its own newest one, though the other's is newer; also where it is damaged."""
        fill(ledger_path)
        mine = backed_up(ledger_path, folder)
        fill(tmp_path / "other.db", 1)
        backed_up(tmp_path / "other.db", folder, LATER)
        assert plan(place, None).chosen.path == mine
        ledger_path.write_bytes(b"x" * 9_000)  # the lock's file knows whose it was
        assert plan(place, None).chosen.path == mine
        elsewhere = SqlitePlace(tmp_path / "new" / "ledger.db", 0.2)
        with pytest.raises(UsageError, match="of 2 ledgers") as caught:
            plan(elsewhere, folder)
        assert str(mine) in caught.value.hint
        assert plan(elsewhere, mine).present.standing is Standing.MISSING

    def test_after_an_earlier_restore(
        self, place: SqlitePlace, ledger_path: Path, folder: Path, tmp_path: Path
    ) -> None:
        """Its new id has no backup yet: those of the ledger that it was are its own as well."""
        fill(ledger_path)
        mine = backed_up(ledger_path, folder)
        fill(tmp_path / "other.db", 1)
        backed_up(tmp_path / "other.db", folder, LATER)
        ledger_path.unlink()
        restored_by(place, plan(place, mine))
        planned = plan(place, None)
        assert (planned.chosen.path, planned.present.standing) == (mine, Standing.SAME)

    def test_a_backup_that_was_used_as_a_ledger_and_killed(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """With its log it is a whole ledger, and restored as that."""
        fill(ledger_path)
        made = backed_up(ledger_path, folder)
        fill_and_kill(made, 2, first=3)
        before = contents(made)
        restored_by(place, plan(place, made))
        assert held(ledger_path) == [0, 1, 2, 3, 4]
        assert contents(made) == before


class TestTheNewOne:
    """What is in the place then."""

    def test_it_begins_anew(self, place: SqlitePlace, ledger_path: Path, folder: Path) -> None:
        """With an id of its own, which the lock's file knows too, and the time of its backup."""
        fill(ledger_path)
        old = id_of(ledger_path)
        backed_up(ledger_path, folder)
        ledger_path.unlink()
        done = restored_by(place, plan(place, None))
        assert id_of(ledger_path) == done.ledger_id == place.noted_id() != old
        ledger = open_for_reading(ledger_path)
        back = restored.restored(ledger)
        ledger.close()
        assert back is not None
        assert [one.id for one in back.ancestors] == [old]
        assert (back.backup_at, back.restored_at) == (NOW, LATER)

    def test_a_name_that_says_too_late_a_time(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """Then what is written in it counts: what came after that, it may not know."""
        fill(ledger_path)
        made = backed_up(ledger_path, folder)
        renamed = made.rename(folder / "meterctl-20261231T000000Z.db")
        ledger_path.unlink()
        restored_by(place, plan(place, renamed))
        ledger = open_for_reading(ledger_path)
        back = restored.restored(ledger)
        ledger.close()
        assert back is not None
        assert back.backup_at == NOW

    def test_nothing_is_left_of_its_making(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """Twice in a row: beside it lie the backups, and what was set aside."""
        for day in range(2):
            fill(ledger_path, 1, first=day)
            made = backed_up(ledger_path, folder, NOW + day * DAY)
            fill(ledger_path, 1, first=70 + day)
            restored_by(place, plan(place, made), over_newer=True)
        asides = {f"ledger.db.before-restore-20261123T110000Z{end}" for end in ("", "-2")}
        assert names_beside(ledger_path) == {"ledger.db"} | asides
        assert not swap.folder_of(ledger_path).exists()

    def test_its_own_backups_rotate_apart(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """Those of the ledger that it was stay."""
        fill(ledger_path)
        before = {backed_up(ledger_path, folder, NOW - day * DAY) for day in range(3)}
        ledger_path.unlink()
        restored_by(place, plan(place, None))
        ledger = open_for_reading(ledger_path)
        own = [backup(ledger, folder, LATER + day * DAY, 1).path for day in range(3)]
        ledger.close()
        assert set(folder.iterdir()) == before | {own[-1]}


class TestOthersMeanwhile:
    """Who records, who reads, who runs a job."""

    def test_a_reading_recorded_after_the_look(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """What was the same is newer now: refused, and the reading is where it was."""
        fill(ledger_path)
        made = backed_up(ledger_path, folder)
        execute(ledger_path, *without_the_last_entry(3))
        planned = plan(place, made)
        assert planned.present.standing is Standing.OLDER
        fill(ledger_path, 1, first=7)
        with pytest.raises(UsageError, match="1 entry with 1 value"):
            restored_by(place, planned)
        assert held(ledger_path) == [0, 1, 7]
        assert not swap.folder_of(ledger_path).exists()

    def test_a_job_is_running(self, place: SqlitePlace, ledger_path: Path, folder: Path) -> None:
        """Nothing is replaced beneath it."""
        fill(ledger_path)
        backed_up(ledger_path, folder)
        fill(ledger_path, 1, first=3)
        planned = plan(place, None)
        for job in ("sync", "push-utility", "restore"):
            with job_lock(ledger_path, job, 0), pytest.raises(Busy, match=f"another {job}"):
                restored_by(place, planned, over_newer=True)
        assert held(ledger_path) == [0, 1, 2, 3]

    def test_somebody_writes_and_writes(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """It gives up after the time that any writer would."""
        fill(ledger_path)
        backed_up(ledger_path, folder)
        fill(ledger_path, 1, first=3)
        planned = plan(place, None)
        lock = WriterLock(ledger_path, 0)
        with lock.held(), pytest.raises(Busy):
            restored_by(place, planned, over_newer=True)
        lock.close()
        assert held(ledger_path) == [0, 1, 2, 3]
        assert not swap.folder_of(ledger_path).exists()

    def test_a_writer_that_has_it_open(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """It is refused, and its end takes nothing from the new one: not its log either."""
        fill(ledger_path)
        backed_up(ledger_path, folder)
        writer = fill(ledger_path, 1, first=3, close=False)
        done = restored_by(place, plan(place, None), over_newer=True)
        fill_and_kill(ledger_path, 1, first=50)
        with pytest.raises(LedgerError, match="replaced while it was open"):
            record(writer, reading("9", "2026-01-01 10:00"))
        writer.close()
        assert log_of(ledger_path).stat().st_size
        assert held(ledger_path) == [0, 1, 2, 50]
        assert done.aside is not None
        assert held(done.aside) == [0, 1, 2, 3]

    def test_a_writer_that_leaves_just_then(self, ledger_path: Path) -> None:
        """The last to leave takes the log away by its name: not while another's may come there."""
        writer = fill(ledger_path, close=False)
        lock = WriterLock(ledger_path, 0)
        with lock.held():
            writer.close()
            assert log_of(ledger_path).stat().st_size
        lock.close()
        assert held(ledger_path) == [0, 1, 2]
        fill(ledger_path, 1, first=3)
        assert not log_of(ledger_path).exists()

    def test_a_reader_in_the_middle_of_a_look(
        self, place: SqlitePlace, ledger_path: Path, folder: Path
    ) -> None:
        """It sees the old one to its end; what it keeps from being merged is set aside as well."""
        fill(ledger_path)
        backed_up(ledger_path, folder)
        reader = open_for_reading(ledger_path)
        stream = reader.current(METER.id)
        next(stream)
        fill_and_kill(ledger_path, 2, first=3)
        done = restored_by(place, plan(place, None), over_newer=True)
        fill(ledger_path, 1, first=60)
        assert [one.at for one in stream] == [1, 2]
        reader.close()
        assert done.aside is not None
        assert held(done.aside) == [0, 1, 2, 3, 4]
        assert held(ledger_path) == [0, 1, 2, 60]

    def test_a_full_disk(self, tmp_path: Path) -> None:
        """The ledger stays, and nothing is left; with room the same works."""
        with small_disk(tmp_path / "disk", "640k") as disk:
            path = disk / "ledger.db"
            fill(path)
            made = backed_up(path, tmp_path / "backups")
            fill(path, 1, first=3)
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(300 << 10))
            place = SqlitePlace(path, 0.2)
            with pytest.raises(LedgerUnwritable, match="full"):
                restored_by(place, plan(place, made), over_newer=True)
            assert held(path) == [0, 1, 2, 3]
            assert names_beside(path) == {"ledger.db", "ballast"}
            ballast.unlink()
            restored_by(place, plan(place, made), over_newer=True)
            assert held(path) == [0, 1, 2]


def do(deed: str, path: Path) -> None:
    """Something that is no entry."""
    ledger = open_for_writing(path, NOW)
    with ledger.writing():
        if deed == "batch":
            batch = ledger.open_batch("sheet", 3, 1, NOW)
            assert batch is not None
            ledger.settle_batch(batch.number, BatchState.LANDED, NOW, None)
        elif deed == "client":
            client = Client("mc_1", "phone", ("read",), None, NOW, None, None)
            ledger.add_client(client, Secret("hash", NOW, None))
        else:
            one = next(ledger.current(METER.id))
            submission = ledger.open_submission("account", one, "key", NOW)
            assert submission is not None
            ledger.begin_attempt(submission.number, submission.state, "api", NOW)
    ledger.close()


def without_the_last_entry(number: int) -> list[str]:
    """Statements that make an earlier ledger of a ledger."""
    return [
        "DROP TRIGGER reading_is_never_deleted",
        "DROP TRIGGER entry_is_never_deleted",
        *(
            f"DELETE FROM {table} WHERE entry = {number}"  # noqa: S608 (names of our own)
            for table in ("reading", "entry_span", "entry")
        ),
    ]
