"""A utility that takes meter readings over HTTP; docs/sandbox.md is its API's documentation."""

from meterctl.sandbox.utility.api import PATH, Utility

__all__ = ["PATH", "Utility"]
