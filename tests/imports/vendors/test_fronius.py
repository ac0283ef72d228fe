"""Fronius Solar.web: headings and a row of units become series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claimed, Layout, Order
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.vendors.fronius import Fronius
from tests.imports.vendors.structured import knows, read

DAYS = """Datum und Uhrzeit,Gesamt Erzeugung,Gesamt Verbrauch,Eigenverbrauch,\
Energie ins Netz eingespeist,Energie vom Netz bezogen,
[dd.MM.yyyy],[Wh],[Wh],[Wh],[Wh],[Wh],
06.05.2024,31000.50,12000.25,8000.25,23000.25,4000.00,
07.05.2024,n/a,11000.00,,,11000.00,
"""
BATTERY = """Date and time,Energy to grid,Energy from grid,Energy to battery,Energy from battery,\
PV production,Consumption,Consumed directly,State of charge
[MM/dd/yyyy HH:mm],[Wh],[Wh],[Wh],[Wh],[Wh],[Wh],[Wh],[%]
08/01/2023 00:00,0,12.5,0,80.25,0,92.75,0,55
"""
SPANISH = """Fecha y hora,Generación total,Consumo total,Autoconsumo,\
Energía suministrada a la red,Energía obtenida de la red
[dd.MM.yyyy],[kWh],[kWh],[kWh],[kWh],[kWh]
15.01.2025,5,80,4.8,0.2,75.2
"""


def layout(text: str) -> Layout:
    return read(Fronius(), text).layout


def rows(text: str) -> list[Claimed]:
    return read(Fronius(), text).rows


def test_days_with_units_in_the_second_row() -> None:
    """The unit row is no data; each column has its flow; a comma at the end is no column."""
    first, second = rows(DAYS)
    assert [
        (one.series.name, one.series.direction, one.series.part, one.series.unit, one.value)
        for one in first.claims
    ] == [
        ("Gesamt Erzeugung", Direction.GENERATION, "", "Wh", "31000.50"),
        ("Gesamt Verbrauch", Direction.CONSUMPTION, "", "Wh", "12000.25"),
        ("Eigenverbrauch", Direction.CONSUMPTION, "self-use", "Wh", "8000.25"),
        ("Energie ins Netz eingespeist", Direction.TO_GRID, "", "Wh", "23000.25"),
        ("Energie vom Netz bezogen", Direction.FROM_GRID, "", "Wh", "4000.00"),
    ]
    assert first.claims[0].start == "06.05.2024"
    assert [one.value for one in second.claims] == ["n/a", "11000.00", "", "", "11000.00"]


def test_batteries_are_kept_for_map() -> None:
    """A battery's columns wait for --map, and its state of charge is none of ours."""
    claims = rows(BATTERY)[0].claims
    assert [one.series.name for one in claims if one.series.only_if_mapped] == [
        "Energy to battery",
        "Energy from battery",
    ]
    assert len(claims) == 7


def test_the_form_of_dates_is_told() -> None:
    """The unit row's first cell says which number of a date is the day."""
    assert layout(BATTERY).facts.order is Order.MDY
    assert layout(DAYS).facts.order is Order.DMY


def test_a_year_has_months() -> None:
    """A year's export has a row for each month, so that its form has no day."""
    text = "Datum und Uhrzeit;PV Produktion\n[MM.yyyy];[kWh]\n06.2024;812,5\n"
    assert layout(text).facts.order is None
    assert rows(text)[0].claims[0].start == "06.2024"


def test_other_languages_and_kilowatt_hours() -> None:
    """Spanish headings and kWh are the same format."""
    claims = rows(SPANISH)[0].claims
    assert [(one.series.direction, one.series.unit) for one in claims] == [
        (Direction.GENERATION, "kWh"),
        (Direction.CONSUMPTION, "kWh"),
        (Direction.CONSUMPTION, "kWh"),
        (Direction.TO_GRID, "kWh"),
        (Direction.FROM_GRID, "kWh"),
    ]


