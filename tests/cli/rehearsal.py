"""The commands' other sides: a sandbox in this process, and settings that lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dotenv import dotenv_values

from meterctl.sandbox.faults import Faults
from meterctl.sandbox.run import sandbox
from tests.sandbox.talk import ask


class Rehearsal(NamedTuple):
    """A sandbox that runs, and the file that makes it go wrong."""

    settings: dict[str, str]
    faults: Path

    @property
    def utility(self) -> dict[str, str]:
        """The settings that lead to the utility."""
        return {name: text for name, text in self.settings.items() if "_UTILITY_" in name}

    @property
    def sheet(self) -> dict[str, str]:
        """The settings that lead to the Sheet."""
        return {name: text for name, text in self.settings.items() if "_UTILITY_" not in name}

    def goes_wrong(self, fault: str) -> None:
        """Let requests go wrong from now on, as the lines of a fault say; none, where empty."""
        self.faults.write_text(f"[[fault]]\n{fault}\n" if fault else "")

    def accepted(self) -> list[dict[str, Any]]:
        """What the utility has accepted, in order."""
        port = _port(self.settings["METERCTL_UTILITY_URL"])
        found: list[dict[str, Any]] = ask(port, "GET", "/sandbox/submissions").json["submissions"]
        return found

    def set_utility(self, json: str) -> None:
        """Change what the utility does."""
        port = _port(self.settings["METERCTL_UTILITY_URL"])
        headers = {"Content-Type": "application/json"}
        assert ask(port, "POST", "/sandbox/settings", json, headers).status == 200

    def requests(self) -> int:
        """How many requests were made of both."""
        return sum(
            len(ask(_port(self.settings[name]), "GET", "/sandbox/requests").json["requests"])
            for name in ("METERCTL_SHEETS_URL", "METERCTL_UTILITY_URL")
        )


@contextmanager
def rehearsing(folder: Path, *, duplicate_ids: bool = False) -> Iterator[Rehearsal]:
    """A sandbox until the end of the block."""
    folder.mkdir(parents=True)
    faults = folder / "faults.toml"
    faults.write_text("")
    with sandbox(
        folder / "sandbox", quota=False, duplicate_ids=duplicate_ids, faults=Faults(faults)
    ) as ready:
        settings = {name: text or "" for name, text in dotenv_values(ready.env_file).items()}
        yield Rehearsal(settings, faults)


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
