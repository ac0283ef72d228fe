"""Making a ledger in a schema, and bringing it up to date: once, and wholly or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from psycopg import sql

from meterctl.errors import LedgerError, LedgerNewer
from meterctl.ledger.address import DatabaseAddress, parse_database
from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.postgres import open_for_reading, open_for_writing, version_at
from meterctl.ledger.postgres_migrate import take_turn
from meterctl.ledger.postgres_session import connect
from tests.helpers import NOW, meterctl_environment, reading
from tests.ledger.contract import record, values
from tests.postgres import Server

MACHINES = 10

# It makes a ledger, and is killed before or after the statement that a pattern finds.
_KILLED = """
import os, re, signal, sys
import psycopg
from meterctl.ledger.address import parse_database
from meterctl.ledger.postgres import open_for_writing

pattern, when, url = sys.argv[1:]
real = psycopg.Connection.execute

def execute(self, query, *arguments, **more):
    text = query.decode() if isinstance(query, bytes) else query
    if not re.search(pattern, text):
        return real(self, query, *arguments, **more)
    if when == "after":
        real(self, query, *arguments, **more)
    os.kill(os.getpid(), signal.SIGKILL)

psycopg.Connection.execute = execute
open_for_writing(parse_database(url), 1).close()
"""


@pytest.fixture
def address(postgres_url: str) -> DatabaseAddress:
    """Where no ledger is yet."""
    return parse_database(postgres_url)


def tables(server: Server, schema: str) -> int:
    """How many tables a schema has."""
    (found,) = server.execute("SELECT count(*) FROM pg_tables WHERE schemaname = %s", [schema])
    return int(found[0])


def age(server: Server, made: DatabaseAddress, by: int) -> None:
    """Let a ledger be of a meterctl of so many versions ago."""
    statement = sql.SQL("UPDATE {}.meterctl_schema SET version = {}").format(
        sql.Identifier(made.schema), sql.Literal(NEWEST_VERSION - by)
    )
    server.execute(statement.as_string())


class TestManyMachines:
    """All begin at once, on an empty database."""

    def test_their_first_reading(self, tmp_path: Path, address: DatabaseAddress) -> None:
        """One of them makes the ledger; each one's reading is in it."""
        begun = []
        with ExitStack() as stack:
            for number in range(1, MACHINES + 1):
                folder = tmp_path / str(number)
                environment = meterctl_environment(folder) | {"METERCTL_LEDGER": address.full}
                at = f"2026-03-{number:02} 07:00"
                process = subprocess.Popen(
                    [sys.executable, "-m", "meterctl", "record", str(number), "--at", at],
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                stack.callback(process.communicate)
                stack.callback(process.kill)
                begun.append(process)
            told = [process.communicate(timeout=60) for process in begun]
        assert [process.returncode for process in begun] == [0] * MACHINES, told
        with closing(open_for_reading(address)) as ledger:
            assert values(ledger) == list(range(1, MACHINES + 1))
            assert ledger.last_entry() == MACHINES
            assert [meter.id for meter in ledger.meters()] == ["meter", "inverter"]
            assert ledger.damage() == []

    def test_exactly_at_once(self, address: DatabaseAddress, postgres: Server) -> None:
        """All see that there is none and wait for the turn; the second one finds it done."""
        code = (
            "import sys; from meterctl.ledger.address import parse_database as at;"
            " from meterctl.ledger.postgres import open_for_writing as opened;"
            " ledger = opened(at(sys.argv[1]), 1); print(ledger.id); ledger.close()"
        )
        with closing(connect(address, 10, writes=True)) as first:
            take_turn(first, address)
            begun = [
                subprocess.Popen(
                    [sys.executable, "-c", code, address.full], stdout=subprocess.PIPE, text=True
                )
                for _ in range(MACHINES)
            ]
            while _waiting(postgres) < MACHINES:
                assert all(process.poll() is None for process in begun)
                time.sleep(0.01)
            first.rollback()
        told = [process.communicate(timeout=60)[0] for process in begun]
        assert len(set(told)) == 1
        assert len(told[0].strip()) == 32
        with closing(open_for_reading(address)) as ledger:
            assert ledger.id == told[0].strip()
            assert ledger.damage() == [], "as when there are two ids"


def _waiting(server: Server) -> int:
    """How many wait for a turn."""
    found = server.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    )
    return int(found[0][0])


