"""The energy at a time of the day: `addbatchstatus.jsp`, several in one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from meterctl.utility.exchange import Outgoing, exchange
from meterctl.utility.port import (
    Accepted,
    Bounds,
    Lost,
    NotThere,
    Outcome,
    Rejected,
    Request,
)
from meterctl.utility.pvoutput.figures import day_text, time_text, watt_hours
from meterctl.utility.pvoutput.service import Service
from meterctl.utility.pvoutput.settings import Settings
from meterctl.utility.pvoutput.told import cannot_ask, heard_of, looked_up, rows_in, shown_number
from meterctl.utility.sending import shown_request
from meterctl.utility.statuses import Heard

SETTLES = 600.0

_COLUMNS = ("v1", "v2", "v3")  # energy made, power, energy used
_PLACES = {"v1": 2, "v3": 4}  # in what getstatus.jsp answers
# Which energies count on for ever, by the flag c1; 0 is for those that start again each day.
_FLAGS = {("v1", "v3"): "1", ("v1",): "2", ("v3",): "3", (): "0"}
_ADDED = ("1", "2")  # as a new status, or in the place of another


class _Row(NamedTuple):
    """An energy at a time, as it is sent."""

    day: str  # yyyymmdd
    time: str  # hh:mm
    field: str  # v1 or v3
    energy: int  # Wh
    counts_on: bool  # a register's; else that of the day so far

    @property
    def receipt(self) -> str:
        """What is proven of it; PVOutput itself gives none."""
        return f"{self.day} {self.time} {self.field} {self.energy} Wh"


class Statuses:
    """The port `meterctl.utility.port.Utility` for the statuses of a system."""

    channel = "api"

    def __init__(self, settings: Settings, service: Service) -> None:
        self._settings = settings
        self._service = service
        self.bounds = Bounds(
            rows=100 if settings.donor else 30, oldest_days=settings.oldest_days, settles=SETTLES
        )

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Hand over readings, in one request; each has an outcome of its own."""
        rows = self._rows(requests)
        leaving = [row for row in rows if isinstance(row, _Row)]
        if not leaving:
            return [row for row in rows if isinstance(row, Rejected)]
        heard = heard_of(exchange(self._outgoing(leaving), seconds), self._service.mask)
        return [_outcome(row, heard) if isinstance(row, _Row) else row for row in rows]

    def ask(self, request: Request, seconds: float) -> Outcome:
        """Look at the status that it shows at that time."""
        row = self._row(request)
        if not isinstance(row, _Row):
            return cannot_ask(row)
        ending = self._service.get("getstatus", {"d": row.day, "t": row.time}, seconds)
        return looked_up(ending, self._service.mask, lambda rows, heard: _shown(row, rows, heard))

    def probe(self, seconds: float) -> Outcome:
        """Ask for the system itself."""
        return self._service.probe(seconds)

    def preview(self, requests: Sequence[Request]) -> str:
        """The request that would leave, and what would not leave with it."""
        rows = self._rows(requests)
        leaving = [row for row in rows if isinstance(row, _Row)]
        texts = [f"nothing is sent: {row.reason}" for row in rows if isinstance(row, Rejected)]
        if leaving:
            texts.insert(0, shown_request(self._outgoing(leaving), self._service.mask))
        return "\n\n".join(texts)

    def close(self) -> None:
        """Nothing is held."""

    def _rows(self, requests: Sequence[Request]) -> list[_Row | Rejected]:
        """What is sent of each reading; one for each place and time, and one way of counting."""
        rows: list[_Row | Rejected] = []
        last: dict[tuple[str, str, str], int] = {}
        counts_on: dict[str, bool] = {}
        for request in requests:
            row = self._row(request)
            if isinstance(row, _Row) and counts_on.setdefault(row.field, row.counts_on) != (
                row.counts_on
            ):
                row = Rejected("PVOutput has one counter for each direction; this is a second one")
            elif isinstance(row, _Row):
                place = row[:3]
                if place in last:
                    rows[last[place]] = Rejected(
                        f"PVOutput keeps one status in {self._settings.interval} minutes,"
                        " and a later reading has the same"
                    )
                last[place] = len(rows)
            rows.append(row)
        return rows

    def _row(self, request: Request) -> _Row | Rejected:
        """What is sent of a reading, or why it cannot be."""
        if request.kind not in ("daily", "register"):
            return Rejected(
                f"PVOutput takes counters, and {request.meter} tells the energy of intervals"
            )
        field = self._settings.field(request.meter, request.direction)
        if field is None:
            return Rejected(
                f"a status at PVOutput has no place for the direction {request.direction}:"
                " generation and consumption alone"
            )
        energy = watt_hours(request, self._settings.rounding)
        if isinstance(energy, Rejected):
            return energy
        at = time_text(request, self._settings.interval)
        return _Row(day_text(request), at, field, energy, request.kind == "register")

    def _outgoing(self, rows: Sequence[_Row]) -> Outgoing:
        merged: dict[tuple[str, str], dict[str, str]] = {}
        for row in rows:
            merged.setdefault((row.day, row.time), {})[row.field] = str(row.energy)
        lines = (
            ",".join((*stamp, *(cells.get(name, "") for name in _COLUMNS)))
            for stamp, cells in sorted(merged.items())
        )
        counting = tuple(sorted({row.field for row in rows if row.counts_on}))
        return self._service.post(
            "addbatchstatus", {"c1": _FLAGS[counting], "data": ";".join(lines)}
        )


def _outcome(row: _Row, heard: Heard | Outcome) -> Outcome:
    """What an answer says of one row."""
    if not isinstance(heard, Heard):
        return heard
    flags = {tuple(told[2:]) for told in rows_in(heard.text) if _is_of(told, row)}
    if len(flags) != 1:
        return heard.nonsense(f"it answered {heard.line}, but not what became of {row.time}")
    (flag,) = flags
    if flag == ("0",):
        return Rejected("it did not add the status, and gave no reason", heard.answer)
    if len(flag) == 1 and flag[0] in _ADDED:
        return Accepted(row.receipt, heard.answer)
    return heard.nonsense(f"it answered {heard.line}, and for {row.time} with a word of its own")


def _shown(row: _Row, rows: list[list[str]], heard: Heard) -> Outcome:
    """What the status at a time says of an energy."""
    told = next((told for told in rows if _is_of(told, row)), None)
    if told is None or len(told) <= max(_PLACES.values()):
        return heard.nonsense(f"it answered {heard.line}, but not with the status of {row.time}")
    energy = shown_number(told, _PLACES[row.field])
    if energy is None:
        return NotThere(heard.answer)
    if row.counts_on:
        why = "it shows a status of that time, but of a register never the value itself"
        hint = "look at PVOutput's own page, then: meterctl submissions resolve"
        return Lost(why, hint, nonsense=True, answer=heard.answer)
    if energy == row.energy:
        return Accepted(row.receipt, heard.answer)
    return Rejected(f"already there with another value: {energy} Wh", heard.answer)


def _is_of(told: list[str], row: _Row) -> bool:
    """Whether a line of an answer is of a row; times are `hh:mm`, or `hhmm` in older answers."""
    return (
        len(told) >= 3
        and told[0] == row.day
        and told[1].replace(":", "") == (row.time.replace(":", ""))
    )
