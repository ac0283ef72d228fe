"""A chart in a file, PNG or SVG: the one home of matplotlib."""

from __future__ import annotations

import os
from collections.abc import Container, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from meterctl.domain.quantity import format_quantity
from meterctl.stopping import temporary_folder

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Bars(NamedTuple):
    """One meter's bars; None where no reading tells."""

    name: str
    values: Sequence[int | None]  # millionths of the unit
    back: Container[int]  # the places of those that count from longer before: drawn paler
    colour: str
    hatch: str  # so that they are told apart without colours


class Panel(NamedTuple):
    """The bars of one unit, over the same periods."""

    title: str
    unit: str
    labels: Sequence[str]
    bars: Sequence[Bars]
    remark: str  # a sentence below; may be empty


def drawn(panels: Sequence[Panel], kinds: Sequence[str], decimal_mark: str) -> dict[str, bytes]:
    """The chart's bytes by kind (`png`, `svg`); the same ones whenever the same is drawn."""
    # matplotlib keeps a list of fonts in a folder of its own: a cron job's home may be read-only.
    with temporary_folder("meterctl-") as folder:
        before = os.environ.get("MPLCONFIGDIR")
        os.environ["MPLCONFIGDIR"] = str(folder)
        try:
            return _drawn(panels, kinds, decimal_mark)
        finally:
            if before is None:
                del os.environ["MPLCONFIGDIR"]
            else:
                os.environ["MPLCONFIGDIR"] = before


def _drawn(panels: Sequence[Panel], kinds: Sequence[str], decimal_mark: str) -> dict[str, bytes]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    with rc_context(
        {
            "svg.hashsalt": "meterctl",
            "svg.fonttype": "none",
            "font.size": 10,
            "text.parse_math": False,  # a name with a $ is a name
            "axes.spines.top": False,
            "axes.spines.right": False,
            "hatch.linewidth": 0.5,
        }
    ):
        figure = Figure(figsize=(10, 3.6 * len(panels)), layout="constrained")
        for place, panel in enumerate(panels):
            axes = figure.add_subplot(len(panels), 1, place + 1)
            count = len(panel.bars)
            for number, bars in enumerate(panel.bars):
                _add(axes, bars, (number - (count - 1) / 2) * 0.8 / count, 0.8 / count)
            step = -(-len(panel.labels) // 16)
            ticks = range((len(panel.labels) - 1) % step, len(panel.labels), step)
            axes.set_xticks(list(ticks), [panel.labels[tick] for tick in ticks], fontsize=8)
            axes.set_xlim(-0.6, len(panel.labels) - 0.4)
            axes.set_ylim(bottom=0)
            axes.set_ylabel(panel.unit)
            axes.yaxis.set_major_formatter(
                FuncFormatter(
                    lambda value, _place: format_quantity(round(value * 1_000_000)).replace(
                        ".", decimal_mark
                    )
                )
            )
            axes.grid(axis="y", alpha=0.3)
            axes.set_axisbelow(True)
            axes.set_title(panel.title, loc="left")
            if count > 1:
                axes.legend(
                    loc="lower right", bbox_to_anchor=(1, 1), ncols=count, frameon=False, fontsize=9
                )
            if panel.remark:
                axes.set_xlabel(panel.remark, fontsize=9)
        found = {}
        for kind in kinds:
            file = BytesIO()
            noise = {"png": {"Software": None}, "svg": {"Date": None, "Creator": "meterctl"}}
            figure.savefig(file, format=kind, dpi=120, metadata=noise[kind])
            found[kind] = file.getvalue()
        return found


def _add(axes: Axes, bars: Bars, offset: float, width: float) -> None:
    """A meter's bars, and a mark where no reading tells. Places on paper are floats; values not."""
    known = [(place, value) for place, value in enumerate(bars.values) if value is not None]
    drawn = axes.bar(
        [place + offset for place, _ in known],
        [value / 1_000_000 for _, value in known],
        width=width * 0.92,
        color=bars.colour,
        hatch=bars.hatch,
        edgecolor="white",
        linewidth=0,
        label=bars.name,
    )
    for (place, _), bar in zip(known, drawn, strict=True):
        if place in bars.back:
            bar.set_alpha(0.4)
    missing = [place + offset for place, value in enumerate(bars.values) if value is None]
    if missing:
        axes.plot(missing, [0] * len(missing), "x", color="0.5", markersize=4, clip_on=False)
