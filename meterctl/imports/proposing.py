"""The meter that is made for a series which none is for yet: the same one, month after month.

Its id is what finds it again, so it is built from what the next file says as well (the format,
what flows, which way, the serial) and from nothing else.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from hashlib import sha256
from unicodedata import category

from meterctl.domain.meters import RESERVED_COLUMNS, Device, Meter
from meterctl.domain.times import zone_named
from meterctl.errors import TimeError
from meterctl.imports.series import Commodity, Series
from meterctl.imports.units import unit_of
from meterctl.imports.words import fold

ID_LIMIT = 40
SERIAL_LIMIT = 60
# Formats whose columns a person named: there the heading says more than the format's name.
FREE_FORMATS = ("generic", "diary")

_NOT_IN_SERIALS = re.compile(r"[^A-Za-z0-9 ._/-]")
_OBIS = re.compile(r"(?:\d+-\d+:)?\d+\.\d+\.\d+(?:[*.]\d+)?", re.ASCII)
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_KEPT = {"Wh": "kWh", "MWh": "kWh", "varh": "kvarh", "Mvarh": "kvarh", "dl": "l"}
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
_HIDDEN = ("anonymous", "anonymised", "anonymized", "hidden", "redacted", "removed", "unknown")


def proposed(
    format_: str,
    series: Series,
    zone: tzinfo | None = None,
    *,
    by_heading: bool = False,
    to_the_letter: bool = False,
) -> Meter:
    """The meter that this series would be; the caller sees to it that its id is free.

    Args:
        format_: The file's format, by name.
        series: What is counted.
        zone: In which all files of this format are written; None: the person's own.
        by_heading: Whether its heading tells it apart, where its direction does not.
        to_the_letter: Whether not even the words of its heading do.
    """
    id_ = slug_of(format_, series, by_heading=by_heading, to_the_letter=to_the_letter)
    return Meter(
        id_,
        id_,
        unit_kept(series.unit),
        series.kind,
        series.direction,
        zone=_zone_name(zone),
        obis=series.obis if series.obis and _OBIS.fullmatch(series.obis) else None,
        devices=(Device(1, serial_kept(series.serial), None),),
    )


def unit_kept(unit: str) -> str:
    """The unit that a new meter counts in: the usual one of its kind, else as the file has it."""
    return _KEPT.get(unit, unit)


def serial_kept(text: str | None) -> str | None:
    """A serial as a meter keeps it; None where a file hides it, for hidden ones look all alike."""
    bare = _NOT_IN_SERIALS.sub("", text or "").lstrip(" ._/-").rstrip(" ")[:SERIAL_LIMIT].rstrip()
    plain = _plain(bare)
    if len(set(plain)) < 2 or any(word in plain for word in _HIDDEN):
        return None
    return bare


def same_serial(one: str, other: str) -> bool:
    """Whether two texts are one serial, however it is spaced."""
    return _plain(one) == _plain(other)


def zone_text(zone: tzinfo) -> str:
    """A zone as --tz takes it: `Europe/Berlin`, `+01:00`, `UTC`."""
    return str(zone).removeprefix("UTC") or "UTC"


def slug_of(
    format_: str, series: Series, *, by_heading: bool = False, to_the_letter: bool = False
) -> str:
    """The id, at most 40 characters; one that had to be cut ends in a sum of all of it.

    So does one whose heading has letters or signs that an id cannot hold: `Ночь`, `Bezug ↓`.
    """
    tail = serial_tail(series.serial)
    is_free = format_ in FREE_FORMATS
    words: list[str] = [] if is_free else _slugs(format_)
    if series.commodity is not Commodity.ELECTRICITY:
        words.append(series.commodity)
    if is_free or by_heading:
        heading = _heading(series)
        # A word that is there twice stays so: `zaehler 1 tarif 1` is not `zaehler 1 tarif`.
        own = [word for word in _slugs(heading) if word not in words]
        words += own or _slugs(series.direction)
        if to_the_letter or any(map(_is_lost, heading)):
            words.append(_sum(series.name if to_the_letter else heading))
    else:
        words += (word for word in _slugs(series.direction) if word not in words)
    words += (word for word in dict.fromkeys(_slugs(series.part)) if word not in words)
    whole = "-".join([*words, tail] if tail else words)
    if not whole[:1].isalpha() or whole in RESERVED_COLUMNS:
        whole = f"meter-{whole}"
    return _cut(whole, tail)


def numbered(id_: str, number: int) -> str:
    """Another id, where this one is taken: `gas`, `gas-2`, `gas-3`."""
    return id_ if number == 1 else f"{id_[: ID_LIMIT - 4].rstrip('-')}-{number}"


def serial_tail(serial: str | None) -> str:
    """What of a serial an id holds: its last eight letters and digits."""
    kept = serial_kept(serial)
    return "" if kept is None else _plain(kept)[-8:]


def _heading(series: Series) -> str:
    """A column's heading without its unit and its serial."""
    bare = _BRACKETS.sub(lambda match: "" if unit_of(match[1]) else f" {match[1]} ", series.name)
    kept = serial_kept(series.serial)
    if kept is not None:
        bare = bare.replace(kept, " ")
    words = [word for word in fold(bare.replace("_", " ")).split() if unit_of(word) is None]
    return " ".join(words).translate(_LETTERS)


def _slugs(text: str) -> list[str]:
    """The words of a text in the letters that an id may have."""
    return re.findall(r"[a-z0-9]+", fold(text))


def _cut(whole: str, tail: str) -> str:
    if len(whole) <= ID_LIMIT:
        return whole
    end = "-".join(filter(None, (_sum(whole), tail)))
    return f"{whole[: ID_LIMIT - len(end) - 1].rstrip('-')}-{end}"


def _sum(text: str) -> str:
    """Four letters and digits that another text is most unlikely to have."""
    return sha256(text.encode()).hexdigest()[:4]


def _is_lost(letter: str) -> bool:
    """Whether an id cannot hold it, though it means something: no space, bracket or hyphen."""
    return (not letter.isascii() and letter.isalnum()) or category(letter)[0] == "S"


def _plain(serial: str) -> str:
    return re.sub(r"[^a-z0-9]", "", serial.lower())


def _zone_name(zone: tzinfo | None) -> str | None:
    """A zone as a meter keeps it, if it has a name that leads back to it."""
    if zone is None:
        return None
    name = zone_text(zone)
    try:
        zone_named(name)
    except TimeError:
        return None
    return name
