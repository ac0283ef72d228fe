"""The methods of the Drive API v3 that a program which writes spreadsheets meets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.areas import Area
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.drive_files import (
    SHORT,
    exported,
    file_json,
    permission_json,
    user_json,
)
from meterctl.sandbox.google.drive_query import parse_query
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import ApiError
from meterctl.sandbox.google.files import RANK, SPREADSHEET, File, Files, permission_id
from meterctl.sandbox.google.masks import parse_mask, project
from meterctl.sandbox.google.payload import decode
from meterctl.sandbox.google.targets import Target
from meterctl.sandbox.google.values import Corner, clear, write
from meterctl.sandbox.message import Request, Response, as_json

Json = dict[str, Any]
AUTH = "https://www.googleapis.com/auth/"
READ = {f"{AUTH}drive{tail}" for tail in ("", ".readonly", ".metadata", ".metadata.readonly")}
READ |= {f"{AUTH}drive.file"}
EXPORT = {f"{AUTH}drive", f"{AUTH}drive.readonly", f"{AUTH}drive.file"}
WRITE = {f"{AUTH}drive", f"{AUTH}drive.file"}
PATCH = WRITE | {f"{AUTH}drive.metadata"}


def _missing(file_id: str) -> ApiError:
    return ApiError(404, f"File not found: {file_id}.", reason="notFound", location="fileId")


def _wrong(message: str, location: str = "") -> ApiError:
    return ApiError(400, message, reason="invalid", location=location)


class Drive:
    """Everybody's Drive, as the API shows it to one caller at a time."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def scopes(self, method: str, path: str) -> set[str]:
        """Which scopes, any of them, allow a request."""
        if method == "GET":
            return EXPORT if path.endswith(("/export", "/permissions", "/comments")) else READ
        return PATCH if method == "PATCH" else WRITE

    def answer(self, request: Request, caller: Caller) -> Response:
        """Do what a request asks.

        Raises:
            ApiError: it is refused.
        """
        for verb, path, do in self._routes():
            names = re.fullmatch(path, request.path.rstrip("/"))
            if names and verb == request.method:
                return do(request, caller, *(unquote(name) for name in names.groups()))
        raise ApiError(404, "Not Found", reason="notFound")

    def _routes(self) -> list[tuple[str, str, Callable[..., Response]]]:
        files, one = "/drive/v3/files", "/drive/v3/files/([^/]+)"
        return [
            ("GET", "/drive/v3/about", self._about),
            ("GET", files, self._list),
            ("POST", files, self._create),
            ("GET", one, self._get),
            ("PATCH", one, self._update),
            ("DELETE", one, self._delete),
            ("POST", f"{one}/copy", self._copy),
            ("GET", f"{one}/export", self._export),
            ("GET", f"{one}/comments", self._comments),
            ("GET", f"{one}/permissions", self._permissions),
            ("POST", f"{one}/permissions", self._share),
            ("GET", f"{one}/permissions/([^/]+)", self._permission),
            ("PATCH", f"{one}/permissions/([^/]+)", self._reshare),
            ("DELETE", f"{one}/permissions/([^/]+)", self._unshare),
            ("PUT", "/upload/drive/v2/files/([^/]+)", self._upload),
            ("PATCH", "/upload/drive/v3/files/([^/]+)", self._upload),
        ]

    def _visible(self, file: File, caller: Caller) -> bool:
        """With drive.file alone, an application sees only the files that it made."""
        if not file.role(caller.email):
            return False
        whole = (READ - {f"{AUTH}drive.file"}) & caller.scopes
        return bool(whole) or file.project == caller.project

    def _file(self, file_id: str, caller: Caller, least: str = "reader") -> File:
        found = self._files.get(file_id)
        if found is None or not self._visible(found, caller):
            raise _missing(file_id)
        if found.role(caller.email) < RANK[least]:
            raise ApiError(403, "The user does not have sufficient permissions for this file.")
        return found

    def _about(self, request: Request, caller: Caller) -> Response:
        if not request.query.get("fields"):
            message = "The 'fields' parameter is required for this method."
            raise ApiError(400, message, reason="required", location="fields")
        return _shown(request, {"kind": "drive#about", "user": user_json(caller.email, caller)})

    def _list(self, request: Request, caller: Caller) -> Response:
        text = request.query.get("q", [""])[-1]
        test = parse_query(text) if text.strip() else lambda _: True
        shown = [
            file_json(file, caller) | {"permissions": list(file.permissions.values())}
            for file in self._files.all()
            if self._visible(file, caller)
        ]
        found = [one for one in shown if test(one)]
        for order in reversed(request.query.get("orderBy", [""])[-1].split(",")):
            name, _, direction = order.strip().partition(" ")
            if name:
                found.sort(key=lambda one: str(one.get(name, "")), reverse=direction == "desc")
        size, start = _page(request, 1000)
        answer: Json = {"kind": "drive#fileList", "incompleteSearch": False}
        if start + size < len(found):
            answer["nextPageToken"] = f"~{start + size}"
        return _shown(request, answer | {"files": found[start : start + size]}, "files")

    def _create(self, request: Request, caller: Caller) -> Response:
        given = decode(request.body)
        kind = given.get("mimeType", "application/octet-stream")
        if kind != SPREADSHEET:
            raise _wrong(f"The sandbox's Drive holds spreadsheets only, not {kind}.")
        made = self._files.new(given.get("name") or "Untitled", caller.email, caller.project)
        self._note(made, given)
        return _shown(request, file_json(made, caller))

    def _note(self, file: File, given: Json) -> None:
        for name in ("description", "starred", "trashed", "parents"):
            if given.get(name) is not None:
                file.extra[name] = given[name]

    def _get(self, request: Request, caller: Caller, file_id: str) -> Response:
        return _shown(request, file_json(self._file(file_id, caller), caller))

    def _update(self, request: Request, caller: Caller, file_id: str) -> Response:
        given = decode(request.body)
        found = self._file(file_id, caller, "owner" if "trashed" in given else "writer")
        with found.lock:
            if given.get("name"):
                book = found.book.copy()
                book.properties["title"] = given["name"]
                found.book = book
            self._note(found, given)
            found.touch(caller.email, self._files.clock())
        return _shown(request, file_json(found, caller))

    def _delete(self, _request: Request, caller: Caller, file_id: str) -> Response:
        self._file(file_id, caller, "owner")
        self._files.remove(file_id)
        return Response(204, content_type="text/html")

    def _copy(self, request: Request, caller: Caller, file_id: str) -> Response:
        given = decode(request.body)
        book = self._file(file_id, caller).book.copy()
        book.id = self._files.new_id()
        book.properties["title"] = given.get("name") or f"Copy of {book.properties['title']}"
        return _shown(request, file_json(self._files.add(book, caller), caller))

    def _export(self, request: Request, caller: Caller, file_id: str) -> Response:
        kind = request.query.get("mimeType", [""])[-1]
        if not kind:
            raise ApiError(
                400, "Required parameter: mimeType", reason="required", location="mimeType"
            )
        found = self._file(file_id, caller)
        return Response(200, exported(found, kind, self._files.clock()), kind)

    def _comments(self, request: Request, caller: Caller, file_id: str) -> Response:
        self._file(file_id, caller)
        if not request.query.get("fields"):
            message = "The 'fields' parameter is required for this method."
            raise ApiError(400, message, reason="required", location="fields")
        return _shown(request, {"kind": "drive#commentList", "comments": []})

    def _permissions(self, request: Request, caller: Caller, file_id: str) -> Response:
        found = self._file(file_id, caller, "writer")
        size, start = _page(request, 100)
        some = [permission_json(one) for one in list(found.permissions.values())]
        answer: Json = {"kind": "drive#permissionList"}
        if start + size < len(some):
            answer["nextPageToken"] = f"~{start + size}"
        return _shown(request, answer | {"permissions": some[start : start + size]}, "permissions")

    def _permission(
        self, request: Request, caller: Caller, file_id: str, permission: str
    ) -> Response:
        found = self._file(file_id, caller, "writer")
        return _shown(request, permission_json(_granted(found, permission)))

    def _share(self, request: Request, caller: Caller, file_id: str) -> Response:
        given = decode(request.body)
        kind, role = given.get("type"), given.get("role")
        if kind not in ("user", "group", "domain", "anyone"):
            raise _wrong("The permission type field is required.", "permission.type")
        if role not in RANK or role in ("organizer", "fileOrganizer"):
            raise _wrong("The permission role field is required.", "permission.role")
        found = self._file(file_id, caller, "owner" if role == "owner" else "writer")
        made: Json = {"type": kind, "role": role}
        if kind in ("user", "group"):
            address = given.get("emailAddress") or ""
            if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
                raise _wrong(
                    "The specified emailAddress is invalid or not applicable for the "
                    "given permission type.",
                    "permission.emailAddress",
                )
            made |= {"id": permission_id(address), "emailAddress": address}
        elif kind == "domain":
            made |= {"id": permission_id(given.get("domain", "")) + "k", "domain": given["domain"]}
        else:
            made["id"] = "anyoneWithLink"
        if made.get("emailAddress") == found.owner:  # who has it all cannot be given more
            return _shown(request, permission_json(found.permissions[made["id"]]))
        if role == "owner" and request.query.get("transferOwnership", [""])[-1].lower() != "true":
            message = "The transferOwnership parameter must be enabled when the permission role "
            raise ApiError(403, f"{message}is 'owner'.", reason="forbidden")
        with found.lock:
            old = found.permissions.get(made["id"])
            if old is not None and RANK[old["role"]] > RANK[role]:
                made = old  # sharing never takes away
            if role == "owner":
                _hand_over(found, made)
            found.permissions[made["id"]] = made
            found.version += 1
        return _shown(request, permission_json(made))

    def _reshare(self, request: Request, caller: Caller, file_id: str, permission: str) -> Response:
        role = decode(request.body).get("role")
        if role not in RANK:
            raise _wrong("The permission role field is required.", "permission.role")
        found = self._file(file_id, caller, "owner" if role == "owner" else "writer")
        with found.lock:
            made = _granted(found, permission) | {"role": role}
            if role == "owner":
                _hand_over(found, made)
            found.permissions[permission] = made
            found.version += 1
        return _shown(request, permission_json(made))

    def _unshare(
        self, _request: Request, caller: Caller, file_id: str, permission: str
    ) -> Response:
        own = permission == permission_id(caller.email)
        found = self._file(file_id, caller, "reader" if own else "writer")
        with found.lock:
            if _granted(found, permission)["role"] == "owner":
                message = "The owner of a file cannot be removed."
                raise ApiError(403, message, reason="cannotRemoveOwner")
            del found.permissions[permission]
            found.version += 1
        return Response(204, content_type="text/html")

    def _upload(self, request: Request, caller: Caller, file_id: str) -> Response:
        """Delimited text in place of all that the spreadsheet held."""
        found = self._file(file_id, caller, "writer")
        kind = request.headers.get("content-type", "").partition(";")[0]
        delimiter = {"text/csv": ",", "text/tab-separated-values": "\t"}.get(kind)
        if delimiter is None:
            raise _wrong(f"The sandbox's Drive converts delimited text only, not {kind}.")
        text = io.StringIO(request.body.decode("utf-8-sig", "replace"), newline="")
        lines = list(csv.reader(text, delimiter=delimiter))

        def do(edit: Edit) -> Json:
            tab = Tab(0, edit.book.tabs[0].title)
            edit.book.tabs = [tab]
            edit.book.named = []
            clear(edit, Target(tab, Area(tab.id)))
            edit.grow(tab, len(lines), max((len(line) for line in lines), default=0))
            write(edit, Corner(tab, 0, 0), [list(line) for line in lines], "USER_ENTERED")
            return {}

        self._files.change(file_id, caller, do)
        return as_json(200, file_json(found, caller))


