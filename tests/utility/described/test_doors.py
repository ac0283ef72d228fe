"""Every way to say who one is, against the sandbox's doors; and bodies of every kind."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from meterctl.errors import ConfigError
from meterctl.sandbox.doors.service import CLIENT, Doors
from meterctl.sandbox.message import Request as Received
from meterctl.sandbox.message import Response
from meterctl.sandbox.server import Running, serve
from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
    Utility,
)
from tests.sandbox.talk import ask
from tests.utility.described.desk import JSON, REQUEST, SECRET, described, desk, says
from tests.utility.wild import until_gone, wild

RULES = """
[[submit.answers]]
status = [200, 201]
where = { state = "accepted" }
outcome = "accepted"
receipt = "receipt"
echo = { id = "{key}", meter = "{meter}", timestamp = "{timestamp}", value = "{value}" }
[[submit.answers]]
status = 409
where = { state = "already" }
outcome = "already"
value = "value"
receipt = "receipt"
[[submit.answers]]
status = 202
outcome = "in_progress"
[[submit.answers]]
status = 403
where = { state = "window_closed" }
outcome = "closed"
[ask]
url = "{url}/{key}"
[[ask.answers]]
status = 404
where = { state = "not_found" }
outcome = "not_there"
[[ask.answers]]
status = 202
outcome = "in_progress"
[[ask.answers]]
status = 200
where = { state = "accepted" }
outcome = "accepted"
receipt = "receipt"
echo = { id = "{key}", value = "{value}" }
"""
BODY = """
[submit]
json = { id = "{key}", meter = "{meter}", timestamp = "{timestamp}", value = "{value}", \
unit = "{unit}" }
"""
KEY = '[auth]\nkind = "key"\nquery = { api_key = "{token}" }\n'
BASIC = '[auth]\nkind = "basic"\n'
OAUTH2 = """[auth]
kind = "oauth2"
token_url = "{url}/../../oauth2/token"
"""
LOGIN = """
[auth]
kind = "login"
[auth.login]
url = "URL/doors/login/session"
json = { user = "{user}", password = "{secret}" }
token = "token"
lasts = "expiresIn"
refresh = "refreshToken"
[auth.refresh]
url = "URL/doors/login/refresh"
json = { refreshToken = "{refresh}" }
"""
HMAC = r"""
[auth]
kind = "hmac"
message = "{method}\n{path}\n{now}\n{body}"
headers = { X-Key-Id = "{user}", X-Timestamp = "{now}", X-Signature = "{signature}" }
"""
TOKENS = {"oauth2": "/doors/oauth2/token", "login": "/doors/login/session"}
AUTH = {
    "apikey-query": KEY,
    "basic": BASIC,
    "oauth2": OAUTH2.replace("{url}/../../", "URL/doors/"),
    "login": LOGIN,
    "hmac": HMAC,
}


@contextmanager
def doors() -> Iterator[Running]:
    """They stand for the length of a block."""
    with serve(Doors(SECRET), name="utility") as running:
        yield running
        assert running.errors == []


def through(running: Running, kind: str, text: str | None = None, secret: str = SECRET) -> Utility:
    """The way through one of them."""
    auth = (AUTH[kind] if text is None else text).replace("URL", running.url)
    return described(
        auth + BODY + RULES,
        f"{running.url}/doors/{kind}/readings",
        token=secret,
        user=CLIENT,
        secret=secret,
    )


def switch(running: Running, **settings: object) -> None:
    """Let the doors behave otherwise."""
    text = json.dumps(settings)
    assert ask(running, "POST", "/sandbox/doors/settings", text).status == 200


def taken(running: Running) -> int:
    """How many readings count."""
    return len(ask(running, "GET", "/sandbox/doors/submissions").json["submissions"])


def posts(running: Running, path: str) -> int:
    """How often something was posted there."""
    lines = ask(running, "GET", "/sandbox/requests").json["requests"]
    return sum(line["method"] == "POST" and line["path"] == path for line in lines)


@pytest.mark.parametrize("kind", AUTH)
class TestEach:
    """What holds for each way to authenticate."""

    def test_let_in(self, kind: str) -> None:
        """The reading is taken, once; it can be asked about, by a client that is new."""
        with doors() as running:
            way = through(running, kind)
            assert isinstance(way.probe(5), NotThere)
            (found,) = way.submit([REQUEST], 5)
            assert isinstance(found, Accepted), found
            assert isinstance(way.submit([REQUEST], 5)[0], Accepted | Already)
            other = REQUEST._replace(key="m1-def", value=142_400_000)
            assert isinstance(way.submit([other], 5)[0], Rejected)
            assert isinstance(through(running, kind).ask(REQUEST, 5), Accepted)
            assert taken(running) == 1

    def test_not_let_in(self, kind: str) -> None:
        """It is said so; nothing was taken, and no secret is shown."""
        with doors() as running:
            way = through(running, kind, secret="a-wrong-secret")
            (found,) = way.submit([REQUEST], 5)
            assert isinstance(found, Refused), found
            assert isinstance(way.probe(5), Refused)
            assert "a-wrong-secret" not in repr(found)
            assert taken(running) == 0

    def test_preview(self, kind: str) -> None:
        """It shows the request, asks for nothing and shows no secret."""
        with doors() as running:
            text = through(running, kind).preview([REQUEST])
            assert '"value": 142.3' in text
            assert SECRET not in text
            assert ask(running, "GET", "/sandbox/requests").json["requests"] == []


@pytest.mark.parametrize("kind", ["oauth2", "login"])
class TestFetchedTokens:
    """A token is asked for, kept, and asked for anew."""

    def test_it_is_kept(self, kind: str) -> None:
        """One token does for several readings."""
        with doors() as running:
            way = through(running, kind)
            for number in (1, 2, 3):
                one = REQUEST._replace(key=f"k{number}", at=REQUEST.at + number * 60_000)
                assert isinstance(way.submit([one], 5)[0], Accepted)
            assert posts(running, TOKENS[kind]) == 1

    @pytest.mark.parametrize("end", ["expire", "revoke"])
    def test_it_ends_before_its_time(self, kind: str, end: str) -> None:
        """The 401 proves that nothing was taken: a fresh token, and once more."""
        with doors() as running:
            way = through(running, kind)
            way.ask(REQUEST, 5)
            ask(running, "POST", f"/sandbox/doors/{end}")
            (found,) = way.submit([REQUEST], 5)
            assert isinstance(found, Accepted), found
            assert taken(running) == 1
            assert posts(running, f"/doors/{kind}/readings") == 2

    def test_it_lives_shortly(self, kind: str) -> None:
        """It is asked for anew before it ends, so no request is refused."""
        with doors() as running:
            switch(running, token_seconds=0)
            way = through(running, kind)
            way.ask(REQUEST, 5)
            switch(running, token_seconds=3600)
            assert isinstance(way.submit([REQUEST], 5)[0], Accepted)
            assert posts(running, f"/doors/{kind}/readings") == 1

    def test_no_token_is_shown(self, kind: str) -> None:
        """What was given to us is a secret too."""
        with doors() as running:
            way = through(running, kind)
            way.ask(REQUEST, 5)
            seen = way._file.door.secrets  # type: ignore[attr-defined]
            text = way.preview([REQUEST]) + repr(way.submit([REQUEST], 5))
            assert seen
            assert not any(token in text for token in seen)


TOKEN_URL = """[auth]
kind = "oauth2"
token_url = "{url}/token"
scope = "a b"
form = { audience = "{account.audience}" }
client = "body"
[account]
audience = "x&y"
"""


class TestTokenEndpoint:
    """Whatever it answers, no submission has left: nothing is ever in doubt."""

    def found(self, *replies: Response, text: str = TOKEN_URL) -> tuple[Outcome, list[Received]]:
        """What comes of a submission."""
        with desk(*replies) as one:
            way = described(text + JSON, one.url, user="me", secret=SECRET)
            return way.submit([REQUEST], 5)[0], one.seen

    def test_what_is_asked(self) -> None:
        """RFC 6749, 4.4: the grant, the scope, what else the file has, the client in the body."""
        reply = says(200, '{"access_token": "T", "expires_in": 60}')
        found, seen = self.found(reply, says(201, '{"receipt": "R"}'))
        assert isinstance(found, Accepted)
        assert seen[0].body.decode() == (
            "grant_type=client_credentials&client_id=me&client_secret=a-secret-of-the-test"
            "&audience=x%26y&scope=a%20b"
        )
        assert seen[1].headers["authorization"] == "Bearer T"

    def test_the_client_in_a_header(self) -> None:
        """User and secret are encoded as in a form first (RFC 6749, 2.3.1)."""
        with desk(says(200, '{"access_token": "T"}'), says(201, '{"receipt": "R"}')) as one:
            text = TOKEN_URL.replace('client = "body"\n', "") + JSON
            described(text, one.url, user="a:b", secret="c d").submit([REQUEST], 5)
            assert one.seen[0].headers["authorization"] == "Basic YSUzQWI6Yytk"
            assert b"client_id" not in one.seen[0].body

    @pytest.mark.parametrize(
        ("reply", "kind"),
        [
            (says(400, '{"error": "invalid_scope"}'), Refused),
            (says(401, '{"error": "invalid_client"}'), Refused),
            (says(403, "{}"), Refused),
            (says(404), Misconfigured),
            (says(429, "", Retry_After="9"), NotTaken),
            (says(500), NotTaken),
            (says(302), NotTaken),
            (says(200, "<html>Log in</html>"), NotTaken),
            (says(200, '{"access_token": ""}'), NotTaken),
            (says(200, '{"access_token": {"a": "secret-of-theirs"}}'), NotTaken),
        ],
    )
    def test_no_token(self, reply: Response, kind: type[Outcome]) -> None:
        """One request, no submission, a reason; what it answered is not kept."""
        found, seen = self.found(reply)
        assert isinstance(found, kind), found
        assert len(seen) == 1
        assert "secret-of-theirs" not in repr(found)
        if reply.status == 429:
            assert isinstance(found, NotTaken)
            assert found.wait == 9.0

    def test_refused_with_a_fresh_token(self) -> None:
        """A second 401 is the end: it does not let us."""
        token = says(200, '{"access_token": "T"}')
        found, seen = self.found(token, says(401), token, says(401))
        assert isinstance(found, Refused)
        assert len(seen) == 4

    def test_a_token_that_no_header_can_carry(self) -> None:
        """Nothing of a reading leaves."""
        found, seen = self.found(says(200, '{"access_token": "é"}'))
        assert isinstance(found, Misconfigured)
        assert len(seen) == 1

    def test_silence(self) -> None:
        """It took the question and never answered: the reading has not left."""
        with wild(until_gone) as server:
            way = described(TOKEN_URL + JSON, server.url, user="me", secret=SECRET)
            (found,) = way.submit([REQUEST], 0.2)
        assert isinstance(found, NotTaken)

    def test_what_it_would_take_is_missing(self) -> None:
        """Nothing leaves."""
        text = LOGIN.replace("URL/doors", "{url}").replace('"{user}"', '"{user}", X = "{nope}"')
        with pytest.raises(ConfigError):
            described(text + JSON, "https://utility.example", user="me", secret=SECRET)
        headers = LOGIN.replace("URL/doors", "{url}").replace(
            'token = "token"', 'headers = { X-User = "{user}" }\ntoken = "token"'
        )
        with desk(says(200)) as one:
            way = described(headers + JSON, one.url, user="é", secret=SECRET)
            assert isinstance(way.submit([REQUEST], 5)[0], Misconfigured)
            assert one.seen == []

    def test_a_life_that_the_file_knows(self) -> None:
        """It is kept for so long."""
        text = LOGIN.replace("URL/doors", "{url}").replace('"expiresIn"', "{lives}")
        reply = says(200, '{"token": "T"}')
        for lives, asked_for in (("0", 2), ("60", 1)):
            with desk(reply, says(201, '{"receipt": "R"}'), reply, says(201)) as one:
                whole = text.replace("{lives}", lives) + JSON
                way = described(whole, one.url, user="me", secret=SECRET)
                way.submit([REQUEST], 5)
                way.submit([REQUEST], 5)
                logins = [request for request in one.seen if request.path == "/login/session"]
                assert len(logins) == asked_for

    def test_nobody_there(self) -> None:
        """Nothing left, not even the question."""
        with desk(says(200)) as one:
            url = one.url
        way = described(TOKEN_URL + JSON, url, user="me", secret=SECRET)
        (found,) = way.submit([REQUEST], 5)
        assert isinstance(found, NotTaken)
        assert found.unreached
        assert isinstance(way.probe(5), NotTaken)


def test_a_signature() -> None:
    """Over what is named, in the encoding that is named, by the clock that is named."""
    text = """
