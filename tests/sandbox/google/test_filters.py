"""What is shown and how: filters, filter views, conditional formats, banding."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.client import Api, refused

Json = dict[str, Any]
RED, BLUE = {"red": 1}, {"blue": 1}


def place(top: int, bottom: int, left: int = 0, right: int = 2, sheet: int = 0) -> Json:
    """A range; Google leaves out the sheet 0 in answers."""
    named = {"sheetId": sheet} if sheet else {}
    return named | {
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


def sheet(api: Api, at: int = 0) -> Json:
    """One of the sheets as it is told."""
    found: Json = api.get()["sheets"][at]
    return found


def rule(top: int, bottom: int, kind: str = "NOT_BLANK") -> Json:
    """A conditional format as a client sends it."""
    look = {"backgroundColor": RED, "textFormat": {"bold": True}}
    ranges = [{"sheetId": 0} | place(top, bottom)]
    return {"ranges": ranges, "booleanRule": {"condition": {"type": kind}, "format": look}}


class TestBasicFilter:
    """The one filter of a sheet."""

    def test_criteria(self, api: Api) -> None:
        """They are told twice, by the column's number and as a list."""
        hidden = {"hiddenValues": ["x"]}
        asked = {"range": {"sheetId": 0} | place(0, 9), "criteria": {"1": hidden}}
        api.batch({"setBasicFilter": {"filter": asked}})
        assert sheet(api)["basicFilter"] == {
            "range": place(0, 9),
            "criteria": {"1": hidden},
            "filterSpecs": [{"filterCriteria": hidden, "columnIndex": 1}],
        }

    def test_criteria_as_a_list(self, api: Api) -> None:
        """The newer way to say the same."""
        specs = [{"columnIndex": 1, "filterCriteria": {"hiddenValues": ["x"]}}]
        api.batch({"setBasicFilter": {"filter": {"range": place(0, 9), "filterSpecs": specs}}})
        assert sheet(api)["basicFilter"]["criteria"] == {"1": {"hiddenValues": ["x"]}}

    def test_sorting(self, api: Api) -> None:
        """The rows below the heading are sorted, the heading stays."""
        api.write("A1", [["m"], [1], [3], [2]])
        order = [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]
        api.batch({"setBasicFilter": {"filter": {"range": place(0, 4), "sortSpecs": order}}})
        assert api.plain("A1:A4") == [["m"], [3], [2], [1]]
        assert sheet(api)["basicFilter"]["sortSpecs"] == order


class TestFilterViews:
    """Filters that each person may look through."""

    def test_one_without_a_title(self, api: Api) -> None:
        """It gets a number, and its range is closed."""
        (reply,) = api.batch({"addFilterView": {"filter": {"range": {"sheetId": 0}}}})
        made = reply["addFilterView"]["filter"]
        assert made.pop("filterViewId") > 0
        assert made == {"range": place(0, 1000, 0, 26), "title": "Filter 1"}

    def test_changed_copied_and_deleted(self, api: Api) -> None:
        """By its id."""
        given = {"filterViewId": 7, "title": "Mine", "range": place(0, 3)}
        api.batch({"addFilterView": {"filter": given}})
        renamed = {"filter": {"filterViewId": 7, "title": "Ours"}, "fields": "title"}
        _, reply = api.batch(
            {"updateFilterView": renamed}, {"duplicateFilterView": {"filterId": 7}}
        )
        copied = reply["duplicateFilterView"]["filter"]
        assert copied["title"] == "Copy of Ours"
        assert copied["filterViewId"] != 7
        api.batch({"deleteFilterView": {"filterId": 7}})
        assert sheet(api)["filterViews"] == [copied]
        assert "No filter with id: 7" in refused(api.change({"deleteFilterView": {"filterId": 7}}))


class TestRules:
    """Conditional formats."""

    def test_how_one_is_told(self, api: Api) -> None:
        """Colours are said both ways, the sheet 0 is left out."""
        api.batch({"addConditionalFormatRule": {"rule": rule(0, 3)}})
        assert sheet(api)["conditionalFormats"] == [
            {
                "ranges": [place(0, 3)],
                "booleanRule": {
                    "condition": {"type": "NOT_BLANK"},
                    "format": {
                        "backgroundColor": RED,
                        "textFormat": {"bold": True},
                        "backgroundColorStyle": {"rgbColor": RED},
                    },
                },
            }
        ]

    def test_their_order(self, api: Api) -> None:
        """A new one goes before the others unless told otherwise; replies tell what moved."""
        for kind, at in (("BLANK", {}), ("NOT_BLANK", {}), ("TEXT_IS_EMAIL", {"index": 1})):
            api.batch({"addConditionalFormatRule": {"rule": rule(0, 3, kind)} | at})

        def order() -> list[str]:
            rules = sheet(api)["conditionalFormats"]
            return [one["booleanRule"]["condition"]["type"] for one in rules]

        assert order() == ["NOT_BLANK", "TEXT_IS_EMAIL", "BLANK"]
        (moved,) = api.batch({"updateConditionalFormatRule": {"index": 2, "newIndex": 0}})
        assert order() == ["BLANK", "NOT_BLANK", "TEXT_IS_EMAIL"]
        reply = moved["updateConditionalFormatRule"]
        assert (reply["oldIndex"], reply["newIndex"], "oldRule" in reply) == (2, 0, False)
        (changed,) = api.batch(
            {"updateConditionalFormatRule": {"index": 1, "rule": rule(4, 5, "TEXT_IS_URL")}}
        )
        reply = changed["updateConditionalFormatRule"]
        assert reply["oldRule"]["booleanRule"]["condition"]["type"] == "NOT_BLANK"
        assert (reply["newIndex"], "oldIndex" in reply) == (1, False)
        (gone,) = api.batch({"deleteConditionalFormatRule": {"index": 1}})
        assert gone["deleteConditionalFormatRule"]["rule"] == reply["newRule"]

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"booleanRule": {}}, "No ranges specified for the conditional format rule."),
            (
                {"ranges": [place(0, 1)], "gradientRule": {"minpoint": {"color": RED}}},
                "No interpolationPointType specified.",
            ),
        ],
    )
    def test_one_that_is_none(self, api: Api, given: Json, message: str) -> None:
        """It is refused."""
        answer = api.change({"addConditionalFormatRule": {"rule": given}})
        assert refused(answer) == f"Invalid requests[0].addConditionalFormatRule: {message}"

    def test_an_index_that_there_is_not(self, api: Api) -> None:
        """The answer names it."""
        assert refused(api.change({"deleteConditionalFormatRule": {"index": 3}})).endswith(
            "No conditional format on sheet at index: 3"
        )


class TestBanding:
    """Alternating colours."""

    def test_how_one_is_told(self, api: Api) -> None:
        """Under an id, with every colour said both ways."""
        colors = {"firstBandColor": RED, "secondBandColorStyle": {"rgbColor": BLUE}}
        given = {"range": {"sheetId": 0} | place(0, 5), "rowProperties": colors}
        (reply,) = api.batch({"addBanding": {"bandedRange": given}})
        made = reply["addBanding"]["bandedRange"]
        assert made.pop("bandedRangeId") > 0
        assert made == {
            "range": place(0, 5),
            "rowProperties": {
                "firstBandColor": RED,
                "firstBandColorStyle": {"rgbColor": RED},
                "secondBandColor": BLUE,
                "secondBandColorStyle": {"rgbColor": BLUE},
            },
        }

    def test_where_there_is_one_already(self, api: Api) -> None:
        """It is refused, until the first one is gone."""
        colors = {"firstBandColor": RED, "secondBandColor": BLUE}
        first = {"bandedRangeId": 3, "range": place(0, 5), "rowProperties": colors}
        api.batch({"addBanding": {"bandedRange": first}})
        second = {"addBanding": {"bandedRange": first | {"range": place(4, 9), "bandedRangeId": 4}}}
        assert refused(api.change(second)) == (
            "Invalid requests[0].addBanding: You cannot add alternating background colors to a "
            "range that already has alternating background colors."
        )
        api.batch({"deleteBanding": {"bandedRangeId": 3}}, second)


class TestChanges:
    """What becomes of them when the sheet changes around them."""

    def added(self, api: Api) -> None:
        """One of each, on the rows 3 to 6."""
        band = {"range": place(2, 6), "rowProperties": {"firstBandColor": RED}}
        rows = {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 6}
        api.batch(
            {"addConditionalFormatRule": {"rule": rule(2, 6)}},
            {"addBanding": {"bandedRange": band}},
            {"addFilterView": {"filter": {"range": place(2, 6)}}},
            {"addDimensionGroup": {"range": rows}},
        )

    def test_rows_are_inserted_and_deleted(self, api: Api) -> None:
        """They go where their cells go; the last cell takes them along."""
        self.added(api)
        rows = {"sheetId": 0, "dimension": "ROWS"}
        api.batch({"insertDimension": {"range": rows | {"startIndex": 0, "endIndex": 2}}})
        found = sheet(api)
        assert found["conditionalFormats"][0]["ranges"] == [place(4, 8)]
        assert found["bandedRanges"][0]["range"] == place(4, 8)
        assert found["filterViews"][0]["range"] == place(4, 8)
        assert found["rowGroups"][0]["range"] == {
            "dimension": "ROWS",
            "startIndex": 4,
            "endIndex": 8,
        }
        api.batch({"deleteDimension": {"range": rows | {"startIndex": 3, "endIndex": 9}}})
        kinds = {"conditionalFormats", "bandedRanges", "filterViews", "rowGroups"}
        assert not kinds & set(sheet(api))

    def test_the_sheet_is_copied(self, api: Api) -> None:
        """The copy has its own, which mean its own cells."""
        self.added(api)
        api.batch({"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 9}})
        first, second = sheet(api), sheet(api, 1)
        there = {"sheetId": 9}
        assert second["conditionalFormats"][0]["ranges"] == [there | place(2, 6)]
        assert second["bandedRanges"][0]["range"] == there | place(2, 6)
        assert second["rowGroups"][0]["range"]["sheetId"] == 9
        ids = [one["filterViews"][0]["filterViewId"] for one in (first, second)]
        assert ids[0] != ids[1]
