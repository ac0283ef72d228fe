"""Whether it is worth to go on with a submission, or with the ones after it."""

from __future__ import annotations

from meterctl.services.retrying import Again
from meterctl.services.submitting import Step, is_of_it_alone
from meterctl.utility.port import Accepted, Already, Lost, NotTaken, NotThere, Outcome, Rejected

_TRIES = 3  # of what is not taken: a person may be waiting, and the next run comes


def is_heard(outcome: Outcome) -> bool:
    """Whether the other side answered to the point: it is worth to go on."""
    if isinstance(outcome, Lost):
        return outcome.heard
    return is_of_it_alone(outcome) or isinstance(outcome, (Accepted, Already, Rejected, NotThere))


def after_asking(step: Step) -> Again | None:
    """Whether to ask again."""
    outcome = step.outcome
    if outcome is None or step.not_taken >= _TRIES or is_of_it_alone(outcome):
        return None
    if isinstance(outcome, Lost) and outcome.heard and outcome.wait is None:
        return None  # it told all that it knows for now
    if isinstance(outcome, (NotTaken, Lost)) and not outcome.nonsense:
        return Again(outcome.wait)
    return None


def after_sending(step: Step) -> Again | None:
    """Whether to go on with a submission, asking or sending as its state has it."""
    outcome = step.outcome
    if isinstance(outcome, NotThere):
        return Again()  # it may be on its way still: a little later, the same key finds out
    if isinstance(outcome, Lost) and not (step.was_asked or outcome.heard):
        return Again(outcome.wait, at_once=outcome.wait is None)
    return after_asking(step)
