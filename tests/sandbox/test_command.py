"""`meterctl sandbox` as a process: ready when its file is there, gone without a trace."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from dotenv import dotenv_values

from meterctl.sandbox.run import ENV_FILE, Unquotable, env_lines, sandbox, write_private
from tests.conftest import Cli
from tests.helpers import meterctl_environment
from tests.sandbox.talk import ask

FREE = ("--sheets-port", "0", "--utility-port", "0")
NAMES = (
    "METERCTL_SHEETS_URL",
    "METERCTL_GOOGLE_CREDENTIALS",
    "METERCTL_SHEET_ID",
    "METERCTL_UTILITY_URL",
    "METERCTL_UTILITY_TOKEN",
    "METERCTL_PORTAL_URL",
    "METERCTL_PORTAL_USER",
    "METERCTL_PORTAL_PASSWORD",
)


def port_of(url: str) -> int:
    """The port in an address."""
    port = urlsplit(url).port
    assert port is not None
    return port


def read_by_a_shell(path: Path) -> dict[str, str]:
    """What a shell has after sourcing a file."""
    shown = "; ".join(f'printf "%s\\0" "${name}"' for name in NAMES)
    script = f'set -a; . "$0"; set +a; {shown}'
    done = subprocess.run(
        ["sh", "-euc", script, path], capture_output=True, text=True, check=True, env={}
    )
    assert done.stderr == ""
    return dict(zip(NAMES, done.stdout.split("\0"), strict=False))


def printed_by(process: subprocess.Popen[str]) -> str:
    """What a sandbox prints until it is ready."""
    assert process.stdout is not None
    printed = ""
    while "Ctrl-C" not in printed:
        line = process.stdout.readline()
        assert line, printed  # it has ended
        printed += line
    return printed


class Started:
    """A sandbox that runs as a process of its own."""

    def __init__(
        self, folder: Path, environment: dict[str, str], arguments: tuple[str, ...]
    ) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "meterctl", "sandbox", "--dir", folder, *FREE, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> dict[str, str]:
        """Its settings, once they are there."""
        deadline = time.monotonic() + 20
        while not (self.folder / ENV_FILE).exists():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return read_by_a_shell(self.folder / ENV_FILE)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; the exit code, and what was printed."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


Start = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a sandbox in this folder or another."""
    with ExitStack() as stack:

        def started(*arguments: str, folder: Path = tmp_path / "sandbox") -> Started:
            one = Started(folder, meterctl_environment(tmp_path), arguments)
            stack.callback(one.process.communicate)
            stack.callback(one.process.kill)
            return one

        yield started


