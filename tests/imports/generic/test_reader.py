"""What the generic reader makes of tables as such: their parts, and what they leave open."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.formats import Options
from meterctl.imports.generic.reader import Generic
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.series import Commodity
from meterctl.imports.text.document import Document
from tests.imports.vendors.structured import generic, knows

INTERVAL = Options(kind=Kind.INTERVAL)


def rows(values: list[str], heading: str = "Wert (kWh)") -> str:
    """A table of a value a day."""
    days = (f"{2020 + n // 336}-{1 + n // 28 % 12:02d}-{1 + n % 28:02d}" for n in range(1000))
    return f"Datum;{heading}\n" + "".join(
        f"{day};{value}\n" for day, value in zip(days, values, strict=False)
    )


def test_without_a_header() -> None:
    """Columns are called by their numbers; times and values are found by what they look like."""
    found = generic(
        "2024-01-01 00:00,1.5\n2024-01-01 01:00,2.5\n", Options(kind=Kind.INTERVAL, unit="kWh")
    )
    assert found.values("column 2") == ["1.5", "2.5"]


def test_a_header_that_is_damaged() -> None:
    """Its damage is told, not asked what its headings would have said."""
    text = "Datum;Zählerstand (kWh)\n01.01.2024;10,0\n02.01.2024;11,0\n".encode("cp1252")
    document = Document.of(text, options=(options := Options(encoding="utf-8")))
    with pytest.raises(Stop, match="byte 0xe4") as caught:
        Generic().layout(document, options)
    assert (caught.value.problem.line, caught.value.problem.column) == (1, 8)


def test_a_first_row_that_is_damaged() -> None:
    """A row of data is told by itself: the others have all that they need."""
    text = "01.01.2024;1,5;ä\n02.01.2024;1,6;b\n03.01.2024;1,7;b\n".encode("cp1252")
    options = Options(encoding="utf-8", kind=Kind.INTERVAL, unit="kWh")
    document = Document.of(text, options=options)
    layout = Generic().layout(document, options)
    assert layout is not None
    assert [row.problem is None for row in layout.read(document)][-2:] == [True, True]


def test_a_diary() -> None:
    """A title with the meter's number, hand-typed times, a footer; line numbers are the file's."""
    found = generic(
        "Strom 12345678\n\nDatum;Zeit;Zählerstand\n06.05.24;11:30;400,000\n"
        "07.05.24;7:15;1400,5\n\nexportiert mit der App\n",
        Options(unit="kWh"),
    )
    (series,) = found.series.values()
    assert (series.kind, series.serial, series.unit) == (Kind.REGISTER, "12345678", "kWh")
    assert [claim.start for claim in found.claims] == ["06.05.24 11:30", "07.05.24 7:15"]
    assert [row.record.line for row in found.rows] == [4, 5]


def test_unit_row_below_the_header() -> None:
    """Units may have a row of their own, and the date its pattern."""
    found = generic(
        "Datum;Bezug;Gas\n[dd.MM.yyyy];[Wh];[m³]\n01.01.2024;1200;3,5\n02.01.2024;900;2,5\n",
        INTERVAL,
    )
    assert [s.unit for s in found.series.values()] == ["Wh", "m³"]


def test_unit_behind_the_values() -> None:
    """It is as good as one in the heading."""
    found = generic("Date,Usage\n2024-01-01,1.5 kWh\n2024-01-02,2.5 kWh\n")
    assert next(iter(found.series.values())).unit == "kWh"


def test_meters_in_rows() -> None:
    """A series for each meter's number, with its own unit; remarks are kept."""
    found = generic(
        "Datum;Zählernummer;Zählerstand;Einheit;Bemerkung\n"
        "01.01.2024;1ESM1160123456;12345,6;kWh;Haus\n"
        "01.01.2024;7GMT0012345;4567,891;m³;\n"
        "01.02.2024;1ESM1160123456;12445,6;kWh;\n"
    )
    power, gas = found.series.values()
    assert (power.name, power.serial) == ("1ESM1160123456 Zählerstand", "1ESM1160123456")
    assert (gas.unit, gas.commodity) == ("m³", Commodity.GAS)
    assert found.values(power.name) == ["12345,6", "12445,6"]
    assert found.claims[0].note == "Haus"


