"""Every setting: its name, its meaning, what it is when nobody says, and what may be wrong with it.

What is said of a wrong text never shows one that may hold a password, a key or a token.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from meterctl.config.env_file import expanded, is_file
from meterctl.config.ledger import lacking, ledger_problem
from meterctl.domain.times import zone_named
from meterctl.errors import TimeError, shown
from meterctl.remote import why_not

# The languages that utilities speak; meterctl/utility/catalog.py builds each.
ADAPTERS = (
    "json",
    "energytracker",
    "mindergas",
    "volkszaehler",
    "emoncms",
    "pvoutput",
    "kraken",
    "file",
    "portal",
)
LOG_WORDS = ("off", "stderr", "journal")  # what METERCTL_LOG may be beside a path


class Setting(NamedTuple):
    """One setting."""

    name: str
    meaning: str
    default: str | None  # as a person would write it
    problem: Callable[[str], str | None]  # what is wrong with a text
    secret: bool = False
    otherwise: str = ""  # in words, what holds where it is not set and has no default


def _any(_text: str) -> str | None:
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


def sheet_id(text: str) -> str:
    """A spreadsheet's id, also out of the address that a browser shows."""
    match = re.search(r"/spreadsheets/d/([^/?#]+)", text)
    return match[1] if match else text


def _sheet_problem(text: str) -> str | None:
    if re.fullmatch(r"[A-Za-z0-9_-]+", sheet_id(text)):
        return None
    return f"{shown(text)} is no spreadsheet's id; copy the address from the browser"


def _tab_problem(text: str) -> str | None:
    if text.strip() != text or not text.isprintable() or len(text) > 100:
        return f"{shown(text)} cannot be a tab's name"
    return None


def _token_problem(text: str) -> str | None:
    # Not shown. A header carries no line ends, and few servers read more than ASCII.
    return None if text.isascii() and text.isprintable() else "it has characters no header carries"


def _header_problem(text: str) -> str | None:
    return None if re.fullmatch(r"[A-Za-z0-9-]+", text) else f"{shown(text)} is no header's name"


def window_days(text: str) -> tuple[int, int] | None:
    """The first and the last day of a monthly window: `20-25`; None where it is none."""
    match = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text, re.ASCII)
    if match is None or not 1 <= int(match[1]) <= int(match[2]) <= 31:
        return None
    return int(match[1]), int(match[2])


def _window_problem(text: str) -> str | None:
    return None if window_days(text) else f"{shown(text)} is no window; write 20-25"


def _origins_problem(text: str) -> str | None:
    for origin in text.split(","):
        if problem := why_not(origin.strip()):
            return problem
    return None


def _secret_problem(text: str) -> str | None:
    length = len(text.encode(errors="surrogateescape"))  # it may be any bytes
    return None if length >= 32 else "at least 32 bytes are needed"


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


def is_json(text: str) -> bool:
    """Whether the setting for a key holds the key itself, not the path of one."""
    return text.lstrip().startswith("{")


def _credentials_problem(text: str) -> str | None:
    if is_json(text):
        return None
    path = expanded(text)
    if path is not None and is_file(path):
        return None
    # Not shown: it may be the JSON, or a key, pasted without its braces.
    return "there is no such file; give the path of the service account's JSON, or the JSON itself"


def _log_problem(text: str) -> str | None:
    if text in LOG_WORDS:
        return None
    if text.endswith("/") or "\0" in text:
        return "a file's path it is to be, with the file's name at its end"
    if "/" not in text and not text.endswith(".log"):
        return f"{shown(text)} is not off, stderr or journal; a file here is ./{text}"
    return None if expanded(text) else f"there is no home folder for {shown(text)}"


def _dsn_problem(text: str) -> str | None:
    from urllib.parse import urlsplit

    if problem := why_not(text):  # its text is not shown: whoever knows it can send to it
        return problem
    parts = urlsplit(text)
    if not parts.username or not parts.path.rpartition("/")[2].isdecimal():
        return "not a DSN, which looks like https://KEY@HOST/NUMBER"
    return lacking("sentry_sdk", "sentry")


def _config_problem(text: str) -> str | None:
    path = expanded(text)
    if path is not None and is_file(path):
        return None
    return f"{shown(text)}: there is no such file"


def _days_problem(text: str) -> str | None:
    if text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 36_500 and len(text) < 6:
        return None
    return f"{shown(text)} is not a number of days"


