"""What an answer to a submission means: by the file's rules, else by its status."""

from __future__ import annotations

import pytest

from meterctl.sandbox.message import Response
from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    Misconfigured,
    NotTaken,
    Outcome,
    Refused,
    Rejected,
)
from tests.utility.described.desk import JSON, REQUEST, TOKEN, described, desk, says
from tests.utility.wild import answer, answering, reset, until_gone, wild

SUBMIT = '[submit]\njson = { v = "{value}" }\n'


def outcome(rules: str, reply: Response, *, value: int = 142_300_000) -> Outcome:
    """What is made of a reply."""
    text = SUBMIT + "".join(f"[[submit.answers]]\n{rule}\n" for rule in rules.split("---"))
    with desk(reply) as one:
        (found,) = described(text, one.url).submit([REQUEST._replace(value=value)], 5)
        assert len(one.seen) == 1
    return found


RECEIPT = 'status = "2xx"\noutcome = "accepted"\nreceipt = "data.0.id"'
ECHO = """status = 200
outcome = "accepted"
value = "v"
echo = { "at" = "{timestamp}", "meter" = "{meter}", day = "{day}" }"""
ALREADY = 'status = 409\noutcome = "already"\nvalue = "have.v"\nreceipt = "have.id"'


class TestAccepted:
    """Proof in status and body, for this very reading."""

    def test_a_receipt(self) -> None:
        """It is found where the file says; a number may be one."""
        assert outcome(RECEIPT, says(201, '{"data": [{"id": "R-1"}]}')) == Accepted(
            "R-1", 'HTTP 201 Created\n{"data": [{"id": "R-1"}]}'
        )
        found = outcome(RECEIPT, says(200, '{"data": [{"id": 17}]}'))
        assert isinstance(found, Accepted)
        assert found.receipt == "17"

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "{}",
            "null",
            "<html>Log in</html>",
            '{"data": []}',
            '{"data": [{"id": ""}]}',
            '{"data": [{"id": null}]}',
            '{"data": [{"id": true}]}',
            '{"data": [{"id": ["R"]}]}',
            '{"data": [{"id": "R-1"}], "data": 1}',
            '{"data": [{"id": "R-1"}]',
            '{"data": [{"id": "R-1"}]}, "x": {}',
            f'{{"data": [{{"id": "{"R" * 201}"}}]}}',
        ],
    )
    def test_no_receipt(self, body: str) -> None:
        """Nothing is proven."""
        found = outcome(RECEIPT, says(200, body))
        assert isinstance(found, Lost)
        assert found.nonsense

    @pytest.mark.parametrize(
        "body",
        [
            '{"v": 142.3, "at": "2026-03-01T06:00:00.165Z", "meter": "METER", "day": "2026-03-01"}',
            '{"v":"142.30","at":1772344800165,"meter":"meter","day":"2026-03-01T00:00:00+01:00"}',
            '{"v":1423e-1,"at":"2026-03-01T07:00:00.165+01:00","meter":"meter","day":"2026-03-01"}',
        ],
    )
    def test_it_repeats_the_reading(self, body: str) -> None:
        """Values are compared as numbers and times as instants; that is the receipt."""
        found = outcome(ECHO, says(200, body))
        assert isinstance(found, Accepted), found
        assert found.receipt == "142.3 kWh of 2026-03-01T06:00:00.165Z, as it answered"

    @pytest.mark.parametrize(
        ("name", "other"),
        [
            ("v", "142.4"),
            ("v", "null"),
            ("v", '"nan"'),
            ("v", "1e999999999"),
            ("at", '"2026-03-01T06:00:01.165Z"'),
            ("at", '"yesterday"'),
            ("at", "null"),
            ("meter", '"inverter"'),
            ("meter", "null"),
            ("day", '"2026-03-02"'),
            ("day", "{}"),
        ],
    )
    def test_it_repeats_another(self, name: str, other: str) -> None:
        """It answered for another reading, or does not say: nothing is proven of ours."""
        own = {
            "v": "142.3",
            "at": '"2026-03-01T06:00:00.165Z"',
            "meter": '"meter"',
            "day": '"2026-03-01"',
        }
        body = ", ".join(f'"{key}": {text}' for key, text in {**own, name: other}.items())
        found = outcome(ECHO, says(200, f"{{{body}}}"))
        assert isinstance(found, Lost), found
        assert found.nonsense
        assert "another reading" in found.why or "which reading" in found.why

    @pytest.mark.parametrize(("taken", "kind"), [("1", Accepted), ("0", Lost), ("2", Lost)])
    def test_a_count(self, taken: str, kind: type[Outcome]) -> None:
        """It took one reading, and one was sent."""
        rule = 'status = 200\noutcome = "accepted"\ncount = "rows"'
        assert isinstance(outcome(rule, says(200, f'{{"rows": {taken}}}')), kind)
        assert isinstance(outcome(rule, says(200, "{}")), Lost)

    def test_created_and_nothing_else(self) -> None:
        """A 201 whose body is as the file says is a proof where there is no better one."""
        rule = "status = 201\npattern = '^$'\noutcome = \"accepted\""
        found = outcome(rule, says(201))
        assert isinstance(found, Accepted)
        assert found.receipt == "HTTP 201"
        assert isinstance(outcome(rule, says(201, "<html>")), Lost)
        assert isinstance(outcome(rule, says(200)), Lost)

    def test_a_text(self) -> None:
        """The named groups of a pattern are what its paths lead into."""
        rule = """status = 200
pattern = '^OK (?P<id>\\w+) (?P<v>[0-9.]+)$'
outcome = "accepted"
receipt = "id"
value = "v\""""
        assert outcome(rule, says(200, "OK R7 142.30")) == Accepted(
            "R7", "HTTP 200 OK\nOK R7 142.30"
        )
        assert isinstance(outcome(rule, says(200, "OK R7 142.4")), Lost)
        assert isinstance(outcome(rule, says(200, "NO R7 142.3")), Lost)


