"""What a person reads of an import: what a file was taken for, what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import tzinfo
from itertools import islice
from typing import NamedTuple

from meterctl.cli import out
from meterctl.cli.bulk_import_text import aligned, folded, number, plain
from meterctl.domain.meters import Kind, Meter, Zones
from meterctl.domain.readings import Reading
from meterctl.domain.times import local_text
from meterctl.errors import FileError, MeterctlError
from meterctl.imports.formats import Context
from meterctl.imports.problems import Stop
from meterctl.services.bulk_import import Imported
from meterctl.services.coverage import Held
from meterctl.services.importing import Prepared

FIRST_ROWS = 5
_FIRST_READINGS = 10  # of these rows; the row that passes it is shown to its end
_OF_A_ROW = 6  # readings: some rows hold a whole day's


class Done(NamedTuple):
    """A file that was dealt with."""

    imported: Imported
    prepared: Prepared | None = None  # None: it could not be read
    notes: tuple[str, ...] = ()  # what was found out and decided of it, in sentences
    was_shown: bool = False  # before a question: whose each column is, and the notes

    @property
    def is_foreign(self) -> bool:
        """Whether it is of another's format: then more is to be told of it."""
        return self.prepared is not None and bool(self.prepared.series)

    @property
    def meters(self) -> tuple[tuple[str, Meter], ...]:
        """Its series, each with its meter."""
        return () if self.prepared is None else meters_of(self.prepared)


def meters_of(prepared: Prepared) -> tuple[tuple[str, Meter], ...]:
    """A file's series in its order, each with its meter."""
    found = prepared.assigned.assigned | prepared.assigned.proposed
    return tuple((one.name, found[one.name]) for one in prepared.series if one.name in found)


def left_out(prepared: Prepared) -> list[str]:
    """The series that become no meter's, each with the reason."""
    return [f"left out: {plain(name)}: {why}" for name, why in prepared.assigned.left_out.items()]


def show_mapping(prepared: Prepared, tell: Callable[[str], None]) -> None:
    """Whose each series is, and which are left out."""
    rows = [["column", "meter", "unit", "kind", "direction", "device", ""]]
    for name, meter in meters_of(prepared):
        serial = meter.devices[-1].serial or "-"
        new = "new" if name in prepared.assigned.proposed else ""
        rows.append([plain(name), meter.id, meter.unit, meter.kind, meter.direction, serial, new])
    for line in aligned(rows):
        tell(f"  {line}")
    for text in left_out(prepared):
        for line in folded(text):
            tell(f"  {line}")


def show_preview(name: str, prepared: Prepared, notes: Sequence[str], context: Context) -> None:
    """What a dry run says of a file before it is gone through."""
    show_notes(name, prepared, notes, out.line)
    if prepared.series:
        out.line()
        show_mapping(prepared, out.line)
    if rows := list(_first_rows(prepared, context)):
        out.line()
        for line in aligned([["time", "meter", "value", "quality"], *rows], right=(2,)):
            out.line(f"  {line}")
    out.line()


def show_notes(
    name: str, prepared: Prepared, notes: Sequence[str], tell: Callable[[str], None]
) -> None:
    """What a file was taken for, and what was decided of it."""
    tell(f"{name}: {prepared.format}: {prepared.title}")
    for note in notes:
        for line in folded(note):
            tell(f"  {line}")


def show_done(done: Done, zones: Zones, *, dry_run: bool) -> None:
    """What became of a file of which something was good."""
    one = done.imported
    out.line(f"{one.file}: {one.format}: {counts([one], dry_run=dry_run)}")
    if done.is_foreign and one.held:
        out.line(f"  from {_whole_span(done, zones)}")
    elif one.first_at is not None and one.last_at is not None:
        first, last = (local_text(at, zones.default) for at in (one.first_at, one.last_at))
        out.line(f"  from {first} to {last}")
    if done.is_foreign:
        show_holdings(done, zones, dry_run=dry_run)
    if one.findings:
        look = "looks" if one.findings == 1 else "look"  # review lists those of before as well
        out.note(f"  {one.findings} of these {look} wrong: meterctl review")


def is_through(one: Imported) -> bool:
    """Whether anything of a file was good, be it known already."""
    return not one.refused and not (one.rejected and one.rejected == one.rows)


def counts(done: Sequence[Imported], *, dry_run: bool) -> str:
    """How many rows there were, and what became of them."""
    rows, recorded, duplicates, conflicts, rejected = (
        sum(getattr(one, name) for one in done)
        for name in ("rows", "recorded", "duplicates", "conflicts", "rejected")
    )
    parts = [
        number(rows, "row"),
        f"{number(recorded, 'reading')} {'would be ' if dry_run else ''}recorded",
    ]
    if duplicates:
        parts.append(f"{duplicates} known already")
    if conflicts:
        parts.append(f"{conflicts} in conflict")
    if rejected:
        parts.append(f"{number(rejected, 'row')} rejected")
    return ", ".join(parts)


