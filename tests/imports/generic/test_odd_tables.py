"""Tables of loggers, portals, heat meters and other countries, as the generic reader finds them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.formats import Options
from meterctl.imports.layout import Order
from meterctl.imports.problems import Unknown
from meterctl.imports.series import Commodity
from tests.imports.vendors.structured import Read, generic

REGISTER = Options(kind=Kind.REGISTER)
INTERVAL = Options(kind=Kind.INTERVAL)


def counted(found: Read) -> dict[str, Direction]:
    """The series that are kept unasked."""
    return {n: one.direction for n, one in found.series.items() if one.only_if_mapped is None}


def test_a_meter_called_a() -> None:
    """No column is left out without a word because its name has a letter that is a unit too."""
    text = "Date,Meter A (kWh),Meter B (kWh)\n2024-05-01,1000,500\n2024-05-02,1009,504\n"
    assert list(generic(text, REGISTER).series) == ["Meter A (kWh)", "Meter B (kWh)"]


def test_units_of_something_else() -> None:
    """Hours, volts, sunshine and money in brackets count no energy, whatever --unit says."""
    text = (
        "Date,Energy (kWh),Hours counter [h],Global Irradiation (kWh/㎡),电费(元),Voltage [V]\n"
        "2024-05-01,10.5,1000,5.5,6.1,229\n2024-05-02,11.5,1024,5.1,6.3,230\n"
    )
    assert list(generic(text, Options(unit="kWh", kind=Kind.INTERVAL)).series) == ["Energy (kWh)"]


def test_energy_beside_power() -> None:
    """A column that says energy, but no unit, is asked about and not taken for power."""
    text = "timestamp,a_total_act_energy,a_max_act_power\n1704067200,1.5,95\n1704067260,1.4,91\n"
    with pytest.raises(Unknown, match="unit of 'a_total_act_energy'"):
        generic(text)


def test_a_heat_meter() -> None:
    """Its energy is kept; the water that brought the heat is no gas, and no water used."""
    text = (
        "Datum;Energie [GJ];Volume [m3];Retour [°C]\n"
        "01-01-2024;123,456;1234,5;41,1\n02-01-2024;123,987;1236,1;40,9\n"
    )
    found = generic(text, REGISTER)
    assert list(counted(found)) == ["Energie [GJ]"]
    assert {one.commodity for one in found.series.values()} == {Commodity.HEAT}


def test_heat_and_water_in_rows() -> None:
    """What a row is of decides: the volume of a water meter counts, that of a heat meter not."""
    text = (
        "Timestamp;Device ID;Medium;Energy (kWh);Volume (m3)\n"
        "2024-01-01T00:00:00Z;10000001;Heat;45000;1000.5\n"
        "2024-01-01T00:00:00Z;10000002;Water;;323.4\n"
        "2024-01-01T01:00:00Z;10000001;Heat;45002;1001\n"
        "2024-01-01T01:00:00Z;10000002;Water;;323.5\n"
    )
    series = generic(text, REGISTER).series
    kept = {one.serial: one.commodity for one in series.values() if not one.only_if_mapped}
    assert kept["10000001"] is Commodity.HEAT
    volumes = [one for one in series.values() if one.unit == "m³"]
    assert [bool(one.only_if_mapped) for one in volumes] == [True, False]


def test_a_heat_billers_list() -> None:
    """The flat and its tenant count nothing; a unit that is none of energy leaves the others be."""
    rows = [
        f"17;0002;{device};{sort};{date};{value};{unit}"
        for date, more in (("31.12.2024", 0), ("31.01.2025", 2))
        for device, sort, value, unit in (
            ("10000011", "Heizkostenverteiler", 40 + more, "Striche"),
            ("10000012", "Warmwasserzähler", 30 + more, "m³"),
            ("10000013", "Wärmezähler", 900 + more, "kWh"),
        )
    ]
    head = "Abrechnungseinheit;Nutzer;Gerätenummer;Geräteart;Datum;Wert;Einheit"
    text = "\n".join([head, *rows, ""])
    found = generic(text, Options(unit="kWh", kind=Kind.REGISTER)).series
    assert list(found) == ["10000011 Wert", "10000012 Wert", "10000013 Wert"]
    water = found["10000012 Wert"]
    assert (water.unit, water.commodity) == ("m³", Commodity.WATER)


def test_hot_water_in_kwh() -> None:
    """It is the heat in it."""
    text = "Monat;Warmwasser (kWh);Kaltwasser (m³)\n2024-01;120;4,2\n2024-02;118;4\n"
    assert [one.commodity for one in generic(text, INTERVAL).series.values()] == [
        Commodity.HEAT,
        Commodity.WATER,
    ]


def test_a_battery_by_its_discharge() -> None:
    """Beside a discharge, a charge is no use of the house."""
    text = "Time,PV(kWh),Charge(kWh),Discharge(kWh)\n2024-05-01,12,2,1\n2024-05-02,13,3,2\n"
    assert list(counted(generic(text, INTERVAL))) == ["PV(kWh)"]


def test_ways_of_inverter_portals() -> None:
    """Sell and buy, and what goes from the grid to the house."""
    text = "Date,PV(kWh),Sell(kWh),Buy(kWh),Grid to consumers (kWh)\n2024-05-01,9,5,1,1\n"
    assert list(counted(generic(text, INTERVAL)).values()) == [
        Direction.GENERATION,
        Direction.TO_GRID,
        Direction.FROM_GRID,
        Direction.FROM_GRID,
    ]


def test_a_makers_name_above_a_table() -> None:
    """`Solar` in it turns no column round that says what it counts."""
    text = "Solar Electric\nZeit;Erzeugung [Wh];Verbrauch [Wh]\n01.05.2024 00:15;5;7\n"
    assert counted(generic(text, INTERVAL)) == {
        "Erzeugung [Wh]": Direction.GENERATION,
        "Verbrauch [Wh]": Direction.CONSUMPTION,
    }


def test_the_time_of_a_peak() -> None:
    """It is not the row's."""
    text = "Date,Generated,Peak Power,Peak Time\n20240503,22.5kWh,3.5kW,12:35PM\n"
    assert generic(text, INTERVAL).claims[0].start == "20240503"