def test_gas_in_rows_of_two_units() -> None:
    """Rows in m³ and in kWh of one meter are one gas: the kWh are kept only if they are mapped."""
    found = generic(
        "EAN;Van;Tot;Verbruik;Eenheid\n"
        "541448000000000001;01-01-2024;02-01-2024;3,5;m³\n"
        "541448000000000001;01-01-2024;02-01-2024;38,5;kWh\n"
        "541448000000000001;02-01-2024;03-01-2024;3,0;m³\n"
        "541448000000000001;02-01-2024;03-01-2024;33,0;kWh\n"
    )
    assert {s.unit: s.only_if_mapped for s in found.series.values()} == {
        "m³": None,
        "kWh": "the same gas, in kWh",
    }


def test_labels_that_tell_rows_of_one_time_apart() -> None:
    """A text that nobody knows makes series, but only where one time has several of them."""
    found = generic(
        "Datum;Sorte;Verbrauch (kWh)\n01.01.2024;Keller;1,5\n01.01.2024;Dach;2,5\n"
        "02.01.2024;Keller;1,6\n02.01.2024;Dach;2,4\n"
    )
    assert found.values("Keller Verbrauch (kWh)") == ["1,5", "1,6"]
    found = generic("Datum;Wetter;Verbrauch (kWh)\n01.01.2024;Regen;1,5\n02.01.2024;Sonne;2,5\n")
    assert found.values("Verbrauch (kWh)") == ["1,5", "2,5"]


def test_labels_that_differ_in_a_repeated_hour() -> None:
    """The clock's repeated hour gives two rows of one time too, and no two meters."""
    hours = [*range(3), *range(2, 24)]
    text = "Zeit;Wetter;Verbrauch (kWh)\n" + "".join(
        f"27.10.2024 {hour:02d}:00;{'Regen' if n % 2 else 'Sonne'};{n},5\n"
        for n, hour in enumerate(hours)
    )
    assert list(generic(text).series) == ["Verbrauch (kWh)"]


def test_the_header_again() -> None:
    """The same header in the middle goes on; another one begins another table."""
    text = "Datum;Verbrauch (kWh)\n01.01.2024;1,5\nDatum;Verbrauch (kWh)\n02.01.2024;1,6\n"
    assert generic(text).values("Verbrauch (kWh)") == ["1,5", "1,6"]
    text += "\nDatum;Zählerstand Gas (m³)\n03.01.2024;100,5\n"
    found = generic(text)
    assert found.values("Zählerstand Gas (m³)") == ["100,5"]
    assert found.series["Zählerstand Gas (m³)"].kind is Kind.REGISTER


def test_tables_that_cannot_be_told_apart() -> None:
    """Two with one header, for the same times, with other values: refused with the reason."""
    table = "Date,Usage (kWh)\n" + "".join(f"2024-01-{d:02d},{{}}.{d}\n" for d in range(1, 29))
    with pytest.raises(Stop, match="nothing says which meter each is of") as caught:
        generic(table.format(*[1] * 28) + table.format(*[2] * 28))
    assert "--meter" in caught.value.problem.hint


def test_the_same_table_twice() -> None:
    """What is said twice in the same words is no contradiction."""
    table = "Date,Usage (kWh)\n" + "".join(f"2024-01-{d:02d},1.{d}\n" for d in range(1, 29))
    assert len(generic(table + table).claims) == 56


def test_totals_and_footers() -> None:
    """Rows that sum up others, and texts, are left out; a value is told whose time is none."""
    found = generic(
        "Datum;Verbrauch (kWh);Note\n01.01.2024;1,5;\n02.01.2024;1,6;\nSumme;3,1;\n"
        "Durchschnitt;1,55;\n?;1,7;\nAlle Angaben ohne Gewähr\n"
    )
    assert found.values("Verbrauch (kWh)") == ["1,5", "1,6"]
    assert found.problems == [(6, 1, "'?' is no time")]


