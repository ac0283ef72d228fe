"""The events of one run, from its first to its last: which are kept, and where.

A job's are written as they come. Of `record` and the other commands that a person or a script runs
every other moment, a success says no more than the ledger does: what they tell is held back until
something is worth a line, a failure or a delivery. Who sets METERCTL_LOG, or says -v, gets all.
"""

from __future__ import annotations

import _thread
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from meterctl import log
from meterctl.errors import DataError, Interrupted, MeterctlError, UsageError
from meterctl.log import DEBUG, ERROR, INFO, WARNING, Field

if TYPE_CHECKING:
    from meterctl.config import Settings
    from meterctl.logs.lines import Told
    from meterctl.logs.sentry import Sentry
    from meterctl.redact import Mask

_SERVER = "serve"
_JOBS = ("sync", "push-utility", "backup", "restore", "bulk-import", "fleet", _SERVER)
BEGUN, ENDED = "run.begun", "run.ended"
_USUAL = (BEGUN, ENDED, "entry.written")  # of a success that tells nothing new
_HELD = 200  # events at most, until it is known where they go
_PASSING = (3, 75, 130, 143)  # exit codes that are no failure of this program or its settings

Raw = tuple[int, int, str, dict[str, Field]]  # when, level, name, fields


class Sink(NamedTuple):
    """A place for lines."""

    name: str
    write: Callable[[Told], None]  # raises OSError


def _clock() -> int:
    try:
        return time.time_ns() // 1_000_000
    except OverflowError:  # after the year 2262: that it is wrong, the run itself says
        return 0


