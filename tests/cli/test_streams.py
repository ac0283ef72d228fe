"""Where output goes, and what happens when it cannot; signals; the poorest of environments."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.helpers import meterctl_environment, run_program

PROGRAM = [sys.executable, "-m", "meterctl"]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run a line of shell in which `m` is the program."""
    return Shell(tmp_path)


class Shell:
    """A shell, for its redirections."""

    def __init__(self, tmp_path: Path) -> None:
        self._environment = meterctl_environment(tmp_path)

    def __call__(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a line; `m` is the program."""
        return subprocess.run(
            ["/bin/bash", "-c", f'm() {{ "{sys.executable}" -m meterctl "$@"; }}; {script}'],
            env=self._environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )


def count(program: Program) -> int:
    """How many readings are stored."""
    return len(json.loads(program("history", "--json").out)["readings"])


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    "command",
    ["record 5", "record 5 --json", "current --json", "history --csv", "--help", "record --help"],
)
def test_the_reader_has_left(shell: Shell, command: str) -> None:
    """A closed pipe is no failure, and nothing is said."""
    ran = shell(f"{{ sleep 0.2; m {command}; echo $? >&2; }} | true")
    assert ran.stderr == "0\n"


@pytest.mark.fault(38)
@pytest.mark.parametrize("command", ["record 5", "current", "history --json", "--help", "health"])
def test_stdout_is_closed(shell: Shell, command: str) -> None:
    """The work is done, and nobody is told."""
    ran = shell(f"m {command} >&-")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    "command", ["record 5", "record 5 --json", "current", "history --csv", "--help", "current -h"]
)
def test_stdout_is_full(shell: Shell, command: str) -> None:
    """74, and one line that says what was stored stays stored."""
    ran = shell(f"m {command} >/dev/full")
    assert ran.returncode == 74
    assert ran.stderr.count("\n") == 1
    assert "could not be written: No space left on device" in ran.stderr


@pytest.mark.fault(38)
def test_the_answer_is_lost_but_not_the_reading(shell: Shell, program: Program) -> None:
    """The exit code tells of the output; the reading is there, and the same again is known."""
    again = 'record 5 --at "2026-03-01 07:00"'
    assert shell(f"m {again} >/dev/full").returncode == 74
    assert count(program) == 1
    assert "duplicate" in shell(f"m {again}").stdout
    assert count(program) == 1


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_stderr_is_no_use(shell: Shell, where: str) -> None:
    """Exit codes stay what they are."""
    assert shell(f"m record nan {where}").returncode == 65
    assert shell(f"m record 5 {where}").returncode == 0
    assert shell(f"m nosuch {where}").returncode == 2


def test_nothing_is_open(shell: Shell, program: Program) -> None:
    """A reading is stored all the same."""
    assert shell("m record 5 <&- >&- 2>&-").returncode == 0
    assert count(program) == 1


@pytest.mark.parametrize("asked", ["m -v", "METERCTL_LOG=stderr m"])
def test_stderr_is_closed_and_told_of_events(shell: Shell, asked: str, tmp_path: Path) -> None:
    """They go nowhere: no file that was opened under stderr's number is written into."""
    for number, closed in enumerate(("2>&-", "<&- 2>&-", "<&- >&- 2>&-")):
        ledger = tmp_path / f"{number}.db"
        setting = f"export METERCTL_LEDGER=sqlite:///{ledger}"
        assert shell(f"{setting}; {asked} record 5 {closed}").returncode == 0
        assert b"entry.written" not in ledger.with_name(f"{ledger.name}.lock").read_bytes()


def test_stdin_is_closed(shell: Shell) -> None:
    """Nobody can be asked."""
    ran = shell("m record <&-")
    assert ran.returncode == 2
    assert "no value given" in ran.stderr


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    "locale",
    [
        pytest.param({}, id="none"),
        pytest.param({"LC_ALL": "C"}, id="C"),
        pytest.param({"LANG": "de_DE.ISO-8859-1"}, id="one that is not installed"),
        pytest.param({"LC_ALL": "C.UTF-8"}, id="UTF-8"),
    ],
)
def test_locales(program: Program, locale: dict[str, str]) -> None:
    """Notes with any letters go in and out as UTF-8."""
    program("record", "5", "--note", "Zähler £ 電", **locale)
    assert json.loads(program("history", "--json", **locale).out)["readings"][0]["note"] == (
        "Zähler £ 電"
    )
    assert "Zähler £ 電" in program("history", **locale).out


