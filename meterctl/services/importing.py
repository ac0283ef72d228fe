"""The first look at a file: what it is, what it counts, and whose each of its series is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple

from meterctl.domain.meters import Kind, meter_named
from meterctl.errors import UnknownMeter
from meterctl.imports import catalog
from meterctl.imports.blocks import BLOCK_ROWS, Blocks
from meterctl.imports.canonical.format import Canonical
from meterctl.imports.canonical.in_blocks import CanonicalBlocks
from meterctl.imports.formats import Context, Options, Row
from meterctl.imports.mapping import Assigned, assign
from meterctl.imports.problems import EMPTY, Problem, Stop, Unknown
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record, read_records
from meterctl.imports.text.lines import read_lines
from meterctl.imports.text.source import Source

if TYPE_CHECKING:
    from meterctl.imports.table import Table
    from meterctl.imports.text.document import Document

Progress = Callable[[int], None]  # told how many bytes are read, now and then


class Prepared(NamedTuple):
    """A file that was looked at, and how its rows are to be had."""

    format: str
    title: str
    rows: Callable[[Progress], Iterator[Row]]  # one pass; may be called again
    # What it counts, and whose each is; nothing of our own format, whose columns are meters.
    series: tuple[Series, ...] = ()
    assigned: Assigned = Assigned({}, {}, {})
    notes: tuple[str, ...] = ()  # what was found out and decided, in sentences
    remarks: Callable[[], tuple[str, ...]] = tuple[str, ...]  # what the last pass met beside
    blocks: Blocks | None = None  # the same rows as `rows` gives, many times as fast


def prepare(source: Source, context: Context, format_: str | None = None) -> Prepared:
    """Find out how a file is to be read. Meters that it lacks are proposed, not made.

    Raises:
        Stop: it cannot be read.
        Unknown: it leaves something open that must be asked.
        UnknownMeter: --map or --meter names a meter that is not there.
    """
    canonical = Canonical()
    is_asked = format_ == catalog.CANONICAL
    if format_ is None or is_asked:
        first = _first_row(source)
        if first is not None and (is_asked or canonical.recognises(first, context)):
            ours = _ours(canonical, lambda: _plain(source), context, source.file.tell)
            return ours._replace(blocks=CanonicalBlocks(source.file, context))
    # Imported here: our own CSV needs none of it, and the clockwork is a good part of a start-up.
    from meterctl.imports.text.document import look_at

    document = look_at(source, context.options)
    if is_asked or (
        format_ is None and document.head and canonical.recognises(document.head[0], context)
    ):
        # Ours, in another encoding, in a workbook, or saved with other delimiters.
        return _ours(canonical, document.records, context, document.file.tell)
    return _foreign(_table(document, context, format_), source, context)


def _first_row(source: Source) -> Record | None:
    """The first row, if the file is plain text as we write it."""
    source.file.seek(0)
    try:
        first = next(_plain(source), None)
    except Stop:
        return None
    if first is None:
        raise Stop(EMPTY)
    return first


def _plain(source: Source) -> Iterator[Record]:
    source.file.seek(0)
    return read_records(read_lines(source.file))


def _ours(
    canonical: Canonical,
    records: Callable[[], Iterator[Record]],
    context: Context,
    position: Callable[[], int],
) -> Prepared:
    def rows(progress: Progress) -> Iterator[Row]:
        pass_ = records()
        first = next(pass_, None)
        if first is None:
            raise Stop(EMPTY)
        return _telling(canonical.rows(first, pass_, context), position, progress)

    return Prepared(catalog.CANONICAL, "readings as meterctl writes them", rows)


def _telling(rows: Iterator[Row], position: Callable[[], int], progress: Progress) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count % BLOCK_ROWS == 0:
            progress(position())
        yield row
    progress(position())


def _foreign(table: Table, source: Source, context: Context) -> Prepared:
    told = context.options.zone or table.zone
    if told is None:
        assigned = _in_the_zone_of_its_meters(table, context)
    else:
        table.resolve(told)
        assigned = _assign(table, context)
    meters = assigned.assigned | assigned.proposed
    return Prepared(
        table.format,
        table.title,
        lambda progress: _telling(table.rows(meters), source.file.tell, progress),
        table.series,
        assigned,
        table.notes,
        table.remarks,
    )


def _in_the_zone_of_its_meters(table: Table, context: Context) -> Assigned:
    """Whose each series is, with the times meant where its meters are.

    Raises:
        Stop: as `prepare` says.
    """
    doubt: Unknown | None = None
    for zone in dict.fromkeys((context.zones.default, *map(context.zones, context.meters))):
        try:
            table.resolve(zone)
        except Unknown as unknown:
            if unknown.option != "zone":
                raise
            doubt = doubt or unknown  # it may be the clock of another meter's zone, if it is its
            continue
        assigned = _assign(table, context)
        of_meters = _zone_of(assigned, table, context)
        if doubt is None and of_meters != zone:
            table.resolve(of_meters)
        if doubt is None or of_meters == zone:
            return assigned
    if doubt is None:
        raise RuntimeError("there is a default zone")
    raise doubt


def _assign(table: Table, context: Context) -> Assigned:
    return assign(table.format, table.series, context, table.zone)


def _zone_of(assigned: Assigned, table: Table, context: Context) -> tzinfo:
    """Where a file's clocks are: the zone that all its meters have in common.

    Raises:
        Unknown: they have none, and it matters.
    """
    meters = (*assigned.assigned.values(), *assigned.proposed.values())
    zones = {str(zone): zone for zone in map(context.zones, meters)}
    if len(zones) > 1 and table.is_local:
        message = f"its times have no offset, and its meters are in {' and '.join(sorted(zones))}"
        hint = "--tz says in which zone the times are: a name such as Europe/Berlin, +01:00, or UTC"
        raise Unknown(Problem(1, 1, message, hint), "zone")
    return next(iter(zones.values())) if len(zones) == 1 else context.zones.default


def _table(document: Document, context: Context, format_: str | None) -> Table:
    """A document of a foreign format; what it leaves open may be known from the meters named."""
    from meterctl.imports.table import Table

    home = context.options._replace(home=context.zones.default)
    context = context._replace(options=home)
    while True:
        options = context.options
        try:
            layout = catalog.layout_of(document, options, format_)
            return Table(document, layout, context)
        except Unknown as unknown:
            answered = _answered(unknown.option, context)
            if answered is None:
                raise
            context = context._replace(options=answered)


def _answered(option: str, context: Context) -> Options | None:
    """The options with what the meters that --map and --meter name say of their columns.

    None where they do not agree, or there are none, or the question is another.
    """
    options = context.options
    names = [name for _, name in options.columns] + ([options.meter] if options.meter else [])
    try:
        meters = [meter_named(context.meters, name) for name in names]
    except UnknownMeter:
        return None  # told in its place
    units = {meter.unit for meter in meters}
    are_registers = {meter.kind is Kind.REGISTER for meter in meters}
    if option == "kind" and options.kind is None and len(are_registers) == 1:
        kind = Kind.REGISTER if are_registers.pop() else Kind.INTERVAL
        return options._replace(kind=kind)
    if option == "unit" and options.unit is None and len(units) == 1:
        return options._replace(unit=units.pop())
    return None
