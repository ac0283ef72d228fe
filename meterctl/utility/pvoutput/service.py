"""Requests to PVOutput's API r2, for one system."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from meterctl.redact import mask_for
from meterctl.utility.exchange import Ending, Outgoing, exchange
from meterctl.utility.port import NotThere, Outcome
from meterctl.utility.pvoutput.settings import Settings
from meterctl.utility.pvoutput.told import looked_up

# It says OK first and works after: what was sent may be shown a minute or more later.
SETTLES = 600.0
# For what it shows nothing of, or nothing that can be told from nothing.
BY_HAND = "look at PVOutput's own page, then: meterctl submissions resolve"


class Service:
    """The API, as one system is let in to it."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.url}/service/r2"
        self._headers = {
            "X-Pvoutput-Apikey": settings.key,
            "X-Pvoutput-SystemId": settings.system,
            "X-Rate-Limit": "1",  # asks to be told when the limit ends
            "Accept": "text/plain",
            "Accept-Encoding": "identity",
            "User-Agent": "meterctl",
        }
        self.mask = mask_for([settings.key])

    def post(self, script: str, form: Mapping[str, str]) -> Outgoing:
        """A request that changes something there."""
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        return Outgoing(
            "POST", f"{self._url}/{script}.jsp", headers, urlencode(form, safe=",;:").encode()
        )

    def get(self, script: str, query: Mapping[str, str], seconds: float) -> Ending:
        """Ask for something."""
        tail = f"?{urlencode(query, safe=':')}" if query else ""
        url = f"{self._url}/{script}.jsp{tail}"
        return exchange(Outgoing("GET", url, self._headers, b""), seconds)

    def probe(self, seconds: float) -> Outcome:
        """Ask for the system itself."""
        ending = self.get("getsystem", {}, seconds)
        return looked_up(ending, self.mask, lambda _, heard: NotThere(heard.answer))
