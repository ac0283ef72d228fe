"""What became of a reading: by a status query, or by what the utility shows."""

from __future__ import annotations

import pytest

from meterctl.sandbox.message import Response
from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
)
from tests.utility.described.desk import JSON, REQUEST, described, desk, says

STATUS = """
[ask]
url = "{url}/status/{key}"
[[ask.answers]]
status = 404
where = { error = "not_found" }
outcome = "not_there"
[[ask.answers]]
status = 200
where = { state = "taken" }
outcome = "accepted"
receipt = "id"
echo = { key = "{key}" }
[[ask.answers]]
status = 200
where = { state = "held" }
outcome = "already"
value = "v"
[[ask.answers]]
status = 200
where = { state = "refused" }
outcome = "rejected"
[[ask.answers]]
status = 202
outcome = "in_progress"
"""
LIST = """
[ask]
url = "{url}/readings"
query = { from = "{timestamp}", to = "{timestamp}" }
[ask.rows]
at = "data"
match = { meter = "{meter}" }
time = "at"
value = "v"
receipt = "id"
"""


def asked(text: str, reply: Response) -> Outcome:
    """What is made of a reply to the question."""
    with desk(reply) as one:
        found = described(JSON + text, one.url).ask(REQUEST, 5)
        assert [request.method for request in one.seen] == ["GET"]
    return found


def row(meter: str = "meter", at: str = "2026-03-01T06:00:00.165Z", v: str = "142.3") -> str:
    """A reading as it is shown."""
    return f'{{"meter": "{meter}", "at": "{at}", "v": {v}, "id": "R-1"}}'


class TestByStatus:
    """A question by key."""

    @pytest.mark.parametrize(
        ("reply", "expected"),
        [
            (says(200, '{"state": "taken", "id": "R-1", "key": "m1-abc"}'), Accepted("R-1")),
            (says(200, '{"state": "held", "v": 142.3}'), Already(None)),
            (
                says(200, '{"state": "held", "v": 1}'),
                Rejected("already there with another value: 1"),
            ),
            (says(200, '{"state": "refused", "reason": "too low"}'), Rejected("too low")),
            (says(404, '{"error": "not_found"}'), NotThere()),
        ],
    )
    def test_settled(self, reply: Response, expected: Outcome) -> None:
        """As the rules have it."""
        assert asked(STATUS, reply)._replace(answer="") == expected

    @pytest.mark.parametrize(
        ("reply", "nonsense"),
        [
            (says(200, '{"state": "taken", "id": "R-1", "key": "m1-other"}'), True),
            (says(200, '{"state": "taken", "id": "R-1"}'), True),
            (says(200, "<html>Log in</html>"), True),
            (says(202, "{}"), False),
            (says(302), True),
            (says(400, "{}"), True),
            (says(404), True),
            (says(404, "<html>Not found</html>"), True),
            (says(404, '{"error": "no such page"}'), True),
            (says(500), False),
            (says(503, '{"error": "not_found"}'), False),
        ],
    )
    def test_in_doubt(self, reply: Response, *, nonsense: bool) -> None:
        """Nothing else says that it is not there."""
        found = asked(STATUS, reply)
        assert isinstance(found, Lost)
        assert found.nonsense is nonsense

    def test_not_just_now(self) -> None:
        """Too many requests, no entry."""
        assert isinstance(asked(STATUS, says(429)), NotTaken)
        assert isinstance(asked(STATUS, says(401)), Refused)

    def test_probe(self) -> None:
        """A key that was never sent is a harmless question."""
        with desk(says(404, '{"error": "not_found"}')) as one:
            assert isinstance(described(JSON + STATUS, one.url).probe(5), NotThere)
            assert one.last.path == "/status/meterctl-health"


