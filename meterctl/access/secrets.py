"""What a client proves itself with: a generated secret, of which only an argon2id hash is kept.

The one home of argon2, which is imported on first use.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SECRET_PREFIX = "mcs_"  # noqa: S105 (what scanners of repositories can look for, no secret)
CLIENT_PREFIX = "mc_"

# OWASP's least memory for argon2id with two passes. A generated secret holds 256 bits, so that
# nobody guesses it; the hash is for secrets that a person sets some day, and for the ledger's
# backups. More memory would let strangers at the door of a Raspberry Pi fill it.
_MEMORY_KIB = 19_456
_PASSES = 2
_LANES = 1

# Made once, with the same parameters, of 256 random bits that were thrown away.
_NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1"
    "$ZMopszdM/hLCc1UaS5BBgQ"
    "$bxyqEZtg/QUvfKnd8gckkgTqbfwBXkkstRpqb2OIgyU"
)


def new_secret() -> str:
    """A secret of 256 random bits that can stand in an address, a header, a shell."""
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def new_client_id() -> str:
    """A client's name for itself: no secret, but nobody's guess."""
    return CLIENT_PREFIX + secrets.token_hex(8)


def hash_secret(secret: str) -> str:
    """What the ledger keeps of a secret: argon2id with a salt of its own, some 30 ms of work."""
    return _hasher().hash(_encoded(secret))


def verify_secret(hashes: Sequence[str], secret: str) -> bool:
    """Whether a secret belongs to any of a client's hashes.

    A client that does not exist has none; it costs one verification all the same, so that the
    time of an answer does not say which clients there are.
    """
    from argon2.exceptions import VerifyMismatchError

    hasher, given = _hasher(), _encoded(secret)
    for one in hashes or (_NOBODYS,):
        try:
            hasher.verify(one, given)
        except VerifyMismatchError:
            continue
        return bool(hashes)
    return False


def _encoded(secret: str) -> bytes:
    # JSON may hold half a surrogate pair: no secret, but also no reason to fail.
    return secret.encode("utf-8", "surrogatepass")


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher, Type

    return PasswordHasher(
        time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES, type=Type.ID
    )
