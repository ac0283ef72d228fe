"""Which browser there is. None is ever downloaded: that is for a person to ask for."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from meterctl.errors import ConfigError, shown, with_extra

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
_MAC = ("Google Chrome", "Chromium", "Microsoft Edge")
_SEE = "see docs/portal.md"


def find(named: str) -> str | None:
    """The browser to run; None: Playwright's own, which is there.

    Args:
        named: A path, as the settings have it; empty: whatever is found.

    Raises:
        ConfigError: Playwright or a browser is missing.
    """
    if find_spec("playwright") is None:
        raise ConfigError("the portal needs Playwright", with_extra("portal"))
    if named:
        if (given := _program(named)) is None:
            raise ConfigError(f"{shown(named, 80)} is no browser that can be run", _SEE)
        return given
    found = next((path for name in _NAMES if (path := _in_path(name))), None)
    if found is None and sys.platform == "darwin":
        found = _on_a_mac()
    if found is None and not _has_own():
        raise ConfigError(
            "no Chromium, Chrome or Edge was found",
            "install one (apt-get install chromium), or run: playwright install chromium; or"
            " say where it is: METERCTL_PORTAL_BROWSER",
        )
    return found


def _program(named: str) -> str | None:
    try:
        path = Path(named).expanduser()
        return str(path) if os.access(path, os.X_OK) and not path.is_dir() else None
    except (RuntimeError, ValueError):  # nobody's home; no path at all
        return None


def _in_path(name: str) -> str | None:
    """A program of PATH; not what lies in the current folder, which a dot in PATH would find."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return shutil.which(
        name, path=os.pathsep.join(one for one in folders if Path(one).is_absolute())
    )


def _on_a_mac() -> str | None:
    places = (Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in _MAC)
    return next((str(path) for path in places if path.exists()), None)


def _has_own() -> bool:
    """Whether `playwright install` was run, looking where it puts browsers."""
    try:
        if sys.platform == "darwin":
            caches = Path.home() / "Library" / "Caches"
        else:
            caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # we have no home
        caches = Path("/nonexistent")
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or caches / "ms-playwright")
    return any(folder.glob("chromium*-*"))
