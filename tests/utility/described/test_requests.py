"""What leaves: each value exact, and escaped for where it stands."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from meterctl.domain.times import parse_time, zone_named
from meterctl.utility.port import Accepted, NotTaken, Request
from tests.utility.described.desk import JSON, REQUEST, TOKEN, Desk, described, desk, says

ACCEPTED = says(201, '{"receipt": "R-1"}')
RULE = '[[submit.answers]]\nstatus = 201\noutcome = "accepted"\nreceipt = "receipt"\n'


def sent(text: str, request: Request = REQUEST, **settings: str | None) -> Desk:
    """What a utility sees of a reading that is handed over."""
    with desk(ACCEPTED) as one:
        (outcome,) = described(text + RULE, one.url, "json", **settings).submit([request], 5)
        assert isinstance(outcome, Accepted), outcome
    return one


def body(text: str, request: Request = REQUEST) -> object:
    """The JSON that is seen, its numbers as they were written."""
    return json.loads(sent(text, request).last.body, parse_float=str, parse_int=str)


class TestBodies:
    """Each language, in its own spelling."""

    def test_json(self) -> None:
        """A text that is one placeholder is the value itself: a number stays one, exactly."""
        text = """[meters.meter]
device = 'a "quoted" name'
[submit]
json = { value = "{value}", text = "v={value}", n = 3, yes = true, list = ["{key}", {}], \
"{meter}" = "{meter.device}", no = "{serial}", at = "{timestamp}" }
"""
        assert body(text, REQUEST._replace(serial=None)) == {
            "value": "142.3",
            "text": "v=142.3",
            "n": "3",
            "yes": True,
            "list": ["m1-abc", {}],
            "meter": 'a "quoted" name',
            "no": None,
            "at": "2026-03-01T06:00:00.165Z",
        }

    def test_a_number_that_no_float_can_hold(self) -> None:
        """All its digits leave."""
        one = REQUEST._replace(value=999_999_999_000_001)
        raw = sent('[submit]\njson = { v = "{value}" }\n', one).bodies
        assert raw == ['{"v": 999999999.000001}']

    def test_form(self) -> None:
        """Values are escaped; what is no text is JSON."""
        text = """[account]
contract = "a&b=c d"
[submit]
form = { contract = "{account.contract}", v = "{value}", data = [[0, "{key}", { x = "{value}" }]] }
"""
        seen = sent(text).last
        assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
        assert seen.body == (
            b"contract=a%26b%3Dc%20d&v=142.3"
            b"&data=%5B%5B0%2C%20%22m1-abc%22%2C%20%7B%22x%22%3A%20142.3%7D%5D%5D"
        )

    def test_csv(self) -> None:
        """A line with a heading; fields are quoted where they must be, the mark is a comma."""
        text = """[meters.meter]
place = 'cellar; "left"'
[value]
as = "text"
mark = ","
[submit]
csv = ["{serial}", "{meter.place}", "{day}", "{value}"]
heading = "serial;place;day;value"
"""
        seen = sent('[time]\nday = "%d.%m.%Y"\n' + text).last
        assert seen.headers["content-type"] == "text/csv; charset=utf-8"
        assert seen.body.decode() == (
            'serial;place;day;value\r\nS-1;"cellar; ""left""";01.03.2026;142,3\r\n'
        )

    def test_graphql(self) -> None:
        """The query is left as it is, its braces too; the variables are typed."""
        text = """[submit]
graphql = "mutation M($v: Decimal!) { take(value: $v) { id } }"
variables = { v = "{value}" }
"""
        assert body(text) == {
            "query": "mutation M($v: Decimal!) { take(value: $v) { id } }",
            "variables": {"v": "142.3"},
        }

    def test_braces(self) -> None:
        """Two of them are one."""
        text = '[submit]\njson = { a = "{{{value}}} }}{{" }\n'
        assert body(text) == {"a": "{142.3} }{"}

    def test_put_and_another_content_type(self) -> None:
        """The method and the kind of body may be named."""
        text = '[submit]\nmethod = "PUT"\njson = ["{value}"]\n'
        seen = sent(f'{text}content_type = "application/vnd.x+json"\n').last
        assert (seen.method, seen.headers["content-type"]) == ("PUT", "application/vnd.x+json")


