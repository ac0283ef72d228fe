"""Tokens that are given out, live for a while, and can be taken back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass


@dataclass(slots=True)
class Token:
    """What is known of a token."""

    scopes: frozenset[str]
    ends: float  # seconds since 1970
    family: int  # of tokens that came from one another, by refreshing


class Tokens:
    """The tokens of one kind. It takes no lock: its owner does."""

    def __init__(self) -> None:
        self._known: dict[str, Token] = {}

    def give(self, token: Token) -> str:
        """A new token, as its bearer will write it."""
        text = secrets.token_urlsafe(24)
        self._known[text] = token
        return text

    def find(self, text: str) -> Token | None:
        """A token, if it was given out and not taken back; it may have ended."""
        return self._known.get(text)

    def forget(self, text: str) -> None:
        """Know a token no more."""
        del self._known[text]

    def take_back(self, family: int) -> None:
        """Know the tokens of a family no more."""
        for text in [text for text, one in self._known.items() if one.family == family]:
            del self._known[text]

    def revoke(self) -> None:
        """Know none any more."""
        self._known.clear()

    def expire(self) -> None:
        """Let all of them have ended."""
        for one in self._known.values():
            one.ends = 0.0
