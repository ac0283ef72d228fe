"""What README and docs say is so: their commands run, and nothing there is goes unmentioned."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl import errors
from meterctl.cli.app import COMMANDS
from meterctl.config import SETTINGS
from meterctl.sandbox.run import sandbox
from tests.conftest import Program
from tests.faults.catalogue import is_there

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SHEETS = (ROOT / "docs" / "sheets.md").read_text(encoding="utf-8")
IMPORTS = (ROOT / "docs" / "imports.md").read_text(encoding="utf-8")
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def typed(text: str) -> list[list[str]]:
    """The commands that a page tells its reader to type, in order."""
    lines = [line for block in CONSOLE.findall(text) for line in block.splitlines()]
    return [shlex.split(line.removeprefix("$ ")) for line in lines if line.startswith("$ ")]


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Google and a utility, played here; the settings that lead to them."""
    with sandbox(tmp_path / "sandbox") as playing:
        yield dict(
            line.split("=", 1) for line in playing.env_file.read_text(encoding="utf-8").splitlines()
        )


def as_here(words: list[str], other_side: dict[str, str]) -> list[str]:
    """A command with this test's spreadsheet in the place of the reader's."""
    return [word.replace("1AbC", other_side["METERCTL_SHEET_ID"]) for word in words]


def test_readme_followed_word_for_word(
    program: Program, tmp_path: Path, other_side: dict[str, str]
) -> None:
    """Every command that the README shows ends well, one after the other."""
    (Path.cwd() / "meterctl").symlink_to(ROOT / "meterctl")
    shutil.copy(other_side["METERCTL_GOOGLE_CREDENTIALS"], "key.json")
    there = ("METERCTL_SHEETS_URL", "METERCTL_UTILITY_URL", "METERCTL_UTILITY_TOKEN")
    environment = {name: other_side[name] for name in there}
    commands = typed(README)
    assert len(commands) > 20
    for words in commands:
        if words[0] == "export":
            environment.update([words[1].split("=", 1)])  # type: ignore[list-item] # a pair it is
        elif words[0] == "unset":
            del environment[words[1]]
        else:
            assert words[0] == "meterctl", words
            ran = program(*as_here(words[1:], other_side), **environment)
            assert ran.code == 0, (words, ran.err)
    assert (Path.cwd() / "readings.csv").read_text().startswith("timestamp,inverterKWh,meterValue")
    assert tmp_path in Path.cwd().parents


def test_sheets_page_followed_word_for_word(program: Program, other_side: dict[str, str]) -> None:
    """Its last step ends with the first reading in the Sheet."""
    shutil.copy(other_side["METERCTL_GOOGLE_CREDENTIALS"], "key.json")
    environment = {"METERCTL_SHEETS_URL": other_side["METERCTL_SHEETS_URL"]}
    (words,) = typed(SHEETS)
    ran = program(*as_here(words[1:], other_side), **environment)
    assert (ran.code, ran.err) == (0, "")
    assert "row 2 of the Sheet" in ran.out


def test_readings_the_readme_shows(program: Program) -> None:
    """What the README prints of its first import is what the program prints."""
    (Path.cwd() / "meterctl").symlink_to(ROOT / "meterctl")
    shown = program("bulk-import", "meterctl/samples/home-2025.csv").out
    assert shown in README


def test_example_of_the_import_page_is_imported(program: Program) -> None:
    """The page's example file is one that the program reads."""
    example = re.search(r"(?ms)^```csv\n(.*?)^```", IMPORTS)
    assert example is not None
    ran = program("bulk-import", "-", "--json", stdin=example[1])
    assert (ran.code, ran.json["recorded"]) == (0, 3), ran.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    """A command that the README does not name might as well not be there."""
    assert f"`{command}`" in README


@pytest.mark.parametrize("name", [one.name for one in SETTINGS])
def test_every_setting_is_in_operations(name: str) -> None:
    """The settings that commands read are explained."""
    assert f"`{name}`" in OPERATIONS


def test_every_exit_code_is_in_operations() -> None:
    """Whoever writes a script finds each code that an error can end with."""
    codes = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.MeterctlError)
    }
    rows = re.findall(r"(?m)^\| ([0-9, ]+) \|", OPERATIONS)
    documented = {int(code) for row in rows for code in row.split(",")}
    assert codes | {0, 3, 130, 143} == documented


NAMED = [
    name
    for page in ("faults", "promises")
    for name in re.findall(
        r"`((?:tests|meterctl)/[\w/]+(?:\.py)?(?:::\w+)*)`",
        (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"),
    )
]


def test_what_the_pages_of_faults_and_promises_name_is_there() -> None:
    """A promise without the code that keeps it, or the test that shows it, is none."""
    assert len(NAMED) > 200
    assert [name for name in NAMED if not is_there(name)] == []


def test_every_promise_rests_on_something_and_is_shown() -> None:
    """Each of the five names what keeps it, and tests that run each time."""
    text = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    parts = re.findall(r"(?ms)^## (P\d): .+?$(.+?)(?=^## )", text)
    assert [name for name, _ in parts] == ["P1", "P2", "P3", "P4", "P5"]
    for name, part in parts:
        assert "`meterctl/" in part, name
        assert part.count("`tests/") >= 4, name


def test_sample_is_what_its_maker_makes() -> None:
    """The shipped year is the one that tests/make_sample.py invents, so its origin is known."""
    from tests.make_sample import rows

    made = "".join(f"{row}\n" for row in rows())
    assert (ROOT / "meterctl/samples/home-2025.csv").read_text(encoding="utf-8") == made
