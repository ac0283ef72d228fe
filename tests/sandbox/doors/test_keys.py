"""Passing the doors, and not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest

from meterctl.sandbox.doors import Doors
from tests.sandbox.doors.caller import TOKEN, Caller, served
from tests.sandbox.doors.keys import FORM, Customer, basic
from tests.sandbox.utility.customer import Clock

Passing = Callable[[str], Customer]
TOKEN_URL = "/doors/oauth2/token"
GRANT = "grant_type=client_credentials"


class TestKeys:
    """What does not change: a key, a password."""

    @pytest.mark.parametrize(
        "query", ["", "?api_key=", "?api_key=wrong", f"?api_key={TOKEN}&api_key={TOKEN}"]
    )
    def test_a_wrong_key(self, caller: Caller, query: str) -> None:
        """401; a key counts once."""
        assert caller.ask("GET", f"/doors/apikey-query/readings/k{query}").status == 401

    def test_a_key_elsewhere(self, caller: Caller) -> None:
        """In a header it is none."""
        headers = {"X-Api-Key": TOKEN, "Authorization": f"Bearer {TOKEN}"}
        path = "/doors/apikey-query/readings/k"
        assert caller.ask("GET", path, headers=headers).status == 401

    @pytest.mark.parametrize(
        "given",
        [
            basic(password="wrong"),
            basic(user="someone"),
            "Basic !",
            "Basic \xff",
            "Basic " + base64.b64encode(TOKEN.encode()).decode(),
            "Basic /w==",
            f"Bearer {TOKEN}",
        ],
    )
    def test_a_wrong_password(self, caller: Caller, given: str) -> None:
        """401 with the scheme that helps."""
        answer = caller.ask("GET", "/doors/basic/readings/k", headers={"Authorization": given})
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="doors", charset="UTF-8"'


class TestSignatures:
    """The door `hmac`."""

    @pytest.mark.parametrize(
        "change",
        [
            {"X-Signature": "0" * 64},
            {"X-Signature": ""},
            {"X-Key-Id": "someone"},
            {"X-Timestamp": "1795348801"},
            {"X-Timestamp": "now"},
        ],
        ids=json.dumps,
    )
    def test_a_wrong_one(self, at: Passing, change: dict[str, str]) -> None:
        """401, and nothing is taken."""
        customer = at("hmac")
        assert customer.submit(headers=change).status == 401
        assert customer.caller.accepted() == []

    def test_the_documented_one(self, clock: Clock) -> None:
        """The example of the documentation passes."""
        clock.now = 1795348800
        with served(Doors("s3cret", clock=clock)) as server:
            signed = {
                "X-Key-Id": "customer",
                "X-Timestamp": "1795348800",
                "X-Signature": "6bfa4612a429796c45aa9a248c5ec925a2caea85cf43ea7eb391478e31faefd6",
            }
            documented = Caller(server, "doors", signed)
            body = (
                '{"id":"k1","meter":"main","timestamp":"2026-11-22T06:00:00Z",'
                '"value":142.30,"unit":"kWh"}'
            )
            assert documented.ask("POST", "/doors/hmac/readings", body).status == 201

    def test_of_another_request(self, at: Passing) -> None:
        """Method, path and body are signed."""
        customer = at("hmac")
        url = customer.url
        right = customer.signed("POST", url, "{}")
        assert customer.caller.ask("POST", url, "{}", right).status == 400
        for method, path, body in (
            ("PUT", url, "{}"),
            ("POST", f"{url}/k", "{}"),
            ("POST", url, "{ }"),
        ):
            assert customer.caller.ask(method, path, body, right).status == 401

    @pytest.mark.parametrize(("off", "status"), [(300, 404), (301, 401), (-300, 404), (-301, 401)])
    def test_the_window(self, at: Passing, clock: Clock, off: int, status: int) -> None:
        """Five minutes, both ways."""
        customer = at("hmac")
        signed = customer.signed("GET", f"{customer.url}/k", "")
        clock.now += off
        answer = customer.caller.ask("GET", f"{customer.url}/k", headers=signed)
        assert answer.status == status


class TestOAuth:
    """The door `oauth2`: RFC 6749 for its tokens, RFC 6750 for what is said of them."""

    def test_a_token(self, at: Passing) -> None:
        """It is a Bearer, tells how long it lives, and may not be kept in a cache."""
        answer = at("oauth2").token()
        assert answer.status == 200
        assert answer.json["token_type"] == "Bearer"
        assert answer.json["expires_in"] == 3600
        assert answer.json["scope"] == "readings:read readings:write"
        assert answer.headers["cache-control"] == "no-store"

    def test_credentials_in_the_body(self, caller: Caller) -> None:
        """They do as well."""
        body = f"{GRANT}&client_id=customer&client_secret={TOKEN}"
        assert caller.ask("POST", TOKEN_URL, body, {"Content-Type": FORM}).status == 200

    def test_a_secret_of_any_letters(self) -> None:
        """In a header it is form-encoded first (RFC 6749, 2.3.1)."""
        secret = "a+b %41ü:"
        with served(Doors(secret)) as server:
            caller = Caller(server, "doors", {"Content-Type": FORM})
            encoded = caller.ask(
                "POST", TOKEN_URL, GRANT, {"Authorization": basic(password=quote_plus(secret))}
            )
            raw = caller.ask("POST", TOKEN_URL, GRANT, {"Authorization": basic(password=secret)})
            body = f"{GRANT}&client_id=customer&client_secret={quote_plus(secret)}"
            assert (encoded.status, raw.status) == (200, 401)
            assert caller.ask("POST", TOKEN_URL, body).status == 200

    @pytest.mark.parametrize(
        ("body", "given", "status", "error"),
        [
            (GRANT, "", 401, "invalid_client"),
            (GRANT, basic(password="wrong"), 401, "invalid_client"),
            (GRANT, "Bearer x", 401, "invalid_client"),
            (f"{GRANT}&client_id=customer&client_secret=x", "", 401, "invalid_client"),
            (f"{GRANT}&client_secret={TOKEN}", basic(), 400, "invalid_request"),
            (f"{GRANT}&{GRANT}", basic(), 400, "invalid_request"),
            ("", basic(), 400, "invalid_request"),
            ("grant_type=password", basic(), 400, "unsupported_grant_type"),
            (f"{GRANT}&scope=readings:write+admin", basic(), 400, "invalid_scope"),
        ],
    )
    def test_none(self, caller: Caller, body: str, given: str, status: int, error: str) -> None:
        """The error is named; a header that was wrong is answered with a challenge."""
        headers = {"Content-Type": FORM, "Authorization": given}
        answer = caller.ask("POST", TOKEN_URL, body, headers)
        assert (answer.status, answer.json) == (status, {"error": error})
        challenge = answer.headers.get("www-authenticate")
        assert challenge == ('Basic realm="doors"' if given and status == 401 else None)

    def test_no_form(self, caller: Caller) -> None:
        """400."""
        headers = {"Authorization": basic()}
        body = json.dumps({"grant_type": "client_credentials"})
        assert caller.ask("POST", TOKEN_URL, body, headers).json == {"error": "invalid_request"}

    @pytest.mark.parametrize("end", ["later", "expire", "revoke"])
    def test_a_token_that_has_ended(self, at: Passing, clock: Clock, end: str) -> None:
        """401 invalid_token; a new one passes."""
        customer = at("oauth2")
        if end == "later":
            clock.now += 3600
        else:
            customer.caller.inside(end)
        answer = customer.submit()
        assert answer.status == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert customer.caller.accepted() == []
        customer.bearer = customer.token().json["access_token"]
        assert customer.submit().status == 201

    def test_a_short_life(self, at: Passing, clock: Clock) -> None:
        """Tokens that are given out from then on live as long as is set."""
        customer = at("oauth2")
        customer.caller.switch(token_seconds=10)
        clock.now += 20
        assert customer.submit().status == 201
        token = customer.token()
        assert token.json["expires_in"] == 10
        customer.bearer = token.json["access_token"]
        clock.now += 10
        assert customer.read_back().status == 401

    def test_a_scope_too_little(self, at: Passing) -> None:
        """403 insufficient_scope, with the one that is needed."""
        customer = at("oauth2")
        customer.bearer = customer.token(scope="readings:read").json["access_token"]
        assert customer.read_back().status == 200
        answer = customer.submit()
        assert answer.status == 403
        assert answer.headers["www-authenticate"] == (
            'Bearer realm="doors", error="insufficient_scope", scope="readings:write"'
        )

    def test_no_token_at_all(self, caller: Caller) -> None:
        """The challenge names no error."""
        answer = caller.ask("GET", "/doors/oauth2/readings/k")
        assert answer.headers["www-authenticate"] == 'Bearer realm="doors"'


class TestLogin:
    """The door `login`."""

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"user": "customer", "password": "wrong"}, 401),
            ({"user": "someone", "password": TOKEN}, 401),
            ({"user": "customer"}, 400),
            ({"user": "customer", "password": 5}, 400),
        ],
    )
    def test_no_login(self, caller: Caller, fields: dict[str, object], status: int) -> None:
        """No token."""
        answer = caller.ask("POST", "/doors/login/session", json.dumps(fields))
        assert answer.status == status
        assert "token" not in answer.json

    @pytest.mark.parametrize("end", ["later", "expire"])
    def test_refreshed(self, at: Passing, clock: Clock, end: str) -> None:
        """A token that has ended is refreshed; the new one passes."""
        customer = at("login")
        if end == "later":
            clock.now += 3600
        else:
            customer.caller.inside("expire")
        assert customer.submit().status == 401
        assert customer.refresh().json["expiresIn"] == 3600
        assert customer.submit().status == 201

    def test_a_spent_refresh_token(self, at: Passing) -> None:
        """It ends all that came of its login, and of no other."""
        customer, other = at("login"), at("login")
        spent = customer.refresh_token
        customer.refresh()
        newest, customer.refresh_token = customer.refresh_token, spent
        assert customer.refresh().status == 401
        assert customer.read_back().status == 401
        customer.refresh_token = newest
        assert customer.refresh().status == 401
        assert other.read_back().status == 200
        customer.log_in()
        assert customer.read_back().status == 200

    def test_revoked(self, at: Passing) -> None:
        """Only a login helps."""
        customer = at("login")
        customer.caller.inside("revoke")
        assert customer.read_back().status == 401
        assert customer.refresh().status == 401
        customer.log_in()
        assert customer.read_back().status == 200

    def test_after_a_month(self, at: Passing, clock: Clock) -> None:
        """The refresh token has ended, too."""
        customer = at("login")
        clock.now += 30 * 24 * 3600
        assert customer.refresh().status == 401

    def test_not_a_post(self, caller: Caller) -> None:
        """400."""
        assert caller.ask("GET", "/doors/login/session").status == 400
