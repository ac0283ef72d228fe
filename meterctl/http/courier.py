"""Brings what was recorded to the Sheet soon after it is acknowledged, never before.

What does not get there now is queued as ever: the next record, the next minute, or cron's `sync`
brings it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from meterctl.errors import MeterctlError
from meterctl.http import bugs
from meterctl.ledger.port import Ledger
from meterctl.wiring import Wiring

_TOGETHER = 0.3  # seconds to wait for what comes with it: fewer, larger requests
_APART = 2.0  # seconds between two runs: Google lets a user write sixty times a minute
_AGAIN = 60.0
_DEADLINE = 30.0


class Courier:
    """A thread that delivers when it is told that there is something."""

    def __init__(
        self, wiring: Wiring, open_: Callable[[], Ledger], say: Callable[[str], None]
    ) -> None:
        """Take the parts.

        Args:
            wiring: The server's.
            open_: Opens the ledger for writing, if it is there.
            say: Tells whoever runs the server of a bug.
        """
        self.problem: MeterctlError | None = None  # why the last run did not bring all
        self._wiring = wiring
        self._open = open_
        self._say = say
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, where there is a Sheet, with what an earlier server may have left."""
        if self._wiring.local.sheet is not None:
            self._wanted.set()
            self._thread = threading.Thread(target=self._work, name="courier", daemon=True)
            self._thread.start()

    def kick(self) -> None:
        """Something was recorded."""
        if not self._wanted.is_set():  # to set it takes a lock, at each request
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
            ledger = self._open()
            try:
                self.problem = self._wiring.deliver(ledger, _DEADLINE).error
            finally:
                ledger.close()
        except MeterctlError as error:  # Busy among them: who is at it may not see the last of ours
            self.problem = error
        except Exception as error:  # noqa: BLE001 (one odd answer must not end all deliveries)
            self.problem = MeterctlError(f"a bug in a delivery: {type(error).__name__}")
            self._say(bugs.told("a delivery", error))
