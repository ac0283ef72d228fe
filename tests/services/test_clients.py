"""Who may use the ledger over HTTP, as `meterctl.services.clients` keeps it."""

from __future__ import annotations

from itertools import count

import pytest

from meterctl.domain.times import DAY
from meterctl.errors import DataError, MeterctlError, UsageError
from meterctl.ledger.access import Client, Secret
from meterctl.services import clients
from meterctl.services.clients import Maker, State
from meterctl.services.health import Grade
from meterctl.services.session import Session


@pytest.fixture
def maker() -> Maker:
    """Ids and secrets that count up; a hash that shows what it is of."""
    numbers = count(1)
    return Maker(
        lambda: f"mc_{next(numbers)}", lambda: f"secret {next(numbers)}", lambda s: f"hash of {s}"
    )


def events(session: Session) -> list[tuple[str, str | None]]:
    """The audit log, oldest first."""
    return [(event.name, event.detail) for event in reversed(session.ledger.events(99))]


class TestAdd:
    """A client is added."""

    def test_it(self, session: Session, maker: Maker) -> None:
        """Its scopes come in their order, its meters by id, its secret as a hash."""
        given = clients.add(session, "phone", ["push", "read"], ["meterValue", "meter"], maker)
        (one,) = clients.listed(session.ledger, session.now)
        assert one.client == given.client
        assert one.client.scopes == ("read", "push")
        assert one.client.meters == ("meter",)
        (kept,) = session.ledger.secrets(given.client.id)
        assert kept.hash == f"hash of {given.secret}"
        assert events(session) == [("client_added", "phone: read, push; meter")]

    def test_all_meters(self, session: Session, maker: Maker) -> None:
        """Those not named are all, those added later among them."""
        assert clients.add(session, "phone", ["read"], None, maker).client.meters is None

    @pytest.mark.parametrize(
        ("name", "scopes", "meters", "kind"),
        [
            pytest.param("", ["read"], None, DataError, id="no name"),
            pytest.param(" phone", ["read"], None, DataError, id="a space before"),
            pytest.param("pho\nne", ["read"], None, DataError, id="two lines"),
            pytest.param("p" * 61, ["read"], None, DataError, id="too long"),
            pytest.param("phone", [], None, UsageError, id="no scope"),
            pytest.param("phone", ["write"], None, UsageError, id="a scope there is not"),
            pytest.param("phone", ["read"], ["gas"], DataError, id="a meter there is not"),
        ],
    )
    def test_what_cannot_be(
        self,
        session: Session,
        maker: Maker,
        *,
        name: str,
        scopes: list[str],
        meters: list[str] | None,
        kind: type[MeterctlError],
    ) -> None:
        """It is refused, and nothing is kept."""
        with pytest.raises(kind):
            clients.add(session, name, scopes, meters, maker)
        assert session.ledger.clients() == []
        assert events(session) == []

    def test_a_name_that_is_taken(self, session: Session, maker: Maker) -> None:
        """Also by a client that was revoked, and by another one's id."""
        first = clients.add(session, "phone", ["read"], None, maker).client
        clients.revoke(session, "phone")
        for name in ("phone", first.id):
            with pytest.raises(DataError, match="already"):
                clients.add(session, name, ["read"], None, maker)


class TestRotate:
    """A client gets another secret."""

    def test_overlap(self, session: Session, maker: Maker) -> None:
        """Both count until the overlap is over; then the new one alone."""
        first = clients.add(session, "phone", ["read"], None, maker)
        later = session._replace(now=session.now + DAY)
        second = clients.rotate(later, first.client.id, DAY, maker)
        assert second.secret != first.secret
        assert second.old_until == later.now + DAY
        new, old = session.ledger.secrets(first.client.id)
        assert (new.hash, new.valid_until) == (f"hash of {second.secret}", None)
        assert (old.hash, old.valid_until) == (f"hash of {first.secret}", later.now + DAY)
        assert clients.listed(session.ledger, later.now)[0].secrets == 2
        assert clients.listed(session.ledger, later.now + DAY)[0].secrets == 1

    def test_twice(self, session: Session, maker: Maker) -> None:
        """A secret that ends soon is not made to last longer by the next rotation."""
        first = clients.add(session, "phone", ["read"], None, maker)
        clients.rotate(session, "phone", 0, maker)
        clients.rotate(session._replace(now=session.now + 1), "phone", DAY, maker)
        untils = {one.hash: one.valid_until for one in session.ledger.secrets(first.client.id)}
        assert untils[f"hash of {first.secret}"] == session.now

    def test_revoked(self, session: Session, maker: Maker) -> None:
        """There is no way back."""
        clients.add(session, "phone", ["read"], None, maker)
        clients.revoke(session, "phone")
        with pytest.raises(DataError, match="revoked"):
            clients.rotate(session, "phone", 0, maker)

    def test_nobody(self, session: Session, maker: Maker) -> None:
        """A name that no client has is refused."""
        with pytest.raises(DataError, match="no client"):
            clients.rotate(session, "phone", 0, maker)


