"""What a person may do to the spreadsheet that keeps readings out: told with the cell or the menu.

Each time `record` has stored and succeeds, `sync` says what to do with the exit code of its kind,
and once that is done all is in the Sheet once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.cli.test_sync import queue
from tests.conftest import Cli
from tests.sandbox.google.client import ANNE, Api, fine
from tests.sheet.stand import TAB, Stand, standing


class Home(NamedTuple):
    """A spreadsheet of Anne's, which she has shared with the service account."""

    stand: Stand
    anne: Api
    account: str

    @property
    def gid(self) -> int:
        """The number of our tab."""
        tabs = [one["properties"] for one in self.anne.get()["sheets"]]
        return next(int(one["sheetId"]) for one in tabs if one["title"] == TAB)

    def drive(self, method: str, tail: str = "", body: object = None) -> None:
        """A request of Anne's about the file; one for sharing may succeed without an answer."""
        answer = self.anne.ask(method, f"/drive/v3/files/{self.anne.id}{tail}", body)
        assert answer.status in (200, 204), answer.body

    def share(self, role: str = "writer") -> None:
        """Let the account in."""
        body = {"type": "user", "role": role, "emailAddress": self.account}
        self.drive("POST", "/permissions", body)

    @property
    def permission(self) -> str:
        """Where its permission is."""
        path = f"/drive/v3/files/{self.anne.id}/permissions"
        listed = fine(self.anne.ask("GET", path, fields="*"))["permissions"]
        return next(f"/permissions/{one['id']}" for one in listed if one["role"] != "owner")

    def heading(self, cell: str, text: str) -> None:
        """Write a heading; none empties the cell."""
        self.anne.write(f"{TAB}!{cell}", [[text]])

    def rename(self, old: str, new: str) -> None:
        """Give a tab another name."""
        tabs = [one["properties"] for one in self.anne.get()["sheets"]]
        (gid,) = (one["sheetId"] for one in tabs if one["title"] == old)
        properties = {"sheetId": gid, "title": new}
        self.anne.batch({"updateSheetProperties": {"properties": properties, "fields": "title"}})

    def protect(self, **columns: int) -> None:
        """Nobody but Anne may edit some columns of the tab, or all of it."""
        where = {"sheetId": self.gid, **columns}
        guard = {"range": where, "editors": {"users": [ANNE]}}
        self.anne.batch({"addProtectedRange": {"protectedRange": guard}})

    def unprotect(self) -> None:
        """Take the guards away that keep others out."""
        for sheet in self.anne.get()["sheets"]:
            for one in sheet.get("protectedRanges", ()):
                if not one.get("warningOnly"):
                    number = one["protectedRangeId"]
                    self.anne.batch({"deleteProtectedRange": {"protectedRangeId": number}})

    def zone(self, name: str) -> None:
        """Set the time zone of the spreadsheet."""
        asked = {"properties": {"timeZone": name}, "fields": "timeZone"}
        self.anne.batch({"updateSpreadsheetProperties": asked})

    def delete_tab(self) -> None:
        """Delete our tab, of which a copy is kept, as Google's version history keeps one."""
        asked = {"sourceSheetId": self.gid, "newSheetName": "kept"}
        self.anne.batch({"duplicateSheet": asked}, {"deleteSheet": {"sheetId": self.gid}})

    def move_and_rename(self) -> None:
        """Bring the key to the front, and give it another name."""
        tab = {"sheetId": self.gid, "dimension": "COLUMNS"}
        source = tab | {"startIndex": 12, "endIndex": 13}
        self.anne.batch({"moveDimension": {"source": source, "destinationIndex": 0}})
        self.heading("A1", "Key 2")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """One reading is there already."""
    with standing(tmp_path) as stand:
        port = urlsplit(stand.url).port
        anne = Api(stand.google, port).new()  # type: ignore[arg-type] # the port is as good
        made = Home(stand, anne, stand.account["client_email"])
        made.share()
        stand.sheet_id = anne.id
        lines = [f"{name}={text}\n" for name, text in stand.environment().items()]
        Path(".env").write_text("".join(lines))
        Path(".env").chmod(0o600)
        yield made


class Trouble(NamedTuple):
    """What is done, how it is mended, and what is said meanwhile."""

    does: Callable[[Home], None]
    mends: Callable[[Home], None]
    code: int
    says: str
    hint: str


