"""How far a command is, for a person at a terminal: a bar, or a spinner where nobody knows.

Nothing is drawn in the first second, and rich is not even imported then; nothing off a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from meterctl.cli import out

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

_is_taken = False  # by one that is drawn: what is within it adds nothing
AFTER = 1.0  # seconds: what is over sooner needs no bar


class What(NamedTuple):
    """Something that is gone through."""

    label: str
    total: int | None  # None: nobody knows; 0: there is nothing to do
    unit: str = "readings"  # or "bytes"


class Tell(Protocol):
    """Told how far it is."""

    def __call__(self, done: int, label: str = "") -> None:
        """`done` of the total; a label where it is another thing now."""


def _tell_nobody(done: int, label: str = "") -> None:
    """Nobody looks."""


def is_live() -> bool:
    """Whether a person sits at a terminal that can be drawn over."""
    return out.is_terminal() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


@contextmanager
def bars(*of: What, wanted: bool) -> Iterator[Sequence[Tell]]:
    """A bar for each, drawn from the second second on; what is printed meanwhile stands above."""
    if not (wanted and is_live()) or _is_taken:
        yield [_tell_nobody for _ in of]
        return
    drawn = _Bars(of)
    with _late(drawn.begin):
        yield [partial(drawn.tell, place) for place in range(len(of))]


@contextmanager
def bar(what: What, *, wanted: bool) -> Iterator[Tell]:
    """One bar."""
    with bars(what, wanted=wanted) as (tell,):
        yield tell


@contextmanager
def waiting(label: str, *, wanted: bool = True) -> Iterator[None]:
    """A spinner with the seconds, from the second one on, for a block in which nobody is asked."""
    if not (wanted and is_live()) or _is_taken:
        yield
        return
    with _late(partial(_spinner, label)):
        yield


@contextmanager
def _late(begin: Callable[[], Progress]) -> Iterator[None]:
    """Draw in a thread, from the second second on, until the block is left."""
    from threading import Event, Thread

    global _is_taken  # noqa: PLW0603 (one terminal has one last line)
    over = Event()

    def draw() -> None:
        if not over.wait(AFTER):
            with begin() as shown:
                shown.console.show_cursor()  # Ctrl-Z would leave it hidden in the shell
                over.wait()

    thread = Thread(target=draw, daemon=True)  # a run that is told to end is not kept by it
    try:
        _is_taken = True
        thread.start()
        yield
    finally:
        over.set()
        if thread.ident is not None:  # it has begun
            thread.join()
        _is_taken = False


def _spinner(label: str) -> Progress:
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    kind = "dots" if _says_dots() else "line"
    text = TextColumn("{task.description}", markup=False)
    shown = _progress(SpinnerColumn(kind), text, TimeElapsedColumn())
    shown.add_task(out.plain(label), total=None)
    return shown


def _says_dots() -> bool:
    try:
        "⠋".encode((sys.stderr and sys.stderr.encoding) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class _Bars:
    """Bars that are told how far they are before anything is drawn, and then."""

    def __init__(self, of: Sequence[What]) -> None:
        self._of = of
        self._done = [0] * len(of)
        self._labels = [out.plain(one.label) for one in of]
        self._shown: Progress | None = None
        self._tasks: list[TaskID | None] = []

    def begin(self) -> Progress:
        """What is drawn from now on."""
        shown = _with_columns()
        self._tasks = [
            None
            if one.total == 0
            else shown.add_task(label, total=one.total, completed=done, unit=one.unit)
            for one, done, label in zip(self._of, self._done, self._labels, strict=True)
        ]
        self._shown = shown
        return shown

    def tell(self, place: int, done: int, label: str = "") -> None:
        """How far one of them is."""
        self._done[place] = done
        self._labels[place] = out.plain(label) if label else self._labels[place]
        if self._shown is not None and (task := self._tasks[place]) is not None:
            self._shown.update(task, completed=done, description=self._labels[place])


def _with_columns() -> Progress:
    """Label, bar, how far, how fast, and for how long still."""
    from rich.progress import BarColumn, ProgressColumn, Task, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining
    from rich.text import Text

    class Rate(ProgressColumn):
        """How many a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            if speed is None:
                return Text("")
            if task.fields["unit"] == "bytes":
                return Text(f"{out.number(f'{speed / 1_000_000:.1f}')} MB/s")
            return Text(f"{out.count(int(speed))} {task.fields['unit']}/s")

    return _progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        Rate(),
        Remaining(),
    )


def _progress(*columns: ProgressColumn) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    # Data that is meant for a file or a pipe must not be drawn above a bar on stderr.
    return Progress(
        *columns,
        console=Console(stderr=True),
        redirect_stdout=out.is_shown_live(),
        transient=True,
    )
