"""A person who works in the Sheet, by the real gspread: types, edits, sorts, copies, deletes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gspread
from google.oauth2.service_account import Credentials
from gspread.utils import ValueInputOption

from tests.sheet.stand import TAB, Stand

GOOGLE = ("https://sheets.googleapis.com", "https://www.googleapis.com")
SCOPES = ("https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive")


class _Credentials(Credentials):
    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False  # it would ask Google itself, in a thread of its own


class Person:
    """What hands do in one tab; columns by their headings, rows by their numbers."""

    def __init__(self, client: gspread.Client, spreadsheet: str) -> None:
        self.book = client.open_by_key(spreadsheet)

    @property
    def tab(self) -> gspread.Worksheet:
        """Our tab."""
        return self.book.worksheet(TAB)

    def cell(self, heading: str, row: int) -> str:
        """Where a column is now."""
        place = self.tab.row_values(1).index(heading)
        return f"{chr(ord('A') + place)}{row}"

    def types(self, **values: str | float) -> None:
        """A row below all others; a time as people write it, in the spreadsheet's zone."""
        header = self.tab.row_values(1)
        row = [values.get(heading, "") for heading in header]
        # Below the table that begins at A1: left to find one, Google may begin further right.
        self.tab.append_row(row, value_input_option=ValueInputOption.user_entered, table_range="A1")

    def edits(self, heading: str, row: int, value: object) -> None:
        """One cell."""
        self.tab.update(
            [[value]], self.cell(heading, row), value_input_option=ValueInputOption.user_entered
        )

    def deletes(self, row: int) -> None:
        """A whole row."""
        self.tab.delete_rows(row)

    def copies(self, row: int) -> None:
        """A row, to below all others, with all that is in it."""
        last = len(self.tab.get_all_values()) + 1
        self.tab.copy_range(f"A{row}:Z{row}", f"A{last}:Z{last}")

    def sorts(self, heading: str) -> None:
        """All rows, by one column, downwards."""
        place = self.tab.row_values(1).index(heading) + 1
        last = len(self.tab.get_all_values())
        self.tab.sort((place, "des"), range=f"A2:Z{last}")

    def asks(self, *requests: dict[str, Any]) -> None:
        """Anything else that a menu does."""
        self.book.batch_update({"requests": list(requests)})


@contextmanager
def person(stand: Stand) -> Iterator[Person]:
    """Somebody who may edit the stand's spreadsheet."""

    class Http(gspread.HTTPClient):
        def request(self, method: str, endpoint: str, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 (as gspread has it)
            for host in GOOGLE:
                endpoint = endpoint.replace(host, stand.url)
            return super().request(method, endpoint, *rest, **more)

    make = _Credentials.from_service_account_info
    key = json.loads(stand.key.read_text())
    credentials = make(key, scopes=SCOPES)  # type: ignore[no-untyped-call] # google-auth's
    client = gspread.Client(auth=credentials, http_client=Http)
    try:
        yield Person(client, stand.sheet_id)
    finally:
        client.http_client.session.close()
