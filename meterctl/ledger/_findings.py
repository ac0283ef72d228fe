"""Findings, acceptances and what is yet to be judged, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from meterctl.domain.findings import Finding, Rule, is_in_conflict
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

    def open_findings(self, stretch: Stretch) -> int:
        """How many readings of a stretch have open findings, as `flagged` has it."""
        row = self._db.one(
            f"SELECT count(*) FROM (SELECT DISTINCT f.read_at, f.span FROM finding AS f {_BETWEEN}"  # noqa: S608 (constants)
            " AND (f.rule = ? OR NOT EXISTS (SELECT 1 FROM acceptance AS a WHERE a.meter = f.meter"
            " AND a.device = f.device AND a.read_at = f.read_at AND a.span = f.span"
            " AND a.revision = (SELECT max(r.revision) FROM reading AS r WHERE r.meter = f.meter"
            " AND r.device = f.device AND r.read_at = f.read_at AND r.span = f.span)))) AS open",
            (self._number(stretch.meter), *stretch[1:], Rule.CONFLICT.value),
        )
        return int(row[0]) if row else 0

    def flagged(self, meter: str | None = None, *, accepted: bool = False) -> Iterator[Flagged]:
        """Current readings with findings: the open ones, or with `accepted` those too."""
        number = None if meter is None else self._number(meter)
        rows = self._db.all(
            "SELECT f.meter, f.device, f.read_at, f.span, f.rule, f.detail, a.reason"
            " FROM finding AS f LEFT JOIN acceptance AS a ON a.meter = f.meter"
            " AND a.device = f.device AND a.read_at = f.read_at AND a.span = f.span"
            " AND a.revision = (SELECT max(r.revision) FROM reading AS r WHERE r.meter = f.meter"
            " AND r.device = f.device AND r.read_at = f.read_at AND r.span = f.span)"
            " WHERE CAST(? AS BIGINT) IS NULL OR f.meter = ?"
            " ORDER BY f.meter, f.device, f.read_at, f.span, f.rule",
            (number, number),
        )
        for (of, device, at, span), same in groupby(rows, key=lambda row: row[:4]):
            found = list(same)
            reason = found[0][6]
            findings = tuple(Finding(Rule(row[4]), row[5]) for row in found)
            if reason is None or accepted or is_in_conflict(findings):
                slot = Slot(self._id(of), device, at, at - span)
                yield Flagged(self.revisions(slot)[-1], findings, reason)

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

    def judged(self, stretch: Stretch, until: int) -> None:
        """Forget the part of an unjudged stretch up to a time, or all of it if it ends there."""
        device = (self._number(stretch.meter), stretch.device)
        self._db.run(
            "DELETE FROM unjudged WHERE meter = ? AND device = ? AND last_at <= ?", (*device, until)
        )
        self._db.run(
            "UPDATE unjudged SET first_at = ? WHERE meter = ? AND device = ? AND first_at <= ?",
            (until + 1, *device, until),
        )
