"""The problems of an import: every one as a row of CSV, the first ones to the person."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from meterctl.cli import out
from meterctl.imports.canonical.formulas import guard
from meterctl.imports.problems import Problem

SHOWN_PROBLEMS = 20


@contextmanager
def open_report(path: Path | None) -> Iterator[Callable[[str, Problem], None]]:
    """A function that notes a problem of a file; it does nothing where no report is wanted.

    Raises:
        OutputFailed: the report cannot be written.
    """
    if path is None:
        yield lambda _name, _problem: None
        return
    import csv

    with out.to_file(f"the report {path}"):
        file = path.open("w", encoding="utf-8", newline="")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "line", "column", "reason", "what_to_do", "row"])

    def note(name: str, problem: Problem) -> None:
        texts = (problem.message, problem.hint, problem.text)
        with out.to_file(f"the report {path}"):
            writer.writerow(
                [guard(name), problem.line, problem.column, *(guard(text) for text in texts)]
            )

    try:
        yield note
    finally:
        with out.to_file(f"the report {path}"):
            file.close()


class Told:
    """A file's problems, told as they are met: all to the report, the first ones to the person."""

    def __init__(
        self,
        name: str,
        write: Callable[[str, Problem], None],
        *,
        quiet: bool,
        all_of_them: bool = False,
    ) -> None:
        self._name = name
        self._write = write
        self._most = 0 if quiet else sys.maxsize if all_of_them else SHOWN_PROBLEMS
        self._count = 0

    def __call__(self, problem: Problem) -> None:
        """Tell of one."""
        self._count += 1
        self._write(self._name, problem)
        if self._count <= self._most:
            out.note(f"{problem.where(self._name)}{out.in_brackets(problem.hint)}")

    def end(self, report: Path | None) -> None:
        """Say how many were left out."""
        if self._count > self._most:
            where = "--report FILE lists them all" if report is None else f"all are in {report}"
            out.note(f"{self._name}: {self._count - self._most} more such lines; {where}")
