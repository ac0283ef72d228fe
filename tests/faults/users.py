"""The program as another user than root, by real ids."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.faults.disks import PATH, need
from tests.helpers import Ran, meterctl_environment

# The way to the interpreter may lead through folders of root alone; a mode does not get lost by it.
READS = "cap_dac_read_search"


def run_as(tmp_path: Path, settings: Path, *arguments: str, user: int, groups: str = "") -> Ran:
    """Run `meterctl` with these settings as a user, in the group of the same number and others."""
    need("capsh")
    done = subprocess.run(
        [
            shutil.which("capsh", path=PATH) or "capsh",
            "--keep=1",
            *([f"--groups={groups}"] if groups else []),
            f"--gid={user}",
            f"--uid={user}",
            f"--inh={READS}",
            f"--addamb={READS}",
            "--",
            "-c",
            'exec "$@"',
            "capsh",
            *(sys.executable, "-m", "meterctl", *arguments),
        ],
        env={**meterctl_environment(tmp_path), "METERCTL_ENV_FILE": str(settings)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