class TestRevoke:
    """Something is refused at once."""

    def test_client(self, session: Session, maker: Maker) -> None:
        """The client opens nothing, and the first time of its revoking stays."""
        given = clients.add(session, "phone", ["read"], None, maker)
        assert session.ledger.standing(given.client.id, "token") is not None
        clients.revoke(session, "phone")
        clients.revoke(session._replace(now=session.now + 5), "phone")
        assert session.ledger.standing(given.client.id, "token") is None
        (one,) = clients.listed(session.ledger, session.now)
        assert (one.state, one.client.revoked_at) == (State.REVOKED, session.now)

    def test_token(self, session: Session, maker: Maker) -> None:
        """That token alone."""
        given = clients.add(session, "phone", ["read"], None, maker)
        clients.refuse_token(session, "one")
        assert session.ledger.standing(given.client.id, "one") is None
        assert session.ledger.standing(given.client.id, "two") == (given.client, 0)

    def test_issued_before(self, session: Session, maker: Maker) -> None:
        """All clients' or one's; an earlier instant takes nothing back."""
        one = clients.add(session, "one", ["read"], None, maker).client.id
        two = clients.add(session, "two", ["read"], None, maker).client.id

        def since() -> list[int]:
            standing = (session.ledger.standing(client, "token") for client in (one, two))
            return [found[1] for found in standing if found]

        clients.refuse_issued_before(session, 500, "one")
        assert since() == [500, 0]
        clients.refuse_issued_before(session, 300)
        assert since() == [500, 300]
        clients.refuse_issued_before(session, 100)
        clients.refuse_issued_before(session, 400, "one")
        assert since() == [500, 300]
        assert [name for name, _ in events(session)[2:]] == ["tokens_refused"] * 4


class TestHealth:
    """`health` looks at the secrets' age."""

    @pytest.mark.parametrize(
        ("days", "grade", "said"),
        [
            (75, Grade.PASS, "younger"),
            (76, Grade.WARN, "76 days old; it is to be changed by day 90"),
            (91, Grade.WARN, "91 days old; it should have been changed by day 90"),
        ],
    )
    def test_age(self, session: Session, maker: Maker, days: int, grade: Grade, said: str) -> None:
        """It warns from day 76, and names the command that helps."""
        given = clients.add(session, "phone", ["read"], None, maker)
        (check,) = clients.check_secrets(session.ledger, session.now + days * DAY)
        assert check.grade is grade
        assert said in check.output
        assert check.output.count("day 90") == (grade is Grade.WARN)
        assert (given.client.id in check.hint) is (grade is Grade.WARN)

    def test_changed(self, session: Session, maker: Maker) -> None:
        """The newest secret counts."""
        clients.add(session, "phone", ["read"], None, maker)
        later = session._replace(now=session.now + 80 * DAY)
        clients.rotate(later, "phone", 0, maker)
        (check,) = clients.check_secrets(session.ledger, later.now)
        assert check.grade is Grade.PASS

    def test_no_valid_secret(self, session: Session) -> None:
        """A client that nothing lets in any more is told of."""
        client = Client("mc_1", "phone", ("read",), None, session.now, None, None)
        with session.ledger.writing():
            session.ledger.add_client(client, Secret("hash", session.now, session.now + DAY))
        (check,) = clients.check_secrets(session.ledger, session.now + DAY)
        assert check.grade is Grade.WARN
        assert check.output == "no secret of phone is valid any more"

    def test_nobody(self, session: Session, maker: Maker) -> None:
        """Without clients, or with revoked ones alone, there is nothing to say."""
        assert list(clients.check_secrets(session.ledger, session.now)) == []
        clients.add(session, "phone", ["read"], None, maker)
        clients.revoke(session, "phone")
        assert list(clients.check_secrets(session.ledger, session.now + 99 * DAY)) == []
