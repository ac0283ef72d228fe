"""Tesla: the energy that its app exports for a week, a month, a year.

Each time has its offset, which changes with the clocks. A long span has its larger columns in
MWh and its smaller ones in kWh. What the app exports for a day is power.
"""

from __future__ import annotations

import re

from meterctl.domain.meters import Direction
from meterctl.imports.formats import Options
from meterctl.imports.layout import Facts, Layout
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.evidence import label_supposed, shows_a_dial
from meterctl.imports.vendors.headings import BATTERY, NET, columns_of, role
from meterctl.imports.vendors.wide import Wide, find_row, take_apart

_OF_TESLA = re.compile(
    r"home|solar( energy)?|vehicle|(from |to )?powerwall|(from |to )?grid|generator|battery"
)
_POWER_HINT = "export the energy (kWh) instead: Tesla app, Energy, a week, month or year, Download"
_ROLES = (
    role(
        r"^(from|powerwall discharge).*(powerwall|battery)",
        Direction.GENERATION,
        "battery",
        BATTERY,
    ),
    role(r"powerwall|battery", Direction.CONSUMPTION, "battery", BATTERY),
    role(r"^(to grid|grid export)", Direction.TO_GRID),
    role(r"^(from grid|grid import)", Direction.FROM_GRID),
    role(r"^grid$", Direction.FROM_GRID, "net", NET),
    role(r"solar", Direction.GENERATION),
    role(r"generator", Direction.GENERATION, "generator"),
    role(r"vehicle", Direction.CONSUMPTION, "vehicle"),
    role(r"^home\b", Direction.CONSUMPTION, "home"),
)


class Tesla:
    """What the Tesla app exports."""

    name = "tesla"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A time, and two or more of the columns that only Tesla has together."""
        header = find_row(
            document,
            lambda names: (
                names[0] == "date time"
                and sum(_OF_TESLA.fullmatch(take_apart(name).name) is not None for name in names)
                >= 2
            ),
        )
        if header is None:
            return None
        columns = columns_of(header, _ROLES, options, _POWER_HINT, (0,))
        if not columns.values or shows_a_dial(document, header, columns.values, options):
            return None
        return Wide(
            format=self.name,
            title="Tesla app, energy",
            facts=Facts(decimal=".", label=label_supposed(document, header)),
            header=header,
            values=columns.values,
            notes=columns.notes,
        )
