"""`meterctl fleet`."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from meterctl import jobs as jobs_of
from meterctl import log
from meterctl.cli import out
from meterctl.cli.command import OPTIONS, group
from meterctl.cli.fleet_members import Where, environment, members, shared
from meterctl.cli.fleet_order import NAME, Order, order
from meterctl.cli.fleet_showing import Show
from meterctl.cli.options import Json, Quiet, wiring_of
from meterctl.config import Settings
from meterctl.errors import Interrupted, UsageError
from meterctl.ledger.address import FileAddress, secrets_of_database
from meterctl.services.fleet import Ended, Result, Summary, Verdict, result
from meterctl.services.fleet_list import Member
from meterctl.services.fleet_run import Means, Task, run
from meterctl.wiring import Wiring

fleet_app = group()

MOST_JOBS = 64  # at a time; each is a process, and a session or two at the database
USUAL_JOBS = 16
LONGEST = 86_400  # seconds
KEPT_TEXT, KEPT_JSON = 1 << 14, 1 << 20  # bytes of what one ledger's command prints
MOST_KEPT = 1 << 27  # characters of what all of them print, where it is held to the end


@fleet_app.command(
    context_settings=OPTIONS | {"allow_interspersed_args": False},
    epilog="Exit code: 0 all done; 3 some not; where none is, for one and the same reason, its"
    " code.",
)
def fleet(
    ctx: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="COMMAND [ARGUMENTS]...",
            help=f"Such as push-utility; {NAME} in an argument is the ledger's own name.",
        ),
    ],
    list_: Annotated[
        str | None,
        typer.Option("--list", metavar="FILE", help="A ledger, or its .env, a line; - is stdin."),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            help="All ledgers of this database; METERCTL_LEDGER's if neither is given.",
        ),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings", metavar="DIR", help="Where NAME.env has what ledger NAME alone has."
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="N",
            min=1,
            max=MOST_JOBS,
            help=f"How many at a time; if none, two a processor, at most {USUAL_JOBS}.",
        ),
    ] = None,
    timeout: Annotated[
        int, typer.Option("--timeout", metavar="SECONDS", min=1, max=LONGEST, help="For each.")
    ] = 1800,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Run a command over many ledgers, some at a time."""
    for option, text in (("--list", list_), ("--database", database)):
        if text == "":  # an unset variable of a script: not to be taken for "the default"
            raise UsageError(f"{option} is empty", "give it a value, or leave it out")
    if list_ is not None and database is not None:
        raise UsageError("--list and --database both say which ledgers", "leave one of them out")
    what = order(words, as_json=json, quiet=quiet)
    wiring = wiring_of(ctx)
    with _heartbeat(wiring, what):
        found = members(
            Where(list_, database, settings),
            wiring.settings,
            wiring.cwd,
            may_begin=what.begins_ledgers,
        )
        _refuse_one_name_for_two(what, found)
        trouble = _run(what, found, wiring.settings, wiring.cwd, jobs or usual_jobs(), timeout)
    if trouble is not None:  # which is no affair of the monitor's
        raise trouble


def usual_jobs() -> int:
    """Twice as many as there are processors for us: they wait for other machines, mostly."""
    if hasattr(os, "sched_getaffinity"):
        return min(2 * len(os.sched_getaffinity(0)), USUAL_JOBS)
    return min(2 * (os.cpu_count() or 1), USUAL_JOBS)


def _heartbeat(wiring: Wiring, what: Order) -> AbstractContextManager[object, None]:
    """A monitor is told once of all of it; looking is no run."""
    name = jobs_of.HEARTBEATS.get(what.name)
    if name is None or "--dry-run" in what.words:
        return nullcontext()
    return wiring.heartbeat(name, out.note)


def _refuse_one_name_for_two(what: Order, found: Sequence[Member]) -> None:
    if not what.is_named:
        return
    for name, number in Counter(one.name for one in found).items():
        if number > 1:
            raise UsageError(
                f"two ledgers are called {name}, and {NAME} stands for one",
                f"leave {NAME} out, or list .env files: their names count",
            )


def _run(
    what: Order, found: Sequence[Member], settings: Settings, cwd: Path, jobs: int, timeout: int
) -> Exception | None:
    """Run it and tell of it; what could not be told. Raises where it did not end well."""
    began = time.monotonic()
    common = shared(settings, os.environ, cwd)
    tasks = {
        number: Task(what.at(one.name), environment(one, common))
        for number, one in enumerate(found)
    }
    masks = _masks(found, settings)
    results: dict[int, Result] = {
        number: Result(str(one.address)) for number, one in enumerate(found)
    }
    stopped: Interrupted | None = None
    room = MOST_KEPT
    with Show(what, len(found)) as show:

        def told(number: int, ended: Ended) -> None:
            nonlocal room
            ledger, mask = str(found[number].address), masks(number)
            if what.gives_json and (room := room - len(ended.out)) < 0:
                ended = ended._replace(out="", is_cut=True)
            made = result(ledger, ended, mask, as_json=what.gives_json, quiet=what.quiet)
            is_first = results[number].exit_code is None
            results[number] = made._replace(lines=())  # of thousands, they are told and let go
            if made.verdict is Verdict.BUSY and is_first:
                return  # it gets another turn, which may end better
            _log(made)
            show.tell(made)

        means = Means(jobs, timeout, KEPT_JSON if what.as_json else KEPT_TEXT, told, show.hear)
        try:
            run(tasks, means)
            busy = {n: tasks[n] for n, one in results.items() if one.verdict is Verdict.BUSY}
            run(busy, means)
        except Interrupted as error:
            stopped = error
        summary = Summary(list(results.values()), time.monotonic() - began)
        log.event("fleet.ended", told=what.name, ledgers=len(found), **_counts(summary))
        show.sum_up(summary)
    if stopped is not None:
        left = summary.by_verdict[Verdict.NOT_RUN]
        raise Interrupted(
            stopped.signal_number, f"stopped; {left} of {len(found)} ledgers were not begun with"
        )
    if summary.error is not None:
        raise summary.error
    return show.trouble


def _masks(found: Sequence[Member], settings: Settings) -> Callable[[int], Callable[[str], str]]:
    """By number, what takes the secrets out of a text; a ledger's own .env is masked over there."""
    from meterctl.config.secrets import secrets_in
    from meterctl.redact import mask_for

    known = list(secrets_in(settings))

    def mask(number: int) -> Callable[[str], str]:
        address = found[number].address
        is_file = isinstance(address, FileAddress)
        return mask_for([*known, *(() if is_file else secrets_of_database(address.full))])

    return mask


def _log(made: Result) -> None:
    fields = {
        "ledger": made.ledger,
        "verdict": str(made.verdict),
        "exit_code": made.exit_code,
        "seconds": made.seconds,
        "error": None if made.fault is None else made.fault.code,
    }
    if made.verdict is Verdict.DONE:
        log.event("fleet.ledger", **fields)
    else:
        log.warning("fleet.ledger", **fields)


def _counts(summary: Summary) -> dict[str, int]:
    return {str(one): number for one, number in summary.by_verdict.items()}
