"""Secrets: what a client gets once, and what is kept of it."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from argon2.exceptions import InvalidHashError
from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.access.secrets import (
    _NOBODYS,
    hash_secret,
    new_client_id,
    new_secret,
    verify_secret,
)


def test_a_new_secret() -> None:
    """256 random bits, with a beginning that scanners know, and nothing a shell would act on."""
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(re.fullmatch(r"mcs_[A-Za-z0-9_-]{43}", secret) for secret in secrets)


def test_a_new_client_id() -> None:
    """Short enough to read out, and never the same."""
    ids = {new_client_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(r"mc_[0-9a-f]{16}", one) for one in ids)


def test_what_is_kept() -> None:
    """Argon2id with OWASP's parameters and a salt of its own: nothing of the secret."""
    secret = new_secret()
    first, second = hash_secret(secret), hash_secret(secret)
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert secret not in first


def test_verifying() -> None:
    """Any of the valid hashes will do, another secret will not."""
    old, new = new_secret(), new_secret()
    hashes = [hash_secret(new), hash_secret(old)]
    assert verify_secret(hashes, new)
    assert verify_secret(hashes, old)
    assert verify_secret(tuple(hashes[:1]), new)
    assert not verify_secret(hashes[:1], old)
    assert not verify_secret(hashes, new[:-1])
    assert not verify_secret(hashes, "")


def test_a_client_that_does_not_exist() -> None:
    """It is refused, whatever is given."""
    assert not verify_secret([], new_secret())
    assert not verify_secret((), "")


def test_the_time_says_nothing_of_who_exists() -> None:
    """An unknown client costs a verification with the very same parameters: as much work."""
    kept = hash_secret(new_secret())
    shape = re.compile(r"(\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+)\$(.{22})\$(.{43})")
    ours, nobodys = shape.fullmatch(kept), shape.fullmatch(_NOBODYS)
    assert ours is not None
    assert nobodys is not None
    assert ours[1] == nobodys[1]

    def quickest(hashes: list[str]) -> float:
        times = []
        for _ in range(5):
            begin = time.process_time()
            assert not verify_secret(hashes, "wrong")
            times.append(time.process_time() - begin)
        return min(times)

    assert 0.3 < quickest([]) / quickest([kept]) < 3


def test_a_damaged_hash() -> None:
    """It is no wrong secret but a fault, and says so."""
    with pytest.raises(InvalidHashError):
        verify_secret(["nonsense"], new_secret())


@settings(max_examples=10, deadline=None)
@given(st.text(st.characters(codec=None), max_size=200))
def test_any_text_may_be_tried(text: str) -> None:
    """Half a surrogate pair, a NUL, none at all: refused like any other."""
    assert not verify_secret([], text)


def test_the_import_is_cheap() -> None:
    """Who only needs a client's id does not load argon2."""
    code = "import sys, meterctl.access.secrets; sys.exit('argon2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
