"""The connection for rows is opened while Google's token service is still being asked."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from meterctl.errors import NotAllowed
from meterctl.ledger.store import SqlLedger
from tests import proxy as acts
from tests.helpers import reading
from tests.ledger.contract import record
from tests.proxy import LONG, standing_between
from tests.sheet.stand import standing


def test_a_token_that_takes_long(tmp_path: Path, ledger: SqlLedger) -> None:
    """A far Google costs its round trips once: the token comes when the other way is open."""
    record(ledger, reading("1", "2026-02-01 07:00"))
    with (
        standing(tmp_path) as stand,
        standing_between(stand.url) as tokens,
        standing_between(stand.url) as rows,
    ):

        def when_open(exchange: acts.Exchange) -> None:
            end = time.monotonic() + LONG
            while not rows.connections and time.monotonic() < end:
                time.sleep(0.01)
            opened.extend(rows.connections)
            acts.pass_on(exchange)

        opened: list[socket.socket] = []
        stand.key.write_text(stand.key.read_text().replace(stand.url, tokens.url))
        stand.way = rows.url
        tokens.script({0: when_open})
        assert stand.deliver(ledger).error is None
        assert len(opened) == 1
        assert stand.values() == {"1": 1}


def test_no_token(tmp_path: Path, ledger: SqlLedger) -> None:
    """What was opened for nothing is no trouble of its own."""
    record(ledger, reading("1", "2026-02-01 07:00"))
    with standing(tmp_path) as stand, standing_between(stand.url) as tokens:
        stand.key.write_text(stand.key.read_text().replace(stand.url, tokens.url))
        stand.way = "http://127.0.0.1:1"  # nobody is there
        tokens.script({0: lambda exchange: exchange.answer(acts.REVOKED)})
        assert isinstance(stand.deliver(ledger).error, NotAllowed)
