"""The adapter `kraken`: Octopus Energy in the United Kingdom and in Germany, over GraphQL."""

from __future__ import annotations

from meterctl.utility.given import Given
from meterctl.utility.port import Utility


def adapter(name: str, given: Given) -> Utility:
    """The way to an account at Octopus Energy.

    Raises:
        ConfigError: the credentials or the file are missing, or say something wrong.
    """
    from meterctl.utility.kraken.account import Account
    from meterctl.utility.kraken.settings import settings_of

    return Account(settings_of(name, given))
