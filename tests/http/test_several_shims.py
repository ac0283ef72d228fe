"""Several shims behind a balancer: whichever a request comes to, it is answered as by one."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.helpers import run_program
from tests.http.gates import added, current, log_in, token_of
from tests.http.posting import Poster, record
from tests.http.served import Served, listening
from tests.http.several import Several, machine, several
from tests.postgres import Server

NUMBERS = count(1)


@pytest.fixture(scope="module")
def at(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Several]:
    """Three shims."""
    schema = f"shims-{uuid.uuid4().hex[:12]}"
    with several(tmp_path_factory.mktemp("several"), postgres.url(schema)) as running:
        yield running
    postgres.execute(f'DROP SCHEMA "{schema}" CASCADE')


@pytest.fixture
def posters(at: Several) -> Iterator[list[Poster]]:
    """A client's connection to each of them."""
    made = at.posters(at.shims[0].token())
    yield made
    for one in made:
        one.close()


def at_once(posters: list[Poster], body: dict[str, object], key: str) -> list[httpx.Response]:
    """The same request at each of them, in the same moment."""
    together = threading.Barrier(len(posters))

    def send(poster: Poster) -> httpx.Response:
        together.wait()
        return poster.single(body, key)

    with ThreadPoolExecutor(len(posters)) as pool:
        return list(pool.map(send, posters))


class TestIdempotency:
    """A key is one request's, wherever it arrives."""

    def test_a_try_at_another_shim(self, at: Several, posters: list[Poster]) -> None:
        """The stored answer, byte for byte."""
        body, before = record(next(NUMBERS)), at.entries()
        first, *others = [poster.single(body, "elsewhere") for poster in posters]
        assert first.status_code == 201
        for answer in others:
            assert (answer.status_code, answer.content) == (201, first.content)
            assert answer.headers["Idempotency-Replayed"] == "true"
        assert at.entries() == before + 1

    def test_tries_at_the_same_moment(self, at: Several, posters: list[Poster]) -> None:
        """One stores; all say what it said, or that it is under way."""
        before = at.entries()
        for number in range(40):
            body, key = record(next(NUMBERS)), f"same-moment-{number}"
            answers = at_once(posters, body, key)
            done = [one for one in answers if one.status_code == 201]
            assert {one.status_code for one in answers} <= {201, 409}
            assert len({one.content for one in done}) == 1
            assert [one.headers.get("Idempotency-Replayed") for one in done].count(None) == 1
        assert at.entries() == before + 40

    def test_many_clients_of_many_shims(self, at: Several, posters: list[Poster]) -> None:
        """Each of sixty requests is sent five times, to whichever; none is stored twice."""
        before, stored = at.entries(), len(at.stored())
        requests = [(record(next(NUMBERS)), f"many-{number}") for number in range(60)] * 5

        def send(given: tuple[int, tuple[dict[str, object], str]]) -> int:
            number, (body, key) = given
            answer = posters[number % 3 - number // 60 % 3].single(body, key)
            return answer.status_code

        with ThreadPoolExecutor(16) as pool:
            statuses = Counter(pool.map(send, enumerate(requests)))
        assert set(statuses) <= {201, 409}
        assert at.entries() == before + 60
        assert len(at.stored()) == stored + 60

    def test_another_request_with_that_key(self, posters: list[Poster]) -> None:
        """It is refused, also by a shim that has not seen the first one."""
        assert posters[0].single(record(next(NUMBERS)), "mine").status_code == 201
        refused = posters[1].single(record(next(NUMBERS)), "mine")
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")

    def test_without_a_key(self, at: Several, posters: list[Poster]) -> None:
        """The same record at the same moment is recorded once, and else a duplicate."""
        before = len(at.stored())
        body = record(next(NUMBERS))
        with ThreadPoolExecutor(3) as pool:
            statuses = sorted(pool.map(lambda poster: poster.single(body).status_code, posters))
        assert statuses == [200, 200, 201]
        assert len(at.stored()) == before + 1

    def test_two_truths_at_the_same_moment(self, at: Several, posters: list[Poster]) -> None:
        """One is stored, the other ones are told of it."""
        before = len(at.stored())
        number = next(NUMBERS)
        bodies = [record(number) | {"meterValue": 900_000 + value} for value in range(3)]
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(Poster.single, posters, bodies))
        assert sorted(one.status_code for one in answers) == [201, 409, 409]
        assert len(at.stored()) == before + 1


class TestRevocation:
    """What one machine takes back counts at the next request, everywhere."""

    def test_a_client(self, at: Several) -> None:
        """Its tokens and its secret open nothing any more."""
        login = added(at.shims[0], "phone", "read,record")
        token = token_of(at.shims[1], login)
        assert [current(shim, token).status_code for shim in at.shims] == [200] * 3
        ran = run_program(["clients", "revoke", "phone"], at.shims[2].environment)
        assert ran.code == 0, ran.err
        assert [current(shim, token).status_code for shim in at.shims] == [401] * 3
        assert [log_in(shim, *login).status_code for shim in at.shims] == [401] * 3

    def test_a_token(self, at: Several) -> None:
        """That one alone; the client gets another."""
        login = added(at.shims[0], "tablet", "read")
        token, other = (token_of(shim, login) for shim in at.shims[:2])
        words = ["clients", "revoke", "--token", "-"]
        ran = run_program(words, at.shims[1].environment, stdin=token)
        assert ran.code == 0, ran.err
        assert [current(shim, token).status_code for shim in at.shims] == [401] * 3
        assert [current(shim, other).status_code for shim in at.shims] == [200] * 3

    def test_a_connection_that_stays_open(self, at: Several) -> None:
        """It makes no difference."""
        token = token_of(at.shims[0], added(at.shims[0], "open", "record"))
        posters = at.posters(token)
        assert [one.single(record(next(NUMBERS))).status_code for one in posters] == [201] * 3
        assert run_program(["clients", "revoke", "open"], at.shims[0].environment).code == 0
        assert [one.single(record(next(NUMBERS))).status_code for one in posters] == [401] * 3
        for one in posters:
            one.close()


