"""`ledger copy`, stopped at any moment: never two places that take readings, and again ends it."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

import pytest

from meterctl.domain.plain import Plain
from meterctl.domain.readings import Source
from meterctl.errors import Busy, LedgerError, LedgerMoved
from meterctl.ledger import copying, copying_checks
from meterctl.ledger.address import Address, FileAddress, parse_database
from meterctl.ledger.copying_port import Step
from meterctl.ledger.opened import open_for_reading, open_for_writing
from meterctl.ledger.port import EntryKind, NewEntry
from tests.faults.replay import OPTIONS, KeepingDisk, events
from tests.faults.table import Table
from tests.faults.trace import KILLED, Call, every_call, killed_at, traced
from tests.helpers import METER, NOW, killed_after, meterctl_environment, reading, run_program
from tests.ledger import rich
from tests.ledger.contract import record
from tests.ledger.places import Places
from tests.postgres import Server

CHANGES = ("pwrite64", "fsync", "fdatasync", "ftruncate", "unlink", "mkdir", "openat")
MANY = 60_000  # values, so that a copy takes a while
_times = count(10**12)  # of readings that are recorded meanwhile

Revision = tuple[int, int]  # when it was read, and its number


def takes(address: Address) -> Revision | None:
    """Record a reading there; which it is, if it was acknowledged."""
    at = next(_times)
    try:
        with closing(open_for_writing(address, NOW, 5)) as ledger:
            record(ledger, reading("1", "2026-01-01 00:00")._replace(at=at, starts_at=at))
    except LedgerMoved:
        return None
    return at, 1


def revisions_at(address: Address) -> list[Revision]:
    """All revisions of the main meter that it holds; it is sound."""
    with closing(open_for_reading(address, 5)) as ledger:
        assert ledger.damage() == []
        return [(one.at, one.revision) for one in ledger.revisions_between(METER.id, 1, 0, 1 << 60)]


def check(here: Address, there: Address, before: list[Revision]) -> int:
    """One place takes readings at most; the same again, and all is there once.

    How many of the readings are not.
    """
    planned = copying.plan(here, there, 5)
    acknowledged = [takes(here)]
    if planned.step is not Step.NEW:  # there may be a ledger that was only made yet
        acknowledged.append(takes(there))
    taken = [one for one in acknowledged if one is not None]
    assert len(taken) == {Step.CLOSED: 0}.get(planned.step, 1), planned.step
    with copying.moving(here, there, lambda: NOW, 5) as mover:
        mover.finish(lambda _: None)
    assert takes(here) is None
    last = takes(there)
    assert last is not None
    found = revisions_at(there)
    assert len(found) == len(set(found))
    return len({*before, *taken, last} - set(found))


@pytest.fixture
def places(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Places]:
    """Where ledgers may be."""
    made = Places(tmp_path, request)
    yield made
    made.close()


# -- at exactly the call we name


class Copying:
    """Copies of a rich ledger from one file to another, each run in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template"
        here, _ = self.places(self.template)
        with closing(open_for_writing(here, NOW, 5)) as ledger:
            rich.fill(ledger)
        self.before = revisions_at(here)

    def places(self, folder: Path) -> tuple[Address, Address]:
        """The ledger's place in a folder, and where it is to go."""
        return FileAddress(folder / "data" / "ledger.db"), FileAddress(folder / "to" / "ledger.db")

    def command(self, folder: Path) -> tuple[str, ...]:
        """What is run there."""
        return ("ledger", "copy", *map(str, self.places(folder)))

    def folder(self, name: str) -> Path:
        """A new copy of the template."""
        folder = self.template.with_name(name)
        shutil.copytree(self.template, folder)
        return folder

    def calls(self) -> list[Call]:
        """What an undisturbed run does to files of the two ledgers."""
        before = self.folder("before")  # Python keeps what it compiles: the first run opens more
        assert run_program(self.command(before), meterctl_environment(before)).code == 0
        folder = self.folder("undisturbed")
        options = ("-e", f"trace={','.join(CHANGES)}")
        ran = traced(self.command(folder), meterctl_environment(folder), folder / "calls", *options)
        assert ran.code == 0, ran.err
        ours = (str(folder / "data"), str(folder / "to"))
        return [
            call
            for call, line in every_call(folder / "calls")
            if any(one in line for one in ours) and "-shm" not in line
        ]

    def kill(self, call: Call) -> int:
        """Run and kill, and look; how many readings were lost."""
        folder = self.folder(f"{call.name}-{call.number}")
        ran = killed_at(call, self.command(folder), meterctl_environment(folder), folder / "calls")
        assert ran.code == KILLED, f"{call} was never entered: {ran}"
        lost = check(*self.places(folder), self.before)
        shutil.rmtree(folder)
        return lost


