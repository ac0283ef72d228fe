"""A file that people name for an output: there as a whole, or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from meterctl.cli import out


def write(path: Path, parts: Iterable[bytes]) -> None:
    """Write it; it appears under its name when it is on disk. A device gets what comes at once.

    Raises:
        OutputFailed: it could not be written.
    """
    path = path.resolve()  # a link stays one
    if path.exists() and not path.is_file():
        with out.to_file(str(path)), path.open("wb") as device:
            device.writelines(parts)
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with out.to_file(str(path)), partial.open("xb") as file:
            if path.exists():  # who may read the one before may read this one, and nobody else
                before = path.stat()
                with suppress(PermissionError):  # only root gives files away
                    os.chown(partial, before.st_uid, before.st_gid)
                partial.chmod(stat.S_IMODE(before.st_mode))
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
