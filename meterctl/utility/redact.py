"""What came back, fit to be kept and shown: no secret, no control characters, not too long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

EVIDENCE_LIMIT = 2_000
MASK = "***"

Mask = Callable[[str], str]

_SCHEMES = re.compile(r"(?i)\b(bearer|basic|digest|token)(\s+)[A-Za-z0-9._~+/=-]{6,}")
_NAMED = re.compile(
    r"""(?ix)
    ( (?: token | secret | password | passwd | api[_-]?key | authorization | cookie | session )
      ["']? \s{0,4} [:=] \s{0,4} )
    ( "[^"]{0,4000}" | '[^']{0,4000}' | [^\s,;&"'}\]]{1,4000} )
    """
)


def mask_for(secrets: Iterable[str | None]) -> Mask:
    """What replaces these secrets, and whatever looks like one, in a text."""
    spellings = {
        spelling
        for secret in secrets
        if secret
        for spelling in (secret, quote(secret, safe=""), secret.replace("/", "\\/"))
    }
    known = [re.escape(one) for one in sorted(spellings, key=len, reverse=True)]
    pattern = re.compile("|".join(known)) if known else None

    def mask(text: str) -> str:
        if pattern is not None:
            text = pattern.sub(MASK, text)
        text = _SCHEMES.sub(rf"\1\2{MASK}", text)
        return _NAMED.sub(rf'\1"{MASK}"', text)

    return mask


def evidence(status_line: str, body: bytes, mask: Mask) -> str:
    """An answer to be kept: its status line, and its body as far as it fits."""
    # Masked before it is cut, so that no half of a secret stays.
    text = mask(body[: 8 * EVIDENCE_LIMIT].decode("utf-8", "replace"))
    return f"{_printable(mask(status_line))}\n{_printable(text)[:EVIDENCE_LIMIT]}".rstrip("\n")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
