"""Claims a second by 1 to 8 pushers, and that no submission is claimed twice."""

# ruff: noqa: S608 (the schemas are named here)
from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from multiprocessing import Queue
from pathlib import Path
from typing import Any

from bench.measuring import Row
from bench.scale.place import drop, now, opened
from bench.scale.writers import AT_ONCE, FIRST, SPAWN
from meterctl.domain.plain import Plain
from meterctl.domain.readings import Source
from meterctl.ledger.port import EntryKind, NewEntry, SubmissionState
from tests.postgres import Server

_ACCOUNT = "bench"


def measure(server: Server, folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """All due submissions of a ledger, claimed and ended by so many; then a ledger each."""
    del folder
    due = 100 if is_quick else 800
    doubled = unclaimed = 0
    for pushers in AT_ONCE:
        rate, twice, left = _pushed(server, ["claims"] * pushers, due)
        doubled, unclaimed = doubled + twice, unclaimed + left
        yield Row(
            f"submissions claimed and ended a second, one ledger, {pushers} at once",
            f"{rate:,.0f}",
        )
    schemas = [f"claims_{number}" for number in range(max(AT_ONCE))]
    rate, twice, left = _pushed(server, schemas, due)
    yield Row(f"the same, {len(schemas)} over {len(schemas)} ledgers", f"{rate:,.0f}")
    doubled, unclaimed = doubled + twice, unclaimed + left
    yield Row("submissions claimed twice", f"{doubled}", "0", doubled == 0)
    yield Row("submissions not ended", f"{unclaimed}", "0", unclaimed == 0)


def _pushed(server: Server, schemas: Sequence[str], due: int) -> tuple[float, int, int]:
    """How many a second; how many had more than one attempt; how many are not accepted."""
    for schema in set(schemas):
        _fill(server.url(schema), due)
    start = SPAWN.Barrier(len(schemas) + 1)
    done: Queue[list[int]] = SPAWN.Queue()
    processes = [
        SPAWN.Process(target=pushing, args=(number, server.url(schema), start, done), daemon=True)
        for number, schema in enumerate(schemas)
    ]
    for process in processes:
        process.start()
    start.wait(60)
    began = time.perf_counter()
    claims = [done.get(timeout=600) for _ in processes]
    took = time.perf_counter() - began
    for process in processes:
        process.join(60)
    twice = left = attempts = 0
    for schema in set(schemas):
        ((many, most, open_ones),) = server.execute(
            f'SELECT (SELECT count(*) FROM "{schema}".attempt), (SELECT count(*) FROM (SELECT FROM'
            f' "{schema}".attempt GROUP BY submission HAVING count(*) > 1) AS more), (SELECT'
            f" count(*) FROM \"{schema}\".submission WHERE state <> 'accepted')"
        )
        twice, left, attempts = twice + most, left + open_ones, attempts + many
    claimed = sum(map(len, claims))
    # What the pushers believe is what the ledger holds, or a claim was given to two.
    twice += abs(claimed - attempts)
    drop(server, *set(schemas))
    return claimed / took, twice, left


def _fill(url: str, due: int) -> None:
    ledger = opened(url)
    times = [FIRST + number * 86_400_000 for number in range(due)]
    with ledger.writing():
        plain = Plain("meter", 1, times, times, [number * 1_000_000 for number in range(due)])
        ledger.append(NewEntry(EntryKind.IMPORT, Source.IMPORT, now()), [], [plain])
    readings = list(ledger.current("meter"))
    with ledger.writing():
        for number, reading in enumerate(readings):
            ledger.open_submission(_ACCOUNT, reading, str(number), now())
    ledger.close()


def pushing(number: int, url: str, start: Any, done: Any) -> None:  # noqa: ANN401
    """A process that claims what is due, each from the same end: they meet at every one."""
    ledger = opened(url)
    wanted = [one.number for one in ledger.submissions(_ACCOUNT)]
    claimed = []
    start.wait()
    for one in wanted:
        with ledger.writing():
            attempt = ledger.begin_attempt(one, SubmissionState.DUE, "api", now())
        if attempt is None:
            continue  # another's
        claimed.append(one)
        with ledger.writing():
            ledger.end_attempt(one, attempt, now(), "accepted", None)
            ledger.move_submission(
                one,
                SubmissionState.SENDING,
                SubmissionState.ACCEPTED,
                now(),
                receipt=f"{number}-{one}",
            )
    done.put(claimed)
    ledger.close()
