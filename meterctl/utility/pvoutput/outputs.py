"""Days' totals: `addoutput.jsp`, which puts a day's energy in the place of what stood there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from meterctl.utility.exchange import exchange
from meterctl.utility.port import (
    Accepted,
    Bounds,
    Lost,
    NotTaken,
    NotThere,
    Outcome,
    Rejected,
    Request,
)
from meterctl.utility.pvoutput.figures import day_text, watt_hours
from meterctl.utility.pvoutput.service import Service
from meterctl.utility.pvoutput.settings import DAY_FIELDS, Settings
from meterctl.utility.pvoutput.told import cannot_ask, heard_of, looked_up, says_added, shown_number
from meterctl.utility.recent import Recent
from meterctl.utility.sending import shown_request
from meterctl.utility.statuses import Heard

# It says OK first and works after: what was sent may be shown a minute or more later.
SETTLES = 600.0

_EXPORTED = "e"
_GENERATED = "g"  # shown as 0 where nothing is known of it


class _Total(NamedTuple):
    """A day's energy, as it is sent."""

    day: str  # yyyymmdd
    field: str
    energy: int  # Wh

    @property
    def receipt(self) -> str:
        """What is proven of it; PVOutput itself gives none."""
        return f"{self.day} {self.field} {self.energy} Wh"


class Outputs:
    """The port `meterctl.utility.port.Utility` for the days of a system.

    Args:
        settings: The system.
        service: Its requests.
        clock: Seconds since 1970: a day that is not over has no total yet.
    """

    channel = "api"
    bounds = Bounds(by_day=True, whole_days=True, settles=SETTLES)

    def __init__(
        self, settings: Settings, service: Service, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._service = service
        self._clock = clock
        self._recent = Recent(SETTLES, clock)

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Hand over a day's total."""
        (request,) = requests
        total = self._total(request)
        if not isinstance(total, _Total):
            return [total]
        if (early := self._too_early(request)) is not None:
            return [early]
        self._recent.note(request.key)
        outgoing = self._service.post("addoutput", _form(total))
        heard = heard_of(exchange(outgoing, seconds), self._service.mask)
        if not isinstance(heard, Heard):
            return [heard]
        if not says_added(heard):
            return [heard.nonsense(f"it answered {heard.line}, but not that it added the day")]
        if total.field == _EXPORTED:
            # It says OK as well to an export that it finds too large, and forgets it.
            why = "it says OK to any export: what it shows is the proof"
            return [Lost(why, answer=heard.answer)]
        return [Accepted(total.receipt, heard.answer)]

    def ask(self, request: Request, seconds: float) -> Outcome:
        """Look at the day that it shows."""
        total = self._total(request)
        if not isinstance(total, _Total):
            return cannot_ask(total)
        query = {"df": total.day, "dt": total.day}
        ending = self._service.get("getoutput", query, seconds)

        def read(rows: list[list[str]], heard: Heard) -> Outcome:
            return self._shown(request, total, rows, heard)

        return looked_up(ending, self._service.mask, read)

    def probe(self, seconds: float) -> Outcome:
        """Ask for the system itself."""
        return self._service.probe(seconds)

    def preview(self, requests: Sequence[Request]) -> str:
        """The requests that would leave, or why none would."""
        texts = []
        for request in requests:
            total = self._total(request)
            if isinstance(total, _Total):
                outgoing = self._service.post("addoutput", _form(total))
                texts.append(shown_request(outgoing, self._service.mask))
            else:
                texts.append(f"nothing is sent: {total.reason}")
        return "\n\n".join(texts)

    def close(self) -> None:
        """Nothing is held."""

    def _total(self, request: Request) -> _Total | Rejected:
        """What is sent of a reading, or why it cannot be."""
        if request.kind != "daily":
            return Rejected(
                f"PVOutput takes a day's total, and {request.meter} is no daily meter;"
                ' service = "status" takes registers'
            )
        field = self._settings.field(request.meter, request.direction)
        if field is None:
            return Rejected(f"PVOutput has no place for the direction {request.direction}")
        energy = watt_hours(request, self._settings.rounding)
        if isinstance(energy, Rejected):
            return energy
        return _Total(day_text(request), field, energy)

    def _too_early(self, request: Request) -> NotTaken | None:
        """A day that is not over has no total; once it had one, the day would be closed."""
        local = request.local
        after = datetime.combine(local.date() + timedelta(days=1), datetime.min.time())
        left = after.replace(tzinfo=request.zone).timestamp() - self._clock()
        if left <= 0:
            return None
        return NotTaken(f"{local:%Y-%m-%d} is not over: its total is not known yet", wait=left)

    def _shown(
        self, request: Request, total: _Total, rows: list[list[str]], heard: Heard
    ) -> Outcome:
        """What the day's row says of a total."""
        row = next((row for row in rows if row[0] == total.day), None)
        if row is None or len(row) <= max(DAY_FIELDS["e"], DAY_FIELDS["c"]):
            return heard.nonsense(f"it answered {heard.line}, but not with the day")
        energy = shown_number(row, DAY_FIELDS[total.field])
        if energy == total.energy:
            return Accepted(total.receipt, heard.answer)
        if energy is None or (energy == 0 and total.field == _GENERATED):
            return NotThere(heard.answer)
        if left := self._recent.left(request.key):
            why = f"it shows {energy} Wh still, and may be at work on ours"
            return Lost(why, wait=left, answer=heard.answer)
        return Rejected(f"already there with another value: {energy} Wh", heard.answer)


def _form(total: _Total) -> dict[str, str]:
    return {"d": total.day, total.field: str(total.energy)}
