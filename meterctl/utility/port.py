"""The port: what every way to a utility promises, whichever language its endpoint speaks.

An adapter never raises for what the other side does: each ending is one of the outcomes below. It
never sends a request twice, and never says that a reading was taken without a proof: the status
*and* the body of the answer, read for this very reading. Where a request may have left and no such
proof came back, the outcome is `Lost`, and it is for the caller to ask.

Every outcome carries `answer`: what came back, without secrets, cut to a few kilobytes. No other
text of an outcome holds a secret either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple, Protocol

from meterctl.domain.times import aware


class Request(NamedTuple):
    """One reading, as it is handed over."""

    key: str  # the idempotency key
    meter: str
    serial: str | None
    at: int
    starts_at: int  # differs from `at` for an interval's energy alone
    value: int  # millionths of the unit
    unit: str
    zone: tzinfo = UTC  # of the utility's days
    kind: str = "register"
    direction: str = "from_grid"
    obis: str | None = None

    @property
    def local(self) -> datetime:
        """Its time in the zone of the utility's days."""
        return aware(self.at, self.zone)


class Accepted(NamedTuple):
    """Proven: the utility took it, and gave a receipt."""

    receipt: str
    answer: str = ""


class Already(NamedTuple):
    """Proven: the utility held this reading with the same value."""

    receipt: str | None
    answer: str = ""


class Rejected(NamedTuple):
    """Proven: the utility will not take this reading as it is."""

    reason: str
    answer: str = ""


class NotTaken(NamedTuple):
    """Proven: it was not taken just now, for a reason that may pass."""

    why: str
    hint: str = ""
    wait: float | None = None  # seconds that it asks for
    nonsense: bool = False  # it will not pass by itself: a certificate that is not its own
    answer: str = ""
    unreached: bool = False  # it was not even asked: another way may fare better
    alone: bool = False  # for a reason of this reading: the next one may fare better
    settings: bool = False  # of this reading as well, and a setting of ours is the reason

    @property
    def is_of_it_alone(self) -> bool:
        """Whether the next reading may fare better, and no second try of this one."""
        return self.alone or self.settings


class Refused(NamedTuple):
    """Proven: it does not let us; no other reading will fare better."""

    why: str
    hint: str = ""
    answer: str = ""


class Misconfigured(NamedTuple):
    """Proven: nothing there takes readings this way; no other reading will fare better."""

    why: str
    hint: str = ""
    answer: str = ""


class Lost(NamedTuple):
    """Nothing is proven: ask before anything else."""

    why: str
    hint: str = ""
    wait: float | None = None  # seconds before it makes sense to ask
    nonsense: bool = False  # an answer came, and is none that such an endpoint gives
    answer: str = ""
    heard: bool = False  # it answered to the point, and knows no more yet


class NotThere(NamedTuple):
    """Asked: proven not to have been taken; the same request may be sent again."""

    answer: str = ""


Outcome = Accepted | Already | Rejected | NotTaken | Refused | Misconfigured | Lost | NotThere


class Bounds(NamedTuple):
    """What a utility takes at all, known without asking it."""

    rows: int = 1  # readings in one request
    oldest_days: int | None = None  # days before today that it still takes
    by_day: bool = False  # it is told a day, not an instant: one reading a day at most
    by_month: bool = False  # one reading a month at most
    whole_days: bool = False  # a reading is its day's total: none of a day that is not over
    # Seconds after which what it shows is what it took. Before, a reading that was sent may be on
    # its way there, so that neither none nor another value proves anything. 0 where it knows
    # keys, or takes once what is sent twice.
    settles: float = 0.0
    seconds: float | None = None  # that one submission may take; None: as any request
    one_meter: bool = False  # it is not told of which meter a reading is
    can_be_asked: bool = True  # what became of a reading; else a person looks
    local: bool = False  # it is asked on this machine: of what another one sent it knows nothing


class Utility(Protocol):
    """One account at one utility. Used by one thread at a time."""

    @property
    def channel(self) -> str:
        """What an attempt by this way is called: `api`, `portal` or `file`."""

    @property
    def bounds(self) -> Bounds:
        """What it takes at all."""

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Hand over readings, in one request; an outcome for each in their order.

        None is ever `NotThere`.

        Args:
            requests: The readings, at most `bounds.rows` of them.
            seconds: After so long it is over, come what may: `NotTaken` where nothing had left.
        """

    def ask(self, request: Request, seconds: float) -> Outcome:
        """Ask what became of a reading handed over earlier; changes nothing there.

        `NotTaken` and `Lost` say nothing of the reading then: it could not be found out. What is
        shown is told as it is: `bounds.settles` is for the caller to heed.
        """

    def probe(self, seconds: float) -> Outcome | None:
        """Whether it answers and knows us, changing nothing there: `NotThere` where it does.

        None where there is nothing that can be asked without a reading.
        """

    def objection(self, request: Request) -> NotTaken | None:
        """Why a reading cannot be told as the settings are, before anybody is asked; None: it can.

        `submit` says the same of it, and sends nothing.
        """

    def preview(self, requests: Sequence[Request]) -> str:
        """The request that would leave, in lines for people, secrets masked; nothing is sent."""

    def close(self) -> None:
        """Let go of what it holds; it is not used again."""
