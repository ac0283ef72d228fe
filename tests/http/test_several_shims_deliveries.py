"""Several shims and what leaves them: one of them at a time, and each reading once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from meterctl.domain.times import iso_utc
from meterctl.wiring import now
from tests.http.posting import Poster
from tests.http.several import Several, several
from tests.sheet import stand as google
from tests.utility import stand as utility

PATIENCE = 60.0  # seconds: a courier whose turn another one had comes back after one minute at most
RECORDS = 30


def minutes_ago(number: int) -> dict[str, object]:
    """A record; the number is its value too."""
    return {"timestamp": iso_utc(now() - number * 60_000), "meterValue": 1_000 - number}


def pending(poster: Poster) -> dict[str, int]:
    """How many readings the destinations are still to get."""
    told: dict[str, int] = poster.http.get("/readings/current").json()["pending"]
    return told


def posters(at: Several, stack: ExitStack) -> list[Poster]:
    """A client, at each of them."""
    token = at.shims[0].token()
    return [stack.enter_context(closing(one)) for one in at.posters(token)]


class TestSheet:
    """Each shim has a courier of its own; they share the ledger's cursor and its lease."""

    @pytest.fixture
    def sheet(self, tmp_path: Path) -> Iterator[google.Stand]:
        """A spreadsheet that all of them write to."""
        with google.standing(tmp_path) as stand:
            yield stand

    def test_records_at_all_of_them(
        self, sheet: google.Stand, postgres_url: str, tmp_path: Path
    ) -> None:
        """What comes to whichever is in the Sheet soon, once."""
        settings = sheet.environment()
        with several(tmp_path, postgres_url, count=3, **settings) as at, ExitStack() as stack:
            clients = posters(at, stack)

            def send(number: int) -> int:
                poster = clients[number % len(clients)]
                return poster.single(minutes_ago(RECORDS - number), f"k{number}").status_code

            with ThreadPoolExecutor(8) as pool:
                assert set(pool.map(send, range(RECORDS))) == {201}
            end = time.monotonic() + PATIENCE
            while pending(clients[0])["sheet"]:
                assert time.monotonic() < end, sheet.values()
                time.sleep(0.1)
            expected = Counter(str(1_000 - RECORDS + number) for number in range(RECORDS))
            assert sheet.values() == expected


class TestPush:
    """Whoever asks for it, and wherever."""

    def test_at_all_of_them_at_once(self, postgres_url: str, tmp_path: Path) -> None:
        """One shim submits; the others say that it does (503), or find nothing left to do."""
        (tmp_path / "utility").mkdir()
        with utility.standing(tmp_path / "utility", now()) as stand:
            settings = {
                "METERCTL_UTILITY_URL": stand.url,
                "METERCTL_UTILITY_TOKEN": utility.TOKEN,
                "METERCTL_UTILITY_SINCE": "2026-01-01",
            }
            with several(tmp_path, postgres_url, count=3, **settings) as at, ExitStack() as stack:
                clients = posters(at, stack)
                assert clients[0].single(minutes_ago(1)).status_code == 201
                with ThreadPoolExecutor(len(clients)) as pool:
                    answers = list(
                        pool.map(lambda one: one.http.post("/utility/push", json={}), clients)
                    )
                assert {one.status_code for one in answers} <= {200, 503}
                done = [one.json() for one in answers if one.status_code == 200]
                assert sum(one["accepted"] for one in done) == 1
                refused = [one for one in answers if one.status_code == 503]
                assert {one.json()["code"] for one in refused} <= {"busy"}
                assert stand.values() == [999]
                again = clients[2].http.post("/utility/push", json={}).json()
                assert (again["accepted"], again["submissions"]) == (0, [])
                assert pending(clients[1])["utility"] == 0
