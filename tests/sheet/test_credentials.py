"""The key file: what is no key, said so that the right one can be found; nothing of it shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meterctl.errors import ConfigError
from meterctl.sheet.credentials import credentials, read

CANARY = "canary-that-must-not-be-shown"
KEY = {
    "type": "service_account",
    "client_email": "robot@example.invalid",
    "private_key": CANARY,
    "token_uri": "https://oauth2.googleapis.com/token",
}


def refused(text: str) -> ConfigError:
    """The error for such a key; its text shows none of it."""
    with pytest.raises(ConfigError) as raised:
        read(text)
    assert CANARY not in raised.value.message + raised.value.hint
    return raised.value


def test_a_key(tmp_path: Path) -> None:
    """From a file, from one with a byte order mark, or as the text itself."""
    path = tmp_path / "key.json"
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text(json.dumps(KEY), encoding=encoding)
        assert read(path) == KEY
    assert read(json.dumps(KEY)) == KEY


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "is not JSON", id="empty"),
        pytest.param(f'{{"private_key":"{CANARY}', "is not JSON", id="cut short"),
        pytest.param(f'["{CANARY}"]', "no service account's key", id="a list"),
        pytest.param(f'"{CANARY}"', "no service account's key", id="a text"),
        pytest.param(
            json.dumps({"installed": {"client_secret": CANARY}}), "an OAuth client's", id="desktop"
        ),
        pytest.param(
            json.dumps({"web": {"client_secret": CANARY}}), "an OAuth client's", id="web client"
        ),
        pytest.param(
            json.dumps({**KEY, "type": "authorized_user"}), "no service account's key", id="user"
        ),
        pytest.param(
            json.dumps({"type": "service_account", "private_key": CANARY}),
            "lacks client_email and token_uri",
            id="fields missing",
        ),
        pytest.param(
            json.dumps({**KEY, "client_email": 3}), "lacks client_email", id="a number as address"
        ),
        pytest.param(
            json.dumps({**KEY, "token_uri": "http://example.invalid/token"}),
            "plain http",
            id="in the clear",
        ),
        pytest.param(json.dumps({**KEY, "token_uri": "http://[half"}), "token_uri", id="no URL"),
        pytest.param("[" * 100_000, "is not JSON", id="deeply nested"),
    ],
)
def test_no_key(text: str, says: str) -> None:
    """One line that says what it is instead."""
    error = refused(text)
    assert says in error.message
    assert error.hint


def test_no_file(tmp_path: Path) -> None:
    """A missing one, a folder, one that is no text."""
    (tmp_path / "binary").write_bytes(b"\x80\x81")
    for name in ("gone", ".", "binary"):
        with pytest.raises(ConfigError) as raised:
            read(tmp_path / name)
        assert str(tmp_path / name) in raised.value.message


def test_a_private_key_that_is_none() -> None:
    """Its text is not shown."""
    with pytest.raises(ConfigError) as raised:
        credentials(KEY, "key.json")
    assert raised.value.message == "the private key in key.json cannot be read"
    assert CANARY not in str(raised.value.__cause__)
