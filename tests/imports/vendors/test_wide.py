"""What all tables with a time and columns of values have in common."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.layout import Claimed, Facts
from meterctl.imports.problems import Stop
from meterctl.imports.series import Series
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.wide import Heading, Wide, find_row, take_apart

PV = Series("PV (kWh)", Kind.INTERVAL, Direction.GENERATION, "kWh")
GRID = Series("Grid (kWh)", Kind.INTERVAL, Direction.FROM_GRID, "kWh")


def rows(text: str) -> list[Claimed]:
    document = Document.of(text.encode())
    header = find_row(document, lambda names: names[0] == "time")
    assert header is not None
    wide = Wide(format="x", title="X", facts=Facts(), header=header, values={1: PV, 2: GRID})
    return list(wide.read(document))


@pytest.mark.parametrize(
    ("heading", "parts"),
    [
        ("PV (kWh)", Heading("pv", "kWh", False)),
        ("PV(kWh)", Heading("pv", "kWh", False)),
        ("Netzbezug [Wh]", Heading("netzbezug", "Wh", False)),
        ("Import T1 kWh", Heading("import t1", "kWh", False)),
        ("Usage, kWh", Heading("usage", "kWh", False)),
        ("usage_kwh", Heading("usage", "kWh", False)),
        ("Gas m³", Heading("gas", "m³", False)),
        ("L1 max W", Heading("l1 max", None, True)),
        ("Power (kW)", Heading("power", None, True)),
        ("Symo 12.5 (2)", Heading("symo 12.5 (2)", None, False)),
        ("Zähler", Heading("zahler", None, False)),
    ],
)
def test_a_heading_and_its_unit(heading: str, parts: Heading) -> None:
    """A unit stands in brackets, behind a comma, or last; what else is in brackets is none."""
    assert take_apart(heading) == parts


def test_rows_become_claims() -> None:
    """A row has a claim for each series, blank cells too; blanks at its end are no cells."""
    first, second = rows("Time,PV (kWh),Grid (kWh),Note\n2024-05-01,1.5,,sun\n2024-05-02,2,3,,,,\n")
    assert [(one.series, one.value, one.start, one.cell) for one in first.claims] == [
        (PV, "1.5", "2024-05-01", 1),
        (GRID, "", "2024-05-01", 2),
    ]
    assert first.claims[0].quality is Quality.ACTUAL
    assert (second.problem, second.claims[1].value) == (None, "3")


def test_what_is_no_data() -> None:
    """Titles, the header again, totals and lines of text are left out."""
    text = (
        "My house\nTime,PV (kWh),Grid (kWh),Note\n2024-05-01,1,2,\n"
        "time,pv (kwh),grid (kwh),note\nTotal,1,2,\nSumme:,1,2,\nExported by the portal v2\n,,,\n"
    )
    assert [row.problem for row in rows(text)] == [None]


def test_what_is_wrong_is_told() -> None:
    """A cut row, one with a comma too many, a value without a time or whose time is none."""
    text = (
        "Time,PV (kWh),Grid (kWh),Note\n2024-05-01,1\n2024-05-02,1,5,2,5,\n,7,8,\nodd,7,8,\n"
        "2024-05-03,1,2,\n"
    )
    assert [row.problem and row.problem.message for row in rows(text)] == [
        "2 cells in this row, 4 in the header",
        "6 cells in this row, 4 in the header",
        "a value without a time",
        "'odd' is no time",
        None,
    ]


def test_another_table_below() -> None:
    """Another header under the same first heading is another table: nothing below is read."""
    text = "Time,PV (kWh),Grid (kWh)\n2024-05-01,1,2\nTime,Grid (kWh),PV (kWh)\n2024-05-02,1,2\n"
    with pytest.raises(Stop, match="another header"):
        rows(text)
