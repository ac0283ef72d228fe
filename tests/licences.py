"""Makes docs/licences.md: every package that the lock file names, its licence, who needs it.

    python tests/licences.py > docs/licences.md

What is said of a licence comes from the packages themselves, as they are installed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple

from packaging.markers import Marker

ROOT = Path(__file__).parent.parent
# Free by the Open Source Initiative or the FSF, and none that would bind meterctl's own source:
# under the LGPL are libraries that are imported, and can be replaced.
FREE = frozenset(
    (
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-3.0-only"),
        *("MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib"),
    )
)
# As packages wrote it before there was one way to.
_OLDER = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-2-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Whose metadata say nothing, or which are for another system than this: read in their sources.
_READ = {
    "axe-playwright-python": "MIT AND MPL-2.0",  # itself, and the axe-core within
    "colorama": "BSD-3-Clause",  # on Windows alone
    "contourpy": "BSD-3-Clause",
    "cycler": "BSD-3-Clause",
    "kiwisolver": "BSD-3-Clause",
}
_ALWAYS, _DEVELOPMENT = "always", "development"


class Locked(NamedTuple):
    """A package of the lock file."""

    name: str
    version: str
    hashes: int
    asked_by: tuple[str, ...]  # packages; empty: meterctl itself
    where: str = ""  # on which machines and for which Python, as PEP 508 says it; empty: everywhere

    @property
    def is_for_here(self) -> bool:
        """Whether it is meant for this machine and this Python."""
        return not self.where or Marker(self.where).evaluate()


def locked(text: str) -> list[Locked]:
    """The packages of a lock file."""
    found = []
    for block in re.split(r"(?m)^(?=[a-z0-9])", text)[1:]:
        name, version = re.match(r"([a-z0-9._-]+)==([^ ;\\]+)", block, re.ASCII).groups()  # type: ignore[union-attr] # else it is no lock file
        asked = re.findall(r"(?m)^    #(?: via|  ) +([a-z0-9._-]+)(?= |$)", block)
        others = tuple(one for one in asked if one != "meterctl")
        where = re.match(r"[^;\n]*;([^\\]*)", block)
        told = where[1].strip() if where else ""
        found.append(Locked(name, version, block.count("--hash=sha256:"), others, told))
    return found


def licence(package: str) -> str:
    """A package's licence as an SPDX expression, or whatever it says in its place."""
    if package in _READ:
        return _READ[package]
    try:
        told = metadata(package)
    except PackageNotFoundError:
        return "unknown: not installed here"
    said = next((told[name] for name in ("License-Expression", "License") if name in told), "")
    if not said or "\n" in said:
        classes = (one.split(" :: ") for one in told.get_all("Classifier", []))
        said = " AND ".join(parts[-1] for parts in classes if parts[0] == "License")
    return _OLDER.get(said, said) or "unknown: it says none"


def is_free(expression: str) -> bool:
    """Whether what an SPDX expression asks for is free: all of its parts, each by one choice."""
    parts = (part.split(" OR ") for part in expression.split(" AND "))
    return all(any(one in FREE for one in choices) for choices in parts)


def needed_by(packages: Iterable[Locked], project: Mapping[str, object]) -> dict[str, list[str]]:
    """For what a package is there: always, an extra, or development alone."""
    askers = {one.name: one.asked_by for one in packages}
    reasons: dict[str, list[str]] = {name: [] for name in askers}
    for reason, names in _asked(project).items():
        reached = set[str]()
        waiting = [name for name in names if name in askers]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += [other for other, asked_by in askers.items() if name in asked_by]
        for name in reached:
            reasons[name].append(reason)
    return {name: [_ALWAYS] if _ALWAYS in why else why for name, why in reasons.items()}


def _asked(project: Mapping[str, object]) -> dict[str, list[str]]:
    match project:
        case {
            "project": {"dependencies": list(always), "optional-dependencies": dict(extras)},
            "dependency-groups": {"dev": list(development)},
        }:
            asked = {_ALWAYS: always, **{f"extra `{name}`": some for name, some in extras.items()}}
            del asked["extra `all`"]
            return {
                reason: [_name(text) for text in texts]
                for reason, texts in {**asked, _DEVELOPMENT: development}.items()
            }
        case _:
            raise ValueError("pyproject.toml has another form")


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


def page() -> str:
    """The page."""
    packages = locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    why = needed_by(packages, project)
    lines = [
        "# Licences",
        "",
        "meterctl is under the MIT licence. What it is installed with, by the lock file; made by",
        "`make licences`, and `tests/test_supply_chain.py` refuses what is not free or not listed.",
        "",
        "| package | version | licence | needed |",
        "|---|---|---|---|",
    ]
    for one in packages:
        reasons = [reason for reason in why[one.name] if reason != _DEVELOPMENT] or [_DEVELOPMENT]
        row = (one.name, one.version, licence(one.name), ", ".join(reasons))
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 (its output is its result)
