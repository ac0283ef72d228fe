"""What a spreadsheet's locale decides: separators, the order of a date, the currency's sign."""

from __future__ import annotations

from typing import NamedTuple

# Languages by custom; whatever is in none of them is like en_US.
_COMMA = (
    " bg ca cs da de el es et fi fr hr hu id is it lt lv nb nl no pl pt ro ru sk sl sr sv tr uk vi "
)
_DOTTED = " cs da de et fi hr is lv nb no pl ro ru sk sl sr tr uk bg "
_SPACED = " cs fi fr nb pl ru sv uk "


class Locale(NamedTuple):
    """How numbers and dates are written somewhere."""

    decimal: str
    thousands: str
    month_first: bool
    date: str  # the pattern of a plain date
    currency: str


def locale_named(name: str) -> Locale:
    """The customs of a locale such as `de_DE`; unknown ones are like en_US."""
    language, _, country = name.partition("_")
    among = f" {language} "
    comma = among in _COMMA and country not in ("CH", "MX", "ZA")
    thousands = "," if not comma else "\u00a0" if among in _SPACED else "."
    if country == "CH":
        thousands = "’"
    month_first = name == "en_US" or (among not in _COMMA and language != "en")
    date = "dd.mm.yyyy" if among in _DOTTED else "dd/mm/yyyy"
    if month_first:
        date = "m/d/yyyy"
    currency = "£" if country == "GB" else "€" if comma else "$"
    return Locale("," if comma else ".", thousands, month_first, date, currency)
