"""Every block of code in README and docs: of a language, and right in it.

What a page tells its reader to type is read by the program's own parser; the pages that go through
a whole job are followed word for word by `tests/test_docs.py`, `tests/http/test_docs_http.py` and
others.
"""

from __future__ import annotations

import configparser
import csv
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.config import SETTINGS
from meterctl.sandbox.kraken.parse import parse as parse_graphql
from tests.cli.test_help import parsed

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for page in (
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "deploy").glob("*.md"),
        *ROOT.glob("*.md"),
    )
)
SETTING_NAMES = {one.name for one in SETTINGS}
# Of others, which our settings stand beside.
OTHERS = {"METERCTL_DEBUG"}


class Block(NamedTuple):
    """A fenced block."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        """For people: where it is."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks() -> list[Block]:
    """All of them, in order."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(r"(?ms)^```([^\n]*)\n(.*?)^```$", text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(page, line, match[1], match[2]))
    return found


BLOCKS = blocks()


def commands(script: str) -> list[str]:
    """Each call of meterctl in a script of shell, as it is typed."""
    found = []
    for line in re.sub(r"\\\n\s*", " ", script).splitlines():
        tokens = shlex.shlex(line, posix=True, punctuation_chars=True)
        tokens.wordchars += ":@{}[]%+,!$^³"  # else a word ends there
        segment: list[str] = []
        for token in [*tokens, ";"]:
            if set(token) <= set("();<>|&"):
                if typed := _of_ours(segment):
                    found.append(shlex.join(typed))
                segment = [">"] if ">" in token else []  # then a file follows
            else:
                segment.append(token)
    return found


def _of_ours(words: list[str]) -> list[str]:
    """What is called of meterctl; what stands before may set variables, or be who runs it."""
    for place, word in enumerate(words):
        is_user = words[max(place - 1, 0)] == "-u"
        if (word == "meterctl" or word.endswith("/meterctl")) and not is_user:
            before = words[:place]
            runs = before[:1] in (["docker"], ["sudo"], ["env"], ["railway"], ["cd"])
            if runs and ("useradd" in before or "install" in before or "-g" in before):
                return []
            if runs or all(re.match(r"[A-Z_]+=", one) for one in before):
                return ["meterctl", *words[place + 1 :]]
            return []
    return []


def check_sh(text: str) -> None:
    """A shell reads it; what it calls of ours is understood."""
    ran = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
    assert ran.stderr == ""
    for typed in commands(text):
        if "$" not in typed:
            parsed(typed)
    for name in re.findall(r"\bMETERCTL_[A-Z_]+", text):
        assert name in SETTING_NAMES | {"METERCTL_ENV_FILE"} | OTHERS, name


def check_console(text: str) -> None:
    """Commands, each followed by what it prints."""
    typed = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    assert typed
    check_sh("\n".join(typed))


def check_dotenv(text: str) -> None:
    """Settings there are, a line each."""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, mark, value = line.partition("=")
            assert mark, line
            setting = next((one for one in SETTINGS if one.name == name), None)
            assert setting is not None, name
            assert (
                value in ("", "...")
                or "/" in value
                or value.endswith(".toml")
                or setting.problem(value) is None
            ), line


def check_json(text: str) -> None:
    """JSON, an object or one a line."""
    for part in [text] if text.lstrip().startswith("{\n") else text.splitlines():
        json.loads(part)


def check_csv(text: str) -> None:
    """A header, and rows of as many cells."""
    rows = list(csv.reader(text.splitlines(), delimiter=";" if ";" in text else ","))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}


def check_http(text: str) -> None:
    """Requests: a line, headers, a body that is JSON where it looks like that."""
    for line in text.splitlines():
        is_request = re.fullmatch(r"(?:GET|POST|PUT|DELETE)( +/?\S.*)?", line)
        is_header = re.fullmatch(r"[A-Za-z-]+: .+", line)
        is_other = line == "" or re.fullmatch(r"[/\w=&:+]+", line)
        if not (is_request or is_header or is_other):
            # Words in capitals stand for what the reader knows.
            json.loads(re.sub(r"(?<=: )[A-Z]{2,}(?=[,}])", '"x"', line))


def check_crontab(text: str) -> None:
    """Settings, and lines with five fields and a command."""
    for line in text.splitlines():
        if not re.fullmatch(r"[A-Z_]+=\S+", line):
            assert re.match(r"(?:[\d*/,-]+\s+){5}\S", line), line
            assert line.split(None, 5)[5]
            check_sh(line.split(None, 5)[5])


def check_ini(text: str) -> None:
    """A unit of systemd, or the like."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(text)
    assert parser.sections()


def check_graphql(text: str) -> None:
    """What the sandbox reads; a mere field is put into an operation."""
    outline = re.search(r"\w+\((?:\w+: [\w!\[\]{]+)", text)
    if outline and re.search(r": (?:\[?\{|[A-Z]\w+)", text) and '"' not in text:
        assert text.count("(") == text.count(")")
        assert text.count("{") == text.count("}")
        return
    parse_graphql(text)


def check_sql(text: str) -> None:
    """Statements, each ended; `tests/ledger/test_postgres_roles.py` runs them."""
    assert text.strip().endswith(";")


def check_text(text: str) -> None:
    """Output, usage, lists: not code; it has no trailing spaces and is not empty."""
    assert text.strip()
    assert not re.search(r"[ \t]\n", text)


CHECKS: dict[str, Callable[[str], None]] = {
    "sh": check_sh,
    "console": check_console,
    "dotenv": check_dotenv,
    "toml": lambda text: assert_some(tomllib.loads(text)),
    "json": check_json,
    "csv": check_csv,
    "http": check_http,
    "crontab": check_crontab,
    "ini": check_ini,
    "graphql": check_graphql,
    "sql": check_sql,
    "text": check_text,
}


def assert_some(found: dict[str, object]) -> None:
    """A file of settings that sets something."""
    assert found


@pytest.mark.parametrize("block", BLOCKS, ids=[block.name for block in BLOCKS])
def test_a_block(block: Block) -> None:
    """It has a language that is checked, and is right in it."""
    assert block.language in CHECKS, f"{block.name}: {block.language or 'no language'}"
    CHECKS[block.language](block.text)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_no_code_without_a_fence(page: Path) -> None:
    """Text that is merely indented would be code that nobody checks."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    assert not re.search(r"(?m)^\n    \S", text)


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as links spell them."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[`*\[\]()]", "", one).lower() for one in headings)
    return {re.sub(r"[^\w\- ]", "", one).replace(" ", "-") for one in plain}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_the_links_of_a_page(page: Path) -> None:
    """Each leads to a file that is there, and to a heading that it has."""
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_the_places_that_contributing_names() -> None:
    """A newcomer finds them."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:meterctl|tests|docs|deploy)/[\w/.]+)`", text)
    assert len(named) > 30
    missing = [one for one in named if "NAME" not in one and not (ROOT / one).exists()]
    assert missing == []
