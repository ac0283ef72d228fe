"""`push-utility` by each adapter, against the sandbox: set up, checked, shown, pushed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from meterctl.sandbox.energytracker import ELECTRICITY
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli
from tests.sandbox.talk import ask

DAYS = ("2026-11-18 20:00", "2026-11-19 20:00", "2026-11-20 20:00")


class Utility(NamedTuple):
    """One utility of the sandbox, as a customer sets it up."""

    name: str
    path: str = ""  # behind the origin
    config: str = ""
    user: str = ""
    meter: str = "meter"
    factor: int = 1  # of its own units in one of the meter's


UTILITIES = (
    Utility("energytracker", config=f'[meters.meter]\ndevice = "{ELECTRICITY.id}"'),
    Utility("mindergas", meter="gas"),
    Utility(
        "volkszaehler",
        config='[meters.meter]\nuuid = "12345678-1234-1234-1234-123456789abc"',
    ),
    Utility("pvoutput", user="12345", meter="inverter", factor=1000),
    Utility(
        "kraken",
        path="/v1/graphql/",
        config='region = "uk"\naccount = "A-5A4DB0C5"\n[meters.meter]\nmpan = "1200000000001"\n'
        'serial = "21L0000001"\nregister = "1"',
    ),
    Utility(
        "kraken",
        path="/de/v1/graphql/",
        config='region = "de"\naccount = "A-DE5A4DB0"\n[meters.meter]\nid = "501"\nobis = "1.8.0"',
    ),
)


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """All of them, at one port."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


