"""Which meter a file's series becomes: what a person says, what is there, what would be made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.domain.meters import (
    DEFAULT_METERS,
    UNITS,
    Device,
    Direction,
    Kind,
    Meter,
    Zones,
    check_meter,
)
from meterctl.domain.times import zone_named
from meterctl.imports.formats import Context, Options
from meterctl.imports.mapping import Assigned, assign, unmet
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.proposing import proposed, serial_kept
from meterctl.imports.series import Commodity, Series
from tests.helpers import BERLIN, NOW

FROM_GRID = Series("Bezug (kWh)", Kind.INTERVAL, Direction.FROM_GRID, "kWh")
TO_GRID = Series("Einspeisung (Wh)", Kind.INTERVAL, Direction.TO_GRID, "Wh")
SOLAR = Series("Energie (Wh)", Kind.INTERVAL, Direction.GENERATION, "Wh")
GAS = Series("Gas m³", Kind.REGISTER, Direction.CONSUMPTION, "m³", Commodity.GAS)
GAS_IN_KWH = GAS._replace(name="Gas kWh", unit="kWh", only_if_mapped="the same gas, in kWh")
DAY = FROM_GRID._replace(name="1234567890 Day", serial="1234567890", part="day")
NIGHT = DAY._replace(name="1234567890 Night", part="night")


def meter(id_: str, series: Series = FROM_GRID, **changes: Any) -> Meter:  # noqa: ANN401
    """A meter that counts what a series does."""
    serial = changes.pop("serial", None)
    made = Meter(
        id_,
        changes.pop("column", id_),
        series.unit,
        series.kind,
        series.direction,
        devices=(Device(1, serial, None),),
    )
    return made._replace(**changes)


def found(*series: Series, meters: tuple[Meter, ...] = (), format_: str = "solaredge") -> Assigned:
    """What becomes of these series beside the meters out of the box and these."""
    return told(*series, meters=meters, format_=format_)


def told(
    *series: Series,
    meters: tuple[Meter, ...] = (),
    format_: str = "solaredge",
    **options: Any,  # noqa: ANN401
) -> Assigned:
    """The same, where the person says something."""
    context = Context((*DEFAULT_METERS, *meters), Zones(BERLIN), NOW, Options(**options))
    return assign(format_, series, context)


def refused(*series: Series, **more: Any) -> str:  # noqa: ANN401
    """What the refusal says, and its hint."""
    with pytest.raises(Stop) as stopped:
        told(*series, **more)
    return f"{stopped.value.problem.message} ({stopped.value.problem.hint})"


def ids(found: dict[str, Meter]) -> dict[str, str]:
    """The meters' ids, by series."""
    return {name: one.id for name, one in found.items()}


# -- what a person says ----------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Bezug (kWh)", "bezug (KWH)", "bezug  (kWh)"], ids=["exact", "case", "spaces"]
)
def test_column_mapped_by_its_name(name: str) -> None:
    """--map names the column as the file does, or nearly so, and the meter by id or column."""
    here = meter("house", column="House")
    for of_meter in ("house", "HOUSE"):
        done = told(FROM_GRID, meters=(here,), columns=((name, of_meter),))
        assert ids(done.assigned) == {FROM_GRID.name: "house"}


def test_accents_lost_on_the_way() -> None:
    """A heading is known without its accents."""
    here = meter("house", GAS)
    one = GAS._replace(name="Zählerstand")
    done = told(one, meters=(here,), columns=(("zahlerstand", "house"),))
    assert ids(done.assigned) == {"Zählerstand": "house"}


def test_mapped_column_that_is_not_there() -> None:
    """The refusal names those that are."""
    assert refused(FROM_GRID, TO_GRID, columns=(("Usage", "meter"),)) == (
        "--map names 'Usage', and there are 'Bezug (kWh)', 'Einspeisung (Wh)' (check its spelling)"
    )


def test_mapping_that_fits_two_columns() -> None:
    """Neither is taken."""
    text = refused(GAS._replace(name="GAS"), GAS._replace(name="gas"), columns=(("Gas", "house"),))
    assert text.startswith("--map 'Gas' could be 'GAS', 'gas'")


