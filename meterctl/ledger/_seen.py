"""What a Sheet was last seen to hold, and what it says against the ledger, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meterctl.domain.readings import Slot
from meterctl.ledger._destinations import Destinations
from meterctl.ledger.port import Rival, Stretch


class Seen(Destinations):
    """The part of a ledger that remembers what others do in a Sheet."""

    def seen(self, destination: str, kind: str) -> Iterator[tuple[str, bytes]]:
        """What is remembered of one kind, by name."""
        rows = self._db.stream(
            "SELECT name, value FROM seen WHERE destination = ? AND kind = ? ORDER BY name",
            (destination, kind),
        )
        return ((name, bytes(value)) for name, value in rows)

    def remember(
        self, destination: str, kind: str, changes: Iterable[tuple[str, bytes | None]]
    ) -> None:
        """Remember each, in place of what was; None forgets it."""
        kept: list[tuple[object, ...]] = []
        gone: list[tuple[object, ...]] = []
        for name, value in changes:
            place = (destination, kind, name)
            if value is None:
                gone.append(place)
            else:
                kept.append((*place, value))
        self._db.run_many("DELETE FROM seen WHERE destination = ? AND kind = ? AND name = ?", gone)
        self._db.run_many(
            "INSERT INTO seen (destination, kind, name, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (destination, kind, name) DO UPDATE SET value = excluded.value",
            kept,
        )

    def rivals(self, stretch: Stretch) -> dict[Slot, list[Rival]]:
        """What is said elsewhere of the slots of a stretch."""
        found: dict[Slot, list[Rival]] = {}
        for at, span, told_by, revision, value in self._db.all(
            "SELECT read_at, span, told_by, revision, value FROM rival"
            " WHERE meter = ? AND device = ? AND read_at BETWEEN ? AND ?"
            " ORDER BY read_at, span, told_by",
            (self._number(stretch.meter), *stretch[1:]),
        ):
            slot = Slot(stretch.meter, stretch.device, at, at - span)
            found.setdefault(slot, []).append(Rival(told_by, revision, value))
        return found

    def set_rival(self, slot: Slot, rival: Rival) -> None:
        """Keep what is said of a slot elsewhere, in place of what that one said before."""
        self._db.run(
            "INSERT INTO rival (meter, device, read_at, span, told_by, revision, value)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (meter, device, read_at, span, told_by)"
            " DO UPDATE SET revision = excluded.revision, value = excluded.value",
            (*self._place(slot), *rival),
        )

    def forget_rivals(self, told_by: str) -> list[Slot]:
        """Forget what one said; the slots of which it said it."""
        slots = [
            Slot(self._id(meter), device, at, at - span)
            for meter, device, at, span in self._db.all(
                "SELECT meter, device, read_at, span FROM rival WHERE told_by = ?"
                " ORDER BY meter, device, read_at, span",
                (told_by,),
            )
        ]
        self._db.run("DELETE FROM rival WHERE told_by = ?", (told_by,))
        return slots

    def _place(self, slot: Slot) -> tuple[int, int, int, int]:
        return self._number(slot.meter), slot.device, slot.at, slot.at - slot.starts_at
