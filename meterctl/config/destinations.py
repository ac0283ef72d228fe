"""What a Sheet and a utility need; demanded only by the commands that go there."""

from __future__ import annotations

from datetime import date, tzinfo
from pathlib import Path
from typing import NamedTuple

from meterctl.config import Settings, problems_of
from meterctl.config.env_file import expanded
from meterctl.config.table import is_json, sheet_id, window_days
from meterctl.domain.times import zone_named
from meterctl.errors import ConfigError

_SHEET = (
    "METERCTL_SHEET_ID",
    "METERCTL_SHEET_TAB",
    "METERCTL_GOOGLE_CREDENTIALS",
    "METERCTL_SHEETS_URL",
    "METERCTL_SHEET_DEADLINE",
    "METERCTL_SHEET_SETTLE",
)
_UTILITY = (
    "METERCTL_UTILITY_URL",
    "METERCTL_UTILITY_ADAPTER",
    "METERCTL_UTILITY_TOKEN",
    "METERCTL_UTILITY_KEY_HEADER",
    "METERCTL_UTILITY_SINCE",
    "METERCTL_UTILITY_POLICY",
    "METERCTL_UTILITY_TIMEZONE",
    "METERCTL_UTILITY_WINDOW",
)

_NO_KEY = "is not set: the path of the service account's JSON file"


class SheetSettings(NamedTuple):
    """Where the Sheet is, and what opens it."""

    id: str
    tab: str
    credentials: Path | str  # the service account's file, or its JSON
    origin: str | None  # stands for Google's, such as a sandbox's
    deadline: float  # seconds that `record` spends on it
    settle: float  # seconds that a lost request may still be under way

    @property
    def destination(self) -> str:
        """What the ledger calls it."""
        return f"{self.id}/{self.tab}"


class UtilitySettings(NamedTuple):
    """Where the utility is, what it knows us by, and what it wants."""

    url: str
    adapter: str
    token: str | None
    key_header: str | None  # None: Authorization: Bearer
    since: date | None  # None: the day of the first push
    policy: str
    zone: tzinfo | None  # None: the meter's
    window: tuple[int, int]  # days of the month, for the policy monthly

    @property
    def account(self) -> str:
        """What the ledger calls it: the endpoint, without what may be secret."""
        from urllib.parse import urlsplit

        parts = urlsplit(self.url)
        port = "" if parts.port is None else f":{parts.port}"
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}".rstrip("/")


def sheet(settings: Settings, cwd: Path) -> SheetSettings:
    """What it takes to reach the Sheet.

    Raises:
        ConfigError: with all that is wrong or missing.
    """
    missing = {
        "METERCTL_SHEET_ID": "is not set: the address of the spreadsheet, or its id",
        "METERCTL_GOOGLE_CREDENTIALS": _NO_KEY,
    }
    _demand(settings, _SHEET, missing, "meterctl init sets it up")
    return SheetSettings(
        sheet_id(settings.text("METERCTL_SHEET_ID") or ""),
        settings.text("METERCTL_SHEET_TAB") or "Readings",
        key(settings, cwd),
        (settings.text("METERCTL_SHEETS_URL") or "").rstrip("/") or None,
        float(settings.text("METERCTL_SHEET_DEADLINE") or "5"),
        float(settings.text("METERCTL_SHEET_SETTLE") or "180"),
    )


def key(settings: Settings, cwd: Path) -> Path | str:
    """The service account's key: its file, or the JSON itself.

    Raises:
        ConfigError: it is not set.
    """
    text = settings.text("METERCTL_GOOGLE_CREDENTIALS")
    if text is None:
        raise ConfigError(f"METERCTL_GOOGLE_CREDENTIALS {_NO_KEY}", "meterctl init sets it up")
    return text if is_json(text) else cwd / (expanded(text) or text)


def utility(settings: Settings) -> UtilitySettings:
    """What it takes to reach the utility.

    Raises:
        ConfigError: with all that is wrong or missing.
    """
    missing = {"METERCTL_UTILITY_URL": "is not set: where the utility takes readings"}
    _demand(settings, _UTILITY, missing, "see docs/utilities.md")
    since = settings.text("METERCTL_UTILITY_SINCE")
    zone = settings.text("METERCTL_UTILITY_TIMEZONE")
    return UtilitySettings(
        (settings.text("METERCTL_UTILITY_URL") or "").rstrip("/"),
        settings.text("METERCTL_UTILITY_ADAPTER") or "json",
        settings.text("METERCTL_UTILITY_TOKEN"),
        settings.text("METERCTL_UTILITY_KEY_HEADER"),
        date.fromisoformat(since) if since else None,
        settings.text("METERCTL_UTILITY_POLICY") or "daily",
        zone_named(zone) if zone else None,
        window_days(settings.text("METERCTL_UTILITY_WINDOW") or "1-31") or (1, 31),
    )


def _demand(
    settings: Settings, names: tuple[str, ...], missing: dict[str, str], otherwise: str
) -> None:
    found = [
        *(f"{name} {why}" for name, why in missing.items() if settings.text(name) is None),
        *problems_of(settings, names),
    ]
    if found:
        raise ConfigError("; ".join(found), otherwise, tuple(found))
