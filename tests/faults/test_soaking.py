"""The soak's own instrument: its table tells of what was lost, and of what could not be tried."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_HEAD = """
import pytest
from tests.faults.disks import need
from tests.faults.table import tally
pytestmark = pytest.mark.soak
"""


def soaked(tmp_path: Path, tests: str) -> tuple[int, str]:
    """Run such tests as a soak; the exit code, and the table."""
    file = tmp_path / "test_these.py"
    file.write_text(_HEAD + tests)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--quiet",
        "-p",
        "tests.faults.soaking",
        "-m",
        "soak",
    ]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={tmp_path}", str(file)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    _, found, table = done.stdout.rpartition(" the soak's table ===")
    assert found, done
    return done.returncode, table


def numbers(table: str, name: str) -> list[int]:
    """Runs, acknowledged, lost and doubled in a row."""
    (row,) = re.findall(rf"^{name} +(\d+) +(\d+) +(\d+) +(\d+)", table, re.MULTILINE)
    return [int(one) for one in row]


def test_one_table_for_all_tests(tmp_path: Path) -> None:
    """A fault that several tests inject is one row; the last row is all of them."""
    code, table = soaked(
        tmp_path,
        "def test_one(table):\n    table.add('a kill', 2, 2, 2)\n"
        "def test_two(table):\n    table.add('a kill', 3, 4, 4)\n"
        "def test_machine():\n    tally('any order', 5)\n    tally('any order', 6)\n"
        "def test_without_readings():\n    pass\n",
    )
    assert code == 0
    assert numbers(table, "a kill") == [2, 5, 0, 0]
    assert numbers(table, "any order") == [2, 11, 0, 0]
    assert numbers(table, "test_these: test_without_readings") == [1, 0, 0, 0]
    assert numbers(table, "all") == [5, 16, 0, 0]


def test_what_was_lost_or_doubled(tmp_path: Path) -> None:
    """It fails the soak, and one does not make up for the other."""
    code, table = soaked(
        tmp_path,
        "def test_lost(table):\n    table.add('cut', 2, 1, 2)\n    table.add('cut', 1, 2, 1)\n"
        "def test_other(table):\n    table.compare('swap', [1, 2], [1, 2, 3], [1, 3, 3])\n",
    )
    assert code == 1
    assert numbers(table, "cut") == [2, 3, 1, 1]
    assert numbers(table, "swap") == [1, 2, 1, 1]


def test_what_could_not_be_injected(tmp_path: Path) -> None:
    """It fails the soak, with the reason; so does a test that would skip itself."""
    code, table = soaked(
        tmp_path,
        "def test_tool(table):\n    need('no-such-tool', root=False)\n"
        "def test_skips():\n    import unittest\n    raise unittest.SkipTest('not today')\n",
    )
    assert code == 1
    assert "this test needs what is not here: no-such-tool" in table
    assert "not today" in table
