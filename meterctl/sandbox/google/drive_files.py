"""A file as Drive shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.files import FOLDER, RANK, File, permission_id

Json = dict[str, Any]
SHORT = {"kind", "id", "name", "mimeType"}  # what is shown unless more is asked for
# The names that answers may be cut to, by kind; some are never filled here.
_FILE = (
    "kind id name mimeType description starred trashed explicitlyTrashed trashingUser trashedTime "
    "parents properties appProperties spaces version webContentLink webViewLink iconLink "
    "hasThumbnail thumbnailLink thumbnailVersion viewedByMe viewedByMeTime createdTime "
    "modifiedTime modifiedByMe modifiedByMeTime sharedWithMeTime sharingUser owners teamDriveId "
    "driveId lastModifyingUser shared ownedByMe capabilities viewersCanCopyContent "
    "copyRequiresWriterPermission writersCanShare permissions permissionIds "
    "hasAugmentedPermissions folderColorRgb originalFilename fullFileExtension fileExtension "
    "md5Checksum sha1Checksum sha256Checksum size quotaBytesUsed headRevisionId contentHints "
    "imageMediaMetadata videoMediaMetadata isAppAuthorized exportLinks shortcutDetails "
    "contentRestrictions labelInfo resourceKey linkShareMetadata inheritedPermissionsDisabled "
    "downloadRestrictions"
)
_PERMISSION = (
    "kind id type role emailAddress domain displayName photoLink allowFileDiscovery deleted "
    "expirationTime pendingOwner permissionDetails teamDrivePermissionDetails view "
    "inheritedPermissionsDisabled"
)
_COMMENT = (
    "kind id createdTime modifiedTime resolved anchor replies author deleted htmlContent content "
    "quotedFileContent mentionedEmailAddresses assigneeEmailAddress"
)
FIELDS = {
    "drive#file": frozenset(_FILE.split()),
    "drive#permission": frozenset(_PERMISSION.split()),
    "drive#comment": frozenset(_COMMENT.split()),
    "drive#fileList": frozenset({"kind", "nextPageToken", "incompleteSearch", "files"}),
    "drive#permissionList": frozenset({"kind", "nextPageToken", "permissions"}),
    "drive#commentList": frozenset({"kind", "nextPageToken", "comments"}),
}
_EXPORTS = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/x-vnd.oasis.opendocument.spreadsheet": "ods",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}


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
        shown |= {"deleted": False, "pendingOwner": one.get("pendingOwner", False)}
    if "domain" in one:
        shown |= {"displayName": one["domain"], "domain": one["domain"]}
    if one["type"] in ("anyone", "domain"):
        shown["allowFileDiscovery"] = one.get("allowFileDiscovery", False)
    return shown


def root_id(email: str) -> str:
    """The folder that holds what an account put into no other."""
    return f"0A{permission_id(email)[:17]}PVA"


def _link(file: File) -> str:
    if file.kind == FOLDER:
        return f"https://drive.google.com/drive/folders/{file.book.id}"
    return f"https://docs.google.com/spreadsheets/d/{file.book.id}/edit?usp=drivesdk"


def file_json(file: File, caller: Caller) -> Json:
    """A file with all that Drive tells of it."""
    rank = file.role(caller.email)
    writer = rank >= RANK["writer"]
    shown: Json = {
        "kind": "drive#file",
        "id": file.book.id,
        "name": file.book.properties["title"],
        "mimeType": file.kind,
    }
    if "description" in file.extra:
        shown["description"] = file.extra["description"]
    shown |= {
        "starred": file.extra.get("starred", False),
        "trashed": file.extra.get("trashed", False),
        "explicitlyTrashed": file.extra.get("trashed", False),
    }
    if rank == RANK["owner"]:
        shown["parents"] = file.extra.get("parents", [root_id(file.owner)])
    shown |= {
        "spaces": ["drive"],
        "version": str(file.version),
        "webViewLink": _link(file),
        "iconLink": f"https://drive-thirdparty.googleusercontent.com/16/type/{file.kind}",
        "hasThumbnail": False,
        "thumbnailVersion": "0",
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
        "copyRequiresWriterPermission": False,
        "writersCanShare": True,
    }
    if writer:
        shown["permissions"] = [permission_json(one) for one in list(file.permissions.values())]
        shown["permissionIds"] = list(file.permissions)
    if file.kind != FOLDER:
        place = f"https://docs.google.com/spreadsheets/export?id={file.book.id}&exportFormat="
        shown["exportLinks"] = {kind: place + name for kind, name in _EXPORTS.items()}
    return shown | {"size": "1024", "quotaBytesUsed": "1024", "isAppAuthorized": True}
