"""`meterctl sync`, inward: what the operator is told of what others did in the Sheet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.sheet.google import GoogleSheet
from tests.conftest import Cli
from tests.sheet.person import Person, person
from tests.sheet.stand import Stand

BAD = "B3: 'abc' is not a value (give digits with at most one point, such as 142.3)"


@pytest.fixture
def hands(stand: Stand, cli: Cli) -> Iterator[Person]:
    """A person, in a Sheet with one row."""
    assert cli("record", "142.3", "--at", "2026-02-01 07:00").code == 0
    assert cli("sync", "--quiet") == (0, "", "")
    with person(stand) as made:
        yield made


class TestWhatItSays:
    """In the words of what happened."""

    def test_of_everything_at_once(self, cli: Cli, hands: Person) -> None:
        """A line for what went there, a line for what came, and one for each thing to look at."""
        hands.edits("meterValue", 2, 142.8)
        hands.types(timestamp="2026-02-02 06:00", meterValue=145)
        hands.types(timestamp="2026-02-01 06:00", meterValue=150)
        assert cli("record", "148", "--at", "2026-02-03 07:00", "--offline").code == 0
        ran = cli("sync")
        assert ran.out.splitlines() == [
            "1 reading written to the Sheet in 1 row",
            "read from the Sheet: 1 typed in by hand, 1 corrected, 1 in conflict",
        ]
        told, failed = ran.err.splitlines()
        assert told.startswith("B4 says 150 kWh of 2026-02-01 07:00:00 CET, which is")
        assert "1 reading in conflict with what the Sheet says (meterctl review" in failed
        assert ran.code == 3
        assert cli("sync") == (0, "nothing to do: the Sheet has everything\n", "")

    def test_as_json(self, cli: Cli, hands: Person) -> None:
        """Numbers, and the notices with what to do."""
        hands.types(timestamp="2026-02-02 06:00", meterValue="abc")
        ran = cli("sync", "--json")
        assert (ran.code, ran.json["typed"], ran.json["conflicts"]) == (3, 0, 0)
        (notice,) = ran.json["notices"]
        assert notice["about"] == "unreadable"
        assert notice["message"] == "B3: 'abc' is not a value"
        assert json.loads(ran.err)["error"]["code"] == "partly_done"
        again = cli("sync", "--json")
        assert (again.code, again.json["notices"]) == (0, [])

    def test_quiet(self, cli: Cli, hands: Person) -> None:
        """What is in the way is told once, as cron mails it; the rest waits for a person."""
        hands.types(timestamp="2026-02-02 06:00", meterValue="abc")
        hands.edits("meterValue", 2, "")
        ran = cli("sync", "--quiet")
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.splitlines()[0] == BAD
        assert len(ran.err.splitlines()) == 2
        assert cli("sync", "--quiet") == (0, "", "")
        assert cli("sync").err.startswith("B2 was emptied")
        assert cli("sync") == (0, "nothing to do: the Sheet has everything\n", "")

    def test_what_only_moved(self, cli: Cli, hands: Person) -> None:
        """It is no news that it is now in another row."""
        hands.types(timestamp="2026-02-02 06:00", meterValue="abc")
        cli("sync")
        hands.deletes(2)
        ran = cli("sync")
        assert ran.code == 0
        assert ran.err.count("\n") == 1
        assert ran.err.startswith("the row of meter at 2026-02-01 07:00:00 CET was deleted")

    def test_what_looks_wrong(self, cli: Cli, hands: Person) -> None:
        """It is taken in, as what is recorded is, and told; once."""
        hands.types(timestamp="2026-02-02 06:00", meterValue=145)
        hands.types(timestamp="2026-02-03 06:00", meterValue=14.5)
        said = cli("sync").out.splitlines()
        assert said[-1] == "1 of these looks wrong: meterctl review"
        assert cli("sync", "--json").json["doubtful"] == 0

    def test_what_would_act_on_a_terminal(self, cli: Cli, hands: Person) -> None:
        """It is never shown as it is."""
        bad = "a\x1b[2Jb"
        hands.tab.update([[bad]], "P1")
        hands.types(timestamp=bad, meterValue=1)
        hands.types(timestamp="2026-02-02 06:00", meterValue=145, quality_code=bad)
        hands.types(timestamp="2026-02-03 06:00", meterValue=bad)
        hands.types(timestamp="2026-02-04 06:00", meterValue=150, device=bad)
        ran = cli("sync")
        assert (ran.code, len(ran.err.splitlines())) == (3, 5), ran
        shown = cli("sheet", "show")
        assert "\x1b" not in ran.err + ran.out + shown.out
        assert "a [2Jb" in shown.out


class TestAConflict:
    """Two values of one time."""

    def test_it_is_settled(self, cli: Cli, hands: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        """`review` shows it, no acceptance ends it, `correct` does, also with the same value."""
        monkeypatch.setenv("METERCTL_UTILITY_URL", "http://127.0.0.1:1")
        monkeypatch.setenv("METERCTL_UTILITY_SINCE", "2026-01-01")
        hands.types(timestamp="2026-02-01 06:00", meterValue=150)
        assert cli("sync").code == 3
        id_ = "meter@2026-02-01T06:00:00Z"
        said = cli("review").out
        assert "conflict: the Sheet says 150 kWh of the same time as well" in said
        assert f'which is right? meterctl correct {id_} VALUE --reason "..."' in said
        withheld = cli("push-utility", "--dry-run", "--json").json["withheld"]
        assert [(one["reason"], one["count"]) for one in withheld] == [("in_doubt", 1)]
        ran = cli("review", id_, "--accept", "mine is right")
        assert (ran.code, "meterctl correct" in ran.err) == (65, True)
        assert cli("correct", id_, "142.3", "--reason", "looked again").code == 0
        assert cli("review").out == "no reading looks wrong\n"
        assert cli("sync").code == 0

    def test_current(self, cli: Cli, hands: Person) -> None:
        """What was typed is the newest reading, in the Sheet and here."""
        hands.types(timestamp="2026-02-02 06:00", meterValue=145)
        assert cli("current", "--from-sheet", "--json").json["meterValue"] == 145
        assert cli("current", "--json").json["meterValue"] == 142.3
        cli("sync")
        assert cli("current", "--json").json["meterValue"] == 145


class TestANewMachine:
    """With an empty ledger."""

    @pytest.mark.usefixtures("hands")
    def test_it_begins_with_what_is_there(
        self, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its first `sync` takes all of it in, and sends nothing."""
        monkeypatch.setenv("METERCTL_LEDGER", f"sqlite:///{tmp_path}/new.db")
        ran = cli("sync")
        assert (ran.code, ran.out) == (0, "read from the Sheet: 1 from other machines\n")
        assert cli("current", "--json").json["meterValue"] == 142.3


