"""Settings where users are not what they are elsewhere: groups, root, containers, networks.

Nothing is refused there that nobody else can have written: each with real owners, groups, mounts.
"""

from __future__ import annotations

import os
import shlex
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import meterctl
from meterctl import trusted
from meterctl.config import env_file
from meterctl.errors import ConfigError
from tests.faults.disks import PATH, need
from tests.faults.users import READS
from tests.helpers import Ran, meterctl_environment, run_program

US, ANOTHER, GROUP = 4242, 4243, 4244
ALICE = f"alice:x:{US}:{GROUP}::{{home}}:/bin/sh"
EVE = f"eve:x:{ANOTHER}:{{group}}::/nonexistent:/bin/sh"
ALICES = f"alice:x:{GROUP}:"


@pytest.fixture(autouse=True)
def _root() -> None:
    need("capsh", "unshare", "mount")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A user's, in a folder of the user's, below one as /tmp; all as umask 002 makes it."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    path = shared / "of-alice" / "settings"
    path.parent.mkdir()
    path.write_text("METERCTL_SHEET_TAB=mine\n")
    for one, mode in ((path.parent, 0o775), (path, 0o664)):
        os.chown(one, US, GROUP)
        one.chmod(mode)
    return path


def as_user(
    tmp_path: Path, path: Path, *before: str, command: str = "config show", **environment: str
) -> Ran:
    """Show the settings of a file as a user, with mounts of its own that were made before."""
    user = f"capsh --keep=1 --gid={GROUP} --uid={US} --inh={READS} --addamb={READS} -- -c"
    shown = shlex.join([sys.executable, "-m", "meterctl", *command.split()])
    done = subprocess.run(
        [
            *("unshare", "--mount", "sh", "-ec"),
            "\n".join([*before, f"exec {user} {shlex.quote(f'exec {shown}')}"]),
        ],
        env={
            **meterctl_environment(tmp_path),
            "PATH": PATH,
            "METERCTL_ENV_FILE": str(path),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def known(tmp_path: Path, users: list[str], groups: list[str], home: Path | None = None) -> str:
    """The command by which a machine has these users and groups besides root."""
    for name, lines in (("passwd", ["root:x:0:0::/root:/bin/sh", *users]), ("group", groups)):
        text = "\n".join([*lines, ""]).format(home=home or "/nonexistent", group=GROUP)
        (tmp_path / name).write_text(text)
    files = ((tmp_path / name, f"/etc/{name}") for name in ("passwd", "group"))
    return "\n".join(f"mount --bind {shlex.quote(str(one))} {there}" for one, there in files)


class TestGroups:
    """Debian and Fedora make one for each user, and let it write."""

    @pytest.mark.parametrize(
        ("users", "groups"),
        [
            pytest.param([ALICE], [ALICES], id="alone in it"),
            pytest.param([ALICE], [ALICES + "alice,root"], id="root as well"),
            pytest.param([], [], id="a container, where nobody has a name"),
        ],
    )
    def test_one_with_nobody_else_in_it(
        self, tmp_path: Path, settings: Path, users: list[str], groups: list[str]
    ) -> None:
        """What it may write only its owner may."""
        ran = as_user(tmp_path, settings, known(tmp_path, users, groups), HOME="/")
        assert ran.code == 0, ran
        assert "mine" in ran.out

    @pytest.mark.parametrize(
        ("users", "groups"),
        [
            pytest.param([ALICE, EVE], [ALICES], id="another's first one"),
            pytest.param(
                [ALICE, EVE.replace("{group}", "100")], [ALICES + "eve"], id="another is named"
            ),
            pytest.param([ALICE], [ALICES + "who"], id="one whom nobody knows"),
            pytest.param([], ["staff:x:4244:"], id="nobody knows who is in it"),
            pytest.param(
                [ALICE.replace(str(GROUP), "100")], [], id="it has no name, but users have"
            ),
        ],
    )
    @pytest.mark.parametrize("what", ["the file", "its folder"])
    def test_one_with_others_in_it(
        self, tmp_path: Path, settings: Path, users: list[str], groups: list[str], what: str
    ) -> None:
        """They could write it: it is said how to keep them from it."""
        (settings.parent if what == "the file" else settings).chmod(0o700)
        ran = as_user(tmp_path, settings, known(tmp_path, users, groups))
        assert (ran.code, ran.out) == (78, "")
        chmod = f"600 {settings}" if what == "the file" else f"go-w {settings.parent}"
        assert f"(chmod {chmod}" in ran.err

    def test_a_list_of_more_users(self, tmp_path: Path, settings: Path) -> None:
        """The mode of the group is then that of others, too."""
        everyone = 0xFFFFFFFF
        entries = [(1, 6, everyone), (2, 6, ANOTHER), (4, 6, everyone), (16, 6, everyone)]
        entries.append((32, 4, everyone))
        packed = b"".join(struct.pack("<HHI", *one) for one in entries)
        os.setxattr(settings, "system.posix_acl_access", struct.pack("<I", 2) + packed)
        assert settings.stat().st_mode & 0o777 == 0o664
        ran = as_user(tmp_path, settings, known(tmp_path, [ALICE], [ALICES]))
        assert (ran.code, ran.out) == (78, "")
        assert f"{settings} can be written by others" in ran.err


class TestRoot:
    """It is asked to do as a user would."""

    @pytest.fixture
    def theirs(self, settings: Path) -> Path:
        """A user's: of a group without a name, so not for it to write."""
        settings.chmod(0o640)
        settings.parent.chmod(0o755)
        return settings

    def test_by_sudo(self, tmp_path: Path, theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever called it may be root: what they wrote is read, and stays theirs."""
        for caller, code in ((str(US), 0), (str(ANOTHER), 78), ("", 78), ("x", 78)):
            ran = run_program(
                ["config", "show"],
                {
                    **meterctl_environment(tmp_path),
                    "METERCTL_ENV_FILE": str(theirs),
                    "SUDO_UID": caller,
                },
            )
            assert ran.code == code, ran
        monkeypatch.setenv("SUDO_UID", str(US))
        new = theirs.with_name("new")
        for path in (theirs, new):
            env_file.write(path, {"METERCTL_SHEET_TAB": "again"})
            status = path.stat()
            assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (US, GROUP, 0o600)

    def test_sudo_to_another_user(self, tmp_path: Path, theirs: Path) -> None:
        """That one has no more than it has."""
        os.chown(theirs, ANOTHER, GROUP)
        ran = as_user(tmp_path, theirs, SUDO_UID=str(ANOTHER))
        assert (ran.code, ran.out) == (78, "")
        assert f"sudo chown -h {US} {theirs}" in ran.err

    def test_without(self, theirs: Path) -> None:
        """It is told as whom to run."""
        with pytest.raises(ConfigError, match="belongs to another user") as raised:
            trusted.read(theirs, 100, "X")
        assert f"sudo -u '#{US}' meterctl" in raised.value.hint

    def test_in_a_users_checkout(self, tmp_path: Path) -> None:
        """Whose program it runs, that user's settings it may read as well."""
        clone = tmp_path / "clone"
        shutil.copytree(
            Path(meterctl.__file__).parent,
            clone / "meterctl",
            ignore=shutil.ignore_patterns("__pycache__", "*.csv"),
        )
        path = clone / ".env"
        path.write_text("METERCTL_SHEET_TAB=mine\n")
        for one in (clone, path, *clone.rglob("*")):
            os.chown(one, US, GROUP)
        done = subprocess.run(
            [sys.executable, "-m", "meterctl", "config", "show"],
            cwd=clone,
            env=meterctl_environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done
        assert "mine" in done.stdout


class TestContainers:
    """Files come from outside, where other users have the numbers."""

    def test_a_file_that_is_mounted(self, tmp_path: Path, settings: Path) -> None:
        """As by Docker: whoever's it is outside, who placed it here has chosen it."""
        there = tmp_path / "there"
        there.touch()
        os.chown(settings, ANOTHER, ANOTHER)
        mount = f"mount --bind {settings} {there}"
        ran = as_user(tmp_path, there, mount)
        assert ran.code == 0, ran
        assert "mine" in ran.out
        assert as_user(tmp_path, settings, mount).code == 78
        settings.chmod(0o666)
        assert as_user(tmp_path, there, mount).code == 78

    @pytest.mark.parametrize(
        ("mode", "how", "code"),
        [
            pytest.param("777", "ro", 0, id="a ConfigMap"),
            pytest.param("2777", "ro", 0, id="a ConfigMap with a group for files"),
            pytest.param("1777", "rw", 0, id="a Secret"),
            pytest.param("777", "rw", 78, id="a folder that everybody may write"),
        ],
    )
    def test_kubernetes(self, tmp_path: Path, mode: str, how: str, code: int) -> None:
        """Links in a folder that everybody could write, were it not mounted read-only."""
        there = tmp_path / "mounted"
        there.mkdir()
        ran = as_user(
            tmp_path,
            there / "env",
            f"mount -t tmpfs none {there}; chmod {mode} {there}; cd {there}; mkdir ..2026",
            "echo METERCTL_SHEET_TAB=mine > ..2026/env; chmod 444 ..2026/env",
            "ln -s ..2026 ..data; ln -s ..data/env env; cd /",
            f"mount -o remount,{how} {there}",
            HOME="/",
        )
        assert ran.code == code, ran
        assert ("mine" in ran.out) is (code == 0)

    @pytest.mark.parametrize("mode", [0o444, 0o440, 0o400])
    def test_a_secret_of_docker_or_systemd(self, tmp_path: Path, mode: int) -> None:
        """Root's, and for us to read."""
        folder = tmp_path / "secrets"
        folder.mkdir(mode=0o755)
        path = folder / "env"
        path.write_text("METERCTL_SHEET_TAB=mine\n")
        os.chown(path, 0, GROUP)
        path.chmod(mode)
        assert as_user(tmp_path, path, HOME="/").code == 0

    def test_users_who_are_not_inside(self, tmp_path: Path, settings: Path) -> None:
        """What is theirs shows as nobody's; nobody inside can be one of them."""
        settings.chmod(0o644)
        settings.parent.chmod(0o755)
        inside = "unshare --user --map-root-user"
        for user, code in (("", 78), (inside, 0)):
            done = subprocess.run(
                [*user.split(), sys.executable, "-m", "meterctl", "config", "show"],
                env={**meterctl_environment(tmp_path), "METERCTL_ENV_FILE": str(settings)},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert done.returncode == code, done


class TestHomes:
    """Who can change our home has everything of ours."""

    def test_none(self, tmp_path: Path, settings: Path) -> None:
        """Neither a name nor HOME: it is said what has to be set."""
        ran = as_user(tmp_path, settings, "unset HOME METERCTL_LEDGER", command="record 5")
        assert (ran.code, ran.out) == (78, "")
        assert "set METERCTL_LEDGER" in ran.err

    @pytest.mark.parametrize("way", ["as it is", "by a link"])
    def test_on_a_networks_disk(self, tmp_path: Path, settings: Path, way: str) -> None:
        """Its server says that all is somebody else's."""
        home, upper = settings.parent, settings.parent.parent
        for one in (settings, home, upper):
            os.chown(one, ANOTHER, ANOTHER)
        for one in (settings, home):
            one.chmod(one.stat().st_mode & 0o755)
        upper.chmod(0o755)
        link = tmp_path / "link"
        link.symlink_to(home)
        users = known(tmp_path, [ALICE], [ALICES], link if way == "by a link" else home)
        ran = as_user(tmp_path, settings, users)
        assert ran.code == 0, ran
        assert as_user(tmp_path, settings).code == 78