[auth]
kind = "hmac"
algorithm = "sha512"
encoding = "base64"
now = "ms"
message = "{method} {path} {query} {now} {nonce} {body}"
headers = { X-Sign = "{signature}", X-Time = "{now}", X-Nonce = "{nonce}" }
[submit]
url = "{url}/ab"
query = { q = "1" }
json = { v = "{value}", n = "{nonce}" }
[[submit.answers]]
status = 201
outcome = "accepted"
receipt = "receipt"
"""
    with desk(says(201, '{"receipt": "R"}')) as one:
        way = described(text, one.url, secret=SECRET)
        assert isinstance(way.submit([REQUEST], 5)[0], Accepted)
        seen = one.last
    when, nonce = seen.headers["x-time"], seen.headers["x-nonce"]
    assert len(when) == 13
    assert json.loads(seen.body)["n"] == nonce
    message = f"POST /ab q=1 {when} {nonce} {seen.body.decode()}"
    digest = hmac.digest(SECRET.encode(), message.encode(), "sha512")
    assert seen.headers["x-sign"] == base64.b64encode(digest).decode()


def test_no_door() -> None:
    """Nothing is sent, though a token is set."""
    with desk(says(201, '{"receipt": "R"}')) as one:
        described('[auth]\nkind = "none"\n' + JSON, one.url).submit([REQUEST], 5)
        assert "authorization" not in one.last.headers


class TestOfSettings:
    """Without [auth] the settings decide."""

    def test_bearer(self) -> None:
        """The token, as a bearer."""
        assert self.headers()["authorization"] == "Bearer a-token-of-the-test"

    def test_key_header(self) -> None:
        """Or in the header that is set."""
        headers = self.headers(key_header="X-Api-Key")
        assert headers["x-api-key"] == "a-token-of-the-test"
        assert "authorization" not in headers

    def test_none(self) -> None:
        """Or nothing, where there is no token."""
        assert "authorization" not in self.headers(token=None)

    def headers(self, **settings: str | None) -> dict[str, str]:
        """What leaves."""
        with desk(says(201, '{"receipt": "R"}')) as one:
            found = described(JSON, one.url, "json", **settings).submit([REQUEST], 5)
            assert isinstance(found[0], Accepted)
            return dict(one.last.headers)


class TestStates:
    """What the doors do besides."""

    def settled(self, **settings: object) -> tuple[Outcome, Outcome]:
        """What comes of a submission, and of asking about it."""
        with doors() as running:
            switch(running, **settings)
            way = through(running, "basic")
            return way.submit([REQUEST], 5)[0], way.ask(REQUEST, 5)

    def test_in_progress(self) -> None:
        """It has it, and no verdict yet; it says when to ask."""
        found, then = self.settled(in_progress_seconds=60)
        for one in (found, then):
            assert isinstance(one, Lost)
            assert (one.wait, one.nonsense) == (1.0, False)

    def test_the_rate_by_headers(self) -> None:
        """The second request of a minute that has one is not sent."""
        with doors() as running:
            switch(running, rate_limit=1)
            limits = (
                '[limits]\nremaining_header = "X-RateLimit-Remaining"\n'
                'reset_header = "X-RateLimit-Reset"\n'
            )
            way = through(running, "basic", limits + BASIC)
            assert isinstance(way.submit([REQUEST], 5)[0], Accepted)
            found = way.ask(REQUEST, 5)
            assert isinstance(found, NotTaken)
            assert found.wait is not None
            assert 0 < found.wait <= 61
            lines = ask(running, "GET", "/sandbox/requests").json["requests"]
            assert sum(line["path"].startswith("/doors/") for line in lines) == 1


class TestBodies:
    """Forms and lines, as the doors take them."""

    def test_form(self) -> None:
        """A form is taken."""
        with doors() as running:
            text = BODY.replace("json =", "form =") + RULES
            url = f"{running.url}/doors/form/readings"
            (found,) = described(text, url, token=SECRET).submit([REQUEST], 5)
            assert isinstance(found, Accepted), found

    def test_lines(self) -> None:
        """Lines are taken, each with an outcome of its own."""
        text = """
