"""Fronius Solar.web: energy for each five minutes, day or month; units stand in a row of their own.

`[dd.MM.yyyy HH:mm],[Wh],[Wh]`: the first of them says how the account's country writes dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from meterctl.domain.meters import Direction
from meterctl.imports.formats import Options
from meterctl.imports.layout import Facts, Layout, Order
from meterctl.imports.series import Series
from meterctl.imports.text.document import Document
from meterctl.imports.units import is_power, unit_of
from meterctl.imports.vendors.flows import FLOWS
from meterctl.imports.vendors.headings import columns_of, role
from meterctl.imports.vendors.wide import Header, Wide, header_of, take_apart
from meterctl.imports.words import fold

_DATE = re.compile(r"\[(?=[^\]]*yy)[dMyhHmst:./, \-]+\]")
_TIMES = {
    "datum und uhrzeit",
    "date and time",
    "date et heure",
    "datum en tijd",
    "data e ora",
    "fecha y hora",
    "data e hora",
    "datum",
    "date",
}
# What Solar.web says where the row of units was lost; two of them make it Fronius'.
_ITS_OWN = {
    "gesamt erzeugung",
    "gesamt verbrauch",
    "energie ins netz eingespeist",
    "energie vom netz bezogen",
    "energie in batterie gespeichert",
    "energie aus batterie bezogen",
    "direkt verbraucht",
    "total generation",
    "total consumption",
    "energy fed into the grid",
    "energy to grid",
    "energy from grid",
    "energy to battery",
    "energy from battery",
    "consumed directly",
    "energie provenant du reseau",
    "energie injectee dans le reseau",
    "generacion total",
    "consumo total",
    "energia suministrada a la red",
    "energia obtenida de la red",
}
_WHOLE = re.compile(r"gesamtanlage|(total|entire|whole) (pv )?(system|plant)|sistema completo")
_ROLES = (
    *FLOWS,
    role(rf"^energ(y|ie|ia)|^({_WHOLE.pattern})$", Direction.GENERATION),
)
_CAR_SUM = "the sum of what it took from each source; --map keeps it"
_SUM = "the sum of the inverters; --map keeps it"
_OF_A_DEVICE = "one device's, which `{}` holds already; --map keeps it"
_HINT = "export the energy (Wh) instead: Solar.web, Analysis, a chart of energy, export"


class Fronius:
    """The exports of Solar.web."""

    name = "fronius"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A row of units whose first is a date's form, behind that of the headings."""
        found = _found(document)
        if found is None:
            return None
        header, after, order = found[:3]
        columns = columns_of(header, _ROLES, options, _HINT, (0, *found.others))
        if not columns.values:
            return None
        return Wide(
            format=self.name,
            title="Fronius Solar.web, energy",
            facts=Facts(order=order),
            header=header,
            after=after,
            values=_once(_by_their_headings(header, columns.values)),
            notes=columns.notes,
        )


class _Found(NamedTuple):
    header: Header  # its names with their units
    after: int
    order: Order | None
    others: tuple[int, ...] = ()  # columns of volts, percent ...


def _found(document: Document) -> _Found | None:
    previous: Header | None = None
    for record in document.head:
        header = header_of(record)
        if previous is not None and header.names and _DATE.fullmatch(header.names[0]):
            others = [i for i, unit in enumerate(header.names) if _is_other(unit)]
            order = _order_of(header.names[0])
            return _Found(_with_units(previous, header), record.line, order, tuple(others))
        if header.names and (previous is None or not _is_lost(previous)):
            previous = header
    if previous is None or not _is_lost(previous):
        return None
    return _Found(previous, previous.record.line, None)


def _is_lost(header: Header) -> bool:
    """Whether this is Solar.web's header, whose units somebody took away or into the headings."""
    its_own = [name for name in header.folded if take_apart(name).name in _ITS_OWN]
    return take_apart(header.folded[0]).name in _TIMES and len(its_own) >= 2


def _is_other(unit: str) -> bool:
    return bool(unit.strip("[] ")) and unit_of(unit) is None and not is_power(unit)


def _with_units(header: Header, units: Header) -> Header:
    names = list(header.names)
    for index, unit in enumerate(units.names[: len(names)]):
        heading = take_apart(names[index])
        if index and unit and heading.unit is None and not heading.is_power:
            names[index] = f"{names[index]} {unit}"
    return header._replace(names=tuple(names))


def _order_of(form: str) -> Order | None:
    if "d" not in form or "M" not in form:
        return None  # a year's export has a row for each month
    return Order.DMY if form.index("d") < form.index("M") else Order.MDY


def _by_their_headings(header: Header, values: Mapping[int, Series]) -> dict[int, Series]:
    """Series by the headings that stand in the file, which say no unit."""
    names = header_of(header.record).names
    return {
        index: series._replace(name=names[index]) if names.count(names[index]) == 1 else series
        for index, series in values.items()
    }


def _once(values: Mapping[int, Series]) -> dict[int, Series]:
    """No energy twice: what one device counts of a whole, and the whole of several inverters."""
    wholes = {(one.direction, one.part): one.name for one in values.values() if "|" not in one.name}
    made = [one for one in values.values() if one.direction is Direction.GENERATION]
    has_sources = any(one.part.startswith("vehicle-") for one in values.values())
    told = dict(values)
    for index, one in values.items():
        whole = wholes.get((one.direction, one.part))
        if _WHOLE.fullmatch(fold(take_apart(one.name).name)):
            told[index] = one._replace(part="total", only_if_mapped=_SUM if len(made) > 1 else None)
        elif "|" in one.name and whole is not None and not _WHOLE.fullmatch(fold(whole)):
            part = f"{one.part}-device" if one.part else "device"
            told[index] = one._replace(part=part, only_if_mapped=_OF_A_DEVICE.format(whole))
        elif one.part == "vehicle" and has_sources:
            told[index] = one._replace(only_if_mapped=_CAR_SUM)
    return told
