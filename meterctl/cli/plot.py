"""`meterctl plot`."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import MeterNames, Since, Until, refuse_the_ledger, when, wiring_of
from meterctl.cli.progress import waiting
from meterctl.domain.meters import Direction, Meter, Zones
from meterctl.domain.periods import By
from meterctl.domain.quantity import format_quantity
from meterctl.domain.scale import marks
from meterctl.domain.times import local_text
from meterctl.errors import ConfigError, UsageError, with_extra
from meterctl.jobs import chosen
from meterctl.services import plot as service
from meterctl.services.plot import Panel
from meterctl.wiring import now

if TYPE_CHECKING:
    from meterctl.cli import chart_file
    from meterctl.cli.chart_terminal import Look

plot_app = group()

# Wong's palette, which is told apart with any eyes; the hatching, also in grey.
_COLOURS = {
    Direction.GENERATION: ("#e69f00", "", "orange+"),
    Direction.FROM_GRID: ("#0072b2", "//", "blue+"),
    Direction.TO_GRID: ("#009e73", "..", "green+"),
    Direction.CONSUMPTION: ("#999999", "xx", "gray+"),
}
_NO_SELF_USE = (
    "self-use is not known without a meter of what is fed in:"
    " meterctl meters add feed-in --direction to_grid"
)
_STDOUT = Path("-")
_OFFSET = re.compile(r"(?<=:\d\d)[+-]\d{4}$")  # of an hour's label
_HEIGHT_OF_NONE = 24  # lines and columns where there is no terminal
_WIDTH_OF_NONE = 80


@plot_app.command()
def plot(
    ctx: typer.Context,
    meters: MeterNames = None,
    since: Since = None,
    until: Until = None,
    by: Annotated[
        By | None,
        typer.Option("--by", help="A bar for each of these; what fits the time, if not said."),
    ] = None,
    png: Annotated[
        Path | None, typer.Option("--png", help="Write a PNG file; - is stdout.", metavar="FILE")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Write an SVG file; - is stdout.", metavar="FILE")
    ] = None,
) -> None:
    """Draw the use of meters: a chart here, or in a file.

    The last thirty days, where no time is said. A period without a reading has no bar, but a dot.
    """
    wiring = wiring_of(ctx)
    files = {kind: path for kind, path in (("png", png), ("svg", svg)) if path is not None}
    if len(files) > 1 and len(set(files.values())) == 1:
        raise UsageError("--png and --svg name the same file", "name two")
    for kind, path in files.items():
        refuse_the_ledger(f"--{kind}", path, wiring)
    zones = wiring.zones
    first, last, at = when(since, zones), when(until, zones, end=True), now()
    if first is not None and last is not None and last < first:
        raise UsageError("--until is before --since", "give the earlier one to --since")
    if first is not None and first > at:
        raise UsageError("--since is in the future", "leave it out for the last thirty days")
    over = service.span(first, last, by, at)
    with waiting("counting"), wiring.judged() as ledger:
        asked = chosen(ledger, meters)
        panels = service.panels(ledger, zones, asked, over)
        read = [one for meter in asked if (one := ledger.newest(meter.id)) is not None]
    if not panels:
        out.note(_nothing(max((one.at for one in read), default=None), zones))
        return
    if first is None:  # what nobody asked for need not be shown to be lacking
        panels = [panel.begun() for panel in panels]
    if files:
        _write(panels, over.by, files, zones)
        return
    _draw(panels, over.by)


def _nothing(newest: int | None, zones: Zones) -> str:
    if newest is None:
        return "no reading yet: meterctl record 142.3"
    when = local_text(newest, zones.default)
    return f"no use is known then, which takes two readings of a meter; the newest is of {when}"


def _balance(panel: Panel) -> str:
    """Solar against grid in a sentence; empty where it is not known."""
    found = panel.balance
    if found is None:
        return ""
    own, made, used = (
        out.number(f"{format_quantity(amount)} {panel.unit}")
        for amount in (found.self_use, found.generation, found.used)
    )
    where = "" if found.periods == len(panel.labels) else f", where all was read ({found.periods})"
    return (
        f"self-use: {own} of {made} made{_share(found.share_of_made)},"
        f" of {used} used{_share(found.share_of_used)}{where}"
    )


def _share(percent: int | None) -> str:
    return "" if percent is None else f" ({percent} %)"


def _title(meter: Meter, by: By, uses: Sequence[int | None]) -> str:
    total = sum(use for use in uses if use is not None)
    name = meter.direction.replace("_", " ")
    return f"{meter.id} ({name}), {meter.unit} by {by}; {out.number(meter.text(total))} in all"


def _draw(panels: Sequence[Panel], by: By) -> None:
    try:
        from meterctl.cli.chart_terminal import LEAST_HEIGHT, Bars, draw, pale, plain_letters, room
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from None
    look = _look()
    count = sum(len(panel.series) for panel in panels)
    height = max((look.height - 2 - count) // count - 4, LEAST_HEIGHT)
    for whole in panels:
        # As many as have room beside the axis of all of them; then the axis of just those.
        panel = whole.newest(room(look, [text for _, text in _axis(whole, height)]))
        axis, labels = _axis(panel, height), _short(panel.labels)
        for one in panel.series:
            colour = _COLOURS[one.meter.direction][2]
            out.line(plain_letters(look, _title(one.meter, by, one.uses)))
            out.line(draw(look, Bars(one.uses, one.back, colour), labels, axis, height))
            if one.back:
                out.line(f"{pale(look)} counts from longer before, since no reading lies between")
        if said := _balance(panel):
            out.line(said)
        elif panel.lacks_to_grid:
            out.note(_NO_SELF_USE)
        shown, there = len(panel.labels), len(whole.labels)
        if shown < there:
            out.note(f"the newest {shown} of {there}; a longer --by, or a wider terminal")


def _axis(panel: Panel, height: int) -> list[tuple[int, str]]:
    """The marks of a panel's axis, each with its text."""
    top = max((use for one in panel.series for use in one.uses if use), default=1_000_000)
    steps = min(max(height // 2, 1), 4)  # a mark on each second line at most
    return [(mark, out.number(format_quantity(mark))) for mark in marks(top, steps)]


def _short(labels: Sequence[str]) -> list[str]:
    """Labels without the year where all are of one, and without an offset that all have."""
    offsets = {_OFFSET.search(label)[0] if _OFFSET.search(label) else "" for label in labels}  # type: ignore[index] # looked at just now
    shorter = [_OFFSET.sub("", label) for label in labels] if len(offsets) == 1 else list(labels)
    if len({label[:5] for label in labels}) == 1 and len(labels[0]) > 5:
        return [label[5:] for label in shorter]
    return shorter


def _look() -> Look:
    from meterctl.cli.chart_terminal import Look

    if not out.is_shown_live():
        return Look(_WIDTH_OF_NONE, _HEIGHT_OF_NONE, colour=False, blocks=_says_blocks())
    size = shutil.get_terminal_size((_WIDTH_OF_NONE, _HEIGHT_OF_NONE))
    colour = not os.environ.get("NO_COLOR")
    return Look(max(size.columns, 20), max(size.lines, 10), colour, _says_blocks())


def _says_blocks() -> bool:
    try:
        "█·┤".encode((sys.stdout and sys.stdout.encoding) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _write(panels: Sequence[Panel], by: By, files: dict[str, Path], zones: Zones) -> None:
    from meterctl.cli import chart_file, whole_file

    mark = out.number("0.5")[1]
    try:
        drawn = chart_file.drawn(list(_of_file(panels, by, zones)), list(files), mark)
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from None
    for kind, path in files.items():
        if path == _STDOUT:
            out.write_bytes(drawn[kind])
            continue
        whole_file.write(path, [drawn[kind]])
        out.note(out.plain(f"{path} is written"))


def _of_file(panels: Sequence[Panel], by: By, zones: Zones) -> Iterator[chart_file.Panel]:
    from meterctl.cli import chart_file

    for panel in panels:
        bars = [
            chart_file.Bars(one.meter.id, one.uses, one.back, *_COLOURS[one.meter.direction][:2])
            for one in panel.series
        ]
        named = f"{panel.series[0].meter.id}: use" if len(panel.series) == 1 else "Use"
        places = ", ".join(dict.fromkeys(str(zones(one.meter)) for one in panel.series))
        title = f"{named} by {by}, {panel.labels[0]} to {panel.labels[-1]} ({places})"
        yield chart_file.Panel(title, panel.unit, _short(panel.labels), bars, _balance(panel))


def _not_installed(missing: ModuleNotFoundError) -> ConfigError:
    return ConfigError(f"what draws is not installed ({missing.name})", with_extra("plot"))
