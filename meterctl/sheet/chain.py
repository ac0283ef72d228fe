"""The chain of tokens: what the spreadsheet's own list of writers says of a batch in doubt.

Each write claims the next number of the chain in the same atomic request as its rows, and Google
refuses a number that exists. So two writers never both land on one number, and whether a batch
landed can be read off afterwards, whatever became of the answer.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, auto

from meterctl.sheet.port import Token, View

FIRST = 1_001  # the first token's id; the chain's first writers must agree on it, to collide
SUBMITTER = 1_000  # the id of the submitter's name: one number, so that two claims collide
# Tokens that stay behind the head. Google gives a request up after 180 s, and takes about one write
# a second for a spreadsheet: so none can still be under way whose number is gone and free again.
# All metadata together is limited to 30,000 letters, a token takes about 70.
KEPT = 200


class Fate(Enum):
    """What became of a batch whose answer was lost."""

    LANDED = auto()
    NOT_LANDED = auto()
    NEVER_ARRIVED = auto()  # so far: it may be sent again, since only one of two can land
    ROWS_TELL = auto()  # its number is gone: pruned, if it ever was


def head(view: View) -> int:
    """The highest number of the chain; one below the first where there is none yet."""
    return view.tokens[-1].id if view.tokens else FIRST - 1


def next_number(view: View, passed: Collection[int] = ()) -> int:
    """The number that the next write claims; one that something else has taken is passed over."""
    number = head(view) + 1
    while number in view.foreign or number in passed:
        number += 1
    return number


def fate(view: View, mine: Token) -> Fate:
    """What the chain says of a batch that this ledger has sent with a token."""
    for token in view.tokens:
        if token.id == mine.id:
            return Fate.LANDED if token == mine else Fate.NOT_LANDED
    if mine.id in view.foreign:
        return Fate.NOT_LANDED
    return Fate.ROWS_TELL if head(view) > mine.id else Fate.NEVER_ARRIVED


def expired(view: View) -> list[int]:
    """The tokens that the next write takes away."""
    return [token.id for token in view.tokens if token.id <= head(view) - KEPT]


def is_alone(view: View, ledger: str) -> bool:
    """Whether every writer that the chain still names is this ledger."""
    return all(token.ledger == ledger for token in view.tokens)
