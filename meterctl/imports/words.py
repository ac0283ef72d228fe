"""The words of files, made comparable, and what they say: in the languages of `lexicon`.

All of these look at whole words (`Gasse` is no gas), in any case, with or without accents, and
whatever joins them: `AE_kWh`, `energiaVertida`, `feed-in`. An answer is what the words say, not
what is so: numbers and neighbours may tell otherwise, and the caller weighs them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports import lexicon
from meterctl.imports.series import Commodity
from meterctl.imports.units import MONEY, joined_hours, unit_of
from meterctl.imports.units import is_power as is_power_unit

_LOST = str.maketrans({"ø": "o", "æ": "a", "å": "a", "đ": "d", "ł": "l"})
LONGEST = 300  # characters of a heading or a label that are looked at, and remembered
_HUMP = re.compile(r"(?<=[a-zäöüéèà]{2})(?=[A-ZÄÖÜ])")  # two, so that `kWh` stays whole
_A_DAY = re.compile(
    r"(?:du|de|par|per|pro|je|al|del|a|des|each|of the) (?:jour|day|tag|dag|giorno|dia)\b"
)
_JOINTS = re.compile(r"[^\w%°#./]+|_+|(?<!\d)[./]|[./](?!\d)")
_PER_SLOT = re.compile(
    r"/(?:h+|hh|q|15min|30min|day|tag|jour|dag|d)\b|(?<=kwh)s\b"
)  # `KWH/hh`, `kWhs`
# Active energy by its sign, as grids write it: `+A`, `Energija A-`, `Profil -A [kWh]`.
_SIGN_OF_A = re.compile(r"(?:^|(?<=\s))(?:[+-]A|A[+-])(?=$|\s|[\[(])")
_WATT_HOURS = re.compile(r"(?<=watt)[ _-]+(?=hours?\b)")  # one unit, of two words
_UNITS_BEHIND = re.compile(r"^(.*?)[\s,:-]*[\[(]([^\])]*)[\])]\s*$", re.DOTALL)


def fold(text: str) -> str:
    """A heading in small letters without accents, odd spaces or quotes: `Zähler E ` is `zahler e`.

    `ß` becomes `ss`; umlauts lose their dots, as do accents, so that a file that lost them on its
    way is still known.
    """
    if not text:  # as most cells of some files are
        return text
    bare = text.replace("\ufeff", " ").strip().strip("'\"").casefold()
    parts = unicodedata.normalize("NFKD", bare)  # which makes `³` a 3 too, and odd spaces plain
    return " ".join("".join(c for c in parts if not unicodedata.combining(c)).split())


def words(text: str) -> str:
    """The words of a heading, folded, with single spaces: `AE_kWh` is `ae kwh`."""
    return _words(text[:LONGEST])


@lru_cache(maxsize=4096)
def _words(text: str) -> str:
    apart = _HUMP.sub(" ", text)
    return " ".join(_JOINTS.sub(" ", fold(apart).translate(_LOST)).split())


def _pattern(phrases: str) -> re.Pattern[str]:
    """One expression for phrases: `?` joins the words of one, `*` stands for any letters."""
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", phrases) if not unicodedata.combining(c)
    )
    ordered = sorted(bare.split(), key=len, reverse=True)
    each = (re.escape(p).replace(r"\?", " ?").replace(r"\*", r"\w*") for p in ordered)
    return re.compile(rf"(?<![\w.])(?:{'|'.join(each)})(?!\w)")


_PATTERNS: dict[str, re.Pattern[str]] = {}


def says(concept: str, text: str) -> bool:
    """Whether a text has a phrase of one concept of the lexicon, such as `TIME`."""
    return _found(concept, text[:LONGEST]) is not None


def is_just(concept: str, text: str) -> bool:
    """Whether a text is a phrase of one concept and nothing else."""
    found = _found(concept, text[:LONGEST])
    return found is not None and found == words(text)


@lru_cache(maxsize=8192)
def _found(concept: str, text: str) -> str | None:
    pattern = _PATTERNS.get(concept)
    if pattern is None:
        pattern = _PATTERNS.setdefault(concept, _pattern(getattr(lexicon, concept)))
    found = pattern.search(words(text))
    return found[0] if found else None


def is_time_heading(text: str) -> bool:
    """Whether a column's name says that it holds times or dates."""
    return says("TIME", text) or says("DATE", text) or says("START", text) or is_end(text)


