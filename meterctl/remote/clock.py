"""How far the clocks of the servers are from this machine's, by the Date of what they answer."""

from __future__ import annotations

from collections.abc import Mapping

from meterctl.remote import http_date


class Heard:
    """What this process has heard last."""

    offset: int | None = None  # milliseconds that the server's clock is ahead; None: nothing yet

    def listen(self, headers: Mapping[str, str], read_at: int) -> None:
        """Take the date of an answer that was read just now; one without any tells nothing.

        Args:
            headers: By names in lower case, or whatever the case.
            read_at: When it was read, by this machine's clock.
        """
        when = http_date(headers.get("date", ""))
        if when is not None:
            self.offset = round(when.timestamp() * 1000) - read_at


heard = Heard()
