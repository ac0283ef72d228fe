"""Requests about ranges that have a name, a guard, a filter or a look of their own."""

from __future__ import annotations

import re
from typing import Any

from meterctl.sandbox.google.a1 import parse_cells
from meterctl.sandbox.google.areas import Area, area
from meterctl.sandbox.google.book import Named, Protected, Tab
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import invalid, protected
from meterctl.sandbox.google.masks import ALL, merge, wants
from meterctl.sandbox.google.render import named_json, protected_json
from meterctl.sandbox.google.requests_cells import fields
from meterctl.sandbox.google.targets import Target, checked

Json = dict[str, Any]


def add_named(edit: Edit, asked: Json) -> Json:
    """A name for a range."""
    given = asked.get("namedRange", {})
    made = Named(
        given.get("namedRangeId") or str(edit.book.new_id()),
        given.get("name", ""),
        _area(edit, given.get("range", {})),
    )
    if any(one.id == made.id for one in edit.book.named):
        raise invalid(f"A named range with the id {made.id} already exists.")
    _check_name(edit, made)
    edit.book.named.append(made)
    return {"namedRange": named_json(made)}


def _area(edit: Edit, given: Json) -> Area:
    found = area(given)
    return checked(Target(edit.book.tab(found.sheet), found)).area


def _check_name(edit: Edit, named: Named) -> None:
    name = named.name
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]{0,249}", name) or parse_cells(name):
        raise invalid(f"The name {name!r} is invalid for a named range.")
    if any(one.name.lower() == name.lower() and one.id != named.id for one in edit.book.named):
        raise invalid(f'A named range with the name "{name}" already exists.')


def _named(edit: Edit, named_id: str) -> Named:
    for one in edit.book.named:
        if one.id == named_id:
            return one
    raise invalid(f"No named range with id: {named_id}")


def update_named(edit: Edit, asked: Json) -> None:
    """Another name or range."""
    mask = fields(asked, "NamedRange")
    given = asked.get("namedRange", {})
    old = _named(edit, given.get("namedRangeId", ""))
    new = old
    if wants(mask, "name") is not None:
        new = new._replace(name=given.get("name", ""))
    if wants(mask, "range") is not None:
        new = new._replace(area=_area(edit, given.get("range", {})))
    _check_name(edit, new)
    edit.book.named = [new if one is old else one for one in edit.book.named]


def delete_named(edit: Edit, asked: Json) -> None:
    """The name; the cells stay."""
    old = _named(edit, asked.get("namedRangeId", ""))
    edit.book.named.remove(old)


def add_protected(edit: Edit, asked: Json) -> Json:
    """A guard on a range or sheet; who sets it stays an editor of it."""
    given = asked.get("protectedRange", {})
    made = _protected(edit, given.get("protectedRangeId") or edit.book.new_id(), given)
    tab = edit.book.tab(made.area.sheet)
    if any(one.id == made.id for other in edit.book.tabs for one in other.protected):
        raise invalid(f"A protected range with the id {made.id} already exists.")
    tab.protected.append(made)
    return {"protectedRange": protected_json(made, edit.viewer)}


def _protected(edit: Edit, made_id: int, given: Json) -> Protected:
    named = given.get("namedRangeId")
    if named and "range" in given:
        raise invalid("Only one of range and namedRangeId can be set.")
    warning = given.get("warningOnly", False)
    editors = dict(given.get("editors", {}))
    if warning:
        if editors:
            raise invalid("Editors are not supported with warning-only protection.")
    else:
        editors["users"] = list(dict.fromkeys([*editors.get("users", []), edit.viewer.email]))
    return Protected(
        made_id,
        _named(edit, named).area if named else _area(edit, given.get("range", {})),
        named,
        given.get("description"),
        warning,
        tuple(_area(edit, one) for one in given.get("unprotectedRanges", [])),
        editors,
    )


def _guarded(edit: Edit, protected_id: int) -> tuple[Tab, Protected]:
    for tab in edit.book.tabs:
        for one in tab.protected:
            if one.id == protected_id:
                if not edit.viewer.may_edit(one):
                    raise protected()
                return tab, one
    raise invalid(f"No protected range with id: {protected_id}")


def update_protected(edit: Edit, asked: Json) -> None:
    """Change what is guarded, or from whom."""
    mask = fields(asked, "ProtectedRange")
    given = asked.get("protectedRange", {})
    tab, old = _guarded(edit, given.get("protectedRangeId", 0))
    now = {
        "range": old.area.as_json(),
        "description": old.description,
        "warningOnly": old.warning_only,
        "unprotectedRanges": [one.as_json() for one in old.unprotected],
        "editors": old.editors,
    }
    wanted = merge(now, given, mask)
    if wanted.get("warningOnly") and not old.warning_only:
        wanted.pop("editors", None)
    new = _protected(edit, old.id, wanted)
    tab.protected.remove(old)
    edit.book.tab(new.area.sheet).protected.append(new)


