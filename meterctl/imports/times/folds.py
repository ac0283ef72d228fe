"""What the labels around one change of the clock mean: the rows of one run of one series.

Files print the repeated hour row by row (02:00, 02:00, 02:15, 02:15), hour by hour (02:00 to 02:45
twice), or once; interval ends as the new clock shows them (02:00 twice), or as the start's clock
would have gone on (03:00 twice). Some set their clock back an hour late, and print the hour after
the repeated one twice. Some print the skipped hour: with nothing in it, or instead of
the hour that followed. All of them are told apart here, from the labels in the order of the file.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum, IntEnum
from typing import NamedTuple

from meterctl.domain.times import HOUR
from meterctl.imports.times.changes import Change, Zone

# How far from a change labels are looked at: its own hour, and what stands next to it.
NEAR = 2 * HOUR


class Amount(IntEnum):
    """How much stands in a row, as far as it matters here."""

    BLANK = 0
    ZERO = 1
    SOME = 2


class Window:
    """The labels near one change, in the order of the file, and which way they run."""

    __slots__ = ("amounts", "change", "labels", "way")

    def __init__(self, change: Change) -> None:
        self.change = change
        self.labels: list[int] = []
        self.amounts: list[Amount] = []
        self.way = 1

    def add(self, label: int, way: int, amount: Amount) -> None:
        """Take note of one label."""
        self.labels.append(label)
        self.amounts.append(amount)
        if way:
            self.way = way


class Outcome(Enum):
    """What was found at a change."""

    PLAIN = "plain"  # nothing had to be decided
    TWICE = "twice"  # the repeated labels stand there twice
    ONCE = "once"  # only once: taken as the first
    LATE = "late"  # once, and those of the hour after twice
    AS_NEXT = "as next"  # skipped labels stand for the hour after
    EMPTY = "empty"  # skipped labels with nothing in them, beside others with something
    UNCLEAR = "unclear"  # skipped labels with nothing in them, as in all rows around
    IMPOSSIBLE = "impossible"  # skipped labels with values, and the hour after as well


class Fold(NamedTuple):
    """The instants of each label near a change, in time's order; None: it never was."""

    instants: dict[int, tuple[int | None, ...]]
    way: int
    outcome: Outcome
    rows: int  # that had to be told apart


class Rhythm(NamedTuple):
    """What is known of the rows: how long their intervals are, and what their labels mean."""

    step: int  # in milliseconds; 0: none, such as a register's
    ends: bool = False  # labels end their intervals
    late: int = 0  # what a label lacks: a minute where an hour ends at 00:59


def resolve(window: Window, zone: Zone, rhythm: Rhythm, on_wall: bool) -> Fold:
    """The instants that the labels mean; where labels end intervals, those at which these begin.

    `on_wall`: an end is its start's clock run on; otherwise what the clock showed then.
    """
    change, back = window.change, -rhythm.late
    if rhythm.ends and on_wall:
        back += rhythm.step
    order = slice(None, None, -1 if window.way < 0 else 1)
    keys = [label - back for label in window.labels[order]]
    amounts = window.amounts[order]
    concerned = [i for i, key in enumerate(keys) if change.first <= key < change.last]
    instants: list[int | None] = [zone.earliest(key) for key in keys]
    outcome = Outcome.PLAIN
    if concerned and change.is_forward:
        outcome = _skipped(keys, amounts, concerned, instants, change)
    elif concerned and (late := _of_the_hour_after(keys, change, rhythm.step)):
        concerned, outcome = late, Outcome.LATE
        _repeated(keys, concerned, instants, change, rhythm.step)
    elif concerned:
        outcome = _repeated(keys, concerned, instants, change, rhythm.step)
    found: dict[int, tuple[int | None, ...]] = {}
    ahead = rhythm.step if rhythm.ends and not on_wall else 0
    for key, instant in zip(keys, instants, strict=True):
        begins = None if instant is None else instant - ahead
        found[key + back] = (*found.get(key + back, ()), begins)
    return Fold(found, window.way, outcome, len(concerned))


def _skipped(
    keys: list[int],
    amounts: list[Amount],
    concerned: list[int],
    instants: list[int | None],
    change: Change,
) -> Outcome:
    """Skipped labels stand for the hour after, if that is not there itself."""
    there = set(keys)
    doubtful = [i for i in concerned if keys[i] + change.shift in there]
    for i in doubtful:
        instants[i] = None
    if not doubtful:
        return Outcome.AS_NEXT
    most = max(amounts[i] for i in doubtful)
    if most is Amount.SOME:
        return Outcome.IMPOSSIBLE
    return Outcome.EMPTY if any(amount > most for amount in amounts) else Outcome.UNCLEAR


def _repeated(
    keys: list[int], concerned: list[int], instants: list[int | None], change: Change, step: int
) -> Outcome:
    """Repeated labels in two blocks, or in pairs, or once."""
    turns = [
        place
        for place in range(1, len(concerned))
        if keys[concerned[place]] < keys[concerned[place - 1]]
    ]
    often = Counter(keys[i] for i in concerned)
    if len(turns) == 1:
        second = set(concerned[turns[0] :])
    else:
        seen: Counter[int] = Counter()
        second = set()
        for i in concerned:
            if seen[keys[i]] or (often[keys[i]] == 1 and _fits_second_only(keys, i, change, step)):
                second.add(i)
            seen[keys[i]] += 1
    for i in concerned:
        instants[i] = keys[i] - (change.after if i in second else change.before)
    return Outcome.TWICE if second else Outcome.ONCE


def _of_the_hour_after(keys: list[int], change: Change, step: int) -> list[int]:
    """Where the labels of the hour after stand, if they are there twice instead of the hour's own.

    All of either hour must be there: a single row that stands there twice is no clock.
    """
    often, shift = Counter(keys), -change.shift
    if not step or shift % step:
        return []
    own = range(change.first, change.last, step)
    if any(often[key] != 1 or often[key + shift] != 2 for key in own):
        return []
    return [i for i, key in enumerate(keys) if change.last <= key < change.last + shift]


def _fits_second_only(keys: list[int], place: int, change: Change, step: int) -> bool:
    """Whether a label that stands there once keeps the rows' rhythm only the second time.

    So it is where clocks are set back by half an hour, and rows are an hour long.
    """
    if not step or change.shift % step == 0:
        return False
    before = [key for key in keys[:place] if key < change.first]
    if not before:
        return False
    anchor = before[-1] - change.before
    first, second = keys[place] - change.before, keys[place] - change.after
    return (first - anchor) % step != 0 and (second - anchor) % step == 0


def ends_on_wall(window: Window, rhythm: Rhythm) -> bool | None:
    """Whether ends are the starts' clock run on; None: this change does not show it.

    Then a repeated end lies up to one step behind the repeated hour, and an end may lie within the
    first step of a skipped one. Otherwise ends are as labels of instants are.
    """
    first, last = window.change.first, window.change.last
    count = Counter(label + rhythm.late for label in window.labels)
    if window.change.is_forward:
        labels = list(count)
    else:
        labels = [label for label, n in count.items() if n > 1]
    at_first = any(first <= label < first + rhythm.step for label in labels)
    at_last = any(last <= label < last + rhythm.step for label in labels)
    if at_first == at_last:
        return None
    return at_first if window.change.is_forward else at_last
