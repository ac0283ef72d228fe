"""Profiles: the answers that were given for a file, found again by next month's file."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.times import zone_named
from meterctl.errors import UsageError
from meterctl.imports.formats import Options
from meterctl.imports.layout import Label, Order
from meterctl.imports.text.source import Source
from meterctl.ledger.store import SqlLedger
from meterctl.services.import_profiles import (
    Profile,
    check_name,
    fitting,
    flags_of,
    marks_of,
    merged,
    named,
    save,
)
from tests.helpers import NOW

NOTHING = Options()
EVERYTHING = Options(
    (("Bezug (kWh)", "house"), ("Gas = m³", "gas")),
    "meter",
    zone_named("Europe/Berlin"),
    ",",
    Order.DMY,
    Label.ENDS,
    Kind.REGISTER,
    "kWh",
    Direction.TO_GRID,
    "windows-1252",
    "Sheet 1",
)
OCTOBER = "Date;Usage\n01.10.2025;1,5\n"
NOVEMBER = "DATE ; usage\n01.11.2025;2,5\n02.11.2025;2,5\n"


def file(text: str | bytes) -> Source:
    """A file with this content."""
    data = text.encode() if isinstance(text, str) else text
    return Source("x.csv", BytesIO(data), len(data))


def kept(ledger: SqlLedger, text: str | bytes, options: Options = EVERYTHING) -> Profile:
    """Save a profile with such a file."""
    profile = Profile("solar", "generic", options)
    save(ledger, profile, file(text), NOW)
    return profile


def finds(ledger: SqlLedger, text: str | bytes) -> bool:
    """Whether a file with this content finds a profile by itself."""
    return bool(fitting(ledger, file(text), NOTHING))


# -- kept and found --------------------------------------------------------------------


@pytest.mark.parametrize("options", [EVERYTHING, NOTHING], ids=["all", "none"])
def test_profile_is_what_was_saved(ledger: SqlLedger, options: Options) -> None:
    """Every answer comes back as it was."""
    profile = kept(ledger, OCTOBER, options)
    assert named(ledger, "solar") == profile


@pytest.mark.parametrize("zone", ["UTC", "+05:30", "-03:00", "America/New_York"])
def test_zones(ledger: SqlLedger, zone: str) -> None:
    """A zone of any kind is kept."""
    options = Options(zone=zone_named(zone))
    kept(ledger, OCTOBER, options)
    assert named(ledger, "solar").options == options


def test_next_months_file(ledger: SqlLedger) -> None:
    """It is known by its headings, however they are spelled."""
    profile = kept(ledger, OCTOBER, NOTHING)
    assert fitting(ledger, file(NOVEMBER), NOTHING) == (profile,)


def test_ledger_without_profiles(ledger: SqlLedger) -> None:
    """No file finds one."""
    assert not finds(ledger, OCTOBER)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Date;Cost\n01.10.2025;1,5\n", id="another-heading"),
        pytest.param("Date;Usage;Export\n01.10.2025;1,5;0\n", id="one-more"),
        pytest.param("01.10.2025;1,5\n", id="no-headings"),
        pytest.param("", id="empty"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", id="no-text"),
    ],
)
def test_other_files(ledger: SqlLedger, text: str | bytes) -> None:
    """They find none."""
    kept(ledger, OCTOBER, NOTHING)
    assert not finds(ledger, text)


def test_xml(ledger: SqlLedger) -> None:
    """All of it begins alike: such a profile is used where it is named."""
    kept(ledger, "<feed>\n<entry>1</entry></feed>")
    assert not finds(ledger, "<feed>\n<entry>2</entry></feed>")


def test_columns_in_another_order(ledger: SqlLedger) -> None:
    """They are the same headings."""
    kept(ledger, OCTOBER, NOTHING)
    assert finds(ledger, "Usage;Date\n1,5;01.10.2025\n")


def test_days_in_the_headings(ledger: SqlLedger) -> None:
    """A table as wide as its month is known by its other headings."""
    kept(ledger, "meter,unit,2025-10-01,2025-10-02\nmain,kWh,1,2\n", NOTHING)
    assert finds(ledger, "meter,unit,2025-11-01\nmain,kWh,1\n")


DIARY = "{what} {serial};exported {date}\nDatum;Zeit;Stand\n06.05.24;11:30;400,000\n"


def test_same_app_and_meter(ledger: SqlLedger) -> None:
    """The day of the export above the headings plays no part."""
    october = DIARY.format(what="Gas", serial="1234567", date="20251031")
    kept(ledger, october, NOTHING)
    assert finds(ledger, DIARY.format(what="Gas", serial="1234567", date="20251130"))


@pytest.mark.parametrize(("what", "serial"), [("Gas", "7654321"), ("Wasser", "1234567")])
def test_same_app_and_another_meter(ledger: SqlLedger, what: str, serial: str) -> None:
    """The file of another meter is not taken for this one's: its first line tells them apart."""
    kept(ledger, DIARY.format(what="Gas", serial="1234567", date="20251031"), NOTHING)
    assert not finds(ledger, DIARY.format(what=what, serial=serial, date="20251031"))


