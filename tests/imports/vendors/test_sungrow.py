"""Sungrow iSolarCloud: its charts and plant reports become series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.layout import Label
from meterctl.imports.problems import Stop
from meterctl.imports.vendors.sungrow import Sungrow
from tests.imports.vendors.structured import knows, read

DAILY = """\ufeffTime,PV(kWh),Purchased Energy(kWh),Feed-in(kWh),Load(kWh)
2024-09-01,50.5,7,40.5,17
2024-09-02,--,7.5,0,7.5
"""
BATTERY = """Time,PV(kWh),Battery charge(kWh),Battery discharge(kWh),Energy purchase(kWh),\
Feed-in(kWh),Load(kWh)
2024-09,1000.5,200,150.5,50.5,800,201.5
"""
REPORT = """Plant report_Year_2026
Plant name,Time,Installed power(kWp),Monthly yield(kWh),Total yield(kWh),\
Monthly equivalent hours(h),Monthly load consumption(kWh),Total load consumption(kWh),\
Monthly feed-in(kWh),Total feed-in(kWh),Energy purchased this month(kWh),\
Total purchased energy(kWh)
"""
QUARTERS = f"{REPORT}Cottage,2026-03-29 01:45,18.000,7.5,1007.5,0.5,4,404,2,202,1,101\n"
MONTHS = (
    f"{REPORT}Cottage,2026-03,18.000,700.5,1007.5,0.5,440,4404,222,2202,11,1101\n"
    "Barn,2026-03,9.000,300.5,,0.5,40,,,,11,\n"
)


def test_a_month_of_days() -> None:
    """Purchased is from the grid, fed in is to it; a day is a bare date, and `--` is no value."""
    found = read(Sungrow(), DAILY)
    assert [(name, one.direction, one.unit) for name, one in found.series.items()] == [
        ("PV(kWh)", Direction.GENERATION, "kWh"),
        ("Purchased Energy(kWh)", Direction.FROM_GRID, "kWh"),
        ("Feed-in(kWh)", Direction.TO_GRID, "kWh"),
        ("Load(kWh)", Direction.CONSUMPTION, "kWh"),
    ]
    assert found.values("PV(kWh)") == ["50.5", "--"]
    assert found.claims[0].start == "2024-09-01"


def test_a_year_of_months_with_a_battery() -> None:
    """A battery's columns are kept only if mapped; the others count as ever."""
    found = read(Sungrow(), BATTERY).series
    assert [one.direction for one in found.values() if one.only_if_mapped is None] == [
        Direction.GENERATION,
        Direction.FROM_GRID,
        Direction.TO_GRID,
        Direction.CONSUMPTION,
    ]
    assert [one.part for one in found.values() if one.only_if_mapped] == ["battery", "battery"]


@pytest.mark.parametrize(
    "header",
    [
        "Time,PV(W),Purchased Energy(W),Feed-in(W),Load(W)",
        "Time,PV(kW),Battery(kW),Grid(kW),Load(kW),Battery SOC(%)",
        "Zeit,PV-Ertrag(W),Netz(W),Batterie(W),Gesamtverbrauch(W)",
        "Time,SH5.0RS_001(123)/Total DC Power(kW),SG5K-D_001(456)/PV Power(kW)",
    ],
)
def test_a_day_of_power_is_refused(header: str) -> None:
    """The chart of a day holds power, every five minutes."""
    row = ",".join(["2024-05-06 10:50:00", *(["1"] * header.count(","))])
    with pytest.raises(Stop, match="power") as caught:
        read(Sungrow(), f"{header}\n{row}\n")
    assert "month" in caught.value.problem.hint


@pytest.mark.parametrize(
    "header",
    [
        "Zeit,PV-Ertrag(kWh),Netzbezug(kWh),Einspeisung(kWh),Gesamtverbrauch(kWh)",
        "Tijd,PV-opbrengst(kWh),Afname(kWh),Teruglevering(kWh),Verbruik(kWh)",
        "Heure,Production PV(kWh),Énergie achetée(kWh),Injection(kWh),Consommation(kWh)",
        "Hora,Producción FV(kWh),Energía comprada(kWh),Energía inyectada(kWh),Consumo(kWh)",
        "Ora,Produzione FV(kWh),Energia acquistata(kWh),Energia immessa(kWh),Consumo(kWh)",
    ],
)
def test_other_languages(header: str) -> None:
    """The headings follow the account's language."""
    found = read(Sungrow(), f"{header}\n2024-09-01,50.5,7,40.5,17\n").series
    assert [one.direction for one in found.values()] == [
        Direction.GENERATION,
        Direction.FROM_GRID,
        Direction.TO_GRID,
        Direction.CONSUMPTION,
    ]