def test_column_mapped_to_two_meters() -> None:
    """Neither is taken for it."""
    columns = ((FROM_GRID.name, "house"), ("bezug (KWH)", "flat"))
    assert refused(FROM_GRID, meters=(meter("house"), meter("flat")), columns=columns) == (
        "--map names 'Bezug (kWh)' twice (a column is one meter's)"
    )


def test_meter_for_the_one_series() -> None:
    """--meter takes it whatever its name; a series that only --map wants is not in its way."""
    here = meter("heating", GAS)
    done = told(GAS, GAS_IN_KWH, meters=(here,), meter="heating")
    assert ids(done.assigned) == {"Gas m³": "heating"}
    assert done.left_out == {"Gas kWh": "the same gas, in kWh"}


def test_meter_for_several_series() -> None:
    """It cannot be said which one is meant."""
    assert refused(FROM_GRID, TO_GRID, meter="meter") == (
        "--meter is for one series, and here are 2: 'Bezug (kWh)', 'Einspeisung (Wh)'"
        " (name each with --map COLUMN=METER)"
    )


def test_meter_beside_a_map_that_takes_all() -> None:
    """No series is left for --meter: it is said that --map took it."""
    assert refused(FROM_GRID, columns=((FROM_GRID.name, "meter"),), meter="meter") == (
        "--meter is for one series, and --map took all there are: 'Bezug (kWh)' (leave --meter out)"
    )


def test_meter_that_is_not_there() -> None:
    """The refusal says how it is made."""
    text = refused(FROM_GRID, meter="house")
    assert text.startswith("there is no meter 'house'; there are meter, inverter")
    assert "--create-meters makes it" in text


def test_meter_that_is_not_there_and_may_be_made() -> None:
    """With --create-meters it is made under the name that the person gave."""
    done = told(TO_GRID, columns=((TO_GRID.name, "feed-in"),), create=True)
    made = done.proposed[TO_GRID.name]
    assert (made.id, made.column, made.unit) == ("feed-in", "feed-in", "kWh")
    assert made.direction is Direction.TO_GRID


def test_name_that_no_meter_can_have() -> None:
    """It is refused as `meters add` would refuse it."""
    text = refused(TO_GRID, columns=((TO_GRID.name, "Feed In!"),), create=True)
    assert text.startswith("'Feed In!' cannot be a meter's id")


def test_two_columns_for_one_meter() -> None:
    """Each slot has one truth, so that two columns of one meter are a mistake."""
    here = meter("house")
    both = ((FROM_GRID.name, "house"), (TO_GRID.name, "house"))
    text = refused(FROM_GRID, TO_GRID, meters=(here,), columns=both)
    assert text.startswith("a second column for meter house: 'Einspeisung (Wh)'")


def test_who_maps_some_leaves_out_the_rest() -> None:
    """What is not named, and no meter is for, is left out with the reason."""
    here = meter("house")
    done = told(FROM_GRID, TO_GRID, meters=(here,), columns=((FROM_GRID.name, "house"),))
    assert ids(done.assigned) == {FROM_GRID.name: "house"}
    assert done.left_out == {TO_GRID.name: "no --map names it"}
    assert not done.proposed


def test_who_maps_some_and_lets_meters_be_made() -> None:
    """The rest gets meters of its own."""
    here = meter("house")
    done = told(
        FROM_GRID, TO_GRID, meters=(here,), columns=((FROM_GRID.name, "house"),), create=True
    )
    assert ids(done.proposed) == {TO_GRID.name: "solaredge-to-grid"}


def test_who_maps_some_keeps_those_that_have_a_meter() -> None:
    """A column that has its meter needs no --map."""
    here, made = meter("house"), meter("solaredge-to-grid", TO_GRID, unit="kWh")
    done = told(FROM_GRID, TO_GRID, meters=(here, made), columns=((FROM_GRID.name, "house"),))
    assert ids(done.assigned) == {FROM_GRID.name: "house", TO_GRID.name: "solaredge-to-grid"}


# -- what fits -------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "to"), [("Wh", "MWh"), ("l", "m³"), ("MJ", "kWh")])
def test_units_of_one_kind(unit: str, to: str) -> None:
    """What is converted exactly may go into a meter of another unit."""
    here = meter("house", unit=to)
    done = told(FROM_GRID._replace(unit=unit), meters=(here,), meter="house")
    assert ids(done.assigned) == {FROM_GRID.name: "house"}


