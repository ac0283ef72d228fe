"""The pages of the documentation, which hints name as docs/portal.md: they come with the wheel."""

from __future__ import annotations

import re
from pathlib import Path

import meterctl
from meterctl.cli.help_texts import table
from meterctl.errors import UsageError, shown

_ASKED = re.compile(r"docs[/ ]([a-z-]+)(?:\.md)?")


def listed() -> str:
    """Every page, with its title."""
    rows = [(f"docs/{page.name}", _title(page)) for page in sorted(_folder().glob("*.md"))]
    return f"meterctl help docs/PAGE.md prints a page, as Markdown.\n\n{table(rows)}"


def page(asked: str) -> str | None:
    """The page that is asked for; None where it is something else.

    Raises:
        UsageError: there is no such page.
    """
    if not asked.startswith(("docs/", "docs ")):
        return None
    name = _ASKED.fullmatch(asked)
    if name is None or not (file := _folder() / f"{name[1]}.md").is_file():
        raise UsageError(f"there is no page {shown(asked)}", "meterctl help docs lists all")
    return file.read_text(encoding="utf-8")


def _folder() -> Path:
    """Of the wheel, which has it within the package; or of a checkout, where it lies beside."""
    package = Path(meterctl.__file__).parent
    within = package / "docs"
    return within if within.is_dir() else package.parent / "docs"


def _title(page: Path) -> str:
    with page.open(encoding="utf-8") as lines:
        return next(lines, "").removeprefix("# ").strip()
