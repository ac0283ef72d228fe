"""One file from its first look to what became of it, with a person's answers on the way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from meterctl.cli import out
from meterctl.cli.bulk_import_asking import agrees, ask, choose
from meterctl.cli.bulk_import_showing import (
    Done,
    is_through,
    show_holdings,
    show_mapping,
    show_notes,
    show_preview,
)
from meterctl.cli.bulk_import_text import number
from meterctl.cli.report import Told
from meterctl.domain.meters import Meter, Zones
from meterctl.imports.catalog import OtherFormat
from meterctl.imports.formats import Context, Options
from meterctl.imports.mapping import Assigned, unmet
from meterctl.imports.problems import Choice, Problem, Stop, Unknown
from meterctl.imports.text.source import Source
from meterctl.ledger.port import Ledger
from meterctl.services import import_profiles as profiles
from meterctl.services.bulk_import import Imported, Plan, Watch
from meterctl.services.import_profiles import Profile
from meterctl.services.importing import Prepared, prepare

Import = Callable[[Source, Context, Plan, Watch], Imported]
Bar = Callable[[], AbstractContextManager[Callable[[int], None]]]


class Given(NamedTuple):
    """What the person said, for all files alike."""

    options: Options
    plan: Plan
    profile: Profile | None  # --profile
    dry_run: bool
    json: bool

    @property
    def may_ask(self) -> bool:
        """Whether somebody is there to answer."""
        return not self.json and out.is_terminal()


class Room(NamedTuple):
    """Where files are imported to."""

    ledger: Ledger
    zones: Zones
    now: int
    import_: Import
    made: list[Meter]  # in this dry run, by files before
    lacking: set[str]  # which of these the person has not agreed to

    @property
    def meters(self) -> tuple[Meter, ...]:
        """All that a file may be mapped to."""
        return (*self.ledger.meters(), *self.made)


class Answered(NamedTuple):
    """A file that was looked at, and all that was said of it."""

    prepared: Prepared
    options: Options
    notes: tuple[str, ...]
    was_shown: bool = False  # before the question, where the person sees what follows as well


def import_one(
    source: Source, room: Room, given: Given, told: Told, bar: Bar
) -> tuple[Done, Answered | None]:
    """Import one file, or say what that would do; what cannot be read is told, and refused."""
    try:
        found = _look(source, room, given)
        if not given.dry_run:
            found = _agree(source.name, found, given)
    except Stop as stop:
        return Done(_refused(source.name, "", told, stop.problem)), None
    prepared = found.prepared
    lacking = _lacking(found, room)
    # A dry run goes on where the real one would stop for want of meters: it shows what they get.
    options = found.options._replace(create=True) if lacking else found.options
    context = Context(room.meters, room.zones, room.now, options)
    if given.dry_run and not given.json:
        show_preview(source.name, prepared, found.notes, context)
    plan = given.plan._replace(prepared=prepared)
    with bar() as progress:  # no sooner: it would be drawn over questions and their answers
        done = room.import_(source, context, plan, Watch(told, progress))
    if given.dry_run:
        room.made.extend(done.created)
        room.lacking.update(meter.id for meter in lacking.values())
        if not given.json and prepared.series and (lacking or not is_through(done)):
            show_holdings(Done(done, prepared, found.notes), room.zones, dry_run=True)
    if lacking:
        needed = Assigned({}, lacking, {})
        problem = (unmet if given.json else _needed)(needed).problem
        refused = _refused(source.name, prepared.format, told, problem)
        if not done.refused:
            done = refused._replace(held=done.held, created=done.created, remarks=done.remarks)
    return Done(done, prepared, found.notes, found.was_shown), found


def _needed(found: Assigned) -> Unknown:
    """That meters are lacking, where the person has just seen for which columns."""
    asked = unmet(found)
    count = len(found.proposed)
    message = "a new meter is needed" if count == 1 else f"{count} new meters are needed"
    return Unknown(asked.problem._replace(message=message), asked.option, asked.choices)


def _lacking(found: Answered, room: Room) -> dict[str, Meter]:
    """The meters that a file would get in a dry run, and the real run would ask for."""
    if found.options.create:
        return {}
    assigned = found.prepared.assigned
    before = {name: one for name, one in assigned.assigned.items() if one.id in room.lacking}
    return before | assigned.proposed


def _look(source: Source, room: Room, given: Given) -> Answered:
    """Find out what a file is, asking where it leaves something open.

    Raises:
        Stop: it cannot be read, or nobody answers.
    """
    profile = given.profile or _known(source, room, given)
    options, format_ = given.options, given.plan.format
    notes: tuple[str, ...] = ()
    if profile is not None:
        options = profiles.merged(options, profile)
        format_ = format_ or profile.format
        notes = (f"profile {profile.name}: {profiles.flags_of(profile)}",)
    while True:
        context = Context(room.meters, room.zones, room.now, options)
        try:
            prepared = prepare(source, context, format_)
        except OtherFormat as stop:
            if given.plan.format is not None or given.profile is None:
                raise
            hint = "leave --profile out, or name the format with --format"
            raise Stop(stop.problem._replace(hint=hint)) from None
        except Unknown as unknown:
            if not given.may_ask:
                raise
            options = ask(unknown, source.name, options)
            continue
        return Answered(prepared, options, (*notes, *prepared.notes))


def _known(source: Source, room: Room, given: Given) -> Profile | None:
    """The profile that was saved with such a file, if there is one.

    Raises:
        Unknown: there are several, and nobody says which.
    """
    found = profiles.fitting(room.ledger, source, given.options)
    if len(found) < 2:
        return found[0] if found else None
    if given.options.columns or given.options.meter is not None:
        return None  # the person says whose the file is: that is what tells profiles apart
    names = [one.name for one in found]
    problem = Problem(
        1,
        1,
        f"{' and '.join(names)} are profiles of files with these headings",
        " or ".join(f"--profile {name}" for name in names),
    )
    choices = tuple(Choice(one.name, profiles.flags_of(one)) for one in found)
    unknown = Unknown(problem, "profile", choices)
    if not given.may_ask:
        raise unknown
    chosen = choose(unknown, source.name)
    return next(one for one in found if one.name == chosen)


def _agree(name: str, found: Answered, given: Given) -> Answered:
    """Let the person agree to the meters that would be made.

    Raises:
        Unknown: they do not, or nobody is there to.
    """
    prepared, options, notes, _ = found
    if not prepared.assigned.proposed or options.create:
        return found
    if not given.may_ask:
        raise unmet(prepared.assigned)
    show_notes(name, prepared, notes, out.note)
    out.note("")
    show_mapping(prepared, out.note)
    out.note("")
    if not agrees(f"Make {number(len(prepared.assigned.proposed), 'new meter')}"):
        raise _needed(prepared.assigned)
    return Answered(prepared, options._replace(create=True), notes, out.is_shown_live())


def _refused(name: str, format_: str, told: Told, problem: Problem) -> Imported:
    told(problem)
    return Imported(name, format_, errors=(problem,), refused=True)
