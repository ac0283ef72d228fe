"""Files one after the other: opened, imported, told of; and the answers kept, if they are to be."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from meterctl import jobs
from meterctl.cli import out
from meterctl.cli.bulk_import_one import Answered, Given, Room, import_one
from meterctl.cli.bulk_import_showing import Done, is_through, show_done, verdict
from meterctl.cli.progress import What, bar
from meterctl.cli.report import Told, open_report
from meterctl.domain.readings import Source as ReadingSource
from meterctl.errors import FileError
from meterctl.imports.problems import Problem
from meterctl.imports.text.source import Source, open_sources
from meterctl.ledger.port import Ledger
from meterctl.services import bulk_import as service
from meterctl.services import import_profiles as profiles
from meterctl.services.bulk_import import Imported
from meterctl.services.import_profiles import Profile
from meterctl.wiring import Wiring, now


class Wanted(NamedTuple):
    """What is to become of the import's own tale."""

    report: Path | None  # --report
    save_as: str | None  # --save-profile


def import_all(wiring: Wiring, files: Sequence[str], given: Given, wanted: Wanted) -> list[Done]:
    """Import files, and tell of each one."""
    finished: list[Done] = []
    late: FileError | None = None  # of a file before: the last one's is the command's own error
    kept: Profile | None = None
    with open_report(wanted.report) as write, _room(wiring, given) as room:
        teller = partial(Told, write=write, quiet=given.json, all_of_them=given.dry_run)
        for one in _sources(files):
            if late is not None:
                out.note(late.message)
            told = teller(one.name)
            done, answered = _dealt_with(one, room, given, told)
            finished.append(done)
            late = None
            if not given.json:
                told.end(wanted.report)
                late = _tell(done, room, given)
            if wanted.save_as is not None and _is_worth_keeping(done.imported):
                kept = _keep(wanted.save_as, one, answered, room, given, kept)
        if late is not None and len(finished) > 1:
            out.note(late.message)
    return finished


class _Unopened(NamedTuple):
    """A file that cannot be opened for what it is: a damaged archive."""

    name: str
    error: FileError


def _sources(files: Sequence[str]) -> Iterator[Source | _Unopened]:
    """The files, and what is in those that are archives."""
    for name in files:
        try:
            yield from open_sources(name)
        except FileError as error:
            yield _Unopened(name, error)


def _dealt_with(
    one: Source | _Unopened, room: Room, given: Given, told: Told
) -> tuple[Done, Answered | None]:
    if isinstance(one, _Unopened):
        problem = Problem(1, 1, one.error.message, one.error.hint)
        told(problem)
        return Done(Imported(one.name, "", errors=(problem,), refused=True)), None
    return import_one(one, room, given, told, partial(_progress, one, given))


def _tell(done: Done, room: Room, given: Given) -> FileError | None:
    """Show what became of a file; where nothing was good, what is yet to be said of it."""
    if not is_through(done.imported):
        return verdict(done.imported, dry_run=given.dry_run)
    show_done(done, room.zones, dry_run=given.dry_run)
    return None


def _is_worth_keeping(one: Imported) -> bool:
    """Whether a file bears its answers out: one that contradicts all that is known does not."""
    return is_through(one) and bool(one.recorded or one.duplicates or not one.conflicts)


def _keep(
    name: str,
    one: Source | _Unopened,
    answered: Answered | None,
    room: Room,
    given: Given,
    before: Profile | None,
) -> Profile | None:
    """Keep the answers for next month's file; of an archive's files, those of the first."""
    if isinstance(one, _Unopened) or answered is None:
        return before
    profile = Profile(name, answered.prepared.format, answered.options._replace(create=False))
    said = profiles.flags_of(profile)
    if before not in (None, profile):
        _remark(f"profile {name} is for one kind of file; it does not keep {said}", given)
        return before
    if given.dry_run:
        _remark(f"a dry run keeps no profile; it would be {said}", given)
        return profile
    profiles.save(room.ledger, profile, one, room.now)
    if not given.json and before is None:
        out.line(f"  profile {name} keeps {said}")
    return profile


def _remark(text: str, given: Given) -> None:
    """A message to a person; a program reads errors there, and nothing else."""
    if not given.json:
        out.note(text)


@contextlib.contextmanager
def _room(wiring: Wiring, given: Given) -> Iterator[Room]:
    """The ledger, and what imports a file into it; in a dry run, what only says it would."""
    if not given.dry_run:
        with wiring.writing(ReadingSource.IMPORT) as session:
            ledger: Ledger = session.ledger
            import_ = partial(service.bulk_import, ledger)
            yield Room(ledger, wiring.zones, now(), import_, [], set())
        return
    with jobs.rehearsing(wiring) as (ledger, rehearsal):
        yield Room(ledger, wiring.zones, now(), partial(service.rehearse, rehearsal), [], set())


@contextlib.contextmanager
def _progress(source: Source, given: Given) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, for files that take a while."""
    passes = 1 if given.plan.skip_bad else 2  # reading through first, then storing
    last = "comparing" if given.dry_run else "storing"
    name = Path(source.name).name
    what = What(f"{name}: {last if passes == 1 else 'checking'}", source.size * passes, "bytes")
    with bar(what, wanted=True) as tell:
        before, base = 0, 0

        def advance(position: int) -> None:
            nonlocal before, base
            if position < before:
                base += source.size
            before = position
            tell(base + position, f"{name}: {last}" if base else "")

        yield advance
