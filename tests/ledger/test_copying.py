"""A ledger moved to another place, of whichever store: all of it, once, and never in two places."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterctl.errors import Busy, LedgerDamaged, LedgerError, LedgerMoved, LedgerUnwritable
from meterctl.ledger import copies, copying, copying_checks, copying_marks, copying_tables
from meterctl.ledger.address import Address, FileAddress
from meterctl.ledger.connection import Connection
from meterctl.ledger.copying_port import Step
from meterctl.ledger.lock import lock_path
from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.opened import open_for_reading, open_for_writing, version_at
from meterctl.ledger.restoring import SqlitePlace
from meterctl.ledger.store import SqlLedger
from meterctl.services.restore import plan, restore
from tests.faults.disks import small_disk
from tests.helpers import NOW, reading
from tests.ledger import rich
from tests.ledger.contract import HEAT_PUMP, record, values
from tests.ledger.files import asked, fill_as_of
from tests.ledger.places import Places

WAIT = 1.0
PAIRS = [(a, b) for a in ("sqlite", "postgres") for b in ("sqlite", "postgres")]


@pytest.fixture
def places(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Places]:
    """Where ledgers may be."""
    made = Places(tmp_path, request)
    yield made
    made.close()


@pytest.fixture(params=PAIRS, ids=[f"{a} to {b}" for a, b in PAIRS])
def pair(places: Places, request: pytest.FixtureRequest) -> tuple[Address, Address]:
    """A place with a ledger that has everything in it, and a place with none."""
    here, there = map(places.new, request.param)
    with closing(opened(here)) as ledger:
        rich.fill(ledger)
    return here, there


@pytest.fixture
def files(places: Places) -> tuple[Address, Address]:
    """The same, of files alone."""
    here, there = places.new("sqlite"), places.new("sqlite")
    with closing(opened(here)) as ledger:
        rich.fill(ledger)
    return here, there


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few rows at a time that even these ledgers take many writes."""
    monkeypatch.setattr(copying_tables, "BLOCK", 50)


def opened(address: Address) -> SqlLedger:
    """The ledger there, for writing."""
    return open_for_writing(address, NOW, WAIT)


def now() -> int:
    """A clock that stands still."""
    return NOW


def move(here: Address, there: Address, tell: Callable[[int], None] = lambda _: None) -> object:
    """Move a ledger; how far it was."""
    with copying.moving(here, there, now, WAIT) as one:
        return one.finish(tell).plan.step


def stopped_at(number: int) -> Callable[[int], None]:
    """Stop a move after so many writes."""
    told = iter(range(number, -1, -1))

    def tell(_: int) -> None:
        if not next(told):
            raise KeyboardInterrupt

    return tell


def content(address: Address) -> copies.Fingerprint:
    """What a ledger holds; but for what tells that it was moved."""
    with closing(open_for_reading(address, WAIT)) as ledger:
        db = _db(ledger)
        found = copies.fingerprint(db)
        rows = db.all("SELECT * FROM memo WHERE name NOT LIKE 'ledger.moved%'")
    found.pop("sqlite_master", None)
    return found | {"memo": (len(rows), sum(map(hash, rows)))}


def _db(ledger: SqlLedger) -> Connection:
    return ledger._db


def write(address: Address, value: str = "1") -> None:
    """Record something."""
    with closing(opened(address)) as ledger:
        record(ledger, reading(value, "2026-03-01 10:00"))


