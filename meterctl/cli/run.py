"""One run, from its arguments to its exit code: expected errors, interruptions, bugs."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import typer

from meterctl.cli import out
from meterctl.errors import Interrupted, MeterctlError, UsageError


def main() -> None:
    """The console script."""
    code = run(sys.argv[1:])
    # Without this the interpreter, before it leaves, looks once more for garbage in every module
    # that was loaded: a sixth of the time that `record` takes.
    gc.freeze()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Never a traceback."""
    as_json = "--json" in arguments
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a job in the background
            signal.signal(number, _interrupt)
    try:
        from meterctl.cli.app import app

        code = app(args=list(arguments), prog_name="meterctl", standalone_mode=False)
        out.flush()
        return code if isinstance(code, int) else 0
    except out.PipeClosed:
        out.abandon_stdout()
        return 0
    except (Interrupted, MeterctlError) as error:
        return _tell(error, as_json=as_json)
    except typer.TyperException as error:
        return _tell(_usage(error, arguments), as_json=as_json)
    except Exception as error:  # noqa: BLE001 (the one place where a bug ends)
        return _tell(_bug(error), as_json=as_json)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)


def _tell(error: MeterctlError | Interrupted, *, as_json: bool) -> int:
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


def _bug(error: Exception) -> MeterctlError:
    """A sentence for the person, the traceback (without values) for whoever mends it."""
    import platform
    import tempfile
    import traceback

    from meterctl import __version__

    text = "".join(traceback.format_exception(error))
    if os.environ.get("METERCTL_DEBUG"):
        out.note(text)
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="meterctl-bug-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(f"meterctl {__version__}, Python {platform.python_version()}\n{text}")
        hint = f"please report it with {log.name}"
    except OSError:
        hint = "it could not be written to a log: no temporary folder"
    return MeterctlError(f"a bug, not your fault: {type(error).__name__}", hint)
