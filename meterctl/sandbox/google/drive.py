"""The methods of the Drive API v3 that a program which writes spreadsheets meets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.drive_access import (
    AUTH,
    READ,
    Access,
    missing,
    needed,
    paged,
    shown,
    wrong,
)
from meterctl.sandbox.google.drive_comments import Comments
from meterctl.sandbox.google.drive_files import file_json, root_id, user_json
from meterctl.sandbox.google.drive_permissions import Permissions
from meterctl.sandbox.google.drive_query import parse_query
from meterctl.sandbox.google.drive_upload import as_version_2, fill, read_upload
from meterctl.sandbox.google.errors import ApiError
from meterctl.sandbox.google.exports import FORMATS, Exported
from meterctl.sandbox.google.files import FOLDER, SPREADSHEET, File, Files
from meterctl.sandbox.google.payload import decode
from meterctl.sandbox.message import Request, Response, as_json

Json = dict[str, Any]
EXPORT = {f"{AUTH}drive", f"{AUTH}drive.readonly", f"{AUTH}drive.file"}
WRITE = {f"{AUTH}drive", f"{AUTH}drive.file"}
PATCH = WRITE | {f"{AUTH}drive.metadata"}
# What the web page of a spreadsheet exports, by the names that its address has for formats.
_PAGES = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "zip": "application/zip",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}


class Drive:
    """Everybody's Drive, as the API shows it to one caller at a time."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._access = Access(files)

    def scopes(self, method: str, path: str) -> set[str]:
        """Which scopes, any of them, allow a request."""
        if method == "GET":
            narrow = re.search(r"/(export|permissions|comments)(/|$)", path)
            return EXPORT if narrow else READ
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
        permissions, comments = Permissions(self._access), Comments(self._access)
        files, one = "/drive/v3/files", "/drive/v3/files/([^/]+)"
        granted, said = f"{one}/permissions/([^/]+)", f"{one}/comments/([^/]+)"
        return [
            ("GET", "/drive/v3/about", self._about),
            ("GET", files, self._list),
            ("POST", files, self._create),
            ("GET", one, self._get),
            ("PATCH", one, self._update),
            ("DELETE", one, self._delete),
            ("POST", f"{one}/copy", self._copy),
            ("GET", f"{one}/export", self._export),
            ("GET", f"{one}/comments", comments.list),
            ("POST", f"{one}/comments", comments.create),
            ("GET", said, comments.get),
            ("PATCH", said, comments.update),
            ("DELETE", said, comments.delete),
            ("GET", f"{said}/replies", comments.replies),
            ("POST", f"{said}/replies", comments.reply),
            ("GET", f"{one}/permissions", permissions.list),
            ("POST", f"{one}/permissions", permissions.create),
            ("GET", granted, permissions.get),
            ("PATCH", granted, permissions.update),
            ("DELETE", granted, permissions.delete),
            ("PUT", "/upload/drive/v2/files/([^/]+)", self._upload),
            ("PATCH", "/upload/drive/v3/files/([^/]+)", self._upload),
            ("POST", "/upload/drive/v3/files", self._create_filled),
            ("GET", "/spreadsheets/d/([^/]+)/export", self._page),
        ]

    def _about(self, request: Request, caller: Caller) -> Response:
        if not request.query.get("fields"):
            raise needed("fields")
        return shown(request, {"kind": "drive#about", "user": user_json(caller.email, caller)})

    def _list(self, request: Request, caller: Caller) -> Response:
        text = request.query.get("q", [""])[-1]
        test = parse_query(text) if text.strip() else lambda _: True
        seen = [
            file_json(file, caller) | {"permissions": list(file.permissions.values())}
            for file in self._files.all()
            if self._access.visible(file, caller)
        ]
        found = [one for one in seen if test(one)]
        for order in reversed(request.query.get("orderBy", [""])[-1].split(",")):
            name, _, direction = order.strip().partition(" ")
            if name:
                found.sort(key=lambda one: str(one.get(name, "")), reverse=direction == "desc")
        some, more = paged(request, 1000, found)
        answer: Json = {"kind": "drive#fileList"} | more | {"incompleteSearch": False}
        return shown(request, answer | {"files": some}, "files")

    def _create(self, request: Request, caller: Caller) -> Response:
        return shown(request, file_json(self._made(decode(request.body), caller), caller))

    def _made(self, given: Json, caller: Caller) -> File:
        kind = given.get("mimeType", "application/octet-stream")
        if kind not in (SPREADSHEET, FOLDER):
            raise wrong(f"The sandbox's Drive holds spreadsheets only, not {kind}.")
        parents = self._parents(given, caller)
        made = self._files.new(given.get("name") or "Untitled", caller.email, caller.project)
        made.kind = kind
        self._note(made, given | parents)
        return made

    def _parents(self, given: Json, caller: Caller) -> Json:
        """The folders that a file is to lie in, which have to be there."""
        root = root_id(caller.email)
        parents = [root if one == "root" else one for one in given.get("parents") or []]
        for parent in parents:
            if parent != root and self._access.file(parent, caller, "writer").kind != FOLDER:
                message = "The specified parent is not a folder."
                raise ApiError(403, message, reason="parentNotAFolder", location="parentId")
        return {"parents": parents} if parents else {}

    def _note(self, file: File, given: Json) -> None:
        for name in ("description", "starred", "trashed", "parents"):
            if given.get(name) is not None:
                file.extra[name] = given[name]

    def _get(self, request: Request, caller: Caller, file_id: str) -> Response:
        found = self._access.file(file_id, caller)
        if request.query.get("alt", [""])[-1] == "media":
            message = "Only files with binary content can be downloaded. Use Export with Docs "
            raise ApiError(
                403, f"{message}Editors files.", reason="fileNotDownloadable", location="alt"
            )
        return shown(request, file_json(found, caller))

    def _update(self, request: Request, caller: Caller, file_id: str) -> Response:
        given = decode(request.body)
        found = self._access.file(file_id, caller, "owner" if "trashed" in given else "writer")
        if "parents" in given:
            message = "The parents field is not directly writable in update requests. Use the "
            raise ApiError(
                403,
                f"{message}addParents and removeParents parameters instead.",
                reason="fieldNotWritable",
            )
        moved = self._moved(request, caller, found)
        with found.lock:
            if given.get("name"):
                book = found.book.copy()
                book.properties["title"] = given["name"]
                found.book = book
            self._note(found, given | moved)
            found.touch(caller.email, self._files.clock())
        return shown(request, file_json(found, caller))

    def _moved(self, request: Request, caller: Caller, found: File) -> Json:
        added, removed = (
            [one for one in request.query.get(name, [""])[-1].split(",") if one]
            for name in ("addParents", "removeParents")
        )
        parents = file_json(found, caller).get("parents", [])
        kept = [one for one in parents if one not in removed]
        if added:
            kept = [*kept, *self._parents({"parents": added}, caller)["parents"]]
        return {"parents": kept} if added or removed else {}

    def _delete(self, _request: Request, caller: Caller, file_id: str) -> Response:
        self._access.file(file_id, caller, "owner")
        self._files.remove(file_id)
        return Response(204, content_type="text/html")

    def _copy(self, request: Request, caller: Caller, file_id: str) -> Response:
        given = decode(request.body)
        parents = self._parents(given, caller)
        book = self._access.file(file_id, caller).book.copy()
        book.id = self._files.new_id()
        book.properties["title"] = given.get("name") or f"Copy of {book.properties['title']}"
        made = self._files.add(book, caller)
        self._note(made, given | parents)
        return shown(request, file_json(made, caller))

    def _export(self, request: Request, caller: Caller, file_id: str) -> Response:
        kind = request.query.get("mimeType", [""])[-1]
        if not kind:
            raise needed("mimeType")
        return self._exported(self._access.file(file_id, caller), kind)

    def _page(self, request: Request, caller: Caller, file_id: str) -> Response:
        """What the address of a spreadsheet's own page exports, which is no part of Drive."""
        found = self._access.file(file_id, caller)
        kind = _PAGES.get(request.query.get("format", ["xlsx"])[-1], "")
        tab = request.query.get("gid", [""])[-1]
        if not tab:
            return self._exported(found, kind)
        chosen = next((one for one in found.book.tabs if str(one.id) == tab), None)
        if chosen is None:
            raise missing(file_id)
        return self._exported(found, kind, chosen)

    def _exported(self, found: File, kind: str, tab: Tab | None = None) -> Response:
        make = FORMATS.get(kind)
        if make is None or found.kind != SPREADSHEET:
            message = "The requested conversion is not supported."
            raise ApiError(400, message, reason="badRequest", location="convertTo")
        return Response(200, make(Exported(found.book, self._files.clock(), tab)), kind)

    def _create_filled(self, request: Request, caller: Caller) -> Response:
        upload = read_upload(request)
        made = self._made({"mimeType": SPREADSHEET} | upload.about, caller)
        self._files.change(made.book.id, caller, lambda edit: fill(edit, upload.lines))
        return shown(request, file_json(made, caller))

    def _upload(self, request: Request, caller: Caller, file_id: str) -> Response:
        """Delimited text in place of all that the spreadsheet held."""
        found = self._access.file(file_id, caller, "writer")
        upload = read_upload(request)
        self._files.change(file_id, caller, lambda edit: fill(edit, upload.lines))
        seen = file_json(found, caller)
        if "/v2/" in request.path:
            return as_json(200, as_version_2(seen))
        return shown(request, seen)
