"""A Sheet by gspread and google-auth: requests that end in time, and answers that are understood.

gspread's own `BackOffHTTPClient` posts again on a server's failure, which doubles rows; its
`HTTPClient` waits for ever. This one sends each request once, within a total deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zlib import crc32

from gspread.http_client import HTTPClient
from gspread.urls import (
    DRIVE_FILES_API_V3_URL,
    SPREADSHEET_BATCH_UPDATE_URL,
    SPREADSHEET_URL,
    SPREADSHEET_VALUES_BATCH_URL,
    SPREADSHEET_VALUES_URL,
)
from gspread.utils import quote

from meterctl.domain.times import zone_named
from meterctl.errors import AnswerLost, MeterctlError, Nonsense, SheetUnfit, Unreachable
from meterctl.sheet import requests as bodies
from meterctl.sheet.answers import (
    QUEUED,
    Who,
    decoded,
    is_quota,
    is_taken,
    message_of,
    refusal,
)
from meterctl.sheet.credentials import credentials, read
from meterctl.sheet.deadline import Deadline, Expired, within
from meterctl.sheet.layout import column_letters
from meterctl.sheet.port import (
    Cell,
    Layout,
    NumberedCells,
    Row,
    Tab,
    Token,
    TokenTaken,
    View,
    Write,
)
from meterctl.sheet.rows import TIMESTAMP
from meterctl.sheet.transport import FAILURES, not_sent, session, unreachable
from meterctl.sheet.views import (
    LOOKS,
    SIZES,
    WITH_LOOKS,
    WITH_ROWS,
    WITHOUT_ROWS,
    cells_of,
    filled_rows,
    gids_of,
    rows_of_view,
    stretches,
    view_of,
)

if TYPE_CHECKING:
    from requests import Response

_REQUEST = 200.0  # seconds: Google itself gives up after 180
_BLOCK = 10_000  # rows read at once
_FIRST = 5_000  # rows that come with a look: each cell in more words than in a block
_COLUMN_BLOCK = 100_000  # cells of one column read at once
_RANGES = 50  # asked for in one address, which has its limits too
_PROBE = 999
_LOOKS = 3


class GoogleSheet:
    """The port `meterctl.sheet.port.Sheet`."""

    rows_with_a_look = _FIRST

    def __init__(
        self,
        spreadsheet: str,
        tab: str,
        key: Path | str,
        *,
        origin: str | None,
        deadline: Deadline,
        slow_down: Callable[[MeterctlError], bool] = lambda _: False,
    ) -> None:
        """A Sheet, not reached yet.

        `slow_down` is told that Google has had enough requests for now: it waits, and says to ask
        again, or not. Reading is repeated so, block by block; what writes is never.
        """
        self._id = spreadsheet
        self._tab = tab
        self._deadline = deadline
        self._slow_down = slow_down
        account = read(key)
        self._who = Who(spreadsheet, account["client_email"])
        name = "METERCTL_GOOGLE_CREDENTIALS" if isinstance(key, str) else str(key)
        signing = credentials(account, name)
        self._client = _Client(signing, session=session(signing))
        self._client.origin = origin
        self._gids: set[int] = set()  # the tabs' numbers, as far as the last look told them

    @property
    def destination(self) -> str:
        """What the ledger calls it."""
        return f"{self._id}/{self._tab}"

    def close(self) -> None:
        """Let go of the connections."""
        self._client.session.close()

    # -- looking

    def version(self) -> str | None:
        """Which state of the spreadsheet there is; None where Drive's API is not enabled."""
        params = {"fields": "version,trashed", "supportsAllDrives": "true"}
        response = self._get(f"{DRIVE_FILES_API_V3_URL}/{self._id}", params)
        if response.status_code == 403 and not is_quota(response.content):
            return None
        answer = self._answer(response)
        if answer.get("trashed") is True:  # it can be written to all the same, and then is gone
            raise SheetUnfit(
                f"the spreadsheet {self._id} is in the bin, and will be deleted",
                "take it out (Drive > Bin); or make another, share it with"
                f" {self._who.account} as an editor: meterctl sheet use NEW_ID --from-start",
            )
        version = answer.get("version")
        return str(version) if isinstance(version, str | Decimal) else None

    def look(self) -> View:
        """What there is: one request, two where the tab is missing."""
        return self._look(1)[0]

    def read(self) -> tuple[View, Iterator[NumberedCells]]:
        """What there is, and every row below the header: a look that has the first rows with it."""
        view, first = self._look(_FIRST)
        return view, self._onward(view.tab, first)

    def _onward(self, tab: Tab | None, first: list[list[Cell]]) -> Iterator[NumberedCells]:
        yield from enumerate(first[1:], start=2)
        if tab is not None:
            yield from self.rows(tab, _FIRST + 1)

    def _look(self, rows: int) -> tuple[View, list[list[Cell]]]:
        url = SPREADSHEET_URL % self._id
        for _ in range(_LOOKS):
            fields = WITH_LOOKS if rows == 1 else WITH_ROWS
            params = {"fields": fields, "ranges": f"{self._quoted}!1:{rows}"}
            response = self._get(url, params)
            missing = "Unable to parse range" in message_of(response.content)
            if missing:
                # What the tab is asked for in one request, the chain is in another: if the tab has
                # been made in between, the two do not belong together.
                response = self._get(url, {"fields": WITHOUT_ROWS})
            answer = self._answer(response)
            try:
                view = view_of(answer, self._tab)
                self._gids = gids_of(answer)
                first = rows_of_view(answer, self._tab)
            except (LookupError, TypeError, ValueError, AttributeError):
                raise _nonsense(response) from None
            if not missing or view.tab is None:
                return view, first
        raise unreachable("the spreadsheet is being changed all the time")

    def token(self, number: int) -> Token | None:
        """What has this id; None where nothing has. What is no token is nobody's: ledger ""."""
        url = f"{SPREADSHEET_URL % self._id}/developerMetadata/{number}"
        response = self._get(url)
        if response.status_code == 404:
            return None
        answer = self._answer(response)
        if answer.get("metadataId") != number:
            raise _nonsense(response)
        is_token = answer.get("metadataKey") == bodies.TOKEN_KEY
        return bodies.token_of(number, str(answer.get("metadataValue", "")) if is_token else "")

    def rows(self, tab: Tab, first: int = 2) -> Iterator[NumberedCells]:
        """Every row below the header with its number, in blocks, as the cells hold them."""
        for start in range(first, tab.rows + 1, _BLOCK):
            until = min(start + _BLOCK - 1, tab.rows)
            url = SPREADSHEET_VALUES_URL % (self._id, quote(self._lines(tab, start, until)))
            response = self._get(url, _as("UNFORMATTED_VALUE"))
            yield from enumerate(_cells(self._answer(response), response), start)

    def column(self, tab: Tab, place: int) -> Iterator[tuple[int, Cell]]:
        """Every cell of one column below the header with its row's number, in large blocks."""
        letters = column_letters(place)
        for start in range(2, tab.rows + 1, _COLUMN_BLOCK):
            until = min(start + _COLUMN_BLOCK - 1, tab.rows)
            lines = quote(f"{self._quoted}!{letters}{start}:{letters}{until}")
            url = SPREADSHEET_VALUES_URL % (self._id, lines)
            response = self._get(url, _as("UNFORMATTED_VALUE"))
            for number, cells in enumerate(_cells(self._answer(response), response), start):
                yield number, cells[0] if cells else None

    def cells(self) -> int:
        """How many cells the spreadsheet has, in all tabs, empty ones too: one request."""
        response = self._get(SPREADSHEET_URL % self._id, {"fields": SIZES})
        answer = self._answer(response)
        try:
            return cells_of(answer)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise _nonsense(response) from None

    def as_entered(self, tab: Tab, numbers: Sequence[int]) -> dict[int, list[Cell]]:
        """Some rows again, as they were entered: a formula is a text that begins with =."""
        found: dict[int, list[Cell]] = {}
        runs = list(stretches(numbers))
        for start in range(0, len(runs), _RANGES):
            some = runs[start : start + _RANGES]
            params = {
                **_as("FORMULA"),
                "ranges": [self._lines(tab, first, last) for first, last in some],
            }
            url = SPREADSHEET_VALUES_BATCH_URL % self._id
            response = self._get(url, params)
            blocks = self._answer(response).get("valueRanges", ())
            if len(blocks) != len(some):
                raise _nonsense(response)
            for (first, _), block in zip(some, blocks, strict=True):
                found.update(enumerate(_cells(block, response), first))
        return found

    def _lines(self, tab: Tab, first: int, last: int) -> str:
        return f"{self._quoted}!A{first}:{column_letters(tab.columns - 1)}{last}"

    # -- writing

    def size_of(self, row: Row, layout: Layout, zone: str) -> int:
        """How many bytes of a request a row takes."""
        return len(bodies.row_text(row, layout, zone_named(zone))) + 1

    def write(self, write: Write) -> None:
        """Apply all of it or nothing."""
        tab = write.tab
        gid = self._new_gid() if tab is None else tab.gid
        free = None if tab is None else self._first_free(tab, write)
        self._batch(bodies.write_body(write, gid, self._tab, free))

    def _first_free(self, tab: Tab, write: Write) -> int | None:
        """From which row on, counted from 0, cells of ours need a look, since none has one yet.

        So it is once in a tab that a person made, or an early version.
        """
        is_new = write.change is not None and write.change.new_header
        if tab.is_dated and not is_new:
            return None
        lines = "" if is_new else "!" + self._whole(tab.header, TIMESTAMP)
        params = {"fields": LOOKS, "ranges": self._quoted + lines}
        answer = self._answer(self._get(SPREADSHEET_URL % self._id, params))
        return max(filled_rows(answer), 1)

    @staticmethod
    def _whole(header: Sequence[str], name: str) -> str:
        """The whole column of a heading, as a range."""
        letters = column_letters([one.strip() for one in header].index(name))
        return f"{letters}:{letters}"

    def _new_gid(self) -> int:
        """A number for the tab: all who make it choose the same, unless another tab has that."""
        gid = crc32(self._tab.encode()) & 0x7FFFFFFF
        while gid in self._gids:
            gid = (gid + 1) & 0x7FFFFFFF
        return gid

    def refuses_doubles(self) -> bool:
        """Whether the spreadsheet refuses a metadata id that exists: tried out, nothing is left."""
        try:
            self._batch(bodies.twice(_PROBE))
        except TokenTaken:
            return True
        self._batch(bodies.delete_all("meterctl.probe"))
        return False

    def name_submitter(self, ledger: str, *, instead_of: str | None) -> None:
        """Name the ledger that submits to the utility, in place of nobody or of another."""
        self._batch(bodies.name_submitter(ledger, in_place=instead_of is not None))

    def _batch(self, body: bytes) -> None:
        response = self._send("post", SPREADSHEET_BATCH_UPDATE_URL % self._id, body)
        if is_taken(response.status_code, response.content):
            raise TokenTaken
        if response.status_code != 200:
            raise self._refusal(response, writing=True)
        answer = decoded(response.content)
        if not isinstance(answer, dict) or answer.get("spreadsheetId") != self._id:
            raise AnswerLost("Google's answer to the rows makes no sense", QUEUED)

    # -- requests

    @property
    def _quoted(self) -> str:
        return "'" + self._tab.replace("'", "''") + "'"

    def _get(self, url: str, params: dict[str, Any] | None = None) -> Response:
        """A question; asked again where that is all it takes."""
        while True:
            response = self._send("get", url, params=params)
            if response.status_code not in (403, 429):
                return response
            refused = self._refusal(response, writing=False)
            if not isinstance(refused, Unreachable) or not self._slow_down(refused):
                return response

    def _send(
        self, method: str, url: str, body: bytes | None = None, params: dict[str, Any] | None = None
    ) -> Response:
        """One request, once; an answer with any status."""
        seconds = min(self._deadline.left(), _REQUEST)
        if not seconds:
            raise unreachable("the time for it was up")
        self._client.set_timeout(seconds)
        try:
            return within(
                seconds,
                lambda: self._client.request(method, url, params=params, data=body),
            )
        except Expired:
            self._client.session.close()
            error: MeterctlError = unreachable("it did not answer in time")
            sent = True
        except FAILURES as problem:
            error, sent = not_sent(problem, self._who)
        if method == "post" and sent:
            raise AnswerLost(f"{error.message}: it may have written the rows or not", QUEUED)
        raise error

    def _answer(self, response: Response) -> dict[str, Any]:
        if response.status_code != 200:
            raise self._refusal(response, writing=False)
        answer = decoded(response.content)
        if not isinstance(answer, dict):
            raise _nonsense(response)
        return answer

    def _refusal(self, response: Response, *, writing: bool) -> MeterctlError:
        return refusal(
            response.status_code,
            response.headers,
            response.content,
            self._who,
            writing=writing,
            read_at=time.time_ns() // 1_000_000,
        )


