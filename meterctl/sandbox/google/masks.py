"""Field masks: which fields of an answer are wanted, which fields of a request are meant."""

from __future__ import annotations

import re
from typing import Any

from meterctl.sandbox.google.errors import ApiError, bad_field
from meterctl.sandbox.google.payload import camel, fields_of

# A mask as a tree of names. An empty tree means everything below this point.
Mask = dict[str, Any]
ALL: Mask = {}


def parse_mask(text: str) -> Mask:
    """`a,b.c,d(e,f/g)` as a tree.

    Raises:
        ApiError: the text is no mask.
    """
    tokens = re.findall(r"[A-Za-z_][A-Za-z0-9_]*|[(),./*]|\S", text)
    tree: Mask = {}
    if _list(tokens, 0, tree) != len(tokens) or not tokens:
        raise _unparsable(text)
    return tree


def _list(tokens: list[str], at: int, tree: Mask) -> int:
    while True:
        at = _path(tokens, at, tree)
        if at >= len(tokens) or tokens[at] != ",":
            return at
        at += 1


def _path(tokens: list[str], at: int, tree: Mask) -> int:
    if at >= len(tokens) or not (tokens[at] == "*" or tokens[at][0].isalpha()):
        raise _unparsable("".join(tokens))
    name = camel(tokens[at])
    whole = tree.get(name) == ALL and name in tree
    below: Mask = tree.setdefault(name, {})
    at += 1
    if at < len(tokens) and tokens[at] in "./":
        inner: Mask = {} if whole else below  # all of it was named already: that stays
        return _path(tokens, at + 1, inner)
    if at < len(tokens) and tokens[at] == "(":
        at = _list(tokens, at + 1, {} if whole else below)
        if at >= len(tokens) or tokens[at] != ")":
            raise _unparsable("".join(tokens))
        return at + 1
    below.clear()
    return at


def _unparsable(text: str) -> ApiError:
    return bad_field([("fields", f"Error parsing 'fields' parameter: {text!r} is no field mask.")])


def wants(mask: Mask | None, name: str) -> Mask | None:
    """The mask below a field; None where the field is not wanted."""
    if mask is None:
        return None
    if not mask:
        return ALL
    if name in mask:
        below: Mask = mask[name]
        return below
    star: Mask | None = mask.get("*")
    return star


def known_mask(mask: Mask, kind: str, text: str) -> Mask:
    """The mask, if every name in it is one of the type's.

    Args:
        mask: The mask.
        kind: Google's type.
        text: The mask as it was written, which the refusal repeats.

    Raises:
        ApiError: a name is not.
    """
    _check_names(mask, kind, "", text)
    return mask


def _check_names(mask: Mask, kind: str, path: str, text: str) -> None:
    known = fields_of(kind)
    for name, below in mask.items():
        at = f"{path}.{name}" if path else name
        if name == "*":
            continue
        if known is None or name not in known:
            said = "Error expanding 'fields' parameter. Cannot find matching fields for path"
            error = bad_field([(text, f"{said} '{at}'.")])
            error.message = "Request contains an invalid argument."
            raise error
        _check_names(below, known[name], at, text)


def project(found: object, mask: Mask) -> object:
    """Only what the mask names, lists entry by entry."""
    if not mask:
        return found
    if isinstance(found, list):
        return [project(one, mask) for one in found]
    if not isinstance(found, dict):
        return found
    kept = {}
    for name, one in found.items():
        below = wants(mask, name)
        if below is not None:
            kept[name] = project(one, below)
    return kept


def merge(old: Any, new: Any, mask: Mask) -> Any:  # noqa: ANN401 (any JSON goes through)
    """The old object with the mask's fields taken from the new one; gone where it has none."""
    if not mask or "*" in mask:
        return new
    merged = dict(old) if isinstance(old, dict) else {}
    given = new if isinstance(new, dict) else {}
    for name, below in mask.items():
        value = merge(merged.get(name), given.get(name), below)
        if value is None or (value == {} and name not in given):
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged
