"""The line to a utility: a described request is formed, let in, sent, and its answer noted."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import UTC

from meterctl.redact import Mask, mask_for
from meterctl.utility.answers import Reply
from meterctl.utility.described.calls import Call
from meterctl.utility.described.doors import secrets_in
from meterctl.utility.described.limits import Rate
from meterctl.utility.described.read import Description
from meterctl.utility.described.said import Said
from meterctl.utility.described.templates import Missing, Plain, Values
from meterctl.utility.exchange import NoAnswer, NotSent, Outgoing, Unformed, exchange
from meterctl.utility.given import Given
from meterctl.utility.port import Misconfigured, NotTaken, Refused
from meterctl.utility.sending import shown_request

# An answer, or why there is none.
Met = Reply | NotSent | NoAnswer | Unformed | NotTaken | Refused | Misconfigured


class Line:
    """It.

    Args:
        file: What describes the utility.
        given: The settings.
    """

    def __init__(self, file: Description, given: Given) -> None:
        self._door = file.door
        self._clock = file.clock
        self._rate = Rate(file.limits)
        self._secrets = secrets_in(file.url, given)
        self._known: dict[str, Plain] = {
            "url": file.url,
            "token": given.token,
            "user": given.user,
            "secret": given.secret,
            **{f"account.{name}": text for name, text in file.account.items()},
        }

    @property
    def mask(self) -> Mask:
        """What takes every secret out of a text."""
        return mask_for([*self._secrets, *self._door.secrets])

    def held(self) -> NotTaken | None:
        """Nothing may leave just now; None where it may."""
        return self._rate.held()

    def fresh(self) -> dict[str, Plain]:
        """What stands for no reading: settings, account, the time, a word that is used once."""
        now = self._clock.told(time.time_ns() // 1_000_000, UTC)
        return {**self._known, "now": now, "nonce": secrets.token_hex(16)}

    def check(self, call: Call, one: Said) -> None:
        """Nothing, where a request has all that it takes.

        Raises:
            Missing: a placeholder has no value.
        """
        _formed(call, [one], {})

    def shown(self, call: Call, saids: Sequence[Said]) -> str:
        """A request in lines for people."""
        fresh = self.fresh()
        return shown_request(self._door.shown(_formed(call, saids, fresh), fresh), self.mask)

    def talk(self, call: Call, saids: Sequence[Said], seconds: float) -> Met:
        """Send a request that is let in; once more where a token had run out before its time.

        A 401 proves that nothing was taken.
        """
        ends = time.monotonic() + seconds
        met = self._talk_once(call, saids, seconds)
        if isinstance(met, Reply) and met.status == 401 and self._door.renew():
            return self._talk_once(call, saids, ends - time.monotonic())
        return met

    def knock(self, url: str, seconds: float) -> NotTaken | Refused | Misconfigured | None:
        """Ask for what lets us in, and for nothing else; None where it does."""
        try:
            opened = self._door.opened(Outgoing("GET", url, {}, b""), self.fresh(), seconds)
        except Missing as error:
            return Misconfigured(str(error), error.hint)
        return None if isinstance(opened, Outgoing) else opened

    def _talk_once(self, call: Call, saids: Sequence[Said], seconds: float) -> Met:
        ends = time.monotonic() + seconds
        fresh = self.fresh()
        try:
            opened = self._door.opened(_formed(call, saids, fresh), fresh, seconds)
        except Missing as error:
            return Misconfigured(str(error), error.hint)
        if not isinstance(opened, Outgoing):
            return opened
        met = exchange(opened, ends - time.monotonic())
        if isinstance(met, Reply):
            self._rate.note(met)
        return met


def _formed(call: Call, saids: Sequence[Said], fresh: Values) -> Outgoing:
    """The request; of one reading alone, its placeholders may stand anywhere in it."""
    values = {**saids[0].values, **fresh} if len(saids) == 1 else fresh
    return call.formed(values, [{**one.values, **fresh} for one in saids])
