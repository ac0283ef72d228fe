"""Names of files as messages call them."""

from __future__ import annotations


def printable(path: str) -> str:
    """A path whose odd letters, or bytes that are none, are spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)
