"""A clock that is wrong, for one program alone, by libfaketime: the machine's is never touched."""

from __future__ import annotations

from pathlib import Path

import pytest

UNSET = "@1970-01-01 00:00:10"  # as a machine without a battery for its clock wakes up


def library() -> str:
    """libfaketime's, for a program with threads."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.fail("this test needs what is not here: libfaketime", pytrace=False)
    return str(found[0])


def clock(when: str) -> dict[str, str]:
    """The environment of a program whose clock is off: `-1h`, `+1d`, or `@` and a time."""
    return {"LD_PRELOAD": library(), "FAKETIME": when, "DONT_FAKE_MONOTONIC": "1"}
