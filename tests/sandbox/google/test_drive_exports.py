"""Spreadsheets as other files, other files as spreadsheets, and folders."""

from __future__ import annotations

import io
import json
import zipfile
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from tests.sandbox.google.client import Api, fine, refused
from tests.sandbox.talk import Answer, ask

FILES = "/drive/v3/files"
KIND = "application/vnd.google-apps.spreadsheet"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPEN = "application/vnd.oasis.opendocument.spreadsheet"


def exported(api: Api, kind: str) -> Answer:
    """The file in another format."""
    return api.ask("GET", f"{FILES}/{api.id}/export", mimeType=kind)


def test_as_text(api: Api) -> None:
    """The first sheet, every line as wide as the widest."""
    api.typed("A1", ["a", "b,c"], ["1.50"])
    api.batch({"addSheet": {"properties": {"title": "B"}}})
    answer = exported(api, "text/csv")
    assert (answer.body, answer.headers["content-type"]) == (b'a,"b,c"\r\n1.5,', "text/csv")
    assert exported(api, "text/tab-separated-values").body == b"a\tb,c\r\n1.5\t"


def test_as_a_workbook(api: Api) -> None:
    """Every sheet, its values with their kinds, in archives of well-formed XML."""
    api.write("A1", [["a & b", 1.5, True], ["", 2]])
    api.batch({"addSheet": {"properties": {"title": "B"}}})
    with zipfile.ZipFile(io.BytesIO(exported(api, EXCEL).body)) as book:
        parts = {name: ET.fromstring(book.read(name)) for name in book.namelist()}
    cells = {
        cell.attrib["r"]: "".join(cell.itertext())
        for cell in parts["xl/worksheets/sheet1.xml"].iter()
        if "r" in cell.attrib and cell.tag.endswith("}c")
    }
    assert cells == {"A1": "a & b", "B1": "1.5", "C1": "1", "B2": "2"}
    assert "xl/worksheets/sheet2.xml" in parts
    with zipfile.ZipFile(io.BytesIO(exported(api, OPEN).body)) as book:
        assert book.namelist()[0] == "mimetype"
        assert book.read("mimetype").decode() == OPEN
        content = "".join(ET.fromstring(book.read("content.xml")).itertext())
    assert content.startswith("a & b1.5")


def test_as_pages(api: Api) -> None:
    """A PDF of texts, and an archive with a page for each sheet."""
    api.write("A1", [["meter (1)"]] * 60)
    pages = exported(api, "application/pdf").body
    assert pages.startswith(b"%PDF-1.4")
    assert b"/Count 2" in pages
    assert rb"meter \(1\)" in pages
    with zipfile.ZipFile(io.BytesIO(exported(api, "application/zip").body)) as archive:
        assert b"<td>meter (1)</td>" in archive.read("Sheet1.html")


def test_a_format_that_there_is_not(api: Api) -> None:
    """It is refused as Drive refuses it, and so is a download of what is no file."""
    answer = exported(api, "image/png")
    assert refused(answer) == "The requested conversion is not supported."
    assert answer.json["error"]["errors"][0]["location"] == "convertTo"
    answer = api.ask("GET", f"{FILES}/{api.id}", alt="media")
    assert refused(answer, 403).startswith("Only files with binary content can be downloaded.")


def test_from_the_spreadsheet_s_own_page(api: Api) -> None:
    """The address in a browser exports, too: one sheet by its number."""
    api.batch({"addSheet": {"properties": {"title": "B", "sheetId": 5}}})
    api.write("B!A1", [["second"]])
    path = f"/spreadsheets/d/{api.id}/export"
    assert api.ask("GET", path, format="csv", gid="5").body == b"second"
    assert api.ask("GET", path, format="xlsx", id=api.id).body[:2] == b"PK"
    assert api.ask("GET", path, format="csv", gid="6").status == 404


def uploaded(api: Api, path: str, kind: str, body: str, verb: str = "PUT", **query: str) -> Answer:
    """Send a file."""
    headers = api.headers | {"Content-Type": kind}
    return ask(api.server, verb, f"/upload{path}?{urlencode(query)}", body, headers)


def test_text_in_place_of_all(api: Api) -> None:
    """What the spreadsheet held is gone; the answer is of the version that was asked."""
    api.batch({"addSheet": {"properties": {"title": "B"}}})
    path = f"/drive/v2/files/{api.id}"
    answer = fine(uploaded(api, path, "text/csv", "a,b\n1,2\n", uploadType="media", convert="True"))
    assert (answer["id"], answer["title"]) == (api.id, "Home")
    assert api.plain("Sheet1") == [["a", "b"], [1, 2]]
    assert len(api.get()["sheets"]) == 1
    path = f"/drive/v3/files/{api.id}"
    answer = fine(uploaded(api, path, "text/csv", "x", "PATCH", uploadType="media"))
    assert answer["name"] == "Home"


def test_a_spreadsheet_from_text(api: Api) -> None:
    """It is said what it is to be, and what is in it, in one request."""
    about = json.dumps({"name": "Made", "mimeType": KIND})
    body = (
        f"--x\r\nContent-Type: application/json\r\n\r\n{about}\r\n"
        "--x\r\nContent-Type: text/csv\r\n\r\na,1\n\r\n--x--"
    )
    kind = "multipart/related; boundary=x"
    made = fine(
        uploaded(api, "/drive/v3/files", kind, body, "POST", uploadType="multipart", fields="*")
    )
    assert made["name"] == "Made"
    api.id = made["id"]
    assert api.plain("A1:B1") == [["a", 1]]


@pytest.mark.parametrize("kind", ["image/png", "multipart/related; boundary=y"])
def test_what_cannot_be_converted(api: Api, kind: str) -> None:
    """It is refused."""
    answer = uploaded(api, f"/drive/v3/files/{api.id}", kind, "x", "PATCH")
    assert answer.status == 400


def test_folders(api: Api) -> None:
    """Files lie in those that are there, and are found and moved by them."""
    folder = {"mimeType": "application/vnd.google-apps.folder"}
    one, other = (
        fine(api.ask("POST", FILES, folder | {"name": name}))["id"] for name in ("one", "other")
    )
    given = {"name": "In", "mimeType": KIND, "parents": [one]}
    made = fine(api.ask("POST", FILES, given, fields="id,parents"))
    assert made["parents"] == [one]
    query = {"q": f"parents in '{one}'", "fields": "files(id)"}
    assert fine(api.ask("GET", FILES, **query)) == {"files": [{"id": made["id"]}]}
    path = f"{FILES}/{made['id']}"
    moved = fine(api.ask("PATCH", path, {}, addParents=other, removeParents=one, fields="parents"))
    assert moved == {"parents": [other]}
    assert "addParents" in refused(api.ask("PATCH", path, {"parents": [one]}), 403)
    nowhere = api.ask("POST", FILES, given | {"parents": ["nothing"]})
    assert refused(nowhere, 404) == "File not found: nothing."
    assert "not a folder" in refused(api.ask("POST", FILES, given | {"parents": [made["id"]]}), 403)


def test_an_upload_in_parts(api: Api) -> None:
    """The sandbox says that it takes uploads in one request only."""
    path = "/drive/v3/files"
    answer = uploaded(api, path, "application/json", "{}", "POST", uploadType="resumable")
    assert "in one request only" in refused(answer)
