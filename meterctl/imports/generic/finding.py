"""Going over a file once, to find where its tables begin."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from meterctl.imports.generic.heads import Head, head_of, is_without_values, trimmed
from meterctl.imports.generic.hours import across
from meterctl.imports.generic.preamble import said_above
from meterctl.imports.generic.sections import Section
from meterctl.imports.generic.shapes import TIMES, shape_of
from meterctl.imports.generic.when import When, when_of
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document

_FEW_ROWS = 2
MOST_ABOVE = 60  # lines between tables that are looked at
_LONGEST_ABOVE = 1 << 16  # characters of such a line
_MOST_FAILED = 2_000  # rows in which no table begins, until no more is looked for


def sections_of(document: Document) -> list[Section]:
    """All tables of a file with a time in each row and something that counts.

    Raises:
        Stop: the line that may be the header of the first one is damaged.
    """
    above: deque[Record] = deque(maxlen=MOST_ABOVE)
    sections: list[Section] = []
    current: Section | None = None
    before: list[str] = []
    failed = 0
    damaged = _damaged_header(document)
    rows = ((r, cells) for r in document.records() if r.problem is None and (cells := trimmed(r)))
    for (record, own), (_, following) in _with_next(rows):
        cells = own if current is None else current.when.filled(own, before)
        fits = current is not None and current.fits(cells)
        if (above or not fits) and failed < _MOST_FAILED:
            opened = _opened(tuple(above), cells, following, current, fits)
            if opened is not None:
                is_first = not sections and opened.head.record is None
                if is_first and damaged is not None and damaged.line < record.line:
                    raise Stop(damaged)  # else what its headings say would be asked for
                current, fits = opened, True
                sections.append(opened)
        if current is None and failed == _MOST_FAILED:
            return []
        if current is not None and fits:
            failed = 0
            above.clear()
            current.see(record, cells)
            before = cells
        elif not is_without_values(cells):  # the first hours of a file may be blank
            failed += 1
            if len(record.text) <= _LONGEST_ABOVE:
                above.append(record)
    if any(section.head.record is not None for section in sections):
        # A line above a table may look like data: `Zeitraum;01.01.2024;31.01.2024;Summe;12,5`.
        sections = [one for one in sections if one.head.record is not None or one.rows > _FEW_ROWS]
    for section in sections:
        section.finish()
    return sections


def _damaged_header(document: Document) -> Problem | None:
    """What is wrong with the first line that cannot be read and is no row of data."""
    for record in document.head:
        if record.problem is not None:
            start = record.text.partition(document.delimiter or "\n")[0].strip(' "')
            return None if shape_of(start) in TIMES else record.problem
    return None


def _with_next(
    rows: Iterator[tuple[Record, list[str]]],
) -> Iterator[tuple[tuple[Record, list[str]], tuple[Record | None, list[str]]]]:
    """Each row with the one that follows."""
    last = next(rows, None)
    while last is not None:
        following = next(rows, None)
        yield last, following or (None, [])
        last = following


def _opened(
    above: tuple[Record, ...],
    cells: list[str],
    following: list[str],
    current: Section | None,
    fits: bool,
) -> Section | None:
    """The table that begins with this row; None: it is no data, or the present table goes on."""
    if len(cells) < 2 and above and len(trimmed(above[-1])) > 1:
        return None
    head = head_of(above, cells)
    if current is not None:
        if head.record is None:
            return None  # data of another form without a header is told row by row
        if head.folded == current.folded and not _is_another(head, current) and fits:
            return None
    when = when_of(head.names, cells, following)
    if when is None:
        return None
    wide = across(head.names, cells) if head.names else ()
    if wide and not set(when.columns) & set(wide):
        when = When((when.start[0],), label=when.label)
    elif wide:
        wide = ()
    section = Section(head, when, wide, cells)
    if not section.has_values or not section.fits(cells):
        return None
    return section


def _is_another(head: Head, current: Section) -> bool:
    """Whether the lines above a header that stands there again say that it is of another meter."""
    own = said_above([trimmed(record) for record in head.above]).identity
    return any(
        new is not None and new != old for new, old in zip(own, current.said.identity, strict=True)
    )
