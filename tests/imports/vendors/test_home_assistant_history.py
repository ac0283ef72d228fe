"""What Home Assistant's history page downloads: a row for each change of a state."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.formats import Options
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.vendors.home_assistant import HomeAssistant
from tests.imports.vendors.structured import read

HA = HomeAssistant()
HEADER = "entity_id,state,last_changed\n"
UNIT = Options(unit="kWh")


def rows(*states: str, entity: str = "sensor.p1_energy_import") -> str:
    """Rows of one entity, a minute after the other."""
    return "".join(
        f"{entity},{state},2026-01-05T10:{minute:02d}:00.123Z\n"
        for minute, state in enumerate(states)
    )


def test_dial() -> None:
    """Each state is a reading at the time that it changed; gaps are as they stand."""
    given = read(HA, HEADER + rows("100.5", "unavailable", "100.7"), UNIT)
    assert given.values("sensor.p1_energy_import") == ["100.5", "unavailable", "100.7"]
    claim = given.claims[0]
    assert (claim.start, claim.start_cell) == ("2026-01-05T10:00:00.123Z", 2)
    assert (claim.series.kind, claim.series.unit) == (Kind.REGISTER, "kWh")
    assert claim.series.direction is Direction.FROM_GRID


def test_unit_that_is_not_said() -> None:
    """It is asked; a name that ends in one, or a meter that is named, says it."""
    with pytest.raises(Unknown) as asked:
        read(HA, HEADER + rows("1", "2"))
    assert asked.value.option == "unit"
    claim = read(HA, HEADER + rows("1", "2", entity="sensor.import_kwh")).claims[0]
    assert claim.series.unit == "kWh"
    assert read(HA, HEADER + rows("1", "2"), Options(meter="main")).claims[0].series.unit == ""


def test_column_of_units() -> None:
    """Where there is one, it says what counts, and in which unit."""
    text = (
        "entity_id,state,unit_of_measurement,last_changed\n"
        "sensor.main,100.5,MWh,2026-01-05T10:00:00Z\n"
        "sensor.main,100.6,MWh,2026-01-05T11:00:00Z\n"
        "sensor.oven,350,W,2026-01-05T10:00:00Z\n"
    )
    given = read(HA, text)
    assert {name: one.unit for name, one in given.series.items()} == {"sensor.main": "MWh"}
    assert "sensor.oven" in given.layout.notes[0]


def test_counter_that_starts_again() -> None:
    """It is no dial: what it is must be said."""
    with pytest.raises(Unknown, match="rises and falls") as asked:
        read(HA, HEADER + rows("1", "2", "0"), UNIT)
    assert asked.value.option == "kind"


def test_other_entities() -> None:
    """What is no counter, by its name or states, is left out with a note."""
    others = rows("500", entity="sensor.p1_power") + rows("on", "off", entity="light.hall")
    given = read(HA, HEADER + rows("1", "2") + others, UNIT)
    assert list(given.series) == ["sensor.p1_energy_import"]
    assert [note.split(":")[1] for note in given.layout.notes] == [
        " sensor.p1_power",
        " light.hall",
    ]


def test_nothing_that_counts() -> None:
    """Such a file is refused."""
    with pytest.raises(Stop, match="no entity"):
        read(HA, HEADER + rows("21.5", entity="sensor.temperature"), UNIT)


def test_row_cut_off() -> None:
    """It is told."""
    given = read(HA, HEADER + rows("1", "2") + "sensor.p1_energy_import,3\n", UNIT)
    assert given.problems == [(4, 26, "this row is cut off")]
