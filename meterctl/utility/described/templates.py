"""Text with placeholders: `{key}`, `{meter.device}`; each knows what may stand where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

Plain = str | int | None  # an Exact is a str: a number in JSON, digits anywhere else
Values = Mapping[str, Plain]

READING = frozenset(
    (
        *("key", "meter", "value", "unit", "serial", "obis", "kind", "direction"),
        *("timestamp", "starts_at", "day", "day_before", "day_after"),
    )
)
EVERYWHERE = frozenset(("url", "token", "user", "secret", "now", "nonce"))
_OPTIONAL = frozenset(("serial", "obis"))  # not every meter has one

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class Missing(Exception):
    """A placeholder has no value here; the message says which, the hint what helps."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Names(NamedTuple):
    """Which placeholders may stand in a text."""

    plain: frozenset[str]
    account: frozenset[str] = frozenset()  # the names in [account]
    meters: bool = False  # {meter.NAME} too: each meter may name what it likes

    def also(self, *names: str) -> Names:
        """These as well."""
        return self._replace(plain=self.plain | set(names))


class Template(NamedTuple):
    """A text, cut at its placeholders: text and name by turns, a text first and last."""

    parts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Its placeholders."""
        return self.parts[1::2]

    @property
    def alone(self) -> str | None:
        """The placeholder, if it is nothing else."""
        return self.parts[1] if len(self.parts) == 3 and not self.parts[0] + self.parts[2] else None

    def text(self, values: Values, escape: Callable[[str], str] = str) -> str:
        """The text, each value escaped for where it stands.

        Raises:
            Missing: a placeholder has no value.
        """
        return "".join(self._pieces(values, escape))

    def plain(self, values: Values) -> Plain:
        """The value as it is, where it stands alone: a number stays one; otherwise the text.

        Raises:
            Missing: a placeholder has no value.
        """
        if self.alone is None:
            return self.text(values)
        if self.alone in _OPTIONAL and values.get(self.alone) is None:
            return None
        return _needed(self.alone, values)

    def _pieces(self, values: Values, escape: Callable[[str], str]) -> Iterator[str]:
        for number, part in enumerate(self.parts):
            yield escape(str(_needed(part, values))) if number % 2 else part


def parsed(text: str, names: Names) -> Template:
    """A text with placeholders; `{{` and `}}` are braces.

    Raises:
        ValueError: a placeholder that is none, with what may be meant.
    """
    parts, end = [""], 0
    for found in _PIECE.finditer(text):
        parts[-1] += text[end : found.start()]
        end = found.end()
        name = found[1]
        if name is not None:
            _check(name, names)
            parts += [name, ""]
        elif len(found[0]) == 2:
            parts[-1] += found[0][0]
        else:
            raise ValueError(f"a lone {found[0]}: write {found[0] * 2} for a brace")
    parts[-1] += text[end:]
    return Template(tuple(parts))


def _check(name: str, names: Names) -> None:
    first, _, rest = name.partition(".")
    if first == "meter" and rest and names.meters:
        return
    if first == "account" and rest:
        if rest not in names.account:
            raise ValueError(f"{{{name}}}: there is no {rest} in [account]")
        return
    if name not in names.plain:
        close = get_close_matches(name, names.plain, 1)
        raise ValueError(
            f"there is no placeholder {{{name}}} here"
            + (f"; do you mean {{{close[0]}}}?" if close else "")
        )


def _needed(name: str, values: Values) -> str | int:
    value = values.get(name)
    if value is not None:
        return value
    first, _, rest = name.partition(".")
    if first == "meter" and rest:
        raise Missing(f"{{{name}}} is not known", f"name {rest} in [meters.{values.get('meter')}]")
    raise Missing(f"the meter has no {name}", "meterctl meters set --help")
