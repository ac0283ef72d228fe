"""Portals, loggers and apps of the continent whose files say little of themselves."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.formats import Options
from meterctl.imports.problems import Unknown
from tests.imports.vendors.structured import generic

KWH = Options(unit="kWh")


def test_readings_and_amounts_of_a_dutch_grid() -> None:
    """`reading1` is a dial, `usage1` what it grew by; a column of one endless number is an id."""
    rows = "".join(
        f"871600000000000033,E0045000000000017,{day:02d}-06-2023,{1000 + 3 * day}.2,3,{70 * day},70"
        + " " * 200
        + "\n"
        for day in range(1, 29)
    )
    header = "eancodeasn,meternummer,meterreadingdate,reading1,usage1,reading2,usage2"
    found = generic(header + " " * 300 + "\n" + rows, KWH)
    assert {s.kind for s in found.series.values()} == {Kind.REGISTER}
    assert list(found.series) == ["reading1", "reading2"]
    assert {s.serial for s in found.series.values()} == {"E0045000000000017"}


def test_amounts_from_each_reading_to_the_next() -> None:
    """They are the dial's differences too, though they stand in the row of the earlier reading."""
    dial, text = 1000, "Ablesezeitpunkt;Zählerstand (kWh);Verbrauch (kWh)\n"
    for minute in range(0, 60 * 9, 15):
        used = 1 + minute * minute % 7
        text += f"13.05.2024 {minute // 60:02d}:{minute % 60:02d};{dial},5;{used},0\n"
        dial += used
    found = generic(text, Options())
    assert list(found.series) == ["Zählerstand (kWh)"]


def test_ids_under_a_heading_that_nobody_knows() -> None:
    """No reading has eighteen digits."""
    text = "xyzcode,Datum,Verbruik (kWh)\n" + "".join(
        f"871600000000000033,2024-01-{day:02d},{day}.5\n" for day in (3, 4, 5)
    )
    assert [(s.name, s.serial) for s in generic(text).series.values()] == [
        ("Verbruik (kWh)", "871600000000000033")
    ]


def test_what_flows_tells_the_unit() -> None:
    """Electricity with a fraction is in kWh and gas in m³, which is noted; fed in is electricity"""
    text = "Datum,EAN,Verbruik,Type\n" + "".join(
        f"2024-05-2{d}T00:00:00+01:00,XXXXXXXX,0.{d}25,{type_}\n"
        for d in range(1, 9)
        for type_ in ("Elektriciteit", "Gas", "Teruglevering")
    )
    found = generic(text)
    assert [s.unit for s in found.series.values()] == ["kWh", "m³", "kWh"]
    assert len([note for note in found.layout.notes if "is not said: taken as" in note]) == 3


@pytest.mark.parametrize("values", [("500", "620"), ("1500", "1620")])
def test_electricity_in_whole_numbers(values: tuple[str, str]) -> None:
    """It may be in Wh."""
    first, second = values
    with pytest.raises(Unknown, match="the unit of 'Stromverbrauch'"):
        generic(f"Datum;Stromverbrauch\n13.01.2024;{first}\n14.01.2024;{second}\n")


def test_registers_by_their_codes() -> None:
    """`VERBR_KWH_181` is a dial of what came from the grid, `GELVR_KWH_282` of what went to it."""
    header = "TIMESTAMP,VERBR_KWH_181,GELVR_KWH_282,ACT_VERBR_KW_170,VERBR_GAS_2421\n"
    text = header + "2024-01-13 10:00:00,3501.1,200.2,0.4,2501.3\n" * 2
    found = generic(text)
    ways = [(s.kind, s.direction, s.unit) for s in found.series.values()]
    assert ways == [
        (Kind.REGISTER, Direction.FROM_GRID, "kWh"),
        (Kind.REGISTER, Direction.TO_GRID, "kWh"),
        (Kind.REGISTER, Direction.CONSUMPTION, "m³"),
    ]


@pytest.mark.parametrize("factor", ["factor", "Fattore"])
def test_a_factor(factor: str) -> None:
    """Values that would have to be multiplied are not; that is said."""
    text = f"moment-date;value;{factor}\n" + "".join(
        f"2024-11-15 {hour:02d}:00:00;{20000000 + 7 * hour * hour};-0.001\n" for hour in range(14)
    )
    found = generic(text, Options(unit="Wh"))
    assert list(found.series) == ["value"]
    assert any(
        note.startswith(f"`{factor}` (-0.001) is not applied") for note in found.layout.notes
    )


def test_a_value_instead_of_a_missing_one() -> None:
    """`Ersatzwert` holds a number where the measured one is lacking: it is that row's, estimated"""
    text = (
        "Messzeitpunkt;Gemessener Verbrauch (kWh);Ersatzwert\n"
        "13.05.2024 00:15;0,250;\n13.05.2024 00:30;;0,125\n14.05.2024 00:00;0,500;\n"
    )
    claims = generic(text).claims
    assert [(one.value, one.quality) for one in claims] == [
        ("0,250", Quality.ACTUAL),
        ("0,125", Quality.ESTIMATED),
        ("0,500", Quality.ACTUAL),
    ]


