"""HomeWizard: where its meters stood becomes registers."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.layout import Claimed, Layout
from meterctl.imports.series import Commodity
from meterctl.imports.vendors.homewizard import HomeWizard
from tests.imports.vendors.structured import knows, read

GRID = """time,Import T1 kWh,Import T2 kWh,Export T1 kWh,Export T2 kWh,L1 max W,L2 max W,L3 max W
2024-05-06 00:00,1000.25,2000.75,300.5,400.25,200,,
2024-05-06 00:15,1000.5,2000.75,300.5,400.25,250,0,0
"""


def layout(text: str) -> Layout:
    return read(HomeWizard(), text).layout


def rows(text: str) -> list[Claimed]:
    return read(HomeWizard(), text).rows


def test_the_grids_meter() -> None:
    """Dial positions by tariff and way; the peaks of power are left out, and that is told."""
    first = rows(GRID)[0]
    assert [
        (one.series.name, one.series.direction, one.series.part, one.series.kind, one.value)
        for one in first.claims
    ] == [
        ("Import T1 kWh", Direction.FROM_GRID, "t1", Kind.REGISTER, "1000.25"),
        ("Import T2 kWh", Direction.FROM_GRID, "t2", Kind.REGISTER, "2000.75"),
        ("Export T1 kWh", Direction.TO_GRID, "t1", Kind.REGISTER, "300.5"),
        ("Export T2 kWh", Direction.TO_GRID, "t2", Kind.REGISTER, "400.25"),
    ]
    assert first.claims[0].start == "2024-05-06 00:00"
    assert len(layout(GRID).notes) == 3


def test_a_devices_meter() -> None:
    """A kWh meter's import is what its device used, its export what it made; that is told."""
    text = "time,Import kWh,Export kWh\n2024-01-01 00:00,1.5,900\n"
    assert [one.series.direction for one in rows(text)[0].claims] == [
        Direction.CONSUMPTION,
        Direction.GENERATION,
    ]
    assert "device" in layout(text).notes[0]


def test_a_battery() -> None:
    """The plug-in battery's counters wait for --map."""
    text = "time,Import kWh,Export kWh,State of charge %\n2026-01-01 00:00,1.5,1.2,55\n"
    claims = rows(text)[0].claims
    assert len(claims) == 2
    assert all(one.series.only_if_mapped for one in claims)


@pytest.mark.parametrize(
    ("heading", "commodity", "unit"),
    [
        ("Total gas used", Commodity.GAS, "m³"),
        ("Gas m³", Commodity.GAS, "m³"),
        ("water usage L", Commodity.WATER, "l"),
    ],
)
def test_gas_and_water(heading: str, commodity: Commodity, unit: str) -> None:
    """Their volumes are registers as well."""
    (claim,) = rows(f"time,{heading}\n2025-03-01 00:00,100.25\n")[0].claims
    assert (claim.series.commodity, claim.series.unit) == (commodity, unit)
    assert claim.series.kind is Kind.REGISTER


def test_other_tables_are_not_taken() -> None:
    """A time and an import alone may be anybody's."""
    for text in ("time,Import (kWh)\n2024-01-01,5\n", "Date,Import kWh\n2024-01-01,5\n"):
        assert not knows(HomeWizard(), text)
