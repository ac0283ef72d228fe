"""Emoncms, as docs/sandbox-utilities.md describes it."""

from meterctl.sandbox.emoncms.api import Emoncms

__all__ = ["Emoncms"]
