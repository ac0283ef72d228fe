"""A fleet in a PostgreSQL database: a schema each, and what its role may use of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.ledger import postgres as store
from meterctl.ledger.address import parse_database
from meterctl.ledger.postgres_fleet import ledgers_in
from meterctl.services.push import JOB
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli
from tests.faults.stopping import begun
from tests.helpers import NOW, meterctl_environment
from tests.postgres import Server

LOCKED = "Not-for-you-1"


@pytest.fixture
def schemas(postgres: Server, cli: Cli) -> Iterator[list[str]]:
    """Three ledgers of this test, each with a reading of its own."""
    mark = uuid.uuid4().hex[:8]
    made = [f"roof-{mark}-{number}" for number in (1, 2, 3)]
    for number, schema in enumerate(made, 1):
        ran = cli(
            *("--ledger", postgres.url(schema), "record", f"{number}00.5"),
            *("--at", f"2026-03-01T06:00:0{number}Z", "--offline"),
        )
        assert ran.code == 0, ran.err
    yield made
    for schema in made:
        postgres.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


@pytest.fixture
def other_database(postgres: Server) -> Iterator[str]:
    """A database without any ledger."""
    name = f"other-{uuid.uuid4().hex[:8]}"
    postgres.execute(f'CREATE DATABASE "{name}"')
    yield postgres.url(database=name)
    postgres.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def role(postgres: Server, schemas: list[str]) -> Iterator[str]:
    """A role that may use the first two of them, and another program's schema."""
    name = f"role_{uuid.uuid4().hex[:8]}"
    postgres.add_role(name, LOCKED)
    for schema in schemas[:2]:
        postgres.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO {name}')
        postgres.execute(
            f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{schema}" TO {name}'
        )
    yield name
    postgres.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


class TestWhichAreThere:
    """What the database is asked."""

    def test_by_name(self, postgres: Server, schemas: list[str]) -> None:
        """Each schema with our tables is a ledger; another program's is none."""
        other = f"{schemas[0]}-other"
        postgres.execute(f'CREATE SCHEMA "{other}"; CREATE TABLE "{other}".meter (id int)')
        found = [one.schema for one in ledgers_in(postgres.url())]
        postgres.execute(f'DROP SCHEMA "{other}" CASCADE')
        assert found == sorted(found)
        assert {*schemas} <= {*found}
        assert other not in found

    def test_those_of_a_role(self, postgres: Server, schemas: list[str], role: str) -> None:
        """What is closed to it is not its fleet's."""
        found = ledgers_in(postgres.url(user=role, password=LOCKED))
        assert [one.schema for one in found] == schemas[:2]

    def test_the_address_of_each(self, postgres: Server, role: str) -> None:
        """It is the database's with a schema: its password is in it, and is not shown."""
        url = postgres.url(user=role, password=LOCKED, application_name="fleet")
        one = ledgers_in(url)[0]
        assert parse_database(one.full) == one
        assert LOCKED in one.full
        assert LOCKED not in str(one)
        assert "application_name=fleet" in one.full


