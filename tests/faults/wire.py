"""What may become of one request on the wire, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tests import proxy as acts
from tests.proxy import Act

_QUOTA = (
    '{"error":{"code":429,"message":"Quota exceeded for quota metric","status":'
    '"RESOURCE_EXHAUSTED","details":[{"reason":"RATE_LIMIT_EXCEEDED"}]}}'
)
_LOGIN = "<html>log in</html>"
_HTML = "text/html"
_SOON = {"Retry-After": "1"}
_AT = {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}

FAULTS: Mapping[str, Act] = {
    "refused": acts.refuse,
    "reset before": acts.reset_before,
    "reset after": acts.reset_after,
    "lands late": acts.late,
    "slow, lands late": acts.hold_before,
    "no answer": acts.hold_after,
    "drips": acts.drip,
    "truncated": acts.truncate,
    "cut short": acts.cut_short,
    "sent twice": acts.pass_on_twice,
    "401, token expired": acts.answer_as(acts.EXPIRED),
    "401, key revoked": acts.revoke,
    "408 though applied": acts.answer_with(408, applied=True),
    "429": acts.answer_with(429, _QUOTA),
    "429, Retry-After: seconds": acts.answer_with(429, _QUOTA, headers=_SOON),
    "429, Retry-After: a date": acts.answer_with(429, _QUOTA, headers=_AT),
    "500": acts.answer_with(500, "{}"),
    "500 though applied": acts.answer_with(500, "{}", applied=True),
    "502 HTML": acts.answer_with(502, "<html>bad gateway</html>", _HTML),
    "502 HTML though applied": acts.answer_with(502, "<html>", _HTML, applied=True),
    "503": acts.answer_with(503),
    "503, Retry-After: seconds": acts.answer_with(503, headers=_SOON),
    "503, Retry-After: a date": acts.answer_with(503, headers=_AT, applied=True),
    "504 though applied": acts.answer_with(504, "{}", applied=True),
    "redirect": acts.answer_with(307, headers={"Location": "http://127.0.0.1:1/"}),
    "200 HTML": acts.answer_with(200, _LOGIN, _HTML),
    "200 HTML though applied": acts.answer_with(200, _LOGIN, _HTML, applied=True),
    "200 empty": acts.answer_with(200),
    "200 empty though applied": acts.answer_with(200, applied=True),
    "200 another JSON": acts.answer_with(200, "{}"),
    "200 another JSON though applied": acts.answer_with(200, "{}", applied=True),
}
# What is behind all of them: it was applied, it was not, it will be.
KINDS = ("reset before", "reset after", "lands late")
HANGING = {"slow, lands late", "no answer", "drips"}  # for as long as the client waits
ASKING_FOR_TIME = {name for name in FAULTS if "Retry" in name}

KILLS: Mapping[str, Act] = {
    "killed, not applied": acts.kill_before,
    "killed, applied": acts.kill_after,
    "killed, lands late": acts.kill_late,
    "killed with the answer": acts.kill_answered,
}
OVERTAKEN = "what is late lands first"
LATE = ("lands late", "slow, lands late", "killed, lands late")
ACTS: Mapping[str, Act] = {**FAULTS, **KILLS, OVERTAKEN: acts.overtaken}
