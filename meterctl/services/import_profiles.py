"""What a person once said of a file, kept for the next one of its kind.

A profile is kept under its name, and the headings of its file lead to it: as texts, for questions
come up before it is known what a file counts. A workbook's sheet and an unusual encoding stand
between the bytes and the headings, so that a file is looked at as each profile says.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from meterctl.domain.exact import to_json
from meterctl.domain.meters import Direction, Kind
from meterctl.domain.times import zone_named
from meterctl.errors import MeterctlError, UsageError, shown
from meterctl.imports.formats import Options
from meterctl.imports.layout import Label, Order
from meterctl.imports.problems import Stop
from meterctl.imports.proposing import zone_text
from meterctl.imports.text.document import look_at
from meterctl.imports.text.source import Source
from meterctl.imports.words import commodity_of, fold
from meterctl.ledger.port import Ledger

_INDEX = "import.profiles"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_HEADER_WITHIN = 40  # rows: preambles are shorter
_LONG_NUMBER = re.compile(r"[0-9]{6,}")


class Profile(NamedTuple):
    """Answers that hold for every file of a kind."""

    name: str
    format: str | None
    options: Options


def check_name(name: str) -> str:
    """A name that a profile may have.

    Raises:
        UsageError: it may not.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{shown(name)} cannot be a profile's name",
            "use up to 40 letters, digits and . _ -, such as solar",
        )
    return name


def named(ledger: Ledger, name: str) -> Profile:
    """The profile with this name.

    Raises:
        UsageError: there is none; it names those there are.
    """
    found = _read(ledger, name)
    if found is None:
        names = ", ".join(_names(ledger))
        there = f"there are {names}" if names else "none is saved yet"
        raise UsageError(
            f"there is no profile {shown(name)}; {there}", "save one: --save-profile NAME"
        )
    return found


def fitting(ledger: Ledger, source: Source, options: Options) -> tuple[Profile, ...]:
    """The profiles that were saved with files of these headings: one as a rule, if any.

    Some portals head the files of every meter alike: of two profiles for them, a person says which.
    """
    profiles = [found for name in _names(ledger) if (found := _read(ledger, name)) is not None]
    ways = {(one.options.encoding, one.options.worksheet) for one in profiles}
    for encoding, worksheet in sorted(ways, key=str):
        mark = _mark(source, _looking(options, encoding, worksheet))
        names = () if mark is None else _led_to(ledger, mark)
        if led_to := tuple(one for one in profiles if one.name in names):
            return led_to
    return ()


def flags_of(profile: Profile) -> str:
    """What a profile says, as it would be typed."""
    options = profile.options
    said = [("--map", f"{column}={meter}") for column, meter in options.columns]
    said += [
        (flag, text)
        for flag, text in (
            ("--format", profile.format),
            ("--meter", options.meter),
            ("--tz", _zone_text(options)),
            ("--decimal", options.decimal),
            ("--dates", options.order),
            ("--labels", options.label),
            ("--kind", options.kind),
            ("--unit", options.unit),
            ("--direction", options.direction),
            ("--encoding", options.encoding),
            ("--worksheet", options.worksheet),
        )
        if text
    ]
    return " ".join(f"{flag} {shlex.quote(text)}" for flag, text in said)


def save(ledger: Ledger, profile: Profile, source: Source, now: int) -> None:
    """Keep a profile in place of the one of its name, and let this file's headings lead to it."""
    mark = _mark(source, profile.options)
    with ledger.writing():
        ledger.set_memo(f"import.profile.{profile.name}", _text(profile), now)
        names = sorted({*_names(ledger), profile.name})
        ledger.set_memo(_INDEX, "\n".join(names), now)
        if mark is not None:
            led_to = sorted({*_led_to(ledger, mark), profile.name})
            ledger.set_memo(_header(mark), "\n".join(led_to), now)


def merged(options: Options, profile: Profile) -> Options:
    """What a person says now, and for the rest what the profile says."""
    kept = profile.options
    said = {fold(column) for column, _ in options.columns}
    columns = tuple(pair for pair in kept.columns if fold(pair[0]) not in said)
    says_whose = bool(options.columns) or options.meter is not None
    return Options(
        columns=options.columns + columns,
        meter=options.meter if says_whose else kept.meter,
        zone=options.zone or kept.zone,
        decimal=options.decimal or kept.decimal,
        order=options.order or kept.order,
        label=options.label or kept.label,
        kind=options.kind or kept.kind,
        unit=options.unit or kept.unit,
        direction=options.direction or kept.direction,
        encoding=options.encoding or kept.encoding,
        worksheet=options.worksheet or kept.worksheet,
        create=options.create,
    )