def test_trailing_blanks() -> None:
    """Hundreds of them say nothing; a blank value is still a claim."""
    found = generic(
        "Datum;Verbrauch (kWh);;;;\n01.01.2024;1,5"
        + ";" * 300
        + "\n02.01.2024;;;;\n"
        + ";;;\n" * 200
    )
    assert found.values("Verbrauch (kWh)") == ["1,5", ""]


def test_power_only() -> None:
    """Power is refused with the reason, by the heading, the preamble, a unit or a label."""
    for text in (
        "Zeit;Leistung (kW)\n01.01.2024 00:00;1,5\n01.01.2024 00:15;1,6\n",
        "Horodate;Puissance moyenne (W)\n2024-01-01T00:30:00+01:00;150\n",
        (
            "Identifiant PRM;Type;Date de debut;Unite\n12345678901234;Courbe;2026-01-05;W\n"
            "Horodate;Valeur\n2026-01-05T00:30:00+01:00;1200\n2026-01-05T01:00:00+01:00;800\n"
        ),
        "Time,Value,Unit\n2024-01-01 00:00,150,W\n2024-01-01 00:15,140,W\n",
        (
            "MPRN,Read Value,Read Type,Read Date and End Time\n"
            "10000000001,0.25,Active Import Interval (kW),06-05-2024 00:30\n"
        ),
    ):
        with pytest.raises(Stop, match="power") as caught:
            generic(text)
        assert "energy" in caught.value.problem.hint


@pytest.mark.parametrize(
    ("unit", "commodity"),
    [("dl", Commodity.WATER), ("gal", Commodity.WATER), ("CCF", Commodity.GAS)],
)
def test_volumes(unit: str, commodity: Commodity) -> None:
    """Electricity has none; small ones are of water, others of gas where nothing says so."""
    found = generic(f"Date,Usage ({unit})\n2024-01-01,15\n2024-01-02,16\n")
    assert found.series[f"Usage ({unit})"].commodity is commodity
    is_noted = any("is gas or water is not said" in note for note in found.layout.notes)
    assert is_noted is (commodity is Commodity.GAS)


def test_unit_that_is_not_said() -> None:
    """It is asked, at the heading; an answer counts only where the file is silent."""
    text = "Datum;Verbrauch;Gas (m³)\n01.01.2024;1,5;3\n02.01.2024;1,6;2\n"
    with pytest.raises(Unknown, match="the unit of 'Verbrauch' is not said") as caught:
        generic(text)
    assert (caught.value.option, caught.value.problem.line) == ("unit", 1)
    found = generic(text, Options(unit="kWh"))
    assert [s.unit for s in found.series.values()] == ["kWh", "m³"]


def test_unit_of_a_mapped_column() -> None:
    """It may be the meter's own, if one is named."""
    text = "Datum;Verbrauch\n01.01.2024;1,5\n02.01.2024;1,6\n"
    for options in (Options(meter="house"), Options(columns=(("verbrauch", "house"),))):
        assert generic(text, options).series["Verbrauch"].unit == ""


def test_one_answer_for_columns_of_several_things() -> None:
    """An answer in kWh is not for water; its unit is asked still, or it is its meter's own."""
    text = "Date;Electricity usage;Water usage\n13.01.2024;5;0,2\n14.01.2024;6;0,3\n"
    with pytest.raises(Unknown, match="the unit of 'Water usage'"):
        generic(text, Options(unit="kWh"))
    found = generic(text, Options(unit="kWh", columns=(("Water usage", "water"),)))
    assert [s.unit for s in found.series.values()] == ["kWh", ""]


def test_one_answer_and_a_usual_unit() -> None:
    """Who writes `Wasser` counts it in m³."""
    text = "Datum;Stromverbrauch;Wasserverbrauch\n13.01.2024;5;0,2\n14.01.2024;6;0,3\n"
    found = generic(text, Options(unit="kWh"))
    assert [s.unit for s in found.series.values()] == ["kWh", "m³"]


