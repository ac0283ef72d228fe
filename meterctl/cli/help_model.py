"""Every command as its own parser knows it: the source of the manual page and docs/commands.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from meterctl.cli.examples import EXAMPLES, Example


class Described(NamedTuple):
    """One command."""

    path: str  # without the program's name; "" is the program itself
    usage: str
    help: str
    options: tuple[tuple[str, str], ...]  # arguments too: how each is typed, what it is
    epilog: str
    examples: tuple[Example, ...]


def described() -> Iterator[Described]:
    """The program, and each command in the order of the help, a group before its own."""
    import typer

    from meterctl.cli.app import app

    root = typer.main.get_command(app)
    yield from _described(root, root.context_class(root, info_name="meterctl"), "")


def _described(command: Any, ctx: Any, path: str) -> Iterator[Described]:  # noqa: ANN401 (Typer's own classes, not exported)
    records = [record for one in command.get_params(ctx) if (record := one.get_help_record(ctx))]
    yield Described(
        path,
        " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)]),
        _paragraphs(command.help or ""),
        tuple((names.strip("*").strip(), " ".join(text.split())) for names, text in records),
        command.epilog or "",
        EXAMPLES[path],
    )
    for name in command.list_commands(ctx) if hasattr(command, "list_commands") else ():
        found = command.get_command(ctx, name)
        inner = found.context_class(found, info_name=name, parent=ctx)
        yield from _described(found, inner, f"{path} {name}".strip())


def _paragraphs(text: str) -> str:
    """Paragraphs of one line each."""
    return "\n\n".join(" ".join(one.split()) for one in re.split(r"\n\s*\n", text.strip()))
