"""Values as a cell shows them: the number and date patterns of Sheets."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from meterctl.sandbox.google.cells import Format, Value
from meterctl.sandbox.google.locales import Locale

_DATE_KINDS = ("DATE", "TIME", "DATE_TIME")
_TOKEN = re.compile(
    r'"[^"]*"|\\.|\[\$[^\]]*\]|\[[hms]+\]|\[[^\]]*\]|am/pm|a/p|[Ee][+-]0+|'
    r"y+|m+|d+|h+|s+(?:\.0+)?|[0#?,]*\.?[0#?]+|.",
    re.IGNORECASE | re.DOTALL,
)
_LETTERS = re.compile(r"[ydhms]", re.IGNORECASE)
_MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def is_date(number_format: Format | None) -> bool:
    """Whether numbers in this format are days, times or durations."""
    if not number_format:
        return False
    if number_format.get("type") in _DATE_KINDS:
        return True
    pattern = number_format.get("pattern", "")
    return number_format.get("type") == "NUMBER" and _is_date_pattern(pattern)


def _is_date_pattern(pattern: str) -> bool:
    bare = re.sub(r'"[^"]*"|\\.|\[\$[^\]]*\]', "", pattern)
    return bool(_LETTERS.search(re.sub(r"[Ee][+-]", "", bare)))


def default_pattern(kind: str, locale: Locale) -> str:
    """The pattern of a format's type where none is given."""
    return {
        "NUMBER": "#,##0.00",
        "PERCENT": "0.00%",
        "CURRENCY": f'"{locale.currency}"#,##0.00',
        "SCIENTIFIC": "0.00E+00",
        "DATE": locale.date,
        "TIME": "h:mm:ss am/pm" if locale.month_first else "hh:mm:ss",
        "DATE_TIME": f"{locale.date} h:mm:ss",
        "TEXT": "@",
    }.get(kind, "")


