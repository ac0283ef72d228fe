"""What came back, fit to be kept and shown: no secret, no control characters, not too long."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from html import escape
from urllib.parse import quote, unquote_plus, urlsplit

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


_LEAST = 6  # characters: a shorter text behind a question mark is no secret, and is met anywhere


def secrets_of(url: str, *secrets: str | None) -> list[str]:
    """All that must never be shown of a way to a utility: what was given, and what its URL holds.

    Args:
        url: As it is requested; a password, or what stands behind the question mark, may be secret.
        secrets: Tokens, passwords, keys.
    """
    parts = urlsplit(url)
    pairs = [part.partition("=")[2] for part in parts.query.split("&")]
    of_url = [parts.password or "", *(text for text in pairs if len(text) >= _LEAST)]
    return [text for text in (*secrets, *of_url, *map(unquote_plus, of_url)) if text]


def mask_for(secrets: Iterable[str | None]) -> Mask:
    """What replaces these secrets, and whatever looks like one, in a text."""
    spellings = {
        spelling
        for secret in secrets
        if secret
        for spelling in (
            secret,
            quote(secret, safe=""),
            secret.replace("/", "\\/"),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            escape(secret),
            escape(secret, quote=False),
        )
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
