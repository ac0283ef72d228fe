"""Tokens: got, used, worn out, got anew."""

from __future__ import annotations

import pytest

from tests.sandbox.kraken.client import DE, KEY, Customer
from tests.sandbox.utility.customer import Clock

VIEWER = "{ viewer { id } }"


@pytest.mark.parametrize(
    "given",
    [{"APIKey": KEY}, {"email": "customer@example.org", "password": KEY}],
    ids=["key", "password"],
)
def test_a_token(stranger: Customer, clock: Clock, given: dict[str, str]) -> None:
    """It is good for an hour, in both countries, with and without `JWT`."""
    found = stranger.obtain(**given)
    assert found["payload"]["exp"] == clock.now + 3600
    assert found["refreshExpiresIn"] == clock.now + 7 * 86_400
    assert stranger.data(VIEWER) == {"viewer": {"id": "1"}}
    assert stranger.data(VIEWER, path=DE) == {"viewer": {"id": "1"}}
    stranger.token = f"JWT {found['token']}"
    assert stranger.data(VIEWER) == {"viewer": {"id": "1"}}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"APIKey": "another"}, "KT-CT-1138"),
        ({"APIKey": "\ud800"}, "KT-CT-1138"),  # half a letter, as JSON may hold it
        ({"email": "customer@example.org", "password": "another"}, "KT-CT-1138"),
        ({"email": "customer", "password": KEY}, "KT-CT-1138"),
        ({"refreshToken": "another"}, "KT-CT-1135"),
        ({"email": "customer@example.org"}, "KT-CT-1142"),
        ({"APIKey": KEY, "refreshToken": "x"}, "KT-CT-1142"),
        ({}, "KT-CT-1142"),
    ],
)
def test_what_opens_nothing(stranger: Customer, given: dict[str, str], code: str) -> None:
    """It is an error with its code, and no token."""
    document = (
        "mutation ($input: ObtainJSONWebTokenInput!) { obtainKrakenToken(input: $input) { token } }"
    )
    answer = stranger.send(document, {"input": given})
    assert answer.json["data"] == {"obtainKrakenToken": None}
    extensions = answer.json["errors"][0]["extensions"]
    assert (extensions["errorCode"], extensions["errorType"]) == (code, "VALIDATION")


def test_no_token(stranger: Customer) -> None:
    """It is told so, in the same way whatever is asked."""
    assert stranger.errors(VIEWER) == [("'Authorization' header not provided.", "KT-CT-1112")]
    assert stranger.create().json["errors"][0]["extensions"]["errorCode"] == "KT-CT-1112"
    assert stranger.create_de().json["errors"][0]["extensions"]["errorCode"] == "KT-CT-1112"
    assert stranger.accepted() == []


def test_a_token_that_is_none(stranger: Customer) -> None:
    """It opens nothing; a good one after another word than `JWT` is none."""
    for header in ("moon", f"Bearer {stranger.obtain()['token']}"):
        stranger.token = header
        assert stranger.errors(VIEWER) == [("Authentication failed.", "KT-CT-1139")]


def test_an_hour_later(customer: Customer, clock: Clock) -> None:
    """The token has expired; nothing is taken with it."""
    clock.now += 3599
    assert customer.create().json["data"]["createElectricityMeterReading"]
    clock.now += 1
    assert customer.errors(VIEWER) == [("The Kraken Token has expired.", "KT-CT-1120")]
    assert customer.create_de().json["errors"][0]["extensions"]["errorCode"] == "KT-CT-1120"
    assert len(customer.accepted()) == 1
    customer.switch(expired_code="KT-CT-1124")
    assert customer.errors(VIEWER) == [("Signature of the JWT has expired.", "KT-CT-1124")]


def test_all_tokens_worn_out_at_once(customer: Customer) -> None:
    """A switch ends them; those that come after it is back are good."""
    customer.switch(token_minutes=0)
    assert customer.errors(VIEWER)[0][1] == "KT-CT-1120"
    customer.switch(token_minutes=60)
    assert customer.data(VIEWER) == {"viewer": {"id": "1"}}


def test_a_refresh_token(customer: Customer, clock: Clock) -> None:
    """It brings a new token for a week."""
    refresh = customer.obtain()["refreshToken"]
    clock.now += 7200
    customer.obtain(refreshToken=refresh)
    assert customer.data(VIEWER) == {"viewer": {"id": "1"}}
    clock.now += 7 * 86_400
    document = f'mutation {{ obtainKrakenToken(input: {{refreshToken: "{refresh}"}}) {{ token }} }}'
    assert customer.errors(document) == [("Invalid data.", "KT-CT-1134")]


def test_too_many_requests(customer: Customer, clock: Clock) -> None:
    """It is 200 and an error; the next hour begins anew."""
    clock.now += 3600
    customer.switch(limit=1)
    customer.obtain()
    assert customer.errors(VIEWER) == [("Too many requests.", "KT-CT-1199")]
    clock.now += 3600
    customer.obtain()
