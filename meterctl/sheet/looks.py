"""How the tab looks when it is made: number formats, widths, a guard before the key.

Each is set once, on columns that are new; from then on a column looks as a person has it. Rows are
written without any look: a cell has that of its column, and a row that is added that of the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii

from meterctl.sheet.port import Change, NewColumn
from meterctl.sheet.rows import KEY

DATED = "yyyy-mm-dd hh:mm:ss"  # sorts as a number, reads as a time in the spreadsheet's zone
AS_TYPED = "@"  # a device's 0042 keeps its zeros, a note of 3-4 becomes no date
_GUARD = "meterctl knows a row by its key: better left as it is"


def of_columns(change: Change, gid: int) -> Iterator[str]:
    """The looks of new columns, from the heading down."""
    for place, column in enumerate(change.columns, change.at):
        if column.pattern or not change.new_tab:
            yield _format(column.pattern, gid, place)
    yield from _widths_and_guard(change.columns, change.at, gid)


def below(columns: Sequence[NewColumn], dated: int, gid: int, rows: range) -> Iterator[str]:
    """The looks of rows that nothing stands in yet, in a tab that was there before.

    Of new columns from the left edge on; where there are none, of the time's column `dated` alone.
    The heading has the look too: by that it is known that the column has it.
    """
    patterns = {place: column.pattern for place, column in enumerate(columns)} or {dated: DATED}
    for place, pattern in patterns.items():
        if not pattern:
            continue
        yield _format(pattern, gid, place, range(1))
        if rows:
            yield _format(pattern, gid, place, rows)
    yield from _widths_and_guard(columns, 0, gid)


def _widths_and_guard(columns: Sequence[NewColumn], at: int, gid: int) -> Iterator[str]:
    for place, column in enumerate(columns, at):
        yield (
            f'{{"updateDimensionProperties":{{"range":{{"sheetId":{gid},"dimension":"COLUMNS",'
            f'"startIndex":{place},"endIndex":{place + 1}}},'
            f'"properties":{{"pixelSize":{column.pixels}}},"fields":"pixelSize"}}}}'
        )
        if column.name == KEY:
            yield (
                f'{{"addProtectedRange":{{"protectedRange":{{"range":{_range(gid, place)},'
                f'"description":{quoted(_GUARD)},"warningOnly":true}}}}}}'
            )


def _format(pattern: str, gid: int, place: int, rows: range | None = None) -> str:
    """The number format of a column, or of some of its rows; none where there is no pattern.

    None is set too: a new column may have taken over that of a column of times.
    """
    kind = {DATED: "DATE_TIME", AS_TYPED: "TEXT"}.get(pattern, "NUMBER")
    cell = (
        f'{{"userEnteredFormat":{{"numberFormat":{{"type":"{kind}","pattern":{quoted(pattern)}}}}}}}'
        if pattern
        else "{}"
    )
    return (
        f'{{"repeatCell":{{"range":{_range(gid, place, rows)},"cell":{cell},'
        '"fields":"userEnteredFormat.numberFormat"}}'
    )


def _range(gid: int, place: int, rows: range | None = None) -> str:
    lines = "" if rows is None else f'"startRowIndex":{rows.start},"endRowIndex":{rows.stop},'
    return f'{{"sheetId":{gid},{lines}"startColumnIndex":{place},"endColumnIndex":{place + 1}}}'


@lru_cache(maxsize=256)
def quoted(text: str) -> str:
    """A text as JSON has it."""
    return encode_basestring_ascii(text)
