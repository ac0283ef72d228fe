"""A Sentry that takes envelopes, over a real socket; slow, or refusing, if it is to be."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PUBLIC_KEY = "cafe0123456789abcdef0123456789ab"


class Sentry:
    """It, and what it was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.heads: list[str] = []
        self.seconds = 0.0  # that it takes for an answer
        self.status = 200
        self.location: str | None = None
        self.port = 0

    @property
    def dsn(self) -> str:
        """What the setting is."""
        return f"http://{PUBLIC_KEY}@127.0.0.1:{self.port}/42"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events among what it was sent."""
        found = []
        for body in self.bodies:
            lines = body.splitlines()
            for head, item in zip(lines[1::2], lines[2::2], strict=False):
                if json.loads(head).get("type") == "event":
                    found.append(json.loads(item))
        return found


@contextmanager
def listening() -> Iterator[Sentry]:
    """A Sentry until the end of the block."""
    sentry = Sentry()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            packed = self.headers.get("Content-Encoding") == "gzip"
            sentry.heads.append(f"{self.requestline}\n{self.headers}")
            time.sleep(sentry.seconds)
            self.send_response(sentry.status)
            if sentry.location is not None:
                self.send_header("Location", sentry.location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
            sentry.bodies.append(gzip.decompress(body) if packed else body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever asked did not wait for the answer."""

    with Server(("127.0.0.1", 0), Handler) as server:
        sentry.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield sentry
        finally:
            server.shutdown()
            thread.join()
