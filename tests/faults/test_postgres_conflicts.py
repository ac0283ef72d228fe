"""Another program in conflict with a write: PostgreSQL ends ours, and it is done again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from typing import Any

import psycopg
import pytest

from meterctl.errors import Busy
from meterctl.ledger.address import parse_database
from meterctl.ledger.store import SqlLedger
from tests.faults.postgres_writers import append, opened
from tests.postgres import Server

ROWS = 600  # more than a stream asks for without a cursor
Do = Callable[[SqlLedger], object]


class Stranger:
    """Another program's session; it knows nothing of a ledger's turns."""

    def __init__(self, server: Server, url: str) -> None:
        self._server = server
        self.session = psycopg.connect(
            server.url(), options=f"-c search_path={parse_database(url).schema}"
        )
        self.session.execute("SET deadlock_timeout = '1min'")  # so that it is not the one to go
        self.session.commit()

    def is_waiting(self) -> bool:
        """Whether it is, for a lock."""
        waits = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted)"
        pid = self.session.info.backend_pid
        return bool(self._server.execute(waits, [pid])[0][0])

    @contextmanager
    def wanting(self, lock: str, then: str) -> Iterator[None]:
        """It wants a lock that a write of ours has; it does more when it has it."""

        def want() -> None:
            self.session.execute(lock.encode())
            self.session.execute(then.encode())
            time.sleep(0.1)  # in which the other one waits
            self.session.commit()

        with ThreadPoolExecutor(1) as thread:
            done = thread.submit(want)
            end = time.monotonic() + 10
            while not self.is_waiting():
                assert time.monotonic() < end
                time.sleep(0.01)
            yield
            done.result()


@pytest.fixture
def stranger(postgres: Server, postgres_url: str, ledger: SqlLedger) -> Iterator[Stranger]:
    """Another program, at the same ledger."""
    assert ledger.id
    made = Stranger(postgres, postgres_url)
    yield made
    made.session.close()


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[SqlLedger]:
    """A new ledger; the server looks for deadlocks soon."""
    with closing(opened(f"{postgres_url}&options=-c%20deadlock_timeout%3D30ms", 5)) as made:
        yield made


def parts(ledger: SqlLedger) -> None:
    """One that stays, one that is undone, one that a statement fails in."""
    with ledger.writing():
        ledger.set_memo("part", "done", 1)
    with suppress(ZeroDivisionError), ledger.writing():
        ledger.set_memo("part", "undone", 1)
        raise ZeroDivisionError
    with pytest.raises(psycopg.IntegrityError), ledger.writing():
        ledger._db.run("INSERT INTO entry_span VALUES (1000, 1, 1, 0, 0, 0)")


def copied(ledger: SqlLedger) -> None:
    """Many rows at once, and each of many rows."""
    names = (str(number) for number in range(ROWS))
    ledger._db.insert_columns(
        "seen", {"destination": "x", "kind": "y", "value": b"\\"}, {"name": names}
    )
    ledger._db.run_many(
        "INSERT INTO seen (destination, kind, name, value) VALUES (?, 'many', ?, ?)",
        [("x", str(number), b"") for number in range(20)],
    )


BEFORE: dict[str, Do] = {
    "an entry": lambda ledger: ledger.last_entry(),
    "parts": parts,
    "COPY": copied,
}


def stored(ledger: SqlLedger) -> list[Any]:
    """The origins of all entries."""
    return [one for (one,) in ledger._db.all("SELECT origin FROM entry ORDER BY entry")]


@pytest.mark.fault(16)
@pytest.mark.parametrize("before", BEFORE)
def test_a_deadlock(ledger: SqlLedger, stranger: Stranger, before: str) -> None:
    """Ours is the one that is ended: it is done again, to the end, and nobody has to know."""
    stranger.session.execute("LOCK TABLE client IN EXCLUSIVE MODE")
    with ledger.writing():
        append(ledger, "ours", 1)
        BEFORE[before](ledger)
        with stranger.wanting("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE", "SELECT 1"):
            ledger._db.run("DELETE FROM client")
        assert ledger.last_entry() == 1
    assert stored(ledger) == ["ours-1"]
    assert ledger.memo("part") is None or before == "parts"
    assert ledger._db.one("SELECT count(*) FROM seen") == ((ROWS + 20) * (before == "COPY"),)


@pytest.mark.fault(16)
def test_a_deadlock_within_a_part(ledger: SqlLedger, stranger: Stranger) -> None:
    """The same within parts that are open, and while a stream gives its rows."""
    with ledger.writing():
        copied(ledger)
    stranger.session.execute("LOCK TABLE client IN EXCLUSIVE MODE")
    with ledger.writing():
        append(ledger, "ours", 1)
        rows = ledger._db.stream("SELECT name FROM seen WHERE kind = 'y' ORDER BY name")
        first = next(rows)
        with ledger.writing(), ledger.writing():
            append(ledger, "ours", 3)
            with stranger.wanting("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE", "SELECT 1"):
                ledger._db.run("DELETE FROM client")
        assert [first, *rows] == sorted((str(number),) for number in range(ROWS))
    assert stored(ledger) == ["ours-1", "ours-3"]


@contextmanager
def each_of(contexts: Sequence[AbstractContextManager[None]]) -> Iterator[None]:
    """Within all of them."""
    with ExitStack() as stack:
        for one in contexts:
            stack.enter_context(one)
        yield


@pytest.mark.fault(16)
@pytest.mark.parametrize("in_parts", [False, True], ids=["a write", "its parts"])
def test_a_deadlock_with_one_who_changes_what_was_read(
    ledger: SqlLedger, stranger: Stranger, in_parts: bool
) -> None:
    """What was read is not so any more: nothing is stored, and it says so. The next write works."""
    stranger.session.execute("LOCK TABLE client IN EXCLUSIVE MODE")
    other = "INSERT INTO entry VALUES (1, 'record', 'cli', 1, 'theirs')"

    def write() -> None:
        append(ledger, "ours", 1)
        with stranger.wanting("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE", other):
            ledger._db.run("DELETE FROM client")

    within = [ledger.writing() for _ in range(3 if in_parts else 1)]
    with pytest.raises(Busy, match="came in between") as raised, each_of(within):
        write()
    assert "nothing was stored" in raised.value.hint
    assert stored(ledger) == ["theirs"]
    with ledger.writing():
        append(ledger, "ours", 1)
    assert stored(ledger) == ["theirs", "ours-1"]


@pytest.mark.fault(16)
def test_who_goes_on_after_a_write_has_failed(ledger: SqlLedger, stranger: Stranger) -> None:
    """A program that takes no notice of the error stores nothing nevertheless."""
    stranger.session.execute("LOCK TABLE client IN EXCLUSIVE MODE")
    other = "INSERT INTO entry VALUES (1, 'record', 'cli', 1, 'theirs')"

    def heedless() -> None:
        with ledger.writing():
            append(ledger, "ours", 1)
            with (
                stranger.wanting("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE", other),
                suppress(Busy),
                ledger.writing(),
            ):
                ledger._db.run("DELETE FROM client")
            with suppress(Busy):
                append(ledger, "ours", 2)

    with pytest.raises(Busy, match="came in between"):
        heedless()
    assert stored(ledger) == ["theirs"]


FAILING = """
CREATE SEQUENCE tried;
CREATE FUNCTION fail() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('tried') <= {times} THEN
        RAISE EXCEPTION 'could not serialize access' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END $$;
