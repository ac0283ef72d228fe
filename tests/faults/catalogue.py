"""The catalogue of faults: which tests inject which one, read from the tests and from its page.

A test says so by `@pytest.mark.fault(NUMBER)`, of docs/faults.md; "D" is what the shim alone has.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"
NUMBERS = range(1, 41)
OVER_HTTP = (1, 4, 6, 8, 18, "D")  # of the ledger's faults those that a phone has to survive too

Number = int | str


class Injecting(NamedTuple):
    """A test, or a class of them, that injects a fault."""

    name: str  # as pytest takes it: file::class::function
    numbers: frozenset[Number]
    promise: str  # its docstring
    is_soak: bool  # it runs in `make soak` only


class Row(NamedTuple):
    """A line of the page."""

    section: str
    numbers: frozenset[Number]
    tests: tuple[str, ...]


def injecting() -> Iterator[Injecting]:
    """All tests that inject a fault, by their sources."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.fault(" in text:
            yield from _marked(ast.parse(text).body, (str(path.relative_to(ROOT)),))


def rows() -> Iterator[Row]:
    """The lines of the page's tables."""
    section = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 4 and cells[0] != "#":
            yield Row(section, _numbers(cells[0]), tuple(re.findall(r"`(tests/.+?)`", cells[3])))


def is_there(name: str) -> bool:
    """Whether there is such a file, and in it such a class, and in that such a function."""
    file, *names = name.split("::")
    if not (ROOT / file).is_file() and (names or not (ROOT / file).is_dir()):
        return False
    node: ast.AST | None = ast.parse((ROOT / file).read_text(encoding="utf-8")) if names else None
    for one in names:
        body = getattr(node, "body", ())
        node = next((child for child in body if getattr(child, "name", "") == one), None)
    return not names or node is not None


def _numbers(cell: str) -> frozenset[Number]:
    """Such as `18`, `17, 19`, `17-25` or `D`."""
    found: set[Number] = set()
    for part in cell.split(", "):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1)) if first.isdigit() else {part}
    return frozenset(found)


def _marked(
    body: Sequence[ast.stmt], path: tuple[str, ...], *, in_soak: bool = False
) -> Iterator[Injecting]:
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        marks = [ast.unparse(one) for one in node.decorator_list]
        numbers = frozenset(
            ast.literal_eval(argument)
            for one in node.decorator_list
            if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.fault"
            for argument in one.args
        )
        is_soak = in_soak or "pytest.mark.soak" in marks
        place = (*path, node.name)
        if numbers:
            yield Injecting("::".join(place), numbers, ast.get_docstring(node) or "", is_soak)
        if isinstance(node, ast.ClassDef):
            yield from _marked(node.body, place, in_soak=is_soak)
