"""SMA's Sunny Portal: `Plant / Total yield / Meter Change [kWh]`.

A row is a day, a month or a year. The export of a single day holds power at times without a date,
and is refused.
"""

from __future__ import annotations

import re

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.formats import Options
from meterctl.imports.layout import Facts, Layout
from meterctl.imports.series import Series
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.flows import FLOWS
from meterctl.imports.vendors.headings import columns_of, role
from meterctl.imports.vendors.wide import Header, Wide, find_row, take_apart

_HEADING = re.compile(r"(.+\S)\s*/\s*[^/\[\]]+\[(k|M|G)?Wh?\]\d*", re.IGNORECASE)
_STANDS = re.compile(r"meter reading|zahlerstand|counter status|meterstand|lettura|releve")
_OLD = re.compile(r"/ meter change .*\]\d+$")
_MONTH = re.compile(r"([^\W\d]+\.?) (\d\d)")
_ROLES = (*FLOWS, role(r"total yield|gesamtertrag", Direction.GENERATION))
_AGAIN = "the same column stands there before; --map keeps it"
_HINT = "export a month or a year, which hold energy (kWh): Sunny Portal, Energy balance, Month"


def sunny_portal(document: Document, options: Options) -> Layout | None:
    """Its layout, where every heading but the first says what, how and in which unit."""
    header = find_row(
        document,
        lambda folded: (
            len(folded) > 1
            and _HEADING.fullmatch(folded[0]) is None
            and all(_HEADING.fullmatch(name) for name in folded[1:])
        ),
    )
    if header is None:
        return None
    columns = columns_of(_without_ends(header), _ROLES, options, _HINT, (0,))
    if not columns.values:
        return None
    values = {
        index: series._replace(kind=Kind.REGISTER) if _stands(series.name) else series
        for index, series in columns.values.items()
    }
    # What is consumed directly stands there twice, as a part of two sums.
    again = [index for index in values if header.folded[index] in header.folded[:index]]
    for index in again:
        part = f"{values[index].part}-again" if values[index].part else "again"
        values[index] = values[index]._replace(part=part, only_if_mapped=_AGAIN)
    return Wide(
        format="sma",
        title="SMA Sunny Portal, energy",
        facts=Facts(decimal=_mark(header, document)),
        header=header,
        values=values,
        start_of=_with_century,
        notes=columns.notes,
    )


def _mark(header: Header, document: Document) -> str | None:
    """The decimal mark, where the portal of old in English writes every value with three digits.

    It puts a number behind a unit, and is not the present portal, which may write commas.
    """
    is_old = all(_OLD.search(name) for name in header.folded[1:])
    rows = (record for record in document.head if record.line > header.record.line)
    has_commas = any("," in cell for record in rows for cell in record.cells[1:])
    return "." if is_old and not has_commas else None


def _without_ends(header: Header) -> Header:
    """The headings without the number that the portal puts behind a unit: `[kWh]0`."""
    names = (re.sub(r"\]\d+$", "]", name) for name in header.names)
    return header._replace(names=tuple(names))


def _stands(name: str) -> bool:
    return _STANDS.search(take_apart(name).name) is not None


def _with_century(_: Series, when: str) -> str:
    """`Jan 26` is a month of 2026, and no day."""
    match = _MONTH.fullmatch(when)
    return when if match is None else f"{match[1]} 20{match[2]}"
