"""What a soak prints at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One fault, and what it did to readings over all of its runs."""

    name: str
    runs: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0


@dataclass
class Table:
    """All of a soak's faults."""

    faults: dict[str, Fault] = field(default_factory=dict)

    def add(self, name: str, acknowledged: int, stored: int, expected: int) -> None:
        """Count a run: of `expected` readings at most, so many were acknowledged and stored."""
        fault = self.faults.setdefault(name, Fault(name))
        fault.runs += 1
        fault.acknowledged += acknowledged
        fault.lost += max(0, acknowledged - stored)
        fault.doubled += max(0, stored - expected)

    def check(self) -> None:
        """Print it, and fail if anything was lost or doubled."""
        heads = ("fault", "runs", "acknowledged", "lost", "doubled")
        print()  # noqa: T201 (a soak's result)
        print(f"{heads[0]:<40}" + "".join(f"{head:>14}" for head in heads[1:]))  # noqa: T201 (same)
        for one in self.faults.values():
            numbers = (one.runs, one.acknowledged, one.lost, one.doubled)
            print(f"{one.name:<40}" + "".join(f"{number:>14}" for number in numbers))  # noqa: T201 (same)
        assert not any(one.lost or one.doubled for one in self.faults.values())


class Injections(Table):
    """The same for faults that are injected: one that never was proves nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._injected: Counter[str] = Counter()
        self._stuck: Counter[str] = Counter()

    def expect(self, names: Iterable[str]) -> None:
        """Each of these has to happen."""
        self.faults.update((name, Fault(name)) for name in names)

    def count(
        self, names: Iterable[str], acknowledged: int, lost: int, doubled: int, *, stuck: bool
    ) -> None:
        """Count a run in which these happened."""
        for name in names:
            fault = self.faults.setdefault(name, Fault(name))
            fault.runs += 1
            fault.acknowledged += acknowledged
            fault.lost += lost
            fault.doubled += doubled
            self._injected[name] += 1
            self._stuck[name] += stuck

    def check(self) -> None:
        """Print it, and fail if anything was lost, doubled or not delivered, or never happened."""
        super().check()
        assert [name for name in self.faults if not self._injected[name]] == []
        assert +self._stuck == Counter()
