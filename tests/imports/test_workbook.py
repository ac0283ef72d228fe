"""Workbooks: which worksheet is read, and what becomes of its cells."""

from __future__ import annotations

import re
from io import BytesIO

import pytest

from meterctl.errors import FileError, UsageError
from meterctl.imports.formats import Options
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.text import archives
from meterctl.imports.text.cells import place_of_cell
from meterctl.imports.text.document import Document
from meterctl.imports.text.serials import Style, style_of, text_of
from tests.imports.workbooks import workbook, zipped


def cells(rows: str, **more: object) -> list[list[str]]:
    """The cells of a workbook with one worksheet."""
    data = workbook({"One": rows}, **more)  # type: ignore[arg-type]
    return [record.cells for record in Document.of(data, "a.xlsx").records()]


def stopped(data: bytes) -> str:
    """Why a workbook is refused."""
    with pytest.raises(Stop) as caught:
        list(Document.of(data, "a.xlsx").records())
    assert caught.value.problem.hint
    return caught.value.problem.message


# -- cells -----------------------------------------------------------------------------


def test_texts() -> None:
    """Shared, rich, inline and calculated texts are texts; how a word is spoken is left out."""
    strings = (
        "<si><t>Zeit</t></si><si><r><t>Ver</t></r><r><t>brauch</t></r><rPh><t>no</t></rPh></si>"
        '<si><t xml:space="preserve"> a_x000A_b&amp;</t></si>'
    )
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>'
        '<c r="C1" t="s"><v>2</v></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>in</t></is></c>'
        '<c r="B2" t="str"><f>A1&amp;"x"</f><v>Zeitx</v></c><c r="C2" t="b"><v>1</v></c></row>'
        '<row r="3"><c r="A3" t="e"><v>#N/A</v></c><c r="B3" t="d"><v>2024-01-01T00:00:00</v></c>'
        '<c r="C3" t="b"><v>0</v></c></row>'
    )
    assert cells(rows, strings=strings) == [
        ["Zeit", "Verbrauch", "a\nb&"],
        ["in", "Zeitx", "TRUE"],
        ["#N/A", "2024-01-01T00:00:00", "FALSE"],
    ]


def test_places() -> None:
    """Rows keep their numbers; gaps between cells, and short rows, are empty cells."""
    rows = (
        '<row r="2"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c></row><row r="3"/>'
        '<row r="4"><c r="A4" s="0"/></row><row r="9"><c r="A9"><v>3</v></c></row>'
    )
    records = list(Document.of(workbook({"One": rows})).records())
    assert [(record.line, record.cells) for record in records] == [
        (2, ["", "1", "", "2"]),
        (9, ["3", "", "", ""]),
    ]
    assert place_of_cell(records[1], 3) == (9, 4)
    assert [record.line for record in Document.of(workbook({"One": rows})).records(2)] == [9]


def test_rows_and_cells_without_places() -> None:
    """Some writers leave them out: they count on from the last."""
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>3</v></c></row>"
    assert cells(rows) == [["1", "2"], ["", "3"]]


def test_formula_that_was_never_calculated() -> None:
    """It is no number, but no blank either: nothing is dropped silently."""
    assert cells('<row><c><v>1</v></c><c><f>A1*2</f></c><c t="str"><f>""</f><v/></c></row>') == [
        ["1", "=?"]
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("5", "5"),
        ("0", "0"),
        ("5.0", "5"),
        ("-0.50", "-0.5"),
        ("0.30000000000000004", "0.3"),
        ("1234.5600000000001", "1234.56"),
        ("1E-3", "0.001"),
        ("4.2000000000000003E-2", "0.042"),
        ("1e21", "1000000000000000000000"),
        ("123456789012345678", "123456789012346000"),
        ("1E+300", "1E+300"),
        ("NaN", "NaN"),
        ("x", "x"),
    ],
)
def test_number(number: str, text: str) -> None:
    """It is the decimal that a spreadsheet shows: 15 digits, no exponent, nothing of a float."""
    assert text_of(number, Style.NUMBER) == text


@pytest.mark.parametrize(
    ("code", "style"),
    [
        ("General", Style.NUMBER),
        ("0.00", Style.NUMBER),
        ('#,##0.000 "kWh"', Style.NUMBER),
        ('0.0" h"', Style.NUMBER),
        (r"0.00\ \d", Style.NUMBER),
        ("0.00E+00", Style.NUMBER),
        ("@", Style.NUMBER),
        ("[Red]0;[Blue]-0", Style.NUMBER),
        ("[$-407]dd.mm.yyyy", Style.DATE),
        ("mmm", Style.DATE),
        ("TT.MM.JJJJ", Style.DATE),
        ("yyyy-mm-dd;@", Style.DATE),
        ("dd/mm/yyyy hh:mm", Style.DATE_TIME),
        (r"yyyy\-mm\-dd\ hh:mm:ss.000", Style.DATE_TIME),
        ("m/d/yy h:mm AM/PM", Style.DATE_TIME),
        ("h:mm AM/PM", Style.TIME),
        ("mm:ss.0", Style.TIME),
        ("[h]:mm", Style.ELAPSED),
    ],
)
def test_style(code: str, style: Style) -> None:
    """A number format says what a number is: its letters, not what is quoted between them."""
    assert style_of(code) is style


