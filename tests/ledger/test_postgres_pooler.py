"""A pooler between meterctl and its PostgreSQL server, of either kind."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from meterctl.errors import MeterctlError
from meterctl.ledger.address import DatabaseAddress, parse_database
from meterctl.ledger.postgres import open_for_reading, open_for_writing
from tests.helpers import NOW, reading
from tests.ledger.contract import record, values
from tests.postgres import DATABASE, SUPERUSER, Server

_STARTUP = 196608  # version 3.0 of the protocol


class Pooler:
    """Many clients over one session of the server's, which each has for a transaction at a time.

    As pgbouncer does it with `pool_mode = transaction`: what a client sets in its session stays
    there, for whoever has it next.
    """

    def __init__(self, server: Server) -> None:
        self._server = socket.create_connection(("127.0.0.1", server.port))
        names = f"user\0{SUPERUSER}\0database\0{DATABASE}\0\0".encode()
        self._server.sendall(struct.pack("!ii", 8 + len(names), _STARTUP) + names)
        self._greeting = b""  # what the server says of itself, for each client
        while not self._greeting.endswith(b"Z\0\0\0\5I"):
            message = _message(self._server)
            # Which process to cancel is the pooler's own affair: it gives a number of its own.
            self._greeting += b"K\0\0\0\x0cpoolpool" if message[:1] == b"K" else message
        self._turn = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Serve nobody any more."""
        self._listener.close()
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._converse, args=(client,), daemon=True).start()

    def _converse(self, client: socket.socket) -> None:
        has_turn = False
        try:
            with suppress(OSError, EOFError), client:
                while self._greet(client):
                    pass
                while (message := _message(client))[:1] != b"X":
                    if not has_turn:
                        self._turn.acquire()
                        has_turn = True
                    self._server.sendall(message)
                    if message[:1] in b"QS" and self._answer(client):
                        self._turn.release()
                        has_turn = False
        finally:
            if has_turn:
                self._server.close()  # in the middle of a transaction: as a pooler does it

    def _greet(self, client: socket.socket) -> bool:
        """Whether there is more to come before it is let in: it asks for TLS, or the like."""
        head = _exactly(client, 8)
        length, code = struct.unpack("!ii", head)
        _exactly(client, length - 8)
        is_request: bool = code != _STARTUP  # for TLS, or the like
        client.sendall(b"N" if is_request else self._greeting)
        return is_request

    def _answer(self, client: socket.socket) -> bool:
        """Pass on what the server answers; whether its transaction has ended."""
        while True:
            message = _message(self._server)
            client.sendall(message)
            if message[:1] == b"G":  # it waits for a COPY's data
                while (piece := _message(client))[:1] not in b"cf":
                    self._server.sendall(piece)
                self._server.sendall(piece)
            if message[:1] == b"Z":
                return message[5:] == b"I"


def _message(source: socket.socket) -> bytes:
    head = _exactly(source, 5)
    return head + _exactly(source, struct.unpack("!i", head[1:])[0] - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        if not (piece := source.recv(size - len(found))):
            raise EOFError
        found += piece
    return found


@contextmanager
def pooling(server: Server) -> Iterator[Pooler]:
    """A pooler in transaction mode until the end of the block."""
    with closing(Pooler(server)) as made:
        yield made


@pytest.fixture
def ours(postgres_url: str) -> DatabaseAddress:
    """A ledger with a reading in it."""
    address = parse_database(postgres_url)
    with closing(open_for_writing(address, NOW)) as ledger:
        record(ledger, reading("1", "2026-03-01 07:00"))
    return address


@pytest.fixture
def theirs(postgres: Server, ours: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """A neighbour's, with another one."""
    address = parse_database(postgres.url(f"{ours.schema}-b"))
    with closing(open_for_writing(address, NOW)) as ledger:
        record(ledger, reading("2000", "2026-03-01 07:00"))
    yield address
    postgres.execute(f'DROP SCHEMA "{address.schema}" CASCADE')


def through(pooler: Pooler, server: Server, address: DatabaseAddress) -> DatabaseAddress:
    """The same ledger, by way of a pooler."""
    there = address.url.replace(f":{server.port}/", f":{pooler.port}/")
    return DatabaseAddress(there, address.schema)


class TestInTransactionMode:
    """The session is another's as soon as a transaction has ended, with all that is set in it."""

    def test_recording(
        self, postgres: Server, ours: DatabaseAddress, theirs: DatabaseAddress
    ) -> None:
        """It is refused, and told why; nothing lands in the neighbour's ledger."""
        with pooling(postgres) as pooler:
            mine = open_for_writing(through(pooler, postgres, ours), NOW)
            other = open_for_writing(through(pooler, postgres, theirs), NOW)
            with pytest.raises(MeterctlError, match="pooler") as told:
                record(mine, reading("3", "2026-03-02 07:00"))
            assert "pool_mode = session" in told.value.hint
            mine.close()
            other.close()
        with closing(open_for_reading(ours)) as ledger:
            assert values(ledger) == [1]
        with closing(open_for_reading(theirs)) as ledger:
            assert values(ledger) == [2000]

    def test_looking(
        self, postgres: Server, ours: DatabaseAddress, theirs: DatabaseAddress
    ) -> None:
        """What the neighbour's dial shows is never told to be ours."""
        with pooling(postgres) as pooler:
            mine = open_for_reading(through(pooler, postgres, ours))
            other = open_for_reading(through(pooler, postgres, theirs))
            with suppress(MeterctlError):
                assert values(mine) == [1]
            mine.close()
            other.close()
