"""The headers that every answer carries, early refusals and errors among them.

After OWASP's cheat sheets on REST security and on HTTP headers. Names are in lower case, as ASGI
has them.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

Headers = tuple[tuple[bytes, bytes], ...]


def header_of(request: Request, name: bytes) -> str | None:
    """A request's header, the first of its name; looked up without taking all of them apart."""
    for one, value in request.scope["headers"]:
        if one == name:
            return str(value.decode("latin-1"))
    return None


API_CSP: Final = b"default-src 'none'; frame-ancestors 'none'"
PAGE_CSP: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

# Only what browsers know by name: they report any other in the console.
_FEATURES = (
    b"accelerometer",
    b"camera",
    b"display-capture",
    b"geolocation",
    b"gyroscope",
    b"magnetometer",
    b"microphone",
    b"midi",
    b"payment",
    b"usb",
)

_ALWAYS: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    # Without a word for CORS, which is let in by its own headers: this stops <img> and <script>.
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b", ".join(feature + b"=()" for feature in _FEATURES)),
    (b"cache-control", b"no-store"),
)

SECURITY: Final[Headers] = (*_ALWAYS, (b"content-security-policy", API_CSP))
PAGE: Final[Headers] = (*_ALWAYS, (b"content-security-policy", PAGE_CSP))

# Under TLS alone. A household's other hosts are not ours to speak for: no includeSubDomains.
HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
