"""A command over many ledgers: each is run on its own, and one says what became of all."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from meterctl.cli import fleet as the_command
from meterctl.cli.fleet_order import MAY
from meterctl.ledger.sqlite import open_for_writing
from meterctl.services import fleet_run
from meterctl.services.fleet import result
from meterctl.services.push import JOB
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.cli.test_heartbeat import told
from tests.conftest import Cli, Program
from tests.faults.stopping import begun
from tests.helpers import NOW, meterctl_environment
from tests.terminal import Terminal
from tests.utility.wild import Wild, answer, answering, until_gone, wild


def hanging(server: Wild) -> dict[str, str]:
    """Settings that lead to a utility that takes a request, and never answers."""
    return {"METERCTL_UTILITY_URL": server.url, "METERCTL_UTILITY_SINCE": "2026-01-01"}


class Roofs:
    """Three ledgers in a folder, each with a reading of its own, and a list of them."""

    def __init__(self, folder: Path, cli: Cli) -> None:
        self.folder = folder
        self.list = folder / "roofs.txt"
        folder.mkdir()
        for number in (1, 2, 3):
            ran = cli(
                *("--ledger", f"sqlite:///{self.ledger(number)}", "record", f"{number}00.5"),
                *("--at", f"2026-03-01T06:00:0{number}Z", "--offline"),
            )
            assert ran.code == 0, ran.err
        self.list.write_text("# three roofs\nroof-1.db\nroof-2.db\nroof-3.db\n")

    def ledger(self, number: int) -> Path:
        """Where one of them is."""
        return self.folder / f"roof-{number}.db"

    def settings(self, number: int, text: str) -> Path:
        """Give one of them a settings file of its own, and list that in its place."""
        file = self.folder / f"roof-{number}.env"
        file.write_text(f"METERCTL_LEDGER=roof-{number}.db\n{text}\n")
        self.list.write_text(self.list.read_text().replace(f"roof-{number}.db", file.name))
        return file


@pytest.fixture
def roofs(tmp_path: Path, cli: Cli) -> Roofs:
    """The fleet of these tests."""
    return Roofs(tmp_path / "roofs", cli)


@pytest.fixture
def fleet(cli: Cli, roofs: Roofs) -> Callable[..., Any]:
    """Run a command over the three."""

    def run(*words: str) -> Any:  # noqa: ANN401 (a Ran)
        return cli("fleet", "--list", str(roofs.list), *words)

    return run


@pytest.fixture
def utility(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """A utility, and settings for all that lead to it; all they have is due."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        for name, text in rehearsal.utility.items():
            monkeypatch.setenv(name, text)
        monkeypatch.setenv("METERCTL_UTILITY_SINCE", "2026-01-01")
        yield rehearsal


Fleet = Callable[..., Any]


