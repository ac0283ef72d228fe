"""The shortest way through the program, as a process of its own."""

from __future__ import annotations

from tests.conftest import Program


def test_first_record_then_current(program: Program) -> None:
    """A first record needs no set-up; `current` then shows it, exactly."""
    recorded = program("record", "142.3", "--inverter-kwh", "5.42", "--json")
    assert recorded.code == 0, recorded.err
    shown = program("current", "--json")
    assert (shown.json["meterValue"], shown.json["inverterKWh"]) == (142.3, 5.42)
