"""Many connections that say nothing: they take nobody's place for long."""

from __future__ import annotations

import json
import resource
import socket
import ssl
import time
from pathlib import Path

import httpx
import pytest

from meterctl.http.addresses import parse_trusted
from meterctl.http.crowd import Crowd
from meterctl.http.protocol import StrictProtocol
from meterctl.http.serving import DESCRIPTORS
from tests.http.served import service_environment, started
from tests.http.test_protocol import GET, LOOPS, Connection, Server
from tests.utility.wild import certificate

SOMEWHERE = "192.0.2.7"


class Rule:
    """A crowd of at most three from one address, what it tells, and a clock."""

    def __init__(self, *trusted: str) -> None:
        self.told: list[tuple[str, str | None]] = []
        self.now = 0.0
        self.crowd = Crowd(parse_trusted(trusted), self._tell, of_one=3, clock=lambda: self.now)

    def _tell(self, detail: str, address: str | None) -> None:
        self.told.append((detail, address))

    def come(self, *peers: str | None) -> list[bool]:
        """Who of them is let in, where there is room for all."""
        return [self.crowd.enter(peer, 1, 1000) for peer in peers]


class TestRule:
    """Who is let in."""

    def test_of_one_address(self) -> None:
        """So many, and another one when one is gone; others are not concerned."""
        rule = Rule()
        assert rule.come(*[SOMEWHERE] * 4) == [True, True, True, False]
        assert rule.come("192.0.2.8", "2001:db8::1") == [True, True]
        rule.crowd.leave(SOMEWHERE)
        assert rule.come(SOMEWHERE, SOMEWHERE) == [True, False]

    def test_of_one_household(self) -> None:
        """All its addresses of IPv6 are one; written in another way they are the same."""
        rule = Rule()
        assert rule.come(*(f"2001:db8::{n}" for n in range(4))) == [True, True, True, False]
        assert rule.come("::ffff:192.0.2.7", *[SOMEWHERE] * 3) == [True, True, True, False]

    @pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "10.0.0.9", None])
    def test_who_speaks_for_many(self, peer: str | None) -> None:
        """This machine, and proxies that are trusted."""
        rule = Rule("10.0.0.0/24")
        assert all(rule.come(*[peer] * 20))
        rule.crowd.leave(peer)
        assert not rule.told

    def test_all_together(self) -> None:
        """There the limit is for everyone; without one there is none."""
        rule = Rule()
        assert rule.crowd.enter("127.0.0.1", 9, 9)
        assert not rule.crowd.enter("127.0.0.1", 10, 9)
        assert rule.crowd.enter("127.0.0.1", 10_000, None)

    def test_what_is_told(self) -> None:
        """Each limit that is met, once a minute, however many are turned away."""
        rule = Rule()
        rule.come(*[SOMEWHERE] * 9)
        rule.crowd.enter("127.0.0.1", 10, 9)
        rule.now = 59
        rule.come(SOMEWHERE)
        assert rule.told == [
            ("3 connections from one address: others are turned away", SOMEWHERE),
            ("9 connections at once: others are turned away", None),
        ]
        rule.now = 60
        rule.come(SOMEWHERE)
        assert len(rule.told) == 3


class Elsewhere(Crowd):
    """Takes all for strangers from one place: tests have this machine only."""

    def enter(self, peer: str | None, total: int, most: int | None) -> bool:
        assert peer == "127.0.0.1"
        return super().enter(SOMEWHERE, total, most)

    def leave(self, peer: str | None) -> None:
        assert peer == "127.0.0.1"
        super().leave(SOMEWHERE)


def is_turned_away(connection: Connection) -> bool:
    """Whether it is closed without a word, at once."""
    begin = time.monotonic()
    return connection.is_closed() and time.monotonic() - begin < 1


