"""The program with a clock that a test sets while it runs: `python jumping.py FILE ARGUMENT...`.

The file says by how many seconds it is off from now on. Only the time of day jumps, as when someone
sets a clock. (libfaketime, which sets one from the start on, breaks sleeps here.)
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import time_machine

from meterctl.cli.run import run


def jump(file: Path, traveller: time_machine.Traveller) -> None:
    """Set it, once the file says by how much."""
    while not file.exists():
        time.sleep(0.01)
    traveller.shift(float(file.read_text()))


def main() -> int:
    """Run, with the file watched."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        watch = threading.Thread(target=jump, args=(Path(sys.argv[1]), traveller), daemon=True)
        watch.start()
        return run(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
