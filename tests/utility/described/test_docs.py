"""docs/adapters.md: its examples are files that can be read, and do what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from meterctl.sandbox.epilot import Epilot
from meterctl.sandbox.message import Response
from meterctl.sandbox.server import serve
from meterctl.utility.described.read_auth import _KINDS
from meterctl.utility.described.read_calls import _TYPES
from meterctl.utility.described.rules import OUTCOMES
from meterctl.utility.described.templates import EVERYWHERE, READING
from meterctl.utility.port import Accepted, Already, Lost, NotThere, Outcome, Rejected
from tests.sandbox.talk import ask
from tests.utility.described.desk import JSON, REQUEST, SECRET, TOKEN, described, desk, says

PAGE = (Path(__file__).parents[3] / "docs" / "adapters.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
METER = "12345678-1234-4234-8234-123456789abc"
OWN = f'[meters.meter]\nid = "{METER}"\ncounter = "{METER}"\ndirection = "feed-out"\n'


def example(beginning: str) -> str:
    """The one that begins so."""
    (found,) = (one for one in EXAMPLES if one.startswith(beginning))
    return found


@pytest.mark.parametrize("text", EXAMPLES)
def test_each_example_can_be_read(text: str) -> None:
    """As it stands, or as a part of a file."""
    whole = text if "[submit]" in text else f"{text}\n{JSON}"
    url = None if "url = " in text.partition("[")[0] else "https://utility.example"
    described(whole, url, user="me", secret=SECRET)


def test_every_word_is_on_the_page() -> None:
    """Outcomes, placeholders, bodies, ways to authenticate."""
    words = [f"`{one}`" for one in (*OUTCOMES, "not_there")]
    words += [f"`{{{one}}}`" for one in READING | EVERYWHERE]
    words += [f"`{one} = " for one in _TYPES]
    words += [f'"{one}"' for one in _KINDS]
    assert [one for one in words if one not in PAGE] == []


class TestTheFirst:
    """The file for a utility."""

    TEXT = example("url = ")

    def submitted(self, reply: Response) -> Outcome:
        """What comes of a submission."""
        with desk(reply) as one:
            (found,) = described(self.TEXT, one.url).submit([REQUEST], 5)
            assert one.last.path == "/contracts/C-4711/readings"
            assert json.loads(one.last.body)["value"] == 142
        return found

    def test_answers(self) -> None:
        """Each rule does what it says."""
        body = '{"data": {"id": "R-1", "point": "DE00123", "value": 142}}'
        found = self.submitted(says(201, body))
        assert isinstance(found, Accepted)
        assert found.answer.startswith("sent as 142\n")
        assert isinstance(self.submitted(says(201, body.replace("00123", "00124"))), Lost)
        held = '{"error": "exists", "existing": {"value": 142, "id": "R-0"}}'
        assert isinstance(self.submitted(says(409, held)), Already)
        assert isinstance(self.submitted(says(409, held.replace("142", "143"))), Rejected)
        assert isinstance(self.submitted(says(409, "{}")), Lost)

    def test_asked(self) -> None:
        """What it shows is compared as it was sent."""
        row = '{"readAt": "2026-03-01T06:00:00.165Z", "value": 142, "id": "R-1"}'
        with desk(says(200, f'{{"data": [{row}]}}'), says(200, '{"data": []}')) as one:
            way = described(self.TEXT, one.url)
            assert isinstance(way.ask(REQUEST, 5), Accepted)
            assert isinstance(way.ask(REQUEST, 5), NotThere)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("form", says(200, "OK 17"), says(200, "ERROR too low")),
        (
            "csv",
            Response(200, b"m1-abc;ok;R-1\r\n", "text/csv"),
            Response(200, b"m1-abc;error;too low\r\n", "text/csv"),
        ),
        (
            "graphql",
            says(200, '{"data": {"submitReading": {"reading": {"id": 1, "value": 142.3}}}}'),
            says(200, '{"data": {"submitReading": {"problems": [{"message": "too low"}]}}}'),
        ),
    ],
)
def test_other_bodies(name: str, good: Response, bad: Response) -> None:
    """Each of them accepts and rejects as it says, and takes nothing else for either."""
    with desk(good, bad, says(200, "<html>Log in</html>")) as one:
        way = described(example(f"# {name}\n"), one.url)
        assert isinstance(way.submit([REQUEST], 5)[0], Accepted)
        (found,) = way.submit([REQUEST], 5)
        assert isinstance(found, Rejected)
        assert "too low" in found.reason
        assert isinstance(way.submit([REQUEST], 5)[0], Lost)


def test_epilot() -> None:
    """A batch that it takes, one that it refuses for one reading; its states; what it shows."""
    text = f"{example('# epilot')}{OWN}"
    days = [
        REQUEST._replace(key=f"k{day}", at=REQUEST.at + day * 86_400_000, value=value * 1_000_000)
        for day, value in enumerate((1, 2, 3, 1, 4))
    ]
    with serve(Epilot(TOKEN), name="utility") as running:
        way = described(text, running.url)
        kinds = [type(one) for one in way.submit(days[:2], 5)]
        assert kinds == [Accepted, Accepted]
        kinds = [type(one) for one in way.submit(days[2:], 5)]
        assert kinds == [Accepted, Rejected, Accepted]  # the fourth is less than the third
        assert isinstance(way.submit([days[0]], 5)[0], Accepted)  # again
        assert isinstance(way.ask(days[3], 5), NotThere)
        settings = '{"status": "in-validation"}'
        ask(running, "POST", "/sandbox/epilot/settings", settings)
        late = days[0]._replace(key="late", at=days[4].at + 1000, value=5_000_000)
        assert isinstance(way.submit([late], 5)[0], Lost)
        assert isinstance(way.ask(late, 5), Lost)
        ask(running, "POST", "/sandbox/epilot/validated", '{"status": "implausible"}')
        assert isinstance(way.ask(late, 5), Rejected)
        assert running.errors == []
