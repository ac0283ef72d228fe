"""What a run tells of itself, and where: by the real program, at a terminal and without one."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Program
from tests.helpers import Ran, meterctl_environment

Event = dict[str, Any]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the log is when nobody says: beside the ledger."""
    return tmp_path / "data" / "meterctl.log"


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """A Google and a utility."""
    with rehearsing(tmp_path / "other-side") as made:
        yield made


def events(path: Path) -> list[Event]:
    """What stands in a log."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def names(found: Sequence[Event]) -> list[str]:
    """Of events."""
    return [one["event"] for one in found]


def at_a_terminal(tmp_path: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    """Run the program with a terminal as its stderr; its exit code, and what was shown there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "meterctl", *arguments],
        env=meterctl_environment(tmp_path) | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65_536):
            shown += piece
    except OSError:  # Linux's way to say that the other end is closed
        pass
    os.close(ours)
    return process.wait(60), shown.decode().replace("\r\n", "\n")


class TestWithoutATerminal:
    """By cron, or in a script."""

    def test_a_job(self, program: Program, log: Path, other_side: Rehearsal) -> None:
        """It tells all that it did, in the order it did it, under one id."""
        program("record", "5", "--offline", **other_side.settings)
        assert program("sync", "--quiet", **other_side.settings) == Ran(0, "", "")
        found = events(log)
        assert names(found) == ["run.begun", "batch.landed", "run.ended"]
        assert {one["command"] for one in found} == {"sync"}
        assert len({one["run"] for one in found}) == 1
        assert found[-1]["exit_code"] == 0
        assert 0 < found[-1]["seconds"] < 60
        assert all(one["time"].endswith("Z") and len(one["time"]) == 24 for one in found)

    def test_a_submission(self, program: Program, log: Path, other_side: Rehearsal) -> None:
        """Reading key, submission, attempt, outcome, receipt and duration: in one grep."""
        program("record", "5", "--at", "2026-03-01T06:00:00Z", **other_side.utility)
        since = {"METERCTL_UTILITY_SINCE": "2026-01-01"}
        assert program("push-utility", "--quiet", **other_side.utility, **since).code == 0
        found = [one for one in events(log) if one["command"] == "push-utility"]
        by_name = {one["event"]: one for one in found}
        assert by_name["attempt.begun"]["channel"] == "api"
        assert by_name["attempt.ended"]["outcome"] == "accepted"
        assert by_name["attempt.ended"]["attempt"] == 1
        assert by_name["attempt.ended"]["seconds"] >= 0
        accepted = by_name["submission.accepted"]
        assert accepted["key"] == "meter@2026-03-01T06:00:00Z"
        assert accepted["receipt"] == other_side.accepted()[0]["receipt"]

    def test_a_doubt(self, program: Program, log: Path, other_side: Rehearsal) -> None:
        """That it arose, and how it was settled, both stand there."""
        program("record", "5", "--offline", **other_side.sheet)
        other_side.goes_wrong('do = "reset-after"\nservice = "sheets"\nmethod = "POST"\nskip = 1')
        program("sync", "--quiet", **other_side.sheet)
        found = names(events(log))
        assert found.index("batch.unknown") < found.index("batch.landed")

    def test_an_import(self, program: Program, log: Path) -> None:
        """It is told by its counts, not entry by entry."""
        Path("r.csv").write_text("timestamp,meterValue\n2026-03-05T06:00:00Z,150\n")
        assert program("bulk-import", "r.csv").code == 0
        found = events(log)
        assert names(found) == ["run.begun", "import.ended", "run.ended"]
        assert (found[1]["recorded"], found[1]["rejected"]) == (1, 0)

    def test_a_dry_run(self, program: Program, log: Path) -> None:
        """It tells of nothing that was not done."""
        program("record", "5")
        Path("r.csv").write_text("timestamp,meterValue\n2026-03-05T06:00:00Z,150\n")
        assert program("bulk-import", "--dry-run", "r.csv").code == 0
        assert names(events(log)) == ["run.begun", "run.ended"]

    @pytest.mark.parametrize("command", [("record", "5"), ("current",), ("history",)])
    def test_a_success_that_the_ledger_tells(
        self, program: Program, log: Path, command: tuple[str, ...]
    ) -> None:
        """No file is made for it: a loop of a thousand `record`s writes no second ledger."""
        assert program(*command).code == 0
        assert not log.exists()

    def test_a_success_that_is_asked_for(self, program: Program, log: Path) -> None:
        """With the setting, it stands there: which entry, which readings, no value."""
        ran = program("record", "142.3", "--at", "2026-03-01T06:00:00Z", METERCTL_LOG=str(log))
        assert ran.err == ""
        found = events(log)
        assert names(found) == ["run.begun", "entry.written", "run.ended"]
        assert found[1]["keys"] == ["meter@2026-03-01T06:00:00Z"]
        assert (found[1]["entry"], found[1]["kind"], found[1]["readings"]) == (1, "record", 1)
        assert "142" not in log.read_text().replace(found[0]["time"], "").replace(
            str(found[0]["pid"]), ""
        ).replace(found[0]["run"], "")

    def test_a_delivery(self, program: Program, log: Path, other_side: Rehearsal) -> None:
        """`record` tells of it, and then also of what led to it."""
        assert program("record", "5", **other_side.sheet).code == 0
        assert names(events(log)) == ["run.begun", "entry.written", "batch.landed", "run.ended"]

    def test_a_failure(self, program: Program, log: Path) -> None:
        """Its kind and code stand there; what was typed does not."""
        program("record", "5")
        assert program("record", "my5ecret").code == 65
        found = events(log)
        assert names(found) == ["run.begun", "run.ended"]
        assert (found[1]["level"], found[1]["exit_code"]) == ("error", 65)
        assert found[1]["error"] == "bad_value"
        assert "my5ecret" not in log.read_text()

    def test_what_may_pass(self, program: Program, log: Path) -> None:
        """A Google that is out of reach is a warning, and says what kept it."""
        Path("key.json").write_text("{}")
        program("record", "5")
        ran = program(
            "push-utility",
            "--quiet",
            METERCTL_UTILITY_URL="http://127.0.0.1:9/",
            METERCTL_UTILITY_TOKEN="t0ken-t0ken",
        )
        assert ran.code == 75
        found = events(log)
        assert "pause" in names(found)
        assert (found[-1]["level"], found[-1]["error"]) == ("warning", "unreachable")
        assert "refused the connection" in found[-1]["message"]

    def test_a_bug(self, tmp_path: Path, program: Program, log: Path) -> None:
        """Its trace stands there, in one line, without values."""
        (tmp_path / "hook").mkdir()
        (tmp_path / "hook" / "sitecustomize.py").write_text(
            "import meterctl.services.current as module\n"
            "def current(*_, **__):\n"
            "    value = '142.3'\n"
            "    raise ZeroDivisionError(value)\n"
            "module.current = current\n"
        )
        program("record", "5")
        settings = {"PYTHONPATH": str(tmp_path / "hook"), "TMPDIR": str(tmp_path)}
        assert program("current", **settings).code == 1
        (bug,) = (one for one in events(log) if one["event"] == "bug")
        assert bug["kind"] == "ZeroDivisionError"
        assert bug["trace"].endswith("ZeroDivisionError: #\n")
        assert "Traceback" in bug["trace"]

    def test_nothing_was_ever_stored(self, program: Program, log: Path) -> None:
        """Then nothing is made for a log either: looking creates nothing."""
        assert program("void", "meter@2026-03-01T06:00:00Z", "--reason", "r").code != 0
        program("push-utility", "--quiet")
        assert not log.parent.exists() or not log.exists() or (log.parent / "ledger.db").exists()

    def test_mode(self, program: Program, log: Path) -> None:
        """It is the owner's alone."""
        program("record", "5")
        program("backup", "b")
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