def test_an_encoding_without_these_letters(program: Program) -> None:
    """They are spelled as JSON spells them, so that an object stays one."""
    program("record", "5", "--note", "Zähler 電𝄞")
    ran = program("history", "--json", PYTHONIOENCODING="ascii")
    assert ran.out.isascii()
    assert ran.json["readings"][0]["note"] == "Zähler 電𝄞"
    assert program("history", PYTHONIOENCODING="ascii").code == 0


def test_cron(tmp_path: Path) -> None:
    """An empty environment, `/` as the current folder, no terminal: it works, without colour."""
    environment = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "SHELL": "/bin/sh",
        "METERCTL_TIMEZONE": "Europe/Berlin",
    }
    done = subprocess.run(
        [*PROGRAM, "record", "5"],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert (tmp_path / ".local/share/meterctl/ledger.db").exists()


def test_no_colour_off_a_terminal(program: Program) -> None:
    """Nor in what is doubtful."""
    program("record", "5", "--at", "2026-03-01 07:00")
    program("record", "4", "--at", "2026-03-02 07:00")
    for command in ("review", "current", "health", "config show"):
        ran = program(*command.split())
        assert "\x1b" not in ran.out + ran.err


# A command that is in the middle of its work when the signal comes.
_SLOW = """
import sys, time
from meterctl import wiring_local
from meterctl.cli.run import run

def slow():
    print("working", flush=True)
    time.sleep(20)

wiring_local.now = slow
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="SIGINT"),
        pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
        pytest.param(signal.SIGHUP, 143, id="SIGHUP"),
    ],
)
@pytest.mark.parametrize(
    "form", [pytest.param([], id="plain"), pytest.param(["--json"], id="json")]
)
def test_a_signal(
    tmp_path: Path, program: Program, number: signal.Signals, code: int, form: list[str]
) -> None:
    """One line, the documented exit code, and nothing half-written."""
    with _started(tmp_path, "record", "5", *form) as process:
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert "stopped; what was acknowledged is stored" in err
    assert err.count("\n") == 1
    if form:
        assert json.loads(err)["error"]["code"] == "interrupted"
    assert count(program) == 0


def test_nohup(tmp_path: Path) -> None:
    """A signal that whoever started us had ignored stays ignored."""
    with _started(tmp_path, "record", "5", ignore="HUP") as process:
        process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert process.poll() is None
        process.terminate()
        assert process.wait(20) == 143


def _started(tmp_path: Path, *arguments: str, ignore: str = "") -> subprocess.Popen[str]:
    """Start the program and wait until it is at work."""
    trap = f"trap '' {ignore}; " if ignore else ""
    process = subprocess.Popen(
        ["/bin/bash", "-c", trap + 'exec "$@"', "-", sys.executable, "-c", _SLOW, *arguments],
        env=meterctl_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return process


def test_python_m_and_the_console_script(program: Program, tmp_path: Path) -> None:
    """They are the same program."""
    script = Path(sys.executable).with_name("meterctl")
    done = subprocess.run(
        [script, "--help"],
        env=meterctl_environment(tmp_path) | {"COLUMNS": "80"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, program("--help", COLUMNS="80").out)


@pytest.mark.fault(37)
def test_no_temporary_folder_and_no_home(tmp_path: Path) -> None:
    """A reading needs neither."""
    ran = run_program(
        ["record", "5"],
        {"METERCTL_LEDGER": f"sqlite:///{tmp_path}/l.db", "TMPDIR": "/nonexistent", "TZ": "UTC"},
    )
    assert ran.code == 0, ran.err
    assert (tmp_path / "l.db").exists()
