"""`restore`: a backup in the ledger's place, made ready and checked elsewhere, then swapped in.

What was there is set aside, never overwritten; and where it holds what the backup lacks, nothing is
done unless a person says so.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from meterctl import log
from meterctl.domain.times import iso_utc
from meterctl.errors import (
    InputMissing,
    LedgerDamaged,
    LedgerError,
    LedgerNewer,
    UsageError,
)
from meterctl.ledger.care import Label, Place
from meterctl.ledger.port import Counts, Ledger
from meterctl.services.backup import backups_in, folder_in, stamp_of, taken_at
from meterctl.services.restored import begin_anew, restored

_NAME_ONE = "name one, or a folder of them: meterctl restore FILE"
_DEEDS = {  # as they are told
    "attempt": ("attempt at the utility", "attempts at the utility"),
    "batch": ("batch of the Sheet", "batches of the Sheet"),
    "meter": ("meter, or what is declared of it", "meters, or what is declared of them"),
    "device": ("device, or its serial number", "devices, or their serial numbers"),
    "client": ("client, or its end", "clients, or their end"),
    "secret": ("secret of a client", "secrets of clients"),
}
_DECLARED = ("meter", "device")
_MORE_THAN_ANY = 1 << 63  # entries: no ledger can number as many


class Standing(StrEnum):
    """How the ledger that is in the place stands to the backup."""

    MISSING = "missing"  # there is none
    SAME = "same"  # it holds all that the backup holds, and nothing else
    OLDER = "older"  # the backup holds all that it holds
    NEWER = "newer"  # it holds what the backup lacks
    DAMAGED = "damaged"  # nobody can say
    UNREADABLE = "unreadable"  # a later meterctl wrote it


class Beyond(NamedTuple):
    """What one ledger holds that another one lacks."""

    entries: int = 0
    values: int = 0
    first_at: int | None = None  # when the first of these entries was written, and the last
    last_at: int | None = None
    deeds: Mapping[str, int] = {}  # how many of what else: attempts, batches, meters ...

    @property
    def is_any(self) -> bool:
        """Whether there is anything."""
        return bool(self.entries or self.deeds)


class Present(NamedTuple):
    """The ledger that is in the place."""

    standing: Standing
    beyond: Beyond = Beyond()  # what it holds that the backup lacks, as far as it can be read
    entries: int = 0  # that can be read
    why: str = ""  # it cannot be


class Chosen(NamedTuple):
    """The backup that is to be restored; it is sound."""

    path: Path
    counts: Counts
    newest_at: int | None  # when its newest reading was read
    backup_at: int | None  # when it was taken, as its name says; else what is newest in it
    passed_over: Mapping[Path, str]  # ones that seem newer, and what is wrong with them


class Plan(NamedTuple):
    """What restoring would do."""

    chosen: Chosen
    present: Present
    changes: object  # what the present ledger looked like from outside

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to restore."""
        return self.present.standing is not Standing.SAME

    @property
    def replaces(self) -> bool:
        """Whether something is in the place."""
        return self.present.standing is not Standing.MISSING


class Done(NamedTuple):
    """What was restored."""

    chosen: Chosen
    present: Present
    aside: Path | None  # where what was in the place lies now
    ledger_id: str


# -- what would be done


def plan(place: Place, where: Path | None) -> Plan:
    """Choose a backup, check it, and compare it with what is in the place; nothing is changed.

    Args:
        place: The ledger's.
        where: The backup, or a folder of which the newest sound one is taken; None: `backups`.

    Raises:
        InputMissing: there is no such backup.
        LedgerDamaged: it is not sound.
        LedgerNewer: a later meterctl wrote it.
        UsageError: the folder's backups are of several ledgers.
    """
    if where is None or os.path.isdir(where):  # noqa: PTH112 (it never raises)
        return _plan_newest(place, where or folder_in(place.path.parent))
    return _plan_of(place, where, _sound(place, where), {})


def _plan_newest(place: Place, folder: Path) -> Plan:
    passed_over: dict[Path, str] = {}
    for path in _candidates(place, folder):
        try:
            backup = _sound(place, path)
        except LedgerError as error:  # not LedgerNewer: an older one would lose what that one holds
            passed_over[path] = error.message
        else:
            return _plan_of(place, path, backup, passed_over)
    first = next(iter(passed_over.values()))
    raise LedgerDamaged(
        f"none of the {len(passed_over)} backups in {folder} can be used: {first}",
        "meterctl restore DIR takes them from another folder",
    )


