"""`meterctl sync`, and `record` that tries it: what the operator sees, with exit codes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.ledger.sqlite import open_for_writing
from meterctl.services.deliver import JOB
from tests.conftest import Cli
from tests.helpers import NOW
from tests.sheet.stand import Stand

CANARY = "canary-that-must-not-be-shown"


def queue(cli: Cli, *values: str) -> None:
    """Record values, a day apart, that stay queued."""
    for value in values:
        at = f"2026-02-{int(value):02} 07:00"
        assert cli("record", value, "--at", at, "--offline").code == 0


class TestDone:
    """Everything is in the Sheet."""

    def test_what_it_says(self, stand: Stand, cli: Cli) -> None:
        """How many, then that there is nothing to do."""
        queue(cli, "1", "2")
        ran = cli("sync")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == "2 readings written to the Sheet in 2 rows\n"
        assert cli("sync").out == "nothing to do: the Sheet has everything\n"
        assert stand.values() == Counter("12")

    def test_quiet(self, stand: Stand, cli: Cli) -> None:
        """It is silent, as cron wants it, with work and without."""
        queue(cli, "1")
        assert cli("sync", "--quiet") == (0, "", "")
        assert cli("sync", "--quiet") == (0, "", "")
        assert stand.values() == Counter("1")

    def test_json(self, stand: Stand, cli: Cli) -> None:  # noqa: ARG002 (it sets the settings)
        """One object."""
        queue(cli, "1")
        assert cli("sync", "--json").json == {
            "sent": 1,
            "rows": 1,
            "batches": 1,
            "left_out": 0,
            "waiting": 0,
            "landed": 0,
            "typed": 0,
            "corrected": 0,
            "deleted": 0,
            "conflicts": 0,
            "doubtful": 0,
            "notices": [],
        }

    def test_no_ledger(self, stand: Stand, cli: Cli) -> None:
        """A new machine begins with what is in the Sheet; in an empty one nothing is made."""
        assert cli("sync").out == "nothing to do: the Sheet has everything\n"
        assert [one.split()[0] for one in stand.requests()] == ["GET"] * 3
        assert stand.rows() == []

    def test_record(self, stand: Stand, cli: Cli) -> None:
        """It says that it is written, and takes along what was queued."""
        queue(cli, "1")
        ran = cli("record", "2", "--at", "2026-02-02 07:00")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.splitlines()[-1] == "written to the Sheet"
        assert stand.values() == Counter("12")


def other_key(stand: Stand, tmp_path: Path) -> dict[str, str]:
    """The account as it is, with the private key of another."""
    other = stand.google.new_account(f"{stand.url}/token", "another")
    return _key(tmp_path, json.dumps({**stand.account, "private_key": other["private_key"]}))


def garbage(stand: Stand, tmp_path: Path) -> dict[str, str]:
    """A file that is no key."""
    assert stand.key.exists()
    return _key(tmp_path, f"%PDF-1.4 {CANARY}")


def garbled(stand: Stand, tmp_path: Path) -> dict[str, str]:
    """A key file whose private key is none."""
    return _key(tmp_path, json.dumps({**stand.account, "private_key": CANARY}))


def no_file(stand: Stand, tmp_path: Path) -> dict[str, str]:
    """No file at all."""
    assert stand.key.exists()
    return {"METERCTL_GOOGLE_CREDENTIALS": str(tmp_path / "gone.json")}


def unshared(stand: Stand, tmp_path: Path) -> dict[str, str]:
    """Another account, which the spreadsheet is not shared with."""
    return _key(tmp_path, json.dumps(stand.google.new_account(f"{stand.url}/token", "another")))


def unknown(stand: Stand, tmp_path: Path) -> dict[str, str]:
    """The id of no spreadsheet."""
    assert stand.key.parent == tmp_path
    return {"METERCTL_SHEET_ID": "1" * 44}


def refused(stand: Stand, tmp_path: Path) -> dict[str, str]:
    """An address at which nothing listens."""
    assert stand.key.parent == tmp_path
    return {"METERCTL_SHEETS_URL": "http://127.0.0.1:1"}


def _key(folder: Path, text: str) -> dict[str, str]:
    path = folder / "other-key.json"
    path.write_text(text)
    path.chmod(0o600)
    return {"METERCTL_GOOGLE_CREDENTIALS": str(path)}


def test_a_part_of_it(stand: Stand, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """What got through is told, the rest stays queued, and the exit code is 3."""
    monkeypatch.setattr("meterctl.services.deliver.BATCH_BYTES", 1)
    queue(cli, "1", "2")
    # The proof and the first batch are let through.
    stand.faults("path = '*:batchUpdate'; skip = 2; do = 'status'; status = 403; body = '{}'")
    ran = cli("sync", "--json")
    assert (ran.code, ran.json["rows"], ran.json["waiting"]) == (3, 1, 1)
    error = json.loads(ran.err)["error"]
    assert error["code"] == "partly_done"
    assert "share the spreadsheet" in error["hint"]
    assert cli("sync").code == 0
    assert stand.values() == Counter("12")


class Case(NamedTuple):
    """What is wrong, and what is said of it."""

    wrong: Callable[[Stand, Path], dict[str, str]]
    code: int
    says: str
    mends: str


@contextmanager
def settings(more: dict[str, str]) -> Iterator[None]:
    """Other settings, for the length of a block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, text in more.items():
            patch.setenv(name, text)
        yield


