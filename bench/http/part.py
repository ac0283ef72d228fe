"""`meterctl serve` against the same service on Express 4.

Each side runs as its own process with its own store on the same disk, and they are asked in turn,
round after round. meterctl checks tokens, keeps limits and writes its audit log; Express has the
same routes and the same durable write, and none of the audit.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.http import peer
from bench.http.load import bulk, load, single
from bench.http.services import Service, express, meterctl, running
from bench.measuring import (
    AT_LEAST,
    AT_MOST,
    BUILD,
    Goal,
    Row,
    compared,
    count,
    mebibytes,
    microseconds,
    milliseconds,
)

TITLE = "The HTTP shim"
ABOUT = (
    "meterctl with tokens, limits, findings and the audit log on; Express 4 with jsonwebtoken (a"
    " KeyObject), helmet, cors, express-rate-limit and better-sqlite3, without an audit. wrk sends"
    " new readings, one a request; each was answered 201 for the reading it sent, and each side"
    " stored exactly what it acknowledged. One process a side, WAL with synchronous=FULL on one"
    " disk, in turn; medians, with the smallest and the largest. Express verifies each request's"
    " token, as jsonwebtoken is used; the rival without goals remembers what it has verified, as"
    " meterctl does (which asks the ledger at each request whether it was revoked)."
)
EACH, GROUP, GROUP_KNOWN = "each", "group", "group-known"
NAMES = {
    EACH: "Express, a commit for each request",
    GROUP: "Express, commits shared",
    GROUP_KNOWN: "Express, commits shared, tokens remembered",
}
CONNECTIONS = (1, 32)
WARM = 1.0  # seconds
Samples = Mapping[str, Mapping[str, list[float]]]  # of what, by whom


class Line(NamedTuple):
    """One figure, and what is promised of it against each rival."""

    what: str
    title: str
    text: Callable[[float], str]
    goals: Mapping[str, Goal]


_HALF = Goal(AT_MOST, 0.5)
LINES = (
    Line(
        "rate 32",
        "durable writes a second, 32 connections",
        count,
        {EACH: Goal(AT_LEAST, 2.0, 3.0), GROUP: Goal(AT_LEAST, 1.2, 1.8)},
    ),
    Line("p50 32", "p50, 32 connections", milliseconds, {}),
    Line("p99 32", "p99, 32 connections", milliseconds, {EACH: _HALF, GROUP: _HALF}),
    Line("cpu 32", "processor time a write, 32 connections", microseconds, {}),
    Line("rate 1", "durable writes a second, 1 connection", count, {}),
    Line("p99 1", "p99, 1 connection", milliseconds, {}),
    Line("bulk", "10,000 records in one request", milliseconds, {}),
    Line(
        "start", "start to the first 200 on /health", milliseconds, {EACH: Goal(AT_MOST, 1.0, 0.6)}
    ),
    Line("memory", "memory after the load", mebibytes, {}),
)


def measure(folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """Each figure, against each rival."""
    rounds, seconds, starts = (2, 2.0, 3) if is_quick else (7, 3.0, 15)
    place = peer.installed(BUILD)
    sides = [
        meterctl(folder / "meterctl"),
        express(folder / EACH, place, EACH, "each"),
        express(folder / GROUP, place, GROUP, "each"),
        express(folder / GROUP_KNOWN, place, GROUP_KNOWN, "once"),
    ]
    samples: Samples = defaultdict(lambda: defaultdict(list))
    sample(sides, samples, rounds, seconds, starts)
    for line in LINES:
        for name, title in NAMES.items():
            if theirs := samples[line.what].get(name):
                ours = samples[line.what]["meterctl"]
                goal = line.goals.get(name)
                yield compared(f"{line.title}, to {title}", ours, theirs, line.text, goal)
    yield Row("of which versions", peer.versions(place))


def sample(
    sides: list[Service], samples: Samples, rounds: int, seconds: float, starts: int
) -> None:
    """Fill the samples, side by side."""
    for side in sides:  # stores made, caches warm
        side.start()
        side.stop()
    both = sides[:2]  # how Express commits makes no difference to the rest
    for side in in_turn(both, starts):
        samples["start"][side.name].append(side.start())
        side.stop()
    with running(sides):
        tokens = {side.name: side.token() for side in sides}
        for side in sides:
            single(side, tokens[side.name])
            load(side, tokens[side.name], max(CONNECTIONS), WARM)
        for connections in CONNECTIONS:
            for side in in_turn(sides, rounds):
                seen = load(side, tokens[side.name], connections, seconds)
                for what, figure in seen._asdict().items():
                    samples[f"{what} {connections}"][side.name].append(figure)
        for side in sides:
            samples["memory"][side.name].append(side.megabytes())
        for side in in_turn(both, rounds):
            samples["bulk"][side.name].append(bulk(side, tokens[side.name]))
    for side in sides:
        if side.stored() != side.created:
            sys.exit(f"{side.name} stored {side.stored()} readings, acknowledged {side.created}")


def in_turn(sides: list[Service], rounds: int) -> Iterator[Service]:
    """Each side once a round, so that whatever else this machine does meets all of them."""
    for number in range(rounds):
        first = number % len(sides)
        yield from sides[first:] + sides[:first]
