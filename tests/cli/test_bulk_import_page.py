"""docs/imports.md: whoever reads it finds every format, every question and every flag."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import meterctl
from meterctl.cli.bulk_import_options import flag_of
from meterctl.imports.catalog import NAMES
from meterctl.imports.formats import Options
from tests.conftest import Cli

PAGE = (Path(meterctl.__file__).parents[1] / "docs" / "imports.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## The formats")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_format(name: str) -> None:
    """Each has its row: how it is recognised, and what it becomes."""
    assert re.search(rf"(?m)^\| `{name}` \| [^|]+ \| [^|]+ \|$", TABLE)


def test_no_other_format() -> None:
    """The table names none that is not there."""
    assert set(re.findall(r"(?m)^\| `([^`]+)` \|", TABLE)) == set(NAMES)


# `home` is the settings' zone, which nobody is asked for here.
@pytest.mark.parametrize("field", sorted({*Options._fields} - {"home"}))
def test_every_question(field: str) -> None:
    """Whatever a file may leave open, its flag is there, on the page and in the program."""
    assert f"`{flag_of(field)}" in PAGE


def test_every_flag(cli: Cli) -> None:
    """Flags that the page names are the program's, and the other way round."""
    flags = set(re.findall(r"(?m)^  (--[a-z-]+)", cli("bulk-import", "--help").out))
    assert flags == set(re.findall(r"--[a-z]+(?:-[a-z]+)*", PAGE))