class TestOverAList:
    """What is run, and what is told."""

    def test_what_each_says(self, fleet: Fleet, roofs: Roofs) -> None:
        """Its address, and beneath it what it printed; at the end the sum of all."""
        ran = fleet("current")
        assert (ran.code, ran.err) == (0, "")
        for number in (1, 2, 3):
            after = ran.out.partition(f"{roofs.ledger(number)}: done\n")[2]
            assert after.splitlines()[0].split()[:3] == ["meter", f"{number}00.5", "kWh"]
        assert ran.out.splitlines()[-1].startswith("3 ledgers: 3 done; in ")

    def test_json(self, fleet: Fleet, roofs: Roofs) -> None:
        """One object, in the order of the list; values are as exact as ever."""
        ran = fleet("--json", "current")
        assert ran.code == 0
        form = ran.json
        assert {name: form[name] for name in form if name not in ("results", "seconds")} == {
            "command": "current",
            "ledgers": 3,
            "done": 3,
            "partly": 0,
            "busy": 0,
            "failed": 0,
            "not_run": 0,
        }
        assert [one["ledger"] for one in form["results"]] == [
            str(roofs.ledger(number)) for number in (1, 2, 3)
        ]
        assert [(one["exit"], one["error"]) for one in form["results"]] == [(0, None)] * 3
        assert '"meterValue": 300.5' in ran.out
        assert form["results"][0]["output"]["readings"][0]["meter"] == "meter"

    def test_quiet(self, fleet: Fleet, utility: Rehearsal) -> None:
        """Nothing is printed on full success, and all is done; and once only, done again."""
        assert fleet("--quiet", "push-utility") == (0, "", "")
        assert {one["value"] for one in utility.accepted()} == {100.5, 200.5, 300.5}
        assert fleet("push-utility", "--quiet") == (0, "", "")
        assert fleet("--quiet", "current") == (0, "", "")
        assert len(utility.accepted()) == 3

    @pytest.mark.parametrize("where", ["before", "behind"])
    def test_json_wherever_it_is_typed(self, fleet: Fleet, where: str) -> None:
        """It is meant for the whole: before the command or behind it."""
        ran = fleet("--json", "current") if where == "before" else fleet("current", "--json")
        assert ran.json["done"] == 3

    def test_one_fails(self, fleet: Fleet, roofs: Roofs) -> None:
        """The others are run all the same; it is told which, and why."""
        roofs.ledger(2).write_text("this is no ledger, and was none" * 100)
        ran = fleet("push-utility", "--dry-run")
        assert ran.code == 78
        ran = fleet("current")
        assert ran.code == 3
        assert f"{roofs.ledger(2)}: failed, 74 ledger: " in ran.out
        assert ran.out.splitlines()[-1].startswith("3 ledgers: 2 done, 1 failed; in ")
        assert ran.err == (
            f"meterctl: 1 of 3 ledgers not done: {roofs.ledger(2)}"
            " (run it again: what is done is not done twice)\n"
        )

    def test_one_fails_in_silence(self, fleet: Fleet, roofs: Roofs) -> None:
        """Cron mails the one that failed, the sum, and no more."""
        roofs.ledger(2).write_text("this is no ledger, and was none" * 100)
        ran = fleet("--quiet", "health")
        assert ran.code == 3
        told = [line for line in ran.out.splitlines() if not line.startswith("  ")]
        assert told[-2].startswith(f"{roofs.ledger(2)}: failed, 74 ledger")
        assert told[-1].startswith("3 ledgers: 2 done, 1 failed; in ")

    def test_one_fails_under_json(self, fleet: Fleet, roofs: Roofs) -> None:
        """Its error is in the object; that of the whole is on stderr."""
        roofs.ledger(3).write_text("this is no ledger, and was none" * 100)
        ran = fleet("--json", "current")
        assert ran.code == 3
        failed = ran.json["results"][2]
        assert (failed["exit"], failed["verdict"], failed["output"]) == (74, "failed", None)
        assert set(failed["error"]) == {"code", "message", "hint"}
        assert json.loads(ran.err)["error"]["code"] == "partly_done"

    def test_all_fail_for_one_reason(self, fleet: Fleet) -> None:
        """The fleet ends with it: what is set for all is wrong, say."""
        ran = fleet("push-utility")
        assert ran.code == 78
        assert "nothing got through at any ledger: METERCTL_UTILITY_URL is not set" in ran.err

    def test_more_output_than_is_kept(self, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of a ledger that says very much, the beginning is shown."""
        monkeypatch.setattr(the_command, "KEPT_TEXT", 20)
        ran = fleet("history")
        assert ran.code == 0
        assert ran.out.count("  ... and more, which is not kept\n") == 3

    def test_more_output_than_is_held(self, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of thousands, objects are held to the end; what has no room is null, and is told so."""
        monkeypatch.setattr(the_command, "MOST_KEPT", 500)  # one has some 300
        ran = fleet("--jobs", "1", "--json", "current")
        assert ran.code == 0
        outputs = [one["output"] is None for one in ran.json["results"]]
        assert (outputs[0], outputs[-1]) == (False, True)
        assert ran.err.count("... and more, which is not kept\n") == outputs.count(True)

    def test_from_stdin(self, program: Program, roofs: Roofs) -> None:
        """Whatever knows the ledgers may list them."""
        ran = program("fleet", "--list", "-", "--json", "current", stdin=f"{roofs.ledger(1)}\n")
        assert (ran.code, ran.json["ledgers"]) == (0, 1)

    def test_on_a_terminal(self, roofs: Roofs, at_terminal: Callable[..., Terminal]) -> None:
        """A bar shows how far it is; what was said comes after it."""
        lock = roofs.ledger(2).with_name("roof-2.db.lock")
        words = ("meters", "set", "meter", "--max-per-hour", "30")
        with lock.open("r+b") as held:  # so that it takes long enough to be drawn
            fcntl.flock(held, fcntl.LOCK_EX)
            terminal = at_terminal(
                *("fleet", "--list", str(roofs.list), *words),
                TERM="xterm-256color",
                COLUMNS="100",
            )
            terminal.until("ledgers ")
            terminal.until("%")
            assert "roof-1.db" not in terminal.seen
        terminal.until("3 ledgers: 3 done")
        assert terminal.ends() == 0
        assert all(f"roof-{number}.db" in terminal.seen for number in (1, 2, 3))

    @pytest.mark.usefixtures("utility")
    @pytest.mark.parametrize("words", [("push-utility", "--quiet"), ("push-utility", "--json")])
    def test_what_is_told_beside_it(
        self, fleet: Fleet, roofs: Roofs, words: tuple[str, ...]
    ) -> None:
        """A warning of one that is done comes through, whatever else is printed."""
        roofs.settings(2, "METERCTL_HEARTBEAT_URL=http://127.0.0.1:1/ping")
        ran = fleet(*words)
        assert ran.code == 0
        (line,) = [x for x in (ran.out + ran.err).splitlines() if "monitor was not told" in x]
        assert line.startswith(f"{roofs.ledger(2)}: meterctl: ")


class TestSettings:
    """What holds for all, and what a ledger has for itself."""

    def test_own_settings_come_first(
        self, fleet: Fleet, roofs: Roofs, utility: Rehearsal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Before what the environment says for all, the ledger among it; the rest holds."""
        roofs.settings(2, "METERCTL_UTILITY_TOKEN=wrong")
        monkeypatch.setenv("METERCTL_LEDGER", f"sqlite:///{roofs.ledger(1)}")
        ran = fleet("--json", "push-utility")
        assert ran.code == 3
        assert [one["exit"] for one in ran.json["results"]] == [0, 77, 0]
        assert {one["value"] for one in utility.accepted()} == {100.5, 300.5}

    def test_set_to_nothing(self, fleet: Fleet, roofs: Roofs, utility: Rehearsal) -> None:
        """A ledger may have nothing of what all others have."""
        roofs.settings(2, "METERCTL_UTILITY_URL=")
        ran = fleet("--json", "push-utility")
        assert [one["exit"] for one in ran.json["results"]] == [0, 78, 0]
        assert len(utility.accepted()) == 2

    def test_a_folder_of_them(self, fleet: Fleet, roofs: Roofs, utility: Rehearsal) -> None:
        """Each ledger's file is the one with its name; a file of nobody is told."""
        folder = roofs.folder / "settings"
        folder.mkdir()
        (folder / "roof-3.env").write_text("METERCTL_UTILITY_TOKEN=wrong\n")
        (folder / "rof-2.env").write_text("")
        ran = fleet("--settings", str(folder), "push-utility")
        assert ran.code == 3
        assert f"{roofs.ledger(3)}: failed, 77 not allowed: " in ran.out
        assert f"meterctl: {folder}/rof-2.env belongs to none of these ledgers\n" in ran.err
        assert len(utility.accepted()) == 2

    def test_settings_file_of_the_run(
        self, fleet: Fleet, roofs: Roofs, utility: Rehearsal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It holds for all, those with a file of their own too; its paths are relative to it."""
        folder = roofs.folder / "common"
        folder.mkdir()
        for name in utility.utility:
            monkeypatch.delenv(name)
        lines = [f"{name}={text}" for name, text in utility.utility.items()]
        (folder / ".env").write_text("\n".join([*lines, "METERCTL_LOG=log/all.log", ""]))
        (folder / ".env").chmod(0o600)
        (folder / "log").mkdir()
        monkeypatch.setenv("METERCTL_ENV_FILE", str(folder / ".env"))
        roofs.settings(2, "")
        assert fleet("--quiet", "push-utility") == (0, "", "")
        assert len(utility.accepted()) == 3
        events = [json.loads(x) for x in (folder / "log" / "all.log").read_text().splitlines()]
        begun = [one["command"] for one in events if one["event"] == "run.begun"]
        assert sorted(begun) == ["fleet", *["push-utility"] * 3]

    def test_secrets(self, fleet: Fleet, roofs: Roofs) -> None:
        """A password of an address is shown nowhere, whatever goes wrong with it."""
        roofs.list.write_text("postgresql://me:s3cret@127.0.0.1:1/home?schema=a\nroof-1.db\n")
        ran = fleet("current")
        assert ran.code == 3
        assert "postgresql://me@127.0.0.1:1/home?schema=a: failed, " in ran.out
        assert "s3cret" not in ran.out + ran.err

    def test_name_in_an_argument(self, fleet: Fleet, roofs: Roofs) -> None:
        """Each ledger's own stands there."""
        ran = fleet("--quiet", "backup", str(roofs.folder / "kept" / "{name}"))
        assert (ran.code, ran.err) == (0, "")
        assert sorted(one.name for one in (roofs.folder / "kept").iterdir()) == [
            "roof-1",
            "roof-2",
            "roof-3",
        ]

    def test_a_name_of_two(self, cli: Cli, roofs: Roofs) -> None:
        """Then it stands for neither, and nothing is run."""
        (roofs.folder / "other").mkdir()
        (roofs.folder / "other" / "roof-1.db").write_bytes(roofs.ledger(1).read_bytes())
        roofs.list.write_text("roof-1.db\nother/roof-1.db\n")
        ran = cli("fleet", "--list", str(roofs.list), "backup", str(roofs.folder / "{name}"))
        assert ran.code == 2
        assert "two ledgers are called roof-1" in ran.err


class TestOthersAtWork:
    """Another machine may run the same fleet at the same time."""

    def test_one_is_busy(self, fleet: Fleet, roofs: Roofs, utility: Rehearsal) -> None:
        """It is somebody's already: told, and no failure."""
        other = open_for_writing(roofs.ledger(2), NOW)
        try:
            with other.holding(JOB):
                ran = fleet("push-utility")
        finally:
            other.close()
        assert (ran.code, ran.err) == (0, "")
        assert f"{roofs.ledger(2)}: busy, 75 not now: another push-utility is already" in ran.out
        assert "3 ledgers: 2 done, 1 busy; in " in ran.out
        assert len(utility.accepted()) == 2

    def test_one_was_busy(
        self,
        fleet: Fleet,
        roofs: Roofs,
        utility: Rehearsal,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """It gets another turn when all the others are through."""
        other = open_for_writing(roofs.ledger(1), NOW)
        holding = other.holding(JOB)
        holding.__enter__()
        ended = result

        def release(ledger: str, *words: Any, **more: Any) -> Any:  # noqa: ANN401 (as it is called)
            if ledger == str(roofs.ledger(3)):
                holding.__exit__(None, None, None)
                other.close()
            return ended(ledger, *words, **more)

        monkeypatch.setattr(the_command, "result", release)
        assert fleet("--quiet", "--jobs", "1", "push-utility") == (0, "", "")
        assert len(utility.accepted()) == 3

    @pytest.mark.usefixtures("utility")
    def test_all_are_busy(self, cli: Cli, roofs: Roofs) -> None:
        """This run has done nothing: 75, as a single push says."""
        roofs.list.write_text("roof-1.db\n")
        other = open_for_writing(roofs.ledger(1), NOW)
        try:
            with other.holding(JOB):
                ran = cli("fleet", "--list", str(roofs.list), "--json", "push-utility")
        finally:
            other.close()
        assert (ran.code, ran.json["busy"]) == (75, 1)
        assert json.loads(ran.err)["error"]["code"] == "busy"


class TestOneThatHangs:
    """Each ledger has its time, and no more."""

    def test_too_long(self, fleet: Fleet, roofs: Roofs, utility: Rehearsal) -> None:
        """It is told to end; the others are run."""
        with wild(until_gone) as server:
            roofs.settings(1, f"METERCTL_UTILITY_URL={server.url}")
            ran = fleet("--timeout", "5", "push-utility", "--quiet")
        assert ran.code == 3
        assert "roof-1.db: failed, 143 stopped: it was ended after 5 s (give it more: " in ran.out
        assert len(utility.accepted()) == 2

    def test_does_not_obey(
        self, fleet: Fleet, roofs: Roofs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is ended all the same."""
        roofs.list.write_text("roof-1.db\n")
        monkeypatch.setattr(fleet_run, "_UNTIL_KILLED", 0.3)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the children inherit it
        with wild(until_gone) as server:
            for name, text in hanging(server).items():
                monkeypatch.setenv(name, text)
            ran = fleet("--timeout", "1", "--json", "push-utility")
        assert ran.code == 75
        (one,) = ran.json["results"]
        assert (one["exit"], one["error"]["code"]) == (137, "late")
        assert 1.3 <= one["seconds"] < 20

    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
    )
    def test_told_to_end(
        self, tmp_path: Path, roofs: Roofs, number: signal.Signals, code: int
    ) -> None:
        """Two run, as was said; no more are begun, those are told and waited for; a sum of it."""
        with wild(until_gone) as server:
            environment = meterctl_environment(tmp_path) | hanging(server)
            words = ["fleet", "--list", str(roofs.list), "--jobs", "2", "push-utility"]
            with begun(words, environment) as process:
                _wait_for(server, 2)
                children = _children(process.pid)
                process.send_signal(number)
                out, err = process.communicate(timeout=20)
            assert len(server.requests) == 2
        assert process.returncode == code
        assert out.count("failed, 143 stopped: stopped; what was acknowledged is stored") == 2
        assert "3 ledgers: 2 failed, 1 not run; in " in out
        assert err == "meterctl: stopped; 1 of 3 ledgers were not begun with\n"
        assert len(children) == 2
        assert not any(Path(f"/proc/{pid}").exists() for pid in children)

    def test_told_to_end_under_json(self, tmp_path: Path, roofs: Roofs) -> None:
        """The object is printed, with those that were not begun with."""
        with wild(until_gone) as server:
            environment = meterctl_environment(tmp_path) | hanging(server)
            words = ["fleet", "--list", str(roofs.list), "--jobs", "1", "--json", "push-utility"]
            with begun(words, environment) as process:
                _wait_for(server, 1)
                process.terminate()
                out, err = process.communicate(timeout=20)
        assert process.returncode == 143
        assert [one["exit"] for one in json.loads(out)["results"]] == [143, None, None]
        assert json.loads(err)["error"]["code"] == "interrupted"


class TestTheMonitor:
    """One fleet, one heartbeat."""

    @pytest.fixture
    def monitor(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wild]:
        """A monitor, to be told of push-utility."""
        with wild(answering(answer("200 OK", b"OK"))) as server:
            url = f"http://127.0.0.1:{server.port}/ping/s3cret"
            monkeypatch.setenv("METERCTL_HEARTBEAT_URL", url)
            yield server

    @pytest.mark.usefixtures("utility")
    def test_once(self, fleet: Fleet, monitor: Wild) -> None:
        """It is told of the whole, not of each ledger."""
        assert fleet("--quiet", "push-utility") == (0, "", "")
        assert told(monitor) == ["/start", ""]

    @pytest.mark.usefixtures("utility")
    def test_one_fails(self, fleet: Fleet, roofs: Roofs, monitor: Wild) -> None:
        """Then so has the whole."""
        roofs.settings(2, "METERCTL_UTILITY_TOKEN=wrong")
        assert fleet("--quiet", "push-utility").code == 3
        assert told(monitor) == ["/start", "/fail"]

    def test_a_list_that_is_wrong(self, cli: Cli, monitor: Wild) -> None:
        """What cannot even begin has failed as well."""
        assert cli("fleet", "--list", "nowhere.txt", "push-utility").code == 66
        assert told(monitor) == ["/start", "/fail"]

    @pytest.mark.usefixtures("utility")
    @pytest.mark.parametrize("words", [("push-utility", "--dry-run"), ("current",)])
    def test_looking(self, fleet: Fleet, monitor: Wild, words: tuple[str, ...]) -> None:
        """That is no run."""
        assert fleet(*words).code == 0
        assert told(monitor) == []

    @pytest.mark.usefixtures("utility")
    def test_a_monitor_of_its_own(self, fleet: Fleet, roofs: Roofs) -> None:
        """A ledger whose own settings name one tells it."""
        with wild(answering(answer("200 OK", b"OK"))) as server:
            url = f"http://127.0.0.1:{server.port}/ping/s3cret"
            roofs.settings(2, f"METERCTL_HEARTBEAT_URL={url}")
            assert fleet("--quiet", "push-utility") == (0, "", "")
            assert told(server) == ["/start", ""]


class TestTheLog:
    """What is told of a fleet's run."""

    def test_of_each_ledger(self, program: Program, roofs: Roofs) -> None:
        """Its events come through, and are not taken for what it has to say."""
        roofs.ledger(2).write_text("this is no ledger, and was none" * 100)
        ran = program("fleet", "--list", str(roofs.list), "current", METERCTL_LOG="stderr")
        assert ran.code == 3
        events = [json.loads(line) for line in ran.err.splitlines() if line.startswith("{")]
        ended = [one for one in events if one["event"] == "run.ended"]
        assert sorted(one["exit_code"] for one in ended) == [0, 0, 3, 74]
        ledgers = [one for one in events if one["event"] == "fleet.ledger"]
        assert sorted(one["verdict"] for one in ledgers) == ["done", "done", "failed"]
        (whole,) = [one for one in events if one["event"] == "fleet.ended"]
        assert (whole["ledgers"], whole["done"], whole["failed"]) == (3, 2, 1)
        assert '"event"' not in ran.out


class TestWhatIsRefused:
    """Before anything is run."""

    @pytest.mark.parametrize(
        "command",
        [
            "record 5",
            "serve",
            "init",
            "sandbox",
            "demo",
            "restore",
            "bulk-import x",
            "fleet health",
        ],
    )
    def test_commands_for_one(self, fleet: Fleet, command: str) -> None:
        """What makes no sense for many ledgers; it is said what does."""
        ran = fleet(*command.split())
        assert ran.code == 2
        assert "nothing to do for many ledgers (one of: push-utility, " in ran.err

    @pytest.mark.parametrize("name", [" ".join(one) for one in MAY])
    def test_commands_for_many(self, fleet: Fleet, name: str) -> None:
        """Each of them is there, and shows its own help."""
        ran = fleet(*name.split(), "--help")
        assert ran.code == 0
        assert ran.out.startswith(f"Usage: meterctl {name} ")

    @pytest.mark.parametrize("name", [" ".join(one) for one in MAY])
    def test_commands_on_the_page(self, name: str) -> None:
        """Each of them is named there."""
        page = Path(__file__).parents[2] / "docs" / "fleet.md"
        assert f"`{name}`" in page.read_text(encoding="utf-8")

    def test_a_wrong_option(self, fleet: Fleet) -> None:
        """It is told once, not by each ledger."""
        ran = fleet("push-utility", "--jobs", "3")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("meterctl: no such option: --jobs")
        assert "see meterctl push-utility --help" in ran.err

    def test_no_ledgers(self, cli: Cli) -> None:
        """It is said how to name some."""
        ran = cli("fleet", "current")
        assert ran.code == 2
        assert "--list FILE" in ran.err
        assert "--database" in ran.err

    @pytest.mark.parametrize(
        "words",
        [
            pytest.param(("--list", "", "current"), id="an empty list"),
            pytest.param(("--database", "", "current"), id="an empty database"),
            pytest.param(("--database", "roof.db", "current"), id="a file as database"),
            pytest.param(("--database", "postgresql://h", "current"), id="no database"),
            pytest.param(("--database", "postgresql://u:s3cret@h/d", "current"), id="a password"),
            pytest.param(
                ("--database", "postgresql://h/d?password=s3cret", "current"), id="another one"
            ),
            pytest.param(("--database", "postgresql://h/d?schema=a", "current"), id="a schema"),
            pytest.param(("--list", "a", "--database", "b", "current"), id="both"),
            pytest.param(("--list", "a", "--jobs", "0", "current"), id="no jobs"),
            pytest.param(("--list", "a", "--timeout", "0", "current"), id="no time"),
            pytest.param((), id="no command"),
        ],
    )
    def test_wrong_options(self, cli: Cli, words: tuple[str, ...]) -> None:
        """A line and 2; no secret is repeated."""
        ran = cli("fleet", *words)
        assert (ran.code, ran.out) == (2, "")
        assert len(ran.err.splitlines()) == 1
        assert "s3cret" not in ran.err

    def test_no_such_list(self, cli: Cli) -> None:
        """66."""
        ran = cli("fleet", "--list", "nowhere.txt", "current")
        assert ran.code == 66
        assert "nowhere.txt cannot be read: No such file or directory" in ran.err

    def test_no_such_folder_of_settings(self, fleet: Fleet) -> None:
        """66; to go on without what each ledger has for itself would be wrong for all."""
        assert fleet("--settings", "nowhere", "current").code == 66

    def test_a_list_with_mistakes(self, cli: Cli, roofs: Roofs) -> None:
        """All of them at once, each with its place; nothing is run."""
        roofs.list.write_text("roof-1.db\nroof-9.db\n\n roof-8.env\n")
        ran = cli("fleet", "--list", str(roofs.list), "current")
        assert (ran.code, ran.out) == (65, "")
        assert f"{roofs.list}:2:1: there is no ledger {roofs.folder}/roof-9.db" in ran.err
        assert f"{roofs.list}:4:2: there is no file {roofs.folder}/roof-8.env" in ran.err

    def test_a_list_that_is_no_text(self, cli: Cli, roofs: Roofs) -> None:
        """It is said where."""
        roofs.list.write_bytes(b"roof-1.db\nroof-\xff.db\n")
        ran = cli("fleet", "--list", str(roofs.list), "current")
        assert ran.code == 65
        assert f"{roofs.list}:2:1: this is not UTF-8" in ran.err

    def test_a_list_without_its_end(self, program: Program, roofs: Roofs) -> None:
        """What is longer than is read is refused: the ledgers at its end would be left out."""
        text = f"{roofs.ledger(1)}\n{'#' * (16 << 20)}\n{roofs.ledger(2)}\n"
        ran = program("fleet", "--list", "-", "current", stdin=text)
        assert (ran.code, ran.out) == (65, "")
        assert "stdin has more than" in ran.err

    def test_a_list_that_others_can_write(self, fleet: Fleet, roofs: Roofs) -> None:
        """They would be sent whatever is set for all: its tokens."""
        roofs.list.chmod(0o666)
        ran = fleet("current")
        assert ran.code == 78
        assert "can be written by others" in ran.err


def _wait_for(server: Wild, requests: int) -> None:
    deadline = time.monotonic() + 20
    while len(server.requests) < requests:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _children(pid: int) -> list[int]:
    """The processes that a process has begun."""
    found = []
    for entry in os.listdir("/proc"):  # noqa: PTH208 (names are all that is needed)
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:  # it has just ended
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry))
    return found
