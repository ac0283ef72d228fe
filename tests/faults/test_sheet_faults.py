"""What stands in Google's place: no such name, a certificate of nobody's, an answer without end.

Each time `record` has stored and succeeds; `sync` says what is wrong, and heals once it is mended.
"""

from __future__ import annotations

import gzip
import json
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.sheet.stand import Stand, standing
from tests.utility.wild import certificate, until_gone, wild

PACKED = gzip.compress(b"\0" * (1 << 20)) * 200  # a file of gzip may be several in a row
BOMB = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(PACKED)
) + PACKED


def explode(end: socket.socket) -> None:
    """Send it, and read what was asked to its end: else the connection is broken off."""
    end.sendall(BOMB)
    until_gone(end)


class Elsewhere:
    """Settings that lead somewhere else, for the Sheet or for its tokens."""

    def __init__(self, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
        self._stand = stand
        self._patch = monkeypatch
        self.back()

    def to(self, url: str, what: str = "sheet") -> None:
        """From now on, until `back`."""
        key = self._stand.account | ({"token_uri": f"{url}/token"} if what == "tokens" else {})
        self._stand.key.write_text(json.dumps(key))
        if what == "sheet":
            self._patch.setenv("METERCTL_SHEETS_URL", url)

    def back(self) -> None:
        """To Google, as it should be."""
        self._stand.key.write_text(json.dumps(self._stand.account))
        for name, text in self._stand.environment().items():
            self._patch.setenv(name, text)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A Google that stands, with one empty spreadsheet."""
    with standing(tmp_path) as made:
        yield made


@pytest.fixture
def elsewhere(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """The way that settings lead."""
    monkeypatch.setenv("METERCTL_SHEET_DEADLINE", "20")
    return Elsewhere(stand, monkeypatch)


def ends(cli: Cli, code: int, says: str) -> None:
    """`record` has stored; `sync` ends with a code and a line."""
    ran = cli("record", "1", "--at", "2026-02-01 07:00")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "queued for the Sheet")
    assert says in ran.err
    ran = cli("sync", "--quiet")
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1), ran
    assert says in ran.err


def heals(cli: Cli, stand: Stand, elsewhere: Elsewhere) -> None:
    """Nothing was in the way of the next run, and nothing is there twice."""
    elsewhere.back()
    assert cli("sync", "--quiet") == (0, "", "")
    assert stand.values() == Counter("1")


@pytest.mark.fault(17)
@pytest.mark.parametrize("what", ["sheet", "tokens"])
def test_no_such_host(
    cli: Cli, stand: Stand, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """P1, P4, P5: out of reach, 75; nothing is in doubt."""
    monkeypatch.setattr("meterctl.cli.sync.DEADLINE", 1.0)
    elsewhere.to("https://nosuch.invalid", what)
    ends(cli, 75, "cannot be reached")
    heals(cli, stand, elsewhere)


@pytest.mark.fault(17)
@pytest.mark.parametrize("days", [1, -1], ids=["of nobody's", "expired"])
def test_a_certificate(
    cli: Cli, stand: Stand, elsewhere: Elsewhere, tmp_path: Path, days: int
) -> None:
    """P1, P4: it is nobody to talk to, 76; not a byte of a request is sent."""
    with wild(until_gone, certificate(tmp_path, days=days)) as server:
        for what in ("tokens", "sheet"):
            elsewhere.back()
            elsewhere.to(f"https://localhost:{server.port}", what)
            ends(cli, 76, "certificate")
    assert server.requests == []
    heals(cli, stand, elsewhere)


@pytest.mark.fault(25)
@pytest.mark.parametrize("what", ["sheet", "tokens"])
def test_a_bomb(cli: Cli, stand: Stand, elsewhere: Elsewhere, what: str) -> None:
    """P1, P4: 200 MB in a few KB are not unpacked: the answer is none, 76."""
    with wild(explode) as server:
        elsewhere.to(f"http://127.0.0.1:{server.port}", what)
        ends(cli, 76, "answers more than 64 MiB")
    heals(cli, stand, elsewhere)


@pytest.mark.fault(25)
def test_a_bomb_behind_the_rows(
    cli: Cli, stand: Stand, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P2, P3: whether they landed is asked, not guessed."""
    del elsewhere
    monkeypatch.setattr("meterctl.sheet.transport._LARGEST", 1 << 16)
    body = "x" * (1 << 17)
    stand.faults(f"path = '*:batchUpdate'; skip = 1; do = 'body'; body = '{body}'")
    ran = cli("record", "1", "--at", "2026-02-01 07:00")
    assert (ran.code, ran.err) == (0, ""), ran  # it looked, and found them there
    stand.faults()
    assert cli("sync", "--quiet") == (0, "", "")
    assert stand.values() == Counter("1")
