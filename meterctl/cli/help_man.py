"""The manual page, in roff."""

from __future__ import annotations

from collections.abc import Iterator

from meterctl import __version__
from meterctl.cli.help_model import Described, described
from meterctl.cli.help_texts import EXIT_CODES, TIMES, of_setting
from meterctl.config.table import SETTINGS

_FILES = (
    ("~/.local/share/meterctl/ledger.db", "the ledger, if METERCTL_LEDGER names no other"),
    ("~/.config/meterctl/.env", "settings, if METERCTL_ENV_FILE and .env here are not there"),
)


def page() -> str:
    """meterctl.1."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    commands = list(described())
    root, *others = commands
    yield f'.TH METERCTL 1 "" "meterctl {_text(__version__)}" "User Commands"'
    yield from (".SH NAME", "meterctl \\- keep meter readings: never lost, never doubled")
    yield from (".SH SYNOPSIS", ".B meterctl", _text(root.usage.removeprefix("meterctl ")))
    yield from (".SH DESCRIPTION", _text(root.help), ".SH OPTIONS")
    yield from _options(root)
    yield ".SH COMMANDS"
    for command in others:
        yield from _command(command)
    yield ".SH TIMES"
    yield from (".nf", *map(_text, TIMES.splitlines()), ".fi")
    yield ".SH EXIT STATUS"
    for code in EXIT_CODES:
        yield from (".TP", f".B {_text(code.codes)}", _text(code.sentence))
    yield ".SH ENVIRONMENT"
    yield _text("A flag beats the environment, which beats the .env, which beats the default.")
    for setting in SETTINGS:
        yield from (".TP", f".B {_text(setting.name)}", _text(of_setting(setting)))
    yield ".SH FILES"
    for name, text in _FILES:
        yield from (".TP", f".I {_text(name)}", _text(text))


def _command(command: Described) -> Iterator[str]:
    yield f'.SS "{_text(command.path)}"'
    yield from (".B", _text(command.usage), ".PP", _text(command.help.replace("\n\n", " ")))
    yield from _options(command)
    if command.epilog:
        yield from (".PP", _text(command.epilog))
    if command.examples:
        yield from (".PP", "Examples:", ".RS", ".nf")
        for example in command.examples:
            yield from (f"# {_text(example.meaning)}", _text(example.typed))
        yield from (".fi", ".RE")


def _options(command: Described) -> Iterator[str]:
    for names, text in command.options:
        yield from (".TP", f".B {_text(names)}", _text(text) or "\\&")


def _text(text: str) -> str:
    """Text in which roff sees no request and no escape."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    plain = "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in plain)
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
