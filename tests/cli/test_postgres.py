"""Every command over a PostgreSQL ledger: its address in METERCTL_LEDGER is all that changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from dotenv import dotenv_values

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli
from tests.faults.stopping import begun
from tests.helpers import meterctl_environment
from tests.http.served import served
from tests.postgres import Server
from tests.sheet.stand import Stand
from tests.terminal import Terminal

ROLE, SECRET = "anna", "s3cr:t/@x% #'\"$y\\"  # of a server of these tests' own
FIRST = ("record", "142.3", "--at", "2026-03-01 07:00")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of these tests' own, on whose word one can rely; a role comes in by a password."""
    made = Server(fsync=True)
    try:
        made.start()
        made.add_role(ROLE, SECRET)
        made.execute(f"GRANT CREATE ON DATABASE meterctl TO {ROLE}")
        yield made
    finally:
        made.close()


@pytest.fixture
def schema() -> str:
    """The name of a ledger that is not there yet."""
    return f"roof-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def url(server: Server, schema: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its address, as the setting says it."""
    address = server.url(schema, ROLE, SECRET)
    monkeypatch.setenv("METERCTL_LEDGER", address)
    yield address
    server.execute(f'SET lock_timeout = 10000; DROP SCHEMA IF EXISTS "{schema}" CASCADE')


def values(cli: Cli) -> list[float]:
    """Every current value of the main meter."""
    return [one["value"] for one in cli("history", "meter", "--json").json["readings"]]


def hides(*texts: str) -> None:
    """Nothing of the password is in what was told."""
    for text in texts:
        assert SECRET not in text
        assert quote(SECRET, safe="") not in text


