"""Which meter each series of a file is: the one a person names, one that is there, or a new one.

A series finds its meter by what a person says (`--map`, `--meter`), else by the id that was made
for it before, else by its name, else by its device's serial. Nothing else is enough: two meters of
one kind are never told apart by a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import NamedTuple

from meterctl.domain.meters import Meter, meter_named
from meterctl.errors import MeterError, UnknownMeter, shown
from meterctl.imports.formats import Context
from meterctl.imports.matching import Search, check_fit, stop
from meterctl.imports.problems import Choice, Problem, Stop, Unknown
from meterctl.imports.series import Series
from meterctl.imports.words import fold

MOST_NAMED = 8  # series in one message


class Assigned(NamedTuple):
    """What becomes of each series of a file, by its name."""

    assigned: dict[str, Meter]  # to a meter that is there
    proposed: dict[str, Meter]  # to one that would be made
    left_out: dict[str, str]  # to none, and why


def assign(
    format_: str, series: Sequence[Series], context: Context, zone: tzinfo | None = None
) -> Assigned:
    """Find each series its meter.

    Args:
        format_: The file's format, by name.
        series: All that the file counts.
        context: The meters there are, and what the person said.
        zone: In which all files of this format are written, if that is known.

    Raises:
        Stop: what the person said does not fit the file, or nothing of it is left.
        Unknown: a unit is not said, and no meter that would tell it.
    """
    search = Search(format_, series, context.meters, zone or _place(context))
    told = _told(series, context)
    for one in series:
        if one.name in told:
            search.take(one, _named(one, told[one.name], context, search))
    rest = [one for one in series if one.name not in told and one.only_if_mapped is None]
    for find in (search.by_id, search.by_name, search.by_serial):
        for one in rest:
            if one.name not in search.assigned and (meter := find(one)) is not None:
                search.take(one, meter)
    left_out = {
        one.name: one.only_if_mapped
        for one in series
        if one.only_if_mapped is not None and one.name not in told
    }
    for one in rest:
        if one.name in search.assigned:
            continue
        if told and not context.options.create:  # who names some does not ask for all
            left_out[one.name] = "no --map names it"
        else:
            search.propose(one)
    if not search.assigned and not search.proposed:
        raise _nothing_left(left_out)
    return Assigned(search.assigned, search.proposed, left_out)


def unmet(found: Assigned) -> Unknown:
    """The question whether the proposed meters are to be made; its refusal names the flag."""
    count, made = len(found.proposed), [meter.id for meter in found.proposed.values()]
    what = "a series" if count == 1 else f"{count} series"
    message = f"this file holds {what} that no meter is for yet: {_listed(found.proposed)}"
    named = "--meter METER" if count == 1 and not found.assigned else "--map COLUMN=METER"
    hint = f"--create-meters makes {_listed(made, quoted=False)}; or {named} for one that is there"
    choices = (Choice("yes", "make them"), Choice("no", "store nothing"))
    return Unknown(Problem(1, 1, message, hint), "create", choices)


def _place(context: Context) -> tzinfo | None:
    """Where the person says that the file's meters stand, where it is elsewhere than all others.

    A fixed offset or UTC is how a file writes its times, and no place.
    """
    zone = context.options.zone
    name = getattr(zone, "key", "Etc")
    return None if name.startswith("Etc") or zone == context.zones.default else zone


def _told(series: Sequence[Series], context: Context) -> dict[str, str]:
    """The meter that the person named for a series, by the name of the series."""
    options = context.options
    told: dict[str, str] = {}
    for column, meter in options.columns:
        name = _column(column, series)
        if told.setdefault(name, meter) != meter:
            raise stop(f"--map names {shown(name)} twice", "a column is one meter's")
    if options.meter is not None:
        free = [one for one in series if one.name not in told]
        free = [one for one in free if one.only_if_mapped is None] or free
        if not free and told:
            raise stop(
                f"--meter is for one series, and --map took all there are: {_listed(list(told))}",
                "leave --meter out",
            )
        if len(free) != 1:
            names = f": {_listed([one.name for one in free])}" if free else ""
            raise stop(
                f"--meter is for one series, and here are {len(free)}{names}",
                "name each with --map COLUMN=METER",
            )
        told[free[0].name] = options.meter
    return told


def _column(name: str, series: Sequence[Series]) -> str:
    """The series that --map means: by its name, or by it without case, accents and odd spaces."""
    names = [one.name for one in series]
    if name in names:
        return name
    like = [one for one in names if fold(one) == fold(name)]
    if len(like) == 1:
        return like[0]
    if like:
        raise stop(f"--map {shown(name)} could be {_listed(like)}", "write it as the file does")
    raise stop(f"--map names {shown(name)}, and there are {_listed(names)}", "check its spelling")


def _named(series: Series, name: str, context: Context, search: Search) -> Meter:
    """The meter that the person named; with --create-meters it may be one to be made."""
    try:
        try:
            meter = meter_named(context.meters, name)
        except UnknownMeter as error:
            if not context.options.create:
                error.hint = f"--create-meters makes it; or {error.hint}"
                raise
            meter = search.made(series, name)
        check_fit(series, meter)
    except (MeterError, UnknownMeter) as error:
        raise stop(error.message, error.hint) from None
    if meter.id in search.taken:
        raise stop(
            f"a second column for meter {meter.id}: {shown(series.name)}", "keep one of the two"
        )
    return meter


def _nothing_left(left_out: dict[str, str]) -> Stop:
    reasons = "; ".join(f"{shown(name)}: {why}" for name, why in list(left_out.items())[:3])
    return stop(
        f"nothing of this file would be stored: {reasons or 'it counts nothing'}",
        "name what you want with --map COLUMN=METER",
    )


def _listed(names: Sequence[str] | dict[str, Meter], *, quoted: bool = True) -> str:
    texts = [shown(name) if quoted else name for name in list(names)[:MOST_NAMED]]
    more = len(names) - len(texts)
    return ", ".join(texts) + (f" and {more} more" if more else "")
