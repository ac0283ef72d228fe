"""Requests with a token, which is asked for first and lasts an hour."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from meterctl.domain.exact import to_json
from meterctl.redact import mask_for
from meterctl.utility.exchange import Outgoing, exchange
from meterctl.utility.kraken.settings import Settings
from meterctl.utility.kraken.told import CHECK_ENTRY, Told, told_of
from meterctl.utility.port import Lost, NotTaken, Outcome, Refused, Rejected

_LOGIN = """\
mutation Login($input: ObtainJSONWebTokenInput!) {
  obtainKrakenToken(input: $input) { token }
}"""


class Deadline:
    """When it is over, come what may."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then; not below 0."""
        return max(self._ends_at - time.monotonic(), 0.0)


class Question(NamedTuple):
    """A GraphQL document and its variables."""

    document: str
    variables: Mapping[str, object]


class Session:
    """The endpoint, as one account is let in to it."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.url
        self._credentials = settings.credentials
        self._token: str | None = None
        self.mask = mask_for(self._secrets)

    @property
    def _secrets(self) -> list[str | None]:
        return [*self._credentials.values(), self._token]

    def ask(self, question: Question, deadline: Deadline) -> Told | Outcome:
        """Send a request, with a token; with a new one, where the old one is not accepted.

        The second request is no repetition: the first one was provably not looked at.
        """
        for _ in range(2):
            if self._token is None and (failure := self._log_in(deadline)) is not None:
                return failure
            if not deadline.left:
                return NotTaken("there was no time left to send it")
            told = told_of(exchange(self.outgoing(question), deadline.left), self.mask)
            if not isinstance(told, Told) or not told.is_stale:
                return told
            self._token = None
        return Refused("it does not accept the token that it gave us", CHECK_ENTRY)

    def outgoing(self, question: Question) -> Outgoing:
        """A request, as it leaves."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "meterctl",
            "Authorization": self._token or "",
        }
        return Outgoing("POST", self._url, headers, _body(question))

    def _log_in(self, deadline: Deadline) -> Outcome | None:
        """Get a token; what is known of the reading where there is none: it has not left."""
        question = Question(_LOGIN, {"input": self._credentials})
        plain = self.outgoing(question)
        headers = {name: text for name, text in plain.headers.items() if name != "Authorization"}
        told = told_of(exchange(plain._replace(headers=headers), deadline.left), self.mask)
        if not isinstance(told, Told):
            return _not_left(told)
        if (refusal := told.refusal()) is not None:
            return _not_left(refusal)
        payload = (told.data or {}).get("obtainKrakenToken")
        token = payload.get("token") if isinstance(payload, dict) else None
        if not isinstance(token, str) or not token or not token.isascii():
            why = "it let us in, but gave no token"
            return NotTaken(why, nonsense=True, answer=told.heard.answer)
        self._token = token
        self.mask = mask_for(self._secrets)
        return None


def _not_left(outcome: Outcome) -> Outcome:
    """What came of getting a token, as it concerns a reading that was not sent."""
    if isinstance(outcome, Lost):
        return NotTaken(
            f"no token was to be had: {outcome.why}",
            outcome.hint,
            outcome.wait,
            nonsense=outcome.nonsense,
            answer=outcome.answer,
            unreached=True,
        )
    if isinstance(outcome, Rejected):  # of the credentials
        why = f"it does not let us: {outcome.reason}"
        return Refused(why, CHECK_ENTRY, outcome.answer)
    return outcome


def _body(question: Question) -> bytes:
    return to_json({"query": question.document, "variables": question.variables}).encode()
