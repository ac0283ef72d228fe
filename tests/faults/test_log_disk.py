"""The log cannot be written: no reading is the worse for it (fault 5)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.faults.disks import fill_up, small_disk
from tests.faults.test_permissions import unprivileged
from tests.helpers import meterctl_environment, run_program
from tests.http.served import service_environment, started
from tests.ledger.files import fill, held


def nothing_lost(tmp_path: Path, ledger: Path, log: str, why: str) -> None:
    """With this log, `record` stores and ends with 0, and one warning says why; so does a job."""
    settings = meterctl_environment(tmp_path) | {"METERCTL_LOG": log}
    ran = run_program(["record", "7", "--at", "2026-03-02T06:00:00Z"], settings)
    assert ran.code == 0, ran
    assert "meter@2026-03-02T06:00:00Z" in ran.out
    (warning,) = ran.err.splitlines()
    assert warning.startswith("meterctl: ")
    assert why in warning
    assert held(ledger) == [7]
    job = run_program(["backup", "--quiet", str(tmp_path / "b")], settings)
    assert (job.code, len(job.err.splitlines())) == (0, 1)


@pytest.mark.fault(5)
def test_a_full_disk(tmp_path: Path, ledger_path: Path) -> None:
    """P1: the reading is stored, the code is 0, one line says that the log is not kept."""
    with small_disk(tmp_path / "logs") as disk:
        (disk / "m.log").write_bytes(b"")
        fill_up(disk, 0)
        nothing_lost(tmp_path, ledger_path, str(disk / "m.log"), "No space left on device")
        assert (disk / "m.log").stat().st_size == 0


@pytest.mark.fault(5)
def test_a_disk_that_is_full_in_the_middle_of_a_line(tmp_path: Path, ledger_path: Path) -> None:
    """What fits of it stands there; once there is room, the next line is one of its own."""
    with small_disk(tmp_path / "logs") as disk:
        log = disk / "m.log"
        ballast = fill_up(disk, 0)
        settings = meterctl_environment(tmp_path) | {"METERCTL_LOG": str(log)}
        assert run_program(["record", "7", "--at", "2026-03-02T06:00:00Z"], settings).code == 0
        with ballast.open("r+b") as file:
            file.truncate(max(ballast.stat().st_size - 4_096, 0))
        log.write_bytes(b'{"time": "' + b"x" * 4_000)  # a page, nearly full
        fill_up(disk, 0)
        ran = run_program(["record", "8", "--at", "2026-03-03T06:00:00Z"], settings)
        assert (ran.code, len(ran.err.splitlines())) == (0, 1)
        ballast.unlink()
        for extra in disk.iterdir():
            if extra != log:
                extra.unlink()
        assert run_program(["record", "9", "--at", "2026-03-04T06:00:00Z"], settings).err == ""
        assert log.read_bytes().splitlines()[-1].startswith(b'{"time": "2')
        assert len(held(ledger_path)) == 3


def a_folder(place: Path) -> None:
    """Stands there."""
    place.mkdir()


def a_pipe(place: Path) -> None:
    """That nobody reads: who opens it to write waits for ever."""
    os.mkfifo(place)


def a_link(place: Path) -> None:
    """To somewhere else."""
    place.symlink_to(place.with_name("elsewhere"))


def a_loop(place: Path) -> None:
    """A link to itself."""
    place.symlink_to(place)


def a_socket(place: Path) -> None:
    """Of some server's."""
    import socket

    before = Path.cwd()
    os.chdir(place.parent)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(place.name)
    os.chdir(before)


def a_letter(place: Path) -> None:
    """A file of a person's."""
    place.write_text("Dear diary\n")


@pytest.mark.fault(5)
@pytest.mark.parametrize(
    ("put", "why"),
    [
        pytest.param(a_folder, "it is a folder", id="a folder"),
        pytest.param(a_pipe, "it is no ordinary file", id="a pipe"),
        pytest.param(a_socket, "it is no ordinary file", id="a socket"),
        pytest.param(a_link, "it is a symbolic link", id="a link"),
        pytest.param(a_loop, "it is a symbolic link", id="a link to itself"),
        pytest.param(a_letter, "it is no log of meterctl's", id="another file"),
    ],
)
def test_something_else_in_its_place(
    tmp_path: Path, ledger_path: Path, put: Callable[[Path], None], why: str
) -> None:
    """It is left as it is, nobody waits, the reading is stored."""
    place = tmp_path / "m.log"
    put(place)
    before = place.lstat()
    nothing_lost(tmp_path, ledger_path, str(place), why)
    after = place.lstat()
    assert (before.st_mode, before.st_size) == (after.st_mode, after.st_size)
    assert not place.with_name("elsewhere").exists()


@pytest.mark.parametrize("place", ["/dev/full", "/dev/null", "/dev/stdout", "/proc/version"])
def test_a_device(tmp_path: Path, ledger_path: Path, place: str) -> None:
    """It is no file: `off` and `stderr` are words for what was meant."""
    settings = meterctl_environment(tmp_path) | {"METERCTL_LOG": place}
    ran = run_program(["record", "7"], settings)
    assert ran.code == 0
    assert len(ran.err.splitlines()) == 1
    assert len(held(ledger_path)) == 1