def test_one_answer_for_rows_of_several_things() -> None:
    """Beside electricity an answer in kWh is not for the gas; a map of its name to a meter is."""
    text = "Date,EAN,Usage,Type,Peak\n" + "".join(
        f"2024-05-2{d}T00:00:00+01:00,8716000000000000{n},0.{d}25,{type_},false\n"
        for d in range(1, 9)
        for n, type_ in ((11, "Electricity"), (22, "Gas"))
    )
    with pytest.raises(Unknown, match="the unit of '871600000000000022 Gas Usage'"):
        generic(text, Options(unit="kWh"))
    mapped = Options(unit="kWh", columns=(("871600000000000022 Usage", "gas"),))
    assert [s.unit for s in generic(text, mapped).series.values()] == ["kWh", ""]


def test_constants() -> None:
    """A factor, a type, a version: what is the same in all rows counts nothing."""
    text = "name;ean;moment;moment-date;value;factor;type\n" + "".join(
        f"Haus;871600000000000033;{1700000000 + 3600 * n};2023-11-15 {n:02d}:00:00;{n}.5{n};1;0\n"
        for n in range(12)
    )
    found = generic(text, Options(unit="m³", kind=Kind.REGISTER))
    assert list(found.series) == ["value"]
    assert (found.claims[0].start, found.series["value"].serial) == (
        "1700000000",
        "871600000000000033",
    )


def test_row_numbers() -> None:
    """A column without a heading that numbers the rows is no dial."""
    rows = "".join(f"{n},2024-01-01 {n:02d}:00,{n * 7 % 5}.5\n" for n in range(24))
    found = generic(",timestamp,value\n" + rows, Options(unit="kWh"))
    assert list(found.series) == ["value"]
    assert "left out: `column 1`: what it counts is not said; --map keeps it" in found.layout.notes


def test_dates_in_a_days_first_row_only() -> None:
    """As merged cells of a spreadsheet are written."""
    found = generic("Date,Time,Usage (kWh)\n2024-01-01,00:00,1\n,00:30,2\n2024-01-02,00:00,3\n")
    assert [claim.start for claim in found.claims] == [
        "2024-01-01 00:00",
        "2024-01-01 00:30",
        "2024-01-02 00:00",
    ]


def test_tables_of_two_meters_with_names_above() -> None:
    """A line above each table tells them apart, also where their times are the same."""
    table = "Time,Usage (kWh)\n2024-01-01 00:00,{}\n2024-01-01 01:00,{}\n"
    found = generic(
        "Meter: 11112222\n" + table.format(1, 2) + "\nMeter: 33334444\n" + table.format(3, 4)
    )
    first, second = found.series.values()
    assert (first.serial, second.serial) == ("11112222", "33334444")
    assert found.values(second.name) == ["3", "4"]


def test_tables_of_the_same_days() -> None:
    """Days and hours of one thing are two series, never added up; a table that goes on is one."""
    days = "Date,Usage (kWh)\n2024-01-01,24\n2024-01-02,23\n"
    hours = "Date,Time,Usage (kWh)\n" + "".join(
        f"2024-01-{d:02d},{h:02d}:00,1\n" for d in (1, 2) for h in (0, 1)
    )
    found = generic(days + hours)
    assert found.values("Usage (kWh)") == ["24", "23"]
    assert found.values("Usage (kWh) (2)") == ["1"] * 4
    later = "Date,Usage (kWh),Status\n2024-01-03,22,A\n2024-01-04,21,A\n"
    assert list(generic(days + later).series) == ["Usage (kWh)"]


def test_tables_of_meters_without_numbers() -> None:
    """A name above each table is as good as a number."""
    table = "Time,Usage (kWh)\n2024-01-01 00:00,{}\n2024-01-02 00:00,{}\n"
    found = generic("Meter: House\n" + table.format(1, 2) + "Meter: Garage\n" + table.format(3, 4))
    assert found.values("Usage (kWh)") == ["1", "2"]
    assert found.values("Usage (kWh) Garage") == ["3", "4"]


