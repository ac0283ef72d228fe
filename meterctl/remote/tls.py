"""How other machines are reached: whose certificates are believed, and by which proxy.

One answer for Google, the utility and the monitor. What the environment may say here is whose
authorities count (`SSL_CERT_FILE`, `SSL_CERT_DIR`) and which proxy a connection tunnels through
(`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`). Nothing in it turns a check off, lowers a version, or has
the keys of a connection written down: docs/supply-chain.md lists what is heard and what is not.
"""

from __future__ import annotations

import os
import ssl
from functools import cache
from pathlib import Path

from meterctl.errors import ConfigError
from meterctl.remote import is_here, one_line

_OF_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
# OpenSSL's own settings (OPENSSL_CONF) could allow less; what is set on a context, they cannot.
_CIPHERS = (
    "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"
)


@cache
def context() -> ssl.SSLContext:
    """TLS 1.2 or newer, with a certificate that is verified, for the very host.

    Made by hand: `ssl.create_default_context` writes the keys of every connection to the file that
    SSLKEYLOGFILE names.

    Raises:
        ConfigError: the environment names authorities that cannot be read.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and host
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(_CIPHERS)
    for name in _OF_AUTHORITIES:
        if text := os.environ.get(name):
            _load(made, name, text)
            return made
    import certifi

    made.load_verify_locations(cafile=certifi.where())
    return made


def authorities() -> str:
    """The file of those who are believed, for a library that does TLS by itself.

    Raises:
        ConfigError: it is one that others can write to.
    """
    from meterctl import trusted

    if text := os.environ.get("SSL_CERT_FILE"):
        trusted.refuse_foreign(Path(text), "SSL_CERT_FILE")
        return text
    import certifi

    return certifi.where()


def _load(made: ssl.SSLContext, name: str, text: str) -> None:
    from meterctl import trusted

    try:
        if name == "SSL_CERT_FILE":
            trusted.refuse_foreign(Path(text), name)
            made.load_verify_locations(cafile=text)
            return
        for path in map(Path, text.split(os.pathsep)):  # OpenSSL takes several as well
            trusted.refuse_foreign(path, name)
            if not path.is_dir():
                raise NotADirectoryError(20, "Not a directory")
            made.load_verify_locations(capath=path)
    except ssl.SSLError:
        why = f"{name} names {text}, which holds no certificates"
        raise ConfigError(why, "correct it, or unset it") from None
    except OSError as error:
        why = f"{name} names {text}: {error.strerror}"
        raise ConfigError(why, "correct it, or unset it") from None


def proxy_for(url: str) -> str | None:
    """The proxy that the environment has for an address; None: there is none.

    It only ever tunnels: what is said to the other side is said in TLS through it. So a connection
    without TLS, which is one to this machine itself, has none.

    Raises:
        ConfigError: what is named is no proxy that can be used.
    """
    if is_here(url) or url[:6].lower() != "https:":
        return None
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    if proxy_bypass(f"{parts.hostname}:{parts.port or 443}"):
        return None
    named = getproxies()
    proxy = named.get("https") or named.get("all")
    if not proxy:
        return None
    scheme, found, _ = proxy.partition("://")
    if not found:
        scheme, proxy = "http", f"http://{proxy}"
    if scheme.lower() not in ("http", "https"):
        raise ConfigError(
            f"the proxy that this environment names speaks {one_line(scheme, 20)}",
            "set HTTPS_PROXY to one that speaks http:// or https://",
        )
    return proxy
