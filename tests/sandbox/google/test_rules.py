"""The rules without a server: A1 notation, typed text, shown values, formulas, rows, masks."""

from __future__ import annotations

import random

import pytest

from meterctl.sandbox.google.a1 import (
    Cells,
    area_text,
    column_index,
    column_name,
    parse_cells,
    quoted_title,
    split_title,
)
from meterctl.sandbox.google.areas import Area
from meterctl.sandbox.google.cells import Row
from meterctl.sandbox.google.entered import entered
from meterctl.sandbox.google.errors import ApiError
from meterctl.sandbox.google.formats import shown
from meterctl.sandbox.google.formulas import evaluate
from meterctl.sandbox.google.functions import Block, Failure
from meterctl.sandbox.google.locales import locale_named
from meterctl.sandbox.google.masks import merge, parse_mask, project
from meterctl.sandbox.google.references import after_lines, copied, rewritten
from meterctl.sandbox.google.rows import Rows

AMERICAN, GERMAN = locale_named("en_US"), locale_named("de_DE")


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("A1", Cells(0, 1, 0, 1, True)),
        ("A1:B2", Cells(0, 2, 0, 2, False)),
        ("B2:A1", Cells(0, 2, 0, 2, False)),
        ("b2:$A$1", Cells(0, 2, 0, 2, False)),
        ("A:C", Cells(None, None, 0, 3, False)),
        ("C:A", Cells(None, None, 0, 3, False)),
        ("2:4", Cells(1, 4, None, None, False)),
        ("A2:C", Cells(1, None, 0, 3, False)),
        ("A2:4", Cells(1, 4, 0, None, False)),
        ("R2C3", Cells(1, 2, 2, 3, True)),
        ("A", None),
        ("1", None),
        ("A0", None),
        ("A1:", None),
        ("Sheet1", None),
        ("AAAA1", None),
        ("", None),
    ],
)
def test_cells_in_every_notation(text: str, cells: Cells | None) -> None:
    """Open ends are open, corners may be swapped, and anything else is no range."""
    assert parse_cells(text) == cells


def test_titles() -> None:
    """A title stands before the last exclamation mark, quoted where it is no plain word."""
    assert split_title("'My ''own'' sheet!'!A1") == ("My 'own' sheet!", "A1")
    assert split_title("'D3'") == ("D3", None)
    assert split_title("🌵 1!A1") == ("🌵 1", "A1")
    assert split_title("A1:B2") == (None, "A1:B2")
    assert [quoted_title(one) for one in ("Sheet1", "D3", "a b", "it's", "R1C1")] == [
        "Sheet1",
        "'D3'",
        "'a b'",
        "'it''s'",
        "'R1C1'",
    ]