class TestTheTables:
    """What is copied is what there is."""

    def test_each_is_copied(self) -> None:
        """None of a ledger's tables is forgotten."""
        known = (*copying_tables.LOG, *copying_tables.REST)
        assert sorted(one.name for one in known) == sorted(copies.TABLES)

    @pytest.mark.parametrize("kind", ["sqlite", "postgres"])
    def test_each_column_and_key(self, kind: str, places: Places) -> None:
        """The columns are those of the table, and the key tells each row from all others."""
        columns = {
            "sqlite": "SELECT name FROM pragma_table_info(?)",
            "postgres": "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = ?",
        }
        with closing(opened(places.new(kind))) as ledger:
            rich.fill(ledger)
            for table in (*copying_tables.LOG, *copying_tables.REST):
                found = {name for (name,) in _db(ledger).all(columns[kind], (table.name,))}
                assert found == set(table.columns), table.name
                rows = _db(ledger).all(f"SELECT {', '.join(table.key)} FROM {table.name}")  # noqa: S608 (ours)
                assert len(set(rows)) == len(rows) > 0, f"{table.name} of the rich ledger"


class TestMoved:
    """A move that nothing disturbs."""

    @pytest.mark.usefixtures("small_blocks")
    def test_all_of_it(self, pair: tuple[Address, Address]) -> None:
        """The same id, numbers and rows; the new place takes readings, the old one none."""
        here, there = pair
        before = content(here)
        assert move(here, there) is Step.NEW
        assert content(there) == before == content(here)
        write(there)
        with pytest.raises(LedgerMoved, match="was moved to"):
            write(here)
        with closing(open_for_reading(there, WAIT)) as ledger:
            assert ledger.damage() == []
            assert ledger.last_entry() == before["entry"][0] + 1

    def test_there_and_back(self, places: Places) -> None:
        """SQLite, PostgreSQL, SQLite: to the last bit what it was."""
        first, second, third = map(places.new, ("sqlite", "postgres", "sqlite"))
        with closing(opened(first)) as ledger:
            rich.fill(ledger)
            before = copies.fingerprint(_db(ledger))
        move(first, second)
        move(second, third)
        with closing(open_for_reading(third, WAIT)) as ledger:
            assert copies.fingerprint(_db(ledger)) == before

    def test_what_is_told(self, files: tuple[Address, Address]) -> None:
        """Of each meter how many values, and what they add up to; and how far it is meanwhile."""
        here, there = files
        told: list[int] = []
        with copying.moving(here, there, now, WAIT) as one:
            done = one.finish(told.append)
        values = content(here)["reading"][0]
        assert told[-1] == values == done.copied == sum(m.values for m in done.meters)
        with closing(open_for_reading(there, WAIT)) as ledger:
            assert [m.id for m in ledger.meters()] == [m.meter for m in done.meters]
            for one_meter in done.meters:
                found = [
                    r.value or 0
                    for device in (1, 2)
                    for r in ledger.revisions_between(one_meter.meter, device, 0, 1 << 60)
                ]
                assert (one_meter.values, one_meter.total) == (len(found), sum(found))

    def test_again(self, pair: tuple[Address, Address]) -> None:
        """There is nothing to do, also when the new place has got readings since."""
        here, there = pair
        move(here, there)
        write(there)
        before = content(there)
        assert move(here, there) is Step.DONE
        assert content(there) == before

    def test_a_ledger_without_readings(self, places: Places) -> None:
        """It moves as well."""
        here, there = places.new("sqlite"), places.new("sqlite")
        opened(here).close()
        before = content(here)
        move(here, there)
        assert content(there) == before

    @pytest.mark.parametrize("kind", ["sqlite", "postgres"])
    def test_an_older_ledger(self, places: Places, kind: str) -> None:
        """It is brought to this meterctl's schema where it is, and moved."""
        here, there = places.new("sqlite"), places.new(kind)
        assert isinstance(here, FileAddress)
        fill_as_of(2, here.path)
        move(here, there)
        with closing(open_for_reading(there, WAIT)) as ledger:
            assert values(ledger) == [0, 1, 2]
        assert asked(here.path, "PRAGMA user_version") == [(NEWEST_VERSION,)]

    def test_whose_the_lock_is(self, files: tuple[Address, Address]) -> None:
        """The file of the lock names the ledger that is there now, for who restores a backup."""
        here, there = files
        move(here, there)
        ids = [
            lock_path(one.path).read_text() for one in (here, there) if isinstance(one, FileAddress)
        ]
        assert ids[0] == ids[1]

    def test_a_text_with_a_nul(self, places: Places) -> None:
        """PostgreSQL has no such text: its picture takes its place, and the move verifies."""
        here, there = places.new("sqlite"), places.new("postgres")
        with closing(opened(here)) as ledger, ledger.writing():
            ledger.set_memo("answer", "a\0b", NOW)
        move(here, there)
        with closing(open_for_reading(there, WAIT)) as ledger:
            memo = ledger.memo("answer")
            assert memo is not None
            assert memo.value == "a␀b"


