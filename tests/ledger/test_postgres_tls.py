"""TLS to a PostgreSQL server: asked for by the address, or demanded where a network is passed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from meterctl.errors import LedgerForbidden
from meterctl.ledger.address import parse_database
from meterctl.ledger.postgres import open_for_reading
from tests.faults.authority import Authority
from tests.postgres import Server

# Names of other machines, as far as their text tells; each leads to this one.
NAMED = "db.example"  # in the server's certificate
OTHER = "other.example"
HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a certificate for NAMED, by an authority of its own."""
    folder = tmp_path_factory.mktemp("authority")
    authority = Authority(folder)
    authority.server(NAMED, "localhost")
    made = Server(tls=True, settings={"log_connections": "on"})
    try:
        (certificate,) = made.folder.glob("server-*.pem")
        certificate.write_bytes(next(folder.glob("server-*.pem")).read_bytes())
        made.authority = authority.file
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[Server]:
    """A server without TLS."""
    made = Server(settings={"log_connections": "on"})
    try:
        made.start()
        yield made
    finally:
        made.close()


def is_encrypted(server: Server, host: str = NAMED, **more: str) -> bool:
    """Look at a ledger, and whether what is said on the way there is encrypted."""
    url = server.url("home", host=host, hostaddr=HERE, **more)
    with closing(open_for_reading(parse_database(url), 1)):
        pass  # where there is no ledger yet, the session is not kept
    return bool(_sessions(server)[-1])


def _sessions(server: Server) -> list[bool]:
    """Of each session of ours that the server's log tells, whether it was encrypted."""
    lines = [line for line in server.log().splitlines() if "application_name=meterctl" in line]
    return ["SSL enabled" in line for line in lines]


def refusal(server: Server, host: str = NAMED, **more: str) -> LedgerForbidden:
    """How it is told that no TLS can be had that is to be trusted."""
    with pytest.raises(LedgerForbidden) as told:
        is_encrypted(server, host, **more)
    assert "no TLS that can be trusted" in told.value.message
    return told.value


@pytest.fixture
def believed(server: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its authority is one of those whom this machine believes."""
    assert server.authority is not None
    monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
    return server.authority


@pytest.mark.usefixtures("believed")
class TestWhereNothingIsSaid:
    """Another machine has to prove who it is; what stays on this one needs no TLS."""

    def test_a_server_that_proves_it(self, server: Server) -> None:
        """An authority that this machine believes vouches for the very name."""
        assert is_encrypted(server)

    def test_another_name(self, server: Server) -> None:
        """The certificate is another machine's."""
        assert OTHER in refusal(server, OTHER).message

    @pytest.mark.parametrize("host", ["localhost.example", "127.example", "localhosts"])
    def test_a_name_that_begins_as_this_machines(self, server: Server, host: str) -> None:
        """It is another machine's nevertheless."""
        refusal(server, host)

    def test_an_authority_that_nobody_knows(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is told how to say whose certificates count."""
        monkeypatch.delenv("SSL_CERT_FILE")
        assert "sslrootcert=FILE" in refusal(server).hint

    def test_a_server_without_it(self, plain: Server) -> None:
        """Nothing is said to it, not even the password; and it is told how to want that."""
        assert "sslmode=disable" in refusal(plain).hint

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    def test_this_machine(self, plain: Server, host: str) -> None:
        """None is needed."""
        assert not is_encrypted(plain, host)

    def test_a_socket(self, plain: Server) -> None:
        """None is needed either."""
        url = plain.url("home", host=str(plain.folder))
        with closing(open_for_reading(parse_database(url), 1)) as ledger:
            assert ledger.last_entry() == 0


class TestByTheAddress:
    """What it says, is done."""

    def test_require(self, server: Server) -> None:
        """Encrypted, to whomever."""
        assert is_encrypted(server, OTHER, sslmode="require")

    def test_an_authority(self, server: Server) -> None:
        """Whom the address names is believed, and for the very name."""
        root = str(server.authority)
        assert is_encrypted(server, sslrootcert=root)
        refusal(server, OTHER, sslrootcert=root)
        assert is_encrypted(server, sslrootcert=root, sslmode="verify-full")
        refusal(server, OTHER, sslrootcert=root, sslmode="verify-full")
        assert is_encrypted(server, OTHER, sslrootcert=root, sslmode="verify-ca")

    def test_another_authority(self, server: Server, tmp_path: Path) -> None:
        """Nobody else is believed then."""
        other = Authority(tmp_path, "other")
        refusal(server, sslrootcert=str(other.file))

    def test_an_authority_that_is_not_there(self, server: Server, tmp_path: Path) -> None:
        """The file is named."""
        assert "none.pem" in refusal(server, sslrootcert=str(tmp_path / "none.pem")).message

    def test_none(self, server: Server, plain: Server) -> None:
        """Who says so goes without, over a network of their own."""
        assert not is_encrypted(server, sslmode="disable")
        assert not is_encrypted(plain, sslmode="disable")

    def test_verified_on_this_machine(self, server: Server, plain: Server) -> None:
        """Where a tunnel leads elsewhere, the address can demand it."""
        root = str(server.authority)
        assert is_encrypted(server, "localhost", sslmode="verify-full", sslrootcert=root)
        refusal(plain, "localhost", sslmode="verify-full", sslrootcert=root)

    @pytest.mark.usefixtures("believed")
    def test_verified_by_whom_this_machine_believes(self, server: Server) -> None:
        """Who demands it need not say whom to believe."""
        assert is_encrypted(server, sslmode="verify-full")
        refusal(server, OTHER, sslmode="verify-full")


def test_by_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """libpq's own variables say as much as the address."""
    monkeypatch.setenv("PGSSLMODE", "require")
    assert is_encrypted(server, OTHER)
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(server.authority))
    assert is_encrypted(server)
    refusal(server, OTHER)