@pytest.mark.parametrize("name", CHANGES)
def test_killed_at_a_call(name: str, tmp_path: Path) -> None:
    """P1, P2, P5: calls from its first to its last, by which files change or reach the disk."""
    run = Copying(tmp_path)
    calls = [call for call in run.calls() if call.name == name]
    assert calls
    for call in {*calls[:: 1 + len(calls) // 3], *calls[-2:]}:
        assert run.kill(call) == 0, call


@pytest.mark.soak
def test_killed_at_every_call(tmp_path: Path, table: Table) -> None:
    """The complete sweep."""
    run = Copying(tmp_path)
    held = len(run.before)
    for call in run.calls():
        table.add(f"copy killed at {call.name}", held, held - run.kill(call), held)


@pytest.mark.parametrize("names_kept", [True, False], ids=["old names", "new names"])
def test_a_power_cut_at_every_call(tmp_path: Path, names_kept: bool) -> None:
    """On a disk that keeps what it must and no more: the old place closes before the new opens."""
    run = Copying(tmp_path)
    left = tmp_path / "left"
    disk = KeepingDisk(run.template)
    disk.take(run.template)
    environment = meterctl_environment(run.template)
    ran = traced(run.command(run.template), environment, tmp_path / "log", *OPTIONS)
    assert ran.code == 0, ran.err
    steps = set()
    for event in events(tmp_path / "log"):
        if not disk.play(event) or event.call == "pwrite64":  # which matters once it is kept
            continue
        left.mkdir()
        disk.after_power_cut(left, names_kept=names_kept)
        here, there = run.places(left)
        steps.add(copying.plan(here, there, 5).step)
        assert check(here, there, run.before) == 0, event[:2]
        shutil.rmtree(left)
    assert steps == set(Step)


# -- at any moment, while others record, whichever store


def fill_much(address: Address) -> None:
    """Many readings, by few entries."""
    with closing(open_for_writing(address, NOW, 5)) as ledger, ledger.writing_much():
        for first in range(0, MANY, 10_000):
            at = list(range(first * 60_000, (first + 10_000) * 60_000, 60_000))
            entry = NewEntry(EntryKind.IMPORT, Source.IMPORT, NOW, "much.csv")
            with ledger.writing():
                ledger.append(entry, [], [Plain(METER.id, 1, at, at, [5] * len(at))])


class Recording:
    """A household that records at the old place until that is closed."""

    def __init__(self, address: Address) -> None:
        self.acknowledged: list[Revision] = []
        self._address = address
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        while not self._stop.wait(0.02):
            with suppress(Busy):
                at = takes(self._address)
                if at is None:
                    return
                self.acknowledged.append(at)

    def end(self) -> None:
        """No more."""
        self._stop.set()
        self._thread.join()


WAYS = [("sqlite", "postgres"), ("postgres", "sqlite"), ("postgres", "postgres")]


def killed_and_done(
    here: Address, there: Address, folder: Path, seconds: Iterator[float]
) -> tuple[int, int, int]:
    """Kill copies until one is done: how many were, what was acknowledged, what is there."""
    before = revisions_at(here)
    environment = meterctl_environment(folder) | {"METERCTL_LOCK_TIMEOUT": "20"}
    command = ("ledger", "copy", here.full, there.full)
    kills, recording = 0, Recording(here)
    try:
        for after in seconds:
            if killed_after(after, command, environment) == 0:
                break
            kills += 1
        ran = run_program(command, environment)
        assert ran.code == 0, ran.err
    finally:
        recording.end()
    assert takes(here) is None
    assert takes(there) is not None
    found = revisions_at(there)[:-1]
    assert sorted([*before, *recording.acknowledged]) == found
    return kills, len(before) + len(recording.acknowledged), len(found)


@pytest.mark.parametrize("kinds", WAYS, ids=[f"{a} to {b}" for a, b in WAYS])
def test_killed_while_others_record(kinds: tuple[str, str], places: Places, tmp_path: Path) -> None:
    """P1, P2: again and again, a little later each time, until it has come to its end."""
    here, there = map(places.new, kinds)
    fill_much(here)
    kills, acknowledged, found = killed_and_done(
        here, there, tmp_path, iter([0.3, 0.5, 0.6, 0.7, 0.8])
    )
    assert kills
    assert acknowledged == found


@pytest.mark.soak
@pytest.mark.parametrize("kinds", WAYS, ids=[f"{a} to {b}" for a, b in WAYS])
def test_killed_at_many_moments(
    kinds: tuple[str, str], places: Places, tmp_path: Path, table: Table
) -> None:
    """The same, with many kills, by chance."""
    chance = random.Random(str(kinds))
    for _ in range(10):
        here, there = map(places.new, kinds)
        fill_much(here)
        moments = (0.25 + chance.random() for _ in range(12))
        _, acknowledged, found = killed_and_done(here, there, tmp_path, moments)
        table.add(f"copy killed, {' to '.join(kinds)}", acknowledged, found, acknowledged)


@pytest.mark.parametrize("end", ["source", "target"])
def test_the_server_killed_in_the_middle(
    end: str, tmp_path: Path, own_postgres: Callable[..., Server]
) -> None:
    """P1, P5: either healed within the run, or told in one line and healed by the next one."""
    server = own_postgres()
    file, database = FileAddress(tmp_path / "a" / "ledger.db"), parse_database(server.url("home"))
    ends: tuple[Address, Address] = (database, file) if end == "source" else (file, database)
    here, there = ends
    fill_much(here)
    before = revisions_at(here)
    for moment in range(3):
        with suppress(LedgerError, Busy):
            with copying.moving(here, there, lambda: NOW, 5) as mover:
                mover.finish(_killing(server, moment))
            break
    # The lease of a run whose server has gone runs out within a minute; here it is over.
    server.execute("UPDATE home.lease SET until = clock_timestamp()")
    assert check(here, there, before) == 0


@pytest.mark.parametrize("end", ["source", "target"])
def test_the_server_killed_in_the_last_moment(
    end: str,
    tmp_path: Path,
    own_postgres: Callable[..., Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """P1, P2: the turn to write to the old place is lost with it; who records then is not lost."""
    server = own_postgres()
    file, database = FileAddress(tmp_path / "a" / "ledger.db"), parse_database(server.url("home"))
    ends: tuple[Address, Address] = (database, file) if end == "source" else (file, database)
    here, there = ends
    with closing(open_for_writing(here, NOW, 5)) as ledger:
        rich.fill(ledger)
    before = revisions_at(here)
    real = copying.Move._count_all

    def kill_and_record(move: copying.Move, sums: copying_checks.Sums) -> None:
        server.kill()
        server.start()
        if end == "source":  # the other one is still held by the move itself
            recorded = takes(here)
            assert recorded is not None
            before.append(recorded)
        real(move, sums)

    with monkeypatch.context() as once:
        once.setattr(copying.Move, "_count_all", kill_and_record)
        try:
            with copying.moving(here, there, lambda: NOW, 5) as mover:
                mover.finish(lambda _: None)
        except (LedgerError, Busy):
            assert copying.plan(here, there, 5).step is Step.HALF
        else:
            assert end == "target"
    server.execute("UPDATE home.lease SET until = clock_timestamp()")
    assert check(here, there, before) == 0


def _killing(server: Server, moment: int) -> Callable[[int], None]:
    """Kill the server after so many writes; it is there again a moment later."""
    left = iter([*[False] * moment, True])

    def tell(_: int) -> None:
        if next(left, False):
            server.kill()
            server.start()

    return tell
