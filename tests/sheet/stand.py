"""A Google to test against: the sandbox's, over real sockets, with faults on demand."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from meterctl.domain.meters import Zones
from meterctl.errors import MeterctlError
from meterctl.ledger.store import SqlLedger
from meterctl.sandbox.faults import Faults
from meterctl.sandbox.google import Google
from meterctl.sandbox.server import Running, serve
from meterctl.services.deliver import Delivered, Means, deliver
from meterctl.services.sync import Synced, sync
from meterctl.sheet.deadline import Deadline
from meterctl.sheet.google import GoogleSheet
from tests.helpers import BERLIN, NOW

TAB = "Readings"


class Stand:
    """The stand-in, its one spreadsheet, and a key that opens it."""

    def __init__(self, google: Google, running: Running, folder: Path) -> None:
        self._faults = folder / "faults.toml"
        self.google = google
        self.url = running.url
        self.zones = Zones(BERLIN)
        self.way = running.url  # where the client goes: here, or through a proxy
        self.account = google.new_account(f"{running.url}/token")
        self.sheet_id = google.new_spreadsheet(self.account["client_email"], "Home")
        self.key = folder / "key.json"
        self.key.write_text(json.dumps(self.account))
        self.key.chmod(0o600)

    def faults(self, *faults: str) -> None:
        """What goes wrong from now on: each one the lines of a fault, separated by `;`."""
        text = ""
        for fault in faults:
            lines = "\n".join(part.strip() for part in fault.split(";"))
            text += f"[[fault]]\n{lines}\n"
        self._faults.write_text(text, encoding="utf-8")

    def rows(self) -> list[dict[str, str]]:
        """The rows of our tab by their headings, as the stand-in holds them."""
        books = self._ask("/sandbox/spreadsheets")["spreadsheets"]
        (book,) = (one for one in books if one["id"] == self.sheet_id)
        tabs = [tab["rows"] for tab in book["tabs"] if tab["title"] == TAB]
        header, *rows = tabs[0] if tabs else [[]]
        return [dict(zip(header, row, strict=False)) for row in rows]

    def values(self, column: str = "meterValue") -> Counter[str]:
        """The values of a meter, with how often each is there."""
        return Counter(row[column] for row in self.rows() if row.get(column))

    def requests(self) -> list[str]:
        """The methods and paths of what it was asked, without tokens."""
        lines = self._ask("/sandbox/requests")["requests"]
        return [f"{one['method']} {one['path']}" for one in lines if one["path"] != "/token"]

    def environment(self) -> dict[str, str]:
        """The settings that lead here."""
        return {
            "METERCTL_SHEETS_URL": self.way,
            "METERCTL_SHEET_ID": self.sheet_id,
            "METERCTL_GOOGLE_CREDENTIALS": str(self.key),
        }

    @contextmanager
    def sheet(self, seconds: float = 20) -> Iterator[GoogleSheet]:
        """The client's side of it."""
        sheet = GoogleSheet(
            self.sheet_id, TAB, self.key, origin=self.way, deadline=Deadline(seconds)
        )
        with closing(sheet):
            yield sheet

    def deliver(
        self,
        ledger: SqlLedger,
        *,
        seconds: float = 20,
        tries: int = 0,
        settle: float = 180,
        now: int = NOW,
    ) -> Delivered:
        """One run, which tries again so often, at once."""
        left = tries

        def again(_error: MeterctlError) -> bool:
            nonlocal left
            left -= 1
            return left >= 0

        means = Means(TAB, lambda: now, again, settle, lambda _: None)
        with self.sheet(seconds) as sheet:
            return deliver(ledger, sheet, means, wait=20)

    def sync(self, ledger: SqlLedger, *, seconds: float = 20, now: int = NOW) -> Synced:
        """One run both ways."""
        means = Means(TAB, lambda: now, lambda _error: False, 180, lambda _: None)
        with self.sheet(seconds) as sheet:
            return sync(ledger, self.zones, sheet, means)

    def _ask(self, path: str) -> Any:  # noqa: ANN401 (JSON)
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)


@contextmanager
def standing(folder: Path, *, duplicate_ids: bool = False) -> Iterator[Stand]:
    """A Google that stands, for the length of a block."""
    (folder / "faults.toml").write_text("", encoding="utf-8")
    google = Google(quota=False, duplicate_ids=duplicate_ids)
    with serve(google, faults=Faults(folder / "faults.toml"), name="sheets") as running:
        yield Stand(google, running, folder)
        assert running.errors == []
