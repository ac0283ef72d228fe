"""What came back from a utility, fit to be kept: no secret, no control characters, not too long."""

from __future__ import annotations

from meterctl.redact import Mask

EVIDENCE_LIMIT = 2_000


def evidence(status_line: str, body: bytes, mask: Mask) -> str:
    """An answer to be kept: its status line, and its body as far as it fits."""
    # Masked before it is cut, so that no half of a secret stays.
    text = mask(body[: 8 * EVIDENCE_LIMIT].decode("utf-8", "replace"))
    return f"{_printable(mask(status_line))}\n{_printable(text)[:EVIDENCE_LIMIT]}".rstrip("\n")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
