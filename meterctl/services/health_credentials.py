"""`health`, credentials: how old is what we prove ourselves with?

Nobody tells when a token was made, so the jobs note when each was first seen. A note must not give
away what it is of, though a ledger may leak: it holds two bytes of a slow hash. So few bytes fit
many guesses, and confirm none; that a new secret fits the old one's happens once in 65,536 times.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from meterctl.domain.times import DAY, EARLIEST_CLOCK, age_text
from meterctl.ledger.port import Ledger
from meterctl.services.health import ROTATE_FROM, ROTATED_AFTER, Check, Grade
from meterctl.services.health_files import private

OVERLAP = 8 * DAY  # a token of `serve` lives for seven; then the key before is of no use
NOTED_EVERY = DAY  # a hash costs some 25 ms, and sync runs each quarter of an hour

KEY = "METERCTL_GOOGLE_CREDENTIALS"
PREVIOUS = "METERCTL_JWT_SECRET_PREVIOUS"
_NOTED = "credentials.noted"  # memo: when they were last looked at
_REMEMBERED = 4  # of each setting: who goes back to an older one has not got a younger one


class _Kind(NamedTuple):
    """A setting that holds a secret."""

    check: str
    what: str
    hint: str


_KINDS = {
    "METERCTL_UTILITY_TOKEN": _Kind(
        "utility:token_age",
        "the utility's token",
        "get a new one there, set METERCTL_UTILITY_TOKEN, then withdraw the old one",
    ),
    "METERCTL_UTILITY_SECRET": _Kind(
        "utility:secret_age",
        "the utility's secret",
        "change it there, then set METERCTL_UTILITY_SECRET",
    ),
    "METERCTL_PORTAL_PASSWORD": _Kind(
        "portal:password_age",
        "the portal's password",
        "change it there, then set METERCTL_PORTAL_PASSWORD",
    ),
    "METERCTL_JWT_SECRET": _Kind(
        "http:secret_age",
        "the key of serve's tokens",
        "put it into METERCTL_JWT_SECRET_PREVIOUS, a new one into METERCTL_JWT_SECRET, and"
        " restart serve",
    ),
}
SETTINGS = (KEY, *_KINDS, PREVIOUS)  # those that are noted


def note(ledger: Ledger, secrets: Mapping[str, str], now: int) -> None:
    """Note of each secret when it was first seen, in a write of its own.

    Args:
        ledger: Where.
        secrets: By their settings' names; of the service account's key its id alone.
        now: When they are seen.
    """
    noted = ledger.memo(_NOTED)
    if now < EARLIEST_CLOCK or (noted is not None and 0 <= now - noted.written_at < NOTED_EVERY):
        return  # a clock that was never set would make them old for ever
    changes = {_NOTED: ""}
    for name, secret in secrets.items():  # before the write: others wait for its end
        known = _Known.of(ledger, name)
        mark = known.mark(secret)
        if known.since.get(mark, now + 1) > now:  # new, or noted by a clock that was ahead
            since = {one: at for one, at in known.since.items() if one != mark} | {mark: now}
            lines = (f"{one} {at}" for one, at in list(since.items())[-_REMEMBERED:])
            changes[_memo(name)] = "\n".join((known.salt, *lines))
    with ledger.writing():
        for name, value in changes.items():
            ledger.set_memo(name, value, now)


class _Known(NamedTuple):
    """What is noted of a setting: since when each secret in it is known."""

    salt: str
    since: Mapping[str, int]

    @classmethod
    def of(cls, ledger: Ledger | None, name: str) -> _Known:
        """What the ledger says; a salt of its own where it says nothing yet."""
        memo = None if ledger is None else ledger.memo(_memo(name))
        if memo is None:
            from secrets import token_hex

            return cls(token_hex(16), {})
        salt, *lines = memo.value.splitlines()
        pairs = (line.split(" ") for line in lines)
        return cls(salt, {mark: int(at) for mark, at in pairs})

    def mark(self, secret: str) -> str:
        """What is kept of a secret."""
        return _mark(self.salt, secret)

    def age(self, secret: Callable[[], str], now: int) -> tuple[int, bool] | None:
        """How long a secret is known, at most, and whether exactly; None where none is known.

        It is looked for only where it may be old: while all are young, a hash would tell no more.
        """
        if not self.since:
            return None
        eldest = now - min(self.since.values())
        if eldest < ROTATE_FROM:
            return eldest, len(self.since) == 1
        since = self.since.get(self.mark(secret()))
        return (0 if since is None else now - since), True


@lru_cache(len(SETTINGS))  # `serve` is asked each minute, perhaps
def _mark(salt: str, secret: str) -> str:
    from hashlib import scrypt

    whole = secret.encode("utf-8", "surrogateescape")  # as the environment may hold it
    return scrypt(whole, salt=bytes.fromhex(salt), n=1 << 13, r=8, p=1, dklen=2).hex()


def _memo(name: str) -> str:
    return f"credential.{name}"


def check_secrets(ledger: Ledger, secrets: Mapping[str, str], now: int) -> Iterator[Check]:
    """Whether what we prove ourselves with is young enough; of those that are set."""
    for name, kind in _KINDS.items():
        if name in secrets:
            found = _Known.of(ledger, name).age(lambda name=name: secrets[name], now)  # type: ignore[misc] # the loop's name
            yield _aged(kind, found)
    if PREVIOUS in secrets:
        found = _Known.of(ledger, PREVIOUS).age(lambda: secrets[PREVIOUS], now)
        is_old = found is not None and found[1] and found[0] > OVERLAP
        yield Check(
            "http:previous_secret",
            Grade.WARN if is_old else Grade.PASS,
            "the key before of serve's tokens is still honoured"
            + (f", for {age_text(found[0])}" if found else ""),
            f"its last token has expired: take {PREVIOUS} out, and restart serve",
        )


def _aged(kind: _Kind, found: tuple[int, bool] | None) -> Check:
    if found is None:
        output = f"of {kind.what} nothing is known yet: the next job notes it"
        return Check(kind.check, Grade.PASS, output)
    age, is_exact = found
    if age < ROTATE_FROM:
        most = "" if is_exact else " at most"
        return Check(kind.check, Grade.PASS, f"{kind.what} is known for {age_text(age)}{most}")
    return Check(
        kind.check,
        Grade.WARN,
        f"{kind.what} is known for {age_text(age)}, {_late(age)} the 90 days it should live",
        kind.hint,
    )


def _late(age: int) -> str:
    return "past" if age >= ROTATED_AFTER else "near"


def key_id(key: Path | str) -> str:
    """What tells a service account's key from the next one: its id; empty where there is none.

    Args:
        key: Its file, or its JSON.
    """
    import json

    try:
        found = json.loads(key if isinstance(key, str) else key.read_text(encoding="utf-8-sig"))
        said = found["private_key_id"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""
    return said if isinstance(said, str) else ""


def check_key(key: Path | str, ledger: Ledger | None, now: int) -> Iterator[Check]:
    """The service account's key: readable by its owner alone, and not too old.

    Args:
        key: Its file, or its JSON, which has neither permissions nor a date.
        ledger: Where it may be noted since when it is known; None where that cannot be read.
        now: This machine's clock.
    """
    ages = []
    if isinstance(key, Path):
        try:
            status, why = key.stat(), "" if os.access(key, os.R_OK) else os.strerror(errno.EACCES)
        except OSError as error:
            status, why = None, error.strerror or "it is gone"
        if status is None or why:
            output = f"the key file {key} cannot be read: {why}"
            hint = f"correct {KEY}, or who may read the file"
            yield Check("sheet:key", Grade.FAIL, output, hint, 78)
            return
        yield private("sheet:key_permissions", key, status)
        # When Google made it, it does not say; it was written here about then, or copied later.
        ages.append(now - status.st_mtime_ns // 1_000_000)
    if (known := _Known.of(ledger, KEY).age(lambda: key_id(key), now)) is not None:
        ages.append(known[0])
    if not ages:
        return
    age = max(ages)
    if age < ROTATE_FROM:
        yield Check("sheet:key_age", Grade.PASS, f"the key is {age_text(age)} old")
        return
    yield Check(
        "sheet:key_age",
        Grade.WARN,
        f"the key is {age_text(age)} old, {_late(age)} the 90 days it should live",
        "make a new key in the Google console, change the setting, delete the old key there",
    )
