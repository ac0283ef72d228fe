"""One run, from its arguments to its exit code: expected errors, interruptions, bugs."""

from __future__ import annotations

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
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Never a traceback."""
    as_json = "--json" in arguments
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, _interrupt)
    try:
        from meterctl.cli.app import app

        code = app(args=list(arguments), prog_name="meterctl", standalone_mode=False)
        out.flush()
        return code if isinstance(code, int) else 0
    except out.PipeClosed:
        out.abandon_stdout()
        return 0
    except Interrupted as interrupted:
        out.note("meterctl: stopped; what was acknowledged is stored")
        _drain()
        return interrupted.exit_with
    except typer.Abort:
        out.note("meterctl: nothing was stored")
        return 130
    except MeterctlError as error:
        out.error(error, as_json=as_json)
        _drain()
        return error.exit_code
    except typer.TyperException as error:
        return _usage(error, arguments, as_json=as_json)
    except Exception as error:  # noqa: BLE001 (the one place where a bug ends)
        return _bug(error)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)


def _drain() -> None:
    """Print what is still buffered; the error that is being told is the one that counts."""
    try:
        out.flush()
    except (out.PipeClosed, MeterctlError):
        out.abandon_stdout()


def _usage(error: typer.TyperException, arguments: Sequence[str], *, as_json: bool) -> int:
    command = next((word for word in arguments if not word.startswith("-")), "")
    message = " ".join(error.format_message().split()).rstrip(".")
    where = f"meterctl {command} --help" if command else "meterctl --help"
    from meterctl.cli.app import COMMANDS

    if command not in COMMANDS:
        where = "meterctl --help"
    out.error(UsageError(message, f"see {where}"), as_json=as_json)
    return UsageError.exit_code


def _bug(error: Exception) -> int:
    """A sentence for the person, the traceback (without values) for whoever mends it."""
    import platform
    import tempfile
    import traceback

    from meterctl import __version__

    out.abandon_stdout()
    text = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="meterctl-bug-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(f"meterctl {__version__}, Python {platform.python_version()}\n{text}")
        where = f"please report it with {log.name}"
    except OSError:
        where = "it could not be written to a log: no temporary folder"
    out.note(f"meterctl: a bug, not your fault: {type(error).__name__} ({where})")
    if os.environ.get("METERCTL_DEBUG"):
        out.note(text)
    return 1
