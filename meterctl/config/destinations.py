"""What a Sheet and a utility need; demanded only by the commands that go there."""

from __future__ import annotations

from datetime import date, tzinfo
from pathlib import Path
from typing import NamedTuple

from meterctl.config import Settings, has_utility, problems_of
from meterctl.config.env_file import expanded
from meterctl.config.table import KNOWN, is_json, sheet_id, window_days
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
_UTILITY = tuple(name for name in KNOWN if name.startswith("METERCTL_UTILITY_"))
_PORTAL = tuple(name for name in KNOWN if name.startswith("METERCTL_PORTAL_"))

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


class PortalSettings(NamedTuple):
    """The utility's web form, for when its API takes nothing."""

    config: Path
    url: str | None
    user: str | None
    password: str | None
    browser: str | None  # its path; None: it is looked for


class UtilitySettings(NamedTuple):
    """Where the utility is, what it knows us by, and what it wants."""

    url: str | None  # None: the adapter's own
    adapter: str
    config: Path | None
    token: str | None
    user: str | None
    secret: str | None
    key_header: str | None  # None: Authorization: Bearer
    since: date | None  # None: the day of the first push
    oldest_days: int | None  # None: what the adapter knows
    policy: str
    zone: tzinfo | None  # None: the meter's
    window: tuple[int, int]  # days of the month, for the policy monthly
    name: str | None  # None: made of the others
    portal: PortalSettings | None

    def account_at(self, place: str | None) -> str:
        """What the ledger calls the account: where it is, and whose, without what may be secret.

        Args:
            place: Where the file of the adapter says that it is, a URL or a folder; if it does.
        """
        if self.name is not None:
            return self.name
        user = self.user
        if self.adapter == "portal" and self.portal is not None:
            place, user = self.portal.url, self.portal.user
        where = _place(self.url or place or "")
        if self.adapter == "json" and where:
            return where
        return " ".join(part for part in (self.adapter, where, user) if part)


def _place(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.hostname is None:  # a folder
        return url
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


def utility(settings: Settings, cwd: Path) -> UtilitySettings:
    """What it takes to reach the utility; whether that is enough, its adapter knows.

    Raises:
        ConfigError: with all that is wrong or missing.
    """
    missing = {}
    if not has_utility(settings):
        missing["METERCTL_UTILITY_URL"] = "is not set: where the utility takes readings"
    _demand(settings, (*_UTILITY, *_PORTAL), missing, "see docs/utilities.md")
    since = settings.text("METERCTL_UTILITY_SINCE")
    zone = settings.text("METERCTL_UTILITY_TIMEZONE")
    oldest = settings.text("METERCTL_UTILITY_OLDEST_DAYS")
    portal = _portal(settings, cwd)
    url = (settings.text("METERCTL_UTILITY_URL") or "").rstrip("/") or None
    adapter = settings.text("METERCTL_UTILITY_ADAPTER")
    if adapter is None and url is None and settings.text("METERCTL_UTILITY_CONFIG") is None:
        adapter = "portal"  # nothing but the form is known
    return UtilitySettings(
        url,
        adapter or "json",
        _path(settings, "METERCTL_UTILITY_CONFIG", cwd),
        settings.text("METERCTL_UTILITY_TOKEN"),
        settings.text("METERCTL_UTILITY_USER"),
        settings.text("METERCTL_UTILITY_SECRET"),
        settings.text("METERCTL_UTILITY_KEY_HEADER"),
        date.fromisoformat(since) if since else None,
        int(oldest) if oldest else None,
        settings.text("METERCTL_UTILITY_POLICY") or "daily",
        zone_named(zone) if zone else None,
        window_days(settings.text("METERCTL_UTILITY_WINDOW") or "1-31") or (1, 31),
        settings.text("METERCTL_UTILITY_ACCOUNT"),
        portal,
    )


def _portal(settings: Settings, cwd: Path) -> PortalSettings | None:
    config = _path(settings, "METERCTL_PORTAL_CONFIG", cwd)
    if config is None:
        return None
    return PortalSettings(
        config,
        (settings.text("METERCTL_PORTAL_URL") or "").rstrip("/") or None,
        settings.text("METERCTL_PORTAL_USER"),
        settings.text("METERCTL_PORTAL_PASSWORD"),
        settings.text("METERCTL_PORTAL_BROWSER"),
    )


def _path(settings: Settings, name: str, cwd: Path) -> Path | None:
    text = settings.text(name)
    return None if text is None else cwd / (expanded(text) or text)


def _demand(
    settings: Settings, names: tuple[str, ...], missing: dict[str, str], otherwise: str
) -> None:
    found = [
        *(f"{name} {why}" for name, why in missing.items() if settings.text(name) is None),
        *problems_of(settings, names),
    ]
    if found:
        raise ConfigError("; ".join(found), otherwise, tuple(found))
