"""Files of all formats, to be damaged: every long enough text in the tests of the formats."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from meterctl.domain.meters import Kind
from meterctl.errors import MeterctlError
from meterctl.imports.catalog import layout_of
from meterctl.imports.formats import Options
from meterctl.imports.layout import Label, Order
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.text.document import Document
from tests.imports.vendors.test_structured_damage import SAMPLES as STRUCTURED

_HERE = Path(__file__).parents[1]
_FOLDERS = ("vendors", "generic")
_LINES = 2
_LIMIT = 20_000  # letters: damage is found as well in a short file, and sooner
ANSWERS = Options(order=Order.DMY, label=Label.STARTS, kind=Kind.INTERVAL, unit="kWh")


@cache
def samples() -> tuple[str, ...]:
    """Each of them once, in an order that stays."""
    found = [text for _, text in STRUCTURED]
    for folder in _FOLDERS:
        for path in sorted((_HERE / folder).glob("test_*.py")):
            found += _constants(f"tests.imports.{folder}.{path.stem}")
            found += _written(path)
    return tuple(dict.fromkeys(text for text in found if _is_file(text)))


def _is_file(text: str) -> bool:
    """Whether a text is one that some format reads, or asks something of."""
    if text.count("\n") < _LINES or len(text) > _LIMIT:
        return False
    try:
        document = Document.of(text.encode())
        return any(row.claims for row in layout_of(document, ANSWERS, None).read(document))
    except Unknown:
        return True
    except (Stop, MeterctlError):
        return False


def _constants(module: str) -> Iterator[str]:
    """The texts that a module of tests has put together."""
    for value in vars(import_module(module)).values():
        if isinstance(value, str):
            yield value


def _written(path: Path) -> Iterator[str]:
    """The texts that stand in it as they are."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node.value