class TestAround:
    """The URL, the query, the headers."""

    def test_a_name_stays_one_step_of_the_path(self) -> None:
        """Whatever is in it."""
        text = '[meters.meter]\nid = "../a/b?c#d é"\n[submit]\nurl = "{url}/m/{meter.id}/{value}"\n'
        assert sent(text).last.path == "/m/..%2Fa%2Fb%3Fc%23d%20%C3%A9/142.3"

    @pytest.mark.parametrize("name", [".", ".."])
    def test_a_name_of_dots(self, name: str) -> None:
        """It leads nowhere else either."""
        text = f'[meters.meter]\nid = "{name}"\n[submit]\nurl = "{{url}}/{{meter.id}}/{{value}}"\n'
        assert sent(text).last.path == f"/{name.replace('.', '%2E')}/142.3"

    def test_query_and_headers(self) -> None:
        """The query is escaped; a header is as it is. Those of the file are on each request."""
        text = """headers = { X-Version = "1.0" }
[submit]
query = { q = "a&{key}", v = "{value}" }
headers = { Idempotency-Key = "{key}", X-Meter = "{meter} {obis} {kind} {direction}" }
"""
        seen = sent(text).last
        assert seen.query == {"q": ["a&m1-abc"], "v": ["142.3"]}
        assert seen.headers["idempotency-key"] == "m1-abc"
        assert seen.headers["x-version"] == "1.0"
        assert seen.headers["x-meter"] == "meter 1.8.0 register from_grid"

    def test_a_url_with_a_query(self) -> None:
        """It stays behind the path that is added."""
        with desk(ACCEPTED) as one:
            text = f'[submit]\nurl = "{{url}}/{{value}}"\n{RULE}'
            way = described(text, f"{one.url}/base/?k=s3cret")
            way.submit([REQUEST], 5)
            preview = way.preview([REQUEST])
        assert (one.last.path, one.last.query) == ("/base/142.3", {"k": ["s3cret"]})
        assert "s3cret" not in preview

    @pytest.mark.parametrize("name", ["a\r\nX-Evil: 1", "é"])
    def test_what_no_header_can_carry(self, name: str) -> None:
        """Nothing leaves; the name is said."""
        with desk(ACCEPTED) as one:
            text = f"[meters.meter]\nd = {json.dumps(name)}\n"
            text += '[submit]\nheaders = { X = "{meter.d}", V = "{value}" }\n'
            (outcome,) = described(text + RULE, one.url).submit([REQUEST], 5)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert outcome.why == "meter meter: a header cannot carry {meter.d}"
        assert one.seen == []