def is_time_of_day(text: str) -> bool:
    """Whether a column's name says that it holds times of a day, or hours."""
    return says("TIME_OF_DAY", text)


def is_start(text: str) -> bool:
    """Whether a column's name says that something begins there."""
    return says("START", text)


def is_end(text: str) -> bool:
    """Whether a column's name says that something ends there."""
    return says("END", text)


def direction_of(text: str) -> Direction | None:
    """Which way the energy of a heading flows; None: it does not say.

    `Delivered` is seen from the utility, as meters and portals do: from the grid.
    """
    if sign := _SIGN_OF_A.search(text):
        return Direction.FROM_GRID if "+" in sign[0] else Direction.TO_GRID
    if says("SETTLED_TO", text) or says("SETTLED_FROM", text):
        return Direction.TO_GRID if says("SETTLED_TO", text) else Direction.FROM_GRID
    for concept, direction in (
        ("TO", Direction.TO_GRID),
        ("FROM", Direction.FROM_GRID),
        ("GENERATION", Direction.GENERATION),
        ("CONSUMPTION", Direction.CONSUMPTION),
    ):
        if says(concept, text):
            return direction
    return None


def commodity_of(text: str) -> Commodity | None:
    """What flows, by the words of a heading, a label or a file's name."""
    for concept, commodity in (
        ("WATER_WORDS", Commodity.WATER),
        ("HEAT_WORDS", Commodity.HEAT),
        ("GAS_WORDS", Commodity.GAS),
        ("ELECTRICITY_WORDS", Commodity.ELECTRICITY),
    ):
        if says(concept, text):
            return commodity
    return None


def kind_of(text: str) -> Kind | None:
    """Whether a heading names a dial or the energy of a period; None: neither, or both."""
    register, interval = says("REGISTER", text), says("INTERVAL", text)
    if register == interval:
        return Kind.REGISTER if says("DIAL", text) else None
    return Kind.REGISTER if register else Kind.INTERVAL


def is_total(text: str) -> bool:
    """Whether a row's label says that it is a sum or a mean of others."""
    return says("TOTAL", text) or says("AVERAGE", text)


def is_sum(text: str) -> bool:
    """Whether a heading says that a column sums up others."""
    return says("TOTAL", text)


def is_cost(text: str) -> bool:
    """Whether a heading is of money."""
    return any(sign in text for sign in MONEY) or says("COST", text)


def is_temperature(text: str) -> bool:
    """Whether a heading is of the weather."""
    return "°" in text or says("TEMPERATURE", text)


def is_battery(text: str) -> bool:
    """Whether a heading is of a battery."""
    return says("BATTERY", text)


def is_percentage(text: str) -> bool:
    """Whether a heading is of a share."""
    return "%" in text or says("PERCENT", text)


def is_power(text: str) -> bool:
    """Whether a heading is of power, by its unit or its name."""
    unit = unit_in(text)
    if unit is not None:
        return False
    return any(is_power_unit(word) for word in words(text).split()) or says("POWER", text)


def tariff_of(text: str) -> str:
    """The tariff a heading or label names, as a slug (`high`, `f2`, `night`); "": none."""
    bare = _A_DAY.sub(" ", words(text))
    found = {slug: match[0] for slug in lexicon.TARIFFS if (match := _tariff(slug).search(bare))}
    return max(found, key=lambda slug: len(found[slug]), default="")  # `off peak`, not `peak`


