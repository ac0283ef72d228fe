"""Secrets that are planted everywhere, and the search for them where none may be."""

from __future__ import annotations

import json
import os
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from meterctl.cli.run import run
from tests.helpers import Ran, meterctl_environment, run_program

_LEAST = 8  # characters of a piece of a secret that tell something


def forms_of(secret: str) -> set[bytes]:
    """How a secret may be written: as it is, in addresses, JSON, HTML, and base64 of any text."""
    plain = {secret, quote(secret, safe=""), quote_plus(secret), escape(secret)}
    plain |= {json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    lines = [line for line in secret.splitlines() if len(line) > 20 and "-----" not in line]
    if len(lines) > 1:
        plain |= set(lines)
    coded = set()
    for before in range(3):
        text = b64encode(b"\0" * before + secret.encode()).decode()
        core = text[(before * 8 + 5) // 6 : (before + len(secret.encode())) * 8 // 6]
        coded |= {core, core.replace("+", "-").replace("/", "_")}
    return {one.encode() for one in plain | coded if len(one) >= _LEAST}


class Canaries:
    """A household with a secret in every setting.

    Args:
        folder: All that it writes is there.
        settings: More settings, and what is secret among them.
        capture: What this process prints.
    """

    def __init__(
        self, folder: Path, settings: dict[str, str], capture: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self.capture = capture
        self.log = folder / "data" / "meterctl.log"
        self.room = folder / "tmp"
        self.room.mkdir()
        self.seen: list[tuple[str, bytes]] = []  # what was printed, shown, sent
        self.secrets: dict[str, str] = {
            "utility token": settings.get("METERCTL_UTILITY_TOKEN", "cAnary+utility/t0ken=1"),
            "utility secret": "cAnary utility s&cret 2",
            "portal password": settings.get("METERCTL_PORTAL_PASSWORD", "cAnary portal 'pw' 3"),
            "JWT secret": "cAnary-jwt-secret-4-0123456789abcdef",
            "old JWT secret": "cAnary-old-jwt-5-0123456789abcdef00",
            "heartbeat": "c0ffee00-cafe-4bad-8bad-f00dcanary06",
            "Sentry's key": "cafe07070707070707070707070707ab",
            "a proxy": "cAnary-proxy-8",
            "a query": "cAnary-query-9",
        }
        self.environment = meterctl_environment(folder) | {
            "METERCTL_UTILITY_SECRET": self.secrets["utility secret"],
            "METERCTL_UTILITY_TOKEN": self.secrets["utility token"],
            "METERCTL_PORTAL_PASSWORD": self.secrets["portal password"],
            "METERCTL_JWT_SECRET": self.secrets["JWT secret"],
            "METERCTL_JWT_SECRET_PREVIOUS": self.secrets["old JWT secret"],
            "METERCTL_UTILITY_SINCE": "2026-01-01",
            "METERCTL_LOG": str(self.log),
            "METERCTL_DEBUG": "1",
            "HTTPS_PROXY": f"http://me:{self.secrets['a proxy']}@127.0.0.1:9",
            "TMPDIR": str(self.room),
            **settings,
        }

    def with_key(self, key: Path, **changes: str) -> None:
        """Take a service account's key, with one secret more in it than there usually is."""
        fields = json.loads(key.read_text()) | {"canary": "cAnary-in-the-key-10"} | changes
        mine = self.folder / "key" / "key.json"
        mine.parent.mkdir(exist_ok=True)
        mine.write_text(json.dumps(fields))
        mine.chmod(0o600)
        self.environment["METERCTL_GOOGLE_CREDENTIALS"] = str(mine)
        for name in ("private_key", "private_key_id", "canary"):
            self.secrets[f"the key's {name}"] = fields[name]

    def with_heartbeat(self, origin: str) -> None:
        """Ping a monitor whose address is the secret."""
        for name in ("", "_SYNC", "_BACKUP"):
            address = f"{origin}/{self.secrets['heartbeat']}"
            self.environment[f"METERCTL_HEARTBEAT_URL{name}"] = address

    def run(self, *arguments: str, stdin: str = "", **settings: str) -> Ran:
        """Run a command with everything that tells the most; what it says is looked through."""
        ran = run_program(["-vvv", *arguments], self.environment | settings, stdin)
        self.seen.append((f"the output of {' '.join(arguments)}", f"{ran.out}{ran.err}".encode()))
        return ran

    def run_here(self, *arguments: str) -> int:
        """The same within this process, which is faster; its exit code."""
        before = os.environ.copy()
        os.environ.clear()
        os.environ.update(self.environment)
        try:
            self.capture.readouterr()
            code = run(("-vvv", *arguments))
        finally:
            os.environ.clear()
            os.environ.update(before)
        told = self.capture.readouterr()
        self.seen.append((f"the output of {' '.join(arguments)}", f"{told.out}{told.err}".encode()))
        return code

    def found(self) -> list[str]:
        """Where a secret is that should be nowhere: in what was seen, and in every file."""
        places = [*self.seen]
        for path in self.folder.rglob("*"):
            is_planted = {"key", "other-side", "hook"} & set(path.relative_to(self.folder).parts)
            if path.is_file() and not is_planted:
                places.append((str(path.relative_to(self.folder)), path.read_bytes()))
        return [
            f"{name} in {place}, as {form.decode()}: {_around(content, form)!r}"
            for name, secret in self.secrets.items()
            for form in forms_of(secret)
            for place, content in places
            if form in content
        ]


def _around(content: bytes, form: bytes) -> bytes:
    at = content.index(form)
    return content[max(at - 80, 0) : at + len(form) + 20]


class Echo:
    """Another side that answers with all that it was sent: head, body, and what it is asked to."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.kind = "text/html"
        self.count = 0

    def answer(self, sent: str) -> bytes:
        """What it says."""
        if self.kind == "google":
            error = {"code": self.status, "message": sent, "status": sent, "errors": [sent]}
            return json.dumps({"error": error}).encode()
        if self.kind == "token":
            return json.dumps({"error": sent, "error_description": sent}).encode()
        if self.kind == "json":
            fields = ("status", "receipt", "error", "message", "reason", "detail", "key")
            return json.dumps(dict.fromkeys(fields, sent)).encode()
        return f"<html><title>{escape(sent)}</title><h1>{escape(sent)}</h1></html>".encode()


@contextmanager
def echoing() -> Iterator[Echo]:
    """An echo until the end of the block."""
    echo = Echo()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            echo.count += 1
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            heads = sorted(self.headers.items())  # what lets in comes first
            sent = f"{' '.join(text for _, text in heads)} {self.path} {body}"
            content = echo.answer(sent)
            flat = " ".join(sent.split()).encode("latin-1", "replace").decode("latin-1")
            self.send_response(echo.status, flat[:300])
            self.send_header(
                "Content-Type", "text/html" if echo.kind == "text/html" else "application/json"
            )
            self.send_header("Location", f"{echo.url}/elsewhere?{quote(flat)}")
            self.send_header("X-Echo", flat)
            self.send_header("WWW-Authenticate", flat)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _do  # noqa: N815 (the library's names)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever asked has left."""

    with Server(("127.0.0.1", 0), Handler) as server:
        echo.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield echo
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def watching_processes(canaries: Canaries) -> Iterator[set[str]]:
    """What `ps` shows of the processes that run meanwhile; and what children are given that are
    not the program itself. The names of those that were looked at are handed out.
    """
    looked_at: set[str] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            for entry in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):  # it has ended
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                    if not command or int(entry.name) == os.getpid():
                        continue
                    canaries.seen.append(("ps", command))
                    is_ours = str(canaries.folder).encode() in (entry / "environ").read_bytes()
                    is_child = b"-m meterctl -vvv " not in command  # as `run` begins the program
                    if is_ours and is_child:
                        looked_at.add(command.decode(errors="replace"))
                        content = (entry / "environ").read_bytes()
                        canaries.seen.append((f"the environment of {command[:80]!r}", content))
            time.sleep(0.03)
            canaries.seen[:] = list(dict.fromkeys(canaries.seen))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield looked_at
    finally:
        ended.set()
        thread.join()
