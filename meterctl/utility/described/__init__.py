"""The adapter that a TOML file describes: the user's, or one that is shipped here."""

from __future__ import annotations

from meterctl.errors import ConfigError
from meterctl.utility.given import Given
from meterctl.utility.json_api import JsonUtility
from meterctl.utility.keys import Table, empty, parse
from meterctl.utility.port import Utility


def adapter(name: str, given: Given) -> Utility:
    """The way to a utility that a TOML file describes; without one, the sandbox's language.

    Args:
        name: `json`, or that of a file beside this module.
        given: The settings.

    Raises:
        ConfigError: the file says too little, or something wrong.
    """
    if name == "json" and given.config is None:
        return _json(given)
    from meterctl.utility.described.read import read
    from meterctl.utility.described.way import DescribedUtility

    if name == "json" and given.config is not None:
        return DescribedUtility(read(name, given.config, None, given), given)
    own = given.config or empty("METERCTL_UTILITY_CONFIG")
    return DescribedUtility(read(name, shipped(name), own, given), given)


def shipped(name: str) -> Table:
    """The description of that name that we ship."""
    from importlib.resources import files

    text = files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return parse(text, f"{name}.toml")


def _json(given: Given) -> Utility:
    if given.url is None:
        raise ConfigError(
            "METERCTL_UTILITY_URL is not set: where the utility takes readings",
            "see docs/utilities.md",
        )
    return JsonUtility(given.url, given.token, given.key_header)
