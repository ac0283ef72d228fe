"""How every command and group is parsed and shown: the few places where Typer's way is not ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from meterctl.cli import out

OPTIONS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
VERBOSITY = "meterctl.verbosity"  # how often -v was given, among what the contexts of a run share

F = TypeVar("F", bound=Callable[..., Any])


class _Plain:
    """What commands and groups share; goes before Typer's class."""

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401 (Typer's own classes, not exported)
        """`--help`, printed by us: a full disk or a closed pipe ends it as any output."""
        option = super().get_help_option(ctx)  # type: ignore[misc] # Typer's class comes next
        if option is not None:
            option.callback = _show_help
        return option

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 (as above)
        """The usage line as everyone writes it: `ID VALUE`, not `{ID} {VALUE}`."""
        pieces = super().collect_usage_pieces(ctx)  # type: ignore[misc] # as above
        return [piece.strip("{}") for piece in pieces]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 (as above)
        """How it is typed, a line each; then what else is to be said."""
        from meterctl.cli.examples import EXAMPLES

        path = ctx.command_path.partition(" ")[2]
        if examples := EXAMPLES.get(path):
            with formatter.section("Examples"):
                for example in examples:
                    formatter.write(f"  {example.typed}\n      {example.meaning}\n")
        super().format_epilog(ctx, formatter)  # type: ignore[misc] # as above


def _show_help(ctx: typer.Context, _option: object, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        out.line(ctx.get_help())
        raise typer.Exit


class Command(_Plain, TyperCommand):
    """One command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 (Typer's signature)
        """Let a negative value arrive as a value, so that it is told what is wrong with it."""
        ctx.ignore_unknown_options = any(map(_is_negative, args))
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 (Typer's own classes, not exported)
        """Its options, and -v, which people type behind a command; the help names it once."""
        verbose = TyperOption(
            param_decls=["-v", "--verbose"],
            count=True,
            default=0,
            expose_value=False,
            callback=_add_verbosity,
            hidden=True,
        )
        return [*super().get_params(ctx), verbose]


def _add_verbosity(ctx: typer.Context, _option: object, count: int) -> None:
    ctx.meta[VERBOSITY] = ctx.meta.get(VERBOSITY, 0) + count


def _is_negative(word: str) -> bool:
    return word.startswith("-") and word[1:].removeprefix(".")[:1].isdigit()


class Group(_Plain, TyperGroup):
    """A command with commands of its own."""


class App(typer.Typer):
    """A Typer app whose commands are ours."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[[F], F]:  # noqa: ANN401 (Typer's)
        """As Typer's, for a `Command`."""
        return super().command(name, **{"cls": Command, **settings})


def group() -> App:
    """An app for a command or a group of them, set as all of ours are."""
    return App(
        cls=Group,
        rich_markup_mode=None,  # rich costs 20 ms, and these helps read as well without it
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=False,
        context_settings=OPTIONS,
    )
