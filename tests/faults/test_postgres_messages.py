"""What a person is told when a PostgreSQL ledger cannot be used: one line, a hint, no password."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import psycopg
import pytest

from meterctl.ledger.migrate import NEWEST_VERSION
from tests.conftest import Cli, Program
from tests.faults.disks import fill_up, small_disk, system
from tests.faults.postgres_writers import opened
from tests.postgres import DATABASE, Server

PASSWORD = "s3cret/of:the@house %41"
WRONG = "wr0ng/of:the@house"
RECORD = ("record", "7", "--at", "2026-01-02 10:00")


class Faulty(NamedTuple):
    """An address that leads nowhere, and what is said of it."""

    url: str
    code: int
    says: str
    hints: str


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with a role that may do nothing yet."""
    made = Server()
    try:
        made.start()
        made.add_role("home", PASSWORD)
        made.execute("CREATE SCHEMA other; CREATE TABLE other.thing (a INT)")
        made.execute("GRANT ALL ON SCHEMA other TO home; GRANT ALL ON other.thing TO home")
        newer = made.url("newer")
        opened(newer).close()
        made.execute("UPDATE newer.meterctl_schema SET version = %s", [NEWEST_VERSION + 1])
        made.execute("GRANT USAGE ON SCHEMA newer TO home")
        made.execute("GRANT SELECT ON ALL TABLES IN SCHEMA newer TO home")
        yield made
    finally:
        made.close()


FAULTS: dict[str, Callable[[Server], Faulty]] = {
    "a wrong password": lambda server: Faulty(
        server.url("home", "home", WRONG), 77, "does not let us in: password", "~/.pgpass"
    ),
    "no such role": lambda server: Faulty(
        server.url("home", "nobody", PASSWORD), 77, "does not let us in", "pg_hba.conf"
    ),
    "no such database": lambda server: Faulty(
        server.url("home", "home", PASSWORD, "nothing"), 74, "there is no such database", "createdb"
    ),
    "no such host": lambda server: Faulty(
        server.url("home", "home", PASSWORD, host="nowhere.invalid"),
        74,
        "the server does not answer",
        "METERCTL_LEDGER",
    ),
    "nobody listens": lambda server: Faulty(
        server.url("home", "home", PASSWORD).replace(f":{server.port}/", ":1/"),
        74,
        "the server does not answer",
        "METERCTL_LEDGER",
    ),
    "a role that may make nothing": lambda server: Faulty(
        server.url("home", "home", PASSWORD), 77, "permission denied", "ledger migrate"
    ),
    "another program's schema": lambda server: Faulty(
        server.url("other", "home", PASSWORD), 74, "tables of another program", "?schema=NAME"
    ),
    "a later version's": lambda server: Faulty(
        server.url("newer", "home", PASSWORD), 78, "is newer", "update meterctl"
    ),
}


@pytest.fixture(params=FAULTS)
def faulty(request: pytest.FixtureRequest, server: Server) -> Faulty:
    """Each of them."""
    return FAULTS[request.param](server)


def shows_no_secret(*texts: str) -> None:
    """Neither as it is nor as an address has it."""
    for text in texts:
        for secret in (PASSWORD, WRONG):
            assert secret not in text
            assert quote(secret, safe="") not in text
            assert quote(secret) not in text


@pytest.mark.fault(16)
def test_a_line(faulty: Faulty, cli: Cli) -> None:
    """What happened, the place, and what helps; the exit code says which kind it is."""
    ran = cli("--ledger", faulty.url, *RECORD)
    assert (ran.code, ran.out) == (faulty.code, "")
    assert len(ran.err.splitlines()) == 1
    assert faulty.says in ran.err
    assert faulty.hints in ran.err
    shows_no_secret(ran.err)


@pytest.mark.fault(16)
def test_as_json(faulty: Faulty, cli: Cli) -> None:
    """The same in one object."""
    ran = cli("--ledger", faulty.url, *RECORD, "--json")
    assert (ran.code, ran.out) == (faulty.code, "")
    told = json.loads(ran.err)["error"]
    assert faulty.says in told["message"]
    assert faulty.hints in told["hint"]
    shows_no_secret(ran.err)


@pytest.mark.fault(16)
def test_each_detail(faulty: Faulty, program: Program, tmp_path: Path) -> None:
    """Nor does a password show where all is told: with METERCTL_DEBUG, in the log."""
    ran = program(
        "-vv",
        *RECORD,
        METERCTL_LEDGER=faulty.url,
        METERCTL_DEBUG="1",
        METERCTL_LOG=str(tmp_path / "log"),
    )
    assert ran.code == faulty.code
    shows_no_secret(ran.out, ran.err)
    logs = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert [one for one in logs if one.name == "log"]
    shows_no_secret(*(one.read_text(errors="replace") for one in logs))


