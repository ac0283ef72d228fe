"""This machine's time zone."""

from __future__ import annotations

import os
from datetime import tzinfo
from pathlib import Path

from meterctl.domain.times import zone_named
from meterctl.errors import ConfigError, TimeError

LOCALTIME = Path("/etc/localtime")
NAMED = Path("/etc/timezone")  # where localtime is a copy, some systems say of which zone


def machine_zone() -> tzinfo:
    """This machine's zone: TZ, else what /etc/localtime names.

    Raises:
        ConfigError: it has one, but none that can be named.
    """
    said = os.environ.get("TZ", "").removeprefix(":")
    if not said or said == str(LOCALTIME):
        named = _name_of_zone_file(LOCALTIME)
    else:
        named = said.rpartition("/zoneinfo/")[2]
    try:
        return zone_named(named)
    except TimeError as error:
        raise ConfigError(
            f"this machine's time zone: {error.message}", "set METERCTL_TIMEZONE=Europe/Berlin"
        ) from None


def _name_of_zone_file(path: Path) -> str:
    try:
        target = str(path.resolve())
    except OSError:
        target = ""
    if "/zoneinfo/" in target:
        return target.rpartition("/zoneinfo/")[2]
    try:
        return NAMED.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        if path.exists():
            raise ConfigError(
                "this machine's time zone has no name", "set METERCTL_TIMEZONE=Europe/Berlin"
            ) from None
    return "UTC"