def _candidates(place: Place, folder: Path) -> list[Path]:
    """The backups of a folder that may be this ledger's, the newest first.

    Not by their names alone: a clock that was never set has made one of 1970, and that may hold
    more than all others. One that does not say what it holds stays where its name puts it.
    """
    try:
        found = backups_in(folder)
    except OSError as error:
        raise InputMissing(
            f"there are no backups in {folder}: {error.strerror}", _NAME_ONE
        ) from error
    if not found:
        raise InputMissing(f"there is no backup in {folder}", _NAME_ONE)
    labels = {path: place.label_of(path) for path in found}
    known = list(dict.fromkeys(label.ledger_id for label in labels.values() if label is not None))
    newest = {one: _newest_first(found, labels, one) for one in known or [""]}
    if len(newest) == 1:
        return next(iter(newest.values()))
    for mine in _ids_of(place):
        if mine in newest:
            return newest[mine]
    firsts = (next(str(path) for path in newest[one] if labels[path]) for one in known)
    raise UsageError(
        f"{folder} holds backups of {len(known)} ledgers, and it is not known which is this one's",
        f"name one; the newest of each: {', '.join(firsts)}",
    )


def _newest_first(found: list[Path], labels: Mapping[Path, Label | None], of: str) -> list[Path]:
    """Those of one ledger, and those that do not say whose they are; `found` is by their names."""
    ranked, least = [], _MORE_THAN_ANY
    for number, path in enumerate(found):
        label = labels[path]
        if label is None or label.ledger_id == of:
            last = least if label is None else label.last_entry
            least = min(least, last)
            ranked.append((-last, number, path))
    return [path for *_, path in sorted(ranked)]


def _ids_of(place: Place) -> Iterator[str]:
    """The ids that the ledger in the place has or had, its own first."""
    noted = place.noted_id()
    if noted:
        yield noted
    try:
        ledger = place.present()
    except (LedgerError, LedgerNewer):
        return
    if ledger is not None:
        with closing(ledger):
            yield ledger.id
            back = restored(ledger)
            yield from (one.id for one in reversed(back.ancestors if back else ()))


def _sound(place: Place, path: Path) -> Ledger:
    """A backup, for looking at, once all of it is checked."""
    with ExitStack() as stack:
        ledger = stack.enter_context(closing(place.backup(path)))
        if wrong := ledger.damage():
            raise LedgerDamaged(f"the backup {path} is damaged: {wrong[0]}", "name another backup")
        if ledger.memo("ledger.copying") is not None:
            raise LedgerDamaged(f"the backup {path} is half a copy", "name another backup")
        stack.pop_all()
    return ledger


def _plan_of(place: Place, path: Path, backup: Ledger, passed_over: Mapping[Path, str]) -> Plan:
    with closing(backup) as ledger:
        counts = ledger.counts()
        newest = [one.at for meter in ledger.meters() if (one := ledger.newest(meter.id))]
        named, written = taken_at(path), counts.newest_written_at
        chosen = Chosen(
            path,
            counts,
            max(newest, default=None),
            named if named is not None else written,
            dict(passed_over),
        )
        changes = place.changes()
        return Plan(chosen, _present(place, ledger), changes)


def _present(place: Place, backup: Ledger) -> Present:
    """The ledger that is in the place, compared with a backup."""
    try:
        ledger = place.present()
    except LedgerDamaged as error:
        return Present(Standing.DAMAGED, why=error.message)
    except LedgerNewer as error:
        return Present(Standing.UNREADABLE, why=error.message)
    if ledger is None:
        return Present(Standing.MISSING)
    with closing(ledger):
        found = _Reading(ledger)
        try:
            wrong = ledger.damage()
            beyond = found.beyond(backup)
            if not found.entries:  # nobody has read these meters yet
                made = {kind: n for kind, n in beyond.deeds.items() if kind not in _DECLARED}
                beyond = beyond._replace(deeds=made)
            standing = Standing.DAMAGED if wrong else _standing(ledger, backup, beyond)
        except LedgerDamaged as error:
            return Present(Standing.DAMAGED, found.so_far, found.entries, error.message)
        return Present(standing, beyond, found.entries, wrong[0] if wrong else "")


