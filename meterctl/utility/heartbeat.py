"""The heartbeat of a job: a monitor elsewhere is told that it began, and how it ended.

It speaks the pinging protocol of healthchecks (https://healthchecks.io/docs/http_api/):
`URL/start`, `URL`, `URL/fail` and `URL/log`, each with `rid`, which tells those of one run from
others'. A monitor that is out of reach changes nothing of what the job did.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from meterctl.errors import Busy, Interrupted, MeterctlError
from meterctl.redact import mask_for, pieces_of
from meterctl.remote import one_line

SECONDS = 5.0  # for each ping: a job waits for its monitor twice this long at most


class Heartbeat:
    """Around a job: `with Heartbeat(url, warn): ...`.

    Args:
        url: Where to ping; whoever knows it can ping it, so it is never shown. None: nowhere.
        warn: Takes a line for people where a ping did not arrive; called once at most.
    """

    def __init__(self, url: str | None, warn: Callable[[str], None]) -> None:
        self._url = url
        self._warn: Callable[[str], None] | None = warn
        self._run = ""

    def __enter__(self) -> Self:
        """Tell that the job begins."""
        if self._url is not None:
            from uuid import uuid4

            self._run = str(uuid4())
            self._ping("/start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Tell how it ended; what it raised goes on."""
        if self._url is None:
            return
        match error:
            case None:
                self._ping("")
            case Busy():  # the run that is at it will tell how it ended
                self._ping("/log", error.message)
            case MeterctlError() | Interrupted():
                self._ping("/fail", f"exit code {error.exit_code}: {error.message}")
            case _:  # its text is not ours: it may hold anything
                self._ping("/fail", f"a bug: {type(error).__name__}")

    def _ping(self, path: str, line: str = "") -> None:
        why = _why_not(self._url or "", path, self._run, line)
        if why and self._warn is not None:
            self._warn(f"the heartbeat's monitor was not told: {why}")
            self._warn = None


def _address(url: str, path: str, run: str) -> str:
    """The address of one ping; the query that the monitor gave out stays."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, f"rid={run}")))
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + path, query=query))


def _why_not(url: str, path: str, run: str, line: str) -> str:
    """Ping once; why it did not arrive, empty where it did. No URL is in it."""
    from meterctl.utility.answers import Reply
    from meterctl.utility.exchange import Outgoing, exchange

    mask = mask_for(pieces_of(url))  # it may say again what it was asked
    headers = {"User-Agent": "meterctl", "Accept-Encoding": "identity"}
    if line:
        headers["Content-Type"] = "text/plain; charset=utf-8"
    try:
        address = _address(url, path, run)
        ending = exchange(Outgoing("POST", address, headers, one_line(line).encode()), SECONDS)
    except Exception as error:  # noqa: BLE001 (whatever it is, the job's own result stands)
        return type(error).__name__
    if not isinstance(ending, Reply):
        return ending.why
    if not 200 <= ending.status < 300:
        return one_line(mask(f"it answered {ending.status} {ending.phrase}"))
    # A check that is not there, or was pinged too often, is told with status 200 as well.
    body = ending.body[:80].decode("utf-8", "replace").strip()
    return f"it answered {one_line(mask(body))}" if body.startswith("OK (") else ""