class TestMissing:
    """A meter does not have what the file needs of it."""

    def test_a_name_in_the_file(self) -> None:
        """It is told which one; nothing leaves."""
        with desk(ACCEPTED) as one:
            text = '[submit]\nurl = "{url}/{meter.device}/{value}"\n'
            (outcome,) = described(text + RULE, one.url).submit([REQUEST], 5)
        assert outcome == NotTaken(
            "meter meter: {meter.device} is not known",
            "name device in [meters.meter]",
            settings=True,
        )
        assert one.seen == []

    def test_a_serial_in_a_path(self) -> None:
        """It is told so; nothing leaves."""
        with desk(ACCEPTED) as one:
            text = '[submit]\nurl = "{url}/{serial}/{value}"\n'
            way = described(text + RULE, one.url)
            (outcome,) = way.submit([REQUEST._replace(serial=None)], 5)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert outcome.why == "meter meter: the meter has no serial"
        assert one.seen == []

    def test_what_asking_will_need(self) -> None:
        """A reading that could never be asked about is not sent."""
        with desk(ACCEPTED) as one:
            text = JSON + (
                '[ask]\nurl = "{url}/{meter.feed}"\n[ask.rows]\ntime = "t"\nvalue = "v"\n'
            )
            (outcome,) = described(text, one.url).submit([REQUEST], 5)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert one.seen == []

    @pytest.mark.parametrize(
        ("rule", "why"),
        [
            ('match = { s = "{serial}" }', "the meter has no serial"),
            ('match = { s = "{meter.x}" }', "{meter.x} is not known"),
        ],
    )
    def test_what_a_list_is_searched_for(self, rule: str, why: str) -> None:
        """Without it any row would do: the reading is not sent."""
        text = f'{JSON}[ask]\nurl = "{{url}}/x"\n[ask.rows]\n{rule}\ntime = "t"\nvalue = "v"\n'
        with desk(ACCEPTED) as one:
            way = described(text, one.url)
            (outcome,) = way.submit([REQUEST._replace(serial=None)], 5)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert outcome.why == f"meter meter: {why}"
        assert one.seen == []

    @pytest.mark.parametrize("echo", ["{meter.x}", "{meter.x}/{key}", "no {serial}"])
    def test_what_an_answer_repeats(self, echo: str) -> None:
        """What could not be compared afterwards is not sent."""
        with desk(ACCEPTED) as one:
            way = described(f'{JSON}echo = {{ a = "{echo}" }}\n', one.url)
            (outcome,) = way.submit([REQUEST._replace(serial=None)], 5)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert one.seen == []

    def test_a_meter_without_a_serial(self) -> None:
        """Theirs may well have one: that proves nothing against it."""
        with desk(says(201, '{"receipt": "R", "serial": "S-9"}')) as one:
            way = described(f'{JSON}echo = {{ serial = "{{serial}}" }}\n', one.url)
            assert isinstance(way.submit([REQUEST._replace(serial=None)], 5)[0], Accepted)
            assert not isinstance(way.submit([REQUEST], 5)[0], Accepted)


class TestValues:
    """Units, decimals, rounding: exact."""

    @pytest.mark.parametrize(
        ("value", "unit", "figures", "told"),
        [
            (142_300_000, "kWh", 'unit = "Wh"', "142300"),
            (142_300_000, "kWh", 'unit = "MWh"', "0.1423"),
            (1_000_000, "kWh", 'unit = "MJ"', "3.6"),
            (1_000_000, "GJ", 'unit = "kWh"\ndecimals = 3\nrounding = "truncate"', "277.777"),
            (1_000_000, "GJ", 'unit = "kWh"\ndecimals = 0\nrounding = "round"', "278"),
            (5_123_456, "m³", 'unit = "L"', "5123.456"),
            (5_000_000, "l", 'unit = "m3"', "0.005"),
            (7_000_000, "kvarh", 'unit = "varh"', "7000"),
            (142_500_000, "kWh", 'decimals = 0\nrounding = "round"', "143"),
            (142_500_000, "kWh", 'decimals = 0\nrounding = "truncate"', "142"),
            (142_500_000, "kWh", "decimals = 1", "142.5"),
            (0, "kWh", "decimals = 0", "0"),
        ],
    )
    def test_told(self, value: int, unit: str, figures: str, told: str) -> None:
        """In the utility's unit, with its decimals."""
        text = f'[value]\n{figures}\n[submit]\njson = {{ v = "{{value}}" }}\n'
        assert body(text, REQUEST._replace(value=value, unit=unit)) == {"v": told}

    @pytest.mark.parametrize(
        ("value", "unit", "figures", "why"),
        [
            (
                142_300_000,
                "kWh",
                "decimals = 0",
                "it takes no decimals of kWh, and this is 142.3 kWh",
            ),
            (
                142_345_000,
                "kWh",
                "decimals = 2",
                "it takes 2 decimals of kWh, and this is 142.345 kWh",
            ),
            (1_000_000, "GJ", 'unit = "kWh"', "1 GJ is no whole decimal of a kWh"),
        ],
    )
    def test_refused(self, value: int, unit: str, figures: str, why: str) -> None:
        """What may not be rounded does not leave; it is said why, and what would let it."""
        with desk(ACCEPTED) as one:
            way = described(f"[value]\n{figures}\n{JSON}", one.url)
            (outcome,) = way.submit([REQUEST._replace(value=value, unit=unit)], 5)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert outcome.why == f"meter meter: {why}"
        assert one.seen == []

    def test_another_sort_of_unit(self) -> None:
        """It is the file that is wrong."""
        with desk(ACCEPTED) as one:
            way = described(f'[value]\nunit = "m³"\n{JSON}', one.url)
            (outcome,) = way.submit([REQUEST], 5)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert outcome.why == "meter meter: kWh cannot be told in m³"
        assert one.seen == []

    def test_the_evidence_says_what_was_sent(self) -> None:
        """Where that is not what the reading says."""
        with desk(ACCEPTED) as one:
            text = f'[value]\ndecimals = 0\nrounding = "truncate"\n{JSON}'
            (outcome,) = described(text, one.url).submit([REQUEST], 5)
            (converted,) = described(f'[value]\nunit = "Wh"\n{JSON}', one.url).submit([REQUEST], 5)
        assert outcome.answer.startswith("sent as 142\nHTTP 201")
        assert converted.answer.startswith("sent as 142300 Wh\nHTTP 201")