def test_one_read(cli: Cli, stand: Stand, hands: Person) -> None:
    """`current --from-sheet` asks once; `current` asks nobody."""
    assert hands.tab.row_count > 1
    before = len(stand.requests())
    assert cli("current", "--from-sheet").code == 0
    assert [one.split()[0] for one in stand.requests()[before:]] == ["GET"]
    assert cli("current").code == 0
    assert len(stand.requests()) - before == 1


@pytest.mark.fault(21)
@pytest.mark.parametrize("command", ["sync", "current --from-sheet", "sheet show"])
def test_google_asks_to_slow_down_in_the_middle(
    cli: Cli, stand: Stand, hands: Person, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """The block that was refused is asked for again, not all that was read before."""
    for hour in range(4):
        hands.types(timestamp=f"2026-02-02 0{hour}:00", meterValue=145 + hour)
    monkeypatch.setattr("meterctl.sheet.google._FIRST", 1)
    monkeypatch.setattr(GoogleSheet, "rows_with_a_look", 1)
    monkeypatch.setattr("meterctl.sheet.google._BLOCK", 500)
    monkeypatch.setattr("meterctl.sheet.google._COLUMN_BLOCK", 500)
    before = len(stand.requests())
    stand.faults(
        "path = '*/values/*'; skip = 1; do = 'status'; status = 429; headers = {Retry-After = '1'}"
    )
    ran = cli(*command.split())
    assert (ran.code, ran.err) == (0, "")
    blocks = [one for one in stand.requests()[before:] if "/values/" in one]
    assert len(blocks) - len(set(blocks)) == 1
