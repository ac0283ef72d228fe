"""Who is there: sessions, and the tokens of the forms that they were shown."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from meterctl.sandbox.portal.book import Entry

COOKIE = "portal_session"
CONSENT = "cookie_consent"
KEPT = 50  # forms of a session that may still be sent, the newest


@dataclass
class Session:
    """One browser's visit."""

    key: str
    stage: str = "guest"  # guest, code (the password was right), customer
    requests: int = 0  # since the login
    tokens: dict[str, Entry | None] = field(default_factory=dict)  # and what a form confirms
    spent: set[str] = field(default_factory=set)
    entry: Entry | None = None  # that is to be confirmed
    receipts: dict[str, Entry] = field(default_factory=dict)
    captcha: str = ""
    offer_closed: bool = False

    def new_token(self, entry: Entry | None = None) -> str:
        """The token of a form; with what the form confirms."""
        while len(self.tokens) >= KEPT:
            del self.tokens[next(iter(self.tokens))]
        token = secrets.token_urlsafe(16)
        self.tokens[token] = entry
        return token

    def redeem(self, token: str, *, once: bool) -> tuple[str, Entry | None]:
        """A token that came back: the key of a text that says what is wrong, and its entry."""
        if token in self.spent:
            return "form_sent", None
        if token not in self.tokens:
            return "form_invalid", None
        entry = self.tokens[token]
        if once:
            del self.tokens[token]
            self.spent.add(token)
        return "", entry


class Sessions:
    """All of them, by their key."""

    def __init__(self) -> None:
        self._by_key: dict[str, Session] = {}

    def of(self, cookies: dict[str, str]) -> Session | None:
        """The session that a browser is in."""
        return self._by_key.get(cookies.get(COOKIE, ""))

    def begin(self, stage: str = "guest") -> Session:
        """A session of its own."""
        session = Session(secrets.token_urlsafe(24), stage)
        self._by_key[session.key] = session
        return session

    def end(self, session: Session) -> None:
        """Forget a session."""
        self._by_key.pop(session.key, None)


def cookies_of(header: str) -> dict[str, str]:
    """The cookies of a request."""
    try:
        return {name: one.value for name, one in SimpleCookie(header).items()}
    except CookieError:
        return {}


def cookie(name: str, value: str) -> str:
    """A Set-Cookie that scripts and other sites do not see; an empty value takes it away."""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax" + ("" if value else "; Max-Age=0")
