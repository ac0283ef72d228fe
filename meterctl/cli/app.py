"""The commands, by name. A command's module is imported when that command is run, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer

from meterctl import __version__
from meterctl.cli import out
from meterctl.cli.command import OPTIONS, VERBOSITY, Group
from meterctl.cli.options import JOURNAL
from meterctl.errors import UsageError, shown
from meterctl.wiring import Wiring


class Entry(NamedTuple):
    """Where a command is, and its line in the help; a test holds that it is the command's own."""

    module: str
    help: str


EVERYDAY = {
    "record": Entry("record", "Store readings: meterctl record 142.3 --inverter-kwh 5.42."),
    "bulk-import": Entry("bulk_import", "Store the readings of files."),
    "current": Entry("current", "Show the newest reading of each meter."),
    "push-utility": Entry("push_utility", "Submit what is due to the utility."),
    "health": Entry("health", "Check the ledger, this machine, the Sheet and the utility."),
}
MORE = {
    "correct": Entry("correct", "Give a reading another value, with a reason."),
    "void": Entry("void", "Say that a reading never was, with a reason."),
    "review": Entry("review", "List readings that look wrong; accept one with a reason."),
    "history": Entry("history", "Show readings, or use by hour, day, week, month or year."),
    "plot": Entry("plot", "Draw the use of meters: a chart here, or in a file."),
    "sync": Entry("sync", "Bring what is queued to the Sheet, read back what others did."),
    "sheet": Entry("sheet", "Show the spreadsheet in use; go on in another one."),
    "submissions": Entry("submissions", "List, show, resolve and resubmit submissions."),
    "export": Entry("export", "Write the readings as CSV or JSON lines."),
    "backup": Entry("backup", "Copy the ledger, verified."),
    "restore": Entry("restore", "Put a backup in the ledger's place, verified."),
    "ledger": Entry("ledger", "Show the ledger's place; bring it up to date; move it."),
    "fleet": Entry("fleet", "Run a command over many ledgers, some at a time."),
    "meters": Entry("meters", "List, add, set and replace meters."),
    "serve": Entry("serve", "Serve the same over HTTP, with a dashboard."),
    "clients": Entry("clients", "Add, list, rotate and revoke clients of the HTTP shim."),
    "init": Entry("init", "Set up: settings, the Sheet, the utility, a first reading."),
    "config": Entry("config", "Show and check the settings."),
    "sandbox": Entry("sandbox", "Stand in for Google, a utility and its portal, to rehearse."),
    "demo": Entry("demo", "Rehearse everything in a folder of its own."),
    "help": Entry("help", "Explain exit codes, settings, formats, or a command."),
}
COMMANDS = EVERYDAY | MORE


class LazyGroup(Group):
    """A group that knows its commands' names and help without importing them."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002, ANN401 (Typer's signature)
        """Every command, the everyday ones first."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002, ANN401 (Typer's signature)
        """The command itself, imported now."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"meterctl.cli.{entry.module}")
        command = typer.main.get_command(getattr(module, cmd_name.replace("-", "_") + "_app"))
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 (Typer's signature)
        """The command that the first word names.

        Raises:
            UsageError: none has that name; one that is like it is named.
        """
        if args[0] not in COMMANDS and not ctx.resilient_parsing:  # completion has no opinion
            from difflib import get_close_matches

            like = get_close_matches(args[0], COMMANDS, 1)
            meant = f"; do you mean {like[0]}?" if like else ""
            raise UsageError(f"no such command: {shown(args[0])}{meant}", "see meterctl --help")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002, ANN401 (as above)
        """The list of commands in the help, from the table above."""
        width = max(map(len, COMMANDS))
        for title, entries in (("Everyday", EVERYDAY), ("More", MORE)):
            with formatter.section(title):
                formatter.write_dl(
                    [(name.ljust(width), entry.help) for name, entry in entries.items()]
                )


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=OPTIONS,
    epilog=(
        "Exit codes: 0 done; 2 usage; 3 partly done; 65 bad data; 66 no such input; 74 ledger;"
        " 75 not now, queued; 76 nonsense answered; 77 not allowed; 78 settings; 130, 143 stopped."
    ),
)


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    ledger: Annotated[
        str | None, typer.Option(help="The ledger: sqlite:///PATH.", metavar="URL")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="The zone of local times: Europe/Berlin.", metavar="ZONE")
    ] = None,
    verbose: Annotated[
        int,
        typer.Option(
            "-v",
            "--verbose",
            count=True,
            help="Tell on stderr what is done; -vv each request, -vvv traces of errors too.",
        ),
    ] = 0,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Keep meter readings: never lost, never doubled, never wrong."""
    if version:
        out.line(f"meterctl {__version__}")
        raise typer.Exit
    for option, text in (("--ledger", ledger), ("--timezone", timezone)):
        if text == "":  # an unset variable of a script: not to be taken for "the default"
            raise UsageError(f"{option} is empty", "give it a value, or leave it out")
    ctx.meta[JOURNAL], ctx.meta[VERBOSITY] = ctx.obj, verbose
    ctx.obj = Wiring({"METERCTL_LEDGER": ledger, "METERCTL_TIMEZONE": timezone})
    if ctx.invoked_subcommand is None:
        from meterctl.cli.overview import overview

        overview(ctx)