def test_units_of_two_kinds() -> None:
    """Volume is no energy."""
    here = meter("house", GAS, unit="kWh")
    assert refused(GAS, meters=(here,), meter="house").startswith("m³ cannot be told in kWh")


def test_unit_that_only_the_meter_knows() -> None:
    """Where the file does not say the unit, a mapped meter's own is meant."""
    here = meter("house", GAS)
    assert told(GAS._replace(unit=""), meters=(here,), meter="house").assigned["Gas m³"] == here


def test_unit_that_nobody_knows() -> None:
    """No meter is made without one: it is asked."""
    with pytest.raises(Unknown) as unknown:
        found(GAS._replace(unit=""))
    assert unknown.value.option == "unit"


def test_intervals_for_a_register() -> None:
    """They would not be what a dial shows."""
    text = refused(FROM_GRID, meter="meter")
    assert text.startswith("'Bezug (kWh)' is energy by period, and meter meter is a register")


@pytest.mark.parametrize("kind", [Kind.INTERVAL, Kind.DAILY])
def test_register_for_another_kind(kind: Kind) -> None:
    """What a dial shows is no energy of a period."""
    here = meter("house", GAS, kind=kind)
    assert "is what a dial showed" in refused(GAS, meters=(here,), meter="house")


def test_days_for_a_daily_meter() -> None:
    """A day's total may be the inverter's last value of that day."""
    done = told(SOLAR, meter="inverter")
    assert ids(done.assigned) == {SOLAR.name: "inverter"}


# -- what is there ---------------------------------------------------------------------


def test_column_that_has_a_meters_name() -> None:
    """It is that meter's, whatever the case."""
    one = FROM_GRID._replace(name="METERVALUE", kind=Kind.REGISTER)
    assert ids(found(one).assigned) == {"METERVALUE": "meter"}


def test_heading_that_is_an_everyday_word() -> None:
    """`Meter` is not the meter out of the box: only its column's name means that."""
    one = FROM_GRID._replace(name="Meter", kind=Kind.REGISTER)
    assert ids(found(one, format_="generic").proposed) == {"Meter": "meter-2"}


def test_column_that_has_a_meters_name_and_does_not_fit() -> None:
    """It is refused: a meter of that name is surely meant, and cannot be."""
    here = meter("gas", GAS)
    text = refused(GAS._replace(name="gas", unit="kWh"), meters=(here,), format_="generic")
    assert text.startswith("kWh cannot be told in m³")


def test_next_months_file() -> None:
    """The meters made for a file are found again by the same file's next edition."""
    series = (FROM_GRID, TO_GRID, SOLAR, GAS, DAY, NIGHT)
    first = found(*series)
    made = tuple(first.proposed.values())
    assert len(made) == len(series)
    again = found(*reversed(series), meters=made)
    assert not again.proposed
    assert again.assigned == first.proposed


def test_meter_of_the_same_serial() -> None:
    """A device that was told by hand, or by another format, is known by its serial."""
    here = meter("house", serial="1234 567890")
    one = FROM_GRID._replace(serial="1234567890")
    assert ids(found(one, meters=(here,)).assigned) == {one.name: "house"}


def test_two_meters_of_the_same_serial() -> None:
    """A two-tariff device is two meters: nothing says which one, so neither is taken."""
    here = (meter("house-1", serial="1234567890"), meter("house-2", serial="1234567890"))
    one = FROM_GRID._replace(serial="1234567890")
    assert ids(found(one, meters=here).proposed) == {one.name: "solaredge-from-grid-34567890"}


def test_tariffs_of_one_serial() -> None:
    """A tariff never lands in another tariff's meter; a person's own id may say which it is."""
    made = found(DAY).proposed[DAY.name]
    assert ids(found(NIGHT, meters=(made,)).proposed) == {
        NIGHT.name: "solaredge-from-grid-night-34567890"
    }
    here = (meter("my-day", serial="1234567890"), meter("my-night", serial="1234567890"))
    done = found(NIGHT, DAY, meters=here)
    assert ids(done.assigned) == {NIGHT.name: "my-night", DAY.name: "my-day"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"direction": Direction.TO_GRID}, id="direction"),
        pytest.param({"kind": Kind.REGISTER}, id="kind"),
        pytest.param({"unit": "m³"}, id="unit"),
        pytest.param({"devices": (Device(1, "99", None),)}, id="serial"),
    ],
)
def test_id_that_another_meter_has(change: dict[str, Any]) -> None:
    """Where a meter of that id counts something else, the next one gets a number."""
    one = FROM_GRID._replace(serial="12 3456 78")
    here = meter("solaredge-from-grid-12345678", serial="12345678")._replace(**change)
    assert ids(found(one, meters=(here,)).proposed) == {one.name: "solaredge-from-grid-12345678-2"}
    second = meter("solaredge-from-grid-12345678-2", serial="12345678")
    assert ids(found(one, meters=(here, second)).assigned) == {one.name: second.id}


