"""Settings that root keeps for a service to read: real modes, owners and groups."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.users import run_as
from tests.helpers import Ran, meterctl_environment, run_program

SERVICE, ANOTHER = 4242, 4243  # of users and groups that need no name


def as_service(tmp_path: Path, settings: Path, *arguments: str) -> Ran:
    """Run `meterctl` as the user of a service, who is in another group as well."""
    data = tmp_path / "data"
    data.mkdir(exist_ok=True)
    os.chown(data, SERVICE, SERVICE)
    return run_as(tmp_path, settings, *arguments, user=SERVICE, groups=str(ANOTHER))


@pytest.mark.parametrize(
    ("mode", "owner", "group", "grade"),
    [
        pytest.param(0o640, 0, SERVICE, "pass", id="as docs say"),
        pytest.param(0o440, 0, SERVICE, "pass", id="not even root's to write"),
        pytest.param(0o600, SERVICE, SERVICE, "pass", id="its own"),
        pytest.param(0o644, 0, SERVICE, "warn", id="everybody may read"),
        pytest.param(0o640, 0, ANOTHER, "warn", id="another group of ours"),
        pytest.param(0o640, SERVICE, SERVICE, "warn", id="its own, and the group's"),
    ],
)
def test_the_settings_of_a_service(
    tmp_path: Path, mode: int, owner: int, group: int, grade: str
) -> None:
    """Root's, read by the group that it runs as: that is as private as its own; else a warning."""
    settings = tmp_path / "env"
    settings.write_text("METERCTL_SHEET_TAB=Readings\n", encoding="utf-8")
    os.chown(settings, owner, group)
    settings.chmod(mode)
    (found,) = as_service(tmp_path, settings, "health", "--json").json["checks"][
        "settings:permissions"
    ]
    assert found["status"] == grade
    assert found.get("hint") == (f"chmod 600 {settings}" if grade == "warn" else None)


@pytest.mark.parametrize("owner", [0, ANOTHER], ids=["root's", "another user's"])
def test_a_ledger_that_others_may_write(tmp_path: Path, owner: int) -> None:
    """To let a group write is never private, whoever owns the file."""
    settings = tmp_path / "env"
    settings.touch()
    assert as_service(tmp_path, settings, "record", "7").code == 0
    ledger = tmp_path / "data" / "ledger.db"
    os.chown(ledger, owner, SERVICE)
    ledger.chmod(0o660)
    found, *_ = as_service(tmp_path, settings, "health", "--json").json["checks"][
        "ledger:permissions"
    ]
    assert (found["status"], found["hint"]) == ("warn", f"chmod 600 {ledger}")


@pytest.mark.parametrize("begins", [True, False], ids=["root begins it", "the service begins it"])
def test_a_run_of_roots_among_the_services(tmp_path: Path, *, begins: bool) -> None:
    """One `sudo meterctl` does not keep the service out: what root makes there is the service's."""
    settings = tmp_path / "env"
    settings.touch()
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    os.chown(data, SERVICE, SERVICE)
    environment = {**meterctl_environment(tmp_path), "METERCTL_LOG": "off"}
    if not begins:
        assert as_service(tmp_path, settings, "record", "1").code == 0
    assert run_program(("record", "2"), environment).code == 0
    for job in ("sync", "push-utility"):  # neither is set up: each fails, with its lock or without
        assert run_program((job,), environment).code == 78
    assert as_service(tmp_path, settings, "record", "3").code == 0
    kept = [one for one in data.iterdir() if one.name.startswith("ledger.db")]
    assert {(one.stat().st_uid, one.stat().st_gid) for one in kept} == {(SERVICE, SERVICE)}


def test_a_backup_and_a_restore_of_roots(tmp_path: Path) -> None:
    """Neither keeps the service out: the copies, their folder, the new ledger are the service's."""
    settings = tmp_path / "env"
    settings.touch()
    environment = {**meterctl_environment(tmp_path), "METERCTL_LOG": "off"}
    assert as_service(tmp_path, settings, "record", "1").code == 0
    assert run_program(("backup",), environment).code == 0
    assert as_service(tmp_path, settings, "backup").code == 0
    assert as_service(tmp_path, settings, "record", "2").code == 0
    assert run_program(("restore", "--over-newer"), environment).code == 0
    assert as_service(tmp_path, settings, "record", "3").code == 0
    kept = [
        one for one in (tmp_path / "data").rglob("*") if not one.name.startswith("meterctl.log")
    ]
    assert {(one.stat().st_uid, one.stat().st_gid) for one in kept} == {(SERVICE, SERVICE)}


def test_a_file_of_roots_among_the_services(tmp_path: Path) -> None:
    """Left by an earlier version, it is told, with the command that mends it."""
    settings = tmp_path / "env"
    settings.touch()
    assert as_service(tmp_path, settings, "record", "1").code == 0
    ledger = tmp_path / "data" / "ledger.db"
    lock = ledger.with_name("ledger.db.sync.lock")
    lock.write_text("1 1\n")
    lock.chmod(0o600)
    found = as_service(tmp_path, settings, "health", "--json").json["checks"]["ledger:permissions"]
    assert [one["hint"] for one in found] == [f"chown --reference={ledger} {lock}"]


def test_a_lock_that_leads_elsewhere(tmp_path: Path) -> None:
    """A link in its place is not followed: nobody is led to open, or to give away, another file."""
    aim = tmp_path / "roots"
    aim.touch(mode=0o600)
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    os.chown(data, SERVICE, SERVICE)
    (data / "ledger.db.lock").symlink_to(aim)
    ran = run_program(("record", "1"), {**meterctl_environment(tmp_path), "METERCTL_LOG": "off"})
    assert (ran.code, ran.out, ran.err.count("\n")) == (74, "", 1), ran
    assert (aim.stat().st_uid, aim.stat().st_size) == (0, 0)
