"""A column that counts something."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.domain.meters import Direction
from meterctl.imports.series import Commodity


class Column(NamedTuple):
    """One that counts, as far as its own heading and cells tell."""

    place: int
    name: str
    unit: str | None
    direction: Direction | None
    commodity: Commodity | None
    part: str
    quality: int | None = None  # the column with its codes
    units: int | None = None  # the column with its unit, where there are several such
    length: int | None = None  # the column with its intervals' length
    only_if_mapped: str | None = None
