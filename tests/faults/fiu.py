"""The program under libfiu: calls to the disk fail at random."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence

from tests.faults.disks import need
from tests.helpers import Ran

# What SQLite, the locks and the backups work by. Not what Python reads its own modules by.
POINTS = (
    "posix/io/sync/fdatasync",
    "posix/io/sync/fsync",
    "posix/io/rw/pwrite",
    "posix/io/rw/pwrite/reduce",  # a short write
    "posix/io/rw/pread",
    "posix/io/rw/ftruncate",
    "posix/io/dir/rename",
    "posix/io/dir/unlink",
)


def failing_at_random(
    points: Sequence[str],
    probability: float,
    arguments: Sequence[str],
    environment: Mapping[str, str],
) -> Ran:
    """Run `meterctl`; each call at these points fails with this probability."""
    need("fiu-run", root=False)
    rules = [f"enable_random name={point},probability={probability}" for point in points]
    options = [word for rule in rules for word in ("-c", rule)]
    done = subprocess.run(
        # The interpreter itself: fiu-run preloads into whatever it starts, a shim among it.
        ["fiu-run", "-x", *options, sys.executable, "-m", "meterctl", *arguments],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
