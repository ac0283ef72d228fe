"""Which column holds what: headings as a person may leave them, and what is said of each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from meterctl.domain.meters import DEFAULT_METERS
from meterctl.errors import SheetUnfit
from meterctl.sheet.layout import column_letters, noted, plan
from meterctl.sheet.port import Change, Layout, Tab, View
from meterctl.sheet.rows import REST

METER, INVERTER = DEFAULT_METERS
HEADER = ("timestamp", "meterValue", "inverterKWh", *REST)


def view(header: Sequence[str] | None) -> View:
    """A spreadsheet whose tab has this first row, or that has no such tab."""
    tab = None if header is None else Tab(7, tuple(header), 26, 1000)
    return View("Home", "Europe/Berlin", tab, (), frozenset(), None)


def planned(
    header: Sequence[str] | None, known: Sequence[str] = ()
) -> tuple[Layout, Change | None]:
    """The plan for the two meters that every ledger begins with."""
    return plan(view(header), "Readings", DEFAULT_METERS, known)


@pytest.mark.parametrize(
    ("header", "new_tab"),
    [(None, True), ((), False), (("", "", ""), False)],
    ids=["no tab", "an empty tab", "a tab with empty cells"],
)
def test_nothing_there(header: Sequence[str] | None, new_tab: bool) -> None:
    """The whole header is made."""
    layout, change = planned(header)
    assert change is not None
    assert (change.new_tab, change.new_header, change.at) == (new_tab, True, 0)
    assert tuple(column.name for column in change.columns) == HEADER
    assert layout.places == {name: place for place, name in enumerate(HEADER)}


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(HEADER, id="as it was made"),
        pytest.param(HEADER[::-1], id="reordered"),
        pytest.param(
            ("My own", HEADER[0], "", "cost", *HEADER[1:], "", "cost"), id="with a person's own"
        ),
        pytest.param(tuple(f" {name} " for name in HEADER), id="with spaces around"),
    ],
)
def test_ours(header: Sequence[str]) -> None:
    """Each column is found where it is now, and nothing is made."""
    layout, change = planned(header, HEADER)
    assert change is None
    assert {header[place].strip(): place for place in layout.places.values()} == layout.places
    assert set(layout.places) == set(HEADER)


def test_a_new_meter() -> None:
    """Its column goes behind the last meter's; what is to the right moves along."""
    header = ("timestamp", "meterValue", "my own", *REST)
    layout, change = planned(header, ("timestamp", "meterValue", *REST))
    assert change is not None
    assert (change.at, [column.name for column in change.columns]) == (2, ["inverterKWh"])
    assert layout.places["inverterKWh"] == 2
    assert layout.places["key"] == header.index("key") + 1
    assert layout.places["meterValue"] == 1


def test_a_new_meter_in_a_tab_that_knows_none() -> None:
    """Then behind the time."""
    layout, change = planned(("key", "timestamp", *REST[:-1]))
    assert change is not None
    assert (change.at, len(change.columns)) == (2, 2)
    assert layout.places["key"] == 0
    assert layout.places["starts_at"] == 4


@pytest.mark.parametrize(
    ("header", "known", "says"),
    [
        pytest.param(
            ("timestamp", "Zähler", *HEADER[2:]),
            HEADER,
            "the heading meterValue is missing from row 1 of the tab Readings: its column is gone,"
            " or has moved",
            id="a renamed heading, and nobody knows where it was",
        ),
        pytest.param(
            HEADER[:-1],
            (),
            "the heading key is missing from row 1 of the tab Readings: its column is gone,"
            " or has moved",
            id="no key",
        ),
        pytest.param(
            HEADER[1:],
            (),
            "the heading timestamp is missing from row 1 of the tab Readings: its column is gone,"
            " or has moved",
            id="no timestamp",
        ),
        pytest.param(
            (*HEADER, "meterValue"),
            HEADER,
            f"the heading meterValue is in B1 and in {column_letters(len(HEADER))}1"
            " of the tab Readings",
            id="a doubled heading",
        ),
        pytest.param(
            ("Name", "Phone"),
            (),
            "the tab Readings holds something else: its first row has no headings of ours",
            id="another table",
        ),
        pytest.param(
            (),
            HEADER,
            "row 1 of the tab Readings is empty: its headings are gone",
            id="the headings are gone",
        ),
        pytest.param(
            None,
            HEADER,
            "the tab Readings is gone from the spreadsheet: deleted, or renamed",
            id="the tab is gone",
        ),
    ],
)
def test_unfit(header: Sequence[str] | None, known: Sequence[str], says: str) -> None:
    """A person has to look; the message says where, the hint says what to do."""
    with pytest.raises(SheetUnfit) as raised:
        planned(header, known)
    assert raised.value.message == says
    assert raised.value.hint


