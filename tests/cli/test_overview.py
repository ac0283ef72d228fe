"""`meterctl` alone: what a person sees first."""

from __future__ import annotations

from pathlib import Path

import pytest
import time_machine

from tests.conftest import Cli


@pytest.fixture(autouse=True)
def _at_noon() -> object:
    """A noon to come: files from the future would be told as a clock's fault."""
    with time_machine.travel("2027-03-01T11:00:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def read(cli: Cli) -> None:
    """Two evenings, and this morning."""
    for at, value in (("2027-02-27 19:00", "100"), ("2027-02-28 19:00", "109")):
        assert cli("record", value, "--at", at).code == 0
    assert cli("record", "113.5", "inverter=0.75", "--at", "2027-03-01 08:30").code == 0


def test_before_the_first_reading(cli: Cli, ledger_path: Path) -> None:
    """How to begin, and where the ledger will be; looking makes nothing."""
    ran = cli()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("No reading yet. To begin:\n\n  meterctl record 142.3 ")
    assert f"the ledger: {ledger_path}, made on first use" in ran.out
    assert not ledger_path.exists()


@pytest.mark.usefixtures("read")
def test_with_readings(cli: Cli) -> None:
    """The newest of each meter, today's use beside yesterday's, and what one may type next."""
    ran = cli()
    assert (ran.code, ran.err) == (0, "")
    head, meter, inverter, *rest = ran.out.splitlines()
    assert head.split() == ["newest", "read", "today", "yesterday"]
    assert meter == "meter     113.5 kWh  08:30, 3 h ago   4.5 kWh      9 kWh"
    assert inverter == "inverter   0.75 kWh  08:30, 3 h ago  0.75 kWh          -"
    assert rest[:2] == ["", "nothing needs attention"]
    assert "  meterctl record 142.3      store what the dial says" in rest


@pytest.mark.usefixtures("read")
def test_it_fits_a_screen(cli: Cli) -> None:
    """24 lines of 80 columns, also with many meters: those read last, and how many more."""
    for number in range(12):
        assert cli("meters", "add", f"meter-{number}").code == 0
    lines = cli().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith("meter ")
    assert "and 6 more: meterctl current" in lines


def test_a_use_that_reaches_far_back(cli: Cli) -> None:
    """A use over days is not taken for today's: since when it counts is said."""
    cli("record", "100", "--at", "2027-02-20 19:00")
    cli("record", "150", "--at", "2027-03-01 08:00")
    assert "50 kWh since 2027-02-20          -" in cli().out


@pytest.mark.usefixtures("read")
def test_what_needs_attention(cli: Cli) -> None:
    """What health finds, with what to do."""
    cli("record", "99", "--at", "2027-03-01 09:00")
    ran = cli()
    assert "needs attention:\n  ledger:findings: " in ran.out
    assert "(meterctl review)" in ran.out
    assert "nothing needs attention" not in ran.out


@pytest.mark.usefixtures("read")
def test_what_is_queued(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each destination that is set up, and the command that brings it there."""
    assert "queued" not in cli().out
    monkeypatch.setenv("METERCTL_UTILITY_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("METERCTL_UTILITY_SINCE", "2027-02-27")
    assert "queued: 3 readings for the utility (meterctl push-utility)" in cli().out


def test_the_ledger_cannot_be_read(cli: Cli, ledger_path: Path) -> None:
    """As of any command: the error, and its code."""
    ledger_path.parent.mkdir(exist_ok=True)
    ledger_path.write_bytes(b"not a ledger" * 100)
    ran = cli()
    assert (ran.code, ran.out) == (74, "")
    assert ran.err.startswith("meterctl: ")


@pytest.mark.usefixtures("read")
def test_another_ledger(cli: Cli) -> None:
    """The options of all commands are heard."""
    assert cli("--ledger", "other.db").out.startswith("No reading yet")