@pytest.mark.fault(16)
@pytest.mark.parametrize("command", ["health", "current", "config check", "history"])
def test_other_commands(faulty: Faulty, cli: Cli, command: str) -> None:
    """Whichever command it is, it shows no password, and ends without a bug."""
    ran = cli("--ledger", faulty.url, *command.split())
    assert ran.code not in {1, 2}
    shows_no_secret(ran.out, ran.err)


@pytest.mark.fault(16)
def test_a_full_house(
    own_postgres: Callable[..., Server], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All sessions are taken: who waits in vain is told; where one becomes free, nobody is."""
    server = own_postgres(fsync=False, max_connections="4", superuser_reserved_connections="1")
    server.add_role("home", PASSWORD, "LOGIN")
    server.execute(f"GRANT CREATE ON DATABASE {DATABASE} TO home")
    url = server.url("home", "home", PASSWORD)
    assert cli("--ledger", url, *RECORD).code == 0
    monkeypatch.setenv("METERCTL_LOCK_TIMEOUT", "1")
    with ExitStack() as sessions:
        with suppress(psycopg.OperationalError):
            for _ in range(4):
                session = psycopg.connect(server.url(user="home", password=PASSWORD))
                sessions.enter_context(closing(session))
        ran = cli("--ledger", url, *RECORD)
        assert ran.code == 74
        assert "as many sessions as it takes" in ran.err
        assert "max_connections" in ran.err
        assert len(ran.err.splitlines()) == 1
        shows_no_secret(ran.err)
    assert cli("--ledger", url, *RECORD).code == 0


@pytest.mark.fault(16)
def test_a_standby(own_postgres: Callable[..., Server], cli: Cli) -> None:
    """A server that only follows another one takes no writes, and says which one does; all that
    reads goes on."""
    server = own_postgres(fsync=False)
    url = server.url("home")
    assert cli("--ledger", url, *RECORD).code == 0
    server.stop()
    (server._data / "standby.signal").touch()
    server.start()
    ran = cli("--ledger", url, *RECORD)
    assert ran.code == 74
    assert "the server takes no writes" in ran.err
    assert "target_session_attrs=read-write" in ran.err
    assert len(ran.err.splitlines()) == 1
    ran = cli("--ledger", url, "current", "meter", "--json")
    assert (ran.code, ran.json["meterValue"]) == (0, 7)
    assert cli("--ledger", url, "history").code == 0


@pytest.mark.fault(16)
def test_a_database_that_is_read_only_unless_one_says_so(
    own_postgres: Callable[..., Server], cli: Cli
) -> None:
    """A default of the database's is for whoever says nothing: a ledger's writes say so."""
    server = own_postgres(fsync=False, default_transaction_read_only="on")
    url = server.url("home")
    assert [cli("--ledger", url, *RECORD).code for _ in range(2)] == [0, 0]
    assert cli("--ledger", url, "current", "meter", "--json").json["meterValue"] == 7


def many_rows(file: Path, count: int) -> Path:
    """A value a minute."""
    first = datetime(2026, 2, 1, tzinfo=UTC)
    times = (first + timedelta(minutes=number) for number in range(count))
    rows = (f"{at.isoformat()},{100 + number}\n" for number, at in enumerate(times))
    file.write_text("timestamp,meterValue\n" + "".join(rows))
    return file


@pytest.mark.fault(16, 4)
def test_a_full_disk_at_the_server(
    own_postgres: Callable[..., Server], cli: Cli, tmp_path: Path
) -> None:
    """Nothing is stored, and it says so; where there is room again, the same command does it."""
    server = own_postgres(fsync=False)
    with small_disk(server.folder / "small", "16m") as disk:
        system("chmod", "0777", disk)
        place = disk / "tables"
        place.mkdir()
        system("chown", f"--reference={server._data}", place)
        server.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        server.execute("ALTER ROLE postgres SET default_tablespace = 'small'")
        url = server.url("home")
        assert cli("--ledger", url, *RECORD).code == 0
        file = many_rows(tmp_path / "rows.csv", 20_000)
        ballast = fill_up(disk, 100_000)
        ran = cli("--ledger", url, "bulk-import", str(file), "--json")
        assert ran.code == 74, ran
        assert "the server has no room left" in ran.err
        assert len(ran.err.splitlines()) == 1
        before = cli("--ledger", url, "current", "meter", "--json").json
        assert before["meterValue"] >= 7
        ballast.unlink()
        ran = cli("--ledger", url, "bulk-import", str(file), "--json")
        assert (ran.code, ran.json["recorded"] + ran.json["duplicates"]) == (0, 20_000)
        with closing(opened(url)) as ledger:
            assert ledger.damage() == []
        server.stop()
