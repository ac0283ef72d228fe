"""The same households, failures and people in the Sheet; and ledgers put back from backups.

One is put back in its own place, or in the other's: then both are of one descent, and both go on.
What was delivered after a backup is read back from the Sheet; nothing is written there twice.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from meterctl.services.restored import take_over
from tests.services.test_deliver_machine import WHO, DeliveryMachine, run_machine
from tests.services.test_two_way_machine import TwoWayMachine
from tests.stores import Store, put_back


class _PutBack(DeliveryMachine):
    """What both machines below have more."""

    back_up = None  # type: ignore[assignment] # that one copies a ledger by hand

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.backups: list[tuple[str, int]] = []
        self.restores = 0

    @rule(who=WHO)
    def backs_up(self, who: int) -> None:
        """One of the two."""
        self.clock += 1_000
        backup = f"{len(self.backups)}-backup"
        self.store.back_up(self.ledger(who), backup)
        self.backups.append((backup, self.clock))

    @rule(who=WHO, which=st.integers(0, 3))
    def is_put_back(self, who: int, which: int) -> None:
        """The content of some backup takes the place of one of the two."""
        if not self.backups:
            return
        who = 0 if self.book.doubles else who
        self.clock += 1_000
        self.restores += 1
        backup, at = self.backups[which % len(self.backups)]
        self.ledgers[who].close()
        self.names[who] = f"restored {self.restores}"
        self.ledgers[who] = put_back(self.store, backup, self.names[who], at, self.now())
        if self.book.doubles:  # there one alone may write, and it has been said that it is alone
            take_over(self.ledgers[who], self.now())
            self.clock += 60_000


class PutBackMachine(_PutBack):
    """Deliveries alone."""


class PutBackTwoWayMachine(_PutBack, TwoWayMachine):
    """Both ways, with a person in the Sheet."""


MACHINES = pytest.mark.parametrize("machine", [PutBackMachine, PutBackTwoWayMachine])


@MACHINES
def test_some_of_it(fast_store: Store, machine: type[_PutBack]) -> None:
    """Each time."""
    run_machine(machine, fast_store, 25, 14)


@MACHINES
@pytest.mark.soak
def test_much_of_it(fast_store: Store, machine: type[_PutBack]) -> None:
    """For long."""
    run_machine(machine, fast_store, 3_000, 30)
