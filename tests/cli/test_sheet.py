"""`meterctl sheet show` and `sheet use`: what is there, and how to go on in another one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from meterctl.errors import Interrupted
from meterctl.ledger.sqlite import open_for_writing
from meterctl.services.deliver import JOB
from tests.cli.test_sync import garbage, queue, settings, unshared
from tests.conftest import Cli
from tests.helpers import NOW
from tests.sheet.person import Person, person
from tests.sheet.stand import Stand, standing

WRITE = "path = '*:batchUpdate'"
Wrong = Callable[[Stand, Path], dict[str, str]]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A Google that stands, with one empty spreadsheet, and a .env that leads to it."""
    with standing(tmp_path) as made:
        lines = [f"{name}={text}\n" for name, text in made.environment().items()]
        Path(".env").write_text("# mine\n" + "".join(lines))
        Path(".env").chmod(0o600)
        yield made


@pytest.fixture
def hands(stand: Stand) -> Iterator[Person]:
    """Somebody who works in the spreadsheet."""
    with person(stand) as one:
        yield one


def shown(cli: Cli, code: int = 0) -> dict[str, Any]:
    """What `sheet show --json` says."""
    ran = cli("sheet", "show", "--json")
    assert (ran.code, ran.out.count("\n")) == (code, 1), ran
    found: dict[str, Any] = ran.json
    return found


def another(stand: Stand, title: str = "Second") -> str:
    """A further spreadsheet that is shared as the first one is."""
    return stand.google.new_spreadsheet(stand.account["client_email"], title)


def values(stand: Stand, spreadsheet: str) -> Counter[str]:
    """What a spreadsheet holds of the main meter."""
    before, stand.sheet_id = stand.sheet_id, spreadsheet
    try:
        return stand.values()
    finally:
        stand.sheet_id = before


def grown(hands: Person, rows: int) -> None:
    """A further tab of ten columns."""
    size = {"rowCount": rows, "columnCount": 10}
    hands.asks({"addSheet": {"properties": {"title": "Photos", "gridProperties": size}}})


