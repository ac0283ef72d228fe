"""The report of an import: every problem as a row of CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from meterctl.errors import OutputFailed
from meterctl.imports.canonical import guard
from meterctl.imports.problems import Problem


@contextmanager
def open_report(path: Path | None) -> Iterator[Callable[[str, Problem], None]]:
    """A function that notes a problem of a file; it does nothing where no report is wanted.

    Raises:
        OutputFailed: the report cannot be written.
    """
    if path is None:
        yield lambda _name, _problem: None
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["file", "line", "column", "reason", "what_to_do", "row"])

            def note(name: str, problem: Problem) -> None:
                texts = (problem.message, problem.hint, problem.text)
                place = (guard(name), problem.line, problem.column)
                writer.writerow([*place, *(guard(text) for text in texts)])

            yield note
    except OSError as error:
        raise OutputFailed(
            f"the report {path} could not be written: {error.strerror}", "name another place"
        ) from error
