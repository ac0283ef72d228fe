"""The pictures of README and docs: there, told in words as well, and of the program as it is."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.pictures import DASHBOARD, PLACE, SCENE, TERMINAL, said_at_a_terminal, typed

ROOT = PLACE.parents[1]


def shown() -> str:
    """The text of the terminal's picture, without spaces: each run of text has its own place."""
    root = ET.parse(TERMINAL).getroot()
    texts = root.iter("{http://www.w3.org/2000/svg}text")
    return re.sub(r"\s", "", "".join("".join(text.itertext()) for text in texts))


def test_the_terminal_shows_what_the_program_says(tmp_path: Path) -> None:
    """Each command, and each line of it, as it is printed today: else `make pictures`."""
    picture = shown()
    for words, said in zip(SCENE, said_at_a_terminal(tmp_path), strict=True):
        assert re.sub(r"\s", "", typed(words)) in picture
        for line in re.sub(r"\x1b\[[0-9;]*m", "", said).splitlines():
            assert re.sub(r"\s", "", line) in picture, line


def test_the_terminal_asks_nobody() -> None:
    """A picture that loads fonts from elsewhere tells others who looks at it."""
    text = TERMINAL.read_text(encoding="utf-8")
    assert "url(http" not in text
    assert "href=" not in text


def test_the_dashboard() -> None:
    """A picture of a few kilobytes."""
    content = DASHBOARD.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert 10_000 < len(content) < 150_000


def test_each_is_shown_with_words() -> None:
    """Who cannot see it is told what it shows."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = dict(re.findall(r"!\[([^\]]{20,})\]\(([^)]+)\)", text))
    assert set(found.values()) == {f"docs/pictures/{one.name}" for one in (TERMINAL, DASHBOARD)}
