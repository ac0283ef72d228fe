"""An event in a line: JSON for programs, words for people."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from meterctl.domain.exact import Exact, to_json
from meterctl.domain.times import iso_utc
from meterctl.log import LEVELS, Field

_LONGEST = 4_000  # characters of a text; a trace is longer than all others
_LONGEST_TRACE = 20_000


class Told(NamedTuple):
    """An event, and when it was."""

    at: int  # milliseconds since 1970
    level: int
    name: str
    fields: Mapping[str, Field]


def as_json(told: Told, run: str, command: str, mask: Callable[[str], str]) -> bytes:
    """One JSON object in a line; the mask comes last, over every text that is not our own word."""
    form: dict[str, object] = {
        "time": _instant(told.at),
        "level": LEVELS[told.level],
        "event": told.name,
        "run": run,
        "command": command,
    }
    for name, value in told.fields.items():
        if value is not None:
            form[name] = _shown(name, value, mask)
    return f"{to_json(form)}\n".encode(errors="backslashreplace")


def as_text(told: Told, mask: Callable[[str], str]) -> str:
    """One line for people, by this machine's clock; a trace follows in lines of its own."""
    clock = time.strftime("%H:%M:%S", time.localtime(told.at / 1000))
    words = [f"{clock}.{told.at % 1000:03d}", f"{LEVELS[told.level]:7}", told.name]
    trace = ""
    for name, value in told.fields.items():
        if value is None:
            continue
        shown = _shown(name, value, mask)
        if name == "trace":
            trace = f"\n{shown}".rstrip()
        elif isinstance(shown, list):
            words.append(f"{name}={','.join(map(_quoted, shown))}")
        else:
            words.append(f"{name}={_quoted(str(shown))}")
    return " ".join(words) + trace


def _instant(at: int) -> str:
    """With milliseconds always, so that lines sort by it as texts."""
    text = iso_utc(at)
    return text if "." in text else f"{text.removesuffix('Z')}.000Z"


def _shown(name: str, value: Field, mask: Callable[[str], str]) -> object:
    if isinstance(value, str):
        longest = _LONGEST_TRACE if name == "trace" else _LONGEST
        return _cut(mask(value), longest)
    if isinstance(value, list):
        return [_cut(mask(one), _LONGEST) for one in value]
    if isinstance(value, float):
        return Exact(f"{value:.3f}")
    return value


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _quoted(text: str) -> str:
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f'"{plain}"' if " " in plain or not plain else plain
