"""Files of settings that somebody else could have written: real owners, modes, links and pipes.

They name where readings and passwords are sent. So none is read that another user of the machine
has written, can write, or can put in the place of ours: 78, with the file, the owner, what to do.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from meterctl import trusted
from meterctl.config import env_file
from meterctl.errors import ConfigError
from meterctl.http.serving import Place, check_certificate
from meterctl.sheet import credentials
from tests.conftest import Cli
from tests.faults.authority import Authority
from tests.faults.disks import need
from tests.faults.users import run_as
from tests.helpers import Ran
from tests.utility.wild import answer, answering, wild

US, ANOTHER = 4242, 4243
Foreign = Callable[[Path], None]


@pytest.fixture(autouse=True)
def _root() -> None:
    need("capsh")


def _given_away(path: Path) -> None:
    os.chown(path, ANOTHER, ANOTHER)


def _writable_by_all(path: Path) -> None:
    path.chmod(path.stat().st_mode | 0o002)


def _writable_by_a_group(path: Path) -> None:
    os.chown(path, -1, ANOTHER)
    path.chmod(path.stat().st_mode | 0o020)


def _folder(make: Foreign) -> Foreign:
    return lambda path: make(path.parent)


def _upper_folder(make: Foreign) -> Foreign:
    return lambda path: make(path.parent.parent)


def _linked_by_another(path: Path) -> None:
    """In a folder as /tmp, where anyone may leave a link that leads to a file of ours."""
    real = path.rename(path.with_name("real"))
    path.symlink_to(real)
    os.chown(path, ANOTHER, ANOTHER, follow_symlinks=False)
    path.parent.chmod(0o1777)


def _linked_into_a_foreign_folder(path: Path) -> None:
    there = path.parent / "theirs"
    there.mkdir()
    real = path.rename(there / "real")
    path.symlink_to(real)
    os.chown(there, ANOTHER, ANOTHER)


FOREIGN = {
    "another's": _given_away,
    "everybody may write it": _writable_by_all,
    "a group may write it": _writable_by_a_group,
    "in another's folder": _folder(_given_away),
    "in a folder that everybody may write": _folder(_writable_by_all),
    "in a folder that a group may write": _folder(_writable_by_a_group),
    "below another's folder": _upper_folder(_given_away),
    "below a folder that everybody may write": _upper_folder(_writable_by_all),
    "a link that another made": _linked_by_another,
    "a link into another's folder": _linked_into_a_foreign_folder,
}
EACH = [pytest.param(make, id=name) for name, make in FOREIGN.items()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files are: two folders down, so that both can be given away."""
    made = tmp_path / "upper" / "lower"
    made.mkdir(parents=True)
    return made


