"""A foreign file through the whole engine: from its bytes to readings, and what is told of it."""

from __future__ import annotations

from datetime import UTC
from io import BytesIO
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from meterctl.domain.meters import DEFAULT_METERS, Device, Direction, Kind, Meter, Zones
from meterctl.domain.quantity import format_quantity
from meterctl.domain.readings import Reading
from meterctl.domain.times import DAY, MINUTE, with_offset
from meterctl.imports.formats import Context, Options
from meterctl.imports.layout import Label
from meterctl.imports.problems import Problem, Stop, Unknown
from meterctl.imports.text.source import Source
from meterctl.services.importing import Prepared, prepare
from tests.helpers import BERLIN, NOW, instant

HEAD = "Datum;Netzbezug (kWh);Einspeisung (kWh)\n"
# A few rows leave open what a long file shows.
CREATE = Options(create=True, kind=Kind.INTERVAL, label=Label.STARTS)


class Read(NamedTuple):
    """A file, read."""

    prepared: Prepared
    readings: list[Reading]
    problems: list[Problem]
    remarks: tuple[str, ...]

    def told(self, part: str = "") -> list[tuple[str, str, str]]:
        """Start, end and value of each reading of a meter whose id holds `part`."""
        return [
            (
                with_offset(one.starts_at, BERLIN),
                with_offset(one.at, BERLIN),
                format_quantity(one.amount),
            )
            for one in self.readings
            if part in one.meter
        ]


def read(
    text: str,
    options: Options = CREATE,
    meters: tuple[Meter, ...] = DEFAULT_METERS,
    now: int = NOW,
) -> Read:
    """Read a file's text in Berlin, with these meters there already."""
    data = text.encode()
    context = Context(meters, Zones(BERLIN), now, options)
    prepared = prepare(Source("x.csv", BytesIO(data), len(data)), context)
    rows = list(prepared.rows(lambda _bytes: None))
    return Read(
        prepared,
        [reading for row in rows for reading in row.readings],
        [row.problem for row in rows if row.problem is not None],
        prepared.remarks(),
    )


def test_days_with_a_clock_change() -> None:
    """A day is from midnight to midnight, be it of 23 hours or of 25."""
    table = read(HEAD + "30.03.2025;5,5;0\n31.03.2025;6;0,25\n26.10.2025;7;0\n")
    assert table.told("netzbezug") == [
        ("2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00", "5.5"),
        ("2025-03-31T00:00:00+02:00", "2025-04-01T00:00:00+02:00", "6"),
        ("2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00", "7"),
    ]


def test_hour_that_was_shown_twice() -> None:
    """Its rows are told apart by their order; all energy is there, and it is said."""
    hours = ("00:00", "01:00", "02:00", "02:00", "03:00", "04:00")
    rows = "".join(f"26.10.2025 {hour};{index},5;0\n" for index, hour in enumerate(hours))
    table = read(HEAD + rows)
    assert [value for _, _, value in table.told("netzbezug")] == [f"{n}.5" for n in range(6)]
    assert [start for start, _, _ in table.told("netzbezug")][2:4] == [
        "2025-10-26T02:00:00+02:00",
        "2025-10-26T02:00:00+01:00",
    ]
    assert any("02:00 to 03:00 twice" in note for note in table.prepared.notes)


def test_file_upside_down() -> None:
    """The same readings, whichever way round the rows stand."""
    hours = ("00:00", "01:00", "02:00", "02:00", "03:00", "04:00")
    rows = [f"26.10.2025 {hour};{index},5;{index}\n" for index, hour in enumerate(hours)]
    upright, reversed_ = (read(HEAD + "".join(some)) for some in (rows, rows[::-1]))
    assert sorted(upright.told()) == sorted(reversed_.told())


def test_watt_hours_into_a_meter_of_kilowatt_hours() -> None:
    """They are converted exactly."""
    table = read("Date,Consumption (Wh)\n2025-03-01,30000.5\n2025-03-02,0.001\n")
    assert [value for _, _, value in table.told()] == ["30.0005", "0.000001"]