class TestByWhatItShows:
    """A list of readings."""

    def test_ours(self) -> None:
        """It is there with our value: taken. What names it there is the receipt."""
        body = f'{{"data": [{row("inverter")}, {row(v="142.30")}]}}'
        found = asked(LIST, says(200, body))
        assert isinstance(found, Accepted)
        assert found.receipt == "R-1"

    def test_ours_without_a_name(self) -> None:
        """What it shows is the receipt."""
        text = LIST.replace('receipt = "id"\n', "")
        found = asked(text, says(200, f'{{"data": [{row()}]}}'))
        assert isinstance(found, Accepted)
        assert found.receipt == "142.3 kWh of 2026-03-01T06:00:00.165Z, as it shows it"

    def test_another_value(self) -> None:
        """It is there with another value: a rejection."""
        found = asked(LIST, says(200, f'{{"data": [{row(v="142.4")}]}}'))
        assert isinstance(found, Rejected)
        assert found.reason == "already there with another value: 142.4"

    def test_by_key(self) -> None:
        """A key names the reading as well as a time does."""
        text = LIST.replace('match = { meter = "{meter}" }\ntime = "at"', 'match = { k = "{key}" }')
        own, other = '{"k": "m1-abc", "v": 142.3, "id": 1}', '{"k": "m1-def", "v": 7, "id": 2}'
        assert isinstance(asked(text, says(200, f'{{"data": [{other}, {own}]}}')), Accepted)
        assert isinstance(asked(text, says(200, f'{{"data": [{other}]}}')), Lost)

    def test_one_of_two_is_ours(self) -> None:
        """Ours was taken, whatever else it shows of that time."""
        found = asked(LIST, says(200, f'{{"data": [{row(v="142.4")}, {row()}]}}'))
        assert isinstance(found, Accepted)

    @pytest.mark.parametrize(
        "data",
        ["", row("inverter"), row(at="2026-03-01T06:01:00.165Z"), row(at="2026-02-01T06:00:00Z")],
    )
    def test_absent(self, data: str) -> None:
        """A proof where it shows all, and only there."""
        reply = says(200, f'{{"data": [{data}]}}')
        assert isinstance(asked(LIST, reply), Lost)
        assert isinstance(asked(LIST + 'shows = "all"\n', reply), NotThere)

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            ("[]", NotThere),
            (f"[{row(at='2026-02-28T06:00:00Z')}]", NotThere),
            (row(at="2026-02-28T06:00:00Z"), NotThere),
            (row(), Accepted),
            (row(v="7"), Rejected),
            (row(at="2026-03-02T06:00:00Z"), Lost),
        ],
    )
    def test_the_newest_alone(self, data: str, expected: type[Outcome]) -> None:
        """What came later may have taken its place; what is earlier has not."""
        found = asked(LIST + 'shows = "newest"\n', says(200, f'{{"data": {data}}}'))
        assert isinstance(found, expected), found

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "{}",
            '{"data": null}',
            '{"data": "none"}',
            "<html>Log in</html>",
            f'{{"data": [{row(at="soon")}]}}',
            '{"data": [{"meter": "meter", "at": 1.5, "v": 1}]}',
            '{"data": [{"meter": "meter", "at": -5, "v": 1}]}',
            f'{{"data": [{row(v="null")}]}}',
            '{"data": [{"meter": "meter"}]}',
        ],
    )
    def test_nonsense(self, body: str) -> None:
        """What cannot be read proves no absence."""
        found = asked(LIST + 'shows = "all"\n', says(200, body))
        assert isinstance(found, Lost)
        assert found.nonsense

    def test_by_day(self) -> None:
        """A utility that is told days shows days."""
        text = """
[limits]
settles = 0
[time]
day = "%d.%m.%Y"
[submit]
json = { d = "{day}", v = "{value}" }
[[submit.answers]]
status = 204
outcome = "unknown"
[ask]
url = "{url}/readings"
[ask.rows]
time = "d"
value = "v"
shows = "all"
"""
        body = '[{"d": "28.02.2026", "v": 7}, {"d": "01.03.2026", "v": 142.3}]'
        with desk(says(200, body), says(200, body.replace("01.03", "02.03"))) as one:
            way = described(text, one.url)
            found = way.ask(REQUEST, 5)
            assert isinstance(found, Accepted)
            assert found.receipt == "142.3 kWh of 01.03.2026, as it shows it"
            assert isinstance(way.ask(REQUEST, 5), NotThere)

    def test_by_a_pattern_of_local_time(self) -> None:
        """Read in the utility's zone, to the second."""
        text = f"""
[time]
as = "local"
pattern = "%d.%m.%Y %H:%M:%S"
{JSON}{LIST}shows = "all"
"""
        with desk(says(200, f'{{"data": [{row(at="01.03.2026 07:00:00")}]}}')) as one:
            assert isinstance(described(text, one.url).ask(REQUEST, 5), Accepted)
        twice = f'{{"data": [{row(at="25.10.2026 02:30:00")}]}}'  # the clocks showed it twice
        other = f'{{"data": [{row(at="02.03.2026 07:00:00")}]}}'
        with desk(says(200, twice), says(200, other)) as one:
            way = described(text, one.url)
            assert isinstance(way.ask(REQUEST, 5), Lost)
            assert isinstance(way.ask(REQUEST, 5), NotThere)


