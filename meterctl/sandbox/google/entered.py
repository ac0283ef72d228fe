"""What Sheets makes of typed text: a number, a date, a boolean, a formula, or just the text."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

from meterctl.sandbox.google.cells import Format, Value, tidy
from meterctl.sandbox.google.locales import Locale

EPOCH = date(1899, 12, 30)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


class Entered(NamedTuple):
    """What becomes of it."""

    value: Value | None = None
    formula: str | None = None
    number_format: Format | None = None  # the format that typing it gives the cell


def entered(text: str, locale: Locale, today: date | None = None) -> Entered:
    """The text as a person would have typed it into a cell; a day without a year is today's."""
    if text.startswith("="):
        return Entered(formula=text) if len(text) > 1 else Entered(text)
    if text.startswith("'"):
        return Entered(text[1:] or None)
    plain = text.strip()
    if plain.upper() in ("TRUE", "FALSE"):
        return Entered(plain.upper() == "TRUE")
    number = _number(plain, locale) or _date_time(plain, locale)
    return number or _day(plain, locale, today) or Entered(text or None)


def _format(kind: str, pattern: str) -> Format:
    return {"type": kind, "pattern": pattern}


def _number(text: str, locale: Locale) -> Entered | None:
    point, comma = re.escape(locale.decimal), re.escape(locale.thousands)
    if locale.thousands == "\u00a0":
        comma = "[\u00a0\u202f ]"
    found = re.fullmatch(
        rf"(?P<open>\()?(?P<sign>[-+])?(?P<money>{re.escape(locale.currency)}|\$)?\s?(?P<sign2>-)?"
        rf"(?P<whole>[0-9]{{1,3}}(?P<group>(?:{comma}[0-9]{{3}})+)|[0-9]+)?"
        rf"(?:{point}(?P<part>[0-9]*))?(?P<power>[eE][-+]?[0-9]{{1,3}})?"
        rf"\s?(?P<percent>%)?(?P<money2>\s?€)?(?P<close>\))?",
        text,
        re.ASCII,
    )
    if not found or not (found["whole"] or found["part"]):
        return None
    if bool(found["open"]) != bool(found["close"]):
        return None
    whole = re.sub(r"[^0-9]", "", found["whole"] or "0")
    digits = f"{whole}.{found['part'] or 0}{found['power'] or ''}"
    number = float(digits)
    if number == float("inf"):
        return None
    if "-" in (found["sign"], found["sign2"]) or found["open"]:
        number = -number
    if found["percent"]:
        number = float(f"{digits}e-2") if not found["power"] else number / 100
        number = -number if found["sign"] == "-" else number
        return Entered(tidy(number), None, _format("PERCENT", "0.00%" if found["part"] else "0%"))
    cents = ".00" if found["part"] else ""
    if found["money"] or found["money2"]:
        sign = found["money"] or "€"
        pattern = f'"{sign}"#,##0{cents}' if found["money"] else f"#,##0{cents}\\ [$€-1]"
        return Entered(tidy(number), None, _format("CURRENCY", pattern))
    if found["power"]:
        return Entered(tidy(number), None, _format("SCIENTIFIC", "0.00E+00"))
    if found["group"]:
        return Entered(tidy(number), None, _format("NUMBER", f"#,##0{cents}"))
    return Entered(tidy(number))


def _date_time(text: str, locale: Locale) -> Entered | None:
    day_text, _, time_text = text.partition(" ")
    time = _time(text)
    if time is not None:
        return Entered(tidy(time[0]), None, _format("TIME", time[1]))
    found = _date(text, locale)
    if found:
        return Entered(found[0], None, _format("DATE", found[1]))
    found, time = _date(day_text, locale), _time(time_text)
    if found and time:
        pattern = f"{found[1]} {time[1]}"
        return Entered(tidy(found[0] + time[0]), None, _format("DATE_TIME", pattern))
    return None


def _day(text: str, locale: Locale, today: date | None) -> Entered | None:
    """A day of this year: 1-2 is the second of January, or the first of February."""
    found = re.fullmatch(r"([0-9]{1,2})([-/])([0-9]{1,2})", text, re.ASCII)
    if found is None or today is None:
        return None
    one, other = int(found[1]), int(found[3])
    month, day = (one, other) if locale.month_first else (other, one)
    letters = f"m{found[2]}d" if locale.month_first else f"d{found[2]}m"
    serial = _serial(today.year, month, day, letters)
    return serial and Entered(serial[0], None, _format("DATE", serial[1]))


def _date(text: str, locale: Locale) -> tuple[int, str] | None:
    iso = re.fullmatch(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})", text, re.ASCII)
    if iso:
        mark = iso[2]
        long = len(iso[3]) == 2 and len(iso[4]) == 2
        pattern = f"yyyy{mark}mm{mark}dd" if long else f"yyyy{mark}m{mark}d"
        return _serial(int(iso[1]), int(iso[3]), int(iso[4]), pattern)
    parts = re.fullmatch(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})", text, re.ASCII)
    if parts:
        if parts[2] == "." and "." not in locale.date:
            return None
        one, other, year = int(parts[1]), int(parts[3]), int(parts[4])
        year += 0 if year > 99 else 2000 if year < 30 else 1900
        month, day = (one, other) if locale.month_first else (other, one)
        return _serial(year, month, day, locale.date)
    named = re.fullmatch(r"([A-Za-z]{3,9})\.? ([0-9]{1,2}),? ([0-9]{4})", text, re.ASCII)
    if named and named[1][:3].lower() in MONTHS:
        month = MONTHS.index(named[1][:3].lower()) + 1
        return _serial(int(named[3]), month, int(named[2]), "mmm d, yyyy")
    named = re.fullmatch(r"([0-9]{1,2})[ -]([A-Za-z]{3,9})[ -]([0-9]{4})", text, re.ASCII)
    if named and named[2][:3].lower() in MONTHS:
        month = MONTHS.index(named[2][:3].lower()) + 1
        return _serial(int(named[3]), month, int(named[1]), "d-mmm-yyyy")
    return None


def _serial(year: int, month: int, day: int, pattern: str) -> tuple[int, str] | None:
    try:
        return (date(year, month, day) - EPOCH).days, pattern
    except ValueError:
        return None


def _time(text: str) -> tuple[float, str] | None:
    found = re.fullmatch(
        r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,3})?)?( ?[AaPp][Mm])?", text, re.ASCII
    )
    if not found:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    half = (found[5] or "").strip().lower()
    if minute > 59 or second > 59 or hour > (12 if half else 23):
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    seconds = hour * 3600 + minute * 60 + second + float(found[4] or 0)
    pattern = ("h" if half else "hh" if len(found[1]) == 2 else "h") + ":mm"
    pattern += ":ss" if found[3] else ""
    pattern += "." + "0" * (len(found[4]) - 1) if found[4] else ""
    return seconds / 86400, pattern + (" am/pm" if half else "")


def serial_of(moment: datetime) -> float:
    """A local time as days since 1899-12-30."""
    days = (moment.date() - EPOCH).days
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
    return days + seconds / 86400