def test_more_than_six_decimals() -> None:
    """They are rounded to the millionth, and it is said of how many."""
    table = read("Date,Consumption (kWh)\n2025-03-01,0.30000000000000004\n2025-03-02,1.0000005\n")
    assert [value for _, _, value in table.told()] == ["0.3", "1"]
    assert table.remarks == ("2 values had more than six decimals: rounded to the millionth",)


def test_day_that_is_not_over() -> None:
    """Its total will be another one tomorrow: it is left out, and it is said."""
    day = with_offset(NOW, BERLIN)[:10]
    earlier = with_offset(NOW - DAY, BERLIN)[:10]
    table = read(f"Date,Consumption (kWh)\n{earlier},5\n{day},3\n")
    assert [value for _, _, value in table.told()] == ["5"]
    assert table.remarks == ("1 value left out: the time they are of is not over yet",)


def test_zeros_of_days_to_come() -> None:
    """Portals fill up the month with zeros: they are left out; anything else is an error."""
    days = [with_offset(NOW + days * DAY, BERLIN)[:10] for days in (-1, 1, 2)]
    table = read(f"Date,Consumption (kWh)\n{days[0]},5\n{days[1]},0\n{days[2]},3\n")
    assert [value for _, _, value in table.told()] == ["5"]
    assert [(p.line, p.column) for p in table.problems] == [(4, 1)]
    assert "is in the future" in table.problems[0].message


def test_fed_in_energy_with_a_minus() -> None:
    """Where none is positive, the minus says the direction; it is taken away, and it is said."""
    table = read(HEAD + "01.03.2025;5,5;-1,5\n02.03.2025;6;0\n13.03.2025;6;-2\n")
    assert [value for _, _, value in table.told("einspeisung")] == ["1.5", "0", "2"]
    assert any("minus" in note for note in table.prepared.notes)


def test_consumption_with_a_minus() -> None:
    """It is an error at its cell."""
    table = read(HEAD + "01.03.2025;-5,5;1\n02.03.2025;6;0\n13.03.2025;6;2\n")
    assert [(p.line, p.column) for p in table.problems] == [(2, 12)]
    assert "negative" in table.problems[0].message


def test_column_that_is_empty_throughout() -> None:
    """No meter is made for it."""
    rows = "13.03.2025,5500,\n14.03.2025,6000,-\n"
    prepared = read("Time,Energie (Wh),ZählerEinspeise-Zähler E (Wh)\n" + rows).prepared
    assert list(prepared.assigned.proposed) == ["Energie (Wh)"]
    assert prepared.assigned.left_out == {
        "ZählerEinspeise-Zähler E (Wh)": "it has no value in this file"
    }


def test_totals_of_days_for_a_daily_meter() -> None:
    """They are what it showed last on that day."""
    options = Options(columns=(("Production (kWh)", "inverter"),))
    table = read("Date,Production (kWh)\n2025-03-30,5.5\n2025-03-31,6\n", options)
    assert table.told("inverter") == [
        ("2025-03-30T23:59:59+02:00", "2025-03-30T23:59:59+02:00", "5.5"),
        ("2025-03-31T23:59:59+02:00", "2025-03-31T23:59:59+02:00", "6"),
    ]


def test_days_of_another_zone_for_a_daily_meter() -> None:
    """They are refused: each would end within a day of the meter's own."""
    options = Options(columns=(("Production (kWh)", "inverter"),), zone=UTC)
    table = read("Date,Production (kWh)\n2025-03-02,5.5\n2025-03-03,6\n", options)
    assert table.readings == []
    message = table.problems[0].message
    assert message.endswith("'Production (kWh)' is not of a whole day in Europe/Berlin")