def test_unusual_encoding(ledger: SqlLedger) -> None:
    """A file is looked at as the profile says: there its headings are what they were."""
    text = "Datum;Zählerstand\n01.10.2025;1\n"
    kept(ledger, text.encode("utf-16-be"), Options(encoding="utf-16-be"))
    assert finds(ledger, text.replace("10", "11").encode("utf-16-be"))


def test_saved_again(ledger: SqlLedger) -> None:
    """The later answers hold, for files with the headings of either."""
    kept(ledger, OCTOBER, EVERYTHING)
    profile = kept(ledger, "Day;kWh\n01.10.2025;1,5\n", NOTHING)
    assert fitting(ledger, file(OCTOBER), NOTHING) == (profile,)


def test_two_meters_of_one_portal(ledger: SqlLedger) -> None:
    """Both profiles are found where all files are headed alike: a person says which is meant."""
    solar = kept(ledger, OCTOBER)
    gas = Profile("gas", None, NOTHING)
    save(ledger, gas, file(NOVEMBER), NOW)
    assert set(fitting(ledger, file(OCTOBER), NOTHING)) == {gas, solar}


def test_name_that_is_not_there(ledger: SqlLedger) -> None:
    """The refusal names those that are."""
    with pytest.raises(UsageError) as refused:
        named(ledger, "wind")
    assert refused.value.message == "there is no profile 'wind'; none is saved yet"
    kept(ledger, OCTOBER)
    with pytest.raises(UsageError) as refused:
        named(ledger, "wind")
    assert refused.value.message == "there is no profile 'wind'; there are solar"


@pytest.mark.parametrize("name", ["", "-x", "a b", "x" * 41, "ä", "../x"])
def test_name_that_none_can_have(name: str) -> None:
    """It is refused with what names are made of."""
    with pytest.raises(UsageError, match="cannot be a profile's name"):
        check_name(name)


# -- what is said now ------------------------------------------------------------------


def test_flags_beat_the_profile() -> None:
    """What is said now holds; the rest is as it was said then."""
    profile = Profile("solar", None, EVERYTHING)
    assert merged(NOTHING, profile) == EVERYTHING
    now = Options(decimal=".", order=Order.MDY, create=True)
    assert merged(now, profile) == EVERYTHING._replace(decimal=".", order=Order.MDY, create=True)


def test_columns_said_now_and_then() -> None:
    """A column that is mapped now is mapped so, the others as they were; --meter is over."""
    profile = Profile("solar", None, EVERYTHING)
    done = merged(Options((("bezug (KWH)", "cellar"),)), profile)
    assert done.columns == (("bezug (KWH)", "cellar"), ("Gas = m³", "gas"))
    assert done.meter is None


def test_profile_as_flags() -> None:
    """A person reads it as they would type it."""
    assert flags_of(Profile("solar", "generic", EVERYTHING)) == (
        "--map 'Bezug (kWh)=house' --map 'Gas = m³=gas' --format generic --meter meter"
        " --tz Europe/Berlin --decimal , --dates dmy --labels ends --kind register --unit kWh"
        " --direction to_grid --encoding windows-1252 --worksheet 'Sheet 1'"
    )


@given(st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=12))
def test_any_table(rows: list[list[str]]) -> None:
    """Whatever its cells hold: what a table is known by is the same every time, and sorted."""
    assert marks_of(rows) == marks_of(rows)
