"""Times in words, wherever a person types one; what was understood is told in full."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine

from tests.conftest import Cli, Program
from tests.terminal import Terminal


@pytest.fixture(autouse=True)
def _friday_evening() -> object:
    with time_machine.travel("2026-11-27T19:15:00Z", tick=False) as clock:
        yield clock


def test_a_reading_of_yesterday(cli: Cli) -> None:
    """The id and the time, in full."""
    ran = cli("record", "142.3", "--at", "yesterday 18:00")
    assert ran.code == 0
    assert "meter@2026-11-26T17:00:00Z" in ran.out
    assert "read at 2026-11-26 18:00:00 CET" in ran.out


def test_meters_in_different_zones(cli: Cli) -> None:
    """`yesterday` is not one moment for both: refused, with how to write it."""
    cli("meters", "add", "there", "--tz", "America/New_York")
    ran = cli("record", "1", "there=2", "--at", "yesterday 18:00")
    assert ran.code == 65
    assert "is not one instant" in ran.err
    assert cli("record", "1", "there=2", "--at", "2 hours ago").code == 0


def test_a_time_to_come(cli: Cli) -> None:
    """Nothing is stored, and yesterday's is offered."""
    ran = cli("record", "142.3", "--at", "21:00")
    assert ran.code == 65
    assert "(write yesterday 21:00 if that is meant)" in ran.err


def test_a_reading_by_its_time(cli: Cli) -> None:
    """What names a reading may have its time in words as well."""
    cli("record", "142.3", "--at", "yesterday 18:00")
    ran = cli("correct", "meter@yesterday 18:00", "143.2", "--reason", "a slip")
    assert ran.out.startswith("meter@2026-11-26T17:00:00Z: 142.3 kWh -> 143.2 kWh")
    assert cli("void", "meter@18:00 thursday", "--reason", "never was").code == 0


def test_a_value_with_its_unit(cli: Cli) -> None:
    """As it is pasted: it says what to leave out."""
    ran = cli("record", "142.3", "kWh")
    assert ran.code == 2
    assert "'kWh' is not a value (leave the unit out: meterctl record 142.3)" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("history", "--since", "yesterday"), id="history"),
        pytest.param(("history", "--since", "2026-11", "--until", "2026-11"), id="a month"),
        pytest.param(("export", "--since", "thursday", "--until", "thu 18:00"), id="export"),
        pytest.param(("plot", "--since", "3 days ago"), id="plot"),
    ],
)
def test_looking_back(cli: Cli, words: tuple[str, ...]) -> None:
    """Bounds may be words as well."""
    cli("record", "140", "--at", "2026-11-25 18:00")
    cli("record", "142.3", "--at", "2026-11-26 18:00")
    ran = cli(*words)
    assert ran.code == 0
    assert "142.3" in ran.out or "2.3 kWh" in ran.out


def test_a_swap_and_a_device(cli: Cli) -> None:
    """When a device came is a time as well."""
    assert cli("meters", "add", "gas", "--since", "1 Nov 9:00").code == 0
    assert cli("meters", "replace", "gas", "--at", "monday noon", "--final", "10").code == 0
    devices = cli("meters", "list", "gas", "--json").json["meters"][0]["devices"]
    assert [one["since"] for one in devices] == ["2026-11-01T08:00:00Z", "2026-11-23T11:00:00Z"]


def test_echo_at_a_terminal(at_terminal: Callable[..., Terminal], program: Program) -> None:
    """Who sits there is told what was understood; a program is not."""
    ours = at_terminal("history", "--since", "1 day ago", "--until", "now")
    assert ours.ends() == 0
    assert "that is since " in ours.seen
    assert "that is until " in ours.seen
    plain = at_terminal("history", "--since", "2026-11-01")
    assert plain.ends() == 0
    assert "that is" not in plain.seen
    assert "that is" not in program("history", "--since", "1 day ago").err
