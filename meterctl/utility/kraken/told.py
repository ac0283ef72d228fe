"""An answer of a GraphQL endpoint: data, errors, or both, and a status of 200 for each. No I/O.

An error that comes with data has stopped a part of the request alone, and one whose `path` leads
below the request's own field came after that field was carried out. No `data` proves nothing by
itself: whoever is on the way there, and was not answered in time, says so without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from meterctl.redact import Mask
from meterctl.remote import one_line
from meterctl.utility.answers import Reply
from meterctl.utility.bodies import NotAnObject, object_in
from meterctl.utility.exchange import Ending
from meterctl.utility.port import Lost, Misconfigured, NotTaken, Outcome, Refused, Rejected
from meterctl.utility.sending import unanswered
from meterctl.utility.statuses import CHECK_URL, Heard, by_status

CHECK_ENTRY = "check METERCTL_UTILITY_TOKEN, or METERCTL_UTILITY_USER and METERCTL_UTILITY_SECRET"
BY_HAND = "look at the account's own page, then: meterctl submissions resolve"
_CHECK_METERS = "check METERCTL_UTILITY_CONFIG: account and meters"
THROTTLED_FOR = 600.0  # seconds; it counts points by the hour, and does not say when to come again

# A token that is missing, of another time, or of another kind: a new one helps.
_STALE = frozenset(
    ("KT-CT-1112", "KT-CT-1120", "KT-CT-1121", "KT-CT-1124", "KT-CT-1139", "KT-CT-1143")
)
_THROTTLED = frozenset(("KT-CT-1199",))
_NO_ENTRY = frozenset(("KT-CT-1111", "KT-CT-4123", "KT-CT-4177")) | _STALE
_DISABLED = frozenset(("KT-CT-1113",))
# Could not create a reading: of the United Kingdom, of Germany.
_NOT_CREATED = frozenset(("KT-GB-6411", "KT-DE-6411", "KT-DE-6412", "KT-DE-6413", "KT-DE-6414"))


class Trouble(NamedTuple):
    """One error of an answer."""

    code: str
    type: str
    text: str  # without secrets
    depth: int = 0  # of the field that failed: 1 is the request's own; 0: none is named
    in_document: bool = False  # of a place in the document or its variables, and no more

    @property
    def line(self) -> str:
        """It, for people."""
        return f"{self.text} ({self.code})" if self.code else self.text


class Told(NamedTuple):
    """What an endpoint told."""

    heard: Heard
    data: Mapping[str, Any] | None
    troubles: tuple[Trouble, ...]
    has_key: bool  # whether there is `data`, if only null

    @property
    def is_stale(self) -> bool:
        """Whether a new token would help, and nothing was done with the old one."""
        return not self._was_carried_out and self._any_of(_STALE)

    @property
    def _has_data(self) -> bool:
        return any(value is not None for value in (self.data or {}).values())

    @property
    def _was_carried_out(self) -> bool:
        """Whether the request's own field may have been, whatever failed then."""
        return self._has_data or any(one.depth > 1 for one in self.troubles)

    def refusal(self) -> Outcome | None:
        """What the errors say of a request that changes something; None where there are none."""
        if not self.troubles:
            return None
        line = one_line("; ".join(dict.fromkeys(one.line for one in self.troubles)))
        answer = self.heard.answer
        if self._has_data:
            why = f"it answered with an error, and as if there were none: {line}"
            return Lost(why, BY_HAND, nonsense=True, answer=answer)
        if self._was_carried_out:
            return Lost(f"it failed on the way back: {line}", answer=answer)
        if self._any_of(_THROTTLED):
            return NotTaken(line, wait=THROTTLED_FOR, answer=answer)
        if self._any_of(_NO_ENTRY, "AUTHENTICATION", "AUTHORIZATION"):
            return Refused(f"it does not let us: {line}", CHECK_ENTRY, answer)
        if self._any_of(_DISABLED):
            return Misconfigured(line, CHECK_URL, answer)
        if any(one.type == "NOT_FOUND" for one in self.troubles):
            return NotTaken(line, _CHECK_METERS, answer=answer, settings=True)
        if self._any_of(_NOT_CREATED, "VALIDATION"):
            return Rejected(line, answer)
        if not self.has_key and all(one.in_document for one in self.troubles):
            return Misconfigured(line, CHECK_URL, answer)  # not a request as it understands them
        return Lost(line, answer=answer)

    def _any_of(self, codes: frozenset[str], *types: str) -> bool:
        return any(one.code in codes or one.type in types for one in self.troubles)


def told_of(ending: Ending, mask: Mask) -> Told | Outcome:
    """What an endpoint told; or what is known where it told nothing of the kind."""
    if not isinstance(ending, Reply):
        return unanswered(ending)
    heard = Heard(ending, mask)
    if ending.status != 400 and (outcome := by_status(heard, CHECK_ENTRY)) is not None:
        return outcome
    try:
        body = object_in(ending.body)
    except NotAnObject as error:
        return heard.nonsense(f"it answered {heard.line} with {error}", f"{CHECK_URL}; {BY_HAND}")
    data, errors = body.get("data"), body.get("errors", [])
    listed = errors if isinstance(errors, list) else None
    if not isinstance(data, dict | None) or listed is None or not (data or listed):
        return heard.nonsense(f"it answered {heard.line}, but not as GraphQL does", CHECK_URL)
    if ending.status == 400 and not listed:
        return heard.nonsense(f"it answered {heard.line}, and as if all were well", BY_HAND)
    troubles = tuple(_trouble(one, mask) for one in listed)
    return Told(heard, data, troubles, has_key="data" in body)


def _trouble(error: object, mask: Mask) -> Trouble:
    fields = error if isinstance(error, dict) else {}
    extensions = fields.get("extensions")
    more = extensions if isinstance(extensions, dict) else {}

    def text(value: object) -> str:
        return one_line(mask(value)) if isinstance(value, str) else ""

    code, kind = text(more.get("errorCode")), text(more.get("errorType"))
    path = fields.get("path")
    in_document = bool(fields.get("locations")) and path is None and not code and not kind
    said = [text(fields.get("message")).rstrip("."), text(more.get("errorDescription"))]
    line = ": ".join(filter(None, said)) or "an error"
    return Trouble(code, kind, line, _depth(path), in_document)


def _depth(path: object) -> int:
    """How deep a field is; what is no path may be as deep as any."""
    if path is None:
        return 0
    return len(path) if isinstance(path, list) else 2
