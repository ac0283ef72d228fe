"""From what the first pass saw of each series to how the second one places its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import NamedTuple

from meterctl.imports.layout import Label
from meterctl.imports.times.changes import Change, Zone
from meterctl.imports.times.doubt import standard_time
from meterctl.imports.times.folds import Fold, Outcome, Rhythm, ends_on_wall, resolve
from meterctl.imports.times.labels import Meaning, decide_label
from meterctl.imports.times.placing import Plan
from meterctl.imports.times.regimes import Parts, step_at
from meterctl.imports.times.seen import Seen
from meterctl.imports.times.steps import Step

_BY_A_MACHINE = 4  # readings within some hours


class Rhythms(NamedTuple):
    """The steps of a series: the usual one, or where each holds."""

    usual: Step | None
    parts: Parts = ()

    @property
    def first(self) -> Step | None:
        """That of its earliest rows."""
        return self.parts[0][1] if self.parts else self.usual

    @property
    def last(self) -> Step | None:
        """That of its latest rows."""
        return self.parts[-1][1] if self.parts else self.usual


class Outcomes(NamedTuple):
    """The plans, and what was found at the changes of the clock: of a register or not."""

    plans: dict[str, Plan]
    found: list[tuple[Change, Fold, bool]]


def rhythms_of(
    seen: Mapping[str, Seen], registers: Collection[str], *, ends: bool
) -> dict[str, Rhythms]:
    """The steps of each series of intervals; one with a single row takes the others'."""
    found: dict[str, Rhythms] = {}
    lonely: list[str] = []
    for series, one in seen.items():
        if series in registers:
            continue
        parts = one.regimes.parts(ends=ends)
        if parts is None:
            found[series] = Rhythms(None)  # two of them at the same time
        elif parts:
            found[series] = Rhythms(parts[0][1], parts)
        elif (step := one.step()) is not None:
            found[series] = Rhythms(step)
        elif one.rows == 1:
            lonely.append(series)
    common = set(found.values())
    if len(common) == 1:
        found.update(dict.fromkeys(lonely, common.pop()))
    return found


def meaning_of(
    seen: Mapping[str, Seen], rhythms: Mapping[str, Rhythms], told: Label | None
) -> Meaning:
    """What the labels of rows with one time mean.

    Raises:
        Unknown: (option `label`) nothing shows it.
    """
    single = [
        (one.labels, rhythms[series].first, rhythms[series].last)
        for series, one in seen.items()
        if series in rhythms and one.has_starts and not one.ends and not one.is_of_days
    ]
    return decide_label(told, single)


def plans_of(
    seen: Mapping[str, Seen],
    rhythms: Mapping[str, Rhythms],
    meaning: Meaning,
    registers: Collection[str],
    zone: Zone,
) -> Outcomes:
    """How each series is placed."""
    plans: dict[str, Plan] = {}
    outcomes: list[tuple[Change, Fold, bool]] = []
    for series, one in seen.items():
        is_register = series in registers
        ends = not one.has_starts or (meaning.ends and not one.ends and not is_register)
        rhythm = rhythms.get(series, Rhythms(None))
        plan = Plan(
            *rhythm,
            ends=ends,
            late=one.labels.lacks(rhythm.first) if ends else 0,
            inclusive=one.is_inclusive,
            to_the_minute=one.is_to_the_minute,
        )
        folds = _folds(one, plan, zone) if is_register or plan.step else {}
        plans[series] = plan._replace(folds=folds)
        outcomes += [(one.windows[at].change, fold, is_register) for at, fold in folds.items()]
    return Outcomes(plans, outcomes)


def _folds(one: Seen, plan: Plan, zone: Zone) -> dict[tuple[int, int], Fold]:
    """What the labels near each change mean."""
    rhythms: dict[tuple[int, int], Rhythm] = {}
    for place, window in one.windows.items():
        step = step_at(plan.parts, window.change.first) if plan.parts else plan.step
        if step is None or step.is_short:  # longer steps go by the wall, each for itself
            rhythms[place] = Rhythm(step.amount if step else 0, plan.ends, plan.late)
    shown = {place: ends_on_wall(one.windows[place], rhythm) for place, rhythm in rhythms.items()}
    votes = Counter(vote for vote in shown.values() if vote is not None)
    usual = votes[True] > votes[False]
    folds = {}
    for place, rhythm in rhythms.items():
        vote = shown[place]
        on_wall = usual if vote is None else vote
        folds[place] = resolve(one.windows[place], zone, rhythm, on_wall)
    return folds


def refuse_standard_time(zone: Zone, outcomes: list[tuple[Change, Fold, bool]]) -> None:
    """Ask for the zone where rows stand in a skipped hour, and none in a repeated one.

    Raises:
        Unknown: (option `zone`).
    """
    found = {fold.outcome for _, fold, is_register in outcomes if not is_register}
    if {Outcome.TWICE, Outcome.LATE} & {fold.outcome for _, fold, _ in outcomes}:
        return  # then it is the zone's clock, and those rows are wrong by themselves
    # The sun does not shine in that hour: zeros alone tell nothing, but with one hour too many in
    # spring and one too few in autumn, nothing speaks for the zone's clock either.
    suspect = {Outcome.IMPOSSIBLE}
    if Outcome.ONCE in found and Outcome.EMPTY not in found:
        suspect.add(Outcome.UNCLEAR)
    for change, fold, is_register in outcomes:
        # A reading among few was mistyped by hand; a machine's are there all night.
        by_hand = is_register and len(fold.instants) < _BY_A_MACHINE
        if fold.outcome in suspect and not by_hand:
            raise standard_time(zone, change, fold.rows)
