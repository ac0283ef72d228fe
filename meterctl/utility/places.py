"""Where in a TOML file a key stands: the standard library's reader keeps no places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NAME = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_NAMES = re.compile(_NAME)
_DOTTED = rf"({_NAME}(?:\s*\.\s*{_NAME})*)"
_HEADING = re.compile(rf"\s*(\[\[?)\s*{_DOTTED}\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"\s*{_DOTTED}\s*=")
# What may hide a bracket: the beginning of a text of several lines, a text, a comment.
_HIDING = re.compile(r""" \"{3} | '{3} | "(?:[^"\\]|\\.)*" | '[^']*' | \#.* """, re.VERBOSE)
_ENDS = {
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*"{3,5}'),
    "'''": re.compile(r"(?:[^']|'(?!''))*'{3,5}"),
}


def place_of(lines: Sequence[str], path: Sequence[str | int]) -> tuple[int, int]:
    """The line and the column of a key, or of the nearest thing around it; (1, 1) at worst.

    Args:
        lines: Of a text that is TOML.
        path: The key; a number counts the tables of a list, from 0.
    """
    best, best_depth = (1, 1), 0
    at: list[str | int] = []
    counts: dict[tuple[str, ...], int] = {}
    for number, line in _outermost(lines):
        if heading := _HEADING.match(line):
            names = _named(heading[2])
            if heading[1] == "[[":
                counts[names] = counts.get(names, -1) + 1
            at = []
            for depth, part in enumerate(names, 1):
                at.append(part)
                if names[:depth] in counts:
                    at.append(counts[names[:depth]])
            here, column = at, line.index("[") + 1
        elif key := _KEY.match(line):
            here, column = [*at, *_named(key[1])], key.start(1) + 1
        else:
            continue
        if len(here) > best_depth and list(path[: len(here)]) == here:
            best, best_depth = (number, column), len(here)
    return best


def _named(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _NAMES.findall(dotted))


def _outermost(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines that begin within nothing: no text, list or table that began on one before."""
    quotes, depth = "", 0
    for number, line in enumerate(lines, 1):
        if not quotes and not depth:
            yield number, line
        quotes, opened = _behind(line, quotes)
        depth += opened


def _behind(line: str, quotes: str) -> tuple[str, int]:
    """The quotes that are open behind a line, and how many brackets it leaves open."""
    at, opened = 0, 0
    while True:
        if quotes:
            end = _ENDS[quotes].match(line, at)
            if end is None:
                return quotes, opened
            quotes, at = "", end.end()
        hiding = _HIDING.search(line, at)
        plain = line[at : hiding.start() if hiding else len(line)]
        opened += len(re.findall(r"[\[{]", plain)) - len(re.findall(r"[\]}]", plain))
        if hiding is None:
            return "", opened
        at = hiding.end()
        quotes = hiding[0] if hiding[0] in _ENDS else ""
