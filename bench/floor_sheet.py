"""The floor under `sync`: rows of a CSV to a spreadsheet by gspread, a hundred in each call.

It is how one begins: nothing is remembered, so whatever fails is lost or sent twice.
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from typing import Any

import gspread
from gspread.http_client import HTTPClient

ROWS = 100


class _Client(HTTPClient):
    """As gspread has it, at the origin that stands for Google's."""

    def request(self, method: str, endpoint: str, *arguments: Any, **more: Any) -> Any:  # noqa: ANN401 (handed on as it is)
        address = endpoint.replace("https://sheets.googleapis.com", os.environ["ORIGIN"])
        return super().request(method, address, *arguments, **more)


def main() -> None:
    """Append all rows."""
    key, spreadsheet, file = sys.argv[1:]
    client = gspread.service_account(key, http_client=_Client)
    sheet = client.open_by_key(spreadsheet).sheet1
    with Path(file).open(encoding="utf-8", newline="") as lines:
        rows = [(at, float(value)) for at, value in list(csv.reader(lines))[1:]]
    for first in range(0, len(rows), ROWS):
        sheet.append_rows(rows[first : first + ROWS])


if __name__ == "__main__":
    main()
