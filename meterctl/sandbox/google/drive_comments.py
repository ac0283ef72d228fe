"""What people say about a file: the methods of Drive's `comments` and their `replies`."""

from __future__ import annotations

import html
import secrets
from typing import Any

from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.drive_access import Access, flag, needed, paged, shown, wrong
from meterctl.sandbox.google.drive_files import moment, user_json
from meterctl.sandbox.google.errors import ApiError
from meterctl.sandbox.google.files import File
from meterctl.sandbox.google.payload import decode
from meterctl.sandbox.message import Request, Response

Json = dict[str, Any]


class Comments:
    """The methods, each for one caller; all that answer have to be told which fields."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def list(self, request: Request, caller: Caller, file_id: str) -> Response:
        """The newest first, without those that were deleted."""
        found = self._access.file(file_id, caller)
        _check_fields(request)
        kept = [
            _as_seen(one, caller)
            for one in reversed(found.comments)
            if flag(request, "includeDeleted") or not one["deleted"]
        ]
        some, more = paged(request, 100, kept)
        return shown(request, {"kind": "drive#commentList"} | more | {"comments": some})

    def create(self, request: Request, caller: Caller, file_id: str) -> Response:
        """A new comment."""
        found = self._access.file(file_id, caller, "commenter")
        _check_fields(request)
        given = decode(request.body)
        made = self._said("drive#comment", given, caller) | {"replies": []}
        made |= {name: given[name] for name in ("anchor", "quotedFileContent") if given.get(name)}
        with found.lock:
            found.comments.append(made)
        return shown(request, _as_seen(made, caller))

    def get(self, request: Request, caller: Caller, file_id: str, name: str) -> Response:
        """One comment."""
        _check_fields(request)
        return shown(request, _as_seen(_one(self._access.file(file_id, caller), name), caller))

    def update(self, request: Request, caller: Caller, file_id: str, name: str) -> Response:
        """Other words, by who said them."""
        found = self._access.file(file_id, caller, "commenter")
        _check_fields(request)
        one = _one(found, name)
        if one["author"] != caller.email:
            raise ApiError(403, "The user does not have sufficient permissions for this file.")
        content = decode(request.body).get("content") or one["content"]
        with found.lock:
            one |= _worded(content) | {"modifiedTime": moment(self._access.files.clock())}
        return shown(request, _as_seen(one, caller))

    def delete(self, _request: Request, caller: Caller, file_id: str, name: str) -> Response:
        """It stays as a comment that says nothing."""
        found = self._access.file(file_id, caller, "commenter")
        one = _one(found, name)
        with found.lock:
            one["deleted"] = True
            for part in ("content", "htmlContent"):
                one.pop(part, None)
        return Response(204, content_type="text/html")

    def replies(self, request: Request, caller: Caller, file_id: str, name: str) -> Response:
        """What was answered, the oldest first."""
        _check_fields(request)
        one = _as_seen(_one(self._access.file(file_id, caller), name), caller)
        some, more = paged(request, 100, one["replies"])
        return shown(request, {"kind": "drive#replyList"} | more | {"replies": some})

    def reply(self, request: Request, caller: Caller, file_id: str, name: str) -> Response:
        """Answer a comment; that may settle it."""
        found = self._access.file(file_id, caller, "commenter")
        _check_fields(request)
        given = decode(request.body)
        action = given.get("action")
        made = self._said("drive#reply", {"content": ""} | given, caller, empty=bool(action))
        one = _one(found, name)
        with found.lock:
            if action in ("resolve", "reopen"):
                made["action"] = action
                one["resolved"] = action == "resolve"
            one["replies"].append(made)
        return shown(request, _as_seen(made, caller))

    def _said(self, kind: str, given: Json, caller: Caller, *, empty: bool = False) -> Json:
        content = given.get("content")
        if not content and not empty:
            raise ApiError(400, "The content field is required.", reason="required")
        if not isinstance(content, str):
            raise wrong("Invalid Value", "content")
        now = moment(self._access.files.clock())
        return {
            "kind": kind,
            "id": f"AAAA{secrets.token_urlsafe(6)}",
            "createdTime": now,
            "modifiedTime": now,
            "author": caller.email,
            "deleted": False,
        } | _worded(content)


def _worded(content: str) -> Json:
    return {"htmlContent": html.escape(content, quote=False), "content": content}


def _check_fields(request: Request) -> None:
    if not request.query.get("fields"):
        raise needed("fields")


def _one(file: File, name: str) -> Json:
    for one in file.comments:
        if one["id"] == name:
            return one
    message = f"Comment not found: {name}."
    raise ApiError(404, message, reason="notFound", location="commentId")


def _as_seen(one: Json, caller: Caller) -> Json:
    """A comment with its author as Drive shows people."""
    author = user_json(one["author"], caller)
    kept = {name: author[name] for name in ("kind", "displayName", "me")}
    seen = one | {"author": kept}
    if "replies" in one:
        seen["replies"] = [_as_seen(reply, caller) for reply in one["replies"]]
    return seen
