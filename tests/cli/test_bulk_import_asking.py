"""`meterctl bulk-import` with a person at a terminal: what a file leaves open is asked."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import Cli, Program
from tests.terminal import Terminal

HEADER = "Time,Energie (Wh)\n"
CLEAR = HEADER + "29.10.2023,20125\n30.10.2023,9250\n"
OPEN_DATES = HEADER + "10/12/2022,20125\n"
NO_HEADER = "2025-01-01 00:00,100.5\n2025-01-02 00:00,105.5\n2025-01-03 00:00,111\n"
OPEN_NUMBERS = HEADER + '29.10.2023,"1,234"\n30.10.2023,"2,345"\n'


@pytest.fixture
def importing(at_terminal: Callable[..., Terminal]) -> Callable[..., Terminal]:
    """Begin `bulk-import` at a terminal."""
    return partial(at_terminal, "bulk-import")


@pytest.fixture(autouse=True)
def _files() -> None:
    Path("clear.csv").write_text(CLEAR, encoding="utf-8")
    Path("dates.csv").write_text(OPEN_DATES, encoding="utf-8")
    Path("numbers.csv").write_text(OPEN_NUMBERS, encoding="utf-8")


def stored(program: Program) -> list[tuple[str, str, float]]:
    """Each stored reading's meter, time and value."""
    readings = json.loads(program("history", "--json").out)["readings"]
    return [(one["meter"], one["timestamp"], one["value"]) for one in readings]


def test_new_meters_agreed_to(importing: Callable[..., Terminal], program: Program) -> None:
    """What the file was taken for and whose each column would be is shown; yes makes the meters."""
    ours = importing("clear.csv")
    ours.until("clear.csv: solaredge: SolarEdge portal, energy")
    ours.until("solaredge-generation-daily  kWh   interval  generation  -       new")
    ours.until("Make 1 new meter [y/N]: ")
    ours.type("perhaps\n")
    ours.until("Make 1 new meter [y/N]: ")
    ours.type("y\n")
    assert ours.ends() == 0
    assert stored(program) == [
        ("solaredge-generation-daily", "2023-10-29T23:00:00Z", 20.125),
        ("solaredge-generation-daily", "2023-10-30T23:00:00Z", 9.25),
    ]


def test_told_once(importing: Callable[..., Terminal]) -> None:
    """What was shown before the question is not repeated after it."""
    ours = importing("clear.csv")
    ours.until("[y/N]: ")
    ours.type("y\n")
    assert ours.ends() == 0
    assert ours.seen.count("meant in Europe/Berlin") == 1


def test_unit_as_it_is_typed(importing: Callable[..., Terminal]) -> None:
    """Any unit will do, however it is written; the flag is named as the unit is kept."""
    Path("plain.csv").write_text(NO_HEADER, encoding="utf-8")
    ours = importing("plain.csv", "--kind", "register")
    ours.until("Which is it: kWh or Wh or MWh or m³: ")
    ours.type("furlong\n")
    ours.until("unknown unit 'furlong'")
    ours.until("Which is it: ")
    ours.type("m3\n")
    ours.until("--unit m³ says so beforehand")
    ours.until("[y/N]: ")
    ours.type("y\n")
    assert ours.ends() == 0


@pytest.mark.parametrize("answer", ["n\n", "\n"], ids=["no", "enter"])
def test_new_meters_refused(
    importing: Callable[..., Terminal], program: Program, answer: str
) -> None:
    """The file is refused with the flags that would take it; 65."""
    ours = importing("clear.csv")
    ours.until("[y/N]: ")
    ours.type(answer)
    ours.until(
        "--create-meters makes solaredge-generation-daily; or --meter METER for one that is there"
    )
    assert ours.ends() == 65
    assert stored(program) == []