WRONG = pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            Case(other_key, 77, "does not accept the key", "make a new one"), id="other key"
        ),
        pytest.param(
            Case(garbage, 78, "is not JSON", "make one in the Google console"), id="garbage"
        ),
        pytest.param(
            Case(garbled, 78, "private key", "make one in the Google console"), id="garbled"
        ),
        pytest.param(Case(no_file, 78, "there is no such file", "meterctl init"), id="no file"),
        pytest.param(
            Case(unshared, 77, "it is not shared", "share the spreadsheet with"), id="unshared"
        ),
        pytest.param(
            Case(unknown, 78, "there is no spreadsheet", "METERCTL_SHEET_ID"), id="unknown id"
        ),
    ],
)


class TestWrong:
    """What only a person can mend: one line, with the step that does."""

    @pytest.mark.fault(40)
    @WRONG
    def test_sync(self, stand: Stand, cli: Cli, tmp_path: Path, case: Case) -> None:
        """It fails, tells why, shows no secret; mended, it goes on."""
        queue(cli, "1")
        with settings(case.wrong(stand, tmp_path)):
            ran = cli("sync", "--quiet")
        assert (ran.code, ran.out) == (case.code, "")
        (line,) = ran.err.splitlines()
        assert case.says in line
        assert case.mends in line
        assert not any(secret in line for secret in (CANARY, "PRIVATE", "assertion", "ya29"))
        assert cli("sync").code == 0
        assert stand.values() == Counter("1")

    @WRONG
    def test_record(self, stand: Stand, cli: Cli, tmp_path: Path, case: Case) -> None:
        """It has stored the reading, so it succeeds, and says that the Sheet has to wait."""
        with settings(case.wrong(stand, tmp_path)):
            ran = cli("record", "1", "--at", "2026-02-01 07:00")
        assert ran.code == 0, ran.err
        assert ran.out.splitlines()[-1] == "queued for the Sheet"
        told = [line for line in ran.err.splitlines() if "the Sheet has to wait" in line]
        assert len(told) == 1
        assert case.says in told[0]
        assert case.mends in told[0]
        assert CANARY not in ran.err
        assert cli("sync").code == 0
        assert stand.values() == Counter("1")


