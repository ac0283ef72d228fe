"""Brings what was recorded to the Sheet soon after it is acknowledged, never before.

What does not get there now is queued as ever: the next record, the next minute, or cron's `sync`
brings it.
"""

from __future__ import annotations

import threading

from meterctl.errors import Busy, MeterctlError
from meterctl.wiring import Wiring

_TOGETHER = 0.3  # seconds to wait for what comes with it: fewer, larger requests
_APART = 2.0  # seconds between two runs: Google lets a user write sixty times a minute
_AGAIN = 60.0
_DEADLINE = 30.0


class Courier:
    """A thread that delivers when it is told that there is something."""

    def __init__(self, wiring: Wiring) -> None:
        self.problem: MeterctlError | None = None  # why the last run did not bring all
        self._wiring = wiring
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, where there is a Sheet."""
        if self._wiring.local.sheet is not None:
            self._thread = threading.Thread(target=self._work, name="courier", daemon=True)
            self._thread.start()

    def kick(self) -> None:
        """Something was recorded."""
        self._wanted.set()

    def stop(self) -> None:
        """End soon. A request that is under way may still land; the next run asks about it."""
        self._ended.set()
        self._wanted.set()

    def _work(self) -> None:
        while True:
            self._wanted.wait(_AGAIN if self.problem else None)
            if self._ended.wait(_TOGETHER):
                return
            self._wanted.clear()
            self._deliver()
            if self._ended.wait(_APART):
                return

    def _deliver(self) -> None:
        try:
            with self._wiring.writing() as session:
                self.problem = self._wiring.deliver(session.ledger, _DEADLINE).error
        except Busy as error:  # another run is at it, and may not have seen the last of ours
            self.problem = error
        except MeterctlError as error:
            self.problem = error
