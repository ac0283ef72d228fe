"""`meterctl push-utility` against the sandbox's utility: exit codes, forms, and never twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.ledger.sqlite import open_for_writing
from meterctl.services.push import JOB
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Cli, Program
from tests.helpers import NOW, meterctl_environment

COUNTS = ("accepted", "already", "rejected", "unknown", "pending")


@pytest.fixture
def other_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """A utility to push to, with one reading due."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        for name, text in rehearsal.utility.items():
            monkeypatch.setenv(name, text)
        yield rehearsal


@pytest.fixture
def due(other_side: Rehearsal, cli: Cli) -> str:  # noqa: ARG001 (it sets the settings)
    """The id of a reading that is due."""
    ran = cli("record", "142.3", "--json")
    assert ran.code == 0
    return str(ran.json["readings"][0]["id"])


def counts(form: dict[str, object]) -> dict[str, object]:
    """The counts that are not zero."""
    return {name: form[name] for name in COUNTS if form[name]}


def states(cli: Cli) -> list[str]:
    """The states of all submissions, newest first."""
    return [one["state"] for one in cli("submissions", "list", "--json").json["submissions"]]


def one_line(err: str) -> str:
    """What was said on stderr, which is one line."""
    (line,) = err.splitlines()
    return line


class TestDone:
    def test_json(self, due: str, other_side: Rehearsal, cli: Cli) -> None:
        """One object; the receipt is the utility's own."""
        ran = cli("push-utility", "--json")
        assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
        assert list(ran.json) == [*COUNTS, "submissions", "withheld"]
        assert counts(ran.json) == {"accepted": 1}
        (there,) = other_side.accepted()
        (one,) = ran.json["submissions"]
        assert one == {
            "id": 1,
            "reading": due,
            "meter": "meter",
            "timestamp": due.partition("@")[2],
            "value": 142.3,
            "unit": "kWh",
            "state": "accepted",
            "receipt": there["receipt"],
            "attempts": 1,
            "channel": "api",
            "error": None,
        }

    @pytest.mark.usefixtures("due")
    def test_for_people(self, cli: Cli) -> None:
        """The receipt and a count."""
        ran = cli("push-utility")
        assert (ran.code, ran.err) == (0, "")
        assert "accepted  R-000001" in ran.out
        assert ran.out.splitlines()[-1] == "1 accepted"

    @pytest.mark.usefixtures("due")
    def test_again(self, other_side: Rehearsal, cli: Cli) -> None:
        """A second run has nothing to do, and asks nobody."""
        assert cli("push-utility").code == 0
        before = other_side.requests()
        ran = cli("push-utility")
        assert (ran.code, ran.out.strip(), ran.err) == (0, "nothing is due", "")
        assert other_side.requests() == before
        assert len(other_side.accepted()) == 1

    @pytest.mark.usefixtures("due")
    def test_quiet(self, cli: Cli) -> None:
        """Nothing is printed, with something to do and without."""
        assert cli("push-utility", "--quiet") == (0, "", "")
        assert cli("push-utility", "--quiet") == (0, "", "")
        assert states(cli) == ["accepted"]

    @pytest.mark.usefixtures("other_side")
    def test_nothing_recorded(self, cli: Cli) -> None:
        """A new ledger has nothing due."""
        ran = cli("push-utility", "--json")
        assert (ran.code, counts(ran.json), ran.json["submissions"]) == (0, {}, [])

    @pytest.mark.usefixtures("due")
    def test_other_meter(self, other_side: Rehearsal, cli: Cli) -> None:
        """A meter that is not submitted is refused, with the step that changes that."""
        ran = cli("push-utility", "--meter", "inverter")
        assert ran.code == 65
        assert "meterctl meters set inverter --submit" in one_line(ran.err)
        assert other_side.accepted() == []

    def test_older(self, other_side: Rehearsal, cli: Cli) -> None:
        """What is older than the first push is withheld, said, and sent when asked for."""
        assert cli("record", "100", "--at", "2026-03-01 10:00").code == 0
        ran = cli("push-utility")
        assert ran.code == 0
        assert "withheld: 1 reading of meter" in ran.out
        assert "push-utility --since DATE sends them" in ran.out
        assert other_side.accepted() == []
        assert counts(cli("push-utility", "--since", "2026-03-01", "--json").json) == {
            "accepted": 1
        }

    @pytest.mark.usefixtures("due")
    def test_a_day_to_come(self, cli: Cli) -> None:
        """It would be kept by the first push, and then nothing be due for long."""
        ran = cli("push-utility", "--since", "2099-01-01")
        assert (ran.code, ran.out) == (2, "")
        assert "2099-01-01 is yet to come" in one_line(ran.err)
        assert cli("push-utility", "--json").code == 0

    @pytest.mark.parametrize("day", ["2026-03", "2026-02-30", "soon", "", "20260301"])
    @pytest.mark.usefixtures("due")
    def test_no_day(self, cli: Cli, day: str) -> None:
        """`--since` takes a day and nothing else."""
        ran = cli("push-utility", "--since", day)
        assert (ran.code, ran.out) == (2, "")
        assert "2026-03-01" in one_line(ran.err)


