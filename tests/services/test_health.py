"""The service behind `health`: what a check is, and the ledger's own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import meterctl
from meterctl.domain.times import DAY
from meterctl.errors import LedgerDamaged
from meterctl.ledger.store import SqlLedger
from meterctl.services import health, wire
from meterctl.services.health import NAMES, Check, Grade, worst
from meterctl.services.health_ledger import check_ledger
from meterctl.services.record import prepare, store
from meterctl.services.session import Session
from tests.helpers import NOW

ROOT = Path(meterctl.__file__).parent
OPERATIONS = (ROOT.parent / "docs" / "operations.md").read_text(encoding="utf-8")


def graded(checks: Iterator[Check]) -> dict[str, Grade]:
    """How each check ended."""
    return {check.name: check.grade for check in checks}


@pytest.mark.parametrize(
    ("grades", "whole"),
    [
        pytest.param([], Grade.PASS, id="nothing looked at"),
        pytest.param([Grade.PASS, Grade.WARN], Grade.WARN, id="a warning"),
        pytest.param([Grade.WARN, Grade.FAIL, Grade.PASS], Grade.FAIL, id="a failure"),
    ],
)
def test_the_whole_is_as_its_worst_part(grades: list[Grade], whole: Grade) -> None:
    """One failure is a failure."""
    assert worst([Check(str(n), grade, "") for n, grade in enumerate(grades)]) is whole


def test_a_check_that_could_not_be_made() -> None:
    """It fails with the error's own code and hint."""
    check = health.failed(LedgerDamaged("broken", "restore"), "ledger")
    assert check == Check("ledger", Grade.FAIL, "broken", "restore", 74)


def test_several_findings_under_one_name() -> None:
    """Each is in the JSON: the second of two old secrets does not hide the first."""
    found = [Check("a", Grade.WARN, "one", "do"), Check("b", Grade.PASS, "x", "hint")]
    form = wire.health(Grade.WARN, "1", [*found, Check("a", Grade.PASS, "two")])
    assert form["checks"] == {
        "a": [
            {"status": "warn", "output": "one", "hint": "do"},
            {"status": "pass", "output": "two"},
        ],
        "b": [{"status": "pass", "output": "x"}],
    }


def test_a_ledger_in_use(session: Session, ledger: SqlLedger) -> None:
    """It passes, until two days have gone by without an entry."""
    values = {"meter": "1"}
    store(session, prepare(ledger.meters(), session.zones, values, NOW, session.source))
    assert set(graded(check_ledger(ledger, NOW)).values()) == {Grade.PASS}
    assert graded(check_ledger(ledger, NOW + 2 * DAY))["ledger:last_entry"] is Grade.PASS
    assert graded(check_ledger(ledger, NOW + 2 * DAY + 1))["ledger:last_entry"] is Grade.WARN


class TestNames:
    """Monitors rely on the names of the checks."""

    def test_documented(self) -> None:
        """docs/operations.md has a row for each, and for no other."""
        (section,) = re.findall(r"(?ms)^## Health\n(.*?)^## ", OPERATIONS)
        cells = re.findall(r"(?m)^\| (`.+?`) \|", section)
        named = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
        assert sorted(named) == sorted(NAMES)
        assert len(set(NAMES)) == len(NAMES)

    def test_those_that_the_program_uses(self) -> None:
        """Wherever a check is made, it has one of these; and each of these is made somewhere."""
        used = {text for path in ROOT.rglob("*.py") for text in _named(path)}
        used |= {f"job:{name}" for name in ("sync", "push-utility", "backup")}
        assert used == set(NAMES)


def _named(path: Path) -> Iterator[str]:
    """Every text of a module that is a check's name, as far as the module makes any."""
    if path.name == "health.py" and path.parent.name == "services":
        return
    source = path.read_text(encoding="utf-8")
    if "services.health" not in source and "services import health" not in source:
        return
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES:
            yield node.value
        if not isinstance(node, ast.Call) or not isinstance(node.func, (ast.Name, ast.Attribute)):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        place = {"Check": 0, "failed": 1, "_guarded": 0}.get(called)
        if place is None or len(node.args) <= place:
            continue
        first = node.args[place]
        if isinstance(first, ast.Constant):
            yield str(first.value)  # unknown ones too: they make the test fail