class TestConditions:
    """Which rule fits: the first one."""

    @pytest.mark.parametrize(
        ("where", "body", "fits"),
        [
            ('{ a = "x" }', '{"a": "x"}', True),
            ('{ a = "x" }', '{"a": "y"}', False),
            ('{ a = ["x", "y"] }', '{"a": "y"}', True),
            ("{ a = 1 }", '{"a": 1}', True),
            ("{ a = 1 }", '{"a": 1.0}', True),
            ("{ a = 1 }", '{"a": "1"}', False),
            ("{ a = 1 }", '{"a": true}', False),
            ("{ a = true }", '{"a": true}', True),
            ("{ a = true }", '{"a": "no"}', True),
            ("{ a = true }", '{"a": false}', False),
            ("{ a = true }", '{"a": []}', False),
            ("{ a = true }", "{}", False),
            ("{ a = false }", '{"a": false}', True),
            ("{ a = false }", "{}", True),
            ("{ a = false }", "<html>", False),
            ("{ a = false }", "", False),
            ('{ a = "x", b = 2 }', '{"a": "x", "b": 3}', False),
            ('{ "a.0.b" = "x" }', '{"a": [{"b": "x"}]}', True),
            ('{ "a.-1" = "x" }', '{"a": ["y", "x"]}', True),
            ('{ "a.1" = "x" }', '{"a": ["x"]}', False),
            ('{ "a.b" = "x" }', '{"a": "b"}', False),
            ('{ "0" = "x" }', '["x"]', True),
        ],
    )
    def test_where(self, where: str, body: str, *, fits: bool) -> None:
        """All that is named must hold, in JSON alone."""
        rule = f'status = 200\nwhere = {where}\noutcome = "rejected"'
        assert isinstance(outcome(rule, says(200, body)), Rejected) is fits

    def test_the_first_that_fits(self) -> None:
        """The order is the file's."""
        rules = (
            'status = 400\nwhere = { code = 7 }\noutcome = "refused"'
            '---status = ["4xx"]\noutcome = "later"'
        )
        assert isinstance(outcome(rules, says(400, '{"code": 7}')), Refused)
        assert isinstance(outcome(rules, says(400, '{"code": 8}')), NotTaken)

    def test_graphql_errors_with_200(self) -> None:
        """A code in a list of errors is found like anything else."""
        rules = (
            'status = 200\nwhere = { "errors.0.extensions.errorCode" = ["KT-CT-1112"] }\n'
            'outcome = "refused"\nreason = "errors.0.message"'
            '---status = 200\nwhere = { errors = true }\noutcome = "rejected"\n'
            'reason = "errors.0.message"'
            f"---{RECEIPT}"
        )
        body = '{"errors": [{"message": "No auth", "extensions": {"errorCode": "KT-CT-1112"}}]}'
        found = outcome(rules, says(200, body))
        assert isinstance(found, Refused)
        assert found.why == "it does not let us: No auth"
        found = outcome(rules, says(200, body.replace("1112", "9999")))
        assert isinstance(found, Rejected)
        assert found.reason == "No auth"


