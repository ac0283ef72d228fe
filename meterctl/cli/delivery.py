"""The Sheet's part of a command that stores: say what is stored, try at once, say how it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from meterctl.cli import out
from meterctl.cli.progress import waiting
from meterctl.errors import Interrupted, MeterctlError
from meterctl.ledger.port import Ledger
from meterctl.wiring import Wiring


class _Standing(NamedTuple):
    """How what was stored stands at the Sheet: `off`, `queued`, `written`; and why it is queued."""

    state: str
    problem: MeterctlError | Interrupted | None = None


def acknowledge(
    wiring: Wiring,
    ledger: Ledger,
    *,
    offline: bool,
    show: Callable[[], None],
    form: Callable[[str], Mapping[str, object]] | None,
) -> None:
    """Tell what is stored, and bring it to the Sheet within the time that a person waits.

    What the Sheet does not take now stays queued, and the command has succeeded all the same.

    Args:
        wiring: The run's parts.
        ledger: The ledger that it is stored in.
        offline: Whether no other machine is to be reached for.
        show: Shows what is stored to a person; that comes before anything is waited for.
        form: With --json, the one object to print, of how it stands at the Sheet.

    Raises:
        Interrupted: a signal came meanwhile; what is stored has been told.
    """
    if form is None:
        show()
        out.flush()
    standing = _deliver(wiring, ledger, offline=offline)
    if form is not None:
        out.json(form(standing.state))
    elif standing.state != "off":
        out.line("written to the Sheet" if standing.state == "written" else "queued for the Sheet")
    problem = standing.problem
    if isinstance(problem, Interrupted):
        raise problem
    if problem is not None:
        why = f"{problem.message}{out.in_brackets(problem.hint)}"
        out.note(f"meterctl: the Sheet has to wait: {why}")


def _deliver(wiring: Wiring, ledger: Ledger, *, offline: bool) -> _Standing:
    destination = wiring.local.sheet
    if destination is None:
        return _Standing("off")
    if offline:
        return _Standing("queued")
    wanted = ledger.last_entry()
    problem: MeterctlError | Interrupted | None
    try:
        seconds = wiring.sheet_settings.deadline
        with waiting("writing to the Sheet"):
            problem = wiring.deliver(ledger, seconds).error if seconds else None
        if ledger.cursor(destination) >= wanted:
            return _Standing("written")
    except (MeterctlError, Interrupted) as error:
        problem = error
    return _Standing("queued", problem)
