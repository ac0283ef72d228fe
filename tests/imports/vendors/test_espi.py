"""Green Button (ESPI): the Atom XML of North American utilities."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.formats import Options
from meterctl.imports.problems import Unknown
from meterctl.imports.series import Commodity
from meterctl.imports.vendors.espi import Espi
from tests.imports.vendors.green_button import (
    block,
    feed,
    interval,
    meter_reading,
    reading_type,
    simple,
    two,
    usage_point,
)
from tests.imports.vendors.structured import read

ESPI = Espi()


def test_intervals() -> None:
    """Each has its instants and its value, and its place in the file."""
    given = read(ESPI, simple(interval(), interval("4110", "1700001000")))
    first, second = given.claims
    assert (first.start, first.end) == ("2023-11-14T22:15:00+00:00", "2023-11-14T22:30:00+00:00")
    assert (first.value, second.value) == ("320", "4110")
    assert given.rows[0].record.line == 7
    series = first.series
    assert (series.name, series.serial) == ("energy from the grid 77", "77")
    assert (series.kind, series.unit, series.direction) == (
        Kind.INTERVAL,
        "Wh",
        Direction.FROM_GRID,
    )
    assert (first.quality, first.code) == (Quality.ACTUAL, None)


@pytest.mark.parametrize(
    ("uom", "multiplier", "value", "unit", "given"),
    [
        ("72", "0", "320", "Wh", "320"),
        ("72", "3", "1.25", "kWh", "1.25"),
        ("72", "-3", "123456", "Wh", "123.456"),
        ("72", "-6", "5", "Wh", "0.000005"),
        ("72", "1", "32", "Wh", "320"),
        ("72", "6", "2", "MWh", "2"),
        ("73", "0", "1500", "kvarh", "1.500"),
        ("169", "-5", "123456", "therm", "1.23456"),
        ("42", "-3", "5012", "m³", "5.012"),
        ("119", "2", "7", "CCF", "7"),
        ("120", "0", "700", "ft³", "700"),
        ("128", "1", "12", "gal", "120"),
        ("134", "0", "12", "l", "12"),
        ("31", "6", "12", "MJ", "12"),
        ("72", "-3", "", "Wh", ""),
        ("72", "-3", "n/a", "Wh", "n/a"),
    ],
)
def test_units(uom: str, multiplier: str, value: str, unit: str, given: str) -> None:
    """The power of ten is applied to the text, exactly; a text that is no number stays."""
    fields = {"uom": uom, "powerOfTenMultiplier": multiplier, "commodity": "1"}
    claim = read(ESPI, simple(interval(value), **fields)).claims[0]
    assert (claim.series.unit, claim.value) == (unit, given)


@pytest.mark.parametrize(
    ("flow", "direction"), [("1", Direction.FROM_GRID), ("19", Direction.TO_GRID)]
)
def test_directions(flow: str, direction: Direction) -> None:
    """Forward is from the grid, reverse into it."""
    claim = read(ESPI, simple(flowDirection=flow)).claims[0]
    assert claim.series.direction is direction


@pytest.mark.parametrize("flow", ["4", "20", "0", ""])
def test_direction_that_is_not_said(flow: str) -> None:
    """It is asked, and --direction answers."""
    with pytest.raises(Unknown, match="which way") as asked:
        read(ESPI, simple(flowDirection=flow))
    assert asked.value.option == "direction"
    given = read(ESPI, simple(flowDirection=flow), Options(direction=Direction.CONSUMPTION))
    assert given.claims[0].series.direction is Direction.CONSUMPTION


def test_direction_in_the_title() -> None:
    """Where the type says none, the meter reading's title may."""
    title = meter_reading(title="Hourly Electricity Consumption")
    text = feed(usage_point(), title, reading_type(flowDirection="0"), block(interval()))
    assert read(ESPI, text).claims[0].series.direction is Direction.FROM_GRID


def test_net_beside_both_ways() -> None:
    """It would count the same energy again: it is left out, with a note."""
    parts = [usage_point()]
    for id_, flow in (("1", "1"), ("2", "19"), ("3", "4")):
        parts += [
            meter_reading(id_, id_, title=f"reading {id_}"),
            reading_type(id_, flowDirection=flow),
            block(interval(), id_=id_),
        ]
    given = read(ESPI, feed(*parts))
    assert list(given.series) == ["energy from the grid 77", "energy to the grid 77"]
    assert given.layout.notes == (
        "left out: reading 3: both ways in one, which are there by themselves",
    )


@pytest.mark.parametrize("behaviour", ["1", "2", "3"])
def test_dial_readings(behaviour: str) -> None:
    """Bulk quantities and cumulative ones are what a dial showed; they have no end."""
    fields = {"accumulationBehaviour": behaviour, "powerOfTenMultiplier": "3"}
    given = read(ESPI, simple(interval("9876.5", duration="0"), **fields))
    claim = given.claims[0]
    assert (claim.start, claim.end) == ("2023-11-14T22:15:00+00:00", None)
    assert (claim.series.kind, claim.series.name) == (
        Kind.REGISTER,
        "energy from the grid dial 77",
    )


