"""The time zone that a table names: in the heading of its times, or in a column of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from meterctl.imports.generic.sections import Section
from meterctl.imports.words import words

_NAME = re.compile(r"\b[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?\b")
_OFFSET = re.compile(r"(?:UTC|GMT)\s?([+-])(\d{1,2})(?::?(\d{2}))?")
_COLUMN = re.compile(r"time ?zone|zeitzone|fuseau horaire|tijdzone|fuso orario|zona horaria")


def zone_in(section: Section, home: tzinfo | None) -> tzinfo | None:
    """The zone of a table's times; None: it says none.

    An offset that the person's own zone has at times is that zone's: portals write the same one in
    summer and in winter.
    """
    named = _named(section.head.name(section.when.start[0]))
    if named is not None:
        return named
    for column, profile in enumerate(section.profiles):
        if len(profile.texts) == 1 and _COLUMN.fullmatch(words(section.head.name(column))):
            text = next(iter(profile.texts))
            return _named(text) or _offset(text, home)
    return None


def _named(text: str) -> ZoneInfo | None:
    found = _NAME.search(text)
    try:
        return ZoneInfo(found[0]) if found else None
    except (KeyError, ValueError):  # it only looks like one
        return None


def _offset(text: str, home: tzinfo | None) -> tzinfo | None:
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if offset >= timedelta(hours=15):
        return None
    offset = -offset if found[1] == "-" else offset
    seasons = (datetime(2024, month, 1, tzinfo=UTC) for month in (1, 7))
    if home is not None and offset in {each.astimezone(home).utcoffset() for each in seasons}:
        return None
    return timezone(offset)
