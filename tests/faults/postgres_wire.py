"""A wire to a PostgreSQL server that is cut at a round of one's choice.

A round is all that a client sends before it waits for an answer. What is lost is the round, or the
answer to it when the server has done it already: for a COMMIT that is all the difference.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum
from io import BufferedReader
from urllib.parse import urlsplit

_ENDS = (b"S", b"Q", b"c")  # Sync, Query, CopyDone: the client waits now
_ANSWERED = (b"Z", b"G")  # ReadyForQuery, CopyInResponse: the server does


class Cut(Enum):
    """Where a wire breaks."""

    BEFORE = "the server never hears it"
    AFTER = "the server has done it, and the client never hears"


class Wire:
    """What stands between; `rounds` is what has passed since the last script."""

    def __init__(self, target: tuple[str, int], listener: socket.socket) -> None:
        self._target = target
        self._listener = listener
        self._lock = threading.Lock()
        self._script: Mapping[int, Cut] = {}
        self._at: tuple[bytes, Cut] | None = None
        self._stays_away = False
        self.port = int(listener.getsockname()[1])
        self.rounds: list[bytes] = []
        self.cuts = 0
        self.refuses = False  # new connections are closed at once

    def address(self, url: str) -> str:
        """The same ledger's, by this wire."""
        parts = urlsplit(url)
        user = (parts.netloc.rpartition("@")[0] + "@") if "@" in parts.netloc else ""
        query = f"{parts.query}&" if parts.query else ""
        return f"postgresql://{user}127.0.0.1:{self.port}{parts.path}?{query}sslmode=disable"

    def script(self, cuts: Mapping[int, Cut] | None = None) -> None:
        """Which rounds from now on are cut, counted from 0, over all connections."""
        with self._lock:
            self.rounds, self.cuts, self._script, self._at = [], 0, dict(cuts or {}), None
            self.refuses = self._stays_away = False

    def cut_at(self, word: bytes, cut: Cut, *, stays_away: bool = False) -> None:
        """Cut the next round with this in it; perhaps no connection is taken from then on."""
        self.script()
        with self._lock:
            self._at, self._stays_away = (word, cut), stays_away

    def _due(self, sent: bytes) -> Cut | None:
        with self._lock:
            cut = self._script.get(len(self.rounds))
            self.rounds.append(sent)
            if self._at and self._at[0] in sent:
                cut, self._at = self._at[1], None
                self.refuses = self._stays_away
            self.cuts += cut is not None
            return cut

    def serve(self) -> None:
        """Take connections until the listener is shut."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refuses:
                client.close()
                continue
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target)
        except OSError:
            client.close()
            return
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        deaf = threading.Event()  # the client hears nothing more
        down = threading.Thread(target=_down, args=(server, client, deaf), daemon=True)
        down.start()
        with suppress(OSError):
            self._up(client, server, deaf)
        if deaf.is_set():
            down.join()  # until the server has done it
        _end(client, server)

    def _up(self, client: socket.socket, server: socket.socket, deaf: threading.Event) -> None:
        stream = client.makefile("rb")
        size = stream.read(4)
        server.sendall(size + stream.read(_size(size)))
        said = b""
        while message := _message(stream):
            said += message
            if message[:1] not in _ENDS:
                if message[:1] in (b"p", b"X"):  # a password, the end
                    server.sendall(said)
                    said = b""
                continue
            cut = self._due(said)
            if cut is Cut.BEFORE:
                return
            if cut is Cut.AFTER:
                deaf.set()
            server.sendall(said)
            said = b""
            if cut:
                return


def _down(server: socket.socket, client: socket.socket, deaf: threading.Event) -> None:
    stream = server.makefile("rb")
    with suppress(OSError):
        while message := _message(stream):
            if not deaf.is_set():
                client.sendall(message)
            elif message[:1] in _ANSWERED:
                return
    _end(client)


def _message(stream: BufferedReader) -> bytes:
    head = stream.read(5)
    return head + stream.read(_size(head[1:])) if len(head) == 5 else b""


def _size(told: bytes) -> int:
    return int.from_bytes(told, "big") - 4


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """A wire for the length of a block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(("127.0.0.1", port), listener)
        thread = threading.Thread(target=wire.serve)
        thread.start()
        try:
            yield wire
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
