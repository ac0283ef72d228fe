"""A bug told to Sentry: what broke and where, nothing that a person entered, no time lost."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.sentry import PUBLIC_KEY, Sentry, listening
from tests.conftest import Program
from tests.helpers import Ran, meterctl_environment, run_program
from tests.http.served import served

SECRET = "canary-in-a-message-4711"


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    """A Sentry that listens."""
    with listening() as made:
        yield made


def broken(tmp_path: Path, *arguments: str, **settings: str) -> Ran:
    """Run a command in which `current` has a bug: its message holds a value and a secret."""
    hook = tmp_path / "hook"
    hook.mkdir(exist_ok=True)
    (hook / "sitecustomize.py").write_text(
        "import meterctl.services.current as module\n"
        "def current(*_, **__):\n"
        f"    local = {SECRET!r}\n"
        "    try:\n"
        "        {}[local]\n"
        "    except KeyError as error:\n"
        "        raise ZeroDivisionError('142.3 of ' + local) from error\n"
        "module.current = current\n"
    )
    environment = meterctl_environment(tmp_path) | {
        "PYTHONPATH": str(hook),
        "TMPDIR": str(tmp_path),
    }
    return run_program(arguments, environment | settings)


def test_a_bug(tmp_path: Path, sentry: Sentry) -> None:
    """Kinds, our own frames, versions and the command's name arrive; nothing else does."""
    ran = broken(tmp_path, "current", "meter", METERCTL_SENTRY_DSN=sentry.dsn)
    assert (ran.code, ran.out) == (1, "")
    (event,) = sentry.events
    assert event["tags"] == {"command": "current", "python": sys.version.split()[0]}
    kinds = [one["type"] for one in event["exception"]["values"]]
    assert kinds == ["KeyError", "ZeroDivisionError"]
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert {"module", "filename", "function", "lineno", "in_app"} == set(frames[0])
    assert {frame["module"].split(".")[0] for frame in frames} == {"meterctl"}
    assert all("/" not in frame["filename"] for frame in frames)
    assert set(event) <= {
        "event_id",
        "timestamp",
        "platform",
        "level",
        "release",
        "environment",
        "tags",
        "exception",
    }


def test_what_is_not_told(tmp_path: Path, sentry: Sentry) -> None:
    """No message, variable, argument, host, user, path or request: not in any byte of it."""
    broken(tmp_path, "current", "meter", METERCTL_SENTRY_DSN=sentry.dsn)
    sent = b"".join(sentry.bodies).decode() + "".join(sentry.heads)
    assert "ZeroDivisionError" in sent
    for text in (SECRET, "142.3", str(tmp_path), os.uname().nodename, "argv", '"vars"', "Berlin"):
        assert text not in sent
    assert PUBLIC_KEY not in b"".join(sentry.bodies).decode()


@pytest.mark.parametrize("arguments", [("record", "5x"), ("current",), ("sync",)])
def test_what_is_no_bug(program: Program, sentry: Sentry, arguments: tuple[str, ...]) -> None:
    """A wrong value, a missing setting, a success: nobody is told."""
    program(*arguments, METERCTL_SENTRY_DSN=sentry.dsn)
    assert sentry.heads == []


def test_off_by_default(tmp_path: Path, sentry: Sentry) -> None:
    """Without the setting nothing leaves, whatever Sentry's own variables say."""
    ran = broken(tmp_path, "current", SENTRY_DSN=sentry.dsn, SENTRY_SPOTLIGHT="1")
    assert ran.code == 1
    assert sentry.heads == []


def test_slow(tmp_path: Path, sentry: Sentry) -> None:
    """A Sentry that does not answer costs two seconds at most, and changes nothing."""
    usual = broken(tmp_path, "current")
    sentry.seconds = 30
    began = time.monotonic()
    ran = broken(tmp_path, "current", METERCTL_SENTRY_DSN=sentry.dsn)
    took = time.monotonic() - began
    assert (ran.code, ran.out) == (usual.code, usual.out)
    assert len(ran.err.splitlines()) == 1
    assert took < 6, "two seconds, and what a start takes on a machine that is busy"


