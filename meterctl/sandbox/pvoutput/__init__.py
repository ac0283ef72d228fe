"""PVOutput's API r2, as docs/sandbox-utilities.md describes it."""

from meterctl.sandbox.pvoutput.api import PATH, PvOutput

__all__ = ["PATH", "PvOutput"]
