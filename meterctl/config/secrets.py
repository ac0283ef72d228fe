"""Every secret that the settings hold: what must never be in a log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from meterctl.config import Settings
from meterctl.config.env_file import is_file
from meterctl.config.table import SETTINGS, is_json
from meterctl.ledger.address import is_database, secrets_of_database
from meterctl.redact import secrets_of

_KEY_BYTES = 100_000
# What a service account's key tells everybody anyway.
_PUBLIC = (
    "type",
    "project_id",
    "client_email",
    "client_id",
    "auth_uri",
    "token_uri",
    "auth_provider_x509_cert_url",
    "client_x509_cert_url",
    "universe_domain",
)


def secrets_in(settings: Settings) -> Iterator[str]:
    """Every secret that the settings hold or lead to, and those that an address among them has."""
    for setting in SETTINGS:
        text = settings.text(setting.name)
        if text is None:
            continue
        if setting.name == "METERCTL_GOOGLE_CREDENTIALS":
            yield from _of_key(text)
        elif setting.secret:
            yield text
        elif is_database(text):
            yield from secrets_of_database(text)
        elif "://" in text:
            yield from secrets_of(text)
    if password := os.environ.get("PGPASSWORD"):
        yield password
    for name, text in os.environ.items():
        if name.lower().endswith("_proxy"):
            yield from secrets_of(text)


def _of_key(text: str) -> Iterator[str]:
    """What a service account's key keeps secret: of a file, or of the text itself."""
    if not is_json(text):
        try:
            path = Path(text).expanduser()
            if not is_file(path):  # a pipe would be waited for
                return
            with path.open("rb") as file:
                text = file.read(_KEY_BYTES).decode("utf-8-sig", "replace")
        except (OSError, RuntimeError, ValueError):
            return  # nobody else can read it either
    import json

    try:
        key = json.loads(text)
    except (ValueError, RecursionError):
        yield text  # a key that is broken is one all the same
        return
    for name, value in key.items() if isinstance(key, dict) else ():
        if isinstance(value, str) and value and name not in _PUBLIC:
            yield value
