"""A utility that takes readings, each request in 50 ms, one after the other.

Says its address on stdout; answers GET /seen with what it has taken.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

SECONDS = 0.05


class Handler(BaseHTTPRequestHandler):
    """One connection at a time: it takes no two requests at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # the answer leaves as one piece
    requests = 0
    taken = 0

    def do_POST(self) -> None:
        """Readings."""
        end = time.monotonic() + SECONDS
        body = self.rfile.read(int(self.headers["Content-Length"]))
        rows = json.loads(body)["readings"]
        Handler.requests += 1
        Handler.taken += len(rows)
        time.sleep(max(0.0, end - time.monotonic()))
        self._answer({"data": [row | {"status": "valid"} for row in rows]})

    def do_GET(self) -> None:
        """What was taken so far."""
        self._answer({"requests": Handler.requests, "taken": Handler.taken})

    def _answer(self, form: object) -> None:
        body = json.dumps(form).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
