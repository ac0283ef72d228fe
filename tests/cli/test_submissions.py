"""`meterctl submissions` list, show, resolve and resubmit, against the sandbox's utility."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli

FORM = (
    "id",
    "reading",
    "meter",
    "timestamp",
    "value",
    "unit",
    "state",
    "receipt",
    "differs",
    "detail",
    "key",
    "account",
    "changed_at",
)


@pytest.fixture
def other_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """A utility to push to."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        for name, text in rehearsal.utility.items():
            monkeypatch.setenv(name, text)
        yield rehearsal


@pytest.fixture
def reading(other_side: Rehearsal, cli: Cli) -> str:  # noqa: ARG001 (it sets the settings)
    """The id of a reading that was accepted."""
    ran = cli("record", "142.3", "--json")
    assert cli("push-utility", "--quiet") == (0, "", "")
    return str(ran.json["readings"][0]["id"])


@pytest.fixture
def in_doubt(other_side: Rehearsal, cli: Cli) -> str:
    """The id of a reading whose fate at the utility is unknown: every answer is a page."""
    other_side.goes_wrong('service = "utility"\ntimes = 0\ndo = "status"\nstatus = 200\nbody = "?"')
    ran = cli("record", "142.3", "--json")
    assert cli("push-utility", "--quiet").code == 76
    other_side.goes_wrong("")
    return str(ran.json["readings"][0]["id"])


def listed(cli: Cli, *arguments: str) -> list[dict[str, Any]]:
    """What `submissions list` has."""
    ran = cli("submissions", "list", *arguments, "--json")
    assert (ran.code, ran.err) == (0, "")
    found: list[dict[str, Any]] = ran.json["submissions"]
    return found


class TestList:
    def test_none(self, cli: Cli) -> None:
        """Before the first push, and without a utility in the settings."""
        assert cli("submissions", "list").out.strip() == "nothing was submitted yet"
        assert listed(cli) == []

    def test_json(self, reading: str, cli: Cli) -> None:
        """Each with its state, its receipt and the key it was sent with."""
        (one,) = listed(cli)
        assert tuple(one) == FORM
        assert (one["id"], one["reading"], one["state"]) == (1, reading, "accepted")
        assert (one["receipt"], one["differs"], one["detail"]) == ("R-000001", False, None)

    @pytest.mark.usefixtures("reading")
    def test_of_a_state(self, cli: Cli) -> None:
        """Only those; a word that is no state is refused with all there are."""
        assert len(listed(cli, "--state", "accepted")) == 1
        assert listed(cli, "--state", "unknown") == []
        assert cli("submissions", "list", "--state", "unknown").out.strip() == "no such submission"
        ran = cli("submissions", "list", "--state", "lost")
        assert (ran.code, ran.out) == (2, "")
        assert "accepted" in ran.err
        assert "differs" in ran.err

    @pytest.mark.usefixtures("reading")
    def test_of_a_meter(self, cli: Cli) -> None:
        """Only its own."""
        assert len(listed(cli, "--meter", "meter")) == 1
        assert listed(cli, "--meter", "inverter") == []
        assert cli("submissions", "list", "--meter", "gas").code == 65


class TestShow:
    @pytest.mark.parametrize("by", ["number", "reading"])
    def test_attempts(self, reading: str, cli: Cli, by: str) -> None:
        """By its number or its reading: every attempt, and what was answered."""
        name = "1" if by == "number" else reading
        ran = cli("submissions", "show", name, "--json")
        assert (ran.code, tuple(ran.json)) == (0, (*FORM, "attempts"))
        (attempt,) = ran.json["attempts"]
        assert (attempt["number"], attempt["channel"], attempt["outcome"]) == (1, "api", "accepted")
        assert "R-000001" in attempt["answer"]

    @pytest.mark.usefixtures("reading")
    def test_for_people(self, other_side: Rehearsal, cli: Cli) -> None:
        """The answer is shown as it came; the token is in none of it."""
        ran = cli("submissions", "show", "1")
        assert ran.code == 0
        assert "receipt R-000001" in ran.out
        assert "| HTTP 201 Created" in ran.out
        assert other_side.settings["METERCTL_UTILITY_TOKEN"] not in ran.out

    @pytest.mark.parametrize("name", ["2", "0", "99999999999999999999", "meter", "x@y", ""])
    @pytest.mark.usefixtures("reading")
    def test_no_such(self, cli: Cli, name: str) -> None:
        """Bad data, in one line."""
        ran = cli("submissions", "show", name)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (65, "", 1)


