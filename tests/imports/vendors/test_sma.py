"""SMA: the tables of its loggers and of Sunny Portal become series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.layout import Claimed, Layout, Order
from meterctl.imports.problems import Stop
from meterctl.imports.vendors.sma import Sma
from tests.imports.vendors.structured import knows, read

WEB = """\ufeffsep=,
Version CSV3|Tool WebUI|Linebreaks CR/LF|Delimiter comma

,HOUSE,HOUSE,HOUSE,HOUSE,HOUSE
,SUNNY TRIPOWER 6.0,SUNNY TRIPOWER 6.0,SUNNY TRIPOWER 6.0,SUNNY TRIPOWER 6.0,SUNNY TRIPOWER 6.0
,3001234567,3001234567,3001234567,3001234567,3001234567
,Metering.TotWhOut,Metering.GridMs.TotWhOut,Metering.GridMs.AbsWhOut,Metering.GridMs.TotWhIn,\
Metering.GridMs.AbsWhIn
,Analog,Analog,Analog,Analog,Analog
DD.MM.YYYY hh:mm:ss,[Wh],[Wh],[Wh],[Wh],[Wh]
06.05.2024 00:00:00,1000,0,NaN,0,NaN
07.05.2024 00:00:00,NaN,NaN,NaN,NaN,NaN
"""
MONTH = """sep=;
Version CSV1|Tool SE|Linebreaks CR/LF|Delimiter semicolon|Decimalpoint comma|Precision 3

;SN: 2100000001;SN: 2100000001;SN: 2100000002;SN: 2100000002
;SB 5000TL-20;SB 5000TL-20;SB 5000TL-20;SB 5000TL-20
;2100000001;2100000001;2100000002;2100000002
;Gesamtertrag;Tagesertrag;Gesamtertrag;Tagesertrag
;Counter;Analog;Counter;Analog
dd.MM.yyyy;kWh;kWh;kWh;kWh
06.05.2024;10,500;2,500;100,5;0,25
07.05.2024;14,000;3,500;101,0;0,5
"""
DAY = """sep=;
Version CSV1|Tool SE|Linebreaks CR/LF|Delimiter semicolon|Decimalpoint dot|Precision 3

;SN: 2100000004;SN: 2100000004
;SB 4000TL-21;SB 4000TL-21
;2100000004;2100000004
;Total yield;Power
;Counter;Analog
dd/MM/yyyy HH:mm:ss;kWh;kW
16/05/2024 12:00:00;1234.500;1.250
"""
PORTAL = """ ;Plant / Total yield / Meter Change  [kWh]0
Jan 26;400.250
Feb 26;500.500
Mar 26;
"""


def layout(text: str) -> Layout:
    return read(Sma(), text).layout


def rows(text: str) -> list[Claimed]:
    return read(Sma(), text).rows


def test_counters_of_an_inverters_own_pages() -> None:
    """Cumulative watt-hours are registers; NaN keeps its claim; what is counted twice waits."""
    first, second = rows(WEB)
    assert [
        (one.series.name, one.series.kind, one.series.direction, bool(one.series.only_if_mapped))
        for one in first.claims
    ] == [
        ("Metering.TotWhOut", Kind.REGISTER, Direction.GENERATION, False),
        ("Metering.GridMs.TotWhOut", Kind.REGISTER, Direction.TO_GRID, False),
        ("Metering.GridMs.AbsWhOut", Kind.REGISTER, Direction.TO_GRID, True),
        ("Metering.GridMs.TotWhIn", Kind.REGISTER, Direction.FROM_GRID, False),
        ("Metering.GridMs.AbsWhIn", Kind.REGISTER, Direction.FROM_GRID, True),
    ]
    assert first.claims[0].start == "06.05.2024 00:00:00"
    assert (first.claims[0].series.serial, first.claims[0].series.unit) == ("3001234567", "Wh")
    assert [one.value for one in second.claims] == ["NaN"] * 5


def test_all_that_an_inverter_measures() -> None:
    """Every five minutes it writes volts, states and watts as well: its counters are found."""
    text = """sep=,
Version CSV3|Tool WebUI|Linebreaks CR/LF|Delimiter comma

,HOUSE,HOUSE,HOUSE,HOUSE,HOUSE,HOUSE
,STP,STP,STP,STP,STP,STP
,3001234567,3001234567,3001234567,3001234567,3001234567,3001234567
,Metering.TotWhOut,GridMs.TotPFExt,GridMs.Hz (Avg),DcMs.Watt (Avg),DcMs.Watt (Avg),Operation.Health
,Analog,Status,Analog,Analog,Analog,Status
DD.MM.YYYY hh:mm:ss,[Wh],,[Hz],[W],[W],
06.05.2024 20:35:00,20000000,NaNStt,50.00,150,120,Ok
"""
    (row,) = rows(text)
    assert [(one.series.name, one.value) for one in row.claims] == [
        ("Metering.TotWhOut", "20000000")
    ]
    assert len(layout(text).notes) == 1


def test_a_hidden_serial() -> None:
    """A serial that was made unreadable is none."""
    assert rows(WEB.replace("3001234567", "XXXXXXXXXX"))[0].claims[0].series.serial is None


def test_two_inverters_by_day() -> None:
    """One name for two inverters: their serials tell them apart. A total is of its day's end."""
    layout_ = layout(MONTH)
    assert (layout_.facts.decimal, layout_.facts.order) == (",", Order.DMY)
    claims = rows(MONTH)[0].claims
    assert [(one.series.name, one.series.kind, one.start) for one in claims] == [
        ("2100000001 Gesamtertrag", Kind.REGISTER, "06.05.2024 24:00"),
        ("2100000001 Tagesertrag", Kind.INTERVAL, "06.05.2024"),
        ("2100000002 Gesamtertrag", Kind.REGISTER, "06.05.2024 24:00"),
        ("2100000002 Tagesertrag", Kind.INTERVAL, "06.05.2024"),
    ]
    assert [bool(one.series.only_if_mapped) for one in claims] == [False, True, False, True]