@pytest.mark.parametrize("loop", LOOPS)
class TestConnections:
    """Over real sockets."""

    def test_too_many_of_one_address(self, loop: str) -> None:
        """The next one is closed at once; those before it are served, and make room."""

        class Few(StrictProtocol):
            crowd = Elsewhere(of_one=3)

        server = Server(loop, http=Few)
        try:
            first, second, third = (server.connect() for _ in range(3))
            first.send(GET)
            assert first.answer().status == 200
            for _ in range(5):
                assert is_turned_away(server.connect())
            second.send(GET)
            assert second.answer().status == 200
            third.close()
            time.sleep(0.1)
            fourth = server.connect()
            fourth.send(GET)
            assert fourth.answer().status == 200
            assert is_turned_away(server.connect())
        finally:
            server.stop()

    def test_too_many_under_tls(self, loop: str, tmp_path: Path) -> None:
        """They are counted once they have shaken hands."""

        class Few(StrictProtocol):
            crowd = Elsewhere(of_one=1)

        certificate(tmp_path)
        server = Server(loop, http=Few, certificate=tmp_path / "server.pem")
        try:
            first = server.connect()
            first.send(GET)
            assert first.answer().status == 200
            try:
                closed = is_turned_away(server.connect())
            except (ssl.SSLError, ConnectionError):
                closed = True
            assert closed
            first.send(GET)
            assert first.answer().status == 200
        finally:
            server.stop()

    def test_too_many_of_all(self, loop: str) -> None:
        """Whoever is there is served all the same; the last to find room hears that it is full."""
        server = Server(loop, limit_concurrency=4)
        try:
            first = server.connect()
            first.send(GET)
            assert first.answer().status == 200
            for _ in range(2):
                server.connect()
            last = server.connect()
            time.sleep(0.1)
            for _ in range(5):
                assert is_turned_away(server.connect())
            first.send(GET)
            assert first.answer().status == 200
            last.send(GET)
            assert last.answer().status == 503
        finally:
            server.stop()


class TestServe:
    """`meterctl serve` under siege."""

    def test_many_that_say_nothing(self, tmp_path: Path) -> None:
        """Who is connected goes on, and whoever runs it is told once."""
        fewer = "from meterctl.http import serving; serving.CONNECTIONS = 20"
        environment = service_environment(tmp_path)
        with (
            started(environment, "--port", "0", before=fewer) as server,
            httpx.Client(base_url=server.url) as here,
        ):
            assert here.get("/health").status_code == 200
            port = httpx.URL(server.url).port or 0
            silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
            end = time.monotonic() + 5
            while "crowded" not in server.said():
                assert time.monotonic() < end
                time.sleep(0.05)
            assert here.get("/health").status_code == 200
            for one in silent:
                one.close()
            (line,) = server.said().splitlines()
            told = json.loads(line)
            assert told.pop("at").endswith("Z")
            assert told == {
                "event": "crowded",
                "detail": "20 connections at once: others are turned away",
            }

    @pytest.mark.parametrize("hard", [600, 1 << 30])
    def test_descriptors(self, tmp_path: Path, hard: int) -> None:
        """It takes what it may have, as far as it has use for it."""
        _, here = resource.getrlimit(resource.RLIMIT_NOFILE)
        if here != resource.RLIM_INFINITY:
            hard = min(hard, here)
        fewer = f"import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (256, {hard}))"
        with started(service_environment(tmp_path), "--port", "0", before=fewer) as server:
            soft, _ = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
            assert soft == min(hard, DESCRIPTORS)

    def test_a_handshake_that_never_comes(self, tmp_path: Path) -> None:
        """It is given up soon."""
        certificate(tmp_path)
        made = str(tmp_path / "server.pem")
        sooner = "from meterctl.http import serving; serving.TLS_SECONDS = 0.5"
        arguments = ("--port", "0", "--tls-cert", made, "--tls-key", made)
        with started(service_environment(tmp_path), *arguments, before=sooner) as server:
            port = httpx.URL(server.url).port or 0
            with socket.create_connection(("127.0.0.1", port), timeout=5) as silent:
                assert silent.recv(1) == b""
