"""Places for ledgers, of either store, for the tests that move them."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from meterctl.ledger.address import Address, FileAddress, parse_database
from tests.postgres import Server


class Places:
    """New places for ledgers, of either store; gone after the test."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self._folder = folder
        self._request = request
        self._schemas: list[str] = []

    def new(self, kind: str) -> Address:
        """One where nothing is yet."""
        name = f"copy_{uuid4().hex[:12]}"
        if kind == "sqlite":
            return FileAddress(self._folder / name / "ledger.db")
        self._schemas.append(name)
        return parse_database(self._server.url(name))

    @property
    def _server(self) -> Server:
        found = self._request.getfixturevalue("postgres")
        assert isinstance(found, Server)
        return found

    def close(self) -> None:
        """Remove the schemas."""
        for name in self._schemas:
            self._server.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')