class TestAllOfADatabase:
    """No list is kept beside it."""

    def test_the_database_of_the_ledger(
        self,
        cli: Cli,
        postgres: Server,
        schemas: list[str],
        role: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Where nothing is said, METERCTL_LEDGER says which; its password is shown nowhere."""
        monkeypatch.setenv("METERCTL_LEDGER", postgres.url(user=role, password=LOCKED))
        ran = cli("fleet", "--json", "current")
        assert ran.code == 0, ran.err
        found = {
            one["ledger"].partition("schema=")[2]: one["output"] for one in ran.json["results"]
        }
        assert {name: one["meterValue"] for name, one in found.items()} == {
            schemas[0]: 100.5,
            schemas[1]: 200.5,
        }
        assert LOCKED not in ran.out + ran.err

    def test_another_database(self, cli: Cli, postgres: Server, role: str) -> None:
        """--database names it; who comes by a password has it in the environment or a file."""
        postgres.execute(f"ALTER ROLE {role} SUPERUSER")
        url = postgres.url(user=role)
        file = Path("passwords")
        file.write_text(f"127.0.0.1:{postgres.port}:*:{role}:{LOCKED}\n")
        file.chmod(0o600)
        ran = cli("fleet", "--database", f"{url}?passfile={file.absolute()}", "--json", "current")
        assert ran.code == 0, ran.err
        assert ran.json["done"] >= 3

    def test_without_ledgers(self, cli: Cli, other_database: str) -> None:
        """That there is none is no success."""
        ran = cli("fleet", "--database", other_database, "current")
        assert ran.code == 66
        assert "holds no ledger that this role may use" in ran.err

    def test_a_server_that_is_away(self, cli: Cli) -> None:
        """It is told as of a single ledger."""
        ran = cli("fleet", "--database", "postgresql://127.0.0.1:1/home", "current")
        assert ran.code == 74
        assert "postgresql://127.0.0.1:1/home" in ran.err


class TestAListOfSchemas:
    """Of one database or of several."""

    def test_one_that_is_not_there(self, cli: Cli, postgres: Server, schemas: list[str]) -> None:
        """A slip of the pen begins no ledger; nothing is run."""
        slip = f"{schemas[0]}x"
        Path("roofs.txt").write_text(f"{postgres.url(schemas[0])}\n{postgres.url(slip)}\n")
        ran = cli("fleet", "--list", "roofs.txt", "push-utility")
        assert (ran.code, ran.out) == (65, "")
        assert "roofs.txt:2:1: there is no ledger postgresql://" in ran.err
        assert slip not in {one.schema for one in ledgers_in(postgres.url())}

    def test_a_server_that_is_away(self, cli: Cli, postgres: Server, schemas: list[str]) -> None:
        """The ledgers of the others are run."""
        away = "postgresql://127.0.0.1:1/home?schema=roof-9"
        Path("roofs.txt").write_text(f"{away}\n{postgres.url(schemas[0])}\n")
        ran = cli("fleet", "--list", "roofs.txt", "current")
        assert ran.code == 3
        assert f"{away}: failed, 74 ledger: " in ran.out
        assert "2 ledgers: 1 done, 1 failed; in " in ran.out

    def test_begun_by_migrate(self, cli: Cli, postgres: Server, schemas: list[str]) -> None:
        """Where they are to be made, they need not be there; made once more, nothing happens."""
        new = [f"{schemas[0]}-new-{number}" for number in range(3)]
        Path("roofs.txt").write_text("".join(f"{postgres.url(one)}\n" for one in new))
        for _ in range(2):
            ran = cli("fleet", "--list", "roofs.txt", "--quiet", "ledger", "migrate")
            assert ran.code == 0, ran
        found = {one.schema for one in ledgers_in(postgres.url())}
        for schema in new:
            postgres.execute(f'DROP SCHEMA "{schema}" CASCADE')
        assert {*new} <= found


@pytest.fixture
def utility(tmp_path: Path) -> Iterator[Rehearsal]:
    """A utility to push to."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


class TestManyMachines:
    """Each may run the same fleet: PostgreSQL says who is at which ledger."""

    def test_one_is_busy(
        self,
        cli: Cli,
        postgres: Server,
        schemas: list[str],
        utility: Rehearsal,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Another machine is at it: told, and no failure."""
        for name, text in (utility.utility | {"METERCTL_UTILITY_SINCE": "2026-01-01"}).items():
            monkeypatch.setenv(name, text)
        Path("roofs.txt").write_text("".join(f"{postgres.url(one)}\n" for one in schemas))
        other = store.open_for_writing(parse_database(postgres.url(schemas[1])), NOW)
        try:
            with other.holding(JOB):
                ran = cli("fleet", "--list", "roofs.txt", "--json", "push-utility")
        finally:
            other.close()
        assert ran.code == 0, ran
        verdicts = [one["verdict"] for one in ran.json["results"]]
        assert verdicts == ["done", "busy", "done"]
        assert len(utility.accepted()) == 2

    def test_two_fleets_at_once(
        self, tmp_path: Path, postgres: Server, schemas: list[str], utility: Rehearsal
    ) -> None:
        """P2: all is submitted, and nothing twice, whoever comes first at each ledger."""
        Path("roofs.txt").write_text("".join(f"{postgres.url(one)}\n" for one in schemas))
        environment = meterctl_environment(tmp_path) | utility.utility
        environment |= {"METERCTL_UTILITY_SINCE": "2026-01-01"}
        words = ["fleet", "--list", "roofs.txt", "--jobs", "3", "--quiet", "push-utility"]
        with begun(words, environment) as one, begun(words, environment) as other:
            for process in (one, other):
                process.communicate(timeout=60)
        # All that one of them met may have been the other's; never so of both.
        assert sorted((one.returncode, other.returncode)) in ([0, 0], [0, 75])
        assert sorted(x["value"] for x in utility.accepted()) == [100.5, 200.5, 300.5]
