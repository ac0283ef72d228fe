"""The program's own files, which nothing else must be written into: its ledger, its settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from meterctl.config import Settings, ledger_address
from meterctl.errors import ConfigError
from meterctl.ledger.address import FileAddress

# The ends of the names of a ledger's files.
OF_A_LEDGER = (
    *("", "-wal", "-shm", "-journal", ".lock", ".queue.lock"),
    *(".sync.lock", ".push-utility.lock", ".restore.lock"),
)


def files_of(ledger: Path) -> list[Path]:
    """The files that a ledger has, or may have."""
    return [ledger.with_name(ledger.name + end) for end in OF_A_LEDGER]


def is_ours(settings: Settings, cwd: Path) -> Callable[[os.stat_result], bool]:
    """Whether what was found at a path is one of them, by whatever name.

    They are looked at with `stat` alone: whoever closes a descriptor of a ledger drops this
    process's locks on it.
    """
    paths: list[str] = []

    def taken(found: os.stat_result) -> bool:
        if not paths:
            paths.extend(_paths(settings, cwd))
        return any(_is_at(path, found) for path in paths)

    return taken


def _paths(settings: Settings, cwd: Path) -> list[str]:
    """Where they are, or would be."""
    try:
        ledger = ledger_address(settings, cwd)
        paths = files_of(ledger.path) if isinstance(ledger, FileAddress) else []
    except (ConfigError, RuntimeError, ValueError):
        paths = []
    if settings.file is not None:
        paths.append(settings.file)
    return list(map(str, paths))


def _is_at(path: str, found: os.stat_result) -> bool:
    try:
        there = os.stat(path)  # noqa: PTH116 (asked for each line of a log)
    except (OSError, ValueError):
        return False
    return (there.st_dev, there.st_ino) == (found.st_dev, found.st_ino)
