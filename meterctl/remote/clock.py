"""How far the clocks of the servers are from this machine's, by the Date of what they answer."""

from __future__ import annotations

from collections.abc import Mapping


class Heard:
    """What this process has heard last."""

    offset: int | None = None  # milliseconds that the server's clock is ahead; None: nothing yet

    def listen(self, headers: Mapping[str, str], read_at: int) -> None:
        """Take the date of an answer that was read just now; one without any tells nothing.

        Args:
            headers: By names in lower case, or whatever the case.
            read_at: When it was read, by this machine's clock.
        """
        from email.utils import parsedate_to_datetime

        try:
            when = parsedate_to_datetime(headers.get("date", ""))
            self.offset = round(when.timestamp() * 1000) - read_at
        except (ValueError, TypeError, IndexError, OverflowError, OSError):
            return


heard = Heard()
