"""FusionSolar: what flowed is told from what is only reckoned, and nothing is counted twice."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction
from meterctl.imports.vendors.fusionsolar import FusionSolar
from tests.imports.vendors.structured import knows, read

HEADER = (
    "Statistical Period,Global Irradiation (kWh/㎡),Theoretical Yield (kWh),PV Yield (kWh),"
    " Inverter Yield (kWh),Export (kWh),Import (kWh),Loss Due to Export Limitation (kWh),"
    "Charge (kWh),Discharge (kWh),Peak Power (kW),Revenue (€)\n"
)
HOURLY = (
    f"Plant Report\n{HEADER}"
    "2024-05-01 11:00:00,0.5,6,5.5,5.4,3.4,0,0,1.0,0,5.1,0.3\n"
    "2024-05-01 12:00:00,0.6,7,6.5,6.4,4.4,0.5,0,1.0,0,6.1,0.4\n"
)


def test_a_plant_report() -> None:
    """The panels' yield and the ways through the grid count; the rest is kept only if mapped."""
    found = read(FusionSolar(), HOURLY)
    counted = {name: one for name, one in found.series.items() if one.only_if_mapped is None}
    assert {name: one.direction for name, one in counted.items()} == {
        "PV Yield (kWh)": Direction.GENERATION,
        "Export (kWh)": Direction.TO_GRID,
        "Import (kWh)": Direction.FROM_GRID,
    }
    assert found.values("PV Yield (kWh)") == ["5.5", "6.5"]
    assert found.claims[0].start == "2024-05-01 11:00:00"
    assert not any("Irradiation" in name or "Revenue" in name for name in found.series)


@pytest.mark.parametrize("blank", ["", "--"])
def test_without_the_panels_yield(blank: str) -> None:
    """Older systems count behind the inverter only."""
    text = f"{HEADER}2024-05-01,1,6,{blank},5.4,3.4,0,0,0,0,5,1\n"
    found = read(FusionSolar(), text).series
    assert found["Inverter Yield (kWh)"].only_if_mapped is None
    assert found["PV Yield (kWh)"].only_if_mapped is not None


def test_several_plants() -> None:
    """Each has series of its own."""
    text = (
        "Plant Name,Address,Statistical Period,PV Yield (kWh),Export (kWh)\n"
        "Barn,Somewhere 1,2024-05,500.5,400\nHouse,Elsewhere 2,2024-05,300.5,100\n"
    )
    found = read(FusionSolar(), text)
    assert list(found.series) == [
        "Barn PV Yield (kWh)",
        "Barn Export (kWh)",
        "House PV Yield (kWh)",
        "House Export (kWh)",
    ]


@pytest.mark.parametrize("header", ["Time,PV(kWh),Load(kWh)", "Statistical Period,Usage (kWh)"])
def test_others_tables_are_not_taken(header: str) -> None:
    """A period alone, or a yield alone, is none of FusionSolar's."""
    text = header + "\n2024-05-01" + ",1.5" * header.count(",") + "\n"
    assert not knows(FusionSolar(), text)
