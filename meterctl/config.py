"""Settings: flag > environment > .env > default; each named, checked and described in one place.

A command demands only what it needs (`local` for everything on this machine), and all problems of
what it needs are reported together. `problems` checks every setting there is.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from meterctl.domain.times import zone_named
from meterctl.errors import ConfigError, TimeError, shown

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Setting(NamedTuple):
    """One setting: what it means, what it is when nobody says, and what is wrong with a text."""

    name: str
    meaning: str
    default: str | None  # as a person would write it; None: not set
    problem: Callable[[str], str | None]
    secret: bool = False


class Value(NamedTuple):
    """What a setting is, and who said so."""

    text: str | None
    origin: str


class Settings(NamedTuple):
    """Every setting's text and origin, not yet demanded of."""

    values: Mapping[str, Value]
    folder: Path  # to which relative paths of the .env refer

    def text(self, name: str) -> str | None:
        """What a setting is, or None."""
        return self.values[name].text


class Local(NamedTuple):
    """What every command needs that works on this machine alone."""

    ledger: Path
    zone: tzinfo
    lock_timeout: float
    has_sheet: bool
    has_utility: bool


# -- what may be wrong with a text -----------------------------------------------


def _any(_text: str) -> str | None:
    return None


def _ledger_problem(text: str) -> str | None:
    if text.startswith(("postgresql://", "postgres://")):
        return "this meterctl keeps its ledger in SQLite only: write sqlite:///PATH"
    if "://" in text and not text.startswith("sqlite:///"):
        return "write sqlite:///PATH; an absolute path makes that four slashes"
    if text in ("sqlite:///", "sqlite:////") or text.endswith("/"):
        return "the path of a file is missing"
    if ":memory:" in text or "\0" in text:
        return "a ledger is a file: nothing else outlives the command"
    return None


def _zone_problem(text: str) -> str | None:
    try:
        zone_named(text)
    except TimeError as error:
        return f"{error.message}; {error.hint}"
    return None


def _seconds_problem(text: str) -> str | None:
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not (digits.isascii() and digits.isdecimal()) or len(whole) > 5:
        return f"{shown(text)} is not a number of seconds"
    return None