def test_the_reading_before() -> None:
    """It stands in the row before: it is not read again at a later date."""
    text = (
        "Date,Previous Reading (kWh),Current Reading (kWh)\n2024-01-31,5000,5120\n"
        "2024-02-29,5120,5250\n"
    )
    assert list(generic(text).series) == ["Current Reading (kWh)"]


def test_a_top_up_beside_a_dial() -> None:
    """What stands in a few rows only is not of its neighbour's kind."""
    text = (
        "Date,Meter Reading (kWh),Top-up (kWh)\n2024-07-01,10000.5,\n2024-07-08,10050.5,\n"
        "2024-07-15,10100.5,200\n"
    )
    with pytest.raises(Unknown, match="Top-up"):
        generic(text)


def test_a_days_counter_beside_a_lifetimes() -> None:
    """Values that start again each day, under a heading that says so, are a daily counter's."""
    rows = "".join(
        f"2024-05-{day:02} {hour:02}:00,{hour * hour / 100},{1000 + day * 6 + hour * hour / 100}\n"
        for day in range(1, 5)
        for hour in range(24)
    )
    found = generic(f"Time,Daily Production(kWh),Total Production(kWh)\n{rows}").series
    assert [one.kind for one in found.values()] == [Kind.DAILY, Kind.REGISTER]


def test_a_numbering_of_rows() -> None:
    """It counts no energy, though it only grows and may be called an index."""
    rows = "".join(f"{n},2024-05-01 {n:02}:00,{1000 + n * n}\n" for n in range(9))
    assert list(generic(f"index,timestamp,kwh_import\n{rows}", REGISTER).series) == ["kwh_import"]


@pytest.mark.parametrize("digits", ["000000000", "000000", "000", "", ".0"])
def test_unix_times(digits: str) -> None:
    """In seconds, as databases keep them, or in milli-, micro- or nanoseconds."""
    text = f"time,kwh\n1704067200{digits},1234.5\n1704070800{digits},1235.5\n"
    assert (generic(text, REGISTER).claims[0].start or "").startswith("1704067200")


