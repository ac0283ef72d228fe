"""What a file's own rows show, where headings that others write too let a module only suppose it.

`Time,Energy (kWh)` may be anybody's logger's: its values may be a dial's, its times may be ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

from meterctl.domain.meters import Kind
from meterctl.errors import shown as shown_text
from meterctl.imports.formats import Options
from meterctl.imports.generic.growth import Growth, Shown
from meterctl.imports.layout import Label
from meterctl.imports.problems import Choice, Problem, Unknown
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.wide import Header, cell, has_digit

_ROWS_THAT_GROW = 2_000  # more than a week of quarters of an hour
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d\d)(?::\d\d)?(?:\s*([ap])\.?m\b)?", re.IGNORECASE)
_NOT_ZERO = re.compile(r"[1-9]")
_KINDS = (
    Choice("register", "readings of a dial that only grows"),
    Choice("interval", "the amount of each period"),
)
_MINUTES = 24 * 60  # of a day


def shows_a_dial(
    document: Document, header: Header, columns: Mapping[int, Series], options: Options
) -> bool:
    """Whether the values of a column only ever grow: such are no amounts of a portal's.

    Raises:
        Unknown: (option `kind`) they grow from nothing, as those of a clear morning do as well.
    """
    growths = {column: Growth() for column in columns}
    from_nothing = dict[int, bool]()
    for record in islice(document.records(header.record.line), _ROWS_THAT_GROW):
        for column, growth in growths.items():
            text = cell(record.cells, column)
            growth.see(text)
            if column not in from_nothing and has_digit(text):
                from_nothing[column] = _NOT_ZERO.search(text) is None
    shown = {column: {one.shown("."), one.shown(",")} for column, one in growths.items()}
    dials = [column for column, ways in shown.items() if Shown.DIAL in ways]
    if not dials or not all(from_nothing[column] for column in dials):
        return bool(dials)
    if options.kind is None and not any(Shown.AMOUNTS in ways for ways in shown.values()):
        raise kind_unknown(columns[dials[0]].name, header.record)
    return options.kind is Kind.REGISTER


def kind_unknown(name: str, header: Record) -> Unknown:
    """The question whether the values of a series are a dial's."""
    message = f"{shown_text(name)} may be a dial's readings or the amounts of periods"
    hint = "say what it is: --kind register, or --kind interval"
    return Unknown(Problem(header.line, 1, message, hint, header.text), "kind", _KINDS)


def label_supposed(document: Document, header: Header) -> Label | None:
    """What the times in the first column mean: starts; None: that is for the whole file to show.

    A day of ends begins one step after midnight, 00:15 and 00:30, or stands there backwards.
    """
    below = (one for one in document.head if one.line > header.record.line)
    clocks = islice(filter(None, (_CLOCK.search(cell(one.cells, 0)) for one in below)), 2)
    minutes = [_minutes(clock) for clock in clocks]
    if len(minutes) < 2:
        return Label.STARTS
    first, second = minutes
    is_forwards = 0 < first == second - first
    is_backwards = first == 0 and second > _MINUTES // 2
    return None if is_forwards or is_backwards else Label.STARTS


def _minutes(clock: re.Match[str]) -> int:
    hour, half = int(clock[1]), (clock[3] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + int(clock[2])
