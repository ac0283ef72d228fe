"""Who gets in over real sockets: tokens, scopes, secrets, revocation, limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import jwt
import pytest

from meterctl.access.secrets import hash_secret
from meterctl.ledger.access import Secret
from tests.helpers import NOW, run_program
from tests.http.gates import added, current, events, eventually, log_in, token_of
from tests.http.posting import writing_to
from tests.http.served import KEY, Served, served, service_environment, started

WORKERS = 3


@pytest.fixture(scope="module")
def at(
    ledger_setting: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server of several workers, with a client that may do everything; over each store."""
    folder = tmp_path_factory.mktemp("gate")
    with served(folder, "--workers", str(WORKERS), **ledger_setting) as serving:
        yield serving


class TestToken:
    """What a request is let in with."""

    def test_the_answer_to_a_log_in(self, at: Served) -> None:
        """As the contract says; nothing may keep it."""
        answer = log_in(at, at.client, at.secret)
        assert answer.json().keys() == {"token", "tokenType", "expiresIn"}
        assert (answer.json()["tokenType"], answer.json()["expiresIn"]) == ("Bearer", 604800)
        assert answer.headers["cache-control"] == "no-store"
        assert current(at, answer.json()["token"]).status_code == 200

    def test_none(self, at: Served) -> None:
        """It is told how to come in, without an error (RFC 6750, 3.1)."""
        answer = httpx.get(f"{at.url}/readings/current")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "unauthorized"

    @pytest.mark.parametrize("place", ["query", "cookie", "basic", "twice", "body"])
    def test_elsewhere(self, at: Served, place: str) -> None:
        """A token counts in one Authorization header alone."""
        token = at.token()
        url = f"{at.url}/readings/current"
        with httpx.Client() as client:
            answer = {
                "query": lambda: client.get(url, params={"access_token": token}),
                "cookie": lambda: client.get(url, headers={"Cookie": f"token={token}"}),
                "basic": lambda: client.get(url, headers={"Authorization": f"Basic {token}"}),
                "twice": lambda: client.get(
                    url,
                    headers=[
                        ("Authorization", f"Bearer {token}"),
                        ("Authorization", f"Bearer {token}"),
                    ],
                ),
                "body": lambda: client.request("GET", url, json={"access_token": token}),
            }[place]()
        assert answer.status_code == 401

    @pytest.mark.parametrize(
        ("claim", "value"),
        [
            ("iss", "other"),
            ("aud", "meterctl:other"),
            ("sub", "mc_nobody"),
            ("exp", 1),
            ("nbf", 99_999_999_999),
            ("iat", "now"),
            ("jti", None),
            ("aud", ["meterctl"]),
        ],
    )
    def test_a_claim_that_is_not_ours(self, at: Served, claim: str, value: object) -> None:
        """Signed with the right key and all the same refused, with the challenge that says so."""
        claims = jwt.decode(at.token(), options={"verify_signature": False}) | {claim: value}
        forged = jwt.encode(claims, KEY, "HS256") if value is not None else _without(claims, claim)
        answer = current(at, forged)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
        assert answer.json()["code"] == "invalid_token"

    def test_another_key(self, at: Served) -> None:
        """A token that another key has signed opens nothing."""
        claims = jwt.decode(at.token(), options={"verify_signature": False})
        assert current(at, jwt.encode(claims, KEY[::-1], "HS256")).status_code == 401

    def test_scopes(self, at: Served) -> None:
        """Each endpoint asks for its own; 403 names it."""
        endpoints = {
            "read": ("GET", "/readings/current"),
            "record": ("POST", "/records/single"),
            "push": ("POST", "/utility/push"),
        }
        for scope in endpoints:
            token = token_of(at, added(at, f"only {scope}", scope))
            headers = {"Authorization": f"Bearer {token}"}
            for needed, (method, path) in endpoints.items():
                answer = httpx.request(method, at.url + path, headers=headers)
                if needed == scope:
                    assert answer.status_code != 403
                else:
                    assert answer.status_code == 403, (scope, needed)
                    assert f'scope="{needed}"' in answer.headers["www-authenticate"]

    def test_meters(self, at: Served) -> None:
        """A client sees and records the meters it was given, and knows of no others."""
        token = token_of(at, added(at, "one meter", "read,record", "--meters", "inverter"))
        headers = {"Authorization": f"Bearer {token}"}
        record = {"timestamp": "2026-01-01T08:00:00Z", "inverterKWh": 1}
        url = f"{at.url}/records/single"
        assert httpx.post(url, headers=headers, json=record).status_code == 201
        refused = httpx.post(url, headers=headers, json=record | {"meterValue": 5})
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_meter")
        seen = {one["meter"] for one in current(at, token).json()["readings"]}
        assert seen == {"inverter"}

    @pytest.mark.fault(40)
    def test_the_key_before(self, tmp_path: Path) -> None:
        """It is honoured while keys are changed, and not a moment longer than it is set."""
        environment = service_environment(tmp_path)
        with served(tmp_path) as old:
            token = old.token()
        renewed = environment | {"METERCTL_JWT_SECRET": "new" * 12}
        both = renewed | {"METERCTL_JWT_SECRET_PREVIOUS": KEY}
        for settings, status in ((both, 200), (renewed, 401)):
            with started(settings, "--port", "0") as server:
                here = old._replace(url=server.url)
                assert current(here, token).status_code == status
                assert current(here, here.token()).status_code == 200


