"""Readings of Octopus Energy in Great Britain."""

from __future__ import annotations

import pytest

from tests.sandbox.kraken.client import ACCOUNT, READ, Customer
from tests.sandbox.talk import Answer
from tests.sandbox.utility.customer import Clock

TAKEN = {"data": {"createElectricityMeterReading": {"readingErrors": None}}}


def code_of(answer: Answer) -> tuple[str, str]:
    """The code of the only error, and what it says of the cause."""
    assert answer.status == 200
    [error] = answer.json["errors"]
    return error["extensions"]["errorCode"], error["extensions"]["errorDescription"]


def reading_error_of(answer: Answer) -> tuple[str, list[str]]:
    """The error within the data, where there are no others."""
    assert (answer.status, "errors" in answer.json) == (200, False)
    [error] = answer.json["data"]["createElectricityMeterReading"]["readingErrors"]
    return error["field"], error["errors"]


def test_a_reading(customer: Customer) -> None:
    """It is taken, listed and shown, at the midnight that begins its day."""
    answer = customer.create(2799)
    assert (answer.status, answer.json) == (200, TAKEN)
    assert customer.shown() == [("2026-11-22T00:00:00+00:00", ["2799.00000"])]
    [taken] = customer.accepted()
    assert taken == {
        "receipt": "49000001",
        "key": None,
        "meter": "1200000000001/21L0000001/1",
        "timestamp": "2026-11-22",
        "value": 2799,
        "unit": "kWh",
    }


def test_a_day_in_summer(customer: Customer) -> None:
    """Its midnight is that of the clocks in London."""
    customer.create(100, day="2026-07-01")
    assert customer.shown()[0][0] == "2026-07-01T00:00:00+01:00"


def test_two_registers(customer: Customer) -> None:
    """What is read together is shown together; if one cannot be, neither is taken."""
    two = [{"register": "01", "reading": 10}, {"register": "02", "reading": 20}]
    meter = {"mpan": "1200000000002", "serial": "21L0000002"}
    assert customer.create(**meter, readings=two).json == TAKEN
    assert customer.shown("102") == [("2026-11-22T00:00:00+00:00", ["10.00000", "20.00000"])]
    wrong = [{"register": "01", "reading": 9}, {"register": "02", "reading": 100000}]
    answer = customer.create(**meter, day="2026-11-21", readings=wrong)
    assert reading_error_of(answer)[0] == "reading"
    assert len(customer.accepted()) == 2


@pytest.mark.parametrize(
    ("more", "field", "text"),
    [
        ({"mpan": "1"}, "mpan", "Meter point not found."),
        ({"serial": "1"}, "serialNumber", "Meter not found."),
        ({"day": None}, "readAt", "This field is required."),
        ({"day": "2026-11-23"}, "readAt", "Reading date cannot be in the future."),
        ({"readings": []}, "readings", "This list may not be empty."),
        ({"readings": [{"register": "9", "reading": 1}]}, "register", "Register not found."),
        ({"readings": [{"register": "1"}]}, "reading", "This field is required."),
        ({"value": 1000000}, "reading", "Reading must have at most 6 digits."),
        ({"value": -1}, "reading", "Reading must have at most 6 digits."),
    ],
)
def test_a_reading_with_a_mistake(
    customer: Customer, more: dict[str, object], field: str, text: str
) -> None:
    """There is no error at all but within the data."""
    assert reading_error_of(customer.create(**more)) == (field, [text])
    assert customer.accepted() == []


def test_a_reading_out_of_line(customer: Customer) -> None:
    """It is an error with the code KT-GB-6411."""
    customer.create(100, day="2026-11-10")
    customer.create(200, day="2026-11-20")
    assert code_of(customer.create(99, day="2026-11-15")) == (
        "KT-GB-6411",
        "Reading is lower than the previous one.",
    )
    assert code_of(customer.create(201, day="2026-11-15")) == (
        "KT-GB-6411",
        "Reading is higher than a later one.",
    )
    customer.switch(lower="quarantine")
    assert customer.create(99, day="2026-11-15").json == TAKEN
    found = customer.data(READ, {"account": ACCOUNT, "meter": "101"})["electricityMeterReadings"]
    assert [one["node"]["registers"][0]["isQuarantined"] for one in found["edges"]] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("policy", "shown"),
    [("ignore", ["5.00000"]), ("replace", ["6.00000"]), ("add", ["6.00000", "5.00000"])],
)
def test_a_second_reading_of_a_day(customer: Customer, policy: str, shown: list[str]) -> None:
    """A switch says what becomes of it; the answer is the same."""
    customer.create(5)
    customer.switch(same_day=policy)
    assert customer.create(6).json == TAKEN
    assert [value for _day, [value] in customer.shown()] == shown


def test_a_second_reading_of_a_day_refused(customer: Customer) -> None:
    """As it is at first, even if the value is the same."""
    customer.create(5)
    expected = ("KT-GB-6411", "A reading already exists for this date.")
    assert code_of(customer.create(5)) == expected
    assert code_of(customer.create(6)) == expected


def test_a_register_twice(customer: Customer) -> None:
    """One of the two would be wrong."""
    two = [{"register": "1", "reading": 10}, {"register": "1", "reading": 20}]
    assert code_of(customer.create(readings=two)) == ("KT-GB-6411", "A register is there twice.")


def test_too_old(customer: Customer) -> None:
    """A switch sets the age."""
    customer.switch(oldest_days=7)
    assert reading_error_of(customer.create(5, day="2026-11-14")) == (
        "readAt",
        ["Reading date is older than 7 days."],
    )
    assert customer.create(5, day="2026-11-15").json == TAKEN


