"""A monitor is told of each scheduled run; whatever becomes of that, the run is the same."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.ledger.sqlite import open_for_writing
from meterctl.services.push import JOB
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli
from tests.helpers import NOW
from tests.utility.wild import Wild, answer, answering, until_gone, wild

PUSH = "METERCTL_HEARTBEAT_URL"


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wild]:
    """A monitor, to be told of push-utility."""
    with wild(answering(answer("200 OK", b"OK"))) as server:
        monkeypatch.setenv(PUSH, f"http://127.0.0.1:{server.port}/ping/s3cret")
        yield server


@pytest.fixture
def other_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Iterator[Rehearsal]:
    """A utility to push to, with one reading due."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        for name, text in rehearsal.utility.items():
            monkeypatch.setenv(name, text)
        assert cli("record", "142.3").code == 0
        yield rehearsal


def told(monitor: Wild) -> list[str]:
    """The paths that were pinged, without what is the same for all of a run."""
    lines = [request.split(b"\r\n")[0].decode() for request in monitor.requests]
    found = [
        re.fullmatch(r"POST /ping/s3cret(\S*)\?rid=([0-9a-f-]{36}) HTTP/1.1", x) for x in lines
    ]
    assert all(found), lines
    assert len({one[2] for one in found if one}) <= 1
    return [one[1] for one in found if one]


@pytest.mark.usefixtures("other_side")
class TestPushUtility:
    """The nightly push."""

    def test_done(self, monitor: Wild, cli: Cli) -> None:
        """It began, it is done; nothing is printed of it."""
        assert cli("push-utility", "--quiet") == (0, "", "")
        assert told(monitor) == ["/start", ""]

    def test_failed(self, monitor: Wild, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """It failed."""
        monkeypatch.setenv("METERCTL_UTILITY_TOKEN", "wrong")
        assert cli("push-utility", "--quiet").code == 77
        assert told(monitor) == ["/start", "/fail"]

    def test_wrong_settings(self, monitor: Wild, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """What cannot even begin has failed as well."""
        monkeypatch.setenv("METERCTL_UTILITY_POLICY", "hourly")
        assert cli("push-utility", "--quiet").code == 78
        assert told(monitor) == ["/start", "/fail"]

    def test_another_run(self, monitor: Wild, cli: Cli, ledger_path: Path) -> None:
        """That another run is at it is no failure: that one will tell."""
        other = open_for_writing(ledger_path, NOW)
        try:
            with other.holding(JOB):
                assert cli("push-utility", "--quiet").code == 75
        finally:
            other.close()
        assert told(monitor) == ["/start", "/log"]

    def test_dry_run(self, monitor: Wild, cli: Cli) -> None:
        """Looking is no run."""
        assert cli("push-utility", "--dry-run", "--quiet").code == 0
        assert told(monitor) == []

    @pytest.mark.fault(39)
    def test_monitor_is_down(
        self, cli: Cli, other_side: Rehearsal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One warning, which does not show the address; all else is as ever."""
        monkeypatch.setenv(PUSH, "http://127.0.0.1:1/ping/s3cret")
        ran = cli("push-utility", "--quiet")
        assert (ran.code, ran.out) == (0, "")
        (line,) = ran.err.splitlines()
        assert "monitor was not told: 127.0.0.1:1 refused the connection" in line
        assert "s3cret" not in line
        assert len(other_side.accepted()) == 1

    @pytest.mark.fault(39)
    def test_monitor_hangs(
        self, cli: Cli, other_side: Rehearsal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It costs ten seconds at most."""
        monkeypatch.setattr("meterctl.utility.heartbeat.SECONDS", 0.3)
        with wild(until_gone) as server:
            monkeypatch.setenv(PUSH, server.url)
            before = time.monotonic()
            ran = cli("push-utility", "--quiet")
            assert time.monotonic() - before < 5
        assert ran.code == 0
        assert len(ran.err.splitlines()) == 1
        assert len(other_side.accepted()) == 1

    @pytest.mark.fault(39)
    @pytest.mark.parametrize("url", ["http://monitor.example/s3cret", "s3cret"])
    def test_wrong_address(
        self, cli: Cli, other_side: Rehearsal, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        """It is a warning, that names the setting: the push is what matters."""
        monkeypatch.setenv(PUSH, url)
        ran = cli("push-utility", "--quiet")
        assert ran.code == 0
        (line,) = ran.err.splitlines()
        assert PUSH in line
        assert "s3cret" not in line
        assert len(other_side.accepted()) == 1


def test_backup(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a monitor of its own."""
    assert cli("record", "142.3").code == 0
    with wild(answering(answer("200 OK", b"OK"))) as server:
        monkeypatch.setenv(f"{PUSH}_BACKUP", f"http://127.0.0.1:{server.port}/ping/s3cret")
        assert cli("backup", "--quiet") == (0, "", "")
        assert told(server) == ["/start", ""]


def test_sync(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """So has it; without a Sheet it fails."""
    with wild(answering(answer("200 OK", b"OK"))) as server:
        monkeypatch.setenv(f"{PUSH}_SYNC", f"http://127.0.0.1:{server.port}/ping/s3cret")
        assert cli("sync", "--quiet").code == 78
        assert told(server) == ["/start", "/fail"]
