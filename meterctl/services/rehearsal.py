"""A dry run's ledger: the real one is only read, what would be added goes to one thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from meterctl.domain.meters import Meter
from meterctl.domain.plain import Plain
from meterctl.domain.readings import Reading, Slot
from meterctl.ledger.bulk import Bare
from meterctl.ledger.port import Ledger, NewEntry, Stretch


class Rehearsal:
    """What `bulk_import.Target` needs, so that a dry run decides as the real run would."""

    def __init__(self, real: Ledger, scratch: Ledger) -> None:
        self._real = real
        self._scratch = scratch
        self._made: set[str] = set()  # in the scratch ledger only
        with scratch.writing():
            known = {meter.id for meter in scratch.meters()}
            for meter in real.meters():
                if meter.id not in known:
                    # Columns play no part here, and one may be named as another meter's was.
                    scratch.add_meter(meter._replace(column=meter.id))

    def writing(self) -> AbstractContextManager[None]:
        """One write, to the scratch ledger."""
        return self._scratch.writing()

    def revisions_at(
        self, meter: str, device: int, times: Sequence[int]
    ) -> dict[Slot, list[Reading]]:
        """What the real ledger holds, and after it what this run would have added."""
        is_real = meter not in self._made
        found = self._real.revisions_at(meter, device, times) if is_real else {}
        for slot, added in self._scratch.revisions_at(meter, device, times).items():
            found[slot] = found.get(slot, []) + added
        return found

    def bare(self, meter: str, device: int, first_at: int, last_at: int, most: int) -> list[Bare]:
        """The same, without an object for each."""
        real = (
            [] if meter in self._made else self._real.bare(meter, device, first_at, last_at, most)
        )
        added = self._scratch.bare(meter, device, first_at, last_at, most)
        return sorted([*real, *added])[:most] if added else real

    def append(
        self, entry: NewEntry, readings: Sequence[Reading], plain: Sequence[Plain] = ()
    ) -> int:
        """Keep what would be added."""
        return self._scratch.append(entry, readings, plain)

    def meters(self) -> tuple[Meter, ...]:
        """The real ledger's, and those made for this run."""
        return self._scratch.meters()

    def add_meter(self, meter: Meter) -> None:
        """Make a meter for this run."""
        self._scratch.add_meter(meter._replace(column=meter.id))
        self._made.add(meter.id)

    def leave_unjudged(self, stretch: Stretch) -> None:
        """Nothing is judged in a dry run."""

    def give_way(self) -> None:
        """Nobody waits for the ledger of a dry run."""
