"""The same households, failures and people in the Sheet; and ledgers put back from backups.

One is put back in its own place, or in the other's: then both are of one descent, and both go on.
What was delivered after a backup is read back from the Sheet; nothing is written there twice.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from meterctl.services.restored import take_over
from tests.putting_back import put_back
from tests.services.test_deliver_machine import WHO, DeliveryMachine, _settings
from tests.services.test_two_way_machine import TwoWayMachine


class _PutBack(DeliveryMachine):
    """What both machines below have more."""

    back_up = None  # type: ignore[assignment] # that one copies a ledger by hand

    def __init__(self) -> None:
        super().__init__()
        self.backups: list[tuple[Path, int]] = []
        self.restores = 0

    @rule(who=WHO)
    def backs_up(self, who: int) -> None:
        """One of the two."""
        self.clock += 1_000
        place = Path(self.folder.name) / f"{len(self.backups)}.backup"
        self.ledger(who).backup_to(place)
        self.backups.append((place, self.clock))

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
        self.paths[who] = Path(self.folder.name) / f"restored {self.restores}.db"
        self.ledgers[who] = put_back(backup, self.paths[who], at, self.now())
        if self.book.doubles:  # there one alone may write, and it has been said that it is alone
            take_over(self.ledgers[who], self.now())
            self.clock += 60_000


class PutBackMachine(_PutBack):
    """Deliveries alone."""


class PutBackTwoWayMachine(_PutBack, TwoWayMachine):
    """Both ways, with a person in the Sheet."""


class TestPutBackMachine(PutBackMachine.TestCase):  # type: ignore[misc, valid-type] # hypothesis makes it
    """Some of it, each time."""

    settings = _settings(25, 14)


class TestPutBackTwoWayMachine(PutBackTwoWayMachine.TestCase):  # type: ignore[misc, valid-type] # as above
    """The same."""

    settings = _settings(25, 14)


@pytest.mark.soak
class TestPutBackMachineForLong(PutBackMachine.TestCase):  # type: ignore[misc, valid-type] # as above
    """Much of it."""

    settings = _settings(3_000, 30)


@pytest.mark.soak
class TestPutBackTwoWayMachineForLong(PutBackTwoWayMachine.TestCase):  # type: ignore[misc, valid-type] # as above
    """The same."""

    settings = _settings(3_000, 30)