@lru_cache(maxsize=64)
def _tariff(slug: str) -> re.Pattern[str]:
    return _pattern(lexicon.TARIFFS[slug])


def quality_of(text: str, heading: str = "") -> Quality | None:
    """What a code says of a value; None: it is not known.

    A heading such as `Estimated` or `Ersatzwert` turns yes and no into an answer.
    """
    return _quality(text[:LONGEST], heading[:LONGEST])


@lru_cache(maxsize=4096)
def _quality(text: str, heading: str) -> Quality | None:
    asks = says("ESTIMATED", heading) and not says("ACTUAL", heading)
    if asks and is_just("YES", text):
        return Quality.ESTIMATED
    if asks and is_just("NO", text):
        return Quality.ACTUAL
    for concept, quality in (
        ("ESTIMATED", Quality.ESTIMATED),
        ("ACTUAL", Quality.ACTUAL),
        ("QUESTIONABLE", Quality.QUESTIONABLE),
        ("EDITED", Quality.EDITED),
    ):
        if is_just(concept, text):
            return quality
    if len(words(text)) > 3:
        # A sentence, such as `Geschätzt durch Netzbetreiber`: its doubtful words count first.
        for concept, quality in (
            ("QUESTIONABLE", Quality.QUESTIONABLE),
            ("ESTIMATED", Quality.ESTIMATED),
            ("EDITED", Quality.EDITED),
            ("ACTUAL", Quality.ACTUAL),
        ):
            if (found := _found(concept, text)) and len(found) > 2:
                return quality
    return None


def unit_in(text: str) -> str | None:
    """The unit of energy or volume that a heading names, such as `Wert (kWh)` or `usage_kwh`."""
    text = text[:LONGEST]
    behind = _UNITS_BEHIND.match(text)
    if behind is not None and (unit := unit_of(_PER_SLOT.sub("", fold(behind[2])))):
        return unit
    bare = _WATT_HOURS.sub("", _PER_SLOT.sub("", joined_hours(fold(text)).replace("_", " ")))
    named = [
        unit_of(part) for part in re.split(r"[\s()\[\],;:_-]+|\.(?=[a-z])", bare) if len(part) > 1
    ]
    found = [unit for unit in named if unit is not None]
    if "/" in text and not found:
        return None
    if found:
        return found[-1]
    joined = re.search(r"(?:^|[\W_]|[a-z])(kWh|Kwh|KWH|MWh|Mwh|MWH|Wh|m3|m³)$", text.strip())
    return unit_of(joined[1]) if joined else None


def language_of(headings: Iterable[str]) -> str | None:
    """The language that most of some headings are in; None: none stands out."""
    points = _points(headings)
    best = max(points.values(), default=0)
    first = [language for language, count in points.items() if count == best]
    return first[0] if best and len(first) == 1 else None


def is_foreign(headings: Iterable[str]) -> bool:
    """Whether headings are in another language than English, whichever it is."""
    points = _points(headings)
    english = points.pop("en")
    return max(points.values()) > english


def _points(headings: Iterable[str]) -> dict[str, int]:
    """How many of some headings have a word of each language."""
    texts = [heading for heading in headings if heading]
    return {
        language: sum(bool(_language(language).search(words(text))) for text in texts)
        for language in lexicon.LANGUAGES
    }


@lru_cache(maxsize=16)
def _language(language: str) -> re.Pattern[str]:
    return _pattern(lexicon.LANGUAGES[language])


def usual_mark(headings: Iterable[str], delimiter: str) -> str | None:
    """The decimal mark that a file in this language usually has: a hint, and no more."""
    texts = list(headings)
    language = language_of(texts)
    if delimiter == ",":
        return "."  # a decimal comma would have to be in quotes, value by value
    if language in lexicon.COMMA_LANGUAGES or (language is None and delimiter == ";"):
        return ","
    return "." if language == "en" else None
