"""What lies on a sheet beside its cells: rules, bands of colour, filter views, charts, tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meterctl.sandbox.google.areas import Area, area
from meterctl.sandbox.google.book import Book, Tab

Json = dict[str, Any]
Move = Callable[[Area], Area | None]
Listed = dict[str, list[Json]]  # what a sheet has, by the sheet's names for its kinds
_RANGES = ("range", "dataRange", "source")
_SIDES = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")


def plain(found: Json) -> Json:
    """The same with every range as Google writes it: the sheet 0 is left out."""
    return _mapped(found, lambda one: one) or {}


def _is_range(name: str, found: object) -> bool:
    if not isinstance(found, dict) or "dimension" in found:
        return False
    return name in _RANGES or any(side in found for side in _SIDES)


def _mapped(found: Json, move: Move) -> Json | None:
    """The same with its ranges moved; None where one of them is gone."""
    kept: Json = {}
    for name, one in found.items():
        if _is_range(name, one):
            moved = move(area(one))
            if moved is None:
                return None
            kept[name] = moved.as_json()
        elif isinstance(one, dict):
            below = _mapped(one, move)
            if below is None:
                return None
            kept[name] = below
        elif isinstance(one, list):
            parts = [_entry(name, part, move) for part in one]
            kept[name] = [part for part in parts if part is not None]
            if one and not kept[name]:
                return None
        else:
            kept[name] = one
    return kept


def _entry(name: str, part: object, move: Move) -> object:
    if name in ("ranges", "sources") or _is_range("", part):
        moved = move(area(part))  # type: ignore[arg-type]  # a range is a dict
        return None if moved is None else moved.as_json()
    return _mapped(part, move) if isinstance(part, dict) else part


def follow(book: Book, changed: Tab, at: int, count: int, *, rows: bool) -> None:
    """Let all ranges of a sheet go where their cells go; what has no cells left is gone."""

    def move(one: Area) -> Area | None:
        return one.moved(rows=rows, at=at, count=count) if one.sheet == changed.id else one

    for tab in book.tabs:
        for kind, some in tab.others.items():
            moved = ((old, _mapped(old, move)) for old in some)
            stays = kind in ("charts", "slicers")  # they lie upon the cells, not in them
            tab.others[kind] = [
                old if one is None else one for old, one in moved if stays or one is not None
            ]
    dimension = "ROWS" if rows else "COLUMNS"
    groups = []
    for one in changed.groups.get(dimension, []):
        span = one["range"]
        start, end = span["startIndex"], span["endIndex"]
        lines = Area(0, start, end).moved(rows=True, at=at, count=count)
        if lines is not None:
            groups.append(
                one | {"range": span | {"startIndex": lines.top, "endIndex": lines.bottom}}
            )
    if dimension in changed.groups:
        changed.groups[dimension] = groups


def rehomed(book: Book, source: Tab, sheet: int) -> tuple[Listed, Listed]:
    """What a copy of a sheet has: the same kinds of things, under ids of their own."""

    def move(one: Area) -> Area:
        return one._replace(sheet=sheet) if one.sheet == source.id else one

    others: Listed = {}
    for kind, some in source.others.items():
        made = [one for old in some if (one := _mapped(old, move)) is not None]
        others[kind] = [_renewed(book, one, sheet) for one in made]
    groups = {
        dimension: [one | {"range": one["range"] | {"sheetId": sheet}} for one in some]
        for dimension, some in source.groups.items()
    }
    return others, groups


IDS = ("filterViewId", "bandedRangeId", "chartId", "slicerId", "tableId")


def _renewed(book: Book, one: Json, sheet: int) -> Json:
    for name in IDS:
        if name in one:
            made: int | str = book.new_id()
            one = one | {name: str(made) if name == "tableId" else made}
    place = one.get("position", {}).get("overlayPosition")
    if place is not None:
        corner = place.get("anchorCell", {}) | {"sheetId": sheet}
        one = one | {"position": {"overlayPosition": place | {"anchorCell": corner}}}
    return one


def find(book: Book, under: str, id_name: str, wanted: object) -> tuple[Tab, int] | None:
    """On which sheet something lies, and at which place of its kind."""
    for tab in book.tabs:
        for at, one in enumerate(tab.others.get(under, [])):
            if one.get(id_name) == wanted:
                return tab, at
    return None
