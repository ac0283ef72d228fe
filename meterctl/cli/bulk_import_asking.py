"""Questions that a file leaves open, to a person at a terminal."""

from __future__ import annotations

from meterctl.cli import out
from meterctl.cli.bulk_import_options import answered, flag_of
from meterctl.errors import TimeError, UsageError
from meterctl.imports.formats import Options
from meterctl.imports.problems import Choice, Unknown

_YES, _NO = ("y", "yes"), ("", "n", "no")


def ask(unknown: Unknown, name: str, options: Options) -> Options:
    """The options with the answer to what a file leaves open.

    Args:
        unknown: What it is.
        name: The file's.
        options: What is known so far.

    Raises:
        Interrupted: the person wants no more of it.
    """
    _put(unknown, name)
    while True:
        text = _answer(unknown)
        try:
            found = answered(options, unknown.option, text)
        except (UsageError, TimeError) as error:
            out.note(f"  {error.message}{out.in_brackets(error.hint)}")
            continue
        flag, said = flag_of(unknown.option), found.unit if unknown.option == "unit" else text
        out.note(f"  {flag} {said} says so beforehand; --save-profile NAME keeps it")
        return found


def choose(unknown: Unknown, name: str) -> str:
    """One of the choices there are, where the answer is no option's.

    Raises:
        Interrupted: the person wants no more of it.
    """
    _put(unknown, name)
    return _answer(unknown)


def _put(unknown: Unknown, name: str) -> None:
    """Show what is open, and what it may be."""
    out.note(unknown.problem.where(name))
    if unknown.problem.text:
        out.note(f"  its line {unknown.problem.line}: {_one_line(unknown.problem.text)}")
    if not unknown.choices:
        out.note(f"  {out.advice(unknown.problem.hint)}")
    for line in _listed(unknown.choices):
        out.note(f"  {line}")


def _answer(unknown: Unknown) -> str:
    """One of the choices, as it is written there; without choices, any text."""
    only = {choice.answer.lower(): choice.answer for choice in unknown.choices}
    either = " or ".join(map(_legible, only.values()))
    question = f"Which is it: {either}" if only else "What is it"
    while True:
        text = out.ask(question)
        if text and (not only or unknown.option == "unit"):
            return text  # there are more units than the usual ones, and `m3` is one of them
        if text.lower() in only:
            return only[text.lower()]
        out.note(f"  answer {either}" if only else "  Ctrl-C stores nothing")


def agrees(question: str) -> bool:
    """Whether a person says yes."""
    while True:
        answer = out.ask(f"{question} [y/N]").lower()
        if answer in _YES or answer in _NO:
            return answer in _YES


def _listed(choices: tuple[Choice, ...]) -> list[str]:
    """The choices, aligned, each with its meaning; those that need none are in the question."""
    width = max((len(choice.answer) for choice in choices), default=0)
    return [f"{one.answer.ljust(width)}  {one.meaning}" for one in choices if one.meaning]


def _legible(answer: str) -> str:
    """An answer within a sentence: a point or a comma alone would be taken for the sentence's."""
    return answer if any(map(str.isalnum, answer)) else f'"{answer}"'


def _one_line(text: str, limit: int = 100) -> str:
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return "".join(letter if letter.isprintable() else " " for letter in short)
