"""`meterctl record`: what is typed is stored, once, or refused as a whole."""

from __future__ import annotations

import pytest
import time_machine

from meterctl.domain.times import aware
from tests.conftest import Cli
from tests.helpers import NOW

SEVEN = ("--at", "2026-03-01 07:00")


@pytest.fixture(autouse=True)
def _at_noon() -> object:
    with time_machine.travel(aware(NOW), tick=False) as clock:
        yield clock


def values(cli: Cli) -> list[tuple[str, str, object]]:
    """Every reading that is stored: meter, time, value."""
    found = cli("history", "--json").json["readings"]
    return [(one["meter"], one["timestamp"], one["value"]) for one in found]


def test_a_record_as_json(cli: Cli) -> None:
    """The object is exactly the contract's."""
    assert cli("record", "142.3", "--inverter-kwh", "5.42", *SEVEN, "--json").json == {
        "timestamp": "2026-03-01T06:00:00Z",
        "readings": [
            {
                "id": "meter@2026-03-01T06:00:00Z",
                "meter": "meter",
                "value": 142.3,
                "unit": "kWh",
                "status": "recorded",
                "findings": [],
            },
            {
                "id": "inverter@2026-03-01T06:00:00Z",
                "meter": "inverter",
                "value": 5.42,
                "unit": "kWh",
                "status": "recorded",
                "findings": [],
            },
        ],
        "sheet": "off",
    }


