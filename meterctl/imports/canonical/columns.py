"""The header of the canonical CSV: what each of its columns is."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.domain.meters import Meter, meter_named
from meterctl.errors import UnknownMeter, shown
from meterctl.imports.formats import Context
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.cells import Record, place_of_cell

TIMESTAMP, STARTS_AT, QUALITY, QUALITY_CODE, DEVICE, NOTE = FIXED = (
    "timestamp",
    "starts_at",
    "quality",
    "quality_code",
    "device",
    "note",
)
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class Columns(NamedTuple):
    """Where in a row everything stands; None where the file has no such column."""

    timestamp: int
    starts_at: int | None
    quality: int | None
    quality_code: int | None
    device: int | None
    note: int | None
    values: tuple[tuple[int, Meter], ...]
    cells: int


def read_header(header: Record, context: Context) -> Columns:
    """What each column is.

    Raises:
        Stop: with the column that has no meaning, or two.
    """
    _refuse_other_delimiters(header)
    if header.problem is not None:
        raise Stop(header.problem)
    places: dict[str, int] = {}
    others: list[tuple[int, str]] = []
    names = [cell.strip() for cell in header.cells]
    said = {column.lower() for column, _ in context.options.columns}
    if TIMESTAMP in said or TIMESTAMP not in (name.lower() for name in names):
        raise _stop(header, 0, "no column is named timestamp", _header_hint(context))
    seen: set[str] = set()
    for index, name in enumerate(names):
        lowered = name.lower()
        if not name:
            raise _stop(header, index, "a column without a name", "name it, or remove it")
        if lowered in seen:
            raise _stop(
                header, index, f"column {shown(name)} is there twice", "keep one of the two"
            )
        seen.add(lowered)
        if lowered in FIXED and lowered not in said:
            places[lowered] = index
        else:
            others.append((index, name))
    for column, _ in context.options.columns:
        if column.lower() in seen:
            continue
        message = f"--map names a column {shown(column)} that is not there"
        raise _stop(header, 0, message, "check its spelling")
    if not others:
        raise _stop(header, 0, "no column holds a meter's values", _header_hint(context))
    return Columns(
        places[TIMESTAMP],
        places.get(STARTS_AT),
        places.get(QUALITY),
        places.get(QUALITY_CODE),
        places.get(DEVICE),
        places.get(NOTE),
        _values(header, others, context),
        len(names),
    )


def _values(
    header: Record, columns: list[tuple[int, str]], context: Context
) -> tuple[tuple[int, Meter], ...]:
    """Whose each column of values is."""
    options = context.options
    said = {column.lower(): meter for column, meter in options.columns}
    if options.meter is not None:
        free = [(index, name) for index, name in columns if name.lower() not in said]
        if not free:
            message = "--meter is for one column of values, and --map took all there are"
            raise _stop(header, 0, message, "leave --meter out")
        if len(free) != 1:
            message = f"--meter is for one column of values, and here are {len(free)}"
            raise _stop(header, free[1][0], message, "name each with --map COLUMN=METER")
        said[free[0][1].lower()] = options.meter
    values: list[tuple[int, Meter]] = []
    for index, name in columns:
        try:
            meter = meter_named(context.meters, said.get(name.lower(), name))
        except UnknownMeter as error:
            hint = f"{error.hint}; or say whose it is: --map {shown(name)}=METER"
            if options.create:
                # A column of ours says neither its unit nor its kind: there is nothing to go by.
                hint += "; --create-meters makes none here, as our own CSV says no units"
            raise _stop(header, index, error.message, hint) from None
        if any(meter.id == other.id for _, other in values):
            message = f"a second column for meter {meter.id}"
            raise _stop(header, index, message, "keep one of the two")
        values.append((index, meter))
    return tuple(values)


def _stop(header: Record, index: int, message: str, hint: str) -> Stop:
    return Stop(Problem(*place_of_cell(header, index), message, hint, header.text))


def _refuse_other_delimiters(header: Record) -> None:
    if header.delimiter != "," or "," in header.text:
        return
    for delimiter, name in _OTHER_DELIMITERS.items():
        if delimiter in header.text:
            column = header.text.index(delimiter) + 1
            raise Stop(
                Problem(
                    header.line,
                    column,
                    f"columns are separated by {name}; here they are separated by commas",
                    "save the file with commas between the columns",
                    header.text,
                )
            )


def _header_hint(context: Context) -> str:
    columns = ",".join(meter.column for meter in context.meters)
    return f"the first line names the columns, such as timestamp,{columns}"
