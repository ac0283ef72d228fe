"""What every adapter over HTTP promises, against the stand-in of its other side.

Whatever is added to `tests/utility/sides.py` is held to it.
"""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from meterctl.domain.quantity import format_quantity
from meterctl.utility.exchange import BODY_LIMIT
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
)
from tests.utility.sides import SECRET, SIDES, Side, Stand, standing
from tests.utility.wild import answer, answering, wild

TAKEN = (Accepted, Already)


@pytest.fixture(params=SIDES, ids=lambda side: side.name)
def side(request: pytest.FixtureRequest) -> Side:
    """An adapter and its other side."""
    found: Side = request.param
    return found


@pytest.fixture
def stand(side: Side, tmp_path: Path) -> Iterator[Stand]:
    """It, running."""
    with standing(side, tmp_path) as one:
        yield one


def submitted(stand: Stand, seconds: float = 5) -> Outcome:
    """What comes of handing over the side's reading, by a client that is new."""
    (outcome,) = stand.adapter().submit([stand.side.request], seconds)
    return outcome


def asked(stand: Stand) -> Outcome:
    """What comes of asking about it, by another client."""
    return stand.adapter().ask(stand.side.request, 5)


class TestAllWell:
    """A reading, a receipt."""

    def test_accepted(self, stand: Stand) -> None:
        """It counts there once, with its very value, and there is something to prove it by."""
        outcome = submitted(stand)
        assert isinstance(outcome, Accepted), outcome
        assert outcome.receipt
        assert stand.held() == [stand.side.value]

    def test_asked_afterwards(self, stand: Stand) -> None:
        """Asking shows that it is there, where that can be asked; it never says that it is not."""
        submitted(stand)
        outcome = asked(stand)
        if stand.side.keyed:
            assert isinstance(outcome, TAKEN), outcome
        else:
            assert isinstance(outcome, Lost), outcome
        assert stand.held() == [stand.side.value]

    def test_never_sent(self, stand: Stand) -> None:
        """Asking about a reading that never left shows that it is not there, or nothing."""
        outcome = asked(stand)
        assert isinstance(outcome, NotThere if stand.side.keyed else Lost), outcome
        assert stand.held() == []

    @pytest.mark.fault(24)
    def test_twice(self, stand: Stand) -> None:
        """The same once more still counts once; where that can be told, it is no rejection."""
        submitted(stand)
        outcome = submitted(stand)
        assert isinstance(outcome, TAKEN if stand.side.keyed else Rejected), outcome
        assert stand.held() == [stand.side.value]

    @pytest.mark.fault(24)
    def test_another_value(self, stand: Stand) -> None:
        """What it says of a second value of the same time is what is true there."""
        submitted(stand)
        other = stand.side.other
        (outcome,) = stand.adapter().submit([other], 5)
        if stand.side.overwrites:
            assert isinstance(outcome, Accepted), outcome
            assert stand.held() == [format_quantity(other.value)]
        else:
            assert isinstance(outcome, Rejected), outcome
            assert stand.held() == [stand.side.value]

    def test_preview(self, stand: Stand) -> None:
        """It shows what would leave, and no secret; nothing leaves."""
        text = stand.adapter().preview([stand.side.request])
        value = stand.side.value
        assert value in text or str(int(Decimal(value) * 1000)) in text
        assert SECRET not in text
        assert stand.held() == []

    def test_probe(self, stand: Stand) -> None:
        """Asked without a reading it answers, where it can be asked so; nothing counts there."""
        assert isinstance(stand.adapter().probe(5), NotThere | None)
        assert stand.held() == []


