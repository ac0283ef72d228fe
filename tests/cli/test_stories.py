"""Stories over several commands, in which each step is right and the end must be too."""

from __future__ import annotations

from pathlib import Path

import pytest

from meterctl.imports.blocks import Block
from meterctl.imports.canonical import in_blocks as canonical_blocks
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from meterctl.services.storing import Storing
from tests.conftest import Cli
from tests.helpers import NOW

HEADER = "timestamp,meterValue\n"


def a_file(*rows: str, name: str = "a.csv") -> str:
    """A file of the main meter's values, by day of 2025."""
    text = "".join(f"{row.split()[0]}T00:00:00Z,{row.split()[1]}\n" for row in rows)
    Path(name).write_text(HEADER + text)
    return name


def test_a_swap_told_after_readings_were_mended(cli: Cli) -> None:
    """What was voided stays void and what was corrected stays corrected, also at the new device."""
    file = a_file(
        "2025-01-01 100", "2025-02-01 200", "2025-04-01 20", "2025-05-01 9999", "2025-06-01 60"
    )
    cli("bulk-import", file)
    cli("void", "meter@2025-05-01T00:00:00Z", "--reason", "typo")
    cli("correct", "meter@2025-06-01T00:00:00Z", "61", "--reason", "misread")
    swap = ("meters", "replace", "meter", "--at", "2025-03-01T00:00:00Z", "--final", "300")
    assert cli(*swap).code == 0
    again = cli("bulk-import", file, "--json")
    assert (again.code, again.json["duplicates"], again.json["recorded"]) == (0, 5, 0)
    values = [one["value"] for one in cli("history", "--json").json["readings"]]
    assert values == [100, 200, 300, 0, 20, 61]
    assert cli(*swap).code == 0, "told again, it is done already"


def test_a_file_that_knows_of_no_swap(cli: Cli) -> None:
    """Its value at the very instant of the swap is the old device's, and known already."""
    file = a_file("2025-01-01 100", "2025-03-01 300", "2025-04-01 20")
    cli("bulk-import", file)
    at = "2025-03-01T00:00:00Z"
    cli("meters", "replace", "meter", "--at", at, "--final", "300")
    for more in ((), ("--replace", "latest")):
        again = cli("bulk-import", file, "--json", *more)
        assert (again.code, again.json["duplicates"]) == (0, 3)
    assert cli("record", "300", "--at", at, "--json").json["readings"][0]["status"] == "duplicate"
    assert cli("record", "301", "--at", at).code == 65


def test_a_final_value_with_a_slip(cli: Cli) -> None:
    """It is said at once, with the id that mends it."""
    cli("record", "48000", "--at", "2025-02-01T00:00Z")
    ran = cli("meters", "replace", "meter", "--at", "2025-03-01T00:00Z", "--final", "4821.7")
    assert "meter@2025-03-01T00:00:00Z~1 looks wrong: 4821.7 kWh is less than" in ran.err
    mend = ("meter@2025-03-01T00:00:00Z~1", "48217", "--reason", "the point slipped")
    assert cli("correct", *mend).code == 0
    assert cli("review").out == "no reading looks wrong\n"


def test_accepting_the_truth_beside_a_typo(cli: Cli) -> None:
    """The typo stays open, and does not count as use."""
    values = ("100", "110", "500", "130", "140")
    cli("bulk-import", a_file(*(f"2025-0{n}-01 {value}" for n, value in enumerate(values, 1))))
    cli("review", "meter@2025-04-01T00:00:00Z", "--accept", "130 is right")
    assert "meter  500 kWh" in cli("review").out
    (meter,) = cli("history", "meter", "--by", "month", "--json").json["meters"]
    assert sum(one["use"] or 0 for one in meter["periods"]) == 40


def test_fewer_digits_than_were_shown(cli: Cli) -> None:
    """They are refused: no dial of three digits has shown 5100."""
    cli("bulk-import", a_file("2025-01-10 5000", "2025-02-10 5100", "2025-03-10 100"))
    ran = cli("meters", "set", "meter", "--digits", "3")
    assert ran.code == 65
    assert "meter@2025-01-10T00:00:00Z is 5000 kWh: more than 3 digits" in ran.err
    assert cli("meters", "set", "meter", "--digits", "4").code == 0
    assert cli("meters", "set", "meter", "--digits", "0", "--json").json["digits"] is None


