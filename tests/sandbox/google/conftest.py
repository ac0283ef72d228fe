"""A sandbox of Google's on a port of its own, and an account's ways to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gspread
import pytest
from google.oauth2.service_account import Credentials

from meterctl.sandbox.google import Google
from meterctl.sandbox.server import Running, serve
from tests.sandbox.google.client import Api


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        """The time."""
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    """The server's clock: the real one, unless it is set ahead."""
    return Clock()


@pytest.fixture
def google(clock: Clock) -> Google:
    """Google, without quotas."""
    return Google(quota=False, clock=clock)


@pytest.fixture
def server(google: Google) -> Iterator[Running]:
    """Google's address; a bug of the service fails the test."""
    with serve(google) as running:
        yield running
    assert not running.errors


@pytest.fixture
def api(google: Google, server: Running) -> Api:
    """An account with an empty spreadsheet of its own."""
    return Api(google, server).new()


_HOSTS = ("https://sheets.googleapis.com", "https://www.googleapis.com")


class _Credentials(Credentials):
    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False  # it would ask Google itself, in a thread of its own


@pytest.fixture
def client(google: Google, server: Running) -> Iterator[gspread.Client]:
    """gspread as it comes, but for the host it talks to."""

    class Http(gspread.HTTPClient):
        def request(self, method: str, endpoint: str, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 (as gspread has it)
            for host in _HOSTS:
                endpoint = endpoint.replace(host, server.url)
            return super().request(method, endpoint, *rest, **more)

    account = google.new_account(f"{server.url}/token")
    scopes = ["https://spreadsheets.google.com/feeds", "https://www.googleapis.com/auth/drive.file"]
    make = _Credentials.from_service_account_info
    credentials = make(account, scopes=scopes)  # type: ignore[no-untyped-call]  # google-auth is not typed
    made = gspread.Client(auth=credentials, http_client=Http)
    yield made
    made.http_client.session.close()


@pytest.fixture
def sheet(client: gspread.Client) -> gspread.Worksheet:
    """The first sheet of a new spreadsheet."""
    return client.create("A home").sheet1
