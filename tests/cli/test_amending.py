"""`correct`, `void`, `review`: later truths, each with its reason; nothing is erased."""

from __future__ import annotations

import pytest

from tests.conftest import Cli

ID = "meter@2026-03-01T06:00:00Z"


@pytest.fixture(autouse=True)
def _a_reading(cli: Cli) -> None:
    assert cli("record", "142.3", "--at", "2026-03-01 07:00").code == 0


def truth(cli: Cli) -> list[float]:
    """The values that count now."""
    return [one["value"] for one in cli("history", "--json").json["readings"]]


def test_a_correction(cli: Cli) -> None:
    """It shows what was and is, and keeps who was wrong and why."""
    assert cli("correct", ID, "143.2", "--reason", "misread").out == (
        f"{ID}: 142.3 kWh -> 143.2 kWh\n"
    )
    assert truth(cli) == [143.2]
    kept = cli("history", "--revisions", "--json").json["readings"]
    assert [(one["revision"], one["value"], one["reason"]) for one in kept] == [
        (1, 142.3, None),
        (2, 143.2, "misread"),
    ]


def test_a_correction_as_json(cli: Cli) -> None:
    """One object with both values."""
    assert cli("correct", ID, "143.2", "--reason", "misread", "--json").json == {
        "id": ID,
        "meter": "meter",
        "before": 142.3,
        "value": 143.2,
        "unit": "kWh",
        "revision": 2,
        "reason": "misread",
        "sheet": "off",
    }


def test_a_correction_to_what_it_is(cli: Cli) -> None:
    """Nothing is to be done, and no revision is made."""
    ran = cli("correct", ID, "142.30", "--reason", "again")
    assert ran == (0, f"{ID} is 142.3 kWh already\n", "")
    assert len(cli("history", "--revisions", "--json").json["readings"]) == 1


def test_an_id_written_in_local_time(cli: Cli) -> None:
    """An id's time may be written as any time may."""
    assert cli("correct", "meterValue@2026-03-01 07:00", "1", "--reason", "x").code == 0
    assert truth(cli) == [1]


def test_a_void(cli: Cli) -> None:
    """The reading is no more, twice over if need be, and a correction brings it back."""
    assert cli("void", ID, "--reason", "wrong meter").out == f"{ID}: 142.3 kWh -> void\n"
    assert truth(cli) == []
    assert cli("void", ID, "--reason", "wrong meter").out == f"{ID} is void already\n"
    assert cli("correct", ID, "142.3", "--reason", "right meter").out == (
        f"{ID}: void -> 142.3 kWh\n"
    )
    assert truth(cli) == [142.3]


