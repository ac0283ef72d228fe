"""The parts of the bench, each in a module that is imported when it is measured."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from bench.measuring import BUILD, Row

PARTS = {
    "commands": "bench.commands",
    "growth": "bench.growth",
    "imports": "bench.imports",
    "postgres": "bench.postgres",
    "http": "bench.http.part",
    "push": "bench.push",
    "sheet": "bench.sheet",
}


class Found(NamedTuple):
    """What a part has measured, and how that is to be read."""

    title: str
    about: str
    rows: list[Row]


def part(name: str, is_quick: bool) -> Found:
    """Measure one part."""
    module = import_module(PARTS[name])
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
        rows = list(module.measure(Path(folder), is_quick=is_quick))
    return Found(module.TITLE, module.ABOUT, rows)