def test_a_sheet_is_configured(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored waits for the Sheet, and both forms of the answer say so."""
    monkeypatch.setenv("METERCTL_SHEET_ID", "abc")
    assert cli("record", "142.3", "--json").json["sheet"] == "queued"
    assert "queued for the Sheet" in cli("record", "142.4", "--at", "2026-03-01 07:00").out


def test_a_record_for_a_person(cli: Cli) -> None:
    """It shows what was stored, when it was read, its id, and the command that undoes it."""
    ran = cli("record", "142.3", *SEVEN)
    assert ran == (
        0,
        """\
meter  142.3 kWh  recorded  meter@2026-03-01T06:00:00Z
read at 2026-03-01 07:00:00 CET
undo: meterctl void meter@2026-03-01T06:00:00Z --reason "..."
""",
        "",
    )


def test_the_command_that_undoes_it(cli: Cli) -> None:
    """What `record` prints as the undo does undo it."""
    id_ = cli("record", "142.3", "--json").json["readings"][0]["id"]
    assert cli("void", id_, "--reason", "a slip").code == 0
    assert values(cli) == []


def test_no_time_given(cli: Cli) -> None:
    """It is now, to the millisecond."""
    assert cli("record", "142.3", "--json").json["timestamp"] == "2026-11-22T11:00:00Z"


def test_two_values_stamped_with_the_same_millisecond(cli: Cli) -> None:
    """The later one gives way by a millisecond: neither is lost or refused."""
    cli("record", "142.3")
    assert cli("record", "142.4", "--json").json["timestamp"] == "2026-11-22T11:00:00.001Z"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param(["142.3"], {"meter": 142.3}, id="the main meter's value"),
        pytest.param(["meter=142.3"], {"meter": 142.3}, id="by id"),
        pytest.param(["metervalue=142.3"], {"meter": 142.3}, id="by column, in any case"),
        pytest.param(["inverter=5"], {"inverter": 5}, id="another meter alone"),
        pytest.param(["142.3", "inverter=5"], {"meter": 142.3, "inverter": 5}, id="both"),
        pytest.param(
            ["1", "--inverter-kwh", "0"], {"meter": 1, "inverter": 0}, id="a zero is a value"
        ),
        pytest.param(["00142.30"], {"meter": 142.3}, id="the zeros of a dial"),
        pytest.param([" 142.3 "], {"meter": 142.3}, id="spaces around it"),
        pytest.param(
            ["123456789.012345"], {"meter": 123456789.012345}, id="as many digits as a cell holds"
        ),
    ],
)
def test_forms_of_a_value(cli: Cli, typed: list[str], stored: dict[str, float]) -> None:
    """Values are given bare, by name, or by the inverter's option."""
    shown = cli("record", *typed, "--json").json["readings"]
    assert {one["meter"]: one["value"] for one in shown} == stored


@pytest.mark.parametrize(
    ("at", "timestamp"),
    [
        pytest.param("2026-03-01 07:00", "2026-03-01T06:00:00Z", id="the meter's zone"),
        pytest.param("2026-07-01 07:00:30", "2026-07-01T05:00:30Z", id="in summer, with seconds"),
        pytest.param("2026-03-01T07:00:00+01:00", "2026-03-01T06:00:00Z", id="ISO with offset"),
        pytest.param("2026-03-01T06:00:00Z", "2026-03-01T06:00:00Z", id="ISO in UTC"),
        pytest.param("2026-03-01T06:00:00.250Z", "2026-03-01T06:00:00.250Z", id="milliseconds"),
        pytest.param(
            "2025-10-26T02:30:00+01:00", "2025-10-26T01:30:00Z", id="the doubled hour, told apart"
        ),
    ],
)
def test_forms_of_a_time(cli: Cli, at: str, timestamp: str) -> None:
    """A time is ISO 8601, or local time in the meter's zone."""
    assert cli("record", "1", "--at", at, "--json").json["timestamp"] == timestamp


def test_the_same_again(cli: Cli) -> None:
    """It is known already: a success that adds nothing."""
    cli("record", "142.3", *SEVEN)
    again = cli("record", "142.30", "--at", "2026-03-01T06:00Z", "--json")
    assert (again.code, again.json["readings"][0]["status"]) == (0, "duplicate")
    assert len(values(cli)) == 1


def test_one_is_known_and_one_is_new(cli: Cli) -> None:
    """The new one is stored, and each is told as what it is."""
    cli("record", "142.3", *SEVEN)
    ran = cli("record", "142.3", "inverter=5", *SEVEN, "--json")
    assert [one["status"] for one in ran.json["readings"]] == ["duplicate", "recorded"]


def test_another_value_in_the_slot(cli: Cli) -> None:
    """It is refused, with the command that would make it the truth; that command works."""
    cli("record", "142.3", *SEVEN)
    refused = cli("record", "143", *SEVEN)
    assert (refused.code, refused.out) == (65, "")
    command = "meterctl correct meter@2026-03-01T06:00:00Z 143 --reason"
    assert "already 142.3 kWh, not 143 kWh" in refused.err
    assert command in refused.err
    assert cli("correct", "meter@2026-03-01T06:00:00Z", "143", "--reason", "misread").code == 0
    assert values(cli) == [("meter", "2026-03-01T06:00:00Z", 143)]


def test_a_conflict_beside_a_good_value(cli: Cli) -> None:
    """A record is stored whole or not at all."""
    cli("record", "142.3", *SEVEN)
    assert cli("record", "143", "inverter=5", *SEVEN).code == 65
    assert values(cli) == [("meter", "2026-03-01T06:00:00Z", 142.3)]


def test_a_value_that_was_corrected_comes_again(cli: Cli) -> None:
    """It is refused: a person has said since that it was another one."""
    cli("record", "142.3", *SEVEN)
    cli("correct", "meter@2026-03-01T06:00:00Z", "143", "--reason", "misread")
    refused = cli("record", "142.3", *SEVEN)
    assert refused.code == 65
    assert "corrected to that (misread)" in refused.err


def test_a_value_that_was_voided_comes_again(cli: Cli) -> None:
    """It is refused, with the void's reason; another value is a first truth again."""
    cli("record", "142.3", *SEVEN)
    cli("void", "meter@2026-03-01T06:00:00Z", "--reason", "wrong house")
    refused = cli("record", "142.3", *SEVEN)
    assert refused.code == 65
    assert "voided (wrong house)" in refused.err
    assert cli("record", "99", *SEVEN).code == 0
    later = cli("record", "100", *SEVEN)
    assert "is already 99 kWh, not 100 kWh" in later.err


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        pytest.param(["142.3", "inverter=x"], 65, "'x' is not a value", id="one value is bad"),
        pytest.param(["142.3", "gas=1"], 65, "no meter 'gas'; there are meter, inverter", id="gas"),
        pytest.param(["1", "2"], 2, "two values for meter: '1' and '2'", id="two bare values"),
        pytest.param(["1", "meter=2"], 2, "two values for meter", id="bare and by id"),
        pytest.param(
            ["meter=1", "meterValue=2"], 2, "meter meter is given twice", id="by id and column"
        ),
        pytest.param(["inverter=1", "--inverter-kwh", "1"], 2, "two values", id="option and name"),
        pytest.param(["=1"], 65, "no meter ''", id="no name"),
        pytest.param(["meter="], 65, "no value given", id="no value"),
        pytest.param(["1", "--starts-at", "2026-03-01 06:00"], 65, "has no starts_at", id="start"),
        pytest.param(["1", "--note", "a\x1b[2Jb"], 65, "control characters", id="a note that acts"),
        pytest.param(["1", "--note", "x" * 2001], 65, "2000 characters", id="a note too long"),
    ],
)
def test_what_is_refused(cli: Cli, typed: list[str], code: int, said: str) -> None:
    """The message says what is wrong, and nothing of the record is stored."""
    ran = cli("record", *typed)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert values(cli) == []


