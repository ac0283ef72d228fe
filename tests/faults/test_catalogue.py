"""docs/faults.md and the tests: each fault has a test that injects it, and is told of."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.faults.catalogue import (
    NUMBERS,
    OVER_HTTP,
    ROOT,
    Number,
    injecting,
    rows,
)

INJECTING = tuple(injecting())
ROWS = tuple(rows())
OVER_HTTP_SECTION = "Over HTTP"
EVERYWHERE = [*NUMBERS]


@pytest.mark.parametrize("number", EVERYWHERE)
def test_each_fault_has_a_test(number: int) -> None:
    """One that runs each time, not only in the soak."""
    always = {one.name for one in INJECTING if not one.is_soak}
    told = [row for row in ROWS if number in row.numbers and row.section != OVER_HTTP_SECTION]
    assert [name for row in told for name in row.tests if name in always]


@pytest.mark.parametrize("number", OVER_HTTP)
def test_each_fault_of_the_shim_has_a_test(number: Number) -> None:
    """It is injected once more while phones post."""
    over_http = [row for row in ROWS if row.section == OVER_HTTP_SECTION]
    assert [row for row in over_http if number in row.numbers]


def test_the_page_lists_what_is_injected() -> None:
    """Exactly those tests, each with its numbers."""
    told: defaultdict[str, set[Number]] = defaultdict(set)
    for row in ROWS:
        for name in row.tests:
            told[name] |= row.numbers
    assert dict(told) == {one.name: set(one.numbers) for one in INJECTING}


def test_each_number_is_one_of_the_catalogue() -> None:
    """No other number, and no row without a test."""
    known = {*EVERYWHERE, "D"}
    assert [one.name for one in INJECTING if not one.numbers <= known] == []
    assert [row for row in ROWS if not row.tests or not row.numbers <= known] == []


def test_each_test_says_what_it_promises() -> None:
    """Its docstring is what holds whatever happens."""
    assert [one.name for one in INJECTING if not one.promise] == []


def test_each_test_is_collected() -> None:
    """Pytest knows it by its name, and its file."""
    for one in INJECTING:
        file, *names = one.name.split("::")
        assert Path(file).name.startswith("test_"), one.name
        assert re.match("Test|test_", names[0]), one.name
        assert re.match("Test|test_", names[-1]), one.name


def test_none_is_skipped() -> None:
    """What cannot be injected fails: a fault that is skipped is not tested."""
    skips = re.compile(r"pytest\.(skip|importorskip|xfail|mark\.(skip\w*|xfail))")
    for path in sorted((ROOT / "tests").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if skips.search(text):  # perhaps in a text only
            used = (ast.unparse(node) for node in ast.walk(ast.parse(text)) if is_name(node))
            assert [name for name in used if skips.fullmatch(name)] == [], path


def is_name(node: ast.AST) -> bool:
    """Such as `pytest.skip`."""
    return isinstance(node, ast.Attribute)