def test_a_line_above_that_looks_like_data() -> None:
    """A period and its sum above the header are no row."""
    found = generic(
        "Zeitraum;01.01.2024;31.01.2024;Summe;12,5\n"
        "Datum;Verbrauch (kWh)\n01.01.2024;1,5\n02.01.2024;1,6\n"
    )
    assert found.values("Verbrauch (kWh)") == ["1,5", "1,6"]


def test_numbers_of_meters_as_headings() -> None:
    """A heading may be nothing but a meter's number."""
    found = generic(
        "Datum;12345678;87654321\n01.01.2024;1000,5;500,2\n02.01.2024;1003,5;501,2\n",
        Options(unit="kWh", kind=Kind.REGISTER),
    )
    assert [s.serial for s in found.series.values()] == ["12345678", "87654321"]


def test_times_without_a_colon() -> None:
    """`0.15` and `0015` under the heading of a time of day are times."""
    for text in ("0.15", "0015"):
        found = generic(f"Date;Time;Usage (kWh)\n01.01.2024;{text};1,5\n")
        assert found.claims[0].start == f"01.01.2024 {text}"


def test_a_row_before_the_first_with_a_time() -> None:
    """A value without a time is told there as well."""
    found = generic("Date,Usage (kWh),Note\n,1.5,\n2024-01-01,1.6,\n2024-01-02,1.7,\n")
    assert found.problems == [(2, 1, "a value without a time")]


def test_kind_by_the_values() -> None:
    """What only ever grows is a dial, what goes up and down are amounts."""
    steps = random.Random(1)
    values = [steps.randint(1, 90) for _ in range(30)]
    dial = [str(1000 + sum(values[:n])) for n in range(30)]
    assert generic(rows(dial)).series["Wert (kWh)"].kind is Kind.REGISTER
    assert generic(rows(dial[::-1])).series["Wert (kWh)"].kind is Kind.REGISTER
    assert generic(rows([str(v) for v in values])).series["Wert (kWh)"].kind is Kind.INTERVAL


def test_kind_that_is_open() -> None:
    """Few values, or steps that are all alike, show nothing: it is asked."""
    for values in (["1", "2", "3"], [str(n) for n in range(1, 40)], ["0"] * 40):
        with pytest.raises(Unknown, match="may be a dial") as caught:
            generic(rows(values))
        assert caught.value.option == "kind"
    assert generic(rows(["1", "2"]), INTERVAL).series["Wert (kWh)"].kind is Kind.INTERVAL


def test_kind_that_is_contradicted() -> None:
    """A `Verbrauch` that only ever grows, and a `Zählerstand` that goes up and down, are asked."""
    steps = random.Random(2)
    values = [steps.randint(1, 90) for _ in range(60)]
    dial = [str(1000 + sum(values[:n])) for n in range(60)]
    with pytest.raises(Unknown, match="only ever grows"):
        generic(rows(dial, "Verbrauch (kWh)"))
    with pytest.raises(Unknown, match="goes up and down"):
        generic(rows([str(v) for v in values], "Zählerstand (kWh)"))


def test_kinds_in_rows() -> None:
    """A dial and amounts in rows of one column: each is judged by its own values."""
    steps = random.Random(3)
    row = "X12345,{},{},2024-{}-{} 00:00\n"
    text = "Meter Serial Number,Read Value,Read Type,Read Date\n"
    total = 5000
    for n in range(60):
        used = steps.randint(1, 90)
        total += used
        month, day = f"{1 + n // 28:02d}", f"{1 + n % 28:02d}"
        text += row.format(total, "24 Hr Active Import Register (kWh)", month, day)
        text += row.format(used, "Active Import Interval (kWh)", month, day)
    register, interval = generic(text).series.values()
    assert (register.kind, interval.kind) == (Kind.REGISTER, Kind.INTERVAL)


