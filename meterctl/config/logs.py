"""What the settings say of the log: where it goes, and who is told of bugs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from meterctl.config import Settings, ledger_folder
from meterctl.config.table import KNOWN, LOG_WORDS
from meterctl.errors import ConfigError

OFF, STDERR, JOURNAL = LOG_WORDS
FILE = "meterctl.log"  # beside the ledger


class Chosen(NamedTuple):
    """Where the log goes by a setting; nobody set anything where all is None."""

    word: str | None = None  # OFF, STDERR or JOURNAL
    path: Path | None = None
    problem: str | None = None


def chosen(settings: Settings, cwd: Path) -> Chosen:
    """What METERCTL_LOG says; a relative path is relative to the .env it stands in."""
    text, origin = settings.values["METERCTL_LOG"]
    if text is None:
        return Chosen()
    if problem := KNOWN["METERCTL_LOG"].problem(text):
        return Chosen(problem=f"METERCTL_LOG ({origin}): {problem}")
    if text in LOG_WORDS:
        return Chosen(text)
    base = cwd if origin == "environment" else settings.folder
    return Chosen(path=base / Path(text).expanduser())


def beside_the_ledger(settings: Settings, cwd: Path) -> Path | None:
    """Where the log is when nobody says; None where the settings tell of no ledger."""
    try:
        return ledger_folder(settings, cwd) / FILE
    except (ConfigError, RuntimeError, ValueError):  # ValueError: a path without a name
        return None


def sentry_dsn(settings: Settings) -> tuple[str | None, str | None]:
    """Where bugs are told, if anywhere; and what is wrong with it, in words for people."""
    text, origin = settings.values["METERCTL_SENTRY_DSN"]
    if text is None:
        return None, None
    problem = KNOWN["METERCTL_SENTRY_DSN"].problem(text)
    return (None, f"METERCTL_SENTRY_DSN ({origin}): {problem}") if problem else (text, None)
