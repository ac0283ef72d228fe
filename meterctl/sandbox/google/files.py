"""The files of everybody's Drive: spreadsheets, and who may do what with them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.book import Book, new_book
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import forbidden, not_found, not_supported
from meterctl.sandbox.google.render import Viewer

Json = dict[str, Any]
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
RANK = {"reader": 1, "commenter": 2, "writer": 3, "fileOrganizer": 4, "organizer": 5, "owner": 6}


@dataclass
class File:
    """A spreadsheet in a Drive. Its book is replaced, never changed: readers need no lock.

    A folder is one, too, whose book is empty and never shown.
    """

    book: Book
    owner: str
    project: str  # of the application that made it
    created: float
    modified: float
    modified_by: str
    version: int = 1
    permissions: dict[str, Json] = field(default_factory=dict)
    extra: Json = field(default_factory=dict)  # description, starred, trashed and the like
    comments: list[Json] = field(default_factory=list)
    kind: str = SPREADSHEET
    lock: threading.Lock = field(default_factory=threading.Lock)

    def role(self, email: str) -> int:
        """What an account may do, as a rank; 0 is nothing."""
        ranks = [
            RANK[one["role"]]
            for one in list(self.permissions.values())  # another thread may add one
            if one["type"] == "anyone"
            or (email and one.get("emailAddress", "").lower() == email.lower())
            or (one["type"] == "domain" and email.endswith("@" + one.get("domain", "")))
        ]
        return max(ranks, default=0)

    def viewer(self, caller: Caller) -> Viewer:
        """The caller as the spreadsheet sees it."""
        rank = self.role(caller.email)
        return Viewer(
            caller.email, caller.project, owner=rank == RANK["owner"], editor=rank >= RANK["writer"]
        )

    def touch(self, email: str, now: float) -> None:
        """Note that it was changed."""
        self.version += 1
        self.modified = max(now, self.modified)
        self.modified_by = email


class Files:
    """All files there are."""

    def __init__(self, clock: Callable[[], float], *, duplicate_ids: bool) -> None:
        self.clock = clock
        self._duplicate_ids = duplicate_ids
        self._lock = threading.Lock()
        self._files: dict[str, File] = {}

    def new(self, title: str, email: str, project: str) -> File:
        """An empty spreadsheet of an account's own."""
        return self._add(new_book(self.new_id(), title), email, project)

    def add(self, book: Book, caller: Caller) -> File:
        """A spreadsheet that was made from something."""
        return self._add(book, caller.email, caller.project)

    @staticmethod
    def new_id() -> str:
        """An id like Google's: 44 letters, digits, underscores and hyphens."""
        return "1" + secrets.token_urlsafe(33)[:43]

    def _add(self, book: Book, email: str, project: str) -> File:
        now = self.clock()
        made = File(book, email, project, now, now, email)
        made.permissions[permission_id(email)] = {
            "id": permission_id(email),
            "type": "user",
            "role": "owner",
            "emailAddress": email,
        }
        with self._lock:
            self._files[book.id] = made
        return made

    def all(self) -> list[File]:
        """Every file, newest first."""
        with self._lock:
            return sorted(self._files.values(), key=lambda one: -one.modified)

    def get(self, file_id: str) -> File | None:
        """A file, whoever may see it."""
        with self._lock:
            return self._files.get(file_id)

    def remove(self, file_id: str) -> None:
        """Delete a file for good."""
        with self._lock:
            self._files.pop(file_id, None)

    def readable(self, file_id: str, caller: Caller) -> File:
        """A spreadsheet that the caller may read.

        Raises:
            ApiError: there is none, or it may not.
        """
        found = self.get(file_id)
        if found is None:
            raise not_found()
        if not found.role(caller.email):
            raise forbidden()
        if found.kind != SPREADSHEET:
            raise not_supported()
        return found

    def change(self, file_id: str, caller: Caller, do: Callable[[Edit], Json]) -> Json:
        """Change a spreadsheet wholly or, if that raises, not at all.

        Raises:
            ApiError: there is none, the caller may not, or the change is refused.
        """
        found = self.readable(file_id, caller)
        viewer = found.viewer(caller)
        if not viewer.editor:
            raise forbidden()
        with found.lock:
            edit = Edit(found.book.copy(), viewer, self.clock(), duplicate_ids=self._duplicate_ids)
            answer = do(edit)
            found.book = edit.book
            found.touch(caller.email, self.clock())
        return answer


def permission_id(email: str) -> str:
    """The number by which Drive knows an account."""
    number = sum(byte * 257**at for at, byte in enumerate(email.lower().encode()))
    return f"{number % 10**20:020d}"
