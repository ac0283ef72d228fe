"""Tokens: what is issued, and that nothing else opens anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.access.tokens import LIFETIME_SECONDS, LONGEST_TOKEN, BadToken, Tokens

KEY = b"k" * 32
OLD_KEY = b"o" * 40
AUDIENCE = "meterctl:0123abcd"
NOW = 1_795_000_000_500
SECONDS = NOW // 1000
HEADER = {"alg": "HS256", "typ": "JWT"}
CLAIMS: dict[str, Any] = {
    "iss": "meterctl",
    "aud": AUDIENCE,
    "sub": "mc_0123456789abcdef",
    "iat": SECONDS,
    "nbf": SECONDS,
    "exp": SECONDS + LIFETIME_SECONDS,
    "jti": "0" * 32,
}
TOKENS = Tokens(KEY, OLD_KEY, AUDIENCE)


def encoded(data: bytes) -> str:
    """Base64 as JWTs have it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(
    claims: object = CLAIMS,
    header: object = HEADER,
    key: bytes = KEY,
    digest: str = "sha256",
) -> str:
    """A token made by hand: any header, any claims, JSON or text that is none."""
    parts = [
        one.encode() if isinstance(one, str) else json.dumps(one).encode()
        for one in (header, claims)
    ]
    text = ".".join(map(encoded, parts))
    return f"{text}.{encoded(hmac.digest(key, text.encode(), digest))}"


def but(**changes: object) -> dict[str, object]:
    """Good claims, but for these."""
    return CLAIMS | changes


def refusal(token: str, now: int = NOW, tokens: Tokens = TOKENS) -> str:
    """Why a token opens nothing, in words that hold nothing of it."""
    with pytest.raises(BadToken) as caught:
        tokens.read(token, now)
    reason = caught.value.reason
    # RFC 6750, 3: what an error_description may hold.
    assert reason
    assert all(" " <= c <= "~" and c not in '"\\' for c in reason)
    assert caught.value.__cause__ is None
    return reason


# What is issued


def test_what_is_issued_can_be_read() -> None:
    """Who, which token, from when until when: to the second, times in milliseconds."""
    claims = TOKENS.read(TOKENS.issue("mc_1", NOW), NOW)
    assert claims.client == "mc_1"
    assert claims.issued_at == SECONDS * 1000
    assert claims.expires_at == (SECONDS + LIFETIME_SECONDS) * 1000
    assert claims.issued_at <= NOW


def test_each_token_has_an_id_of_its_own() -> None:
    """So that one can be revoked."""
    ids = {TOKENS.read(TOKENS.issue("mc_1", NOW), NOW).token_id for _ in range(20)}
    assert len(ids) == 20


def test_what_is_issued_is_a_plain_jwt() -> None:
    """Any other library reads it: two header fields, seven claims, HS256."""
    token = TOKENS.issue("mc_1", NOW)
    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]
    )
    assert header == HEADER
    assert set(claims) == set(CLAIMS)
    assert "scope" not in token
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    decoded = jwt.decode(
        token, KEY, algorithms=["HS256"], audience=AUDIENCE, issuer="meterctl", options=options
    )
    assert decoded == claims


def test_made_by_hand() -> None:
    """The tests' own tokens are good ones, before they are made bad."""
    assert TOKENS.read(signed(), NOW).client == CLAIMS["sub"]


# Keys


def test_the_previous_key() -> None:
    """It still verifies while keys are changed, and signs nothing."""
    before = Tokens(OLD_KEY, None, AUDIENCE)
    token = before.issue("mc_1", NOW)
    assert TOKENS.read(token, NOW).client == "mc_1"
    assert "signature" in refusal(TOKENS.issue("mc_1", NOW), tokens=before)
    assert "signature" in refusal(token, tokens=Tokens(KEY, None, AUDIENCE))


@pytest.mark.parametrize("keys", [(b"k" * 31, None), (b"", None), (KEY, b"o" * 31), (KEY, b"")])
def test_a_key_that_is_too_short(keys: tuple[bytes, bytes | None]) -> None:
    """It is refused before a token is issued, the previous one too."""
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Tokens(*keys, AUDIENCE)


