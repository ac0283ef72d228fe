"""What a value said elsewhere is to a slot: news, known, of the past, or another truth.

Revisions are numbered alike wherever a slot is told of: whoever writes one takes the next number
after those it knows. So a number that is not known here is news, and a number that is known with
another value means that two have written without knowing of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from meterctl.domain.readings import Reading


class Meaning(Enum):
    """What a value said elsewhere is."""

    KNOWN = auto()
    NEWS = auto()  # to be taken in at the number that it has there
    RIVAL = auto()  # another value than the truth has, at the same number
    PAST = auto()  # other than what was true once; a later truth stands


def meaning(revisions: Sequence[Reading], revision: int, value: int | None) -> Meaning:
    """Judge a value said elsewhere against all revisions of its slot here, oldest first."""
    if not revisions or revisions[-1].revision < revision:
        return Meaning.NEWS
    if revisions[-1].value == value:
        return Meaning.KNOWN
    for one in revisions:
        if one.revision == revision:
            if one.value == value:
                return Meaning.KNOWN
            return Meaning.RIVAL if one is revisions[-1] else Meaning.PAST
    return Meaning.NEWS  # a step between that was not told here yet


def meaning_of_edit(revisions: Sequence[Reading], stands_for: int, value: int | None) -> Meaning:
    """Judge a value that a person has put in place of the one with the number `stands_for`."""
    if not revisions:
        return Meaning.NEWS
    truth = revisions[-1]
    if truth.value == value:
        return Meaning.KNOWN
    return Meaning.NEWS if truth.revision == stands_for else Meaning.PAST
