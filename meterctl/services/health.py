"""`health`: what a check is, which ones there are, and what follows from all of them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from meterctl.domain.times import DAY
from meterctl.errors import MeterctlError

ROTATE_FROM, ROTATED_AFTER = 76 * DAY, 90 * DAY  # a secret's age: think of another one; too late


class Grade(StrEnum):
    """How a check ended, from good to bad."""

    PASS = "pass"  # noqa: S105 (a grade, no password)
    WARN = "warn"  # a person has something to do
    FAIL = "fail"  # readings cannot be kept or brought over


class Check(NamedTuple):
    """One thing looked at; `hint` says what to do when it is not well."""

    name: str
    grade: Grade
    output: str
    hint: str = ""
    exit_code: int = 0  # when it fails


# Every name there is: monitors may rely on them. docs/operations.md says what each is about, and a
# test holds that it names the same ones.
NAMES = (
    "settings",
    "settings:permissions",
    "clock",
    "clock:files",
    "clock:servers",
    "clock:database",
    "sqlite",
    "postgresql",
    "postgresql:durability",
    "postgresql:role",
    "postgresql:tls",
    "postgresql:sessions",
    "postgresql:autovacuum",
    "postgresql:size",
    "disk",
    "ledger",
    "ledger:usable",
    "ledger:integrity",
    "ledger:last_entry",
    "ledger:moved",
    "ledger:judged",
    "ledger:findings",
    "ledger:writable",
    "ledger:file_system",
    "ledger:permissions",
    "ledger:restore",
    "ledger:restored",
    "job:sync",
    "job:push-utility",
    "job:backup",
    "backup:file",
    "sheet",
    "sheet:queue",
    "sheet:in_doubt",
    "sheet:last_success",
    "sheet:cells",
    "sheet:key",
    "sheet:key_permissions",
    "sheet:key_age",
    "sheet:online",
    "utility",
    "utility:due",
    "utility:unknown",
    "utility:left_behind",
    "utility:rejected",
    "utility:last_success",
    "utility:meter",
    "utility:token_age",
    "utility:secret_age",
    "utility:online",
    "portal:password_age",
    "portal:online",
    "clients:secrets",
    "http:secret_age",
    "http:previous_secret",
    "http:tls_key",
)


def worst(checks: Sequence[Check]) -> Grade:
    """The status of the whole."""
    order = list(Grade)
    return max((check.grade for check in checks), key=order.index, default=Grade.PASS)


def failed(error: MeterctlError, name: str) -> Check:
    """A check that could not even be made."""
    return Check(name, Grade.FAIL, error.message, error.hint, error.exit_code)
