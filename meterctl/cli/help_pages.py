"""The pages of the documentation, which hints name as docs/portal.md: they come with the wheel."""

from __future__ import annotations

import re
from pathlib import Path

import meterctl
from meterctl.cli.help_texts import table
from meterctl.errors import UsageError, shown

_ASKED = re.compile(r"docs/([a-z-]+)(?:\.md)?")


def listed() -> str:
    """Every page, with its title."""
    rows = [(f"docs/{page.name}", _title(page)) for page in _pages()]
    return f"meterctl help docs/PAGE.md prints a page, as Markdown.\n\n{table(rows)}"


def page(asked: str) -> str | None:
    """The page that is asked for; None where it is something else.

    Raises:
        UsageError: there is no such page.
    """
    if not asked.startswith("docs/"):
        return None
    name = _ASKED.fullmatch(asked)
    for one in _pages():
        if name and one.stem == name[1]:
            return one.read_text(encoding="utf-8")
    raise UsageError(f"there is no page {shown(asked)}", "meterctl help docs lists all")


def _pages() -> list[Path]:
    """Of the wheel, which has them within the package; or of a checkout, where they lie beside."""
    package = Path(meterctl.__file__).parent
    within = package / "docs"
    return sorted((within if within.is_dir() else package.parent / "docs").glob("*.md"))


def _title(page: Path) -> str:
    with page.open(encoding="utf-8") as lines:
        return next(lines, "").lstrip("# ").strip()
