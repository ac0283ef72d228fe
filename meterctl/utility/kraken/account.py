"""An account at Octopus Energy: readings handed over, and looked for among those it shows."""

from __future__ import annotations

from collections.abc import Sequence

from meterctl.domain.quantity import format_quantity
from meterctl.utility.answers import with_another_value
from meterctl.utility.kraken.de import Germany
from meterctl.utility.kraken.region import Region, Sent
from meterctl.utility.kraken.session import Deadline, Question, Session
from meterctl.utility.kraken.settings import DE, Settings
from meterctl.utility.kraken.shelf import Found, look
from meterctl.utility.kraken.told import BY_HAND, Told
from meterctl.utility.kraken.uk import UnitedKingdom
from meterctl.utility.numbers import converted, fitted
from meterctl.utility.port import (
    Accepted,
    Already,
    Bounds,
    Lost,
    NotTaken,
    NotThere,
    Outcome,
    Rejected,
    Request,
)
from meterctl.utility.sending import shown_request

# What has arrived may be held back there for a day or two before it is shown.
SETTLES = 2 * 86_400.0

_HELD = "it has the reading, and holds it back until somebody there has looked at it"
_LATER = 3_600.0  # seconds; no second look in the same run would show more

_ACCOUNT = """\
query Account($account: String!) {
  account(accountNumber: $account) { number }
}"""


class Account:
    """The port `meterctl.utility.port.Utility` for one account.

    Args:
        settings: The account.
    """

    channel = "api"
    bounds = Bounds(by_day=True, settles=SETTLES)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = Session(settings)
        self._region: Region = Germany() if settings.region == DE else UnitedKingdom()

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Hand over a reading; where the answer is no proof, look for it at once."""
        (request,) = requests
        sent = self._sent(request)
        if not isinstance(sent, Sent):
            return [sent]
        deadline = Deadline(seconds)
        question = self._region.handing_over(self._settings.account, sent)
        told = self._session.ask(question, deadline)
        if not isinstance(told, Told):
            return [told]
        outcome = told.refusal() or self._region.handed_over(told, sent)
        if outcome is None:
            return [_if_shown(sent, told, self._look(sent, deadline))]
        if isinstance(outcome, Rejected):
            return [_if_there(sent, outcome, self._look(sent, deadline))]
        return [outcome]

    def ask(self, request: Request, seconds: float) -> Outcome:
        """Look for a reading among those that the account shows."""
        sent = self._sent(request)
        if not isinstance(sent, Sent):
            why = f"it cannot be asked about with these settings: {sent.why}"
            return Lost(why, BY_HAND, nonsense=True)
        found = self._look(sent, Deadline(seconds))
        if not isinstance(found, Found):
            return found
        if (held := _held_or_taken(sent, found)) is not None:
            return held
        if found.others:
            return with_another_value(found.others, found.answer)
        return NotThere(found.answer)

    def probe(self, seconds: float) -> Outcome:
        """Ask for the account's own number."""
        question = Question(_ACCOUNT, {"account": self._settings.account})
        told = self._session.ask(question, Deadline(seconds))
        if not isinstance(told, Told):
            return told
        if (refusal := told.refusal()) is not None:
            return refusal
        account = (told.data or {}).get("account")
        if not isinstance(account, dict) or account.get("number") != self._settings.account:
            return told.heard.nonsense("it did not answer with the account")
        return NotThere(told.heard.answer)

    def objection(self, request: Request) -> NotTaken | None:
        """Why a reading cannot be told as the settings are; nobody is asked."""
        sent = self._sent(request)
        return sent if isinstance(sent, NotTaken) else None

    def preview(self, requests: Sequence[Request]) -> str:
        """The requests that would leave, or why none would."""
        texts = []
        for request in requests:
            sent = self._sent(request)
            if isinstance(sent, Sent):
                question = self._region.handing_over(self._settings.account, sent)
                texts.append(shown_request(self._session.outgoing(question), self._session.mask))
            else:
                texts.append(f"nothing is sent: {sent.why}")
        return "\n\n".join(texts)

    def close(self) -> None:
        """The token is let go of; it ends by itself."""

    def _look(self, sent: Sent, deadline: Deadline) -> Found | Outcome:
        return look(self._region, self._session, self._settings.account, sent, deadline)

    def _sent(self, request: Request) -> Sent | NotTaken:
        """What is sent of a reading, or which setting is in the way."""
        meter = request.meter
        metered = self._settings.meters.get(meter)
        if metered is None:
            why = f"METERCTL_UTILITY_CONFIG says nothing of the meter {meter}"
            return _unfit(why, f"add [meters.{meter}]: docs/kraken.md", meter)
        if request.kind != "register":
            return _unfit(f"Octopus takes what a dial shows, and {meter} is no register", "", meter)
        completed = self._region.completed(metered, request)
        if isinstance(completed, str):
            hint = f"{completed} in [meters.{meter}] of METERCTL_UTILITY_CONFIG: docs/kraken.md"
            return NotTaken(f"the meter {meter} has no {completed}", hint, settings=True)
        try:
            amount = converted(request.value, request.unit, "kWh")
        except ValueError as error:
            return _unfit(f"Octopus takes electricity: {error}", "", meter)
        value = fitted(amount, metered.decimals, self._settings.rounding)
        if value is None:
            text = f"{format_quantity(request.value)} {request.unit}"
            return NotTaken(
                f"{text} has more decimals than the {metered.decimals} that Octopus takes of a kWh",
                'rounding = "truncate" or "round" in METERCTL_UTILITY_CONFIG says what to do',
                settings=True,
            )
        return Sent(completed, request.local.date(), value)


def _unfit(why: str, hint: str, meter: str) -> NotTaken:
    """A reading of a meter that has nothing to say to Octopus, as it is set up now."""
    unmark = f"meterctl meters set {meter} --no-submit"
    return NotTaken(why, f"{hint}; or: {unmark}" if hint else unmark, settings=True)


def _held_or_taken(sent: Sent, found: Found) -> Accepted | Lost | None:
    """What the very reading says, where it is shown."""
    if found.ours is None:
        return None
    if found.ours.is_held:
        return Lost(_HELD, BY_HAND, wait=_LATER, answer=found.answer, heard=True)
    number = f" #{found.ours.id}" if found.ours.id else ""
    return Accepted(f"{sent.text}{number}", found.answer)


def _if_shown(sent: Sent, told: Told, found: Found | Outcome) -> Outcome:
    """What became of a reading that nothing was said against: it counts where it is shown."""
    if isinstance(found, Found) and (outcome := _held_or_taken(sent, found)) is not None:
        return outcome
    why = "it raised no objection, and does not show the reading yet"
    return Lost(why, wait=_LATER, answer=told.heard.answer, heard=True)


def _if_there(sent: Sent, rejected: Rejected, found: Found | Outcome) -> Outcome:
    """Why a reading was refused: it, or another, may have been there."""
    if not isinstance(found, Found):
        return rejected
    taken = _held_or_taken(sent, found)
    if isinstance(taken, Accepted):
        return Already(taken.receipt, found.answer)
    if taken is not None:
        return taken
    if found.others:
        return with_another_value(f"{found.others} ({rejected.reason})", rejected.answer)
    return rejected
