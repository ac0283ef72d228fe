"""What the settings say of the way to a utility, as an adapter is given it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from meterctl.utility.keys import Table


class Given(NamedTuple):
    """All of it. An adapter takes what it needs, and refuses what it cannot do without."""

    url: str | None  # METERCTL_UTILITY_URL; None: the adapter's own
    token: str | None  # METERCTL_UTILITY_TOKEN
    user: str | None  # METERCTL_UTILITY_USER
    secret: str | None  # METERCTL_UTILITY_SECRET
    key_header: str | None  # METERCTL_UTILITY_KEY_HEADER
    config: Table | None  # METERCTL_UTILITY_CONFIG; None where it is not set
    folder: Path  # what relative paths in it refer to
    evidence: Path  # the folder for screenshots and the like, 0700; it need not be there yet
    browser: str | None = None  # METERCTL_PORTAL_BROWSER

    @property
    def secrets(self) -> tuple[str | None, ...]:
        """What must never be shown."""
        return self.token, self.secret