def _url_problem(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return f"{shown(text)} is not a URL"
    if parts.scheme not in ("http", "https") or not host:
        return f"{shown(text)} is not an http(s) URL"
    if parts.scheme == "http" and host not in LOOPBACK:
        return f"plain http:// to {host} would show readings to everyone between: use https://"
    return None


def _origins_problem(text: str) -> str | None:
    for origin in text.split(","):
        if problem := _url_problem(origin.strip()):
            return problem
    return None


def _secret_problem(text: str) -> str | None:
    return None if len(text.encode()) >= 32 else "at least 32 bytes are needed"


def _date_problem(text: str) -> str | None:
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        return f"{shown(text)} is not a date such as 2026-03-01"
    return None


def _one_of(*choices: str) -> Callable[[str], str | None]:
    def problem(text: str) -> str | None:
        return None if text in choices else f"{shown(text)} is not one of {', '.join(choices)}"

    return problem


def _credentials_problem(text: str) -> str | None:
    if text.lstrip().startswith("{"):
        return None
    return None if Path(text).expanduser().is_file() else f"there is no file {shown(text, 200)}"


SETTINGS = (
    Setting(
        "METERCTL_LEDGER",
        "Where the readings are kept: sqlite:///PATH (an absolute path makes four slashes).",
        "ledger.db in the user's data folder",
        _ledger_problem,
    ),
    Setting(
        "METERCTL_TIMEZONE",
        "The zone of meters that have none of their own, such as Europe/Berlin.",
        "this machine's",
        _zone_problem,
    ),
    Setting(
        "METERCTL_LOCK_TIMEOUT",
        "How many seconds a run waits while another one writes.",
        "10",
        _seconds_problem,
    ),
    Setting("METERCTL_SHEET_ID", "The Google spreadsheet that readings go to.", None, _any),
    Setting("METERCTL_SHEET_TAB", "The tab of that spreadsheet.", "Readings", _any),
    Setting(
        "METERCTL_GOOGLE_CREDENTIALS",
        "The service account's JSON file, or the JSON itself.",
        "GOOGLE_APPLICATION_CREDENTIALS",
        _credentials_problem,
        secret=True,
    ),
    Setting(
        "METERCTL_SHEETS_URL",
        "An origin that stands for Google's, such as a sandbox's.",
        "Google's",
        _url_problem,
    ),
    Setting("METERCTL_UTILITY_URL", "Where readings are submitted.", None, _url_problem),
    Setting("METERCTL_UTILITY_ADAPTER", "The language that endpoint speaks.", "json", _any),
    Setting("METERCTL_UTILITY_TOKEN", "What it knows us by.", None, _any, secret=True),
    Setting(
        "METERCTL_UTILITY_SINCE",
        "Readings before this day are never submitted.",
        "the day of the first push",
        _date_problem,
    ),
    Setting(
        "METERCTL_UTILITY_POLICY",
        "Which readings are due: daily, monthly or every.",
        "daily",
        _one_of("daily", "monthly", "every"),
    ),
    Setting(
        "METERCTL_JWT_SECRET", "Signs the HTTP shim's tokens.", None, _secret_problem, secret=True
    ),
    Setting(
        "METERCTL_JWT_SECRET_PREVIOUS",
        "The one before, while it is rotated.",
        None,
        _secret_problem,
        secret=True,
    ),
    Setting(
        "METERCTL_CORS_ORIGINS", "Origins that may call the HTTP shim.", None, _origins_problem
    ),
    Setting(
        "METERCTL_HEARTBEAT_URL",
        "Pinged by scheduled runs; whoever knows it can ping it.",
        None,
        _url_problem,
        secret=True,
    ),
)
ENV_FILE = "METERCTL_ENV_FILE"
_KNOWN = {setting.name: setting for setting in SETTINGS}
_PORTAL = "METERCTL_PORTAL_"  # what these are is the portal description's to say


def load(flags: Mapping[str, str | None], environ: Mapping[str, str], cwd: Path) -> Settings:
    """Gather every setting with its origin.

    Raises:
        ConfigError: the .env is not to be trusted or not to be read.
    """
    path = _env_file(environ, cwd)
    in_file = _read_env_file(path) if path else {}
    values: dict[str, Value] = {}
    portal = {name for name in (*environ, *in_file) if name.startswith(_PORTAL)}
    for name in (*_KNOWN, *sorted(portal)):
        if flags.get(name):
            values[name] = Value(flags[name], "flag")
        elif environ.get(name):
            values[name] = Value(environ[name], "environment")
        elif in_file.get(name, ("", 0))[0]:
            text, line = in_file[name]
            values[name] = Value(text, f"{path}:{line}")
        else:
            values[name] = Value(None, "default")
    google = environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    if values["METERCTL_GOOGLE_CREDENTIALS"].text is None and google:
        values["METERCTL_GOOGLE_CREDENTIALS"] = Value(google, "GOOGLE_APPLICATION_CREDENTIALS")
    return Settings(values, path.parent if path else cwd)


def local(settings: Settings, cwd: Path) -> Local:
    """What a command on this machine needs.

    Raises:
        ConfigError: with all the problems of these settings.
    """
    needed = ("METERCTL_LEDGER", "METERCTL_TIMEZONE", "METERCTL_LOCK_TIMEOUT")
    found = _problems_of(settings, needed)
    if found:
        raise ConfigError("; ".join(found), "meterctl config check shows every problem", found)
    zone = settings.text("METERCTL_TIMEZONE")
    return Local(
        ledger_path(settings, cwd),
        zone_named(zone) if zone else machine_zone(),
        float(settings.text("METERCTL_LOCK_TIMEOUT") or "10"),
        settings.text("METERCTL_SHEET_ID") is not None,
        settings.text("METERCTL_UTILITY_URL") is not None,
    )


def problems(settings: Settings, environ: Mapping[str, str], cwd: Path) -> tuple[str, ...]:
    """Everything wrong with the settings, those too that no command has needed yet."""
    found = list(_problems_of(settings, tuple(settings.values)))
    path = _env_file(environ, cwd)
    in_file = _read_env_file(path) if path else {}
    for name in sorted({*environ, *in_file}):
        is_ours = name.startswith("METERCTL_") and not name.startswith(_PORTAL)
        if is_ours and name not in _KNOWN and name != ENV_FILE:
            found.append(f"{name} is not a setting{_like(name)}")
    if settings.text("METERCTL_TIMEZONE") is None:
        try:
            machine_zone()
        except ConfigError as error:
            found.append(error.message)
    return tuple(found)


def _problems_of(settings: Settings, names: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for name in names:
        text, origin = settings.values[name]
        setting = _KNOWN.get(name)
        if text is not None and setting is not None and (problem := setting.problem(text)):
            found.append(f"{name} ({origin}): {problem}")
    return tuple(found)


def _like(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, _KNOWN, 1)
    return f"; do you mean {close[0]}?" if close else ""


def masked(name: str, text: str) -> str:
    """A setting's text as it may be shown."""
    setting = _KNOWN.get(name)
    is_path = name == "METERCTL_GOOGLE_CREDENTIALS" and not text.lstrip().startswith("{")
    if is_path:
        return text
    if (setting is not None and setting.secret) or name.startswith(_PORTAL):
        return "********"
    parts = urlsplit(text) if "://" in text else None
    if parts is not None and parts.password:
        return text.replace(parts.password, "********")
    return text


# -- where things are ----------------------------------------------------------


def ledger_path(settings: Settings, cwd: Path) -> Path:
    """The ledger's file, absolute: a path in the .env is relative to the .env."""
    text, origin = settings.values["METERCTL_LEDGER"]
    if text is None:
        from platformdirs import user_data_path

        folder = user_data_path("meterctl", appauthor=False)
        if not folder.is_absolute():
            raise ConfigError(
                "there is no home folder to keep the ledger in", "set METERCTL_LEDGER"
            )
        return folder / "ledger.db"
    path = Path(text.removeprefix("sqlite:///")).expanduser()
    base = cwd if origin in ("flag", "environment") else settings.folder
    return base / path


def machine_zone() -> tzinfo:
    """This machine's zone: TZ, else what /etc/localtime names.

    Raises:
        ConfigError: it has one, but none that can be named.
    """
    named = os.environ.get("TZ", "").removeprefix(":")
    if not named:
        try:
            target = str(Path("/etc/localtime").resolve())
        except OSError:
            target = ""
        if "/zoneinfo/" in target:
            named = target.rpartition("/zoneinfo/")[2]
        elif Path("/etc/timezone").is_file():
            named = Path("/etc/timezone").read_text(encoding="utf-8").strip()
        elif Path("/etc/localtime").exists():
            raise ConfigError(
                "this machine's time zone has no name", "set METERCTL_TIMEZONE=Europe/Berlin"
            )
    try:
        return zone_named(named or "UTC")
    except TimeError as error:
        raise ConfigError(
            f"this machine's time zone: {error.message}", "set METERCTL_TIMEZONE=Europe/Berlin"
        ) from None


def _env_file(environ: Mapping[str, str], cwd: Path) -> Path | None:
    """METERCTL_ENV_FILE, else .env here, else .env in the user's configuration folder."""
    named = environ.get(ENV_FILE)
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(f"{ENV_FILE} names {path}, which is not a file", "correct its path")
        return path.absolute()
    if (cwd / ".env").is_file():
        return cwd / ".env"
    configured = environ.get("XDG_CONFIG_HOME") or (
        environ["HOME"] + "/.config" if environ.get("HOME") else ""
    )
    path = Path(configured) / "meterctl" / ".env"
    return path if configured and path.is_file() else None


def _read_env_file(path: Path) -> dict[str, tuple[str, int]]:
    """Every name in the file, with its text and line.

    Raises:
        ConfigError: others could have written it; or the first line that cannot be read.
    """
    from io import StringIO

    from dotenv.parser import parse_stream

    try:
        with path.open(encoding="utf-8") as file:
            _refuse_foreign(path, os.fstat(file.fileno()))
            content = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", "check its permissions") from None
    found: dict[str, tuple[str, int]] = {}
    for binding in parse_stream(StringIO(content)):
        if binding.error:
            raise ConfigError(
                f"{path}:{binding.original.line}: not a setting", "a line reads NAME=value"
            )
        if binding.key is not None:
            found[binding.key] = (binding.value or "", binding.original.line)
    return found


def _refuse_foreign(path: Path, status: os.stat_result) -> None:
    """A file that others can write could send readings, and secrets, anywhere."""
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid not in (os.geteuid(), 0):
        raise ConfigError(
            f"{path} belongs to another user; it is not trusted", f"chown it, or {ENV_FILE}"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigError(
            f"{path} can be written by others; it is not trusted", f"chmod 600 {path}"
        )
