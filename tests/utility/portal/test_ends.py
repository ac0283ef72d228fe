"""Whatever a page or the machine does: it is over in time, and nothing of the browser is left."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.utility.port import Accepted, Lost, Misconfigured, NotTaken, NotThere, Request
from meterctl.utility.portal.session import sweep
from meterctl.utility.portal.way import Portal
from tests.utility.portal.tiny import (
    FORM,
    OUT,
    Handler,
    Tiny,
    described,
    request,
    tiny_portal,
    way_to,
)

BUSY = "<script>for (;;) {}</script>"
OLD = ("01.10.2026", "100")


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this test's browsers keep all that they write; a short name, as Chromium needs it."""
    with tempfile.TemporaryDirectory(prefix="room-", dir="/tmp") as folder:
        monkeypatch.setattr("tempfile.tempdir", folder)
        yield Path(folder)


@pytest.fixture
def tiny() -> Iterator[Tiny]:
    """The smallest portal, with one old reading in its list: an empty one is waited for."""
    with tiny_portal() as portal:
        portal.rows = [OLD]
        yield portal


@pytest.fixture
def way(tiny: Tiny, tmp_path: Path, room: Path) -> Iterator[Portal]:  # noqa: ARG001 (first)
    """The way to it."""
    portal = way_to(tiny, tmp_path, browser=None)
    yield portal
    portal.close()


def processes(folder: Path) -> list[int]:
    """Those that run with this folder in their command line or environment, but this one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if str(folder).encode() in text and state != "Z" and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def wait_until_none(folder: Path) -> None:
    """Five seconds at most."""
    until = time.monotonic() + 5
    while processes(folder):
        assert time.monotonic() < until, "a browser or its driver is left"
        time.sleep(0.05)


def sent(way: Portal, reading: Request, seconds: float) -> object:
    """What came of it, within its time."""
    begun = time.monotonic()
    (outcome,) = way.submit([reading], seconds)
    assert (
        time.monotonic() - begun < seconds + 3
    )  # to end a browser takes a while on a busy machine
    return outcome


@pytest.mark.fault(28)
def test_a_page_that_keeps_the_browser_busy(tiny: Tiny, way: Portal, room: Path) -> None:
    """Before the click nothing was taken; browser and driver are gone."""
    assert isinstance(way.probe(30), NotThere)  # the browser has started
    tiny.pages["/form"] = OUT + FORM + BUSY
    outcome = sent(way, request(), 3)
    assert isinstance(outcome, NotTaken)
    wait_until_none(room)
    assert list(room.iterdir()) == []
    del tiny.pages["/form"]
    assert isinstance(sent(way, request(), 30), Accepted)


def test_a_page_that_keeps_the_browser_busy_after_the_click(
    tiny: Tiny, way: Portal, room: Path
) -> None:
    """It may have been taken."""
    assert isinstance(way.probe(30), NotThere)  # the browser has started
    tiny.pages["/save"] = lambda handler: handler.show(OUT + BUSY)
    outcome = sent(way, request(), 4.5)
    assert isinstance(outcome, Lost)
    assert len(tiny.posts) == 1
    wait_until_none(room)


def whatever_the_deadline(tiny: Tiny, way: Portal, parts: int) -> None:
    """At any part of the time that it takes: what was posted is never said not to be taken."""
    way.probe(30)
    begun = time.monotonic()
    assert isinstance(sent(way, request(), 30), Accepted)
    whole = time.monotonic() - begun
    for part in range(1, parts + 1):
        tiny.rows = [OLD]
        tiny.posts.clear()
        way.probe(30)  # a browser is there, as before
        outcome = sent(way, request(), max(1.0, whole * part / parts))
        if tiny.posts:
            assert not isinstance(outcome, NotTaken), (part, outcome)
        else:
            assert isinstance(outcome, NotTaken | Lost), (part, outcome)


@pytest.mark.fault(28)
def test_any_deadline(tiny: Tiny, way: Portal) -> None:
    """Two of them."""
    whatever_the_deadline(tiny, way, 2)


@pytest.mark.soak
def test_any_deadline_for_long(tiny: Tiny, way: Portal) -> None:
    """Many of them."""
    whatever_the_deadline(tiny, way, 60)


def test_a_time_that_is_over_before_a_step(tiny: Tiny, tmp_path: Path) -> None:
    """That something was not found by then does not say that the settings are wrong."""
    way = way_to(tiny, tmp_path, described(step=30), browser=None)
    tiny.rows = [("21.11.2026", "140,0")]
    tiny.pages["/form"] = OUT
    try:
        assert isinstance(way.probe(30), NotThere)  # the browser has started
        outcome = sent(way, request(), 3)
    finally:
        way.close()
    assert isinstance(outcome, NotTaken)
    assert not outcome.settings
    assert tiny.posts == []


def test_a_portal_that_never_answers(tiny: Tiny, way: Portal) -> None:
    """It is not waited for longer than a step may take."""
    assert isinstance(way.probe(30), NotThere)
    tiny.pages["/form"] = lambda handler: time.sleep(1.5)  # noqa: ARG005 (silence)
    outcome = sent(way, request(), 30)
    assert isinstance(outcome, NotTaken)
    assert outcome.why.endswith("gave no page within its time")


def test_a_portal_that_never_answers_the_form(tiny: Tiny, way: Portal) -> None:
    """It is in doubt once a step's time is over; its list was looked at, and a picture kept."""
    assert isinstance(way.probe(30), NotThere)
    tiny.pages["/save"] = lambda handler: time.sleep(1.5)  # noqa: ARG005 (silence)
    outcome = sent(way, request(), 30)
    assert isinstance(outcome, Lost)
    assert outcome.why.endswith("; its list does not show the reading")
    assert ".png" in outcome.answer
    assert len(tiny.posts) == 1


