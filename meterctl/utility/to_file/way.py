"""The way to a utility that fetches files from a folder."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from meterctl.utility.port import (
    Accepted,
    Bounds,
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Request,
)
from meterctl.utility.to_file.form import Form
from meterctl.utility.to_file.outbox import PREFIX, Outbox, Unsure

_CHECK = "make it, or correct `folder` in METERCTL_UTILITY_CONFIG"
_AGAIN = "the next push looks whether it is there"
_BY_HAND = "look at the file; then: meterctl submissions resolve"


class ToFile:
    """The port `meterctl.utility.port.Utility` for one folder.

    A disk answers soon or with an error, so that no time limit is kept.

    Args:
        folder: Where files appear; it must be there.
        form: How readings are written.
        rows: Readings in one file at most.
    """

    channel = "file"

    def __init__(self, folder: Path, form: Form, rows: int) -> None:
        self._outbox = Outbox(folder)
        self._form = form
        self._rows = rows

    @property
    def bounds(self) -> Bounds:
        """What it takes at all."""
        return Bounds(rows=self._rows, by_day=self._form.by_day, local=True)

    def submit(
        self,
        requests: Sequence[Request],
        seconds: float,  # noqa: ARG002 (the port's)
    ) -> list[Outcome]:
        """Put readings there in one file, but those that are there already."""
        outcomes: dict[str, Outcome] = {}
        try:
            self._outbox.check()
            outcomes |= self._known(requests)
        except OSError as error:
            return [self._not_put(error)] * len(requests)
        for request in requests:
            if request.key not in outcomes and (refusal := self._form.refusal(request)):
                outcomes[request.key] = refusal
        left = [request for request in requests if request.key not in outcomes]
        if left:
            outcomes |= dict.fromkeys((request.key for request in left), self._put(left))
        return [outcomes[request.key] for request in requests]

    def ask(
        self,
        request: Request,
        seconds: float,  # noqa: ARG002 (the port's)
    ) -> Outcome:
        """Look whether a file with this reading has appeared, be it taken away by now."""
        try:
            self._outbox.check()
            return self._known([request]).get(request.key, NotThere())
        except OSError as error:
            return self._not_put(error)

    def probe(self, seconds: float) -> Outcome:  # noqa: ARG002 (the port's)
        """Whether files can be put there."""
        try:
            self._outbox.check()
        except OSError as error:
            return self._not_put(error)
        return NotThere()

    def objection(self, request: Request) -> NotTaken | None:
        """Why a reading cannot be told as the settings are; nobody is asked."""
        try:
            self._outbox.check()
        except OSError as error:
            not_put = self._not_put(error)
            return NotTaken(not_put.why, not_put.hint, settings=True)
        return self._form.refusal(request)

    def preview(self, requests: Sequence[Request]) -> str:
        """The file that would appear; what would not be in it, and why."""
        refusals = {request.key: self._form.refusal(request) for request in requests}
        lines = [f"not in a file: {one.why}" for one in refusals.values() if one]
        fit = [request for request in requests if refusals[request.key] is None]
        if fit:
            name, content = self._file_of(fit)
            text = content.decode().replace("\r", "")
            lines.append(f"{self._outbox.folder / name}\n\n{text}")
        return "\n\n".join(lines)

    def close(self) -> None:
        """Nothing is held."""

    def _known(self, requests: Sequence[Request]) -> dict[str, Outcome]:
        """Those of which a file has appeared, by their keys."""
        found = self._outbox.files_with([request.key for request in requests])
        return {
            key: Accepted(file.name, f"{file.name} has {key} in it")
            if file.is_as_written
            else _otherwise(file.name)
            for key, file in found.items()
        }

    def _put(self, requests: Sequence[Request]) -> Outcome:
        """Put a file there, and read it back."""
        name, content = self._file_of(requests)
        try:
            self._outbox.put(name, [request.key for request in requests], content)
        except Unsure as error:
            return Lost(f"{name} may be in {self._outbox.folder}: {error}", _AGAIN)
        except OSError as error:
            return self._not_put(error)
        try:
            there = self._outbox.read(name)
        except OSError as error:
            return Lost(f"{name} cannot be read back: {error.strerror}", _AGAIN)
        if there != content:
            return _otherwise(name)
        digest = sha256(content).hexdigest()
        return Accepted(name, f"{name}, {len(content)} bytes, sha256 {digest}")

    def _file_of(self, requests: Sequence[Request]) -> tuple[str, bytes]:
        """Its name, made of what is in it, and its content."""
        requests = sorted(requests, key=lambda request: (request.at, request.meter, request.key))
        keys = "\n".join(sorted(request.key for request in requests))
        digest = sha256(keys.encode()).hexdigest()[:16]
        name = f"{PREFIX}{requests[-1].local.date()}-{digest}{self._form.suffix}"
        return name, self._form.content(requests)

    def _not_put(self, error: OSError) -> NotTaken | Misconfigured:
        folder = self._outbox.folder
        match error.errno:
            case errno.ENOENT | errno.ENOTDIR:
                return Misconfigured(f"there is no folder {folder}", _CHECK)
            case errno.EACCES | errno.EPERM | errno.EROFS:
                return Misconfigured(f"{folder} cannot be written to: {error.strerror}", _CHECK)
            case _:
                return NotTaken(f"nothing can be put into {folder}: {error.strerror}")


def _otherwise(name: str) -> Lost:
    return Lost(f"{name} reads otherwise than it was written", _BY_HAND, nonsense=True)
