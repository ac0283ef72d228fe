"""Meter diaries: typed dial positions become registers, a series for each meter."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claimed, Layout, Order
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.series import Commodity
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.diary import Diary
from tests.imports.vendors.structured import knows, read

APP = """Gaszähler 12345678
Datum;Zeit;Zählerstand
06.05.24;11:30;400,000
13.05.24;8:15;413,250
Summe;;13,250
Erstellt mit der App am 20.05.2024
"""
PLAIN = "Datum;Zeit;Zählerstand\n06.05.24;11:30;400,000\n"
TWO = """Strom Haus (kWh)
Datum;Zeit;Zählerstand
06.05.24;11:30;1400,0

Wasser Garten (m³)
Datum;Zeit;Zählerstand
06.05.24;11:45;12,5
"""
COLUMNS = """Zähler;Datum;Stand;Einheit;Art
Gas;2026-01-01;7999,250;m³;geschätzt
Gas;2026-02-01;8100,000;m³;abgelesen
Strom;2026-01-01;1200;kWh;abgelesen
"""
READINGS = """Kunde;00000000-0000-4000-8000-000000000001
Zählernummer;MST-ab12345
Datum;Zählerstand in m³;Kommentar
01.02.2024;4,500;
01.04.2024;5,250;Urlaub
"""


def layout(text: str, options: Options = Options()) -> Layout:  # noqa: B008 (immutable)
    return read(Diary(), text, options).layout


def rows(text: str, options: Options = Options()) -> list[Claimed]:  # noqa: B008 (immutable)
    return read(Diary(), text, options).rows


def test_a_date_that_is_none() -> None:
    """It is told as it stands there; a reading without any is another thing."""
    text = "Datum;Zeit;Zählerstand\n06.05.24;;1,0\nkaputt;;2,0\n;;3,0\n"
    assert [row.problem and row.problem.message for row in rows(text)] == [
        None,
        "'kaputt' is no date",
        "a reading without a date",
    ]


def test_an_apps_export() -> None:
    """A title says what flows and the meter's number; sums and the last line are no data."""
    claims = [row.claims[0] for row in rows(APP)]
    assert [(one.start, one.value) for one in claims] == [
        ("06.05.24 11:30", "400,000"),
        ("13.05.24 8:15", "413,250"),
    ]
    series = claims[0].series
    assert (series.name, series.kind, series.commodity, series.serial) == (
        "Zählerstand",
        Kind.REGISTER,
        Commodity.GAS,
        "12345678",
    )
    assert layout(APP).facts.order is Order.DMY


def test_the_unit_is_not_said() -> None:
    """Then it is the meter's own, or what --unit says."""
    assert rows(PLAIN)[0].claims[0].series.unit == ""
    assert rows(PLAIN, Options(unit="MWh"))[0].claims[0].series.unit == "MWh"


@pytest.mark.parametrize(
    ("title", "unit"),
    [("Gaszähler 12345678", "m³"), ("Wasser;20.05.24;", "m³"), ("Strom Haus", "kWh")],
)
def test_the_unit_is_not_said_but_what_flows(title: str, unit: str) -> None:
    """Then it is what such meters count in, and that is told; --unit says otherwise."""
    text = f"{title}\n{PLAIN}"
    assert rows(text)[0].claims[0].series.unit == unit
    assert any("unit" in note and unit in note for note in layout(text).notes)
    assert rows(text, Options(unit="MWh"))[0].claims[0].series.unit == "MWh"
    assert not any("unit" in note for note in layout(text, Options(unit="MWh")).notes)


@pytest.mark.parametrize("title", ["Gas", "Water", "Heat meter"])
def test_what_flows_is_counted_in_more_than_one_unit(title: str) -> None:
    """In English gas and water may be in m³, ft³ or gallons; heat is in several units anywhere."""
    assert rows(f"{title}\nDate;Reading\n2024-05-01;17,5\n")[0].claims[0].series.unit == ""


def test_what_flows_in_a_column() -> None:
    """Each kind of meter has its own usual unit."""
    text = "Datum;Zählerstand;Zählerart\n01.10.2024;65,0;WASSER\n01.10.2024;1600,0;STROM\n"
    assert [row.claims[0].series.unit for row in rows(text)] == ["m³", "kWh"]


