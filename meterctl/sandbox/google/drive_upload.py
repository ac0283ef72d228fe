"""Files that are filled from delimited text: the part of Drive below `/upload`."""

from __future__ import annotations

import csv
import io
from email import message_from_bytes
from typing import Any, NamedTuple

from meterctl.sandbox.google.areas import Area
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.drive_access import wrong
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.payload import decode
from meterctl.sandbox.google.targets import Target
from meterctl.sandbox.google.values import Corner, clear, write
from meterctl.sandbox.message import Request

Json = dict[str, Any]
DELIMITERS = {"text/csv": ",", "text/tab-separated-values": "\t"}


class Upload(NamedTuple):
    """What came: what is said of the file, and the rows of its text."""

    about: Json
    lines: list[list[str]]


def read_upload(request: Request) -> Upload:
    """The text, alone (uploadType=media) or behind what is said of it (multipart).

    Raises:
        ApiError: it is neither, or no text that can be converted.
    """
    kind = request.headers.get("content-type", "")
    if request.query.get("uploadType", [""])[-1] == "resumable":
        raise wrong("The sandbox's Drive takes uploads in one request only (media or multipart).")
    if not kind.startswith("multipart/"):
        return Upload({}, _lines(kind, request.body))
    whole = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body)
    parts = whole.get_payload()
    if not isinstance(parts, list) or len(parts) != 2:
        raise wrong("Malformed multipart body.")
    about, media = (part.get_payload(decode=True) for part in parts)  # type: ignore[union-attr]  # parts of a multipart are messages
    text = bytes(media) if isinstance(media, bytes) else b""
    said = bytes(about) if isinstance(about, bytes) else b""
    return Upload(decode(said), _lines(str(parts[1].get_content_type()), text))  # type: ignore[union-attr]  # as above


def _lines(kind: str, body: bytes) -> list[list[str]]:
    plain = kind.partition(";")[0].strip()
    if plain not in DELIMITERS:
        raise wrong(f"The sandbox's Drive converts delimited text only, not {plain}.")
    text = io.StringIO(body.decode("utf-8-sig", "replace"), newline="")
    return list(csv.reader(text, delimiter=DELIMITERS[plain]))


def fill(edit: Edit, lines: list[list[str]]) -> Json:
    """The text in place of all that the spreadsheet held, as if it was typed in."""
    tab = Tab(0, edit.book.tabs[0].title)
    edit.book.tabs = [tab]
    edit.book.named = []
    clear(edit, Target(tab, Area(tab.id)))
    edit.grow(tab, len(lines), max((len(line) for line in lines), default=0))
    write(edit, Corner(tab, 0, 0), [list(line) for line in lines], "USER_ENTERED")
    return {}


def as_version_2(found: Json) -> Json:
    """A file as version 2 of the API shows it, of which the upload is still in use."""
    return {
        "kind": "drive#file",
        "id": found["id"],
        "title": found["name"],
        "mimeType": found["mimeType"],
        "labels": {
            "starred": found["starred"],
            "hidden": False,
            "trashed": found["trashed"],
            "restricted": False,
            "viewed": True,
        },
        "createdDate": found["createdTime"],
        "modifiedDate": found["modifiedTime"],
        "version": found["version"],
        "alternateLink": found["webViewLink"],
        "shared": found["shared"],
        "editable": True,
    }
