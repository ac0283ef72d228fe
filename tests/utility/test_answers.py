"""What an answer means: its status and its body, for this very reading."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from meterctl.redact import mask_for
from meterctl.utility.answers import Reply, asked, submitted
from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
    Request,
)
from tests.helpers import NOW, instant

AT = instant("2026-03-01T06:00:00Z")
REQUEST = Request("m1-abc", "meter", "S-1", AT, AT, 142_300_000, "kWh")
SECRET = "s3cr3t/token+"
OURS = {
    "key": "m1-abc",
    "meter": "meter",
    "serial": "S-1",
    "timestamp": "2026-03-01T06:00:00Z",
    "value": 142.3,
    "unit": "kWh",
}
GOOD = {"status": "accepted", "receipt": "R-1", **OURS}


def reply(status: int, body: object = None, **headers: str) -> Reply:
    """An answer; a body that is no text is made JSON."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, "Said So", names, raw, NOW)


def of_submission(answer: Reply, request: Request = REQUEST) -> Outcome:
    """What a submission's answer means."""
    return submitted(answer, request, mask_for([SECRET]))


def of_query(answer: Reply) -> Outcome:
    """What a status query's answer means."""
    return asked(answer, REQUEST, mask_for([SECRET]))


BOTH = pytest.mark.parametrize("meaning", [of_submission, of_query])
Meaning = Callable[[Reply], Outcome]


class TestAcceptance:
    """Proven by a body that says so, of this reading, with a receipt."""

    @BOTH
    @pytest.mark.parametrize("status", [200, 201, 202])
    def test_whole(self, meaning: Meaning, status: int) -> None:
        """It is accepted, and the receipt is its proof."""
        outcome = meaning(reply(status, GOOD))
        assert isinstance(outcome, Accepted)
        assert outcome.receipt == "R-1"
        assert outcome.answer.startswith(f"HTTP {status} Said So\n{{")

    @pytest.mark.parametrize(
        "more",
        [
            pytest.param({}, id="nothing echoed"),
            pytest.param({"value": 142.300}, id="trailing zeros"),
            pytest.param({"value": "142.3"}, id="a text"),
            pytest.param({"timestamp": "2026-03-01T07:00:00+01:00"}, id="another offset"),
            pytest.param({"timestamp": "2026-03-01T06:00:00.000Z"}, id="milliseconds"),
            pytest.param({"unit": "KWH"}, id="capitals"),
            pytest.param({"serial": None, "key": None}, id="null"),
        ],
    )
    def test_echo_in_other_words(self, more: dict[str, object]) -> None:
        """What is the same instant, the same number, is the same."""
        answer = reply(201, {"status": "accepted", "receipt": "R-1", **more})
        assert isinstance(of_submission(answer), Accepted)

    def test_no_serial_of_ours(self) -> None:
        """What we do not know is not held against an answer."""
        answer = reply(201, GOOD)
        assert isinstance(of_submission(answer, REQUEST._replace(serial=None)), Accepted)

    @BOTH
    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(None, id="nothing"),
            pytest.param(b"<html><body>Log in</body></html>", id="a web page"),
            pytest.param(b'{"status": "accepted", "receipt"', id="half of it"),
            pytest.param(b"\xff\xfe{}", id="no UTF-8"),
            pytest.param(b"[" * 100_000, id="a tower"),
            pytest.param(b'{"n": ' + b"9" * 5_000 + b"}", id="a long number"),
            pytest.param(["accepted"], id="a list"),
            pytest.param({"error": "quota"}, id="an error"),
            pytest.param({"status": "ok", "receipt": "R-1"}, id="another word"),
            pytest.param({"status": ["accepted"]}, id="a list of words"),
            pytest.param({"status": "accepted"}, id="no receipt"),
            pytest.param({"status": "accepted", "receipt": " "}, id="a blank receipt"),
            pytest.param({"status": "accepted", "receipt": 7}, id="a number for a receipt"),
            pytest.param({"status": "accepted", "receipt": "a\x07"}, id="a bell for a receipt"),
            pytest.param(
                b'{"status": "rejected", "status": "accepted", "receipt": "R"}', id="twice"
            ),
            pytest.param(b'{"status": "accepted", "receipt": "R", "value": NaN}', id="NaN"),
            pytest.param({**GOOD, "key": "m1-other"}, id="another key"),
            pytest.param({**GOOD, "meter": "gas"}, id="another meter"),
            pytest.param({**GOOD, "serial": "S-2"}, id="another serial"),
            pytest.param({**GOOD, "timestamp": "2026-03-01T06:00:01Z"}, id="another instant"),
            pytest.param({**GOOD, "timestamp": "yesterday"}, id="no instant"),
            pytest.param({**GOOD, "value": 142.31}, id="another value"),
            pytest.param(b'{"status":"accepted","receipt":"R","value":1e999999}', id="a huge one"),
            pytest.param({**GOOD, "value": [1]}, id="no value"),
            pytest.param({**GOOD, "unit": "Wh"}, id="another unit"),
        ],
    )
    def test_anything_else(self, meaning: Meaning, body: object) -> None:
        """Status 200 is no acceptance: nothing is proven, and a person should look."""
        outcome = meaning(reply(200, body))
        assert isinstance(outcome, Lost)
        assert outcome.nonsense


