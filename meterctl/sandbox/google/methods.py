"""The Sheets API v4 by its paths: which method a request means, and what it may carry."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

from meterctl.sandbox.google import creating, sheets, value_methods
from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.call import Call
from meterctl.sandbox.google.errors import ApiError, bad_field
from meterctl.sandbox.google.files import Files
from meterctl.sandbox.google.masks import ALL, known_mask, parse_mask, project
from meterctl.sandbox.google.payload import camel, check, decode
from meterctl.sandbox.message import Request

Json = dict[str, Any]
SYSTEM = {"alt", "fields", "key", "prettyPrint", "quotaUser", "access_token", "oauth_token"}
SYSTEM |= {"callback", "uploadType", "upload_protocol", "$.xgafv", "$prettyPrint", "$alt"}
_UNKNOWN = (
    'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. Field '
    "'{name}' could not be found in request message."
)


class Method(NamedTuple):
    """One of the API's methods."""

    verb: str
    path: re.Pattern[str]  # of what follows /v4/spreadsheets; its groups are the names
    kind: str  # Read or Write: which quota it spends, which scopes it needs
    rpc: str  # its name in errors
    do: Callable[[Call], Json]
    answers: str  # Google's type
    takes: str = ""  # Google's type of the body
    query: frozenset[str] = frozenset()


_RENDER = {"valueRenderOption", "dateTimeRenderOption", "majorDimension"}
_WRITE = {"valueInputOption", "includeValuesInResponse", "responseValueRenderOption"}
_WRITE |= {"responseDateTimeRenderOption"}
_GET = {"ranges", "includeGridData", "commentsViewMode", "excludeTablesInBandedRanges"}


def _method(line: str, do: Callable[[Call], Json], query: set[str] | None = None) -> Method:
    verb, path, kind, rpc, answers, *takes = line.split()
    pattern = re.escape(path).replace("ID", "([^/:]+)").replace("RANGE", "(.+)")
    return Method(
        verb,
        re.compile(pattern, re.DOTALL),
        kind,
        rpc,
        do,
        answers,
        takes[0] if takes else "",
        frozenset(query or ()),
    )


# Of these methods the body is one field of the request, which errors name.
_BODIES = {"CreateSpreadsheet": "spreadsheet", "UpdateValues": "data", "AppendValues": "data"}

METHODS = [
    _method("POST / Write CreateSpreadsheet Spreadsheet Spreadsheet", creating.create),
    _method("GET /ID Read GetSpreadsheet Spreadsheet", sheets.get, _GET),
    _method(
        "POST /ID:batchUpdate Write BatchUpdateSpreadsheet BatchUpdateSpreadsheetResponse "
        "BatchUpdateSpreadsheetRequest",
        sheets.batch_update,
    ),
    _method(
        "POST /ID:getByDataFilter Read GetSpreadsheetByDataFilter Spreadsheet "
        "GetSpreadsheetByDataFilterRequest",
        sheets.get_by_filter,
    ),
    _method(
        "POST /ID/sheets/ID:copyTo Write CopySheetToAnotherSpreadsheet SheetProperties "
        "CopySheetToAnotherSpreadsheetRequest",
        sheets.copy_to,
    ),
    _method(
        "GET /ID/developerMetadata/ID Read GetDeveloperMetadata DeveloperMetadata",
        sheets.metadata_get,
    ),
    _method(
        "POST /ID/developerMetadata:search Read SearchDeveloperMetadata "
        "SearchDeveloperMetadataResponse SearchDeveloperMetadataRequest",
        sheets.metadata_search,
    ),
    _method(
        "GET /ID/values:batchGet Read BatchGetValues BatchGetValuesResponse",
        value_methods.batch_get,
        _RENDER | {"ranges"},
    ),
    _method(
        "POST /ID/values:batchUpdate Write BatchUpdateValues BatchUpdateValuesResponse "
        "BatchUpdateValuesRequest",
        value_methods.batch_update,
    ),
    _method(
        "POST /ID/values:batchClear Write BatchClearValues BatchClearValuesResponse "
        "BatchClearValuesRequest",
        value_methods.batch_clear,
    ),
    _method(
        "POST /ID/values:batchGetByDataFilter Read BatchGetValuesByDataFilter "
        "BatchGetValuesByDataFilterResponse BatchGetValuesByDataFilterRequest",
        value_methods.get_by_filter,
    ),
    _method(
        "POST /ID/values:batchUpdateByDataFilter Write BatchUpdateValuesByDataFilter "
        "BatchUpdateValuesByDataFilterResponse BatchUpdateValuesByDataFilterRequest",
        value_methods.update_by_filter,
    ),
    _method(
        "POST /ID/values:batchClearByDataFilter Write BatchClearValuesByDataFilter "
        "BatchClearValuesByDataFilterResponse BatchClearValuesByDataFilterRequest",
        value_methods.clear_by_filter,
    ),
    _method(
        "POST /ID/values/RANGE:append Write AppendValues AppendValuesResponse ValueRange",
        value_methods.append,
        _WRITE | {"insertDataOption"},
    ),
    _method(
        "POST /ID/values/RANGE:clear Write ClearValues ClearValuesResponse ClearValuesRequest",
        value_methods.clear,
    ),
    _method("GET /ID/values/RANGE Read GetValues ValueRange", value_methods.get, _RENDER),
    _method(
        "PUT /ID/values/RANGE Write UpdateValues UpdateValuesResponse ValueRange",
        value_methods.update,
        _WRITE,
    ),
]

# These take a read-only scope or an API key; the other reads want to write, as Google has it.
READING = {"GetSpreadsheet", "GetValues", "BatchGetValues"}


def find(request: Request) -> tuple[Method, tuple[str, ...]]:
    """The method that a request means, and what its path names.

    Raises:
        ApiError: there is none.
    """
    path = request.path.removeprefix("/v4/spreadsheets")
    path = re.sub(r"%3A", ":", path, flags=re.IGNORECASE)
    path = path.replace("/:", ":").rstrip("/") or "/"  # some clients write /ID/:batchUpdate
    for method in METHODS:
        names = method.path.fullmatch(path)
        if names and method.verb == request.method:
            return method, tuple(unquote(name) for name in names.groups())
    raise ApiError(404, "The requested URL was not found on this server.")


def answer(
    method: Method, names: tuple[str, ...], request: Request, files: Files, caller: Caller
) -> Json:
    """Do what a request asks; its answer, as far as the mask wants it.

    Raises:
        ApiError: it is refused.
    """
    unknown = [
        name for name in request.query if name not in SYSTEM and camel(name) not in method.query
    ]
    if unknown:
        raise bad_field([("", _UNKNOWN.format(name=name)) for name in unknown])
    masks = [text for text in request.query.get("fields", []) if text]
    text = ",".join(masks)
    mask = known_mask(parse_mask(text), method.answers, text) if masks else ALL
    place = _BODIES.get(method.rpc, "")
    body = check(method.takes, decode(request.body), place) if method.takes else {}
    call = Call(files, caller, names, request.query, body, mask)
    found = project(method.do(call), mask)
    return found if isinstance(found, dict) else {}
