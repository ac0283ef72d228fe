"""The Kraken API of Octopus Energy, as docs/sandbox-utilities.md describes it."""

from meterctl.sandbox.kraken.api import Kraken

__all__ = ["Kraken"]
