"""HomeWizard: where its meters stood, every quarter of an hour or every day.

The P1 meter's columns are the grid's, by tariff; a kWh meter's are those of the device behind it,
so that its import is consumption and its export generation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.formats import Options
from meterctl.imports.layout import Facts, Layout
from meterctl.imports.series import Commodity, Series
from meterctl.imports.text.document import Document
from meterctl.imports.units import unit_of
from meterctl.imports.vendors.headings import BATTERY
from meterctl.imports.vendors.wide import Header, Wide, find_row, power_notes, take_apart

_GRID = re.compile(r"(import|export) (t[1-4]) kwh")
_DEVICE = re.compile(r"(import|export) kwh")
_VOLUME = re.compile(
    r"(?:total )?(gas|water) (?:(?:used|usage|total) ?)?(m3|l|dl|liters?|litres?)|total (gas) used"
)
_OF_DEVICE = (
    "a kWh meter's import is taken as a device's consumption, its export as generation:"
    " --map names other meters"
)


class HomeWizard:
    """The exports of HomeWizard Energy."""

    name = "homewizard"

    def layout(self, document: Document, options: Options) -> Layout | None:  # noqa: ARG002
        """`time`, and columns by HomeWizard's names."""
        header = find_row(document, _fits)
        if header is None:
            return None
        is_battery = any("state of charge" in name for name in header.folded)
        values = {
            index: series
            for index in range(1, len(header.names))
            if (series := _series(header, index, is_battery=is_battery)) is not None
        }
        notes = [*power_notes(name for name in header.names if take_apart(name).is_power)]
        if not is_battery and any(_DEVICE.fullmatch(name) for name in header.folded):
            notes.append(_OF_DEVICE)
        return Wide(
            format=self.name,
            title="HomeWizard export",
            facts=Facts(decimal="."),
            header=header,
            values=values,
            notes=tuple(notes),
        )


def _fits(folded: Sequence[str]) -> bool:
    if folded[0] != "time":
        return False
    known = (_GRID, _DEVICE, _VOLUME)
    return any(one.fullmatch(name) for name in folded[1:] for one in known)


def _series(header: Header, index: int, *, is_battery: bool) -> Series | None:
    name, folded = header.names[index], header.folded[index]
    if match := _GRID.fullmatch(folded):
        direction = Direction.FROM_GRID if match[1] == "import" else Direction.TO_GRID
        return Series(name, Kind.REGISTER, direction, "kWh", part=match[2])
    if match := _DEVICE.fullmatch(folded):
        direction = Direction.CONSUMPTION if match[1] == "import" else Direction.GENERATION
        only_if_mapped = BATTERY if is_battery else None
        return Series(name, Kind.REGISTER, direction, "kWh", only_if_mapped=only_if_mapped)
    if (match := _VOLUME.fullmatch(folded)) and (unit := unit_of(match[2] or "m3")):
        commodity = Commodity(match[1] or match[3])
        return Series(name, Kind.REGISTER, Direction.CONSUMPTION, unit, commodity)
    return None