def _without(claims: dict[str, object], name: str) -> str:
    return jwt.encode({k: v for k, v in claims.items() if k != name}, KEY, "HS256")


class TestSecret:
    """What a client proves itself with."""

    def test_all_ways_of_not_knowing(self, at: Served) -> None:
        """Nobody can tell a wrong secret from an unknown client, or from a revoked one."""
        revoked = added(at, "revoked", "read")
        run_program(["clients", "revoke", "revoked"], at.environment)
        answers = [log_in(at, at.client, "x"), log_in(at, "mc_x", "x"), log_in(at, *revoked)]
        told = [{**one.json(), "requestId": ""} for one in answers]
        assert [one.status_code for one in answers] == [401] * 3
        assert told[0] == told[1] == told[2]
        assert told[0]["code"] == "invalid_client"

    @pytest.mark.fault(40)
    def test_rotation(self, at: Served) -> None:
        """Both secrets count for a while, then the new one alone; tokens go on."""
        client, old = added(at, "rotated", "read")
        token = token_of(at, (client, old))
        new = run_program(["clients", "rotate", client, "--json"], at.environment).json["secret"]
        assert log_in(at, client, old).status_code == 200
        assert log_in(at, client, new).status_code == 200
        run_program(["clients", "rotate", client, "--overlap", "0"], at.environment)
        assert log_in(at, client, old).status_code == 401
        assert current(at, token).status_code == 200

    def test_one_that_has_ended(self, at: Served) -> None:
        """A secret whose time is over opens nothing."""
        client, _ = added(at, "ended", "read")
        ledger = writing_to(at.environment, NOW)
        with ledger.writing():
            ledger.add_secret(client, Secret(hash_secret("brief"), NOW, 1), 1)
        ledger.close()
        assert log_in(at, client, "brief").status_code == 401

    @pytest.mark.parametrize(
        "body", [{}, {"clientId": "x"}, {"clientId": 1, "clientSecret": "x"}, [], "x"]
    )
    def test_a_body_of_another_shape(self, at: Served, body: object) -> None:
        """It is refused before anybody is looked for."""
        answer = httpx.post(f"{at.url}/auth/token", json=body)
        assert answer.status_code in (400, 422)


def soon() -> str:
    """An instant after what was issued so far; a token's time is in whole seconds."""
    time.sleep(1.1)
    return time.strftime("%FT%TZ", time.gmtime())