def test_stopped_at_the_question(importing: Callable[..., Terminal], program: Program) -> None:
    """Ctrl-C stores nothing; 130."""
    ours = importing("clear.csv")
    ours.until("[y/N]: ")
    ours.type("\x03")
    assert ours.ends() == 130
    assert "nothing was stored" in ours.seen
    assert stored(program) == []


def test_dates_that_can_be_read_two_ways(
    importing: Callable[..., Terminal], program: Program
) -> None:
    """Both ways are shown; the answer holds, and the flag that gives it beforehand is named."""
    ours = importing("dates.csv", "--map", "Energie (Wh)=inverter")
    ours.until("dates.csv:2:")
    ours.until("Which is it: dmy or mdy: ")
    ours.type("ymd\n")
    ours.until("answer dmy or mdy")
    ours.until("Which is it: dmy or mdy: ")
    ours.type("MDY\n")
    ours.until("--dates mdy says so beforehand; --save-profile NAME keeps it")
    assert ours.ends() == 0
    assert stored(program) == [("inverter", "2022-10-12T21:59:59Z", 20.125)]
    assert "October" in ours.seen
    assert "December" in ours.seen


def test_answers_kept(importing: Callable[..., Terminal], program: Program) -> None:
    """A profile keeps them, so that next month nobody is asked."""
    ours = importing("numbers.csv", "--map", "Energie (Wh)=inverter", "--save-profile", "roof")
    ours.until("Which is it: ")
    ours.type(",\n")
    ours.until("profile roof keeps --map 'Energie (Wh)=inverter' --format solaredge --decimal ,")
    assert ours.ends() == 0
    Path("next.csv").write_text(OPEN_NUMBERS.replace(".10.", ".11."), encoding="utf-8")
    ran = program("bulk-import", "next.csv")
    assert (ran.code, ran.err) == (0, "")
    assert [value for _, _, value in stored(program)] == [0.001234, 0.002345] * 2


@pytest.mark.parametrize(("name", "flag"), [("dates.csv", "--dates"), ("numbers.csv", "--decimal")])
def test_nobody_there_to_answer(cli: Cli, name: str, flag: str) -> None:
    """The file is refused at its place with the flag that answers; 65."""
    ran = cli("bulk-import", name, "--map", "Energie (Wh)=inverter")
    assert (ran.code, ran.out) == (65, "")
    assert ran.err.startswith(f"{name}:2:")
    assert flag in ran.err.splitlines()[0]


def test_question_before_the_bar(importing: Callable[..., Terminal], program: Program) -> None:
    """The bar comes after it: drawn sooner, it would hide what is asked and typed."""
    assert program("record", "1", "--at", "2020-01-01 07:00").code == 0
    lock = Path(os.environ["METERCTL_LEDGER"].removeprefix("sqlite:///") + ".lock")
    named = ("numbers.csv", "--map", "Energie (Wh)=inverter")
    ours = importing(*named, TERM="xterm-256color", COLUMNS="100")
    ours.until('Which is it: "." or ",": ')
    time.sleep(1.2)  # it would be drawn by now
    assert "%" not in ours.seen
    with lock.open("r+b") as held:  # so that it takes long enough to be drawn
        fcntl.flock(held, fcntl.LOCK_EX)
        ours.type(",\n")
        ours.until("numbers.csv: ")
        ours.until("%")
    assert ours.ends() == 0
    assert "2 readings recorded" in ours.seen


def test_json_never_asks(importing: Callable[..., Terminal]) -> None:
    """A program at a terminal gets an object and a failure; 65."""
    assert importing("dates.csv", "--json").ends() == 65


def test_dry_run_asks_too(importing: Callable[..., Terminal], program: Program) -> None:
    """What must be known is asked, but no meters are to be agreed to; nothing is stored."""
    ours = importing("dates.csv", "--dry-run")
    ours.until("Which is it: dmy or mdy: ")
    ours.type("dmy\n")
    ours.until("2022-12-10 00:00:00 CET to 2022-12-11 00:00:00 CET")
    assert ours.ends() == 65
    assert stored(program) == []