@pytest.fixture(params=UTILITIES, ids=lambda one: f"{one.name}{one.path}")
def utility(
    request: pytest.FixtureRequest,
    other_side: Rehearsal,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Utility:
    """One of them, set up, with three readings due."""
    one: Utility = request.param
    origin = urlsplit(other_side.settings["METERCTL_UTILITY_URL"])
    monkeypatch.setenv("METERCTL_UTILITY_ADAPTER", one.name)
    monkeypatch.setenv("METERCTL_UTILITY_URL", f"http://{origin.netloc}{one.path}")
    monkeypatch.setenv("METERCTL_UTILITY_TOKEN", other_side.settings["METERCTL_UTILITY_TOKEN"])
    monkeypatch.setenv("METERCTL_UTILITY_SINCE", "2026-11-01")
    if one.user:
        monkeypatch.setenv("METERCTL_UTILITY_USER", one.user)
    if one.config:
        (tmp_path / "mine.toml").write_text(one.config)
        monkeypatch.setenv("METERCTL_UTILITY_CONFIG", str(tmp_path / "mine.toml"))
    if one.meter == "gas":
        added = cli("meters", "add", "gas", "--unit", "m³", "--direction", "consumption")
        assert added.code == 0, added.err
    if one.meter != "meter":
        assert cli("meters", "set", "meter", "--no-submit").code == 0
        assert cli("meters", "set", one.meter, "--submit").code == 0
    for count, at in enumerate(DAYS):
        assert cli("record", f"{one.meter}={count + 10}", "--at", at).code == 0
    return one


def taken(other_side: Rehearsal, utility: Utility) -> list[float]:
    """What the utility took, in the meter's unit."""
    port = urlsplit(other_side.settings["METERCTL_UTILITY_URL"]).port
    assert port is not None
    found = ask(port, "GET", f"/sandbox/{utility.name}/submissions").json["submissions"]
    values = [one["value"] if "value" in one else one["reading"] for one in found]
    return sorted(float(value) / utility.factor for value in values)


def test_pushed(utility: Utility, other_side: Rehearsal, cli: Cli) -> None:
    """It is checked and shown without a request; three are taken, proven, and never again."""
    token = other_side.settings["METERCTL_UTILITY_TOKEN"]
    assert cli("config", "check").code == 0
    shown = cli("push-utility", "--dry-run", "--show-requests")
    assert (shown.code, token in shown.out) == (0, False)
    assert taken(other_side, utility) == []
    ran = cli("push-utility", "--json")
    assert (ran.code, ran.json["accepted"], ran.err) == (0, 3, ""), ran
    assert all(one["receipt"] for one in ran.json["submissions"])
    assert cli("push-utility") == (0, "nothing is due\n", "")
    assert taken(other_side, utility) == [10, 11, 12]
    assert cli("health", "--json").json["status"] in ("pass", "warn")


@pytest.mark.fault(24)
def test_wrong_token(
    utility: Utility, other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not let us: one line, and all is there when the token is right again."""
    if utility.name == "volkszaehler":  # whoever reaches it may write
        return
    monkeypatch.setenv("METERCTL_UTILITY_TOKEN", "wr0ng-t0ken")
    ran = cli("push-utility", "--quiet")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (77, "", 1), ran
    assert "wr0ng" not in ran.err
    assert taken(other_side, utility) == []
    monkeypatch.setenv("METERCTL_UTILITY_TOKEN", other_side.settings["METERCTL_UTILITY_TOKEN"])
    assert cli("push-utility", "--quiet").code == 0
    assert taken(other_side, utility) == [10, 11, 12]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[meters.meter\n", "mine.toml:1:14"),
        ('[meters.meter]\ndevice = "x"\n[submitt]\n', "mine.toml:3:1: submitt"),
        ('[submit]\njson = { value = "{vlaue}" }\n', "mine.toml:2:1: submit.json"),
    ],
)
def test_wrong_file(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, place: str
) -> None:
    """Both `config check` and a push say where it is wrong: file, line, column, key."""
    (tmp_path / "mine.toml").write_text(text)
    monkeypatch.setenv("METERCTL_UTILITY_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("METERCTL_UTILITY_CONFIG", str(tmp_path / "mine.toml"))
    checked = cli("config", "check")
    assert (checked.code, place in checked.out) == (78, True), checked
    pushed = cli("push-utility")
    assert (pushed.code, place in pushed.err) == (78, True), pushed
    assert cli("health").code == 78


def test_one_reading_a_day(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A utility that is told days cannot get every reading: the setting is named."""
    monkeypatch.setenv("METERCTL_UTILITY_ADAPTER", "mindergas")
    monkeypatch.setenv("METERCTL_UTILITY_TOKEN", "t")
    monkeypatch.setenv("METERCTL_UTILITY_POLICY", "every")
    ran = cli("push-utility", "--dry-run")
    assert (ran.code, "METERCTL_UTILITY_POLICY" in ran.err) == (78, True)


@pytest.fixture
def tracker(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """EnergyTracker's file, still empty, and a reading that is due there."""
    file = tmp_path / "mine.toml"
    file.touch()
    monkeypatch.setenv("METERCTL_UTILITY_ADAPTER", "energytracker")
    monkeypatch.setenv("METERCTL_UTILITY_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("METERCTL_UTILITY_TOKEN", "t")
    monkeypatch.setenv("METERCTL_UTILITY_CONFIG", str(file))
    assert cli("record", "142.3").code == 0
    return file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "device"),
        (
            '[meters.mter]\ndevice = "x"',
            "[meters.mter]: there is no such meter, only meter, inverter",
        ),
        ('[meters.meter]\ndevise = "x"', "device"),
    ],
)
def test_meter_that_the_file_does_not_name(tracker: Path, cli: Cli, text: str, said: str) -> None:
    """Found before a night is lost: by a check, a dry run, health; a push says so too."""
    tracker.write_text(text)
    checked = cli("config", "check")
    assert (checked.code, said in checked.out) == (78, True), checked
    tried = cli("push-utility", "--dry-run")
    assert "dry run: 1 due, 1 of which cannot be sent as things are" in tried.out
    assert "cannot be sent: meter meter" in tried.out
    found = cli("health", "--json")
    assert found.json["checks"]["utility:meter"][0]["status"] == "warn"
    pushed = cli("push-utility", "--quiet")
    assert (pushed.code, pushed.out, len(pushed.err.splitlines())) == (78, "", 1), pushed
    tracker.write_text('[meters.meter]\ndevice = "x"')
    assert cli("config", "check").code == 0
    assert cli("push-utility", "--dry-run").out.endswith("dry run: 1 due\n")


def test_folder_that_is_not_there(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A check says so, and is content once it is."""
    (tmp_path / "mine.toml").write_text('folder = "out"\nformat = "csv"\n')
    monkeypatch.setenv("METERCTL_UTILITY_ADAPTER", "file")
    monkeypatch.setenv("METERCTL_UTILITY_CONFIG", str(tmp_path / "mine.toml"))
    checked = cli("config", "check")
    assert (checked.code, "there is no folder" in checked.out) == (78, True), checked
    (tmp_path / "out").mkdir()
    assert cli("config", "check").code == 0
