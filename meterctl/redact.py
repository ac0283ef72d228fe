"""No secret is kept or shown: the one rule of what is one, and of how it may be spelled.

It lies beneath all other modules. What a utility answered, an event of the log, a traceback and a
bug's report all go through it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from html import escape
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit

from meterctl import log

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
# What only a secret looks like: a signed token, a client's secret, Google's token, a private key.
_TELLTALE = re.compile(
    r"\beyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{4,4000}(?:\.[A-Za-z0-9_-]{0,4000})?"
    r"|\bmcs_[A-Za-z0-9_-]{20,100}"
    r"|\bya29\.[A-Za-z0-9._-]{6,4000}"
    r"|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]{0,8000}"
    r"(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?"
)
_USER_INFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^\s/?#\"'<>@]{1,1000}@")
_QUERY = re.compile(r"([?&][^\s=&#\"'<>]{1,100}=)[^\s&#\"'<>]{1,4000}")
_PERCENT = re.compile("%[0-9A-F]{2}")  # some write its digits small

_LEAST = 6  # characters: a shorter text behind a question mark is no secret, and is met anywhere
_LEAST_PIECE = 16  # of a key's lines, and of an address's path
_LEAST_PERCENT = 5  # of a base64 text: less of it is met by chance


def secrets_of(url: str, *secrets: str | None) -> list[str]:
    """All that must never be shown of a way to a utility: what was given, and what its URL holds.

    Args:
        url: As it is requested; a password, or what stands behind the question mark, may be secret.
        secrets: Tokens, passwords, keys.
    """
    return [text for text in (*secrets, *_of_url(url)) if text]


def _of_url(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        password = parts.password or ""
    except ValueError:  # no address: it is shown nowhere either
        return
    pairs = [part.partition("=")[2] for part in parts.query.split("&")]
    for text in (password, *(text for text in pairs if len(text) >= _LEAST)):
        yield text
        yield unquote_plus(text)


def pieces_of(secret: str) -> Iterator[str]:
    """A secret, and the parts of it that tell enough alone.

    Those of an address are its user, its password, its path and its query; those of a key in
    several lines are the lines.
    """
    yield secret
    lines = secret.replace("\\n", "\n").splitlines()
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= _LEAST_PIECE and "-----" not in line)
    if secret.startswith(("https://", "http://")):
        yield from filter(None, _of_url(secret))
        try:
            parts = urlsplit(secret)
            yield from filter(None, (parts.username,))
        except ValueError:
            return
        if len(path := parts.path.strip("/")) >= _LEAST:
            yield path
        yield from (part for part in path.split("/") if len(part) >= _LEAST_PIECE)


def mask_for(secrets: Iterable[str | None]) -> Mask:
    """What replaces these secrets, and whatever looks like one, in a text.

    The log learns of them as well.
    """
    known = [secret for secret in secrets if secret]
    log.hide(*known)
    pattern = _pattern(known)

    def mask(text: str) -> str:
        return strangers(text if pattern is None else pattern.sub(MASK, text))

    return mask


def strangers(text: str) -> str:
    """A text of the other side's without what looks like a secret, whoever's it may be."""
    text = _TELLTALE.sub(MASK, text)
    text = _SCHEMES.sub(rf"\1\2{MASK}", text)
    return _NAMED.sub(rf'\1"{MASK}"', text)


def strict_mask_for(secrets: Iterable[str]) -> Mask:
    """The same for what nobody can look through before it is kept: logs and reports of bugs.

    The pieces of secrets go too, base64 with them in it, and what an address says beside its place.
    """
    pieces = {piece for secret in secrets if secret for piece in pieces_of(secret)}
    found = {one for piece in pieces for one in (*_spellings(piece), *_coded(piece))}
    known = sorted(found, key=len, reverse=True)

    def mask(text: str) -> str:
        for one in known:  # a key has hundreds: to look for each is faster than one big pattern
            if one in text:
                text = text.replace(one, MASK)
        text = _USER_INFO.sub(rf"\1{MASK}@", text)
        return strangers(_QUERY.sub(rf"\1{MASK}", text))

    return mask


def _pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
    known = [re.escape(one) for one in sorted(spellings, key=len, reverse=True)]
    return re.compile("|".join(known)) if known else None


def _spellings(secret: str) -> Iterator[str]:
    """How a secret may be written elsewhere: in an address, JSON, a page, Python."""
    import json  # not where there is no secret

    yield secret
    for coded in (
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
    ):
        yield coded
        yield _PERCENT.sub(lambda found: found[0].lower(), coded)
    for is_ascii in (True, False):
        text = json.dumps(secret, ensure_ascii=is_ascii)[1:-1]
        yield text
        yield text.replace("/", "\\/")
    yield escape(secret)
    yield escape(secret, quote=False)
    yield repr(secret)[1:-1]


def _coded(secret: str) -> Iterator[str]:
    """What base64 makes of a text wherever it begins: the letters that hang on nothing else.

    `user:password` is sent so, and read by whoever likes.
    """
    text = secret.encode("utf-8", "replace")
    for before in range(3):
        coded = b64encode(b"\0" * before + text).decode()
        core = coded[(before * 8 + 5) // 6 : (before + len(text)) * 8 // 6]
        if len(core) >= _LEAST_PERCENT:
            yield core
            yield core.replace("+", "-").replace("/", "_")
