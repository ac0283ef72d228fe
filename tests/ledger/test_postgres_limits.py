"""Limits that all machines share: buckets in the ledger's database, each take one statement."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from meterctl.ledger import postgres_limits
from meterctl.ledger.address import DatabaseAddress, parse_database
from meterctl.ledger.postgres import open_for_writing
from meterctl.ledger.postgres_limits import SWEEP_EACH, PostgresBuckets
from tests.helpers import NOW
from tests.postgres import Server

ONE, FIVE = 1_000.0, 5_000.0  # seconds: nothing comes back within a test


@pytest.fixture
def address(postgres_url: str) -> DatabaseAddress:
    """A ledger."""
    found = parse_database(postgres_url)
    open_for_writing(found, NOW).close()
    return found


@pytest.fixture
def buckets(address: DatabaseAddress) -> Iterator[PostgresBuckets]:
    """Its buckets, all of them full."""
    with closing(PostgresBuckets(address)) as made:
        yield made


def took(buckets: PostgresBuckets, subject: str, seconds: float = ONE, burst: float = FIVE) -> bool:
    """Whether there was enough; it was asked."""
    told = buckets.take("any", subject, seconds, burst)
    assert told is not None
    return told.wait is None


def rows(server: Server, address: DatabaseAddress) -> int:
    """How many buckets the table holds."""
    ((found,),) = server.execute(f'SELECT count(*) FROM "{address.schema}".bucket')  # noqa: S608 (a name of our own)
    return int(found)


class TestOneBucket:
    """It gives its burst, then what comes back."""

    def test_a_burst(self, buckets: PostgresBuckets) -> None:
        """As many as fit in, then none; and who is refused is told for how long."""
        assert [took(buckets, "a") for _ in range(6)] == [True] * 5 + [False]
        told = buckets.take("any", "a", ONE, FIVE)
        assert told is not None
        assert told.wait == pytest.approx(ONE, abs=30)

    def test_what_comes_back(self, buckets: PostgresBuckets) -> None:
        """One that was refused gets it when it has waited as long as it was told."""
        assert took(buckets, "a", 0.3, 0.3)
        told = buckets.take("any", "a", 0.3, 0.3)
        assert told is not None
        assert told.wait is not None
        assert 0 < told.wait <= 0.3
        time.sleep(told.wait + 0.01)
        assert took(buckets, "a", 0.3, 0.3)

    def test_a_refusal_takes_nothing(self, buckets: PostgresBuckets) -> None:
        """Who keeps asking does not wait longer."""
        assert took(buckets, "a", 4 * ONE)
        assert not any(took(buckets, "a", 2 * ONE) for _ in range(20))
        assert took(buckets, "a")

    def test_a_look(self, buckets: PostgresBuckets) -> None:
        """It says what a take would, and takes nothing."""
        for _ in range(5):
            assert buckets.peek("any", "a", ONE, FIVE) == (None,)
            assert took(buckets, "a")
        told = buckets.peek("any", "a", ONE, FIVE)
        assert told is not None
        assert told.wait == pytest.approx(ONE, abs=30)

    def test_others(self, buckets: PostgresBuckets) -> None:
        """Another subject, and another limit of the same one, are buckets of their own."""
        assert took(buckets, "a", FIVE)
        assert not took(buckets, "a")
        assert took(buckets, "b")
        assert buckets.take("other", "a", ONE, FIVE) == (None,)

    def test_any_text_is_a_subject(self, buckets: PostgresBuckets) -> None:
        """Also none, a very long one, and half a surrogate pair."""
        for subject in ("", "x" * 100_000, "\ud800", "\0", "'; DROP TABLE bucket"):
            assert took(buckets, subject, FIVE)
            assert not took(buckets, subject)

    def test_a_server_whose_clock_went_back(
        self, postgres: Server, address: DatabaseAddress, buckets: PostgresBuckets
    ) -> None:
        """Nobody waits for longer than an empty bucket takes to fill."""
        assert took(buckets, "a")
        late = f"UPDATE \"{address.schema}\".bucket SET full_at = now() + '9 years'"  # noqa: S608 (a name of our own)
        postgres.execute(late)
        told = buckets.take("any", "a", ONE, FIVE)
        assert told is not None
        assert told.wait == pytest.approx(ONE, abs=30)


class TestSeveralMachines:
    """Sessions of their own at one table."""

    def test_all_at_once(self, address: DatabaseAddress) -> None:
        """Eight take as fast as they can, and together get the burst, no more and no less."""
        taken: list[bool] = []

        def take() -> None:
            with closing(PostgresBuckets(address)) as buckets:
                taken.extend(took(buckets, "a", 1.0 * ONE, 100 * ONE) for _ in range(40))

        threads = [threading.Thread(target=take) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(taken), sum(taken)) == (320, 100)

    def test_threads_of_one(self, buckets: PostgresBuckets) -> None:
        """They share one session, and get no answer that is another's."""
        taken: list[tuple[str, bool]] = []

        def take(subject: str) -> None:
            taken.extend((subject, took(buckets, subject)) for _ in range(50))

        threads = [threading.Thread(target=take, args=(f"{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {one: taken.count((one, True)) for one in "0123"} == dict.fromkeys("0123", 5)

    def test_another_ledger(self, buckets: PostgresBuckets, postgres: Server) -> None:
        """Its buckets are its own."""
        other = parse_database(postgres.url("other-limits"))
        open_for_writing(other, NOW).close()
        try:
            assert took(buckets, "a", FIVE)
            with closing(PostgresBuckets(other)) as others:
                assert took(others, "a")
        finally:
            postgres.execute('DROP SCHEMA "other-limits" CASCADE')


class TestTheTable:
    """Strangers cannot make it grow."""

    def test_many_strangers(
        self, postgres: Server, address: DatabaseAddress, buckets: PostgresBuckets
    ) -> None:
        """Buckets that are full again are removed; one that is not is kept."""
        assert took(buckets, "the culprit", FIVE)
        for number in range(8 * SWEEP_EACH):
            assert took(buckets, f"stranger {number}", 0.000_001)
        assert rows(postgres, address) <= SWEEP_EACH + 1
        assert not took(buckets, "the culprit")

    def test_who_it_is(
        self, postgres: Server, address: DatabaseAddress, buckets: PostgresBuckets
    ) -> None:
        """No address is written down."""
        assert took(buckets, "192.0.2.1")
        statement = f'SELECT bucket FROM "{address.schema}".bucket'  # noqa: S608 (a name of our own)
        ((kept,),) = postgres.execute(statement)
        assert len(kept) == 16
        assert b"192" not in kept


class TestAServerThatIsAway:
    """There is no answer then, and nobody waits for one."""

    def test_at_the_start(self, own_postgres: Callable[..., Server]) -> None:
        """Buckets are opened all the same; and asked again when the server is there."""
        server = own_postgres(fsync=False)
        address = parse_database(server.url("ledger"))
        open_for_writing(address, NOW).close()
        server.stop()
        with closing(PostgresBuckets(address)) as buckets:
            began = time.monotonic()
            assert buckets.take("any", "a", ONE, FIVE) is None
            assert time.monotonic() - began < 0.5
            server.start()
            assert soon(buckets)

    def test_in_between(self, own_postgres: Callable[..., Server]) -> None:
        """A restart costs a moment; what was taken before may be forgotten, by a crash alone."""
        server = own_postgres(fsync=False)
        address = parse_database(server.url("ledger"))
        open_for_writing(address, NOW).close()
        with closing(PostgresBuckets(address)) as buckets:
            assert took(buckets, "culprit", FIVE)
            server.restart()
            assert buckets.take("any", "a", ONE, FIVE) is None
            assert soon(buckets)
            assert not took(buckets, "culprit")
            server.kill()
            began = time.monotonic()
            assert [buckets.take("any", "a", ONE, FIVE) for _ in range(100)] == [None] * 100
            assert time.monotonic() - began < 0.5
            server.start()
            assert soon(buckets)

    def test_one_that_is_silent(
        self, address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is given up after a moment, once: who comes next does not wait again."""
        monkeypatch.setattr(postgres_limits, "PATIENCE", 0.3)
        with closing(PostgresBuckets(address)) as buckets:
            assert buckets._session is not None
            silent = buckets._session.info.backend_pid
            os.kill(silent, signal.SIGSTOP)
            try:
                began = time.monotonic()
                assert [buckets.take("any", "a", ONE, FIVE) for _ in range(10)] == [None] * 10
                assert time.monotonic() - began < 1.5
                assert soon(buckets)
            finally:
                os.kill(silent, signal.SIGCONT)


def soon(buckets: PostgresBuckets) -> bool:
    """Whether there are answers again, within some seconds."""
    end = time.monotonic() + 10
    while buckets.peek("any", "whoever", ONE, FIVE) is None:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
