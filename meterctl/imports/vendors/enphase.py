"""Enphase Enlighten: the energy reports of its portal and app, in the account's language.

Quarter hours, days or months; local time, with an offset in the older form. A `Total` line ends
most of them. What the inverters drew at dusk and at night stands there as a negative production.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from meterctl.domain.meters import Direction
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claimed, Facts, Layout, Order
from meterctl.imports.signs import by_sign
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.evidence import label_supposed, shows_a_dial
from meterctl.imports.vendors.headings import BATTERY, columns_of, role
from meterctl.imports.vendors.wide import Wide, find_row

_TIMES = re.compile(
    r"(date|datum|fecha|data|dato)\s*[/ &-]\s*(time|heure|zeit|uhrzeit|tijd|hora|ora)"
)
_PRODUCED = (
    r"produced|production|produite?s?\b|produziert|erzeugt|geproduceerd|opgewekt|producida|"
    r"prodotta|produzida"
)
_CONSUMED = r"consumed|consumption|consommee|verbrauch|verbruik|consumida|consumata"
_EXPORTED = (
    r"export(ed|ee|iert|eerd|ada|ata)|geexporteerd|eingespeist|teruggeleverd|injectee|immessa|"
    r"vertida"
)
_IMPORTED = r"import(ed|ee|iert|eerd|ada|ata)|geimporteerd|bezogen|afgenomen|prelevata"
_BATTERY = r"batter|batterij|bateria|akku|\baccu"
_DELIVERED = re.compile(r"^energy delivered$")  # by the microinverters
_ROLES = (
    role(
        rf"({_BATTERY}).*(discharg|decharg|entlad|ontlad|scaric|descarg)|"
        rf"(discharg|decharg|entlad|entnommen|ontlad|scaric|descarg).*({_BATTERY})",
        Direction.GENERATION,
        "battery",
        BATTERY,
    ),
    role(_BATTERY, Direction.CONSUMPTION, "battery", BATTERY),
    role(r"generator", Direction.GENERATION, "generator"),
    role(_EXPORTED, Direction.TO_GRID),
    role(_IMPORTED, Direction.FROM_GRID),
    role(_PRODUCED, Direction.GENERATION),
    role(_CONSUMED, Direction.CONSUMPTION),
    role(_DELIVERED.pattern, Direction.GENERATION),
)
_GRID = r"\b(grid|reseau|netz|net|red|rete|rede)\b"
# What only Enphase calls so: `Energy Produced`, `Imported from Grid`.
_KNOWN = re.compile(
    rf"(energ|power).*({_PRODUCED}|{_CONSUMED})|({_PRODUCED}|{_CONSUMED}).*energ|"
    rf"({_EXPORTED}|{_IMPORTED}).*{_GRID}"
)
_DELIVERED_NOTE = "`Energy Delivered` is taken for what the panels made; else name --format generic"
_POWER_HINT = "export the energy (Wh) instead: Enlighten, Reports, Custom Report or Monthly Energy"


class Enphase:
    """The reports of Enphase Enlighten."""

    name = "enphase"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A date and time, and at least one column of energy."""
        header = find_row(document, _is_header)
        if header is None:
            return None
        columns = columns_of(header, _ROLES, options, _POWER_HINT, (0,))
        if not columns.values or shows_a_dial(document, header, columns.values, options):
            return None
        return _Report(
            format=self.name,
            title="Enphase Enlighten, energy report",
            # In other languages than English the order of dates has not been seen.
            facts=Facts(
                order=Order.MDY if header.folded[0] == "date/time" else None,
                label=label_supposed(document, header),
            ),
            header=header,
            values=columns.values,
            notes=(*columns.notes, _DELIVERED_NOTE)
            if _is_delivered(header.folded)
            else columns.notes,
        )


@dataclass(kw_only=True)
class _Report(Wide):
    """A report's rows; what was drawn instead of produced is a series of its own."""

    def read(self, document: Document) -> Iterator[Claimed]:
        """The data rows."""
        for claimed in super().read(document):
            yield claimed._replace(claims=tuple(chain.from_iterable(map(by_sign, claimed.claims))))


def _is_header(names: Sequence[str]) -> bool:
    if not _TIMES.fullmatch(names[0]):
        return False
    if any(_KNOWN.search(name) for name in names[1:]):
        return True
    return _is_delivered(names)


def _is_delivered(names: Sequence[str]) -> bool:
    """Whether it is a table of what the microinverters delivered; a utility's has other columns."""
    return len(names) == 2 and re.fullmatch(r"energy delivered \(k?wh\)", names[1]) is not None
