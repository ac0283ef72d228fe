"""Rows: what is written says, when it is read again, exactly what was recorded."""

from __future__ import annotations

import json
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.domain.meters import DEFAULT_METERS
from meterctl.domain.readings import Reading
from meterctl.domain.times import clock_of, zone_named
from meterctl.sheet.port import Cell, Layout, Token, Write
from meterctl.sheet.requests import row_text, token_of, token_value, write_body
from meterctl.sheet.rows import (
    REST,
    Said,
    Statement,
    layout_of,
    rows_of,
    serial_text,
    statement,
    statements_of,
)
from tests.helpers import BERLIN, INVERTER, METER, reading

METERS = {meter.id: meter for meter in DEFAULT_METERS}
HEADER = ("timestamp", "meterValue", "inverterKWh", *REST)
LAYOUT = layout_of(HEADER)
DAY = 86_400_000
ONE = reading("1", "2026-02-01 07:00")

instants = st.integers(0, 4_102_444_800_000)  # until 2100
zones = st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"])
texts = st.none() | st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
# Not more digits than a cell holds.
values = (
    st.none() | st.integers(0, 10**15 - 1) | st.integers(0, 10**11 - 1).map(lambda n: n * 10**6)
)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    """Any reading that a ledger can hold of the two first meters."""
    made = reading("1", "2026-02-01 07:00", draw(st.sampled_from([METER, INVERTER])))
    at = draw(instants)
    return made._replace(
        at=at,
        starts_at=at,
        value=draw(values),
        revision=draw(st.integers(1, 3)),
        note=draw(texts),
        reason=draw(texts),
    )


def cells_of(text: str) -> list[Cell]:
    """A written row as a spreadsheet gives it back: numbers as doubles."""

    def cell(written: dict[str, Any]) -> Cell:
        value = written.get("userEnteredValue", {})
        if "numberValue" in value:
            return Decimal(repr(float(value["numberValue"])))
        return value.get("stringValue")  # type: ignore[no-any-return] # a text, or None

    return [cell(one) for one in json.loads(text, parse_int=Decimal, parse_float=Decimal)["values"]]


def said(cells: list[Cell], layout: Layout = LAYOUT, zone: str = "UTC") -> list[Statement]:
    """What a row says."""
    return list(statements_of(cells, layout, DEFAULT_METERS, zone))


@given(st.lists(readings(), max_size=6, unique_by=lambda one: (one.slot, one.revision)), zones)
def test_there_and_back(given_readings: list[Reading], zone: str) -> None:
    """Whatever was recorded, in whatever zone the spreadsheet is."""
    rows = rows_of(given_readings, METERS, str)
    found = [
        one
        for row in rows
        for one in said(cells_of(row_text(row, LAYOUT, zone_named(zone))), zone=zone)
    ]
    assert sorted(found, key=repr) == sorted(
        (statement(one, METERS[one.meter]) for one in given_readings), key=repr
    )


@given(st.text(min_size=1, max_size=30))
def test_a_text_is_a_text(text: str) -> None:
    """Never a formula or a number, and the body is JSON whatever it holds."""
    (row,) = rows_of([ONE._replace(note=text)], METERS, str)
    cell = json.loads(row_text(row, LAYOUT, BERLIN))["values"][LAYOUT.places["note"]]
    assert cell == {"userEnteredValue": {"stringValue": text}}


@pytest.mark.parametrize("value", ["0", "0.000001", "142.3", "999999999999.123", "123456789012345"])
def test_a_number_is_exact(value: str) -> None:
    """It is written digit by digit."""
    one = reading("1", "2026-02-01 07:00")._replace(value=int(Decimal(value) * 10**6))
    (row,) = rows_of([one], METERS, str)
    assert f'"numberValue":{value}}}' in row_text(row, LAYOUT, BERLIN)


@given(instants)
def test_a_serial_number(clock: int) -> None:
    """It is the millisecond when rounded, and never shown as the second before."""
    serial = Decimal(repr(float(serial_text(clock)))) - 25_569
    assert int(serial * DAY + Decimal("0.5")) == clock
    seconds = (serial * 86_400).to_integral_value(ROUND_FLOOR)
    assert seconds == clock // 1000 or clock % 1000