def refused(ran: Ran, path: Path) -> None:
    """78, in a line that names the file and says what to do."""
    assert (ran.code, ran.out) == (78, ""), ran
    assert str(path) in ran.err
    assert "not trusted" in ran.err
    command = rf"\(chmod 600 {path}\)|\(chmod go-w |name one of your own: METERCTL_"
    assert re.search(command, ran.err)
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("make", EACH)
class TestTheEnvFile:
    """`.env`, wherever it is found."""

    def test_named(
        self, cli: Cli, folder: Path, make: Foreign, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By METERCTL_ENV_FILE. Nothing that it says is used: nobody hears of a reading."""
        path = folder / "settings"
        cli("record", "142.3", "--at", "2026-03-01T06:00:00Z")
        with wild(answering(answer("200 OK", b"{}"))) as theirs:
            path.write_text(
                f"METERCTL_UTILITY_URL={theirs.url}\nMETERCTL_UTILITY_SINCE=2026-01-01\n"
            )
            make(path)
            monkeypatch.setenv("METERCTL_ENV_FILE", str(path))
            refused(cli("push-utility"), path)
        assert theirs.requests == []
        refused(cli("record", "143"), path)

    def test_in_the_current_folder(
        self, cli: Cli, folder: Path, make: Foreign, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As whoever works as root in a user's folder meets it."""
        path = folder / ".env"
        path.write_text("METERCTL_SHEET_TAB=theirs\n")
        monkeypatch.chdir(folder)
        make(path)
        refused(cli("current"), path)

    def test_none_at_all(
        self, cli: Cli, folder: Path, make: Foreign, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """METERCTL_ENV_FILE=/dev/null leaves it unread, as is said where chmod does not help."""
        path = folder / ".env"
        path.write_text("METERCTL_SHEET_TAB=theirs\n")
        monkeypatch.chdir(folder)
        make(path)
        said = cli("current").err
        assert "(chmod 600" in said or "METERCTL_ENV_FILE, /dev/null for none" in said
        monkeypatch.setenv("METERCTL_ENV_FILE", os.devnull)
        ran = cli("config", "show")
        assert ran.code == 0
        assert "theirs" not in ran.out

    def test_written_by_us(self, folder: Path, make: Foreign) -> None:
        """Secrets are not put into it either."""
        path = folder / ".env"
        path.write_text("METERCTL_SHEET_TAB=theirs\n")
        make(path)
        with pytest.raises(ConfigError, match="not trusted"):
            env_file.write(path, {"METERCTL_UTILITY_TOKEN": "secret"})
        assert "secret" not in path.read_text()


@pytest.mark.parametrize("make", EACH)
@pytest.mark.parametrize(
    "named",
    [
        ("METERCTL_UTILITY_CONFIG", "push-utility"),
        ("METERCTL_PORTAL_CONFIG", "push-utility"),
    ],
)
def test_files_that_settings_name(
    cli: Cli,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Foreign,
    named: tuple[str, str],
) -> None:
    """They say where tokens are sent, and passwords typed."""
    setting, command = named
    cli("record", "142.3")
    path = folder / "file.toml"
    path.write_text("{}")
    make(path)
    monkeypatch.setenv(setting, str(path))
    refused(cli(command), path)
    checked = cli("config", "check")
    assert checked.code == 78
    assert f"{setting}: " in checked.out + checked.err
    assert "not trusted" in checked.out + checked.err


@pytest.mark.parametrize("make", EACH)
class TestSecrets:
    """A secret leads nothing elsewhere: used, whoever wrote it; `health` says who reads it."""

    def test_the_key_of_google(self, folder: Path, make: Foreign) -> None:
        """As containers mount it, or another service keeps it."""
        path = folder / "key.json"
        key = {"client_email": "a@b.c", "private_key": "k", "token_uri": "https://a.example"}
        path.write_text(json.dumps({"type": "service_account", **key}))
        make(path)
        assert credentials.read(path)["client_email"] == "a@b.c"

    def test_the_certificate_of_the_server(self, folder: Path, make: Foreign) -> None:
        """As a program that renews certificates keeps it, under a user of its own."""
        Authority(folder).server()
        (path,) = folder.glob("server-*.pem")
        make(path)
        check_certificate(Place("127.0.0.1", 0, path, path))


class TestWhatIsTrusted:
    """Ours, and root's, on a way that is ours and root's alone."""

    @pytest.mark.parametrize("owner", [US, 0], ids=["our own", "root's"])
    def test_by_a_user(self, tmp_path: Path, owner: int) -> None:
        """With its own identity: below /tmp, where everybody may write."""
        path = _of_user(tmp_path)
        os.chown(path, owner, US)
        path.chmod(0o640)
        ran = as_user(tmp_path, path, "config", "show")
        assert ran.code == 0, ran
        assert "mine" in ran.out

    @pytest.mark.parametrize("what", ["the file", "its folder"])
    def test_not_by_a_user(self, tmp_path: Path, what: str) -> None:
        """Another user's is refused, by the owner's name or number."""
        path = _of_user(tmp_path)
        os.chown(path if what == "the file" else path.parent, ANOTHER, US)
        ran = as_user(tmp_path, path, "config", "show")
        refused(ran, path)
        assert f"belongs to another user, {ANOTHER}" in ran.err
        assert (f"sudo chown -h {US} {path}" in ran.err) is (what == "the file")

    def test_a_folder_of_a_group_of_ours(self, folder: Path) -> None:
        """Many systems make a group for each user, and let it write: nobody else is in it."""
        (folder / "real").write_text("text")
        os.chown(folder, 0, 0)
        folder.chmod(0o770)
        assert trusted.read(folder / "real", 10, "X") == b"text"

    def test_a_link_of_our_own(self, folder: Path) -> None:
        """As to a file that is kept elsewhere."""
        (folder / "real").write_text("text")
        (folder / "link").symlink_to("../lower/real")
        assert trusted.read(folder / "link", 10, "X") == b"text"

    def test_a_file_with_a_second_name(self, folder: Path) -> None:
        """It is the same file, by the same owner, whatever it is called."""
        (folder / "real").write_text("text")
        (folder / "again").hardlink_to(folder / "real")
        assert trusted.read(folder / "again", 10, "X") == b"text"

    def test_a_way_up_and_down_again(self, folder: Path) -> None:
        """`..` leads where the kernel says, also behind a link."""
        (folder / "real").write_text("text")
        (folder.parent.parent / "short").symlink_to(folder)
        way = folder.parent.parent / "short" / ".." / "lower" / "real"
        assert trusted.read(way, 10, "X") == b"text"
        _given_away(folder.parent)
        with pytest.raises(ConfigError, match="belongs to another user"):
            trusted.read(way, 10, "X")


class TestWhereNobodyCanTell:
    """What cannot be looked at is not read."""

    def test_a_current_folder_that_is_gone(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A whole path is looked at all the same."""
        (folder / "real").write_text("text")
        gone = folder / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()
        assert trusted.read(folder / "real", 10, "X") == b"text"
        _given_away(folder)
        with pytest.raises(ConfigError, match="belongs to another user"):
            trusted.read(folder / "real", 10, "X")

    def test_a_way_that_is_too_long(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """As deep down as no path from the top leads."""
        monkeypatch.chdir(folder)
        for _ in range(20):
            Path("d" * 250).mkdir()
            os.chdir("d" * 250)
        Path(".env").write_text("text")
        with pytest.raises(OSError, match="name too long"):
            trusted.read(Path(".env"), 10, "X")
        with pytest.raises(ConfigError, match="cannot be looked at"):
            trusted.refuse_foreign(Path(".env"), "X")
        os.chdir(folder)
        shutil.rmtree("d" * 250)


class TestWhatIsNoFile:
    """It is not waited for, and not read without an end."""

    @pytest.mark.parametrize("what", ["a pipe", "a socket", "/dev/zero", "a folder", "in circles"])
    def test_of_another_kind(
        self, cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        """Named, it is refused; in the current folder it is none, and the run goes on."""
        path = folder / ".env"
        with socket.socket(socket.AF_UNIX) as end:
            match what:
                case "a pipe":
                    os.mkfifo(path)
                case "a socket":
                    monkeypatch.chdir(folder)
                    end.bind(".env")
                case "/dev/zero":
                    path.symlink_to("/dev/zero")
                case "a folder":
                    path.mkdir()
                case _:
                    path.symlink_to(path)
            monkeypatch.chdir(folder)
            assert cli("current").code == 0
            monkeypatch.setenv("METERCTL_ENV_FILE", str(path))
            ran = cli("current")
        assert (ran.code, ran.out) == (78, "")
        assert str(path) in ran.err

    def test_a_pipe_that_was_a_file_a_moment_ago(self, folder: Path) -> None:
        """Opened, it still keeps nobody waiting."""
        path = folder / "pipe"
        os.mkfifo(path, 0o600)
        with pytest.raises(ConfigError, match="no plain file"):
            trusted.read(path, 10, "X")

    def test_a_huge_one(self, cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is not read into memory."""
        path = folder / "settings"
        with path.open("wb") as file:
            file.truncate(1 << 36)
        path.chmod(0o600)
        monkeypatch.setenv("METERCTL_ENV_FILE", str(path))
        ran = cli("current")
        assert (ran.code, ran.out) == (78, "")
        assert f"{path} has more than" in ran.err


def test_a_file_that_is_exchanged_while_it_is_read(folder: Path) -> None:
    """What is looked at is what is read: theirs is never taken, however fast it comes and goes."""
    path, ours, theirs = folder / "settings", folder / "ours", folder / "theirs"
    stop = threading.Event()

    def exchange() -> None:
        while not stop.is_set():
            for source, text in ((ours, "ours"), (theirs, "theirs")):
                source.write_text(text)
                if source is theirs:
                    os.chown(source, ANOTHER, ANOTHER)
                source.replace(path)

    path.write_text("ours")
    thread = threading.Thread(target=exchange)
    thread.start()
    said = dict.fromkeys(("ours", "refused"), 0)
    try:
        for _ in range(2_000):
            with suppress(FileNotFoundError):
                try:
                    said[trusted.read(path, 10, "X").decode()] += 1
                except ConfigError:
                    said["refused"] += 1
    finally:
        stop.set()
        thread.join()
    assert min(said.values()) > 0
    assert set(said) <= {"ours", "refused", ""}


def _of_user(tmp_path: Path) -> Path:
    """Settings in a folder of a user's, below a folder as /tmp."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    home = shared / "of-the-user"
    home.mkdir(mode=0o700)
    os.chown(home, US, US)
    path = home / "settings"
    path.write_text("METERCTL_SHEET_TAB=mine\n")
    return path


def as_user(tmp_path: Path, settings: Path, *arguments: str) -> Ran:
    """Run `meterctl` as another user than root, who may read what leads to the interpreter."""
    return run_as(tmp_path, settings, *arguments, user=US)
