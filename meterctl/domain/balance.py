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


def balance(periods: Iterable[Flows]) -> Balance | None:
    """The sums over the periods in which all three are known; None where there is none such.

    Meters that are not read at the same moment may say of a single day that more was fed in than
    was made. So nothing is said of single periods: what is too much in one is lacking in the next,
    and only the whole counts. None too where even that does not add up.
    """
    count = made = fed = bought = 0
    for one in periods:
        if one.generation is None or one.from_grid is None or one.to_grid is None:
            continue
        count += 1
        made, fed, bought = made + one.generation, fed + one.to_grid, bought + one.from_grid
    if count == 0 or fed > made:
        return None
    return Balance(count, made, made - fed, made - fed + bought)


def _sum(uses: list[int | None]) -> int | None:
    known = [use for use in uses if use is not None]
    return sum(known) if len(known) == len(uses) else None


def _percent(part: int, whole: int) -> int | None:
    return (200 * part + whole) // (2 * whole) if whole else None