def test_heading_that_would_move_a_terminals_cursor() -> None:
    """It is told as any other odd text, wherever a message names it."""
    options = Options(columns=(("Production\x1b[2J (kWh)", "inverter"),), zone=UTC)
    table = read("Date,Production\x1b[2J (kWh)\n2025-03-02,5.5\n2025-03-03,6\n", options)
    assert all(text.isprintable() for text in table.prepared.notes)
    assert all(problem.message.isprintable() for problem in table.problems)
    assert len(table.problems) == 2


def test_hours_for_a_daily_meter() -> None:
    """They are refused: it counts days."""
    options = CREATE._replace(columns=(("Production (kWh)", "inverter"),))
    rows = "".join(f"2025-03-01 {hour:02}:00,1\n" for hour in range(12))
    table = read("Date,Production (kWh)\n" + rows, options)
    assert table.readings == []
    assert "counts days" in table.problems[0].message


def test_amounts_for_a_register() -> None:
    """They are refused before anything is read further."""
    options = Options(columns=(("Consumption (kWh)", "meter"),))
    with pytest.raises(Stop) as caught:
        read("Date,Consumption (kWh)\n2025-03-01,5\n2025-03-02,2\n", options)
    assert "meter" in caught.value.problem.message


def test_days_and_hours_of_the_same() -> None:
    """They are two meters: in one they would count the energy twice."""
    days = read("Date,Consumption (kWh)\n2025-03-01,5\n2025-03-02,2\n")
    hours = read("Date,Consumption (kWh)\n2025-03-01 00:00,5\n2025-03-01 01:00,2\n")
    names = [next(iter(one.prepared.assigned.proposed.values())).id for one in (days, hours)]
    assert names == ["consumption-daily", "consumption"]


def test_meter_that_has_a_zone_of_its_own() -> None:
    """The file's clocks are its clocks."""
    meter = Meter(
        "tokyo",
        "tokyoKWh",
        "kWh",
        Kind.INTERVAL,
        Direction.CONSUMPTION,
        zone="Asia/Tokyo",
    )
    options = Options(meter="tokyo")
    table = read(
        "Date,Consumption (kWh)\n2025-03-01,5\n2025-03-02,2\n", options, (*DEFAULT_METERS, meter)
    )
    tokyo = ZoneInfo("Asia/Tokyo")
    assert [with_offset(one.starts_at, tokyo)[11:] for one in table.readings] == [
        "00:00:00+09:00"
    ] * 2


