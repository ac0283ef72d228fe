"""What every test stands on: an empty home, nothing from outside, ways to run the program."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from meterctl.cli.run import run
from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.domain.times import zone_named
from meterctl.ledger.store import SqlLedger
from meterctl.services.session import Session
from tests.helpers import NOW, Ran, meterctl_environment, run_program
from tests.terminal import Terminal

if TYPE_CHECKING:
    from tests.postgres import Server
    from tests.stores import Pool, Store

pytest_plugins = ["tests.faults.soaking"]  # the soak's table, for any test

TESTS = Path(__file__).parent
ON_BOTH = (TESTS / "services", TESTS / "sheet")  # whose tests run on both stores


@pytest.fixture(autouse=True)
def _nothing_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test can meet this machine's ledger, settings or zone; signals are as they were after."""
    for name in list(os.environ):
        if name.startswith(("METERCTL_", "GOOGLE_", "XDG_", "PG")) or name in ("NO_COLOR", "TZ"):
            monkeypatch.delenv(name)
    for name, value in meterctl_environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "cwd"
    folder.mkdir()
    monkeypatch.chdir(folder)
    handlers = {number: signal.getsignal(number) for number in (1, 2, 15)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def ledger_path(tmp_path: Path) -> Path:
    """Where the program keeps its ledger in this test."""
    return tmp_path / "data" / "ledger.db"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Services keep their promises on both stores, in each test that says nothing else."""
    if (
        metafunc.definition.path.parent in ON_BOTH
        and metafunc.definition.get_closest_marker("sqlite_only") is None
        and {"store", "fast_store"}.intersection(metafunc.fixturenames)
    ):
        metafunc.parametrize("store_kind", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def store_kind(request: pytest.FixtureRequest) -> str:
    """Which of the two stores this test is run on."""
    return getattr(request, "param", "sqlite")


def _stored(store_kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    from tests.stores import Files, Schemas

    at_server = store_kind == "postgres"
    made: Store = Schemas(request.getfixturevalue("pool")) if at_server else Files(folder)
    yield made
    made.close()


@pytest.fixture
def store(store_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """Where this test's ledgers are: in `data`, or at a PostgreSQL server."""
    yield from _stored(store_kind, tmp_path / "data", request)


@pytest.fixture
def fast_store(store_kind: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """The same in memory: for thousands of writes, none of which has to survive anything."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with TemporaryDirectory(prefix="meterctl-test-", dir=memory) as folder:
        yield from _stored(store_kind, Path(folder), request)


@pytest.fixture(scope="session")
def pool(postgres: Server) -> Iterator[Pool]:
    """Ledgers at the PostgreSQL server that are emptied after a test, and used again."""
    from tests.stores import Pool

    made = Pool(postgres)
    yield made
    made.close()


@pytest.fixture
def ledger(store: Store) -> SqlLedger:
    """A new ledger, open for writing."""
    return store.open()


@pytest.fixture
def session(ledger: SqlLedger) -> Session:
    """What a service works with, in Berlin, at a fixed time."""
    return Session(ledger, Zones(zone_named("Europe/Berlin")), NOW, Source.CLI)


class Cli:
    """The program in this process: fast, and with the test's own clock if it has one."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Ran:
        """Run a command; what it printed, and its exit code."""
        self._capsys.readouterr()
        code = run(arguments)
        captured = self._capsys.readouterr()
        return Ran(code, captured.out, captured.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run `meterctl` in this process."""
    return Cli(capsys)


class Program:
    """The program in a process of its own, as a shell or cron runs it."""

    def __init__(self, tmp_path: Path) -> None:
        self._environment = meterctl_environment(tmp_path)

    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Ran:
        """Run a command; what it printed, and its exit code."""
        return run_program(arguments, self._environment | environment, stdin)


@pytest.fixture
def at_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Begin the program at a terminal; by name, settings that it has besides."""
    begun: list[Terminal] = []

    def begin(*arguments: str, **more: str) -> Terminal:
        begun.append(Terminal(arguments, meterctl_environment(tmp_path) | more))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Run `meterctl` as a process."""
    return Program(tmp_path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, started when the first test of this process asks for it."""
    from tests.postgres import Server

    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """The address of a ledger that is not there yet, in a schema of this test's own."""
    schema = f"test-{uuid.uuid4().hex[:12]}"
    yield postgres.url(schema)
    # What a test has left open in there with a lock is that test's mistake, and not waited for.
    postgres.execute(f'SET lock_timeout = 10000; DROP SCHEMA IF EXISTS "{schema}" CASCADE')


@pytest.fixture
def own_postgres() -> Iterator[Callable[..., Server]]:
    """Start a server of the test's own, to be killed and restarted; settings by their names."""
    from tests.postgres import Server

    made: list[Server] = []

    def start(*, fsync: bool = True, tls: bool = False, **settings: str) -> Server:
        made.append(Server(fsync=fsync, tls=tls, settings=settings))
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        one.close()
