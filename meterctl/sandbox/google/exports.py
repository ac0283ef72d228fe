"""Spreadsheets as files of other kinds: delimited text, office documents, pages."""

from __future__ import annotations

import csv
import html
import io
import zipfile
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

from meterctl.sandbox.google.a1 import column_name
from meterctl.sandbox.google.areas import Box
from meterctl.sandbox.google.book import Book, Tab
from meterctl.sandbox.google.cells import Value
from meterctl.sandbox.google.reading import Reader, Render

Lines = list[list[Value]]
PLAIN = Render("UNFORMATTED_VALUE")
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_LINES_A_PAGE = 54


class Exported:
    """One state of a spreadsheet; a sheet is chosen where a format holds only one."""

    def __init__(self, book: Book, now: float, tab: Tab | None = None) -> None:
        self._book = book
        self._reader = Reader(book, now)
        self._tab = tab or book.tabs[0]
        self._tabs = book.tabs if tab is None else [tab]

    def text(self, delimiter: str) -> bytes:
        """One sheet as delimited text, every line as wide as the widest."""
        lines = self._lines(self._tab, Render())
        width = max((len(line) for line in lines), default=0)
        made = io.StringIO()
        writer = csv.writer(made, delimiter=delimiter, lineterminator="\r\n")
        writer.writerows([*line, *([""] * (width - len(line)))] for line in lines)
        return made.getvalue().removesuffix("\r\n").encode()

    def zipped_html(self) -> bytes:
        """Every sheet as a page of its own."""
        pages = {}
        for tab in self._tabs:
            rows = "".join(
                "<tr>" + "".join(f"<td>{html.escape(str(one))}</td>" for one in line) + "</tr>"
                for line in self._lines(tab, Render())
            )
            page = f"<!DOCTYPE html><meta charset=utf-8><table>{rows}</table>"
            pages[f"{tab.title.replace('/', '_')}.html"] = page
        return _zipped(pages)

    def excel(self) -> bytes:
        """A workbook of Office Open XML."""
        numbers = range(1, len(self._tabs) + 1)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        parts = "".join(
            f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="{kind}'
            '.worksheet+xml"/>'
            for at in numbers
        )
        sheets = "".join(
            f'<sheet name={quoteattr(tab.title[:31])} sheetId="{at}" r:id="rId{at}"/>'
            for at, tab in enumerate(self._tabs, 1)
        )
        related = "".join(
            f'<Relationship Id="rId{at}" Type="{_OFFICE}/officeDocument/2006/relationships/'
            f'worksheet" Target="worksheets/sheet{at}.xml"/>'
            for at in numbers
        )
        packaged = f"{_OFFICE}/package/2006"
        main = f"{_OFFICE}/spreadsheetml/2006/main"
        files = {
            "[Content_Types].xml": f'{_XML}<Types xmlns="{packaged}/content-types"><Default '
            'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships'
            f'+xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f"{parts}</Types>",
            "_rels/.rels": f'{_XML}<Relationships xmlns="{packaged}/relationships"><Relationship '
            f'Id="rId1" Type="{_OFFICE}/officeDocument/2006/relationships/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'{_XML}<workbook xmlns="{main}" xmlns:r="{_OFFICE}/officeDocument/'
            f'2006/relationships"><sheets>{sheets}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{packaged}/relationships">'
            f"{related}</Relationships>",
        }
        for at, tab in enumerate(self._tabs, 1):
            rows = "".join(
                f'<row r="{row}">'
                + "".join(
                    _excel_cell(f"{column_name(column)}{row}", value)
                    for column, value in enumerate(line)
                    if value != ""
                )
                + "</row>"
                for row, line in enumerate(self._lines(tab, PLAIN), 1)
            )
            files[f"xl/worksheets/sheet{at}.xml"] = (
                f'{_XML}<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
            )
        return _zipped(files)

    def open_document(self) -> bytes:
        """A workbook of the Open Document Format."""
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        tables = "".join(
            f"<table:table table:name={quoteattr(tab.title)}>"
            + "".join(
                "<table:table-row>"
                + "".join(_open_cell(value) for value in line)
                + "</table:table-row>"
                for line in self._lines(tab, PLAIN)
            )
            + "</table:table>"
            for tab in self._tabs
        )
        manifest = f"{_OASIS}:manifest:1.0"
        entries = "".join(
            f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{of}"/>'
            for path, of in (("/", kind), ("content.xml", "text/xml"))
        )
        return _zipped(
            {
                "mimetype": kind,
                "META-INF/manifest.xml": f'{_XML}<manifest:manifest xmlns:manifest="{manifest}">'
                f"{entries}</manifest:manifest>",
                "content.xml": f'{_XML}<office:document-content xmlns:office="{_OASIS}:office:1.0" '
                f'xmlns:table="{_OASIS}:table:1.0" xmlns:text="{_OASIS}:text:1.0" '
                f'office:version="1.2"><office:body><office:spreadsheet>{tables}'
                "</office:spreadsheet></office:body></office:document-content>",
            }
        )

    def pages(self) -> bytes:
        """A PDF: the sheets' texts, one line for each row."""
        lines = [
            "   ".join(str(one) for one in line)
            for tab in self._tabs
            for line in self._lines(tab, Render())
        ]
        return _pdf(lines)

    def _lines(self, tab: Tab, how: Render) -> Lines:
        box = Box(0, tab.last_data_row(), 0, tab.column_count)
        return self._reader.lines(tab, box, how)


FORMATS: dict[str, Callable[[Exported], bytes]] = {
    "text/csv": lambda one: one.text(","),
    "text/tab-separated-values": lambda one: one.text("\t"),
    "application/zip": Exported.zipped_html,
    "application/pdf": Exported.pages,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Exported.excel,
    "application/vnd.oasis.opendocument.spreadsheet": Exported.open_document,
    "application/x-vnd.oasis.opendocument.spreadsheet": Exported.open_document,
}


def _excel_cell(name: str, value: Value) -> str:
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        text = escape(value)
        return f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'<c r="{name}"><v>{value!r}</v></c>'


def _open_cell(value: Value) -> str:
    if value == "":
        return "<table:table-cell/>"
    if isinstance(value, bool):
        kind = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, str):
        kind = 'office:value-type="string"'
    else:
        kind = f'office:value-type="float" office:value="{value!r}"'
    return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def _zipped(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            how = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, how)
    return made.getvalue()


def _pdf(lines: list[str]) -> bytes:
    starts = range(0, max(len(lines), 1), _LINES_A_PAGE)
    pages = [lines[at : at + _LINES_A_PAGE] for at in starts]
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
        *(part for at, page in enumerate(pages) for part in _pdf_page(5 + 2 * at, page)),
    ]
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return made + f"{end}startxref\n{len(made)}\n%%EOF\n".encode()


def _pdf_page(content: int, lines: list[str]) -> Iterator[bytes]:
    yield (
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> "
        f">> /Contents {content} 0 R >>"
    ).encode()
    text = b"BT /F1 10 Tf 14 TL 40 800 Td\n"
    for line in lines:
        plain = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        text += b"(" + plain.encode("latin-1", "replace") + b") Tj T*\n"
    text += b"ET"
    yield f"<< /Length {len(text)} >>\nstream\n".encode() + text + b"\nendstream"