class TestWhereAHeadingWas:
    """The cell to mend, when a person has changed it."""

    COLUMNS = planned(None)[1].columns  # type: ignore[union-attr] # there is a change
    NOTES = tuple(column.note for column in COLUMNS)
    KNOWN = noted(planned(None)[0]).splitlines()

    def told(
        self, header: Sequence[str], notes: Sequence[str] = (), known: Sequence[str] = KNOWN
    ) -> tuple[str, str]:
        """What is said."""
        tab = Tab(7, tuple(header), 26, 1000, tuple(notes))
        with pytest.raises(SheetUnfit) as raised:
            plan(view(())._replace(tab=tab), "Readings", DEFAULT_METERS, known)
        missing = "is missing from row 1 of the tab Readings: "
        assert missing in raised.value.message
        return raised.value.message.partition(missing)[2], raised.value.hint

    def test_renamed(self) -> None:
        """It is where the note is that was made with it."""
        header = (*HEADER[:-1], "Key 2")
        says = ("it was in M1, which now says 'Key 2'", "write key into M1")
        assert self.told(header, self.NOTES) == says
        assert self.told(header) == says  # by what was noted when rows were written last

    def test_emptied(self) -> None:
        """So it is said."""
        header = ("timestamp", "", *HEADER[2:])
        says = ("it was in B1, which is empty now", "write meterValue into B1")
        assert self.told(header, self.NOTES) == says
        assert self.told(HEADER[:-1], self.NOTES[:-1])[0] == "it was in M1, which is empty now"

    def test_moved_and_renamed(self) -> None:
        """The note moves along with the column, so that it is found there."""
        header = ("mine", *HEADER[:-1], "Key 2")
        assert self.told(header, ("", *self.NOTES))[1] == "write key into N1"

    def test_deleted(self) -> None:
        """Its place is another heading's now: there is no cell to mend."""
        header, notes = (HEADER[0], *HEADER[2:]), (self.NOTES[0], *self.NOTES[2:])
        says, hint = self.told(header, notes)
        assert says == "its column is gone, or has moved"
        assert "Version history" in hint

    def test_noted_by_an_earlier_version(self) -> None:
        """That did not note where; the note on the cell tells all the same."""
        header = (*HEADER[:-1], "Key 2")
        assert self.told(header, known=HEADER)[0] == "its column is gone, or has moved"
        assert self.told(header, self.NOTES, HEADER)[1] == "write key into M1"


@pytest.mark.parametrize(
    ("decimals", "pattern"), [(0, ""), (1, "0.0#####"), (3, "0.000###"), (6, "0.000000")]
)
def test_how_a_meters_values_are_shown(decimals: int, pattern: str) -> None:
    """With the dial's decimals, and with more where there are more: no digit is hidden."""
    _, change = plan(view(None), "Readings", [METER._replace(decimals=decimals)], ())
    assert change is not None
    assert change.columns[1].pattern == pattern


@pytest.mark.parametrize(
    ("place", "letters"),
    [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")],
)
def test_column_letters(place: int, letters: str) -> None:
    """As a spreadsheet names its columns."""
    assert column_letters(place) == letters
