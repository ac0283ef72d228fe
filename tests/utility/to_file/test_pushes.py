"""`meterctl push-utility` into a folder, as a household runs it each night."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.utility.to_file.folder import CSV, files


@pytest.fixture(autouse=True)
def _settings(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings that lead to the folder."""
    (place / "utility.toml").write_text(CSV, encoding="utf-8")
    monkeypatch.setenv("METERCTL_UTILITY_ADAPTER", "file")
    monkeypatch.setenv("METERCTL_UTILITY_CONFIG", str(place / "utility.toml"))
    monkeypatch.setenv("METERCTL_UTILITY_SINCE", "2026-01-01")


def test_night_after_night(cli: Cli, place: Path) -> None:
    """Each reading is in one file, whose name is its receipt; a night without one makes none."""
    for day in ("01", "02"):
        assert cli("record", f"1{day}", "--at", f"2026-03-{day} 20:00").code == 0
        for _ in range(2):
            assert cli("push-utility", "--quiet") == (0, "", "")
    contents = files(place)
    assert [content.count("\r\n") for content in contents.values()] == [2, 2]
    ran = cli("submissions", "list", "--json")
    told = {(one["state"], one["receipt"]) for one in ran.json["submissions"]}
    assert told == {("accepted", name) for name in contents}


def test_a_look_before(cli: Cli, place: Path) -> None:
    """What would be there is shown, and nothing is."""
    assert cli("record", "142.3", "--at", "2026-03-01 20:00").code == 0
    ran = cli("push-utility", "--dry-run", "--show-requests")
    assert ran.code == 0
    assert "meterctl-2026-03-01-" in ran.out
    assert ";142.3;kWh;" in ran.out
    assert files(place) == {}


def test_a_folder_that_went_missing(cli: Cli, place: Path) -> None:
    """One line says so; when it is back, the next run goes on."""
    assert cli("record", "142.3", "--at", "2026-03-01 20:00").code == 0
    (place / "outbox").rename(place / "gone")
    ran = cli("push-utility", "--quiet")
    assert (ran.code, ran.out) == (78, "")
    assert f"there is no folder {place / 'outbox'}" in ran.err
    (place / "gone").rename(place / "outbox")
    assert cli("push-utility", "--quiet").code == 0
    assert len(files(place)) == 1


def test_a_value_that_the_settings_leave_out(cli: Cli, place: Path) -> None:
    """The others are put there; this one stays due until the settings let it through."""
    config = place / "utility.toml"
    config.write_text(f"{CSV}[csv]\ndecimals = 1\n", encoding="utf-8")
    for day, value in (("01", "101"), ("02", "101.25"), ("03", "102")):
        assert cli("record", value, "--at", f"2026-03-{day} 20:00").code == 0
    ran = cli("push-utility", "--quiet")
    assert ran.code == 3
    assert "101.25 kWh has more decimals in kWh than are written (1)" in ran.err
    assert [content.count("\r\n") for content in files(place).values()] == [3]
    again = cli("push-utility", "--quiet")
    assert (again.code, again.out) == (78, "")
    config.write_text(CSV, encoding="utf-8")
    assert cli("push-utility", "--quiet") == (0, "", "")
    assert sum(";101.25;" in content for content in files(place).values()) == 1
