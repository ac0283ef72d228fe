"""`meterctl history` and `current`: what was read, and what was used."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import time_machine

from meterctl.domain.times import aware
from tests.conftest import Cli
from tests.helpers import NOW, Ran


@pytest.fixture(autouse=True)
def _at_noon() -> object:
    with time_machine.travel(aware(NOW), tick=False) as clock:
        yield clock


@pytest.fixture
def three(cli: Cli) -> None:
    """Three days of both meters, the second day's value corrected since."""
    for day, value, solar in (("01", "100", "1"), ("02", "109", "2.5"), ("03", "118.25", "3")):
        cli("record", value, f"inverter={solar}", "--at", f"2026-03-{day} 19:00")
    cli("correct", "meter@2026-03-02T18:00:00Z", "110", "--reason", "misread")


def csv_of(ran: Ran) -> list[dict[str, str]]:
    """The rows it printed."""
    assert ran.code == 0, ran.err
    return list(csv.DictReader(io.StringIO(ran.out)))


def values(ran: Ran) -> list[float | None]:
    """The values of a JSON object of readings, in its order."""
    return [one["value"] for one in ran.json["readings"]]


class TestBeforeAnythingIsStored:
    """Looking makes nothing."""

    @pytest.mark.parametrize(
        ("command", "out", "err"),
        [
            pytest.param(
                ["current"],
                "meter     -  no reading yet\ninverter  -  no reading yet\n",
                "",
                id="current",
            ),
            pytest.param(["history"], "", "no readings\n", id="history"),
            pytest.param(
                ["history", "--by", "day"],
                "",
                "no use is known: it takes two readings of a meter\n",
                id="use",
            ),
            pytest.param(
                ["history", "--csv"], "timestamp,meter,value,unit,quality,revision\n", "", id="csv"
            ),
            pytest.param(["history", "--json"], '{"readings": []}\n', "", id="json"),
            pytest.param(
                ["history", "--by", "day", "--csv"], "period,meter,use,unit\n", "", id="use csv"
            ),
            pytest.param(
                ["current", "--json"],
                '{"timestamp": null, "inverterKWh": null, "meterValue": null, "readings": [],'
                ' "pending": {"sheet": 0, "utility": 0}}\n',
                "",
                id="current json",
            ),
        ],
    )
    def test_looking(
        self, cli: Cli, ledger_path: Path, command: list[str], out: str, err: str
    ) -> None:
        """It succeeds, and no file or folder is made."""
        assert cli(*command) == (0, out, err)
        assert not ledger_path.parent.exists()