def test_several_meters_one_below_the_other() -> None:
    """Each has its title and the header again: they are told apart by their titles."""
    first, second = (row.claims[0] for row in rows(TWO))
    assert (first.series.name, first.series.unit) == ("Strom Haus (kWh) Zählerstand", "kWh")
    assert (second.series.name, second.series.unit) == ("Wasser Garten (m³) Zählerstand", "m³")
    assert second.series.commodity is Commodity.WATER


def test_an_empty_line_below_a_title() -> None:
    """It is the section's title all the same, and what ends the section before is none of it."""
    text = (
        "Gas;20.05.24;\n;;\nDatum;Zeit;Zählerstand\n06.05.24;11:30;400,0\n"
        ";;\nErstellt mit der Strom-App;;\n;;\n"
        "Wasser;20.05.24;\n;;\nDatum;Zeit;Zählerstand\n06.05.24;11:45;12,5\n"
    )
    first, second = (row.claims[0].series for row in rows(text))
    assert (first.name, first.unit) == ("Gas 20.05.24 Zählerstand", "m³")
    assert (second.commodity, second.unit) == (Commodity.WATER, "m³")


def test_what_is_said_of_a_later_section() -> None:
    """All lines of its title count, not only the last one."""
    text = "Zähler: {}\nZählernummer;{}\n\nDatum;Zählerstand\n01.01.24;{}\n\n"
    found = rows(
        text.format("Strom", "1EMH0012345678", 5) + text.format("Gas", "7GMT0001234567", 6)
    )
    assert [row.claims[0].series.serial for row in found] == ["1EMH0012345678", "7GMT0001234567"]
    assert [row.claims[0].series.unit for row in found] == ["kWh", "m³"]


def test_a_kind_and_a_quality() -> None:
    """One column says what flows, another how the value came to be; an unknown code is kept."""
    text = "Zählernummer;Medium;Datum;Stand;Einheit;Status\n60123456;Wärme;31.12.2023;12,3;MWh;{}\n"
    for code, quality in (("geschätzt", Quality.ESTIMATED), ("abgelesen", Quality.ACTUAL)):
        (claim,) = rows(text.format(code))[0].claims
        assert (claim.quality, claim.code) == (quality, code)
        assert (claim.series.commodity, claim.series.unit) == (Commodity.HEAT, "MWh")
    (claim,) = rows(text.format("17"))[0].claims
    assert (claim.quality, claim.code) == (Quality.ACTUAL, "17")


def test_units_of_a_heat_cost_allocator() -> None:
    """They are no energy: no meter is made for them, and that is told."""
    text = "Zählernummer;Datum;Stand;Einheit\n8123;31.12.2023;123;HKV\n7123;31.12.2023;4;m³\n"
    allocator, water = (row.claims[0].series for row in rows(text))
    assert "HKV" in (allocator.only_if_mapped or "")
    assert water.only_if_mapped is None


def test_a_unit_behind_the_values() -> None:
    """It is the series' unit."""
    text = 'Datum,Zählerstand\n1.1.24,"12345,6 kWh"\n'
    assert rows(text)[0].claims[0].series.unit == "kWh"


def test_one_answer_for_several_meters() -> None:
    """It is for those that no unit is usual for; else water would be in MWh."""
    text = "Zähler;Stand;Datum\nHeizung;12,3;01.01.2024\nWasser;34,5;01.01.2024\n"
    found = [row.claims[0].series.unit for row in rows(text, Options(unit="MWh"))]
    assert found == ["MWh", "m³"]


def test_a_file_is_named_after_what_it_holds() -> None:
    """Where nothing in it says what flows, its name or its worksheet's does."""
    for name, options in (("wasser.csv", Options()), ("x.xlsx", Options(worksheet="Wasser"))):
        document = Document.of(PLAIN.encode(), name)
        found = Diary().layout(document, options)
        assert found is not None
        (claim,) = next(iter(found.read(document))).claims
        assert (claim.series.commodity, claim.series.unit) == (Commodity.WATER, "m³")