SETTINGS = (
    Setting(
        "METERCTL_LEDGER",
        "Where the readings are kept: sqlite:///PATH (an absolute path makes four slashes), or"
        " postgresql://USER@HOST/DATABASE?schema=NAME: docs/postgres.md.",
        None,
        ledger_problem,
        otherwise="ledger.db in the user's data folder",
    ),
    Setting(
        "METERCTL_TIMEZONE",
        "The zone of meters that have none of their own, such as Europe/Berlin.",
        None,
        _zone_problem,
        otherwise="this machine's",
    ),
    Setting(
        "METERCTL_DECIMAL_MARK",
        "What people read between a number's digits: . or , or, by LC_NUMERIC, locale. JSON, CSV"
        " and what is typed keep the point.",
        ".",
        _one_of(".", ",", "locale"),
    ),
    Setting(
        "METERCTL_LOCK_TIMEOUT",
        "How many seconds a run waits while another one writes.",
        "10",
        _seconds_problem,
    ),
    Setting(
        "METERCTL_SHEET_ID",
        "The Google spreadsheet that readings go to: its id, or its address.",
        None,
        _sheet_problem,
    ),
    Setting("METERCTL_SHEET_TAB", "The tab of that spreadsheet.", "Readings", _tab_problem),
    Setting(
        "METERCTL_GOOGLE_CREDENTIALS",
        "The service account's JSON file, or the JSON itself.",
        None,
        _credentials_problem,
        otherwise="what GOOGLE_APPLICATION_CREDENTIALS says",
        secret=True,
    ),
    Setting(
        "METERCTL_SHEETS_URL",
        "An origin that stands for Google's, such as a sandbox's.",
        None,
        why_not,
        otherwise="Google's",
    ),
    Setting(
        "METERCTL_SHEET_DEADLINE",
        "How many seconds record spends on the Sheet before it leaves that to sync.",
        "5",
        _seconds_problem,
    ),
    Setting(
        "METERCTL_SHEET_SETTLE",
        "How many seconds a lost request may still be under way, where a Sheet cannot refuse it.",
        "180",
        _seconds_problem,
    ),
    Setting("METERCTL_UTILITY_URL", "Where readings are submitted.", None, why_not),
    Setting(
        "METERCTL_UTILITY_ADAPTER",
        "The language that endpoint speaks; docs/adapters.md lists them.",
        "json",
        _one_of(*ADAPTERS),
    ),
    Setting(
        "METERCTL_UTILITY_CONFIG",
        "A TOML file with more about the utility: docs/adapters.md.",
        None,
        _config_problem,
    ),
    Setting("METERCTL_UTILITY_TOKEN", "What it knows us by.", None, _token_problem, secret=True),
    Setting(
        "METERCTL_UTILITY_USER",
        "Or by this: a user, a client id, a system id.",
        None,
        _token_problem,
    ),
    Setting(
        "METERCTL_UTILITY_SECRET",
        "And this: that user's password, that client's secret, a key to sign with.",
        None,
        _token_problem,
        secret=True,
    ),
    Setting(
        "METERCTL_UTILITY_KEY_HEADER",
        "The header that carries the token, such as X-Api-Key.",
        None,
        _header_problem,
        otherwise="Authorization: Bearer",
    ),
    Setting(
        "METERCTL_UTILITY_TIMEZONE",
        "The zone of the utility's days.",
        None,
        _zone_problem,
        otherwise="the meter's",
    ),
    Setting(
        "METERCTL_UTILITY_WINDOW",
        "The days of the month on which the policy monthly submits.",
        "1-31",
        _window_problem,
    ),
    Setting(
        "METERCTL_UTILITY_SINCE",
        "Readings before this day are never submitted.",
        None,
        _date_problem,
        otherwise="the day of the first push",
    ),
    Setting(
        "METERCTL_UTILITY_OLDEST_DAYS",
        "How many days back the utility still takes a reading.",
        None,
        _days_problem,
        otherwise="what the adapter knows of it",
    ),
    Setting(
        "METERCTL_UTILITY_ACCOUNT",
        "What the ledger calls the account; keep it where only the address changes.",
        None,
        _tab_problem,
        otherwise="the endpoint's address",
    ),
    Setting(
        "METERCTL_UTILITY_POLICY",
        "Which readings are due: daily, monthly or every.",
        "daily",
        _one_of("daily", "monthly", "every"),
    ),
    Setting(
        "METERCTL_PORTAL_CONFIG",
        "A TOML file that describes the utility's web form: docs/portal.md.",
        None,
        _config_problem,
    ),
    Setting("METERCTL_PORTAL_URL", "Where that form is.", None, why_not),
    Setting("METERCTL_PORTAL_USER", "Who logs in there.", None, _any),
    Setting("METERCTL_PORTAL_PASSWORD", "And with what.", None, _any, secret=True),
    Setting(
        "METERCTL_PORTAL_BROWSER",
        "The browser's path.",
        None,
        _any,
        otherwise="a Chromium or Chrome that is found, or Playwright's own",
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
        "Pinged when push-utility begins, is done or fails; whoever knows it can ping it.",
        None,
        why_not,
        secret=True,
    ),
    Setting(
        "METERCTL_HEARTBEAT_URL_SYNC",
        "The same of sync.",
        None,
        why_not,
        secret=True,
    ),
    Setting(
        "METERCTL_HEARTBEAT_URL_BACKUP",
        "The same of backup.",
        None,
        why_not,
        secret=True,
    ),
    Setting(
        "METERCTL_LOG",
        "Where events are told: off, stderr, journal, or the path of a file.",
        None,
        _log_problem,
        otherwise="on a terminal nowhere; else the journal, where stderr leads there, or"
        " meterctl.log beside the ledger",
    ),
    Setting(
        "METERCTL_SENTRY_DSN",
        "The project of Sentry that is told of bugs, without readings: docs/logs.md.",
        None,
        _dsn_problem,
        secret=True,
    ),
)
PATHS = (
    "METERCTL_GOOGLE_CREDENTIALS",
    "METERCTL_UTILITY_CONFIG",
    "METERCTL_PORTAL_CONFIG",
)  # of files; in the .env, relative to it
KNOWN = {setting.name: setting for setting in SETTINGS}
