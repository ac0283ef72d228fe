"""`python -m bench.http`: `meterctl serve` against the same service on Express 4.

Each side runs as its own process with its own store on the same disk, and they are asked in turn,
round after round. meterctl checks tokens, keeps limits and writes its audit log; Express has the
same routes and the same durable write, and none of the audit. Prints a table, and writes it to
bench/RESULTS-http.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench.http import peer
from bench.http.load import bulk, load, single
from bench.http.report import Samples, as_report
from bench.http.services import Service, express, meterctl, running

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONNECTIONS = (1, 32)
WARM = 1.0  # seconds


def main() -> None:
    """Measure everything, and say it."""
    parser = argparse.ArgumentParser(description="Measure meterctl serve against Express 4.")
    parser.add_argument("--rounds", type=int, default=7, help="of each load (default 7)")
    parser.add_argument("--seconds", type=float, default=4, help="of each load (default 4)")
    parser.add_argument("--starts", type=int, default=15, help="of each side (default 15)")
    parser.add_argument("--quick", action="store_true", help="under a minute; writes no report")
    parser.add_argument("--results", type=Path, default=HERE.parent / "RESULTS-http.md")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.seconds, arguments.starts = 2, 2, 3
    build = ROOT / "build"  # /tmp may be memory, where a durable commit costs nothing
    build.mkdir(exist_ok=True)
    place = peer.installed(build)
    with tempfile.TemporaryDirectory(prefix="bench-http-", dir=build) as folder:
        sides = [
            meterctl(Path(folder) / "meterctl"),
            express(Path(folder) / "each", place, "each"),
            express(Path(folder) / "group", place, "group"),
        ]
        samples: Samples = defaultdict(lambda: defaultdict(list))
        measure(sides, samples, arguments.rounds, arguments.seconds, arguments.starts)
    report = as_report(
        samples, arguments.rounds, arguments.seconds, arguments.starts, peer.versions(place)
    )
    print(report)
    if not arguments.quick:
        arguments.results.write_text(report + "\n", encoding="utf-8")


def measure(
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


if __name__ == "__main__":
    main()
