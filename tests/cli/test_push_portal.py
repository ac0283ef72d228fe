"""`push-utility` by a web form in a real browser: alone, and where the API took nothing.

The sandbox plays both sides, and each counts what it took.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from meterctl.samples import PORTAL
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli
from tests.sandbox.talk import ask

METER = "1EMH0012345678"  # of the samples


@pytest.fixture
def other_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Iterator[Rehearsal]:
    """A utility with an API and a form, and one reading due.

    The form's list has one of last month: an empty list would be waited for, it may be loading.
    """
    with rehearsing(tmp_path / "other-side") as rehearsal:
        for name, text in rehearsal.settings.items():
            if "_UTILITY_" in name or "_PORTAL_" in name:
                monkeypatch.setenv(name, text)
        monkeypatch.setenv("METERCTL_PORTAL_CONFIG", str(PORTAL))
        monkeypatch.setenv("METERCTL_UTILITY_POLICY", "monthly")  # as the form takes them
        assert cli("record", "142.3").code == 0
        last_month = datetime.now(UTC).replace(day=1) - timedelta(days=1)
        fields = {"meter": METER, "date": last_month.date().isoformat(), "value": "100"}
        port = port_of_portal(rehearsal)
        assert ask(port, "POST", "/sandbox/readings", json.dumps(fields)).status == 200
        yield rehearsal


def of_portal(other_side: Rehearsal) -> list[dict[str, Any]]:
    """What the form took."""
    port = port_of_portal(other_side)
    found: list[dict[str, Any]] = ask(port, "GET", "/sandbox/submissions").json["submissions"]
    return found


def port_of_portal(other_side: Rehearsal) -> int:
    """Where the form is."""
    port = urlsplit(other_side.settings["METERCTL_PORTAL_URL"]).port
    assert port is not None
    return port


def counted(other_side: Rehearsal) -> tuple[int, int]:
    """How many readings the API took, and how many the form."""
    return len(other_side.accepted()), len(of_portal(other_side))


@pytest.mark.fault(26)
def test_api_that_does_not_let_us_in(
    other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form takes it, proven by its list; that it was the form is said, and kept."""
    monkeypatch.setenv("METERCTL_UTILITY_TOKEN", "wrong")
    ran = cli("push-utility")
    assert ran.code == 0, ran
    assert ran.err.startswith("sent by the portal: it does not let us")
    assert counted(other_side) == (0, 1)
    (taken,) = of_portal(other_side)
    assert taken["receipt"] in ran.out
    shown = cli("submissions", "show", "1").out
    assert "attempt 1, api" in shown
    assert "attempt 2, portal" in shown
    monkeypatch.setenv("METERCTL_UTILITY_TOKEN", other_side.utility["METERCTL_UTILITY_TOKEN"])
    assert cli("push-utility") == (0, "nothing is due\n", "")
    assert counted(other_side) == (0, 1)


