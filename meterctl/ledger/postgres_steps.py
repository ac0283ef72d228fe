"""What a write to a PostgreSQL ledger has done so far, so that it can be done again."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

from meterctl.ledger.postgres_session import Session

_KEPT = 100  # rows of an answer are kept themselves: that is quicker than a digest


class Step(NamedTuple):
    """What a write has done, and what it was told: a digest of rows, or the kind of an error."""

    do: Callable[[Session], Any]
    told: object


def plainly(sql: str) -> Callable[[Session], None]:
    """What does one statement or several that tell nothing; several cannot be prepared."""

    def do(session: Session) -> None:
        session.execute(sql, prepare=False)

    return do


def digest(answer: object) -> object:
    """What tells an answer from another one, without keeping all of its rows."""
    if not isinstance(answer, list) or len(answer) <= _KEPT:
        return answer
    return blake2b(repr(answer).encode(errors="surrogatepass"), digest_size=16).digest()
