"""Service accounts and their tokens: Google's OAuth 2.0 token endpoint."""

from __future__ import annotations

import json
import re
import secrets
import threading
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from meterctl.sandbox.google.errors import ERROR_INFO, ApiError
from meterctl.sandbox.message import Request, Response, as_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

PROJECT = "meterctl-sandbox"
LIFETIME = 3600  # seconds a token lives, and a claim may at most
SKEW = 300  # seconds a client's clock may be ahead
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# The last two are older names of the same endpoint, which Google still takes.
AUDIENCES = (
    "https://oauth2.googleapis.com/token",
    "https://www.googleapis.com/oauth2/v4/token",
    "https://accounts.google.com/o/oauth2/token",
)
# What an API key may do stands in for scopes.
KEYED = frozenset({"key"})
_EMAIL = re.compile(
    r"[a-z0-9][a-z0-9-]*@(?P<project>[a-z0-9][a-z0-9.-]*)\.iam\.gserviceaccount\.com"
)
_DOCS = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. See "
    "https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_UNREGISTERED = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use "
    "API Key or other form of API consumer identity to call this API."
)


class Caller(NamedTuple):
    """Who a token was given to, and for what."""

    email: str
    project: str
    scopes: frozenset[str]


class _Refused(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


class Accounts:
    """All service accounts that exist here."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, RSAPublicKey] = {}
        self._tokens: dict[str, tuple[Caller, float]] = {}

    def new(self, token_uri: str, name: str) -> dict[str, str]:
        """A service account's JSON as Google's console hands it out."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        with self._lock:
            email, number = f"{name}@{PROJECT}.iam.gserviceaccount.com", 1
            while email in self._keys:
                number += 1
                email = f"{name}-{number}@{PROJECT}.iam.gserviceaccount.com"
            self._keys[email] = key.public_key()
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": secrets.token_hex(20),
            "private_key": pem.decode(),
            "client_email": email,
            "client_id": str(secrets.randbelow(10**20) + 10**20),
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/"
            + email.replace("@", "%40"),
            "universe_domain": "googleapis.com",
        }

    def token(self, request: Request) -> Response:
        """`POST /token`: a signed claim for a token."""
        form = {name: many[0] for name, many in parse_qs(request.body.decode("latin-1")).items()}
        if "application/json" in request.headers.get("content-type", ""):
            form = json.loads(request.body)
        own = f"http://{request.headers.get('host', '')}{request.path}"
        try:
            caller = self._claimed(form, own)
        except _Refused as refused:
            told = {"error": refused.error, "error_description": str(refused)}
            return as_json(400, told, Cache_Control="no-cache, no-store, max-age=0")
        token = f"ya29.c.{secrets.token_urlsafe(96)}"
        with self._lock:
            self._tokens[token] = caller, self._clock() + LIFETIME
        given = {"access_token": token, "expires_in": LIFETIME - 1, "token_type": "Bearer"}
        return as_json(200, given, Cache_Control="no-cache, no-store, max-age=0")

    def _claimed(self, form: dict[str, str], own: str) -> Caller:
        if "grant_type" not in form:
            raise _Refused("invalid_request", "Required parameter is missing: grant_type")
        if form["grant_type"] != GRANT:
            raise _Refused("unsupported_grant_type", f"Invalid grant_type: {form['grant_type']}")
        if "assertion" not in form:
            raise _Refused("invalid_request", "Required parameter is missing: assertion")
        try:
            head, body, signature = form["assertion"].split(".")
            header: dict[str, Any] = json.loads(_decoded(head))
            claim: dict[str, Any] = json.loads(_decoded(body))
            signed = _decoded(signature)
            algorithm, issuer = header["alg"], claim["iss"]
            times = float(claim["iat"]), float(claim["exp"])
        except (ValueError, NotBase64, KeyError, TypeError):
            raise _Refused("invalid_grant", "Invalid JWT: it is malformed.") from None
        if algorithm != "RS256":
            raise _Refused("invalid_grant", "Invalid JWT: unsupported algorithm.")
        if claim.get("aud") not in (*AUDIENCES, own):
            raise _Refused(
                "invalid_grant",
                f"Invalid JWT: Failed audience check. The right audience is {AUDIENCES[0]}",
            )
        self._check_times(*times)
        email = _EMAIL.fullmatch(str(issuer))
        if email is None:
            raise _Refused("invalid_grant", "Invalid grant: account not found")
        # A stranger's signature cannot be checked: nobody told us its public key. So nothing but
        # its existence is taken on trust, and it can see only what it makes or is given.
        key = self._keys.get(email[0])
        if key is not None and not _is_signed(key, f"{head}.{body}".encode(), signed):
            raise _Refused("invalid_grant", "Invalid JWT Signature.")
        scopes = str(claim.get("scope", "")).split()
        if not scopes:
            raise _Refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return Caller(email[0], email["project"], frozenset(scopes))

    def _check_times(self, issued: float, expires: float) -> None:
        now = self._clock()
        if expires - issued > LIFETIME or expires <= now or issued > now + SKEW:
            raise _Refused(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
                "timeframe. Check your iat and exp values in the JWT claim.",
            )

    def caller(self, request: Request, *, keyed: bool = False) -> Caller:
        """Whose token a request carries; an API key will do, where that is enough.

        Raises:
            ApiError: it carries none, or one that is not valid now.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            token = request.query.get("access_token", [""])[0]
        token = token.strip()
        if not token and request.query.get("key"):
            return _keyed(request.query["key"][-1])
        realm = 'Bearer realm="https://accounts.google.com/"'
        if not token and keyed:
            raise ApiError(403, _UNREGISTERED)
        if not token:
            raise ApiError(
                401,
                f"Request is missing required authentication credential. {_DOCS}",
                [_info("CREDENTIALS_MISSING")],
                {"WWW-Authenticate": realm},
            )
        with self._lock:
            caller, ends = self._tokens.get(token, (None, 0.0))
        if caller is None or ends <= self._clock():
            raise ApiError(
                401,
                f"Request had invalid authentication credentials. {_DOCS}",
                [_info("ACCESS_TOKEN_EXPIRED" if caller else "ACCESS_TOKEN_TYPE_UNSUPPORTED")],
                {"WWW-Authenticate": f'{realm}, error="invalid_token"'},
            )
        return caller


def keys_refused(service: str, method: str) -> ApiError:
    """An API key where only an account will do."""
    info = _info("CREDENTIALS_MISSING")
    info["metadata"] = {"method": method, "service": service}
    return ApiError(
        401,
        "API keys are not supported by this API. Expected OAuth2 access token or other "
        "authentication credentials that assert a principal. See "
        "https://cloud.google.com/docs/authentication",
        [info],
    )


def _keyed(key: str) -> Caller:
    """Nobody in particular: an API key names a project, and sees what is shared with all.

    Raises:
        ApiError: it does not look like a key.
    """
    if not re.fullmatch(r"AIza[A-Za-z0-9_-]+", key):
        message = "API key not valid. Please pass a valid API key."
        raise ApiError(400, message, [_info("API_KEY_INVALID")])
    return Caller("", PROJECT, KEYED)


def _info(reason: str) -> dict[str, Any]:
    return {
        "@type": ERROR_INFO,
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "sheets.googleapis.com"},
    }


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _is_signed(key: RSAPublicKey, message: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        key.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
