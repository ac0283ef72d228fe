"""Addresses of a portal: what they are relative to, and which of them may be opened. No I/O."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from meterctl.errors import shown
from meterctl.remote import is_here, why_not

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]", re.IGNORECASE)


class Site(NamedTuple):
    """Where a portal is."""

    base: str  # a whole URL: what all its addresses are relative to
    hosts: frozenset[str]  # host:port that its pages may be on

    def page(self, text: str) -> str:
        """A whole address of the portal's.

        Raises:
            ValueError: it is none, or on a host that is not the portal's.
        """
        whole = checked(joined(self.base, text))
        host = netloc(whole)
        if host not in self.hosts:
            raise ValueError(f"{shown(host)} is another host: name it in `hosts`")
        return whole


def joined(base: str, text: str) -> str:
    """An address of a description: a whole one as it is, any other behind the base."""
    if text.startswith(("https://", "http://")):
        return text
    return f"{base.rstrip('/')}/{text.lstrip('/')}"


def checked(whole: str) -> str:
    """A whole address to which a password may be sent.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(whole)
    if not parts.hostname or parts.port == 0:
        raise ValueError(f"{shown(whole)} is no whole address")
    if not is_safe(whole):
        raise ValueError("it is to be https://; http:// is for this machine itself alone")
    if why_not(whole):
        odd = "a space, a backslash or an odd host"
        raise ValueError(f"{shown(whole)} can be read in two ways: {odd} is in it")
    return whole


def is_safe(url: str) -> bool:
    """Whether what is sent there cannot be read on the way."""
    return urlsplit(url).scheme == "https" or is_here(url)


def netloc(url: str) -> str:
    """Host and port of a whole address."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{(parts.hostname or '').lower()}:{port}"


def host(text: str) -> str:
    """Host and port of a host's name, perhaps with its port.

    Raises:
        ValueError: it is none.
    """
    name, colon, port = text.rpartition(":") if re.search(r":[0-9]+$", text) else (text, "", "")
    if not _HOST.fullmatch(name) or (colon and not 0 < int(port) <= 65_535):
        raise ValueError(f"{shown(text)} is no host, such as login.example")
    return netloc(f"https://{text}")