@pytest.mark.parametrize("end", ["", "-wal", "-shm", ".lock"])
def test_the_ledger_itself(tmp_path: Path, ledger_path: Path, end: str) -> None:
    """A slip in the setting: not a byte of it goes there, by whatever name it is called."""
    fill(ledger_path)
    place = ledger_path.with_name(ledger_path.name + end)
    other = tmp_path / "m.log"
    if place.exists():
        os.link(place, other)
    for name in (place, other):
        settings = meterctl_environment(tmp_path) | {"METERCTL_LOG": str(name)}
        ran = run_program(["record", "7", "--yes"], settings)
        assert ran.code == 0, ran
        assert run_program(["health"], meterctl_environment(tmp_path)).code in (0, 3)
    assert b'"run.begun"' not in b"".join(
        path.read_bytes() for path in ledger_path.parent.iterdir() if path.name != "meterctl.log"
    )


def test_a_folder_that_is_not_there(tmp_path: Path, ledger_path: Path) -> None:
    """It is not made: somebody's disk may just not be mounted."""
    nothing_lost(tmp_path, ledger_path, str(tmp_path / "gone" / "m.log"), "No such file")
    assert not (tmp_path / "gone").exists()


@pytest.mark.fault(5)
def test_a_file_that_is_closed_to_us(tmp_path: Path, ledger_path: Path) -> None:
    """Another user's log is not ours to write."""
    fill(ledger_path)
    log = ledger_path.with_name("meterctl.log")
    log.touch()
    log.chmod(0)
    ran = unprivileged(tmp_path, "backup", "--quiet", str(tmp_path / "b"))
    assert ran.code == 0
    assert "Permission denied" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_files_may_not_grow(tmp_path: Path, ledger_path: Path) -> None:
    """A limit of the shell's ends no run by a signal."""
    fill(ledger_path)
    log = tmp_path / "m.log"
    log.write_bytes(b'{"time": "' + b"x" * 600_000 + b"\n")
    command = f"ulimit -f 512; exec {sys.executable} -m meterctl current"  # of 1,024 bytes each
    done = subprocess.run(
        ["bash", "-c", command],
        env=meterctl_environment(tmp_path) | {"METERCTL_LOG": str(log)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done
    assert "File too large" in done.stderr


@pytest.mark.parametrize("where", ["stderr", "journal"])
def test_a_stderr_that_nobody_reads(tmp_path: Path, ledger_path: Path, where: str) -> None:
    """A full pipe is not waited for: what does not fit is dropped, the run ends as it would."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    while True:
        try:
            os.write(writing, b"x" * 4_096)
        except BlockingIOError:
            break
    os.set_blocking(writing, True)
    process = subprocess.Popen(
        [sys.executable, "-m", "meterctl", "current"],
        env=meterctl_environment(tmp_path) | {"METERCTL_LOG": where},
        stdout=subprocess.DEVNULL,
        stderr=writing,
    )
    deadline = time.monotonic() + 20
    try:
        # Its one line of warning goes to the same pipe, and does wait for whoever may read it.
        while process.poll() is None and time.monotonic() < deadline and not _waits(process.pid):
            time.sleep(0.02)
        os.set_blocking(reading, False)
        os.read(reading, 65_536)
        assert process.wait(10) == 0
    finally:
        process.kill()
        os.close(reading)
        os.close(writing)
    assert not ledger_path.exists()


def _waits(pid: int) -> bool:
    """Whether a process waits for a pipe."""
    return "pipe" in Path(f"/proc/{pid}/wchan").read_text()


def test_a_stderr_that_is_closed(tmp_path: Path, ledger_path: Path) -> None:
    """Then nobody is told, and nothing else changes."""
    command = f"exec {sys.executable} -m meterctl -vvv record 7 2>&-"
    for setting in ("stderr", "journal", "off", str(tmp_path / "m.log")):
        environment = meterctl_environment(tmp_path) | {"METERCTL_LOG": setting}
        done = subprocess.run(["sh", "-c", command], env=environment, check=False)
        assert done.returncode == 0
    assert len(held(ledger_path)) == 4


def test_a_server_says_it_at_once(tmp_path: Path) -> None:
    """It serves all the same; who looks after it need not wait for its end to hear of that."""
    log = str(tmp_path / "gone" / "m.log")
    environment = service_environment(tmp_path) | {"METERCTL_LOG": log}
    with started(environment, "--port", "0") as server:
        (line,) = server.said().splitlines()
        assert "No such file" in line
        server.process.terminate()
        assert server.ended() == 0
        assert server.said().splitlines() == [line]


def test_killed_while_it_writes(tmp_path: Path, program: Program) -> None:
    """Of a run that is killed, what it had told stands there in whole lines."""
    fill(tmp_path / "data" / "ledger.db")
    log = tmp_path / "m.log"
    settings = meterctl_environment(tmp_path) | {"METERCTL_LOG": str(log)}
    process = subprocess.Popen(
        [sys.executable, "-m", "meterctl", "current", "--watch"],
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while not (log.exists() and log.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert log.read_bytes().endswith(b"\n")
    assert program("current", METERCTL_LOG=str(log)).err == ""
