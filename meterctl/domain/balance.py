"""Solar against grid: how much of what was made was used in the house, and how much was bought."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from meterctl.domain.meters import Direction


class Flows(NamedTuple):
    """What one period's meters say by direction, in millionths of one unit; None: not known."""

    generation: int | None
    from_grid: int | None
    to_grid: int | None


class Balance(NamedTuple):
    """Over the periods in which all three flows are known, in millionths of one unit."""

    periods: int
    generation: int
    self_use: int  # of what was made, what did not go to the grid
    used: int  # self-use and what came from the grid

    @property
    def share_of_made(self) -> int | None:
        """Self-use in whole per cent of what was made; None where nothing was."""
        return _percent(self.self_use, self.generation)

    @property
    def share_of_used(self) -> int | None:
        """Self-use in whole per cent of what was used; None where nothing was."""
        return _percent(self.self_use, self.used)


def flows(uses: Iterable[tuple[Direction, int | None]]) -> Flows:
    """One period's meters by direction; a direction is known where all of its meters are.

    A house may have two meters of one direction: a tariff each, a roof each.
    """
    found: dict[Direction, list[int | None]] = {}
    for direction, use in uses:
        found.setdefault(direction, []).append(use)
    return Flows(*(_sum(found.get(one, [None])) for one in _OF_A_HOUSE))


_OF_A_HOUSE = (Direction.GENERATION, Direction.FROM_GRID, Direction.TO_GRID)


def self_use(one: Flows) -> int | None:
    """What was made and did not go to the grid; None where that is not known.

    Meters that are not read at the same moment may say that more went out than was made: then it
    is not known for that period.
    """
    if one.generation is None or one.to_grid is None or one.to_grid > one.generation:
        return None
    return one.generation - one.to_grid


def balance(periods: Iterable[Flows]) -> Balance | None:
    """The sums over the periods in which all is known; None where there is none such."""
    count = made = kept = bought = 0
    for one in periods:
        own = self_use(one)
        if own is None or one.generation is None or one.from_grid is None:
            continue
        count, made, kept, bought = (
            count + 1,
            made + one.generation,
            kept + own,
            bought + one.from_grid,
        )
    return Balance(count, made, kept, kept + bought) if count else None


def _sum(uses: list[int | None]) -> int | None:
    known = [use for use in uses if use is not None]
    return sum(known) if len(known) == len(uses) else None


def _percent(part: int, whole: int) -> int | None:
    return (200 * part + whole) // (2 * whole) if whole else None
