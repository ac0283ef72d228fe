"""Every kind of fault while many clients write: as many are hit as were asked for, none doubly."""

from __future__ import annotations

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from meterctl.sandbox.faults import Do, Faults
from meterctl.sandbox.google import Google
from meterctl.sandbox.server import serve
from tests.sandbox.google.client import Api, appended, row
from tests.sandbox.talk import ask

CLIENTS = 30
SKIPPED, HIT = 5, 10
MORE = {
    Do.STATUS: "status = 503",
    Do.BODY: "body = '<html>'",
    Do.DELAY: "seconds = 0.05",
    Do.LATE: "seconds = 0.05",
    Do.DRIP: "seconds = 0.0002",
    Do.REDIRECT: "location = '/elsewhere'",
}
NOT_APPLIED = {Do.STATUS, Do.REDIRECT, Do.RESET_BEFORE, Do.HANG_BEFORE}
ANSWERED = {Do.DELAY, Do.DRIP}


@pytest.mark.parametrize("do", list(Do))
def test_a_fault(do: Do) -> None:
    """Ten of thirty writes meet it; a row is there once, or never where nothing is applied."""
    file = Path("faults.toml")
    more = MORE.get(do, "")
    file.write_text(
        f"[[fault]]\nservice = 'sheets'\nskip = {SKIPPED}\ntimes = {HIT}\ndo = '{do}'\n{more}\n"
    )
    google = Google(quota=False)
    with serve(google, faults=Faults(file)) as server:
        api = Api(google, server).new()
        path = f"/v4/spreadsheets/{api.id}:batchUpdate"

        def client(who: int) -> str:
            body = json.dumps({"requests": [appended(row(who))]})
            try:
                answer = ask(server, "POST", path, body, api.headers, timeout=patience)
            except (OSError, http.client.HTTPException):
                return "gone"
            return "fine" if answer.status == 200 and b"replies" in answer.body else "told"

        patience = 1.0 if do in (Do.HANG_BEFORE, Do.HANG_AFTER) else 20.0
        with ThreadPoolExecutor(CLIENTS) as pool:
            found = list(pool.map(client, range(CLIENTS)))
        journal = ask(server, "GET", "/sandbox/requests").json["requests"]
        assert sum(one["fault"] == do for one in journal) == HIT
        assert found.count("fine") == (CLIENTS if do in ANSWERED else CLIENTS - HIT)
        applied = CLIENTS - (HIT if do in NOT_APPLIED else 0)
        rows = landed(api, applied)
        assert len(rows) == len(set(rows)) == applied
        assert {who for who, one in enumerate(found) if one == "fine"} <= set(rows)
    assert not server.errors


def landed(api: Api, wanted: int) -> list[int]:
    """The rows, once there are as many as wanted, or after a while."""
    deadline = time.monotonic() + 5
    while True:
        rows = [who for (who,) in api.plain("A:A")]
        if len(rows) >= wanted or time.monotonic() > deadline:
            return rows
        time.sleep(0.02)
