"""`meterctl record` with a person at a terminal: it asks, and stores only what it is told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tests.conftest import Program
from tests.terminal import Terminal


def stored(program: Program) -> list[tuple[str, float]]:
    """Each stored reading's meter and value."""
    readings = json.loads(program("history", "--json").out)["readings"]
    return [(one["meter"], one["value"]) for one in readings]


def test_no_arguments(at_terminal: Callable[..., Terminal], program: Program) -> None:
    """Each meter is asked for, with its last value and its usual use."""
    program("record", "100", "inverter=4", "--at", "2026-01-01 07:00")
    program("record", "130", "inverter=6", "--at", "2026-01-11 07:00")
    ours = at_terminal("record", "--at", "2026-01-12 07:00")
    ours.until("meter: 130 kWh ")
    ours.until("meterValue [kWh]: ")
    ours.type("133.5\n")
    ours.until("inverter: 6 kWh ")
    ours.until("inverterKWh [kWh]: ")
    ours.type("5\n")
    assert ours.ends() == 0
    assert stored(program)[-2:] == [("meter", 133.5), ("inverter", 5)]


def test_the_usual_use(at_terminal: Callable[..., Terminal], program: Program) -> None:
    """It is counted over the last weeks, and shown beside the last value."""
    now = time.time()
    for days, value in ((10, "100"), (5, "115"), (1, "127")):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - days * 86_400))
        assert program("record", value, "--at", at).code == 0
    ours = at_terminal("record")
    ours.until("meter: 127 kWh 24 h ago, usually 3 kWh a day")


def test_a_wrong_answer(at_terminal: Callable[..., Terminal], program: Program) -> None:
    """It is told what is wrong with it, and asked again; an empty one leaves a meter out."""
    program("meters", "set", "meter", "--digits", "5")
    ours = at_terminal("record")
    ours.until("meterValue [kWh]: ")
    for wrong, said in (("1,5", "decimal"), ("-3", "negative"), ("100000", "5 digits")):
        ours.type(f"{wrong}\n")
        ours.until(said)
        ours.until("meterValue [kWh]: ")
    ours.type("\n")
    ours.until("inverterKWh [kWh]: ")
    ours.type("5\n")
    assert ours.ends() == 0
    assert stored(program) == [("inverter", 5)]


def test_no_answer_at_all(at_terminal: Callable[..., Terminal], program: Program) -> None:
    """Nothing is stored, and it says so."""
    ours = at_terminal("record")
    ours.until("meterValue [kWh]: ")
    ours.type("\n")
    ours.until("inverterKWh [kWh]: ")
    ours.type("\n")
    assert ours.ends() == 2
    assert "nothing was stored" in ours.seen
    assert stored(program) == []


@pytest.mark.parametrize(
    "key", [pytest.param("\x03", id="ctrl-c"), pytest.param("\x04", id="ctrl-d")]
)
def test_a_person_leaves(at_terminal: Callable[..., Terminal], program: Program, key: str) -> None:
    """Nothing is stored, not even what was answered before."""
    ours = at_terminal("record")
    ours.until("meterValue [kWh]: ")
    ours.type("5\n")
    ours.until("inverterKWh [kWh]: ")
    ours.type(key)
    assert ours.ends() == 130
    assert "meterctl: nothing was stored" in ours.seen
    assert "Traceback" not in ours.seen
    assert stored(program) == []


@pytest.mark.parametrize(
    ("answers", "code", "count"),
    [
        pytest.param("n\n", 130, 1, id="no"),
        pytest.param("\n", 130, 1, id="enter is no"),
        pytest.param("maybe\ny\n", 0, 2, id="neither, then yes"),
        pytest.param("yes\n", 0, 2, id="yes"),
        pytest.param("\x03", 130, 1, id="ctrl-c"),
    ],
)
def test_a_reading_that_looks_wrong(
    at_terminal: Callable[..., Terminal], program: Program, answers: str, code: int, count: int
) -> None:
    """It is stored only after a yes."""
    program("record", "142.3", "--at", "2026-03-01 07:00")
    ours = at_terminal("record", "14.2")
    ours.until("meter looks wrong: 14.2 kWh is less than the 142.3 kWh")
    ours.until("Store it all the same? [y/N]: ")
    ours.type(answers)
    assert ours.ends() == code
    assert len(stored(program)) == count


