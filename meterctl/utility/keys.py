"""A TOML file read key by key: what is wrong is said with its line, its column and its key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from meterctl import trusted
from meterctl.errors import ConfigError, MeterctlError, shown
from meterctl.utility.places import place_of

T = TypeVar("T")

PAGE = "docs/adapters.md"
# What names such a file: it says where readings and secrets are sent.
_SETTINGS = {PAGE: "METERCTL_UTILITY_CONFIG", "docs/portal.md": "METERCTL_PORTAL_CONFIG"}
_LARGEST = 1 << 20  # bytes


class Source(NamedTuple):
    """Where a table comes from."""

    name: str  # of the file
    page: str  # of the manual: what stands in such a file
    lines: tuple[str, ...]


class Table:
    """One table of a file. `done` refuses the keys that nobody asked for."""

    def __init__(
        self, source: Source, data: Mapping[str, object], path: tuple[str | int, ...] = ()
    ) -> None:
        self.path = path
        self._source = source
        self._data = data
        self._asked: dict[str, None] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def raw(self, name: str) -> object:
        """What stands there, whatever it is; None where nothing does."""
        self._asked[name] = None
        return self._data.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a default it must be there, and must not be empty."""
        value = self.raw(name)
        if value is None and default is not None:
            return default
        if value is None:
            raise self._missing(name, "a text")
        if not isinstance(value, str) or not (value or default == ""):
            raise self.problem(name, "a text is needed")
        return value

    def choice(self, name: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of some words."""
        value = self.text(name, default)
        if value not in choices:
            raise self.problem(name, f"{shown(value)} is not one of {', '.join(choices)}")
        return value

    def whole(self, name: str, default: int, low: int = 0, high: int = 1_000_000) -> int:
        """A whole number."""
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.problem(name, f"a whole number from {low} to {high} is needed")
        return value

    def seconds(self, name: str, default: float, low: float = 0.0, high: float = 86_400.0) -> float:
        """A number of seconds."""
        value = self.raw(name)
        if value is None:
            return default
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not isinstance(value, (int, float)) or not is_number or not low <= value <= high:
            raise self.problem(name, f"a number of seconds from {low:.0f} to {high:.0f} is needed")
        return float(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.problem(name, "true or false is needed")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts, or one text alone; empty where there is none."""
        value = self.raw(name)
        if value is None:
            return []
        many = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) and one for one in many):
            raise self.problem(name, "a text, or a list of texts, is needed")
        return [str(one) for one in many]

    def mapping(self, name: str) -> dict[str, str]:
        """A table of texts; empty where there is none."""
        table = self.table(name)
        return {} if table is None else {key: table.text(key, "") for key in table}

    def table(self, name: str) -> Table | None:
        """A table within this one; None where there is none."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.problem(name, "a table is needed")
        return Table(self._source, value, (*self.path, name))

    def needed(self, name: str) -> Table:
        """A table within this one that must be there."""
        table = self.table(name)
        if table is None:
            raise self._missing(name, "a table")
        return table

    def tables(self, name: str) -> list[Table]:
        """A list of tables; empty where there is none."""
        value = self.raw(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.problem(name, "a list of tables is needed")
        return [
            Table(self._source, one, (*self.path, name, number)) for number, one in enumerate(value)
        ]

    def checked(self, name: str, read: Callable[[str], T], default: str | None = None) -> T:
        """A text, as `read` understands it; what that refuses is a problem of this key.

        Args:
            name: The key.
            read: Raises ValueError, or an error of ours, with what is wrong.
            default: What is read where nothing stands there.
        """
        text = self.text(name, default)
        try:
            return read(text)
        except MeterctlError as error:
            raise self.problem(name, error.message, error.hint) from None
        except ValueError as error:
            raise self.problem(name, str(error)) from None

    def problem(self, name: str | None, what: str, hint: str = "") -> ConfigError:
        """What is wrong with a key of this table, or with the table itself, to be raised."""
        path = self.path if name is None else (*self.path, name)
        line, column = place_of(self._source.lines, path)
        return ConfigError(
            f"{self._source.name}:{line}:{column}: {spelled(path)}: {what}",
            hint or f"{self._source.page} says what stands there",
        )

    def _missing(self, name: str, what: str) -> ConfigError:
        """That a key is not there; or is there under a name that is nearly right."""
        from difflib import get_close_matches

        strangers = [key for key in self._data if key not in self._asked]
        if close := get_close_matches(name, strangers, 1):
            return self.problem(close[0], f"there is no such key here; do you mean {name}?")
        return self.problem(name, f"is missing: {what}")

    def done(self) -> None:
        """Nothing, where each key of this table was asked for.

        Raises:
            ConfigError: there is another one.
        """
        for name in self._data:
            if name not in self._asked:
                from difflib import get_close_matches

                close = get_close_matches(name, self._asked, 1)
                like = f"; do you mean {close[0]}?" if close else ""
                raise self.problem(name, f"there is no such key here{like}")


def load(path: Path, page: str = PAGE) -> Table:
    """A TOML file.

    Raises:
        ConfigError: it cannot be read or trusted, or is no TOML.
    """
    try:
        content = trusted.read(path, _LARGEST, _SETTINGS.get(page, "the setting"))
        text = content.decode("utf-8-sig").replace("\r\n", "\n")  # as Windows' editors save it
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", "correct the path in the settings") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8", "save it as UTF-8") from None
    return parse(text, str(path), page)


def parse(text: str, name: str, page: str = PAGE) -> Table:
    """What a TOML text says; `name` is its file's.

    Raises:
        ConfigError: it is no TOML.
    """
    to_be = f"it is to be TOML: {page}"
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}:{_told(str(error), text)}", to_be) from None
    except RecursionError:
        raise ConfigError(f"{name}:1:1: lists in lists without an end", to_be) from None
    return Table(Source(name, page, tuple(text.split("\n"))), data)


def _told(what: str, text: str) -> str:
    """The standard library's message, its place first: where it names none, the end of the text."""
    if found := re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", what):
        return f"{found[2]}:{found[3]}: {found[1]}"
    lines = text.rstrip().split("\n")
    return f"{len(lines)}:{len(lines[-1]) + 1}: {what}"


def empty(name: str) -> Table:
    """A file that says nothing."""
    return Table(Source(name, PAGE, ()), {})


def spelled(path: Sequence[str | int]) -> str:
    """A key as a person would point at it: `submit.answers[2].outcome`, counted from 1."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text or "the file"
