"""In which words a person is told what was found in the Sheet, and which cell it is about."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from meterctl.domain.meters import Meter, Zones, meter_named
from meterctl.domain.readings import Reading, reading_id
from meterctl.domain.times import local_text
from meterctl.ledger.port import Ledger
from meterctl.services.notices import About, Notice, Notices
from meterctl.services.seen import Shown, Typed, named_in
from meterctl.services.sheet_room import gap_told
from meterctl.services.taking_in import Saying
from meterctl.sheet.layout import column_letters
from meterctl.sheet.port import Tab
from meterctl.sheet.rows import KEY, TIMESTAMP, UTC, Key
from meterctl.sheet.told import Reader, Told

_EACH = 20  # rows that are gone are named one by one, up to so many


class Teller:
    """Puts what a read finds into words."""

    def __init__(
        self,
        ledger: Ledger,
        notices: Notices,
        reader: Reader,
        meters: Sequence[Meter],
        zones: Zones,
    ) -> None:
        self.conflicts = 0  # so many were told
        self._ledger = ledger
        self._notices = notices
        self._reader = reader
        self._meters = tuple(meters)
        self._zones = zones

    def cell(self, one: Reading, number: int) -> str:
        """The cell of a value, as a person finds it."""
        return self._reader.address(meter_named(self._meters, one.meter).column, number)

    def when(self, at: int, meter: str) -> str:
        """An instant as the meter's clocks show it."""
        return local_text(at, self._zones(meter_named(self._meters, meter)))

    def unknown_columns(self, tab: Tab) -> None:
        """Meters that another machine has columns of, and this one does not know."""
        known = {meter.column for meter in self._meters} | {meter.id for meter in self._meters}
        for place, (heading, note) in enumerate(zip(tab.header, tab.notes, strict=False)):
            says = dict(line.split(": ", 1) for line in note.splitlines() if ": " in line)
            if "meter" in says and not known & {heading.strip(), says["meter"]}:
                options = " ".join(
                    f"--{name} {shlex.quote(says[name])}"
                    for name in ("unit", "kind", "direction")
                    if name in says
                )
                self._add(
                    About.UNKNOWN_METER,
                    heading,
                    f"column {column_letters(place)} holds a meter that is not known here:"
                    f" {says['meter']}",
                    f"meterctl meters add {shlex.quote(says['meter'])}"
                    f" --column {shlex.quote(heading.strip())} {options}",
                )

    def gap(self, rows: range) -> None:
        """Rows that keep ours apart."""
        self._add(About.GAP, "", *gap_told(rows[0], rows[-1]))

    def faults(self, told: Told) -> None:
        """Cells that cannot be read."""
        for fault in told.faults:
            # Not by its number: a row that has moved is no news.
            row = told.key.text if told.key else str(told.at)
            name = f"{row} {fault.cell.rstrip('0123456789')} {told.stamp} {told.content}"
            self._add(About.UNREADABLE, name, f"{fault.cell}: {fault.message}", fault.hint)

    def formula(self, typed: Typed, number: int) -> None:
        """A time that would not stay what it is."""
        cell = self._reader.address(TIMESTAMP, number)
        self._add(
            About.UNREADABLE,
            f"formula {typed.meter} {typed.value}",
            f"{cell}: its time is a formula, which will show another time",
            "type the time itself (Ctrl+Shift+; and Ctrl+; put in what is now)",
        )

    def conflict(self, one: Saying, truth: Reading) -> None:
        """Another value than the one that is here."""
        self.conflicts += 1
        meter = meter_named(self._meters, truth.meter)
        here = f"which is {_value(meter, truth.value)} here: neither is submitted"
        self._said(About.CONFLICT, one, truth, here, "whichever is right")

    def past(self, one: Saying, truth: Reading) -> None:
        """A value for what a later truth has replaced."""
        meter = meter_named(self._meters, truth.meter)
        here = f"where a later row says {_value(meter, truth.value)}: that one stands"
        self._said(About.PAST, one, truth, here, "if it does not")

    def _said(self, about: About, one: Saying, truth: Reading, here: str, when: str) -> None:
        meter = meter_named(self._meters, truth.meter)
        self._add(
            about,
            f"{one.key.text if one.key else one.typed} {meter.id} {one.reading.value}",
            f"{self.cell(one.reading, one.number)} says {_value(meter, one.reading.value)} of"
            f" {self.when(truth.at, meter.id)}, {here}",
            f'{when}: meterctl correct {reading_id(truth.slot, meter)} VALUE --reason "..."',
        )

    def copied(self, told: Told, key: Key) -> None:
        """A row that bears another one's key."""
        own, utc = self._reader.address(KEY, told.number), self._reader.address(UTC, told.number)
        self._add(
            About.COPIED,
            key.text,
            f"row {told.number} is a copy: its key is another row's too",
            f"delete it; or empty {own} and {utc}, and it is read as typed by hand",
        )

    def moved(self, told: Told, key: Key) -> None:
        """A row whose time was edited."""
        cell = self._reader.address(TIMESTAMP, told.number)
        self._add(
            About.MOVED,
            key.text,
            f"{cell}: the time of a reading was edited, which changes nothing here",
            "put the old time back (utc tells it); void the reading, and record it at its own time",
        )

    def cleared(self, told: Told, key: Key, meter: Meter) -> None:
        """A value that was taken out of its row."""
        at = told.at or 0
        self._add(
            About.CLEARED,
            f"{key.text} {meter.id}",
            f"{self._reader.address(meter.column, told.number)} was emptied: the reading of"
            f" {self.when(at, meter.id)} stands all the same",
            self._how_to_void(meter, at),
        )

    def deleted(self, gone: Sequence[tuple[Key, Shown]]) -> None:
        """Rows that are not there any more."""
        for key, shown in gone[:_EACH]:
            named = named_in(shown.meters, self._meters)
            self._gone(key.text, "the row", shown.at, named)
        more = len(gone) - _EACH
        if more > 0:
            self._add(
                About.DELETED,
                f"and {more} more, from {gone[_EACH][0].text} on",
                f"{more} more rows were deleted: their readings stand, and are not sent again",
                "meterctl history lists what stands; meterctl void takes back what never was",
            )

    def typed_gone(self, one: Typed) -> None:
        """A row typed by hand that is not there any more."""
        self._gone(one.name, "what was typed", one.at, [meter_named(self._meters, one.meter)])

    def _gone(self, name: str, what: str, at: int, named: Sequence[Meter]) -> None:
        meter = named[0] if named else self._meters[0]
        of = " and ".join(one.id for one in named) or "a meter"
        self._add(
            About.DELETED,
            name,
            f"{what} of {of} at {self.when(at, meter.id)} was deleted: the reading stands, and is"
            " not sent again",
            self._how_to_void(meter, at),
        )

    def _how_to_void(self, meter: Meter, at: int) -> str:
        """The command; an instant may have several readings, of two devices or of two lengths."""
        slots = [
            slot
            for device in meter.devices
            for slot, revisions in self._ledger.revisions_at(meter.id, device.number, (at,)).items()
            if revisions[-1].value is not None
        ]
        if len(slots) == 1:
            return f'if it never was: meterctl void {reading_id(slots[0], meter)} --reason "..."'
        return (
            f'if it never was: meterctl void ID --reason "..."; meterctl history {meter.id} --ids'
        )

    def _add(self, about: About, name: str, text: str, hint: str | None) -> None:
        self._notices.add(name, Notice(about, text, hint))


def _value(meter: Meter, value: int | None) -> str:
    return "void" if value is None else meter.text(value)
