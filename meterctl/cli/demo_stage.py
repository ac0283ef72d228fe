"""The demo's stage: commands run as a shell runs them, against stand-ins for the other side."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from meterctl.cli import out
from meterctl.errors import MeterctlError
from meterctl.stopping import whole

_READY_IN = 30.0  # seconds


class DemoFailed(MeterctlError):
    """Something that the demo checks was not so."""

    code = "demo_failed"

    def __init__(self, message: str) -> None:
        super().__init__(message, "please report it")


class Stage:
    """Runs commands in a folder and shows them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        kept = {name: text for name, text in os.environ.items() if "METERCTL_" not in name}
        kept.pop("GOOGLE_APPLICATION_CREDENTIALS", None)
        self._environment = kept | {"METERCTL_TIMEZONE": "Europe/Berlin"}
        self._others: dict[str, str] = {}

    def say(self, text: str) -> None:
        """What comes next."""
        out.line()
        out.line(out.styled(f"# {text}", "dim"))

    def run(self, *arguments: str, expect: int = 0, ledger: str = "first.db") -> None:
        """Show a command and what it prints; it must end as expected."""
        out.line(f"$ meterctl {shlex.join(arguments)}")
        out.flush()
        done = subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, "-P", "-m", "meterctl", *arguments],
            cwd=self._folder,
            env=self._environment
            | self._others
            | {"METERCTL_LEDGER": f"sqlite:///{self._folder / ledger}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        out.write(done.stdout)
        if done.returncode != expect:
            raise DemoFailed(f"that command ended with {done.returncode}, not {expect}")

    @contextmanager
    def other_side(self, settings: dict[str, str]) -> Iterator[None]:
        """Google and a utility, played by a program that knows nothing of this one."""
        folder = self._folder / "sandbox"
        playing = None
        try:
            with whole():  # what has begun must be known, to be ended
                playing = subprocess.Popen(  # noqa: S603 (our own program)
                    [
                        *(sys.executable, "-P", "-m", "meterctl", "sandbox", "--quiet"),
                        *("--dir", str(folder), "--beside", str(os.getpid())),
                        *("--sheets-port", "0", "--utility-port", "0"),
                    ],
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # that it was stopped is no news here
                )
            env_file = folder / "sandbox.env"
            until = time.monotonic() + _READY_IN
            while not env_file.exists():
                if playing.poll() is not None or time.monotonic() > until:
                    raise DemoFailed("the sandbox did not start")
                time.sleep(0.05)
            lines = env_file.read_text(encoding="utf-8").splitlines()
            found = {name: text for name, _, text in (line.partition("=") for line in lines)}
            self._others = {name: shlex.split(text)[0] for name, text in found.items()} | settings
            yield
        finally:
            if playing is not None:
                playing.terminate()
                playing.wait()

    def in_the_sheet(self) -> list[dict[str, str]]:
        """The rows that the stand-in holds, by their headings: asked of it, not of ourselves."""
        seen = self._asked(self._others["METERCTL_SHEETS_URL"] + "/sandbox/spreadsheets")
        (spreadsheet,) = seen["spreadsheets"]
        (tab,) = (one for one in spreadsheet["tabs"] if one["title"] == "Readings")
        header, *rows = tab["rows"]
        return [dict(zip(header, row, strict=False)) for row in rows]

    def at_the_utility(self) -> list[dict[str, Any]]:
        """What the stand-in has accepted, in order."""
        base = self._others["METERCTL_UTILITY_URL"].partition("/v1/")[0]
        accepted: list[dict[str, Any]] = self._asked(base + "/sandbox/submissions")["submissions"]
        return accepted

    def _asked(self, url: str) -> Any:  # noqa: ANN401 (JSON)
        # No proxy leads back to this machine, whatever the environment says.
        with build_opener(ProxyHandler({})).open(url, timeout=10) as answer:
            return json.loads(answer.read(), parse_float=str, parse_int=str)