[limits]
rows = 100
[submit]
csv = ["{key}", "{meter}", "{timestamp}", "{value}", "{unit}"]
delimiter = ","
[submit.rows]
match = { "0" = "{key}" }
[[submit.rows.answers]]
status = 200
where = { "1" = "accepted" }
outcome = "accepted"
receipt = "2"
value = "3"
[[submit.rows.answers]]
status = 200
where = { "1" = "already" }
outcome = "already"
receipt = "2"
value = "3"
[[submit.rows.answers]]
status = 200
where = { "1" = "rejected" }
outcome = "rejected"
reason = "4"
[ask]
url = "{url}"
query = { meter = "{meter}" }
[ask.rows]
receipt = "1"
time = "3"
value = "4"
shows = "all"
"""
        later = REQUEST._replace(key="m1-def", at=REQUEST.at + 60_000, value=142_200_000)
        last = REQUEST._replace(key="m1-ghi", at=REQUEST.at + 120_000, value=142_400_000)
        with doors() as running:
            url = f"{running.url}/doors/csv/readings"
            way = described(text, url, token=SECRET)
            found = way.submit([REQUEST, later, last], 5)
            assert [type(one) for one in found] == [Accepted, Rejected, Accepted], found
            assert isinstance(way.ask(REQUEST, 5), Accepted)
            assert isinstance(way.ask(later, 5), NotThere)
            held = ask(running, "GET", "/sandbox/doors/submissions").json["submissions"]
            assert json.dumps([one["value"] for one in held]) == "[142.3, 142.4]"
