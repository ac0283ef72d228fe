"""What the words of a heading say, in the languages of meters."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.series import Commodity
from meterctl.imports.words import (
    commodity_of,
    direction_of,
    fold,
    is_battery,
    is_cost,
    is_end,
    is_percentage,
    is_power,
    is_start,
    is_temperature,
    is_time_heading,
    is_time_of_day,
    is_total,
    kind_of,
    language_of,
    quality_of,
    tariff_of,
    unit_in,
    usual_mark,
    words,
)

FROM, TO = Direction.FROM_GRID, Direction.TO_GRID
SOLAR, USED = Direction.GENERATION, Direction.CONSUMPTION


def test_fold() -> None:
    """Case, accents, odd spaces and quotes make no difference."""
    assert fold(" 'ZählerEinspeise-Zähler\u00a0E ' ") == "zahlereinspeise-zahler e"
    assert fold("Straße m³") == "strasse m3"


@pytest.mark.parametrize(
    ("heading", "apart"),
    [
        ("AE_kWh", "ae kwh"),
        ("energiaVertida_kWh", "energia vertida kwh"),
        ("USAGE_START_TIME", "usage start time"),
        ("DatumUhrzeit", "datum uhrzeit"),
        ("Mængde", "mangde"),
        ("1-1:1.8.0", "1 1 1.8.0"),
        ("Fra_dato", "fra dato"),
    ],
)
def test_words(heading: str, apart: str) -> None:
    """Whatever joins words comes apart; an OBIS code stays whole."""
    assert words(heading) == apart


@pytest.mark.parametrize(
    ("heading", "direction"),
    [
        ("Bezug (kWh)", FROM),
        ("Netzbezug", FROM),
        ("Restnetzbezug (kWh)", FROM),
        ("Energie vom Netz bezogen", FROM),
        ("Einspeisung", TO),
        ("Rücklieferung (kWh)", TO),
        ("Solarstrom-Einspeisung (kWh)", TO),
        ("Energie ins Netz eingespeist", TO),
        ("Produktion (kWh)", SOLAR),
        ("Gesamt Erzeugung", SOLAR),
        ("PV1-Ertrag", SOLAR),
        ("Gesamt Verbrauch", USED),
        ("Eigenverbrauch", USED),
        ("Afname Dag", FROM),
        ("Levering laag", FROM),
        ("Teruglevering normaal", TO),
        ("Injectie Nacht", TO),
        ("Meterstand laagtarief (El 1)", FROM),
        ("Meterstand hoogtarief (El 4)", TO),
        ("Opgewekt (kWh)", SOLAR),
        ("Soutirage (kWh)", FROM),
        ("Injection", TO),
        ("EAS F1", FROM),
        ("Énergie produite", SOLAR),
        ("Consommation du jour", USED),
        ("Energia attiva prelevata", FROM),
        ("Energia immessa", TO),
        ("Energia prodotta", SOLAR),
        ("Consumo Wh", USED),
        ("AE_kWh", FROM),
        ("AS_KWh", TO),
        ("energiaVertida_kWh", TO),
        ("Excedentes", TO),
        ("energiaGenerada_kWh", SOLAR),
        ("From Grid (kWh)", FROM),
        ("To Grid (kWh)", TO),
        ("Solar Energy (kWh)", SOLAR),
        ("Grid Consumption", FROM),
        ("Usage Delivered", FROM),
        ("Usage Received", TO),
        ("Feed-in (kWh)", TO),
        ("Surplus Generation", TO),
        ("Active Import Interval (kWh)", FROM),
        ("1-1:1.8.0", FROM),
        ("1-1:2.9.0 P.01", TO),
        ("Forbruk", USED),
        ("Wert", None),
        ("Valeur", None),
    ],
)
def test_direction(heading: str, direction: Direction | None) -> None:
    """By the industry's meaning: what the utility delivers comes from the grid."""
    assert direction_of(heading) == direction


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Zählerstand", Kind.REGISTER),
        ("Zaehlerstand Hochtarif", Kind.REGISTER),
        ("Stand", Kind.REGISTER),
        ("Meterstand laag", Kind.REGISTER),
        ("Index relevé (litres)", Kind.REGISTER),
        ("Lettura", Kind.REGISTER),
        ("Meter Reading", Kind.REGISTER),
        ("Verbrauch (kWh)", Kind.INTERVAL),
        ("Stromverbrauch", Kind.INTERVAL),
        ("Usage", Kind.INTERVAL),
        ("Verbruik", Kind.INTERVAL),
        ("Consommation (kWh)", Kind.INTERVAL),
        ("Active Import Interval", Kind.INTERVAL),
        ("Wert", None),
        ("kWh", None),
    ],
)
def test_kind(heading: str, kind: Kind | None) -> None:
    """A dial's reading, or the energy of a period; or nobody says."""
    assert kind_of(heading) == kind


@pytest.mark.parametrize(
    ("text", "commodity"),
    [
        ("Electric usage", Commodity.ELECTRICITY),
        ("Stromzähler", Commodity.ELECTRICITY),
        ("Strom 12345678", Commodity.ELECTRICITY),
        ("Natural gas usage", Commodity.GAS),
        ("Erdgas", Commodity.GAS),
        ("Gasse 4", None),
        ("Eau froide", Commodity.WATER),
        ("Warmwasser", Commodity.WATER),
        ("Fernwärme", Commodity.HEAT),
        ("kWh", None),
    ],
)
def test_commodity(text: str, commodity: Commodity | None) -> None:
    """What flows, by whole words."""
    assert commodity_of(text) == commodity


