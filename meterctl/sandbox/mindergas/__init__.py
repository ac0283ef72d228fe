"""MinderGas's meter reading API, as its page and its clients describe it."""

from meterctl.sandbox.mindergas.service import MinderGas

__all__ = ["MinderGas"]