@pytest.mark.parametrize("status", [307, 500])
def test_refusing(tmp_path: Path, sentry: Sentry, status: int) -> None:
    """It is asked once: neither again, nor where it points."""
    with listening() as elsewhere:
        sentry.status, sentry.location = status, f"http://127.0.0.1:{elsewhere.port}/"
        ran = broken(tmp_path, "current", METERCTL_SENTRY_DSN=sentry.dsn)
        assert ran.code == 1
        assert (len(sentry.heads), elsewhere.heads) == (1, [])


def test_nobody_there(tmp_path: Path) -> None:
    """Then the bug is told as ever."""
    ran = broken(tmp_path, "current", METERCTL_SENTRY_DSN=f"http://{PUBLIC_KEY}@127.0.0.1:9/1")
    assert ran.code == 1
    assert ran.err.startswith("meterctl: a bug, not your fault: ZeroDivisionError")
    assert len(ran.err.splitlines()) == 1


def test_without_the_extra(tmp_path: Path, sentry: Sentry) -> None:
    """One warning that says what to install; the command's own result is unchanged."""
    lacking = tmp_path / "hook" / "sentry_sdk"
    lacking.mkdir(parents=True)
    (lacking / "__init__.py").write_text(
        "raise ModuleNotFoundError('no sentry_sdk', name='sentry_sdk')\n"
    )
    ran = broken(tmp_path, "current", METERCTL_SENTRY_DSN=sentry.dsn)
    assert ran.code == 1
    bug, warning = ran.err.splitlines()
    assert "a bug" in bug
    assert "pip install '.[sentry]'" in warning
    assert PUBLIC_KEY not in ran.err


@pytest.mark.parametrize(
    ("dsn", "problem"),
    [
        pytest.param(f"http://{PUBLIC_KEY}@sentry.example/1", "plain http://", id="plain http"),
        pytest.param("https://sentry.example/1", "not a DSN", id="no key"),
        pytest.param(f"https://{PUBLIC_KEY}@sentry.example/", "not a DSN", id="no project"),
        pytest.param(PUBLIC_KEY, "not an http(s) URL", id="no address"),
    ],
)
def test_a_dsn_that_is_none(tmp_path: Path, program: Program, dsn: str, problem: str) -> None:
    """`config check` says so; a bug is told all the same, with one warning, without the key."""
    checked = program("config", "check", METERCTL_SENTRY_DSN=dsn)
    assert checked.code == 78
    assert problem in checked.out
    ran = broken(tmp_path, "current", METERCTL_SENTRY_DSN=dsn)
    assert ran.code == 1
    assert problem in ran.err.splitlines()[-1]
    assert PUBLIC_KEY not in checked.err + checked.out + ran.err


def test_a_bug_of_the_server(tmp_path: Path, sentry: Sentry) -> None:
    """It is told of too, with the part of the server it was in; the server goes on."""
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import meterctl.http.endpoints as module\n"
        "def broken(*_, **__):\n"
        f"    raise ZeroDivisionError({SECRET!r})\n"
        "module._usable = broken\n"
    )
    settings = {"PYTHONPATH": str(hook), "METERCTL_SENTRY_DSN": sentry.dsn}
    import httpx

    with served(tmp_path, **settings) as server:
        answer = httpx.get(f"{server.url}/health")
        assert answer.status_code == 500
        assert httpx.get(f"{server.url}/health").status_code == 500
    deadline = time.monotonic() + 5
    while len(sentry.events) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [one["tags"]["command"] for one in sentry.events] == ["serve", "serve"]
    log = (tmp_path / "data" / "meterctl.log").read_text(encoding="utf-8")
    bugs = [one for one in map(json.loads, log.splitlines()) if one["event"] == "bug"]
    assert [one["kind"] for one in bugs] == ["ZeroDivisionError"] * 2
    assert SECRET not in b"".join(sentry.bodies).decode()