def test_the_audit_log(at: Several, posters: list[Poster]) -> None:
    """What was done at each shim is in one log."""
    before = len(at.events("record"))
    asked = [poster.single(record(next(NUMBERS))).headers["X-Request-Id"] for poster in posters]
    told = at.events("record")[:3]
    assert [event.request for event in reversed(told)] == asked
    assert len(at.events("record")) == before + 3


class TestLimits:
    """They are the ledger's, not each shim's."""

    def test_wrong_secrets(
        self, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """Ten in all: the eleventh is refused unseen, wherever it is tried."""
        with several(tmp_path_factory.mktemp("wrong"), postgres_url) as at:
            statuses = [log_in(at.shims[n % 3], "mc_nobody", "x").status_code for n in range(15)]
            assert statuses[:10] == [401] * 10
            assert 429 in statuses[10:12]  # one comes back each six seconds
            refused = log_in(at.shims[0], at.shims[0].client, at.shims[0].secret)
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) >= 1

    def test_a_client(self, postgres_url: str, tmp_path: Path) -> None:
        """Its rate is what it may ask of all of them together."""
        with several(tmp_path, postgres_url, "--rate", "20") as at:
            token = at.shims[0].token()
            began = time.monotonic()
            statuses = [current(at.shims[n % 3], token).status_code for n in range(40)]
            back = (time.monotonic() - began) / 3  # one comes back each three seconds
            assert statuses[:20] == [200] * 20
            assert 20 <= statuses.count(200) <= 20 + back + 1
            other = token_of(at.shims[1], added(at.shims[0], "other", "read"))
            assert current(at.shims[2], other).status_code == 200

    def test_workers_of_each(self, postgres_url: str, tmp_path: Path) -> None:
        """Four workers of two servers are no more than one."""
        arguments = ("--rate", "20", "--workers", "2")
        with several(tmp_path, postgres_url, *arguments, count=2) as at:
            token = at.shims[0].token()
            began = time.monotonic()
            statuses = [current(at.shims[n % 2], token).status_code for n in range(40)]
            back = (time.monotonic() - began) / 3
            assert 20 <= statuses.count(200) <= 20 + back + 1
            assert set(statuses) == {200, 429}


class TestConfinement:
    """A client is one ledger's, though the key that signs is the same and so is the server."""

    @pytest.fixture
    def roofs(self, postgres: Server, tmp_path: Path) -> Iterator[tuple[Served, Served]]:
        """A shim over each of two schemas."""
        mark = uuid.uuid4().hex[:8]
        schemas = [f"roof-1-{mark}", f"roof-2-{mark}"]
        first, second = (machine(tmp_path / one, postgres.url(one)) for one in schemas)
        clients = []
        for environment in (first, second):
            words = ["clients", "add", "phone", "--scope", "read,record", "--json"]
            clients.append(run_program(words, environment).json)
        with listening(first, "--port", "0") as one, listening(second, "--port", "0") as two:
            yield (
                Served(one, first, clients[0]["id"], clients[0]["secret"]),
                Served(two, second, clients[1]["id"], clients[1]["secret"]),
            )
        for schema in schemas:
            postgres.execute(f'DROP SCHEMA "{schema}" CASCADE')

    def test_a_token(self, roofs: tuple[Served, Served]) -> None:
        """It opens nothing at the other ledger's shim, neither to look nor to record."""
        for mine, other in (roofs, roofs[::-1]):
            token = mine.token()
            assert current(mine, token).status_code == 200
            refused = current(other, token)
            assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
            poster = Poster(other.url, token)
            assert poster.single(record(1)).status_code == 401
            poster.close()
            assert current(other, other.token()).json()["readings"] == []

    def test_a_secret(self, roofs: tuple[Served, Served]) -> None:
        """It is nobody's there."""
        for mine, other in (roofs, roofs[::-1]):
            refused = log_in(other, mine.client, mine.secret)
            assert (refused.status_code, refused.json()["code"]) == (401, "invalid_client")

    def test_a_key_of_the_other_ledger(self, roofs: tuple[Served, Served]) -> None:
        """The same Idempotency-Key is another request's there."""
        for shim in roofs:
            poster = Poster(shim.url, shim.token())
            answer = poster.single(record(7), "the-same")
            assert (answer.status_code, answer.headers.get("Idempotency-Replayed")) == (201, None)
            poster.close()

    def test_a_limit_of_the_other_ledger(self, roofs: tuple[Served, Served]) -> None:
        """Who guesses at one keeps nobody out of the other."""
        assert 429 in [log_in(roofs[0], "mc_nobody", "x").status_code for _ in range(13)]
        assert log_in(roofs[1], roofs[1].client, roofs[1].secret).status_code == 200
