"""Worksheets as tables of text: the workbooks that spreadsheets have written since 2007 (.xlsx).

The reader is our own, on the XML parser of Python's library. What the usual libraries give for a
number has been a float, and they load all texts of a workbook at once; here a number stays the
decimal that the file holds, and memory stays bounded whatever the file claims to be.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

from meterctl.errors import UsageError, shown
from meterctl.imports.problems import Choice, Problem, Stop, Unknown
from meterctl.imports.text.archives import open_member, opened_zip
from meterctl.imports.text.cells import Record
from meterctl.imports.text.lenient import trimmed
from meterctl.imports.text.serials import BUILT_IN, Style, style_of, text_of
from meterctl.imports.text.worksheet import (
    Attributes,
    BadXml,
    Strings,
    limited,
    parse,
    rows,
    unescaped,
)

_PART_LIMIT = 16 << 20  # of the parts that are held in memory as a whole
_HEAD_ROWS = 100
_HEAD_SIZE = 1 << 22
_WIDTH_LIMIT = 1000
_Row = tuple[int, list[str]]


class Sheet(NamedTuple):
    """A worksheet."""

    name: str
    part: str  # which of the zip's members it is
    is_hidden: bool


class Workbook:
    """A workbook's worksheets, and what its cells refer to."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        with opened_zip(file, name) as archive:
            self._parts = {_plain(part): part for part in archive.namelist()}
            main = self._main(archive)
            related = self._related(archive, main)
            self.sheets, self._since_1904 = self._sheets(archive, main, related)
            self._styles = self._read_styles(archive, _first(related, "styles"))
            self._strings = self._read_strings(archive, _first(related, "sharedStrings"))

    def rows(self, sheet: Sheet) -> Iterator[_Row]:
        """The rows with anything in them: their numbers and their cells' texts."""
        with (
            opened_zip(self._file, self._name) as archive,
            open_member(archive, archive.getinfo(sheet.part), self._name) as pieces,
        ):
            yield from rows(pieces, self._text)

    def _text(self, type_: str, style: str, raw: str) -> str:
        if type_ == "n":
            number = raw.strip()
            at = int(style) if style.isdecimal() else 0
            shown_as = self._styles[at] if at < len(self._styles) else Style.NUMBER
            return text_of(number, shown_as, since_1904=self._since_1904)
        if type_ == "s":
            return self._shared(raw)
        if type_ == "b":
            return "TRUE" if raw.strip() == "1" else "FALSE"
        return unescaped(raw)

    def _shared(self, raw: str) -> str:
        index = raw.strip()
        if self._strings is None or not index.isdecimal() or len(index) > 9:
            raise BadXml("a cell's text is missing")
        return self._strings[int(index)]

    def _main(self, archive: zipfile.ZipFile) -> str:
        """The part that lists the worksheets."""
        related = self._related(archive, "")
        main = _first(related, "officeDocument") or "xl/workbook.xml"
        if main.endswith(".bin"):
            raise Stop(
                Problem(1, 1, "the file is a binary workbook (.xlsb)", "save it as .xlsx or CSV")
            )
        if "content.xml" in self._parts:
            what = "the file is a table or a text in the OpenDocument format"
            raise Stop(Problem(1, 1, what, "save it as .xlsx or CSV"))
        if main not in self._parts or main.startswith(("word/", "ppt/")):
            raise Stop(Problem(1, 1, "the file is no workbook", "save the table as CSV"))
        return main

    def _related(self, archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
        """What a part refers to: by id, the kind and the part."""
        folder, name = posixpath.split(part)
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, given: Attributes) -> None:
            if tag == "Relationship" and given.get("TargetMode") != "External":
                target = posixpath.join("/", folder, given.get("Target", "").replace("\\", "/"))
                kind = given.get("Type", "").rpartition("/")[2]
                found[given.get("Id", "")] = (kind, _plain(posixpath.normpath(target)))

        self._parse(archive, _plain(f"{folder}/_rels/{name}.rels"), start)
        return found

    def _sheets(
        self, archive: zipfile.ZipFile, main: str, related: dict[str, tuple[str, str]]
    ) -> tuple[tuple[Sheet, ...], bool]:
        sheets: list[Sheet] = []
        since_1904 = False

        def start(tag: str, given: Attributes) -> None:
            nonlocal since_1904
            if tag == "workbookPr":
                since_1904 = given.get("date1904", "0").lower() in {"1", "true", "on"}
            elif tag == "sheet":
                id_ = next((v for k, v in given.items() if k.rpartition(":")[2] == "id"), "")
                kind, part = related.get(id_, ("", ""))
                if kind == "worksheet" and part in self._parts:
                    is_hidden = given.get("state", "visible") != "visible"
                    sheets.append(Sheet(given.get("name", ""), self._parts[part], is_hidden))

        self._parse(archive, main, start)
        return tuple(sheets), since_1904

    def _read_styles(self, archive: zipfile.ZipFile, part: str | None) -> list[Style]:
        codes: dict[int, Style] = dict(BUILT_IN)
        styles: list[Style] = []
        is_used = False

        def start(tag: str, given: Attributes) -> None:
            nonlocal is_used
            number = given.get("numFmtId", "0")
            format_ = int(number) if number.isdecimal() else 0
            if tag == "numFmt":
                codes[format_] = style_of(given.get("formatCode", ""))
            elif tag == "cellXfs":
                is_used = True
            elif tag in {"cellStyleXfs", "cellStyles"}:
                is_used = False
            elif tag == "xf" and is_used:
                styles.append(codes.get(format_, Style.NUMBER))

        if part is not None:
            self._parse(archive, part, start)
        return styles

    def _read_strings(self, archive: zipfile.ZipFile, part: str | None) -> Strings | None:
        if part not in self._parts:
            return None
        info = archive.getinfo(self._parts[part])
        with open_member(archive, info, self._name) as pieces:
            return Strings(pieces)

    def _parse(
        self, archive: zipfile.ZipFile, part: str, start: Callable[[str, Attributes], None]
    ) -> None:
        """Parse one of the small parts; one that is not there holds nothing."""
        if part not in self._parts:
            return
        with open_member(archive, archive.getinfo(self._parts[part]), self._name) as pieces:
            few = limited(pieces, _PART_LIMIT, BadXml("one of its parts is too big"))
            for _ in parse(few, start, _ignore, _ignore):
                pass


