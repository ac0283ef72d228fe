"""A stand-in for Google: OAuth tokens, Sheets v4, Drive v3, by Google's documentation alone."""

from __future__ import annotations

from meterctl.sandbox.google.service import Google

__all__ = ["Google"]
