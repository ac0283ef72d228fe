"""`meterctl meters`: what readings are of, and the devices that stood there in turn."""

from __future__ import annotations

import pytest
import time_machine

from meterctl.domain.times import aware
from tests.conftest import Cli
from tests.helpers import NOW


@pytest.fixture(autouse=True)
def _at_noon() -> object:
    with time_machine.travel(aware(NOW), tick=False) as clock:
        yield clock


def ids(cli: Cli) -> list[str]:
    """Every meter's id."""
    return [one["id"] for one in cli("meters", "list", "--json").json["meters"]]


def used(cli: Cli, meter: str, by: str = "year") -> list[float | None]:
    """What was used, period by period."""
    (found,) = cli("history", meter, "--by", by, "--json").json["meters"]
    return [one["use"] for one in found["periods"]]


class TestList:
    """The meters there are."""

    def test_out_of_the_box(self, cli: Cli) -> None:
        """Two, so that a first record needs no set-up."""
        assert cli("meters", "list").out.splitlines() == [
            "meter     kWh  register  from_grid   column meterValue, OBIS 1.8.0, submitted",
            "inverter  kWh  daily     generation  column inverterKWh",
        ]

    def test_as_json(self, cli: Cli) -> None:
        """Each with all that is declared, and its devices."""
        (meter,) = cli("meters", "list", "meter", "--json").json["meters"]
        assert meter == {
            "id": "meter",
            "column": "meterValue",
            "unit": "kWh",
            "kind": "register",
            "direction": "from_grid",
            "digits": None,
            "decimals": 0,
            "max_per_hour": None,
            "timezone": None,
            "obis": "1.8.0",
            "submitted": True,
            "devices": [{"number": 1, "serial": None, "since": None}],
        }


class TestAdd:
    """A further meter."""

    def test_with_a_name_alone(self, cli: Cli) -> None:
        """The rest has defaults, and it can be recorded at once."""
        assert cli("meters", "add", "gas").code == 0
        assert ids(cli) == ["meter", "inverter", "gas"]
        assert cli("record", "gas=1034.2").code == 0

    def test_with_everything(self, cli: Cli) -> None:
        """All that can be declared is kept."""
        options = (
            "--column=Gas (Keller)",
            "--unit=m³",
            "--kind=register",
            "--direction=consumption",
            "--digits=5",
            "--decimals=3",
            "--max-per-hour=6.5",
            "--tz=Europe/London",
            "--obis=7-0:3.0.0",
            "--serial=7ELS-01",
            "--since=2020-05-01 00:00",
            "--submit",
        )
        meter = cli("meters", "add", "gas", *options, "--json").json
        assert meter == {
            "id": "gas",
            "column": "Gas (Keller)",
            "unit": "m³",
            "kind": "register",
            "direction": "consumption",
            "digits": 5,
            "decimals": 3,
            "max_per_hour": 6.5,
            "timezone": "Europe/London",
            "obis": "7-0:3.0.0",
            "submitted": True,
            "devices": [{"number": 1, "serial": "7ELS-01", "since": "2020-04-30T23:00:00Z"}],
        }
        assert "gas  1.500 m³" in cli("record", "gas (keller)=1.5").out

    def test_a_reading_before_its_device(self, cli: Cli) -> None:
        """Nothing stood there then."""
        cli("meters", "add", "gas", "--since", "2026-01-01 00:00")
        ran = cli("record", "gas=1", "--at", "2025-12-31 12:00")
        assert ran.code == 65
        assert "had no device then (see its devices: meterctl meters list gas)" in ran.err

    @pytest.mark.parametrize(
        ("options", "code", "said"),
        [
            pytest.param(["Gas"], 65, "cannot be a meter's id", id="capitals"),
            pytest.param(["gas meter"], 65, "cannot be a meter's id", id="a space"),
            pytest.param([""], 65, "cannot be a meter's id", id="nothing"),
            pytest.param(["timestamp"], 65, "means something else", id="a column's name"),
            pytest.param(["meter"], 65, "already there (meterctl meters set meter)", id="known"),
            pytest.param(["metervalue"], 65, "already has that name", id="a column of another"),
            pytest.param(["gas", "--column", "=1+1"], 65, "cannot be a column", id="formula"),
            pytest.param(["gas", "--column", "METER"], 65, "already has that name", id="by case"),
            pytest.param(["gas", "--unit", "gallon"], 65, "unknown unit 'gallon'", id="unit"),
            pytest.param(["gas", "--kind", "sundial"], 2, "'sundial' is not one of", id="kind"),
            pytest.param(["gas", "--direction", "up"], 2, "'up' is not one of", id="direction"),
            pytest.param(["gas", "--digits", "0"], 65, "1 to 12 digits", id="no digits"),
            pytest.param(["gas", "--digits", "x"], 2, "--digits", id="digits in letters"),
            pytest.param(["gas", "--decimals", "7"], 65, "0 to 6 decimals", id="decimals"),
            pytest.param(["gas", "--max-per-hour", "0"], 65, "above zero", id="nothing an hour"),
            pytest.param(["gas", "--max-per-hour", "1,5"], 65, "decimal comma", id="comma"),
            pytest.param(["gas", "--tz", "Mars/Phobos"], 65, "no time zone", id="zone"),
            pytest.param(["gas", "--obis", "gas"], 65, "not an OBIS code", id="obis"),
            pytest.param(["gas", "--serial", "=cmd"], 65, "cannot be a serial", id="serial"),
            pytest.param(["gas", "--since", "2099-01-01 00:00"], 65, "in the future", id="future"),
            pytest.param([], 2, "missing argument 'METER'", id="no name"),
        ],
    )
    def test_what_is_refused(self, cli: Cli, options: list[str], code: int, said: str) -> None:
        """One line says why, and no meter is added."""
        ran = cli("meters", "add", *options)
        assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
        assert said in ran.err
        assert ids(cli) == ["meter", "inverter"]


