"""How the portal behaves, to be switched while it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from meterctl.sandbox.utility.form import Malformed, Number, number

_NO_WAIT = number("0")


@dataclass(frozen=True)
class Settings:
    """Every switch, and what it is at first."""

    # the portal's looks
    language: str = "en"  # of labels, values and dates: en or de
    decimals: int = 3  # that a value may have
    thousands: bool = False  # whether values are shown with separators of thousands
    meter_choice: str = "select"  # or radio
    date_input: str = "date"  # the browser's own field; or text, written as the language does
    cookie_banner: bool = True
    popup: str | None = None  # dialog: an offer over the page; window: the form opens in one
    frame: bool = False  # whether the form is in an iframe
    javascript: bool = False  # whether forms of readings are sent by script
    changed_page: bool = False  # whether names, ids and labels are other ones

    # the portal's rules
    double_click: str = "guarded"  # or naive: a form may be sent any number of times
    window: str | None = None  # the days of the month on which readings are taken: 20-25

    # the portal's troubles
    window_closed: bool = False
    captcha: str | None = None  # login or form
    two_factor: bool = False
    login_loop: bool = False
    session_expires_after: int | None = None  # requests since the login
    expire_at: str | None = None  # form or confirm: ends the session there, once
    maintenance: int | None = None  # the status of the page that says so: 503 or 200
    slow_seconds: Number = _NO_WAIT
    confirmation_lost: bool = False
    not_saved: bool = False
    saved_other: bool = False
    history_delay_seconds: int = 0

    def fields(self) -> dict[str, object]:
        """The settings as JSON shows them."""
        return {**asdict(self), "slow_seconds": self.slow_seconds}

    def changed(self, fields: Mapping[str, object]) -> Settings:
        """The settings with some of them changed; None is what a switch was at first.

        Raises:
            Malformed: a name or a value is none of theirs.
        """
        changes: dict[str, Any] = {}
        for name, value in fields.items():
            if name not in _PARSERS:
                raise Malformed(f"{name}: unknown; one of {', '.join(_PARSERS)}")
            first = getattr(_AT_FIRST, name)
            changes[name] = first if value is None else _PARSERS[name](value, name)
        return replace(self, **changes)

    def takes_on(self, day: int) -> bool:
        """Whether readings are taken on a day of the month."""
        if self.window_closed:
            return False
        first, last = self.window.split("-") if self.window else ("1", "31")
        return int(first) <= day <= int(last)


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise Malformed(f"{name}: true or false")
    return value


def _one_of(*choices: str) -> Callable[[object, str], str]:
    def parse(value: object, name: str) -> str:
        if value not in choices:
            raise Malformed(f"{name}: {' or '.join(choices)}")
        return str(value)

    return parse


def _count(least: int, most: int) -> Callable[[object, str], int]:
    def parse(value: object, name: str) -> int:
        fits = isinstance(value, Number) and re.fullmatch(r"\d{1,6}", value.text, re.ASCII)
        if not isinstance(value, Number) or not fits or not least <= int(value.text) <= most:
            raise Malformed(f"{name}: a whole number from {least} to {most}")
        return int(value.text)

    return parse


def _status(value: object, name: str) -> int:
    if not isinstance(value, Number) or value.text not in ("200", "503"):
        raise Malformed(f"{name}: null, 503 or 200")
    return int(value.text)


def _seconds(value: object, name: str) -> Number:
    if not isinstance(value, Number) or not 0 <= value.amount <= 3600:
        raise Malformed(f"{name}: a number from 0 to 3600")
    return value


def _days(value: object, name: str) -> str:
    found = re.fullmatch(r"(\d\d?)-(\d\d?)", value, re.ASCII) if isinstance(value, str) else None
    if found is None or not 1 <= int(found[1]) <= int(found[2]) <= 31:
        raise Malformed(f"{name}: null, or the first and last day of the month, such as 20-25")
    return found[0]


_AT_FIRST = Settings()
_PARSERS: dict[str, Callable[[object, str], object]] = {
    "language": _one_of("en", "de"),
    "decimals": _count(0, 6),
    "thousands": _flag,
    "meter_choice": _one_of("select", "radio"),
    "date_input": _one_of("date", "text"),
    "cookie_banner": _flag,
    "popup": _one_of("dialog", "window"),
    "frame": _flag,
    "javascript": _flag,
    "changed_page": _flag,
    "double_click": _one_of("guarded", "naive"),
    "window": _days,
    "window_closed": _flag,
    "captcha": _one_of("login", "form"),
    "two_factor": _flag,
    "login_loop": _flag,
    "session_expires_after": _count(1, 1000),
    "expire_at": _one_of("form", "confirm"),
    "maintenance": _status,
    "slow_seconds": _seconds,
    "confirmation_lost": _flag,
    "not_saved": _flag,
    "saved_other": _flag,
    "history_delay_seconds": _count(0, 100_000),
}
