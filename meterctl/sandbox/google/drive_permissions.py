"""Who may do what with a file: the methods of Drive's `permissions`."""

from __future__ import annotations

import re
from typing import Any

from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.drive_access import Access, flag, paged, shown, wrong
from meterctl.sandbox.google.drive_files import permission_json
from meterctl.sandbox.google.errors import ApiError
from meterctl.sandbox.google.files import RANK, File, permission_id
from meterctl.sandbox.google.payload import decode
from meterctl.sandbox.message import Request, Response

Json = dict[str, Any]


class Permissions:
    """The methods, each for one caller."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def list(self, request: Request, caller: Caller, file_id: str) -> Response:
        """All there are, the oldest first."""
        found = self._access.file(file_id, caller, "writer")
        some, more = paged(
            request, 100, [permission_json(one) for one in list(found.permissions.values())]
        )
        answer: Json = {"kind": "drive#permissionList"} | more | {"permissions": some}
        return shown(request, answer, "permissions")

    def get(self, request: Request, caller: Caller, file_id: str, name: str) -> Response:
        """One of them."""
        found = self._access.file(file_id, caller, "writer")
        return shown(request, permission_json(_granted(found, name)))

    def create(self, request: Request, caller: Caller, file_id: str) -> Response:
        """Share a file; who has more already keeps it."""
        made = _asked(decode(request.body))
        role = made["role"]
        found = self._access.file(file_id, caller, "owner" if role == "owner" else "writer")
        if made.get("emailAddress") == found.owner:  # who has it all cannot be given more
            return shown(request, permission_json(found.permissions[made["id"]]))
        if role == "owner":
            _check_transfer(request)
        with found.lock:
            old = found.permissions.get(made["id"])
            if old is not None and RANK[old["role"]] > RANK[role]:
                made = old  # sharing never takes away
            if role == "owner":
                _hand_over(found, made)
            found.permissions[made["id"]] = made
            found.version += 1
        return shown(request, permission_json(made))

    def update(self, request: Request, caller: Caller, file_id: str, name: str) -> Response:
        """Another role; or ownership offered to a writer, who accepts it by taking the role."""
        given = decode(request.body)
        role = given.get("role")
        if role not in RANK or role in ("organizer", "fileOrganizer"):
            raise wrong("The permission role field is required.", "permission.role")
        found = self._access.file(file_id, caller, "writer")
        old = _granted(found, name)
        accepts = bool(old.get("pendingOwner")) and old["id"] == permission_id(caller.email)
        if role == "owner":
            _check_transfer(request)
            if not accepts:
                self._access.file(file_id, caller, "owner")
        elif given.get("pendingOwner"):
            self._access.file(file_id, caller, "owner")
        with found.lock:
            made = {key: one for key, one in old.items() if key != "pendingOwner"} | {"role": role}
            if role == "owner":
                _hand_over(found, made)
            elif given.get("pendingOwner", old.get("pendingOwner")):
                made["pendingOwner"] = True
            found.permissions[name] = made
            found.version += 1
        return shown(request, permission_json(made))

    def delete(self, _request: Request, caller: Caller, file_id: str, name: str) -> Response:
        """Take a permission away; anyone may give up the own one."""
        own = name == permission_id(caller.email)
        found = self._access.file(file_id, caller, "reader" if own else "writer")
        with found.lock:
            if _granted(found, name)["role"] == "owner":
                message = "The owner of a file cannot be removed."
                raise ApiError(403, message, reason="cannotRemoveOwner")
            del found.permissions[name]
            found.version += 1
        return Response(204, content_type="text/html")


def _asked(given: Json) -> Json:
    """The permission that a request wants made.

    Raises:
        ApiError: it is none.
    """
    kind, role = given.get("type"), given.get("role")
    if kind not in ("user", "group", "domain", "anyone"):
        raise wrong("The permission type field is required.", "permission.type")
    if role not in RANK or role in ("organizer", "fileOrganizer"):
        raise wrong("The permission role field is required.", "permission.role")
    made: Json = {"type": kind, "role": role}
    if kind in ("user", "group"):
        address = given.get("emailAddress") or ""
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
            raise wrong(
                "The specified emailAddress is invalid or not applicable for the given "
                "permission type.",
                "permission.emailAddress",
            )
        return made | {"id": permission_id(address), "emailAddress": address}
    if kind == "domain":
        domain = given.get("domain") or ""
        if not re.fullmatch(r"[^@\s]+\.[^@\s]+", domain):
            raise wrong(
                "The specified domain is invalid or not applicable for the given permission type.",
                "permission.domain",
            )
        return made | {"id": permission_id(domain) + "k", "domain": domain}
    # gspread's withLink is of version 2, and passed over.
    discovered = {"allowFileDiscovery": True} if given.get("allowFileDiscovery") else {}
    return made | {"id": "anyone" if discovered else "anyoneWithLink"} | discovered


def _granted(file: File, name: str) -> Json:
    found = file.permissions.get(name)
    if found is None:
        message = f"Permission not found: {name}."
        raise ApiError(404, message, reason="notFound", location="permissionId")
    return found


def _check_transfer(request: Request) -> None:
    if not flag(request, "transferOwnership"):
        message = "The transferOwnership parameter must be enabled when the permission role is "
        raise ApiError(403, f"{message}'owner'.", reason="forbidden", location="transferOwnership")


def _hand_over(file: File, made: Json) -> None:
    for name, one in file.permissions.items():
        if one["role"] == "owner":
            file.permissions[name] = one | {"role": "writer"}
    file.owner = made.get("emailAddress", file.owner)
