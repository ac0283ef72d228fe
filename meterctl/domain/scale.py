"""The marks of a chart's axis: few, evenly spaced, at round numbers."""

from __future__ import annotations


def marks(highest: int, most: int = 4) -> list[int]:
    """From 0 to the first mark that is not below the highest value, in steps of 1, 2 or 5.

    Args:
        highest: In millionths of a unit.
        most: How many steps there are at most.
    """
    step = 1
    while step * most < highest:
        power = 10 ** (len(str(step)) - 1)
        step = {1: 2, 2: 5, 5: 10}[step // power] * power
    count = max(-(-highest // step), 1)
    return [step * number for number in range(count + 1)]
