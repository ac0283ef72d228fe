"""Requests about what is shown and how: filters, filter views, conditional formats, banding."""

from __future__ import annotations

from typing import Any

from meterctl.sandbox.google.areas import Area, area
from meterctl.sandbox.google.attached import plain
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import invalid
from meterctl.sandbox.google.kept import Kept
from meterctl.sandbox.google.looks import twinned
from meterctl.sandbox.google.requests_editing import sort_range
from meterctl.sandbox.google.requests_ranges import area_of

Json = dict[str, Any]
_FILTER = ("sortSpecs", "criteria", "filterSpecs")
_VIEW = Kept("filter", "FilterView", "filterViewId", "filterViews")
_BANDING = Kept("bandedRange", "BandedRange", "bandedRangeId", "bandedRanges")


def set_filter(edit: Edit, asked: Json) -> None:
    """The sheet's one filter; the rows below its heading are sorted by it."""
    given = asked.get("filter", {})
    place = edit.target(given.get("range", {}))
    tab, box = place.tab, place.box
    edit.check_protection(tab, box)
    kept = plain(twinned({name: given[name] for name in _FILTER if given.get(name)}))
    tab.basic_filter = {"range": Area(tab.id, *box).as_json()} | _both_ways(kept)
    if given.get("sortSpecs") and box.bottom - box.top > 1:
        rows = Area(tab.id, *box._replace(top=box.top + 1)).as_json()
        sort_range(edit, {"range": rows, "sortSpecs": given["sortSpecs"]})


def _both_ways(given: Json) -> Json:
    """What is filtered is told twice: by column's number, and as a list."""
    if "filterSpecs" in given:
        specs: list[Json] = given["filterSpecs"]
        columns = {str(one.get("columnIndex", 0)): one.get("filterCriteria", {}) for one in specs}
        return given | {"criteria": columns}
    if "criteria" in given:
        specs = [
            {"filterCriteria": one, "columnIndex": int(column)}
            for column, one in given["criteria"].items()
        ]
        return given | {"filterSpecs": specs}
    return given


def clear_filter(edit: Edit, asked: Json) -> None:
    """The sheet has none."""
    edit.book.tab(asked.get("sheetId", 0)).basic_filter = None


def add_view(edit: Edit, asked: Json) -> Json:
    """A filter that whoever wants to looks through."""
    given = dict(asked.get("filter", {}))
    found = edit.target(given.get("range", {}))
    given["range"] = Area(found.tab.id, *found.box).as_json()
    others = found.tab.others.get("filterViews", [])
    given["title"] = given.get("title") or f"Filter {len(others) + 1}"
    return {"filter": _VIEW.store(edit, found.tab, _both_ways(given))}


def duplicate_view(edit: Edit, asked: Json) -> Json:
    """The same once more."""
    some, at = _VIEW.place(edit, asked.get("filterId"))
    copied = some[at] | {"filterViewId": 0, "title": f"Copy of {some[at]['title']}"}
    tab = edit.book.tab(area(copied["range"]).sheet)
    return {"filter": _VIEW.store(edit, tab, copied)}


def add_banding(edit: Edit, asked: Json) -> Json:
    """Rows or columns in alternating colours, where there are none yet."""
    given = asked.get("bandedRange", {})
    found = edit.target(given.get("range", {}))
    if not given.get("rowProperties") and not given.get("columnProperties"):
        raise invalid("Must specify at least one of rowProperties or columnProperties.")
    for other in found.tab.others.get("bandedRanges", []):
        if found.tab.within(area(other["range"])).meets(found.box):
            raise invalid(
                "You cannot add alternating background colors to a range that already has "
                "alternating background colors."
            )
    return {"bandedRange": _BANDING.store(edit, found.tab, given)}


def _rules(edit: Edit, asked: Json) -> tuple[list[Json], int]:
    """A sheet's conditional formats, and which of them is meant."""
    rules = edit.book.tab(asked.get("sheetId", 0)).others.get("conditionalFormats", [])
    index: int = asked.get("index", 0)
    if not 0 <= index < len(rules):
        raise invalid(f"No conditional format on sheet at index: {index}")
    return rules, index


def add_rule(edit: Edit, asked: Json) -> None:
    """A conditional format before the others, or at a place: kept and shown, not applied."""
    rule = _checked(edit, asked.get("rule", {}))
    tab = edit.book.tab(area(asked["rule"]["ranges"][0]).sheet)
    rules = tab.others.setdefault("conditionalFormats", [])
    rules.insert(min(asked.get("index", 0), len(rules)), rule)


def _checked(edit: Edit, rule: Json) -> Json:
    """The rule as it is kept.

    Raises:
        ApiError: it has no ranges, or does not say what it does.
    """
    if not rule.get("ranges"):
        raise invalid("No ranges specified for the conditional format rule.")
    for one in rule["ranges"]:
        area_of(edit, one)
    scale = rule.get("gradientRule")
    if scale is None and not rule.get("booleanRule"):
        raise invalid("No rule specified for the conditional format rule.")
    if scale is not None:
        _check_scale(scale)
    return plain(twinned(rule))


def _check_scale(scale: Json) -> None:
    """Refuse a scale of colours whose ends are not said."""
    points = [scale.get("minpoint", {}), scale.get("maxpoint", {})]
    points += [scale["midpoint"]] if "midpoint" in scale else []
    for point in points:
        kind = point.get("type", "INTERPOLATION_POINT_TYPE_UNSPECIFIED")
        if kind == "INTERPOLATION_POINT_TYPE_UNSPECIFIED":
            raise invalid("No interpolationPointType specified.")
        if kind in ("NUMBER", "PERCENT", "PERCENTILE") and not point.get("value"):
            raise invalid("InterpolationPoint.value is required.")


def delete_rule(edit: Edit, asked: Json) -> Json:
    """The conditional format at a place."""
    rules, index = _rules(edit, asked)
    return {"rule": rules.pop(index)}


def update_rule(edit: Edit, asked: Json) -> Json:
    """Another rule at a place, or the same rule at another place."""
    if "rule" in asked and "sheetId" not in asked and asked["rule"].get("ranges"):
        asked = asked | {"sheetId": area(asked["rule"]["ranges"][0]).sheet}
    rules, index = _rules(edit, asked)
    old = rules[index]
    if "rule" in asked:
        rules[index] = _checked(edit, asked["rule"])
        return {"newRule": rules[index], "newIndex": index, "oldRule": old}
    to: int = asked.get("newIndex", 0)
    if not 0 <= to < len(rules):
        raise invalid(f"No conditional format on sheet at index: {to}")
    rules.insert(to, rules.pop(index))
    return {"newRule": old, "newIndex": to, "oldIndex": index}


HANDLERS = {
    "setBasicFilter": set_filter,
    "clearBasicFilter": clear_filter,
    "addConditionalFormatRule": add_rule,
    "deleteConditionalFormatRule": delete_rule,
    "updateConditionalFormatRule": update_rule,
    "addFilterView": add_view,
    "updateFilterView": _VIEW.update,
    "deleteFilterView": _VIEW.delete,
    "duplicateFilterView": duplicate_view,
    "addBanding": add_banding,
    "updateBanding": _BANDING.update,
    "deleteBanding": _BANDING.delete,
}