class TestRevocation:
    """Effective at the next request, whichever worker takes it, and after a restart."""

    def everywhere(self, at: Served, token: str) -> set[int]:
        """What enough connections are answered that each worker has answered some."""
        return {current(at, token).status_code for _ in range(12 * WORKERS)}

    @pytest.mark.parametrize("how", ["client", "token", "before", "all"])
    def test_at_once(self, at: Served, how: str) -> None:
        """A token that all workers have seen opens nothing at any of them."""
        client, secret = added(at, f"to be revoked by {how}", "read")
        token = token_of(at, (client, secret))
        other = at.token()
        assert self.everywhere(at, token) == {200}
        words = {
            "client": [client],
            "token": ["--token", token],
            "before": [client, "--issued-before", soon()],
            "all": ["--issued-before", "2001-01-01T00:00:00Z"],
        }[how]
        ran = run_program(["clients", "revoke", *words], at.environment)
        assert ran.code == 0, ran.err
        if how == "all":
            assert self.everywhere(at, token) == {200}
        else:
            assert self.everywhere(at, token) <= {401, 429}
        assert current(at, other).status_code == 200
        assert log_in(at, client, secret).status_code == (401 if how == "client" else 200)

    def test_all_of_all_and_after_a_restart(self, tmp_path: Path) -> None:
        """What was issued before an instant stays refused; a new log-in is let in."""
        with served(tmp_path) as serving:
            token = serving.token()
            assert current(serving, token).status_code == 200
            ran = run_program(["clients", "revoke", "--issued-before", soon()], serving.environment)
            assert ran.code == 0
            assert current(serving, token).status_code == 401
        with started(serving.environment, "--port", "0") as server:
            again = serving._replace(url=server.url)
            assert current(again, token).status_code == 401
            assert current(again, again.token()).status_code == 200

    def test_a_log_in_within_the_same_second(self, tmp_path: Path) -> None:
        """As after a restore: who logs in at once is let in, though a token tells only seconds."""
        with served(tmp_path) as serving:
            before = serving.token()
            time.sleep(1.05 - time.time() % 1)  # a second has just begun
            with closing(writing_to(serving.environment, NOW)) as ledger, ledger.writing():
                ledger.refuse_tokens_before(int(time.time() * 1000))
            assert current(serving, serving.token()).status_code == 200
            assert current(serving, before).status_code == 401


class TestLimits:
    """Too often is told with the time to wait."""

    def test_wrong_secrets(self, tmp_path: Path) -> None:
        """After ten from an address the eleventh is refused unseen, by whichever worker."""
        with served(tmp_path, "--workers", "2") as serving:
            statuses = [log_in(serving, "mc_nobody", "x").status_code for _ in range(14)]
            assert statuses[:10] == [401] * 10
            assert 429 in statuses[10:12]
            refused = log_in(serving, serving.client, serving.secret)
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) >= 1
            assert refused.json()["code"] == "too_many_requests"
            assert httpx.get(f"{serving.url}/health").status_code == 200

    def test_one_client_from_everywhere(self, tmp_path: Path) -> None:
        """Who guesses one client's secret from many addresses is stopped as well."""
        with served(tmp_path, "--trusted-proxy", "127.0.0.1") as serving:
            statuses: list[int] = []
            while 429 not in statuses and len(statuses) < 120:  # some are given back meanwhile
                answer = httpx.post(
                    f"{serving.url}/auth/token",
                    json={"clientId": serving.client, "clientSecret": "x"},
                    headers={"X-Forwarded-For": f"198.51.100.{len(statuses)}"},
                    timeout=30,
                )
                statuses.append(answer.status_code)
            assert statuses[:30] == [401] * 30
            assert statuses[-1] == 429

    def test_an_address_that_is_only_said(self, at: Served) -> None:
        """X-Forwarded-For of whoever is no trusted proxy is not believed."""
        httpx.get(f"{at.url}/readings/current", headers={"X-Forwarded-For": "198.51.100.7"})
        current(at, "x.y.z", **{"X-Forwarded-For": "198.51.100.7"})
        assert eventually(lambda: any(e.name == "token_refused" for e in events(at)))
        assert {e.address for e in events(at)} <= {"127.0.0.1", None}

    def test_a_client(self, tmp_path: Path) -> None:
        """Its own rate, by the minute; others are none the worse."""
        with served(tmp_path, "--rate", "20") as serving:
            token = serving.token()
            statuses = [current(serving, token).status_code for _ in range(25)]
            assert statuses[:20] == [200] * 20
            assert statuses[-1] == 429
            other = token_of(serving, added(serving, "other", "read"))
            assert current(serving, other).status_code == 200

    def test_many_log_ins_at_once(self, tmp_path: Path) -> None:
        """They take their turns, and hold up nobody else."""
        with served(tmp_path) as serving:
            token = serving.token()
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(40) as pool:
                logging_in = [
                    pool.submit(log_in, serving, serving.client, serving.secret) for _ in range(40)
                ]
                longest = max(_timed(lambda: current(serving, token)) for _ in range(10))
                statuses = {one.result().status_code for one in logging_in}
        assert statuses <= {200, 429, 503}
        assert 200 in statuses
        assert longest < 2


def _timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began
