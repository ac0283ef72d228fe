"""What is counted in where a file says what flows and no unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from meterctl.domain.meters import Direction
from meterctl.imports.series import Commodity
from meterctl.imports.words import commodity_of, direction_of, is_foreign


def flows_by(
    known: Commodity | None,
    way: Direction | None,
    labels: Iterable[str],
    said: Commodity | None,
) -> Commodity | None:
    """What flows, as far as a column, its row's labels or the lines above a table say it.

    Nothing but electricity is fed into a grid by a house.
    """
    texts = list(labels)
    flows = known or next(filter(None, map(commodity_of, texts)), None) or said
    if flows is None and Direction.TO_GRID in {way, *map(direction_of, texts)}:
        return Commodity.ELECTRICITY
    return flows


def usual_unit(
    flows: Commodity | None, headings: Sequence[str], values: Iterable[str]
) -> str | None:
    """The unit of a commodity; None: that differs.

    Electricity without a fraction may be in Wh, and gas in English in ft³.
    """
    if flows is Commodity.ELECTRICITY:
        return "kWh" if any("." in text or "," in text for text in values) else None
    if flows in {Commodity.GAS, Commodity.WATER}:
        return "m³" if is_foreign(headings) else None
    return None
