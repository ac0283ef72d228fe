"""`meterctl help`, examples, and what is made from the program: nothing there is out of date."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from meterctl.cli.app import COMMANDS, app
from meterctl.cli.examples import EXAMPLES
from meterctl.cli.help import TOPICS
from meterctl.cli.help_model import Described, described
from meterctl.cli.help_texts import EXIT_CODES, FORMATS
from meterctl.config import SETTINGS
from meterctl.imports.catalog import NAMES
from tests.conftest import Cli

ROOT = Path(__file__).parents[2]
ALL = list(described())
TYPED = sorted({one.typed for command in ALL for one in command.examples})


def parsed(typed: str) -> Any:  # noqa: ANN401 (a class of Typer's that is not exported)
    """A command that is typed, read by its own parser; nothing is run."""
    words = shlex.split(typed)
    assert words[0] == "meterctl"
    command, ctx = typer.main.get_command(app), None
    rest = words[1:]
    if ">" in rest:
        rest = rest[: rest.index(">")]
    name = "meterctl"
    while hasattr(command, "get_command") and rest and not rest[0].startswith("-"):
        ctx = command.context_class(command, info_name=name, parent=ctx)
        name = rest.pop(0)
        command = command.get_command(ctx, name)
        assert command is not None, typed
    return command.make_context(name, rest, parent=ctx)


@pytest.mark.parametrize("command", ALL, ids=[one.path or "meterctl" for one in ALL])
def test_a_command_has_examples(command: Described) -> None:
    """One at least, of itself; a group shows those of its commands."""
    if command.path in {one.path.split()[0] for one in ALL if " " in one.path}:
        assert command.examples == ()
        return
    assert command.examples
    for one in command.examples:
        assert one.typed.startswith(f"meterctl {command.path}".strip()), one.typed
        assert len(one.typed) <= 92


def test_no_examples_of_what_is_not_there() -> None:
    """The table has the commands' names."""
    assert set(EXAMPLES) == {one.path for one in ALL}


@pytest.mark.parametrize("typed", TYPED)
def test_an_example_is_understood(typed: str) -> None:
    """Each word and flag of it is the command's."""
    parsed(typed)


RUN = [
    typed
    for typed in TYPED
    if not re.match(
        r"meterctl (?:serve|sandbox|demo|init|fleet|sheet|sync|restore|submissions|push|bulk)"
        r"|meterctl (?:ledger c|clients r|plot|health)|meterctl record$|.*(?:--watch|/mnt/)",
        typed,
    )
]


def test_examples_run(cli: Cli) -> None:
    """What needs no other side, no files and no terminal does what it says, one after the other."""
    assert cli("meters", "add", "gas").code == 0
    assert cli("record", "140", "--at", "2026-03-01T06:00:00Z").code == 0
    assert len(RUN) > 25
    for typed in RUN:
        words = shlex.split(typed)[1:]
        if words[:3] == ["meters", "add", "gas"]:
            words[2] = "gas-2"
        if ">" in words:
            words = words[: words.index(">")]
        ran = cli(*words)
        assert ran.code == 0 or "--accept" in words, (typed, ran.err)
        if words[:1] == ["void"]:
            assert cli("record", "141", "--at", "2026-03-01T06:00:00Z").code == 0


class TestHelp:
    """What it explains."""

    def test_alone(self, cli: Cli) -> None:
        """Every topic and every command."""
        ran = cli("help")
        assert ran.code == 0
        for name in (*TOPICS, *COMMANDS):
            assert f"  help {name} " in ran.out

    @pytest.mark.parametrize("words", [("record",), ("meters", "add"), ("sheet",)])
    def test_a_command(self, cli: Cli, words: tuple[str, ...]) -> None:
        """Its own help."""
        assert cli("help", *words) == cli(*words, "--help")

    @pytest.mark.parametrize(
        ("words", "meant"),
        [
            (("metres",), "meters"),
            (("exit-code",), "exit-codes"),
            (("exit", "codes"), "exit-codes"),
            (("meters", "ad"), "add"),
            (("record", "x"), ""),
        ],
    )
    def test_what_is_not_there(self, cli: Cli, words: tuple[str, ...], meant: str) -> None:
        """2, with what may be meant."""
        ran = cli("help", *words)
        assert (ran.code, ran.out) == (2, "")
        assert f"there is no help on '{' '.join(words)}'" in ran.err
        assert f"do you mean {meant}?" in ran.err or not meant

    def test_numbers(self, cli: Cli) -> None:
        """As many digits as a reading holds: the longest is taken, one more is refused."""
        ran = cli("help", "numbers")
        assert "12 digits before it and 6 behind, 15 in all" in " ".join(ran.out.split())
        assert cli("record", "123456789012.123", "--offline").code == 0
        for value in ("1234567890123", "0.1234567", "123456789012.1234"):
            assert cli("record", value, "--offline").code == 65

    def test_exit_codes(self, cli: Cli) -> None:
        """Those of docs/operations.md, in the same words."""
        text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
        for code in EXIT_CODES:
            assert f"| {code.codes} | {code.means} | {code.then} |".replace("|  |", "| |") in text
            assert code.codes in cli("help", "exit-codes").out

    def test_environment(self, cli: Cli) -> None:
        """Every setting, and no value of one."""
        text = cli("help", "environment").out
        for setting in SETTINGS:
            assert f"\n{setting.name}\n" in text

    def test_formats(self, cli: Cli) -> None:
        """Every one that bulk-import knows, in its order; the example is imported."""
        text = cli("help", "formats").out
        assert tuple(FORMATS) == NAMES
        assert all(f"  {name} " in text for name in NAMES)
        example = re.search(r"(?ms)^  (timestamp,.+?)\n\n", text)
        assert example is not None
        Path("own.csv").write_text(re.sub(r"(?m)^  ", "", example[0]))
        assert cli("bulk-import", "own.csv", "--json").json["recorded"] == 3

    def test_times(self, cli: Cli) -> None:
        """Each way to write a time that it shows is one."""
        text = cli("help", "times").out
        shown = re.findall(r"(?m)^  (\S.*?)(?:   *|$)", text)
        ways = [way for line in shown for way in line.split(", ")]
        assert len(ways) > 10
        cli("record", "142.3", "--at", "2026-01-01 12:00")
        for way in ways:
            words = way if way != "2 hours ago" else "120 min ago"
            ran = cli("history", "--since", words, "--until", "now")
            assert ran.code in (0, 65), way
            assert ran.code == 0 or "still to come" in ran.err, (way, ran.err)


