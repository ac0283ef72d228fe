"""A token that is asked for with what is known, kept while it lasts, and asked for anew."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from meterctl.redact import mask_for
from meterctl.utility.answers import IS_TOO_MUCH, Reply
from meterctl.utility.described.calls import Call
from meterctl.utility.described.doors import Marks
from meterctl.utility.described.paths import Place
from meterctl.utility.described.templates import Missing, Values
from meterctl.utility.described.told import CHECK_SECRETS, CHECK_URL, Told
from meterctl.utility.exchange import NoAnswer, NotSent, Outgoing, Unformed, exchange
from meterctl.utility.port import Misconfigured, NotTaken, Refused

UNKNOWN_LIFE = 300.0  # seconds that a token is kept whose life is not told
_MARGIN = 30.0  # seconds before its end at which it is not used any more; of a short one a fifth
_LONGEST_TOKEN = 20_000

Failure = NotTaken | Refused | Misconfigured


class Login(NamedTuple):
    """How a token is asked for."""

    call: Call
    marks: Marks  # what lets this request in
    token: Place
    lasts: Place | float  # seconds
    refresh: Place | None  # a token that asks for the next one
    renewal: Call | None  # how: the same request otherwise


class Session:
    """The door of whoever logs in."""

    def __init__(self, marks: Marks, login: Login, secrets: Sequence[str]) -> None:
        self._marks = marks
        self._login = login
        self._given = secrets
        self._token: str | None = None
        self._refresh: str | None = None
        self._ends = 0.0  # by the monotonic clock
        self._seen: list[str] = []  # every token that was given, so that none is ever shown

    @property
    def secrets(self) -> tuple[str, ...]:
        """The tokens that it was given."""
        return tuple(self._seen)

    def opened(self, outgoing: Outgoing, values: Values, seconds: float) -> Outgoing | Failure:
        """The request with the token; it is asked for where there is none that holds."""
        if self._token is None or time.monotonic() >= self._ends:
            began = time.monotonic()
            failure = self._fetch(values, seconds)
            if failure is not None:
                return failure
            if time.monotonic() - began >= seconds:
                return NotTaken("no time was left once it had let us in", unreached=True)
        return self._marks.put_on(outgoing, {**values, "session": self._token})

    def shown(self, outgoing: Outgoing, values: Values) -> Outgoing:
        """The request as if there were one."""
        return self._marks.put_on(outgoing, {**values, "session": "***"})

    def renew(self) -> bool:
        """Ask for another one the next time."""
        self._token = None
        return True

    def _fetch(self, values: Values, seconds: float) -> Failure | None:
        ends = time.monotonic() + seconds
        if self._refresh is not None and self._login.renewal is not None:
            more = {**values, "refresh": self._refresh}
            self._refresh = None
            if self._asked(self._login.renewal, more, seconds) is None:
                return None
        return self._asked(self._login.call, values, ends - time.monotonic())

    def _asked(self, call: Call, values: Values, seconds: float) -> Failure | None:
        """Ask for a token; nothing of a reading leaves with it, so nothing is ever in doubt."""
        try:
            outgoing = self._login.marks.put_on(call.formed(values), values)
        except Missing as error:
            return Misconfigured(str(error), error.hint)
        began = time.monotonic()
        match exchange(outgoing, seconds):
            case NotSent(why, nonsense):
                return NotTaken(f"no token: {why}", CHECK_URL, nonsense=nonsense, unreached=True)
            case NoAnswer(why, nonsense):
                return NotTaken(f"no token: {why}", nonsense=nonsense, unreached=True)
            case Unformed(why, hint):
                return Misconfigured(f"no token: {why}", hint)
            case Reply() as reply:
                return self._taken(reply, began)

    def _taken(self, reply: Reply, began: float) -> Failure | None:
        told = Told(reply, mask_for([*self._given, *self._seen]))
        if not 200 <= reply.status < 300:
            return _denied(told)
        token = told.word(self._login.token.of(told.body), _LONGEST_TOKEN)
        if token is None:
            why = f"it answered {told.line} and gave no token at {self._login.token}"
            return NotTaken(why, CHECK_URL, nonsense=True, unreached=True)
        self._token = token
        self._seen.append(token)
        if self._login.refresh is not None:
            self._refresh = told.word(self._login.refresh.of(told.body), _LONGEST_TOKEN)
            self._seen += [self._refresh] if self._refresh else []
        life = self._life(told)
        self._ends = began + life - min(_MARGIN, life / 5)
        return None

    def _life(self, told: Told) -> float:
        lasts = self._login.lasts
        if isinstance(lasts, Place):
            theirs = str(lasts.of(told.body))
            return float(int(theirs)) if theirs.isdecimal() and len(theirs) < 10 else UNKNOWN_LIFE
        return lasts


def _denied(told: Told) -> Failure:
    """Why there is no token. The answer is not kept: it may hold one."""
    status = told.status
    if status in (400, 401, 402, 403, 422):
        return Refused(f"it gave us no token: {told.reason()}", CHECK_SECRETS)
    if 400 <= status < 500 and status not in IS_TOO_MUCH:
        return Misconfigured(f"nothing there gives tokens: {told.reason()}", CHECK_URL)
    is_nonsense = status < 400
    return NotTaken(
        f"it gave us no token: it answered {told.line}",
        wait=told.wait,
        nonsense=is_nonsense,
        unreached=True,
    )