@pytest.mark.parametrize(
    ("heading", "tariff"),
    [
        ("HT", "high"),
        ("Verbrauch NT (kWh)", "low"),
        ("HP (kWh)", "peak"),
        ("Heures Creuses", "offpeak"),
        ("Dal", "offpeak"),
        ("laagtarief", "low"),
        ("Afname Dag", "day"),
        ("Nacht", "night"),
        ("F2", "f2"),
        ("EAS F10", "f10"),
        ("P6", "p6"),
        ("T1", "t1"),
        ("Off-Peak", "offpeak"),
        ("On-Peak", "peak"),
        ("Consommation du jour (litres)", ""),
        ("Verbrauch pro Tag", ""),
    ],
)
def test_tariff(heading: str, tariff: str) -> None:
    """The tariff as a slug; an amount of a day is no day's tariff."""
    assert tariff_of(heading) == tariff


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("Verbrauch (kWh)", "kWh"),
        ("Verbrauch [Wh]", "Wh"),
        ("USAGE_KWH", "kWh"),
        ("consumo_kWh", "kWh"),
        ("KWH/hh (per half hour) ", "kWh"),
        ("Mains_A (kWhs)", "kWh"),
        ("Energiemenge in kWh", "kWh"),
        ("watt_hours", "Wh"),
        ("Kilowatt hours used", "kWh"),
        ("Volume (m3)", "m³"),
        ("Index relevé (litres)", "l"),
        ("Precio (€/kWh)", None),
        ("Leistung (kW)", None),
        ("Zählerstand", None),
    ],
)
def test_unit(heading: str, unit: str | None) -> None:
    """The unit of energy or volume that a heading names; a price by the kWh is none."""
    assert unit_in(heading) == unit


@pytest.mark.parametrize(
    ("code", "heading", "quality"),
    [
        ("R", "REAL/ESTIMADO", Quality.ACTUAL),
        ("E", "REAL/ESTIMADO", Quality.ESTIMATED),
        ("A", "ESTIMATED_ACTUAL", Quality.ACTUAL),
        ("Estimada", "metodoObtencion", Quality.ESTIMATED),
        ("geschätzt", "", Quality.ESTIMATED),
        ("abgelesen", "", Quality.ACTUAL),
        ("rekenwaarde", "", Quality.ESTIMATED),
        ("Réelle", "Nature", Quality.ACTUAL),
        ("Estimé", "", Quality.ESTIMATED),
        ("stimata", "", Quality.ESTIMATED),
        ("Målt", "Kvalitet", Quality.ACTUAL),
        ("OK", "Laatu", Quality.ACTUAL),
        ("L1", "Qualität", Quality.ACTUAL),
        ("L2", "Qualität", Quality.ESTIMATED),
        ("Yes", "ESTIMATED?", Quality.ESTIMATED),
        ("No", "ESTIMATED?", Quality.ACTUAL),
        ("x", "Ersatzwert", Quality.ESTIMATED),
        ("Rechnerisch ermittelt", "", Quality.ESTIMATED),
        ("XYZ", "Status", None),
    ],
)
def test_quality(code: str, heading: str, quality: Quality | None) -> None:
    """Codes and words of many countries; a flag is read by its heading."""
    assert quality_of(code, heading) == quality


def test_times() -> None:
    """Headings of times, of their starts and ends."""
    for heading in ("Zeitstempel", "Horodate", "Ablesezeitpunkt", "Date/Time", "Alkuaika"):
        assert is_time_heading(heading), heading
    assert is_start("Zeit von")
    assert is_start("START TIME")
    assert is_end("Zeit bis")
    assert is_end("Read Date and End Time")
    assert is_time_of_day("Hora")
    assert not is_time_heading("Verbrauch (kWh)")


def test_what_is_no_energy() -> None:
    """Money, weather, shares, batteries, power and sums are known by their headings."""
    assert is_cost("Precio (€/kWh)")
    assert is_cost("COST")
    assert is_temperature("Temperatur (°C)")
    assert is_percentage("Autarkie %")
    assert is_battery("Speicherladung (kWh)")
    assert is_power("Leistung (kW)")
    assert is_power("Puissance moyenne (W)")
    assert not is_power("Verbrauch (kWh)")
    assert is_total("Summe")
    assert is_total("Total (Wh):")


def test_language_and_decimal_mark() -> None:
    """A file's language is a hint to its decimal mark; columns between commas have points."""
    assert language_of(["Datum", "Zeit", "Zählerstand"]) == "de"
    assert language_of(["Horodate", "Valeur"]) == "fr"
    assert language_of(["cups", "fecha", "hora", "consumo_kWh"]) == "es"
    assert language_of(["xyz"]) is None
    assert language_of(["Timestamp", "kWh"]) is None  # a unit is of no country
    assert usual_mark(["Datum", "Zählerstand"], ";") == ","
    assert usual_mark(["Datum", "Zählerstand"], ",") == "."
    assert usual_mark(["xyz"], "\t") is None


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("Показания, кВт·ч", "kWh"),
        ("Расход (кВт*ч)", "kWh"),
        ("Потребление, кВт-ч", "kWh"),
        ("Споживання, кВт⋅год", "kWh"),
        ("Вода, м³", "m³"),
        ("Газ (м3)", "m³"),
        ("Мощность, кВт", None),
    ],
)
def test_units_in_cyrillic_letters(heading: str, unit: str | None) -> None:
    """Kilowatt hours are energy, however their dot is written; kilowatts are power."""
    assert unit_in(heading) == unit
    assert is_power(heading) is (unit is None)