class TestUnproven:
    """It took a submission and gave no proof: what it shows is looked at, in the same time."""

    TEXT = (
        "[limits]\nsettles = 0\n"
        '[submit]\njson = { v = "{value}" }\n[[submit.answers]]\nstatus = [204, 409]\n'
        'outcome = "unknown"\n' + LIST + 'shows = "all"\n'
    )

    @pytest.mark.parametrize(
        ("shown", "expected"),
        [
            (says(200, f'{{"data": [{row()}]}}'), Accepted),
            (says(200, f'{{"data": [{row(v="7")}]}}'), Rejected),
            (says(200, '{"data": []}'), Lost),  # it may show it later
            (says(500), Lost),
            (says(401), Lost),
            (says(429), Lost),
            (says(404), Lost),
        ],
    )
    @pytest.mark.parametrize("status", [204, 409])
    def test_submitted(self, status: int, shown: Response, expected: type[Outcome]) -> None:
        """Only what it shows settles it; whatever goes wrong then, it is in doubt."""
        with desk(says(status), shown) as one:
            (found,) = described(self.TEXT, one.url).submit([REQUEST], 5)
            assert [request.method for request in one.seen] == ["POST", "GET"]
        assert isinstance(found, expected), found
        assert found.answer.startswith(f"HTTP {status} ")  # what it answered first is kept
        assert ("HTTP 200 OK" in found.answer) is (expected is not Lost)


def test_it_cannot_be_asked() -> None:
    """Without a way to ask, a person has to look; it is not probed either."""
    way = described(JSON, "https://utility.example")
    found = way.ask(REQUEST, 5)
    assert isinstance(found, Lost)
    assert "meterctl submissions resolve" in found.hint
    assert way.probe(5) is None


def test_what_could_not_have_been_sent() -> None:
    """The file was changed since: nothing is claimed, nothing asked, and no other held up."""
    with desk(says(200, "[]")) as one:
        way = described(f"[value]\ndecimals = 0\n{JSON}{LIST}", one.url)
        found = way.ask(REQUEST, 5)
        assert isinstance(found, NotTaken)
        assert found.settings
        assert one.seen == []


@pytest.mark.parametrize(
    "more",
    [
        LIST.replace("{meter}", "{meter.gone}"),
        STATUS.replace("/status/{key}", "/status/{meter.gone}"),
        STATUS.replace(
            'outcome = "not_there"', 'outcome = "not_there"\necho = { a = "{meter.x}" }'
        ),
    ],
)
def test_a_name_that_the_file_has_no_more(more: str) -> None:
    """Nothing is asked: it could not be told which answer is this meter's."""
    with desk(says(404, f'{{"error": "not_found", "a": 1, "data": [{row()}]}}')) as one:
        found = described(JSON + more, one.url).ask(REQUEST, 5)
        assert isinstance(found, NotTaken)
        assert found.settings
        assert found.why.startswith("meter meter: {meter.")
        assert one.seen == []


def test_a_probe_that_is_shown_some_meters_reading() -> None:
    """A key that was never sent is nobody's: it is said, and of no meter anything is asked."""
    text = (
        '[ask]\nurl = "{url}/x/{key}"\n[ask.rows]\nmatch = { m = "{meter.x}" }\n'
        'time = "t"\nvalue = "v"\nshows = "all"\n'
    )
    with desk(says(200, "[]"), says(200, '[{"m": "a", "t": 1, "v": 2}]')) as one:
        way = described(JSON + text, one.url)
        assert isinstance(way.probe(5), NotThere)
        found = way.probe(5)
    assert isinstance(found, Lost)
    assert found.nonsense


def test_an_answer_that_settles_nothing() -> None:
    """It was heard: that is no silence, which would keep the others from being asked about."""
    working = '[ask]\nurl = "{url}/x"\n[[ask.answers]]\nstatus = 202\noutcome = "in_progress"\n'
    for text, reply, wait in (
        (LIST, says(200, '{"data": []}'), None),
        (working, says(202), 0.0),
        (working, says(202, "", Retry_After="7"), 7.0),
    ):
        found = asked(text, reply)
        assert isinstance(found, Lost)
        assert found.heard
        assert not found.nonsense
        assert found.wait == wait
    silence = asked(LIST, says(500))
    assert isinstance(silence, Lost)
    assert not silence.heard
    unasked = described(JSON, "https://utility.example").ask(REQUEST, 5)
    assert isinstance(unasked, Lost)
    assert unasked.heard


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (says(200, '{"ok": true}'), NotThere),
        (says(200, "<html>Log in</html>"), Lost),
        (says(403), Refused),
        (says(503), Lost),
    ],
)
def test_a_probe_of_its_own(reply: Response, expected: type[Outcome]) -> None:
    """It answers and knows us where its answer says what the file has."""
    text = JSON + '[probe]\nurl = "{url}/me"\nwhere = { ok = true }\n'
    with desk(reply) as one:
        assert isinstance(described(text, one.url).probe(5), expected)
        assert (one.last.method, one.last.path) == ("GET", "/me")
