"""What was decided of a file's clock, in sentences for the person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from meterctl.domain.times import DAY
from meterctl.imports.times.changes import Change, day_text, label_text
from meterctl.imports.times.folds import Fold, Outcome
from meterctl.imports.times.regimes import Parts
from meterctl.imports.times.steps import Step

_CHANGES = {
    Outcome.TWICE: "on {day} the clock showed {first} to {last} twice: told apart by their order "
    "in the file ({rows})",
    Outcome.ONCE: "on {day} the clock showed {first} to {last} twice, the file has it once: taken "
    "as the first ({rows})",
    Outcome.LATE: "on {day} the clock showed {first} to {last} twice, the file the hour after: "
    "told apart by their order in the file ({rows})",
    Outcome.AS_NEXT: "on {day} the clock skipped {first} to {last}: times in it stand for the hour "
    "after, which the file has not ({rows})",
    Outcome.EMPTY: "on {day} the clock skipped {first} to {last}: times in it have nothing or 0 "
    "there ({rows})",
    Outcome.UNCLEAR: "on {day} the clock skipped {first} to {last}: times in it have nothing or 0 "
    "there, as those around them ({rows})",
    Outcome.IMPOSSIBLE: "on {day} the clock skipped {first} to {last}: times in it are refused "
    "({rows})",
}


def of_changes(outcomes: Iterable[tuple[Change, Fold, bool]]) -> list[str]:
    """A sentence for each change at which something was decided, in time's order."""
    rows: Counter[tuple[Change, Outcome]] = Counter()
    for change, fold, is_register in outcomes:
        outcome = fold.outcome
        if is_register and outcome is Outcome.AS_NEXT:
            outcome = Outcome.IMPOSSIBLE
        rows[change, outcome] += fold.rows
    return [
        _CHANGES[outcome].format(
            day=day_text(change.first),
            first=label_text(change.first),
            last=label_text(change.last),
            rows="1 value" if count == 1 else f"{count} values",
        )
        for (change, outcome), count in sorted(rows.items(), key=lambda item: item[0][0].at)
        if outcome in _CHANGES
    ]


def of_steps(rhythms: Iterable[tuple[Step | None, Parts]]) -> list[str]:
    """A sentence for each rhythm."""
    told = []
    for step, parts in rhythms:
        if parts:
            changes = [
                f"{one} from {day_text(label)}" + (f" {label_text(label)}" if label % DAY else "")
                for label, one in parts[1:]
            ]
            told.append(f"rows step by {', by '.join((str(parts[0][1]), *changes))} on")
        elif step is not None:
            told.append(f"rows step by {step}")
    return sorted(set(told))
