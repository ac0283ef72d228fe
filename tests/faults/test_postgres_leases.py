"""One run of a job at a time, on whichever machine: by leases, which the dead give back."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from meterctl.errors import Busy
from meterctl.ledger import postgres_leases
from meterctl.ledger.store import SqlLedger
from tests.faults.postgres_jobs import JOB, Holder, with_leases_of
from tests.faults.postgres_writers import append, opened
from tests.faults.table import Table
from tests.postgres import Server

# Of a lease, in seconds. A busy machine stands still for one of them now and then: who is heard of
# too late has lost it, and should not here.
LONG, BRIEF = 60.0, 3.0
TAKEN = f"another {JOB} took over"
RUNNING = rf"another {JOB} is already running \(.*pid \d+, for "


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[SqlLedger]:
    """A new ledger."""
    with closing(opened(postgres_url)) as made:
        yield made


@pytest.fixture
def holding(postgres_url: str, ledger: SqlLedger) -> Iterator[Callable[..., Holder]]:
    """Start a process that holds the job."""
    made: list[Holder] = []
    assert ledger.id

    def hold(seconds: float = LONG, *what: str, url: str = postgres_url) -> Holder:
        made.append(Holder(url, seconds, *what))
        if not what:
            assert made[-1].says() == "has it"
        return made[-1]

    yield hold
    for one in made:
        one.close()


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases of this process are short."""
    monkeypatch.setattr(postgres_leases, "held", postgres_leases.held)  # put back in the end
    with_leases_of(BRIEF)


def written(ledger: SqlLedger) -> int:
    """How many entries there are."""
    return ledger.last_entry()


def in_turn(holding: Callable[..., Holder], file: Path, ledger: SqlLedger, count: int) -> int:
    """Eight processes want it again and again, and two of them are killed; how often it was had."""
    running = [holding(LONG, "in-turn", str(file), str(count)) for _ in range(8)]
    for one in running[:2]:
        assert one.says() == "had it"
        one.process.kill()
    said = [one.process.communicate(timeout=60)[0].split("\n")[:-1] for one in running]
    assert {line for lines in said for line in lines} == {"had it"}
    assert [len(lines) for lines in said[2:]] == [count] * 6
    assert ledger.damage() == []
    return written(ledger)


@pytest.mark.fault(16)
def test_eight_processes(holding: Callable[..., Holder], ledger: SqlLedger, tmp_path: Path) -> None:
    """They want the same job, two are killed while they may have it: never do two have it at once,
    each of the others has had it as often as it wanted, and nobody waits for the dead."""
    began = time.monotonic()
    assert in_turn(holding, tmp_path / "held", ledger, 5) >= 30
    assert time.monotonic() - began < LONG / 2


@pytest.mark.fault(16)
def test_a_holder_that_is_killed(holding: Callable[..., Holder], ledger: SqlLedger) -> None:
    """The next one has it at once, and does not wait for the lease to run out."""
    one = holding()
    with pytest.raises(Busy, match=RUNNING), ledger.holding(JOB):
        pass
    one.process.kill()
    began = time.monotonic()
    with ledger.holding(JOB, 20), ledger.writing():
        append(ledger, "next", 1)
    assert time.monotonic() - began < 5
    assert written(ledger) == 1


@pytest.mark.fault(16)
def test_a_holder_that_ends(holding: Callable[..., Holder], ledger: SqlLedger) -> None:
    """It gives the job back: the next one need not wait at all."""
    one = holding()
    assert one.write() == "wrote"
    one.tell("end")
    assert one.says() == "gave it back"
    with ledger.holding(JOB):
        assert written(ledger) == 1


@pytest.mark.fault(16)
@pytest.mark.usefixtures("brief")
def test_a_holder_that_stands_still(holding: Callable[..., Holder], ledger: SqlLedger) -> None:
    """Stopped for longer than its lease, it is taken for dead: another one takes over. Woken, it
    writes nothing more, says why, and stands in nobody's way."""
    one = holding(BRIEF)
    assert one.write() == "wrote"
    one.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    with ledger.holding(JOB, 20):
        assert BRIEF / 2 < time.monotonic() - began < 10
        one.process.send_signal(signal.SIGCONT)
        assert one.write().startswith(TAKEN)
        assert one.write().startswith(TAKEN)
        with ledger.writing():  # what was refused keeps no turn
            append(ledger, "next", 1)
        time.sleep(BRIEF)  # the one that was woken moves a lease on that is not its
        with ledger.writing():
            append(ledger, "next", 2)
        assert written(ledger) == 3
    one.tell("end")
    assert one.says() == "gave it back"
    with ledger.holding(JOB), ledger.writing():
        append(ledger, "next", 3)