@pytest.mark.parametrize(
    ("number", "style", "text"),
    [
        ("45382", Style.DATE, "2024-03-31"),
        ("45382.25", Style.DATE, "2024-03-31 06:00:00"),
        ("45382", Style.DATE_TIME, "2024-03-31 00:00:00"),
        ("45382.010416666664", Style.DATE_TIME, "2024-03-31 00:15:00"),
        ("45382.01042", Style.DATE_TIME, "2024-03-31 00:15:00"),
        ("45382.999999999", Style.DATE_TIME, "2024-04-01 00:00:00"),
        ("45382.000002893519", Style.DATE_TIME, "2024-03-31 00:00:00.250"),
        ("0.25", Style.TIME, "06:00:00"),
        ("0", Style.TIME, "00:00:00"),
        ("45382.25", Style.TIME, "06:00:00"),
        ("0.25", Style.DATE_TIME, "06:00:00"),
        ("1.2604166666666667", Style.ELAPSED, "30:15:00"),
        ("1", Style.DATE, "1900-01-01"),
        ("60", Style.DATE, "60"),
        ("61", Style.DATE, "1900-03-01"),
        ("-1", Style.DATE, "-1"),
        ("3000000", Style.DATE, "3000000"),
        ("soon", Style.DATE, "soon"),
    ],
)
def test_date(number: str, style: Style, text: str) -> None:
    """Days are counted exactly and written as ISO 8601; what is no date stays a number."""
    assert text_of(number, style) == text


def test_styles_of_a_workbook() -> None:
    """A cell's style says what its number is; the first of its own here is style 1."""
    rows = (
        '<row><c s="1"><v>45382</v></c><c s="2"><v>45382.5</v></c><c s="3"><v>0.1</v></c>'
        '<c s="99"><v>7</v></c></row>'
    )
    formats = ("dd.mm.yyyy", "dd.mm.yyyy hh:mm", "0.00 &quot;kWh&quot;")
    assert cells(rows, formats=formats) == [["2024-03-31", "2024-03-31 12:00:00", "0.1", "7"]]
    assert cells(rows, formats=formats, since_1904=True)[0][0] == "2028-04-01"


# -- worksheets ------------------------------------------------------------------------

ROW = "<row><c><v>1</v></c><c><v>2</v></c></row>"


def test_the_one_worksheet_that_holds_something() -> None:
    """Empty and hidden ones are left aside; which one it is, is said."""
    data = workbook({"Leer": "", "Daten": ROW, "Alt": ROW}, hidden=("Alt",))
    document = Document.of(data)
    assert document.notes == ("worksheet 'Daten'",)
    assert [record.cells for record in document.head] == [["1", "2"]]
    assert (document.delimiter, document.is_xml) == ("", False)


def test_several_worksheets() -> None:
    """Which one is meant is asked; once it is told, its name's case does not matter."""
    data = workbook({"2023": ROW, "2024": ROW.replace("2", "4")})
    with pytest.raises(Unknown, match="2 worksheets: '2023', '2024'") as caught:
        Document.of(data)
    assert caught.value.option == "worksheet"
    assert [tuple(choice) for choice in caught.value.choices] == [
        ("2023", "1 | 2"),
        ("2024", "1 | 4"),
    ]
    document = Document.of(data, options=Options(worksheet=" 2024 "))
    assert document.head[0].cells == ["1", "4"]
    with pytest.raises(UsageError, match="no worksheet '2025' holds anything") as wrong:
        Document.of(data, options=Options(worksheet="2025"))
    assert wrong.value.hint == "one of '2023', '2024'"


def test_workbook_that_holds_nothing() -> None:
    """It is refused."""
    assert stopped(workbook({"One": "", "Two": "<row/>"})) == "the workbook holds nothing"


# -- odd, damaged and made to harm -----------------------------------------------------


def test_parts_named_otherwise() -> None:
    """Names of parts are found in any case, with backslashes, and from the root."""
    data = workbook({"One": ROW})
    parts = {"[Content_Types].xml": "<Types/>"}
    with archives.opened_zip(BytesIO(data), "") as archive:
        for name in archive.namelist():
            parts[name.replace("/", "\\").replace("sheet1", "Sheet1")] = archive.read(name).decode()
    assert [record.cells for record in Document.of(zipped(parts)).head] == [["1", "2"]]