class TestAlreadyThere:
    """It holds a reading of this meter and time."""

    def test_same_value(self) -> None:
        """That is what we want, whichever key it came with."""
        body = {**GOOD, "status": "already", "key": None, "receipt": "R-9"}
        assert of_submission(reply(409, body))[:1] == ("R-9",)
        outcome = of_submission(reply(409, {"value": 142.3}))
        assert isinstance(outcome, Already)
        assert outcome.receipt is None

    def test_another_value(self) -> None:
        """That is a rejection, not a success."""
        outcome = of_submission(reply(409, {**GOOD, "status": "already", "value": 150}))
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "already there with another value: 150"

    @pytest.mark.parametrize(
        "body", [None, {"status": "already"}, {"value": "much"}, {**GOOD, "meter": "gas"}]
    )
    def test_not_said_with_which(self, body: object) -> None:
        """Nothing is proven."""
        outcome = of_submission(reply(409, body))
        assert isinstance(outcome, Lost)
        assert outcome.nonsense

    @BOTH
    def test_first_one_at_work(self, meaning: Meaning) -> None:
        """It is asked about once the wait is over."""
        body = {"status": "error", "error": "in_progress"}
        outcome = meaning(reply(409, body, retry_after="3"))
        assert isinstance(outcome, Lost)
        assert (outcome.wait, outcome.nonsense) == (3.0, False)


class TestNo:
    """What says that the reading was not taken."""

    @pytest.mark.parametrize("status", [400, 422])
    def test_reading(self, status: int) -> None:
        """A rejection, with the utility's reason in one printable line."""
        body = {"status": "rejected", "reason": "less_than_previous", "message": "it was\n150\x1b"}
        outcome = of_submission(reply(status, body))
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "less_than_previous: it was 150"

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"Moon Powered", "Moon Powered"),
            (b"<html><h1>Bad</h1><p>request</html>", "Bad request"),
            (b"", "400 Said So"),
            ({"reason": "x" * 900}, "x" * 199 + "…"),
            ({"reason": SECRET}, "***"),
        ],
    )
    def test_reason(self, body: object, reason: str) -> None:
        """Whatever it says, it is short, and without a secret."""
        assert of_submission(reply(400, body))[0] == reason

    def test_rejection_in_200(self) -> None:
        """A replayed rejection is one as well; that of another reading is none."""
        assert isinstance(of_query(reply(200, {"status": "rejected", "reason": "x"})), Rejected)
        other = {"status": "rejected", "meter": "gas"}
        assert isinstance(of_query(reply(200, other)), Lost)
        assert isinstance(of_submission(reply(422, other)), Lost)

    def test_unknown_meter(self) -> None:
        """A rejection is one whatever 4xx it comes with: others may fare better."""
        body = {"status": "rejected", "reason": "unknown_meter"}
        assert isinstance(of_submission(reply(404, body)), Rejected)

    @BOTH
    @pytest.mark.parametrize("status", [401, 402, 403, 407, 451])
    def test_us(self, meaning: Meaning, status: int) -> None:
        """No other reading would fare better; the hint names the token's setting."""
        outcome = meaning(reply(status, {"error": "unauthorized"}))
        assert isinstance(outcome, Refused)
        assert "METERCTL_UTILITY_TOKEN" in outcome.hint

    @pytest.mark.parametrize("status", [404, 405, 406, 410, 411, 413, 414, 415, 421, 426, 431])
    def test_place(self, status: int) -> None:
        """Nothing takes readings there, of none of the meters."""
        outcome = of_submission(reply(status, b"<html>nginx</html>"))
        assert isinstance(outcome, Misconfigured)
        assert "METERCTL_UTILITY_URL" in outcome.hint

    @BOTH
    def test_not_today(self, meaning: Meaning) -> None:
        """A closed window is no lack of a right; it says when it opens."""
        opens = {"status": "window_closed", "opens": "2026-11-23T00:00:00Z"}
        outcome = meaning(reply(403, opens))
        assert isinstance(outcome, NotTaken)
        assert outcome.wait == (instant("2026-11-23T00:00:00Z") - NOW) / 1000
        assert outcome.why == "its window for readings is closed until 2026-11-23T00:00:00Z"
        when_unknown = meaning(reply(403, {"status": "window_closed"}))
        assert isinstance(when_unknown, NotTaken)
        assert when_unknown.wait is None

    @BOTH
    @pytest.mark.parametrize("status", [408, 425, 429])
    def test_not_now(self, meaning: Meaning, status: int) -> None:
        """It was not looked at, and may be sent again after the wait."""
        outcome = meaning(reply(status, b"slow down", retry_after="7"))
        assert isinstance(outcome, NotTaken)
        assert outcome.wait == 7.0


