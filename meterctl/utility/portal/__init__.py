"""The adapter `portal`: a utility's web form, in a browser. The only home of Playwright."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meterctl.utility.given import Given
    from meterctl.utility.portal.way import Portal


def adapter(name: str, given: Given) -> Portal:  # noqa: ARG001 (the catalog's)
    """The way over a web form; no browser is started yet.

    Raises:
        ConfigError: the description or a setting is missing or wrong, or a browser is.
    """
    from meterctl.errors import ConfigError
    from meterctl.utility.portal.browsers import find
    from meterctl.utility.portal.description import read
    from meterctl.utility.portal.orders import Setup
    from meterctl.utility.portal.way import Portal

    if given.config is None:
        raise ConfigError("METERCTL_PORTAL_CONFIG is not set", "see docs/portal.md")
    description = read(given.config, given.url)
    if not given.user or not given.secret:
        raise ConfigError(
            "METERCTL_PORTAL_USER or METERCTL_PORTAL_PASSWORD is not set",
            "set both: docs/portal.md",
        )
    named = given.browser or description.browser
    return Portal(
        Setup(
            description,
            given.user,
            given.secret,
            find(named),
            given.evidence,
        )
    )