class TestTimes:
    """However a utility wants a time told."""

    @pytest.mark.parametrize(
        ("time", "told"),
        [
            ("", "2026-03-01T06:00:00.165Z"),
            ("milliseconds = false", "2026-03-01T06:00:00Z"),
            ('as = "offset"', "2026-03-01T07:00:00.165+01:00"),
            ('as = "s"', "1772344800"),
            ('as = "ms"', "1772344800165"),
            ('as = "local"\npattern = "%d.%m.%Y %H:%M"', "01.03.2026 07:00"),
        ],
    )
    def test_told(self, time: str, told: str) -> None:
        """In the zone of the utility's days; a count is a number."""
        text = f'[time]\n{time}\n[submit]\njson = {{ at = "{{timestamp}}", v = "{{value}}" }}\n'
        seen = json.loads(sent(text).last.body, parse_int=Decimal)["at"]
        assert str(seen) == told
        assert isinstance(seen, Decimal) is told.isdecimal()

    def test_days(self) -> None:
        """A day is that of the utility's zone; so are its neighbours. It is told by the day."""
        late = parse_time("2026-03-01T23:30:00Z", zone_named("UTC"))
        text = (
            '[submit]\nquery = { v = "{value}" }\n'
            'json = { d = "{day}", b = "{day_before}", a = "{day_after}" }\n'
        )
        assert body(text, REQUEST._replace(at=late)) == {
            "d": "2026-03-02",
            "b": "2026-03-01",
            "a": "2026-03-03",
        }
        assert described(text + RULE, "https://a.example").bounds.by_day
        early = parse_time("2026-03-30T00:30:00+02:00", zone_named("UTC"))  # after one of 23 hours
        assert body(text, REQUEST._replace(at=early)) == {
            "d": "2026-03-30",
            "b": "2026-03-29",
            "a": "2026-03-31",
        }
        assert not described(JSON, "https://a.example").bounds.by_day


@pytest.mark.parametrize("kind", ["json", "form"])
def test_preview_shows_no_secret_however_it_is_spelled(kind: str) -> None:
    """Escaped as the body has it, it is one all the same."""
    text = f'[submit]\n{kind} = {{ p = "{{secret}}", q = "{{secret}}", v = "{{value}}" }}\n{RULE}'
    shown = described(text, "https://utility.example", secret='p"w\\ü?x').preview([REQUEST])
    assert "?x" not in shown
    assert "%3Fx" not in shown
    assert shown.count("***") == 3  # the token is the third


def test_preview_shows_what_would_leave() -> None:
    """All of it but the token; what would not leave, and why; nothing is sent."""
    with desk(ACCEPTED) as one:
        way = described(f"[value]\ndecimals = 1\n{JSON}", one.url)
        text = way.preview([REQUEST])
        other = way.preview([REQUEST._replace(value=142_345_000)])
    assert f"POST {one.url}" in text
    assert '"value": 142.3' in text
    assert TOKEN not in text
    assert other == "not sent: meter meter: it takes 1 decimal of kWh, and this is 142.345 kWh"
    assert one.seen == []
