"""The worker and its browser, from the outside: started, asked, and ended whatever it does."""

from __future__ import annotations

import fcntl
import os
import pickle
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from meterctl.utility.port import Outcome
from meterctl.utility.portal.orders import Bug, Job, Leaving, Setup, Told

_PREFIX = "meterctl-portal-"
_LOCK = "owner.lock"
_LONGEST_ROOM = 36  # bytes; a socket's name has at most 104
_GOODBYE_SECONDS = 5.0
_ABANDONED_SECONDS = 3_600.0  # after which a folder without a lock is nobody's
_WRITES_TO = ("TMPDIR", "XDG_CONFIG_HOME")  # a browser's profile, its reports of crashes
# Settings of ours, secrets among them; and what would weaken the TLS of the browser or of its
# driver, or have the keys of its connections written down.
_KEPT_FROM_IT = (
    *("METERCTL_", "GOOGLE_"),
    *("CHROMIUM_", "NODE_", "OPENSSL_", "SSLKEYLOGFILE"),
)
_AUTHORITIES = "NODE_EXTRA_CA_CERTS"  # adds whose certificates count, and takes no check away
# Other programs' settings that sound like secrets, and who logs in at a proxy: neither browser nor
# driver takes that from here.
_SECRETIVE = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY", re.IGNORECASE)
_USER = re.compile(r"^([a-z0-9]*://)?[^/]*@", re.IGNORECASE)


def _environment() -> dict[str, str]:
    """What the worker and its browser are told by this process's environment."""
    given = {}
    for name, text in os.environ.items():
        if name != _AUTHORITIES and (name.startswith(_KEPT_FROM_IT) or _SECRETIVE.search(name)):
            continue
        given[name] = _USER.sub(r"\1", text) if name.lower().endswith("_proxy") else text
    return given


class Broken(NamedTuple):
    """No outcome came."""

    had_left: bool  # a reading may have been submitted
    why: str


class Session:
    """One worker, with one browser.

    All that it writes is in a folder of its own, which goes with it. Where nobody was left to take
    it away, the next one does.

    Args:
        setup: What the worker is told.

    Raises:
        OSError: there is no room for its folder, or no process can be started.
    """

    def __init__(self, setup: Setup) -> None:
        sweep()
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_room()))
        self._lock: int | None = None
        try:
            self._lock = os.open(self._folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._process = self._started()
        except BaseException:  # a signal, too
            self._leave()
            raise
        self._told: queue.SimpleQueue[Told | None] = queue.SimpleQueue()
        self._listener = threading.Thread(
            target=_listen, args=(self._process.stdout, self._told), name="portal", daemon=True
        )
        self._listener.start()
        self._say(setup)

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "meterctl.utility.portal.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment() | dict.fromkeys(_WRITES_TO, str(self._folder)),
            start_new_session=True,
        )

    def run(self, job: Job) -> Outcome | Broken:
        """Have something done; afterwards it is over, come what may, within its seconds.

        Raises:
            RuntimeError: the worker is wrong: a bug.
        """
        until = time.monotonic() + job.seconds
        had_left = False
        self._say(job)
        try:
            while isinstance(told := self._told.get(timeout=until - time.monotonic()), Leaving):
                had_left = True
        except (queue.Empty, ValueError):  # ValueError: no time is left to wait
            self.kill()
            rest = self._rest()  # what it told while it was being killed counts
            for told in rest:
                if told is not None and not isinstance(told, (Leaving, Bug)):
                    return told
            had_left = had_left or any(isinstance(told, Leaving) for told in rest)
            return Broken(had_left, f"the portal did not come to an end within {job.seconds:g} s")
        except BaseException:  # a signal, too
            self.kill()
            raise
        if told is None:
            self.kill()
            return Broken(had_left, "the browser has ended by itself")
        if isinstance(told, Bug):
            raise RuntimeError(told.trace)  # noqa: TRY004 (it is this program that is wrong)
        return told

    def _rest(self) -> list[Told | None]:
        """What it had told before its end, and nobody has taken yet."""
        rest: list[Told | None] = []
        with suppress(queue.Empty):
            while True:
                rest.append(self._told.get_nowait())
        return rest

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked for more."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it, and take away what it wrote."""
        if self.is_alive:
            self._say(None)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GOODBYE_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End it at once. A signal may cut this short: called again, it goes on."""
        if self._lock is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        _kill_browsers(self._folder)
        self._listener.join(10)  # its pipe has ended: this is soon
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was to be told it cannot be told any more
                    pipe.close()
        self._leave()

    def _leave(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def _say(self, what: Setup | Job | None) -> None:
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 (it is a pipe)
        with suppress(OSError):  # it has ended, which its silence says
            pickle.dump(what, stdin)
            stdin.flush()


def sweep() -> None:
    """Take away what those left behind that were killed."""
    for folder in _room().glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another's, or it is just being taken away
            if folder.stat().st_uid != os.getuid() or folder.is_symlink():
                continue
            try:
                descriptor = os.open(folder / _LOCK, os.O_RDWR)
            except FileNotFoundError:  # killed before it had one; or it is just beginning
                if time.time() - folder.stat().st_mtime > _ABANDONED_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _kill_browsers(folder)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)


def _room() -> Path:
    """Where the folders are; Chromium does not start where the name of its socket is too long."""
    usual = Path(tempfile.gettempdir())
    return usual if len(os.fsencode(usual)) <= _LONGEST_ROOM else Path("/tmp")  # noqa: S108 (0700)


def _kill_browsers(folder: Path) -> None:
    """End what still runs with its profile in this folder.

    A browser ends by itself when its driver does. This is for one that hangs; where there is no
    /proc to find it in, it stays.
    """
    mark = str(folder).encode()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            if mark in entry.read_bytes():
                os.kill(int(entry.parent.name), signal.SIGKILL)


def _listen(stream: BinaryIO, told: queue.SimpleQueue[Told | None]) -> None:
    with suppress(EOFError, OSError, ValueError, pickle.UnpicklingError):
        while True:
            told.put(pickle.load(stream))  # noqa: S301 (from a process of ours)
    told.put(None)
