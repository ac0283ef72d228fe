"""The service behind `health`: what a PostgreSQL server says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest

from meterctl.domain.times import MINUTE
from meterctl.ledger import postgres, sqlite
from meterctl.ledger.address import parse_database
from meterctl.ledger.care import StoreFacts
from meterctl.services.health import Check, Grade
from meterctl.services.health_database import CLOCK_OFF, FEW_SESSIONS, OLDEST, check_database
from tests.helpers import NOW
from tests.postgres import Server

Start = Callable[..., Server]


def facts_of(server: Server, schema: str = "home", **more: str) -> StoreFacts:
    """What a ledger there says; it is made on first use."""
    with closing(
        postgres.open_for_writing(parse_database(server.url(schema, **more)), NOW)
    ) as made:
        return made.facts()


def found(facts: StoreFacts) -> dict[str, Check]:
    """Each check by its name."""
    return {check.name: check for check in check_database(facts, NOW)}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server as it comes, but that few sessions fit in."""
    made = Server(fsync=True, settings={"max_connections": "20", "synchronous_commit": "off"})
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def sound(server: Server) -> StoreFacts:
    """What a ledger there says, when all is well."""
    return facts_of(server)


def test_a_file() -> None:
    """It has facts of its own, and none of these checks."""
    with closing(sqlite.empty("nowhere")) as ledger:
        facts = ledger.facts()
    assert (facts.store, facts.clock_offset, facts.is_encrypted) == ("SQLite", None, None)
    assert facts.size == int(facts.settings["page_count"]) * int(facts.settings["page_size"]) > 0
    assert found(facts) == {}


def test_a_sound_server(sound: StoreFacts) -> None:
    """All is well, and told in words: its version, and the ledger's size."""
    checks = found(sound)
    assert {check.grade for check in checks.values()} == {Grade.PASS}
    assert checks["postgresql"].output == f"PostgreSQL {sound.version}"
    assert sound.size > 100_000
    assert checks["postgresql:size"].output == f"{sound.size / 1e6:.1f} MB"
    assert abs(sound.clock_offset or 0) < MINUTE


def test_looking(server: Server) -> None:
    """Who only reads is told the same."""
    facts_of(server)
    with closing(postgres.open_for_reading(parse_database(server.url("home")))) as ledger:
        facts = ledger.facts()
    assert facts.settings["writes"] == "on", "the role may, though this session does not"
    assert facts.settings["synchronous_commit"] == "on"


class TestDurability:
    """What was acknowledged must survive a power cut at the server."""

    def test_a_server_that_does_not_wait_for_its_disk(self, postgres: Server) -> None:
        """It fails with 74, and says which settings."""
        check = found(facts_of(postgres, "health-database"))["postgresql:durability"]
        assert (check.grade, check.exit_code) == (Grade.FAIL, 74)
        assert check.output.startswith("fsync, full_page_writes off")
        assert check.hint == "set fsync and full_page_writes to on, at the server"

    def test_a_server_that_acknowledges_early(self, server: Server, sound: StoreFacts) -> None:
        """It would by default; each session of ours waits nevertheless."""
        assert server.execute("SHOW synchronous_commit") == [("off",)]
        assert sound.settings["synchronous_commit"] == "on"
        assert "synchronous_commit on" in found(sound)["postgresql:durability"].output

    def test_standbys_are_waited_for(self, server: Server) -> None:
        """Who asks for more than the server's own disk keeps that."""
        facts = facts_of(server, options="-c synchronous_commit=remote_apply")
        assert "synchronous_commit remote_apply" in found(facts)["postgresql:durability"].output


class TestSessions:
    """How many can come yet."""

    def test_few_are_left(self, server: Server) -> None:
        """A warning from some number on."""
        free = 20 - 3  # what is kept for superusers
        with ExitStack() as stack:
            for _ in range(free - FEW_SESSIONS - 1):
                stack.enter_context(psycopg.connect(server.url()))
            facts = facts_of(server)
            assert found(facts)["postgresql:sessions"].grade is Grade.PASS
            assert (
                found(facts)["postgresql:sessions"].output == f"{free - FEW_SESSIONS} of 17 in use"
            )
            stack.enter_context(psycopg.connect(server.url()))
            check = found(facts_of(server))["postgresql:sessions"]
        assert check.grade is Grade.WARN
        assert "max_connections" in check.hint

    def test_some_are_kept_for_others(self, sound: StoreFacts) -> None:
        """Those do not count, where a server knows such."""
        settings = {**sound.settings, "reserved_connections": "12"}
        check = found(sound._replace(settings=settings))["postgresql:sessions"]
        assert (check.grade, check.output) == (Grade.WARN, "1 of 5 in use")


class TestRole:
    """What the server is, and what we may do there."""

    def test_one_that_only_reads(self, server: Server) -> None:
        """It is told, and is well."""
        facts_of(server)
        server.add_role("reader", "secret")
        server.execute("GRANT USAGE ON SCHEMA home TO reader")
        server.execute("GRANT SELECT ON ALL TABLES IN SCHEMA home TO reader")
        check = found(facts_of(server, user="reader", password="secret"))["postgresql:role"]
        assert check == Check("postgresql:role", Grade.PASS, "the primary; this role may only read")

    def test_a_standby(self, sound: StoreFacts) -> None:
        """Nothing can be recorded there: it is told which setting finds the primary."""
        settings = {**sound.settings, "standby": "on"}
        check = found(sound._replace(settings=settings))["postgresql:role"]
        assert check.grade is Grade.WARN
        assert "target_session_attrs=read-write" in check.hint


@pytest.mark.parametrize(
    ("is_encrypted", "grade"), [(None, Grade.PASS), (True, Grade.PASS), (False, Grade.WARN)]
)
def test_tls(sound: StoreFacts, is_encrypted: bool | None, grade: Grade) -> None:
    """Its lack is told where a network is passed."""
    check = found(sound._replace(is_encrypted=is_encrypted))["postgresql:tls"]
    assert check.grade is grade


@pytest.mark.parametrize(
    ("offset", "told"),
    [
        pytest.param(CLOCK_OFF, "as the database server's clock", id="about the same"),
        pytest.param(CLOCK_OFF + 1, "5 min behind the database server's", id="ours is late"),
        pytest.param(-CLOCK_OFF - 1, "5 min ahead of the database server's", id="ours is early"),
    ],
)
def test_the_clocks(sound: StoreFacts, offset: int, told: str) -> None:
    """A warning beyond five minutes, with what the server's says."""
    check = found(sound._replace(clock_offset=offset))["clock:database"]
    assert check.output.startswith(told)
    assert check.grade is (Grade.WARN if abs(offset) > CLOCK_OFF else Grade.PASS)


def test_no_autovacuum(own_postgres: Start) -> None:
    """A warning: tables would grow for ever."""
    check = found(facts_of(own_postgres(autovacuum="off")))["postgresql:autovacuum"]
    assert check.grade is Grade.WARN


def test_an_old_server(sound: StoreFacts) -> None:
    """A warning for one that gets no fixes."""
    settings = {**sound.settings, "server_version_num": str(OLDEST - 1)}
    check = found(sound._replace(version="14.20", settings=settings))["postgresql"]
    assert check.grade is Grade.WARN
    assert check.output.startswith("PostgreSQL 14.20")
    settings["server_version_num"] = str(OLDEST)
    assert found(sound._replace(settings=settings))["postgresql"].grade is Grade.PASS