class TestDryRun:
    def test_asks_nobody(self, due: str, other_side: Rehearsal, cli: Cli) -> None:
        """It says what would be sent; no request is made, nothing is written down."""
        before = other_side.requests()
        ran = cli("push-utility", "--dry-run", "--json")
        assert (ran.code, counts(ran.json)) == (0, {"pending": 1})
        (one,) = ran.json["submissions"]
        assert (one["id"], one["reading"], one["state"], one["attempts"]) == (None, due, "due", 0)
        assert other_side.requests() == before
        assert states(cli) == []

    @pytest.mark.usefixtures("due")
    def test_for_people(self, cli: Cli) -> None:
        """It says that it is one; with `--quiet`, nothing."""
        assert cli("push-utility", "--dry-run").out.splitlines()[-1] == "dry run: 1 due"
        assert cli("push-utility", "--dry-run", "--quiet") == (0, "", "")

    @pytest.mark.usefixtures("due")
    def test_shows_its_requests(self, other_side: Rehearsal, cli: Cli) -> None:
        """As they would leave, but for the token; nobody is asked."""
        ran = cli("push-utility", "--dry-run", "--show-requests")
        assert ran.code == 0
        assert f"POST {other_side.utility['METERCTL_UTILITY_URL']}" in ran.out.splitlines()
        assert "Authorization: Bearer ***" in ran.out.splitlines()
        assert '"value": 142.3' in ran.out
        (request,) = cli("push-utility", "--dry-run", "--show-requests", "--json").json["requests"]
        assert request in ran.out
        assert other_side.utility["METERCTL_UTILITY_TOKEN"] not in ran.out
        assert other_side.accepted() == []
        assert cli("push-utility", "--json").json["accepted"] == 1

    @pytest.mark.usefixtures("due")
    def test_show_requests_alone(self, other_side: Rehearsal, cli: Cli) -> None:
        """It is no push: it says how to look."""
        ran = cli("push-utility", "--show-requests")
        assert ran.code == 2
        assert "--dry-run --show-requests" in one_line(ran.err)
        assert other_side.accepted() == []

    @pytest.mark.usefixtures("due")
    def test_take_over(self, cli: Cli) -> None:
        """A person's word is not passed over in silence."""
        ran = cli("push-utility", "--dry-run", "--take-over")
        assert ran.code == 2
        assert "takes nothing over" in one_line(ran.err)


