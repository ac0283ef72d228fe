"""Who may use the ledger over HTTP, what they did, and what they were answered, in SQL."""

from __future__ import annotations

from meterctl.ledger._seen import Seen
from meterctl.ledger.access import Answer, Client, Event, Secret
from meterctl.ledger.connection import Row

_CLIENT = "SELECT id, name, scopes, meters, created_at, revoked_at, tokens_since FROM client "
_ALL = ""  # stands in refused_token for every token issued before


class Clients(Seen):
    """The part of a ledger that knows the clients."""

    def clients(self) -> list[Client]:
        """All clients, in the order they were added."""
        return [_client(row) for row in self._db.all(_CLIENT + "ORDER BY created_at, name")]

    def client(self, id_: str) -> Client | None:
        """A client by its id."""
        row = self._db.one(_CLIENT + "WHERE id = ?", (id_,))
        return None if row is None else _client(row)

    def add_client(self, client: Client, secret: Secret) -> None:
        """Add a client with its first secret."""
        self._db.run(
            "INSERT INTO client (id, name, scopes, meters, created_at, revoked_at, tokens_since)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                client.id,
                client.name,
                " ".join(client.scopes),
                None if client.meters is None else " ".join(client.meters),
                *client[4:],
            ),
        )
        self._insert_secret(client.id, secret)

    def secrets(self, client: str) -> list[Secret]:
        """A client's secrets, the newest first."""
        rows = self._db.all(
            "SELECT hash, created_at, valid_until FROM client_secret WHERE client = ?"
            " ORDER BY created_at DESC, hash",
            (client,),
        )
        return [Secret(*row) for row in rows]

    def add_secret(self, client: str, secret: Secret, old_until: int) -> None:
        """Give a client another secret; those before are valid until `old_until` at most."""
        self._db.run(
            "UPDATE client_secret SET valid_until = ? WHERE client = ?"
            " AND (valid_until IS NULL OR valid_until > ?)",
            (old_until, client, old_until),
        )
        self._insert_secret(client, secret)

    def _insert_secret(self, client: str, secret: Secret) -> None:
        self._db.run(
            "INSERT INTO client_secret (client, hash, created_at, valid_until) VALUES (?, ?, ?, ?)",
            (client, *secret),
        )

    def revoke_client(self, client: str, now: int) -> None:
        """Refuse a client and all its tokens from now on."""
        self._db.run(
            "UPDATE client SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now, client)
        )

    def refuse_tokens_before(self, instant: int, client: str | None = None) -> None:
        """Refuse the tokens that were issued before an instant: a client's, or all."""
        if client is None:
            self.refuse_token(_ALL, instant)
        else:
            self._db.run(
                "UPDATE client SET tokens_since = ? WHERE id = ?"
                " AND (tokens_since IS NULL OR tokens_since < ?)",
                (instant, client, instant),
            )

    def refuse_token(self, token_id: str, now: int) -> None:
        """Refuse one token."""
        self._db.run(
            "INSERT INTO refused_token (token, refused_at) VALUES (?, ?) ON CONFLICT (token)"
            " DO UPDATE SET refused_at = excluded.refused_at"
            " WHERE excluded.refused_at > refused_token.refused_at",
            (token_id, now),
        )

    def standing(self, client: str, token_id: str) -> tuple[Client, int] | None:
        """A client that a token names, and before when no token counts."""
        row = self._db.one(
            "SELECT c.id, c.name, c.scopes, c.meters, c.created_at, c.revoked_at, c.tokens_since,"
            " coalesce((SELECT refused_at FROM refused_token WHERE token = ''), 0) FROM client AS c"
            " WHERE c.id = ? AND c.revoked_at IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM refused_token WHERE token = ?)",
            (client, token_id),
        )
        if row is None or token_id == _ALL:
            return None
        found = _client(row[:7])
        return found, max(row[7], found.tokens_since or 0)

    def note(self, *events: Event) -> None:
        """Keep events in the audit log."""
        if events:
            self._db.run_many(
                "INSERT INTO audit (audit, at, event, client, address, request, detail, entry)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(number, *event) for number, event in enumerate(events, self._next("audit"))],
            )

    def events(self, limit: int) -> list[Event]:
        """The newest events, newest first."""
        rows = self._db.all(
            "SELECT at, event, client, address, request, detail, entry FROM audit"
            " ORDER BY audit DESC LIMIT ?",
            (limit,),
        )
        return [Event(*row) for row in rows]

    def forget_strangers(self, before: int) -> None:
        """Forget the events that are older and of no client."""
        self._db.run(
            "DELETE FROM audit WHERE at < ? AND client IS NULL AND address IS NOT NULL", (before,)
        )

    def answer(self, client: str, key: str) -> Answer | None:
        """What a request of a client with this idempotency key was answered."""
        row = self._db.one(
            "SELECT fingerprint, status, body, at FROM answer WHERE client = ? AND key = ?",
            (client, key),
        )
        if row is None:
            return None
        return Answer(bytes(row[0]), row[1], bytes(row[2]), row[3])

    def keep_answer(self, client: str, key: str, answer: Answer) -> None:
        """Keep an answer, in the same write as what it tells of."""
        self._db.run(
            "INSERT INTO answer (client, key, fingerprint, status, body, at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (client, key, *answer),
        )

    def forget_answers(self, before: int) -> None:
        """Forget the answers that are older."""
        self._db.run("DELETE FROM answer WHERE at < ?", (before,))


def _client(row: Row) -> Client:
    id_, name, scopes, meters, created_at, revoked_at, tokens_since = row
    return Client(
        id_,
        name,
        tuple(scopes.split()),
        None if meters is None else tuple(meters.split()),
        created_at,
        revoked_at,
        tokens_since,
    )
