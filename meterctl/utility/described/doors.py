"""How a request says who sends it: with what is known already, or signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from urllib.parse import quote_plus, urlsplit

from meterctl.redact import secrets_of
from meterctl.utility.described.calls import one_header, with_query
from meterctl.utility.described.templates import Template, Values
from meterctl.utility.exchange import Outgoing
from meterctl.utility.given import Given
from meterctl.utility.port import Misconfigured, NotTaken, Refused

HASHES = ("sha256", "sha512", "sha1")


class Door(Protocol):
    """One way to say it."""

    def opened(
        self, outgoing: Outgoing, values: Values, seconds: float
    ) -> Outgoing | NotTaken | Refused | Misconfigured:
        """The request with what lets it in; or why nothing can leave, which then nothing has."""

    def shown(self, outgoing: Outgoing, values: Values) -> Outgoing:
        """The same for people; nothing is asked for it."""

    def renew(self) -> bool:
        """Whether another try may fare better where it did not let us: with a fresh token."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What it has beside the settings that must never be shown."""


class Marks(NamedTuple):
    """Headers and parts of the query that each request carries."""

    headers: Mapping[str, Template]
    query: Mapping[str, Template]

    def put_on(self, outgoing: Outgoing, values: Values) -> Outgoing:
        """The request with them.

        Raises:
            Missing: a placeholder has no value.
        """
        headers = {name: one_header(template, values) for name, template in self.headers.items()}
        query = [(name, template.text(values)) for name, template in self.query.items()]
        return outgoing._replace(
            url=with_query(outgoing.url, query), headers={**outgoing.headers, **headers}
        )


class Known:
    """What is known from the start: nothing, a key, a bearer's token, a user with a password."""

    secrets = ()

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def opened(self, outgoing: Outgoing, values: Values, seconds: float) -> Outgoing:  # noqa: ARG002 (the port's)
        """The request with it."""
        return self._marks.put_on(outgoing, values)

    def shown(self, outgoing: Outgoing, values: Values) -> Outgoing:
        """The same."""
        return self._marks.put_on(outgoing, values)

    def renew(self) -> bool:
        """There is nothing to renew."""
        return False


class Signed(Known):
    """A signature over what leaves.

    Args:
        marks: Where it is put, as `{signature}`.
        message: What is signed; of the request it may name method, path, query and body.
        hash_name: One of `HASHES`.
        encoding: `hex` or `base64`.
        secret: The key.
    """

    def __init__(
        self, marks: Marks, message: Template, hash_name: str, encoding: str, secret: str
    ) -> None:
        super().__init__(marks)
        self._message = message
        self._hash_name = hash_name
        self._encoding = encoding
        self._secret = secret.encode()

    def opened(self, outgoing: Outgoing, values: Values, seconds: float) -> Outgoing:  # noqa: ARG002 (the port's)
        """The request, signed."""
        return self._marks.put_on(outgoing, {**values, "signature": self._sign(outgoing, values)})

    def shown(self, outgoing: Outgoing, values: Values) -> Outgoing:
        """The same, for another instant than the one that will be signed."""
        return self._marks.put_on(outgoing, {**values, "signature": "***"})

    def _sign(self, outgoing: Outgoing, values: Values) -> str:
        parts = urlsplit(outgoing.url)
        of_request = {
            "method": outgoing.method,
            "path": parts.path,
            "query": parts.query,
            "body": outgoing.content.decode(),
        }
        message = self._message.text({**values, **of_request})
        digest = hmac.new(self._secret, message.encode(), getattr(hashlib, self._hash_name))
        if self._encoding == "hex":
            return digest.hexdigest()
        return base64.b64encode(digest.digest()).decode()


def secrets_in(url: str, given: Given) -> list[str]:
    """All that must never be shown of an account, also as a Basic header spells it."""
    user, secret = given.user or "", given.secret
    spelled = () if not secret else ((user, secret), (quote_plus(user), quote_plus(secret)))
    return secrets_of(url, *given.secrets, *(basic(*pair) for pair in spelled))


def basic(user: str, secret: str) -> str:
    """What the header of a user with a password says."""
    return base64.b64encode(f"{user}:{secret}".encode()).decode()
