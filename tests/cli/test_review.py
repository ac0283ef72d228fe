"""`review`: what waits for a person, also when it is much, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Cli


class TestManyReadingsThatLookWrong:
    """A meter was swapped and nobody told: each reading since is less than the last before."""

    @pytest.fixture(autouse=True)
    def _a_swap_untold(self, cli: Cli) -> None:
        cli("record", "4990", "--at", "2025-12-31 07:00")
        cli("record", "5000", "--at", "2026-01-01 07:00")
        rows = "".join(f"2026-02-{day:02}T07:00:00Z,{day}\n" for day in range(1, 29))
        Path("new.csv").write_text(f"timestamp,meterValue\n{rows}")
        assert cli("bulk-import", "new.csv").code == 0

    def test_a_screenful_is_listed(self, cli: Cli) -> None:
        """The rest is counted, and the way out of all of them named."""
        ran = cli("review")
        assert ran.out.count("wrong? meterctl correct") == 20
        assert "8 more; --json lists all of them" in ran.err
        assert "meterctl meters replace" in ran.err
        assert len(cli("review", "--json").json["readings"]) == 28

    def test_the_swap_is_told(self, cli: Cli) -> None:
        """Then none of them looks wrong."""
        swap = ("--at", "2026-01-31 12:00", "--final", "5100")
        assert cli("meters", "replace", "meter", *swap).code == 0
        assert cli("review").out == "no reading looks wrong\n"


def test_reviewing_only_looks(cli: Cli, ledger_path: Path) -> None:
    """Where nothing is recorded yet, no ledger comes to be."""
    assert cli("review").out == "no reading looks wrong\n"
    assert not ledger_path.exists()