def test_prefixed_names() -> None:
    """The XML may name its elements with a prefix."""
    sheet = '<x:worksheet xmlns:x="m"><x:row><x:c><x:v>1</x:v></x:c></x:row></x:worksheet>'
    data = workbook({"One": ""}, extra={"xl/worksheets/sheet1.xml": sheet})
    assert Document.of(data).head[0].cells == ["1"]


BOMB = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
DAMAGED = {
    "not-xml": ({"xl/worksheets/sheet1.xml": "<a><b>"}, "no element found"),
    "entities": ({"xl/worksheets/sheet1.xml": BOMB}, "it declares a document type"),
    "unknown-encoding": (
        {"xl/worksheets/sheet1.xml": '<?xml version="1.0" encoding="no-such"?><a/>'},
        "its encoding is not known|unknown encoding",
    ),
    "text-missing": (
        {"xl/worksheets/sheet1.xml": '<a><row><c t="s"><v>7</v></c></row></a>'},
        "a cell's text is missing",
    ),
    "column-too-far": (
        {"xl/worksheets/sheet1.xml": '<a><row><c r="ZZZZ1"><v>7</v></c></row></a>'},
        "a row has too many cells",
    ),
    "no-column": (
        {"xl/worksheets/sheet1.xml": '<a><row><c r="1"><v>7</v></c></row></a>'},
        "a cell without a column",
    ),
    "no-row": ({"xl/worksheets/sheet1.xml": '<a><row r="x"/></a>'}, "a row without a number"),
    "endless-cell": (
        {"xl/worksheets/sheet1.xml": f"<a><row><c><v>{'7' * 100_000}</v></c></row></a>"},
        "a cell's text has no end",
    ),
    "endless-shared-text": (
        {
            "xl/sharedStrings.xml": f"<sst><si><t>{'x' * 300_000}</t></si></sst>",
            "xl/worksheets/sheet1.xml": '<a><row><c t="s"><v>0</v></c></row></a>',
        },
        "a cell's text has no end",
    ),
    "a-row-of-one-text-again-and-again": (
        {
            "xl/sharedStrings.xml": f"<sst><si><t>{'x' * 60_000}</t></si></sst>",
            "xl/worksheets/sheet1.xml": "<a><row>" + '<c t="s"><v>0</v></c>' * 100 + "</row></a>",
        },
        "a row has no end",
    ),
    "endless-mark": (
        {"xl/worksheets/sheet1.xml": f'<a b="{"x" * (2 << 20)}"/>'},
        "one of its marks has no end",
    ),
    "huge-part": (
        {"xl/styles.xml": f"<styleSheet>{' ' * (17 << 20)}</styleSheet>"},
        "one of its parts is too big",
    ),
}


@pytest.mark.parametrize(("parts", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged(parts: dict[str, str], message: str) -> None:
    """It is refused, with what is wrong, before it costs memory."""
    assert re.search(message, stopped(workbook({"One": ""}, extra=parts)))


def test_too_many_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shared texts have a limit."""
    monkeypatch.setattr("meterctl.imports.text.worksheet.STRINGS_LIMIT", 1 << 20)
    data = workbook({"One": ROW}, strings="<si><t>abc</t></si>" * 100_000)
    assert "MiB of texts" in stopped(data)


def test_part_that_grows_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worksheet is unpacked no further than its size in the file explains."""
    monkeypatch.setattr(archives, "HARMLESS_SIZE", 1 << 20)
    data = workbook({"One": ROW * 200_000})
    with pytest.raises(FileError, match=r"a\.xlsx grows to more than \d+ MiB"):
        list(Document.of(data, "a.xlsx").records())


OTHERS = {
    "text": ({"[Content_Types].xml": "", "word/document.xml": "<a/>"}, "the file is no workbook"),
    "open-document": (
        {"mimetype": "x", "content.xml": "<a/>", "META-INF/manifest.xml": "<a/>"},
        "the file is a table or a text in the OpenDocument format",
    ),
    "numbers": ({"Index/Document.iwa": "x"}, "the file is no workbook"),
}


@pytest.mark.parametrize(("parts", "message"), OTHERS.values(), ids=OTHERS.keys())
def test_files_of_other_programs(parts: dict[str, str], message: str) -> None:
    """They are refused by what they are."""
    assert stopped(zipped(parts)) == message


def test_binary_workbook() -> None:
    """It is refused by its name."""
    related = '<a><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.bin"/></a>'
    parts = {"[Content_Types].xml": "", "_rels/.rels": related, "xl/workbook.bin": "x"}
    assert stopped(zipped(parts)) == "the file is a binary workbook (.xlsb)"
