"""Days' totals: `addoutput.jsp`, which puts a day's energy in the place of what stood there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from meterctl.utility.answers import with_another_value
from meterctl.utility.exchange import exchange
from meterctl.utility.port import (
    Accepted,
    Bounds,
    Lost,
    NotTaken,
    NotThere,
    Outcome,
    Request,
)
from meterctl.utility.pvoutput.figures import day_text, not_for_it, watt_hours
from meterctl.utility.pvoutput.owners import Owners
from meterctl.utility.pvoutput.service import BY_HAND, SETTLES, Service
from meterctl.utility.pvoutput.settings import DAY_FIELDS, Settings
from meterctl.utility.pvoutput.told import cannot_ask, heard_of, looked_up, says_added, shown_number
from meterctl.utility.sending import shown_request
from meterctl.utility.statuses import Heard

_EXPORTED = "e"
_ZERO_IS_NONE = ("g", "c")  # shown as 0 where nothing is known of them


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
    """

    channel = "api"
    bounds = Bounds(by_day=True, whole_days=True, settles=SETTLES)

    def __init__(self, settings: Settings, service: Service) -> None:
        self._settings = settings
        self._service = service
        self._owners = Owners(settings.fields)

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Hand over a day's total."""
        (request,) = requests
        total = self._leaving(request)
        if not isinstance(total, _Total):
            return [total]
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
            return _shown(total, rows, heard)

        return looked_up(ending, self._service.mask, read)

    def probe(self, seconds: float) -> Outcome:
        """Ask for the system itself."""
        return self._service.probe(seconds)

    def objection(self, request: Request) -> NotTaken | None:
        """Why a reading cannot be told as the settings are; nobody is asked."""
        total = self._total(request)
        return total if isinstance(total, NotTaken) else None

    def preview(self, requests: Sequence[Request]) -> str:
        """The requests that would leave, or why none would."""
        texts = []
        for request in requests:
            total = self._leaving(request)
            if isinstance(total, _Total):
                outgoing = self._service.post("addoutput", _form(total))
                texts.append(shown_request(outgoing, self._service.mask))
            else:
                texts.append(f"nothing is sent: {total.why}")
        return "\n\n".join(texts)

    def close(self) -> None:
        """Nothing is held."""

    def _leaving(self, request: Request) -> _Total | NotTaken:
        """What is sent of a reading, where its place is not another meter's."""
        total = self._total(request)
        if not isinstance(total, _Total):
            return total
        return self._owners.claimed(total.field, request.meter) or total

    def _total(self, request: Request) -> _Total | NotTaken:
        """What is sent of a reading, or which setting is in the way."""
        if request.kind != "daily":
            why = f"PVOutput takes a day's total, and {request.meter} is no daily meter"
            unfit = not_for_it(request.meter, why)
            hint = f'{unfit.hint}; service = "status" in METERCTL_UTILITY_CONFIG takes registers'
            return unfit._replace(hint=hint)
        field = self._settings.field(request.meter, request.direction)
        if field is None:
            why = f"PVOutput has no place for the direction {request.direction}"
            return not_for_it(request.meter, why)
        energy = watt_hours(request, self._settings.rounding)
        return energy if isinstance(energy, NotTaken) else _Total(day_text(request), field, energy)


def _shown(total: _Total, rows: list[list[str]], heard: Heard) -> Outcome:
    """What the day's row says of a total."""
    row = next((row for row in rows if row[0] == total.day), None)
    place = DAY_FIELDS[total.field]
    if row is None or len(row) <= max(place, DAY_FIELDS["c"]):
        return heard.nonsense(f"it answered {heard.line}, but not with the day")
    energy = shown_number(row, place)
    if energy == total.energy:
        return Accepted(total.receipt, heard.answer)
    if energy == 0 and total.field == _EXPORTED:
        # Not sent again: where it forgot an export, it would forget it each time.
        why = "it shows an export of 0: it forgot ours, or knows of none"
        return Lost(why, BY_HAND, answer=heard.answer, heard=True)
    if energy is None or (energy == 0 and total.field in _ZERO_IS_NONE):
        return NotThere(heard.answer)
    return with_another_value(f"{energy} Wh", heard.answer)


def _form(total: _Total) -> dict[str, str]:
    return {"d": total.day, total.field: str(total.energy)}
