"""The port's part for access over HTTP: who may ask, what they did, what they were told."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Client(NamedTuple):
    """A program or a phone that may use this ledger over HTTP."""

    id: str
    name: str
    scopes: tuple[str, ...]
    meters: tuple[str, ...] | None  # the ids of those it may see and record; None: all
    created_at: int
    revoked_at: int | None
    tokens_since: int | None  # tokens issued before are refused


class Secret(NamedTuple):
    """What a client proves itself with, as a hash."""

    hash: str
    created_at: int
    valid_until: int | None  # None: until another one takes its place


class Event(NamedTuple):
    """A security event or a write, as the audit log keeps it; never with a secret."""

    at: int
    name: str
    client: str | None
    address: str | None
    request: str | None
    detail: str | None
    entry: int | None = None  # of a write


class Answer(NamedTuple):
    """What a request with an idempotency key was answered."""

    fingerprint: bytes  # of the request
    status: int
    body: bytes
    at: int


class Access(Protocol):
    """What every ledger promises of its clients; how its verbs are called, `port` says."""

    def clients(self) -> list[Client]:
        """All clients, revoked ones too, in the order they were added."""

    def client(self, id_: str) -> Client | None:
        """A client by its id."""

    def add_client(self, client: Client, secret: Secret) -> None:
        """Add a client with its first secret. The caller has checked that its name is free."""

    def secrets(self, client: str) -> list[Secret]:
        """A client's secrets, the newest first, those that are not valid any more too."""

    def add_secret(self, client: str, secret: Secret, old_until: int) -> None:
        """Give a client another secret; those before are valid until `old_until` at most."""

    def revoke_client(self, client: str, now: int) -> None:
        """Refuse a client and all its tokens from now on."""

    def refuse_tokens_before(self, instant: int, client: str | None = None) -> None:
        """Refuse the tokens that were issued before an instant: a client's, or all."""

    def refuse_token(self, token_id: str, now: int) -> None:
        """Refuse one token."""

    def standing(self, client: str, token_id: str) -> tuple[Client, int] | None:
        """A client that a token names, and before when no token counts; None where it is refused.

        One question, since it is asked at each request.
        """

    def note(self, *events: Event) -> None:
        """Keep events in the audit log."""

    def events(self, limit: int) -> list[Event]:
        """The newest events, newest first."""

    def forget_strangers(self, before: int) -> None:
        """Forget the events that are older and of no client; what clients did stays."""

    def answer(self, client: str, key: str) -> Answer | None:
        """What a request of a client with this idempotency key was answered."""

    def keep_answer(self, client: str, key: str, answer: Answer) -> None:
        """Keep an answer, in the same write as what it tells of."""

    def forget_answers(self, before: int) -> None:
        """Forget the answers that are older."""