class TestReady:
    """What is there when sandbox.env is."""

    def test_the_settings(self, start: Start) -> None:
        """Names that a shell and dotenv read alike; all they name works, readable by us."""
        one = start("--quiet")
        settings = one.ready()
        path = one.folder / ENV_FILE
        assert dotenv_values(path) == settings
        assert tuple(settings) == NAMES
        assert all(settings.values())

        account = Path(settings["METERCTL_GOOGLE_CREDENTIALS"])
        assert account.parent == one.folder
        described = json.loads(account.read_text())
        assert described["type"] == "service_account"
        assert described["token_uri"] == settings["METERCTL_SHEETS_URL"] + "/token"
        portal = one.folder / "portal.toml"
        assert "METERCTL_PORTAL_CONFIG" not in settings  # whoever wants the portal says so
        for file, mode in ((path, 0o600), (portal, 0o600), (account, 0o600), (one.folder, 0o700)):
            assert stat.S_IMODE(file.stat().st_mode) == mode
        assert sorted(one.folder.iterdir()) == [portal, path, account]

        sheets = port_of(settings["METERCTL_SHEETS_URL"])
        sheet = ask(sheets, "GET", f"/v4/spreadsheets/{settings['METERCTL_SHEET_ID']}")
        assert sheet.status in (401, 403)
        utility = urlsplit(settings["METERCTL_UTILITY_URL"])
        answer = ask(
            port_of(settings["METERCTL_UTILITY_URL"]),
            "POST",
            utility.path,
            '{"meter":"M","timestamp":"2026-01-01T00:00Z","value":1.50,"unit":"kWh"}',
            {
                "Authorization": f"Bearer {settings['METERCTL_UTILITY_TOKEN']}",
                "Content-Type": "application/json",
            },
        )
        assert (answer.status, answer.json["receipt"]) == (201, "R-000001")
        assert one.end() == (
            143,
            "",
            "meterctl: stopped; the sandbox is gone, with all that it held\n",
        )

    def test_what_it_prints(self, start: Start) -> None:
        """Where everything is, and how to use it: at once, also into a pipe."""
        one = start()
        settings = one.ready()
        printed = printed_by(one.process)
        assert settings["METERCTL_SHEETS_URL"] in printed
        assert settings["METERCTL_UTILITY_URL"] in printed
        assert f"set -a; . {one.folder / ENV_FILE}; set +a" in printed
        assert settings["METERCTL_UTILITY_TOKEN"] not in printed

    def test_a_folder_that_is_there(self, start: Start, tmp_path: Path) -> None:
        """Its own files are left alone; blanks and quotes in its name do no harm."""
        folder = tmp_path / "it's my & folder #1"
        folder.mkdir()
        (folder / "mine.txt").write_text("mine")
        one = start(folder=folder)
        settings = one.ready()
        assert dotenv_values(folder / ENV_FILE) == settings
        assert Path(settings["METERCTL_GOOGLE_CREDENTIALS"]).is_file()
        assert one.end()[0] == 143
        assert (folder / "mine.txt").read_text() == "mine"

    def test_no_folder(self, tmp_path: Path) -> None:
        """Then it is a temporary one, which is gone afterwards."""
        temporary = tmp_path / "tmp"
        temporary.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", "meterctl", "sandbox", *FREE],
            env=meterctl_environment(tmp_path) | {"TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            printed_by(process)
            (folder,) = temporary.iterdir()
            assert (folder / ENV_FILE).exists()
            process.send_signal(signal.SIGINT)
        assert process.returncode == 130
        assert list(temporary.iterdir()) == []


class TestTheEnd:
    """However it comes."""

    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 143)]
    )
    def test_a_signal(self, start: Start, number: int, code: int) -> None:
        """Soon, although a client holds a connection; sandbox.env is gone."""
        one = start("--quiet")
        port = port_of(one.ready()["METERCTL_UTILITY_URL"])
        with socket.create_connection(("127.0.0.1", port)):
            began = time.monotonic()
            assert one.end(number)[0] == code
            assert time.monotonic() - began < 3
        assert not (one.folder / ENV_FILE).exists()
        with pytest.raises(ConnectionRefusedError):
            ask(port, "GET", "/")

    def test_killed_and_started_again(self, start: Start) -> None:
        """The file that was left behind is gone until the new one is ready; ports are free."""
        one = start()
        first = one.ready()
        one.process.kill()
        one.process.wait()
        assert (one.folder / ENV_FILE).exists()
        again = start(
            *("--sheets-port", str(port_of(first["METERCTL_SHEETS_URL"]))),
            *("--utility-port", str(port_of(first["METERCTL_UTILITY_URL"]))),
        )
        deadline = time.monotonic() + 20
        while (settings := read_by_a_shell_if_there(one.folder / ENV_FILE)) in (first, None):
            assert again.process.poll() is None, again.process.communicate()
            assert time.monotonic() < deadline
        assert settings is not None
        assert settings["METERCTL_SHEETS_URL"] == first["METERCTL_SHEETS_URL"]
        assert settings["METERCTL_UTILITY_TOKEN"] != first["METERCTL_UTILITY_TOKEN"]
        port = port_of(settings["METERCTL_UTILITY_URL"])
        assert ask(port, "GET", "/sandbox/submissions").json == {"submissions": []}


def read_by_a_shell_if_there(path: Path) -> dict[str, str] | None:
    """As `read_by_a_shell`, of a file that may be gone the next instant."""
    try:
        return read_by_a_shell(path)
    except subprocess.CalledProcessError:
        return None


