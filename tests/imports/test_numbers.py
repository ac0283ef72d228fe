"""Numbers as the world's files write them."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.errors import QuantityError
from meterctl.imports.numbers import (
    COMMA,
    POINT,
    Amount,
    Marks,
    Numbers,
    is_blank,
    is_number,
    parse,
    suffix_of,
)
from meterctl.imports.problems import Choice, Unknown


def _seen(*texts: str) -> Numbers:
    numbers = Numbers()
    for text in texts:
        numbers.see(text)
    return numbers


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("0,125", COMMA),
        ("0.125", POINT),
        ("1234,5", COMMA),
        ("1400,000", COMMA),
        ("1234.567", POINT),
        ("1.234,5", COMMA),
        ("1,234.5", POINT),
        ("12,34", COMMA),
        (".125", POINT),
        ("1,234,567", POINT),
        ("1'234,500", COMMA),
        ("1 234.500", POINT),
        ("1.234e-05", POINT),
        ("-1,5", COMMA),
        ("12,5 kWh", COMMA),
    ],
)
def test_one_text_proves_the_mark(text: str, marks: Marks) -> None:
    """Where it can be read in one way only, whatever the format or the language say."""
    assert _seen("1", text, "no number").decide(known="." if marks is COMMA else ",") == marks


@pytest.mark.parametrize("text", ["1,234", "12.345", "999,000", "-1,234"])
def test_three_digits_after_the_mark(text: str) -> None:
    """A thousand or a decimal: it is asked, with what each answer makes of the value."""
    with pytest.raises(Unknown, match="can be read two ways") as caught:
        _seen(text, text).decide()
    assert caught.value.option == "decimal"
    assert "--decimal" in caught.value.problem.hint
    assert [choice.answer for choice in caught.value.choices] == [".", ","]


def test_choices_show_the_value() -> None:
    """A person decides by looking at their own number."""
    with pytest.raises(Unknown) as caught:
        _seen("1,234").decide()
    assert caught.value.choices == (
        Choice(".", "a point: 1,234 is 1234"),
        Choice(",", "a comma: 1,234 is 1.234"),
    )


def test_one_proof_settles_the_others() -> None:
    """All texts of a file are written by one hand."""
    assert _seen("1,234", "0,125", "2,345").decide() == COMMA
    assert _seen("1,234", "12.5").decide() == POINT


def test_what_the_person_tells() -> None:
    """It beats everything; what does not fit it is refused when it is parsed."""
    assert _seen("1,5").decide(told=".") == POINT


def test_what_the_format_knows() -> None:
    """It is used where the texts leave it open."""
    assert _seen("1,234").decide(known=",") == COMMA
    assert _seen("12,5").decide(known=".") == COMMA


def test_a_hint_confirms_a_decimal_mark() -> None:
    """A German header speaks for `400,000`; it never makes 1.234 a thousand times as much."""
    assert _seen("400,000").decide(hint=",") == COMMA
    with pytest.raises(Unknown):
        _seen("1.234").decide(hint=",")


def test_nothing_to_decide() -> None:
    """Whole numbers need no mark; one in a unit behind them is none of theirs."""
    assert _seen("0 kW.h", "3 Std.").decide() == POINT
    assert _seen("1", "23456").decide() == POINT
    assert _seen("1", "23456").decide(hint=",") == COMMA


def test_many_grouped_and_small_values() -> None:
    """Hundreds with no mark beside many thousands: nobody drops zeros from `987,000` only."""
    texts = [f"{n},{n * 7 % 1000:03d}" for n in range(1, 101)] + ["987", "12", "850", "3", "99"]
    assert _seen(*texts).decide() == POINT


def test_marks_that_contradict() -> None:
    """Most values decide, and the rest is refused; as many of each are a question."""
    marks = _seen("1,5", "2,5", "3.5").decide()
    assert marks == COMMA
    with pytest.raises(QuantityError, match="decimal comma"):
        parse("3.5", marks)
    with pytest.raises(Unknown, match=r"'3\.5' has a decimal point and '1,5' a decimal comma"):
        _seen("1,5", "3.5").decide()


@pytest.mark.parametrize(
    ("text", "marks", "millionths"),
    [
        ("142.3", POINT, 142_300_000),
        ("000142.30", POINT, 142_300_000),
        ("+1.5", POINT, 1_500_000),
        (".125", POINT, 125_000),
        ("5.", POINT, 5_000_000),
        ("-0.00", POINT, 0),
        ("−0", POINT, 0),
        ("1.234,5", COMMA, 1_234_500_000),
        ("1,234.5", POINT, 1_234_500_000),
        ("1'234'567.5", POINT, 1_234_567_500_000),
        ("1’234", POINT, 1_234_000_000),
        ("1 234,5", COMMA, 1_234_500_000),
        ("1\u00a0234,5", COMMA, 1_234_500_000),
        ("1\u202f234,5", COMMA, 1_234_500_000),
        ("1.2E-3", POINT, 1_200),
        ("5e-05", POINT, 50),
        ("1,5E+2", COMMA, 150_000_000),
        (" 7 ", POINT, 7_000_000),
    ],
)
def test_exact_numbers(text: str, marks: Marks, millionths: int) -> None:
    """Every usual way of writing one is read exactly."""
    assert parse(text, marks) == Amount(millionths, rounded=False)


@pytest.mark.parametrize(
    ("text", "unit"), [("12.3 kWh", "kWh"), ("12.3kwh", "kWh"), ("12.3 m³", "m³"), ("12.3m3", "m³")]
)
def test_a_unit_behind_the_number(text: str, unit: str) -> None:
    """It is taken off and told."""
    assert parse(text, POINT) == Amount(12_300_000, rounded=False, unit=unit)
    assert is_number(text)
    assert suffix_of(text) == text.removeprefix("12.3").strip()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("-1.5", "negative"),
        ("−1.5", "negative"),
        ("1.5-", "negative"),
        ("-0.0000001", "negative"),
        ("1,5", "decimal point"),
        ("1,23,456", "decimal point"),
        ("1 2", "decimal point"),
        ("1.2.3", "decimal point"),
        ("$0.15", "money"),
        ("₹0.15", "money"),
        ("3.2 kW", "power"),
        ("3.2 apples", "no unit"),
        ("1_000", "not a value"),
        ("0x10", "no unit"),
        ("12:30", "not a value"),
        ("٣", "digits other than"),
        ("", "no value"),
        ("1e9999", "not a value"),
        ("1e99", "not a value"),
        ("9999999999999", "too large"),
        ("1e12", "too large"),
        ("1" * 100, "not a value"),
    ],
)
def test_what_is_no_reading(text: str, says: str) -> None:
    """It is refused, in words that name the reason."""
    with pytest.raises(QuantityError, match=says) as caught:
        parse(text, POINT)
    assert caught.value.hint


def test_conversion_is_exact() -> None:
    """Watt-hours become kilowatt-hours without a float in between."""
    assert parse("12345", POINT, Fraction(1, 1000)) == Amount(12_345_000, rounded=False)
    assert parse("0.1", POINT, Fraction(1000)) == Amount(100_000_000, rounded=False)


def test_more_than_a_millionth() -> None:
    """It is rounded half to even, and told, so that the rounded ones are counted."""
    assert parse("0.30000000000000004", POINT) == Amount(300_000, rounded=True)
    assert parse("0.0000005", POINT) == Amount(0, rounded=True)
    assert parse("0.0000015", POINT) == Amount(2, rounded=True)
    assert parse("1", POINT, Fraction(1, 3)) == Amount(333_333, rounded=True)


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", "--", "NaN", "n/a", "#N/A", "null", "\u00a0", "–", "k.A.", "Pas de données"],
)
def test_blank(text: str) -> None:
    """There is no value, which is no error and no zero."""
    assert is_blank(text)


@pytest.mark.parametrize("text", ["0", "0.0", "-0", "x", "#REF!"])
def test_not_blank(text: str) -> None:
    """A zero is a value; an error of a spreadsheet is one to be told of."""
    assert not is_blank(text)


@given(
    st.integers(0, 10**11),
    st.integers(0, 10**6 - 1),
    st.sampled_from((POINT, COMMA)),
    st.booleans(),
)
def test_written_and_read_again(whole: int, rest: int, marks: Marks, grouped: bool) -> None:
    """Whatever is written with these marks is read as the very same amount."""
    text = f"{whole:,}".replace(",", marks.grouping) if grouped else str(whole)
    amount = parse(f"{text}{marks.decimal}{rest:06d}", marks)
    assert amount == Amount(whole * 10**6 + rest, rounded=False)


@given(st.text(max_size=12))
def test_any_text(text: str) -> None:
    """It is a number or refused; nothing else is raised."""
    numbers = Numbers()
    numbers.see(text)
    with suppress(QuantityError, Unknown):
        parse(text, numbers.decide(hint="."))
