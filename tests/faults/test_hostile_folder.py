"""Somebody else's folder as the current one, a dot in PATH, a careless umask."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from meterctl.utility.portal import browsers
from tests.conftest import Cli
from tests.helpers import meterctl_environment

SCRIPT = Path(sys.executable).with_name("meterctl")
# Names that the program, its libraries or Python itself import.
LURES = (
    *("meterctl", "typer", "json", "sqlite3", "sitecustomize", "usercustomize", "zoneinfo"),
    *("requests", "httpx", "certifi", "dotenv", "gspread", "playwright", "readline", "runpy"),
)


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder full of modules and programs that are not what they are called."""
    folder = tmp_path / "trap"
    folder.mkdir()
    for name in LURES:
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()\n")
    for name in ("chromium", "google-chrome", "strace", "sh", "journalctl"):
        program = folder / name
        program.write_text(f"#!/bin/sh\n: > '{tmp_path}/sprung'\n")
        program.chmod(0o755)
    return folder


def run(folder: Path, tmp_path: Path, *arguments: str, **more: str) -> str:
    """Run the console script there; what it printed."""
    done = subprocess.run(
        [SCRIPT, *arguments],
        cwd=folder,
        env=meterctl_environment(tmp_path) | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in (0, 75, 76, 78), done
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "command", [("record", "142.3"), ("current",), ("backup", "b"), ("health",), ("config", "show")]
)
def test_modules_in_the_current_folder(
    trap: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """What lies there is not imported."""
    run(trap, tmp_path, "record", "142", "--at", "2026-03-01T06:00:00Z")
    run(trap, tmp_path, *command)
    assert not (tmp_path / "sprung").exists()


def test_the_trap(trap: Path, tmp_path: Path) -> None:
    """It is one: `python -m` begins with what lies there, as of any program; `-P` does not."""
    for option, is_sprung in (("-P", False), ("-B", True)):
        subprocess.run(
            [sys.executable, option, "-m", "meterctl", "--version"],
            cwd=trap,
            env=meterctl_environment(tmp_path),
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (tmp_path / "sprung").exists() is is_sprung


def test_modules_that_are_loaded_late(trap: Path, tmp_path: Path) -> None:
    """Nor by what comes later: libraries that are loaded on the way to Google."""
    run(trap, tmp_path, "record", "142.3", "--at", "2026-03-01T06:00:00Z")
    (tmp_path / "key.json").write_text('{"type": "service_account"}')
    run(trap, tmp_path, "sync", METERCTL_SHEET_ID="1AbC", METERCTL_GOOGLE_CREDENTIALS="../key.json")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("path", [".", "", "./", "trap"])
def test_a_browser_in_the_current_folder(
    trap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A dot in PATH does not let it be found; the one of the system is."""
    monkeypatch.chdir(tmp_path if path == "trap" else trap)
    monkeypatch.setenv("PATH", f"{path}{os.pathsep}/usr/bin")
    found = browsers.find("")
    assert found is not None
    assert Path(found).is_absolute()
    assert not Path(found).is_relative_to(trap)


class TestUmask:
    """Whatever it is, what the program makes for itself is its owner's alone."""

    @pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
    def test_files_of_our_own(self, cli: Cli, tmp_path: Path, mask: int) -> None:
        """The ledger with its locks, the backup, the log, the settings; and their folders."""
        backups = tmp_path / "copies"
        before = os.umask(mask)
        try:
            assert cli("record", "142.3").code == 0
            assert cli("backup", str(backups)).code == 0
            assert cli("current").code == 0
        finally:
            os.umask(before)
        made = [one for root in (tmp_path / "data", backups) for one in (root, *root.rglob("*"))]
        assert len(made) >= 4
        loose = {
            str(one): oct(one.stat().st_mode)
            for one in made
            if stat.S_IMODE(one.stat().st_mode) & 0o077
        }
        assert loose == {}

    def test_an_export_over_a_private_file(self, cli: Cli, tmp_path: Path) -> None:
        """It stays as private as it was; a new one is as the umask has it."""
        cli("record", "142.3")
        path, new = tmp_path / "private.csv", tmp_path / "new.csv"
        path.touch(0o600)
        path.chmod(0o600)
        before = os.umask(0o022)
        try:
            for file in (path, new):
                assert cli("export", "-o", str(file)).code == 0
        finally:
            os.umask(before)
        assert "142.3" in path.read_text()
        assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(new.stat().st_mode)) == (
            0o600,
            0o644,
        )

    def test_an_export_by_root_over_a_users_file(self, cli: Cli, tmp_path: Path) -> None:
        """It stays that user's."""
        cli("record", "142.3")
        path = tmp_path / "theirs.csv"
        path.touch()
        path.chmod(0o640)
        os.chown(path, 4242, 4243)
        assert cli("export", "-o", str(path)).code == 0
        status = path.stat()
        assert "142.3" in path.read_text()
        assert (status.st_uid, status.st_gid) == (4242, 4243)
        assert stat.S_IMODE(status.st_mode) == 0o640
