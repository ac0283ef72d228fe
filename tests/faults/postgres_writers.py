"""Writers to a PostgreSQL ledger, as processes of their own, who say what became of each write.

`python -m tests.faults.postgres_writers URL NAME COUNT HOLD PATIENCE`: entries whose origin is
NAME-0, NAME-1 ...; each write stays open for up to HOLD seconds after its entry was appended. Every
second entry has a reading, too: what has none could be doubled without any key refusing it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from meterctl.domain.readings import Reading, Source
from meterctl.errors import Busy, LedgerUnsure, MeterctlError
from meterctl.ledger.address import parse_database
from meterctl.ledger.port import EntryKind, Ledger, NewEntry
from meterctl.ledger.postgres import open_for_reading, open_for_writing
from meterctl.ledger.store import SqlLedger
from tests.helpers import NOW, reading

STORED, BUSY, REFUSED, UNSURE = "stored", "busy", "refused", "unsure"
_ROOT = Path(__file__).parents[2]
_FIRST = reading("1", "2024-01-01 00:00")


def opened(url: str, patience: float = 10.0) -> SqlLedger:
    """A ledger at this address."""
    return open_for_writing(parse_database(url), NOW, patience)


def one_of(name: str, number: int) -> Sequence[Reading]:
    """What the entry of that number holds: nothing, or a reading of its own."""
    if number % 2:
        return ()
    at = _FIRST.at + (int.from_bytes(name.encode()) % 9_973 * 100_000 + number) * 1_000
    return (_FIRST._replace(at=at, starts_at=at),)


def append(ledger: Ledger, name: str, number: int) -> int:
    """Write the entry of that number, within a write."""
    entry = NewEntry(EntryKind.RECORD, Source.CLI, NOW, f"{name}-{number}")
    return ledger.append(entry, one_of(name, number))


class Writer:
    """A process that writes; what it says goes to a file, which outlives it."""

    def __init__(
        self,
        folder: Path,
        url: str,
        name: str,
        count: int,
        *,
        hold: float = 0,
        patience: float = 10,
    ) -> None:
        self.name = name
        self._said = folder / f"{name}.said"
        command = [sys.executable, "-m", __spec__.name, url, name, *map(str, (count, hold))]
        self._errors = folder / f"{name}.errors"
        with self._said.open("wb") as said, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [*command, str(patience)], stdout=said, stderr=errors, env=os.environ, cwd=_ROOT
            )

    def said(self, what: str) -> list[str]:
        """The origins of which it said so."""
        lines = (line.split() for line in self._said.read_text().split("\n")[:-1])
        return [origin for word, origin in lines if word == what]

    def errors(self) -> list[str]:
        """All that it, or a library on its own, has to say besides."""
        return self._errors.read_text().splitlines()

    def ends(self, seconds: float = 60) -> int:
        """Until it ends; its exit code."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """As by `kill -9`."""
        self.process.kill()
        self.process.wait()


class Told:
    """What writers said, against what the ledger holds."""

    def __init__(self, url: str, writers: Sequence[Writer]) -> None:
        ledger = open_for_reading(parse_database(url))
        try:
            self.damage = ledger.damage()
            self.stored = Counter(
                str(origin) for (origin,) in ledger._db.all("SELECT origin FROM entry")
            )
        finally:
            ledger.close()
        acknowledged = {one for writer in writers for one in writer.said(STORED)}
        refused = {
            one for writer in writers for word in (BUSY, REFUSED) for one in writer.said(word)
        }
        self.acknowledged = len(acknowledged)
        self.besides = [line for writer in writers for line in writer.errors()]
        self.refused = sum(len(writer.said(REFUSED)) for writer in writers)
        self.unsure = sum(len(writer.said(UNSURE)) for writer in writers)
        self.lost = sorted(acknowledged - self.stored.keys())
        self.denied = sorted(refused & self.stored.keys())
        self.doubled = sorted(one for one, times in self.stored.items() if times > 1)

    @property
    def wrong(self) -> dict[str, list[str]]:
        """All that must not be."""
        found = {
            "lost": self.lost,
            "said not to be there": self.denied,
            "doubled": self.doubled,
            "damage": self.damage,
            "said besides": self.besides,
        }
        return {name: some for name, some in found.items() if some}


def main(url: str, name: str, count: str, hold: str, patience: str) -> None:
    """Write until done."""
    dice = random.Random(name)
    ledger = None
    for number in range(int(count)):
        said = STORED
        try:
            if ledger is None:
                ledger = opened(url, float(patience))
            with ledger.writing():
                append(ledger, name, number)
                time.sleep(dice.random() * float(hold))
        except Busy:  # what it had read is not so any more, after it was begun anew
            said = BUSY
        except LedgerUnsure:
            said = UNSURE
        except MeterctlError:
            said = REFUSED
        print(said, f"{name}-{number}", flush=True)  # noqa: T201 (the acknowledgement)


if __name__ == "__main__":
    main(*sys.argv[1:])
