"""What the description lets through is what is stored: values, times, the meters of one client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meterctl.domain.exact import to_json
from meterctl.domain.meters import DEFAULT_METERS, Direction, Kind, Meter
from meterctl.domain.quantity import parse_quantity
from meterctl.domain.times import parse_time
from meterctl.errors import DataError
from meterctl.http.bodies import Number, parse
from meterctl.http.contract import described
from tests.helpers import BERLIN
from tests.http.described import SCHEMAS, validator

PV = Meter("pv", "pv", "kWh", Kind.INTERVAL, Direction.GENERATION)
VALUE, TIMESTAMP = validator(SCHEMAS["Value"]), validator(SCHEMAS["Timestamp"])
AT = "2025-03-01T07:00:00+01:00"


def is_quantity(text: str) -> bool:
    """Whether the ledger would keep it."""
    try:
        parse_quantity(text)
    except DataError:
        return False
    return True


def is_time(text: str) -> bool:
    """Whether it is an instant, be it to come."""
    try:
        parse_time(text, BERLIN)
    except DataError:
        return False
    return True


@given(st.text("0123456789. ,-+e٣", max_size=24))
@example("999999999999.999")
@example("0009999999999990.9990000")
@example("1234567890.123456")
@example(".")
@example("5.")
@settings(max_examples=400, derandomize=True, deadline=None)
def test_text_is_let_through_if_it_is_a_value(text: str) -> None:
    """Neither more nor less than the validator of the command line."""
    assert VALUE.is_valid(text) == is_quantity(text)


@given(st.integers(-10, 10**14), st.integers(-3, 8))
@example(999_999_999_999_999, 3)
@example(1_234_567_890_123_456, 6)
@example(1, 6)
@settings(max_examples=400, derandomize=True, deadline=None)
def test_number_is_let_through_if_it_is_a_value(digits: int, places: int) -> None:
    """Also where JSON writes it with an exponent, as many a library does of 0.00001."""
    text = f"{digits}e{-places}"
    number = parse(text.encode())
    assert isinstance(number, Number)
    assert VALUE.is_valid(json.loads(text)) == is_quantity(number.plain)


@given(
    st.from_regex(
        r" ?(19[67]\d|20\d\d)-(0[1-9]|1[0-3])-[0-3]\d[Tt ][0-2]\d:[0-6]\d(:[0-6]\d(\.\d{1,10})?)?"
        r"( ?([Zz]|[+-][01]\d(:?[0-5]\d(:?[0-5]\d)?)?))?",
        fullmatch=True,
    )
)
@settings(max_examples=1_000, derandomize=True, deadline=None)
def test_no_time_that_would_be_stored_is_held_back(text: str) -> None:
    """Only the clock and the calendar know more than the pattern of a timestamp."""
    is_let_through = TIMESTAMP.is_valid(text)
    assert is_let_through or not is_time(text) or "1969" in text  # an hour of it, by its offset


def record_schema(*meters: Meter) -> dict[str, Any]:
    """Of a client with these meters."""
    whole = json.loads(to_json(described(meters)))
    return dict(whole["components"]["schemas"]["Record"])


@pytest.mark.parametrize(
    ("record", "is_good"),
    [
        ({"meterValue": 1}, True),
        ({"meter": "1.5", "inverter": 2, "note": None, "starts_at": None}, True),
        ({"meter": 1, "meterValue": None}, True),
        ({"pv": 1, "starts_at": "2025-03-01T06:45:00+01:00"}, True),
        ({}, False),
        ({"meter": None}, False),
        ({"meter": 1, "meterValue": 1}, False),
        ({"METERVALUE": 1, "meter": 2}, False),
        ({"water": 1}, False),
        ({"pv": 1}, False),
        ({"meter": 1, "starts_at": "2025-03-01T06:45:00+01:00"}, False),
        ({"pv": 1, "meter": 1, "starts_at": "2025-03-01T06:45:00+01:00"}, False),
    ],
)
def test_record_of_a_client_with_meters_of_all_kinds(
    record: dict[str, object], is_good: bool
) -> None:
    """Each meter once, one at least, and a start for intervals alone."""
    schema = record_schema(*DEFAULT_METERS, PV)
    assert validator(schema).is_valid({"timestamp": AT} | record) == is_good


def test_record_of_a_client_with_intervals_alone() -> None:
    """It always needs its start."""
    schema = validator(record_schema(PV))
    assert schema.is_valid({"timestamp": AT, "starts_at": "2025-03-01 06:45", "pv": 1})
    assert not schema.is_valid({"timestamp": AT, "pv": 1})


def test_dial_bounds_what_its_meter_may_show() -> None:
    """Five digits end before 100,000, as a number and as text."""
    dial = Meter("gas", "gas", "m³", Kind.REGISTER, Direction.CONSUMPTION, digits=5)
    schema = validator(record_schema(dial))
    for value, is_good in ((99_999.999, True), ("099999.9", True), (100_000, False)):
        assert schema.is_valid({"timestamp": AT, "gas": value}) == is_good
    assert not schema.is_valid({"timestamp": AT, "gas": "100000"})


def test_examples_are_ones_that_the_client_may_send() -> None:
    """They name the meters out of the box; for a client without these there are none."""
    paths = described(DEFAULT_METERS)["paths"]
    for one in ("/records/single", "/records/bulk"):
        assert "example" in paths[one]["post"]["requestBody"]["content"]["application/json"]
    paths = described([PV])["paths"]
    for one in ("/records/single", "/records/bulk"):
        assert "example" not in paths[one]["post"]["requestBody"]["content"]["application/json"]