def test_sections_in_other_units() -> None:
    """Their headers differ: each section's rows are read by its own."""
    text = (
        "Strom\nDatum;Zählerstand (kWh);Verbrauch\n01.01.24;1000;\n\n"
        "Gas\nDatum;Zählerstand (m³);Verbrauch\n02.01.24;500;\n\n"
        "Datum;Zeit;Zählerstand Wasser (m³)\n03.01.24;7:30;90\n"
    )
    found = [row.claims[0] for row in rows(text)]
    assert [(one.series.unit, one.series.commodity, one.start) for one in found] == [
        ("kWh", Commodity.ELECTRICITY, "01.01.24"),
        ("m³", Commodity.GAS, "02.01.24"),
        ("m³", Commodity.WATER, "03.01.24 7:30"),
    ]
    assert len({one.series.name for one in found}) == 3


def test_another_table_below() -> None:
    """What is no diary's stops the file: its rows are no readings of the meter above."""
    text = "Datum;Zählerstand\n01.01.24;1000\nDatum;Außentemperatur;Wind\n02.01.24;5;3\n"
    with pytest.raises(Stop, match="another table"):
        layout(text)


def test_sections_that_nothing_tells_apart() -> None:
    """The header again without a title: another meter, or the same? It is refused."""
    text = "Datum;Zeit;Zählerstand\n06.05.24;11:30;400\nDatum;Zeit;Zählerstand\n06.05.24;11:45;12\n"
    with pytest.raises(Stop, match="which meter"):
        layout(text)


def test_the_same_title_again_goes_on() -> None:
    """One export behind another of the same meter is one series."""
    assert len({row.claims[0].series.name for row in rows(APP + APP)}) == 1


def test_meters_in_a_column() -> None:
    """A series for each meter, with its unit; estimated readings are told from others."""
    claims = [row.claims[0] for row in rows(COLUMNS)]
    assert [
        (one.series.name, one.series.unit, one.series.commodity, one.quality) for one in claims
    ] == [
        ("Gas Stand", "m³", Commodity.GAS, Quality.ESTIMATED),
        ("Gas Stand", "m³", Commodity.GAS, Quality.ACTUAL),
        ("Strom Stand", "kWh", Commodity.ELECTRICITY, Quality.ACTUAL),
    ]
    assert claims[0].code == "geschätzt"


def test_lines_above_the_table() -> None:
    """The meter's number is its serial, the customer's is not; notes are kept."""
    first, second = (row.claims[0] for row in rows(READINGS))
    assert (first.series.serial, first.series.unit) == ("MST-ab12345", "m³")
    assert (first.note, second.note) == (None, "Urlaub")


@pytest.mark.parametrize(
    "header",
    [
        "datum;zählerstand;notiz;geschätzt",
        "Zählernummer;Ablesedatum;Zählerstand;Einheit",
        "Date;Meter reading;Consumption;Cost (€)",
        "Datum;Zählerstand HT;Zählerstand NT",
    ],
)
def test_other_apps(header: str) -> None:
    """Other apps' headings are known; what follows from the readings is left out."""
    cells = {"ate": "2024-05-01", "tum": "01.05.2024"}
    row = ";".join(cells.get(name[-3:], "17,5") for name in header.split(";"))
    (found,) = rows(f"{header}\n{row}\n")
    assert {claim.series.kind for claim in found.claims} == {Kind.REGISTER}
    assert len(found.claims) == (2 if "HT" in header else 1)


def test_mere_values() -> None:
    """They are a dial's if they only grow; few of them, or falling ones, are asked about."""
    header = "date;value;note;meter_number\n"
    grows = "".join(f"2024-05-{day:02};{day * day};;A-1\n" for day in range(1, 20))
    assert {row.claims[0].series.kind for row in rows(header + grows)} == {Kind.REGISTER}
    few = f"{header}2024-05-01;42,3;;A-1\n2024-05-02;40,3;;A-1\n"
    with pytest.raises(Unknown, match="amounts"):
        layout(few)
    (claim,) = rows(few, Options(kind=Kind.INTERVAL))[0].claims
    assert claim.series.kind is Kind.INTERVAL


def test_the_reading_before() -> None:
    """What the dial showed the time before stands in a row of its own: it is not read twice."""
    text = "Datum;alter Zählerstand;neuer Zählerstand;Verbrauch\n01.05.2024;100;117,5;17,5\n"
    assert [claim.value for claim in rows(text)[0].claims] == ["117,5"]


