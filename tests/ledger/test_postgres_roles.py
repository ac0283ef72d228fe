"""The roles of docs/postgres.md: who owns a ledger, who records, and who only looks."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

import meterctl
from meterctl.errors import LedgerForbidden
from meterctl.ledger.address import DatabaseAddress, parse_database
from meterctl.ledger.port import Ledger
from meterctl.ledger.postgres import open_for_reading, open_for_writing
from tests.helpers import NOW, reading
from tests.ledger.contract import LedgerContract, record, values
from tests.postgres import Server

ROOT = Path(meterctl.__file__).parent
PAGE = (ROOT.parent / "docs" / "postgres.md").read_text(encoding="utf-8")
OWNER, APP, READER = "meterctl_owner", "meterctl_app", "meterctl_reader"
SECRET = "a/b:c@d é"


def blocks() -> list[str]:
    """The SQL of the page's section on roles, block by block."""
    (section,) = re.findall(r"(?ms)^## Roles\n(.*?)(?=^## |\Z)", PAGE)
    return re.findall(r"(?ms)^```sql\n(.*?)^```", section)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with the page's roles, of these tests' own: roles belong to a whole server."""
    made = Server(fsync=True)
    try:
        made.start()
        made.execute(blocks()[0])
        for role in (OWNER, APP, READER):
            made.execute(f"ALTER ROLE {role} PASSWORD '{SECRET}'")
        yield made
    finally:
        made.close()


class Ledgers:
    """Ledgers of the owner's, at their addresses for each role."""

    def __init__(self, server: Server, schema: str) -> None:
        self._server = server
        self._schema = schema

    def url(self, role: str) -> str:
        return self._server.url(self._schema, role, SECRET)

    def address(self, role: str) -> DatabaseAddress:
        return parse_database(self.url(role))

    def make(self) -> None:
        """As the owner: make it, and run the page's grants."""
        open_for_writing(self.address(OWNER), NOW).close()
        self.as_(OWNER, blocks()[1])

    def as_(self, role: str, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement in the ledger's schema."""
        plain = self.address(role).url
        with psycopg.connect(plain, options=f'-csearch_path="{self._schema}"') as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def unmade(server: Server) -> Iterator[Ledgers]:
    """A ledger that is not there yet."""
    schema = f"Test-{uuid.uuid4().hex[:12]}"
    yield Ledgers(server, schema)
    server.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


@pytest.fixture
def ledgers(unmade: Ledgers) -> Ledgers:
    """One that is."""
    unmade.make()
    return unmade


class TestTheRecordingRole(LedgerContract):
    """It may do all that a ledger promises, but for what only `restore` does."""

    refusal = psycopg.IntegrityError

    @pytest.fixture
    def place(self, ledgers: Ledgers) -> DatabaseAddress:
        return ledgers.address(APP)

    def open(self, place: DatabaseAddress) -> Ledger:
        return open_for_writing(place, NOW)

    def test_another_id(self, ledger: Ledger) -> None:
        """Only who owns a ledger gives it another id."""
        before = ledger.id
        refused = pytest.raises(LedgerForbidden, match="permission denied for table ledger")
        with refused, ledger.writing():
            ledger.renew_id("another")
        assert ledger.id == before


def record_as(address: DatabaseAddress) -> None:
    """Record one reading."""
    with closing(open_for_writing(address, NOW)) as ledger:
        record(ledger, reading("1", "2026-11-01 12:00"))


FORBIDDEN = (
    "UPDATE reading SET value = 1",
    "DELETE FROM reading",
    "TRUNCATE reading",
    "UPDATE entry SET written_at = 1",
    "DELETE FROM entry",
    "UPDATE entry_span SET readings = 1",
    "UPDATE acceptance SET reason = 'x'",
    "UPDATE audit SET event = 'x'",
    "DELETE FROM submission",
    "DELETE FROM attempt",
    "DELETE FROM batch",
    "DELETE FROM client",
    "UPDATE ledger SET id = 'x'",
    "UPDATE meterctl_schema SET version = 1",
    "DROP TRIGGER reading_is_never_changed ON reading",
    "ALTER TABLE reading DISABLE TRIGGER ALL",
    "ALTER TABLE reading ADD COLUMN more BIGINT",
    "DROP TABLE reading",
    "CREATE TABLE more (one BIGINT)",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger AS 'BEGIN END' LANGUAGE plpgsql",
    "SET session_replication_role = replica",
)


@pytest.fixture(scope="module")
def made(server: Server) -> Ledgers:
    """One in which is a reading, and which no test changes."""
    found = Ledgers(server, "unchanged")
    found.make()
    record_as(found.address(APP))
    return found


class TestWhatIsForbidden:
    """The server itself keeps the log from who only records."""

    @pytest.mark.parametrize("role", [APP, READER])
    @pytest.mark.parametrize("statement", FORBIDDEN)
    def test_changing_the_log(self, made: Ledgers, role: str, statement: str) -> None:
        """Neither a reading nor an entry is changed or deleted, nor what keeps them from it."""
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            made.as_(role, statement)
        assert made.as_(role, "SELECT count(*) FROM reading") == [(1,)]

    @pytest.mark.parametrize(
        "statement",
        [one for one in FORBIDDEN if re.search(r"(UPDATE|FROM|TRUNCATE) (reading|entry)\b", one)],
    )
    def test_even_for_who_owns_it(self, made: Ledgers, statement: str) -> None:
        """The triggers refuse it to the owner too."""
        with pytest.raises(psycopg.IntegrityError, match=r"never|append-only"):
            made.as_(OWNER, statement)

    def test_no_more_than_is_needed(self, made: Ledgers) -> None:
        """What may be changed or deleted is what some statement of the program does."""
        given = made.as_(
            APP,
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
            " WHERE grantee = current_user AND table_schema = current_schema()"
            " AND privilege_type NOT IN ('SELECT', 'INSERT')",
        )
        assert set(given) == _changes()


def _changes() -> set[tuple[str, str]]:
    """Each table that the program changes or deletes from, in its everyday work."""
    rare = ("copying*.py", "store.py", "postgres_migrate.py", "care.py")  # the owner's
    found: set[tuple[str, str]] = set()
    for path in ROOT.rglob("*.py"):
        if any(path.match(one) for one in rare):
            continue
        text = re.sub(r'"\s*(#.*)?\n\s*f?"', "", path.read_text(encoding="utf-8"))
        found |= {(table, "UPDATE") for table in re.findall(r"UPDATE (\w+) SET", text)}
        found |= {(table, "DELETE") for table in re.findall(r"DELETE FROM (\w+)", text)}
        for table, rest in re.findall(r"INSERT INTO (\w+) ([^\n]*)", text):
            if "DO UPDATE SET" in rest:
                found.add((table, "UPDATE"))
    return found


class TestTheRoleThatLooks:
    """It sees everything, and writes nothing."""

    def test_looking(self, ledgers: Ledgers) -> None:
        """Readings, counts, integrity and the server's facts."""
        record_as(ledgers.address(APP))
        with closing(open_for_reading(ledgers.address(READER))) as looked:
            assert values(looked) == [1]
            assert looked.counts().revisions == 1
            assert looked.damage() == []
            assert looked.facts().settings["writes"] == "off"

    def test_writing(self, ledgers: Ledgers) -> None:
        """It is told to be forbidden."""
        with pytest.raises(LedgerForbidden, match="permission denied") as told:
            record_as(ledgers.address(READER))
        assert "docs/postgres.md" in told.value.hint


class TestOwning:
    """Only the owner makes a ledger, or brings it up to date."""

    @pytest.mark.parametrize("role", [APP, READER])
    def test_making_one(self, unmade: Ledgers, role: str) -> None:
        """Who may not is told who does, and by which command."""
        with pytest.raises(LedgerForbidden, match="permission denied for database") as told:
            open_for_writing(unmade.address(role), NOW)
        assert "ledger migrate" in told.value.hint
        assert SECRET not in str(told.value) + told.value.hint
        with closing(open_for_reading(unmade.address(role))) as looked:
            assert looked.last_entry() == 0

    def test_an_older_one(self, ledgers: Ledgers) -> None:
        """A newer meterctl of one that records does not write until the owner has upgraded."""
        ledgers.as_(OWNER, "UPDATE meterctl_schema SET version = version - 1")
        with pytest.raises(LedgerForbidden, match="of an older meterctl"):
            open_for_writing(ledgers.address(APP), NOW)

    def test_granting_again(self, ledgers: Ledgers) -> None:
        """The page's grants may be run as often as one likes, over all ledgers of the owner."""
        ledgers.as_(OWNER, blocks()[1])
        record_as(ledgers.address(APP))

    def test_a_table_that_a_later_version_adds(self, ledgers: Ledgers) -> None:
        """It can be read before the grants are run again, and no more."""
        ledgers.as_(OWNER, "CREATE TABLE more (one BIGINT)")
        for role in (APP, READER):
            assert ledgers.as_(role, "SELECT count(*) FROM more") == [(0,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ledgers.as_(role, "INSERT INTO more VALUES (1)")
