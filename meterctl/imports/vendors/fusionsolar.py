"""Huawei FusionSolar: the plant reports of its portal, by the hour, day, month or year.

A title, then `Statistical Period,Theoretical Yield (kWh),PV Yield (kWh),Inverter Yield (kWh),
Export (kWh),Import (kWh),...`. Most of its columns of kWh are no energy that flowed: what the sun
would have given, what was not made, and the same yield once more behind the inverter.
"""

from __future__ import annotations

from collections.abc import Sequence

from meterctl.domain.meters import Direction
from meterctl.imports.formats import Options
from meterctl.imports.layout import Facts, Layout
from meterctl.imports.series import Series
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.flows import FLOWS
from meterctl.imports.vendors.headings import BATTERY, columns_of, role
from meterctl.imports.vendors.plants import Plants
from meterctl.imports.vendors.wide import Header, Wide, find_row, has_digit, take_apart

_TIMES = ("statistical period", "statistical time", "statistics period", "collection time")
_PLANTS = ("plant name", "plant")
_ITS_OWN = ("theoretical yield", "pv yield", "inverter yield")
_NO_FLOW = "what the sun would have given, no energy that flowed; --map keeps it"
_AGAIN = "the PV's yield again, behind the inverter; --map keeps it"
_ROLES = (
    role("theoretical|specific|irradiation", Direction.GENERATION, "theoretical", _NO_FLOW),
    role("^discharge", Direction.GENERATION, "battery-discharge", BATTERY),
    role("^charge", Direction.CONSUMPTION, "battery-charge", BATTERY),
    *FLOWS,
)
_HINT = "export the energy (kWh) instead: FusionSolar, Reports, Plant Report"


class FusionSolar:
    """The plant reports of FusionSolar."""

    name = "fusionsolar"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A statistical period, and a yield by one of FusionSolar's names."""
        header = find_row(document, _fits)
        if header is None:
            return None
        time = header.place(*_TIMES) or 0
        columns = columns_of(header, _ROLES, options, _HINT, (time,))
        values = _made_once(document, header, dict(columns.values))
        if not values:
            return None
        table = Wide(
            format=self.name,
            title="Huawei FusionSolar, plant report",
            facts=Facts(),
            header=header,
            values=values,
            time=(time,),
            notes=columns.notes,
        )
        plant = header.place(*_PLANTS)
        return table if plant is None else Plants(table, plant)


def _fits(folded: Sequence[str]) -> bool:
    names = {take_apart(name).name for name in folded}
    return any(one in folded for one in _TIMES) and any(one in names for one in _ITS_OWN)


def _made_once(document: Document, header: Header, values: dict[int, Series]) -> dict[int, Series]:
    """The inverter's yield counts only where the panels' is not there, or is empty."""
    places = {take_apart(header.names[index]).name: index for index in values}
    pv, inverter = places.get("pv yield"), places.get("inverter yield")
    if pv is None or inverter is None:
        return values
    rows = [record.cells for record in document.head if record.line > header.record.line]
    is_filled = any(len(cells) > pv and has_digit(cells[pv]) for cells in rows)
    again = inverter if is_filled else pv
    return {**values, again: values[again]._replace(part="again", only_if_mapped=_AGAIN)}
