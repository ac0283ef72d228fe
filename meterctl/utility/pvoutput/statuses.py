"""The energy at a time of the day: `addbatchstatus.jsp`, several in one request."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from meterctl.utility.answers import with_another_value
from meterctl.utility.exchange import Outgoing, exchange
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
from meterctl.utility.pvoutput.figures import day_text, not_for_it, time_text, watt_hours
from meterctl.utility.pvoutput.owners import Owners
from meterctl.utility.pvoutput.service import BY_HAND, SETTLES, Service
from meterctl.utility.pvoutput.settings import Settings
from meterctl.utility.pvoutput.told import cannot_ask, heard_of, looked_up, rows_in, shown_number
from meterctl.utility.sending import shown_request
from meterctl.utility.statuses import Heard

_COLUMNS = ("v1", "v2", "v3")  # energy made, power, energy used
_PLACES = {"v1": 2, "v3": 4}  # in what getstatus.jsp answers
# Which energies count on for ever, by the flag c1; 0 is for those that start again each day.
_FLAGS = {("v1", "v3"): "1", ("v1",): "2", ("v3",): "3", (): "0"}
_ADDED = ("1", "2")  # as a new status, or in the place of another
_LEAST = 1.0  # seconds: with less left, a request would be in doubt rather than answered


class _Row(NamedTuple):
    """An energy at a time, as it is sent."""

    day: str  # yyyymmdd
    time: str  # hh:mm
    field: str  # v1 or v3
    energy: int  # Wh
    counts_on: bool  # a register's; else that of the day so far
    at: int  # the reading's own time: of those with one place the last counts

    @property
    def place(self) -> tuple[str, str, str]:
        """What holds one energy."""
        return self.day, self.time, self.field

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
        self._owners = Owners({})
        self._last: dict[tuple[str, str, str], int] = {}  # when what was accepted was read
        self.bounds = Bounds(
            rows=100 if settings.donor else 30,
            oldest_days=90 if settings.donor else 14,
            settles=SETTLES,
        )

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """Hand over readings, in one request; each has an outcome of its own.

        Of several it says which it did not add, and not why: these are sent again, one by one, as
        far as the time goes.
        """
        ends = time.monotonic() + seconds
        rows = self._rows(requests)
        leaving = [row for row in rows if isinstance(row, _Row)]
        outcomes = iter(self._sent(leaving, ends))
        return [next(outcomes) if isinstance(row, _Row) else row for row in rows]

    def _sent(self, rows: Sequence[_Row], ends: float) -> list[Outcome]:
        if not rows:
            return []
        ending = exchange(self._outgoing(rows), ends - time.monotonic())
        heard = heard_of(ending, self._service.mask)
        outcomes = [_outcome(row, heard) for row in rows]
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, Accepted):
                self._last[row.place] = max(row.at, self._last.get(row.place, row.at))
        return outcomes if len(rows) == 1 else list(self._explained(rows, outcomes, ends))

    def _explained(
        self, rows: Sequence[_Row], outcomes: Sequence[Outcome], ends: float
    ) -> Iterator[Outcome]:
        """What became of several, where those that were not added have an answer of their own."""
        stopped = ""
        wait = None
        for row, outcome in zip(rows, outcomes, strict=True):
            if not _is_refusal(outcome):
                yield outcome
                continue
            if not stopped and ends - time.monotonic() < _LEAST:
                stopped = "no time was left to ask why"
            if stopped:
                yield NotTaken(f"it was not added, and {stopped}", wait=wait)
                continue
            (single,) = self._sent([row], ends)
            if not (isinstance(single, Accepted) or _is_refusal(single)):  # nor would the others
                stopped = f"it did not say why: {single[0]}"
                wait = single.wait if isinstance(single, (Lost, NotTaken)) else None
            yield single

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

    def objection(self, request: Request) -> NotTaken | None:
        """Why a reading cannot be told as the settings are; nobody is asked."""
        row = self._row(request)
        return row if isinstance(row, NotTaken) else None

    def preview(self, requests: Sequence[Request]) -> str:
        """The request that would leave, and what would not leave with it."""
        rows = self._rows(requests)
        leaving = [row for row in rows if isinstance(row, _Row)]
        texts = [f"nothing is sent: {row[0]}" for row in rows if not isinstance(row, _Row)]
        if leaving:
            texts.insert(0, shown_request(self._outgoing(leaving), self._service.mask))
        return "\n\n".join(texts)

    def close(self) -> None:
        """Nothing is held."""

    def _rows(self, requests: Sequence[Request]) -> list[_Row | Rejected | NotTaken]:
        """What is sent of each reading: of one meter in each column, and one for each place."""
        rows: list[_Row | Rejected | NotTaken] = []
        at: dict[tuple[str, str, str], int] = {}
        late = Rejected(
            f"PVOutput keeps one status in {self._settings.interval} minutes,"
            " and a later reading has the same"
        )
        for request in requests:
            row: _Row | Rejected | NotTaken = self._row(request)
            if isinstance(row, _Row):
                row = self._owners.claimed(row.field, request.meter) or row
            if isinstance(row, _Row) and row.at < self._last.get(row.place, row.at):
                row = late
            if isinstance(row, _Row):
                if row.place in at:
                    rows[at[row.place]] = late
                at[row.place] = len(rows)
            rows.append(row)
        return rows

    def _row(self, request: Request) -> _Row | NotTaken:
        """What is sent of a reading, or which setting is in the way."""
        if request.kind not in ("daily", "register"):
            why = f"PVOutput takes counters, and {request.meter} tells the energy of intervals"
            return not_for_it(request.meter, why)
        field = self._settings.field(request.meter, request.direction)
        if field is None:
            why = (
                f"a status at PVOutput has no place for the direction {request.direction}:"
                " generation and consumption alone"
            )
            return not_for_it(request.meter, why)
        energy = watt_hours(request, self._settings.rounding)
        if isinstance(energy, NotTaken):
            return energy
        time_ = time_text(request, self._settings.interval)
        counts_on = request.kind == "register"
        return _Row(day_text(request), time_, field, energy, counts_on, request.at)

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


def _is_refusal(outcome: Outcome) -> bool:
    """Whether it provably did not add what was sent, and other rows may fare better."""
    return isinstance(outcome, Rejected) or (isinstance(outcome, NotTaken) and outcome.alone)


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
        return Lost(why, BY_HAND, answer=heard.answer, heard=True)
    if energy == row.energy:
        return Accepted(row.receipt, heard.answer)
    # An earlier reading's: a day's energy only grows, and ours goes over it.
    if energy < row.energy:
        return NotThere(heard.answer)
    return with_another_value(f"{energy} Wh", heard.answer)


def _is_of(told: list[str], row: _Row) -> bool:
    """Whether a line of an answer is of a row; times are `hh:mm`, or `hhmm` in older answers."""
    return (
        len(told) >= 3
        and told[0] == row.day
        and told[1].replace(":", "") == (row.time.replace(":", ""))
    )