class TestAtATerminal:
    """A person sits there."""

    def test_by_default(self, tmp_path: Path, log: Path) -> None:
        """Nothing is shown, nothing is kept: they see what happens."""
        assert at_a_terminal(tmp_path, "record", "5") == (0, "")
        code, shown = at_a_terminal(tmp_path, "sync")
        assert code == 78
        assert len(shown.splitlines()) == 1
        assert not log.exists()

    @pytest.mark.parametrize("place", [0, 1, 4], ids=["before", "behind", "at the end"])
    def test_verbose(self, tmp_path: Path, log: Path, place: int) -> None:
        """-v shows events in words, wherever it stands."""
        words = ["record", "5", "--at", "2026-03-01T06:00:00Z"]
        code, shown = at_a_terminal(tmp_path, *words[:place], "-v", *words[place:])
        assert code == 0
        begun, written, ended = shown.splitlines()
        assert " info    run.begun pid=" in begun
        assert " info    entry.written entry=1 kind=record source=cli readings=1 keys=" in written
        assert " info    run.ended exit_code=0 seconds=" in ended
        assert not log.exists()

    def test_more_verbose(self, tmp_path: Path, other_side: Rehearsal) -> None:
        """-vv shows each request: no query, no header, no token."""
        code, shown = at_a_terminal(tmp_path, "-vv", "record", "5", **other_side.sheet)
        assert code == 0
        requests = [line for line in shown.splitlines() if " request " in line]
        assert any("method=POST" in one and "path=/token status=200" in one for one in requests)
        assert any(":batchUpdate status=200 seconds=" in one for one in requests)
        assert "?" not in "".join(requests)
        assert "run.begun" in shown

    def test_most_verbose(self, tmp_path: Path) -> None:
        """-vvv shows where an error came from; without it nobody sees a traceback."""
        code, shown = at_a_terminal(tmp_path, "-vv", "record", "5x", "-v")  # counted together
        assert code == 65
        assert "Traceback (most recent call last):\n" in shown
        assert "QuantityError: '5x' has letters" in shown
        assert "Traceback" not in at_a_terminal(tmp_path, "-vv", "record", "5x")[1]

    def test_a_log_that_is_set(self, tmp_path: Path, log: Path) -> None:
        """It is kept here too."""
        settings = {"METERCTL_LOG": str(log)}
        assert at_a_terminal(tmp_path, "record", "5", **settings) == (0, "")
        assert names(events(log))[-1] == "run.ended"


