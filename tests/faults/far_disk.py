"""A disk that another machine keeps, as far as the kernel knows: a real mount, of type fuse.sshfs.

Behind it is no network, but a thread that knows as much of FUSE as an empty folder needs
(https://docs.kernel.org/filesystems/fuse.html; the numbers are linux/fuse.h's).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

import pytest

from tests.faults.disks import need, system


class _Code(IntEnum):
    LOOKUP = 1
    FORGET = 2
    GETATTR = 3
    MKNOD = 8
    MKDIR = 9
    STATFS = 17
    INIT = 26
    OPENDIR = 27
    READDIR = 28
    RELEASEDIR = 29
    ACCESS = 34
    CREATE = 35
    BATCH_FORGET = 42


_SILENT = (_Code.FORGET, _Code.BATCH_FORGET)  # they want no answer
_HEAD = struct.Struct("<IIQQIIII")
_ANSWER = struct.Struct("<IiQ")
_NOSUID_NODEV = 2 | 4


class FarDisk:
    """An empty folder of another machine; it counts who wanted to make something in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.attempts = 0
        self._device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)

    def mount(self) -> None:
        """Let the kernel mount it, and answer what it asks."""
        libc = ctypes.CDLL(None, use_errno=True)
        options = f"fd={self._device},rootmode=40700,user_id=0,group_id=0,allow_other"
        target = str(self.folder).encode()
        kind = b"fuse.sshfs"
        if libc.mount(b"me@there:", target, kind, _NOSUID_NODEV, options.encode()):
            why = os.strerror(ctypes.get_errno())
            pytest.fail(f"this test needs to mount by FUSE: {why}", pytrace=False)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                request = os.read(self._device, 1 << 18)
                _, code, unique, *_ = _HEAD.unpack_from(request)
                if code not in _SILENT:
                    error, body = self._answer(code)
                    os.write(
                        self._device, _ANSWER.pack(_ANSWER.size + len(body), -error, unique) + body
                    )
            except OSError as gone:
                if gone.errno in (errno.ENODEV, errno.EBADF):  # unmounted
                    return

    def _answer(self, code: int) -> tuple[int, bytes]:
        """An error's number, and the body."""
        match code:
            case _Code.INIT:
                return 0, struct.pack("<IIIIHHIIHH", 7, 31, 4096, 0, 4, 4, 4096, 1, 1, 0) + bytes(
                    32
                )
            case _Code.GETATTR:
                mode = stat.S_IFDIR | 0o700
                # inode, size, blocks, three times, their fractions, mode, links, owner, group
                numbers = (1, 0, 0, 0, 0, 0, 0, 0, 0, mode, 2, 0, 0, 0, 4096, 0)
                attributes = struct.pack("<6Q10I", *numbers)
                return 0, struct.pack("<QII", 1, 0, 0) + attributes
            case _Code.STATFS:
                counts = (1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20)
                return 0, struct.pack("<QQQQQIIII", *counts, 4096, 255, 4096, 0) + bytes(24)
            case _Code.OPENDIR:
                return 0, struct.pack("<QII", 1, 0, 0)
            case _Code.READDIR | _Code.RELEASEDIR | _Code.ACCESS:
                return 0, b""
            case _Code.LOOKUP:
                return errno.ENOENT, b""
            case _Code.MKNOD | _Code.MKDIR | _Code.CREATE:
                self.attempts += 1
                return errno.EACCES, b""
            case _:
                return errno.ENOSYS, b""

    def close(self) -> None:
        """Unmount it."""
        system("umount", "--lazy", self.folder, may_fail=True)
        os.close(self._device)


@contextmanager
def far_disk(folder: Path) -> Iterator[FarDisk]:
    """One, mounted at a new folder."""
    need("umount")
    if not Path("/dev/fuse").exists():
        pytest.fail("this test needs what is not here: /dev/fuse (modprobe fuse)", pytrace=False)
    folder.mkdir(mode=0o700)
    disk = FarDisk(folder)
    try:
        disk.mount()
        yield disk
    finally:
        disk.close()