class TestInTheDark:
    """What proves nothing."""

    @BOTH
    @pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 599])
    def test_server_error(self, meaning: Meaning, status: int) -> None:
        """Before, while or after it took the reading: asked about, after the wait."""
        outcome = meaning(reply(status, GOOD, retry_after="9"))
        assert isinstance(outcome, Lost)
        assert (outcome.wait, outcome.nonsense) == (9.0, False)

    @BOTH
    @pytest.mark.parametrize("status", [101, 301, 302, 303, 307, 308])
    def test_redirect(self, meaning: Meaning, status: int) -> None:
        """It is not followed, whatever its body says."""
        outcome = meaning(reply(status, GOOD, location="https://elsewhere.example"))
        assert isinstance(outcome, Lost)
        assert outcome.nonsense

    def test_key_with_another_content(self) -> None:
        """It has something of ours, but not this: a person has to look."""
        outcome = of_submission(reply(422, {"status": "error", "error": "idempotency_key_reused"}))
        assert isinstance(outcome, Lost)
        assert "submissions resolve" in outcome.hint


class TestAsked:
    """What a status query's answer says, beside the above."""

    def test_not_found(self) -> None:
        """Proven not to be there, if it is the API that says so."""
        assert isinstance(of_query(reply(404, {"status": "not_found"})), NotThere)

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(reply(404, b"<html>404 nginx</html>"), id="a web server's"),
            pytest.param(reply(404, {"message": "no such route"}), id="a router's"),
            pytest.param(reply(405, None), id="cannot be asked"),
            pytest.param(reply(501, None), id="cannot be asked either"),
            pytest.param(reply(400, {"status": "rejected"}), id="a bad question"),
        ],
    )
    def test_nothing_said_of_it(self, answer: Reply) -> None:
        """Nothing is proven; the way out is named."""
        outcome = of_query(answer)
        assert isinstance(outcome, Lost)
        assert outcome.nonsense
        assert "submissions resolve" in outcome.hint

    def test_still_at_work(self) -> None:
        """Asked again a little later."""
        outcome = of_query(reply(200, {"status": "pending"}))
        assert isinstance(outcome, Lost)
        assert not outcome.nonsense


@BOTH
@pytest.mark.parametrize("body", [None, b"OK", {}, {"status": "accepted"}, {**GOOD, "value": 1}])
def test_no_status_is_a_proof_alone(meaning: Meaning, body: object) -> None:
    """Whatever the status, without a body that says so nothing is accepted."""
    for status in range(100, 600):
        assert not isinstance(meaning(reply(status, body)), (Accepted, Already, NotThere)), status


def test_secret_in_an_answer() -> None:
    """It is masked in what is kept, however it is spelled."""
    body = {"error": "x", "you_sent": f"Bearer {SECRET}", "cookie": "session=1", "q": "a%2Fb"}
    answer = of_submission(reply(401, body)).answer
    assert SECRET not in answer
    assert "s3cr3t" not in answer
    assert "session=1" not in answer
