"""Settings: flag > environment > .env > default; each named, checked and described in one place.

A command demands only what it needs (`local` for everything on this machine), and all problems of
what it needs are reported together. `meterctl.config.review` looks at every setting there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple

from meterctl.config import env_file
from meterctl.config.ledger import address_of, data_folder
from meterctl.config.table import KNOWN, PATHS, SETTINGS, is_json, sheet_id
from meterctl.domain.times import zone_named
from meterctl.errors import ConfigError
from meterctl.ledger.address import Address, FileAddress

__all__ = [
    "SETTINGS",
    "Local",
    "Settings",
    "Value",
    "default_zone",
    "has_utility",
    "ledger_address",
    "ledger_folder",
    "load",
    "local",
    "problems_of",
]


class Value(NamedTuple):
    """What a setting is, and who said so."""

    text: str | None
    origin: str


class Settings(NamedTuple):
    """Every setting's text and origin, not yet demanded of."""

    values: Mapping[str, Value]
    folder: Path  # to which relative paths of the .env refer
    unknown: tuple[str, ...]  # names that look like ours and are none
    file: Path | None = None  # the .env, where there is one

    def text(self, name: str) -> str | None:
        """What a setting is, or None."""
        return self.values[name].text

    def log_file(self, cwd: Path) -> Path | None:
        """The file in which runs without a terminal are told of; None where there is none."""
        from meterctl.config.logs import beside_the_ledger, chosen

        said = self.text("METERCTL_LOG")
        path = beside_the_ledger(self, cwd) if said is None else chosen(self, cwd).path
        return path if path is not None and env_file.is_file(path) else None


class Local(NamedTuple):
    """What every command needs that works on this machine alone."""

    ledger: Address
    zone: tzinfo
    lock_timeout: float
    sheet: str | None  # where readings are delivered: the spreadsheet's id and the tab
    has_utility: bool


def load(
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    cwd: Path,
    file: Path | None = None,
) -> Settings:
    """Gather every setting with its origin; `file` is a .env that need not be there yet.

    Raises:
        ConfigError: the .env is not to be trusted or not to be read.
    """
    path = file or env_file.find(environ, cwd)
    if path is not None and not env_file.is_file(path):
        path = None
    in_file = env_file.read(path) if path else {}
    ours = {name for name in (*environ, *in_file) if name.startswith("METERCTL_")}
    values: dict[str, Value] = {}
    for name in KNOWN:
        if flags.get(name):
            values[name] = Value(flags[name], "flag")
        elif environ.get(name):
            values[name] = Value(environ[name], "environment")
        elif in_file.get(name, ("", 0))[0]:
            text, line = in_file[name]
            is_path = name in PATHS and not is_json(text) and not text.startswith("~")
            if path and is_path:
                text = str(path.parent / text)  # relative to the .env, wherever cron starts us
            values[name] = Value(text, f"{path}:{line}")
        else:
            values[name] = Value(None, "default")
    google = environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    if values["METERCTL_GOOGLE_CREDENTIALS"].text is None and google:
        values["METERCTL_GOOGLE_CREDENTIALS"] = Value(google, "GOOGLE_APPLICATION_CREDENTIALS")
    unknown = tuple(sorted(ours - values.keys() - {env_file.ENV_FILE, "METERCTL_DEBUG"}))
    return Settings(values, path.parent if path else cwd, unknown, path)


def local(settings: Settings, cwd: Path) -> Local:
    """What a command on this machine needs.

    Raises:
        ConfigError: with all the problems of these settings.
    """
    needed = ("METERCTL_LEDGER", "METERCTL_TIMEZONE", "METERCTL_LOCK_TIMEOUT")
    found = problems_of(settings, needed)
    if found:
        raise ConfigError("; ".join(found), "meterctl config check shows every problem", found)
    sheet = sheet_id(settings.text("METERCTL_SHEET_ID") or "")
    destination = f"{sheet}/{settings.text('METERCTL_SHEET_TAB') or 'Readings'}"
    # What is wrong with it is told where it is needed; the ledger knows none but by text.
    destination = destination.encode(errors="backslashreplace").decode()
    return Local(
        ledger_address(settings, cwd),
        default_zone(settings),
        float(settings.text("METERCTL_LOCK_TIMEOUT") or "10"),
        destination if sheet else None,
        has_utility(settings),
    )


def has_utility(settings: Settings) -> bool:
    """Whether anything says where readings are submitted."""
    names = ("METERCTL_UTILITY_URL", "METERCTL_UTILITY_ADAPTER", "METERCTL_UTILITY_CONFIG")
    return any(settings.text(name) for name in (*names, "METERCTL_PORTAL_CONFIG"))


def problems_of(settings: Settings, names: tuple[str, ...]) -> tuple[str, ...]:
    """What is wrong with the settings named."""
    found = []
    for name in names:
        text, origin = settings.values[name]
        setting = KNOWN.get(name)
        if text is not None and setting is not None and (problem := setting.problem(text)):
            found.append(f"{name} ({origin}): {problem}")
    return tuple(found)


def ledger_address(settings: Settings, cwd: Path) -> Address:
    """Where the ledger is; a file's path is absolute: one in the .env is relative to the .env."""
    text, origin = settings.values["METERCTL_LEDGER"]
    if text is None:
        return FileAddress(data_folder() / "ledger.db")
    return address_of(text, cwd if origin in ("flag", "environment") else settings.folder)


def ledger_folder(settings: Settings, cwd: Path) -> Path:
    """Where this machine keeps what goes with the ledger: its log, backups, a utility's pages."""
    address = ledger_address(settings, cwd)
    if isinstance(address, FileAddress):
        return address.path.parent
    try:
        return data_folder() / address.place
    except ConfigError:
        raise ConfigError(
            "there is no home folder for what goes with the ledger", "set HOME, or XDG_DATA_HOME"
        ) from None


def default_zone(settings: Settings) -> tzinfo:
    """The zone of meters that have none of their own."""
    zone = settings.text("METERCTL_TIMEZONE")
    if zone:
        return zone_named(zone)
    from meterctl.config.zone import machine_zone

    return machine_zone()
