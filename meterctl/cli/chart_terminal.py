"""A chart of bars in the terminal: the one home of plotext."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import NamedTuple

import plotext  # type: ignore[import-untyped] # it has no types

_FRAME = 2  # columns: the axis and the right edge
_ABOVE, _BELOW = 1, 2  # lines: frame; frame and labels
LEAST_HEIGHT = 5  # of the bars


class Look(NamedTuple):
    """What the terminal can show."""

    width: int
    height: int
    colour: bool
    blocks: bool  # whether it can say █


class Bars(NamedTuple):
    """One meter's bars; a value may be lacking."""

    values: Sequence[int | None]  # millionths
    back: Container[int]  # the places of those that count from longer before: drawn paler
    colour: str


def plain_letters(look: Look, text: str) -> str:
    """A title, cut to the terminal's width, in letters that it has."""
    text = text if look.blocks else text.replace("³", "3")
    return text if len(text) <= look.width else f"{text[: look.width - 3]}..."


def pale(look: Look) -> str:
    """What a bar is drawn of that counts from longer before."""
    return "░" if look.blocks else ":"


def room(look: Look, marks: Sequence[str]) -> int:
    """How many bars fit beside an axis with these marks, each with a gap beside it."""
    return max((look.width - _FRAME - max(map(len, marks))) // 2, 1)


def draw(
    look: Look, bars: Bars, labels: Sequence[str], marks: Sequence[tuple[int, str]], height: int
) -> str:
    """The chart as lines of text.

    Args:
        look: What the terminal can show.
        bars: What is drawn.
        labels: Below each bar; as many are shown as fit.
        marks: Of the axis, in millionths, with what is said there; the highest is its end.
        height: Lines of the bars themselves.
    """
    beside = max(len(text) for _, text in marks)
    count = len(labels)
    each = max((look.width - _FRAME - beside) // count, 1)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limitsize(False, False)
    plotext.plotsize(beside + _FRAME + each * count, height + _ABOVE + _BELOW)
    plotext.xlim(1, each * count)
    plotext.ylim(0, marks[-1][0])
    thick = max(each - 1, 1)
    # A bar is a row of bars one column thick: so none is a column wider than the next by rounding.
    for is_back, marker in ((False, "█" if look.blocks else "#"), (True, pale(look))):
        columns = [
            (place * each + 1 + column, value)
            for place, value in enumerate(bars.values)
            if value and (place in bars.back) is is_back
            for column in range(thick)
        ]
        if columns:
            places, values = zip(*columns, strict=True)
            plotext.bar(places, values, width=0, marker=marker, color=bars.colour)
    missing = [
        place * each + 1 + thick // 2 for place, value in enumerate(bars.values) if value is None
    ]
    if missing:
        mark = "·" if look.blocks else "?"
        plotext.scatter(missing, [0] * len(missing), marker=mark, color="default")
    shown = [(place * each + 1 + thick // 2, text) for place, text in _labels(labels, each)]
    # plotext keeps labels in a set, and shifts them in whatever order that has: ours stand still.
    plotext.xticks([place for place, _ in shown], ["" for _ in shown])
    plotext.yticks([mark for mark, _ in marks], [text.rjust(beside) for _, text in marks])
    text: str = plotext.build()
    if not look.colour:
        text = plotext.uncolorize(text)
    if not look.blocks:
        text = text.translate(_IN_ASCII)
    lines = [line.rstrip() for line in text.splitlines()[: 1 + height + _ABOVE]]
    return "\n".join([*lines, _beneath(shown, beside, look.width)])


def _beneath(labels: Sequence[tuple[int, str]], before: int, width: int) -> str:
    """The labels, each centred below its column; the last ones first, where there is no room."""
    line = [" "] * width
    free = width
    for column, text in reversed(labels):
        start = min(max(before + column - len(text) // 2, 0), free - len(text))
        if start < 0:
            break
        line[start : start + len(text)] = text
        free = start - 1
    return "".join(line).rstrip()


def _labels(labels: Sequence[str], each: int) -> list[tuple[int, str]]:
    """As many labels as have room, evenly, the last one among them."""
    widest = max(map(len, labels)) + 2
    step = -(-widest // each)
    last = len(labels) - 1
    return [(place, labels[place]) for place in range(last % step, last + 1, step)]


_IN_ASCII = str.maketrans(
    {
        **dict.fromkeys("─┬┴", "-"),
        **dict.fromkeys("│┤├", "|"),
        **dict.fromkeys("┌┐└┘┼", "+"),
    }
)
