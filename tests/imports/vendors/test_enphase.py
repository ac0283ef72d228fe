"""Enphase Enlighten: its energy reports become series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction
from meterctl.imports.layout import Order
from meterctl.imports.problems import Stop
from meterctl.imports.vendors.enphase import Enphase
from tests.imports.vendors.structured import knows, read

METERED = """Date/Time,Energy Produced (Wh),Energy Consumed (Wh),Exported to Grid (Wh),\
Imported from Grid (Wh)
05/13/2024 00:00,0,80,0,80
05/13/2024 00:15,10,70,0,60
"""
BATTERY = """Date/Time,Energy Produced (Wh),Energy Consumed (Wh),Exported to Grid (Wh),\
Imported from Grid (Wh),Stored in batteries (Wh),Discharged from batteries (Wh),\
Consumed From Generator (Wh)
2025-06-25 12:00:00 -0700,1500,300,900,0,300,0,0
"""
OLDER = """Date/Time,Energy Produced (Wh)
2024-05-06 00:00:00 -0500,3000
2024-05-07 00:00:00 -0500,9000
Total,12000
"""
FRENCH = """Date/Heure,Énergie produite (Wh),Énergie consommée (Wh),\
Importée depuis le réseau (Wh),Exportée vers le réseau (Wh)
09/01/2024 08:00,800,300,0,500
"""


def test_a_metered_system_has_four_flows() -> None:
    """Produced, consumed, exported, imported: each by the industry's meaning, in Wh."""
    found = read(Enphase(), METERED)
    assert [(one.direction, one.unit) for one in found.series.values()] == [
        (Direction.GENERATION, "Wh"),
        (Direction.CONSUMPTION, "Wh"),
        (Direction.TO_GRID, "Wh"),
        (Direction.FROM_GRID, "Wh"),
    ]
    assert found.values("Imported from Grid (Wh)") == ["80", "60"]
    assert found.claims[0].start == "05/13/2024 00:00"


def test_english_dates_are_month_first() -> None:
    """That is used where no day past the 12th shows it."""
    assert read(Enphase(), METERED).layout.facts.order is Order.MDY


def test_a_battery_is_kept_only_if_mapped() -> None:
    """Its charge is no direction; what a generator made is generation of its own."""
    found = read(Enphase(), BATTERY).series
    kept = {name: one.only_if_mapped is None for name, one in found.items()}
    assert kept["Stored in batteries (Wh)"] is False
    assert kept["Discharged from batteries (Wh)"] is False
    generator = found["Consumed From Generator (Wh)"]
    assert (generator.direction, generator.part) == (Direction.GENERATION, "generator")
    assert sum(kept.values()) == 5


def test_a_total_is_no_reading() -> None:
    """The older report ends with the sum of all rows."""
    found = read(Enphase(), OLDER)
    assert [(claim.start, claim.value) for claim in found.claims] == [
        ("2024-05-06 00:00:00 -0500", "3000"),
        ("2024-05-07 00:00:00 -0500", "9000"),
    ]
    assert found.problems == []


def test_what_the_inverters_drew_is_no_production() -> None:
    """A negative production: nothing was produced, and the amount is consumption of its own."""
    found = read(Enphase(), METERED + "05/13/2024 18:00,-5,150,0,155\n")
    drawn = found.series["Energy Produced (Wh), drawn by the inverters"]
    assert (drawn.direction, drawn.part) == (Direction.CONSUMPTION, "inverters")
    assert found.values(drawn.name) == ["5"]
    assert found.values("Energy Produced (Wh)") == ["0", "10", "0"]
    assert found.values("Imported from Grid (Wh)") == ["80", "60", "155"]


def test_a_report_in_french() -> None:
    """The headings follow the account's language; the order of its dates is not taken for known."""
    found = read(Enphase(), FRENCH)
    assert [one.direction for one in found.series.values()] == [
        Direction.GENERATION,
        Direction.CONSUMPTION,
        Direction.FROM_GRID,
        Direction.TO_GRID,
    ]
    assert found.layout.facts.order is None


@pytest.mark.parametrize(
    "header",
    [
        "Datum/Zeit,Produzierte Energie (kWh),Verbrauchte Energie (kWh)",
        "Datum/Tijd,Opgewekte energie (kWh),Verbruikte energie (kWh)",
        "Fecha/Hora,Energía producida (kWh),Energía consumida (kWh)",
        "Data/Ora,Energia prodotta (kWh),Energia consumata (kWh)",
    ],
)
def test_other_languages(header: str) -> None:
    """A produced and a consumed energy are known by their words, also in kWh."""
    found = read(Enphase(), f"{header}\n2024-05-01,12.5,3\n").series
    assert [(one.direction, one.unit) for one in found.values()] == [
        (Direction.GENERATION, "kWh"),
        (Direction.CONSUMPTION, "kWh"),
    ]


@pytest.mark.parametrize("unit", ["Wh", "kWh"])
def test_what_microinverters_delivered(unit: str) -> None:
    """Alone it is Enphase's word for what was made, and that it is taken so is said."""
    found = read(Enphase(), f"Date/Time,Energy Delivered ({unit})\n05/01/2024,12500\n")
    assert [one.direction for one in found.series.values()] == [Direction.GENERATION]
    assert "what the panels made" in found.layout.notes[0]


def test_what_a_utility_delivered_is_not_enphase() -> None:
    """There it stands beside what was received."""
    assert not knows(Enphase(), "Date/Time,Energy Delivered (kWh),Energy Received (kWh)\n1,2,3\n")


def test_power_is_refused() -> None:
    """A table of watts holds no energy."""
    text = "Date/Time,Power Produced (W),Power Consumed (W)\n05/01/2024 12:00,900,300\n"
    with pytest.raises(Stop, match="power") as caught:
        read(Enphase(), text)
    assert "Enlighten" in caught.value.problem.hint
