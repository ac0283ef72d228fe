"""Where in an answer something stands: `data.tuples.0.1`; the empty path is the whole answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from meterctl.utility.bodies import NotAnObject


class Place(NamedTuple):
    """A path into JSON. A number counts the items of a list, from 0; -1 is the last."""

    steps: tuple[str, ...]

    def of(self, told: object) -> object:
        """What stands there; None where nothing does."""
        for step in self.steps:
            if isinstance(told, Mapping):
                told = told.get(step)
            elif isinstance(told, Sequence) and not isinstance(told, str):
                told = _item(told, step)
            else:
                return None
        return told

    def __str__(self) -> str:
        return ".".join(self.steps) or "the answer"


def place(text: str) -> Place:
    """The path that a text names.

    Raises:
        ValueError: a step is empty.
    """
    steps = tuple(text.split(".")) if text else ()
    if not all(steps):
        raise ValueError(f"{text!r} has an empty step: a path is like data.0.value")
    return Place(steps)


def lines_in(body: bytes) -> list[list[str]]:
    """The fields of the lines that a CSV body is.

    Raises:
        NotAnObject: it is none.
    """
    try:
        text = body.decode("utf-8-sig")
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise NotAnObject("a body that is no CSV") from None


def _item(told: Sequence[object], step: str) -> object:
    digits = step.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        return None
    number = int(step)
    return told[number] if -len(told) <= number < len(told) else None