def test_a_column_of_the_zone() -> None:
    """It says where the times are from, unless it is what the person's own zone has too."""
    text = "Updated Time,Time Zone,Production(kWh)\n2025/03/01,{0},12\n2025/03/02,{0},3\n"
    for home, zone in (("Europe/Berlin", "UTC+07:00"), ("Asia/Bangkok", "None")):
        options = Options(kind=Kind.INTERVAL, home=ZoneInfo(home))
        assert str(generic(text.format("UTC+07:00"), options).layout.facts.zone) == zone
    named = generic(text.format("Asia/Bangkok"), INTERVAL)
    assert str(named.layout.facts.zone) == "Asia/Bangkok"


def test_a_battery_in_other_words() -> None:
    """Charging and discharging are a battery's."""
    text = (
        "Date,Production(kWh),Charging Capacity(kWh),Discharging Capacity(kWh)\n2025-03-01,9,2,1\n"
    )
    assert list(counted(generic(text, INTERVAL))) == ["Production(kWh)"]


def test_meters_called_by_what_flows() -> None:
    """None is left out: `Gas` and `Wasser` say that they count, and what they count in."""
    text = (
        "Datum;HT;NT;Gas;Wasser\n01.01.2024;12345;5432;1000,5;300\n01.02.2024;12445;5532;1100;31\n"
    )
    found = generic(text, Options(unit="kWh", kind=Kind.REGISTER)).series
    assert {name: one.unit for name, one in found.items()} == {
        "HT": "kWh",
        "NT": "kWh",
        "Gas": "m³",
        "Wasser": "m³",
    }


def test_a_short_header() -> None:
    """`ts` is a time, and no pattern of one."""
    text = "ts;kwh\n2024-01-01T08:00:00+01:00;1234.5\n2024-02-01T08:00:00+01:00;1334.5\n"
    assert list(generic(text, REGISTER).series) == ["kwh"]


@pytest.mark.parametrize("texts", [("Jan 24", "Feb 24"), ("Jan. 24", "Febr. 24")])
def test_short_months(texts: tuple[str, str]) -> None:
    """Under `Monat`, `Jan 24` is January 2024."""
    rows = "".join(f"{text};{310 - place}\n" for place, text in enumerate(texts))
    found = generic(f"Monat;Verbrauch (kWh)\n{rows}")
    assert [(claim.start or "").split("-")[1] for claim in found.claims] == ["24", "24"]


@pytest.mark.parametrize(
    ("header", "ways"),
    [
        ("Data;Godzina;Pobór [kWh];Oddanie [kWh]", [Direction.FROM_GRID, Direction.TO_GRID]),
        ("Tarih;Saat;Çekiş (kWh);Veriş (kWh)", [Direction.FROM_GRID, Direction.TO_GRID]),
        ("日付,時刻,買電電力量(kWh),売電電力量(kWh)", [Direction.FROM_GRID, Direction.TO_GRID]),
        ("日期,时间,用电量(kWh),发电量(kWh)", [Direction.CONSUMPTION, Direction.GENERATION]),
    ],
)
def test_other_countries(header: str, ways: list[Direction]) -> None:
    """Their words for the ways of energy are known."""
    mark = ";" if ";" in header else ","
    text = f"{header}\n2024-04-01{mark}01:00{mark}0.3{mark}0.1\n"
    assert [one.direction for one in generic(text, INTERVAL).series.values()] == ways


def test_the_language_of_a_header() -> None:
    """Who writes `Fecha` puts the day first; who writes `Date` may not."""
    text = "{};Consumo (kWh)\n01-07-2023 00:00;0,3\n01-07-2023 01:00;0,4\n"
    spanish = generic(text.format("Fecha y hora"), INTERVAL)
    assert spanish.layout.facts.order is Order.DMY
    for silent in ("Date;Usage (kWh)", "Timestamp;kWh"):
        found = generic(f"{silent}\n01-07-2023 00:00;0.3\n", INTERVAL)
        assert found.layout.facts.order is None, silent
