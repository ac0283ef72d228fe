"""What a fleet is to do: a command that makes sense for many ledgers, checked once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from meterctl.errors import UsageError, shown

# What looks, what a job does, and what may be set alike for all; by its first word or two.
MAY = (
    ("push-utility",),
    ("sync",),
    ("backup",),
    ("health",),
    ("ledger", "migrate"),
    ("ledger", "show"),
    ("current",),
    ("review",),
    ("history",),
    ("submissions", "list"),
    ("sheet", "show"),
    ("meters", "list"),
    ("meters", "add"),
    ("meters", "set"),
    ("clients", "list"),
    ("config", "check"),
)
NAME = "{name}"  # in an argument, each ledger's own name stands for it


class Order(NamedTuple):
    """A command, as each ledger gets it."""

    name: str  # its first word or two
    words: tuple[str, ...]  # all of it, without --json and --quiet
    as_json: bool
    quiet: bool
    knows: frozenset[str]  # the options that it has

    @property
    def begins_ledgers(self) -> bool:
        """Whether a ledger need not be there yet."""
        return self.name == "ledger migrate"

    @property
    def is_named(self) -> bool:
        """Whether each ledger's name is a part of it."""
        return any(NAME in word for word in self.words)

    @property
    def gives_json(self) -> bool:
        """Whether each prints an object."""
        return self.as_json and "--json" in self.knows

    def at(self, name: str) -> list[str]:
        """The command line for the ledger of this name."""
        words = [word.replace(NAME, name) for word in self.words]
        if self.gives_json:
            words.append("--json")
        elif self.quiet and "--quiet" in self.knows:
            words.append("--quiet")
        return words


def order(words: Sequence[str], *, as_json: bool, quiet: bool) -> Order:
    """Check a command before it is run a thousand times.

    Raises:
        UsageError: it is none that makes sense for many ledgers.
        typer.TyperException: the command itself would say that it is wrong.
    """
    name = next((one for one in MAY if tuple(words[: len(one)]) == one), None)
    if name is None:
        known = ", ".join(" ".join(one) for one in MAY)
        raise UsageError(
            f"{shown(' '.join(words[:2]))} is nothing to do for many ledgers", f"one of: {known}"
        )
    ours = {"--json": as_json, "--quiet": quiet}
    rest = []
    for word in words[len(name) :]:
        if word in ours:  # wherever it is typed, it is meant for the whole
            ours[word] = True
        else:
            rest.append(word)
    command = _command(name)
    with command.make_context(f"meterctl {' '.join(name)}", list(rest)):
        pass  # what it makes of its words is looked at; it is not run
    knows = frozenset(opt for one in command.params for opt in one.opts)
    whole = (*name, *rest)
    return Order(" ".join(name), whole, ours["--json"], ours["--quiet"], knows)


def _command(name: Sequence[str]) -> Any:  # noqa: ANN401 (Typer's own classes, not exported)
    """The command of that name, imported now."""
    from meterctl.cli.app import LazyGroup

    command = LazyGroup().get_command(None, name[0])
    for word in name[1:]:
        command = command and command.commands.get(word)
    if command is None:
        raise UsageError(f"no such command: {' '.join(name)}", "see meterctl --help")
    return command
