"""Several workers: what one that dies leaves to the next, and when none is begun any more."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from meterctl.http.workers import Deaths
from tests.http.served import service_environment, started
from tests.http.test_serving import GIVEN_UP, children, gone


class TestDeaths:
    """Whether another worker is of any use."""

    def test_each_dies_at_once(self) -> None:
        """Ten are enough to know."""
        deaths = Deaths()
        assert [deaths.add(n, n + 0.5) for n in range(10)] == [False] * 9 + [True]

    def test_one_lived_between(self) -> None:
        """It came to serve, so it is worth another try."""
        deaths = Deaths()
        assert not any(deaths.add(n, n + 0.5) for n in range(9))
        assert not deaths.add(0, 60)
        assert not any(deaths.add(n, n + 0.5) for n in range(60, 69))

    def test_now_and_then(self) -> None:
        """One a day says nothing of the next day's."""
        deaths = Deaths()
        assert not any(deaths.add(day, day + 0.5) for day in range(0, 86_400 * 30, 86_400))


@pytest.mark.fault("D")
def test_the_table_of_limits_is_swept_up(tmp_path: Path) -> None:
    """What lies in a temporary folder for long is; the next workers make another one."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = service_environment(tmp_path) | {"TMPDIR": str(temporary)}
    with started(environment, "--port", "0", "--workers", "2") as server:
        assert httpx.get(f"{server.url}/health").status_code == 200
        before = children(server.process.pid)
        (folder,) = temporary.glob("meterctl-serve-*")
        shutil.rmtree(folder)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert gone(before)
        with httpx.Client(timeout=10) as client:
            assert client.get(f"{server.url}/health").status_code == 200
        end = time.monotonic() + 10
        while len(children(server.process.pid)) < 2:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert httpx.get(f"{server.url}/health", timeout=10).status_code == 200
        assert [one.name for one in folder.iterdir()] == ["limits"]  # the same one for both
        said = server.said().splitlines()
        assert said == ["meterctl: a worker ended (-9); another one begins"] * 2
        server.process.terminate()
        assert server.ended() == 0
        assert not list(temporary.iterdir())


def dying(tmp_path: Path, how: str) -> subprocess.CompletedProcess[str]:
    """A server whose workers die as they begin; what it says until it gives up."""
    program = (
        "import os, signal\n"
        "from meterctl.http import serving, workers\n"
        "workers.BREATHER = 0.01\n"
        f"def fail(*_): {how}\n"
        "serving.Shim = fail\n"
        "from meterctl.__main__ import main\n"
        "main()"
    )
    return subprocess.run(
        [sys.executable, "-c", program, "serve", "--port", "0", "--workers", "2"],
        env=service_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=GIVEN_UP,
        check=False,
    )


@pytest.mark.parametrize(
    ("how", "code"),
    [
        pytest.param("raise RuntimeError('what was sent')", 1, id="a bug"),
        pytest.param("os._exit(74)", 74, id="a code"),
        pytest.param("os._exit(0)", 1, id="without a fault"),
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", 137, id="a signal"),
    ],
)
def test_none_comes_to_serve(tmp_path: Path, how: str, code: int) -> None:
    """It ends as they do, so that whoever runs it begins it anew, or sees that it is not well."""
    ran = dying(tmp_path, how)
    assert ran.returncode == code
    said = ran.stderr.splitlines()
    assert said.count("meterctl: 10 workers ended as soon as they began; it ends") == 1
    assert sum("another one begins" in line for line in said) == 9
    log = (tmp_path / "data" / "meterctl.log").read_text(encoding="utf-8").splitlines()
    assert (json.loads(log[-1])["event"], json.loads(log[-1])["exit_code"]) == ("run.ended", code)


def test_a_bug_in_a_worker(tmp_path: Path) -> None:
    """It is told where it is, without the values that it met."""
    said = dying(tmp_path, "raise RuntimeError('what was sent')").stderr
    assert "meterctl: a bug in a worker: RuntimeError\n" in said
    assert ", in fail\n" in said
    assert "what was sent" not in said