@pytest.mark.parametrize(
    "key",
    [
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA comment",
        b'{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAA"}',
    ],
    ids=["PEM", "SSH", "JWK"],
)
def test_a_key_that_is_no_secret(key: bytes) -> None:
    """Half of a key pair is a mistake: anyone may know it."""
    with pytest.raises(ValueError, match="not a public or private key"):
        Tokens(key, None, AUDIENCE)


# The signature and the form


@pytest.mark.parametrize(
    ("header", "key", "digest"),
    [
        pytest.param({"alg": "none", "typ": "JWT"}, KEY, "sha256", id="none"),
        pytest.param({"alg": "None", "typ": "JWT"}, KEY, "sha256", id="None"),
        pytest.param({"alg": "HS384", "typ": "JWT"}, KEY, "sha384", id="HS384"),
        pytest.param({"alg": "HS512", "typ": "JWT"}, KEY, "sha512", id="HS512"),
        pytest.param({"alg": "RS256", "typ": "JWT"}, KEY, "sha256", id="RS256"),
        pytest.param({"alg": "hs256", "typ": "JWT"}, KEY, "sha256", id="lower case"),
        pytest.param({"alg": ["HS256"], "typ": "JWT"}, KEY, "sha256", id="a list"),
        pytest.param({"alg": None, "typ": "JWT"}, KEY, "sha256", id="null"),
        pytest.param({"typ": "JWT"}, KEY, "sha256", id="no alg"),
        pytest.param({"alg": "HS256"}, KEY, "sha256", id="no typ"),
        pytest.param({"alg": "HS256", "typ": "jwt"}, KEY, "sha256", id="typ in lower case"),
        pytest.param({"alg": "HS256", "typ": "at+jwt"}, KEY, "sha256", id="another typ"),
        pytest.param({"alg": "HS256", "typ": None}, KEY, "sha256", id="typ null"),
        pytest.param(HEADER | {"kid": "1"}, KEY, "sha256", id="kid"),
        pytest.param(HEADER | {"jku": "https://x.example"}, KEY, "sha256", id="jku"),
        pytest.param(HEADER | {"crit": ["exp"]}, KEY, "sha256", id="crit"),
        pytest.param(HEADER | {"crit": []}, KEY, "sha256", id="empty crit"),
        pytest.param(HEADER | {"b64": True}, KEY, "sha256", id="b64"),
        pytest.param(HEADER | {"b64": False, "crit": ["b64"]}, KEY, "sha256", id="detached"),
        pytest.param([], KEY, "sha256", id="a header that is no object"),
        pytest.param("nonsense", KEY, "sha256", id="a header that is no JSON"),
        pytest.param("[" * 600, KEY, "sha256", id="a deep header"),
        pytest.param(HEADER, b"x" * 32, "sha256", id="another key"),
    ],
)
def test_another_header_or_key(header: object, key: bytes, digest: str) -> None:
    """One algorithm, one header: whoever signs otherwise opens nothing."""
    refusal(signed(header=header, key=key, digest=digest))


def test_no_signature() -> None:
    """What `alg: none` looks like, and the same with our own header."""
    for header in ({"alg": "none", "typ": "JWT"}, HEADER):
        refusal(signed(header=header).rpartition(".")[0] + ".")
        refusal(signed(header=header).rpartition(".")[0])


def test_a_token_that_was_changed() -> None:
    """Any other character anywhere is another token; the last one's spare bits as well."""
    token = signed()
    for place, char in enumerate(token):
        other = "A" if char != "A" else "B"
        refusal(token[:place] + other + token[place + 1 :])
    last = token[-1]
    for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if other != last:
            refusal(token[:-1] + other)


def test_a_token_that_was_cut() -> None:
    """At any place."""
    token = signed()
    for length in range(len(token)):
        refusal(token[:length])


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        signed() + "=",
        signed() + "\n",
        " " + signed(),
        signed() + ".x",
        signed().replace(".", "=."),
        "Bearer " + signed(),
        "ü" + signed(),
        "\ud800.a.b",
        "\0",
    ],
)
def test_another_form(token: str) -> None:
    """There is one spelling of a token."""
    assert "malformed" in refusal(token)


def test_a_token_that_is_too_long() -> None:
    """It is not even looked at."""
    assert "too long" in refusal(signed(but(sub="x" * LONGEST_TOKEN)))
    assert "too long" in refusal("x" * 10_000_000)


# The claims