def test_dial_readings_beside_intervals() -> None:
    """Both are kept: a dial is another meter than its intervals."""
    types = reading_type("1"), reading_type("2", accumulationBehaviour="1")
    given = read(ESPI, two(types, (interval(), interval("9876543", duration="86400"))))
    assert [series.kind for series in given.series.values()] == [Kind.INTERVAL, Kind.REGISTER]
    assert given.layout.notes == (
        "energy from the grid dial 77: dial readings, taken as read when their interval begins",
    )


def test_summation() -> None:
    """A summation over intervals is a dial to some and a sum to others: it is asked."""
    with pytest.raises(Unknown, match="dial") as asked:
        read(ESPI, simple(accumulationBehaviour="9"))
    assert asked.value.option == "kind"
    given = read(ESPI, simple(accumulationBehaviour="9"), Options(kind=Kind.INTERVAL))
    assert given.claims[0].series.kind is Kind.INTERVAL


@pytest.mark.parametrize(
    ("codes", "quality", "code"),
    [
        (["0"], Quality.ACTUAL, "0"),
        (["19"], Quality.ACTUAL, "19"),
        (["7"], Quality.EDITED, "7"),
        (["8"], Quality.ESTIMATED, "8"),
        (["10"], Quality.QUESTIONABLE, "10"),
        (["0", "8"], Quality.ESTIMATED, "0 8"),
        (["99"], Quality.QUESTIONABLE, "99"),
    ],
)
def test_qualities(codes: list[str], quality: Quality, code: str) -> None:
    """The codes are kept; of several the most doubtful one counts."""
    more = "".join(f"<ReadingQuality><quality>{one}</quality></ReadingQuality>" for one in codes)
    claim = read(ESPI, simple(interval(more=more))).claims[0]
    assert (claim.quality, claim.code) == (quality, code)


def test_default_quality() -> None:
    """The type's quality is that of all values without one."""
    claim = read(ESPI, simple(defaultQuality="8")).claims[0]
    assert (claim.quality, claim.code) == (Quality.ESTIMATED, "8")


@pytest.mark.parametrize(
    ("service", "uom", "commodity"),
    [
        ("0", "72", Commodity.ELECTRICITY),
        ("1", "169", Commodity.GAS),
        ("1", "42", Commodity.GAS),
        ("2", "128", Commodity.WATER),
        ("4", "31", Commodity.HEAT),
    ],
)
def test_services(service: str, uom: str, commodity: Commodity) -> None:
    """The usage point says what flows; gas, water and heat are consumed."""
    series = read(ESPI, simple(service=service, uom=uom)).claims[0].series
    assert series.commodity is commodity
    is_power = commodity is Commodity.ELECTRICITY
    assert series.direction is (Direction.FROM_GRID if is_power else Direction.CONSUMPTION)


def test_several_usage_points() -> None:
    """Electricity and gas of one house, each with its own id."""
    gas = "RetailCustomer/1/UsagePoint/88"
    text = feed(
        usage_point(),
        usage_point("1", gas),
        meter_reading(),
        meter_reading("1", "2", gas),
        reading_type(),
        reading_type("2", uom="169"),
        block(interval()),
        block(interval("3"), path=gas),
    )
    given = read(ESPI, text)
    assert [(name, one.unit) for name, one in given.series.items()] == [
        ("energy from the grid 77", "Wh"),
        ("gas 88", "therm"),
    ]


def test_gas_in_two_units() -> None:
    """The meter counts volume; the therms of it are the same gas."""
    types = reading_type("1", uom="119"), reading_type("2", uom="169")
    text = two(types, (interval("100"), interval("1")), service="1")
    volume, energy = read(ESPI, text).series.values()
    assert (volume.unit, volume.only_if_mapped) == ("ft³", None)
    assert (energy.unit, energy.only_if_mapped) == ("therm", "the same gas, in therm")


def test_hours_beside_days() -> None:
    """The same energy in longer intervals is not counted twice."""
    types = reading_type(), reading_type("2")
    text = two(types, (interval(), interval("20000", duration="86400")))
    fine, coarse = read(ESPI, text).series.values()
    assert fine.only_if_mapped is None
    assert coarse.only_if_mapped == "the same electricity, in longer intervals"
    assert fine.name != coarse.name


def test_tariffs() -> None:
    """Types of several tariffs are parts of one flow."""
    text = two((reading_type("1", tou="1"), reading_type("2", tou="2")))
    parts = [(one.part, one.only_if_mapped) for one in read(ESPI, text).series.values()]
    assert parts == [("tou1", None), ("tou2", None)]
