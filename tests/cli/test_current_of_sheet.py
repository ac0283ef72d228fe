"""`meterctl current --from-sheet`: what the Sheet holds, whoever wrote it, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli


@pytest.fixture
def other_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """A Sheet."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        for name, text in rehearsal.sheet.items():
            monkeypatch.setenv(name, text)
        yield rehearsal


@pytest.fixture
def here(cli: Cli, monkeypatch: pytest.MonkeyPatch, ledger_path: Path) -> Cli:
    """The program with another ledger, which has written nothing."""

    class _Here(Cli):
        def __init__(self) -> None:
            """Nothing of its own."""

        def __call__(self, *arguments: str) -> Any:  # noqa: ANN401 (what the other one returns)
            with monkeypatch.context() as patch:
                patch.setenv("METERCTL_LEDGER", f"sqlite:///{ledger_path.parent}/here.db")
                return cli(*arguments)

    return _Here()


def seen(cli: Cli) -> dict[str, float | None]:
    """Each meter's newest value in the Sheet."""
    ran = cli("current", "--from-sheet", "--json")
    assert (ran.code, ran.err) == (0, "")
    return {one["meter"]: one["value"] for one in ran.json["readings"]}


@pytest.mark.usefixtures("other_side")
def test_nothing_there(here: Cli) -> None:
    """An empty spreadsheet holds no reading."""
    assert not any(seen(here).values())
    assert "no reading yet" in here("current", "--from-sheet").out


@pytest.mark.usefixtures("other_side")
def test_of_another_ledger(cli: Cli, here: Cli) -> None:
    """The newest by its time, not by its row."""
    assert cli("record", "142.3", "inverter=17", "--at", "2026-11-20 10:00").code == 0
    assert cli("record", "130", "--at", "2026-11-10 10:00").code == 0
    assert seen(here) == {"meter": 142.3, "inverter": 17}
    ran = here("current", "meter", "--from-sheet")
    assert (ran.code, ran.err) == (0, "")
    assert "142.3 kWh" in ran.out
    assert "2026-11-20 10:00" in ran.out
    assert "17" not in ran.out.split("2026")[0]


@pytest.mark.usefixtures("other_side")
def test_corrected_and_voided(cli: Cli, here: Cli) -> None:
    """A later row that says so is what counts."""
    assert cli("record", "130", "--at", "2026-11-10 10:00").code == 0
    ran = cli("record", "142.3", "--at", "2026-11-20 10:00", "--json")
    name = ran.json["readings"][0]["id"]
    assert cli("correct", name, "142.5", "--reason", "misread").code == 0
    assert cli("sync", "--quiet").code == 0
    assert seen(here) == {"meter": 142.5, "inverter": None} or seen(here) == {"meter": 142.5}
    assert cli("void", name, "--reason", "wrong meter").code == 0
    assert cli("sync", "--quiet").code == 0
    assert seen(here)["meter"] == 130


def test_changes_nothing(other_side: Rehearsal, cli: Cli, here: Cli, ledger_path: Path) -> None:
    """Neither ledger nor Sheet is written to: a ledger that is not there is not made."""
    assert cli("record", "142.3", "--at", "2026-11-20 10:00").code == 0
    assert seen(here)["meter"] == 142.3
    assert not (ledger_path.parent / "here.db").exists()
    before = other_side.requests()
    assert seen(here)["meter"] == 142.3
    assert other_side.requests() > before  # it is asked each time


def test_queued_here(other_side: Rehearsal, cli: Cli) -> None:
    """What the Sheet does not have is not shown."""
    assert cli("record", "142.3", "--at", "2026-11-20 10:00", "--offline").code == 0
    assert not any(seen(cli).values())
    assert other_side.requests() > 0


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("METERCTL_SHEETS_URL", "http://127.0.0.1:1", 75),
        ("METERCTL_SHEET_ID", "1" + "A" * 43, 78),
        ("METERCTL_SHEET_ID", "", 78),
        ("METERCTL_GOOGLE_CREDENTIALS", "/nowhere/key.json", 78),
    ],
)
@pytest.mark.usefixtures("other_side")
def test_out_of_reach(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, text: str, code: int
) -> None:
    """One line, and nothing that could be taken for an answer."""
    monkeypatch.setenv(name, text)
    ran = cli("current", "--from-sheet")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (code, "", 1)


@pytest.mark.parametrize("more", [(), ("--json",), ("--from-sheet",)])
def test_watch_off_a_terminal(cli: Cli, more: tuple[str, ...]) -> None:
    """`--watch` is for a person."""
    ran = cli("current", "--watch", *more)
    assert (ran.code, ran.out) == (2, "")
    assert "--watch is for a terminal" in ran.err
