"""Readings as CSV, as each recipient wants them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from meterctl.utility.port import NotTaken, Request
from tests.utility.to_file.folder import CSV, files, request, way

GERMAN = f"""{CSV}
[csv]
separator = ";"
decimal = ","
decimals = 3

[csv.columns]
"Zählernummer" = "serial"
Kennzahl = "obis"
Datum = "%d.%m.%Y"
Uhrzeit = "%H:%M"
Stand = "value"
Einheit = "unit"
"""


def written(place: Path, text: str, *requests: Request) -> str:
    """The one file that these readings make."""
    way(place, text).submit(requests, 5)
    (content,) = files(place).values()
    return content


def test_as_it_comes(place: Path) -> None:
    """Times say their offset, values are as exact as they were, each line has its key."""
    content = written(place, CSV, request("142.345678"), request("7", "2026-07-01 08:00"))
    assert content.splitlines() == [
        "timestamp;starts_at;meter;serial;value;unit;key",
        "2026-07-01T08:00:00+02:00;;meter;1EMH001;7;kWh;m1-meter-1782885600000-7",
        "2026-11-26T20:00:00+01:00;;meter;1EMH001;142.345678;kWh;m1-meter-1795719600000-142.345678",
    ]
    assert content.count("\r\n") == 3


def test_as_a_german_utility_wants_it(place: Path) -> None:
    """Its headings, its dates, its decimal comma."""
    content = written(place, GERMAN, request("142.3")._replace(obis="1.8.0"))
    assert content.splitlines() == [
        "Zählernummer;Kennzahl;Datum;Uhrzeit;Stand;Einheit",
        "1EMH001;1.8.0;26.11.2026;20:00;142,300;kWh",
    ]


def test_without_its_key(place: Path) -> None:
    """It is known all the same which readings are there."""
    utility = way(place, GERMAN)
    for _ in range(2):
        utility.submit([request("142.3")], 5)
    assert len(files(place)) == 1


def test_an_intervals_energy(place: Path) -> None:
    """It has its beginning."""
    one = request("1.5", "2026-11-26 20:00", kind="interval", since="2026-11-26 19:45")
    _, line = written(place, CSV, one).splitlines()
    assert line.startswith("2026-11-26T20:00:00+01:00;2026-11-26T19:45:00+01:00;")


def test_a_serial_with_the_separator_in_it(place: Path) -> None:
    """Whoever reads CSV reads it as it is."""
    text = f'{CSV}[csv]\nseparator = ","\n'
    content = written(place, text, request("1")._replace(serial='a,b "c"'))
    (row,) = csv.DictReader(content.splitlines())
    assert row["serial"] == 'a,b "c"'


def test_a_meter_that_no_column_would_name(place: Path) -> None:
    """Nothing else says which it is: that is told, nothing is written."""
    text = f'{CSV}[csv.columns]\nnumber = "serial"\nday = "%d.%m.%Y"\nvalue = "value"\n'
    (told,) = way(place, text).submit([request("1")._replace(serial=None)], 5)
    assert isinstance(told, NotTaken)
    assert told.settings
    assert told.hint == "meterctl meters set meter --serial NUMBER"
    assert files(place) == {}


@pytest.mark.parametrize(
    ("lines", "value", "shown"),
    [
        pytest.param('unit = "Wh"', "142.3", "142300", id="smaller unit"),
        pytest.param('unit = "MWh"', "142.3", "0.1423", id="larger unit"),
        pytest.param("decimals = 2", "142.3", "142.30", id="more decimals"),
        pytest.param('decimals = 0\nrounding = "truncate"', "142.9", "142", id="as a dial is read"),
        pytest.param('decimals = 0\nrounding = "round"', "142.5", "143", id="rounded"),
        pytest.param('separator = "tab"\ndecimal = ","', "142.3", "142,3", id="tabs"),
    ],
)
def test_values(place: Path, lines: str, value: str, shown: str) -> None:
    """They are exact, or rounded as it was asked for."""
    content = written(place, f"{CSV}[csv]\n{lines}\n", request(value))
    separator = "\t" if "tab" in lines else ";"
    assert content.splitlines()[1].split(separator)[4] == shown


def test_a_value_that_is_not_to_be_rounded(place: Path) -> None:
    """Nobody rounds unless told to."""
    (told,) = way(place, f'{CSV}[csv]\nunit = "MWh"\n').submit([request("142.3456")], 5)
    assert isinstance(told, NotTaken)
    assert told.settings
    assert files(place) == {}


@pytest.mark.parametrize(
    ("columns", "by_day"),
    [
        pytest.param('Tag = "%Y-%m-%d"\nStand = "value"', True, id="a day"),
        pytest.param('Tag = "%Y-%m-%d"\nZeit = "%H:%M"\nStand = "value"', False, id="and a time"),
        pytest.param('t = "timestamp"\nv = "value"', False, id="an instant"),
        pytest.param('t = "%Y-%m-%d %%H"\nv = "value"', True, id="no hour, but its name"),
    ],
)
def test_how_exactly_it_tells_the_time(place: Path, columns: str, by_day: bool) -> None:
    """Where the hour is not told, one reading a day is all that it can tell."""
    assert way(place, f"{CSV}[csv.columns]\n{columns}\n").bounds.by_day is by_day
