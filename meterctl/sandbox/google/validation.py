"""Rules for what may be entered into a cell, as far as they can be judged without a formula."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from meterctl.sandbox.google.a1 import column_name
from meterctl.sandbox.google.cells import Cell, Content, Value
from meterctl.sandbox.google.entered import entered
from meterctl.sandbox.google.errors import invalid
from meterctl.sandbox.google.locales import Locale

Json = dict[str, Any]
_NUMBER: dict[str, Callable[[float, list[float]], bool]] = {
    "GREATER": lambda own, asked: own > asked[0],
    "GREATER_THAN_EQ": lambda own, asked: own >= asked[0],
    "LESS": lambda own, asked: own < asked[0],
    "LESS_THAN_EQ": lambda own, asked: own <= asked[0],
    "EQ": lambda own, asked: own == asked[0],
    "NOT_EQ": lambda own, asked: own != asked[0],
    "BETWEEN": lambda own, asked: asked[0] <= own <= asked[1],
    "NOT_BETWEEN": lambda own, asked: not asked[0] <= own <= asked[1],
    "AFTER": lambda own, asked: own > asked[0],
    "BEFORE": lambda own, asked: own < asked[0],
    "ON_OR_AFTER": lambda own, asked: own >= asked[0],
    "ON_OR_BEFORE": lambda own, asked: own <= asked[0],
    "IS_VALID": lambda _own, _asked: True,
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "CONTAINS": lambda own, asked: asked in own,
    "NOT_CONTAINS": lambda own, asked: asked not in own,
    "STARTS_WITH": lambda own, asked: own.startswith(asked),
    "ENDS_WITH": lambda own, asked: own.endswith(asked),
    "EQ": lambda own, asked: own == asked,
    "NOT_EQ": lambda own, asked: own != asked,
    "IS_EMAIL": lambda own, _: re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", own) is not None,
    "IS_URL": lambda own, _: re.fullmatch(r"(https?://|www\.)\S+", own) is not None,
}


def kept_rule(rule: Json) -> Json:
    """A rule as it is kept: without what is not set."""
    return {name: one for name, one in rule.items() if one not in (False, None, "")}


def check_entry(old: Content, new: Cell, place: tuple[int, int], locale: Locale) -> None:
    """Refuse what a strict rule of the cell does not allow.

    Raises:
        ApiError: it does not.
    """
    rule = (old.more or {}).get("dataValidation") if isinstance(old, Cell) else None
    if not rule or not rule.get("strict") or new.value is None:
        return
    condition = rule.get("condition", {})
    asked = [one.get("userEnteredValue", "") for one in condition.get("values", [])]
    if not _allowed(condition.get("type", ""), new.value, asked, locale):
        name = f"{column_name(place[1])}{place[0] + 1}"
        raise invalid(
            f"The data you entered in cell {name} violates the data validation rules set on this "
            "cell."
        )


def _allowed(kind: str, value: Value, asked: list[str], locale: Locale) -> bool:
    family, _, name = kind.partition("_")
    text = str(value).upper() if isinstance(value, bool) else str(value)
    if kind == "ONE_OF_LIST":
        return text in asked
    if kind == "BOOLEAN":
        return text in asked if asked else isinstance(value, bool)
    if family in ("NUMBER", "DATE") and name in _NUMBER:
        numbers = [entered(one, locale).value for one in asked]
        known = [float(one) for one in numbers if isinstance(one, int | float)]
        if len(known) < len(asked):
            return True  # a formula, or a day relative to today
        if isinstance(value, bool | str):
            return False
        return _NUMBER[name](value, known)
    if family == "TEXT" and name in _TEXT:
        return _TEXT[name](text.lower(), asked[0].lower() if asked else "")
    return kind != "BLANK"
