"""The services compared: each a process on a port of its own, with a store of its own."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measuring import METERCTL

_PATIENCE = 30  # seconds
_NO_LIMIT = 1_000_000_000  # requests a minute
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_OK = 200


@dataclass
class Service:
    """How it is started, and what it stored."""

    name: str
    command: list[str]  # the port takes the place of PORT
    environment: dict[str, str]
    folder: Path
    store: Path
    client: dict[str, str]
    port: int = 0
    minute: int = 0  # the next reading's
    created: int = 0  # readings that were acknowledged
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Seconds from the start of the process to the first 200 on /health."""
        self.port = _free_port()
        command = [part.replace("PORT", str(self.port)) for part in self.command]
        environment = self.environment | {"PORT": str(self.port)}
        with (self.folder / "log").open("ab") as log:
            began = time.perf_counter()
            self.process = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdout=log, stderr=log
            )
        while not _is_healthy(self.port):
            took = time.perf_counter() - began
            if self.process.poll() is not None or took > _PATIENCE:
                sys.exit(f"{self.name} did not start: {self.said()}")
            time.sleep(0.001)
        return time.perf_counter() - began

    def stop(self) -> None:
        """By the signal that asks it to."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        if code:
            sys.exit(f"{self.name} ended with {code}: {self.said()}")

    def said(self) -> str:
        """The end of its log."""
        return (self.folder / "log").read_text(errors="replace")[-2_000:]

    def token(self) -> str:
        """A new one."""
        _, answer, _ = self.post("/auth/token", json.dumps(self.client).encode())
        return str(answer["token"])

    def post(
        self, path: str, body: bytes, token: str | None = None
    ) -> tuple[int, dict[str, Any], float]:
        """The answer, and how long it took, without the time to connect."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        connection.connect()
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        began = time.perf_counter()
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        took = time.perf_counter() - began
        connection.close()
        if response.status >= http.client.BAD_REQUEST:
            sys.exit(f"{self.name}, {path}: {response.status} {answer[:500].decode()}")
        return response.status, json.loads(answer), took

    def stored(self) -> int:
        """Readings in its store."""
        connection = sqlite3.connect(self.store)
        try:
            return int(connection.execute("SELECT count(*) FROM reading").fetchone()[0])
        finally:
            connection.close()

    def megabytes(self) -> float:
        """Resident memory of its processes; what several share is counted for each."""
        pages = (Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in self._pids())
        return sum(map(int, pages)) * _PAGE / 2**20

    def cpu(self) -> float:
        """Seconds of processor time that its processes took so far."""
        stats = (Path(f"/proc/{pid}/stat").read_text() for pid in self._pids())
        fields = (text.rpartition(")")[2].split() for text in stats)
        return sum(int(one[11]) + int(one[12]) for one in fields) / _TICKS

    def _pids(self) -> list[int]:
        assert self.process is not None
        found = [self.process.pid]
        for pid in found:  # grows as children are found
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            found += map(int, children)
        return found


def meterctl(folder: Path) -> Service:
    """Ours, with authentication, limits and audit on."""
    folder.mkdir()
    store = folder / "ledger.db"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "METERCTL_LEDGER": f"sqlite:///{store}",
        "METERCTL_TIMEZONE": "UTC",
        "METERCTL_JWT_SECRET": secrets.token_hex(32),
        "METERCTL_CORS_ORIGINS": "https://meters.example",
    }
    added = subprocess.run(
        [METERCTL, "clients", "add", "bench", "--scope", "record", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if added.returncode:
        sys.exit(f"clients add ended with {added.returncode}: {added.stderr}")
    client = json.loads(added.stdout)
    return Service(
        "meterctl",
        [METERCTL, "serve", "--port", "PORT", "--rate", str(_NO_LIMIT)],
        environment,
        folder,
        store,
        {"clientId": client["id"], "clientSecret": client["secret"]},
    )


def express(folder: Path, peer: Path, name: str, tokens: str) -> Service:
    """The rival.

    Args:
        folder: Its own.
        peer: Where it is installed.
        name: Begins with how it commits, `each` or `group`.
        tokens: Whether it verifies them at `each` request or `once`.
    """
    folder.mkdir()
    store = folder / "express.db"
    secret, salt = secrets.token_urlsafe(32), secrets.token_bytes(16)
    found = hashlib.scrypt(secret.encode(), salt=salt, n=16_384, r=8, p=1, dklen=64)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "NODE_ENV": "production",
        "DATABASE": str(store),
        "COMMIT": name.partition("-")[0],
        "TOKENS": tokens,
        "RATE": str(_NO_LIMIT),
        "JWT_SECRET": secrets.token_hex(32),
        "CLIENT_ID": "bench",
        "CLIENT_HASH": f"{salt.hex()}:{found.hex()}",
    }
    client = {"clientId": "bench", "clientSecret": secret}
    return Service(name, ["node", str(peer / "server.js")], environment, folder, store, client)


@contextmanager
def running(services: list[Service]) -> Iterator[None]:
    """All of them, for the length of a block."""
    try:
        for service in services:
            service.start()
        yield
    finally:
        for service in services:
            service.stop()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == _OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
