"""The server of the ledger's tests is a real one: it keeps, it refuses, it ends with us."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.postgres import Server, programs

Start = Callable[..., Server]

# Starts a server, says where, and waits to be killed.
_KEEPS_ONE = """
import time
from tests.postgres import Server
server = Server()
server.start()
print(server.port, server.folder, flush=True)
time.sleep(60)
"""


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class TestOneForAll:
    """The server of a whole run."""

    def test_at_its_address(self, postgres: Server) -> None:
        """One gets there by TCP and by the socket in its folder."""
        for host in ("127.0.0.1", str(postgres.folder)):
            with psycopg.connect(postgres.url(host=host)) as connection:
                assert connection.execute("SELECT 42").fetchall() == [(42,)]

    def test_a_schema_for_each_test(self, postgres: Server, postgres_url: str) -> None:
        """Its address names a schema, and that one is not there yet."""
        schema = postgres_url.partition("schema=")[2]
        assert schema
        found = postgres.execute("SELECT FROM pg_namespace WHERE nspname = %s", [schema])
        assert found == []

    def test_a_role_with_a_password(self, postgres: Server) -> None:
        """With that one it gets in, and not with another or none."""
        postgres.add_role("somebody", "it's s/cret")
        try:
            with psycopg.connect(
                postgres.url(user="somebody", password="it's s/cret")
            ) as connection:
                assert connection.execute("SELECT current_user").fetchall() == [("somebody",)]
            for wrong in ("another", None):
                with pytest.raises(psycopg.OperationalError, match="password"):
                    psycopg.connect(postgres.url(user="somebody", password=wrong))
        finally:
            postgres.execute("DROP ROLE somebody")


class TestOneOfItsOwn:
    """A server that a test may do anything to."""

    def test_killed(self, own_postgres: Start) -> None:
        """Every process of it is gone; back at its address, it has what was committed."""
        server = own_postgres()
        server.execute("CREATE TABLE kept (number int); INSERT INTO kept VALUES (1)")
        with psycopg.connect(server.url()) as connection:
            connection.execute("INSERT INTO kept VALUES (2)")
            (row,) = connection.execute("SELECT pg_backend_pid()").fetchall()
            server.kill()
            assert not Path(f"/proc/{row[0]}").exists()
            assert not _answers(server.port)
            with pytest.raises(psycopg.OperationalError):
                connection.commit()
        server.start()
        assert server.execute("SELECT number FROM kept") == [(1,)]
        assert "was not properly shut down" in server.log()

    @pytest.mark.parametrize("mode", ["smart", "fast", "immediate"])
    def test_restarted(self, own_postgres: Start, mode: str) -> None:
        """What was committed is there again, at the same address."""
        server = own_postgres()
        before = server.url()
        server.execute("CREATE TABLE kept AS SELECT 1 AS number")
        server.restart(mode)
        assert server.url() == before
        assert server.execute("SELECT number FROM kept") == [(1,)]

    def test_its_settings(self, own_postgres: Start) -> None:
        """They are as asked; it waits for the disk unless told not to."""
        server = own_postgres(deadlock_timeout="20ms")
        assert server.execute("SHOW deadlock_timeout") == [("20ms",)]
        assert server.execute("SHOW fsync") == [("on",)]
        assert own_postgres(fsync=False).execute("SHOW fsync") == [("off",)]

    def test_a_setting_that_is_none(self, own_postgres: Start) -> None:
        """It does not start, and the error holds what the server said."""
        with pytest.raises(RuntimeError, match="no_such_setting"):
            own_postgres(no_such_setting="1")

    def test_rules_of_who_gets_in(self, own_postgres: Start) -> None:
        """A rule of the test's comes before the others, and holds at once."""
        server = own_postgres()
        server.add_role("somebody", "secret")
        server.let_in("host all somebody 127.0.0.1/32 reject")
        with pytest.raises(psycopg.OperationalError, match="rejects connection"):
            psycopg.connect(server.url(user="somebody", password="secret"))
        assert server.execute("SELECT 1") == [(1,)]

    def test_tls(self, own_postgres: Start, tmp_path: Path) -> None:
        """Who believes its authority gets in verified, who believes none of them does not."""
        server = own_postgres(tls=True)
        assert server.authority is not None
        verified = {"host": "localhost", "sslmode": "verify-full"}
        with psycopg.connect(
            server.url(**verified, sslrootcert=str(server.authority))
        ) as connection:
            used = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            assert used.fetchall() == [(True,)]
        (tmp_path / "none.pem").touch()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url(**verified, sslrootcert=str(tmp_path / "none.pem")))


class TestNoServer:
    """A test that needs one is never skipped."""

    def test_none_anywhere(self, tmp_path: Path) -> None:
        """It fails, with where it has looked and what helps."""
        with pytest.raises(pytest.fail.Exception, match=rf"{tmp_path}.*install-tools\.sh"):
            programs(among=[tmp_path])

    def test_one_that_does_not_run(self, tmp_path: Path) -> None:
        """As one that is made for another machine: the next one is taken."""
        for name in ("postgres", "initdb"):
            (tmp_path / name).write_text("made for another machine")
            (tmp_path / name).chmod(0o755)
        assert programs(among=[tmp_path, programs()]) == programs()


def test_the_tests_are_killed() -> None:
    """Soon after, their server has ended and its folder is gone."""
    with subprocess.Popen(
        [sys.executable, "-c", _KEEPS_ONE],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as tests:
        assert tests.stdout is not None
        port, _, folder = tests.stdout.readline().strip().partition(" ")
        assert _answers(int(port))
        os.killpg(tests.pid, signal.SIGKILL)
    deadline = time.monotonic() + 15
    while _answers(int(port)) or Path(folder).exists():
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.02)
