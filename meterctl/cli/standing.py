"""The newest readings as a person sees them: in `current`, and in what `meterctl` alone shows."""

from __future__ import annotations

from collections.abc import Container

from meterctl.cli import out
from meterctl.domain.meters import Zones
from meterctl.domain.times import age_text, local_text
from meterctl.services.current import OFF, Newest, Standing


def rows(standing: Standing, at: int, zones: Zones, marked: Container[str] = ()) -> list[list[str]]:
    """A row for each meter: its id, value, time, age, and what is to be known of it.

    The values of marked meters stand out.
    """
    return [_row(one, at, zones, is_marked=one.meter.id in marked) for one in standing.newest]


def _row(one: Newest, at: int, zones: Zones, *, is_marked: bool) -> list[str]:
    if one.reading is None:
        return [one.meter.id, "-", "no reading yet", "", ""]
    when = local_text(one.reading.at, zones(one.meter))
    value = out.number(one.meter.text(one.reading.amount))
    value = out.styled(value, "good") if is_marked else value
    age = out.styled(f"{age_text(at - one.reading.at)} ago", "dim")
    return [one.meter.id, value, when, age, _stands(one)]


def _stands(one: Newest) -> str:
    """What a person may have to know or to do about a reading."""
    said = []
    if one.open_findings:
        said.append(out.styled("looks wrong: meterctl review", "doubtful"))
    if one.sheet != OFF:
        said.append("in the Sheet" if one.sheet == "written" else "queued for the Sheet")
    if one.utility != OFF:
        said.append(f"utility: {one.utility}")
    return ", ".join(said)
