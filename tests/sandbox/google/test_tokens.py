"""The OAuth token endpoint: what it gives a token for, and what a token is good for."""

from __future__ import annotations

import time

import pytest
from google.auth import crypt, jwt

from meterctl.sandbox.google import Google
from meterctl.sandbox.server import Running
from tests.sandbox.google.client import (
    ANNE,
    AUDIENCE,
    BOB,
    SCOPES,
    Api,
    ask_token,
    assertion,
    encoded,
    refused,
)
from tests.sandbox.google.conftest import Clock
from tests.sandbox.talk import ask

TIMES = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


def signed(account: dict[str, str], **claim: object) -> str:
    """A claim with a signature of the account's key."""
    signer = crypt.RSASigner.from_service_account_info(account)  # type: ignore[no-untyped-call]  # google-auth is not typed
    claims = {"iss": account["client_email"], "scope": SCOPES, "aud": AUDIENCE}
    times = {"iat": int(time.time()), "exp": int(time.time()) + 3600}
    return jwt.encode(signer, claims | times | claim).decode()  # type: ignore[no-untyped-call,no-any-return]  # likewise


def test_a_claim_that_the_account_signed(google: Google, server: Running) -> None:
    """It is given a bearer token for an hour, less a second."""
    account = google.new_account(f"{server.url}/token")
    answer = ask_token(server, signed(account))
    assert answer.status == 200
    assert answer.json.keys() == {"access_token", "expires_in", "token_type"}
    assert (answer.json["expires_in"], answer.json["token_type"]) == (3599, "Bearer")


def test_the_account_s_file(google: Google) -> None:
    """It has all that Google's has; a second account of a name is another one."""
    account = google.new_account("http://127.0.0.1:1/token", "home")
    assert account["type"] == "service_account"
    assert account["client_email"] == f"home@{account['project_id']}.iam.gserviceaccount.com"
    assert account["token_uri"] == "http://127.0.0.1:1/token"
    assert account["private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")
    other = google.new_account("http://127.0.0.1:1/token", "home")
    assert other["client_email"] != account["client_email"]


def test_a_claim_that_another_account_signed(google: Google, server: Running) -> None:
    """The signature of an account whose key is known is checked."""
    one, other = (google.new_account(f"{server.url}/token") for _ in range(2))
    answer = ask_token(server, signed(one, iss=other["client_email"]))
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
    assert answer.json["error_description"] == "Invalid JWT Signature."


def test_an_account_that_was_never_seen(server: Running) -> None:
    """Nobody knows its key: it is taken at its word."""
    assert ask_token(server, assertion(ANNE)).status == 200


@pytest.mark.parametrize(
    ("claim", "description"),
    [
        ({"iat": -7200, "exp": -3600}, TIMES),
        ({"iat": 900, "exp": 4000}, TIMES),
        ({"iat": 0, "exp": 3700}, TIMES),
        ({"aud": "https://example.com/token"}, "Invalid JWT: Failed audience check."),
        ({"iss": "anne@example.com"}, "Invalid grant: account not found"),
        ({"iat": "soon"}, "Invalid JWT"),
    ],
)
def test_a_claim_that_is_wrong(server: Running, claim: dict[str, object], description: str) -> None:
    """Times, audience and issuer are checked; it is an invalid grant."""
    now = int(time.time())
    claims = {name: now + one if isinstance(one, int) else one for name, one in claim.items()}
    answer = ask_token(server, assertion(ANNE, **claims))
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
    assert answer.json["error_description"].startswith(description)


def test_a_clock_that_is_a_little_ahead(server: Running) -> None:
    """Some minutes are forgiven."""
    now = int(time.time())
    assert ask_token(server, assertion(ANNE, iat=now + 240, exp=now + 3600)).status == 200


