"""A monitor that is down, slow, or answers nonsense: none of the three jobs is the worse for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli
from tests.utility.wild import Wild, answer, answering, dripping, reset, until_gone, wild

SECRET = "s3cret"
JOBS = {"push-utility": "", "sync": "_SYNC", "backup": "_BACKUP"}
MONITORS = {
    "hangs": until_gone,
    "breaks off": reset,
    "drips": dripping(answer("200 OK", b"OK" * 100)),
    "fails": answering(answer("500 Internal Server Error", b"<html>")),
    "leads elsewhere": answering(answer("302 Found", b"", "Location: http://127.0.0.1:1/")),
}


@pytest.fixture
def other_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """Both other sides; the settings lead there."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        for name, text in rehearsal.settings.items():
            monkeypatch.setenv(name, text)
        yield rehearsal


def monitor(how: str) -> AbstractContextManager[Wild | None]:
    """One that behaves so, or none at all."""
    return nullcontext() if how == "is down" else wild(MONITORS[how])


@pytest.mark.fault(39)
@pytest.mark.parametrize("how", ["is down", *MONITORS])
@pytest.mark.parametrize("job", JOBS)
def test_each_job(
    cli: Cli, other_side: Rehearsal, monkeypatch: pytest.MonkeyPatch, job: str, how: str
) -> None:
    """P4: the work is done, the code is 0, one line warns, soon; the address is not shown."""
    monkeypatch.setattr("meterctl.utility.heartbeat.SECONDS", 0.4)
    assert cli("record", "7", "--offline").code == 0
    with monitor(how) as server:
        port = server.port if server else 1
        url = f"http://127.0.0.1:{port}/ping/{SECRET}"
        monkeypatch.setenv(f"METERCTL_HEARTBEAT_URL{JOBS[job]}", url)
        began = time.monotonic()
        ran = cli(job, "--quiet")
        took = time.monotonic() - began
    assert (ran.code, ran.out) == (0, "")
    (line,) = ran.err.splitlines()
    assert "monitor was not told" in line
    assert SECRET not in line
    assert took < 10
    if job == "push-utility":
        assert [one["value"] for one in other_side.accepted()] == [7]
    if job == "sync":
        assert cli("current", "--json").json["pending"]["sheet"] == 0
