"""The adapter `json`: an endpoint that takes a reading as a JSON object, and is asked by key."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit, urlunsplit

from meterctl.domain.exact import exact, to_json
from meterctl.domain.times import iso_utc
from meterctl.redact import mask_for, secrets_of
from meterctl.utility.answers import Reply, asked, submitted
from meterctl.utility.exchange import Outgoing, exchange
from meterctl.utility.port import Bounds, NotTaken, Outcome, Request
from meterctl.utility.sending import shown_request, unanswered


class JsonUtility:
    """The port `meterctl.utility.port.Utility` for one endpoint.

    Args:
        url: Takes readings by POST; with a key behind it, tells by GET what became of one.
        token: What it knows us by.
        key_header: The header for it; None: as a bearer.
    """

    channel = "api"
    bounds = Bounds()

    def __init__(self, url: str, token: str | None = None, key_header: str | None = None) -> None:
        self._url = url
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        self._headers["User-Agent"] = "meterctl"
        if token and key_header:
            self._headers[key_header] = token
        elif token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._mask = mask_for(secrets_of(url, token))

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Hand over a reading, in one request."""
        (request,) = requests
        ending = exchange(self._outgoing(request), seconds)
        if isinstance(ending, Reply):
            return [submitted(ending, request, self._mask)]
        return [unanswered(ending)]

    def probe(self, seconds: float) -> Outcome:
        """Ask about a reading that was never sent."""
        return self.ask(
            Request("meterctl-health", "meterctl-health", None, 0, 0, 0, "kWh"), seconds
        )

    def objection(self, request: Request) -> NotTaken | None:  # noqa: ARG002 (the port's)
        """Any reading can be told."""
        return None

    def preview(self, requests: Sequence[Request]) -> str:
        """The request that would leave."""
        return "\n\n".join(shown_request(self._outgoing(one), self._mask) for one in requests)

    def close(self) -> None:
        """Nothing is held."""

    def _outgoing(self, request: Request) -> Outgoing:
        headers = {
            **self._headers,
            "Content-Type": "application/json",
            "Idempotency-Key": request.key,
        }
        return Outgoing("POST", self._url, headers, body_of(request))

    def ask(self, request: Request, seconds: float) -> Outcome:
        """Ask what became of a reading handed over earlier."""
        url = _of_key(self._url, request.key)
        ending = exchange(Outgoing("GET", url, self._headers, b""), seconds)
        if isinstance(ending, Reply):
            return asked(ending, request, self._mask)
        return unanswered(ending)


def body_of(request: Request) -> bytes:
    """The reading as JSON; its value an exact number."""
    fields: dict[str, object] = {
        "meter": request.meter,
        "serial": request.serial,
        "timestamp": iso_utc(request.at),
        "value": exact(request.value),
        "unit": request.unit,
    }
    if request.starts_at != request.at:
        fields["starts_at"] = iso_utc(request.starts_at)
    return to_json(fields).encode()


def _of_key(url: str, key: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{quote(key, safe='')}"))