class TestNotDone:
    def test_rejected(self, due: str, other_side: Rehearsal, cli: Cli) -> None:
        """Partly done, with where to look; it is not sent again by itself."""
        other_side.set_utility('{"max_value": 100}')
        ran = cli("push-utility", "--json")
        assert (ran.code, counts(ran.json)) == (3, {"rejected": 1})
        assert "more than 100" in ran.json["submissions"][0]["error"]
        error = json.loads(one_line(ran.err))["error"]
        assert (error["code"], error["hint"]) == ("partly_done", "meterctl submissions show 1")
        ran = cli("push-utility", "--json")
        assert (ran.code, ran.json["withheld"][0]["reason"]) == (0, "rejected")
        assert cli("submissions", "show", due, "--json").json["state"] == "rejected"

    def test_one_of_two_rejected(self, due: str, other_side: Rehearsal, cli: Cli) -> None:
        """What can be accepted is, whatever becomes of the other."""
        other_side.set_utility('{"max_value": 150}')
        assert cli("meters", "set", "inverter", "--submit").code == 0
        assert cli("record", "inverter=900").code == 0
        ran = cli("push-utility", "--json")
        assert (ran.code, counts(ran.json)) == (3, {"accepted": 1, "rejected": 1})
        (there,) = other_side.accepted()
        assert there["timestamp"] == due.partition("@")[2]

    @pytest.mark.usefixtures("due")
    def test_while_another_runs(self, other_side: Rehearsal, cli: Cli, ledger_path: Path) -> None:
        """One line, and nobody is asked."""
        other = open_for_writing(ledger_path, NOW)
        try:
            with other.holding(JOB):
                ran = cli("push-utility", "--quiet")
        finally:
            other.close()
        assert (ran.code, ran.out) == (75, "")
        assert one_line(ran.err)
        assert other_side.accepted() == []

    @pytest.mark.parametrize("form", [(), ("--json",), ("--quiet",)])
    @pytest.mark.usefixtures("due")
    def test_wrong_token(
        self,
        other_side: Rehearsal,
        cli: Cli,
        monkeypatch: pytest.MonkeyPatch,
        form: tuple[str, ...],
    ) -> None:
        """Not allowed: one line with the setting to mend, and no trace of the token."""
        monkeypatch.setenv("METERCTL_UTILITY_TOKEN", "not-the-right-one")
        ran = cli("push-utility", *form)
        assert ran.code == 77
        line = one_line(ran.err)
        assert "METERCTL_UTILITY_TOKEN" in line
        assert "not-the-right-one" not in ran.out + ran.err
        if form == ("--json",):
            assert json.loads(line)["error"]["code"] == "not_allowed"
            assert counts(ran.json) == {"pending": 1}
        assert states(cli) == ["due"]
        monkeypatch.setenv("METERCTL_UTILITY_TOKEN", other_side.utility["METERCTL_UTILITY_TOKEN"])
        assert cli("push-utility", "--quiet") == (0, "", "")
        assert len(other_side.accepted()) == 1

    @pytest.mark.usefixtures("due")
    def test_refused_connection(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """A passing failure: one line, and what is queued is said."""
        monkeypatch.setenv("METERCTL_UTILITY_URL", "http://127.0.0.1:1/v1")
        ran = cli("push-utility", "--quiet")
        assert (ran.code, ran.out) == (75, "")
        assert "127.0.0.1:1 refused the connection" in one_line(ran.err)
        assert "1 reading stays queued" in ran.err

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("METERCTL_UTILITY_URL", ""),
            ("METERCTL_UTILITY_URL", "http://utility.example/v1"),
            ("METERCTL_UTILITY_URL", "ftp://127.0.0.1/v1"),
            ("METERCTL_UTILITY_SINCE", "yesterday"),
            ("METERCTL_UTILITY_POLICY", "hourly"),
        ],
    )
    @pytest.mark.usefixtures("due")
    def test_settings(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, text: str
    ) -> None:
        """A setting that is missing or wrong is named."""
        monkeypatch.setenv(name, text)
        ran = cli("push-utility")
        assert (ran.code, ran.out) == (78, "")
        assert name in one_line(ran.err)

    @pytest.mark.usefixtures("due")
    def test_page(self, other_side: Rehearsal, cli: Cli) -> None:
        """A page instead of an answer leaves in doubt whether it was taken; it then is found."""
        other_side.goes_wrong(
            'service = "utility"\ntimes = 0\ndo = "body"\nbody = "<html>hi</html>"'
        )
        ran = cli("push-utility", "--json")
        assert ran.code == 76
        assert json.loads(one_line(ran.err))["error"]["code"] == "nonsense"
        assert counts(ran.json) == {"unknown": 1}
        other_side.goes_wrong("")
        assert counts(cli("push-utility", "--json").json) == {"accepted": 1}
        assert len(other_side.accepted()) == 1


class TestTheAnswerIsLost:
    @pytest.mark.usefixtures("due")
    def test_in_one_run(self, other_side: Rehearsal, cli: Cli) -> None:
        """The connection breaks after it was accepted: the same run finds that out."""
        other_side.goes_wrong('service = "utility"\nmethod = "POST"\ndo = "reset-after"')
        ran = cli("push-utility", "--json")
        assert (ran.code, counts(ran.json)) == (0, {"accepted": 1})
        assert ran.json["submissions"][0]["receipt"] == "R-000001"
        assert len(other_side.accepted()) == 1

    @pytest.mark.usefixtures("due")
    def test_killed_there(
        self, other_side: Rehearsal, cli: Cli, program: Program, tmp_path: Path
    ) -> None:
        """Killed as it waits for the answer: the next run asks, and sends nothing."""
        other_side.goes_wrong('service = "utility"\nmethod = "POST"\ndo = "hang-after"')
        process = subprocess.Popen(
            [sys.executable, "-m", "meterctl", "push-utility"],
            env=meterctl_environment(tmp_path) | other_side.utility,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 20
            while not other_side.accepted():
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.02)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            assert process.wait(20) == -signal.SIGKILL
        assert states(cli) == ["sending"]
        ran = program("push-utility", "--json", **other_side.utility)
        assert (ran.code, counts(ran.json)) == (0, {"accepted": 1})
        (there,) = other_side.accepted()
        (one,) = ran.json["submissions"]
        assert (one["receipt"], one["attempts"]) == (there["receipt"], 1)
        (held,) = cli("submissions", "list", "--json").json["submissions"]
        assert (held["state"], held["receipt"]) == ("accepted", there["receipt"])
        assert held["key"] == there["key"]
