"""A bad place in a file: where it is, what is wrong, what to do."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.errors import MeterctlError


class Problem(NamedTuple):
    """One thing wrong with a file; line and column count from 1, columns in characters."""

    line: int
    column: int
    message: str
    hint: str
    text: str = ""  # the row as it stands in the file

    def where(self, name: str) -> str:
        """`file:line:column: message`, as compilers say it."""
        return f"{name}:{self.line}:{self.column}: {self.message}"


EMPTY = Problem(1, 1, "the file is empty", "a header line and at least one row")


class Stop(Exception):
    """Nothing after this place can be read: an internal signal, turned into its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class BadCell(Exception):
    """A cell that cannot be read: an internal signal, turned into a problem with its place."""

    def __init__(self, index: int, error: MeterctlError) -> None:
        super().__init__(error.message)
        self.index = index
        self.error = error


class Choice(NamedTuple):
    """One answer to what a file leaves open."""

    answer: str  # as the flag takes it
    meaning: str


class Unknown(Stop):
    """What a file leaves open and nobody may guess: asked on a terminal, else refused.

    The problem's hint names the flag that answers it.
    """

    def __init__(self, problem: Problem, option: str, choices: tuple[Choice, ...] = ()) -> None:
        super().__init__(problem)
        self.option = option  # the field of `formats.Options` that holds the answer
        self.choices = choices  # none: any text that the flag takes