class _Client(HTTPClient):
    """gspread's client, at an origin that may stand for Google's; it follows no redirect."""

    origin: str | None = None

    def request(self, method: str, endpoint: str, *args: Any, **more: Any) -> Response:  # noqa: ANN401 (gspread's)
        """The answer, whatever its status.

        gspread's own makes an exception of most, and trips over an error that is not in Google's
        form. Its addresses are constants, so the origin is changed here.
        """
        if self.origin is not None:
            parts = urlsplit(endpoint)
            endpoint = endpoint.replace(f"{parts.scheme}://{parts.netloc}", self.origin, 1)
        if more.get("data") is not None:
            more["headers"] = {"Content-Type": "application/json"}
        more["timeout"] = self.timeout
        return self.session.request(method, endpoint, *args, **more)


def _as(render: str) -> dict[str, Any]:
    return {"valueRenderOption": render, "dateTimeRenderOption": "SERIAL_NUMBER"}


def _cells(block: dict[str, Any], response: Response) -> Iterator[list[Cell]]:
    """The rows of a block. One without any has no `values`, but always says its `range`."""
    if not isinstance(block.get("range"), str):
        raise _nonsense(response)
    for cells in block.get("values", ()):
        yield [cell if isinstance(cell, (str, Decimal, bool)) else None for cell in cells]


def _nonsense(response: Response) -> Nonsense:
    kind = response.headers.get("Content-Type", "no type").partition(";")[0]
    return Nonsense(
        f"Google's address answers what Google never does ({kind})",
        "check METERCTL_SHEETS_URL, and whether a network's login page stands between",
    )