def test_clock_that_is_only_its_meters() -> None:
    """That its changes are none of the usual zone's raises no question.

    One that is raised is of the file as a whole: no line of it is shown as the culprit.
    """
    hours = ("00:00", "00:30", "01:00", "01:30", "01:00", "01:30", "02:00", "02:30")
    rows = "".join(f"2023-11-05 {hour},{number}\n" for number, hour in enumerate(hours))
    text = "Start,Consumption (kWh)\n" + rows
    with pytest.raises(Unknown) as caught:
        read(text)
    assert caught.value.option == "zone"
    assert (caught.value.problem.line, caught.value.problem.text) == (1, "")
    meter = DEFAULT_METERS[0]._replace(
        id="consumption",
        column="consumption",
        kind=Kind.INTERVAL,
        direction=Direction.CONSUMPTION,
        zone="America/New_York",
    )
    table = read(text, meters=(*DEFAULT_METERS, meter))
    ends = [one.at for one in table.readings]
    assert [later - at for at, later in pairwise(ends)] == [DAY // 48] * 7


@pytest.mark.parametrize("offset", ["", "Z"])
def test_meters_in_two_zones(offset: str) -> None:
    """Whose zone is meant is asked, where times have no offset."""
    meters = tuple(
        DEFAULT_METERS[0]._replace(id=name, column=name, kind=Kind.INTERVAL, zone=zone)
        for name, zone in (("here", "America/New_York"), ("there", "Europe/London"))
    )
    columns = (("Netzbezug (kWh)", "here"), ("Einspeisung (kWh)", "there"))
    rows = "".join(f"2025-03-01 {hour:02}:00:00{offset};5;1\n" for hour in range(24))
    options = CREATE._replace(columns=columns)
    if offset:
        assert len(read(HEAD + rows, options, meters).readings) == 48
        return
    with pytest.raises(Unknown) as caught:
        read(HEAD + rows, options, meters)
    assert caught.value.option == "zone"
    assert "America/New_York and Europe/London" in caught.value.problem.message
    assert len(read(HEAD + rows, options._replace(zone=BERLIN), meters).readings) == 48


@pytest.mark.parametrize(("serial", "last"), [("ABC1234567", 1), ("XYZ7654321", 2), ("", 2)])
def test_reading_at_the_instant_of_a_swap(serial: str, last: int) -> None:
    """It is of the device whose serial the file says, else of the new one."""
    swap = instant("2025-03-20T12:00Z")
    devices = (Device(1, "ABC1234567", None), Device(2, "XYZ7654321", swap))
    meter = DEFAULT_METERS[0]._replace(id="house", column="house", devices=devices)
    text = f"Zählernummer;Datum;Zählerstand Bezug (kWh)\n{serial};18.03.2025 13:00;100\n"
    text += f"{serial};20.03.2025 13:00;120\n"
    table = read(text, Options(meter="house"), (*DEFAULT_METERS, meter))
    assert [one.device for one in table.readings] == [1, last]


def test_question_of_a_whole_column() -> None:
    """It is put at the first row, with the flag that answers it."""
    with pytest.raises(Unknown) as caught:
        read("Date,Consumption (kWh)\n03/04/2025,5\n04/05/2025,2\n")
    assert (caught.value.problem.line, caught.value.option) == (2, "order")
    assert "--dates" in caught.value.problem.hint


def test_dial_read_on_a_day_without_an_hour() -> None:
    """It is taken as read as the day begins, and it is said."""
    rows = "13.03.2025;100,5\n14.03.2025;104\n20.05.2025;150\n"
    table = read("Datum;Zählerstand (kWh)\n" + rows, Options(create=True))
    assert table.told()[0] == ("2025-03-13T00:00:00+01:00", "2025-03-13T00:00:00+01:00", "100.5")
    assert table.remarks == ("3 values had no time of day: taken as read at 00:00",)


def test_table_without_any_value() -> None:
    """It is refused: there is nothing to store."""
    with pytest.raises(Stop) as caught:
        read(HEAD + "13.03.2025;;\n14.03.2025;-;-\n")
    assert "no row with a value" in caught.value.problem.message


def test_inverters_that_draw_at_night() -> None:
    """A few watt-hours below nothing: nothing was made then, and they are a series of their own."""
    rows = "".join(f"2025-03-{day:02},{value}\n" for day, value in ((1, 5), (2, -0.003), (13, 4)))
    table = read("Date,Solar production (kWh)\n" + rows)
    assert [value for _, _, value in table.told("production-daily")] == ["5", "0", "4"]
    drawn = [one for one in table.readings if "production-daily" not in one.meter]
    assert [format_quantity(one.amount) for one in drawn] == ["0", "0.003", "0"]
    assert any("inverters drew" in note for note in table.prepared.notes)


def test_production_with_a_minus_throughout() -> None:
    """Some count what leaves as negative: the minus is taken away, and it is said."""
    table = read("Date,Solar production (kWh)\n2025-03-01,-5\n2025-03-13,-6.5\n")
    assert [value for _, _, value in table.told()] == ["5", "6.5"]


def test_kind_that_the_format_knows_better() -> None:
    """It is refused, not passed over."""
    text = "Time,Energie (Wh)\n10.10.2021,21026\n11.10.2021,22153\n"
    with pytest.raises(Stop) as caught:
        read(text, Options(create=True, kind=Kind.REGISTER))
    assert caught.value.problem.message.startswith("--kind register does not fit")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(create=True, unit="m³"), "--unit m³ does not fit: this file says Wh"),
        (
            Options(create=True, direction=Direction.TO_GRID),
            "--direction to_grid does not fit: this file says generation",
        ),
    ],
    ids=["unit", "direction"],
)
def test_answer_to_what_was_not_asked(options: Options, message: str) -> None:
    """It is refused, not passed over."""
    with pytest.raises(Stop) as caught:
        read("Time,Energie (Wh)\n10.10.2021,21026\n11.10.2021,22153\n", options)
    assert caught.value.problem.message.startswith(message)