class TestOutOfReach:
    """What passes by itself."""

    @pytest.mark.fault(17)
    def test_record(self, stand: Stand, cli: Cli, tmp_path: Path) -> None:
        """A refused connection costs no patience: it is queued."""
        with settings(refused(stand, tmp_path)):
            ran = cli("record", "1", "--at", "2026-02-01 07:00", "--json")
        assert (ran.code, ran.json["sheet"]) == (0, "queued")
        assert "cannot be reached" in ran.err
        assert cli("sync").code == 0
        assert stand.values() == Counter("1")

    @pytest.mark.fault(19)
    def test_record_while_it_hangs(
        self, stand: Stand, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As long as METERCTL_SHEET_DEADLINE says; the next sync finds that it had landed."""
        monkeypatch.setenv("METERCTL_SHEET_DEADLINE", "1.5")
        stand.faults("path = '*:batchUpdate'; skip = 1; do = 'hang-after'")
        ran = cli("record", "1", "--at", "2026-02-01 07:00")
        assert ran.code == 0
        assert ran.out.splitlines()[-1] == "queued for the Sheet"
        stand.faults()
        assert cli("sync").code == 0
        assert stand.values() == Counter("1")

    @pytest.mark.fault(17)
    def test_sync(
        self, stand: Stand, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It has the time that it is given, then 75."""
        queue(cli, "1")
        monkeypatch.setattr("meterctl.cli.sync.DEADLINE", 1.0)
        with settings(refused(stand, tmp_path)):
            ran = cli("sync")
        assert (ran.code, ran.err.count("\n")) == (75, 1), ran
        assert "cannot be reached" in ran.err
        assert "meterctl sync" in ran.err

    @pytest.mark.fault(22)
    def test_sync_is_patient(self, stand: Stand, cli: Cli) -> None:
        """A failure that passes is outwaited."""
        queue(cli, "1")
        stand.faults("do = 'status'; status = 503; headers = {Retry-After = '1'}")
        assert cli("sync", "--quiet") == (0, "", "")
        assert stand.values() == Counter("1")


class TestAnotherRun:
    """One run at a time delivers from a ledger."""

    @pytest.fixture
    def busy(self, stand: Stand, cli: Cli, ledger_path: Path) -> Iterator[Stand]:
        """Another run, which is at it."""
        queue(cli, "1")
        other = open_for_writing(ledger_path, NOW)
        try:
            with other.holding(JOB):
                yield stand
        finally:
            other.close()

    def test_sync(self, busy: Stand, cli: Cli) -> None:
        """It is left to it, at once."""
        ran = cli("sync")
        assert (ran.code, ran.err.count("\n")) == (75, 1), ran
        assert busy.requests() == []

    def test_record(self, busy: Stand, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """It stores all the same, waits for its time, and says that it is queued."""
        monkeypatch.setenv("METERCTL_SHEET_DEADLINE", "0.5")
        ran = cli("record", "2", "--at", "2026-02-02 07:00")
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "queued for the Sheet")
        assert busy.requests() == []


GRANT = '"error": "invalid_grant", "error_description"'


class TestSaidByGoogle:
    """What it answers for as long as a person does nothing."""

    @pytest.mark.fault(17, 23, 24, 25)
    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            pytest.param(
                f"service = 'token'; do = 'status'; status = 400; body = '{{{GRANT}: \"Invalid JWT:"
                " Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
                " Check your iat and exp values in the JWT claim.\"}'",
                (77, "clock is wrong", "set the clock"),
                id="a wrong clock",
            ),
            pytest.param(
                f"service = 'token'; do = 'status'; status = 400; body = '{{{GRANT}: \"Invalid"
                " grant: account not found\"}'",
                (77, "account not found", "make a new one"),
                id="a deleted account",
            ),
            pytest.param(
                "service = 'token'; do = 'status'; status = 200; body = '<html>log in</html>'",
                (76, "token service", "login page"),
                id="a login page for a token",
            ),
            pytest.param(
                "service = 'token'; do = 'redirect'; location = 'http://127.0.0.1:1/'",
                (76, "token service", "login page"),
                id="a redirect for a token",
            ),
            pytest.param(
                "service = 'sheets'; do = 'status'; status = 403; body = '{\"error\": {\"message\":"
                ' "Google Sheets API has not been used in project 1 before or it is disabled."}}\'',
                (77, "is not enabled", "enable it"),
                id="the API is disabled",
            ),
            pytest.param(
                "service = 'sheets'; do = 'status'; status = 401",
                (77, "does not accept the key", "make a new key"),
                id="a token that is no good",
            ),
            pytest.param(
                "service = 'sheets'; do = 'body'; status = 200; body = '<html>log in</html>'",
                (76, "answers what Google never does", "login page"),
                id="a login page",
            ),
            pytest.param(
                "service = 'sheets'; do = 'redirect'; location = 'http://127.0.0.1:1/'",
                (76, "redirect", "login page"),
                id="a redirect",
            ),
        ],
    )
    def test_it(self, stand: Stand, cli: Cli, fault: str, said: tuple[int, str, str]) -> None:
        """`record` stores and `sync` fails, each with one line that says what to do."""
        code, says, mends = said
        stand.faults(f"times = 0; {fault}")
        ran = cli("record", "1", "--at", "2026-02-01 07:00")
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "queued for the Sheet")
        assert says in ran.err
        ran = cli("sync", "--quiet")
        assert (ran.code, ran.out) == (code, ""), ran
        assert says in ran.err
        assert mends in ran.err
        assert ran.err.count("\n") == 1
        assert "assertion" not in ran.err
        stand.faults()
        assert cli("sync", "--quiet") == (0, "", "")
        assert stand.values() == Counter("1")

    @pytest.mark.fault(17, 18, 19, 22, 23)
    @pytest.mark.parametrize(
        "fault",
        [
            "do = 'status'; status = 503",
            "do = 'hang-before'",
            "do = 'reset-after'",
            "do = 'truncate'",
        ],
    )
    def test_a_token_service_that_fails(
        self, stand: Stand, cli: Cli, monkeypatch: pytest.MonkeyPatch, fault: str
    ) -> None:
        """No longer than METERCTL_SHEET_DEADLINE says; nothing was sent, so nothing is in doubt."""
        monkeypatch.setenv("METERCTL_SHEET_DEADLINE", "1")
        stand.faults(f"times = 0; service = 'token'; {fault}")
        ran = cli("record", "1", "--at", "2026-02-01 07:00")
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "queued for the Sheet")
        assert "cannot be reached" in ran.err
        assert stand.requests() == []
        stand.faults()
        assert cli("sync", "--quiet") == (0, "", "")
        assert stand.values() == Counter("1")