class TestMistakes:
    """One line, an exit code, nothing left behind."""

    @pytest.mark.parametrize("which", ["sheets", "utility"])
    def test_a_port_that_is_taken(self, cli: Cli, tmp_path: Path, which: str) -> None:
        """75, and the option that helps; nothing else is left listening."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            ran = cli("sandbox", "--dir", f"{tmp_path}/s", *FREE, f"--{which}-port", port)
        assert (ran.code, ran.out) == (75, "")
        assert ran.err == (
            f"meterctl: port {port} cannot be had: Address already in use"
            f" (--{which}-port 0 picks a free one)\n"
        )
        assert not (tmp_path / "s" / ENV_FILE).exists()

    def test_a_folder_that_is_in_use(self, start: Start, cli: Cli) -> None:
        """75, and the other one goes on."""
        one = start()
        settings = one.ready()
        ran = cli("sandbox", "--dir", str(one.folder), *FREE)
        assert ran.code == 75
        assert "another sandbox is using" in ran.err
        assert read_by_a_shell(one.folder / ENV_FILE) == settings

    def test_a_folder_that_cannot_be(self, cli: Cli, tmp_path: Path) -> None:
        """74."""
        (tmp_path / "file").write_text("")
        ran = cli("sandbox", "--dir", f"{tmp_path}/file/s", *FREE)
        assert (ran.code, ran.err.count("\n")) == (74, 1)

    def test_a_folder_that_no_env_file_can_name(self, cli: Cli, tmp_path: Path) -> None:
        """2."""
        ran = cli("sandbox", "--dir", f"{tmp_path}/a\\b", *FREE)
        assert (ran.code, "--dir" in ran.err) == (2, True)

    def test_faults_that_are_not_there(self, cli: Cli) -> None:
        """66."""
        ran = cli("sandbox", "--faults", "nowhere.toml", *FREE)
        assert (ran.code, "nowhere.toml" in ran.err) == (66, True)

    def test_faults_that_are_wrong(self, cli: Cli) -> None:
        """65, with the file and the key."""
        Path("f.toml").write_text("[[fault]]\ndo = 'drip'\n")
        ran = cli("sandbox", "--faults", "f.toml", *FREE)
        assert ran.code == 65
        assert ran.err.startswith("meterctl: f.toml: fault 1: seconds: missing")

    @pytest.mark.parametrize("port", ["-1", "65536", "x"])
    def test_no_port(self, cli: Cli, port: str) -> None:
        """2."""
        assert cli("sandbox", "--sheets-port", port).code == 2


class TestFaults:
    """`--faults FILE`."""

    def test_switched_while_it_runs(self, start: Start, tmp_path: Path) -> None:
        """Each server knows its own; a file that has become wrong is told of on stderr."""
        faults = tmp_path / "faults.toml"
        faults.write_text(
            "[[fault]]\nservice = 'utility'\ndo = 'status'\nstatus = 503\ntimes = 0\n"
        )
        one = start("--faults", str(faults), "--quiet")
        settings = one.ready()
        sheets, utility = (
            port_of(settings[name]) for name in ("METERCTL_SHEETS_URL", "METERCTL_UTILITY_URL")
        )
        assert ask(utility, "GET", "/").status == 503
        assert ask(sheets, "GET", "/").status != 503
        faults.write_text("[[fault]]\nservice = 'token'\ndo = 'status'\nstatus = 502\ntimes = 0\n")
        assert ask(utility, "GET", "/").status == 404
        assert ask(sheets, "POST", "/token").status == 502
        faults.write_text("?")
        assert ask(sheets, "POST", "/token").status == 502
        code, out, err = one.end()
        assert (code, out) == (143, "")
        assert err.count("\n") == 2
        assert err.startswith(f"meterctl: {faults}:1:1: no TOML")


class TestTheEnvFile:
    """Lines that all read alike."""

    @pytest.mark.parametrize(
        "text",
        [
            "plain",
            "/a/b c",
            "it's",
            'say "x"',
            "$HOME",
            "a#b",
            " # ",
            "ü",
            "`x`",
            "a;b&c",
            "~",
            "*",
            "a=b",
            "!",
        ],
    )
    def test_a_text(self, text: str) -> None:
        """As it is, for a shell and for dotenv."""
        path = Path("x.env").absolute()
        path.write_text(env_lines(dict.fromkeys(NAMES, text)))
        assert read_by_a_shell(path) == dotenv_values(path) == dict.fromkeys(NAMES, text)

    @pytest.mark.parametrize(
        "text", ["a\\b", "a\nb", "${HOME}", "'\"", "'$", "'`", "\udc80", "\x1b"]
    )
    def test_a_text_that_has_no_such_form(self, text: str) -> None:
        """It is refused."""
        with pytest.raises(Unquotable):
            env_lines({"A": text})

    def test_a_disk_that_is_full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nothing is left behind of a file that could not be written."""
        monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(OSError, match="full"):
            write_private(Path("x"), "y")
        assert list(Path.cwd().iterdir()) == []


def test_two_side_by_side(tmp_path: Path) -> None:
    """In folders of their own they do not know of each other."""
    with ThreadPoolExecutor(2), sandbox(tmp_path / "a") as a, sandbox(tmp_path / "b") as b:
        assert len({a.sheets_url, b.sheets_url, a.utility_url, b.utility_url}) == 4


def test_portal_of_a_second_sandbox(start: Start, tmp_path: Path) -> None:
    """Where nobody named its port, it has another one; a port that was named is meant."""
    ports = ("--quiet", "--sheets-port", "0", "--utility-port", "0")
    both = [start(*ports, folder=tmp_path / name).ready() for name in ("a", "b")]
    urls = [settings["METERCTL_PORTAL_URL"] for settings in both]
    assert len(set(urls)) == 2
    for url in urls:
        with urllib.request.urlopen(url) as page:
            assert b"<title>" in page.read()
    taken = start(*ports, "--portal-port", urls[0].rpartition(":")[2], folder=tmp_path / "c")
    out, err = taken.process.communicate(timeout=20)
    assert (taken.process.returncode, out) == (75, "")
    assert "--portal-port 0 picks a free one" in err
