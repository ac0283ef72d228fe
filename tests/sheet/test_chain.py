"""The chain: what the spreadsheet's list of writers says, by a table."""

from __future__ import annotations

import pytest

from meterctl.sheet.chain import FIRST, KEPT, SUBMITTER, Fate, expired, fate, is_alone, next_number
from meterctl.sheet.port import Token, View

MINE = Token(FIRST + 5, "mine", 3, 1_000)


def view(*tokens: Token, foreign: frozenset[int] = frozenset()) -> View:
    """A spreadsheet with these tokens."""
    return View("Home", "Europe/Berlin", None, tuple(sorted(tokens)), foreign, None)


def token(number: int, ledger: str = "theirs") -> Token:
    """A token of another ledger, or of this one."""
    return Token(FIRST + number, ledger, 1, 500)


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        pytest.param(view(), Fate.NEVER_ARRIVED, id="an empty chain"),
        pytest.param(view(token(4)), Fate.NEVER_ARRIVED, id="it ends just before"),
        pytest.param(view(token(4), MINE), Fate.LANDED, id="ours is its end"),
        pytest.param(view(MINE, token(6)), Fate.LANDED, id="others came after"),
        pytest.param(view(token(5)), Fate.NOT_LANDED, id="another ledger has the number"),
        pytest.param(
            view(MINE._replace(batch=2)), Fate.NOT_LANDED, id="another batch of ours has it"
        ),
        pytest.param(
            view(MINE._replace(at=999)), Fate.NOT_LANDED, id="a ledger restored from a backup"
        ),
        pytest.param(view(token(4), token(6)), Fate.ROWS_TELL, id="the number is gone"),
        pytest.param(
            view(token(4), foreign=frozenset({MINE.id})), Fate.NOT_LANDED, id="an add-on has it"
        ),
    ],
)
def test_fate(seen: View, meant: Fate) -> None:
    """Of a batch whose answer was lost."""
    assert fate(seen, MINE) is meant


def test_the_first_number() -> None:
    """All first writers agree on it, and it is not the submitter's."""
    assert next_number(view()) == FIRST != SUBMITTER


def test_the_next_number() -> None:
    """One above the highest; gaps below are nobody's business."""
    assert next_number(view(token(0), token(7))) == FIRST + 8


def test_numbers_in_the_way() -> None:
    """What others have is passed over, seen in the look or met while writing."""
    seen = view(token(0), foreign=frozenset({FIRST + 1, FIRST + 3}))
    assert next_number(seen) == FIRST + 2
    assert next_number(seen, {FIRST + 2}) == FIRST + 4


def test_expired() -> None:
    """What is far behind the head goes, the head never does."""
    seen = view(*(token(number) for number in range(KEPT + 3)))
    assert expired(seen) == [FIRST, FIRST + 1, FIRST + 2]
    assert expired(view(*seen.tokens[3:])) == []
    assert expired(view()) == []


def test_alone() -> None:
    """As far as the chain still names its writers."""
    assert is_alone(view(), "mine")
    assert is_alone(view(MINE), "mine")
    assert not is_alone(view(MINE, token(1)), "mine")
