"""The file that describes the folder: what may stand there, and where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from meterctl.errors import ConfigError
from meterctl.utility.given import Given
from meterctl.utility.port import Accepted
from meterctl.utility.to_file import adapter
from tests.utility.to_file.folder import CSV, ESPI, files, request, way


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('format = "csv"', "folder: is missing"),
        ('folder = "x"', "format: is missing"),
        ('folder = "x"\nformat = "xls"', "2:1: format: 'xls' is not one of csv, espi"),
        ('folder = "~nobody-at-all/x"\nformat = "csv"', "1:1: folder: there is no home folder"),
        (f"{CSV}rows = 0", "3:1: rows: a whole number from 1 to 1000"),
        (f"{CSV}rows = 1001", "3:1: rows: a whole number from 1 to 1000"),
        (f"{CSV}colour = 1", "3:1: colour: there is no such key here"),
        (f'{CSV}[espi.commodities]\nmeter = "gas"', "espi: there is no such key here"),
        (f"{ESPI}[csv]\n", "csv: there is no such key here"),
        (f'{CSV}[csv]\nseparator = ","\ndecimal = ","', "csv.decimal: it is the separator"),
        (f'{CSV}[csv]\nseparator = "x"', "csv.separator: 'x' is not one of"),
        (f'{CSV}[csv]\nunit = "J"', "csv.unit: J is not one of Wh, kWh"),
        (f"{CSV}[csv]\ndecimals = 7", "csv.decimals: a whole number from 0 to 6"),
        (f'{CSV}[csv]\nrounding = "up"', "csv.rounding: 'up' is not one of refuse"),
        (f'{CSV}[csv.columns]\na = "valu"', "4:1: csv.columns.a: 'valu' is not one of key"),
        (f'{CSV}[csv.columns]\na = "%d.%q"', "csv.columns.a: '%q' is not one of %Y"),
        (f'{CSV}[csv.columns]\na = "100 %"', "csv.columns.a: '%' is not one of %Y"),
        (f'{CSV}[csv.columns]\na = "timestamp"', "csv.columns: no column has the value"),
        (f'{CSV}[csv.columns]\na = "value"', "csv.columns: no column tells when it was"),
        *(
            (f'{CSV}[csv.columns]\na = "value"\nb = "{b}"', "no column tells when it was")
            for b in ("%H:%M", "%%", "starts_at", "%d.%m.", "%m/%Y", "%%d.%%m.%%Y")
        ),
        (f'{CSV}[csv.columns]\na = "value"\nb = "%d"\nc = "%Y"', "no column tells when it was"),
        ('folder = "a\\u0000b"\nformat = "csv"', "1:1: folder: 'a\\x00b' is no path"),
        (f'{ESPI}[espi.commodities]\nm = "oil"', "espi.commodities.m: 'oil' is not one of"),
        (f"{ESPI}[espi]\nx = 1", "espi.x: there is no such key here"),
    ],
)
def test_a_mistake(place: Path, text: str, message: str) -> None:
    """It is said with its place and its key."""
    with pytest.raises(ConfigError) as raised:
        way(place, text)
    assert raised.value.message.startswith("utility.toml:")
    assert message in raised.value.message


def test_no_file_at_all(place: Path) -> None:
    """It says which setting is missing."""
    with pytest.raises(ConfigError, match="METERCTL_UTILITY_CONFIG is not set"):
        adapter("file", Given(None, None, None, None, None, None, place, place))


def test_an_absolute_folder(place: Path, tmp_path: Path) -> None:
    """It is where it says, wherever the file is."""
    text = CSV.replace("outbox", str(place / "outbox"))
    way(tmp_path / "elsewhere", text).submit([request("1")], 5)
    assert len(files(place)) == 1


def test_how_many_readings(place: Path) -> None:
    """As many to a file as it says, else a thousand."""
    assert way(place, CSV).bounds.rows == 1_000
    assert way(place, f"{CSV}rows = 30").bounds.rows == 30


def test_a_unit_however_it_is_spelled(place: Path) -> None:
    """Each unit that any adapter knows, in large letters or small."""
    way(place, f'{CSV}[csv]\nunit = "mj"\n').submit([request("1")], 5)
    (content,) = files(place).values()
    assert ";3.6;MJ;" in content


@pytest.mark.parametrize(
    "columns", ['at = "timestamp"', 'at = "%y%m%d"', 'd = "%d."\nm = "%m."\ny = "%Y"']
)
def test_a_day_that_is_named(place: Path, columns: str) -> None:
    """In one column, or in several."""
    text = f'{CSV}[csv.columns]\n{columns}\nvalue = "value"\n'
    assert isinstance(way(place, text).submit([request("1")], 5)[0], Accepted)
