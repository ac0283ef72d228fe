"""GraphQL as such: what is understood, what is refused before anything is done."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.kraken.client import ACCOUNT, UK, Customer
from tests.sandbox.talk import ask

ALL_OF_IT = """
# What clients write.
query Meters($account: String!, $inactive: Boolean = false, $full: Boolean!) {
  me: viewer { __typename accounts { number, ...Account } }
  account(accountNumber: $account) {
    number @include(if: $full)
    status @skip(if: $full)
    ... on AccountType { properties { electricityMeterPoints { mpan } } }
    properties { electricityMeterPoints { meters(includeInactive: $inactive) { ...Meter } } }
  }
}
fragment Account on AccountType { status }
fragment Meter on ElectricityMeterType { id registers { identifier } }
"""


def test_aliases_fragments_directives_variables(customer: Customer) -> None:
    """The answer has the shape of the question; a key that comes twice is merged."""
    found = customer.data(ALL_OF_IT, {"account": ACCOUNT, "full": True})
    assert found["me"] == {
        "__typename": "AccountUserType",
        "accounts": [{"number": ACCOUNT, "status": "ACTIVE"}],
    }
    assert set(found["account"]) == {"number", "properties"}
    assert found["account"]["properties"][0]["electricityMeterPoints"][0] == {
        "mpan": "1200000000001",
        "meters": [{"id": "101", "registers": [{"identifier": "1"}]}],
    }


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ viewer { age } }", "Cannot query field 'age' on type 'AccountUserType'."),
        ("{ nothing }", "Cannot query field 'nothing' on type 'Query'."),
        (
            "{ viewer }",
            (
                "Field 'viewer' of type 'AccountUserType' must have a selection of subfields. "
                "Did you mean 'viewer { ... }'?"
            ),
        ),
        (
            "{ viewer { email { x } } }",
            "Field 'email' must not have a selection since type 'String!' has no subfields.",
        ),
        (
            "{ account { number } }",
            (
                "Field 'Query.account' argument 'accountNumber' of type 'String!' is required, "
                "but it was not provided."
            ),
        ),
        (
            '{ account(number: 1, accountNumber: "A") { number } }',
            "Unknown argument 'number' on field 'Query.account'.",
        ),
        (
            "{ account(accountNumber: 5) { number } }",
            "String cannot represent value: 5",
        ),
        (
            "query ($a: Int) { account(accountNumber: $a) { number } }",
            "Variable '$a' of type 'Int' used in position expecting type 'String!'.",
        ),
        (
            "{ account(accountNumber: $a) { number } }",
            "Variable '$a' is not defined.",
        ),
        ("query Q($a: Int) { viewer { id } }", "Variable '$a' is never used in operation 'Q'."),
        ("query ($a: Moon) { viewer(x: $a) { id } }", "Unknown type 'Moon'."),
        ("{ viewer { ...F } }", "Unknown fragment 'F'."),
        (
            "{ viewer { id } } fragment F on AccountType { id }",
            "Fragment 'F' is never used.",
        ),
        (
            "{ viewer { ...F } } fragment F on AccountType { id }",
            (
                "Fragment cannot be spread here as objects of type 'AccountUserType' can never be "
                "of type 'AccountType'."
            ),
        ),
        (
            "{ viewer { ...F } } fragment F on AccountUserType { ...F }",
            "Cannot spread fragment 'F' within itself.",
        ),
        ("{ viewer { id @moon } }", "Unknown directive '@moon'."),
        ("{ viewer { a: id a: email } }", "Fields 'a' conflict. Use different aliases."),
        ("subscription { viewer { id } }", "The schema has no subscription type."),
        (
            "query A { viewer { id } } query A { viewer { id } }",
            "There can be only one operation named 'A'.",
        ),
        (
            "{ viewer { id } } query A { viewer { id } }",
            "This anonymous operation must be the only defined operation.",
        ),
        (
            "mutation { createGasMeterReading(reading: 1.5) { readingErrors { field } } }",
            "Int cannot represent non-integer value: 1.5",
        ),
        (
            "mutation { createGasMeterReading(reading: 3000000000) { readingErrors { field } } }",
            "Int cannot represent non 32-bit signed integer value: 3000000000",
        ),
        (
            'mutation { createGasMeterReading(readAt: "today") { readingErrors { field } } }',
            'Date cannot represent value: "today"',
        ),
        (
            "mutation { createGasMeterReading(readAt: TODAY) { readingErrors { field } } }",
            "Enum value 'TODAY' is not one of this schema.",
        ),
        (
            "mutation { obtainKrakenToken(input: 5) { token } }",
            "Expected type 'ObtainJSONWebTokenInput' to be an object.",
        ),
        (
            "query ($a: Int) { viewer { id } account(accountNumber: [$a]) { number } }",
            "String cannot represent value: a list",
        ),
        (
            "{ viewer { ... on Moon { id } } }",
            "Unknown type 'Moon'.",
        ),
        (
            '{ gasMeterReadings(accountNumber: "A", meterId: "1", readTo: "noon") { totalCount } }',
            'DateTime cannot represent value: "noon"',
        ),
        (
            "mutation { obtainKrakenToken(input: {key: 1}) { token } }",
            "Field 'key' is not defined by type 'ObtainJSONWebTokenInput'.",
        ),
    ],
)
def test_a_document_that_does_not_fit(customer: Customer, document: str, message: str) -> None:
    """It is 200, with errors and no data, and nothing of it is done."""
    answer = customer.send(document)
    assert (answer.status, set(answer.json)) == (200, {"errors"})
    assert message in [one["message"] for one in answer.json["errors"]]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ viewer { id }", "Syntax Error: Expected Name, found <EOF>."),
        ("{ viewer { } }", "Syntax Error: Expected Name, found '}'."),
        ("viewer", "Syntax Error: Unexpected Name 'viewer'."),
        ("{ viewer(a: ) { id } }", "Syntax Error: Unexpected ')'."),
        ("query ($a: [Int Int]) { a }", "Syntax Error: Expected one type in a list, before ')'."),
        ("query ($a Int) { a }", "Syntax Error: Expected ':', found Name 'Int'."),
        ("{ viewer ^ }", 'Syntax Error: Unexpected character: "^".'),
        ('{ viewer(a: "\\q") { id } }', "Syntax Error: Invalid character escape sequence."),
        ("{a" * 2000, "Syntax Error: Document contains too deep a nesting."),
        ("query ($a: " + "[" * 2000, "Syntax Error: Document contains too deep a nesting."),
    ],
)
def test_a_document_that_is_none(customer: Customer, document: str, message: str) -> None:
    """It is 200, with the place of the error."""
    answer = customer.send(document)
    assert answer.status == 200
    [error] = answer.json["errors"]
    assert error["message"] == message
    assert set(error["locations"][0]) == {"line", "column"}


def test_the_place_of_an_error(customer: Customer) -> None:
    """Lines and columns count from 1."""
    [error] = customer.send("{\n  viewer {\n    age\n  }\n}").json["errors"]
    assert error["locations"] == [{"line": 3, "column": 5}]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "Variable '$account' of required type 'String!' was not provided."),
        (
            {"account": None},
            "Variable '$account' got invalid value; Expected value of type 'String!', found null.",
        ),
        (
            {"account": 5},
            "Variable '$account' got invalid value; String cannot represent value: 5",
        ),
    ],
)
def test_a_variable_that_does_not_fit(
    customer: Customer, variables: dict[str, object], message: str
) -> None:
    """It is an error before anything is done."""
    document = "query ($account: String!) { account(accountNumber: $account) { number } }"
    assert customer.errors(document, variables) == [(message, None)]


def test_several_operations(customer: Customer) -> None:
    """The one that is named is carried out."""
    document = "query A { viewer { id } } query B { viewer { email } }"
    answer = customer.send(document, operationName="B")
    assert answer.json == {"data": {"viewer": {"email": "customer@example.org"}}}
    assert customer.errors(document) == [
        ("Must provide operation name if query contains multiple operations.", None)
    ]
    answer = customer.send(document, operationName="C")
    assert answer.json["errors"][0]["message"] == "Unknown operation named 'C'."


def test_one_value_for_a_list(customer: Customer) -> None:
    """It is as good as a list of one, and a text may have three quotes."""
    document = '''mutation {
      createElectricityMeterReading(
        mpan: """1200000000001""", serialNumber: "21L0000001", readAt: "2026-11-21"
        readings: {reading: 5, register: "1"}
      ) { readingErrors { field } }
    }'''
    assert customer.data(document) == {"createElectricityMeterReading": {"readingErrors": None}}


def test_a_list_with_a_variable(customer: Customer) -> None:
    """A variable may be one of a list's values, and a part of an object."""
    document = """mutation ($one: ReadingInputType, $two: Int) {
      createElectricityMeterReading(
        mpan: "1200000000002", serialNumber: "21L0000002", readAt: "2026-11-21"
        readings: [$one, {register: "02", reading: $two}]
      ) { readingErrors { field } }
    }"""
    variables: dict[str, object] = {"one": {"register": "01", "reading": 5}, "two": 6}
    customer.data(document, variables)
    assert [one["value"] for one in customer.accepted()] == [5, 6]
    del variables["two"]
    found = customer.data(document, variables)["createElectricityMeterReading"]
    assert found["readingErrors"] == [{"field": "reading"}]


