"""A Sheet by gspread and google-auth: requests that end in time, and answers that are understood.

gspread's own `BackOffHTTPClient` posts again on a server's failure, which doubles rows; its
`HTTPClient` waits for ever. This one sends each request once, within a total deadline.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zlib import crc32

from gspread.http_client import HTTPClient
from gspread.urls import SPREADSHEET_BATCH_UPDATE_URL, SPREADSHEET_URL, SPREADSHEET_VALUES_URL
from gspread.utils import quote

from meterctl.domain.times import zone_named
from meterctl.errors import AnswerLost, MeterctlError, Nonsense, SheetUnfit
from meterctl.sheet import requests as bodies
from meterctl.sheet.answers import QUEUED, Who, decoded, is_taken, message_of, refusal
from meterctl.sheet.credentials import credentials, read
from meterctl.sheet.deadline import Deadline, Expired, within
from meterctl.sheet.layout import column_letters
from meterctl.sheet.port import Cell, Layout, Row, Tab, Token, TokenTaken, View, Write
from meterctl.sheet.transport import FAILURES, not_sent, session, unreachable

if TYPE_CHECKING:
    from requests import Response

_REQUEST = 200.0  # seconds: Google itself gives up after 180
_BLOCK = 10_000  # rows read at once
_PROBE = 999
_WITHOUT_ROWS = (
    "properties(title,timeZone),developerMetadata(metadataId,metadataKey,metadataValue)"
    ",sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)))"
)
_VIEW = _WITHOUT_ROWS.removesuffix(")") + ",data(rowData(values(formattedValue))))"
_LOOKS = 3


class GoogleSheet:
    """The port `meterctl.sheet.port.Sheet`."""

    def __init__(
        self,
        spreadsheet: str,
        tab: str,
        key: Path | str,
        *,
        origin: str | None,
        deadline: Deadline,
    ) -> None:
        self._id = spreadsheet
        self._tab = tab
        self._deadline = deadline
        account = read(key)
        self._who = Who(spreadsheet, account["client_email"])
        name = "METERCTL_GOOGLE_CREDENTIALS" if isinstance(key, str) else str(key)
        signing = credentials(account, name)
        self._client = _Client(signing, session=session(signing, origin))
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

    def look(self) -> View:
        """What there is: one request, two where the tab is missing."""
        url = SPREADSHEET_URL % self._id
        for _ in range(_LOOKS):
            params = {"fields": _VIEW, "ranges": f"{self._quoted}!1:1"}
            response = self._send("get", url, params=params)
            missing = "Unable to parse range" in message_of(response.content)
            if missing:
                # What the tab is asked for in one request, the chain is in another: if the tab has
                # been made in between, the two do not belong together.
                response = self._send("get", url, params={"fields": _WITHOUT_ROWS})
            answer = self._answer(response)
            try:
                view = self._view(answer)
            except (LookupError, TypeError, ValueError, AttributeError):
                raise _nonsense(response) from None
            if not missing or view.tab is None:
                return view
        raise unreachable("the spreadsheet is being changed all the time")

    def _view(self, answer: dict[str, Any]) -> View:
        tokens: list[Token] = []
        foreign: set[int] = set()
        submitter = None
        for one in answer.get("developerMetadata", ()):
            number, key = int(one["metadataId"]), one.get("metadataKey")
            if key == bodies.TOKEN_KEY:
                tokens.append(bodies.token_of(number, one.get("metadataValue", "")))
            else:
                foreign.add(number)
                if key == bodies.SUBMITTER_KEY:
                    submitter = submitter or one.get("metadataValue", "")
        tab = None
        self._gids = set()
        for sheet in answer.get("sheets", ()):
            of = sheet["properties"]
            self._gids.add(int(of.get("sheetId", 0)))
            rows = sheet.get("data", [{}])[0].get("rowData") or [{}]
            header = tuple(cell.get("formattedValue", "") for cell in rows[0].get("values", ()))
            if of["title"].casefold() == self._tab.casefold():
                grid = of.get("gridProperties")
                if grid is None:  # a chart that fills a tab has no cells
                    raise SheetUnfit(
                        f"the tab {self._tab} is a chart: no rows can be written to it",
                        "name another tab, which is then made: METERCTL_SHEET_TAB",
                    )
                # A number that is absent is zero: so is the first tab's.
                tab = Tab(
                    int(of.get("sheetId", 0)),
                    header,
                    int(grid["columnCount"]),
                    int(grid["rowCount"]),
                )
        of = answer["properties"]
        return View(
            of.get("title", ""),
            of["timeZone"],
            tab,
            tuple(sorted(tokens)),
            frozenset(foreign),
            submitter,
        )

    def token(self, number: int) -> Token | None:
        """What has this id; None where nothing has. What is no token is nobody's: ledger ""."""
        url = f"{SPREADSHEET_URL % self._id}/developerMetadata/{number}"
        response = self._send("get", url)
        if response.status_code == 404:
            return None
        answer = self._answer(response)
        is_token = answer.get("metadataKey") == bodies.TOKEN_KEY
        return bodies.token_of(number, str(answer.get("metadataValue", "")) if is_token else "")

    def rows(self, tab: Tab) -> Iterator[tuple[int, list[Cell]]]:
        """Every row below the header with its number, in blocks, as the cells hold them."""
        last = column_letters(tab.columns - 1)
        params = {
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
        }
        for first in range(2, tab.rows + 1, _BLOCK):
            until = min(first + _BLOCK - 1, tab.rows)
            name = f"{self._quoted}!A{first}:{last}{until}"
            response = self._send(
                "get", SPREADSHEET_VALUES_URL % (self._id, quote(name)), params=params
            )
            for index, cells in enumerate(self._answer(response).get("values", ())):
                yield first + index, [_cell(cell) for cell in cells]

    # -- writing

    def size_of(self, row: Row, layout: Layout, zone: str) -> int:
        """How many bytes of a request a row takes."""
        return len(bodies.row_text(row, layout, zone_named(zone))) + 1

    def write(self, write: Write) -> None:
        """Apply all of it or nothing."""
        tab = write.tab
        gid = self._new_gid() if tab is None else tab.gid
        columns = 0 if tab is None else tab.columns
        self._batch(bodies.write_body(write, gid, columns, self._tab))

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


def _cell(cell: object) -> Cell:
    return cell if isinstance(cell, (str, Decimal, bool)) else None


def _nonsense(response: Response) -> Nonsense:
    kind = response.headers.get("Content-Type", "no type").partition(";")[0]
    return Nonsense(
        f"Google's address answers what Google never does ({kind})",
        "check METERCTL_SHEETS_URL, and whether a network's login page stands between",
    )