class TestShow:
    def test_before_the_first_row(self, stand: Stand, cli: Cli) -> None:
        """The tab is not there yet; nothing is made by looking, not even a ledger."""
        ran = cli("sheet", "show")
        assert (ran.code, ran.err) == (0, "")
        assert "Readings, which is made with the first row" in ran.out
        assert "never yet" in ran.out
        assert stand.rows() == []
        assert [one.split()[0] for one in stand.requests()] == ["GET"] * 3

    def test_what_it_says(self, stand: Stand, hands: Person, cli: Cli) -> None:
        """Where it is, whose column each is, what is in it and what is to come."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        hands.tab.update_cell(1, 16, "my notes")
        queue(cli, "2")
        ran = cli("sheet", "show")
        assert (ran.code, ran.err) == (0, "")
        told = {line.split("  ")[0]: line.split("  ", 1)[1].strip() for line in lines(ran.out)}
        assert told["title"] == "Home"
        assert told["address"].endswith(stand.sheet_id)
        assert (told["tab"], told["time zone"], told["rows"]) == ("Readings", "Etc/GMT", "1")
        assert "of 10,000,000 (" in told["cells"]
        assert told["written by"] == "this ledger alone"
        assert told["submits"] == "nobody yet"
        assert told["queued"] == "1"
        assert told["complete"].endswith(" ago")
        assert [" ".join(line.split()) for line in ran.out.splitlines() if " meter" in line] == [
            "B meterValue meter meter",
            "C inverterKWh meter inverter",
        ]
        assert ["P", "my", "notes", "your", "own"] in [one.split() for one in ran.out.splitlines()]

    def test_json(self, stand: Stand, cli: Cli) -> None:
        """One object; the room is remembered for `health`, which asks nobody."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        found = shown(cli)
        assert list(found) == [
            *("id", "title", "address", "tab", "timezone", "columns", "rows", "gap", "cells"),
            *("others", "submitter", "ledger", "unfit", "queued", "in_doubt", "last_success"),
            "notices",
        ]
        assert found["id"] == stand.sheet_id
        assert found["columns"][1] == {
            "column": "B",
            "heading": "meterValue",
            "meter": "meter",
            "ours": True,
        }
        assert found["cells"]["limit"] == 10_000_000
        assert not found["cells"]["full"]
        used = f"{found['cells']['used']:,}"
        assert f"{used} of 10,000,000 cells used" in cli("health").out

    def test_others_write_to_it(
        self, stand: Stand, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Which ledgers, and which of them submits."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        first = shown(cli)["ledger"]
        with stand.sheet() as sheet:
            sheet.name_submitter(first, instead_of=None)
        assert "this ledger\n" in cli("sheet", "show").out
        monkeypatch.setenv("METERCTL_LEDGER", f"sqlite:///{tmp_path}/second.db")
        assert cli("record", "2", "--at", "2026-02-02 07:00").code == 0
        found = shown(cli)
        assert (found["others"], found["submitter"]) == ([first], first)
        ran = cli("sheet", "show")
        assert f"this ledger and 1 more: {first[:12]}" in ran.out
        assert f"another ledger: {first[:12]}" in ran.out

    def test_gap(self, hands: Person, cli: Cli) -> None:
        """A formula that was filled down pushes rows below it: where, why, and what to do."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        formulas = [[f"=B{row}*2"] for row in range(2, 61)]
        hands.tab.update(formulas, "P2:P60", raw=False)
        assert cli("record", "2", "--at", "2026-02-02 07:00").code == 0
        ran = cli("sheet", "show")
        assert ran.code == 0
        assert "rows 3 to 60 of the tab hold no reading" in ran.out
        assert "=ARRAYFORMULA" in ran.out
        assert shown(cli)["gap"] == {"first": 3, "last": 60}
        assert shown(cli)["rows"] == 2

    def test_what_still_waits_for_somebody(self, hands: Person, cli: Cli) -> None:
        """What `sync` tells once is told again here, until it is mended in the Sheet."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        hands.types(timestamp="2026-02-02 06:00", meterValue="abc")
        assert cli("sync", "--quiet").code == 3
        ran = cli("sheet", "show")
        assert (ran.code, ran.err) == (0, "")
        assert "B3: " in ran.out
        (notice,) = shown(cli)["notices"]
        assert notice["about"] == "unreadable"
        assert notice["message"] in ran.out
        hands.edits("meterValue", 3, "2")
        assert cli("sync", "--quiet").code == 0
        assert shown(cli)["notices"] == []

    def test_unfit(self, hands: Person, cli: Cli) -> None:
        """All that is there is shown, then what keeps rows from being written."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        key = hands.cell("key", 1)
        hands.tab.update([["Key 2"]], key)
        ran = cli("sheet", "show")
        assert ran.code == 78
        assert "Key 2" in ran.out
        assert f"{key}, which now says 'Key 2'" in ran.err
        assert ran.err.count("\n") == 1
        assert key in shown(cli, 78)["unfit"]

    @pytest.mark.parametrize(("wrong", "code"), [(garbage, 78), (unshared, 77)])
    def test_out_of_reach(
        self, stand: Stand, cli: Cli, tmp_path: Path, wrong: Wrong, code: int
    ) -> None:
        """What is known here is shown, then why there is no more."""
        queue(cli, "1")
        with settings(wrong(stand, tmp_path)):
            ran = cli("sheet", "show")
            as_json = cli("sheet", "show", "--json")
        assert (ran.code, ran.err.count("\n")) == (code, 1)
        assert [line.split() for line in ran.out.splitlines()] == [
            ["queued", "1"],
            ["complete", "never", "yet"],
        ]
        assert (as_json.code, as_json.out) == (code, "")
        assert json.loads(as_json.err)["error"]["message"] in ran.err

    def test_without_a_sheet(self, cli: Cli) -> None:
        """One line, with the command that sets it up."""
        for command in (("show",), ("use", "1abc")):
            ran = cli("sheet", *command)
            assert (ran.code, ran.err.count("\n")) == (78, 1)
            assert "meterctl init" in ran.err


def stopped(*_: object) -> None:
    """Ctrl-C, at that very place."""
    raise Interrupted


def lines(out: str) -> list[str]:
    """The lines with a name and what is said of it."""
    return [line for line in out.splitlines() if "  " in line.strip()]


class TestUse:
    def test_it(self, stand: Stand, cli: Cli) -> None:
        """Only what the old one has not got goes to the new one; the .env keeps all else."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        queue(cli, "2")
        new = another(stand)
        before = Path(".env").read_text()
        ran = cli("sheet", "use", f"https://docs.google.com/spreadsheets/d/{new}/edit#gid=0")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.splitlines() == [
            "'Second' is ready, its times in Etc/GMT",
            "1 reading is queued for it: meterctl sync",
            f"settings: {Path.cwd() / '.env'}",
        ]
        assert Path(".env").read_text() == before.replace(stand.sheet_id, new)
        assert cli("record", "3", "--at", "2026-02-03 07:00").code == 0
        assert cli("sync").out == "nothing to do: the Sheet has everything\n"
        assert values(stand, new) == Counter("23")
        assert values(stand, stand.sheet_id) == Counter("1")

    def test_from_start(self, stand: Stand, cli: Cli) -> None:
        """Everything goes there again, corrections too."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        assert cli("correct", "meter@2026-02-01T06:00:00Z", "5", "--reason", "misread").code == 0
        new = another(stand)
        ran = cli("sheet", "use", new, "--from-start", "--json")
        assert ran.json == {
            "id": new,
            "title": "Second",
            "tab": "Readings",
            "timezone": "Etc/GMT",
            "made": True,
            "refuses_doubles": True,
            "instead_of": stand.sheet_id,
            "queued": 2,
            "env_file": str(Path.cwd() / ".env"),
        }
        assert cli("sync", "--quiet") == (0, "", "")
        assert values(stand, new) == Counter("15")

    def test_again(self, stand: Stand, cli: Cli) -> None:
        """The one in use is refused; nothing is changed."""
        new = another(stand)
        assert cli("sheet", "use", new).code == 0
        before = Path(".env").read_text()
        requests = len(stand.requests())
        ran = cli("sheet", "use", new)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert "in use" in ran.err
        assert (Path(".env").read_text(), len(stand.requests())) == (before, requests)

    def test_stopped_before_the_setting_was_written(self, stand: Stand, cli: Cli) -> None:
        """Done again, it ends where the first run would have; what came meanwhile goes there."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        new = another(stand)
        before = Path(".env").read_text()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("meterctl.cli.sheet._keep", stopped)
            assert cli("sheet", "use", new).code == 130
        assert Path(".env").read_text() == before
        assert cli("record", "2", "--at", "2026-02-02 07:00").code == 0
        assert cli("sheet", "use", new).code == 0
        assert cli("record", "3", "--at", "2026-02-03 07:00").code == 0
        assert values(stand, stand.sheet_id) == Counter("12")
        assert values(stand, new) == Counter("3")

    def test_back_to_the_first(self, stand: Stand, cli: Cli) -> None:
        """It goes on in the first as in any other: what is there is not sent again."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        new = another(stand)
        assert cli("sheet", "use", new).code == 0
        assert cli("record", "2", "--at", "2026-02-02 07:00").code == 0
        assert cli("sheet", "use", stand.sheet_id).code == 0
        assert cli("record", "3", "--at", "2026-02-03 07:00").code == 0
        assert values(stand, stand.sheet_id) == Counter("13")
        ran = cli("sheet", "use", new, "--from-start")
        assert "what this ledger wrote there before is not sent again" in ran.out
        assert cli("sync", "--quiet").code == 0
        assert values(stand, new) == Counter("23")

    def test_setting_of_the_environment(
        self, stand: Stand, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It cannot be changed from here, so that is said; once it is changed, all goes on."""
        monkeypatch.setenv("METERCTL_SHEET_ID", stand.sheet_id)
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        new = another(stand)
        before = Path(".env").read_text()
        ran = cli("sheet", "use", new)
        assert ran.code == 0
        assert f"METERCTL_SHEET_ID comes from the environment: set it to {new} there" in ran.err
        assert ran.err.count("\n") == 1
        assert Path(".env").read_text() == before
        assert cli("sheet", "use", new, "--json").json["env_file"] is None
        monkeypatch.setenv("METERCTL_SHEET_ID", new)
        assert cli("record", "2", "--at", "2026-02-02 07:00").code == 0
        assert values(stand, new) == Counter("2")

    @pytest.mark.parametrize(
        ("new", "says"), [("", "the id is empty"), ("not an id", "'not an id' is no spreadsheet")]
    )
    def test_no_id(self, stand: Stand, cli: Cli, new: str, says: str) -> None:
        """Refused before anything is asked."""
        ran = cli("sheet", "use", new)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert says in ran.err
        assert stand.requests() == []

    def test_one_that_is_not_shared(self, stand: Stand, cli: Cli) -> None:
        """The step that mends it is told; the old one stays in use."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        theirs = stand.google.new_account(f"{stand.url}/token", "another")
        before = Path(".env").read_text()
        strange = stand.google.new_spreadsheet(theirs["client_email"], "Theirs")
        ran = cli("sheet", "use", strange)
        assert (ran.code, ran.err.count("\n")) in ((77, 1), (78, 1))
        assert stand.account["client_email"] in ran.err
        assert Path(".env").read_text() == before
        assert cli("record", "2", "--at", "2026-02-02 07:00").code == 0
        assert stand.values() == Counter("12")

    def test_one_with_somebodys_table(self, stand: Stand, cli: Cli) -> None:
        """A tab of that name that is not ours is left alone, and the old one stays in use."""
        new = another(stand)
        before, stand.sheet_id = stand.sheet_id, new
        with person(stand) as hands:
            hands.book.add_worksheet("Readings", 10, 3).update([["Name", "Age"]], "A1")
        stand.sheet_id = before
        text = Path(".env").read_text()
        ran = cli("sheet", "use", new)
        assert ran.code == 78
        assert "holds something else" in ran.err
        assert Path(".env").read_text() == text


class TestUseWhileInDoubt:
    """The answer to the last batch was lost."""

    @pytest.fixture
    def doubt(self, stand: Stand, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Stand:
        """It was; whether the batch has landed, the test's fault says."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        monkeypatch.setenv("METERCTL_SHEET_DEADLINE", "2")
        return stand

    @pytest.mark.parametrize("do", ["reset-before", "reset-after"])
    def test_settled_first(self, doubt: Stand, cli: Cli, do: str) -> None:
        """The old one is asked: then it is known which of the two is to have the reading."""
        doubt.faults(
            f"{WRITE}; do = '{do}'",
            "method = 'GET'; path = '/v4/*'; do = 'status'; status = 503; times = 9; skip = 1",
        )
        assert cli("record", "2", "--at", "2026-02-02 07:00").out.endswith("queued for the Sheet\n")
        doubt.faults()
        assert shown(cli)["in_doubt"]
        new = another(doubt)
        assert cli("sheet", "use", new).code == 0
        assert cli("record", "3", "--at", "2026-02-03 07:00").code == 0
        assert values(doubt, doubt.sheet_id) + values(doubt, new) == Counter("123")

    def test_cannot_be_asked(self, doubt: Stand, cli: Cli) -> None:
        """Nothing is changed; `--from-start` needs no answer, since everything goes there."""
        doubt.faults(
            f"{WRITE}; do = 'reset-after'",
            "method = 'GET'; path = '/v4/*'; do = 'status'; status = 503; times = 9; skip = 1",
        )
        assert cli("record", "2", "--at", "2026-02-02 07:00").out.endswith("queued for the Sheet\n")
        new = another(doubt)
        old = f"path = '*{doubt.sheet_id}*'"
        doubt.faults(f"{old}; times = 0; do = 'status'; status = 403; body = '{{}}'")
        before = Path(".env").read_text()
        ran = cli("sheet", "use", new)
        assert (ran.code, ran.err.count("\n")) == (75, 1), ran
        assert "not known yet" in ran.err
        assert "--from-start" in ran.err
        assert Path(".env").read_text() == before
        assert cli("sheet", "use", new, "--from-start").code == 0
        assert cli("sync", "--quiet") == (0, "", "")
        assert values(doubt, new) == Counter("12")


class TestFull:
    """A spreadsheet has 10,000,000 cells at most, its tabs taken together."""

    def test_almost(self, hands: Person, cli: Cli) -> None:
        """From 80 % on `health` warns, first where it was asked, then without asking too."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        grown(hands, 790_000)
        assert "sheet:cells" not in cli("health").out
        assert "pass  sheet:cells" in cli("health", "--online").out
        grown_by = {"sheetId": hands.book.worksheet("Photos").id, "dimension": "ROWS"}
        hands.asks({"appendDimension": {**grown_by, "length": 20_000}})
        assert "pass  sheet:cells" in cli("health").out
        ran = cli("health", "--online")
        assert ran.code == 0
        (line,) = [one for one in ran.out.splitlines() if "sheet:cells" in one]
        assert line.startswith("warn")
        assert "cells used (81" in line
        assert "meterctl sheet use NEW_ID" in line
        assert "warn  sheet:cells" in cli("health").out
        assert "almost full" in cli("sheet", "show").out

    @pytest.mark.fault(29)
    def test_full(self, stand: Stand, hands: Person, cli: Cli) -> None:
        """Delivery stops, nothing is lost; in another one it goes on where this one is full."""
        assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
        tab = hands.tab
        tab.resize(rows=2)
        size = shown(cli)["cells"]["used"]
        grown(hands, (10_000_000 - size) // 10)
        ran = cli("record", "2", "--at", "2026-02-02 07:00")
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "queued for the Sheet")
        assert "meterctl sheet use" in ran.err
        ran = cli("sync")
        assert (ran.code, ran.err.count("\n")) == (78, 1), ran
        assert "full" in ran.err
        assert "meterctl sheet use" in ran.err
        checked = cli("health", "--online")
        assert checked.code == 78
        assert "fail  sheet:cells: the spreadsheet is full" in checked.out
        assert cli("health").code == 78
        new = another(stand)
        assert cli("sheet", "use", new).code == 0
        assert cli("sync", "--quiet") == (0, "", "")
        assert values(stand, new) == Counter("2")
        assert values(stand, stand.sheet_id) == Counter("1")
        assert cli("health").code == 0


def test_who_submits_goes_on_doing_so(stand: Stand, cli: Cli) -> None:
    """Whoever the old one names is named by the new one: no second one may begin to submit."""
    assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
    with stand.sheet() as sheet:
        sheet.name_submitter("another-ledger", instead_of=None)
    new = another(stand)
    assert cli("sheet", "use", new).code == 0
    assert shown(cli)["submitter"] == "another-ledger"


def test_while_another_run_delivers(
    stand: Stand, cli: Cli, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for that, and gives up with nothing changed."""
    assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
    monkeypatch.setattr("meterctl.services.sheet_use._WAIT", 0.2)
    new = another(stand)
    before = Path(".env").read_text()
    other = open_for_writing(ledger_path, NOW)
    with other.holding(JOB):
        assert cli("sheet", "use", new).code == 75
    other.close()
    assert Path(".env").read_text() == before
