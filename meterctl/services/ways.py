"""The ways to a utility: its API, and its web form where the API provably took nothing."""

from __future__ import annotations

from collections.abc import Sequence

from meterctl.utility.port import Misconfigured, NotTaken, Outcome, Refused, Utility


class Ways:
    """By which one it is sent now. It turns to the other one once, and only on proof.

    Args:
        first: The way that is tried first.
        other: The one after it; None: there is none.
    """

    def __init__(self, first: Utility, other: Utility | None = None) -> None:
        self.now = first
        self.why_turned = ""  # what kept it from the first one; empty: it was not turned
        self._all = [first] if other is None else [first, other]

    @property
    def can_turn(self) -> bool:
        """Whether there is another one, not yet turned to."""
        return self.now is not self._all[-1]

    def turn(self, why: str) -> None:
        """Send by the other one from here on."""
        self.now = self._all[-1]
        self.why_turned = why

    @property
    def all(self) -> Sequence[Utility]:
        """Each of them, the one that is tried first at the front."""
        return self._all

    def of(self, channel: str) -> Utility | None:
        """The one that something was sent by; None: it is not set up any more."""
        return next((way for way in self._all if way.channel == channel), None)


def why_to_turn(outcome: Outcome) -> str:
    """Why another way may fare better; empty where it would not, or must not be tried.

    Only what is proven not to have been taken counts, and only where the cause is the way itself:
    a rejected value, a closed window or too many requests are the utility's own word.
    """
    match outcome:
        case Refused() | Misconfigured():
            return outcome.why
        case NotTaken(unreached=True):
            return outcome.why
        case _:
            return ""
