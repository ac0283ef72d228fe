"""The smallest portal there is, which does whatever a test wants."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from meterctl.domain.quantity import parse_quantity
from meterctl.utility.given import Given
from meterctl.utility.keys import parse
from meterctl.utility.port import Request
from meterctl.utility.portal import adapter
from meterctl.utility.portal.way import Portal
from tests.helpers import BERLIN, instant

USER, PASSWORD = "4711", "a-pass word/of the test"

# Chromium without what a screen needs takes half the time. Where it is not installed, and for what
# is about a browser itself, tests take the one that is found.
QUICKER = shutil.which("chromium-headless-shell")

DESCRIPTION = """
dismiss = ["button:Accept all"]
seconds = {seconds}
step_seconds = {step}
settles_seconds = 60

[login]
user = "label:Customer number"
password = "label:Password"
submit = "button:Log in"
shown = "link:Log out"
wrong = ["text:Wrong password"]

[form]
open = "/form"
meter = "label:Meter"
date = "label:Date"
date_format = "DD.MM.YYYY"
value = "label:Value"
decimal = ","
decimals = 1
submit = "button:Save"
{form}

[confirmation]
shown = "heading:Thank you"
receipt = 'Receipt (\\S+)'

[history]
open = "/history"
rows = "css:tbody tr"
date = "Date"
value = "Value"
next = "link:Older"
empty = "text:No readings yet"

[says]
already = "text:already entered"
closed = "text:window is closed"
refused = "css:.refused"
maintenance = "text:Down for maintenance"
captcha = "css:img.captcha"
two_factor = "label:Code"

[meters.meter]
number = "1EMH-1"
"""

LOGIN = (
    "<form method=post action=/login><label>Customer number <input name=user></label>"
    "<label>Password <input name=password type=password></label><button>Log in</button></form>"
)
FORM = (
    "<form method=post action=/save>"
    "<label>Meter <select name=meter><option>Choose<option value=9>1EMH-9 (gas)"
    "<option value=1>1EMH-1 (electricity)</select></label>"
    "<label>Date <input name=date></label><label>Value <input name=value></label>"
    "<button>Save</button></form>"
)
OUT = "<a href=/logout>Log out</a>"

Answer = Callable[["Handler"], None]


class Tiny:
    """It: what it shows, and what it was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.logins = 0
        self.sessions: set[str] = set()
        self.forget()

    def forget(self) -> None:
        """Be as new, but for who is logged in."""
        self.rows: list[tuple[str, str]] = []  # of its list, newest first
        self.posts: list[dict[str, str]] = []  # to where a reading is saved
        self.asked: list[str] = []  # paths
        self.pages: dict[str, str | Answer] = {}  # by path: instead of its own

    def save(self, fields: dict[str, str]) -> None:
        """Keep a reading."""
        self.rows.insert(0, (fields["date"], fields["value"]))


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    @property
    def tiny(self) -> Tiny:
        """Whose it is."""
        return self.server.tiny

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Print nothing."""

    def do_GET(self) -> None:
        """A page."""
        path = urlsplit(self.path).path
        self.tiny.asked.append(path)
        if (own := self.tiny.pages.get(path)) is not None:
            own(self) if callable(own) else self.show(own)
        elif path == "/history" and self.is_in:
            self.show(OUT + listing(self.tiny.rows))
        elif path == "/form" and self.is_in:
            self.show(OUT + FORM)
        elif path == "/done":
            self.show(OUT + "<h1>Thank you</h1><p>Receipt R-1</p>")
        elif path == "/favicon.ico":
            self.show("", 404)
        else:
            self.show(OUT if self.is_in else LOGIN)

    def do_POST(self) -> None:
        """A form."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = dict(parse_qsl(body))
        path = urlsplit(self.path).path
        if path == "/login":
            self.tiny.logins += 1
            if (fields["user"], fields["password"]) != (USER, PASSWORD):
                self.show("<p>Wrong password</p>" + LOGIN)
                return
            session = f"s{self.tiny.logins}"
            self.tiny.sessions.add(session)
            self.go("/", f"Set-Cookie: sid={session}; HttpOnly")
            return
        self.tiny.posts.append(fields)
        own = self.tiny.pages.get(path)
        if callable(own):
            own(self)
        else:
            self.tiny.save(fields)
            self.go("/done")

    @property
    def is_in(self) -> bool:
        """Whether it is somebody who has logged in."""
        return self.headers.get("Cookie", "").removeprefix("sid=") in self.tiny.sessions

    def show(self, html: str, status: int = 200) -> None:
        """Answer with a page."""
        body = f"<!DOCTYPE html><meta charset=utf-8><title>Tiny</title>{html}".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def go(self, where: str, *headers: str, status: int = 303) -> None:
        """Lead to another page."""
        self.send_response(status)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        for header in headers:
            self.send_header(*header.split(": ", 1))
        self.end_headers()

    def break_off(self) -> None:
        """Say nothing, and close the connection."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(2)


class Server(ThreadingHTTPServer):
    """Where it listens."""

    daemon_threads = True
    tiny: Tiny

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser breaks connections off as it likes."""


def listing(rows: list[tuple[str, str]]) -> str:
    """Its list of readings."""
    if not rows:
        return "<p>No readings yet</p>"
    cells = "".join(f"<tr><td>{day}<td>{value} kWh" for day, value in rows)
    return f"<table><thead><tr><th>Date<th>Value</thead><tbody>{cells}</tbody></table>"


@contextmanager
def tiny_portal() -> Iterator[Tiny]:
    """It, for the length of a block."""
    server = Server(("127.0.0.1", 0), Handler)
    server.tiny = Tiny()
    server.tiny.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.tiny
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def given(url: str, folder: Path, text: str, password: str = PASSWORD) -> Given:
    """What the settings say of it."""
    config = parse(text, "portal.toml")
    return Given(url, None, USER, password, None, config, folder, folder / "evidence")


def described(form: str = "", seconds: float = 30, step: float = 2) -> str:
    """Its description."""
    return DESCRIPTION.format(form=form, seconds=seconds, step=step)


def way_to(
    tiny: Tiny,
    folder: Path,
    text: str = "",
    password: str = PASSWORD,
    *,
    browser: str | None = QUICKER,
) -> Portal:
    """The way to it."""
    settings = given(tiny.url, folder, text or described(), password)
    return adapter("portal", settings._replace(browser=browser))


def request(value: str = "142.3", at: str = "2026-11-22 12:00", meter: str = "meter") -> Request:
    """A reading to be handed over."""
    moment = instant(at)
    key = f"m1-{value}-{date.today().year}"  # noqa: DTZ011 (any text will do)
    return Request(key, meter, None, moment, moment, parse_quantity(value), "kWh", BERLIN)
