"""Octopus Energy (UK): the half hours of one meter, from its website or its API.

A file says neither which meter it is of nor what flows: the same columns are downloaded for
electricity drawn, for electricity fed in, and for gas.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.formats import Options
from meterctl.imports.layout import Facts, Layout
from meterctl.imports.series import Commodity, Series
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.headings import unit_unknown
from meterctl.imports.vendors.wide import Header, Wide, find_row, refuse_power, take_apart

_STARTS = ("start", "interval_start", "interval start", "start time", "start date")
_ENDS = ("end", "interval_end", "interval end", "end time", "end date")
_PARTS = {"home consumption": "home", "ev consumption": "vehicle"}
_EXPORTS = ("export", "energy exported", "exported", "generation", "outgoing")
_COSTS = re.compile(r"cost|charge|price|rate|tariff|tax|\(p\)|£")
_SUM = "the sum of home and EV; --map keeps it"
_TAKEN = (
    "the file does not say which meter it is of: taken as electricity from the grid; if it is of"
    " an export meter, say --direction to_grid; gas in kWh goes to a gas meter with --map"
)
_POWER_HINT = "export the consumption (kWh) instead"


class Octopus:
    """The consumption download of Octopus Energy."""

    name = "octopus"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A consumption, its start and its end."""
        header = find_row(document, _is_header)
        if header is None:
            return None
        start, end = header.place(*_STARTS), header.place(*_ENDS)
        if start is None or end is None:
            return None
        values = {
            index: _series(header, index, options)
            for index, name in enumerate(header.folded)
            if _counts(take_apart(name).name)
        }
        if any(one.part for one in values.values()):  # both of a split: their sum is no third
            values = {
                index: one if one.part else one._replace(only_if_mapped=_SUM)
                for index, one in values.items()
            }
        is_taken = options.direction is None and any(
            one.direction is Direction.FROM_GRID for one in values.values()
        )
        return Wide(
            format=self.name,
            title="Octopus Energy, consumption",
            facts=Facts(decimal="."),
            header=header,
            values=values,
            time=(start,),
            end=(end,),
            notes=(_TAKEN,) if is_taken else (),
        )


def _counts(name: str) -> bool:
    return name == "consumption" or name in _PARTS or name in _EXPORTS


def _is_header(names: Sequence[str]) -> bool:
    """Whether these are a consumption, a start, an end and what it cost, and nothing else."""
    return (
        any(name in _STARTS for name in names)
        and any(name in _ENDS for name in names)
        and any(_counts(take_apart(name).name) for name in names)
        and all(
            name in _STARTS
            or name in _ENDS
            or _counts(take_apart(name).name)
            or _COSTS.search(name)
            for name in names
        )
    )


def _series(header: Header, index: int, options: Options) -> Series:
    heading = take_apart(header.folded[index])
    if heading.is_power:
        raise refuse_power(header, index, _POWER_HINT)
    unit = heading.unit or options.unit
    if not unit:
        raise unit_unknown(header, index)
    is_gas = unit in {"m³", "ft³", "CCF", "therm"}
    if is_gas:
        direction = Direction.CONSUMPTION
    elif heading.name in _EXPORTS:
        direction = Direction.TO_GRID
    else:
        direction = options.direction or Direction.FROM_GRID
    return Series(
        header.names[index],
        Kind.INTERVAL,
        direction,
        unit,
        commodity=Commodity.GAS if is_gas else Commodity.ELECTRICITY,
        part=_PARTS.get(heading.name, ""),
    )
