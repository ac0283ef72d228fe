"""Findings, acceptances and what is yet to be judged, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from meterctl.domain.findings import Finding, Rule
from meterctl.domain.readings import Slot
from meterctl.ledger._readings import Readings
from meterctl.ledger.port import Flagged, Stretch

_BETWEEN = "WHERE f.meter = ? AND f.device = ? AND f.read_at BETWEEN ? AND ?"
_TOGETHER = 2_000  # findings set by one statement: few in memory, few statements


class Findings(Readings):
    """The part of a ledger that keeps what is found of readings."""

    def findings(self, stretch: Stretch) -> dict[Slot, tuple[Finding, ...]]:
        """The kept findings of a stretch, by slot."""
        found: dict[Slot, tuple[Finding, ...]] = {}
        for at, span, rule, detail in self._db.all(
            f"SELECT f.read_at, f.span, f.rule, f.detail FROM finding AS f {_BETWEEN}"  # noqa: S608 (constants)
            " ORDER BY f.read_at, f.span, f.rule",
            (self._number(stretch.meter), *stretch[1:]),
        ):
            slot = Slot(stretch.meter, stretch.device, at, at - span)
            found[slot] = (*found.get(slot, ()), Finding(Rule(rule), detail))
        return found

    def set_findings(self, found: Iterable[tuple[Slot, tuple[Finding, ...]]]) -> None:
        """Replace the findings of each slot named."""
        remaining = iter(found)
        while some := list(islice(remaining, _TOGETHER)):
            self._set_some(some)

    def _set_some(self, found: list[tuple[Slot, tuple[Finding, ...]]]) -> None:
        cleared: list[tuple[object, ...]] = []
        kept: list[tuple[object, ...]] = []
        for slot, findings in found:
            place = (self._number(slot.meter), slot.device, slot.at, slot.at - slot.starts_at)
            cleared.append(place)
            kept.extend((*place, finding.rule.value, finding.detail) for finding in findings)
        self._db.run_many(
            "DELETE FROM finding WHERE meter = ? AND device = ? AND read_at = ? AND span = ?",
            cleared,
        )
        self._db.run_many(
            "INSERT INTO finding (meter, device, read_at, span, rule, detail)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            kept,
        )

    def accept(self, entry: int, slot: Slot, revision: int, reason: str) -> None:
        """Keep that a person accepted a revision as it is."""
        self._db.run(
            "INSERT INTO acceptance (meter, device, read_at, span, revision, reason, entry)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                self._number(slot.meter),
                slot.device,
                slot.at,
                slot.at - slot.starts_at,
                revision,
                reason,
                entry,
            ),
        )

    def accepted(self, stretch: Stretch) -> dict[Slot, str]:
        """The slots of a stretch whose current revision is accepted, with the reasons."""
        return {
            Slot(stretch.meter, stretch.device, at, at - span): reason
            for at, span, reason in self._db.all(
                f"SELECT f.read_at, f.span, f.reason FROM acceptance AS f {_BETWEEN}"  # noqa: S608 (constants)
                " AND NOT EXISTS (SELECT 1 FROM reading AS later WHERE later.meter = f.meter"
                " AND later.device = f.device AND later.read_at = f.read_at"
                " AND later.span = f.span AND later.revision > f.revision)",
                (self._number(stretch.meter), *stretch[1:]),
            )
        }

    def flagged(self, meter: str | None = None, *, accepted: bool = False) -> Iterator[Flagged]:
        """Current readings with findings: the open ones, or with `accepted` those too."""
        for number, device, at, span in self._db.all(
            "SELECT DISTINCT meter, device, read_at, span FROM finding"
            " ORDER BY meter, device, read_at, span"
        ):
            id_ = self._id(number)
            if meter is not None and id_ != meter:
                continue
            slot = Slot(id_, device, at, at - span)
            here = Stretch(id_, device, at, at)
            reason = self.accepted(here).get(slot)
            if reason is None or accepted:
                reading = self.revisions(slot)[-1]
                yield Flagged(reading, self.findings(here)[slot], reason)

    def leave_unjudged(self, stretch: Stretch) -> None:
        """Note that a stretch's findings are yet to be derived."""
        self._db.run(
            "INSERT INTO unjudged (meter, device, first_at, last_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (meter, device) DO UPDATE SET"
            " first_at = CASE WHEN excluded.first_at < unjudged.first_at"
            " THEN excluded.first_at ELSE unjudged.first_at END,"
            " last_at = CASE WHEN excluded.last_at > unjudged.last_at"
            " THEN excluded.last_at ELSE unjudged.last_at END",
            (self._number(stretch.meter), *stretch[1:]),
        )

    def unjudged(self) -> list[Stretch]:
        """The stretches whose findings are yet to be derived."""
        return [
            Stretch(self._id(row[0]), *row[1:])
            for row in self._db.all(
                "SELECT meter, device, first_at, last_at FROM unjudged ORDER BY meter, device"
            )
        ]

    def clear_unjudged(self, stretch: Stretch) -> None:
        """Forget a stretch, unless it has grown since it was read."""
        self._db.run(
            "DELETE FROM unjudged WHERE meter = ? AND device = ? AND first_at = ? AND last_at = ?",
            (self._number(stretch.meter), *stretch[1:]),
        )