class TestGettingIn:
    """The address may say everything, or leave to libpq's own places what these say."""

    def test_a_password_in_the_address(self, url: str, cli: Cli) -> None:
        """It is used, and never shown."""
        ran = cli(*FIRST)
        assert (ran.code, ran.err) == (0, "")
        assert values(cli) == [142.3]
        for command in (("config", "show"), ("config", "check"), ("ledger", "show"), ("health",)):
            told = cli(*command)
            assert told.code == 0, told.err
            hides(told.out, told.err)
        assert url not in ran.out

    def test_a_password_in_a_file(
        self, server: Server, url: str, schema: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That of PGPASSFILE, where each line is HOST:PORT:DATABASE:USER:PASSWORD."""
        file = Path("passwords")
        escaped = SECRET.replace("\\", "\\\\").replace(":", "\\:")
        file.write_text(f"127.0.0.1:*:*:{ROLE}:{escaped}\n")
        file.chmod(0o600)
        monkeypatch.setenv("METERCTL_LEDGER", server.url(schema, ROLE))
        monkeypatch.setenv("PGPASSFILE", str(file.absolute()))
        assert cli(*FIRST).code == 0
        monkeypatch.setenv("METERCTL_LEDGER", url)
        assert values(cli) == [142.3]

    def test_a_socket(
        self, server: Server, url: str, schema: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its folder is the host, and no network is passed."""
        assert cli(*FIRST).code == 0
        at_socket = server.url(schema, ROLE, SECRET, host=str(server.folder))
        monkeypatch.setenv("METERCTL_LEDGER", at_socket)
        assert cli("record", "150").code == 0
        monkeypatch.setenv("METERCTL_LEDGER", url)
        assert values(cli) == [142.3, 150]

    @pytest.mark.parametrize("wrong", ["password", "role", "database"])
    def test_what_is_wrong(
        self, server: Server, schema: str, cli: Cli, monkeypatch: pytest.MonkeyPatch, wrong: str
    ) -> None:
        """One line, with what to look at; nothing secret."""
        url = {
            "password": server.url(schema, ROLE, f"{SECRET}-not"),
            "role": server.url(schema, "nobody-here", SECRET),
            "database": server.url(schema, ROLE, SECRET, database="none"),
        }[wrong]
        monkeypatch.setenv("METERCTL_LEDGER", url)
        for command in (FIRST, ("current",), ("health",)):
            ran = cli(*command)
            assert ran.code == (74 if wrong == "database" else 77), ran
            hides(ran.out, ran.err)
        (line,) = cli(*FIRST).err.splitlines()
        assert {"database": "createdb"}.get(wrong, "check the user, the password") in line

    def test_a_server_that_is_not_there(
        self, schema: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is told at once, and nothing was stored."""
        monkeypatch.setenv(
            "METERCTL_LEDGER", f"postgresql://anna:{ROLE}@127.0.0.1:1/x?schema={schema}"
        )
        ran = cli(*FIRST)
        assert ran.code == 74
        (line,) = ran.err.splitlines()
        assert "does not answer" in line
        assert "nothing was stored" in line

    def test_the_first_of_several_hosts_is_down(
        self, server: Server, url: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The next one is asked."""
        assert cli(*FIRST).code == 0
        here = f"@127.0.0.1:{server.port}/"
        several = url.replace(here, f"@127.0.0.1:1,127.0.0.1:{server.port}/")
        monkeypatch.setenv("METERCTL_LEDGER", f"{several}&target_session_attrs=read-write")
        assert cli("record", "150").code == 0
        assert values(cli) == [142.3, 150]

    @pytest.mark.usefixtures("url")
    def test_a_service(
        self, server: Server, schema: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its file says all but the database and the schema."""
        assert cli(*FIRST).code == 0
        file = Path("services")
        file.write_text(f"[home]\nhost=127.0.0.1\nport={server.port}\nuser={ROLE}\n")
        monkeypatch.setenv("PGSERVICEFILE", str(file.absolute()))
        monkeypatch.setenv("PGPASSWORD", SECRET)
        address = f"postgresql:///meterctl?service=home&schema={schema}"
        monkeypatch.setenv("METERCTL_LEDGER", address)
        assert values(cli) == [142.3]

    def test_init(
        self, url: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It keeps the address, readable by its user alone; from then on nothing need be set."""
        ran = cli("init", "--value", "142.3")
        assert ran.code == 0, ran.err
        hides(ran.out, ran.err)
        kept = tmp_path / "home" / ".config" / "meterctl" / ".env"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert dotenv_values(kept)["METERCTL_LEDGER"] == url
        monkeypatch.delenv("METERCTL_LEDGER")
        assert values(cli) == [142.3]
        assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("url")
class TestReadings:
    """What a person enters, mends and looks at."""

    def test_a_life(self, cli: Cli) -> None:
        """Recorded, corrected, voided, reviewed, exported: as in a file."""
        assert cli(*FIRST, "--inverter-kwh", "3.2", "--note", "gray").code == 0
        assert cli("record", "150", "--at", "2026-03-02 07:00").code == 0
        assert cli("record", "140", "--at", "2026-03-03 07:00", "--yes").code == 0
        assert "140 kWh is less than" in cli("review").out
        wrong = "meter@2026-03-03T06:00:00Z"
        assert cli("correct", wrong, "160", "--reason", "misread").code == 0
        assert cli("review").out == "no reading looks wrong\n"
        assert values(cli) == [142.3, 150, 160]
        assert cli("void", wrong, "--reason", "not mine").code == 0
        assert values(cli) == [142.3, 150]
        form = cli("current", "--json").json
        assert (form["meterValue"], form["inverterKWh"]) == (150, 3.2)
        exported = cli("export").out.splitlines()
        assert exported[1] == "2026-03-01T06:00:00Z,3.2,142.3,gray"
        assert cli("meters", "add", "heat", "--unit", "kWh").code == 0
        assert "column heat" in cli("meters", "list").out

    def test_the_same_again(self, cli: Cli) -> None:
        """It is a duplicate."""
        assert cli(*FIRST).code == 0
        assert cli(*FIRST, "--json").json["readings"][0]["status"] == "duplicate"

    def test_watching(self, tmp_path: Path, url: str, cli: Cli) -> None:
        """What another machine records is seen."""
        assert cli(*FIRST).code == 0
        environment = meterctl_environment(tmp_path) | {"METERCTL_LEDGER": url}
        ours = Terminal(("current", "meter", "--watch"), environment)
        try:
            ours.until("142.3 kWh")
            assert cli("record", "150", "--at", "2026-03-02 07:00").code == 0
            ours.until("150 kWh")
            ours.type("\x03")
            assert ours.ends() == 130
        finally:
            ours.close()
        assert "Traceback" not in ours.seen

    def test_a_big_import_that_is_killed(self, tmp_path: Path, url: str, cli: Cli) -> None:
        """What was stored by then is a duplicate of the next run; nothing is lost or doubled."""
        first = datetime(2024, 1, 1, tzinfo=UTC)
        rows = [f"{first + timedelta(minutes=n):%Y-%m-%dT%H:%MZ},{n}" for n in range(100_000)]
        file = tmp_path / "big.csv"
        file.write_text("\n".join(("timestamp,meterValue", *rows, "")))
        environment = meterctl_environment(tmp_path) | {"METERCTL_LEDGER": url}
        with begun(("bulk-import", str(file)), environment) as process:
            while not _entries(cli):
                assert process.poll() is None, "it was too quick to be killed"
            process.kill()
            process.wait()
        stored = _entries(cli)
        assert 0 < stored < len(rows)
        again = cli("bulk-import", str(file), "--json")
        assert again.code == 0, again.err
        assert again.json["duplicates"] == stored
        assert again.json["recorded"] == len(rows) - stored
        assert cli("health").code == 0
        third = cli("bulk-import", str(file), "--json").json
        assert (third["recorded"], third["duplicates"]) == (0, len(rows))


def _entries(cli: Cli) -> int:
    """How many values the ledger holds."""
    form = cli("health", "--json").json
    return int(form["checks"]["ledger:integrity"][0]["output"].split()[0])


@pytest.mark.usefixtures("url")
class TestDestinations:
    """The Sheet and the utility."""

    def test_the_sheet(self, stand: Stand, cli: Cli) -> None:
        """Delivered once, and taken in."""
        assert cli(*FIRST, "--offline").code == 0
        assert cli("sync").out == "1 reading written to the Sheet in 1 row\n"
        assert cli("sync").out == "nothing to do: the Sheet has everything\n"
        assert cli("record", "150", "--json").json["sheet"] == "written"
        assert sorted(stand.values().elements()) == ["142.3", "150"]
        assert cli("sheet", "show").code == 0
        assert cli("current", "--from-sheet", "--json").json["meterValue"] == 150

    @pytest.fixture
    def utility(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
        """One to push to."""
        with rehearsing(tmp_path / "other-side") as rehearsal:
            for name, text in rehearsal.utility.items():
                monkeypatch.setenv(name, text)
            yield rehearsal

    def test_the_utility(self, utility: Rehearsal, cli: Cli) -> None:
        """Submitted once, proven, and never again."""
        assert cli("record", "142.3").code == 0
        assert cli("push-utility", "--dry-run").code == 0
        assert cli("push-utility", "--json").json["accepted"] == 1
        assert cli("push-utility", "--json").json["accepted"] == 0
        assert len(utility.accepted()) == 1
        (one,) = cli("submissions", "list", "--json").json["submissions"]
        assert one["state"] == "accepted"
        assert cli("health").code == 0

    def test_an_answer_that_was_lost(self, utility: Rehearsal, cli: Cli) -> None:
        """It is asked for, not sent again."""
        assert cli("record", "142.3").code == 0
        utility.goes_wrong('service = "utility"\ntimes = 0\ndo = "body"\nbody = "<html>hi</html>"')
        assert cli("push-utility", "--json").json["unknown"] == 1
        utility.goes_wrong("")
        assert cli("push-utility").code == 0
        assert len(utility.accepted()) == 1


@pytest.mark.usefixtures("url")
class TestCare:
    """Health, backups, and what is for a file alone."""

    def test_health(self, cli: Cli) -> None:
        """It tells of the server too."""
        assert cli(*FIRST).code == 0
        checks = cli("health", "--json").json["checks"]
        assert checks["postgresql:durability"][0]["status"] == "pass"
        assert "disk" not in checks, "what is on this machine's disk is no ledger"

    def test_a_backup(self, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is a file of SQLite's, with all of it; which can be restored to a file."""
        assert cli(*FIRST).code == 0
        form = cli("backup", str(tmp_path / "backups"), "--json").json
        monkeypatch.setenv("METERCTL_LEDGER", f"sqlite:///{tmp_path}/restored.db")
        assert cli("restore", form["file"]).code == 0
        assert values(cli) == [142.3]

    def test_a_ledger_brought_back(
        self, tmp_path: Path, server: Server, schema: str, cli: Cli
    ) -> None:
        """By way of a file it comes to another schema, with an id of its own."""
        assert cli(*FIRST).code == 0
        before = cli("ledger", "show", "--json").json["id"]
        backup = cli("backup", str(tmp_path / "roof"), "--json").json["file"]
        file = tmp_path / "roof" / "ledger.db"
        assert cli("--ledger", f"sqlite:///{file}", "restore", backup).code == 0
        anew = server.url(f"{schema}-b", ROLE, SECRET)
        moved = cli("ledger", "copy", str(file), anew)
        assert moved.code == 0, moved.err
        hides(moved.out, moved.err)
        shown = cli("--ledger", anew, "history", "meter", "--json").json["readings"]
        assert [one["value"] for one in shown] == [142.3]
        assert cli("--ledger", anew, "ledger", "show", "--json").json["id"] != before
        server.execute(f'DROP SCHEMA "{schema}-b" CASCADE')

    def test_restoring(self, cli: Cli) -> None:
        """Not into a schema; it is told what to do instead."""
        assert cli(*FIRST).code == 0
        ran = cli("restore")
        assert ran.code == 78
        assert "ledger copy" in ran.err
        assert values(cli) == [142.3]

    def test_a_role_that_may_only_read(
        self, server: Server, schema: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Looking works; recording is refused with 77, and stores nothing."""
        assert cli(*FIRST).code == 0
        role = f"reader_{schema[-12:]}"
        server.add_role(role, SECRET)
        server.execute(
            f'GRANT USAGE ON SCHEMA "{schema}" TO {role};'
            f' GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO {role}'
        )
        monkeypatch.setenv("METERCTL_LEDGER", server.url(schema, role, SECRET))
        for command in ("current", "export", "history", "review", "health", "backup"):
            ran = cli(command)
            assert ran.code == 0, (command, ran.err)
        ran = cli("record", "150")
        assert ran.code == 77
        assert "permission denied" in ran.err
        assert "docs/postgres.md" in ran.err
        assert values(cli) == [142.3]

    def test_a_schema_of_another_program(self, server: Server, schema: str, cli: Cli) -> None:
        """It is left alone."""
        server.execute(
            f'CREATE SCHEMA "{schema}"; CREATE TABLE "{schema}".theirs (one INT);'
            f' GRANT ALL ON SCHEMA "{schema}" TO {ROLE}'
        )
        for command in (FIRST, ("current",)):
            ran = cli(*command)
            assert ran.code == 74
            assert "another program" in ran.err


def test_serving(tmp_path: Path, url: str, cli: Cli) -> None:
    """What a phone posts is in the ledger that all share, once."""
    with served(tmp_path, METERCTL_LEDGER=url) as serving:
        headers = {"Authorization": f"Bearer {serving.token()}", "Idempotency-Key": "one"}
        body = {"timestamp": "2026-03-01T07:00:00+01:00", "meterValue": 142.3}
        for _ in range(2):
            answer = httpx.post(f"{serving.url}/records/single", json=body, headers=headers)
            assert answer.status_code in (200, 201), answer.text
        assert httpx.get(f"{serving.url}/health").status_code == 200
    assert values(cli) == [142.3]


def test_what_a_person_looks_at(cli: Cli, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`meterctl` alone, history and chart say of a server's ledger what they say of a file's."""
    assert url
    shown = []
    for ledger in (url, "sqlite:///beside.db"):
        monkeypatch.setenv("METERCTL_LEDGER", ledger)
        for day, value in (("01", "100"), ("02", "109"), ("04", "130")):
            assert cli("record", value, "--at", f"2026-03-{day} 19:00").code == 0
        span = ("--since", "2026-03-01", "--until", "2026-03-05")
        shown.append(
            [
                cli().out.split("needs attention")[0].split("nothing needs")[0],
                cli("history", "--by", "day", *span).out,
                cli("plot", *span).out,
            ]
        )
    assert shown[0] == shown[1]
    assert "21 kWh" in shown[0][1]