def test_whole_days() -> None:
    """They have no fraction."""
    assert serial_text(0) == "25569"
    assert serial_text(DAY // 2) == "25569.5"


def test_an_hour_that_comes_twice() -> None:
    """The clock shows the same; the column in UTC tells the two apart."""
    first, second = (
        reading("1", f"2026-10-25T02:30:00{offset}") for offset in ("+02:00", "+01:00")
    )
    assert clock_of(first.at, BERLIN) == clock_of(second.at, BERLIN)
    rows = rows_of([first, second], METERS, str)
    back = [said(cells_of(row_text(row, LAYOUT, BERLIN)), zone="Europe/Berlin") for row in rows]
    assert [one.at for (one,) in back] == [first.at, second.at]


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(None, id="nothing"),
        pytest.param("some time", id="a text"),
        pytest.param(True, id="a tick"),
        pytest.param(Decimal(20260201), id="digits of a date"),
        pytest.param(Decimal("1e300"), id="a huge number"),
        pytest.param(Decimal(-1_000_000_000), id="a negative one"),
        pytest.param(Decimal(2_958_466), id="a year of five digits"),
        pytest.param("2026-10-25 02:30", id="an hour that came twice"),
    ],
)
def test_a_row_whose_time_cannot_be_told(shown: Cell) -> None:
    """It says nothing, and stands in nobody's way."""
    assert said([shown, Decimal(1)], zone="Europe/Berlin") == []


@pytest.mark.parametrize("cells", [[], [None], ["", "", ""], ["Total"], [Decimal(46000)]])
def test_a_row_of_a_person(cells: list[Cell]) -> None:
    """Short and empty ones."""
    assert said(cells) == []


def test_a_row_that_a_person_typed() -> None:
    """Its time is that of the spreadsheet's clock; what is no value is passed over."""
    (one,) = said([Decimal("46054.25"), Decimal("142.30"), "n/a"], zone="Europe/Berlin")
    assert one == Statement(
        "meter", "", reading("1", "2026-02-01 06:00").at, one.at, 1, 142_300_000
    )


class TestCovers:
    """Whether the Sheet says a thing already."""

    ONE = Statement("meter", "", 5, 5, 1, 7)

    @pytest.mark.parametrize(
        ("there", "asked", "covered"),
        [
            pytest.param([], ONE, False, id="nothing"),
            pytest.param([ONE], ONE, True, id="the same"),
            pytest.param([ONE], ONE._replace(value=8), False, id="another value"),
            pytest.param([ONE], ONE._replace(revision=3), False, id="a value that returned"),
            pytest.param([ONE._replace(revision=3)], ONE, True, id="said later"),
            pytest.param([ONE], ONE._replace(at=6), False, id="another time"),
            pytest.param([ONE], ONE._replace(device="2"), False, id="another device"),
            pytest.param([ONE], ONE._replace(value=None), False, id="a void"),
            pytest.param([ONE._replace(value=None)], ONE._replace(value=0), False, id="zero"),
        ],
    )
    def test_it(self, there: list[Statement], asked: Statement, covered: bool) -> None:
        """The same value, and not said before its time."""
        known = Said(lambda _: True)
        known.add(there)
        assert known.covers(asked) is covered

    def test_what_was_not_asked_for(self) -> None:
        """It is not kept."""
        known = Said(lambda one: one.at > 5)
        known.add([self.ONE])
        assert not known.covers(self.ONE)


def test_a_token() -> None:
    """It is read as it was written; what somebody else wrote is nobody's."""
    token = Token(1001, "ledger", 3, 1_000)
    assert token_of(1001, token_value(token)) == token
    for text in ("", "ledger", "ledger 3", "ledger x 1", "a b c d", "ledger -3 1"):
        assert token_of(1001, text) == Token(1001, "", 0, 0)


def test_a_whole_body() -> None:
    """One JSON text: the token first, the rows, then the tokens that go."""
    rows = rows_of([reading("1", "2026-02-01 07:00")], METERS, str)
    write = Write(Token(1001, "ledger", 1, 0), None, LAYOUT, None, rows, "UTC", (900, 901))
    body = json.loads(write_body(write, 7, "Readings"))
    assert [next(iter(one)) for one in body["requests"]] == [
        "createDeveloperMetadata",
        "appendCells",
        "deleteDeveloperMetadata",
        "deleteDeveloperMetadata",
    ]