@pytest.mark.fault(16)
@pytest.mark.usefixtures("brief")
def test_a_holder_that_takes_long(ledger: SqlLedger, postgres_url: str) -> None:
    """One that is alive keeps it, also while a write of its own takes longer than a lease: who
    wants it meanwhile is told who has it."""
    with closing(opened(postgres_url)) as other, ThreadPoolExecutor(1) as thread:

        def want() -> None:
            with other.holding(JOB, 3 * BRIEF):
                pass

        with ledger.holding(JOB):
            wanting = thread.submit(want)
            with ledger.writing():
                append(ledger, "long", 1)
                time.sleep(2 * BRIEF)
            with ledger.writing():
                append(ledger, "long", 2)
            time.sleep(BRIEF)
            with ledger.writing():
                append(ledger, "long", 3)
            with pytest.raises(Busy, match=RUNNING):
                wanting.result(30)
        with other.holding(JOB):
            assert written(other) == 3


@pytest.mark.fault(16)
@pytest.mark.parametrize("how", ["fast", "kill"])
@pytest.mark.usefixtures("brief")
def test_a_server_that_begins_anew(
    own_postgres: Callable[..., Server], holding: Callable[..., Holder], how: str
) -> None:
    """The holder keeps its job: its session's end says nothing where all sessions ended."""
    server = own_postgres(fsync=False)
    url = server.url("home")
    with closing(opened(url)) as ledger:
        one = holding(BRIEF, url=url)
        if how == "kill":
            server.kill()
            server.start()
        else:
            server.restart(how)
        with pytest.raises(Busy, match=RUNNING), ledger.holding(JOB, 1.5 * BRIEF):
            pass
        assert one.write() == "wrote"
        one.tell("end")
        assert one.says() == "gave it back"
        with ledger.holding(JOB):
            assert written(ledger) == 1


@pytest.mark.fault(16)
@pytest.mark.usefixtures("brief")
def test_a_holder_whose_session_is_thrown_out(
    holding: Callable[..., Holder], ledger: SqlLedger, postgres: Server
) -> None:
    """Its lease is its until it runs out; it comes back with another session and keeps it. Whoever
    looks just in between may take it, and then the first one writes nothing more."""
    one = holding(BRIEF)
    leases = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    (session,) = (pid for (pid,) in postgres.execute(leases))
    postgres.execute("SELECT pg_terminate_backend(%s)", [session])
    time.sleep(BRIEF)
    with pytest.raises(Busy, match=RUNNING), ledger.holding(JOB, BRIEF):
        pass
    assert one.write() == "wrote"
    (session,) = (pid for (pid,) in postgres.execute(leases))
    with ThreadPoolExecutor(1) as thread:
        postgres.execute("SELECT pg_terminate_backend(%s)", [session])

        def take() -> str:
            with ledger.holding(JOB, BRIEF):
                return one.write()

        try:
            assert thread.submit(take).result(20).startswith(TAKEN)
        except Busy:
            assert one.write() == "wrote"


@pytest.mark.fault(16)
def test_jobs_of_different_names(ledger: SqlLedger, postgres_url: str) -> None:
    """One does not wait for another."""
    with closing(opened(postgres_url)) as other, ledger.holding(JOB), other.holding("sync"):
        with other.writing():
            append(other, "sync", 1)
        with pytest.raises(Busy, match="another sync is already running"), ledger.holding("sync"):
            pass


@pytest.mark.soak
def test_for_long(
    holding: Callable[..., Holder], ledger: SqlLedger, tmp_path: Path, table: Table
) -> None:
    """The same for two minutes."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        before = written(ledger)
        had = in_turn(holding, tmp_path / "held", ledger, 30) - before
        table.run("PostgreSQL: eight that want one job", had)
