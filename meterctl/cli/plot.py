"""`meterctl plot`."""

from __future__ import annotations

import os
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
from meterctl.domain.meters import Direction, Meter
from meterctl.domain.periods import By
from meterctl.domain.quantity import format_quantity
from meterctl.domain.scale import marks
from meterctl.errors import ConfigError, UsageError
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
    if first is not None and first > at:
        raise UsageError("--since is in the future", "leave it out for the last thirty days")
    over = service.span(first, last, by, at)
    with waiting("counting"), wiring.judged() as ledger:
        panels = service.panels(ledger, zones, chosen(ledger, meters), over)
    if not panels:
        out.note("no use is known then: it takes two readings of a meter; meterctl history")
        return
    if files:
        _write(panels, over.by, files)
        return
    _draw(panels, over.by)


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
        from meterctl.cli.chart_terminal import LEAST_HEIGHT, Bars, draw, pale, room
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from None
    look = _look()
    count = sum(len(panel.series) for panel in panels)
    height = max((look.height - 2 - count) // count - 4, LEAST_HEIGHT)
    for panel in panels:
        top = max((use for one in panel.series for use in one.uses if use), default=1_000_000)
        steps = min(max(height // 2, 1), 4)  # a mark on each second line at most
        axis = [(mark, out.number(format_quantity(mark))) for mark in marks(top, steps)]
        most = room(look, [text for _, text in axis])
        labels = _short(panel.labels)[-most:]
        for one in panel.series:
            uses, left_out = one.uses[-most:], max(len(one.uses) - most, 0)
            back = {place - left_out for place in one.back if place >= left_out}
            colour = _COLOURS[one.meter.direction][2]
            bars = Bars(_title(one.meter, by, uses), uses, back, colour)
            out.line(draw(look, bars, labels, axis, height))
            if back:
                out.line(f"{pale(look)} counts from longer before, since no reading lies between")
        if said := _balance(panel):
            out.line(said)
        elif panel.lacks_to_grid:
            out.note(_NO_SELF_USE)
        if len(panel.labels) > most:
            out.note(
                f"the newest {most} of {len(panel.labels)}; a longer --by, or a wider terminal"
            )


def _short(labels: Sequence[str]) -> list[str]:
    """Labels without the year where all are of one, and without an hour's date but the first."""
    if len({label[:5] for label in labels}) == 1 and len(labels[0]) > 5:
        return [label[5:].split("+")[0] for label in labels]
    return list(labels)


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


def _write(panels: Sequence[Panel], by: By, files: dict[str, Path]) -> None:
    from meterctl.cli import chart_file, whole_file

    mark = out.number("0.5")[1]
    try:
        drawn = chart_file.drawn(list(_of_file(panels, by)), list(files), mark)
    except ModuleNotFoundError as missing:
        raise _not_installed(missing) from None
    for kind, path in files.items():
        if path == _STDOUT:
            out.write_bytes(drawn[kind])
            continue
        whole_file.write(path, [drawn[kind]])
        out.note(out.plain(f"{path} is written"))


def _of_file(panels: Sequence[Panel], by: By) -> Iterator[chart_file.Panel]:
    from meterctl.cli import chart_file

    for panel in panels:
        bars = [
            chart_file.Bars(one.meter.id, one.uses, one.back, *_COLOURS[one.meter.direction][:2])
            for one in panel.series
        ]
        title = f"Use by {by}, {panel.labels[0]} to {panel.labels[-1]}"
        yield chart_file.Panel(title, panel.unit, _short(panel.labels), bars, _balance(panel))


def _not_installed(missing: ModuleNotFoundError) -> ConfigError:
    return ConfigError(
        f"what draws is not installed ({missing.name})", "pip install 'meterctl[plot]'"
    )
