"""Solar against grid: what of the sun's was used, exactly, and only where it is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meterctl.domain.balance import Balance, Flows, balance, flows
from meterctl.domain.meters import Direction
from meterctl.domain.scale import marks

AMOUNTS = st.none() | st.integers(0, 10**15)
FLOWS = st.builds(Flows, AMOUNTS, AMOUNTS, AMOUNTS)


def test_two_meters_of_one_direction() -> None:
    """They are summed where both are known; else that direction is not."""
    both = [(Direction.FROM_GRID, 3), (Direction.FROM_GRID, 4), (Direction.GENERATION, 9)]
    assert flows(both) == Flows(9, 7, None)
    assert flows([*both, (Direction.FROM_GRID, None)]) == Flows(9, None, None)
    assert flows([(Direction.CONSUMPTION, 5)]) == Flows(None, None, None)


def test_the_sums() -> None:
    """Of the periods alone in which all is known."""
    found = balance([Flows(10, 5, 4), Flows(99, None, 1), Flows(10, 7, 1)])
    assert found == Balance(periods=2, generation=20, self_use=15, used=27)
    assert (found.share_of_made, found.share_of_used) == (75, 56)
    assert balance([Flows(10, None, 4)]) is None


def test_read_at_different_moments() -> None:
    """Of one day more went out than was made: the next has the rest, and none is left out."""
    days = [Flows(10, 5, 12), Flows(10, 5, 2)]
    whole = Flows(20, 10, 14)
    assert balance(days) == Balance(periods=2, generation=20, self_use=6, used=16)
    assert balance([whole]) == Balance(periods=1, generation=20, self_use=6, used=16)
    assert balance([Flows(10, 5, 12)]) is None


def test_nothing_was_made_or_used() -> None:
    """No share of nothing."""
    found = balance([Flows(0, 0, 0)])
    assert found is not None
    assert (found.share_of_made, found.share_of_used) == (None, None)


@given(st.lists(FLOWS, max_size=20))
def test_any_periods(periods: list[Flows]) -> None:
    """Self-use is never more than what was made or used; what goes in comes out."""
    found = balance(periods)
    if found is None:
        return
    assert 0 <= found.self_use <= found.generation
    assert found.self_use <= found.used
    for share in (found.share_of_made, found.share_of_used):
        assert share is None or 0 <= share <= 100


@given(st.integers(0, 10**16), st.integers(1, 10))
def test_marks_of_an_axis(highest: int, most: int) -> None:
    """Even steps from 0 to the first that is not below the highest, no more than asked for."""
    found = marks(highest, most)
    step = found[1]
    assert found == [step * number for number in range(len(found))]
    assert len(found) - 1 <= most
    assert found[-2] < max(highest, 1) <= found[-1]
    assert str(step).rstrip("0") in ("1", "2", "5")
