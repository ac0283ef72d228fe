"""Readings of Octopus Energy Germany."""

from __future__ import annotations

import pytest

from tests.sandbox.kraken.client import ACCOUNT_DE, CREATE_DE, DE, READ_DE, Customer
from tests.sandbox.utility.customer import Clock


def shown(customer: Customer) -> list[dict[str, object]]:
    """What is shown of the electricity meter."""
    found = customer.data(READ_DE, {"account": ACCOUNT_DE, "meter": "501"}, DE)
    return [one["node"] for one in found["electricityMeterReadings"]["edges"]]


def test_a_reading(customer: Customer) -> None:
    """Its digits stay as they are; the answer has the day and how many were created."""
    answer = customer.create_de("1234.50")
    assert (answer.status, answer.json) == (
        200,
        {
            "data": {
                "createElectricityMeterReadings": {
                    "readingDate": "2026-11-22",
                    "numberOfReadingsCreated": 1,
                }
            }
        },
    )
    assert shown(customer) == [
        {
            "readAt": "2026-11-22T00:00:00+01:00",
            "value": "1234.50",
            "registerObisCode": "1-0:1.8.0",
            "meterId": "501",
        }
    ]
    [taken] = customer.accepted()
    assert (taken["meter"], taken["value"]) == ("50000000001/1EMH0000000001/1-0:1.8.0", 1234.5)


def test_two_registers(customer: Customer) -> None:
    """Each is a reading of its own; numbers are as good as texts."""
    readings = [
        {"registerObisCode": "1-0:1.8.0", "value": 10.25},
        {"registerObisCode": "1-0:2.8.0", "value": "7"},
    ]
    answer = customer.create_de(readings=readings)
    assert answer.json["data"]["createElectricityMeterReadings"]["numberOfReadingsCreated"] == 2
    assert {one["registerObisCode"]: one["value"] for one in shown(customer)} == {
        "1-0:1.8.0": "10.25",
        "1-0:2.8.0": "7",
    }


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"accountNumber": "A-1"}, "KT-CT-4177"),
        ({"meterId": "601"}, "KT-DE-6413"),
        ({"readingDate": "2026-11-23"}, "KT-DE-6412"),
        ({"readings": []}, "KT-DE-6411"),
        ({"readings": [{"registerObisCode": "1-0:9.9.9", "value": "1"}]}, "KT-DE-6414"),
        ({"value": "1000000"}, "KT-DE-6411"),
    ],
)
def test_a_reading_that_cannot_be(customer: Customer, more: dict[str, object], code: str) -> None:
    """It is an error with its code, and nothing is taken."""
    answer = customer.create_de(**more)
    assert answer.status == 200
    assert answer.json["data"] == {"createElectricityMeterReadings": None}
    assert answer.json["errors"][0]["extensions"]["errorCode"] == code
    assert customer.accepted() == []


@pytest.mark.parametrize("value", ["many", "NaN", True, None])
def test_a_value_that_is_none(customer: Customer, value: object) -> None:
    """It is refused before anything is done."""
    answer = customer.create_de(value)
    assert (answer.status, set(answer.json)) == (200, {"errors"})


def test_an_input_that_lacks_a_field(customer: Customer) -> None:
    """It is refused before anything is done."""
    assert customer.errors(CREATE_DE, {"input": {"meterId": "501"}}, DE) == [
        (
            (
                "Variable '$input' got invalid value; Field 'ReadingsInput.accountNumber' of "
                "required type 'String!' was not provided."
            ),
            None,
        )
    ]


def test_a_second_reading_of_a_day(customer: Customer) -> None:
    """It is refused, or with the switch passed over: none was created then."""
    customer.create_de("5")
    answer = customer.create_de("6")
    assert answer.json["errors"][0]["extensions"] == {
        "errorType": "VALIDATION",
        "errorDescription": "A reading already exists for this date.",
        "errorCode": "KT-DE-6411",
    }
    customer.switch(same_day="ignore")
    answer = customer.create_de("6")
    assert answer.json["data"]["createElectricityMeterReadings"]["numberOfReadingsCreated"] == 0
    assert [one["value"] for one in shown(customer)] == ["5"]


def test_the_day_of_the_country(stranger: Customer, clock: Clock) -> None:
    """At 23:30 in London it is tomorrow in Berlin, and only there."""
    clock.now += 11.5 * 3600
    stranger.obtain()
    assert "errors" not in stranger.create_de("6", readingDate="2026-11-23").json
    british = stranger.create(6, day="2026-11-23").json["data"]["createElectricityMeterReading"]
    assert british["readingErrors"][0]["field"] == "readAt"


def test_by_the_account(customer: Customer) -> None:
    """The way to a register's readings that public clients go."""
    customer.create_de("1234.5")
    document = """query ($account: String!, $property: ID!) {
      account(accountNumber: $account) {
        property(id: $property) {
          electricityMalos {
            maloNumber
            meter { id number registers { obisCode readings(first: 24) {
              edges { node { value readAt } } } } }
          }
        }
        other: property(id: "9") { id }
      }
    }"""
    found = customer.data(document, {"account": ACCOUNT_DE, "property": 1}, DE)["account"]
    assert found["other"] is None
    [malo] = found["property"]["electricityMalos"]
    registers = {
        one["obisCode"]: [edge["node"]["value"] for edge in one["readings"]["edges"]]
        for one in malo["meter"]["registers"]
    }
    assert registers == {"1-0:1.8.0": ["1234.5"], "1-0:2.8.0": []}


def test_gas(customer: Customer) -> None:
    """It has its own mutation and its own query."""
    document = """mutation ($input: ReadingsInput!) {
      createGasMeterReadings(input: $input) { numberOfReadingsCreated } }"""
    given = {
        "accountNumber": ACCOUNT_DE,
        "meterId": "601",
        "readingDate": "2026-11-22",
        "readings": [{"registerObisCode": "7-0:3.0.0", "value": "77.125"}],
    }
    assert customer.data(document, {"input": given}, DE) == {
        "createGasMeterReadings": {"numberOfReadingsCreated": 1}
    }
    found = customer.data(
        f'{{ gasMeterReadings(accountNumber: "{ACCOUNT_DE}", meterId: 601)'
        " { edges { node { value } } } }",
        path=DE,
    )
    assert found["gasMeterReadings"]["edges"] == [{"node": {"value": "77.125"}}]


def test_no_such_meter(customer: Customer) -> None:
    """It is an error with its code."""
    variables: dict[str, object] = {"account": ACCOUNT_DE, "meter": "9"}
    assert customer.errors(READ_DE, variables, DE)[0][1] == "KT-DE-6413"


def test_the_schema_of_the_other_country(customer: Customer) -> None:
    """Its fields are not there."""
    message = "Cannot query field 'createElectricityMeterReadings' on type 'Mutation'."
    document = (
        "mutation ($input: ReadingsInput!) { createElectricityMeterReadings(input: $input)"
        " { readingDate } }"
    )
    assert message in [text for text, _code in customer.errors(document, {"input": {}})]
