"""Requests about charts, slicers and tables: kept and shown, not drawn."""

from __future__ import annotations

from typing import Any

from meterctl.sandbox.google.areas import Area, Box, area
from meterctl.sandbox.google.attached import find, plain
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import ApiError, invalid
from meterctl.sandbox.google.kept import Kept
from meterctl.sandbox.google.looks import twinned, twinned_mask
from meterctl.sandbox.google.masks import merge
from meterctl.sandbox.google.requests_cells import fields

Json = dict[str, Any]
_CHART = Kept("chart", "EmbeddedChart", "chartId", "charts")
_SLICER = Kept("slicer", "Slicer", "slicerId", "slicers")
_TABLE = Kept("table", "Table", "tableId", "tables")
_SIZE = {"widthPixels": 600, "heightPixels": 371}


def _overlaid(edit: Edit, given: Json) -> tuple[Tab, Json]:
    """Upon which sheet a position lies, and the position with all that goes without saying."""
    if given.get("newSheet") or "sheetId" in given:
        raise ApiError(501, "the sandbox puts charts upon cells only, not on sheets of their own.")
    asked = given.get("overlayPosition", {})
    tab, top, left = edit.corner(asked.get("anchorCell", {}))
    corner = {"sheetId": tab.id, "rowIndex": top, "columnIndex": left}
    anchor = {"anchorCell": {name: at for name, at in corner.items() if at}}
    return tab, {"overlayPosition": anchor | _SIZE | asked | anchor}


def add_chart(edit: Edit, asked: Json) -> Json:
    """A chart upon the cells."""
    given = asked.get("chart", {})
    if not given.get("spec"):
        raise invalid("Chart spec must be specified.")
    tab, position = _overlaid(edit, given.get("position", {}))
    return {"chart": _CHART.store(edit, tab, given | {"position": position})}


def update_chart(edit: Edit, asked: Json) -> None:
    """What a chart shows, all of it anew."""
    some, at = _CHART.place(edit, asked.get("chartId"))
    if not asked.get("spec"):
        raise invalid("Chart spec must be specified.")
    some[at] = some[at] | {"spec": plain(twinned(asked["spec"]))}


def add_slicer(edit: Edit, asked: Json) -> Json:
    """A slicer upon the cells, which filters the rows of its range."""
    given = asked.get("slicer", {})
    if "dataRange" not in given.get("spec", {}):
        raise invalid("Slicer spec must specify a dataRange.")
    edit.target(given["spec"]["dataRange"])
    tab, position = _overlaid(edit, given.get("position", {}))
    return {"slicer": _SLICER.store(edit, tab, given | {"position": position})}


def update_slicer(edit: Edit, asked: Json) -> None:
    """What a slicer filters, and how it looks."""
    mask = twinned_mask(fields(asked, "SlicerSpec"))
    some, at = _SLICER.place(edit, asked.get("slicerId"))
    spec = merge(some[at]["spec"], plain(twinned(asked.get("spec", {}))), mask)
    some[at] = some[at] | {"spec": spec}


def _object(edit: Edit, wanted: object) -> tuple[list[Json], int]:
    for one in (_CHART, _SLICER):
        if find(edit.book, one.under, one.id_name, wanted):
            return one.place(edit, wanted)
    raise invalid(f"No embedded object with id: {wanted}")


def delete_object(edit: Edit, asked: Json) -> None:
    """A chart or slicer."""
    some, at = _object(edit, asked.get("objectId"))
    del some[at]


def move_object(edit: Edit, asked: Json) -> Json:
    """Another place or size; of `fields` only what lies below overlayPosition is meant."""
    some, at = _object(edit, asked.get("objectId"))
    old = some[at]["position"]
    given = asked.get("newPosition", {})
    mask = fields(asked, "OverlayPosition") if asked.get("fields") != "*" else {"*": {}}
    overlay = merge(old["overlayPosition"], given.get("overlayPosition", {}), mask)
    _, position = _overlaid(
        edit,
        {"overlayPosition": overlay}
        | {name: one for name, one in given.items() if name != "overlayPosition"},
    )
    some[at] = some[at] | {"position": position}
    return {"position": position}


def update_border(edit: Edit, asked: Json) -> None:
    """The line around a chart."""
    some, at = _object(edit, asked.get("objectId"))
    mask = twinned_mask(fields(asked, "EmbeddedObjectBorder"))
    border = merge(some[at].get("border"), twinned(asked.get("border", {})), mask)
    some[at] = some[at] | {"border": border}


def add_table(edit: Edit, asked: Json) -> Json:
    """A table: a range with a name, whose first row names its columns."""
    given = asked.get("table", {})
    found = edit.target(given.get("range", {}))
    tab, box = found.tab, found.box
    _check_free(tab, box, None)
    names = {one["name"].lower() for tab in edit.book.tabs for one in tab.others.get("tables", [])}
    number = 1
    while f"table{number}" in names:
        number += 1
    name = given.get("name") or f"Table{number}"
    if name.lower() in names:
        raise invalid(f"A table with the name {name} already exists.")
    made = given | {"name": name, "range": Area(tab.id, *box).as_json()}
    made["columnProperties"] = _columns(edit, tab, box, given.get("columnProperties", []))
    return {"table": _TABLE.store(edit, tab, made)}


def _check_free(tab: Tab, box: Box, own: Json | None) -> None:
    for other in tab.others.get("tables", []):
        taken = tab.within(area(other["range"]))
        if other is not own and taken.meets(box):
            raise invalid("You cannot add a table to a range that already has a table.")


def _columns(edit: Edit, tab: Tab, box: Box, given: list[Json]) -> list[Json]:
    """Every column with its name: as given, as its heading says, or by its number."""
    known = {one.get("columnIndex", 0): one for one in given}
    reader = edit.reader()
    columns = []
    for at in range(box.right - box.left):
        column = box.left + at
        heading = reader.text(tab, box.top, column, tab.content(box.top, column))
        numbered = {"columnIndex": at} if at else {}
        own = {"columnName": heading or f"Column {at + 1}"} | known.get(at, {})
        columns.append(numbered | own)
    return columns


def update_table(edit: Edit, asked: Json) -> None:
    """Another name, range or columns."""
    _TABLE.update(edit, asked)


HANDLERS = {
    "addChart": add_chart,
    "updateChartSpec": update_chart,
    "addSlicer": add_slicer,
    "updateSlicerSpec": update_slicer,
    "deleteEmbeddedObject": delete_object,
    "updateEmbeddedObjectPosition": move_object,
    "updateEmbeddedObjectBorder": update_border,
    "addTable": add_table,
    "updateTable": update_table,
    "deleteTable": _TABLE.delete,
}
