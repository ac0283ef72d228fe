"""The service account's key: read, checked, never shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meterctl import trusted
from meterctl.errors import ConfigError
from meterctl.remote import why_not

if TYPE_CHECKING:
    from google.oauth2.service_account import Credentials

SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.metadata.readonly",  # whether a person changed it
)
_LARGEST = 1 << 20  # bytes: a key has some 2,400
_MAKE_ONE = (
    "make one in the Google console: IAM & Admin, Service accounts, Keys, Add key, JSON"
    " (docs/sheets.md goes through it)"
)


def read(where: Path | str) -> Mapping[str, Any]:
    """The key as JSON: of a file, or the text itself.

    Raises:
        ConfigError: no key, or one that would be used in the clear.
    """
    name = "METERCTL_GOOGLE_CREDENTIALS" if isinstance(where, str) else str(where)
    try:
        text = where if isinstance(where, str) else _text(where)
    except OSError as error:
        raise ConfigError(
            f"the key file {name} cannot be read: {error.strerror}", "check its permissions"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{name} is no service account's key", _MAKE_ONE) from None
    try:
        key = json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError(f"{name} is not JSON: no service account's key", _MAKE_ONE) from None
    if not isinstance(key, dict) or key.get("type") != "service_account":
        raise ConfigError(f"{name} is JSON, but no service account's key{_instead(key)}", _MAKE_ONE)
    missing = [
        field
        for field in ("client_email", "private_key", "token_uri")
        if not isinstance(key.get(field), str) or not key[field]
    ]
    if missing:
        raise ConfigError(f"{name} lacks {' and '.join(missing)}", _MAKE_ONE)
    if problem := why_not(key["token_uri"]):  # what is signed with the key is sent there
        raise ConfigError(f"the token_uri in {name}: {problem}", "use the file as Google made it")
    return key


def _text(file: Path) -> str:
    content = trusted.read_secret(file, _LARGEST, "METERCTL_GOOGLE_CREDENTIALS")
    return content.decode("utf-8-sig")


def _instead(key: object) -> str:
    kind = next(iter(key), "") if isinstance(key, dict) and len(key) == 1 else ""
    return " but an OAuth client's" if kind in ("installed", "web") else ""


def credentials(key: Mapping[str, Any], name: str) -> Credentials:
    """What signs requests with a key.

    Raises:
        ConfigError: its private key is none.
    """
    from google.oauth2.service_account import Credentials

    try:
        made: Credentials = Credentials.from_service_account_info(  # type: ignore[no-untyped-call] # google-auth's
            key, scopes=SCOPES
        )
    except ValueError:
        raise ConfigError(f"the private key in {name} cannot be read", _MAKE_ONE) from None
    # Else google-auth asks a further host of Google's in a thread of its own, for nothing that a
    # spreadsheet needs.
    made._is_regional_access_boundary_lookup_required = lambda: False  # type: ignore[method-assign] # noqa: SLF001 (no other switch)
    return made