def test_an_app_in_many_languages() -> None:
    """A meter by its id and its name, the device's id, a price, and whether a value is a guess."""
    text = (
        "ID compteur;Compteur;ID appareil;Date;Index;Prix (ct);Note;Estimé;Futur\n"
        "m_gas;Maison;d1;01/02/2025;1234,5678;;a;Oui;Non\n"
    )
    (claim,) = rows(text)[0].claims
    assert (claim.series.name, claim.quality) == ("m_gas Maison Index", Quality.ESTIMATED)
    assert (claim.series.commodity, claim.series.unit) == (Commodity.GAS, "m³")
    assert layout(text).facts.order is Order.DMY


def test_other_meters_of_the_house() -> None:
    """Beside a column of readings, `Gas` is one too; French tariffs are named behind the index."""
    text = "Datum;Meterstand 1.8.1 (kWh);Meterstand 2.8.1 (kWh);Gas\n1-1-2024;12,5;3;456,7\n"
    claims = rows(text)[0].claims
    assert [one.series.unit for one in claims] == ["kWh", "kWh", "m³"]
    assert claims[1].series.direction is Direction.TO_GRID
    claims = rows("Date;Relevé HP (kWh);Relevé HC (kWh);Remarque\n01/01/2024;12 345;8 765;a\n")[
        0
    ].claims
    assert [one.series.part for one in claims] == ["peak", "offpeak"]


def test_tariffs() -> None:
    """High and low are two registers of one meter."""
    claims = rows("Datum;Zählerstand HT;Zählerstand NT\n01.05.2024;17,5;3\n")[0].claims
    assert len({one.series.part for one in claims}) == 2


def test_the_way_is_not_said() -> None:
    """An electricity meter's direction that nobody says is told; --direction says it."""
    assert "--direction" in layout(TWO).notes[0]
    claims = rows(TWO, Options(direction=Direction.FROM_GRID))[0].claims
    assert claims[0].series.direction is Direction.FROM_GRID


def test_a_reading_without_its_date() -> None:
    """It is told, and not lost."""
    found = rows("Datum;Zählerstand\n01.05.2024;17,5\n;18\nmorgen;19\n")
    assert [row.problem is None for row in found] == [True, False, False]


def test_a_comma_too_many() -> None:
    """A decimal comma where commas separate columns makes two cells of one value: it is told."""
    found = rows("Datum,Stand,Einheit\n01.05.2024,17,5,kWh\n01.06.2024,18\n")
    assert [row.problem is None for row in found] == [False, True]


def test_other_tables_are_not_taken() -> None:
    """A column nobody knows, or none that is a reading: the table is left to others."""
    for header in (
        "Datum;Verbrauch",
        "Date;Value",
        "Datum;Zählerstand;Xyz",
        "time;Import T1 kWh",
        "Datum;Zählerstand Anfang;Zählerstand Ende",
    ):
        text = header + "\n01.05.2024" + ";5" * header.count(";") + "\n"
        assert not knows(Diary(), text)


def test_tariffs_of_electricity_beside_a_reading_of_something_else() -> None:
    """What is electricity is counted in kWh; the unit that is asked for is only the other's."""
    text = (
        "Datum;Meterstand laagtarief (El 1);Meterstand hoogtarief (El 3);Meterstand\n"
        "13-01-2020;1234;23;678\n"
    )
    claims = rows(text, Options(unit="m³"))[0].claims
    assert [one.series.unit for one in claims] == ["kWh", "kWh", "m³"]
    assert claims[1].series.direction is Direction.TO_GRID
    assert claims[2].series.commodity is Commodity.GAS
    claims = rows(text)[0].claims
    assert [one.series.unit for one in claims] == ["kWh", "kWh", ""]  # the last one is asked


def test_amounts_beside_the_readings() -> None:
    """What an app works out from the readings is left out, and said."""
    text = "Strom\nDatum;Stand;Verbrauch\n13.01.2020;1234;\n14.01.2020;1240;6\n"
    assert "left out: `Verbrauch`: it follows from the readings beside it" in layout(text).notes


def test_a_title_with_dates() -> None:
    """The days that a file goes over are no meter's number."""
    text = "Stromverbrauch 01-01-2020 - 31-12-2020\nDatum;Meterstand\n13-01-2020;1234\n"
    assert rows(text)[0].claims[0].series.serial is None
