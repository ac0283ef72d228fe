"""A file as Drive shows it, and as it exports it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.areas import Box
from meterctl.sandbox.google.errors import ApiError
from meterctl.sandbox.google.files import RANK, SPREADSHEET, File, permission_id
from meterctl.sandbox.google.reading import Reader, Render

Json = dict[str, Any]
SHORT = {"kind", "id", "name", "mimeType"}  # what is shown unless more is asked for


def moment(seconds: float) -> str:
    """A time as Google writes it."""
    found = datetime.fromtimestamp(seconds, UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%S.") + f"{found.microsecond // 1000:03d}Z"


def user_json(email: str, caller: Caller) -> Json:
    """An account, which has no other name than its address."""
    return {
        "kind": "drive#user",
        "displayName": email,
        "me": email == caller.email,
        "permissionId": permission_id(email),
        "emailAddress": email,
    }


def permission_json(one: Json) -> Json:
    """Who may do what."""
    shown = {"id": one["id"], "type": one["type"], "kind": "drive#permission", "role": one["role"]}
    if "emailAddress" in one:
        address = one["emailAddress"]
        shown |= {"displayName": address.partition("@")[0], "emailAddress": address}
        shown |= {"deleted": False, "pendingOwner": False}
    if "domain" in one:
        shown |= {"displayName": one["domain"], "domain": one["domain"]}
    if one["type"] in ("anyone", "domain"):
        shown["allowFileDiscovery"] = one.get("allowFileDiscovery", False)
    return shown


def file_json(file: File, caller: Caller) -> Json:
    """A file with all that Drive tells of it."""
    rank = file.role(caller.email)
    writer = rank >= RANK["writer"]
    shown: Json = {
        "kind": "drive#file",
        "id": file.book.id,
        "name": file.book.properties["title"],
        "mimeType": SPREADSHEET,
    }
    if "description" in file.extra:
        shown["description"] = file.extra["description"]
    shown |= {
        "starred": file.extra.get("starred", False),
        "trashed": file.extra.get("trashed", False),
        "explicitlyTrashed": file.extra.get("trashed", False),
    }
    if rank == RANK["owner"]:
        shown["parents"] = file.extra.get("parents", [f"0A{permission_id(file.owner)[:17]}PVA"])
    shown |= {
        "spaces": ["drive"],
        "version": str(file.version),
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{file.book.id}/edit?usp=drivesdk",
        "viewedByMe": False,
        "createdTime": moment(file.created),
        "modifiedTime": moment(file.modified),
        "modifiedByMe": file.modified_by == caller.email,
        "owners": [user_json(file.owner, caller)],
        "lastModifyingUser": user_json(file.modified_by, caller),
        "shared": len(file.permissions) > 1,
        "ownedByMe": rank == RANK["owner"],
        "capabilities": {
            "canEdit": writer,
            "canCopy": True,
            "canRename": writer,
            "canShare": writer,
            "canDelete": rank == RANK["owner"],
            "canTrash": rank == RANK["owner"],
            "canDownload": True,
        },
        "viewersCanCopyContent": True,
        "writersCanShare": True,
    }
    if writer:
        shown["permissions"] = [permission_json(one) for one in file.permissions.values()]
        shown["permissionIds"] = list(file.permissions)
    return shown | {"size": "1024", "quotaBytesUsed": "1024", "isAppAuthorized": True}


def exported(file: File, kind: str, now: float) -> bytes:
    """The first sheet as text.

    Raises:
        ApiError: another format is asked for, which the sandbox does not make.
    """
    delimiter = {"text/csv": ",", "text/tab-separated-values": "\t"}.get(kind)
    if delimiter is None:
        raise ApiError(400, "The requested conversion is not supported.", reason="badRequest")
    tab = file.book.tabs[0]
    box = Box(0, tab.last_data_row(), 0, tab.column_count)
    lines = Reader(file.book, now).lines(tab, box, Render())
    width = max((len(line) for line in lines), default=0)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([*line, *([""] * (width - len(line)))] for line in lines)
    return text.getvalue().removesuffix("\r\n").encode()
