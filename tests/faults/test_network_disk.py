"""A ledger on a network's disk: SQLite's log is not safe there, so nothing is acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.faults.far_disk import FarDisk, far_disk


@pytest.fixture
def far(tmp_path: Path) -> Iterator[FarDisk]:
    """Such a disk."""
    with far_disk(tmp_path / "far") as disk:
        yield disk


@pytest.mark.fault(12)
@pytest.mark.parametrize("below", ["", "deeper/"], ids=["there", "in a folder to be made"])
def test_a_ledger_on_a_network_file_system(
    tmp_path: Path, program: Program, far: FarDisk, below: str
) -> None:
    """P1, P4: a write is refused (78) before a byte is written; a local disk is asked for."""
    there = {"METERCTL_LEDGER": f"sqlite:///{tmp_path}/far/{below}ledger.db", "METERCTL_LOG": "off"}
    ran = program("record", "7", **there)
    assert (ran.code, ran.out, ran.err.count("\n")) == (78, "", 1), ran
    assert f"{tmp_path}/far" in ran.err
    assert "fuse.sshfs" in ran.err
    assert "METERCTL_LEDGER" in ran.err
    assert far.attempts == 0


@pytest.mark.fault(12)
def test_health_of_a_network_file_system(tmp_path: Path, program: Program, far: FarDisk) -> None:
    """P4: `health` fails with 78, says where, and what to do; what can be read is read."""
    there = {"METERCTL_LEDGER": f"sqlite:///{tmp_path}/far/ledger.db", "METERCTL_LOG": "off"}
    ran = program("health", "--json", **there)
    assert ran.code == 78
    failed = {name: one for name, (one,) in ran.json["checks"].items() if one["status"] == "fail"}
    assert list(failed) == ["ledger:file_system"]
    assert "fuse.sshfs" in failed["ledger:file_system"]["output"]
    assert "METERCTL_LEDGER" in failed["ledger:file_system"]["hint"]
    assert far.attempts == 0


@pytest.mark.fault(12)
@pytest.mark.parametrize("of", ["its folder", "the file"])
def test_a_link_to_a_network_file_system(
    tmp_path: Path, program: Program, far: FarDisk, of: str
) -> None:
    """P1: what counts is where the file is, not what its path looks like."""
    link = tmp_path / "near"
    if of == "its folder":
        link.symlink_to(far.folder)
    else:
        link.mkdir()
        (link / "ledger.db").symlink_to(far.folder / "ledger.db")
    there = {"METERCTL_LEDGER": f"sqlite:///{link}/ledger.db", "METERCTL_LOG": "off"}
    assert program("record", "7", **there).code == 78
    (found,) = program("health", "--json", **there).json["checks"]["ledger:file_system"]
    assert found["status"] == "fail"
    assert far.attempts == 0