class Journal:
    """Listens from its making to `end`.

    Args:
        say: Tells the person of trouble with the log itself.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._trouble: str | None = None
        self._is_said = False
        self._began = time.monotonic()
        self._run = ""
        self._command = ""
        self.level = INFO
        self._traces = False
        self._is_terse = False
        self._settings: Settings | None = None
        self._cwd = Path()
        self._verbosity = 0
        self._has_begun = False
        self._sinks: list[Sink] | None = None  # found out with the first event that is kept
        self._held: list[Raw] = []
        self._mask: Mask | None = None
        self._masked = 0  # how many secrets that were met on the way it knows
        self._sentry: Sentry | None = None
        self._lock = _thread.allocate_lock()  # requests, and a server's parts, have their threads
        log.listen(self)

    # -- what happens to a run

    def begin(self, command: str, settings: Settings, cwd: Path, verbosity: int) -> None:
        """A command begins; from here on it is known where events go.

        Args:
            command: Its name: `meters add`. What was given to it is not told.
            settings: The run's.
            cwd: The folder that relative paths refer to.
            verbosity: How often -v was given.
        """
        self._command, self._settings, self._cwd = command, settings, cwd
        self.level = DEBUG if verbosity > 1 else INFO
        self._traces = verbosity > 2
        self._is_terse = (
            command.partition(" ")[0] not in _JOBS
            and verbosity == 0
            and settings.text("METERCTL_LOG") is None
        )
        self._verbosity = verbosity
        self._has_begun = True
        self.tell(INFO, BEGUN, {"pid": os.getpid()})

    def end(self, code: int, error: BaseException | None = None) -> None:
        """The run ends, with an exit code and what it is due to."""
        try:
            if self._has_begun:
                self._tell_end(code, error)
        finally:
            log.listen(None)

    def _tell_end(self, code: int, error: BaseException | None) -> None:
        fields: dict[str, Field] = {"exit_code": code, "seconds": time.monotonic() - self._began}
        if isinstance(error, (MeterctlError, Interrupted)):
            fields["error"] = error.code
            # What these say repeats what was typed, or what stood in a file.
            if not isinstance(error, (DataError, UsageError)):
                fields["message"] = error.message
        if error is not None and self._traces:
            from meterctl.logs.traces import trace_of

            fields["trace"] = trace_of(error, self.mask)
        level = INFO if code == 0 else WARNING if code in _PASSING else ERROR
        self.tell(level, ENDED, fields)

    def say_trouble(self) -> None:
        """Tell the person what is wrong with the log, if anything is; once."""
        if self._trouble is not None and not self._is_said:
            self._is_said = True
            self._say(f"meterctl: {self._trouble}; nothing else is the worse for it")

    # -- what a listener is told

    def tell(self, level: int, name: str, fields: dict[str, Field]) -> None:
        """Keep an event; whatever goes wrong with that harms nobody."""
        if level < self.level:
            return
        try:
            with self._lock:
                self._keep((_clock(), level, name, fields))
        except Exception as error:  # noqa: BLE001 (a log is never worth a reading)
            self._note_trouble(f"the log is not kept: {type(error).__name__}")

    def _keep(self, raw: Raw) -> None:
        _, level, name, _ = raw
        if not self._has_begun or (self._is_terse and name in _USUAL and level == INFO):
            if len(self._held) < _HELD:
                self._held.append(raw)
            return
        self._is_terse = False  # of a run that is told at all, the rest is told too
        if self._sinks is None:
            self._sinks = list(self._places())
        if self._sinks:
            held, self._held = self._held, []
            for one in (*held, raw):
                self._write(one)

    def bug(self, error: BaseException, where: str, *, is_last: bool) -> None:
        """Keep an error that nobody expected; tell Sentry, where that is set up."""
        from meterctl.logs.traces import trace_of

        trace = trace_of(error, self.mask, numbers=False)
        self.tell(ERROR, "bug", {"where": where, "kind": type(error).__name__, "trace": trace})
        if self._settings is None or self._settings.text("METERCTL_SENTRY_DSN") is None:
            return
        from meterctl.config.logs import sentry_dsn
        from meterctl.logs.sentry import SECONDS, Sentry

        dsn, problem = sentry_dsn(self._settings)
        if dsn is not None:
            self._sentry = self._sentry or Sentry(dsn, self._command)
            # A server goes on meanwhile: the SDK has a thread for it.
            problem = self._sentry.tell(error, SECONDS if is_last else 0)
        if problem is not None:
            self._note_trouble(problem)

    # -- where it goes

    def mask(self, text: str) -> str:
        """A text without secrets: those of the settings, and those met on the way."""
        met = log.hidden()
        if self._mask is None or len(met) != self._masked:
            from meterctl.redact import strict_mask_for

            known = set(met)
            if self._settings is not None:
                from meterctl.config.secrets import secrets_in

                known.update(secrets_in(self._settings))
            self._mask, self._masked = strict_mask_for(known), len(met)
        return self._mask(text)

    def _write(self, raw: Raw) -> None:
        from meterctl.logs.lines import Told

        told = Told(*raw)
        for sink in self._sinks or ():
            try:
                sink.write(told)
            except OSError as error:
                self._note_trouble(f"{sink.name} cannot be written: {error.strerror or error}")
            except Exception as error:  # noqa: BLE001 (the other place may take it)
                self._note_trouble(f"{sink.name} cannot be written: {type(error).__name__}")

    def _note_trouble(self, text: str) -> None:
        self._trouble = self._trouble or text
        if self._command == _SERVER:  # whose end may be months away
            self.say_trouble()

    def _places(self) -> Iterator[Sink]:
        settings = self._settings
        if settings is None:
            return
        is_set = settings.text("METERCTL_LOG") is not None
        is_terminal = sys.stderr is not None and sys.stderr.isatty()
        if is_set or not is_terminal:
            yield from self._set(settings, is_set=is_set)
        elif self._verbosity:
            yield self._for_people()

    def _set(self, settings: Settings, *, is_set: bool) -> Iterator[Sink]:
        """Where a setting says; else the journal, where stderr leads there, else the ledger's."""
        from meterctl.config.logs import JOURNAL, OFF, STDERR, beside_the_ledger, chosen
        from meterctl.logs.streams import leads_to_the_journal

        found = chosen(settings, self._cwd)
        if found.problem is not None:
            self._note_trouble(found.problem)
        word, path = found.word, found.path
        if not is_set and leads_to_the_journal():
            word = JOURNAL
        if word in (STDERR, JOURNAL):
            yield self._on_stderr(prefixed=word == JOURNAL)
            return  # -v has them there already
        if self._verbosity:
            yield self._for_people()
        if word == OFF:
            return
        if path is None and not is_set:
            path = beside_the_ledger(settings, self._cwd)
        if path is not None:
            yield self._in_file(path, settings, is_set=is_set)

    def _on_stderr(self, *, prefixed: bool) -> Sink:
        from meterctl.logs.streams import Stderr

        stderr = Stderr(prefixed=prefixed)
        return Sink(stderr.name, lambda told: stderr.write(self._line(told), told.level))

    def _for_people(self) -> Sink:
        from meterctl.logs.lines import as_text
        from meterctl.logs.streams import Stderr

        stderr = Stderr()

        def write(told: Told) -> None:
            if sys.stderr is not None:
                sys.stderr.flush()  # what was said before stands before
            text = as_text(told, self.mask)
            stderr.write(f"{text}\n".encode(errors="backslashreplace"), told.level)

        return Sink(stderr.name, write)

    def _in_file(self, path: Path, settings: Settings, *, is_set: bool) -> Sink:
        """A file; in a folder that this run may yet make, where its ledger is to be there too."""
        from meterctl.config.logs import beside_the_ledger
        from meterctl.logs.guard import is_ours
        from meterctl.logs.rotated import Rotated

        file = Rotated(path, is_ours(settings, self._cwd))
        waiting: list[Told] = []
        usual = beside_the_ledger(settings, self._cwd)
        may_come = usual is not None and usual.parent == path.parent

        def write(told: Told) -> None:
            waiting.append(told)
            is_last = told.name == ENDED
            if not may_come or path.parent.is_dir() or (is_last and is_set):
                lines = [self._line(one) for one in waiting]
                waiting.clear()
                for line in lines:
                    file.write(line)
            elif is_last or len(waiting) >= _HELD:  # nothing was stored: looking creates nothing
                waiting.clear()

        return Sink(file.name, write)

    def _line(self, told: Told) -> bytes:
        from meterctl.logs.lines import as_json

        return as_json(told, self._id, self._command, self.mask)

    @property
    def _id(self) -> str:
        """The run's own, by which its lines are found among others'."""
        if not self._run:
            self._run = os.urandom(4).hex()
        return self._run