def _granted(file: File, permission: str) -> Json:
    found = file.permissions.get(permission)
    if found is None:
        message = f"Permission not found: {permission}."
        raise ApiError(404, message, reason="notFound", location="permissionId")
    return found


def _hand_over(file: File, made: Json) -> None:
    for name, one in file.permissions.items():
        if one["role"] == "owner":
            file.permissions[name] = one | {"role": "writer"}
    file.owner = made.get("emailAddress", file.owner)


def _page(request: Request, most: int) -> tuple[int, int]:
    text = request.query.get("pageSize", ["100"])[-1]
    mark = request.query.get("pageToken", [""])[-1]
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise _wrong("Invalid Value", "pageSize")
    if mark and not re.fullmatch(r"~[0-9]+", mark):
        raise _wrong("Invalid Value", "pageToken")
    return min(int(text), most), int(mark[1:] or 0) if mark else 0


def _shown(request: Request, found: Json, listed: str = "") -> Response:
    """As much of the answer as was asked for; unasked, Drive is brief."""
    masks = [text for text in request.query.get("fields", []) if text]
    if masks:
        return as_json(200, project(found, parse_mask(",".join(masks))))
    if listed == "files":
        found = found | {"files": [_brief(one) for one in found["files"]]}
    elif listed == "permissions":
        brief = [_brief(one, {"id", "type", "kind", "role"}) for one in found["permissions"]]
        found = found | {"permissions": brief}
    elif found["kind"] == "drive#permission":
        found = _brief(found, {"kind", "id", "type", "role"})
    elif found["kind"] == "drive#file":
        found = _brief(found)
    return as_json(200, found)


def _brief(found: Json, names: set[str] = SHORT) -> Json:
    return {name: one for name, one in found.items() if name in names}