def test_days_that_are_the_same_either_way() -> None:
    """Nothing is asked where day first and month first are one day."""
    table = read("Date,Consumption (kWh)\n01/01/2025 00:00,5\n01/01/2025 01:00,2\n")
    assert [start[:13] for start, _, _ in table.told()] == ["2025-01-01T00", "2025-01-01T01"]


def test_example_of_a_question() -> None:
    """It is a date of which the two readings differ."""
    with pytest.raises(Unknown) as caught:
        read("Date,Consumption (kWh)\n01/01/2025,5\n01/02/2025,2\n")
    assert "01/02/2025" in caught.value.problem.message


@pytest.mark.parametrize("rest", [HEAD, HEAD + "30.03.2025;5,5;0\n"], ids=["all", "half"])
def test_rows_that_vanish_while_a_file_is_read(rest: str) -> None:
    """The look that makes readings says so, where it finds fewer rows than the first one."""
    data = (HEAD + "30.03.2025;5,5;0\n31.03.2025;6;0,25\n").encode()
    file = BytesIO(data)
    context = Context(DEFAULT_METERS, Zones(BERLIN), NOW, CREATE)
    prepared = prepare(Source("x.csv", file, len(data)), context)
    file.seek(0)
    file.truncate()
    file.write(rest.encode())
    last = list(prepared.rows(lambda _bytes: None))[-1].problem
    assert last is not None
    assert last.message.startswith("the file was changed while it was read: 2 rows at first, then ")


@pytest.mark.parametrize(
    ("days", "hours"),
    [((1, 2, 3, 4), range(24)), ((1,), range(24)), ((4,), range(24)), ((1, 2), range(9, 16))],
    ids=["all", "early", "late", "by-day"],
)
def test_hours_in_a_column_among_quarters(days: tuple[int, ...], hours: range) -> None:
    """A column that is filled in each fourth row counts hours; what is between is not missing.

    So does one that is filled in a part of the file only: its device came later, or went.
    """
    filled = {96 * (day - 1) + 4 * hour for day in days for hour in hours}
    rows = "".join(
        f"2025-03-{row // 96 + 1:02} {row // 4 % 24:02}:{row % 4 * 15:02};1;"
        f"{5 if row in filled else '-'}\n"
        for row in range(4 * 96)
    )
    table = read(HEAD + rows)
    spans = {
        name: {one.at - one.starts_at for one in table.readings if name in one.meter}
        for name in ("netzbezug", "einspeisung")
    }
    assert spans == {"netzbezug": {15 * MINUTE}, "einspeisung": {60 * MINUTE}}


def test_quarters_of_which_most_are_missing() -> None:
    """Their rows are quarters all the same."""
    filled = {3, 8, 10, 11, 20}
    rows = "".join(
        f"2025-03-01 {row // 4:02}:{row % 4 * 15:02};1;{5 if row in filled else ''}\n"
        for row in range(96)
    )
    table = read(HEAD + rows)
    assert {one.at - one.starts_at for one in table.readings} == {15 * MINUTE}


def test_newest_row_first_in_the_repeated_hour() -> None:
    """The file's way is that of most of its rows, not of the first two."""
    labels = ("02:00", "02:30", "02:00", "01:30", "01:00", "00:30")
    rows = "".join(f"26.10.2025 {label};{n};0\n" for n, label in enumerate(labels))
    told = {value: start for start, _, value in read(HEAD + rows).told("netzbezug")}
    assert told["0"] == "2025-10-26T02:00:00+01:00"
    assert told["2"] == "2025-10-26T02:00:00+02:00"