def marks_of(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What a table is known by: its headings, and which meter the lines above them are of.

    The headings are the words of that one of its first rows which has most of them. What begins
    with a digit (a date, a value) is none, so that a file which names its days in its header is
    the same file next month. Of the lines above, serials and what flows count: the same app may
    write files of several meters with the same headings.
    """
    place, best = 0, list[str]()
    for number, cells in enumerate(rows[:_HEADER_WITHIN]):
        words = [word for cell in cells if (word := fold(cell)) and _is_heading(word)]
        if len(words) > len(best):
            place, best = number, words
    above = " ".join(cell for cells in rows[:place] for cell in cells)
    serials = {run for run in _LONG_NUMBER.findall(above) if not _is_date(run)}
    flows = commodity_of(above)
    return (*sorted(best), *sorted(serials), *([] if flows is None else [flows]))


def _is_heading(text: str) -> bool:
    return not text[0].isdigit() and any(letter.isalpha() for letter in text)


def _is_date(digits: str) -> bool:
    """Whether a number may be a day: 20240131, 31012024, with a time behind it or without."""
    if len(digits) not in (8, 12, 14):
        return False
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    if 1990 <= year < 2100 and 1 <= month <= 12 and 1 <= day <= 31:
        return True
    year = int(digits[4:8])
    return 1990 <= year < 2100 and all(1 <= int(part) <= 31 for part in (digits[:2], digits[2:4]))


def _mark(source: Source, options: Options) -> str | None:
    """What a file's headings are kept by; None where it has none, or cannot be looked at so."""
    try:
        document = look_at(source, options)
    except (Stop, MeterctlError):
        return None  # told where the file is read in earnest
    if document.is_xml:
        return None  # all of them begin alike
    marks = marks_of([record.cells for record in document.head[:_HEADER_WITHIN]])
    return sha256("\n".join(marks).encode()).hexdigest()[:16] if marks else None


def _looking(options: Options, encoding: str | None, worksheet: str | None) -> Options:
    return options._replace(
        encoding=options.encoding or encoding, worksheet=options.worksheet or worksheet
    )


def _header(mark: str) -> str:
    return f"import.header.{mark}"


def _led_to(ledger: Ledger, mark: str) -> tuple[str, ...]:
    memo = ledger.memo(_header(mark))
    return () if memo is None else tuple(memo.value.splitlines())


def _names(ledger: Ledger) -> list[str]:
    memo = ledger.memo(_INDEX)
    return [] if memo is None else memo.value.splitlines()


def _text(profile: Profile) -> str:
    """A profile as the ledger keeps it: what is said, by the names of the options."""
    options = profile.options
    said: dict[str, object] = {
        "format": profile.format,
        "columns": [list(pair) for pair in options.columns],
        "zone": _zone_text(options),
    }
    for field in ("meter", "decimal", "order", "label", "kind", "unit", "direction"):
        said[field] = getattr(options, field)
    said |= {"encoding": options.encoding, "worksheet": options.worksheet}
    return to_json({field: value for field, value in said.items() if value})


def _zone_text(options: Options) -> str | None:
    return None if options.zone is None else zone_text(options.zone)


def _read(ledger: Ledger, name: str) -> Profile | None:
    memo = ledger.memo(f"import.profile.{name}")
    if memo is None:
        return None
    import json

    said: dict[str, Any] = json.loads(memo.value)
    options = Options(
        columns=tuple((column, meter) for column, meter in said.get("columns", [])),
        meter=said.get("meter"),
        zone=zone_named(said["zone"]) if "zone" in said else None,
        decimal=said.get("decimal"),
        order=Order(said["order"]) if "order" in said else None,
        label=Label(said["label"]) if "label" in said else None,
        kind=Kind(said["kind"]) if "kind" in said else None,
        unit=said.get("unit"),
        direction=Direction(said["direction"]) if "direction" in said else None,
        encoding=said.get("encoding"),
        worksheet=said.get("worksheet"),
    )
    return Profile(name, said.get("format"), options)
