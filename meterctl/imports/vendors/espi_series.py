"""The series of a Green Button file: what its blocks count, and why some of them are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from meterctl.domain.meters import Kind
from meterctl.errors import shown
from meterctl.imports.formats import Options
from meterctl.imports.problems import Choice, Problem, Stop, Unknown
from meterctl.imports.vendors import espi_types as types
from meterctl.imports.vendors.espi_apart import Draft, Meaning, told_apart
from meterctl.imports.vendors.espi_links import Owner, Structure

_ONE_WAY = {"1", "19"}
_BOTH_WAYS = {"4", "20"}  # net, total
_WAYS = (
    Choice("from_grid", "energy drawn from the grid"),
    Choice("to_grid", "energy fed into the grid"),
    Choice("generation", "energy produced by solar panels"),
    Choice("consumption", "energy used in the house"),
)
_KINDS = (
    Choice("register", "readings of a dial that only grows"),
    Choice("interval", "the energy of each interval"),
)


class Found(NamedTuple):
    """The meaning of each group of blocks that is energy, and what a person should know."""

    by_group: dict[int, Meaning]
    notes: tuple[str, ...]


def meanings(structure: Structure, lengths: Mapping[int, int], options: Options) -> Found:
    """What the blocks are of.

    Raises:
        Stop: none of them is energy, or they cannot be told apart.
        Unknown: a series' unit, direction or kind is not said.
    """
    if not structure.groups:
        message = "this Green Button file holds no interval readings"
        raise _stop(message, "download the usage, not the customer's or the bill's data")
    owners = [_owner(structure, links) for links in structure.groups]
    one_way = {one.point for one in owners if one.type.fields.get("flowDirection") in _ONE_WAY}
    drafts: dict[int, Draft] = {}
    left_out: dict[str, str] = {}
    for group, owner in enumerate(owners):
        why = _no_energy(owner)
        if owner.type.fields.get("flowDirection") in _BOTH_WAYS and owner.point in one_way:
            why = why or "both ways in one, which are there by themselves"
        if why is None:
            drafts[group] = _draft(owner, lengths.get(group, 0), options)
        else:
            left_out[_title(owner)] = why
    if not drafts:
        raise _refusal(left_out)
    by_group, notes = told_apart(drafts)
    left = [f"left out: {title}: {why}" for title, why in left_out.items()]
    return Found(by_group, (*left, *notes))


def _owner(structure: Structure, links: frozenset[str]) -> Owner:
    owner = structure.owner(links)
    if owner is None:
        message = "blocks of several reading types, and no link says which is of which"
        raise _stop(message, "export each meter, and each direction, by itself")
    return owner


def _no_energy(owner: Owner) -> str | None:
    """Why readings are left out; None: they are not."""
    uom = owner.type.fields.get("uom", "")
    if uom in types.POWER:
        return f"{types.POWER[uom]}: power, not energy"
    if uom in types.OTHERS:
        return f"{types.OTHERS[uom]}: no unit that meterctl keeps"
    if uom and types.unit_of(uom, owner.type.fields.get("powerOfTenMultiplier", "")) is None:
        return f"unit {uom} of the standard: none that meterctl keeps"
    if types.is_extreme(owner.type.fields):
        return "the highest or lowest of a time, no sum"
    return None


def _refusal(left_out: Mapping[str, str]) -> Stop:
    reasons = list(dict.fromkeys(left_out.values()))
    if all(why.endswith("power, not energy") for why in reasons):
        message = "this file holds power (W, VA), not energy: a reading is energy"
    else:
        message = f"nothing in this file can be kept: {'; '.join(reasons)}"
    return _stop(message, "ask the utility for the usage in kWh, therms or cubic metres")


def _draft(owner: Owner, length: int, options: Options) -> Draft:
    fields = owner.type.fields
    unit = _unit(owner, options)
    commodity = types.commodity_of(fields, owner.service, unit.name, owner.title)
    direction = types.direction_of(fields, commodity, owner.title) or options.direction
    if direction is None:
        flow = fields.get("flowDirection", "")
        is_net = "net, that is both ways in one" if flow == "4" else "not said"
        message = f"which way the energy of {shown(_title(owner))} flows is {is_net}"
        hint = "say it: --direction from_grid, to_grid, generation or consumption"
        raise Unknown(Problem(1, 1, message, hint), "direction", _WAYS)
    said = fields.get("intervalLength", "")
    length = length or (int(said) if said.isdecimal() and len(said) < 12 else 0)
    kind = _kind(owner, length, options)
    return Draft(owner, commodity, direction, kind, unit, length)


def _kind(owner: Owner, length: int, options: Options) -> Kind:
    behaviour = owner.type.fields.get("accumulationBehaviour", "")
    if behaviour in types.REGISTERS:
        return Kind.REGISTER
    if behaviour in types.INTERVALS:
        return Kind.INTERVAL
    if behaviour == types.SUMMATION and not length:
        return Kind.REGISTER
    if options.kind is None:
        message = (
            f"whether {shown(_title(owner))} are readings of a dial or sums of intervals is open"
        )
        hint = "say it: --kind register, or --kind interval"
        raise Unknown(Problem(1, 1, message, hint), "kind", _KINDS)
    return options.kind


def _unit(owner: Owner, options: Options) -> types.Unit:
    fields = owner.type.fields
    unit = types.unit_of(fields.get("uom", ""), fields.get("powerOfTenMultiplier", ""))
    if unit is not None:
        return unit
    if options.unit is None:
        message = f"no reading type says the unit of {shown(_title(owner))}"
        raise Unknown(Problem(1, 1, message, "say it: --unit Wh"), "unit")
    return types.Unit(options.unit, 0)


def _title(owner: Owner) -> str:
    return owner.title or owner.reading or "usage"


def _stop(message: str, hint: str) -> Stop:
    return Stop(Problem(1, 1, message, hint))
