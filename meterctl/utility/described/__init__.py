"""The adapter that a TOML file describes."""

from __future__ import annotations

from meterctl.errors import ConfigError
from meterctl.utility.given import Given
from meterctl.utility.json_api import JsonUtility
from meterctl.utility.port import Utility


def adapter(name: str, given: Given) -> Utility:
    """The way to a utility that a TOML file describes; without one, the sandbox's language.

    Raises:
        ConfigError: the file says too little, or something wrong.
    """
    if name != "json" or given.config is not None:
        raise ConfigError(f"{name} is not built yet", "")
    if given.url is None:
        raise ConfigError(
            "METERCTL_UTILITY_URL is not set: where the utility takes readings",
            "see docs/utilities.md",
        )
    return JsonUtility(given.url, given.token, given.key_header)