class TestResolve:
    def test_accepted(self, in_doubt: str, other_side: Rehearsal, cli: Cli) -> None:
        """A person found the receipt: it is closed, and nothing is sent again."""
        (one,) = listed(cli, "--state", "unknown")
        assert one["reading"] == in_doubt
        ran = cli(
            "submissions", "resolve", in_doubt, "--accepted", "R-7", "--reason", "seen", "--json"
        )
        assert (ran.code, ran.json["state"], ran.json["receipt"]) == (0, "accepted", "R-7")
        assert ran.json["attempts"][-1]["channel"] == "person"
        assert ran.json["attempts"][-1]["outcome"] == "accepted: seen"
        before = other_side.requests()
        assert cli("push-utility").out.strip() == "nothing is due"
        assert other_side.requests() == before

    @pytest.mark.usefixtures("in_doubt")
    def test_not_sent(self, other_side: Rehearsal, cli: Cli) -> None:
        """It is due again, as is said; the next push sends it."""
        ran = cli("submissions", "resolve", "1", "--not-sent", "--reason", "not on the portal")
        assert (ran.code, ran.err) == (0, "")
        assert "is due; the next push-utility sends it" in ran.out
        assert cli("push-utility", "--quiet") == (0, "", "")
        assert len(other_side.accepted()) == 1

    @pytest.mark.usefixtures("in_doubt")
    def test_rejected(self, other_side: Rehearsal, cli: Cli) -> None:
        """It is set aside, and can be ordered to be sent again."""
        assert cli("submissions", "resolve", "1", "--rejected", "--reason", "a letter").code == 0
        assert cli("push-utility", "--quiet").out == ""
        assert other_side.accepted() == []
        assert cli("submissions", "resubmit", "1", "--reason", "they mended it").code == 0
        assert cli("push-utility", "--quiet") == (0, "", "")
        assert len(other_side.accepted()) == 1

    @pytest.mark.usefixtures("in_doubt")
    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("--rejected", "--not-sent"),
            ("--accepted", "R-7", "--rejected"),
            ("--accepted", ""),
            ("--accepted", " "),
            ("--accepted", "R\n7"),
        ],
    )
    def test_one_verdict(self, cli: Cli, arguments: tuple[str, ...]) -> None:
        """Exactly one verdict, and a receipt that is one."""
        ran = cli("submissions", "resolve", "1", *arguments, "--reason", "seen")
        assert (ran.code, ran.out) == (2, "")
        assert len(listed(cli, "--state", "unknown")) == 1

    @pytest.mark.usefixtures("reading")
    def test_not_in_doubt(self, cli: Cli) -> None:
        """What was accepted is settled already."""
        ran = cli("submissions", "resolve", "1", "--not-sent", "--reason", "again")
        assert ran.code == 2
        assert "is accepted, not in doubt" in ran.err


class TestResubmit:
    def test_corrected(self, reading: str, other_side: Rehearsal, cli: Cli) -> None:
        """A correction after acceptance is marked; nothing is sent until a person says so."""
        assert cli("correct", reading, "142.5", "--reason", "misread").code == 0
        (one,) = listed(cli, "--state", "differs")
        assert (one["state"], one["differs"]) == ("accepted", True)
        assert cli("push-utility").code == 0
        assert len(other_side.accepted()) == 1
        ran = cli("submissions", "resubmit", reading, "--reason", "misread", "--json")
        assert (ran.code, ran.json["state"], ran.json["value"]) == (0, "due", 142.5)
        ran = cli("push-utility", "--json")  # this utility holds another value there: it says no
        assert (ran.code, ran.json["rejected"]) == (3, 1)
        assert ran.err.count("\n") == 1
        assert [one["value"] for one in other_side.accepted()] == [142.3]

    def test_nothing_to_send(self, reading: str, cli: Cli) -> None:
        """What is there as it is true here is not sent again."""
        ran = cli("submissions", "resubmit", reading, "--reason", "to be sure")
        assert (ran.code, ran.out) == (2, "")
        assert len(listed(cli)) == 1

    @pytest.mark.usefixtures("reading")
    def test_without_a_reason(self, cli: Cli) -> None:
        """A reason is needed."""
        assert cli("submissions", "resubmit", "1").code == 2
