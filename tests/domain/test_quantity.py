"""Values: digits with at most one point, exact from end to end."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.domain.quantity import MILLIONTHS, format_quantity, parse_quantity
from meterctl.errors import QuantityError

SPREADSHEET_DIGITS = 15


@pytest.mark.parametrize(
    ("text", "millionths"),
    [
        # As dials and files write them
        ("142.3", 142_300_000),
        ("142", 142_000_000),
        ("0", 0),
        ("00142.30", 142_300_000),
        (" 142.3 ", 142_300_000),
        (".5", 500_000),
        ("5.", 5_000_000),
        ("000000000000000000000001", 1_000_000),
        ("1.5000000000000000000000", 1_500_000),
        # The limits
        ("0.000001", 1),
        ("999999999999", 999_999_999_999_000_000),
        ("999999999999.999", 999_999_999_999_999_000),
        ("999999999.999999", 999_999_999_999_999),
    ],
)
def test_what_is_a_value(text: str, millionths: int) -> None:
    """Leading and trailing zeros and outer spaces are fine; nothing is ever rounded."""
    assert parse_quantity(text) == millionths


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        # Not a number
        ("nan", "not a number", "142.3"),
        ("NaN", "not a number", "142.3"),
        ("inf", "not a number", "142.3"),
        ("Infinity", "not a number", "142.3"),
        ("+inf", "not a number", "142.3"),
        # Nothing
        ("", "no value given", "142.3"),
        ("   ", "no value given", "142.3"),
        (".", "no value given", "142.3"),
        # Exponents, which hide how many digits there are
        ("1e400", "exponent form", "write the digits out"),
        ("1E5", "exponent form", "write the digits out"),
        ("1.5e-3", "exponent form", "write the digits out"),
        # Commas and grouped digits
        ("1,5", "decimal comma", "write 1.5"),
        ("1234,567", "decimal comma", "write 1234.567"),
        ("1,234", "two ways", "nothing between"),
        ("1.234,5", "two ways", "nothing between"),
        ("1,234.5", "two ways", "nothing between"),
        ("1_000", "marks between", "nothing between"),
        ("1 000", "two ways", "nothing between"),
        ("1'234.5", "marks between", "nothing between"),
        ("1’234.5", "marks between", "nothing between"),
        ("1\u00a0234", "two ways", "nothing between"),
        ("1\u202f234", "two ways", "nothing between"),
        ("1.234.567", "two ways", "nothing between"),
        # Other digits
        ("٣", "digits other than 0 to 9", "0123456789"),
        ("\uff11\uff12", "digits other than 0 to 9", "0123456789"),
        ("5²", "digits other than 0 to 9", "0123456789"),
        # Negative
        ("-5", "negative", "a meter of its own"),
        ("−5", "negative", "a meter of its own"),
        ("–5", "negative", "a meter of its own"),
        ("-inf", "negative", "a meter of its own"),
        # Too much
        ("1" * 40, "too many digits", "stuck key"),
        ("1234567890123", "too many digits", "stuck key"),
        ("123456789012.1234", "too many digits", "stuck key"),
        ("1234567890.123456", "too many digits", "stuck key"),
        ("0.1234567", "7 decimals", "round it yourself"),
        # Letters
        ("142.3 kWh", "letters after its digits", "leave the unit out"),
        ("142.3kWh", "letters after its digits", "leave the unit out"),
        ("7 m³", "letters after its digits", "leave the unit out"),
        ("0x10", "letters after its digits", "leave the unit out"),
        # All else
        ("+5", "not a value", "142.3"),
        ("1.2.3", "not a value", "142.3"),
        ("..", "not a value", "142.3"),
        ("½", "not a value", "142.3"),
        ("5\n", "not a value", "142.3"),
        ("\x1b[2J", "not a value", "142.3"),
    ],
)
def test_what_is_not(text: str, says: str, hint: str) -> None:
    """Each is refused in one line that says what it is, with a hint that says how to write it."""
    with pytest.raises(QuantityError, match=re.escape(says)) as refused:
        parse_quantity(text)
    assert hint in refused.value.hint
    assert (refused.value.message + refused.value.hint).isprintable()


@pytest.mark.parametrize(
    ("text", "millionths"), [("1,5", 1_500_000), ("1000", 1_000_000_000), (",5", 500_000)]
)
def test_a_file_with_decimal_commas(text: str, millionths: int) -> None:
    """Where the comma is declared to be the decimal mark, it is read as one."""
    assert parse_quantity(text, ",") == millionths


@pytest.mark.parametrize("text", ["1.5", "1.234,5", "1,2,3", ","])
def test_a_point_or_two_commas_in_a_file_with_decimal_commas(text: str) -> None:
    """A point there could group digits, so it is refused, as is a second comma."""
    with pytest.raises(QuantityError):
        parse_quantity(text, ",")


@pytest.mark.parametrize(
    "text",
    ["1" + "a" * 100_000 + "!", "1 " * 50_000, "1,234" * 20_000 + "!", "1" * 200_000],
    ids=["letters", "spaces", "groups", "digits"],
)
def test_a_very_long_text(text: str) -> None:
    """It is refused in time proportional to its length, in a short message."""
    with pytest.raises(QuantityError) as refused:
        parse_quantity(text)
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("millionths", "decimals", "text"),
    [
        (142_300_000, 0, "142.3"),
        (142_300_000, 3, "142.300"),
        (142_000_000, 0, "142"),
        (142_000_000, 1, "142.0"),
        (1, 0, "0.000001"),
        (1, 2, "0.000001"),
        (0, 0, "0"),
        (-1_500_000, 0, "-1.5"),
    ],
)
def test_printing(millionths: int, decimals: int, text: str) -> None:
    """A value prints exactly, with at least the meter's decimals; a difference may be negative."""
    assert format_quantity(millionths, decimals) == text


@st.composite
def storable(draw: st.DrawFn) -> int:
    """Any value that can be stored: up to 12 digits, 6 decimals, 15 in all."""
    decimals = draw(st.integers(0, 6))
    digits = draw(st.integers(0, 10 ** min(12 + decimals, SPREADSHEET_DIGITS) - 1))
    unit: int = MILLIONTHS // 10**decimals
    return digits * unit


@settings(max_examples=300, deadline=None)
@given(value=storable(), decimals=st.integers(0, 6))
def test_every_storable_value(value: int, decimals: int) -> None:
    """What is printed reads back as the same value, with as many decimals as asked for."""
    assert parse_quantity(format_quantity(value, decimals)) == value


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="0123456789.,eE+-_ 'xnaif٣−kWh\n\x00", max_size=20))
def test_any_text(text: str) -> None:
    """Any text is either a value that prints and reads back, or refused with a hint."""
    try:
        value = parse_quantity(text)
    except QuantityError as error:
        refused = error
    else:
        assert parse_quantity(format_quantity(value)) == value
        return
    assert refused.hint
    assert refused.message.isprintable()
