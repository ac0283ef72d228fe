"""One utility behind seven doors: ways to prove who one is, and ways to write a reading."""

from meterctl.sandbox.doors.service import CLIENT, Doors

__all__ = ["CLIENT", "Doors"]
