"""What the tests of the endpoints for records share: one server for a file's tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.http.posting import Poster, token_of_new
from tests.http.served import Served, served


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def ledger_setting(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The setting that leads to a new ledger in either store; none: a file in the test's folder."""
    if request.param == "sqlite":
        yield {}
        return
    server, schema = request.getfixturevalue("postgres"), f"http-{uuid.uuid4().hex[:12]}"
    yield {"METERCTL_LEDGER": server.url(schema)}
    server.execute(f'SET lock_timeout = 10000; DROP SCHEMA IF EXISTS "{schema}" CASCADE')


@pytest.fixture(scope="module")
def ledger_server(
    ledger_setting: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server of a new ledger, over each store."""
    with served(tmp_path_factory.mktemp("served"), "--no-dashboard", **ledger_setting) as running:
        yield running


@pytest.fixture(scope="module")
def poster(ledger_server: Served) -> Iterator[Poster]:
    """A client that may do everything."""
    poster = Poster(ledger_server.url, ledger_server.token())
    yield poster
    poster.close()


@pytest.fixture
def another(ledger_server: Served) -> Iterator[Poster]:
    """Another client of the same ledger."""
    token = token_of_new(ledger_server.url, ledger_server.environment)
    poster = Poster(ledger_server.url, token)
    yield poster
    poster.close()
