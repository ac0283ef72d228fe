"""The words and signs of a GraphQL document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What a token is."""

    SIGN = auto()
    NAME = auto()
    INT = auto()
    FLOAT = auto()
    STRING = auto()
    END = auto()


class Place(NamedTuple):
    """A place in a document, counted from 1."""

    line: int
    column: int


class Token(NamedTuple):
    """A word or a sign."""

    kind: Kind
    text: str  # of a string: what it says
    place: Place


class BadSyntax(Exception):
    """A document that is none."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(f"Syntax Error: {message}")
        self.place = place


_TOKEN = re.compile(
    r"""
    (?P<skip>[\s,\ufeff]+|\#[^\n\r]*)
  | (?P<SIGN>\.\.\.|[!$&()\[\]{}:=@|])
  | (?P<NAME>[_A-Za-z][_0-9A-Za-z]*)
  | (?P<FLOAT>-?(0|[1-9][0-9]*)(\.[0-9]+([eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+))
  | (?P<INT>-?(0|[1-9][0-9]*))
  | (?P<block>\"{3}(?:\\\"{3}|[^\"]|\"(?!\"\"))*\"{3})
  | (?P<STRING>\"([^\"\\\n\r]|\\.)*\")
    """,
    re.VERBOSE,
)


def tokens(text: str) -> Iterator[Token]:
    """All tokens, and at last the end.

    Raises:
        BadSyntax: there is a sign that none may be.
    """
    at = 0
    while at < len(text):
        place = _place(text, at)
        found = _TOKEN.match(text, at)
        if not found:
            raise BadSyntax(f"Unexpected character: {json.dumps(text[at])}.", place)
        kind, word, at = str(found.lastgroup), found[0], found.end()
        match kind:
            case "skip":
                continue
            case "block":
                yield Token(Kind.STRING, word[3:-3].replace('\\"""', '"""').strip(), place)
            case "STRING":
                yield Token(Kind.STRING, _said(word, place), place)
            case _:
                yield Token(Kind[kind], word, place)
    yield Token(Kind.END, "<EOF>", _place(text, at))


def _said(word: str, place: Place) -> str:
    try:
        said: str = json.loads(word, strict=False)
    except ValueError:
        raise BadSyntax("Invalid character escape sequence.", place) from None
    return said


def _place(text: str, at: int) -> Place:
    return Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
