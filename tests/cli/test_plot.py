"""`meterctl plot`: a chart here, or in a file."""

from __future__ import annotations

import builtins
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine

from meterctl.domain.times import aware
from tests.conftest import Cli, Program
from tests.helpers import NOW
from tests.terminal import Terminal

WEEK = ("--since", "2026-03-01", "--until", "2026-03-07")


@pytest.fixture(autouse=True)
def _at_noon() -> object:
    with time_machine.travel(aware(NOW), tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _a_week(cli: Cli) -> None:
    """A dial and a counter of the day, read each evening but the fourth."""
    for day, value, solar in ((1, 100, 2), (2, 110, 4), (3, 125, 0), (5, 155, 3), (6, 156, 1)):
        at = f"2026-03-{day:02} 19:00"
        assert cli("record", f"{value}", f"inverter={solar}", "--at", at, "--yes").code == 0


def columns(chart: str) -> list[str]:
    """What stands above each label of a chart, from the top."""
    lines = [line for line in chart.splitlines() if re.match(r" *\d*[│┤]", line)]
    inside = [re.split("[│┤]", line)[1] for line in lines]
    return ["".join(column).strip() for column in zip(*inside, strict=True)]


def test_in_the_terminal(cli: Cli) -> None:
    """A bar for each day, as high as its use; a day without a reading has a dot."""
    ran = cli("plot", *WEEK)
    assert ran.code == 0
    assert "meter (from grid), kWh by day; 56 kWh in all" in ran.out
    assert "inverter (generation), kWh by day; 10 kWh in all" in ran.out
    solar = ran.out.split("inverter (generation)")[1]
    heights = [column for column in columns(solar) if column]
    assert "·" in heights
    bars = [len(column) for column in heights if "█" in column]
    assert bars
    assert max(bars) <= 24
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "\x1b" not in ran.out


def test_what_is_drawn_is_what_history_says(cli: Cli) -> None:
    """Higher use, higher bar, in the order of the days."""
    dial = cli("plot", "meter", *WEEK).out
    _, use = dial.split("in all\n")
    columns_of_bars = [len(c) if set(c) & set("█░") else 0 for c in columns(use)]
    inner = columns_of_bars[: len(columns_of_bars) // 7 * 7]
    each = len(inner) // 7
    heights = [max(inner[day * each : (day + 1) * each]) for day in range(7)]
    assert heights[0] == heights[3] == heights[6] == 0  # no use is known of these
    assert heights[4] > heights[2] > heights[1] > heights[5] > 0


@pytest.mark.parametrize(
    ("arguments", "by"),
    [
        pytest.param((), "day", id="nothing said"),
        pytest.param(("--since", "2026-03-06", "--until", "2026-03-07"), "hour", id="two days"),
        pytest.param(("--since", "2026-01-01", "--until", "2026-06-01"), "week", id="months"),
        pytest.param(("--since", "2025-01-01", "--until", "2026-06-01"), "month", id="years"),
        pytest.param(("--since", "2015-01-01"), "year", id="decades"),
        pytest.param(("--by", "month"), "month", id="as asked"),
    ],
)
def test_a_bar_for_what(cli: Cli, arguments: tuple[str, ...], by: str) -> None:
    """What fits the time, if nobody says."""
    with time_machine.travel("2026-03-08T11:00:00Z", tick=False):
        assert f"kWh by {by};" in cli("plot", *arguments).out


def test_solar_against_grid(cli: Cli) -> None:
    """Without a meter of what is fed in, self-use is not known; with one it is said, exactly."""
    assert "self-use is not known without a meter of what is fed in" in cli("plot", *WEEK).err
    cli("meters", "add", "feed-in", "--direction", "to_grid", "--kind", "daily", "--decimals", "1")
    for day, fed in ((2, "1"), (3, "0"), (5, "1.5"), (6, "0.25")):
        cli("record", f"feed-in={fed}", "--at", f"2026-03-{day:02} 19:00", "--yes")
    assert cli("plot", *WEEK).out.splitlines()[-1] == (
        "self-use: 5.25 kWh of 8 kWh made (66 %), of 61.25 kWh used (9 %), where all was read (4)"
    )


def test_a_use_that_reaches_far_back(cli: Cli) -> None:
    """Nobody takes it for that day's alone: it is drawn paler, and said so."""
    ran = cli("plot", "meter", *WEEK)
    assert "░ counts from longer before, since no reading lies between" in ran.out
    assert sum("░" in column for column in columns(ran.out)) > 1
    assert "░" not in cli("plot", "inverter", *WEEK).out


def test_self_use_is_the_same_by_any_period(cli: Cli) -> None:
    """Of a day on which more was fed in than made, nothing is left out: the whole counts."""
    cli("meters", "add", "feed-in", "--direction", "to_grid", "--kind", "daily", "--decimals", "1")
    for day, fed in ((1, "0"), (2, "6"), (3, "0"), (5, "1"), (6, "0")):
        cli("record", f"feed-in={fed}", "--at", f"2026-03-{day:02} 19:00", "--yes")
    days, year = (cli("plot", *WEEK, "--by", by).out.splitlines()[-1] for by in ("day", "year"))
    assert days.startswith("self-use: 1 kWh of 8 kWh made")  # no use of the dial on the first day
    assert year.startswith("self-use: 3 kWh of 10 kWh made")


def test_after_the_last_reading(cli: Cli) -> None:
    """What was read before is not denied."""
    with time_machine.travel("2026-03-20T11:00:00Z", tick=False):
        ran = cli("plot", "--since", "2026-03-15")
        assert "the newest is of 2026-03-06 19:00:00 CET" in ran.err
        shown = cli("history", "meter", "--by", "day", "--since", "2026-03-18").out
    assert shown.count("no reading") == 3


def test_an_axis_of_what_is_shown(cli: Cli) -> None:
    """A bar that has no room does not stretch it; the sums are of what is shown as well."""
    for at, value in (("2025-10-01 19:00", "1"), ("2025-10-02 19:00", "99")):
        cli("record", value, "--at", at, "--yes")
    ran = cli("plot", "meter", "--since", "2025-09-01", "--until", "2026-03-07", "--by", "day")
    assert "56 kWh in all" in ran.out.splitlines()[0] or "57 kWh in all" in ran.out.splitlines()[0]
    marks = [line.split("┤")[0].strip() for line in ran.out.splitlines() if "┤" in line]
    assert int(marks[0]) <= 40


def test_two_zones_by_hour(cli: Cli) -> None:
    """The same hour is one, whatever its name is elsewhere."""
    cli("meters", "add", "there", "--tz", "America/New_York")
    for hour, value in ((9, "1"), (10, "2"), (11, "3")):
        cli(
            "record",
            f"meter={200 + hour}",
            f"there={value}",
            "--at",
            f"2026-03-10T{hour:02}:00:00Z",
        )
    span = ("--since", "2026-03-10T09:30:00Z", "--until", "2026-03-10T10:59:00Z")
    ran = cli("plot", "meter", "there", "--by", "hour", *span)
    assert "·" not in ran.out
    assert ran.out.count("2 kWh in all") == 2


def test_until_before_since(cli: Cli) -> None:
    """A mistake of who types: 2."""
    ran = cli("plot", "--since", "2026-03-05", "--until", "2026-03-01")
    assert (ran.code, ran.out) == (2, "")
    assert "--until is before --since" in ran.err


def test_where_nobody_says_since_when(cli: Cli) -> None:
    """It begins with the first reading, not with months before it."""
    with time_machine.travel("2026-03-08T11:00:00Z", tick=False):
        months = cli("plot", "inverter", "--by", "month").out
    assert "·" not in months


def test_other_units(cli: Cli) -> None:
    """They have an axis of their own."""
    cli("meters", "add", "gas", "--unit", "m3", "--direction", "consumption")
    for day, value in ((1, "10"), (2, "13")):
        cli("record", f"gas={value}", "--at", f"2026-03-{day:02} 19:00")
    assert "gas (consumption), m³ by day; 3 m³ in all" in cli("plot", "gas", *WEEK).out
    assert cli("plot", *WEEK).out.count(" in all") == 3


@pytest.mark.parametrize(
    ("arguments", "code", "err"),
    [
        pytest.param(["heating"], 65, "there is no meter 'heating'", id="no such meter"),
        pytest.param(["--since", "2031-01-01"], 2, "--since is in the future", id="to come"),
        pytest.param(["--since", "2020-01-01", "--until", "2020-02-01"], 0, "no use", id="none"),
        pytest.param(["--png", "gone/a.png"], 74, "gone/a.png could not be", id="no folder"),
    ],
)
def test_what_cannot_be_drawn(cli: Cli, arguments: list[str], code: int, err: str) -> None:
    """What is wrong, and no file."""
    with time_machine.travel("2026-03-08T11:00:00Z", tick=False):
        ran = cli("plot", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert err in ran.err


class TestFiles:
    """`--png` and `--svg`."""

    def test_both(self, cli: Cli) -> None:
        """Each is what it says, the same bytes for the same readings; nothing is left beside it."""
        ran = cli("plot", *WEEK, "--png", "a.png", "--svg", "a.svg")
        assert (ran.code, ran.out) == (0, "")
        assert ran.err == "a.png is written\na.svg is written\n"
        assert Path("a.png").read_bytes().startswith(b"\x89PNG\r\n")
        text = "".join(ET.parse("a.svg").getroot().itertext())
        for word in (
            "kWh",
            "meter",
            "inverter",
            "03-07",
            "Use by day, 2026-03-01 to 2026-03-07 (Europe/Berlin)",
        ):
            assert word in text
        before = [Path(name).read_bytes() for name in ("a.png", "a.svg")]
        cli("plot", *WEEK, "--png", "a.png", "--svg", "a.svg")
        assert [Path(name).read_bytes() for name in ("a.png", "a.svg")] == before
        assert {path.name for path in Path().iterdir()} == {"a.png", "a.svg"}

    def test_down_a_pipe(self, cli: Cli) -> None:
        """`-` is stdout, and nothing else is said there; the two cannot share it."""
        ran = cli("plot", *WEEK, "--svg", "-")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("<?xml")
        assert not Path("-").exists()
        assert cli("plot", *WEEK, "--svg", "-", "--png", "-").code == 2

    def test_one_meter(self, cli: Cli) -> None:
        """It is named, and its zone; the axis has plain numbers."""
        cli("record", "2500000", "--at", "2026-03-07 19:00", "--yes")
        cli("plot", "meter", *WEEK, "--svg", "a.svg")
        text = "|".join(ET.parse("a.svg").getroot().itertext())
        assert "meter: use by day, 2026-03-01 to 2026-03-07 (Europe/Berlin)" in text
        assert "e+" not in text
        assert "2000000" in text

    def test_the_ledger_as_a_file(self, cli: Cli, ledger_path: Path) -> None:
        """It is not overwritten."""
        ran = cli("plot", "--svg", str(ledger_path))
        assert ran.code == 2
        assert "--svg would overwrite the ledger" in ran.err

    def test_a_home_that_cannot_be_written(self, program: Program) -> None:
        """matplotlib keeps a list of fonts; where is nobody's trouble."""
        ran = program("plot", "--since", "2026-03-01", "--svg", "a.svg", HOME="/proc/nowhere")
        assert (ran.code, ran.err) == (0, "a.svg is written\n")


class TestWhatTheTerminalCanShow:
    """Colour, letters, width."""

    def test_at_a_terminal(self, at_terminal: Callable[..., Terminal]) -> None:
        """In colour."""
        ours = at_terminal("plot", "meter", *WEEK)
        assert ours.ends() == 0
        assert "\x1b[" in ours.seen
        assert "█" in ours.seen

    def test_no_color(self, at_terminal: Callable[..., Terminal]) -> None:
        """Without any escape where NO_COLOR is set."""
        ours = at_terminal("plot", "meter", *WEEK, NO_COLOR="1")
        assert ours.ends() == 0
        assert "\x1b" not in ours.seen

    def test_in_ascii(self, program: Program) -> None:
        """Where the locale has no blocks, letters do."""
        ran = program("plot", "meter", *WEEK, PYTHONIOENCODING="ascii")
        assert ran.code == 0
        assert ran.out.isascii()
        assert "##" in ran.out

    def test_narrow(self, at_terminal: Callable[..., Terminal]) -> None:
        """At thirty columns the meter is still named."""
        ours = at_terminal("plot", "meter", *WEEK, COLUMNS="30", LINES="20", NO_COLOR="1")
        assert ours.ends() == 0
        assert "meter (from grid), kWh by d..." in ours.seen
        chart = [line for line in ours.seen.splitlines() if "│" in line or "─" in line]
        assert max(map(len, chart)) <= 30

    def test_more_bars_than_columns(self, cli: Cli) -> None:
        """The newest that fit, and that there are more."""
        ran = cli("plot", "meter", "--since", "2025-09-01", "--until", "2026-03-07", "--by", "day")
        assert "the newest 38 of 188; a longer --by, or a wider terminal" in ran.err
        assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("library", ["plotext", "matplotlib"])
def test_without_the_extra(cli: Cli, monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """What to install, and 78."""
    for name in [one for one in sys.modules if one.startswith(("meterctl.cli.chart", library))]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def without(name: str, *more: object) -> object:
        if name.partition(".")[0] == library:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *more)  # type: ignore[arg-type] # handed on as it came

    monkeypatch.setattr(builtins, "__import__", without)
    ran = cli("plot", *WEEK, *(("--svg", "a.svg") if library == "matplotlib" else ()))
    assert ran.code == 78
    assert "pip install '.[plot]'" in ran.err
