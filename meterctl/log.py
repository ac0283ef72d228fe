"""What a run tells of itself, event by event; nothing at all until somebody listens.

It lies beneath all other modules, as errors.py does, and is as cheap: a call without a listener is
one comparison. Who listens, and where an event ends up, is `meterctl.logs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

DEBUG, INFO, WARNING, ERROR = range(4)
LEVELS = ("debug", "info", "warning", "error")

Field = str | int | float | bool | list[str] | None


class Listener(Protocol):
    """Who is told."""

    level: int  # less than this is of no interest

    def tell(self, level: int, name: str, fields: dict[str, Field]) -> None:
        """An event."""

    def bug(self, error: BaseException, where: str, *, is_last: bool) -> None:
        """An error that nobody expected, and what was being done."""


_listener: Listener | None = None
_hidden: tuple[str, ...] = ()
_MOST_HIDDEN = 500  # a server is given a new token each hour, and runs for years


def event(name: str, /, **fields: Field) -> None:
    """Something that was done: `batch.landed`.

    Args:
        name: A thing and what became of it, in the words of docs/logs.md.
        fields: More about it, without what is None; a float is in seconds. No value of a reading,
            and nothing that a person wrote: keys and numbers tell which it was.
    """
    if _listener is not None:
        _listener.tell(INFO, name, fields)


def debug(name: str, /, **fields: Field) -> None:
    """The same of what matters only to whoever looks for a fault, such as each request."""
    if _listener is not None:
        _listener.tell(DEBUG, name, fields)


def warning(name: str, /, **fields: Field) -> None:
    """The same of what did not go as it should, and may pass."""
    if _listener is not None:
        _listener.tell(WARNING, name, fields)


def error(name: str, /, **fields: Field) -> None:
    """The same of what ended a run."""
    if _listener is not None:
        _listener.tell(ERROR, name, fields)


def bug(error: BaseException, where: str, *, is_last: bool = False) -> None:
    """An error that nobody expected.

    Args:
        error: It; of its traceback, no local variable is looked at.
        where: What was being done: a command, a part of the server.
        is_last: Whether this process ends with it.
    """
    if _listener is not None:
        _listener.bug(error, where, is_last=is_last)


@contextmanager
def request(method: str, url: str) -> Iterator[dict[str, Field]]:
    """Around a request and its answer; the form given is filled with what is known of that.

    Args:
        method: GET, POST.
        url: Where; of it only host and path are told.
    """
    if _listener is None:
        yield {}
        return
    from time import monotonic
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    told: dict[str, Field] = {
        "method": method,
        "host": parts.netloc.rpartition("@")[2],
        "path": parts.path,
    }
    began = monotonic()
    try:
        yield told
    except BaseException as error:
        told["failed"] = type(error).__name__
        raise
    finally:
        debug("request", **told, seconds=monotonic() - began)


Shower = Callable[[str], AbstractContextManager[None]]

_shower: Shower | None = None


def show_waiting(shower: Shower | None) -> None:
    """Let a person see what is waited for from now on; nobody, with None."""
    global _shower  # noqa: PLW0603 (one process has one terminal)
    _shower = shower


def waiting(for_what: str) -> AbstractContextManager[None]:
    """Around a wait for somebody else's turn; in words, for the person who waits as well."""
    return nullcontext() if _shower is None else _shower(for_what)


def is_on(level: int = INFO) -> bool:
    """Whether anybody listens to events of a level: for what takes a while to put together."""
    return _listener is not None and level >= _listener.level


def listen(listener: Listener | None) -> None:
    """Let somebody be told of all events from now on; nobody, with None."""
    global _listener, _hidden  # noqa: PLW0603 (one process has one log)
    _listener = listener
    _hidden = ()  # they were another run's


def hide(*secrets: str | None) -> None:
    """Learn secrets that were met on the way: they are masked wherever an event ends up."""
    global _hidden  # noqa: PLW0603 (as above); one assignment: threads learn secrets, too
    if new := [secret for secret in secrets if secret and secret not in _hidden]:
        _hidden = (*_hidden, *new)[-_MOST_HIDDEN:]


def hidden() -> frozenset[str]:
    """The secrets that were met so far."""
    return frozenset(_hidden)