@pytest.mark.fault(28)
def test_a_browser_that_is_killed(tiny: Tiny, way: Portal, room: Path) -> None:
    """Before the click nothing was taken; after it that is in doubt; the next one starts anew."""

    def kill(handler: Handler) -> None:
        for number in processes(room):
            command = Path(f"/proc/{number}/cmdline").read_bytes()
            if b"--user-data-dir" in command and b"--type=" not in command:
                os.kill(number, signal.SIGKILL)
        handler.break_off()

    tiny.pages["/form"] = kill
    assert isinstance(sent(way, request(), 30), NotTaken)
    tiny.pages = {"/save": kill}
    assert isinstance(sent(way, request(), 30), Lost)
    tiny.pages = {}
    assert isinstance(sent(way, request("143"), 30), Accepted)


@pytest.mark.fault(28)
def test_a_lock_that_is_held(tiny: Tiny, way: Portal, room: Path, tmp_path: Path) -> None:
    """Neither the browser nor what drives it holds the run's lock beyond the run."""
    path = tmp_path / "ledger.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert isinstance(sent(way, request(), 30), Accepted)
        running = processes(room)
        assert running
        for number in running:
            opened = Path(f"/proc/{number}/fd").iterdir()
            assert path not in [one.readlink() for one in opened]
    with path.open("w") as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert len(tiny.posts) == 1


