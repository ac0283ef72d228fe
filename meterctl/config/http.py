"""What the HTTP shim needs of the settings."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.config import Settings, problems_of
from meterctl.errors import ConfigError

_NAMES = ("METERCTL_JWT_SECRET", "METERCTL_JWT_SECRET_PREVIOUS", "METERCTL_CORS_ORIGINS")


class HttpSettings(NamedTuple):
    """Keys, and who may call from a browser."""

    key: bytes
    previous: bytes | None
    origins: tuple[str, ...]


def http(settings: Settings) -> HttpSettings:
    """What `serve` needs.

    Raises:
        ConfigError: with all the problems of these settings.
    """
    found = problems_of(settings, _NAMES)
    key, previous, origins = map(settings.text, _NAMES)
    if key is None:
        found = (*found, "METERCTL_JWT_SECRET is not set: tokens are signed with it")
    if found or key is None:
        hint = 'make one: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        raise ConfigError("; ".join(found), hint, found)
    return HttpSettings(
        key.encode(errors="surrogateescape"),  # as it stands in the environment
        None if previous is None else previous.encode(errors="surrogateescape"),
        tuple(filter(None, (origin.strip() for origin in (origins or "").split(",")))),
    )