TROUBLES = {
    "a renamed heading": Trouble(
        lambda home: home.heading("M1", "Key 2"),
        lambda home: home.heading("M1", "key"),
        78,
        "the heading key is missing from row 1 of the tab Readings: it was in M1, which now says"
        " 'Key 2'",
        "write key into M1",
    ),
    "an emptied heading": Trouble(
        lambda home: home.heading("B1", ""),
        lambda home: home.heading("B1", "meterValue"),
        78,
        "the heading meterValue is missing from row 1 of the tab Readings: it was in B1, which is"
        " empty now",
        "write meterValue into B1",
    ),
    "a column that was moved and renamed": Trouble(
        Home.move_and_rename,
        lambda home: home.heading("A1", "key"),
        78,
        "it was in A1, which now says 'Key 2'",
        "write key into A1",
    ),
    "a heading twice": Trouble(
        lambda home: home.heading("P1", "meterValue"),
        lambda home: home.heading("P1", "what I think"),
        78,
        "the heading meterValue is in B1 and in P1",
        "rename the one that is not meterctl's",
    ),
    "a protected column": Trouble(
        lambda home: home.protect(startColumnIndex=0, endColumnIndex=1),
        Home.unprotect,
        77,
        "a protection in the spreadsheet keeps sandbox@",
        "Data > Protect sheets and ranges",
    ),
    "a protected tab": Trouble(
        Home.protect,
        Home.unprotect,
        77,
        "a protection in the spreadsheet keeps sandbox@",
        "Data > Protect sheets and ranges",
    ),
    "shared to look at only": Trouble(
        lambda home: home.drive("PATCH", home.permission, {"role": "reader"}),
        lambda home: home.drive("PATCH", home.permission, {"role": "writer"}),
        77,
        "may not edit the spreadsheet",
        "as an editor",
    ),
    "not shared any more": Trouble(
        lambda home: home.drive("DELETE", home.permission),
        Home.share,
        77,
        "may not open the spreadsheet",
        "share the spreadsheet with sandbox@",
    ),
    "a deleted tab": Trouble(
        Home.delete_tab,
        lambda home: home.rename("kept", TAB),
        78,
        "the tab Readings is gone from the spreadsheet: deleted, or renamed",
        "File > Version history",
    ),
    "a renamed tab": Trouble(
        lambda home: home.rename(TAB, "Old"),
        lambda home: home.rename("Old", TAB),
        78,
        "the tab Readings is gone from the spreadsheet: deleted, or renamed",
        "give it that name again",
    ),
    "another time zone": Trouble(
        lambda home: home.zone("Europe/Berlin"),
        lambda home: home.zone("Etc/GMT"),
        78,
        "the spreadsheet's time zone was Etc/GMT and is now Europe/Berlin",
        "File > Settings",
    ),
}


@pytest.mark.fault(29)
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_trouble(home: Home, cli: Cli, trouble: Trouble) -> None:
    """It is told in one line by whoever meets it; mended, nothing is lost and nothing doubled."""
    assert cli("record", "1", "--at", "2026-02-01 07:00").out.endswith("written to the Sheet\n")
    trouble.does(home)
    ran = cli("record", "2", "--at", "2026-02-02 07:00")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "queued for the Sheet")
    (line,) = [one for one in ran.err.splitlines() if "the Sheet has to wait" in one]
    assert trouble.says in line
    assert trouble.hint in line
    ran = cli("sync", "--quiet")
    assert (ran.code, ran.out, ran.err.count("\n")) == (trouble.code, "", 1), ran
    assert trouble.says in ran.err
    assert trouble.hint in ran.err
    trouble.mends(home)
    assert cli("sync").code == 0
    assert home.stand.values() == Counter("12")
    assert cli("sync").out == "nothing to do: the Sheet has everything\n"


class TestTheWholeSpreadsheet:
    """It is gone, or about to be."""

    @pytest.mark.fault(29)
    def test_deleted(self, home: Home, cli: Cli) -> None:
        """Nothing is lost: the ledger has all of it, and another one gets it."""
        queue(cli, "1", "2")
        assert cli("sync").code == 0
        home.drive("DELETE")
        ran = cli("record", "3", "--at", "2026-02-03 07:00")
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "queued for the Sheet")
        ran = cli("sync", "--quiet")
        assert (ran.code, ran.err.count("\n")) == (78, 1), ran
        assert "there is no spreadsheet" in ran.err
        assert "meterctl sheet use NEW_ID" in ran.err
        home.anne.new()
        home.share()
        home.stand.sheet_id = home.anne.id
        assert cli("sheet", "use", home.anne.id, "--from-start").code == 0
        assert cli("sync", "--quiet") == (0, "", "")
        assert home.stand.values() == Counter("123")

    @pytest.mark.fault(29)
    def test_in_the_bin(self, home: Home, cli: Cli) -> None:
        """Google takes rows for it all the same, so that only a word of ours warns."""
        queue(cli, "1")
        assert cli("sync").code == 0
        home.drive("PATCH", "", {"trashed": True})
        ran = cli("sync", "--quiet")
        assert (ran.code, ran.err.count("\n")) == (78, 1), ran
        assert "is in the bin" in ran.err
        assert "Drive > Bin" in ran.err
        home.drive("PATCH", "", {"trashed": False})
        queue(cli, "2")
        assert cli("sync", "--quiet") == (0, "", "")
        assert home.stand.values() == Counter("12")


def test_a_column_of_formulas(home: Home, cli: Cli) -> None:
    """New rows land below what is filled down: `sync` says why, once, and how to mend it."""
    assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
    home.anne.typed(f"{TAB}!P2:P400", *([f"=B{row}*0.3"] for row in range(2, 401)))
    assert cli("record", "2", "--at", "2026-02-02 07:00").code == 0
    ran = cli("sync")
    assert ran.code == 0
    (line,) = ran.err.splitlines()
    assert line.startswith("rows 3 to 400 of the tab hold no reading")
    assert "ARRAYFORMULA" in line
    assert home.stand.values() == Counter("12")
    home.anne.typed(f"{TAB}!O1", ["touched"])
    assert cli("sync").err == ""
    shown = cli("sheet", "show").out
    assert shown.count("rows 3 to 400") == 1