def test_the_only_time_is_when_it_was_updated() -> None:
    """Some portals call the day so."""
    text = (
        "Plant Name,Updated Time,Time Zone,Consumption-Today(kWh)\n"
        "Home,2024/05/16,UTC+01:00,1.2\nHome,2024/05/27,UTC+01:00,2.2\n"
    )
    assert [one.start for one in generic(text).claims] == ["2024/05/16", "2024/05/27"]


def test_a_unix_time_and_a_value() -> None:
    """Without a header, the only other numbers are the values, long as they may be."""
    text = "".join(f"{1700000000 + 3600 * n},{10000000 + n * n}\n" for n in range(14))
    found = generic(text, Options(unit="l"))
    assert [(s.name, s.kind) for s in found.series.values()] == [("column 2", Kind.REGISTER)]
    assert found.claims[0].start == "1700000000"


def test_a_header_that_says_when_it_was_written() -> None:
    """Behind its last column, smart plugs name the view and the time of the export."""
    text = (
        "Datum/Uhrzeit;Energie;Einheit;Energie in Euro;Einheit;Ansicht:;Monat;Datum;"
        "20.05.2024 12:00 Uhr\n24.04.2024;0,250;kWh;0,03;Euro\n25.04.2024;0,500;kWh;0,05;Euro\n"
    )
    found = generic(text, Options(kind=Kind.INTERVAL))
    assert [(one.series.name, one.value) for one in found.claims] == [
        ("Energie", "0,250"),
        ("Energie", "0,500"),
    ]


def test_nothing_above_the_times() -> None:
    """A heading with a unit is one though it stands alone."""
    text = "Anlage;Muster;\n;Ertrag [kWh];\n13.05.2024;12,34;\n14.05.2024;2,2;\n"
    found = generic(text, Options(kind=Kind.INTERVAL))
    assert [(s.name, s.direction) for s in found.series.values()] == [
        ("Ertrag [kWh]", Direction.GENERATION)
    ]


def test_signs_of_active_energy() -> None:
    """`A+` came from the grid, `-A` went to it."""
    text = "Datum;Energija A+ [kWh];Profil -A [kWh]\n" + "".join(
        f"{day}.01.2024;{5 - day % 3},1;{day % 4},2\n" for day in range(13, 29)
    )
    ways = [s.direction for s in generic(text).series.values()]
    assert ways == [Direction.FROM_GRID, Direction.TO_GRID]


def test_the_other_dial_of_a_tariff_that_is_fed_in() -> None:
    """`StandDal` beside `TerugleveringDal` counts what came from the grid."""
    text = "OpnameDatum;StandDal;TerugleveringDal\n2024-05-07;1010;303\n2024-05-06;1005;302\n"
    ways = [s.direction for s in generic(text, KWH).series.values()]
    assert ways == [Direction.FROM_GRID, Direction.TO_GRID]


def test_fed_in_by_another_word() -> None:
    """`invoeding productie` is what went to the grid, a period at a time; a net one is left out."""
    text = "datum;afname stand dal;invoeding stand dal;invoeding productie dal;saldo totaal\n"
    text += "".join(f"{d}-01-2024;{1300 + 3 * d};{39 + d};-1;{2 * d}\n" for d in range(25, 12, -1))
    found = generic(text, KWH)
    assert [(s.kind, s.direction) for s in found.series.values() if not s.only_if_mapped] == [
        (Kind.REGISTER, Direction.FROM_GRID),
        (Kind.REGISTER, Direction.TO_GRID),
        (Kind.INTERVAL, Direction.TO_GRID),
    ]


def test_a_gas_dial_and_the_energy_that_went_through_it() -> None:
    """One gas is not stored twice."""
    text = "Date de relevé;Index (m3);Énergie consommée (kWh)\n" + "".join(
        f"{day}/03/2024;{1200 + 2 * day};2{day},5\n" for day in range(13, 29)
    )
    kept = [s.name for s in generic(text).series.values() if not s.only_if_mapped]
    assert kept == ["Index (m3)"]


@pytest.mark.parametrize(("factor", "is_kept"), [(1, False), (5, True)])
def test_a_total_that_is_none(factor: int, *, is_kept: bool) -> None:
    """`Gesamt` is left out where it adds up what stands beside it, in whichever way."""
    parts = [(7, 2), (9, 3), (8, 1), (5, 4)] * 4
    text = "Datum;Gesamt (kWh);Haus (kWh);Garten (kWh)\n" + "".join(
        f"{day}.01.2024;{factor * a + b},5;{a},25;{b},25\n" for day, (a, b) in enumerate(parts, 13)
    )
    series = generic(text, Options(kind=Kind.INTERVAL)).series
    assert (series["Gesamt (kWh)"].only_if_mapped is None) is is_kept


def test_days_in_a_title_are_no_meters_number() -> None:
    """Nor is any other date."""
    text = "Stromverbrauch 01-01-2020 - 31-12-2020\n\nDatum;Verbrauch (kWh)\n13-01-2020;1,5\n"
    assert generic(text).claims[0].series.serial is None


def test_the_grids_import_in_german() -> None:
    """`Netzimport` came from the grid, as `Netzbezug` did."""
    text = "Datum;Netzimport (kWh)\n13.05.2025;1,5\n14.05.2025;0,75\n15.05.2025;1,25\n"
    (series,) = generic(text, Options(kind=Kind.INTERVAL)).series.values()
    assert series.direction is Direction.FROM_GRID