def test_columns() -> None:
    """Names and numbers of columns are each other's inverse."""
    assert [column_name(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert all(column_index(column_name(at)) == at for at in range(2000))


@pytest.mark.parametrize(
    ("area", "text"),
    [  # as seen in answers of the real service
        (Area(0, 1000, None, 0, 2), "T!A1001:B"),
        (Area(0, 1000, 1001, 0, 2), "T!A1001:B1001"),
        (Area(0, 0, 2, 26, 27), "T!AA1:AA2"),
        (Area(0, 0, 2, 26, None), "T!AA1:2"),
        (Area(0, 151153, 151354), "T!151154:151354"),
        (Area(0, 1000, 1001, 0, 1), "T!A1001"),
    ],
)
def test_a_range_in_an_error_message(area: Area, text: str) -> None:
    """It is named as it was asked for, not as it lies in the grid."""
    assert area_text("T", area) == text


@pytest.mark.parametrize(
    ("text", "value", "pattern"),
    [
        ("0042", 42, None),
        ("42.01", 42.01, None),
        (" 42 ", 42, None),
        ("-5", -5, None),
        ("(5)", -5, None),
        ("2,000,000.01", 2000000.01, "#,##0.00"),
        ("1,234", 1234, "#,##0"),
        ("12,34", "12,34", None),
        ("42%", 0.42, "0%"),
        ("42.5%", 0.425, "0.00%"),
        ("$5", 5, '"$"#,##0'),
        ("1e3", 1000, "0.00E+00"),
        ("TRUE", True, None),
        ("false", False, None),
        ("2020-01-01", 43831, "yyyy-mm-dd"),
        ("1999-01-02", 36162, "yyyy-mm-dd"),
        ("12/31/2025", 46022, "m/d/yyyy"),
        ("31/12/2025", "31/12/2025", None),
        ("2020-02-30", "2020-02-30", None),
        ("12:30", 0.5208333333333334, "hh:mm"),
        ("2020-01-01 12:00:00", 43831.5, "yyyy-mm-dd hh:mm:ss"),
        ("2020-01-01T12:00:00Z", "2020-01-01T12:00:00Z", None),
        ("'0042", "0042", None),
        ("٣", "٣", None),
        ("Артур", "Артур", None),
        ("=", "=", None),
        ("", None, None),
    ],
)
def test_typed_text(text: str, value: object, pattern: str | None) -> None:
    """Numbers, percentages, money, dates and times are recognised; the rest stays text."""
    found = entered(text, AMERICAN)
    assert (found.value, (found.number_format or {}).get("pattern")) == (value, pattern)
    assert type(found.value) is type(value)


def test_typed_text_elsewhere() -> None:
    """The spreadsheet's locale decides what is a number and what is a date."""
    assert entered("1.234,5", GERMAN).value == 1234.5
    assert entered("31.12.2025", GERMAN).value == 46022
    assert entered("142.3", GERMAN).value == "142.3"
    assert entered("2025-12-31", GERMAN).value == 46022


@pytest.mark.parametrize(
    ("value", "pattern", "text"),
    [
        (142.3, "", "142.3"),
        (0.1 + 0.2, "", "0.3"),
        (1 / 3, "", "0.3333333333"),
        (1 / 1024, "", "0.0009765625"),
        (12345678901234, "", "12345678901234"),
        (1e21, "", "1E+21"),
        (1234.5, "#,##0.00", "1,234.50"),
        (0.005, "0.00", "0.01"),
        (1234.5, "0", "1235"),
        (0.425, "0.00%", "42.50%"),
        (1234.5, "0.00E+00", "1.23E+03"),
        (1.5, "0.0##", "1.5"),
        (-1234, '"$"#,##0', "-$1,234"),
        (-5, "0;(0)", "(5)"),
        (46022.75, "yyyy-mm-dd hh:mm:ss", "2025-12-31 18:00:00"),
        (46022.75, "d mmm yy h:mm am/pm", "31 Dec 25 6:00 PM"),
        (46022.750011574, "hh:mm:ss.000", "18:00:01.000"),
        (46022, "dddd, mmmm d", "Wednesday, December 31"),
        (1.5, "[h]:mm", "36:00"),
        (142.3, '0.0" kWh"', "142.3 kWh"),
    ],
)
def test_shown_values(value: float, pattern: str, text: str) -> None:
    """The patterns of numbers, dates and times."""
    number_format = {"type": "NUMBER", "pattern": pattern} if pattern else None
    assert shown(value, number_format, AMERICAN) == text


def test_shown_values_elsewhere() -> None:
    """The separators are the locale's."""
    assert shown(1234.5, {"type": "NUMBER", "pattern": "#,##0.00"}, GERMAN) == "1.234,50"
    assert shown(0.5, None, GERMAN) == "0,5"


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("=4/2", 2),
        ("= 1 / 1024", 1 / 1024),
        ("=2+3*4^2", 50),
        ("=-2^2", 4),
        ("=50%", 0.5),
        ('="a"&1', "a1"),
        ("=1<2", True),
        ("=SUM(A1:A3)", 6),
        ("=AVERAGE(A1:A3)", 2),
        ("=IF(A1=1;10;20)", 10),
        ("=ROUND(2.345,2)", 2.35),
        ("=MAX(A1:A3)-MIN(A1:A3)", 2),
    ],
)
def test_formulas(formula: str, result: object) -> None:
    """What a household's sheet reckons."""
    block: Block = [[1.0], [2.0], [3.0]]

    def lookup(reference: str) -> Block:
        return block if ":" in reference else block[:1]

    assert evaluate(formula, lookup, {}) == result


