"""`meterctl ledger`: where it is, of which schema, and how it is moved to another place."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import time_machine

from meterctl.domain.times import aware
from meterctl.ledger import copying
from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.sqlite import open_for_writing
from tests.conftest import Cli
from tests.helpers import NOW, Ran
from tests.ledger.files import asked, execute, fill, fill_as_of, held


@pytest.fixture(autouse=True)
def clock() -> object:
    """Noon of a day that stands still."""
    with time_machine.travel(aware(NOW), tick=False) as traveller:
        yield traveller


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """Where a ledger is to go."""
    return tmp_path / "there" / "ledger.db"


def error_of(ran: Ran, code: int) -> str:
    """The one line of a refusal."""
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1), ran
    return ran.err


class TestShow:
    """`ledger show`."""

    def test_a_file(self, cli: Cli, ledger_path: Path) -> None:
        """The place, the store, the schema, the id, and how much it holds."""
        fill(ledger_path)
        ran = cli("ledger", "show")
        assert (ran.code, ran.err) == (0, "")
        shown = {line.split()[0]: line.split(maxsplit=1)[1] for line in ran.out.splitlines()}
        assert shown["ledger"] == str(ledger_path)
        assert shown["store"].startswith("SQLite 3.")
        assert shown["schema"] == str(NEWEST_VERSION)
        assert shown["created"] == "2026-11-22 12:00:00 CET"
        assert shown["holds"] == "3 entries with 3 values, 2 meters"
        form = cli("ledger", "show", "--json").json
        assert (form["entries"], form["values"], form["meters"]) == (3, 3, 2)
        assert form["bytes"] >= ledger_path.stat().st_size > 0
        assert form["id"] == shown["id"]
        assert (form["jobs"], form["copying"], form["moved"]) == ([], None, None)

    def test_a_database(self, cli: Cli, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same of the server's, who runs a job there, and never a password."""
        secret = postgres_url.replace("postgres@", "postgres:hunter2@")
        monkeypatch.setenv("METERCTL_LEDGER", secret)
        assert cli("record", "5", "--json").code == 0
        from meterctl.ledger import postgres
        from meterctl.ledger.address import parse_database

        with (
            closing(postgres.open_for_writing(parse_database(secret), NOW)) as ledger,
            ledger.holding("sync"),
        ):
            ran = cli("ledger", "show")
            form = cli("ledger", "show", "--json").json
        assert "hunter2" not in ran.out + str(form)
        assert form["store"].startswith("PostgreSQL 1")
        assert (form["schema"], form["values"]) == (NEWEST_VERSION, 1)
        assert form["bytes"] > 0
        assert [one["job"] for one in form["jobs"]] == ["sync"]
        assert "sync (" in ran.out

    @pytest.mark.parametrize("store", ["sqlite", "postgres"])
    def test_none_yet(
        self,
        store: str,
        cli: Cli,
        ledger_path: Path,
        request: pytest.FixtureRequest,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """It says so, and makes none."""
        if store == "postgres":
            monkeypatch.setenv("METERCTL_LEDGER", request.getfixturevalue("postgres_url"))
        ran = cli("ledger", "show")
        assert ran.code == 0
        assert "there is no ledger yet" in ran.out
        assert cli("ledger", "show", "--json").json["schema"] == 0
        assert cli("ledger", "show", "--json").json["id"] is None
        assert not ledger_path.exists()

    def test_an_older_one(self, cli: Cli, ledger_path: Path) -> None:
        """What it holds can be seen; it is left as it is."""
        fill_as_of(2, ledger_path)
        ran = cli("ledger", "show")
        assert "meterctl ledger migrate" in ran.out
        assert "3 entries with 3 values" in ran.out
        assert asked(ledger_path, "PRAGMA user_version") == [(2,)]

    def test_one_that_was_moved(self, cli: Cli, ledger_path: Path, there: Path) -> None:
        """Where to, and since when."""
        fill(ledger_path)
        assert cli("ledger", "copy", str(ledger_path), str(there)).code == 0
        assert f"to {there}, 2026-11-22 12:00" in cli("ledger", "show").out
        assert cli("ledger", "show", "--json").json["moved"] == {
            "to": str(there),
            "at": "2026-11-22T11:00:00Z",
        }

    def test_a_half_made_copy(
        self, cli: Cli, ledger_path: Path, there: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It says what to do; and who records there is told the same."""
        fill(ledger_path)
        half_made(cli, ledger_path, there, monkeypatch)
        named = ("--ledger", str(there))
        assert "run meterctl ledger copy again" in cli(*named, "ledger", "show").out
        assert cli(*named, "ledger", "show", "--json").json["copying"] is not None
        assert "ledger copy" in error_of(cli(*named, "record", "5"), 78)


def half_made(cli: Cli, here: Path, there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop a copy on its way."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(copying.Move, "_hand_over", stop)
        assert cli("ledger", "copy", str(here), str(there)).code == 130


class TestMigrate:
    """`ledger migrate`."""

    def test_an_older_one(self, cli: Cli, ledger_path: Path) -> None:
        """`--check` says that it is, and why; it is brought up; then there is nothing to do."""
        fill_as_of(2, ledger_path)
        told = error_of(cli("ledger", "migrate", "--check"), 74)
        assert f"is of schema 2, this meterctl's is {NEWEST_VERSION}" in told
        assert "(meterctl ledger migrate)" in told
        assert asked(ledger_path, "PRAGMA user_version") == [(2,)]
        ran = cli("ledger", "migrate")
        assert ran.out == (f"{ledger_path}: brought up from schema 2, schema {NEWEST_VERSION}\n")
        assert held(ledger_path) == [0, 1, 2]
        assert cli("ledger", "migrate", "--check").out == (
            f"{ledger_path}: up to date, schema {NEWEST_VERSION}\n"
        )
        assert cli("ledger", "migrate", "--quiet") == (0, "", "")
        assert cli("ledger", "migrate", "--json").json == {
            "ledger": str(ledger_path),
            "before": NEWEST_VERSION,
            "schema": NEWEST_VERSION,
        }

    @pytest.mark.parametrize("store", ["sqlite", "postgres"])
    def test_none_yet(
        self,
        store: str,
        cli: Cli,
        ledger_path: Path,
        request: pytest.FixtureRequest,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """It is made; `--check` makes none."""
        if store == "postgres":
            monkeypatch.setenv("METERCTL_LEDGER", request.getfixturevalue("postgres_url"))
        assert "there is no ledger at" in error_of(cli("ledger", "migrate", "--check"), 74)
        assert not ledger_path.exists()
        assert "made, schema" in cli("ledger", "migrate").out
        assert cli("ledger", "migrate", "--check").code == 0
        assert cli("record", "5").code == 0

    @pytest.mark.parametrize("check", [(), ("--check",)])
    def test_a_later_meterctls(self, cli: Cli, ledger_path: Path, check: tuple[str, ...]) -> None:
        """It is left alone."""
        fill(ledger_path)
        execute(ledger_path, f"PRAGMA user_version = {NEWEST_VERSION + 1}")
        assert "update meterctl" in error_of(cli("ledger", "migrate", *check), 78)


class TestCopy:
    """`ledger copy`."""

    def test_to_another_file(self, cli: Cli, ledger_path: Path, there: Path) -> None:
        """All of it is there; the old place is closed, and says where to go on."""
        fill(ledger_path)
        ran = cli("ledger", "copy", f"sqlite:///{ledger_path}", str(there))
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.splitlines() == [
            f"moved, verified: 3 entries with 3 values, 2 meters, to {there}",
            "  meter: 3 values, sum 3",
            f"closed: {ledger_path} can be read, and takes nothing more",
            f"next: METERCTL_LEDGER={there}",
            "  on every machine, with the password that it may need; cron, services and phones too",
        ]
        assert held(there) == [0, 1, 2]
        assert cli("current", "--json").json["meterValue"] == 2
        assert "set METERCTL_LEDGER" in error_of(cli("record", "9"), 78)
        assert cli("--ledger", str(there), "record", "9", "--yes").code == 0

    def test_to_a_database_and_back(
        self, cli: Cli, ledger_path: Path, there: Path, postgres_url: str
    ) -> None:
        """As JSON; and no password is shown."""
        secret = postgres_url.replace("postgres@", "postgres:hunter2@")
        fill(ledger_path)
        ran = cli("ledger", "copy", str(ledger_path), secret, "--json")
        assert ran.code == 0, ran.err
        assert ran.json | {"ledger": ""} == {
            "from": str(ledger_path),
            "to": postgres_url,
            "ledger": "",
            "step": "new",
            "moved": True,
            "entries": 3,
            "values": 3,
            "there": 0,
            "copied": 3,
            "meters": [{"meter": "meter", "values": 3, "sum": 3}],
        }
        assert "hunter2" not in ran.out
        assert "hunter2" not in error_of(cli("record", "9"), 78)
        assert cli("--ledger", secret, "record", "9", "--yes").code == 0
        assert cli("ledger", "copy", secret, str(there), "--quiet") == (0, "", "")
        assert held(there) == [0, 1, 2, 9]

    def test_a_dry_run(
        self, cli: Cli, ledger_path: Path, there: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It says what would be done, at each step, and does nothing."""
        fill(ledger_path)
        command = ("ledger", "copy", str(ledger_path), str(there), "--dry-run")
        what = f"3 entries with 3 values, 2 meters, from {ledger_path} to {there}"
        assert cli(*command).out == f"dry run: it would move {what}\n"
        assert not there.parent.exists()
        half_made(cli, ledger_path, there, monkeypatch)
        assert cli(*command).out == (
            f"dry run: it would go on moving {what}; 3 values are there already\n"
        )
        form = cli(*command, "--json").json
        assert (form["step"], form["moved"], form["there"]) == ("half", False, 3)
        assert cli("record", "7", "--yes").code == 0
        assert cli(*command[:-1]).code == 0
        assert cli(*command).out.startswith("nothing to move: ")
        assert held(there) == [0, 1, 2, 7]

    def test_again(self, cli: Cli, ledger_path: Path, there: Path) -> None:
        """There is nothing to do, and that is well."""
        fill(ledger_path)
        command = ("ledger", "copy", str(ledger_path), str(there))
        assert cli(*command).code == 0
        ran = cli(*command)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == f"nothing to move: {ledger_path} was moved to {there} already\n"

    def test_a_place_that_is_taken(self, cli: Cli, ledger_path: Path, there: Path) -> None:
        """It is told by what; neither is changed."""
        fill(ledger_path)
        fill(there, 1)
        for more in ((), ("--dry-run",)):
            ran = cli("ledger", "copy", str(ledger_path), str(there), *more)
            assert "holds a ledger of its own: 1 entries with 1 values" in error_of(ran, 74)
        assert cli("record", "9", "--yes").code == 0

    @pytest.mark.parametrize("wrong", ["", "postgresql://", "mysql://x/y", "sqlite:///", "x?y=1"])
    def test_no_address(self, cli: Cli, ledger_path: Path, wrong: str) -> None:
        """Which of the two is wrong, and how it is written."""
        assert "FROM: " in error_of(cli("ledger", "copy", wrong, str(ledger_path)), 2)
        assert "TO: " in error_of(cli("ledger", "copy", str(ledger_path), wrong), 2)

    def test_relative_paths(self, cli: Cli, ledger_path: Path) -> None:
        """They are meant from where one is."""
        fill(ledger_path)
        assert cli("ledger", "copy", str(ledger_path), "new.db").code == 0
        assert held(Path("new.db").resolve()) == [0, 1, 2]

    def test_a_job_that_runs(self, cli: Cli, ledger_path: Path, there: Path) -> None:
        """75, and the same again later does it."""
        fill(ledger_path)
        command = ("ledger", "copy", str(ledger_path), str(there))
        with (
            closing(open_for_writing(ledger_path, NOW)) as ledger,
            ledger.holding("push-utility"),
            pytest.MonkeyPatch.context() as hasty,
        ):
            hasty.setenv("METERCTL_LOCK_TIMEOUT", "0.1")
            assert "another push-utility" in error_of(cli(*command), 75)
        assert cli(*command).code == 0

    def test_it_is_logged(self, cli: Cli, ledger_path: Path, there: Path, tmp_path: Path) -> None:
        """From where to where, and how much; no password and no value."""
        fill(ledger_path)
        log = tmp_path / "log" / "meterctl.log"
        log.parent.mkdir()
        with pytest.MonkeyPatch.context() as logging:
            logging.setenv("METERCTL_LOG", str(log))
            assert cli("ledger", "copy", str(ledger_path), str(there)).code == 0
        (line,) = [one for one in log.read_text().splitlines() if '"ledger.moved"' in one]
        assert f'"source": "{ledger_path}"' in line
        assert '"copied": 3' in line
