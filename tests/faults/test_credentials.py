"""Credentials that cannot be read, are not accepted any more, or are too old: told by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.config import env_file
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli, Program
from tests.faults.clocks import clock
from tests.faults.test_permissions import unprivileged
from tests.helpers import Ran


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """Both other sides."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        env_file.write(Path(".env").absolute(), rehearsal.settings)
        yield rehearsal


def told(ran: Ran, code: int, other_side: Rehearsal, *says: str) -> None:
    """A code and a line that says these words, and none of the secrets."""
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1), ran
    for one in says:
        assert one in ran.err
    assert "PRIVATE" not in ran.err
    for name, text in other_side.settings.items():
        if "TOKEN" in name or "PASSWORD" in name:
            assert text not in ran.err


@pytest.mark.fault(40)
def test_a_key_file_that_cannot_be_read(tmp_path: Path, cli: Cli, other_side: Rehearsal) -> None:
    """P1, P4, P5: the reading is stored; `sync` names the file; readable again, it heals."""
    key = Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"])
    key.chmod(0)
    ran = unprivileged(tmp_path, "record", "7", "--at", "2026-02-01 07:00")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "queued for the Sheet")
    ran = unprivileged(tmp_path, "sync", "--quiet")
    told(ran, 78, other_side, str(key), "permission")
    key.chmod(0o600)
    assert unprivileged(tmp_path, "sync", "--quiet") == (0, "", "")
    assert cli("current", "--json").json["pending"]["sheet"] == 0


@pytest.mark.fault(40)
@pytest.mark.parametrize("command", ["record 7", "current", "sync", "push-utility"])
def test_settings_that_cannot_be_read(tmp_path: Path, other_side: Rehearsal, command: str) -> None:
    """P4: 78, with the file: no other ledger, and no other account, is taken in its place."""
    Path(".env").chmod(0)
    ran = unprivileged(tmp_path, *command.split())
    told(ran, 78, other_side, ".env")
    Path(".env").chmod(0o600)
    assert other_side.accepted() == []


@pytest.mark.fault(40)
def test_a_token_that_has_expired(program: Program, other_side: Rehearsal) -> None:
    """P1, P4, P5: 77 names the setting; with a new token what was queued is taken, once."""
    right = other_side.settings["METERCTL_UTILITY_TOKEN"]
    assert program("record", "7", "--offline").code == 0
    utility = other_side.utility | {"METERCTL_UTILITY_TOKEN": "one-that-has-expired"}
    for _ in range(2):
        ran = program("push-utility", "--quiet", **utility)
        told(ran, 77, other_side, "METERCTL_UTILITY_TOKEN")
        assert "one-that-has-expired" not in ran.err
    utility["METERCTL_UTILITY_TOKEN"] = right
    assert program("push-utility", "--quiet", **utility) == (0, "", "")
    assert [one["value"] for one in other_side.accepted()] == [7]


@pytest.mark.fault(40)
@pytest.mark.parametrize(
    ("days", "grade"), [(75, "pass"), (77, "warn"), (91, "warn")], ids=["75", "77", "91"]
)
def test_a_google_key_that_grows_old(
    program: Program, other_side: Rehearsal, days: int, grade: str
) -> None:
    """P4: `health` warns from day 76 on, says its age and what to do; all goes on as before."""
    key = Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"])
    os.utime(key)
    assert program("record", "7", **other_side.sheet).code == 0
    ran = program("health", "--json", **other_side.settings, **clock(f"+{days}d"))
    assert ran.code == 0, ran
    (found,) = ran.json["checks"]["sheet:key_age"]
    assert found["status"] == grade
    assert f"{days} days" in found["output"]
    assert ("hint" in found) == (grade == "warn")


@pytest.mark.fault(40)
def test_a_secret_that_is_renewed(program: Program, other_side: Rehearsal) -> None:
    """P4: a client's old secret and its new one are both good for a day, then the new one alone."""
    del other_side
    assert program("clients", "add", "phone", "--scope", "read").code == 0
    assert program("clients", "rotate", "phone", **clock("+80d")).code == 0
    young = program("health", "--json", **clock("+81d")).json["checks"]["clients:secrets"]
    assert {one["status"] for one in young} == {"pass"}
    old = program("health", "--json", **clock("+160d")).json["checks"]["clients:secrets"]
    assert {one["status"] for one in old} == {"warn"}