class TestAlready:
    """It holds such a reading."""

    @pytest.mark.parametrize(
        ("held", "expected"),
        [
            ("142.3", Already("R-1")),
            ('"142.300"', Already("R-1")),
            ("142.31", Rejected("already there with another value: 142.31")),
        ],
    )
    def test_with_a_value(self, held: str, expected: Outcome) -> None:
        """Ours is what we want; another is a rejection."""
        found = outcome(ALREADY, says(409, f'{{"have": {{"v": {held}, "id": "R-1"}}}}'))
        assert found._replace(answer="") == expected

    def test_without_one(self) -> None:
        """Nobody knows which it is."""
        found = outcome(ALREADY, says(409, '{"have": {}}'))
        assert isinstance(found, Lost)
        assert "does not say of which value" in found.why

    def test_as_it_was_sent(self) -> None:
        """A rounded value is compared as it was sent."""
        text = f'[value]\ndecimals = 0\nrounding = "round"\n{SUBMIT}[[submit.answers]]\n{ALREADY}\n'
        with desk(says(409, '{"have": {"v": 142}}'), says(409, '{"have": {"v": 142.3}}')) as one:
            way = described(text, one.url)
            assert isinstance(way.submit([REQUEST], 5)[0], Already)
            assert isinstance(way.submit([REQUEST], 5)[0], Rejected)


