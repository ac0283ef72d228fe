"""The manual for who writes a client, followed word for word."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.helpers import meterctl_environment
from tests.http.served import listening, utility

ROOT = Path(__file__).parent.parent.parent
MANUAL = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
SHOWN_URL = "http://127.0.0.1:8700"
OTHERWISE = ("token", "requestId", "age_seconds")  # what is another one each time

TODAY = r"(?<=^before )[0-9-]{10}$"  # the first push fixes from when on readings are submitted


class Step(NamedTuple):
    """What the manual says to type, and the answer that it shows."""

    command: str
    shown: str


def steps() -> Iterator[Step]:
    """In the order of the page."""
    for block in re.findall(r"```console\n(.*?)```", MANUAL, re.DOTALL):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            command, _, shown = part.partition("\n")
            yield Step(command, shown.strip())


def comparable(answer: Any) -> Any:  # noqa: ANN401 (JSON)
    """An answer without what is another one each time; its numbers as they are written."""
    if isinstance(answer, dict):
        return {k: None if k in OTHERWISE else comparable(v) for k, v in answer.items()}
    if isinstance(answer, list):
        return [comparable(one) for one in answer]
    return re.sub(TODAY, "today", answer) if isinstance(answer, str) else answer


def read(text: str) -> Any:  # noqa: ANN401 (JSON)
    """JSON whose numbers stay as they are written."""
    return json.loads(text, parse_float=str, parse_int=str)


class Reader:
    """Somebody who types what the manual says, into one shell."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.url = ""
        self.asked = 0

    def follow(self, step: Step, until: ExitStack) -> None:
        """Type one command; what it answers is what the manual shows."""
        name, _, value = step.command.removeprefix("export ").partition("=")
        if step.command.startswith("meterctl serve"):
            assert step.command == "meterctl serve --port 8700"
            self.url = until.enter_context(listening(self.environment, "--port", "0"))
        elif name.isupper():
            self.environment.setdefault(name, self.run(f"printf %s {value}"))
        else:
            out = self.run(step.command.replace(SHOWN_URL, self.url))
            if step.command.startswith("curl"):
                self.compare(out, step.shown)
            for variable, found in (
                ("CLIENT_ID", r"\bmc_\w+"),
                ("CLIENT_SECRET", r"\bmcs_[\w-]+"),
                ("TOKEN", r'(?<="token": ")[^"]+'),
            ):
                if match := re.search(found, out):
                    self.environment[variable] = match[0]

    def compare(self, out: str, shown: str) -> None:
        """The answer has what the manual shows of it."""
        self.asked += 1
        answer = read(out)
        if shown:
            assert comparable(answer) == comparable(read(shown))
        else:
            assert "code" not in answer, answer

    def run(self, command: str) -> str:
        """What a command prints; it ends well."""
        done = subprocess.run(
            ["bash", "-c", command],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A shell in which `meterctl` is found, with a utility to push to."""
    with utility(tmp_path / "sandbox") as settings:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        yield meterctl_environment(tmp_path) | settings | {"PATH": path}


def test_manual_followed_word_for_word(environment: dict[str, str]) -> None:
    """Each command ends well, one after the other, and is answered as the manual shows."""
    reader = Reader(environment)
    with ExitStack() as until:
        for step in steps():
            reader.follow(step, until)
    assert reader.asked >= 10
