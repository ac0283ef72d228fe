"""What a soak counts: faults, how often each was injected, and what it did to readings."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One fault, and what it did to readings over all of its runs."""

    name: str
    runs: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0
    why: str = ""  # it could not be injected, or what must not happen did

    def merge(self, other: Fault) -> None:
        """Count what another test found of the same fault."""
        self.runs += other.runs
        self.acknowledged += other.acknowledged
        self.lost += other.lost
        self.doubled += other.doubled
        self.seconds += other.seconds
        self.why = self.why or other.why


@dataclass
class Table:
    """The faults of one test."""

    faults: dict[str, Fault] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)

    def add(self, name: str, acknowledged: int, stored: int, expected: int) -> None:
        """Count a run: of `expected` readings at most, so many were acknowledged and stored."""
        lost, doubled = max(0, acknowledged - stored), max(0, stored - expected)
        self.run(name, acknowledged, lost, doubled)

    def compare(
        self, name: str, acknowledged: Iterable[int], tried: Iterable[int], found: Iterable[int]
    ) -> None:
        """Count a run by what its readings are: of those that were tried, each once at most."""
        told, there = Counter(acknowledged), Counter(found)
        lost, doubled = (told - there).total(), (there - Counter(tried)).total()
        self.run(name, told.total(), lost, doubled)

    def run(self, name: str, acknowledged: int, lost: int = 0, doubled: int = 0) -> None:
        """Count a run."""
        now = time.monotonic()
        found = Fault(name, 1, acknowledged, lost, doubled, now - self.since)
        self.faults.setdefault(name, Fault(name)).merge(found)
        self.since = now

    def check(self) -> None:
        """Fail if anything was lost or doubled."""
        assert [one for one in self.faults.values() if one.lost or one.doubled] == []


class Injections(Table):
    """The same for faults that are injected: one that never was proves nothing."""

    def __init__(self, where: str = "") -> None:
        super().__init__()
        self._where = where
        self._injected: Counter[str] = Counter()
        self._stuck: Counter[str] = Counter()

    def expect(self, names: Iterable[str]) -> None:
        """Each of these has to happen."""
        named = (self._where + name for name in names)
        self.faults.update((name, Fault(name)) for name in named)

    def count(
        self, names: Iterable[str], acknowledged: int, lost: int, doubled: int, *, stuck: bool
    ) -> None:
        """Count a run in which these happened."""
        for name in (self._where + name for name in names):
            self.run(name, acknowledged, lost, doubled)
            self._injected[name] += 1
            self._stuck[name] += stuck

    def check(self) -> None:
        """Fail if anything was lost, doubled or not delivered, or never happened."""
        super().check()
        assert [name for name in self.faults if not self._injected[name]] == []
        assert +self._stuck == Counter()


# The table of the soak's test that runs, for what has no fixtures, such as a state machine.
_RUNNING: list[Table] = []


@contextmanager
def running(table: Table) -> Iterator[Table]:
    """Let `tally` count here."""
    _RUNNING.append(table)
    try:
        yield table
    finally:
        _RUNNING.remove(table)


def tally(name: str, acknowledged: int) -> None:
    """Count a run that ended well, if a soak is running; one that does not fails by itself."""
    for table in _RUNNING[-1:]:
        table.run(name, acknowledged)
