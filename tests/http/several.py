"""Several `meterctl serve` of one PostgreSQL ledger, as behind a balancer: each a machine's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from meterctl.domain.readings import Reading
from meterctl.ledger.access import Event
from meterctl.ledger.address import parse_database
from meterctl.ledger.postgres import open_for_reading
from tests.helpers import run_program
from tests.http.posting import Poster
from tests.http.served import Served, listening, service_environment


class Several(NamedTuple):
    """The servers, in no order that means anything."""

    ledger: str
    shims: Sequence[Served]

    def posters(self, token: str) -> list[Poster]:
        """One client, at each of them."""
        return [Poster(shim.url, token) for shim in self.shims]

    def stored(self, meter: str = "meter") -> list[Reading]:
        """What the ledger holds of a meter, in order of time; the ledger is sound."""
        with closing(open_for_reading(parse_database(self.ledger))) as ledger:
            assert ledger.damage() == []
            return list(ledger.current(meter))

    def entries(self) -> int:
        """How many writes the ledger holds."""
        with closing(open_for_reading(parse_database(self.ledger))) as ledger:
            return ledger.last_entry()

    def events(self, name: str) -> list[Event]:
        """What the audit log keeps of one kind, newest first."""
        with closing(open_for_reading(parse_database(self.ledger))) as ledger:
            return [event for event in ledger.events(1_000_000) if event.name == name]


def machine(folder: Path, ledger: str, **settings: str) -> dict[str, str]:
    """The environment of a machine with a home of its own, and the key that all have."""
    folder.mkdir(parents=True, exist_ok=True)
    return service_environment(folder) | {"METERCTL_LEDGER": ledger} | settings


@contextmanager
def several(
    folder: Path, ledger: str, *arguments: str, count: int = 3, **settings: str
) -> Iterator[Several]:
    """Such servers, and a client of the ledger; all of them end with code 0."""
    environments = [machine(folder / f"{n}", ledger, **settings) for n in range(count)]
    words = ["clients", "add", "tester", "--scope", "read,record,push", "--json"]
    added = run_program(words, environments[0])
    assert added.code == 0, added.err
    with ExitStack() as stack:
        shims = [
            Served(
                stack.enter_context(listening(one, "--port", "0", "--no-dashboard", *arguments)),
                one,
                added.json["id"],
                added.json["secret"],
            )
            for one in environments
        ]
        yield Several(ledger, shims)