def test_null_in_place_of_a_default(customer: Customer) -> None:
    """Where a value must be, it is an error of the field."""
    document = 'query ($a: String = "A-1") { account(accountNumber: $a) { number } }'
    assert customer.errors(document, {"a": None}) == [
        ("Expected value of type 'String!', found null.", None)
    ]


def test_one_error_among_answers(customer: Customer) -> None:
    """The field in fault is null, the others have their data."""
    answer = customer.send('{ viewer { id } other: account(accountNumber: "A-1") { number } }')
    assert answer.json["data"] == {"viewer": {"id": "1"}, "other": None}
    [error] = answer.json["errors"]
    assert (error["path"], error["extensions"]["errorCode"]) == (["other"], "KT-CT-4177")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("no JSON", "POST body sent invalid JSON."),
        ("[]", "POST body sent invalid JSON."),
        ("{}", "Must provide query string."),
        (json.dumps({"query": "{a}", "variables": [1]}), "Variables are invalid JSON."),
    ],
)
def test_a_body_that_is_none(customer: Customer, body: str, message: str) -> None:
    """Only then it is 400."""
    answer = customer.post_json(UK, body)
    assert (answer.status, answer.json["errors"][0]["message"]) == (400, message)


def test_other_methods_and_paths(customer: Customer) -> None:
    """There is nothing."""
    assert ask(customer.server, "GET", UK).status == 400
    assert ask(customer.server, "POST", "/v1/graphql", "{}").status == 404