class TestPages:
    """The documentation, of which hints name a page."""

    def test_each_page_that_is_named(self, cli: Cli) -> None:
        """By a hint, a setting, an option: it is there, and printed as it is."""
        sources = (path.read_text(encoding="utf-8") for path in (ROOT / "meterctl").rglob("*.py"))
        # An argument `f"docs/{page}.md"` is made of the names that stand beside it.
        named = {page for text in sources for page in re.findall(r"\bdocs/[a-z-]+\.md", text)}
        assert len(named) > 10
        for page in named:
            assert cli("help", page).out == (ROOT / page).read_text(encoding="utf-8")

    def test_the_list(self, cli: Cli) -> None:
        """Every page, with its title; one may be asked for in other ways as well."""
        listed = cli("help", "docs").out
        for page in (ROOT / "docs").glob("*.md"):
            title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
            assert re.search(rf"docs/{page.name} +{re.escape(title)}\n", listed), page
        for words in (("docs/sheets",), ("docs", "sheets"), ("docs", "sheets.md")):
            assert cli("help", *words).out == cli("help", "docs/sheets.md").out

    @pytest.mark.parametrize("asked", ["docs/", "docs/nothing.md", "docs/../README.md", "docs/x y"])
    def test_no_such_page(self, cli: Cli, asked: str) -> None:
        """It says so, and shows no other file."""
        ran = cli("help", asked)
        assert (ran.code, ran.out) == (2, "")
        assert "meterctl help docs lists all" in ran.err

    def test_a_hint(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        """It says what prints the page that it names."""
        monkeypatch.setenv("METERCTL_PORTAL_CONFIG", "none.toml")
        ran = cli("push-utility")
        assert "meterctl help docs/utilities.md" in ran.err


class TestWhatIsMadeFromTheProgram:
    """`make reference` makes it; here it is held that somebody has."""

    @pytest.mark.parametrize(
        ("topic", "file"),
        [
            ("reference", "docs/commands.md"),
            ("man", "deploy/man/meterctl.1"),
            *(
                (f"completion {shell}", f"deploy/completions/meterctl.{shell}")
                for shell in ("bash", "zsh", "fish")
            ),
        ],
    )
    def test_a_file(self, topic: str, file: str) -> None:
        """It is what the program says today."""
        assert (ROOT / file).read_text(encoding="utf-8") == TOPICS[topic].text(), "make reference"

    def test_the_manual_page(self) -> None:
        """groff finds nothing wrong with it; every command and setting is there."""
        page = ROOT / "deploy" / "man" / "meterctl.1"
        ran = subprocess.run(
            ["groff", "-man", "-ww", "-Tutf8", "-P-cbou", str(page)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stderr == ""
        words = set(re.findall(r"[\w-]+", ran.stdout))
        assert {setting.name for setting in SETTINGS} <= words
        assert set(COMMANDS) <= words


class TestTheTabKey:
    """Completion in a real shell."""

    @pytest.fixture
    def program_on_path(self, tmp_path: Path) -> str:
        """A PATH on which the program is."""
        place = tmp_path / "bin"
        place.mkdir()
        (place / "meterctl").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m meterctl "$@"\n')
        (place / "meterctl").chmod(0o755)
        return f"{place}:/usr/bin:/bin"

    def test_in_bash(self, cli: Cli, program_on_path: str) -> None:
        """What may come next: a command, an option, a meter."""
        cli("meters", "add", "gas")
        script = """
source "$1"
offered() {
    COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _meterctl_completion meterctl
    echo "${COMPREPLY[@]}"
}
offered meterctl hi
offered meterctl current g
offered meterctl plot --by w
"""
        ran = subprocess.run(
            ["bash", "-c", script, "bash", ROOT / "deploy/completions/meterctl.bash"],
            env=os.environ | {"PATH": program_on_path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.stdout.splitlines(), ran.stderr) == (["history", "gas", "week"], "")