def test_no_scope(server: Running) -> None:
    """There is nothing to give a token for."""
    answer = ask_token(server, assertion(ANNE, scope=""))
    assert (answer.status, answer.json["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("signed_claim", "form", "error"),
    [
        ("nonsense", {}, "invalid_grant"),
        ("a.b.c", {}, "invalid_grant"),
        (f"{encoded({'alg': 'none'})}.{encoded({})}.", {}, "invalid_grant"),
        ("x", {"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_no_claim_at_all(
    server: Running, signed_claim: str, form: dict[str, str], error: str
) -> None:
    """It is told apart by OAuth's own error codes."""
    answer = ask_token(server, signed_claim, **form)
    assert (answer.status, answer.json["error"]) == (400, error)


def test_a_token_s_end(api: Api, clock: Clock) -> None:
    """After an hour it is refused, and the answer says how to authenticate."""
    clock.ahead = 3599
    assert api.sheets("GET").status == 200
    clock.ahead = 3601
    answer = api.sheets("GET")
    assert answer.json["error"]["status"] == "UNAUTHENTICATED"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert "invalid authentication credentials" in refused(answer, 401)


def test_no_token(api: Api) -> None:
    """A request has to carry one; where a key would do, the answer says that."""
    answer = ask(api.server, "POST", f"/v4/spreadsheets/{api.id}:batchUpdate")
    assert "missing required authentication credential" in refused(answer, 401)
    answer = ask(api.server, "GET", f"/v4/spreadsheets/{api.id}")
    assert refused(answer, 403).startswith("Method doesn't allow unregistered callers")


class TestAnApiKey:
    """It names a project, and nobody in it."""

    def test_what_is_shared_with_everybody(self, api: Api) -> None:
        """It may be read, cells and values."""
        path = f"/v4/spreadsheets/{api.id}"
        assert refused(ask(api.server, "GET", f"{path}?key=AIzaOne"), 403) == (
            "The caller does not have permission"
        )
        public = {"type": "anyone", "role": "reader"}
        assert api.ask("POST", f"/drive/v3/files/{api.id}/permissions", public).status == 200
        for tail in ("?", "/values/A1?", "/values:batchGet?ranges=A1&"):
            assert ask(api.server, "GET", f"{path}{tail}key=AIzaOne").status == 200

    def test_what_takes_an_account(self, api: Api) -> None:
        """Whatever wants to write, and searches, are refused."""
        path = f"/v4/spreadsheets/{api.id}"
        for tail in (":batchUpdate", "/values/A1:clear", "/developerMetadata:search"):
            answer = ask(api.server, "POST", f"{path}{tail}?key=AIzaOne")
            assert refused(answer, 401).startswith("API keys are not supported by this API.")

    def test_a_key_that_is_none(self, api: Api) -> None:
        """It is refused as such."""
        answer = ask(api.server, "GET", f"/v4/spreadsheets/{api.id}?key=mine")
        assert refused(answer) == "API key not valid. Please pass a valid API key."


AUTH = "https://www.googleapis.com/auth"


@pytest.mark.parametrize(
    ("scope", "read", "write", "version"),
    [
        (f"{AUTH}/spreadsheets", 200, 200, 403),
        (f"{AUTH}/spreadsheets.readonly", 200, 403, 403),
        (f"{AUTH}/drive", 200, 200, 200),
        (f"{AUTH}/drive.readonly", 200, 403, 200),
        (f"{AUTH}/drive.file", 200, 200, 200),
        (f"{AUTH}/drive.metadata.readonly", 403, 403, 200),
        ("https://spreadsheets.google.com/feeds", 200, 200, 403),
        (f"{AUTH}/calendar", 403, 403, 403),
    ],
)
def test_scopes(api: Api, scope: str, read: int, write: int, version: int) -> None:
    """A token is good for what it was asked for."""
    narrow = api.beside(ANNE, scope)
    assert narrow.sheets("GET").status == read
    assert narrow.sheets("POST", "/values/A1:clear").status == write
    answer = narrow.ask("GET", f"/drive/v3/files/{api.id}")
    assert answer.status == version
    if version == 403:
        assert answer.json["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
        assert answer.json["error"]["errors"][0]["reason"] == "insufficientPermissions"


def test_another_s_spreadsheet(api: Api) -> None:
    """It is there, and not for this account; in Drive it cannot be seen at all."""
    bob = api.beside(BOB)
    assert refused(bob.sheets("GET"), 403) == "The caller does not have permission"
    assert refused(bob.ask("GET", f"/drive/v3/files/{api.id}"), 404) == f"File not found: {api.id}."
    shared = {"type": "user", "role": "reader", "emailAddress": BOB}
    assert api.ask("POST", f"/drive/v3/files/{api.id}/permissions", shared).status == 200
    assert bob.sheets("GET").status == 200
    assert bob.change({"addSheet": {}}).status == 403
    assert (
        api.beside(BOB, f"{AUTH}/drive.file").ask("GET", f"/drive/v3/files/{api.id}").status == 404
    )


def test_no_such_spreadsheet(api: Api) -> None:
    """It is not found, in each API's own words."""
    api.id = "nothing"
    answer = api.sheets("GET")
    assert answer.json == {
        "error": {
            "code": 404,
            "message": "Requested entity was not found.",
            "status": "NOT_FOUND",
        }
    }
    assert api.ask("GET", "/drive/v3/files/nothing").json == {
        "error": {
            "code": 404,
            "message": "File not found: nothing.",
            "errors": [
                {
                    "message": "File not found: nothing.",
                    "domain": "global",
                    "reason": "notFound",
                    "location": "fileId",
                    "locationType": "parameter",
                }
            ],
        }
    }