class Worksheet:
    """The one worksheet of a workbook that is to be read, as records."""

    def __init__(self, file: BinaryIO, name: str, told: str | None) -> None:
        self._workbook = Workbook(file, name)
        self._sheet, head = _chosen(self._workbook, told)
        # A row ends with its last filled cell: the others of the table go on to the same width.
        self._width = min(max(len(cells) for _, cells in head), _WIDTH_LIMIT)
        self.note = f"worksheet {shown(self._sheet.name)}" if len(self._workbook.sheets) > 1 else ""

    def records(self) -> Iterator[Record]:
        """The rows with anything in them."""
        for number, texts in self._workbook.rows(self._sheet):
            text = "\t".join(texts)
            cells = trimmed(texts, text)
            if any(cells):
                cells.extend([""] * (self._width - len(cells)))
                yield Record(number, cells, text, None, "")


def _chosen(workbook: Workbook, told: str | None) -> tuple[Sheet, list[_Row]]:
    """The worksheet to read, with its first rows.

    Raises:
        UsageError: there is none of the name that was told.
        Unknown: several hold something.
        Stop: none does.
    """
    if told is not None:
        wanted = told.strip().casefold()
        for sheet in workbook.sheets:
            if sheet.name.strip().casefold() == wanted and (head := _head(workbook, sheet)):
                return sheet, head
        names = ", ".join(shown(sheet.name) for sheet in workbook.sheets)
        raise UsageError(f"no worksheet {shown(told)} holds anything", f"one of {names}")
    filled: list[tuple[Sheet, list[_Row]]] = []
    for sheet in workbook.sheets:
        head = [] if sheet.is_hidden else _head(workbook, sheet)
        if head:
            filled.append((sheet, head))
    if not filled:
        raise Stop(Problem(1, 1, "the workbook holds nothing", "export it again"))
    if len(filled) > 1:
        choices = tuple(Choice(sheet.name, _told(head)) for sheet, head in filled)
        names = ", ".join(shown(sheet.name) for sheet, _ in filled)
        message = f"the workbook holds {len(filled)} worksheets: {names}"
        raise Unknown(
            Problem(1, 1, message, "say which one with --worksheet NAME"), "worksheet", choices
        )
    return filled[0]


def _head(workbook: Workbook, sheet: Sheet) -> list[_Row]:
    """A worksheet's first rows."""
    head: list[_Row] = []
    size = 0
    for row in islice(workbook.rows(sheet), _HEAD_ROWS):
        head.append(row)
        size += sum(map(len, row[1])) + len(row[1])
        if size > _HEAD_SIZE:
            break
    return head


def _told(head: list[_Row]) -> str:
    """A worksheet's first rows in a few words."""
    first = " | ".join(filter(None, head[0][1]))
    return first if len(first) <= 60 else f"{first[:59]}…"


def _first(related: dict[str, tuple[str, str]], kind: str) -> str | None:
    return next((part for of, part in related.values() if of == kind), None)


def _plain(part: str) -> str:
    """A part's name as it is compared: of any case, with slashes, without the first one."""
    return part.replace("\\", "/").lstrip("/").lower()


def _ignore(*_anything: object) -> None:
    pass