class TestTheSetting:
    """METERCTL_LOG."""

    def test_off(self, program: Program, log: Path) -> None:
        """Nothing is kept."""
        program("record", "5")
        program("sync", METERCTL_LOG="off")
        assert not log.exists()

    def test_stderr(self, program: Program, log: Path) -> None:
        """JSON lines on stderr; data stays alone on stdout."""
        ran = program("record", "5", METERCTL_LOG="stderr")
        assert names([json.loads(line) for line in ran.err.splitlines()]) == [
            "run.begun",
            "entry.written",
            "run.ended",
        ]
        assert "undo:" in ran.out
        assert not log.exists()

    def test_stderr_and_verbose(self, program: Program) -> None:
        """-vv adds what is `debug`, as JSON: nothing stands there twice."""
        ran = program("-vv", "record", "5", METERCTL_LOG="stderr")
        assert len([json.loads(line) for line in ran.err.splitlines()]) == 3

    @pytest.mark.parametrize("how", ["set", "found"])
    def test_the_journal(self, tmp_path: Path, how: str, log: Path) -> None:
        """Lines carry their priority; systemd says by device and inode which stream is its own."""
        with (tmp_path / "stream").open("w+b") as stream:
            is_at = os.fstat(stream.fileno())
            settings = (
                {"METERCTL_LOG": "journal"}
                if how == "set"
                else {"JOURNAL_STREAM": f"{is_at.st_dev}:{is_at.st_ino}"}
            )
            done = subprocess.run(
                [sys.executable, "-m", "meterctl", "sync", "--quiet"],
                env=meterctl_environment(tmp_path) | settings,
                stdout=subprocess.DEVNULL,
                stderr=stream,
                check=False,
            )
            assert done.returncode == 78
            stream.seek(0)
            lines = stream.read().decode().splitlines()
        told = [line for line in lines if line.startswith("<")]
        assert [line[:3] for line in told] == ["<6>", "<3>"]
        assert names([json.loads(line[3:]) for line in told]) == ["run.begun", "run.ended"]
        assert not log.exists()

    def test_another_streams_journal(self, program: Program, log: Path) -> None:
        """A shell in a service inherits the variable: where stderr is not that stream, the file."""
        program("record", "5")
        program("sync", JOURNAL_STREAM="1:2")
        assert names(events(log)) == ["run.begun", "run.ended"]

    def test_a_path_in_the_env_file(self, tmp_path: Path, program: Program) -> None:
        """It is relative to that file, wherever cron starts us."""
        file = tmp_path / "settings" / ".env"
        file.parent.mkdir()
        file.write_text("METERCTL_LOG=./m.log\n")
        file.chmod(0o600)
        program("record", "5", METERCTL_ENV_FILE=str(file))
        assert names(events(tmp_path / "settings" / "m.log"))[0] == "run.begun"

    @pytest.mark.parametrize("text", ["syslog", "of", "logs/"])
    def test_a_word_that_is_none(self, program: Program, text: str) -> None:
        """Probably a slip: said in one line; the reading is stored, and no file of that name."""
        ran = program("record", "5", METERCTL_LOG=text)
        assert ran.code == 0
        (line,) = ran.err.splitlines()
        assert "METERCTL_LOG" in line
        assert not Path(text).exists()
        assert program("config", "check", METERCTL_LOG=text).code == 78

    def test_a_name_that_a_terminal_would_act_on(self, program: Program, tmp_path: Path) -> None:
        """The trouble with it is told in one line, and shown as it is."""
        ran = program("record", "5", METERCTL_LOG=f"{tmp_path}/no\x1b[31m\n/m.log")
        assert ran.code == 0
        assert "no\\x1b[31m\\n/m.log cannot be written" in ran.err
        assert len(ran.err.splitlines()) == 1

    def test_help(self, program: Program) -> None:
        """The option is in the help."""
        assert "-v, --verbose" in program("--help").out
        assert "METERCTL_LOG" in program("config", "show").out


def test_two_workers(tmp_path: Path, log: Path) -> None:
    """A server of several processes keeps one log, whose lines are whole."""
    import httpx

    from tests.http.served import served

    with served(tmp_path, "--workers", "2", METERCTL_LOG=str(log)) as server:
        for _ in range(4):
            assert httpx.get(f"{server.url}/health").status_code == 200
    found = [one for one in events(log) if one["command"] == "serve"]
    assert names(found)[0] == "run.begun"
    assert (names(found)[-1], found[-1]["exit_code"]) == ("run.ended", 0)
