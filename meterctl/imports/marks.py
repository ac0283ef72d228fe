"""Which mark is the decimal one in a file: what its numbers prove, and what must be asked.

`Numbers` looks at all texts of a file before any is parsed: `0,125` proves a decimal comma,
`1,234.5` a decimal point, and `1,234` alone can be read two ways. It knows no lines: the problem
of its `Unknown` stands at line 0, and whoever knows the place puts it there.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from meterctl.errors import shown
from meterctl.imports.problems import Choice, Problem, Unknown

LONGEST = 60  # characters of a number; nothing longer is one
# So many values with exactly three digits after the mark, beside so many small ones without it:
# one who drops trailing zeros would have written `1,5` meanwhile, one who keeps them `987,000`.
GROUPS_PROVEN = (100, 5)


_SPACES = str.maketrans(dict.fromkeys("\t\u00a0\u2007\u2009\u202f", " ") | {"’": "'"})
_NUMBER = re.compile(
    r"(?P<sign>[-+−–]?) *(?P<body>[0-9][0-9.,' ]*|[.,][0-9]+)"
    r"(?:(?<=[0-9.,])[eE](?P<exponent>[-+]?[0-9]{1,4})(?![0-9A-Za-z]))?"
    r"(?P<after>-?) *(?P<unit>[^\W\d_].*)?",
    re.ASCII | re.DOTALL,
)
_MARKS = re.compile(r"[.,]")


class Marks(NamedTuple):
    """How a file writes its numbers; spaces and apostrophes between groups are always known."""

    decimal: str  # "." or ","
    grouping: str  # the other one of them


POINT = Marks(".", ",")
COMMA = Marks(",", ".")


def marks_of(decimal: str) -> Marks:
    """The marks of a file with this decimal mark."""
    return COMMA if decimal == "," else POINT


class Numbers:
    """The first pass over a file's numbers: what they prove of its marks, in little memory."""

    def __init__(self) -> None:
        self._proofs = {".": 0, ",": 0}  # of each as the decimal mark
        self._open = {".": 0, ",": 0}  # texts in which it may be either
        self._first = {".": "", ",": ""}  # of those
        self._proof = {".": "", ",": ""}
        self._small = 0  # values from 1 to 999 without any mark

    def see(self, text: str) -> None:
        """Take in one text; those that are no numbers say nothing."""
        if "." not in text and "," not in text:
            bare = text.strip()
            if len(bare) <= 3 and bare.isdecimal() and bare.strip("0"):
                self._small += 1
            return
        body = _body(text)
        if body is None:
            return
        mark = _proven(body)
        if mark:
            self._proofs[mark] += 1
            self._proof[mark] = self._proof[mark] or text.strip()
        elif found := _MARKS.search(body):
            mark = found[0]
            self._open[mark] += 1
            self._first[mark] = self._first[mark] or text.strip()

    def decide(
        self, told: str | None = None, known: str | None = None, hint: str | None = None
    ) -> Marks:
        """The marks: what the person told, else what the texts prove, else what is known.

        A hint can say that a mark in doubt is the decimal one; it never makes a value a
        thousand times as large.

        Raises:
            Unknown: they can be read two ways.
        """
        if told is not None:
            return marks_of(told)
        point, comma = self._proofs["."], self._proofs[","]
        if point != comma:
            return POINT if point > comma else COMMA
        if known is not None:
            return marks_of(known)
        open_ = [mark for mark, count in self._open.items() if count]
        if point == comma == 0:
            if not open_:
                return marks_of(hint or ".")
            if len(open_) == 1 and hint == open_[0]:
                return marks_of(hint)
            if len(open_) == 1 and self._groups(open_[0]):
                return COMMA if open_[0] == "." else POINT
        if point:
            raise _both_marks(self._proof["."], self._proof[","])
        raise _two_ways(self._first[open_[0]])

    def _groups(self, mark: str) -> bool:
        marked, small = GROUPS_PROVEN
        return self._open[mark] >= marked and self._small >= small


def with_plain_spaces(text: str) -> str:
    """A text with the odd spaces and apostrophes between digits made the usual ones."""
    return text.translate(_SPACES).strip()


def parts_of(text: str) -> re.Match[str] | None:
    """The sign, body, exponent and unit of a number, under whatever marks; None: it is none."""
    return _NUMBER.fullmatch(with_plain_spaces(text)) if len(text) <= LONGEST else None


def _body(text: str) -> str | None:
    """The digits and marks of a number, without its sign, exponent and unit; None: it is none."""
    found = parts_of(text)
    if found is None:
        return None
    # Nobody groups the digits before an exponent: its mark is the decimal one.
    return found["body"].rstrip() + ("0000" if found["exponent"] else "")


def _proven(body: str) -> str:
    """Which mark must be the decimal one in this number; "": it says nothing, or either may be."""
    marks = _MARKS.findall(body)
    if not marks:
        return ""
    last, kinds = marks[-1], set(marks)
    other = "," if last == "." else "."
    if len(kinds) == 2:
        return last if is_grouped(body, last, other) else ""
    if len(marks) > 1:
        return other if is_grouped(body, other, last) else ""
    before, _, after = body.partition(last)
    spaced = "'" in before or " " in before
    may_group = len(after) == 3 and 1 <= len(before) <= 3 and before[0] != "0" and not spaced
    return "" if may_group else last


def is_grouped(body: str, decimal: str, grouping: str) -> bool:
    """Whether a number is written well in groups of three."""
    whole, _, fraction = body.partition(decimal)
    first, *groups = whole.split(grouping)
    is_plain = all(part.isdecimal() for part in (first, *groups)) and (
        not fraction or fraction.isdecimal()
    )
    return is_plain and 1 <= len(first) <= 3 and all(len(group) == 3 for group in groups)


def _two_ways(text: str) -> Unknown:
    """The question which mark is the decimal one, with what each answer makes of a value."""
    bare = re.sub(r"[^0-9.,]", "", text)
    choices = (
        Choice(".", f"a point: {text} is {bare.replace(',', '')}"),
        Choice(",", f"a comma: {text} is {bare.replace('.', '').replace(',', '.')}"),
    )
    return Unknown(
        Problem(
            0,
            1,
            f"{shown(text)} can be read two ways: with a decimal mark, or in thousands",
            "say which mark is the decimal one: --decimal . or --decimal ,",
        ),
        "decimal",
        choices,
    )


def _both_marks(point: str, comma: str) -> Unknown:
    """The question which mark is meant, where half of the values prove the one, half the other."""
    return Unknown(
        Problem(
            0,
            1,
            f"{shown(point)} has a decimal point and {shown(comma)} a decimal comma",
            "say which one is meant: --decimal . or --decimal , (the others are refused)",
        ),
        "decimal",
        (Choice(".", f"a point: {comma} is refused"), Choice(",", f"a comma: {point} is refused")),
    )
