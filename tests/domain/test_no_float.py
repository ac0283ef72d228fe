"""No float touches a value: the domain holds none, so none can come out of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import meterctl.domain

MODULES = sorted(Path(meterctl.domain.__file__).parent.glob("*.py"))
FLOATING_MODULES = {"math", "cmath", "random", "statistics", "decimal", "fractions", "struct"}


def _floating(tree: ast.AST) -> list[str]:
    """What in a module makes, or may make, a float."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float() | complex()):
                found.append(f"line {node.lineno}: a float literal")
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                found.append(f"line {node.lineno}: true division")
            case ast.BinOp(op=ast.Pow(), right=ast.UnaryOp(op=ast.USub())):
                found.append(f"line {node.lineno}: a negative power")
            case ast.Name(id="float" | "complex" | "round"):
                found.append(f"line {node.lineno}: {node.id}")
            case ast.Attribute(attr="total_seconds" | "timestamp" | "fromtimestamp"):
                found.append(f"line {node.lineno}: {node.attr}, which is a float of seconds")
            case ast.Import(names=names):
                found += [
                    f"line {node.lineno}: {n.name}" for n in names if n.name in FLOATING_MODULES
                ]
            case ast.ImportFrom(module=module) if module in FLOATING_MODULES:
                found.append(f"line {node.lineno}: {module}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])
def test_a_module_of_the_domain(path: Path) -> None:
    """It has no float literal, no true division, and calls nothing that gives a float."""
    assert _floating(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    ["a = 0.5", "a = b / c", "a /= 2", "float(a)", "round(a)", "10 ** -6", "d.total_seconds()"],
)
def test_what_would_be_found(source: str) -> None:
    """The search finds what it is for."""
    assert _floating(ast.parse(source))