def test_a_counter_that_restarts() -> None:
    """What falls back to zero each day is no amount of a quarter-hour, and no dial: it is asked."""
    values = [str(n * n) for _ in range(4) for n in range(24)]
    text = "Zeit;Ertrag (kWh)\n" + "".join(
        f"2024-06-{1 + n // 24:02d} {n % 24:02d}:00;{value}\n" for n, value in enumerate(values)
    )
    with pytest.raises(Unknown, match="falls back to zero") as caught:
        generic(text)
    assert "daily" in [choice.answer for choice in caught.value.choices]


def test_kind_that_is_told() -> None:
    """An answer is for the one column, or for those that say nothing; a word of a column stays."""
    text = "Datum;Zählerstand (kWh);Wert (kWh)\n01.01.2024;100;3\n02.01.2024;103;2\n"
    found = generic(text, INTERVAL)
    assert [s.kind for s in found.series.values()] == [Kind.REGISTER, Kind.INTERVAL]
    text = "Datum;Verbrauch (kWh)\n01.01.2024;100\n02.01.2024;103\n"
    found = generic(text, Options(kind=Kind.REGISTER))
    assert [s.kind for s in found.series.values()] == [Kind.REGISTER]


def test_direction() -> None:
    """The person's answer counts for the one column, and for those that do not say it."""
    text = "Datum;Wert (kWh)\n01.01.2024;1,5\n02.01.2024;1,6\n"
    found = generic(text, INTERVAL)
    assert next(iter(found.series.values())).direction is Direction.CONSUMPTION
    assert any("the direction of `Wert (kWh)` is not said" in note for note in found.layout.notes)
    told = Options(kind=Kind.INTERVAL, direction=Direction.TO_GRID)
    assert next(iter(generic(text, told).series.values())).direction is Direction.TO_GRID


def test_differences_of_readings() -> None:
    """They are kept only if they are mapped, newest row first or last, rounded or not."""
    rows = ["01.01.2024;1000,0;", "15.02.2024;1120,4;120", "20.03.2024;1230,9;110,5"]
    for order in (rows, rows[::-1]):
        text = "Datum;Zählerstand (kWh);Verbrauch (kWh)\n" + "\n".join(order)
        found = generic(text)
        assert list(found.series) == ["Zählerstand (kWh)"]
        assert "the differences of the readings in `Zählerstand (kWh)`" in found.layout.notes[0]
        mapped = generic(text, Options(columns=(("Verbrauch (kWh)", "use"),)))
        assert mapped.series["Verbrauch (kWh)"].kind is Kind.INTERVAL


def test_battery_and_net() -> None:
    """Neither is a direction of ours: kept only if it is mapped."""
    found = generic(
        "Date,Consumption (kWh),Generation (kWh),Net (kWh),Battery charge (kWh)\n"
        "2024-01-01,5,3,2,1\n2024-01-02,4,6,-2,1\n"
    )
    kept = {name: s.only_if_mapped for name, s in found.series.items()}
    assert kept["Net (kWh)"] == "the difference of two others"
    assert str(kept["Battery charge (kWh)"]).startswith("a battery's charge")
    # Beside a net of them, consumption and generation are what went through the meter.
    assert found.series["Consumption (kWh)"].direction is Direction.FROM_GRID
    assert found.series["Generation (kWh)"].direction is Direction.TO_GRID


def test_headings_with_a_row_of_groups_above() -> None:
    """Two columns with one heading are called by what stands above them."""
    found = generic(
        ";Haus;;Wärmepumpe;\nDatum;Bezug (kWh);Kosten (€);Bezug (kWh);Kosten (€)\n"
        "01.01.2024;1,5;0,4;7,5;1,9\n02.01.2024;1,6;0,4;7,0;1,8\n",
        INTERVAL,
    )
    assert list(found.series) == ["Haus Bezug (kWh)", "Wärmepumpe Bezug (kWh)"]


def test_tables_side_by_side() -> None:
    """Two with times of their own in one row are refused: the second's are not the first's."""
    with pytest.raises(Stop, match="side by side"):
        generic(
            "DATE_FROM;DATE_TO;VALUE (kWh);DATE_FROM;DATE_TO;VALUE (kWh)\n"
            "01.01.2024 00:00;01.01.2024 00:15;0,05;01.01.2024 00:00;02.01.2024 00:00;5,5\n"
            "01.01.2024 00:15;01.01.2024 00:30;0,05;;;\n"
        )


