"""One run, from its arguments to its exit code: expected errors, interruptions, bugs."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import typer

from meterctl import stopping
from meterctl.cli import out
from meterctl.errors import Interrupted, LedgerError, MeterctlError, UsageError
from meterctl.logs.journal import Journal


def main() -> None:
    """The console script."""
    _fill_streams()
    stopping.own()
    code = None
    try:
        code = run(sys.argv[1:])
        stopping.over()
    except Interrupted as late:  # all was told by then
        code = late.exit_code if code is None else code
        stopping.over()
    # Without this the interpreter, before it leaves, looks once more for garbage in every module
    # that was loaded: a sixth of the time that `record` takes.
    gc.freeze()
    sys.exit(code)


def _fill_streams() -> None:
    """Let those of the three streams that were closed lead nowhere.

    Else the next file that is opened gets their number: what is told on stderr by that would stand
    in the ledger's lock.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):  # a machine without /dev/null
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Never a traceback."""
    as_json = "--json" in arguments
    journal = Journal(lambda text: out.note(out.plain(text)))
    try:
        stopping.begin()
        return _run(arguments, journal, as_json=as_json)
    except Interrupted as error:  # also while an error was told
        journal.end(error.exit_code, error)
        return _tell_stopped(error, as_json=as_json)


def _run(arguments: Sequence[str], journal: Journal, *, as_json: bool) -> int:
    try:
        from meterctl.cli.app import app

        code = app(args=list(arguments), prog_name="meterctl", standalone_mode=False, obj=journal)
        out.flush()
        return _ended(journal, code if isinstance(code, int) else 0)
    except out.PipeClosed:
        out.abandon_stdout()
        return _ended(journal, 0)
    except MeterctlError as error:
        return _ended(journal, _tell(error, as_json=as_json), error)
    except typer.TyperException as error:
        usage = _usage(error, arguments)
        return _ended(journal, _tell(usage, as_json=as_json), usage)
    except SystemExit as left:  # a server whose workers do not live
        return _ended(journal, left.code if isinstance(left.code, int) else 1)
    except Exception as error:  # noqa: BLE001 (the one place where a bug ends)
        if (number := stopping.came()) is not None:  # Python made something else of it on its way
            raise Interrupted(number) from None
        told = _of_the_machine(error) or _bug(error, journal)
        return _ended(journal, _tell(told, as_json=as_json), error)


def _ended(journal: Journal, code: int, error: Exception | None = None) -> int:
    """Tell the log of it; and the person of what is wrong with that, where nothing worse is."""
    journal.end(code, error)
    if code != LedgerError.exit_code:
        journal.say_trouble()
    return code


def _tell_stopped(error: Interrupted, *, as_json: bool) -> int:
    """Say that it was stopped, then what is still buffered: nobody may ever read that."""
    stopping.will_leave(error.exit_code)
    out.error(error, as_json=as_json)
    try:
        out.flush()
    except (out.PipeClosed, MeterctlError):
        out.abandon_stdout()
    return error.exit_code


def _tell(error: MeterctlError, *, as_json: bool) -> int:
    """Say what went wrong, after what is still buffered: of two errors the first one counts."""
    try:
        out.flush()
    except (out.PipeClosed, MeterctlError):
        out.abandon_stdout()
    out.error(error, as_json=as_json)
    return error.exit_code


def _usage(error: typer.TyperException, arguments: Sequence[str]) -> UsageError:
    """Typer's complaint in our form: one line, and where to look."""
    from meterctl.cli.app import COMMANDS

    message = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)  # not every one of them says where it happened
    words = [word for word in arguments[:1] if word in COMMANDS]
    command = " ".join(("meterctl", *words)) if context is None else context.command_path
    return UsageError(message[:1].lower() + message[1:], f"see {command} --help")


# What a machine may fail in at any line, and no line can do anything about.
_MACHINES = {
    errno.EMFILE: "raise the limit of open files: ulimit -n",
    errno.ENFILE: "too many files are open on this machine",
    errno.ENOMEM: "free some memory",
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EIO: "check the disk: dmesg",
    errno.EROFS: "mount the disk so that it can be written",
    errno.ENAMETOOLONG: "use a shorter path",
    errno.ELOOP: "check the links of the path",
    errno.EACCES: "check who may read and write there",
    errno.EPERM: "check who may read and write there",
}


def _of_the_machine(error: Exception) -> MeterctlError | None:
    """What the machine could not do, where nobody before has said it better; None for a bug."""
    if isinstance(error, MemoryError):
        return LedgerError("out of memory", _MACHINES[errno.ENOMEM])
    if isinstance(error, OSError) and error.errno in _MACHINES:
        where = f" ({os.fsdecode(error.filename)})" if isinstance(error.filename, str) else ""
        return LedgerError(f"{error.strerror}{where}", _MACHINES[error.errno])
    return None


def _bug(error: Exception, journal: Journal) -> MeterctlError:
    """A sentence for the person; the trace, without readings and secrets, for whoever mends it."""
    import platform
    import tempfile

    from meterctl import __version__
    from meterctl.logs.traces import trace_of

    if os.environ.get("METERCTL_DEBUG"):
        out.note(trace_of(error, journal.mask))
    text = trace_of(error, journal.mask, numbers=False)
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="meterctl-bug-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(f"meterctl {__version__}, Python {platform.python_version()}\n{text}")
        hint = f"please report it with {log.name}"
    except OSError:
        hint = "it could not be written to a log: no temporary folder"
    journal.bug(error, "a command", is_last=True)
    return MeterctlError(f"a bug, not your fault: {type(error).__name__}", hint)
