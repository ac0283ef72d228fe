"""The middleware of volkszaehler.org, as docs/sandbox-utilities.md describes it."""

from meterctl.sandbox.volkszaehler.api import PATH, Volkszaehler

__all__ = ["PATH", "Volkszaehler"]
