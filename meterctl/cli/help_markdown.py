"""docs/commands.md."""

from __future__ import annotations

from collections.abc import Iterator

from meterctl.cli.help_model import Described, described

_HEAD = """\
# Commands

Made from the program by `make reference`; a test holds that it is what the program says today.
`meterctl help COMMAND` and the manual page say the same. [operations.md](operations.md) has the
exit codes and the settings, [imports.md](imports.md) the formats. Most commands have `--json`: one
object, numbers exact, times with an offset. `-v` behind any of them tells on stderr what is done.
"""


def page() -> str:
    """The page."""
    return "\n".join([_HEAD, *_lines()])


def _lines() -> Iterator[str]:
    for command in described():
        name = f"meterctl {command.path}".strip()
        yield f"{'##' if ' ' not in command.path else '###'} {name}\n"
        yield f"{command.help}\n"
        yield f"```text\n{command.usage}\n```\n"
        yield from _options(command)
        if command.epilog:
            yield f"{command.epilog}\n"
        yield from _examples(command)


def _options(command: Described) -> Iterator[str]:
    rows = [(names, text) for names, text in command.options if "--help" not in names]
    if rows:
        yield "| option | is |"
        yield "|---|---|"
        for names, text in rows:
            yield f"| `{_cell(names)}` | {_cell(text)} |"
        yield ""


def _examples(command: Described) -> Iterator[str]:
    if command.examples:
        yield "```sh"
        yield from (f"{one.typed}  # {one.meaning}" for one in command.examples)
        yield "```\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