@pytest.mark.parametrize("claims", ["nonsense", "[]", '"text"', "1", "null", "[" * 1_000, ""])
def test_claims_that_are_no_object(claims: str) -> None:
    """Signed or not."""
    refusal(signed(claims))


@pytest.mark.parametrize("name", list(CLAIMS))
def test_a_claim_that_is_missing(name: str) -> None:
    """Each is required."""
    claims = {key: value for key, value in CLAIMS.items() if key != name}
    assert name in refusal(signed(claims))


@pytest.mark.parametrize("name", list(CLAIMS))
@pytest.mark.parametrize(
    "value",
    [None, True, False, [], {}, 1.5, float(SECONDS), "", "text", -1, 0, "1795000000", [AUDIENCE]],
    ids=repr,
)
def test_a_claim_of_another_type(name: str, value: object) -> None:
    """No claim takes what another library would: floats, texts of digits, a list of audiences."""
    if (name in ("sub", "jti") and value in ("text", "1795000000")) or (
        (name, value) == ("nbf", 0) and value is not False
    ):
        assert TOKENS.read(signed(but(**{name: value})), NOW)
    else:
        refusal(signed(but(**{name: value})))


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "1e10", "9" * 1_000])
def test_a_time_that_is_no_time(literal: str) -> None:
    """JSON of Python's and numbers without end."""
    text = json.dumps(CLAIMS).replace(str(CLAIMS["exp"]), literal)
    refusal(signed(text))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "Meterctl"}, "another service"),
        ({"aud": "meterctl:other"}, "another ledger"),
        ({"aud": "meterctl"}, "another ledger"),
        ({"sub": "x" * 129}, "sub"),
        ({"sub": "a\nb"}, "sub"),
        ({"jti": "x" * 129}, "jti"),
        ({"exp": CLAIMS["exp"] + 1}, "too long"),
        ({"exp": SECONDS}, "expired"),
        ({"iat": SECONDS + 61, "exp": SECONDS + 100}, "not valid yet"),
        ({"nbf": SECONDS + 61}, "not valid yet"),
    ],
)
def test_a_claim_that_says_something_else(changes: Mapping[str, object], reason: str) -> None:
    """The reason says which; it never says what."""
    assert reason in refusal(signed(but(**changes)))


@pytest.mark.fault(36)
def test_when_it_begins() -> None:
    """Another machine's clock may be a minute ahead, not more."""
    early = NOW - 60_500
    assert TOKENS.read(signed(), early)
    assert "not valid yet" in refusal(signed(), early - 1)


@pytest.mark.fault(36)
def test_when_it_ends() -> None:
    """To the millisecond, without a minute on top."""
    end = (SECONDS + LIFETIME_SECONDS) * 1000
    assert TOKENS.read(signed(), end - 1)
    assert "expired" in refusal(signed(), end)


def test_a_claim_nobody_knows() -> None:
    """It changes nothing."""
    assert TOKENS.read(signed(but(scope="everything")), NOW) == TOKENS.read(signed(), NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.text(max_size=300) | st.from_regex(r"[\w-]{0,60}\.[\w-]{0,60}\.[\w-]{0,60}"))
def test_any_text(text: str) -> None:
    """It is refused as a bad token, never in another way."""
    refusal(text)


@given(
    header=JSON | st.fixed_dictionaries({"alg": JSON | st.just("HS256"), "typ": JSON}),
    claims=JSON | st.dictionaries(st.sampled_from(list(CLAIMS)), JSON).map(lambda d: CLAIMS | d),
)
def test_any_signed_json(header: object, claims: object) -> None:
    """Even with the right key: it is a good token, or a bad one."""
    try:
        read = TOKENS.read(signed(claims, header), NOW)
    except BadToken:
        return
    assert header == HEADER
    assert isinstance(claims, dict)
    assert read.client == claims["sub"]


@given(st.binary(max_size=200))
def test_any_signed_bytes(data: bytes) -> None:
    """Claims that are no text."""
    text = f"{encoded(json.dumps(HEADER).encode())}.{encoded(data)}"
    digest = hmac.new(KEY, text.encode(), hashlib.sha256).digest()
    refusal(f"{text}.{encoded(digest)}")


def test_the_import_is_cheap() -> None:
    """Who needs no token does not load PyJWT, which loads cryptography."""
    code = "import sys, meterctl.access.tokens; sys.exit('jwt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
