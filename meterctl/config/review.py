"""Every setting looked at: what `config check` finds, and what `config show` may show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from meterctl import trusted
from meterctl.config import Settings, default_zone, ledger_address, problems_of
from meterctl.config.env_file import expanded
from meterctl.config.table import KNOWN, is_json
from meterctl.errors import ConfigError

_MASK = "********"


def problems(settings: Settings, cwd: Path) -> tuple[str, ...]:
    """Everything wrong with the settings, those too that no command has needed yet."""
    found = list(problems_of(settings, tuple(settings.values)))
    found.extend(f"{name} is not a setting{_like(name)}" for name in settings.unknown)
    found.extend(_foreign(settings, cwd))
    for name, find_out in (
        ("METERCTL_LEDGER", lambda: ledger_address(settings, cwd)),
        ("METERCTL_TIMEZONE", lambda: default_zone(settings)),
    ):
        if settings.text(name) is None:
            try:
                find_out()
            except ConfigError as error:
                found.append(error.message)
    return tuple(found)


def _foreign(settings: Settings, cwd: Path) -> Iterator[str]:
    """The files named that others could have written, where that matters: a key leads nowhere."""
    for name in ("METERCTL_UTILITY_CONFIG", "METERCTL_PORTAL_CONFIG"):
        text = settings.text(name)
        if text is not None and KNOWN[name].problem(text) is None:
            try:
                trusted.refuse_foreign(cwd / (expanded(text) or text), name)
            except ConfigError as error:
                yield f"{name}: {error.message}"


class Shown(NamedTuple):
    """A setting as it may be shown to anyone."""

    name: str
    text: str | None
    origin: str
    otherwise: str  # in words, what holds where there is no text


def _like(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, KNOWN, 1)
    return f"; do you mean {close[0]}?" if close else ""


def shown(settings: Settings, cwd: Path) -> Iterator[Shown]:
    """Every setting, with no secret in it."""
    for name, (text, origin) in settings.values.items():
        setting = KNOWN.get(name)
        otherwise = "" if setting is None else setting.otherwise
        if text is not None:
            is_sound = setting is None or setting.problem(text) is None
            is_ledger = name == "METERCTL_LEDGER" and is_sound
            safe = str(ledger_address(settings, cwd)) if is_ledger else masked(name, text)
            yield Shown(name, safe, origin, otherwise)
        else:
            yield Shown(name, _by_default(settings, name, cwd), origin, otherwise)


def _by_default(settings: Settings, name: str, cwd: Path) -> str | None:
    try:
        if name == "METERCTL_LEDGER":
            return str(ledger_address(settings, cwd))
        if name == "METERCTL_TIMEZONE":
            return str(default_zone(settings))
    except ConfigError:
        return None
    return KNOWN[name].default if name in KNOWN else None


def masked(name: str, text: str) -> str:
    """A setting's text as it may be shown."""
    setting = KNOWN.get(name)
    if name == "METERCTL_GOOGLE_CREDENTIALS":  # a path may be shown, a key may not
        is_path = not is_json(text) and KNOWN[name].problem(text) is None
        return text if is_path else _MASK
    if setting is not None and setting.secret:
        return _MASK
    if "://" in text:  # who logs in there, and what may be a token behind the question mark
        return re.sub(r"\?.*", f"?{_MASK}", re.sub(r"://.*@", f"://{_MASK}@", text))
    return text