def test_inverters_of_one_system() -> None:
    """Each inverter's energy is a series; what it is for each kWp waits for --map."""
    text = (
        "Datum und Uhrzeit,Energie Pro Wechselrichter | Symo 8.2 (1),"
        "Energie Pro Wechselrichter | Symo 12.5 (2),"
        "Energie Pro Wechselrichter pro kWp | Symo 8.2 (1)\n"
        "[dd.MM.yyyy HH:mm],[Wh],[Wh],[kWh/kWp]\n01.06.2024 12:00,402.5,611.25,0.05\n"
    )
    claims = rows(text)[0].claims
    assert [one.series.direction for one in claims] == [Direction.GENERATION] * 2


def test_the_whole_of_several_inverters() -> None:
    """The whole plant's column waits for --map: the inverters' are kept."""
    text = (
        "Datum und Uhrzeit,Energie Pro Wechselrichter | Symo A (1),"
        "Energie Pro Wechselrichter | Symo B (2),Gesamtanlage\n"
        "[dd.MM.yyyy],[kWh],[kWh],[kWh]\n01.06.2024,4,6,10\n"
    )
    assert [bool(one.series.only_if_mapped) for one in rows(text)[0].claims] == [False, False, True]


def test_a_car_and_its_sources() -> None:
    """A charger's energy by source is kept; the sum of the sources waits for --map."""
    text = (
        "Datum und Uhrzeit;Energie von PV an Wattpilot;Energie vom Netz an Wattpilot;"
        "Energie Wattpilot | Wattpilot\n[dd.MM.yyyy];[kWh];[kWh];[kWh]\n01.06.2024;4;2;6\n"
    )
    assert [(one.series.part, bool(one.series.only_if_mapped)) for one in rows(text)[0].claims] == [
        ("vehicle-pv", False),
        ("vehicle-grid", False),
        ("vehicle", True),
    ]


def test_what_a_device_counts_of_a_whole() -> None:
    """The grid meter's own columns hold the balance's energy again; volts are none of ours."""
    text = (
        "Datum und Uhrzeit;Energie ins Netz eingespeist;PV Produktion;Energie Ohmpilot;"
        "Spannung AC L1 Einspeisepunkt | PowerMeter;Energie ins Netz eingespeist | PowerMeter\n"
        "[dd.MM.yyyy HH:mm];[Wh];[Wh];[Wh];[V];[Wh]\n01.06.2024 12:00;4;6;1;230,5;4\n"
    )
    assert [
        (one.series.direction, one.series.part, bool(one.series.only_if_mapped))
        for one in rows(text)[0].claims
    ] == [
        (Direction.TO_GRID, "", False),
        (Direction.GENERATION, "", False),
        (Direction.CONSUMPTION, "heater", False),
        (Direction.TO_GRID, "device", True),
    ]


def test_units_in_the_headings() -> None:
    """Somebody put the units into the headings: the columns are known all the same."""
    text = (
        "Datum;Gesamt Erzeugung(Wh);Gesamt Verbrauch(Wh);Energie vom Netz bezogen(Wh)\n"
        "01.01.2025;5100;4000;1200\n"
    )
    assert [one.series.unit for one in rows(text)[0].claims] == ["Wh"] * 3


def test_lost_units_are_asked() -> None:
    """Solar.web's headings without any unit: --unit must say it."""
    text = "Datum und Uhrzeit,Gesamt Erzeugung,Gesamt Verbrauch\n01.01.2025,5100,4000\n"
    with pytest.raises(Unknown) as unknown:
        layout(text)
    assert unknown.value.option == "unit"
    assert read(Fronius(), text, Options(unit="Wh")).series


def test_power_is_refused() -> None:
    """A chart of power was exported: refused, with where the energy is."""
    text = DAYS.replace("[Wh]", "[W]")
    with pytest.raises(Stop, match="power"):
        layout(text)


def test_other_tables_are_not_taken() -> None:
    """SMA's unit row has no brackets around its date, and is none of Fronius'."""
    text = "sep=,\n,Metering.TotWhOut\nDD.MM.YYYY hh:mm:ss,[Wh]\n06.05.2024 00:00:00,1000\n"
    assert not knows(Fronius(), text)
    assert not knows(Fronius(), "Datum;Verbrauch\n1.1.2024;5\n")
