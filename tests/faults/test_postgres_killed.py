"""A PostgreSQL server that is killed, stopped, restarted, or throws its sessions out."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from meterctl.ledger.address import parse_database
from meterctl.ledger.postgres import open_for_reading
from tests.conftest import Program
from tests.faults.commands import write_file
from tests.faults.postgres_writers import STORED, Told, Writer, append, opened
from tests.faults.table import Table
from tests.helpers import METER, Ran
from tests.postgres import Server

START = Callable[..., Server]
NEVER = 100_000  # entries: such a writer is ended by its test


def kill(server: Server) -> None:
    """All its processes at once; then it starts again."""
    server.kill()
    server.start()


WAYS: dict[str, Callable[[Server], None]] = {
    "killed": kill,
    "stopped at once": lambda server: server.restart("immediate"),
    "restarted": lambda server: server.restart("fast"),
}


def wait_for(writers: list[Writer], more: int) -> None:
    """Until each has had so many further writes acknowledged."""
    before = [len(one.said(STORED)) for one in writers]
    end = time.monotonic() + 30
    while any(len(one.said(STORED)) < had + more for one, had in zip(writers, before, strict=True)):
        assert time.monotonic() < end, [one.process.poll() for one in writers]
        time.sleep(0.01)


def over_and_over(
    server: Server,
    folder: Path,
    happens: Callable[[Server], None],
    times: int,
    schema: str,
) -> Told:
    """Four processes write on and on while it happens to their server again and again."""
    url = server.url(schema)
    opened(url).close()
    writers = [
        Writer(folder, url, f"writer{number}", NEVER, hold=0.004, patience=20)
        for number in range(4)
    ]
    dice = random.Random(times)
    wait_for(writers, 3)
    for _ in range(times):
        happens(server)
        time.sleep(dice.random() * 0.2)
    wait_for(writers, 3)
    for one in writers:
        one.kill()
    return Told(url, writers)


@pytest.mark.fault(16)
@pytest.mark.parametrize("way", WAYS)
def test_a_server_in_the_middle_of_writes(own_postgres: START, tmp_path: Path, way: str) -> None:
    """Killed or restarted three times: all that was acknowledged is there, nothing that was refused
    and nothing twice; the writers go on by themselves, none without an answer or in doubt."""
    told = over_and_over(own_postgres(), tmp_path, WAYS[way], 3, "home")
    assert told.wrong == {}
    assert (told.refused, told.unsure) == (0, 0)


@pytest.mark.fault(16)
@pytest.mark.parametrize("by_tls", [False, True], ids=["plainly", "by TLS"])
def test_a_process_of_the_server_that_is_killed(own_postgres: START, by_tls: bool) -> None:
    """The server throws all sessions out then, by TLS in words of its own: a write goes on, before
    its commit and at it, and so does who reads."""
    server = own_postgres(fsync=False, tls=by_tls)
    secure = {"host": "localhost", "sslmode": "verify-full", "sslrootcert": str(server.authority)}
    with closing(opened(server.url("home", **(secure if by_tls else {})))) as ledger:

        def kill_it() -> None:
            session = ledger._db._session  # type: ignore[attr-defined] # PostgreSQL's
            os.kill(session.info.backend_pid, signal.SIGKILL)
            time.sleep(0.1)

        with ledger.writing():
            append(ledger, "one", 1)
            kill_it()
            append(ledger, "one", 2)
            kill_it()
        kill_it()
        assert ledger.last_entry() == 2
        kill_it()
        with ledger.writing():
            append(ledger, "one", 3)
        assert (ledger.last_entry(), ledger.damage()) == (3, [])


@pytest.mark.fault(16)
def test_a_server_that_acknowledges_what_is_not_on_disk(
    own_postgres: START, tmp_path: Path
) -> None:
    """Where the server's settings say `synchronous_commit = off`, ours are kept nevertheless; what
    another program wrote so is lost: this test would tell."""
    server = own_postgres(synchronous_commit="off", wal_writer_delay="10s")
    server.execute("CREATE TABLE other (at BIGINT)")
    opened(server.url("home")).close()
    with psycopg.connect(server.url(), autocommit=True) as other:
        for at in range(200):
            other.execute("INSERT INTO other VALUES (%s)", [at])
        server.kill()
    server.start()
    there = server.execute("SELECT count(*) FROM other")[0][0]
    assert there < 200
    told = over_and_over(server, tmp_path, WAYS["killed"], 2, "home")
    assert told.wrong == {}
    assert told.acknowledged > 20


def terminate(server: Server) -> None:
    """Throw all sessions of ours out, forty times within a second."""
    with psycopg.connect(server.url(application_name="terminator"), autocommit=True) as session:
        for _ in range(40):
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'meterctl' AND random() < 0.5"
            )
            time.sleep(0.025)


@pytest.mark.fault(16)
def test_sessions_that_are_thrown_out(postgres: Server, postgres_url: str, tmp_path: Path) -> None:
    """Half of them, every fortieth of a second: as true, and the writers come to an end."""
    schema = parse_database(postgres_url).schema
    told = over_and_over(postgres, tmp_path, terminate, 2, schema)
    assert told.wrong == {}
    assert told.acknowledged > 40


class Restarts:
    """A server that is restarted again and again while commands run."""

    def __init__(self, server: Server, way: str) -> None:
        self._server = server
        self._way = WAYS[way]
        self.count = 0
        self.is_over = False

    def go_on(self) -> None:
        """Until it is over."""
        while not self.is_over:
            time.sleep(0.15)
            self._way(self._server)
            self.count += 1


def during(restarts: Restarts, run: Callable[[], list[Ran]]) -> list[Ran]:
    """Run commands during restarts."""
    with ThreadPoolExecutor(1) as thread:
        going = thread.submit(restarts.go_on)
        try:
            ran = run()
        finally:
            restarts.is_over = True
        going.result()
    assert restarts.count > 2
    return ran


def current(url: str) -> list[int]:
    """The values that are there; the ledger is sound."""
    with closing(open_for_reading(parse_database(url))) as ledger:
        assert (ledger.damage(), ledger.unjudged()) == ([], [])
        return sorted(one.amount // 1_000_000 for one in ledger.current(METER.id))


@pytest.mark.fault(16)
@pytest.mark.parametrize("way", ["killed", "restarted"])
def test_record_while_the_server_begins_anew(
    own_postgres: START, program: Program, way: str
) -> None:
    """Each run says 0 and its reading is there once, or 74 or 75, and it is not there."""
    server = own_postgres()
    url = server.url("home")
    opened(url).close()

    def record(number: int) -> Ran:
        at = f"2026-01-02 10:{number:02d}"
        return program("record", str(100 + number), "--at", at, METERCTL_LEDGER=url)

    def all_of_them() -> list[Ran]:
        with ThreadPoolExecutor(3) as runs:
            return list(runs.map(record, range(8)))

    ran = during(Restarts(server, way), all_of_them)
    assert {one.code for one in ran} <= {0, 74, 75}, ran
    assert all(len(one.err.splitlines()) <= 2 for one in ran if one.code), ran
    assert current(url) == [100 + number for number, one in enumerate(ran) if one.code == 0]


@pytest.mark.fault(16, 3)
def test_an_import_while_the_server_is_killed(
    own_postgres: START, program: Program, tmp_path: Path
) -> None:
    """Run again until it says 0: every row is there, each once."""
    server = own_postgres()
    url = server.url("home")
    opened(url).close()
    file = write_file(tmp_path / "rows.csv")
    rows = file.read_text().splitlines()[1:]

    def imported() -> list[Ran]:
        ran: list[Ran] = []
        while not ran or len(ran) < 4 or ran[-1].code:
            ran.append(program("bulk-import", str(file), "--json", METERCTL_LEDGER=url))
            assert ran[-1].code in (0, 74, 75), ran[-1]
            assert len(ran) < 30, ran
        return ran

    ran = during(Restarts(server, "killed"), imported)
    assert ran[-1].json["duplicates"] + ran[-1].json["recorded"] == len(rows)
    assert current(url) == sorted(int(row.rpartition(",")[2]) for row in rows)


@pytest.mark.soak
@pytest.mark.parametrize("way", [*WAYS, "thrown out"])
def test_for_long(own_postgres: START, tmp_path: Path, table: Table, way: str) -> None:
    """The same a hundred times; `thrown out` is forty times each."""
    server = own_postgres()
    for number in range(5):
        folder = tmp_path / str(number)
        folder.mkdir()
        happens = WAYS.get(way, terminate)
        told = over_and_over(server, folder, happens, 20, f"home-{number}")
        assert told.damage == []
        lost, more = len(told.lost), len(told.doubled) + len(told.denied)
        table.run(f"PostgreSQL: the server {way}", told.acknowledged, lost, more)