class TestSet:
    """What is declared of a meter, changed."""

    def test_some_of_it(self, cli: Cli) -> None:
        """The rest stays as it is."""
        meter = cli(
            "meters",
            "set",
            "metervalue",
            "--digits",
            "6",
            "--no-submit",
            "--serial",
            "A1",
            "--json",
        ).json
        assert (meter["digits"], meter["submitted"], meter["devices"][0]["serial"]) == (
            6,
            False,
            "A1",
        )
        assert (meter["obis"], meter["column"]) == ("1.8.0", "meterValue")

    def test_a_limit_that_a_reading_breaks(self, cli: Cli) -> None:
        """Its readings are looked at anew; lifting the limit clears them."""
        cli("record", "100", "--at", "2026-03-01 07:00")
        cli("record", "200", "--at", "2026-03-02 07:00")
        assert cli("review").out == "no reading looks wrong\n"
        cli("meters", "set", "meter", "--max-per-hour", "3")
        assert "high_low" in cli("review").out
        cli("meters", "set", "meter", "--max-per-hour", "30")
        assert cli("review").out == "no reading looks wrong\n"

    def test_a_dial_that_rolls_over(self, cli: Cli) -> None:
        """Once its digits are declared, the use goes on across its end."""
        cli("record", "99990", "--at", "2026-03-01 07:00")
        cli("record", "5", "--at", "2026-03-02 07:00")
        assert used(cli, "meter") == []
        cli("meters", "set", "meter", "--digits", "5")
        assert used(cli, "meter") == [15]

    @pytest.mark.parametrize(
        ("options", "code", "said"),
        [
            pytest.param(["meter"], 2, "nothing to set", id="nothing"),
            pytest.param(["gas", "--digits", "5"], 65, "no meter 'gas'", id="unknown"),
            pytest.param(["meter", "--column", "inverter"], 65, "already has", id="taken"),
            pytest.param(["meter", "--kind", "daily"], 65, "stays a register", id="kind"),
            pytest.param(["meter", "--unit", "MWh"], 65, "stays a register in kWh", id="unit"),
            pytest.param(["meter", "--tz", "Nowhere"], 65, "no time zone", id="zone"),
        ],
    )
    def test_what_is_refused(self, cli: Cli, options: list[str], code: int, said: str) -> None:
        """One line says why, and the meter stays as it was."""
        cli("record", "1", "--at", "2026-03-01 07:00")
        before = cli("meters", "list", "--json").out
        ran = cli("meters", "set", *options)
        assert (ran.code, ran.out) == (code, "")
        assert said in ran.err
        assert cli("meters", "list", "--json").out == before

    def test_another_kind_before_any_reading(self, cli: Cli) -> None:
        """Nothing is counted yet, so it may."""
        assert cli("meters", "set", "meter", "--kind", "daily", "--unit", "Wh").code == 0