def test_a_report_of_quarter_hours_has_lifetime_counters() -> None:
    """They are registers; the month's energy so far, in each row, is no interval's."""
    found = read(Sungrow(), QUARTERS)
    assert [(name, one.kind, one.direction) for name, one in found.series.items()] == [
        ("Cottage Total yield(kWh)", Kind.REGISTER, Direction.GENERATION),
        ("Cottage Total load consumption(kWh)", Kind.REGISTER, Direction.CONSUMPTION),
        ("Cottage Total feed-in(kWh)", Kind.REGISTER, Direction.TO_GRID),
        ("Cottage Total purchased energy(kWh)", Kind.REGISTER, Direction.FROM_GRID),
    ]
    assert [claim.value for claim in found.claims] == ["1007.5", "404", "202", "101"]
    assert "left out: `Monthly yield(kWh)`: a running total, not of one row" in found.layout.notes


def test_a_report_of_months_tells_plants_apart() -> None:
    """Each plant has series of its own: the month's energy; its counters only if mapped."""
    found = read(Sungrow(), MONTHS)
    kept = [name for name, one in found.series.items() if one.only_if_mapped is None]
    assert kept[:4] == [
        "Cottage Monthly yield(kWh)",
        "Cottage Monthly load consumption(kWh)",
        "Cottage Monthly feed-in(kWh)",
        "Cottage Energy purchased this month(kWh)",
    ]
    assert found.values("Barn Monthly yield(kWh)") == ["300.5"]
    assert found.values("Cottage Total yield(kWh)") == ["1007.5"]
    assert found.series["Cottage Total yield(kWh)"].only_if_mapped is not None
    assert found.claims[0].start == "2026-03"


@pytest.mark.parametrize(
    ("time", "label"), [("2025-05-13", Label.STARTS), ("2025-05-13 00:15", None)]
)
def test_hours_of_who_knows_whom(time: str, label: Label | None) -> None:
    """A chart of hours is no chart of iSolarCloud's: at which end its times are is not supposed."""
    text = f"Zeit;Erzeugung (kWh);Verbrauch (kWh);Netzbezug (kWh)\n{time};1,5;0,5;0,25\n"
    found = read(Sungrow(), text)
    assert found.layout.facts.label is label
    assert found.series["Erzeugung (kWh)"].direction is Direction.GENERATION


def test_a_column_that_no_role_knows_is_kept_for_mapping() -> None:
    """Energy is never left out silently; a temperature is."""
    text = "Time,PV(kWh),Heat pump(kWh),Temperature(℃)\n2024-09-01,50.5,7,20\n"
    found = read(Sungrow(), text).series
    assert found["Heat pump(kWh)"].only_if_mapped is not None
    assert "Temperature(℃)" not in found


def test_another_table_with_times_is_not_taken() -> None:
    """Only headings as iSolarCloud writes them are known."""
    assert not knows(Sungrow(), "Time,Energie (Wh)\n06.05.2024,20000\n")
    assert not knows(Sungrow(), "time,Import T1 kWh,Export T1 kWh\n2024-05-06 00:00,1,2\n")


@pytest.mark.parametrize(
    "header",
    [
        "Time,Photovoltaic Output(kWh),Exported to Grid(kWh),Imported From Grid(kWh)",
        "Time,Yield(kWh),Grid Feed-in(kWh),Charge Energy(kWh),Discharge Energy(kWh)",
    ],
)
def test_other_inverters_tables_are_not_taken(header: str) -> None:
    """Growatt's and Solis' look alike, and have other names."""
    assert not knows(Sungrow(), f"{header}\n2024-05-01,1,2,3,4\n")


def test_a_meters_dials() -> None:
    """`Bezug` and `Einspeisung` alone may be dials; values that only grow are no chart's."""
    assert not knows(Sungrow(), "Zeit,Bezug (kWh),Einspeisung (kWh)\n06.05.2024,20000,30\n")
    rows = "".join(f"2024-05-{day:02d},{900 + day * day}.5,{day}.5\n" for day in range(1, 20))
    assert not knows(Sungrow(), f"Time,PV(kWh),Load(kWh)\n{rows}")
