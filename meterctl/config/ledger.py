"""Where the ledger is, by its setting; and the folder of those who name none."""

from __future__ import annotations

from pathlib import Path

from meterctl.config.env_file import expanded
from meterctl.errors import ConfigError, shown, with_extra
from meterctl.ledger.address import (
    Address,
    FileAddress,
    database_problem,
    is_database,
    parse_database,
)


def ledger_problem(text: str) -> str | None:
    """What is wrong with a text that is to say where a ledger is."""
    if is_database(text):
        return database_problem(text) or lacking("psycopg", "postgres")
    path = text.removeprefix("sqlite:///")
    if path == text and ("://" in text or text.startswith("sqlite:")):
        return "write sqlite:///PATH (an absolute path makes that four slashes) or postgresql://..."
    if not path.strip() or path.rpartition("/")[2] in ("", ".", ".."):
        return "the path of a file is missing"
    if ":memory:" in path or "\0" in path:
        return "a ledger is a file: nothing else outlives the command"
    if "?" in path:
        return "a path it is to be, without the parameters from the ? on"
    return None if expanded(path) else f"there is no home folder for {shown(path)}"


def lacking(module: str, extra: str) -> str | None:
    """What is wrong where a library is not here."""
    from importlib.util import find_spec

    if find_spec(module) is None:
        return f"the extra is not installed; {with_extra(extra)}"
    return None


def address_of(text: str, base: Path) -> Address:
    """What a text means in which `ledger_problem` finds nothing; paths are relative to a base."""
    if is_database(text):
        return parse_database(text)
    return FileAddress(base / Path(text.removeprefix("sqlite:///")).expanduser())


def data_folder() -> Path:
    """The folder of this user's own data."""
    from platformdirs import user_data_path

    try:
        folder = user_data_path("meterctl", appauthor=False)
    except RuntimeError:  # newer versions; for older ones ~ stays ~
        folder = Path()
    if not folder.is_absolute():  # a user without a name, and the environment is silent too
        raise ConfigError("there is no home folder to keep the ledger in", "set METERCTL_LEDGER")
    return folder