@pytest.mark.parametrize("option", ["--yes", "--json"])
def test_it_is_not_to_ask(
    at_terminal: Callable[..., Terminal], program: Program, option: str
) -> None:
    """With --yes, or for a program, what looks wrong is stored and told of."""
    program("record", "142.3", "--at", "2026-03-01 07:00")
    ours = at_terminal("record", "14.2", option)
    assert ours.ends() == 0
    assert "Store it" not in ours.seen
    assert len(stored(program)) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(("--at", "2999-01-01 07:00"), "is in the future", id="a time to come"),
        pytest.param(("--at", "yesterday"), "(add the time: yesterday 18:00)", id="a day"),
        pytest.param(("--starts-at", "7:00"), "meter of kind interval", id="an interval"),
        pytest.param(("--note", "x" * 2001), "2000 characters", id="a long note"),
    ],
)
def test_the_rest_is_wrong(
    at_terminal: Callable[..., Terminal], wrong: tuple[str, ...], said: str
) -> None:
    """It says so before anything is typed in vain."""
    ours = at_terminal("record", *wrong)
    assert ours.ends() in (2, 65)
    assert said in ours.seen
    assert "meterValue" not in ours.seen


def test_nothing_to_read_off(at_terminal: Callable[..., Terminal], program: Program) -> None:
    """Where all meters count intervals, it says how to give one."""
    for name in ("meter", "inverter"):
        assert program("meters", "set", name, "--kind", "interval").code == 0
    ours = at_terminal("record", "--at", "yesterday 18:00")
    assert ours.ends() == 2
    assert "no meter here is read off a dial" in ours.seen


def test_settings_are_wrong(at_terminal: Callable[..., Terminal]) -> None:
    """It says so before anything is typed in vain."""
    ours = at_terminal("record", METERCTL_TIMEZONE="Mars/Phobos")
    assert ours.ends() == 78
    assert "meterValue" not in ours.seen


@pytest.mark.parametrize(
    ("more", "coloured"),
    [
        pytest.param({}, True, id="a terminal"),
        pytest.param({"NO_COLOR": "1"}, False, id="NO_COLOR"),
    ],
)
def test_colour(
    at_terminal: Callable[..., Terminal], more: dict[str, str], *, coloured: bool
) -> None:
    """A terminal is shown colour, unless NO_COLOR is set."""
    ours = at_terminal("record", "1", **more)
    assert ours.ends() == 0
    assert ("\x1b[32mrecorded\x1b[0m" in ours.seen) is coloured