def delete_protected(edit: Edit, asked: Json) -> None:
    """The guard; the cells stay."""
    tab, old = _guarded(edit, asked.get("protectedRangeId", 0))
    tab.protected.remove(old)


def set_filter(edit: Edit, asked: Json) -> None:
    """The sheet's one filter."""
    given = asked.get("filter", {})
    place = edit.target(given.get("range", {}))
    edit.check_protection(place.tab, place.box)
    place.tab.basic_filter = {"range": Area(place.tab.id, *place.box).as_json()} | {
        name: given[name] for name in ("sortSpecs", "criteria", "filterSpecs") if given.get(name)
    }


def clear_filter(edit: Edit, asked: Json) -> None:
    """The sheet has none."""
    edit.book.tab(asked.get("sheetId", 0)).basic_filter = None


def add_rule(edit: Edit, asked: Json) -> None:
    """A conditional format: kept and shown, not applied."""
    rule = asked.get("rule", {})
    ranges = rule.get("ranges", [])
    if not ranges:
        raise invalid("No ranges specified for the conditional format rule.")
    tab = edit.book.tab(_area(edit, ranges[0]).sheet)
    rules = tab.others.setdefault("conditionalFormats", [])
    rules.insert(min(asked.get("index", len(rules)), len(rules)), rule)


def delete_rule(edit: Edit, asked: Json) -> Json:
    """The conditional format at a place."""
    rules = edit.book.tab(asked.get("sheetId", 0)).others.get("conditionalFormats", [])
    index: int = asked.get("index", 0)
    if not 0 <= index < len(rules):
        raise invalid(f"No conditional format on sheet at index: {index}")
    return {"rule": rules.pop(index)}


def update_rule(edit: Edit, asked: Json) -> Json:
    """Another rule at a place, or the same rule at another place."""
    rules = edit.book.tab(asked.get("sheetId", 0)).others.get("conditionalFormats", [])
    index: int = asked.get("index", 0)
    if not 0 <= index < len(rules):
        raise invalid(f"No conditional format on sheet at index: {index}")
    old = rules.pop(index)
    to: int = asked.get("newIndex", index)
    rules.insert(min(to, len(rules)), asked.get("rule", old))
    shown: Json = {"newRule": rules[min(to, len(rules) - 1)], "newIndex": to}
    return shown | {"oldRule": old, "oldIndex": index}


class Kept:
    """Things on a sheet that are stored and shown as they came, under an id of their own."""

    def __init__(self, name: str, kind: str, id_name: str, under: str) -> None:
        self.name = name  # as the request spells it
        self.kind = kind
        self.id_name = id_name
        self.under = under  # as the sheet spells it

    def add(self, edit: Edit, asked: Json) -> Json:
        """Store one."""
        given = dict(asked.get(self.name, {}))
        tab = edit.book.tab(_area(edit, given.get("range", {})).sheet)
        given = {self.id_name: given.get(self.id_name) or edit.book.new_id()} | given
        tab.others.setdefault(self.under, []).append(given)
        return {self.name: given}

    def update(self, edit: Edit, asked: Json) -> None:
        """Change one."""
        mask = fields(asked, self.kind)
        given = asked.get(self.name, {})
        some, at = self._find(edit, given.get(self.id_name))
        some[at] = {self.id_name: some[at][self.id_name]} | merge(some[at], given, mask or ALL)

    def delete(self, edit: Edit, asked: Json) -> None:
        """Forget one."""
        some, at = self._find(edit, asked.get(self.id_name, asked.get("filterId")))
        del some[at]

    def _find(self, edit: Edit, wanted: int | None) -> tuple[list[Json], int]:
        for tab in edit.book.tabs:
            for at, one in enumerate(tab.others.get(self.under, [])):
                if one[self.id_name] == wanted:
                    return tab.others[self.under], at
        raise invalid(f"No {self.name} with id: {wanted}")


_VIEW = Kept("filter", "FilterView", "filterViewId", "filterViews")
_BANDING = Kept("bandedRange", "BandedRange", "bandedRangeId", "bandedRanges")

HANDLERS = {
    "addNamedRange": add_named,
    "updateNamedRange": update_named,
    "deleteNamedRange": delete_named,
    "addProtectedRange": add_protected,
    "updateProtectedRange": update_protected,
    "deleteProtectedRange": delete_protected,
    "setBasicFilter": set_filter,
    "clearBasicFilter": clear_filter,
    "addConditionalFormatRule": add_rule,
    "deleteConditionalFormatRule": delete_rule,
    "updateConditionalFormatRule": update_rule,
    "addFilterView": _VIEW.add,
    "updateFilterView": _VIEW.update,
    "deleteFilterView": _VIEW.delete,
    "addBanding": _BANDING.add,
    "updateBanding": _BANDING.update,
    "deleteBanding": _BANDING.delete,
}