CREATE CONSTRAINT TRIGGER failing AFTER INSERT ON entry {when}
    FOR EACH ROW EXECUTE FUNCTION fail();
"""
WHEN = {
    "a statement": "NOT DEFERRABLE",
    "the commit": "DEFERRABLE INITIALLY DEFERRED",
}


@pytest.mark.fault(16)
@pytest.mark.parametrize("when", WHEN)
def test_a_serialization_failure(ledger: SqlLedger, stranger: Stranger, when: str) -> None:
    """It passes: three in a row cost a write nothing, not even those of its commit."""
    stranger.session.execute(FAILING.format(times=3, when=WHEN[when]).encode())
    stranger.session.commit()
    with ledger.writing():
        append(ledger, "ours", 1)
        parts(ledger)
        copied(ledger)
    assert stored(ledger) == ["ours-1"]


@pytest.mark.fault(16)
@pytest.mark.parametrize("when", WHEN)
def test_a_serialization_failure_that_stays(
    ledger: SqlLedger, stranger: Stranger, when: str
) -> None:
    """After some tries it is given up: nothing is stored, and the same again is the way."""
    stranger.session.execute(FAILING.format(times=100, when=WHEN[when]).encode())
    stranger.session.commit()
    with pytest.raises(Busy, match="could not serialize access") as raised, ledger.writing():
        append(ledger, "ours", 1)
    assert "run the same again" in raised.value.hint
    assert stored(ledger) == []


@pytest.mark.fault(16)
@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_role_of_a_stricter_isolation(postgres_url: str, level: str) -> None:
    """Whatever the role's own isolation is: eight at once write, read and hold jobs without an
    error, for each statement of theirs sees what was committed before it."""
    option = f"-c%20default_transaction_isolation%3D{level.replace(' ', '%5C%20')}"
    ledgers = [opened(f"{postgres_url}&options={option}", 20) for _ in range(8)]

    def work(number: int) -> None:
        with closing(ledgers[number]) as ledger:
            for at in range(6):
                with ledger.holding("push-utility", 20), ledger.writing():
                    assert ledger._db.one("SHOW transaction_isolation") == ("read committed",)
                    append(ledger, f"w{number}", at)
                assert ledger._db.one("SHOW transaction_isolation") == ("read committed",)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    with closing(opened(postgres_url)) as ledger:
        assert (ledger.last_entry(), ledger.damage()) == (48, [])


@pytest.mark.fault(16)
def test_another_program_that_keeps_a_table(postgres_url: str, stranger: Stranger) -> None:
    """A write waits for it as long as the time-out says, and then says that it has."""
    stranger.session.execute("LOCK TABLE entry IN EXCLUSIVE MODE")
    with closing(opened(postgres_url, 0.3)) as ledger:
        began = time.monotonic()
        with pytest.raises(Busy, match=r"has been writing to .* for too long"), ledger.writing():
            append(ledger, "ours", 1)
        assert 0.25 < time.monotonic() - began < 3
        stranger.session.rollback()
        with ledger.writing():
            append(ledger, "ours", 1)
        assert stored(ledger) == ["ours-1"]


@pytest.mark.fault(16)
def test_a_writer_that_keeps_its_turn(ledger: SqlLedger, postgres_url: str) -> None:
    """Who waits for longer than the time-out is told; who waits less has it then."""
    with closing(opened(postgres_url, 0.3)) as hasty, closing(opened(postgres_url, 10)) as patient:
        with ThreadPoolExecutor(1) as thread:
            has_begun = threading.Event()

            def write() -> None:
                has_begun.set()
                with patient.writing():
                    append(patient, "patient", 1)

            with ledger.writing():
                append(ledger, "ours", 1)
                waiting = thread.submit(write)
                assert has_begun.wait(5)
                with pytest.raises(Busy, match="for too long"), hasty.writing():
                    append(hasty, "hasty", 1)
            waiting.result()
        assert stored(hasty) == ["ours-1", "patient-1"]
        with hasty.writing():
            append(hasty, "hasty", 1)