def test_a_reading_beside_from_and_to() -> None:
    """It is of the end, or of the start where its heading says so; the amount is of all of it."""
    found = generic(
        "Von;Bis;Zählerstand Start (kWh);Zählerstand Ende (kWh);Energie (kWh)\n"
        "2024-01-01 10:00;2024-01-01 12:00;100,5;110,5;10,0\n"
    )
    assert [(c.value, c.start, c.end) for c in found.claims] == [
        ("100,5", "2024-01-01 10:00", None),
        ("110,5", "2024-01-01 12:00", None),
        ("10,0", "2024-01-01 10:00", "2024-01-01 12:00"),
    ]


def test_voltage_and_such() -> None:
    """What is no energy is left alone; beside power alone nothing is left."""
    found = generic("Time,Usage (Wh),Min V,Frequency\n2024-01-01 00:00,1,229,50\n")
    assert list(found.series) == ["Usage (Wh)"]
    assert found.layout.notes == ("left out: `Min V`, `Frequency`: no energy, gas or water",)
    with pytest.raises(Stop, match="power"):
        generic("Date;Time;Global_active_power;Voltage\n16/05/2024;17:30:00;1.250;230.500\n")


def test_months_and_compact_dates() -> None:
    """A year and a month in two columns; dates and times without marks, by their heading."""
    found = generic("Year,Month,Consumption (kWh)\n2024,1,120\n2024,2,130\n")
    assert found.claims[0].start == "2024-01"
    found = generic("Date,Usage (kWh)\n20240101,120\n20240102,130\n")
    assert found.claims[0].start == "20240101"
    found = generic("time,Usage (kWh)\n1700000000,1.5\n1700003600,1.7\n")
    assert found.claims[0].start == "1700000000"


def test_what_is_no_table() -> None:
    """A letter, a list of names or of numbers is nobody's."""
    for text in ("Dear reader,\nall is well.\n", "a,b\nc,d\n", "1,2\n3,4\n", "x\n"):
        assert not knows(Generic(), text), text


def test_names_of_people_stay_out() -> None:
    """Nothing of a name, an address or an account becomes a serial."""
    found = generic(
        "Name,JOHN DOE 12345678\nAddress,12345678 MAIN ST\nAccount Number,1234567890\n"
        "Date,Usage (kWh)\n2024-01-01,1.5\n2024-01-02,2.5\n"
    )
    assert next(iter(found.series.values())).serial is None


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                (
                    *("", "Datum", "Zeit", "kWh", "Zählerstand", "Total", "01.01.2024", "00:15"),
                    *("2024-01-01 00:00", "1,5", "-", "12345678", "W", "R", "1-1:1.8.0", "NaN"),
                    *("00:00-00:15", "H1", "Unit", "m³", "x", "2024", "25", "Hora", "Status"),
                )
            ),
            max_size=6,
        ),
        max_size=12,
    ),
    st.sampled_from((Options(), Options(unit="kWh"), Options(unit="kWh", kind=Kind.INTERVAL))),
)
def test_any_table(table: list[list[str]], options: Options) -> None:
    """It is read, refused or asked about; nothing else is raised, and each pass says the same."""
    document = Document.of("\n".join(";".join(row) for row in table).encode())
    try:
        layout = Generic().layout(document, options)
    except Stop:
        return
    if layout is not None:
        assert list(layout.read(document)) == list(layout.read(document))


def test_a_long_text() -> None:
    """Thousands of lines without a table are given up, whatever comes behind them."""
    assert not knows(Generic(), "a, b\n" * 3_000)


def test_long_cells() -> None:
    """A text of any length in a row is no reason to hold it, and none to lose the row."""
    long = "x" * 30_000
    found = generic(f"Date,Usage (kWh),Note\n2024-01-01,1.5,{long}\n2024-01-02,1.6,\n")
    assert found.values("Usage (kWh)") == ["1.5", "1.6"]