@pytest.mark.usefixtures("three")
class TestReadings:
    """The truths, or every revision of them."""

    def test_for_a_person(self, cli: Cli) -> None:
        """One line each, in the order of time and of the meters."""
        assert cli("history").out.splitlines() == [
            "2026-03-01 19:00:00 CET  meter        100 kWh",
            "2026-03-01 19:00:00 CET  inverter       1 kWh",
            "2026-03-02 19:00:00 CET  meter        110 kWh  revision 2, misread",
            "2026-03-02 19:00:00 CET  inverter     2.5 kWh",
            "2026-03-03 19:00:00 CET  meter     118.25 kWh",
            "2026-03-03 19:00:00 CET  inverter       3 kWh",
        ]

    def test_ids(self, cli: Cli) -> None:
        """Each line says what `correct` and `void` want to know."""
        first = cli("history", "meter", "--ids").out.splitlines()[0]
        assert first == "2026-03-01 19:00:00 CET  meter     100 kWh  meter@2026-03-01T18:00:00Z"

    def test_revisions(self, cli: Cli) -> None:
        """What was corrected or voided is shown as well."""
        cli("void", "meter@2026-03-03T18:00:00Z", "--reason", "no")
        ran = cli("history", "meter", "--revisions", "--json")
        assert values(ran) == [100, 109, 110, 118.25, None]
        shown = cli("history", "meter", "--revisions").out.splitlines()
        assert shown[-1] == "2026-03-03 19:00:00 CET  meter        void  revision 2, no"

    def test_one_reading_as_json(self, cli: Cli) -> None:
        """With all that is known of it."""
        assert cli("history", "inverter", "--limit", "1", "--json").json["readings"] == [
            {
                "id": "inverter@2026-03-03T18:00:00Z",
                "meter": "inverter",
                "timestamp": "2026-03-03T18:00:00Z",
                "starts_at": None,
                "value": 3,
                "unit": "kWh",
                "quality": "actual",
                "quality_code": None,
                "source": "cli",
                "note": None,
                "revision": 1,
                "reason": None,
            }
        ]

    def test_as_csv(self, cli: Cli) -> None:
        """A heading and a row each."""
        rows = csv_of(cli("history", "meter", "--csv"))
        assert rows[1] == {
            "timestamp": "2026-03-02T18:00:00Z",
            "meter": "meter",
            "value": "110",
            "unit": "kWh",
            "quality": "actual",
            "revision": "2",
        }

    @pytest.mark.parametrize(
        ("window", "expected"),
        [
            pytest.param(["--since", "2026-03-02"], [110, 118.25], id="since a day"),
            pytest.param(["--until", "2026-03-02"], [100, 110], id="until a day, all of it"),
            pytest.param(["--since", "2026-03-02 19:00"], [110, 118.25], id="since a time"),
            pytest.param(["--since", "2026-03-02 19:00:00.001"], [118.25], id="just after it"),
            pytest.param(["--until", "2026-03-02T18:00:00Z"], [100, 110], id="until a time"),
            pytest.param(["--since", "2026-03-02", "--until", "2026-03-02"], [110], id="one day"),
            pytest.param(["--since", "2026-03-04"], [], id="after all"),
            pytest.param(
                ["--since", "2026-03-03", "--until", "2026-03-01"], [], id="the wrong way round"
            ),
            pytest.param(["--limit", "1"], [118.25], id="the newest one"),
            pytest.param(["--limit", "0"], [100, 110, 118.25], id="all"),
        ],
    )
    def test_a_part(self, cli: Cli, window: list[str], expected: list[float]) -> None:
        """Days are the configured zone's, both ends belong to it; --limit takes the newest."""
        assert values(cli("history", "meter", "--json", *window)) == expected

    def test_a_meter_named_twice(self, cli: Cli) -> None:
        """It is shown once."""
        assert len(values(cli("history", "meter", "METERVALUE", "--json"))) == 3

    def test_more_than_a_screenful(self, cli: Cli) -> None:
        """A person is shown the newest and told of the rest; a program gets all."""
        for day in range(1, 32):
            cli("record", str(200 + day), "--at", f"2026-05-{day:02} 19:00")
        ran = cli("history", "meter")
        assert len(ran.out.splitlines()) == 30
        assert ran.err == "the newest 30; --limit 0 shows all, --since those from a day on\n"
        assert len(values(cli("history", "meter", "--json"))) == 34
        assert cli("history", "--limit", "5", "meter").err == ""
        assert len(cli("history", "meter", "--limit", "0").out.splitlines()) == 34
        assert len(cli("history", "meter", "--since", "2026-01-01").out.splitlines()) == 34
        use = cli("history", "meter", "--by", "day")
        assert len(use.out.splitlines()) == 30
        assert "the newest 30" in use.err


@pytest.mark.usefixtures("three")
class TestUse:
    """What was used, by period."""

    @pytest.mark.parametrize(
        ("by", "expected"),
        [
            pytest.param(
                "hour", {"2026-03-02 18:00+0100": 10, "2026-03-03 18:00+0100": 8.25}, id="h"
            ),
            pytest.param("day", {"2026-03-02": 10, "2026-03-03": 8.25}, id="day"),
            pytest.param("week", {"2026-W10": 18.25}, id="week"),
            pytest.param("month", {"2026-03": 18.25}, id="month"),
            pytest.param("year", {"2026": 18.25}, id="year"),
        ],
    )
    def test_each_period(self, cli: Cli, by: str, expected: dict[str, float]) -> None:
        """The periods that hold a reading add up to what was used."""
        (meter,) = cli("history", "meter", "--by", by, "--json").json["meters"]
        known = {one["period"]: one["use"] for one in meter["periods"] if one["use"] is not None}
        assert known == expected

    def test_for_a_person(self, cli: Cli) -> None:
        """A line for each period that is known."""
        assert cli("history", "--by", "day").out.splitlines() == [
            "2026-03-02  meter       10 kWh",
            "2026-03-03  meter     8.25 kWh",
            "2026-03-01  inverter     1 kWh",
            "2026-03-02  inverter   2.5 kWh",
            "2026-03-03  inverter     3 kWh",
        ]

    def test_as_csv(self, cli: Cli) -> None:
        """A heading and a row each."""
        rows = csv_of(cli("history", "inverter", "--by", "day", "--csv", "--limit", "1"))
        assert rows == [{"period": "2026-03-03", "meter": "inverter", "use": "3", "unit": "kWh"}]

    def test_a_day_without_a_reading(self, cli: Cli) -> None:
        """It is missing, not zero."""
        cli("record", "130", "--at", "2026-03-05 19:00")
        shown = cli("history", "meter", "--by", "day").out.splitlines()
        assert shown[2].split() == ["2026-03-04", "meter", "-", "no", "reading"]
        assert shown[3].endswith("  since 2026-03-03 19:00:00 CET"), "it counts for two days"
        rows = csv_of(cli("history", "meter", "--by", "day", "--csv"))
        assert rows[2]["use"] == ""

    def test_since_a_day(self, cli: Cli) -> None:
        """The first period counts from the reading before it, which is not shown itself."""
        shown = cli(
            "history", "meter", "--by", "day", "--since", "2026-03-03", "--until", "2026-03-03"
        )
        assert shown.out == "2026-03-03  meter  8.25 kWh\n"

    def test_days_without_a_reading_around(self, cli: Cli) -> None:
        """Where a person names a time, missing days before and after are shown as missing too."""
        shown = cli(
            "history", "meter", "--by", "day", "--since", "2026-03-01", "--until", "2026-03-04"
        ).out
        assert [line.split()[-1] for line in shown.splitlines()] == [
            "reading",
            "kWh",
            "kWh",
            "reading",
        ]

    def test_days_to_come(self, cli: Cli) -> None:
        """They are not missing."""
        shown = cli("history", "meter", "--by", "year", "--since", "2026-01-01", "--json").json
        (of_meter,) = shown["meters"]
        assert [one["period"] for one in of_meter["periods"]] == ["2026"]

    def test_a_reading_that_looks_wrong(self, cli: Cli) -> None:
        """It is left out of the use: one typo does not spoil the month."""
        cli("record", "11.9", "--at", "2026-03-04 19:00")
        cli("record", "140", "--at", "2026-03-05 19:00")
        (meter,) = cli("history", "meter", "--by", "month", "--json").json["meters"]
        assert meter["periods"][0]["use"] == 40


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["history", "gas"], 65, "no meter 'gas'", id="unknown meter"),
        pytest.param(["history", "--by", "fortnight"], 2, "'fortnight' is not one of", id="period"),
        pytest.param(["history", "--limit", "-1"], 2, "--limit", id="less than none"),
        pytest.param(["history", "--limit", "x"], 2, "--limit", id="no number"),
        pytest.param(["history", "--json", "--csv"], 2, "exclude each other", id="both forms"),
        pytest.param(["history", "--by", "day", "--ids"], 2, "no ids", id="ids of use"),
        pytest.param(["history", "--revisions", "--limit", "3"], 2, "--limit", id="some revisions"),
        pytest.param(["history", "--since", "2026-02-30"], 65, "no day 2026-02-30", id="no day"),
        pytest.param(["history", "--since", "soon"], 65, "neither a day nor a time", id="no time"),
        pytest.param(["history", "--until", "2026-03-29 02:30"], 65, "did not exist", id="gap"),
        pytest.param(["current", "gas"], 65, "no meter 'gas'", id="current of unknown"),
    ],
)
def test_what_is_refused(cli: Cli, arguments: list[str], code: int, said: str) -> None:
    """One line says why."""
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