@pytest.mark.fault(26)
def test_api_out_of_reach(other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent, as every success under cron is."""
    monkeypatch.setenv("METERCTL_UTILITY_URL", "http://127.0.0.1:1/v1")
    assert cli("push-utility", "--quiet") == (0, "", "")
    assert counted(other_side) == (0, 1)


def test_api_that_loses_its_answer(other_side: Rehearsal, cli: Cli) -> None:
    """The API took it, perhaps: it is asked, and no browser is started."""
    other_side.goes_wrong('service = "utility"\nmethod = "POST"\ndo = "reset-after"')
    ran = cli("push-utility", "--json")
    assert (ran.code, ran.json["submissions"][0]["channel"]) == (0, "api")
    assert counted(other_side) == (1, 0)


@pytest.mark.fault(26)
def test_api_that_stays_silent(other_side: Rehearsal, cli: Cli) -> None:
    """What is in doubt stays in doubt, and never goes to the form."""
    other_side.goes_wrong(
        'service = "utility"\nmethod = "POST"\ndo = "reset-after"\n'
        '[[fault]]\nservice = "utility"\nmethod = "GET"\ntimes = 0\ndo = "body"\nbody = "<html>"'
    )
    ran = cli("push-utility", "--json")
    assert (ran.code, ran.json["unknown"]) == (76, 1)
    assert counted(other_side) == (1, 0)
    other_side.goes_wrong("")
    assert cli("push-utility", "--quiet") == (0, "", "")
    assert counted(other_side) == (1, 0)


def test_one_a_month(other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that takes one reading a month is no place for one a day: the setting is named."""
    monkeypatch.setenv("METERCTL_UTILITY_POLICY", "daily")
    ran = cli("push-utility", "--quiet")
    assert (ran.code, "METERCTL_UTILITY_POLICY=monthly" in ran.err) == (78, True)
    assert counted(other_side) == (0, 0)


def test_form_alone(other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A utility that has no API; the picture and the page are kept, for this user alone."""
    for name in other_side.utility:
        monkeypatch.delenv(name)
    assert cli("config", "check").code == 0
    assert cli("push-utility", "--dry-run", "--show-requests").code == 0
    assert counted(other_side) == (0, 0)
    ran = cli("push-utility", "--json")
    assert (ran.code, ran.json["accepted"]) == (0, 1), ran
    assert ran.json["submissions"][0]["channel"] == "portal"
    assert counted(other_side) == (0, 1)
    pictures = list((Path(ran_ledger(cli)).parent / "evidence").iterdir())
    assert {one.suffix for one in pictures} == {".png", ".html"}
    assert all(one.stat().st_mode & 0o777 == 0o600 for one in pictures)
    assert "evidence" in cli("submissions", "show", "1").out
    password = other_side.settings["METERCTL_PORTAL_PASSWORD"].encode()
    assert all(password not in one.read_bytes() for one in pictures)


def test_health_asks_the_form(
    other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It logs in, enters nothing, and leaves neither a browser nor what that wrote."""
    for name in other_side.utility:
        monkeypatch.delenv(name)
    room = Path("/tmp") / tmp_path.name[:20]  # Chromium needs a short one
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    try:
        found = cli("health", "--online", "--json")
        (online,) = found.json["checks"]["utility:online"]
        assert (online["status"], online["output"]) == ("pass", "it answers, and knows us")
        assert list(room.iterdir()) == []
        assert counted(other_side) == (0, 0)
    finally:
        shutil.rmtree(room)


def test_health_asks_both_ways(other_side: Rehearsal, cli: Cli) -> None:
    """A form that is the second way is asked as well: it is too late to learn of it at night."""
    found = cli("health", "--online", "--json")
    for name in ("utility:online", "portal:online"):
        (one,) = found.json["checks"][name]
        assert (one["status"], one["output"]) == ("pass", "it answers, and knows us")
    assert counted(other_side) == (0, 0)


def test_health_without_a_browser(
    other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure with or without asking, since a push could not even begin; it says what to do."""
    monkeypatch.setenv("METERCTL_PORTAL_BROWSER", "/nowhere/chromium")
    for arguments in ((), ("--online",)):
        found = cli("health", "--json", *arguments)
        (one,) = found.json["checks"]["utility"]
        assert (found.code, one["status"]) == (78, "fail")
        assert "browser" in one["output"]
        assert one["hint"]
    assert counted(other_side) == (0, 0)


def ran_ledger(cli: Cli) -> str:
    """Where the ledger is."""
    return str(cli("config", "show", "--json").json["METERCTL_LEDGER"]["value"])


def test_wrong_password(other_side: Rehearsal, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither way lets us in: one line, no secret, and the reading is queued."""
    monkeypatch.setenv("METERCTL_UTILITY_TOKEN", "wr0ng-t0ken")
    monkeypatch.setenv("METERCTL_PORTAL_PASSWORD", "wr0ng-passw0rd")
    ran = cli("push-utility", "--quiet")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (77, "", 1), ran
    assert "wr0ng" not in ran.err
    assert counted(other_side) == (0, 0)
    (one,) = cli("submissions", "list", "--json").json["submissions"]
    assert one["state"] == "due"
