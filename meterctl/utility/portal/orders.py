"""What the worker is told, and what it tells: pickled, over the pipe between the two."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from meterctl.redact import secrets_of
from meterctl.utility.port import Outcome
from meterctl.utility.portal.description import Description
from meterctl.utility.portal.history import Task


class Setup(NamedTuple):
    """What a worker is told first."""

    description: Description
    user: str
    password: str
    browser: str | None  # None: Playwright's own
    evidence: Path
    proxy: str | None = None  # with who logs in there, which a worker's environment does not say

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(secrets_of(self.proxy or "", self.password))


class Job(NamedTuple):
    """One thing to do."""

    is_question: bool  # whether it is there; else it is to be submitted
    task: Task | None  # None: nothing but to log in
    seconds: float


class Leaving(NamedTuple):
    """Told before a click after which a reading may be submitted."""


class Bug(NamedTuple):
    """Told where this program is wrong."""

    trace: str


Told = Leaving | Bug | Outcome
