"""A lower number never commits after a higher one: who reads on from a cursor skips nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from meterctl.ledger.address import parse_database
from meterctl.ledger.postgres import open_for_reading
from meterctl.ledger.store import SqlLedger
from tests.faults.postgres_writers import STORED, Told, Writer, one_of, opened
from tests.faults.table import Table
from tests.postgres import Server

HOLD = 0.04  # seconds for which a write stays open at most
WRITERS = 6


class Deliverer:
    """Reads on, as a delivery does: whatever is numbered after the last that it has seen."""

    def __init__(self, ledger: SqlLedger) -> None:
        self.ledger = ledger
        self.seen: list[str] = []
        self.half: list[str] = []  # entries without their readings
        self.cursor = 0
        self.looks = 0

    def look(self) -> None:
        """What is new."""
        last = self.ledger.last_entry()
        self.looks += 1
        while self.cursor < last:
            self.cursor += 1
            entry = self.ledger.entry(self.cursor)
            if entry is None:
                continue  # skipped: it comes after its number
            origin = str(entry.origin)
            self.seen.append(origin)
            name, _, number = origin.rpartition("-")
            there = [one.at for one in self.ledger.entry_readings(self.cursor)]
            if there != [one.at for one in one_of(name, int(number))]:
                self.half.append(origin)

    def look_until(self, is_done: Callable[[], bool]) -> None:
        """Again and again, and once more at the end."""
        while not is_done():
            self.look()
            time.sleep(0.001)
        self.look()


@pytest.fixture
def deliverers(postgres_url: str) -> Iterator[list[Deliverer]]:
    """Two of them."""
    opened(postgres_url).close()
    address = parse_database(postgres_url)
    with closing(open_for_reading(address)) as one, closing(open_for_reading(address)) as two:
        yield [Deliverer(one), Deliverer(two)]


def read_on(deliverers: list[Deliverer], during: Callable[[], None]) -> None:
    """They do, while something happens."""
    ended = threading.Event()
    with ThreadPoolExecutor(len(deliverers)) as threads:
        looking = [threads.submit(one.look_until, ended.is_set) for one in deliverers]
        try:
            during()
        finally:
            ended.set()
        for one in looking:
            one.result()


def run(folder: Path, url: str, deliverers: list[Deliverer], entries: int, kills: int) -> Told:
    """Writers in processes of their own, some of which are killed while they write."""
    writers = [
        Writer(folder, url, f"writer{number}", entries, hold=HOLD, patience=30)
        for number in range(WRITERS)
    ]

    def all_of_them() -> None:
        for one in writers[:kills]:
            while len(one.said(STORED)) < entries // 3:
                time.sleep(0.01)
            one.kill()
        assert [one.ends() for one in writers[kills:]] == [0] * (WRITERS - kills)

    read_on(deliverers, all_of_them)
    return Told(url, writers)


@pytest.mark.fault(16)
def test_writers_that_hold_their_writes_open(
    tmp_path: Path, postgres_url: str, deliverers: list[Deliverer]
) -> None:
    """Six processes write and keep their writes open, two are killed there; two read on: not one
    entry is skipped or half there, and the numbers have no gap."""
    told = run(tmp_path, postgres_url, deliverers, 30, 2)
    assert told.wrong == {}
    assert told.acknowledged >= 4 * 30 + 2 * 10
    for one in deliverers:
        assert one.cursor == len(one.seen) == told.stored.total()
        assert set(one.seen) == told.stored.keys()
        assert one.half == []
        assert one.looks > 100


@pytest.mark.fault(16)
def test_in_the_order_of_their_commits(own_postgres: Callable[..., Server], tmp_path: Path) -> None:
    """The numbers are in the order in which the server says that it committed them."""
    server = own_postgres(fsync=False, track_commit_timestamp="on")
    url = server.url("home")
    opened(url).close()
    writers = [Writer(tmp_path, url, f"w{number}", 20, hold=HOLD) for number in range(4)]
    assert [one.ends() for one in writers] == [0] * 4
    commits = server.execute("SELECT pg_xact_commit_timestamp(xmin) FROM home.entry ORDER BY entry")
    assert len(commits) == 80
    assert commits == sorted(commits)


@pytest.mark.fault(16)
def test_without_a_lock_entries_are_skipped(postgres: Server, postgres_url: str) -> None:
    """The same with a sequence's numbers and no lock: so the tests above would tell."""
    opened(postgres_url).close()
    schema = parse_database(postgres_url).schema
    columns = "number BIGINT GENERATED ALWAYS AS IDENTITY, at INT"
    postgres.execute(f'CREATE TABLE "{schema}".numbered ({columns})')
    way = postgres.url(options=f"-c search_path={schema}")
    go_on = threading.Barrier(WRITERS)

    def write(number: int) -> None:
        with psycopg.connect(way) as session:
            for at in range(8):
                go_on.wait(10)
                session.execute("INSERT INTO numbered (at) VALUES (%s)", [at])
                time.sleep(HOLD * ((number + at) % WRITERS) / WRITERS)
                session.commit()

    seen: set[int] = set()
    cursor = 0
    with (
        psycopg.connect(way, autocommit=True) as session,
        ThreadPoolExecutor(WRITERS) as threads,
    ):
        writing = [threads.submit(write, number) for number in range(WRITERS)]
        news = "SELECT number FROM numbered WHERE number > %s ORDER BY number"
        while True:
            were_done = all(one.done() for one in writing)
            for (number,) in session.execute(news, [cursor]):
                seen.add(number)
                cursor = number
            if were_done:
                break
        for one in writing:
            one.result()
        there = session.execute("SELECT count(*) FROM numbered").fetchone()
    assert there == (WRITERS * 8,)
    assert len(seen) < WRITERS * 8


@pytest.mark.soak
def test_for_long(tmp_path: Path, postgres: Server, table: Table) -> None:
    """The same for some minutes, over many kills."""
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        url = postgres.url(f"soak-{number}")
        opened(url).close()
        with closing(open_for_reading(parse_database(url))) as reader:
            one = Deliverer(reader)
            told = run(folder, url, [one], 80, number % WRITERS)
        assert told.wrong == {}
        skipped = told.stored.total() - len(one.seen)
        table.run("PostgreSQL: writers that hold their writes open", told.acknowledged, skipped)
