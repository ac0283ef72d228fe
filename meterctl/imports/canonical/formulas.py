"""Text cells that a spreadsheet would run, made harmless on the way out and exact on the way in."""

from __future__ import annotations

# What a spreadsheet would take for a formula (the last four are full-width). `export` puts an
# apostrophe before it, and before an apostrophe of the text's own; reading takes one away again.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def guard(text: str) -> str:
    """Text that a spreadsheet shows instead of running."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def unguard(text: str) -> str:
    """The text that was guarded."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text