def test_power_beside_a_counter_is_left_out() -> None:
    """The kW column is named in the notes."""
    assert [(one.series.name, one.value) for one in rows(DAY)[0].claims] == [
        ("Total yield", "1234.500")
    ]
    assert layout(DAY).notes == ("left out: `Power`: power, not energy",)


def test_a_table_without_its_upper_rows() -> None:
    """SBFspot may write the row of units alone; its columns are the usual ones."""
    claims = rows("dd/MM/yyyy HH:mm:ss;kWh;kW\n16/05/2024 12:00:00;1234.500;1.250\n")[0].claims
    assert [one.series.name for one in claims] == ["Total yield"]


@pytest.mark.parametrize("form", ["TT.MM.JJJJ hh:mm:ss", "jj/MM/aaaa HH:mm:ss"])
def test_dates_in_other_languages_letters(form: str) -> None:
    """The form of dates may be spelled in the device's language."""
    text = DAY.replace("dd/MM/yyyy HH:mm:ss", form)
    assert layout(text).facts.order is Order.DMY


def test_joined_exports() -> None:
    """An export behind another of the same devices goes on; one of others ends the reading."""
    joined = MONTH + MONTH.replace("06.05", "08.05").replace("07.05", "09.05")
    assert len(rows(joined)) == 4
    with pytest.raises(Stop, match="another device"):
        rows(MONTH + MONTH.replace("2100000002", "2100000003"))


def test_power_alone_is_refused() -> None:
    """A logger's table of power is none of energy."""
    text = DAY.replace("kWh;kW", "W;kW")
    with pytest.raises(Stop, match="power"):
        layout(text)


def test_months_of_the_portal() -> None:
    """A month with a year of two digits is no day; one still to come keeps its claim."""
    found = rows(PORTAL)
    assert [(row.claims[0].start, row.claims[0].value) for row in found] == [
        ("Jan 2026", "400.250"),
        ("Feb 2026", "500.500"),
        ("Mar 2026", ""),
    ]
    assert found[0].claims[0].series.direction is Direction.GENERATION
    assert found[0].claims[0].series.kind is Kind.INTERVAL
    assert layout(PORTAL).facts.decimal == "."


def test_the_portals_balance() -> None:
    """Each flow of an energy balance is a series."""
    text = (
        ";Direct consumption / Meter change [kWh];External energy supply / Meter change [kWh];"
        "Grid feed-in / Meter change [kWh];Battery charging / Meter change [kWh]\n"
        "01.05.2024;4,5;1,25;10,0;2,5\n"
    )
    assert [
        (one.series.direction, one.series.part, bool(one.series.only_if_mapped))
        for one in rows(text)[0].claims
    ] == [
        (Direction.CONSUMPTION, "self-use", False),
        (Direction.FROM_GRID, "", False),
        (Direction.TO_GRID, "", False),
        (Direction.CONSUMPTION, "battery-charge", True),
    ]


def test_a_month_of_the_portal_in_german() -> None:
    """Dates are Excel's texts; what is consumed directly stands there twice and is kept once."""
    text = (
        " ;Gesamtverbrauch / Zähleränderung [kWh];Direktverbrauch / Zähleränderung [kWh] ;"
        "Netzbezug / Zähleränderung [kWh] ;Direktverbrauch / Zähleränderung [kWh]  \n"
        '"=""06.05.2024""";"70,50";"20,25";"50,25";"20,25"\n'
    )
    claims = rows(text)[0].claims
    assert [(one.start, one.value, bool(one.series.only_if_mapped)) for one in claims] == [
        ("06.05.2024", "70,50", False),
        ("06.05.2024", "20,25", False),
        ("06.05.2024", "50,25", False),
        ("06.05.2024", "20,25", True),
    ]


def test_a_day_of_the_portal_is_power() -> None:
    """Its mean values are watts: refused, with what to export instead."""
    text = ";Netzbezug / Mittelwerte [W];PV-Erzeugung / Mittelwerte [kW]\n00:15;210;0\n"
    with pytest.raises(Stop, match="power") as stop:
        layout(text)
    assert "Month" in stop.value.problem.hint


def test_other_tables_are_not_taken() -> None:
    """A date, or a table with units in brackets, is not enough."""
    for text in ("Date;Wh\n1.1.2024;5\n", "Time,Energy (Wh)\n2024-01-01,5\n"):
        assert not knows(Sma(), text)
