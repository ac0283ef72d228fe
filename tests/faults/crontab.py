"""crontab.example, taken apart as cron does, and with this machine's paths in place of yours."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

EXAMPLE = Path(__file__).parents[2] / "crontab.example"
_PROGRAM, _SETTINGS, _BACKUPS = (
    "/usr/local/bin/meterctl",
    "/home/you/.config/meterctl/.env",
    "/home/you/backups/meterctl",
)


class Crontab(NamedTuple):
    """What a crontab says: settings, and lines of five fields and a command."""

    settings: dict[str, str]
    jobs: list[tuple[list[str], str]]

    def command(self, word: str) -> str:
        """The one command that has this word."""
        (found,) = [command for _, command in self.jobs if word in shlex.split(command)]
        return found


def read(text: str) -> Crontab:
    """Read it as cron does."""
    settings: dict[str, str] = {}
    jobs: list[tuple[list[str], str]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if setting := re.fullmatch(r"(\w+)=(.*)", line):
            settings[setting[1]] = setting[2]
        else:
            *fields, command = line.split(None, 5)
            jobs.append((fields, command))
    return Crontab(settings, jobs)


def at_home(program: Path, settings: Path, backups: Path) -> str:
    """The example with other paths."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for yours, ours in ((_PROGRAM, program), (_SETTINGS, settings), (_BACKUPS, backups)):
        assert yours in text
        text = text.replace(yours, str(ours))
    return text