class TestASlip:
    """A digit that looks wrong is told at once, with what it would mean."""

    @pytest.fixture(autouse=True)
    def _two_weeks(self, program: Program) -> None:
        lines = [f"2026-03-{day:02} 07:00,{18194 + 9 * day}.4" for day in range(1, 15)]
        text = "timestamp,meterValue\n" + "\n".join(lines) + "\n"
        assert program("bulk-import", "-", stdin=text).code == 0

    def test_in_the_dialogue(self, at_terminal: Callable[..., Terminal], program: Program) -> None:
        """It can be typed again, and then it is that which is stored."""
        ours = at_terminal("record", "--at", "2026-03-15 07:00")
        ours.until("meterValue [kWh]: ")
        ours.type("18392.4\n")
        ours.until("18392.4 kWh would be 72 kWh in 24 h; usually 9 kWh a day")
        ours.until("with 9 and 2 the other way round it would be 18329.4 kWh: 9 kWh in 24 h")
        ours.until("Keep 18392.4? [y/N]: ")
        ours.type("\n")
        ours.until("meterValue [kWh]: ")
        ours.type("18329.4\n")
        ours.until("inverterKWh [kWh]: ")
        ours.type("\n")
        assert ours.ends() == 0
        assert stored(program)[-1] == ("meter", 18329.4)

    def test_less_than_before_in_the_dialogue(
        self, at_terminal: Callable[..., Terminal], program: Program
    ) -> None:
        """What would be found of it is told as soon as it is typed; who keeps it is asked once."""
        ours = at_terminal("record", "--at", "2026-03-15 07:00")
        ours.until("meterValue [kWh]: ")
        ours.type("1832.94\n")
        ours.until("  1832.94 kWh is less than the 18320.4 kWh 24 h before (less_than_previous)")
        ours.until("with the point one digit further right it would be 18329.4 kWh")
        ours.until("Keep 1832.94? [y/N]: ")
        ours.type("y\n")
        ours.until("inverterKWh [kWh]: ")
        ours.type("\n")
        assert ours.ends() == 0
        assert "Store it all the same?" not in ours.seen
        assert stored(program)[-1] == ("meter", 1832.94)

    def test_who_is_asked_for_values_only(self, at_terminal: Callable[..., Terminal]) -> None:
        """With --yes each answer is taken as it is."""
        ours = at_terminal("record", "--yes", "--at", "2026-03-15 07:00")
        ours.until("meterValue [kWh]: ")
        ours.type("18392.4\n")
        ours.until("inverterKWh [kWh]: ")
        ours.type("\n")
        assert ours.ends() == 0
        assert "Keep" not in ours.seen

    def test_kept(self, at_terminal: Callable[..., Terminal], program: Program) -> None:
        """Who says yes is believed, and not asked a second time."""
        ours = at_terminal("record", "18392.4", "--at", "2026-03-15 07:00")
        ours.until("meter looks wrong: 18392.4 kWh would be 72 kWh in 24 h")
        ours.until("Store it all the same?")
        ours.type("y\n")
        assert ours.ends() == 0
        assert stored(program)[-1] == ("meter", 18392.4)

    def test_a_moment_after_a_reading(self, at_terminal: Callable[..., Terminal]) -> None:
        """A point that was left out is seen at once, however little time has gone by."""
        ours = at_terminal("record", "183204", "--at", "2026-03-14 07:01")
        ours.until("meter looks wrong: 183204 kWh would be 164883.6 kWh in 1 min")
        ours.until("with a point before the last digit it would be 18320.4 kWh: 0 kWh in 1 min")
        ours.until("Store it all the same?")

    def test_less_than_before(self, at_terminal: Callable[..., Terminal]) -> None:
        """What is found of it comes first, then what may have been meant."""
        ours = at_terminal("record", "1832.94", "--at", "2026-03-15 07:00")
        ours.until("meter looks wrong: 1832.94 kWh is less than the 18320.4 kWh 24 h before")
        ours.until("with the point one digit further right it would be 18329.4 kWh: 9 kWh in 24 h")
        ours.until("Store it all the same?")

    def test_a_decimal_comma(self, at_terminal: Callable[..., Terminal]) -> None:
        """Whose numbers are written with a comma is asked with one."""
        ours = at_terminal(
            "record", "18392.4", "--at", "2026-03-15 07:00", METERCTL_DECIMAL_MARK=","
        )
        ours.until("meter looks wrong: 18392,4 kWh would be 72 kWh in 24 h")
        ours.until("it would be 18329,4 kWh")

    @pytest.mark.parametrize("more", [("--yes",), ("--json",)])
    def test_who_is_not_asked(
        self, at_terminal: Callable[..., Terminal], program: Program, more: tuple[str, ...]
    ) -> None:
        """Nobody is asked who has said yes before, or who is a program."""
        ours = at_terminal("record", "18392.4", "--at", "2026-03-15 07:00", *more)
        assert ours.ends() == 0
        assert "would be" not in ours.seen
        assert stored(program)[-1] == ("meter", 18392.4)
