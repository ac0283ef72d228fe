"""The bodies of what is sent: JSON text with exact numbers, its size known to the byte.

Source: developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo

from meterctl.domain.times import clock_of, zone_named
from meterctl.sheet import looks
from meterctl.sheet.chain import SUBMITTER
from meterctl.sheet.looks import quoted
from meterctl.sheet.port import Change, Layout, NewColumn, Row, Token, Write
from meterctl.sheet.rows import TIMESTAMP, VOID, serial_text

TOKEN_KEY = "meterctl.batch"  # noqa: S105 (a name in the spreadsheet, no password)
SUBMITTER_KEY = "meterctl.submitter"
# Columns of a new tab; more where there are more headings. Few, since empty cells count as well:
# so 600,000 rows fit into a spreadsheet, and there are some columns for a person.
_COLUMNS = 16
_ROWS = 1_000
_EMPTY = "{}"


def token_value(token: Token) -> str:
    """What a token says: whose it is, of which batch, when."""
    return f"{token.ledger} {token.batch} {token.at}"


def token_of(number: int, value: str) -> Token:
    """A token, of what it says; one that says something else is nobody's."""
    words = value.split(" ")
    if len(words) == 3 and words[1].isdecimal() and words[2].isdecimal():
        return Token(number, words[0], int(words[1]), int(words[2]))
    return Token(number, "", 0, 0)


def row_text(row: Row, layout: Layout, zone: tzinfo) -> str:
    """One row as `appendCells` takes it: values alone, so that no cell's look is touched."""
    cells = [_EMPTY] * layout.width
    cells[layout.places[TIMESTAMP]] = (
        f'{{"userEnteredValue":{{"numberValue":{serial_text(clock_of(row.at, zone))}}}}}'
    )
    for name, value in row.values.items():
        cells[layout.places[name]] = (
            _text(VOID) if value is None else f'{{"userEnteredValue":{{"numberValue":{value}}}}}'
        )
    for name, text in row.rest.items():
        cells[layout.places[name]] = _text(text)
    return f'{{"values":[{",".join(cells)}]}}'


def write_body(write: Write, gid: int, tab: str, first_free: int | None = None) -> bytes:
    """One atomic request: the token, what has to be made, the rows, the tokens that go.

    From the row `first_free` on, counted from 0, no cell of ours has a look of its own yet; None
    where the columns have theirs, or are made with it.
    """
    zone = zone_named(write.zone)
    parts = [_create(TOKEN_KEY, write.token.id, token_value(write.token))]
    columns, rows = (0, 0) if write.tab is None else (write.tab.columns, write.tab.rows)
    if write.change is not None:
        new_rows = _ROWS + len(write.rows)  # some are left to type into
        parts += _changes(write.change, gid, tab, (new_rows, columns))
        if first_free is None or not write.change.new_header:
            parts += looks.of_columns(write.change, gid)
    if first_free is not None:
        shown = write.change.columns if write.change and write.change.new_header else ()
        place = write.layout.places[TIMESTAMP]
        parts += looks.below(shown, place, gid, range(first_free, rows))
    if write.rows:
        texts = ",".join(row_text(row, write.layout, zone) for row in write.rows)
        parts.append(
            f'{{"appendCells":{{"sheetId":{gid},"rows":[{texts}],"fields":"userEnteredValue"}}}}'
        )
    parts += [_delete(number) for number in write.expired]
    return batch(parts)


def batch(requests: Iterable[str]) -> bytes:
    """The body of a batchUpdate."""
    return f'{{"requests":[{",".join(requests)}]}}'.encode()


def twice(number: int) -> bytes:
    """The same id created twice: refused as a whole where ids are unique."""
    one = _create("meterctl.probe", number, "probe")
    return batch((one, one))


def delete_all(key: str) -> bytes:
    """Take away all metadata of a key."""
    lookup = f'{{"developerMetadataLookup":{{"metadataKey":{quoted(key)}}}}}'
    return batch((f'{{"deleteDeveloperMetadata":{{"dataFilter":{lookup}}}}}',))


def name_submitter(ledger: str, *, in_place: bool) -> bytes:
    """Name who submits; `in_place` of the one who is named, in the same atomic request."""
    named = _create(SUBMITTER_KEY, SUBMITTER, ledger)
    return batch((_delete(SUBMITTER), named) if in_place else (named,))


# -- parts -----------------------------------------------------------------------


def _create(key: str, number: int, value: str) -> str:
    return (
        '{"createDeveloperMetadata":{"developerMetadata":{'
        f'"metadataId":{number},"metadataKey":{quoted(key)},"metadataValue":{quoted(value)},'
        '"location":{"spreadsheet":true},"visibility":"DOCUMENT"}}}'
    )


def _delete(number: int) -> str:
    return (
        '{"deleteDeveloperMetadata":{"dataFilter":{"developerMetadataLookup":'
        f'{{"metadataId":{number}}}}}}}}}'
    )


def _changes(change: Change, gid: int, tab: str, size: tuple[int, int]) -> Iterator[str]:
    """The tab, or its header, or columns in it; `size`: a new tab's rows, an old one's columns."""
    new_rows, columns = size
    if change.new_tab:
        wide = max(_COLUMNS, len(change.columns))
        yield (
            f'{{"addSheet":{{"properties":{{"sheetId":{gid},"title":{quoted(tab)},'
            f'"gridProperties":{{"rowCount":{new_rows},"columnCount":{wide},'
            '"frozenRowCount":1}}}}'
        )
    elif change.new_header:
        if columns < len(change.columns):
            more = len(change.columns) - columns
            yield (
                f'{{"appendDimension":{{"sheetId":{gid},"dimension":"COLUMNS","length":{more}}}}}'
            )
        yield (
            f'{{"updateSheetProperties":{{"properties":{{"sheetId":{gid},'
            '"gridProperties":{"frozenRowCount":1}},"fields":"gridProperties.frozenRowCount"}}'
        )
    else:
        until = change.at + len(change.columns)
        yield (
            f'{{"insertDimension":{{"range":{{"sheetId":{gid},"dimension":"COLUMNS",'
            f'"startIndex":{change.at},"endIndex":{until}}},"inheritFromBefore":true}}}}'
        )
    cells = ",".join(map(_heading, change.columns))
    yield (
        f'{{"updateCells":{{"start":{{"sheetId":{gid},"rowIndex":0,"columnIndex":{change.at}}},'
        f'"rows":[{{"values":[{cells}]}}],'
        '"fields":"userEnteredValue,note,userEnteredFormat.textFormat.bold"}}'
    )


def _heading(column: NewColumn) -> str:
    note = f',"note":{quoted(column.note)}' if column.note else ""
    return (
        f'{{"userEnteredValue":{{"stringValue":{quoted(column.name)}}}{note},'
        '"userEnteredFormat":{"textFormat":{"bold":true}}}'
    )


def _text(text: str) -> str:
    # As a string value it is never a formula, whatever it begins with, and keeps its zeros.
    return f'{{"userEnteredValue":{{"stringValue":{quoted(text)}}}}}'