@pytest.mark.parametrize(
    ("formula", "shown_as"),
    [("=1/0", "#DIV/0!"), ("=1+", "#ERROR!"), ("=FOO(1)", "#NAME?"), ('="a"+1', "#VALUE!")],
)
def test_formulas_that_fail(formula: str, shown_as: str) -> None:
    """The error is a value, and shown in the cell."""
    found = evaluate(formula, lambda _: [[None]], {})
    assert isinstance(found, Failure)
    assert found.text == shown_as


def test_references_follow_rows() -> None:
    """Rows inserted above push references down; a deleted cell's reference is lost."""
    assert after_lines("A2:B$5", rows=True, at=1, count=2) == "A4:B$7"
    assert after_lines("A2:A5", rows=True, at=2, count=-2) == "A2:A3"
    assert after_lines("A3", rows=True, at=2, count=-1) == "#REF!"
    assert after_lines("B:C", rows=False, at=0, count=1) == "C:D"
    assert copied("=A1+$B$1*SUM(C1:C2)", 2, 1) == "=B3+$B$1*SUM(D3:D4)"
    assert rewritten('="A1"&Other!A1', lambda title, cells: f"{title}{cells}x") == (
        '="A1"&Other!OtherA1x'
    )


def test_rows_against_a_plain_list() -> None:
    """Copied, written, inserted, deleted in any order: the same as a list, the copy untouched."""
    chance = random.Random(1)
    rows, plain = Rows(), list[Row]()
    for _ in range(300):
        kept, kept_plain = rows.copy(), list(plain)
        what = chance.randrange(3) if plain else 0
        if what == 0:
            at = chance.randrange(len(plain) + 300)
            plain += [()] * (at + 1 - len(plain))
            plain[at] = rows[at] = (chance.random(),)
        elif what == 1:
            at, count = chance.randrange(len(plain)), chance.randrange(1, 400)
            plain[at:at] = [()] * count
            rows.insert(at, count)
        else:
            start = chance.randrange(len(plain))
            end = start + chance.randrange(1, 300)
            del plain[start:end]
            rows.delete(start, end)
        assert [rows[at] for at in range(len(plain) + 5)] == [*plain, *([()] * 5)]
        assert list(kept.between(0, len(kept))) == kept_plain[: len(kept)]


def test_masks() -> None:
    """Commas, dots, slashes, parentheses and stars; the wider of two wins."""
    assert parse_mask("a,b.c,d(e,f/g)") == {"a": {}, "b": {"c": {}}, "d": {"e": {}, "f": {"g": {}}}}
    assert parse_mask("a.b,a") == parse_mask("a,a.b") == {"a": {}}
    assert project({"a": [{"b": 1, "c": 2}], "d": 3}, parse_mask("a/b")) == {"a": [{"b": 1}]}
    assert project({"a": 1, "b": {"c": 2}}, parse_mask("*")) == {"a": 1, "b": {"c": 2}}
    for text in ("a,", "a(b", "a)b", "a b", ".", "()"):
        with pytest.raises(ApiError):
            parse_mask(text)


def test_merging_by_a_mask() -> None:
    """What the mask names is taken, and gone where it is not given."""
    old = {"bold": True, "font": {"size": 10, "name": "x"}}
    assert merge(old, {"font": {"size": 12}}, parse_mask("font.size")) == {
        "bold": True,
        "font": {"size": 12, "name": "x"},
    }
    assert merge(old, {}, parse_mask("bold")) == {"font": {"size": 10, "name": "x"}}
    assert merge(old, {"a": 1}, parse_mask("*")) == {"a": 1}