def test_a_reading_that_looks_wrong(cli: Cli) -> None:
    """Off a terminal nobody is asked: it is stored, and what is odd and what to do is said."""
    cli("record", "142.3", *SEVEN)
    odd = cli("record", "14.2", "--at", "2026-03-02 07:00")
    assert odd.code == 0
    assert "meter looks wrong: 14.2 kWh is less than the 142.3 kWh 24 h before" in odd.err
    assert "meterctl review meter@2026-03-02T06:00:00Z --accept" in odd.err
    again = cli("record", "14.2", "--at", "2026-03-02 07:00", "--json")
    assert again.json["readings"][0]["findings"] == ["less_than_previous"]


@pytest.mark.fault(36)
def test_a_clock_that_was_never_set(cli: Cli) -> None:
    """A machine that wakes up in 1970 stamps nothing; a time that a person gives is taken."""
    with time_machine.travel(0, tick=False):
        refused = cli("record", "142.3")
        assert (refused.code, refused.out) == (65, "")
        assert "clock says 1970-01-01T00:00:00Z: it was never set" in refused.err
        assert cli("record", "142.3", *SEVEN).code == 0


def test_meters_in_two_zones(cli: Cli) -> None:
    """One local time for both is not one instant; with an offset it is."""
    cli("meters", "add", "cabin", "--tz", "America/New_York")
    refused = cli("record", "1", "cabin=2", *SEVEN)
    assert refused.code == 65
    assert "not one instant" in refused.err
    assert cli("record", "1", "cabin=2", "--at", "2026-03-01T07:00:00+01:00").code == 0


def test_a_meter_of_intervals(cli: Cli) -> None:
    """It needs to know when the interval began, and its id names the length."""
    cli("meters", "add", "quarter", "--kind", "interval")
    assert "also needs when the interval starts" in cli("record", "quarter=1", *SEVEN).err
    ran = cli("record", "quarter=1", *SEVEN, "--starts-at", "2026-03-01 06:45", "--json")
    assert ran.json["readings"][0]["id"] == "quarter@2026-03-01T06:00:00Z/PT15M"


def test_off_a_terminal_without_a_value(cli: Cli) -> None:
    """Nobody is asked there: it is wrong usage."""
    ran = cli("record")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "meterctl: no value given (meterctl record 142.3)\n"


def test_a_note(cli: Cli) -> None:
    """It is kept, whatever its letters."""
    cli("record", "1", "--note", "Zähler getauscht? 電気", *SEVEN)
    assert cli("history", "--json").json["readings"][0]["note"] == "Zähler getauscht? 電気"