# -- what would be made ----------------------------------------------------------------


def test_proposed_meter() -> None:
    """It counts what the series does, energy in kWh, with the device's serial."""
    one = TO_GRID._replace(serial="'DE-0001.22 ", obis="2.8.0", part="t1")
    assert found(one).proposed[one.name] == Meter(
        "solaredge-to-grid-t1-de000122",
        "solaredge-to-grid-t1-de000122",
        "kWh",
        Kind.INTERVAL,
        Direction.TO_GRID,
        obis="2.8.0",
        devices=(Device(1, "DE-0001.22", None),),
    )


def test_other_commodities() -> None:
    """The id says what flows, where it is not electricity; the unit is the file's."""
    made = found(GAS, format_="dsmr-reader").proposed[GAS.name]
    assert (made.id, made.unit) == ("dsmr-reader-gas-consumption", "m³")


def test_zone_of_a_format() -> None:
    """A format that is always written in one zone gives it to its meters."""
    context = Context(DEFAULT_METERS, Zones(BERLIN), NOW, Options())
    for name in ("Australia/Brisbane", "+10:00", "UTC"):
        made = assign("nem12", [FROM_GRID], context, zone_named(name)).proposed
        assert made[FROM_GRID.name].zone == name


@pytest.mark.parametrize(
    ("zone", "kept"),
    [
        ("America/New_York", "America/New_York"),
        ("Europe/Berlin", None),  # where all meters are meant to be, in this test
        ("UTC", None),
        ("Etc/GMT-1", None),
        ("+01:00", None),
    ],
)
def test_zone_that_the_person_says(zone: str, kept: str | None) -> None:
    """A place is kept with the meters that are made, so that next month nobody has to say it; an
    offset is how a file writes, and no place."""
    assert told(FROM_GRID, zone=zone_named(zone)).proposed[FROM_GRID.name].zone == kept


def test_heading_of_a_generic_file() -> None:
    """There the heading says more than the format: it is the id, without its unit."""
    one = GAS._replace(name="Zählerstand Küche [m³]")
    assert ids(found(one, format_="generic").proposed) == {one.name: "gas-zahlerstand-kuche"}


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("1.8.0", "meter-1-8-0"),
        ("consumo_kWh", "consumo"),
        ("(kWh)", "from-grid"),
        ("Timestamp", "meter-timestamp"),
        ("見出し", "from-grid-41ee"),
        ("Bezug ↓ (kWh)", "bezug-d75b"),
        ("Forbrug strøm [kWh]", "forbrug-strom"),
        ("Zähler 1 Tarif 1", "zahler-1-tarif-1"),
    ],
)
def test_heading_that_is_no_id(name: str, id_: str) -> None:
    """It becomes one all the same."""
    one = FROM_GRID._replace(name=name)
    assert ids(found(one, format_="generic").proposed) == {name: id_}


def test_series_that_would_have_one_id() -> None:
    """Their headings tell them apart, not their order, which another file may change."""
    other = SOLAR._replace(name="Roof 2 (Wh)")
    first = ids(found(SOLAR, other).proposed)
    assert first == {SOLAR.name: "solaredge-energie", other.name: "solaredge-roof-2"}
    assert ids(found(other, SOLAR).proposed) == first


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("День (kWh)", "Ночь (kWh)"),
        ("消費 昼", "消費 夜"),
        ("Bezug ↑ (kWh)", "Bezug ↓ (kWh)"),
        ("Bezug +", "Bezug ++"),
        ("Bezug (kWh)", "Bezug [Wh]"),
        ("Bezug 1.1", "Bezug 1-1"),
    ],
)
@pytest.mark.parametrize("format_", ["generic", "solaredge"])
def test_headings_whose_words_are_one(one: str, other: str, format_: str) -> None:
    """Their signs tell them apart, not their order; one alone never takes the other's meter."""
    first, second = (FROM_GRID._replace(name=name) for name in (one, other))
    made = found(first, second, format_=format_).proposed
    assert len(set(ids(made).values())) == 2
    assert ids(found(second, first, format_=format_).proposed) == ids(made)
    again = found(second, first, format_=format_, meters=tuple(made.values()))
    assert ids(again.assigned) == ids(made)
    alone = found(second, format_=format_, meters=(made[one],))
    assert made[one].id not in ids(alone.assigned).values()