@pytest.mark.parametrize(
    ("success", "found"), [("empty", {"readingErrors": []}), ("nothing", None)]
)
def test_other_ways_to_say_yes(customer: Customer, success: str, found: object) -> None:
    """Clients have met them all."""
    customer.switch(success=success)
    assert customer.create().json == {"data": {"createElectricityMeterReading": found}}
    assert len(customer.accepted()) == 1


def test_taken_and_then_an_error(customer: Customer) -> None:
    """With the switch the answer is an error, and the reading is there."""
    customer.switch(fails_after=True)
    answer = customer.create()
    assert answer.json["data"] == {"createElectricityMeterReading": None}
    assert answer.json["errors"][0]["message"] == "An internal error occurred."
    assert len(customer.shown()) == 1


def test_shown_later(customer: Customer, clock: Clock) -> None:
    """With the switch a reading is shown only after a while."""
    customer.switch(hidden_minutes=30)
    customer.create()
    assert customer.shown() == []
    clock.now += 1800
    assert len(customer.shown()) == 1


def test_page_by_page(customer: Customer) -> None:
    """The newest first; a cursor leads on."""
    for day in (10, 11, 12):
        customer.create(day, day=f"2026-11-{day}")
    variables: dict[str, object] = {"account": ACCOUNT, "meter": "101", "first": 2}
    page = customer.data(READ, variables)["electricityMeterReadings"]
    assert (page["totalCount"], len(page["edges"])) == (3, 2)
    assert page["pageInfo"]["hasNextPage"] is True
    after = {**variables, "after": page["pageInfo"]["endCursor"]}
    page = customer.data(READ, after)["electricityMeterReadings"]
    assert [one["node"]["readAt"][:10] for one in page["edges"]] == ["2026-11-10"]
    assert page["pageInfo"]["hasNextPage"] is False
    assert customer.errors(READ, {**variables, "after": "moon"}) == [("Invalid cursor.", None)]
    negative = {**variables, "first": -1}
    assert customer.errors(READ, negative) == [("`first` and `last` must be 0 or more.", None)]


def test_between_two_times(customer: Customer) -> None:
    """Both ends are included; `last` and `before` go the other way."""
    for day in (10, 11, 12):
        customer.create(day, day=f"2026-11-{day}")
    found = customer.data(
        f"""{{
          some: electricityMeterReadings(accountNumber: "{ACCOUNT}", meterId: "101",
            readFrom: "2026-11-11T00:00:00Z", readTo: "2026-11-11T00:00:00+00:00"
          ) {{ edges {{ node {{ readAt }} }} }}
          oldest: electricityMeterReadings(accountNumber: "{ACCOUNT}", meterId: "101", last: 1
          ) {{ edges {{ cursor node {{ readAt }} }} pageInfo {{ hasPreviousPage }} }}
        }}"""
    )
    assert [one["node"]["readAt"][:10] for one in found["some"]["edges"]] == ["2026-11-11"]
    [edge] = found["oldest"]["edges"]
    assert (edge["node"]["readAt"][:10], found["oldest"]["pageInfo"]["hasPreviousPage"]) == (
        "2026-11-10",
        True,
    )
    before = customer.data(
        f"""{{ electricityMeterReadings(accountNumber: "{ACCOUNT}", meterId: "101",
          before: "{edge["cursor"]}") {{ edges {{ node {{ readAt }} }} }} }}"""
    )["electricityMeterReadings"]
    assert len(before["edges"]) == 2


def test_no_such_meter(customer: Customer) -> None:
    """It is none of the customer's."""
    assert customer.errors(READ, {"account": ACCOUNT, "meter": "201"})[0][1] == "KT-CT-4177"
    assert customer.errors(READ, {"account": "A-1", "meter": "101"})[0][1] == "KT-CT-4177"


def test_gas(customer: Customer) -> None:
    """One whole number, without a register."""
    document = """mutation ($reading: Int, $day: Date = "2026-11-22") {
      createGasMeterReading(
        mprn: "7600000001", serialNumber: "E6S0000001", readAt: $day, reading: $reading
      ) { readingErrors { field errors } }
    }"""
    assert customer.data(document, {"reading": 943}) == {
        "createGasMeterReading": {"readingErrors": None}
    }
    assert customer.errors(document, {"reading": 944})[0][1] == "KT-GB-6412"
    found = customer.data(
        f"""{{ properties(accountNumber: "{ACCOUNT}") {{
            gasMeterPoints {{ mprn meters {{ id }} }} }}
          gasMeterReadings(accountNumber: "{ACCOUNT}", meterId: "201", last: 20) {{
            edges {{ node {{ registers {{ value }} }} }} }} }}"""
    )
    assert found["gasMeterReadings"]["edges"] == [{"node": {"registers": [{"value": "943.00000"}]}}]
    assert found["properties"][0]["gasMeterPoints"] == [
        {"mprn": "7600000001", "meters": [{"id": "201"}]}
    ]
    assert customer.accepted()[0]["unit"] == "m³"


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"same_day": "moon"}, "same_day: refuse or ignore or replace or add"),
        ({"limit": -1}, "limit: a whole number, 0 or more"),
    ],
)
def test_a_switch_with_another_value(
    customer: Customer, settings: dict[str, object], error: str
) -> None:
    """It is told what it takes."""
    answer = customer.switch(**settings)
    assert (answer.status, answer.json) == (400, {"error": error})