class TestLost:
    """The request may have been taken, and no proof came back."""

    @pytest.mark.fault(18)
    @pytest.mark.parametrize("fault", ["reset-after", "hang-after", "truncate"])
    def test_taken_and_unanswered(self, stand: Stand, fault: str) -> None:
        """It is in doubt, in time; asking settles it, and it counts once."""
        stand.goes_wrong(f'do = "{fault}"')
        before = time.monotonic()
        outcome = submitted(stand, 0.7)
        assert time.monotonic() - before < 3
        assert isinstance(outcome, Lost), outcome
        self.settles(stand)

    @pytest.mark.fault(20)
    def test_dripping(self, stand: Stand) -> None:
        """A byte now and then: in doubt, in time. An answer without a body has nothing to drip."""
        stand.goes_wrong('do = "drip"; seconds = 0.3')
        before = time.monotonic()
        outcome = submitted(stand, 0.7)
        assert time.monotonic() - before < 3
        assert isinstance(outcome, Lost | Accepted), outcome
        self.settles(stand)

    def settles(self, stand: Stand) -> None:
        """Asked when all is well again, it is there; once."""
        stand.is_well()
        outcome = asked(stand)
        assert isinstance(outcome, TAKEN if stand.side.keyed else Lost), outcome
        assert stand.held() == [stand.side.value]

    @pytest.mark.fault(19)
    @pytest.mark.parametrize("fault", ["reset-before", "hang-before"])
    def test_not_taken_and_unanswered(self, stand: Stand, fault: str) -> None:
        """It is in doubt; asking shows that it is not there."""
        stand.goes_wrong(f'do = "{fault}"')
        assert isinstance(submitted(stand, 0.7), Lost)
        stand.is_well()
        outcome = asked(stand)
        assert isinstance(outcome, NotThere if stand.side.keyed else Lost), outcome
        assert stand.held() == []

    @pytest.mark.fault(22)
    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_failing(self, stand: Stand, status: int) -> None:
        """Before, while or after: nobody knows. A 503 may say that it was before."""
        stand.goes_wrong(f'do = "status"; status = {status}')
        assert isinstance(submitted(stand), Lost | NotTaken)
        assert stand.held() == []

    @pytest.mark.fault(23)
    @pytest.mark.parametrize(
        "body",
        [
            "<html>Please log in to the network</html>",
            '{"error": "internal"}',
            '{"data": null}',
            "null",
            "[]",
            "{}",
            "",
            "accepted",
        ],
    )
    def test_good_status_and_no_proof(self, stand: Stand, body: str) -> None:
        """A 200 that says nothing of this reading is no acceptance, and no rejection either."""
        quoted = body.replace("\\", "\\\\").replace('"', '\\"')
        stand.goes_wrong(f'do = "body"; status = 200; body = "{quoted}"')
        outcome = submitted(stand)
        assert isinstance(outcome, Lost), outcome
        stand.is_well()
        outcome = asked(stand)
        assert isinstance(outcome, TAKEN if stand.side.keyed else Lost), outcome

    @pytest.mark.fault(25)
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirect(self, stand: Stand, status: int) -> None:
        """Nothing of the reading, and nothing of a secret, goes elsewhere."""
        with wild(answering(answer("200 OK", b"{}"))) as elsewhere:
            stand.goes_wrong(f'do = "redirect"; status = {status}; location = "{elsewhere.url}"')
            outcome = submitted(stand)
        assert isinstance(outcome, Lost), outcome
        assert elsewhere.requests == []

    @pytest.mark.fault(25)
    def test_bomb(self, side: Side) -> None:
        """More than a megabyte is no answer, packed or not; it is over in time."""
        packed = gzip.compress(b" " * (8 * BODY_LIMIT))
        raw = answer("200 OK", packed, "Content-Encoding: gzip")
        with wild(answering(raw)) as server:
            utility = side.adapter(f"http://127.0.0.1:{server.port}", SECRET)
            (outcome,) = utility.submit([side.request], 5)
        assert not isinstance(outcome, (*TAKEN, Rejected)), outcome


class TestNotTaken:
    """Proof that it was not."""

    @pytest.mark.fault(17)
    def test_nobody_there(self, side: Side) -> None:
        """The connection is refused: another way may fare better."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        (outcome,) = side.adapter(f"http://127.0.0.1:{port}", SECRET).submit([side.request], 5)
        assert isinstance(outcome, NotTaken), outcome
        assert outcome.unreached

    @pytest.mark.fault(24)
    def test_wrong_secret(self, stand: Stand) -> None:
        """It does not let us; nothing counts, and the secret is told to nobody."""
        if not stand.side.has_door:
            stand.goes_wrong('do = "status"; status = 401')
        (outcome,) = stand.adapter("a-wrong-secret").submit([stand.side.request], 5)
        assert isinstance(outcome, Refused | Misconfigured), outcome
        assert "a-wrong-secret" not in repr(outcome)
        assert stand.held() == []

    @pytest.mark.fault(21)
    @pytest.mark.parametrize("after", ["7", "Wed, 21 Oct 2099 07:28:00 GMT", "-3", "x", None])
    def test_too_many(self, stand: Stand, after: str | None) -> None:
        """It asks to wait, in whatever form; it was not looked at."""
        headers = f'; headers = {{ Retry-After = "{after}" }}' if after else ""
        stand.goes_wrong(f'do = "status"; status = 429{headers}')
        outcome = submitted(stand)
        assert isinstance(outcome, NotTaken), outcome
        assert not outcome.unreached
        if after == "7":
            assert outcome.wait == pytest.approx(7, abs=1)
        assert stand.held() == []
