"""`meterctl sandbox`: Google, a utility and its portal, played here until a signal comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.errors import Busy, FileError, InputMissing, Interrupted, UsageError
from meterctl.samples import PORTAL
from meterctl.stopping import temporary_folder

if TYPE_CHECKING:
    from meterctl.sandbox.faults import Faults
    from meterctl.sandbox.run import Sandbox

sandbox_app = group()

SHEETS_PORT = 8701
UTILITY_PORT = 8702
PORTAL_PORT = 8703
_GLANCE = 0.5  # seconds


@sandbox_app.command()
def sandbox(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dir", metavar="DIR", help="Where sandbox.env goes; a temporary folder if none."
        ),
    ] = None,
    sheets_port: Annotated[
        int,
        typer.Option("--sheets-port", help="Google's port; 0 picks a free one.", min=0, max=65535),
    ] = SHEETS_PORT,
    utility_port: Annotated[
        int,
        typer.Option("--utility-port", help="The utility's; 0 likewise.", min=0, max=65535),
    ] = UTILITY_PORT,
    portal_port: Annotated[
        int | None,
        typer.Option(
            "--portal-port",
            help="Its web form's; 0 likewise.",
            min=0,
            max=65535,
            show_default=f"{PORTAL_PORT}, or a free one",
        ),
    ] = None,
    no_quota: Annotated[
        bool, typer.Option("--no-quota", help="Let Google take any number of requests a minute.")
    ] = False,
    faults: Annotated[
        Path | None,
        typer.Option("--faults", metavar="FILE", help="What is to go wrong; see docs/sandbox.md."),
    ] = None,
    duplicate_ids: Annotated[
        bool,
        typer.Option(
            "--duplicate-ids", help="Let Google take a metadata id that is there already."
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing.")] = False,
    beside: Annotated[int | None, typer.Option("--beside", hidden=True)] = None,
) -> None:
    """Stand in for Google, a utility and its portal, to rehearse."""
    import os
    import threading

    from meterctl.sandbox import run

    chosen = None if faults is None else _read(faults)
    try:
        with (
            _folder(folder) as place,
            _explained(place),
            run.sandbox(
                place,
                sheets_port=sheets_port,
                utility_port=utility_port,
                portal_ports=(PORTAL_PORT, 0) if portal_port is None else (portal_port,),
                quota=not no_quota,
                duplicate_ids=duplicate_ids,
                faults=chosen,
                files={PORTAL.name: PORTAL.read_text(encoding="utf-8")},
                report=_report,
            ) as ready,
        ):
            if not quiet:
                _tell(ready)
            end = threading.Event()
            while not end.wait(_GLANCE):  # a signal just before a wait without end would be missed
                if beside is not None and os.getppid() != beside:  # who began this was killed
                    return
    except Interrupted as signal:
        message = "stopped; the sandbox is gone, with all that it held"
        raise Interrupted(signal.signal_number, message) from None


def _tell(ready: Sandbox) -> None:
    import shlex

    out.table(
        [
            ("Google (Sheets, Drive, tokens)", ready.sheets_url),
            ("a utility", ready.utility_url),
            ("its portal", ready.portal_url),
            ("the settings of all", str(ready.env_file)),
        ]
    )
    out.line(f"to use them: set -a; . {shlex.quote(str(ready.env_file))}; set +a")
    portal = shlex.quote(str(ready.env_file.with_name(PORTAL.name)))
    out.line(
        "and the portal, where the utility takes nothing: "
        f"export METERCTL_UTILITY_POLICY=monthly METERCTL_PORTAL_CONFIG={portal}"
    )
    out.line("to end it: Ctrl-C")
    out.flush()


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """The folder that was named, or one that is gone afterwards."""
    if given is not None:
        yield given
        return
    with ExitStack() as stack:
        with out.to_file("a temporary folder"):
            made = stack.enter_context(temporary_folder("meterctl-sandbox-"))
        yield made


def _report(message: str) -> None:
    out.note(f"meterctl: {message}")


def _read(faults: Path) -> Faults:
    from meterctl.sandbox.faults import BadFaults, Faults

    try:
        return Faults(faults, _report)
    except OSError as error:
        raise InputMissing(f"{faults}: {error.strerror}", "check the path") from None
    except BadFaults as error:
        raise FileError(str(error), "docs/sandbox.md lists every key") from None


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn what can be wrong at the start into errors that say what helps."""
    from meterctl.sandbox.run import FolderInUse, PortTaken, Unquotable

    try:
        with out.to_file(str(folder)):
            yield
    except PortTaken as error:
        raise Busy(str(error), f"{error.option} 0 picks a free one") from None
    except FolderInUse as error:
        raise Busy(str(error), "stop it, or name another --dir") from None
    except Unquotable as error:
        raise UsageError(str(error), "name another --dir") from None