class TestKilled:
    """Whoever makes a ledger is killed on the way: there is none, or all of it."""

    @pytest.mark.parametrize(
        ("at", "when", "is_there"),
        [
            pytest.param("CREATE SCHEMA", "after", False, id="the schema is made"),
            pytest.param("CREATE TABLE meterctl_schema", "after", False, id="the version's table"),
            pytest.param("CREATE TABLE reading", "after", False, id="all tables"),
            pytest.param("INSERT INTO ledger", "after", False, id="the first row"),
            pytest.param(r"INSERT INTO meter \(", "after", False, id="a meter"),
            pytest.param("UPDATE meterctl_schema", "after", False, id="the version"),
            pytest.param("^COMMIT$", "before", False, id="just before the commit"),
            pytest.param("^COMMIT$", "after", True, id="just after the commit"),
        ],
    )
    def test_at(
        self, postgres: Server, address: DatabaseAddress, at: str, when: str, is_there: bool
    ) -> None:
        """The next one begins anew, or goes on; it never meets a half."""
        done = subprocess.run(
            [sys.executable, "-c", _KILLED, at, when, address.full], check=False, timeout=60
        )
        assert done.returncode == -signal.SIGKILL
        assert version_at(address) == (NEWEST_VERSION if is_there else 0)
        assert (tables(postgres, address.schema) > 0) == is_there
        with closing(open_for_writing(address, NOW)) as ledger:
            record(ledger, reading("1", "2026-03-01 07:00"))
            assert values(ledger) == [1]
            assert len(ledger.meters()) == 2


class TestOtherVersions:
    """A ledger of a later or an earlier meterctl."""

    @pytest.fixture
    def made(self, address: DatabaseAddress) -> DatabaseAddress:
        """A ledger with a reading."""
        with closing(open_for_writing(address, NOW)) as ledger:
            record(ledger, reading("1", "2026-03-01 07:00"))
        return address

    def test_a_later_one(self, made: DatabaseAddress, postgres: Server) -> None:
        """It is neither written nor read."""
        age(postgres, made, -1)
        with pytest.raises(LedgerNewer, match="newer"):
            open_for_writing(made, NOW)
        with pytest.raises(LedgerNewer):
            open_for_reading(made)
        with pytest.raises(LedgerNewer):
            version_at(made)

    def test_looking_at_an_earlier_one(self, made: DatabaseAddress, postgres: Server) -> None:
        """Looking never upgrades; it is told who does."""
        age(postgres, made, 1)
        with pytest.raises(LedgerError, match="older meterctl") as told:
            open_for_reading(made)
        assert "meterctl ledger migrate" in told.value.hint
        assert version_at(made) == NEWEST_VERSION - 1

    def test_a_schema_that_was_made_for_it(
        self, address: DatabaseAddress, postgres: Server
    ) -> None:
        """An empty one is taken, as where a role may not make schemas."""
        postgres.execute(f'CREATE SCHEMA "{address.schema}"')
        assert version_at(address) == 0
        with closing(open_for_writing(address, NOW)) as ledger:
            assert len(ledger.id) == 32

    def test_looking_where_there_is_none(self, address: DatabaseAddress, postgres: Server) -> None:
        """Nothing is made."""
        with closing(open_for_reading(address)) as ledger:
            assert ledger.last_entry() == 0
        assert (
            postgres.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [address.schema])
            == []
        )


def test_a_database_that_lacks_letters(postgres: Server) -> None:
    """No ledger is made where not every text can be kept; it says how to make a better one."""
    name = "in_latin_1"
    postgres.execute(
        f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    try:
        address = parse_database(postgres.url("roof", database=name))
        with pytest.raises(LedgerError, match="keeps its texts in LATIN1") as error:
            open_for_writing(address, NOW)
        assert "createdb --encoding=UTF8" in error.value.hint
        assert version_at(address) == 0
    finally:
        postgres.execute(f"DROP DATABASE {name}")
