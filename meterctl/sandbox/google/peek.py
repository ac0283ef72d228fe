"""The spreadsheets as a person would see them: for whoever rehearses, without any key.

Google has no such page; this one is at `/sandbox/`, apart from all of Google's addresses.
"""

from __future__ import annotations

from meterctl.sandbox.google.files import SPREADSHEET, Files
from meterctl.sandbox.google.reading import Reader, Render
from meterctl.sandbox.message import Response, as_json

PATH = "/sandbox/spreadsheets"


def answer(files: Files) -> Response:
    """Every spreadsheet with its tabs, and their rows as the cells show them."""
    seen = []
    for file in files.all():
        book = file.book
        if file.kind != SPREADSHEET:
            continue
        reader = Reader(book, files.clock())
        tabs = [
            {"title": tab.title, "rows": reader.lines(tab, tab.box, Render())} for tab in book.tabs
        ]
        seen.append({"id": book.id, "title": book.properties["title"], "tabs": tabs})
    return as_json(200, {"spreadsheets": seen})
