"""SolarEdge: what its portal exports becomes series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.layout import Layout
from meterctl.imports.problems import Stop
from meterctl.imports.series import Series
from meterctl.imports.vendors.solaredge import SolarEdge
from tests.imports.vendors.structured import knows, read

GERMAN = """Time,Energie (Wh),ZählerBezugs-Zähler E (Wh),ZählerEinspeise-Zähler E (Wh)
06.05.2024,"20000","10500","1500"
07.05.2024,"9000","12500",""
"""
ENGLISH = """Time,System Production (Wh),Consumption (Wh),Self Consumption (Wh),Import (Wh),\
Export (Wh)
10/14/2023,31250.0,18250.0,9125.0,9125.0,22125.0
10/15/2023,30125.5,17000.0,9000.0,8000.0,21125.5
"""


def layout(text: str) -> Layout:
    return read(SolarEdge(), text).layout


def series(text: str) -> dict[str, Series]:
    return read(SolarEdge(), text).series


def test_german_meters_by_their_names() -> None:
    """A meter's heading is the word for it, its name and E run together: its name tells the way."""
    found = series(GERMAN)
    assert [(one.direction, one.unit, one.kind) for one in found.values()] == [
        (Direction.GENERATION, "Wh", Kind.INTERVAL),
        (Direction.FROM_GRID, "Wh", Kind.INTERVAL),
        (Direction.TO_GRID, "Wh", Kind.INTERVAL),
    ]
    assert list(found) == [
        "Energie (Wh)",
        "ZählerBezugs-Zähler E (Wh)",
        "ZählerEinspeise-Zähler E (Wh)",
    ]


def test_days_are_bare_dates() -> None:
    """A day's total keeps its bare date, and a blank cell its claim."""
    rows = read(SolarEdge(), GERMAN).rows
    assert [(row.claims[0].start, row.claims[0].value, row.claims[2].value) for row in rows] == [
        ("06.05.2024", "20000", "1500"),
        ("07.05.2024", "9000", ""),
    ]


def test_english_names() -> None:
    """Self consumption is a part of the consumption; the other columns are flows of their own."""
    assert [(one.direction, one.part) for one in series(ENGLISH).values()] == [
        (Direction.GENERATION, ""),
        (Direction.CONSUMPTION, ""),
        (Direction.CONSUMPTION, "self-use"),
        (Direction.FROM_GRID, ""),
        (Direction.TO_GRID, ""),
    ]


@pytest.mark.parametrize(
    ("headings", "flows"),
    [
        (
            "Consumption Meter E (Wh),Consumption Meter P (W),Inv1 Eac (Wh),Inv1 Pac (W)",
            [(Direction.CONSUMPTION, ""), (Direction.GENERATION, "")],
        ),
        (
            (
                "Compteur d'importation/exportation- Import - Énergie (Wh),"
                "Compteur d'importation/exportation- Export - Énergie (Wh),"
                "Inv1 AC Production - Energy (Wh)"
            ),
            [(Direction.FROM_GRID, ""), (Direction.TO_GRID, ""), (Direction.GENERATION, "")],
        ),
        (
            (
                "Bezug (Wh),Energie - Eigenverbrauch (Wh),Exportieren (Wh),Produktion (Wh),"
                "Von der Batterie (Wh)"
            ),
            [
                (Direction.FROM_GRID, ""),
                (Direction.CONSUMPTION, "self-use"),
                (Direction.TO_GRID, ""),
                (Direction.GENERATION, ""),
                (Direction.GENERATION, "battery-discharge"),
            ],
        ),
    ],
)
def test_devices_and_their_ways(headings: str, flows: list[tuple[Direction, str]]) -> None:
    """A heading may say device, way and measure; a device's name may say the other way as well."""
    text = f"Time,{headings}\n10/14/2022 01:00" + ',"250"' * len(headings.split(",")) + "\n"
    found = series(text)
    assert [(one.direction, one.part) for one in found.values()] == flows
    assert set(found) <= set(headings.split(","))


def test_a_meter_of_both_ways() -> None:
    """A meter whose name says both ways, and nothing more, waits for --map."""
    found = series("Time,Energie (Wh),ZählerImport/Export-Zähler E (Wh)\n06.05.2024,1,2\n")
    assert [bool(one.only_if_mapped) for one in found.values()] == [False, True]


@pytest.mark.parametrize(
    "header",
    [
        "Time,Energy (kWh)",
        "Measurement Time,Production (Wh),Consumption (Wh)",
        "Time,MeterProduction Meter E (Wh),MeterFeedIn Meter E (Wh)",
        "Temps,Production du système (Wh),Autoconsommation (Wh)",
    ],
)
def test_other_headers_are_known(header: str) -> None:
    """Other languages, units and meters are the same format."""
    columns = header.count(",")
    text = f"{header}\n2024-05-01" + ",1.5" * columns + "\n"
    assert len(series(text)) == columns


@pytest.mark.parametrize(
    ("header", "is_told"),
    [("Time,Power (W)", False), ("Time,System Production (W),Consumption (W)", True)],
)
def test_power_is_refused(header: str, *, is_told: bool) -> None:
    """The export of a day is power; where the energy is, is said if only SolarEdge writes so."""
    columns = header.count(",")
    text = f'{header}\n"5/16/24, 12:00 AM"' + ",0" * columns + "\n"
    with pytest.raises(Stop, match="power") as stop:
        layout(text)
    assert "export the energy" in stop.value.problem.hint
    assert ("SolarEdge portal" in stop.value.problem.hint) is is_told


@pytest.mark.parametrize(
    "header",
    [
        "Time,PV(kWh),Purchased Energy(kWh),Feed-in(kWh),Load(kWh)",
        "time,Import T1 kWh,Import T2 kWh,Export T1 kWh,Export T2 kWh",
        "Time,Usage (kWh)",
        "Date,Consumption (kWh)",
        "Date/Time,Energy Produced (Wh)",
        "Time,Yield(kWh),Grid Feed-in(kWh),Grid Purchased(kWh)",
        "Time,Production (kWh),Export (kWh),Something else (kWh)",
    ],
)
def test_others_tables_are_not_taken(header: str) -> None:
    """A table of another portal, or of nobody known, is none of SolarEdge's."""
    text = header + "\n2024-05-01" + ",1.5" * header.count(",") + "\n"
    assert not knows(SolarEdge(), text)


def test_a_dial_of_another_logger() -> None:
    """Energy that only ever grows is no amount of a quarter of an hour."""
    rows = "".join(f"2024-05-06 {hour:02d}:00,{9000 + hour * hour}.5\n" for hour in range(20))
    assert not knows(SolarEdge(), f"Time,Energie (kWh)\n{rows}")
