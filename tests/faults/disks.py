"""Disks for faults: full, read-only, cut from their power. They need root, and say so."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

# Where mount, losetup and capsh live, often off a user's PATH.
PATH = os.environ["PATH"] + os.pathsep + "/usr/sbin:/sbin"


def need(*commands: str, root: bool = True) -> None:
    """Fail, naming all that this machine lacks: a fault that is skipped is not tested."""
    missing = [command for command in commands if shutil.which(command, path=PATH) is None]
    if root and os.geteuid() != 0:
        missing.append("root (mount, losetup): run the tests as root, or in a container that may")
    if missing:
        pytest.fail(f"this test needs what is not here: {', '.join(missing)}", pytrace=False)


def system(*command: str | Path, may_fail: bool = False) -> str:
    """Run one of the system's tools; what it printed."""
    done = subprocess.run(
        list(map(str, command)),
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode and not may_fail:
        pytest.fail(
            f"{' '.join(map(str, command))}: {done.stderr.strip()}. This test needs to mount disks:"
            " root, a kernel with loop devices, and of a container that it is privileged",
            pytrace=False,
        )
    return done.stdout.strip()


@contextmanager
def small_disk(folder: Path, size: str = "384k") -> Iterator[Path]:
    """A disk in memory, mounted at a new folder."""
    need("mount", "umount")
    folder.mkdir()
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size},mode=0700", "meterctl-test"):
        yield folder


def fill_up(disk: Path, leave: int) -> Path:
    """Leave only so many bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        with suppress(OSError):
            while True:
                file.write(bytes(4096))
        file.truncate(file.tell() - leave)
    return ballast


def remount(folder: Path, *, read_only: bool) -> None:
    """Let a disk be written to, or not."""
    system("mount", "-o", "remount," + ("ro" if read_only else "rw"), folder)


class Disk:
    """An ext4 file system in a file, mounted by a loop device. Copying the file is a power cut."""

    def __init__(self, image: Path) -> None:
        self.image = image

    @classmethod
    def new(cls, image: Path, megabytes: int = 16) -> Disk:
        """A new, empty one."""
        need("mkfs.ext4", "fsck.ext4", "mount", "umount", "losetup")
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        system("mkfs.ext4", "-q", "-F", image)
        return cls(image)

    @contextmanager
    def mounted(self, folder: Path) -> Iterator[Path]:
        """Mounted at a folder."""
        folder.mkdir(exist_ok=True)
        device = system("losetup", "--find", "--show", self.image)
        try:
            # A journal that is committed each second only would flatter a writer that never syncs.
            with _mounted(folder, "-o", "commit=300", device):
                yield folder
        finally:
            system("losetup", "--detach", device, may_fail=True)

    def after_power_cut(self, image: Path) -> Disk:
        """What has reached the disk by now, put right as a system does when it starts."""
        shutil.copyfile(self.image, image)
        # It exits with 1 when it put something right.
        system("fsck.ext4", "-p", image, may_fail=True)
        return Disk(image)


@contextmanager
def _mounted(folder: Path, *arguments: str) -> Iterator[None]:
    system("mount", *arguments, folder)
    try:
        yield
    finally:
        # Whatever a failed test has left open there, the mount goes now or when that is closed.
        system("umount", folder, may_fail=True)
        if folder.is_mount():
            system("umount", "--lazy", folder, may_fail=True)