def test_a_void_as_json(cli: Cli) -> None:
    """Its value is null."""
    ran = cli("void", ID, "--reason", "wrong meter", "--json").json
    assert (ran["before"], ran["value"], ran["revision"]) == (142.3, None, 2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(
            ["correct", "x", "1", "--reason", "r"], 65, "'x' is not a reading's id", id="x"
        ),
        pytest.param(
            ["correct", "gas@2026-03-01T06:00:00Z", "1", "--reason", "r"],
            65,
            "no meter 'gas'",
            id="unknown meter",
        ),
        pytest.param(
            ["correct", "meter@2026-03-02T06:00:00Z", "1", "--reason", "r"],
            65,
            "no such reading (find it with: meterctl history meter --ids)",
            id="nothing there",
        ),
        pytest.param(
            ["void", "meter@yesterday", "--reason", "r"], 65, "not a time", id="not a time"
        ),
        pytest.param(["void", f"{ID}~7", "--reason", "r"], 65, "no device 7", id="no such device"),
        pytest.param(
            ["void", f"{ID}/PT15M", "--reason", "r"], 65, "no such reading", id="no such interval"
        ),
        pytest.param(["correct", ID, "1,5", "--reason", "r"], 65, "decimal comma", id="comma"),
        pytest.param(["correct", ID, "-5", "--reason", "r"], 65, "is negative", id="negative"),
        pytest.param(["correct", ID, "5"], 2, "missing option '--reason'", id="no reason"),
        pytest.param(["correct", ID, "5", "--reason", " "], 2, "a reason is needed", id="blank"),
        pytest.param(["void", ID, "--reason", "a\x07"], 65, "control characters", id="bell"),
        pytest.param(["correct", ID, "5", "--reson", "r"], 2, "no such option: --reson", id="typo"),
        pytest.param(["correct", ID], 2, "missing argument 'VALUE'", id="no value"),
        pytest.param(["review", ID], 2, "go together", id="an id alone"),
        pytest.param(["review", "--accept", "r"], 2, "go together", id="--accept alone"),
        pytest.param(
            ["review", ID, "--accept", "r"], 65, "nothing to review", id="nothing looks wrong"
        ),
    ],
)
def test_what_is_refused(cli: Cli, arguments: list[str], code: int, said: str) -> None:
    """One line says why; the reading stays as it was."""
    ran = cli(*arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert said in ran.err
    assert truth(cli) == [142.3]


def test_a_value_with_more_digits_than_the_dial(cli: Cli) -> None:
    """A correction must fit the meter as a first value must."""
    cli("meters", "set", "meter", "--digits", "5")
    ran = cli("correct", ID, "100000", "--reason", "r")
    assert ran.code == 65
    assert "more than the 5 digits" in ran.err


def test_nothing_to_review(cli: Cli) -> None:
    """It says so."""
    assert cli("review") == (0, "no reading looks wrong\n", "")
    assert cli("review", "--json").json == {"readings": []}


class TestAReadingThatLooksWrong:
    """One typo, listed until somebody has decided."""

    ODD = "meter@2026-03-02T06:00:00Z"

    @pytest.fixture(autouse=True)
    def _a_typo(self, cli: Cli) -> None:
        cli("record", "14.9", "--at", "2026-03-02 07:00")

    def test_it_is_listed(self, cli: Cli) -> None:
        """With why, and both ways out."""
        said = cli("review").out
        assert "meter  14.9 kWh  2026-03-02 07:00:00 CET" in said
        assert "less_than_previous: 14.9 kWh is less than the 142.3 kWh 24 h before" in said
        assert f"meterctl review {self.ODD} --accept" in said
        assert f"meterctl correct {self.ODD} VALUE" in said

    def test_as_json(self, cli: Cli) -> None:
        """With its findings, rule by rule."""
        found = {one["id"]: one for one in cli("review", "--json").json["readings"]}
        assert [one["rule"] for one in found[self.ODD]["findings"]] == ["less_than_previous"]
        assert found[self.ODD]["accepted"] is None

    def test_it_is_corrected(self, cli: Cli) -> None:
        """Then nothing looks wrong any more."""
        cli("correct", self.ODD, "149", "--reason", "the point slipped")
        assert cli("review").out == "no reading looks wrong\n"

    def test_it_is_voided(self, cli: Cli) -> None:
        """Then nothing looks wrong any more."""
        cli("void", self.ODD, "--reason", "no")
        assert cli("review").out == "no reading looks wrong\n"

    def test_its_neighbour_was_the_wrong_one(self, cli: Cli) -> None:
        """Correcting that makes this one right."""
        cli("correct", ID, "14.2", "--reason", "the point slipped")
        assert cli("review").out == "no reading looks wrong\n"

    def test_it_is_accepted(self, cli: Cli) -> None:
        """With its reason; once."""
        ran = cli("review", self.ODD, "--accept", "a new dial")
        assert ran.code == 0
        assert "accepted: a new dial" in ran.out
        assert "right? meterctl review meter@2026-03-01T06:00:00Z" in cli("review").out
        assert cli("review", ID, "--accept", "the old dial").code == 0
        assert cli("review").out == "no reading looks wrong\n"
        assert cli("review", self.ODD, "--accept", "again").code == 65

    def test_accepted_without_a_reason(self, cli: Cli) -> None:
        """A reason is needed."""
        assert cli("review", self.ODD, "--accept", " ").code == 2
