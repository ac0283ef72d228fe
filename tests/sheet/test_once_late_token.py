"""A request that was given up while it waited for a token: it is not sent when the token comes."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from meterctl.errors import AnswerLost, Unreachable
from meterctl.ledger.sqlite import open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.sheet import chain
from tests import proxy as acts
from tests.helpers import NOW, reading
from tests.ledger.contract import record
from tests.proxy import standing_between
from tests.sheet.stand import standing


def fill(ledger: SqlLedger, value: str) -> None:
    """A reading of its own day."""
    record(ledger, reading(value, f"2026-02-{int(value):02} 07:00"))


@pytest.mark.fault(18)
def test_long_after(tmp_path: Path, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its number in the chain was pruned meanwhile, so nothing would refuse its rows."""
    monkeypatch.setattr(chain, "KEPT", 3)
    go, gone = threading.Event(), threading.Event()

    def drip_until_told(exchange: acts.Exchange) -> None:
        body = exchange.forward().body
        exchange.answer(exchange.forward()._replace(body=b""), promised=len(body))
        for place in range(
            len(body)
        ):  # a byte now and then, so that no time-out of its own ends it
            exchange.wfile.write(body[place : place + 1])
            if not go.is_set() and place < len(body) - 5:
                time.sleep(0.2)
        gone.set()

    with standing(tmp_path) as stand, standing_between(stand.url) as way:
        stand.key.write_text(stand.key.read_text().replace(stand.url, way.url))
        fill(ledger, "1")
        assert stand.deliver(ledger).error is None
        fill(ledger, "2")
        stand.way = way.url
        way.script({2: acts.answer_as(acts.EXPIRED), 3: drip_until_told})
        assert isinstance(stand.deliver(ledger, seconds=1).error, (AnswerLost, Unreachable))
        stand.way = stand.url
        other = open_for_writing(tmp_path / "other.db", NOW)
        for value in range(10, 16):
            fill(other, str(value))
            assert stand.deliver(other, tries=2).error is None
        other.close()
        assert stand.deliver(ledger, now=NOW + 200_000, tries=2).error is None
        go.set()
        assert gone.wait(60)
        time.sleep(0.5)  # as long as rows would take that are sent after all
        way.settled()
        assert stand.values() == Counter(["1", "2", *map(str, range(10, 16))])