def _standing(ledger: Ledger, backup: Ledger, beyond: Beyond) -> Standing:
    if beyond.is_any:
        return Standing.NEWER
    return Standing.OLDER if _Reading(backup).beyond(ledger).is_any else Standing.SAME


class _Reading:
    """Reads a ledger that may be damaged, and keeps what it has read so far."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.so_far = Beyond()
        self.entries = 0

    def beyond(self, other: Ledger) -> Beyond:
        """What it holds that another one lacks: of two logs, all from the first difference on."""
        others, is_common = other.log(), True
        for line in self._ledger.log():
            self.entries += 1
            is_common = is_common and line == next(others, None)
            if not is_common:
                entries, values, first, _, deeds = self.so_far
                first = line.written_at if first is None else first
                self.so_far = Beyond(
                    entries + 1, values + line.values, first, line.written_at, deeds
                )
        lacked = set(self._ledger.deeds()) - set(other.deeds())
        self.so_far = self.so_far._replace(deeds=Counter(str(deed[0]) for deed in lacked))
        return self.so_far


def refuse(present: Present, *, over_newer: bool) -> None:
    """Raise where what is in the place must not be replaced unless a person says so.

    Raises:
        UsageError: it holds what the backup lacks.
        LedgerNewer: a later meterctl wrote it, so nobody here can say.
    """
    if over_newer:
        return
    flag = "meterctl restore --over-newer sets it aside all the same"
    if present.standing is Standing.NEWER:
        raise UsageError(f"the ledger holds what the backup lacks: {told(present.beyond)}", flag)
    if present.standing is Standing.UNREADABLE:
        raise LedgerNewer(present.why, f"update meterctl here; {flag}")


def told(beyond: Beyond) -> str:
    """What one ledger holds that another one lacks, in words; empty for nothing."""
    parts = []
    if beyond.entries and beyond.first_at is not None and beyond.last_at is not None:
        first, last = iso_utc(beyond.first_at), iso_utc(beyond.last_at)
        when = f"written {first}" if first == last else f"written {first} to {last}"
        parts.append(f"{amount(beyond.entries, beyond.values)}, {when}")
    parts += [many(count, *_DEEDS[kind]) for kind, count in sorted(beyond.deeds.items())]
    return "; ".join(parts)


def amount(entries: int, values: int) -> str:
    """So many entries with so many values."""
    return f"{many(entries, 'entry', 'entries')} with {many(values, 'value', 'values')}"


def many(count: int, one: str, several: str) -> str:
    """So many of something."""
    return f"1 {one}" if count == 1 else f"{count} {several}"


# -- doing it


def restore(place: Place, planned: Plan, now: int, *, over_newer: bool = False) -> Done:
    """Put the backup of a plan in the place; called within `place.alone()`.

    Raises:
        UsageError, LedgerNewer: as `refuse` does, also for what was recorded since the plan.
        LedgerDamaged: the copy did not verify, or the backup is not sound any more.
        LedgerUnwritable: there is no room; what was in the place is there as before.
        Busy: another run writes on and on.
    """
    chosen, present = planned.chosen, planned.present
    refuse(present, over_newer=over_newer)
    with closing(place.backup(chosen.path)) as backup, place.made_ready(backup, now) as ready:
        with ready.writing_anyway():  # also a backup of one that was moved since
            begin_anew(ready, _safe_time(chosen), now)
        ledger_id = ready.id

        def check() -> bool:
            nonlocal present
            if place.changes() != planned.changes:
                present = _present(place, backup)
                refuse(present, over_newer=over_newer)
            return present.standing in (Standing.SAME, Standing.OLDER, Standing.NEWER)

        aside = place.put(ready, stamp_of(now), check)
    log.event(
        "restore.done", file=str(chosen.path), aside=str(aside) if aside else None, ledger=ledger_id
    )
    return Done(chosen, present, aside, ledger_id)


def _safe_time(chosen: Chosen) -> int:
    """From when on anything may have happened that the backup does not know: rather too early."""
    times = (chosen.backup_at, chosen.counts.newest_written_at)
    return min((at for at in times if at is not None), default=0)
