"""What the methods of Drive share: who may see which file, and how answers are cut to size."""

from __future__ import annotations

import re
from typing import Any

from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.drive_files import FIELDS, SHORT
from meterctl.sandbox.google.errors import ApiError
from meterctl.sandbox.google.files import RANK, File, Files
from meterctl.sandbox.google.masks import Mask, parse_mask, project
from meterctl.sandbox.message import Request, Response, as_json

Json = dict[str, Any]
AUTH = "https://www.googleapis.com/auth/"
READ = {f"{AUTH}drive{tail}" for tail in ("", ".readonly", ".metadata", ".metadata.readonly")}
READ |= {f"{AUTH}drive.file"}
_GRANTED = {"kind", "id", "type", "role", "allowFileDiscovery"}
_LISTED = {name: f"drive#{name[:-1]}" for name in ("files", "permissions", "comments")}


def missing(file_id: str) -> ApiError:
    """No such file, or none that the caller can see."""
    return ApiError(404, f"File not found: {file_id}.", reason="notFound", location="fileId")


def wrong(message: str, location: str = "") -> ApiError:
    """The request is wrong."""
    return ApiError(400, message, reason="invalid", location=location)


def needed(name: str) -> ApiError:
    """A parameter was left out."""
    message = f"Required parameter: {name}"
    if name == "fields":
        message = "The 'fields' parameter is required for this method."
    return ApiError(400, message, reason="required", location=name)


class Access:
    """The files as one caller at a time may see them."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def visible(self, file: File, caller: Caller) -> bool:
        """With drive.file alone, an application sees only the files that it made."""
        if not file.role(caller.email):
            return False
        whole = (READ - {f"{AUTH}drive.file"}) & caller.scopes
        return bool(whole) or file.project == caller.project

    def file(self, file_id: str, caller: Caller, least: str = "reader") -> File:
        """A file in which the caller has at least this role.

        Raises:
            ApiError: it is not there for the caller, or the caller may less.
        """
        found = self.files.get(file_id)
        if found is None or not self.visible(found, caller):
            raise missing(file_id)
        if found.role(caller.email) < RANK[least]:
            raise ApiError(403, "The user does not have sufficient permissions for this file.")
        return found


def flag(request: Request, name: str) -> bool:
    """A parameter that is true or false; false where it is left out."""
    return request.query.get(name, [""])[-1].lower() == "true"


def paged(request: Request, most: int, some: list[Json]) -> tuple[list[Json], Json]:
    """The page that was asked for, and what leads to the next one.

    Raises:
        ApiError: it is no page.
    """
    text = request.query.get("pageSize", ["100" if most >= 100 else str(most)])[-1]
    mark = request.query.get("pageToken", [""])[-1]
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise wrong("Invalid Value", "pageSize")
    if mark and not re.fullmatch(r"~[0-9]+", mark):
        raise wrong("Invalid Value", "pageToken")
    start, size = int(mark[1:] or 0) if mark else 0, min(int(text), most)
    more = {"nextPageToken": f"~{start + size}"} if start + size < len(some) else {}
    return some[start : start + size], more


def shown(request: Request, found: Json, listed: str = "") -> Response:
    """As much of the answer as was asked for; unasked, Drive is brief."""
    masks = [text for text in request.query.get("fields", []) if text]
    if masks:
        mask = parse_mask(",".join(masks))
        _check_mask(mask, found["kind"])
        return as_json(200, project(found, mask))
    if listed == "files":
        found = found | {"files": [_brief(one) for one in found["files"]]}
    elif listed == "permissions":
        brief = [_brief(one, _GRANTED) for one in found["permissions"]]
        found = found | {"permissions": brief}
    elif found["kind"] == "drive#permission":
        found = _brief(found, _GRANTED)
    elif found["kind"] == "drive#file":
        found = _brief(found)
    return as_json(200, found)


def _check_mask(mask: Mask, kind: str) -> None:
    """Refuse names that the kind of answer does not have.

    Raises:
        ApiError: there is one.
    """
    known = FIELDS.get(kind)
    for name, below in mask.items():
        listed = _LISTED.get(name) if kind.endswith("List") else None
        if name != "*" and known is not None and name not in known:
            message = f"Invalid field selection {name}"
            raise ApiError(400, message, reason="invalidParameter", location="fields")
        if listed is not None:
            _check_mask(below, listed)


def _brief(found: Json, names: set[str] = SHORT) -> Json:
    return {name: one for name, one in found.items() if name in names}