class TestOtherwise:
    """Rules of every other kind, and what the status says where there is none."""

    def test_rejected(self) -> None:
        """With its own words, where the file says they stand, or where they mostly do."""
        rule = 'status = 422\noutcome = "rejected"\nreason = ["errors", "hint"]'
        body = '{"errors": ["too low", {"field": "bad"}], "hint": "look again"}'
        assert outcome(rule, says(422, body)) == Rejected(
            "too low, field: bad: look again", f"HTTP 422 Unprocessable Entity\n{body}"
        )
        found = outcome(rule, says(422, '{"message": "no"}'))
        assert isinstance(found, Rejected)
        assert found.reason == "no"

    def test_rejected_for_another_reading(self) -> None:
        """What it repeats has to be ours."""
        rule = 'status = 422\noutcome = "rejected"\necho = { key = "{key}" }'
        assert isinstance(outcome(rule, says(422, '{"key": "m1-abc"}')), Rejected)
        assert isinstance(outcome(rule, says(422, "{}")), Rejected)
        assert isinstance(outcome(rule, says(422, '{"key": "m1-other"}')), Lost)

    @pytest.mark.parametrize(
        ("reply", "wait"),
        [
            (says(403, '{"slow": true, "seconds": 7}'), 7.0),
            (says(403, '{"slow": true, "seconds": "8"}'), 8.0),
            (says(403, '{"slow": true, "seconds": -8}'), 0.0),
            (says(403, '{"slow": true, "seconds": 1e30}'), 86_400.0),
            (says(403, '{"slow": true}', Retry_After="9"), 9.0),
            (says(403, '{"slow": true}'), None),
        ],
    )
    def test_later(self, reply: Response, wait: float | None) -> None:
        """A rate of requests, told with whatever status: it was not looked at."""
        rule = 'status = 403\nwhere = { slow = true }\noutcome = "later"\nwait = "seconds"'
        found = outcome(rule, reply)
        assert isinstance(found, NotTaken)
        assert found.wait == wait

    def test_closed(self) -> None:
        """Its window is not open; it may say until when."""
        rule = 'status = 403\nwhere = { e = "closed" }\noutcome = "closed"\nopens = "opens"'
        found = outcome(rule, says(403, '{"e": "closed", "opens": "2099-01-01T00:00:00Z"}'))
        assert isinstance(found, NotTaken)
        assert found.why == "its window for readings is closed until 2099-01-01T00:00:00Z"
        assert found.wait is not None
        assert found.wait > 1_000_000
        found = outcome(rule, says(403, '{"e": "closed"}'))
        assert isinstance(found, NotTaken)
        assert (found.why, found.wait) == ("its window for readings is closed", None)

    def test_in_progress_and_unknown(self) -> None:
        """Nothing is proven, and that is no nonsense."""
        rules = (
            'status = 202\noutcome = "in_progress"---status = 204\noutcome = "unknown"'
            '---status = 404\noutcome = "misconfigured"'
        )
        found = outcome(rules, says(202, "{}", Retry_After="3"))
        assert isinstance(found, Lost)
        assert (found.wait, found.nonsense) == (3.0, False)
        found = outcome(rules, says(204))
        assert isinstance(found, Lost)
        assert not found.nonsense
        assert isinstance(outcome(rules, says(404)), Misconfigured)

    @pytest.mark.parametrize(
        ("status", "kind", "nonsense"),
        [
            (200, Lost, True),
            (204, Lost, True),
            (301, Lost, True),
            (304, Lost, True),
            (400, Rejected, False),
            (401, Refused, False),
            (402, Refused, False),
            (403, Refused, False),
            (404, Misconfigured, False),
            (405, Misconfigured, False),
            (408, NotTaken, False),
            (409, Lost, True),
            (413, Misconfigured, False),
            (415, Misconfigured, False),
            (422, Rejected, False),
            (425, NotTaken, False),
            (429, NotTaken, False),
            (500, Lost, False),
            (503, Lost, False),
        ],
    )
    def test_by_status(self, status: int, kind: type[Outcome], *, nonsense: bool) -> None:
        """As the adapter `json` takes it."""
        found = outcome('status = 299\noutcome = "unknown"', says(status, '{"message": "why"}'))
        assert isinstance(found, kind)
        assert getattr(found, "nonsense", False) is nonsense

    @pytest.mark.parametrize(
        ("status", "kind"), [(404, NotTaken), (410, NotTaken), (405, Misconfigured)]
    )
    def test_an_address_of_one_meter(self, status: int, kind: type[Outcome]) -> None:
        """That it is not there says nothing of another meter's."""
        text = """
[submit]
url = "{url}/{meter}"
json = { v = "{value}" }
[[submit.answers]]
status = 201
outcome = "accepted"
receipt = "id"
"""
        with desk(says(status, '{"message": "why"}')) as one:
            (found,) = described(text, one.url).submit([REQUEST], 5)
        assert isinstance(found, kind)
        assert getattr(found, "settings", True)

    def test_retry_after(self) -> None:
        """It is honoured."""
        found = outcome('status = 299\noutcome = "unknown"', says(429, "", Retry_After="12"))
        assert isinstance(found, NotTaken)
        assert (found.why, found.wait) == (
            "it answered 429 Too Many Requests, and asks us to wait 12 s",
            12.0,
        )


class TestNoAnswer:
    """What is known where none came."""

    def test_broken_off(self) -> None:
        """Once it had begun to leave, nobody knows."""
        with wild(reset) as server:
            (found,) = described(JSON, server.url).submit([REQUEST], 5)
        assert isinstance(found, Lost)

    def test_silence(self) -> None:
        """It ends in time, in doubt."""
        with wild(until_gone) as server:
            (found,) = described(JSON, server.url).submit([REQUEST], 0.2)
        assert isinstance(found, Lost)

    def test_half_a_body(self) -> None:
        """It is no answer."""
        raw = answer("201 Created", b'{"receipt": "R-1"}')[:-3]
        with wild(answering(raw)) as server:
            (found,) = described(JSON, server.url).submit([REQUEST], 5)
        assert isinstance(found, Lost)

    def test_nobody_there(self) -> None:
        """Nothing left."""
        with wild(reset) as server:
            url = server.url
        (found,) = described(JSON, url).submit([REQUEST], 5)
        assert isinstance(found, NotTaken)
        assert found.unreached


def test_no_secret_in_any_text() -> None:
    """Whatever the other side repeats."""
    body = f'{{"message": "bad token {TOKEN}", "session": "abc"}}'
    for status in (200, 400, 401, 404, 500):
        found = outcome(RECEIPT, says(status, body))
        assert TOKEN not in repr(found)
        assert "***" in found.answer
