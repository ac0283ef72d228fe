"""The unit that serves: confined, begun anew unless its settings are wrong, ended in peace."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import httpx

from meterctl.config import env_file
from meterctl.http.serving import DESCRIPTORS, GRACE
from tests.http.served import KEY, started
from tests.test_deploy import PROGRAM, UNITS, Unit

NAME = "meterctl-serve.service"


def test_it_is_confined_as_the_jobs_are() -> None:
    """What the others may not do, it may not do either."""
    hardened = (UNITS / "meterctl-push.service").read_text(encoding="utf-8").splitlines()
    hardened = hardened[hardened.index("StateDirectory=meterctl") :]
    assert set(hardened) <= set((UNITS / NAME).read_text(encoding="utf-8").splitlines())


def test_how_it_ends() -> None:
    """What is in flight has its time; wrong settings are not tried again and again."""
    unit = Unit(NAME)
    assert int(unit.one("Service", "TimeoutStopSec")) > GRACE
    assert unit.one("Service", "KillMode") == "mixed"  # the supervisor tells its workers
    assert unit.one("Service", "Restart") == "on-failure"
    assert unit.one("Service", "RestartPreventExitStatus") == "78"


def test_its_descriptors() -> None:
    """It may open as many as it asks for."""
    assert int(Unit(NAME).one("Service", "LimitNOFILE")) == DESCRIPTORS


def test_its_command(tmp_path: Path) -> None:
    """The words are those of `serve`; settings come from the file, and nothing from a home."""
    settings = tmp_path / "env"
    of_this_household = {
        "METERCTL_LEDGER": f"sqlite:///{tmp_path}/ledger.db",
        "METERCTL_TIMEZONE": "Europe/Berlin",
        "METERCTL_JWT_SECRET": KEY,
    }
    env_file.write(settings, of_this_household)
    words = shlex.split(Unit(NAME).one("Service", "ExecStart"))
    assert words[:2] == [PROGRAM, "serve"]
    environment = {"METERCTL_ENV_FILE": str(settings), "PATH": os.environ["PATH"]}
    with started(environment, *words[2:], "--port", "0") as server:
        assert httpx.get(f"{server.url}/health").status_code == 200
        server.process.terminate()
        assert server.ended() == 0


def test_wrong_settings(tmp_path: Path) -> None:
    """They end it with the code that is not tried again."""
    ran = subprocess.run(
        [sys.executable, "-m", "meterctl", "serve", "--port", "0"],
        env={"METERCTL_LEDGER": f"sqlite:///{tmp_path}/ledger.db", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert str(ran.returncode) == Unit(NAME).one("Service", "RestartPreventExitStatus")