def test_what_was_declared_is_taken_back(cli: Cli) -> None:
    """`none` says that it is not known."""
    cli("meters", "set", "meter", "--max-per-hour", "5", "--tz", "Asia/Tokyo", "--obis", "1.8.1")
    clear = ("--max-per-hour", "none", "--tz", "none", "--obis", "none")
    after = cli("meters", "set", "meter", *clear, "--json").json
    assert (after["max_per_hour"], after["timezone"], after["obis"]) == (None, None, None)


def test_a_unit_after_everything_was_voided(cli: Cli) -> None:
    """It stays: a void reading can be given its value back."""
    cli("record", "5", "--at", "2025-01-01T00:00Z")
    cli("void", "meter@2025-01-01T00:00:00Z", "--reason", "x")
    assert cli("meters", "set", "meter", "--unit", "MWh").code == 65


def test_the_last_midnight_of_a_period(cli: Cli) -> None:
    """It closes the period, also when only that period is asked for."""
    rows = [f"2025-01-{day:02} 00:00,{day * 10}" for day in range(1, 32)]
    rows += ["2025-02-01 00:00,320", "2025-02-02 00:00,330"]
    Path("a.csv").write_text(HEADER + "\n".join(rows))
    cli("bulk-import", "a.csv")
    asked = ("history", "meter", "--since", "2025-01-01", "--until", "2025-01-31", "--csv")
    assert cli(*asked, "--by", "month").out.splitlines()[1:] == ["2025-01,meter,310,kWh"]
    days = cli(*asked, "--by", "day").out.splitlines()[1:]
    assert (len(days), days[-1]) == (31, "2025-01-31,meter,10,kWh")


class TestAnImportThatWasStopped:
    """After its first blocks, before anything was judged."""

    @pytest.fixture(autouse=True)
    def _stopped(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(canonical_blocks, "BLOCK_ROWS", 4)
        store = Storing.store
        blocks: list[object] = []

        def stops(storing: Storing, block: Block) -> None:
            blocks.append(block)
            if len(blocks) == 2:
                raise KeyboardInterrupt
            store(storing, block)

        monkeypatch.setattr(Storing, "store", stops)
        self.file = a_file(
            "2025-01-01 100",
            "2025-01-02 9000",
            "2025-01-03 120",
            "2025-01-04 130",
            "2025-01-05 140",
        )
        cli("bulk-import", self.file)
        monkeypatch.setattr(Storing, "store", store)

    def test_health(self, cli: Cli) -> None:
        """It says that not all of it is checked, and what does so."""
        assert "warn  ledger:judged: an import was stopped" in cli("health").out

    @pytest.mark.parametrize(
        ("command", "shown"),
        [
            (("history", "--by", "year"), "2025  meter  30 kWh"),
            (("review",), "meter  9000 kWh"),
            (("current", "meter"), "meter  130 kWh"),
        ],
        ids=["use", "review", "current"],
    )
    def test_looking_at_it(
        self, cli: Cli, ledger_path: Path, command: tuple[str, ...], shown: str
    ) -> None:
        """Finds out first what is true."""
        assert shown in cli(*command).out
        ledger = open_for_reading(ledger_path)
        assert ledger.unjudged() == []
        ledger.close()

    def test_imported_again(self, cli: Cli) -> None:
        """The rest is added, and what looks wrong in the first part is told."""
        assert cli("bulk-import", self.file, "--json").json["recorded"] == 1
        assert "meter  9000 kWh" in cli("review").out


def test_a_ledger_that_fails_in_the_middle_of_an_import(
    cli: Cli, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stored by then is said, instead of that nothing was."""
    monkeypatch.setattr(canonical_blocks, "BLOCK_ROWS", 2)
    file = a_file("2025-01-01 100", "2025-01-02 101", "2025-01-03 102")
    limited = open_for_writing(ledger_path, NOW)
    limited._db.run(
        "CREATE TRIGGER full BEFORE INSERT ON entry WHEN new.entry > 1"
        " BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    limited.close()
    import sqlite3

    from meterctl.errors import LedgerUnwritable
    from meterctl.ledger import sqlite_connection

    def translate(_error: sqlite3.Error, _path: Path | None) -> LedgerUnwritable:
        return LedgerUnwritable("the disk is full", "nothing was stored")

    monkeypatch.setattr(sqlite_connection, "translate", translate)
    ran = cli("bulk-import", file)
    assert ran.code == 74
    assert "(2 readings of a.csv are stored; when that is mended, the same command" in ran.err
