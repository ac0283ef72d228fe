"""DSMR-reader: what it exports of each hour or day of a Dutch meter, and its tables of readings.

The export of days has the day's use and, at its end, where the meter stood when the day began.
There the headings of what was returned say the same as those of what was delivered (an oversight
of the program's): they are told apart by their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.times import HOUR, zone_named
from meterctl.imports.formats import Options
from meterctl.imports.layout import Facts, Layout, Order
from meterctl.imports.series import Commodity, Series
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.wide import Header, Wide, find_row, power_notes

_HOURS = {"hour start", "begintijd uur"}
_TIMES = _HOURS | {
    "date",
    "datum",
    "day",
    "dag",
    "timestamp",
    "read at",
    "tijdstip",
}
_NO_AMOUNT = re.compile(r"cost|price|kosten|prijs|temperatu|timestamp|tijdstip|merged")
_POWER = re.compile(r"current(ly)?|huidig|power|phase|fase")
_RETURNED = re.compile(r"return|terug|retour")
_STANDS = re.compile(r"reading|gemeten|meting|device delivered")
_ELECTRICITY = re.compile(r"(?:electricity|elektriciteit)\D*([12])\b.*")
_GAS = re.compile(r"gas\b.*|gasmeting|extra device delivered")
_STEPS_ARE_THERE = "where the meter stood when the day began; --map keeps it"


class DsmrReader:
    """The exports of DSMR-reader, in English and in Dutch."""

    name = "dsmr-reader"

    def layout(self, document: Document, options: Options) -> Layout | None:  # noqa: ARG002
        """A time, and two or more tariffs of electricity by the program's names."""
        header = find_row(document, _fits)
        if header is None:
            return None
        values, power = _series(header)
        return Wide(
            format=self.name,
            title="DSMR-reader export",
            facts=Facts(decimal=".", order=Order.DMY, zone=zone_named("Europe/Amsterdam")),
            header=header,
            values=values,
            span=HOUR if _plain(header.folded[0]) in _HOURS else None,
            notes=power_notes(power),
        )


class _Counted(NamedTuple):
    """What a heading says: a tariff of electricity, or gas; and whether it is a dial's position."""

    tariff: str  # empty: gas
    is_returned: bool
    stands: bool


def _fits(folded: Sequence[str]) -> bool:
    if _plain(folded[0]) not in _TIMES:
        return False
    counted = [_counted(name) for name in folded[1:]]
    return sum(one is not None and bool(one.tariff) for one in counted) >= 2


def _plain(folded: str) -> str:
    """A heading of an export, or a column of its database: `electricity1_returned`."""
    return re.sub(r"(?<=[a-z])(?=[12]\b)", " ", folded.replace("_", " "))


def _counted(folded: str) -> _Counted | None:
    name = _plain(folded)
    if _NO_AMOUNT.search(name) or _POWER.search(name):
        return None
    stands, is_returned = _STANDS.search(name) is not None, _RETURNED.search(name) is not None
    # In the table of readings what is returned says neither `reading` nor `delivered`.
    if match := re.fullmatch(r"electricity (delivered|returned) ([12])", name):
        return _Counted(match[2], is_returned, True)
    if match := _ELECTRICITY.fullmatch(name):
        return _Counted(match[1], is_returned, stands)
    if _GAS.fullmatch(name):
        return _Counted("", False, stands)
    return None


def _series(header: Header) -> tuple[Mapping[int, Series], list[str]]:
    """The series by their columns, and the names of columns of power."""
    counted = {i: one for i, name in enumerate(header.folded) if i and (one := _counted(name))}
    has_steps = any(not one.stands for one in counted.values())
    values: dict[int, Series] = {}
    seen: list[str] = []
    for index, one in counted.items():
        name = header.names[index]
        is_second = name in seen
        seen.append(name)
        series = Series(
            f"{name} (column {index + 1})" if is_second else name,
            Kind.REGISTER if one.stands else Kind.INTERVAL,
            Direction.FROM_GRID,
            "kWh",
            part=f"t{one.tariff}-position" if one.stands and has_steps else f"t{one.tariff}",
            only_if_mapped=_STEPS_ARE_THERE if one.stands and has_steps else None,
        )
        if one.is_returned or is_second:
            series = series._replace(direction=Direction.TO_GRID)
        if not one.tariff:
            series = series._replace(
                direction=Direction.CONSUMPTION,
                unit="m³",
                commodity=Commodity.GAS,
                part="position" if one.stands and has_steps else "",
            )
        values[index] = series
    power = [
        header.names[index]
        for index, name in enumerate(header.folded)
        if index and index not in values and _POWER.search(_plain(name))
    ]
    return values, power