def shown(value: Value, number_format: Format | None, locale: Locale) -> str:
    """The value as the cell shows it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    if not number_format:
        return general(value, locale)
    chosen = number_format
    pattern = chosen.get("pattern") or default_pattern(chosen.get("type", ""), locale)
    if not pattern or pattern.lower() == "general" or pattern == "@":
        return general(value, locale)
    sections = _sections(pattern)
    if _is_date_pattern(pattern):
        return _date(value, sections[0])
    section, number = _section(sections, value)
    return _number(number, section, locale)


def general(value: float, locale: Locale) -> str:
    """A number in no format: about ten significant digits."""
    size = abs(value)
    if value == int(value) and size < 1e15:
        return str(int(value))
    if size >= 1e15 or size < 1e-9:
        text = f"{value:.5E}"
        mantissa, power = text.split("E")
        mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}E{power[0]}{power[1:].rjust(2, '0')}".replace(".", locale.decimal)
    text = f"{value:.10g}" if size < 1e10 else f"{value:.15g}"
    if "e" not in text:
        return text.replace(".", locale.decimal)
    exact = Decimal(text)
    return f"{exact:f}".rstrip("0").rstrip(".").replace(".", locale.decimal)


def _sections(pattern: str) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for part in _TOKEN.findall(pattern):
        if part == ";":
            sections.append([])
        else:
            sections[-1].append(part)
    return sections


def _section(sections: list[list[str]], value: float) -> tuple[list[str], float]:
    if value < 0 and len(sections) > 1:
        return sections[1], -value
    if value == 0 and len(sections) > 2:
        return sections[2], value
    return sections[0], value


def _number(value: float, parts: list[str], locale: Locale) -> str:
    digits = "".join(one for one in parts if re.fullmatch(r"[0#?,.]+", one))
    percent = "%" in parts
    power = next((one for one in parts if re.fullmatch(r"[Ee][+-]0+", one)), None)
    number = Decimal(repr(value)) * (100 if percent else 1)
    exponent = 0
    if power and number:
        exponent = number.adjusted()
        number = number.scaleb(-exponent)
    body = _digits(abs(number), digits, locale)
    sign = "-" if number < 0 else ""
    text, placed = "", False
    for part in parts:
        if re.fullmatch(r"[0#?,.]+", part):
            text += "" if placed else body
            placed = True
        elif part == power:
            text += f"E{'-' if exponent < 0 else '+'}{abs(exponent):0{len(part) - 2}d}"
        else:
            text += _literal(part)
    return sign + text


def _digits(number: Decimal, pattern: str, locale: Locale) -> str:
    whole, _, part = pattern.partition(".")
    part = re.sub(r"[^0#?]", "", part)
    try:
        rounded = number.quantize(Decimal(1).scaleb(-len(part)), ROUND_HALF_UP)
    except InvalidOperation:
        rounded = number
    left, _, right = f"{rounded:f}".partition(".")
    least = len(re.sub(r"[^0?]", "", whole))
    left = "" if left == "0" and not least else left.rjust(least, "0")
    if "," in whole:
        left = re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", locale.thousands, left)
    while right and part[len(right) - 1] == "#" and right[-1] == "0":
        right = right[:-1]
    return left + (locale.decimal + right if right else "")


def _literal(part: str) -> str:
    if part[0] == '"':
        return part[1:-1]
    if part[0] == "\\":
        return part[1:]
    if part.startswith("[$"):
        return part[2:-1].partition("-")[0]
    if part[0] == "[" or part == "@":
        return ""
    return " " if part == "_" else part


def _date(value: float, parts: list[str]) -> str:
    try:
        moment = datetime(1899, 12, 30) + timedelta(  # noqa: DTZ001 (a sheet's time has no zone)
            milliseconds=round(value * 86_400_000)
        )
    except OverflowError:
        return str(value)
    half = any(part.lower() in ("am/pm", "a/p") for part in parts)
    seconds = round(value * 86_400)
    text = ""
    for at, part in enumerate(parts):
        kind = part.lower()
        if kind[0] == "[" and set(kind[1:-1]) <= set("hms"):
            unit = {"h": 3600, "m": 60, "s": 1}[kind[1]]
            text += str(seconds // unit).rjust(len(kind) - 2, "0")
        elif kind[0] == "m" and _is_minute(parts, at):
            text += f"{moment.minute:0{min(len(kind), 2)}d}"
        elif kind in ("am/pm", "a/p"):
            word = "AM" if moment.hour < 12 else "PM"
            text += word if kind == "am/pm" else word[0]
        elif kind[0] in "ymdhs" and len(kind.rstrip(kind[0] + ".0")) == 0:
            text += _date_part(moment, kind, half=half)
        else:
            text += _literal(part)
    return text


def _is_minute(parts: list[str], at: int) -> bool:
    before = [one.lower() for one in parts[:at] if _LETTERS.match(one.strip("["))]
    after = [one.lower() for one in parts[at + 1 :] if _LETTERS.match(one.strip("["))]
    return len(parts[at]) < 3 and (
        (bool(before) and "h" in before[-1]) or (bool(after) and after[0].strip("[")[0] == "s")
    )


def _date_part(moment: datetime, kind: str, *, half: bool) -> str:
    letter, length = kind[0], len(kind)
    if letter == "y":
        return f"{moment.year:04d}" if length > 2 else f"{moment.year % 100:02d}"
    if letter == "m":
        name = _MONTHS[moment.month - 1]
        return [f"{moment.month}", f"{moment.month:02d}", name[:3], name, name[0]][
            min(length, 5) - 1
        ]
    if letter == "d":
        name = _DAYS[moment.weekday()]
        return [f"{moment.day}", f"{moment.day:02d}", name[:3], name][min(length, 4) - 1]
    if letter == "h":
        hour = (moment.hour % 12 or 12) if half else moment.hour
        return f"{hour:0{min(length, 2)}d}"
    whole, point, part = kind.partition(".")
    seconds = f"{moment.second:0{min(len(whole), 2)}d}"
    return seconds + point + f"{moment.microsecond // 1000:03d}"[: len(part)]
