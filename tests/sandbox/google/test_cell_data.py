"""Cells with all that there is to them: what was entered, what it amounts to, how it looks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.client import Api, first_cells

Json = dict[str, Any]
WHITE = {"red": 1, "green": 1, "blue": 1}
TEXT = {
    "foregroundColor": {},
    "fontFamily": "Arial",
    "fontSize": 10,
    "bold": False,
    "italic": False,
    "strikethrough": False,
    "underline": False,
    "foregroundColorStyle": {"rgbColor": {}},
}
LOOK = {
    "backgroundColor": WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": TEXT,
    "hyperlinkDisplayType": "PLAIN_TEXT",
    "backgroundColorStyle": {"rgbColor": WHITE},
}
FIRST = {"sheetId": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}


def formatted(api: Api, look: Json, fields: str = "userEnteredFormat") -> None:
    """Give the first cell a format."""
    cell = {"userEnteredFormat": look}
    api.batch({"repeatCell": {"range": FIRST, "cell": cell, "fields": fields}})


def test_plain_values(api: Api) -> None:
    """Numbers stand to the right, texts to the left, booleans in the middle."""
    api.write("A1", [[2500, "God", True]])
    found = first_cells(api, "A1:C1")
    kinds = ("numberValue", 2500, "RIGHT"), ("stringValue", "God", "LEFT"), ("boolValue", True)
    for cell, (kind, value, *side) in zip(found, kinds, strict=True):
        assert cell == {
            "userEnteredValue": {kind: value},
            "effectiveValue": {kind: value},
            "formattedValue": "TRUE" if value is True else str(value),
            "effectiveFormat": LOOK | {"horizontalAlignment": side[0] if side else "CENTER"},
        }


def test_what_was_chosen_and_what_follows(api: Api) -> None:
    """The format that was set is kept apart from the one in effect."""
    formatted(api, {"textFormat": {"bold": True}, "horizontalAlignment": "CENTER"})
    api.write("A1", [[1]])
    (cell,) = first_cells(api, "A1", "userEnteredFormat,effectiveFormat")
    assert cell["userEnteredFormat"] == {
        "textFormat": {"bold": True},
        "horizontalAlignment": "CENTER",
    }
    bold = {"textFormat": TEXT | {"bold": True}, "horizontalAlignment": "CENTER"}
    assert cell["effectiveFormat"] == LOOK | bold


def test_an_empty_cell_with_a_look(api: Api) -> None:
    """It has no value, no text, and nothing that follows from one."""
    formatted(api, {"wrapStrategy": "WRAP"})
    (cell,) = first_cells(api, "A1")
    plain = {name: one for name, one in LOOK.items() if name != "hyperlinkDisplayType"}
    assert cell == {
        "userEnteredFormat": {"wrapStrategy": "WRAP"},
        "effectiveFormat": plain | {"wrapStrategy": "WRAP"},
    }


@pytest.mark.parametrize(
    ("formula", "effective", "text"),
    [
        ("=2*3", {"numberValue": 6}, "6"),
        ('=""', None, None),
        ("=IF(,,)", None, None),
        ("=Z9", None, None),
        ("=ISBLANK(Z9)", {"boolValue": True}, "TRUE"),
        ("=DATE(2023, 3, 19)", {"numberValue": 45004}, "3/19/2023"),
        ("=N(Z9)", {"numberValue": 0}, "0"),
        ("=TYPE(Z9)", {"numberValue": 1}, "1"),
        ("=COUNTBLANK(Z9)", {"numberValue": 1}, "1"),
        ('=IFERROR(1/0, "none")', {"stringValue": "none"}, "none"),
        (
            "=1/0",
            {
                "errorValue": {
                    "type": "DIVIDE_BY_ZERO",
                    "message": "Function DIVIDE parameter 2 cannot be zero.",
                }
            },
            "#DIV/0!",
        ),
        ("=NA()", {"errorValue": {"type": "N_A"}}, "#N/A"),
        (
            "=NotAFunction()",
            {"errorValue": {"type": "NAME", "message": "Unknown function: 'NotAFunction'."}},
            "#NAME?",
        ),
        (
            "=SQRT(-1)",
            {
                "errorValue": {
                    "type": "NUM",
                    "message": "Function SQRT parameter 1 value is negative. It should be "
                    "positive or zero.",
                }
            },
            "#NUM!",
        ),
        (
            '=VLOOKUP("nope", B1:C2, 1, FALSE)',
            {
                "errorValue": {
                    "type": "N_A",
                    "message": "Did not find value 'nope' in VLOOKUP evaluation.",
                }
            },
            "#N/A",
        ),
        (
            '="a"+1',
            {
                "errorValue": {
                    "type": "VALUE",
                    "message": "Function ADD parameter 1 expects number values. But 'a' is a text "
                    "and cannot be coerced to a number.",
                }
            },
            "#VALUE!",
        ),
        (
            "=1+",
            {"errorValue": {"type": "ERROR", "message": "Formula parse error."}},
            "#ERROR!",
        ),
    ],
)
def test_formulas(api: Api, formula: str, effective: Json | None, text: str | None) -> None:
    """What they amount to; nothing at all is left out of the answer."""
    api.typed("A1", [formula])
    (cell,) = first_cells(api, "A1", "userEnteredValue,effectiveValue,formattedValue")
    assert cell.pop("userEnteredValue") == {"formulaValue": formula}
    assert (cell.get("effectiveValue"), cell.get("formattedValue")) == (effective, text)


def test_days_of_formulas(api: Api) -> None:
    """Their format names no pattern, and is taken on by who refers to them."""
    api.typed("A1", ["=DATE(2023, 3, 19)", "=A1", "=NOW()", "=MAX(A1:B1)", "=A1*2"])
    found = first_cells(api, "A1:E1", "effectiveFormat.numberFormat")
    date, moment = {"type": "DATE"}, {"type": "DATE_TIME"}
    formats = [one["effectiveFormat"].get("numberFormat") for one in found]
    assert formats == [date, date, moment, date, None]


def test_typed_days_and_sums(api: Api) -> None:
    """The format that typing gives a cell is one that was chosen for it."""
    api.typed("A1", ["2026-09-05", "$100.15", "1-2"])
    found = first_cells(api, "A1:C1", "userEnteredFormat,formattedValue")
    assert found[0]["userEnteredFormat"]["numberFormat"] == {
        "type": "DATE",
        "pattern": "yyyy-mm-dd",
    }
    assert found[1]["userEnteredFormat"]["numberFormat"]["type"] == "CURRENCY"
    assert [one["formattedValue"] for one in found] == ["2026-09-05", "$100.15", "1-2"]
    assert found[2]["userEnteredFormat"]["numberFormat"] == {"type": "DATE", "pattern": "m-d"}


def test_a_link(api: Api) -> None:
    """A cell that leads somewhere is blue and underlined, and says where."""
    api.typed("A1", ['=HYPERLINK("https://example.com", "click")'])
    (cell,) = first_cells(api, "A1")
    blue = {"red": 0.06666667, "green": 0.33333334, "blue": 0.8}
    assert cell["hyperlink"] == "https://example.com"
    assert cell["effectiveValue"] == {"stringValue": "click"}
    assert cell["effectiveFormat"]["hyperlinkDisplayType"] == "LINKED"
    assert cell["effectiveFormat"]["textFormat"] == TEXT | {
        "foregroundColor": blue,
        "foregroundColorStyle": {"rgbColor": blue},
        "underline": True,
        "link": {"uri": "https://example.com"},
    }


def test_borders(api: Api) -> None:
    """Each has its width and its colour, said both ways; NONE takes one away."""
    asked = {"range": FIRST, "top": {"style": "SOLID_MEDIUM"}, "left": {"style": "DASHED"}}
    api.batch({"updateBorders": asked})
    api.batch({"updateBorders": {"range": FIRST, "left": {"style": "NONE"}}})
    (cell,) = first_cells(api, "A1", "userEnteredFormat")
    black: Json = {"color": {}, "colorStyle": {"rgbColor": {}}}
    assert cell["userEnteredFormat"] == {
        "borders": {"top": {"style": "SOLID_MEDIUM", "width": 2} | black}
    }


def test_colours_of_rules_and_bands(api: Api) -> None:
    """They are said both ways, too."""
    rule = {"condition": {"type": "BLANK"}, "format": {"backgroundColor": {"red": 1}}}
    asked = {"ranges": [FIRST], "booleanRule": rule}
    bands = {"range": FIRST, "rowProperties": {"firstBandColorStyle": {"rgbColor": {"blue": 1}}}}
    api.batch({"addConditionalFormatRule": {"rule": asked}}, {"addBanding": {"bandedRange": bands}})
    (sheet,) = api.get()["sheets"]
    look = sheet["conditionalFormats"][0]["booleanRule"]["format"]
    assert look["backgroundColorStyle"] == {"rgbColor": {"red": 1}}
    assert sheet["bandedRanges"][0]["rowProperties"]["firstBandColor"] == {"blue": 1}