class TestReplace:
    """A swap of the device behind a meter."""

    @pytest.fixture(autouse=True)
    def _readings_of_the_old_one(self, cli: Cli) -> None:
        cli("record", "48200", "--at", "2026-02-27 07:00")
        cli("record", "48210", "--at", "2026-02-28 07:00")

    def test_final_and_initial_value(self, cli: Cli) -> None:
        """The use is right across the swap."""
        done = cli(
            *("meters", "replace", "meter", "--at", "2026-03-01 10:00"),
            *("--final", "48213.7", "--initial", "0.3", "--serial", "B2", "--json"),
        ).json
        assert done["devices"] == [
            {"number": 1, "serial": None, "since": None},
            {"number": 2, "serial": "B2", "since": "2026-03-01T09:00:00Z"},
        ]
        cli("record", "5.3", "--at", "2026-03-02 07:00")
        assert used(cli, "meter") == [18.7]
        assert cli("review").out == "no reading looks wrong\n"

    def test_readings_stored_since_then(self, cli: Cli) -> None:
        """They are the new device's: they move there, and look right."""
        cli("record", "4", "--at", "2026-03-02 07:00")
        assert "less_than_previous" in cli("review").out
        ran = cli("meters", "replace", "meter", "--at", "2026-03-01 10:00", "--final", "48213.7")
        assert "a later reading is now the new device's" in ran.err
        assert cli("review").out == "no reading looks wrong\n"
        assert used(cli, "meter") == [17.7]
        assert cli("current", "--json").json["meterValue"] == 4

    def test_without_a_final_value(self, cli: Cli) -> None:
        """It is told that the use up to the swap is not counted."""
        ran = cli("meters", "replace", "meter", "--at", "2026-03-01 10:00")
        assert "without --final" in ran.err
        cli("record", "5", "--at", "2026-03-02 07:00")
        assert used(cli, "meter") == [15]

    def test_the_ids_at_the_instant_of_the_swap(self, cli: Cli) -> None:
        """Both devices have a value then; each has its id, which `correct` understands."""
        cli("meters", "replace", "meter", "--at", "2026-03-01 10:00", "--final", "48213.7")
        shown = cli("history", "meter", "--json").json["readings"][-2:]
        by_id = {one["id"]: one["value"] for one in shown}
        assert by_id == {"meter@2026-03-01T09:00:00Z~1": 48213.7, "meter@2026-03-01T09:00:00Z": 0}
        ran = cli("correct", "meter@2026-03-01T09:00:00Z~1", "48214", "--reason", "photo")
        assert ran.out == "meter@2026-03-01T09:00:00Z~1: 48213.7 kWh -> 48214 kWh\n"

    def test_the_final_value_is_stored_already(self, cli: Cli) -> None:
        """The same value is known; another one is refused, and nothing is changed."""
        cli("record", "48213.7", "--at", "2026-03-01 10:00")
        swap = ("meters", "replace", "meter", "--at", "2026-03-01 10:00", "--final")
        refused = cli(*swap, "48214")
        assert refused.code == 65
        assert "already 48213.7 kWh, not 48214 kWh" in refused.err
        assert len(cli("meters", "list", "meter", "--json").json["meters"][0]["devices"]) == 1
        assert cli(*swap, "48213.7").code == 0

    def test_a_daily_counter(self, cli: Cli) -> None:
        """It starts at each midnight anyway: there is no final and initial value."""
        swap = ("meters", "replace", "inverter", "--at", "2026-03-01 10:00")
        assert "has no final and initial value" in cli(*swap, "--final", "3").err
        assert cli(*swap).code == 0

    @pytest.mark.parametrize(
        ("options", "code", "said"),
        [
            pytest.param(["gas", "--at", "2026-03-01 10:00"], 65, "no meter 'gas'", id="unknown"),
            pytest.param(["meter"], 2, "missing option '--at'", id="no time"),
            pytest.param(["meter", "--at", "2099-01-01 00:00"], 65, "in the future", id="future"),
            pytest.param(["meter", "--at", "soon"], 65, "not a time", id="noon"),
            pytest.param(
                ["meter", "--at", "2026-03-01 10:00", "--final", "x"], 65, "not a value", id="final"
            ),
            pytest.param(
                ["meter", "--at", "2026-03-01 10:00", "--initial", "-1"],
                65,
                "is negative",
                id="initial",
            ),
        ],
    )
    def test_what_is_refused(self, cli: Cli, options: list[str], code: int, said: str) -> None:
        """One line says why, and no device is added."""
        ran = cli("meters", "replace", *options)
        assert (ran.code, ran.out) == (code, "")
        assert said in ran.err
        assert len(cli("meters", "list", "meter", "--json").json["meters"][0]["devices"]) == 1

    def test_a_swap_before_the_last_one(self, cli: Cli) -> None:
        """Swaps are told in their order."""
        cli("meters", "replace", "meter", "--at", "2026-03-01 10:00")
        ran = cli("meters", "replace", "meter", "--at", "2026-02-01 10:00")
        assert ran.code == 65
        assert "a swap comes after the one before" in ran.err