def verdict(one: Imported, *, dry_run: bool) -> FileError:
    """That nothing of a file was stored, and why."""
    message = f"{one.file}: nothing {'would be' if dry_run else 'was'} stored"
    if not one.rejected:
        return FileError(message)  # the line above says what is wrong with the file as a whole
    bad = f"{one.rejected} of {number(one.rows, 'row')} {'is' if one.rejected == 1 else 'are'} bad"
    if one.rejected == one.rows:
        return FileError(f"{message}: {bad}", "mend the file")
    return FileError(f"{message}: {bad}", "mend the file, or store the others with --skip-bad")


def show_holdings(done: Done, zones: Zones, *, dry_run: bool) -> None:
    """What a foreign file holds of each meter, and what was decided on the way."""
    one, held = done.imported, {each.meter: each for each in done.imported.held}
    created = {meter.id for meter in one.created}
    has_all = [(name, meter, held[meter.id]) for name, meter in done.meters if meter.id in held]
    rows = []
    for name, meter, holds in has_all:
        row = [plain(name), meter.id, number(holds.readings, "reading"), _amount(meter, holds)]
        if dry_run:
            row.append(_span(holds, zones(meter)))
        row.append("" if meter.id not in created else "would be made" if dry_run else "made")
        rows.append(row)
    lines = list(aligned(rows, right=(2,)))
    if done.prepared is not None and not dry_run and not done.was_shown:  # else it was told before
        for told in (*left_out(done.prepared), *done.notes):
            lines += folded(told)
    lines += one.remarks
    for name, meter, holds in has_all:
        lines += _gaps(name, zones(meter), holds, listed=dry_run)
    for line in lines:
        out.line(f"  {line}")


def _whole_span(done: Done, zones: Zones) -> str:
    """From the file's first interval or reading to its last, in the zone of its first meter."""
    held, zone = done.imported.held, zones(done.meters[0][1])
    first = min(holds.first.starts_at for holds in held)
    last = max(holds.last.at for holds in held)
    return f"{local_text(first, zone)} to {local_text(last, zone)}"


def _span(holds: Held, zone: tzinfo) -> str:
    return f"{local_text(holds.first.starts_at, zone)} to {local_text(holds.last.at, zone)}"


def _amount(meter: Meter, holds: Held) -> str:
    """The energy of intervals; of a dial, what it showed first and last."""
    if meter.kind is Kind.INTERVAL:
        return out.number(meter.text(holds.total))
    first, last = (meter.text(one.amount) for one in (holds.first, holds.last))
    return f"{out.number(first)} to {out.number(last)}"


def _gaps(name: str, zone: tzinfo, holds: Held, *, listed: bool) -> Iterator[str]:
    if holds.gap_count is None:
        yield f"{plain(name)}: too many gaps to count"
        return
    if not holds.gap_count:
        return
    yield f"{plain(name)}: {number(holds.gap_count, 'gap')}{':' if listed else ''}"
    if listed:
        for start, end in holds.gaps:
            yield f"  {local_text(start, zone)} to {local_text(end, zone)}"
        if holds.gap_count > len(holds.gaps):
            yield f"  and {holds.gap_count - len(holds.gaps)} more"


def _first_rows(prepared: Prepared, context: Context) -> Iterator[list[str]]:
    """The first rows as they would be stored; what is wrong with others is told elsewhere."""
    meters = (*context.meters, *prepared.assigned.proposed.values())
    by_id = {meter.id: meter for meter in meters}
    rows = prepared.rows(lambda _: None)
    shown_readings = 0
    with suppress(Stop, MeterctlError):
        for row in islice((row for row in rows if row.readings), FIRST_ROWS):
            if shown_readings >= _FIRST_READINGS:
                return
            shown_readings += min(len(row.readings), _OF_A_ROW)
            for reading in row.readings[:_OF_A_ROW]:
                yield _reading(reading, by_id[reading.meter], context.zones)
            if (more := len(row.readings) - _OF_A_ROW) > 0:
                yield [f"and {more} more of this row", "", "", ""]


def _reading(reading: Reading, meter: Meter, zones: Zones) -> list[str]:
    zone = zones(meter)
    time = local_text(reading.at, zone)
    if reading.starts_at != reading.at:
        time = f"{local_text(reading.starts_at, zone)} to {time}"
    code = "" if reading.quality_code is None else f" ({plain(reading.quality_code)})"
    return [time, meter.id, out.number(meter.text(reading.amount)), f"{reading.quality}{code}"]