def test_a_run_and_its_end(
    tiny: Tiny, way: Portal, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No secret is in an environment or a command line, where others can read it.

    At the end all of it ends well, nothing runs on, and nothing stays on the disk.
    """
    monkeypatch.setenv("METERCTL_PORTAL_PASSWORD", "of-the-environment")
    assert isinstance(sent(way, request(), 30), Accepted)
    running = processes(room)
    assert running
    for number in running:
        entry = Path(f"/proc/{number}")
        text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        assert b"of-the-environment" not in text
        assert b"a-pass word" not in text
    session = way._session
    assert session is not None
    way.close()
    assert session._process.returncode == 0
    wait_until_none(room)
    assert list(room.iterdir()) == []
    assert len(tiny.posts) == 1


RUN = """
import sys, tempfile
from pathlib import Path
from tests.utility.portal.tiny import Tiny, request, way_to
tempfile.tempdir = sys.argv[2]
tiny = Tiny()
tiny.url = sys.argv[1]
way_to(tiny, Path(sys.argv[2]), browser=None).submit([request()], 30)
"""


@pytest.mark.fault(28)
def test_a_run_that_is_killed(tiny: Tiny, room: Path) -> None:
    """Browser and driver end within five seconds; the next run takes their folder away."""
    process: list[subprocess.Popen[bytes]] = []

    def kill(handler: Handler) -> None:
        process[0].kill()
        handler.break_off()

    tiny.pages["/form"] = kill
    process.append(
        subprocess.Popen(
            [sys.executable, "-c", RUN, tiny.url, str(room)],
            cwd=Path(__file__).parents[3],
        )
    )
    assert process[0].wait(30) == -signal.SIGKILL
    assert tiny.posts == []
    wait_until_none(room)
    assert [one.name for one in room.iterdir()] != []
    sweep()
    assert [one for one in room.iterdir() if one.name.startswith("meterctl-portal-")] == []


def test_folders_without_a_lock(room: Path) -> None:
    """One that is hours old is nobody's; one that is new may be another run's, just beginning."""
    old, new = room / "meterctl-portal-old", room / "meterctl-portal-new"
    for folder in (old, new):
        folder.mkdir()
    two_hours_ago = time.time() - 7_200
    os.utime(old, (two_hours_ago, two_hours_ago))
    sweep()
    assert list(room.iterdir()) == [new]


def test_a_machine_on_which_nothing_can_be_started(
    way: Portal, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was taken, and the other way may be gone; nothing stays on the disk."""
    with monkeypatch.context() as patched:
        patched.setattr("tempfile.tempdir", str(room / "no"))
        no_room = sent(way, request(), 30)
    with monkeypatch.context() as patched:
        patched.setattr("sys.executable", str(room / "no-python"))
        no_process = sent(way, request(), 30)
    for outcome in (no_room, no_process):
        assert isinstance(outcome, NotTaken)
        assert outcome.why == "the browser cannot be started: No such file or directory"
        assert outcome.unreached
    assert list(room.iterdir()) == []


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 1", "is no browser that runs here"),
        ("echo '[1:1:FATAL] No usable sandbox!' >&2; exit 1", "sandbox is not allowed on this"),
    ],
)
def test_a_browser_that_does_not_run(tiny: Tiny, tmp_path: Path, script: str, why: str) -> None:
    """A setting is wrong: no later run would fare better."""
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\n{script}\n")
    browser.chmod(0o700)
    way = way_to(tiny, tmp_path, f'browser = "{browser}"\n' + described(), browser=None)
    try:
        outcome = sent(way, request(), 30)
    finally:
        way.close()
    assert isinstance(outcome, Misconfigured)
    assert why in outcome.why


def test_a_run_that_is_stopped(tiny: Tiny, way: Portal, room: Path) -> None:
    """A signal ends the wait, and the browser with it."""

    class Stopped(Exception):
        """What the signal's handler raises."""

    def stop(number: int, frame: object) -> None:  # noqa: ARG001 (a handler's)
        raise Stopped

    signal.signal(signal.SIGTERM, stop)

    def interrupt(handler: Handler) -> None:
        if tiny.asked.count("/form") == 1:  # the browser asks again for a page that does not come
            os.kill(os.getpid(), signal.SIGTERM)
        handler.break_off()

    tiny.pages["/form"] = interrupt
    with pytest.raises(Stopped):
        way.submit([request()], 30)
    wait_until_none(room)
