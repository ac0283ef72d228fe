"""What the tests of the endpoints for records share: one server for a file's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.http.posting import Poster, token_of_new
from tests.http.served import Served, served


@pytest.fixture(scope="module")
def ledger_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of a new ledger."""
    with served(tmp_path_factory.mktemp("served"), "--no-dashboard") as running:
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