class TestStopped:
    """A move that is stopped goes on where it was."""

    @pytest.mark.usefixtures("small_blocks")
    @pytest.mark.parametrize("number", [0, 1, 3, 12, 20])
    def test_at_a_write(self, pair: tuple[Address, Address], number: int) -> None:
        """Nothing is copied twice; until it is done the old place alone takes readings."""
        here, there = pair
        before = content(here)
        with pytest.raises(KeyboardInterrupt):
            move(here, there, stopped_at(number))
        with pytest.raises(LedgerMoved, match="stopped on its way"):
            write(there)
        planned = copying.plan(here, there, WAIT)
        assert planned.step is Step.HALF
        with copying.moving(here, there, now, WAIT) as one:
            done = one.finish(lambda _: None)
        assert planned.there.values + done.copied == before["reading"][0]
        assert content(there) == before

    @pytest.mark.usefixtures("small_blocks")
    @pytest.mark.parametrize("number", [0, 12, 20])
    def test_and_the_old_place_goes_on(self, pair: tuple[Address, Address], number: int) -> None:
        """What was recorded, corrected and revoked there meanwhile is in the new place too."""
        here, there = pair
        with pytest.raises(KeyboardInterrupt):
            move(here, there, stopped_at(number))
        with closing(opened(here)) as ledger:
            rich.live_on(ledger, random.Random(number), 60)
            with ledger.writing():
                ledger.set_meter(HEAT_PUMP._replace(max_per_hour=None, decimals=3))
        before = content(here)
        move(here, there)
        assert content(there) == before

    def test_by_a_full_disk(self, files: tuple[Address, Address], tmp_path: Path) -> None:
        """It says which one; the old place goes on."""
        here, _ = files
        with small_disk(tmp_path / "disk", "256k") as disk:
            with pytest.raises(LedgerUnwritable, match=f"full: {disk}"):
                move(here, FileAddress(disk / "ledger.db"))
            write(here)

    def test_between_both_marks(
        self, pair: tuple[Address, Address], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The old place is closed, the new one not yet open; the same command opens it."""
        here, there = pair
        before = content(here)
        with monkeypatch.context() as stopping:
            stopping.setattr(copying.Move, "_open", _stop)
            with pytest.raises(KeyboardInterrupt):
                move(here, there)
        for place in (here, there):
            with pytest.raises(LedgerMoved):
                write(place)
        assert move(here, there) is Step.CLOSED
        assert content(there) == before
        write(there)

    def test_another_half_made_copy(self, places: Places, files: tuple[Address, Address]) -> None:
        """One that is older than the copy to which it went never becomes a second ledger."""
        here, there = files
        other = places.new("sqlite")
        with pytest.raises(KeyboardInterrupt):
            move(here, other, stopped_at(3))
        move(here, there)
        with pytest.raises(LedgerMoved, match="was moved to"):
            move(here, other)
        with pytest.raises(LedgerMoved, match="stopped on its way"):
            write(other)

    @pytest.mark.usefixtures("small_blocks")
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        seed=st.integers(0, 1 << 32),
        stops=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 30)), max_size=4),
        kinds=st.sampled_from(PAIRS),
    )
    def test_any_ledger_stopped_anywhere(
        self,
        tmp_path: Path,
        request: pytest.FixtureRequest,
        seed: int,
        stops: list[tuple[int, int]],
        kinds: tuple[str, str],
    ) -> None:
        """Whatever was done to it before and meanwhile: in the end all is there, once."""
        chance = random.Random(seed)
        places = Places(tmp_path, request)
        here, there = map(places.new, kinds)
        try:
            with closing(opened(here)) as ledger:
                rich.live_on(ledger, chance, chance.randrange(150))
                for number, steps in stops:
                    with suppress(KeyboardInterrupt):
                        move(here, there, stopped_at(number))
                    with suppress(LedgerMoved):
                        rich.live_on(ledger, chance, steps)
            move(here, there)
            assert content(there) == content(here)
        finally:
            places.close()


def _stop(_move: copying.Move) -> None:
    raise KeyboardInterrupt


class TestRefused:
    """Nothing is written where there is no place for it."""

    def refused(self, here: Address, there: Address, error: type[LedgerError], match: str) -> None:
        """The plan and the move say the same, in words that say what to do."""
        with pytest.raises(error, match=match) as told:
            copying.plan(here, there, WAIT)
        assert told.value.hint
        with pytest.raises(error, match=match):
            move(here, there)

    def test_no_ledger(self, places: Places) -> None:
        """There is nothing to move, and none is made."""
        here, there = places.new("sqlite"), places.new("sqlite")
        self.refused(here, there, LedgerError, "there is no ledger at")
        assert isinstance(here, FileAddress)
        assert not here.path.parent.exists()

    def test_a_backup(self, files: tuple[Address, Address], tmp_path: Path) -> None:
        """Its ledger goes on, and both would record under one id; restored, it has its own."""
        backup, (here, there) = tmp_path / "backup.db", files
        with closing(opened(here)) as ledger:
            ledger.backup_to(backup)
        with pytest.raises(LedgerError, match="is a backup") as refused:
            move(FileAddress(backup), there)
        assert "restore" in (refused.value.hint or "")
        assert not version_at(there, WAIT)
        place = SqlitePlace(tmp_path / "restored.db", WAIT)
        with place.alone():
            restore(place, plan(place, backup), NOW)
        move(FileAddress(place.path), there)
        with closing(opened(here)) as ledger, closing(opened(there)) as moved:
            assert moved.id != ledger.id

    @pytest.mark.parametrize("kind", ["sqlite", "postgres"])
    def test_another_ledger(
        self, files: tuple[Address, Address], places: Places, kind: str
    ) -> None:
        """One with readings of its own, or no more than a meter: it is told what is there."""
        there = places.new(kind)
        with closing(opened(there)) as ledger, ledger.writing():
            ledger.add_meter(HEAT_PUMP)
        self.refused(files[0], there, LedgerError, "no readings, but meters of its own")
        with closing(opened(there)) as ledger, ledger.writing():
            ledger.set_memo("push.since", "2026-01-01", NOW)
        self.refused(files[0], there, LedgerError, "what is kept in its table memo")
        write(there)
        before = content(there)
        self.refused(files[0], there, LedgerError, "its own: 1 entries with 1 values")
        assert content(there) == before

    def test_a_new_ledger(self, files: tuple[Address, Address]) -> None:
        """One that was only made, and holds nothing, is no obstacle."""
        here, there = files
        opened(there).close()
        move(here, there)
        assert content(there) == content(here)

    def test_the_same_place(self, files: tuple[Address, Address]) -> None:
        """By whatever name."""
        here, _ = files
        assert isinstance(here, FileAddress)
        link = here.path.with_name("link.db")
        link.symlink_to(here.path)
        for there in (here, FileAddress(link)):
            self.refused(here, there, LedgerError, "the same ledger")
        write(here)

    def test_from_a_half_made_copy(self, files: tuple[Address, Address], places: Places) -> None:
        """It is no ledger yet."""
        here, there = files
        with pytest.raises(KeyboardInterrupt):
            move(here, there, stopped_at(3))
        self.refused(there, places.new("sqlite"), LedgerError, "itself a copy that was stopped")

    def test_onto_a_half_made_copy_of_another(
        self, files: tuple[Address, Address], places: Places
    ) -> None:
        """It is left alone."""
        here, there = files
        with pytest.raises(KeyboardInterrupt):
            move(here, there, stopped_at(3))
        other = places.new("sqlite")
        write(other)
        self.refused(other, there, LedgerError, "a copy of another ledger")

    def test_onto_one_that_was_moved(self, files: tuple[Address, Address], places: Places) -> None:
        """Also back to where it came from: a closed place stays closed."""
        here, there = files
        move(here, there)
        self.refused(there, here, LedgerError, "the same ledger")
        other = places.new("sqlite")
        write(other)
        self.refused(other, here, LedgerError, "another ledger, which was moved")

    def test_one_that_was_moved_elsewhere(
        self, files: tuple[Address, Address], places: Places
    ) -> None:
        """It is told where to; from there it can be moved on."""
        here, there = files
        move(here, there)
        self.refused(here, places.new("sqlite"), LedgerMoved, f"was moved to {there}")
        last = places.new("sqlite")
        move(there, last)
        assert content(last) == content(here)

    def test_an_older_copy_of_the_ledger_in_its_place(
        self, files: tuple[Address, Address], tmp_path: Path
    ) -> None:
        """Its log ends before what was copied already: that is told, not mixed."""
        here, there = files
        assert isinstance(here, FileAddress)
        with closing(opened(here)) as ledger:
            ledger.backup_to(tmp_path / "older.db")
            record(ledger, reading("900", "2026-03-01 10:00"))
        with pytest.raises(KeyboardInterrupt):
            move(here, there, stopped_at(3))
        older = FileAddress(tmp_path / "older.db")
        opened(older).close()  # as somebody does who works with it
        self.refused(older, there, LedgerError, "has entries that .* lacks")


class TestMeanwhile:
    """Others at work at the same time."""

    @pytest.mark.parametrize("job", ["restore", "sync", "push-utility"])
    def test_a_job_at_the_old_place(self, pair: tuple[Address, Address], job: str) -> None:
        """A push in flight has its answer yet to write: the move waits, and goes on later."""
        here, there = pair
        with (
            closing(opened(here)) as ledger,
            ledger.holding(job),
            pytest.raises(Busy, match=f"another {job}"),
            copying.moving(here, there, now, 0.1) as one,
        ):
            one.finish(lambda _: None)
        write(here)
        move(here, there)
        assert content(there) == content(here)

    def test_two_moves_to_the_same_place(self, pair: tuple[Address, Address]) -> None:
        """The second one waits, and gives up."""
        here, there = pair
        with (
            copying.moving(here, there, now, 0.1),
            pytest.raises(Busy),
            copying.moving(here, there, now, 0.1),
        ):
            raise AssertionError("both were let in")

    def test_two_moves_to_two_places(self, files: tuple[Address, Address], places: Places) -> None:
        """The first one that comes to its end has it; the other never becomes a ledger."""
        here, there = files
        other = places.new("sqlite")

        def overtake(_: int) -> None:
            with suppress(LedgerMoved):
                move(here, there)

        with pytest.raises(LedgerMoved, match="was moved to"):
            move(here, other, overtake)
        write(there)
        with pytest.raises(LedgerMoved):
            write(other)

    def test_readings_that_come_in_all_the_time(
        self, pair: tuple[Address, Address], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each is acknowledged, and in the new place: they go on to the last moment."""
        monkeypatch.setattr(copying, "_FEW", 2)
        monkeypatch.setattr(copying_tables, "BLOCK", 100)
        here, there = pair
        came: list[int] = []
        with closing(opened(here)) as ledger:

            def one_more(_: int) -> None:
                at = 10_000_000 + len(came)
                one = reading("5", "2026-03-01 10:00")._replace(at=at, starts_at=at)
                came.append(record(ledger, one))

            with copying.moving(here, there, now, WAIT) as one:
                done = one.finish(one_more)
        assert came
        assert done.plan.whole.entries == came[-1]  # those that came meanwhile are counted too
        assert sum(each.values for each in done.meters) == done.plan.whole.values
        with closing(open_for_reading(there, WAIT)) as ledger:
            assert all(ledger.entry(number) is not None for number in came)
        assert content(there) == content(here)


class TestVerified:
    """What does not arrive as it left is found, and the old place stays open."""

    @pytest.mark.parametrize(
        ("table", "change", "told"),
        [
            ("reading", lambda row: (*row[:5], row[5] + 1, *row[6:]), "add up to something else"),
            ("reading", lambda row: (*row[:8], "changed", *row[9:]), "some row is another one"),
            ("memo", lambda row: (row[0], f"{row[1]}!", row[2]), "of the table memo"),
            ("audit", lambda _: None, "rows are there"),
        ],
    )
    def test_a_row_that_changed_on_its_way(
        self,
        pair: tuple[Address, Address],
        monkeypatch: pytest.MonkeyPatch,
        table: str,
        change: Callable[[tuple[object, ...]], tuple[object, ...] | None],
        told: str,
    ) -> None:
        """A value, a note, a memo, a row that is missing."""
        here, there = pair
        real = copying_tables.insert
        left = [1]

        def damaging(
            db: Connection, of: copying_tables.Table, rows: list[tuple[object, ...]]
        ) -> None:
            if of.name == table and left:
                left.clear()
                changed = change(rows[0])
                rows = [*rows[1:], *([] if changed is None else [changed])]
            real(db, of, rows)

        with monkeypatch.context() as damaged:
            damaged.setattr(copying, "insert", damaging)
            with pytest.raises(LedgerDamaged, match=f"did not verify: .*{told}"):
                move(here, there)
        write(here)
        with pytest.raises(LedgerMoved, match="stopped on its way"):
            write(there)

    def test_readings_that_no_entry_tells_of(self, files: tuple[Address, Address]) -> None:
        """They would be left behind: nothing is moved."""
        here, there = files
        with closing(opened(here)) as ledger, ledger.writing():
            _db(ledger).run("DELETE FROM entry_span WHERE entry = 1")
        with pytest.raises(LedgerDamaged, match="that no entry tells of"):
            move(here, there)
        write(here)


def test_progress_is_read_as_it_is_noted() -> None:
    """Whatever it says."""
    for one in (
        copying_marks.Progress("abc", 0, 0),
        copying_marks.Progress("abc", 5, 9, 2, (1, 1, -5, 0, 1)),
    ):
        assert copying_marks.parse_progress(one.text()) == one


def test_a_backup_of_another_store(places: Places, tmp_path: Path) -> None:
    """It is a file of SQLite's at rest, and holds the same."""
    with closing(opened(places.new("postgres"))) as ledger:
        rich.fill(ledger)
        expected = copies.fingerprint(_db(ledger))
        ledger.backup_to(tmp_path / "backup.db")
    with closing(open_for_reading(FileAddress(tmp_path / "backup.db"), WAIT)) as copy:
        found = copies.fingerprint(_db(copy))
        found.pop("sqlite_master")
        assert found == expected
        assert copy.damage() == []
    assert asked(tmp_path / "backup.db", "PRAGMA journal_mode") == [("delete",)]


def test_rows_sort_alike_in_both_stores(places: Places) -> None:
    """By their bytes, whatever language the server speaks."""
    found = []
    for kind in ("sqlite", "postgres"):
        with closing(opened(places.new(kind))) as ledger:
            with ledger.writing():
                for name in ("b", "B", "a", "ä", "Z", "\U0001f600", "\uff5e", "a b", "ab", "_"):
                    ledger.set_memo(name, "x", NOW)
            (rows,) = copying_checks.of_rest(
                _db(ledger), next(one for one in copying_tables.REST if one.name == "memo")
            )
            found.append([row[0] for row in rows])
    assert found[0] == found[1] == sorted(found[0], key=str.encode)
