"""Fluvius: a row for each interval and register becomes a series for each register."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.layout import Claimed, Layout, Order
from meterctl.imports.problems import Stop
from meterctl.imports.series import Commodity
from meterctl.imports.vendors.fluvius import Fluvius
from tests.imports.vendors.structured import knows, read

ENGLISH = """\ufeffFrom (date);From (time);Until (date);Until (time);EAN code;Meter;Meter type;\
Register;Volume;Unit;Validation status;Description
22/10/2023;23:45:00;23/10/2023;00:00:00;="541448000000000001";1SAG0000000001;Digital meter;\
Offtake Night;;kWh;No consumption;
22/10/2023;23:45:00;23/10/2023;00:00:00;="541448000000000001";1SAG0000000001;Digital meter;\
Injection Night;0,125;kWh;Read;
23/10/2023;07:00:00;23/10/2023;07:15:00;="541448000000000001";1SAG0000000001;Digital meter;\
Offtake Day;0,250;kWh;Estimated;
"""
DUTCH = """Van Datum;Van Tijdstip;Tot Datum;Tot Tijdstip;EAN;Meter;Metertype;Register;Volume;\
Eenheid;Validatiestatus
25-05-2022;21:15:00;25-05-2022;21:30:00;="541448000000000002";1SAG2;Digitale Meter;Afname Dag;\
0,500;kWh;Uitgelezen
25-05-2022;21:15:00;25-05-2022;21:30:00;="541448000000000002";1SAG2;Digitale Meter;Injectie Dag;\
0,000;kWh;Geschat
"""
GAS = """From (date);From (time);Until (date);Until (time);EAN code;Meter;Meter type;Register;\
Volume;Unit;Validation status;Caloric upper value;Description
22/10/2023;08:00:00;22/10/2023;09:00:00;="541448000000000003";7MIT1;Digital meter;Offtake;0,250;\
m³;Read;;
22/10/2023;08:00:00;22/10/2023;09:00:00;="541448000000000003";7MIT1;Digital meter;Offtake;2,750;\
kWh;Read;;
"""
PEAKS = """Van (datum);Van (tijdstip);Tot (datum);Tot (tijdstip);EAN-code;Meter;Metertype;Register;\
Volume;Eenheid;Validatiestatus;Omschrijving
01-04-2023;00:00:00;01-05-2023;00:00:00;="541";1S;Digitale meter;Piekvermogen;1,500;kW;Uitgelezen;
"""


def layout(text: str) -> Layout:
    return read(Fluvius(), text).layout


def rows(text: str) -> list[Claimed]:
    return read(Fluvius(), text).rows


def test_registers_of_a_connection() -> None:
    """A series for each register, named and told apart by the EAN; blank volumes keep theirs."""
    claims = [row.claims[0] for row in rows(ENGLISH)]
    assert [
        (one.series.name, one.series.direction, one.series.part, one.value) for one in claims
    ] == [
        ("541448000000000001 Offtake Night", Direction.FROM_GRID, "night", ""),
        ("541448000000000001 Injection Night", Direction.TO_GRID, "night", "0,125"),
        ("541448000000000001 Offtake Day", Direction.FROM_GRID, "day", "0,250"),
    ]
    assert {(one.series.serial, one.series.kind, one.series.unit) for one in claims} == {
        ("541448000000000001", Kind.INTERVAL, "kWh")
    }


def test_both_ends_of_an_interval() -> None:
    """Date and time are joined, at both ends; dates are day first, in Belgium's time."""
    claim = rows(ENGLISH)[0].claims[0]
    assert (claim.start, claim.end) == ("22/10/2023 23:45:00", "23/10/2023 00:00:00")
    facts = layout(ENGLISH).facts
    assert (facts.order, facts.decimal, str(facts.zone)) == (Order.DMY, ",", "Europe/Brussels")


def test_the_validation_status() -> None:
    """What was estimated is, and the word itself is kept."""
    assert [(row.claims[0].quality, row.claims[0].code) for row in rows(ENGLISH)] == [
        (Quality.ACTUAL, "No consumption"),
        (Quality.ACTUAL, "Read"),
        (Quality.ESTIMATED, "Estimated"),
    ]
    assert [row.claims[0].quality for row in rows(DUTCH)] == [Quality.ACTUAL, Quality.ESTIMATED]


def test_dutch_headings() -> None:
    """The older Dutch headings, without brackets, are the same format."""
    assert [row.claims[0].series.name for row in rows(DUTCH)] == [
        "541448000000000002 Afname Dag",
        "541448000000000002 Injectie Dag",
    ]


def test_gas_is_kept_once() -> None:
    """Of one interval's two rows, cubic metres are kept and kilowatt-hours wait for --map."""
    cubic, energy = (row.claims[0].series for row in rows(GAS))
    assert (cubic.commodity, cubic.unit, cubic.only_if_mapped) == (Commodity.GAS, "m³", None)
    assert cubic.direction is Direction.CONSUMPTION
    assert (energy.unit, energy.only_if_mapped) == ("kWh", "the same gas, in kWh")
    assert cubic.name != energy.name


def test_a_hidden_ean() -> None:
    """Where the EAN is blank the meter's number is used; where both are, the register alone."""
    no_ean = DUTCH.replace('="541448000000000002"', "")
    assert rows(no_ean)[0].claims[0].series.name == "1SAG2 Afname Dag"
    assert rows(no_ean.replace("1SAG2", ""))[0].claims[0].series.serial is None


def test_peaks_are_power() -> None:
    """A file of monthly peaks is refused; beside energy they are left out, and that is told."""
    with pytest.raises(Stop, match="power"):
        layout(PEAKS)
    mixed = PEAKS + PEAKS.splitlines()[1].replace("Piekvermogen;1,500;kW", "Afname;120,5;kWh")
    assert [row.claims[0].value for row in rows(mixed)] == ["120,5"]
    assert "kW" in layout(mixed).notes[0]


def test_days_without_times() -> None:
    """A day's total from date to date ends where the next day begins."""
    text = (
        "EAN-code;Meter;Metertype;Van (datum);Tot (datum);Register;Volume;Eenheid;Validatiestatus\n"
        '="541448000000000004";M001;DMM;01-01-2024;02-01-2024;Afname dag;5,500;kWh;Gevalideerd\n'
    )
    claim = rows(text)[0].claims[0]
    assert (claim.start, claim.end) == ("01-01-2024 00:00", "02-01-2024 00:00")


def test_what_is_wrong_with_a_row() -> None:
    """A cut row and an unknown unit are told; a header in the middle is passed over."""
    head, first = DUTCH.splitlines()[:2]
    text = "\n".join([head, first, head, first[:60], first.replace("kWh", "bananas")]) + "\n"
    found = rows(text)
    assert [row.problem is None for row in found] == [True, False, False]
    assert found[2].problem is not None
    assert "bananas" in found[2].problem.message


def test_other_tables_are_not_taken() -> None:
    """A register and a volume alone are not Fluvius'."""
    text = "Date;Register;Volume;Unit\n01-01-2024;A;5;kWh\n"
    assert not knows(Fluvius(), text)
