"""Answers that are lists: an outcome for each reading of a batch; readings read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from meterctl.domain.times import iso_utc
from meterctl.utility.answers import BY_HAND
from meterctl.utility.described.figures import decimal_text
from meterctl.utility.described.paths import Place
from meterctl.utility.described.rules import Rule, Verdict, judged, of_it_alone
from meterctl.utility.described.said import Said, is_compared_as_text, text_of
from meterctl.utility.described.templates import Template
from meterctl.utility.described.told import Told
from meterctl.utility.port import Accepted, Lost, NotThere, Outcome


class Outcomes(NamedTuple):
    """Where an answer to a batch says what became of each reading."""

    at: Place
    match: Mapping[Place, Template]  # none: by order, where there are as many as were sent
    answers: Sequence[Rule]

    def of(self, told: Told, saids: Sequence[Said]) -> list[Verdict] | None:
        """An outcome for each reading; None where the answer has no such list."""
        rows = self.at.of(told.body)
        if not isinstance(rows, list):
            return None
        if self.match:
            found = self._matching(rows, saids)
        elif len(rows) == len(saids):
            found = [[row] for row in rows]
        else:
            found = [[] for _ in saids]
        return [self._one(told, rows, said) for rows, said in zip(found, saids, strict=True)]

    def _matching(self, rows: Sequence[object], saids: Sequence[Said]) -> list[list[object]]:
        """The rows of each reading; looked up by a text, if there is one among what they match."""
        texts = ((where, one) for where, one in self.match.items() if is_compared_as_text(one))
        where, template = next(texts, (None, None))
        if where is None or template is None:
            return [[row for row in rows if _is_of(self.match, row, said)] for said in saids]
        by_text: dict[str | None, list[object]] = {}
        for row in rows:
            by_text.setdefault(text_of(where.of(row)), []).append(row)
        found = []
        for said in saids:
            own = said.own_text(template)
            some = rows if own is None else by_text.get(own, ())
            found.append([row for row in some if _is_of(self.match, row, said)])
        return found

    def _one(self, told: Told, rows: Sequence[object], said: Said) -> Verdict:
        if len(rows) != 1:
            times = "does not say what became of it" if not rows else "says two things of it"
            return told.nonsense(f"it answered {told.line}, but {times}")
        outcome = judged(self.answers, told, rows[0], said)
        if outcome is None:
            return told.nonsense(f"it answered {told.line}, with a row that no rule knows")
        return of_it_alone(outcome, said)


class Shown(NamedTuple):
    """Where an answer shows the readings that it holds."""

    at: Place
    match: Mapping[Place, Template]  # what makes a row this meter's, or this very reading's
    time: Place | None  # None: `match` says which reading it is
    by_day: bool
    value: Place
    receipt: Place | None
    shows: str  # `all`: what is not there was not taken; `newest`: of the last alone; `some`
    answers: Sequence[Rule]  # of a row that is this reading's, before its value is looked at

    def of(self, told: Told, said: Said) -> Verdict:
        """What becomes of a reading in the light of what is shown."""
        rows = self.at.of(told.body)
        if isinstance(rows, Mapping):
            rows = [rows]
        if not isinstance(rows, list):
            return told.nonsense(f"it answered {told.line}, but shows no readings at {self.at}")
        own = [row for row in rows if _is_of(self.match, row, said)]
        at = [self._is_at(row, said) for row in own]
        held = [row for row, is_at in zip(own, at, strict=True) if is_at]
        for row in held:
            verdict = judged(self.answers, told, row, said)
            if verdict is not None:
                return verdict
            if said.figures.read(self.value.of(row)) == said.amount:
                return Accepted(self._receipt(told, row, said), told.answer)
        if held:
            theirs = self.value.of(held[0])
            if said.figures.read(theirs) is None:
                return told.nonsense(
                    f"it shows a reading whose value is none: {told.shown(theirs)}"
                )
            return told.with_another_value(theirs)
        if None in at:
            return told.nonsense("it shows a reading whose time is none")
        if any(self._is_near(row, said) for row in own):
            why = "it shows a reading of nearly that time, which may be this one"
            return Lost(why, BY_HAND, answer=told.answer, heard=True)
        return self._absent(told, own, said)

    def _is_at(self, row: object, said: Said) -> bool | None:
        if self.time is None:
            return True
        theirs = self.time.of(row)
        if self.by_day:
            return said.moments.is_same_day(theirs, said.request.at, said.zone)
        return said.moments.is_same(theirs, said.request.at, said.zone)

    def _is_near(self, row: object, said: Said) -> bool:
        at = None if self.time is None or self.by_day else self.time.of(row)
        return said.moments.is_near(at, said.request.at, said.zone)

    def _absent(self, told: Told, rows: Sequence[object], said: Said) -> Outcome:
        if self.shows == "all":
            return NotThere(told.answer)
        times = [] if self.time is None else [self.time.of(row) for row in rows]
        # What came after this reading may have taken its place in what is shown.
        is_before = all(
            (read := said.moments.read(theirs, said.zone)) is not None and read < said.request.at
            for theirs in times
        )
        if self.shows == "newest" and is_before:
            return NotThere(told.answer)
        why = "it does not show the reading, which proves nothing"
        return Lost(why, BY_HAND, answer=told.answer, heard=True)

    def _receipt(self, told: Told, row: object, said: Said) -> str:
        given = None if self.receipt is None else told.word(self.receipt.of(row))
        at = said.moments.day_of(said.request.at, said.zone) if self.by_day else None
        what = f"{decimal_text(said.amount)} {said.unit} of {at or iso_utc(said.request.at)}"
        return given or f"{what}, as it shows it"


def _is_of(match: Mapping[Place, Template], row: object, said: Said) -> bool:
    return all(said.is_own(template, where.of(row)) for where, template in match.items())
