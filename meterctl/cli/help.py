"""`meterctl help`."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import partial
from typing import Annotated, NamedTuple

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.errors import UsageError, shown

help_app = group()


@help_app.command("help")
def explain(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TOPIC|COMMAND]...",
            help="exit-codes, environment, formats, times, numbers, docs; or a command.",
        ),
    ] = None,
) -> None:
    """Explain exit codes, settings, formats, or a command."""
    if not words:
        out.write(_topics())
        return
    asked = " ".join(words)
    topic = TOPICS.get(asked)
    text = _page(asked) if topic is None else topic.text()
    if text is not None:
        out.write(text)
        return
    out.line(_help_of(ctx, words))


def _help_of(ctx: typer.Context, words: list[str]) -> str:
    """A command's own --help.

    Raises:
        UsageError: there is neither such a command nor such a topic.
    """
    root = ctx.find_root()
    command, inner = root.command, root
    for word in words:
        found = command.get_command(inner, word) if hasattr(command, "get_command") else None
        if found is None:
            from difflib import get_close_matches

            from meterctl.cli.app import COMMANDS

            if command is root.command:
                like = get_close_matches("-".join(words), [*TOPICS, *COMMANDS], 1)
            else:
                names = command.list_commands(inner) if hasattr(command, "list_commands") else []
                like = get_close_matches(word, names, 1)
            meant = f"; do you mean {like[0]}?" if like else ""
            raise UsageError(
                f"there is no help on {shown(' '.join(words))}{meant}", "meterctl help lists all"
            )
        command, inner = found, found.context_class(found, info_name=word, parent=inner)
    return inner.get_help()


def _topics() -> str:
    from meterctl.cli.app import COMMANDS
    from meterctl.cli.help_texts import table

    topics = table([(f"help {name}", topic.what) for name, topic in TOPICS.items()])
    commands = table([(f"help {name}", entry.help) for name, entry in COMMANDS.items()])
    return (
        f"meterctl help TOPIC or COMMAND explains it.\n\nTopics:\n{topics}\nCommands:\n{commands}"
    )


def _exit_codes() -> str:
    from meterctl.cli.help_texts import EXIT_CODES

    lines = ["How a command ends, for scripts; the message on stderr says what happened.\n"]
    lines += [_hanging(code.codes.ljust(10), code.sentence) for code in EXIT_CODES]
    return "\n".join(lines) + "\n"


def _environment() -> str:
    from meterctl.cli.help_texts import of_setting
    from meterctl.config.table import SETTINGS

    lines = [
        "Settings. A flag beats the environment, which beats the .env, which beats the default.",
        "The .env is what METERCTL_ENV_FILE names, else .env here, else ~/.config/meterctl/.env.",
        "meterctl config show prints them as they are now, and config check what is wrong.\n",
    ]
    for setting in SETTINGS:
        lines += [setting.name, _hanging("    ", of_setting(setting))]
    return "\n".join(lines) + "\n"


def _formats() -> str:
    from meterctl.cli.help_texts import CANONICAL, FORMATS, table

    return (
        "What bulk-import reads, as it is, also in .gz, .zip and .xlsx. --format NAME overrules\n"
        "what was recognised; --dry-run shows what a file is taken for, and stores nothing.\n\n"
        f"{table(list(FORMATS.items()))}\n"
        f"Our own:\n\n{textwrap.indent(CANONICAL, '  ')}\n"
        "A column for any of your meters. A cell may be empty; values are exact, with a point;\n"
        "times have an offset, or are meant in the meter's zone (--tz names another).\n"
    )


def _times() -> str:
    from meterctl.cli.help_texts import TIMES

    return TIMES


def _numbers() -> str:
    from meterctl.domain.quantity import DECIMALS, SIGNIFICANT_DIGITS, WHOLE_DIGITS

    return (
        "A value is digits with at most one point: 142.3, 18342, 0.5. A reading holds\n"
        f"{WHOLE_DIGITS} digits before it and {DECIMALS} behind, {SIGNIFICANT_DIGITS} in all.\n\n"
        "1,5 and 1_000 and 1e3 are refused: they can be read two ways, or are no way to write\n"
        "what a dial says. Nothing is ever rounded in silence.\n\n"
        "Output has a point as well. METERCTL_DECIMAL_MARK changes that for people: , or locale.\n"
        "JSON and CSV stay as they are.\n"
    )


def _pages() -> str:
    from meterctl.cli.help_pages import listed

    return listed()


def _page(asked: str) -> str | None:
    from meterctl.cli.help_pages import page

    return page(asked)


def _man() -> str:
    from meterctl.cli.help_man import page

    return page()


def _completion(shell: str) -> str:
    from typer import completion

    asked = {"prog_name": "meterctl", "complete_var": "_METERCTL_COMPLETE", "shell": shell}
    script: str = completion.get_completion_script(**asked)  # type: ignore[attr-defined] # not exported
    # zsh loads a file of its functions at the first Tab: then it is to complete at once as well.
    at_first = 'if [ "$funcstack[1]" = _meterctl ]; then _meterctl_completion "$@"; else'
    if shell == "zsh":
        script = script.replace("\ncompdef ", f"\n{at_first} compdef ") + "; fi"
    return f"{script}\n"


def _reference() -> str:
    from meterctl.cli.help_markdown import page

    return page()


class _Topic(NamedTuple):
    """What can be explained."""

    what: str
    text: Callable[[], str]


TOPICS = {
    "exit-codes": _Topic("how a command ends, for scripts", _exit_codes),
    "environment": _Topic("every setting, with its default", _environment),
    "formats": _Topic("the files that bulk-import reads", _formats),
    "times": _Topic("how a time may be written", _times),
    "numbers": _Topic("how a value is written, and shown", _numbers),
    "docs": _Topic("the pages that hints name, such as docs/sheets.md", _pages),
    "man": _Topic("the manual page, as roff: meterctl help man > meterctl.1", _man),
    **{
        f"completion {shell}": _Topic(
            f"what teaches {shell} the Tab key", partial(_completion, shell)
        )
        for shell in ("bash", "zsh", "fish")
    },
    "reference": _Topic("every command with its options, as Markdown", _reference),
}


def _hanging(head: str, text: str) -> str:
    return textwrap.fill(
        text, 96, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )
