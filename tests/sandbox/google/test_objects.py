"""Charts, slicers and tables: kept and told, not drawn."""

from __future__ import annotations

from typing import Any

from tests.sandbox.google.client import Api, refused

Json = dict[str, Any]
WHERE = {
    "startRowIndex": 0,
    "endRowIndex": 3,
    "startColumnIndex": 0,
    "endColumnIndex": 2,
}
SERIES = {"sourceRange": {"sources": [{"sheetId": 0} | WHERE]}}
SPEC = {"title": "kWh", "basicChart": {"chartType": "LINE", "series": [{"series": SERIES}]}}


def sheet(api: Api, at: int = 0) -> Json:
    """One of the sheets as it is told."""
    found: Json = api.get()["sheets"][at]
    return found


def anchored(row: int, column: int) -> Json:
    """A position upon the cells."""
    return {"overlayPosition": {"anchorCell": {"rowIndex": row, "columnIndex": column}}}


def test_a_chart(api: Api) -> None:
    """It has an id, a size, and ranges without the sheet 0."""
    asked = {"spec": SPEC, "position": anchored(4, 1)}
    (reply,) = api.batch({"addChart": {"chart": asked}})
    made = reply["addChart"]["chart"]
    assert made["chartId"] > 0
    series = made["spec"]["basicChart"]["series"][0]["series"]
    assert series == {"sourceRange": {"sources": [WHERE]}}
    assert made["position"]["overlayPosition"] == {
        "anchorCell": {"rowIndex": 4, "columnIndex": 1},
        "widthPixels": 600,
        "heightPixels": 371,
    }
    assert sheet(api)["charts"] == [made]


def test_a_chart_is_changed_moved_and_deleted(api: Api) -> None:
    """By its id."""
    api.batch({"addChart": {"chart": {"chartId": 5, "spec": SPEC, "position": anchored(0, 0)}}})
    wide = {"overlayPosition": {"widthPixels": 900}}
    _, moved = api.batch(
        {"updateChartSpec": {"chartId": 5, "spec": SPEC | {"title": "Wh"}}},
        {
            "updateEmbeddedObjectPosition": {
                "objectId": 5,
                "newPosition": wide,
                "fields": "widthPixels",
            }
        },
    )
    place = moved["updateEmbeddedObjectPosition"]["position"]["overlayPosition"]
    assert (place["widthPixels"], place["heightPixels"]) == (900, 371)
    assert sheet(api)["charts"][0]["spec"]["title"] == "Wh"
    api.batch({"deleteEmbeddedObject": {"objectId": 5}})
    assert "charts" not in sheet(api)
    assert "No embedded object with id: 5" in refused(
        api.change({"deleteEmbeddedObject": {"objectId": 5}})
    )


def test_a_chart_follows_its_cells(api: Api) -> None:
    """When rows are inserted above them, its sources are the rows below."""
    api.batch({"addChart": {"chart": {"spec": SPEC, "position": anchored(9, 0)}}})
    rows = {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 2}
    api.batch({"insertDimension": {"range": rows}})
    series = sheet(api)["charts"][0]["spec"]["basicChart"]["series"][0]["series"]
    source = series["sourceRange"]["sources"][0]
    assert (source["startRowIndex"], source["endRowIndex"]) == (2, 5)


def test_a_chart_on_a_sheet_of_its_own(api: Api) -> None:
    """The sandbox says that it has none."""
    asked = {"spec": SPEC, "position": {"newSheet": True}}
    assert "upon cells only" in refused(api.change({"addChart": {"chart": asked}}), 501)


def test_a_slicer(api: Api) -> None:
    """It filters a range by one column."""
    spec = {"dataRange": {"sheetId": 0} | WHERE, "columnIndex": 1, "title": "Which"}
    (reply,) = api.batch({"addSlicer": {"slicer": {"spec": spec, "position": anchored(0, 4)}}})
    made = reply["addSlicer"]["slicer"]
    assert made["spec"]["dataRange"] == WHERE
    changed = {"slicerId": made["slicerId"], "spec": {"title": "All"}, "fields": "title"}
    api.batch({"updateSlicerSpec": changed})
    assert sheet(api)["slicers"][0]["spec"] == made["spec"] | {"title": "All"}


def test_a_table(api: Api) -> None:
    """Its columns are named by their headings, and two do not share cells."""
    api.write("A1", [["time"], [1]])
    given = {"name": "Meter", "range": {"sheetId": 0} | WHERE}
    (reply,) = api.batch({"addTable": {"table": given}})
    made = reply["addTable"]["table"]
    assert isinstance(made["tableId"], str)
    assert made["range"] == WHERE
    assert made["columnProperties"] == [
        {"columnName": "time"},
        {"columnIndex": 1, "columnName": "Column 2"},
    ]
    assert api.change({"addTable": {"table": {"range": WHERE}}}).status == 400
    renamed = {"tableId": made["tableId"], "name": "Dial"}
    api.batch({"updateTable": {"table": renamed, "fields": "name"}})
    assert sheet(api)["tables"][0]["name"] == "Dial"
    api.batch({"deleteTable": {"tableId": made["tableId"]}})
    assert "tables" not in sheet(api)