class TestCurrent:
    """The newest reading of each meter."""

    def test_as_json(self, cli: Cli) -> None:
        """The object is exactly the contract's."""
        cli("record", "142.3", "--at", "2026-11-22 11:59")
        cli("record", "inverter=5.42", "--at", "2026-11-22 11:00")
        assert cli("current", "--json").json == {
            "timestamp": "2026-11-22T10:59:00Z",
            "inverterKWh": 5.42,
            "meterValue": 142.3,
            "readings": [
                _newest("meter", 142.3, "2026-11-22T10:59:00Z", 60),
                _newest("inverter", 5.42, "2026-11-22T10:00:00Z", 3600),
            ],
            "pending": {"sheet": 0, "utility": 0},
        }

    def test_for_a_person(self, cli: Cli) -> None:
        """Its age is said, and whether it looks wrong."""
        cli("record", "142.3", "--at", "2026-11-20 07:00")
        cli("record", "14.3", "--at", "2026-11-22 07:00")
        assert cli("current").out.splitlines() == [
            "meter     14.3 kWh  2026-11-22 07:00:00 CET  5 h ago  looks wrong: meterctl review",
            "inverter         -  no reading yet",
        ]

    def test_the_newest_was_voided(self, cli: Cli) -> None:
        """The one before it is the newest now."""
        cli("record", "1", "--at", "2026-11-20 07:00")
        cli("record", "2", "--at", "2026-11-21 07:00")
        cli("void", "meter@2026-11-21T06:00:00Z", "--reason", "no")
        assert cli("current", "--json").json["meterValue"] == 1

    def test_one_meter(self, cli: Cli) -> None:
        """Only that one is shown."""
        cli("record", "1", "inverter=2")
        shown = cli("current", "inverterKWh", "--json").json
        assert [one["meter"] for one in shown["readings"]] == ["inverter"]

    def test_exact_numbers(self, cli: Cli) -> None:
        """Fifteen digits come back as they were typed."""
        cli("record", "123456789.012345")
        assert json.loads(cli("current", "--json").out, parse_float=str)["meterValue"] == (
            "123456789.012345"
        )


def _newest(meter: str, value: float, timestamp: str, age: int) -> dict[str, Any]:
    return {
        "meter": meter,
        "value": value,
        "unit": "kWh",
        "timestamp": timestamp,
        "age_seconds": age,
        "quality": "actual",
        "sheet": "off",
        "utility": "off",
    }
