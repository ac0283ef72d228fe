"""Requests about ranges that have a name or a guard."""

from __future__ import annotations

import re
from typing import Any

from meterctl.sandbox.google.a1 import parse_cells
from meterctl.sandbox.google.areas import Area, area
from meterctl.sandbox.google.book import Named, Protected, Tab
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import invalid, protected
from meterctl.sandbox.google.masks import merge, wants
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
        area_of(edit, given.get("range", {})),
    )
    if any(one.id == made.id for one in edit.book.named):
        raise invalid(f"A named range with the id {made.id} already exists.")
    _check_name(edit, made)
    edit.book.named.append(made)
    return {"namedRange": named_json(made)}


def area_of(edit: Edit, given: Json) -> Area:
    """A range of the spreadsheet.

    Raises:
        ApiError: there is no such sheet, or it starts outside its grid.
    """
    found = area(given)
    return checked(Target(edit.book.tab(found.sheet), found)).area


def _check_name(edit: Edit, named: Named) -> None:
    name = named.name
    plain = re.fullmatch(r"[^\W0-9][\w.]{0,249}", name)
    if not plain or parse_cells(name) or name.lower() in ("true", "false"):
        raise invalid("The name given to this range is invalid.")
    if any(one.name.lower() == name.lower() and one.id != named.id for one in edit.book.named):
        raise invalid(
            f"Cannot add named range with name {name}, a named range with that name already exists."
        )


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
        new = new._replace(area=area_of(edit, given.get("range", {})))
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
        editors = {name: some for name, some in editors.items() if some}
    return Protected(
        made_id,
        _named(edit, named).area if named else area_of(edit, given.get("range", {})),
        named,
        given.get("description"),
        warning,
        tuple(area_of(edit, one) for one in given.get("unprotectedRanges", [])),
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


HANDLERS = {
    "addNamedRange": add_named,
    "updateNamedRange": update_named,
    "deleteNamedRange": delete_named,
    "addProtectedRange": add_protected,
    "updateProtectedRange": update_protected,
    "deleteProtectedRange": delete_protected,
}