def test_what_only_mapping_takes() -> None:
    """Sums and doubles are left out with the reason, unless --map names them."""
    done = found(GAS, GAS_IN_KWH)
    assert done.left_out == {"Gas kWh": "the same gas, in kWh"}
    here = meter("heat", GAS_IN_KWH)
    done = told(GAS_IN_KWH, meters=(here,), columns=(("Gas kWh", "heat"),))
    assert ids(done.assigned) == {"Gas kWh": "heat"}


def test_nothing_left() -> None:
    """A file of which nothing would be stored is refused with the reason."""
    assert refused(GAS_IN_KWH) == (
        "nothing of this file would be stored: 'Gas kWh': the same gas, in kWh"
        " (name what you want with --map COLUMN=METER)"
    )


def test_question_for_new_meters() -> None:
    """It names what the file holds, and the flag that makes meters of it."""
    question = unmet(found(FROM_GRID, TO_GRID))
    assert question.option == "create"
    assert question.problem.message == (
        "this file holds 2 series that no meter is for yet: 'Bezug (kWh)', 'Einspeisung (Wh)'"
    )
    assert question.problem.hint == (
        "--create-meters makes solaredge-from-grid, solaredge-to-grid;"
        " or --map COLUMN=METER for one that is there"
    )


# -- serials ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("'10440000000012345", "10440000000012345"),
        ('="541448000000000001"', "541448000000000001"),
        ("  1-ABC/9 ", "1-ABC/9"),
        ("Zähler 7", "Zhler 7"),
        ("xxxxxxxx", None),
        ("********1234", "1234"),
        ("[REDACTED]", None),
        ("", None),
        (None, None),
        ("9" * 80 + "1", None),
        ("12" * 40, "12" * 30),
    ],
)
def test_serial_as_a_meter_keeps_it(text: str | None, kept: str | None) -> None:
    """Without what no device's number has; none where it is hidden: all hidden ones look alike."""
    assert serial_kept(text) == kept


COLUMNS = {one.column.lower() for one in DEFAULT_METERS}  # a heading of theirs means them

series_of_files = st.builds(
    Series,
    st.text(max_size=70).filter(lambda name: name.strip().lower() not in COLUMNS),
    st.sampled_from([Kind.REGISTER, Kind.INTERVAL]),
    st.sampled_from(Direction),
    st.sampled_from(UNITS),
    st.sampled_from(Commodity),
    st.none() | st.text(max_size=70),
    st.none() | st.text(max_size=10),
    st.text(max_size=12),
    st.none(),
)


@given(
    st.sampled_from(["generic", "smart-meter-texas", "home-assistant", "sma"]),
    st.lists(series_of_files, min_size=1, max_size=6, unique_by=lambda one: one.name),
)
def test_any_series(format_: str, series: list[Series]) -> None:
    """Whatever a file calls its series: the meters made for them are sound, each has its own, and
    the same file finds them again."""
    context = Context(DEFAULT_METERS, Zones(BERLIN), NOW, Options(create=True))
    first = assign(format_, series, context)
    meters: tuple[Meter, ...] = DEFAULT_METERS
    for made in first.proposed.values():
        meters = (*meters, check_meter(made, meters))
    assert len({one.id for one in meters}) == len(meters)
    again = assign(format_, series, context._replace(meters=meters))
    assert not again.proposed
    assert again.assigned == first.assigned | first.proposed


@given(st.sampled_from(["generic", "octopus"]), series_of_files)
def test_id_is_the_same_every_time(format_: str, series: Series) -> None:
    """It depends on nothing but the file."""
    assert proposed(format_, series) == proposed(format_, series)
