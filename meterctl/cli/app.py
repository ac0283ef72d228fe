"""The commands, by name. A command's module is imported when that command is run, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from meterctl import __version__
from meterctl.wiring import Wiring


class Entry(NamedTuple):
    """Where a command is, and its line in the help; a test holds that it is the command's own."""

    module: str
    help: str


EVERYDAY = {
    "record": Entry("record", "Store readings: meterctl record 142.3 --inverter-kwh 5.42."),
    "bulk-import": Entry("bulk_import", "Store the readings of CSV files."),
    "current": Entry("current", "Show the newest reading of each meter."),
    "health": Entry("health", "Check the ledger and this machine."),
}
MORE = {
    "correct": Entry("correct", "Give a reading another value, with a reason."),
    "void": Entry("void", "Say that a reading never was, with a reason."),
    "review": Entry("review", "List readings that look wrong; accept one with a reason."),
    "history": Entry("history", "Show readings, or use by hour, day, week, month or year."),
    "export": Entry("export", "Write the readings as CSV or JSON lines."),
    "backup": Entry("backup", "Copy the ledger, verified."),
    "meters": Entry("meters", "List, add, set and replace meters."),
    "config": Entry("config", "Show and check the settings."),
    "demo": Entry("demo", "Rehearse everything in a folder of its own."),
}
COMMANDS = EVERYDAY | MORE
OPTIONS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}


class LazyGroup(TyperGroup):
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
    rich_markup_mode=None,  # rich costs 20 ms, and these helps read as well without it
    pretty_exceptions_enable=False,
    context_settings=OPTIONS,
    epilog=(
        "Exit codes: 0 done; 2 usage; 3 partly done; 65 bad data; 66 no such input; 74 ledger;"
        " 75 busy, try again; 78 settings; 130, 143 stopped."
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
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Keep meter readings: never lost, never doubled, never wrong."""
    if version:
        from meterctl.cli.out import line

        line(f"meterctl {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        from meterctl.cli.out import line

        line(ctx.get_help())
        raise typer.Exit
    ctx.obj = Wiring({"METERCTL_LEDGER": ledger, "METERCTL_TIMEZONE": timezone})


def group() -> typer.Typer:
    """A Typer app for a command or a group of them, set as all of ours are."""
    return typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=False,
        context_settings=OPTIONS,
    )
