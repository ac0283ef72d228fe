"""A TOML file read key by key: each fault is told with line, column and key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from meterctl.errors import ConfigError
from meterctl.utility.keys import Table, load, parse

TEXT = """\
name = "home"

[submit]
count = 3
pause = 0.5
kind = "json"
headers = { A = "1", B = 2 }

[[submit.answers]]
status = 200

[[submit.answers]]
status = "x"
  outcome = "taken"

["odd name".deep]
flag = 1
"""


def table() -> Table:
    """The whole of it."""
    return parse(TEXT, "mine.toml")


def answers() -> list[Table]:
    """The rules of it."""
    return table().needed("submit").tables("answers")


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda: table().text("zone"), "mine.toml:1:1: zone: is missing: a text"),
        (lambda: table().text("submit"), "mine.toml:3:1: submit: a text is needed"),
        (lambda: table().tables("submit"), "mine.toml:3:1: submit: a list of tables is needed"),
        (lambda: table().table("name"), "mine.toml:1:1: name: a table is needed"),
        (lambda: table().needed("ask"), "mine.toml:1:1: ask: is missing: a table"),
        (
            lambda: table().needed("submit").whole("count", 0, high=2),
            "mine.toml:4:1: submit.count: a whole number from 0 to 2 is needed",
        ),
        (
            lambda: table().needed("submit").seconds("kind", 0),
            "mine.toml:6:1: submit.kind: a number of seconds from 0 to 86400 is needed",
        ),
        (
            lambda: table().needed("submit").choice("kind", ("form", "csv")),
            "mine.toml:6:1: submit.kind: 'json' is not one of form, csv",
        ),
        (
            lambda: table().needed("submit").mapping("headers"),
            "mine.toml:7:1: submit.headers.B: a text is needed",
        ),
        (
            lambda: answers()[0].text("status"),
            "mine.toml:10:1: submit.answers[1].status: a text is needed",
        ),
        (
            lambda: answers()[1].whole("outcome", 0),
            "mine.toml:14:3: submit.answers[2].outcome: a whole number from 0 to 1000000 is needed",
        ),
        (
            lambda: answers()[1].choice("reason", ("a",)),
            "mine.toml:12:1: submit.answers[2].reason: is missing: a text",
        ),
        (
            lambda: table().needed("odd name").needed("deep").flag("flag"),
            "mine.toml:17:1: odd name.deep.flag: true or false is needed",
        ),
    ],
)
def test_what_is_wrong(read: Callable[[], object], said: str) -> None:
    """Its place, its key, and what should stand there."""
    with pytest.raises(ConfigError) as caught:
        read()
    assert caught.value.message == said


def test_key_that_nobody_asked_for() -> None:
    """It is named, with the one that was meant."""
    submit = parse("[submit]\nmethud = 'PUT'\n", "mine.toml").needed("submit")
    submit.text("method", "POST")
    with pytest.raises(ConfigError, match=r"2:1: submit\.methud: there is no such key"):
        submit.done()


def test_needed_key_that_is_misspelt() -> None:
    """The place is where it is misspelt, not that it is missing."""
    with pytest.raises(ConfigError, match=r"1:1: submitt: .*do you mean submit\?"):
        parse("[submitt]\n", "mine.toml").needed("submit")


def test_all_asked_for() -> None:
    """Then nothing is wrong, and what stands there was told."""
    one = parse('a = "x"\nb = ["y"]\nc = true\nd = 2\n', "mine.toml")
    told = one.text("a"), one.texts("b"), one.flag("c"), one.whole("d", 0), one.seconds("e", 1.5)
    one.done()
    assert told == ("x", ["y"], True, 2, 1.5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'a = "x\n', "1:7"),
        (b"a = 1\nb = [2,\n\n", "mine.toml:2:8: Invalid value (at end of document)"),
        (b"a = " + b"[" * 500 + b"]" * 500, "mine.toml:1:1: lists in lists without an end"),
        (b"a = 1\na = 2\n", "mine.toml:2:6: Cannot overwrite a value"),
        (b"a = '\xff'\n", "mine.toml: not UTF-8"),
    ],
)
def test_no_toml(content: bytes, said: str, tmp_path: Path) -> None:
    """Where its grammar ends is told."""
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert said in caught.value.message


def test_no_file(tmp_path: Path) -> None:
    """It is named, with the setting."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "none.toml")
    assert caught.value.message.endswith("none.toml: No such file or directory")


ODD = """\
query = '''
[[answers]]
key = \"\"\" says ''''
list = [
  # [[answers]]
  ["]"],
  [1]
]
after = 0

[[answers]]
text = \"\"\" \\\"\"\" [[answers]] \"\"\"
'a.b' = 1
"c d".'e.f'.g = 2
h = "[" # [
i = 3
"""


@pytest.mark.parametrize(
    ("name", "place"),
    [("text", "12:1"), ("a.b", "13:1"), ("h", "15:1"), ("i", "16:1"), ("none", "11:1")],
)
def test_what_only_looks_like_a_heading(name: str, place: str) -> None:
    """What stands within a text or a list of several lines is none, nor a key."""
    odd = parse(ODD, "mine.toml")
    assert odd.problem("after", "?").message == "mine.toml:9:1: after: ?"
    (answers,) = odd.tables("answers")
    assert answers.problem(name, "?").message == f"mine.toml:{place}: answers[1].{name}: ?"


def test_dotted_key_in_quotes() -> None:
    """Dots within quotes part nothing, whichever quotes they are."""
    (answers,) = parse(ODD, "mine.toml").tables("answers")
    inner = answers.needed("c d").needed("e.f")
    assert inner.problem("g", "?").message == "mine.toml:14:1: answers[1].c d.e.f.g: ?"


def test_byte_order_mark(tmp_path: Path) -> None:
    """As some editors save UTF-8: it is no part of the text."""
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xef\xbb\xbfname = 'home'\n")
    assert load(file).text("name") == "home"
