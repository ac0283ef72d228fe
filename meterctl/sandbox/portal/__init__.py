"""A utility's customer portal, as web pages; docs/sandbox-portal.md is its help page."""

from meterctl.sandbox.portal.portal import Portal

__all__ = ["Portal"]
