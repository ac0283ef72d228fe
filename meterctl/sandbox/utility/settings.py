"""How the utility behaves, to be switched while it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from meterctl.sandbox.utility.form import Malformed, Number, parse_instant


class Window(NamedTuple):
    """When readings are taken: from the one instant up to, and without, the other."""

    opens: str
    closes: str
    opens_at: datetime
    closes_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether readings are taken now."""
        return self.opens_at <= now < self.closes_at


class Settings(NamedTuple):
    """Every switch; None is off."""

    window: Window | None = None
    rate_limit: int | None = None  # requests a minute
    oldest_days: int | None = None
    max_value: Number | None = None
    processing_seconds: Number | None = None  # how long a submission takes

    def fields(self) -> dict[str, object]:
        """The settings as JSON shows them."""
        window = self.window and {"opens": self.window.opens, "closes": self.window.closes}
        return {**self._asdict(), "window": window}

    def changed(self, fields: dict[str, object]) -> Settings:
        """The settings with some of them changed.

        Raises:
            Malformed: a name or a value is none of theirs.
        """
        for name in fields:
            if name not in _PARSERS:
                raise Malformed(f"{name}: unknown; one of {', '.join(_PARSERS)}")
        changes: dict[str, Any] = {
            name: None if value is None else _PARSERS[name](value, name)
            for name, value in fields.items()
        }
        return self._replace(**changes)


def _window(value: object, name: str) -> Window:
    if not isinstance(value, dict) or set(value) != {"opens", "closes"}:
        raise Malformed(f"{name}: null, or an object of opens and closes")
    opens, closes = (parse_instant(value[end], f"{name}.{end}") for end in ("opens", "closes"))
    if closes <= opens:
        raise Malformed(f"{name}: it closes before it opens")
    return Window(value["opens"], value["closes"], opens, closes)


def _count(value: object, name: str) -> int:
    found = _amount(value, name).amount
    if found != int(found) or not 1 <= found <= 1_000_000:
        raise Malformed(f"{name}: null, or a whole number from 1 on")
    return int(found)


def _amount(value: object, name: str) -> Number:
    if not isinstance(value, Number) or value.amount < 0 or value.amount.adjusted() > 15:
        raise Malformed(f"{name}: null, or a number, 0 or more")
    return value


_PARSERS: dict[str, Callable[[object, str], object]] = {
    "window": _window,
    "rate_limit": _count,
    "oldest_days": _count,
    "max_value": _amount,
    "processing_seconds": _amount,
}
