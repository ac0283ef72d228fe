"""A command imports what it needs and no more: the guard of `record`'s start-up time."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from meterctl.cli.app import COMMANDS, EVERYDAY, MORE, LazyGroup
from tests.conftest import Cli, Program
from tests.helpers import meterctl_environment

# What costs more than a millisecond or two, and is for a few commands at most.
HEAVY = (
    "asyncio",
    "csv",
    "dotenv",
    "google",
    "gspread",
    "httpx",
    "json",
    "platformdirs",
    "psycopg",
    "pydantic",
    "requests",
    "rich",
    "ssl",
    "starlette",
    "tempfile",
    "tenacity",
    "zoneinfo",
)
_RUN = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from meterctl.__main__ import main
main()
"""


def loaded(tmp_path: Path, *arguments: str, **more: str) -> set[str]:
    """Every module that a command leaves loaded, in a zone that needs no zone file."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *arguments],
        env=meterctl_environment(tmp_path) | {"METERCTL_TIMEZONE": "UTC"} | more,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        pytest.param(["--version"], (), id="version"),
        pytest.param(["--help"], (), id="help"),
        pytest.param(["record", "--help"], (), id="help of a command"),
        pytest.param([], (), id="no command"),
        pytest.param(["record", "143", "inverter=5", "--at", "2026-03-02 07:00"], (), id="record"),
        pytest.param(["current"], (), id="current"),
        pytest.param(["history"], (), id="history"),
        pytest.param(["history", "--by", "month"], (), id="use"),
        pytest.param(["history", "--csv"], ("csv",), id="history as CSV"),
        pytest.param(["health"], (), id="health"),
        pytest.param(["review"], (), id="review"),
        pytest.param(
            ["correct", "meter@2026-03-01T06:00:00Z", "1", "--reason", "r"], (), id="corr"
        ),
        pytest.param(["void", "meter@2026-03-01T06:00:00Z", "--reason", "r"], (), id="void"),
        pytest.param(["meters", "list"], (), id="meters"),
        pytest.param(["config", "show"], (), id="config"),
        pytest.param(["bulk-import", "small.csv"], ("csv",), id="bulk-import"),
        pytest.param(["export"], ("csv",), id="export"),
        pytest.param(["backup", "b"], (), id="backup"),
        pytest.param(["ledger", "show"], (), id="ledger"),
        pytest.param(["ledger", "migrate", "--check"], (), id="ledger migrate"),
        pytest.param(["ledger", "copy", "small.db", "b.db", "--dry-run"], (), id="ledger copy"),
        pytest.param(["fleet", "--list", "roofs.txt", "current"], (), id="fleet"),
        pytest.param(["sheet", "--help"], ("json",), id="sheet"),
    ],
)
def test_a_command(cli: Cli, tmp_path: Path, command: list[str], needed: tuple[str, ...]) -> None:
    """None of the heavy modules is loaded that it has no use for."""
    cli("record", "142.3", "--at", "2026-03-01T06:00:00Z")
    cli("--ledger", "small.db", "record", "142.3", "--at", "2026-03-01T06:00:00Z")
    Path("roofs.txt").write_text(f"{tmp_path}/data/ledger.db\n")
    Path("small.csv").write_text("timestamp,meterValue\n2026-03-05T06:00:00Z,150\n")
    assert loaded(tmp_path, *command) & set(HEAVY) - set(needed) == set()


def test_a_restore(cli: Cli, tmp_path: Path) -> None:
    """Choosing, checking and comparing a backup needs none of them either."""
    cli("record", "142.3", "--at", "2026-03-01T06:00:00Z")
    cli("backup")
    cli("record", "143", "--at", "2026-03-02T06:00:00Z")
    assert loaded(tmp_path, "restore", "--dry-run") & set(HEAVY) == set()


def test_a_zone_with_rules(tmp_path: Path) -> None:
    """Then the zone's file is read, and nothing else is loaded."""
    modules = loaded(tmp_path, "record", "5", METERCTL_TIMEZONE="Europe/Berlin")
    assert modules & set(HEAVY) == {"zoneinfo"}


def test_an_env_file(tmp_path: Path) -> None:
    """Then its parser is loaded."""
    Path(".env").write_text("METERCTL_SHEET_TAB=x\n")
    Path(".env").chmod(0o600)
    assert loaded(tmp_path, "current") & set(HEAVY) == {"dotenv", "tempfile"}


def test_only_the_command_itself(tmp_path: Path) -> None:
    """No other command's module is imported."""
    modules = loaded(tmp_path, "record", "5")
    others = {entry.module for entry in COMMANDS.values()} - {"record", "config"}
    assert {f"meterctl.cli.{name}" for name in others} & modules == set()
    assert not any(name.startswith("meterctl.imports") for name in modules)
    # Times in words are for who gives a time, slips of the finger for who sits at a terminal.
    assert {"meterctl.domain.typed_times", "meterctl.domain.slips"} & modules == set()


class TestTheTableOfCommands:
    """What stands in for the commands until one of them is run."""

    @pytest.mark.parametrize("name", list(COMMANDS))
    def test_its_help(self, name: str) -> None:
        """It is the first line of the command's own."""
        command = LazyGroup().get_command(None, name)
        assert command.help.splitlines()[0] == COMMANDS[name].help

    @pytest.mark.parametrize("name", list(COMMANDS))
    def test_the_name_in_its_usage(self, cli: Cli, name: str) -> None:
        """A command's help begins with how it is called."""
        ran = cli(name, "--help")
        assert ran.code == 0
        assert ran.out.startswith(f"Usage: meterctl {name} ")
        assert ran.err == ""

    def test_help(self, cli: Cli) -> None:
        """The everyday commands come first, each with its line."""
        ran = cli("--help")
        names = [text.split()[0] for text in ran.out.splitlines() if text[:2] == "  "]
        positions = [names.index(name) for name in (*EVERYDAY, *MORE)]
        assert positions == sorted(positions)
        for entry in COMMANDS.values():
            assert entry.help in ran.out
        assert cli("-h") == ran

    def test_every_module_is_named(self) -> None:
        """No command is forgotten."""
        here = Path(sys.modules["meterctl.cli"].__path__[0])
        with_app = {path.stem for path in here.glob("*.py") if "_app = group()" in path.read_text()}
        assert with_app == {entry.module for entry in COMMANDS.values()}


class TestCompletion:
    """A shell's Tab key."""

    @pytest.mark.parametrize(
        ("typed", "offered"),
        [
            pytest.param("meterctl ", list(COMMANDS), id="commands"),
            pytest.param("meterctl hi", ["history"], id="the rest of a command"),
            pytest.param("meterctl history --by", ["--by"], id="an option"),
            pytest.param(
                "meterctl history --by ", ["hour", "day", "week", "month", "year"], id="by"
            ),
            pytest.param("meterctl meters ", ["list", "add", "set", "replace"], id="a group"),
        ],
    )
    def test_bash(self, program: Program, typed: str, offered: list[str]) -> None:
        """It is told what may come next."""
        words = typed.split(" ")
        ran = program(
            _METERCTL_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=str(len(words) - 1)
        )
        assert (ran.code, ran.out.split()) == (0, offered)

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_the_script(self, program: Program, shell: str) -> None:
        """It can be shown, to be installed by hand."""
        ran = program("--show-completion", shell)
        assert ran.code == 0
        assert "_METERCTL_COMPLETE" in ran.out


def test_the_version(cli: Cli) -> None:
    """One line, whatever else is wrong."""
    ran = cli("--version")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("meterctl ")
    assert ran.out.count("\n") == 1


@pytest.mark.parametrize("unneeded", ["click", "meterctl.http.dashboard", "uvicorn.supervisors"])
def test_a_server_begins_without(unneeded: str) -> None:
    """Neither uvicorn's command line nor the dashboard keep the first answer waiting."""
    code = "import sys, meterctl.http.serving, meterctl.http.shim; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert "uvicorn" in modules
    assert unneeded not in modules


_LOOKS = """
import atexit, gc, sys
looks = []
gc.callbacks.append(lambda phase, about: looks.append(phase))
atexit.register(lambda: print(len(looks), "meterctl.http.serving" in sys.modules, file=sys.stderr))
from meterctl.__main__ import main
main()
"""


def test_a_server_looks_for_no_garbage_as_it_begins(tmp_path: Path) -> None:
    """Nothing that is loaded is any: not up to the port, which here is another's."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = subprocess.run(
            [sys.executable, "-c", _LOOKS, "serve", "--port", str(other.getsockname()[1])],
            env=meterctl_environment(tmp_path) | {"METERCTL_JWT_SECRET": "s" * 64},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    assert "cannot listen on" in done.stderr
    assert done.stderr.splitlines()[-1] == "0 True"
