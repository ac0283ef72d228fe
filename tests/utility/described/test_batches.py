"""Several readings in one request, an outcome for each."""

from __future__ import annotations

import json

import pytest

from meterctl.sandbox.message import Response
from meterctl.utility.port import (
    Accepted,
    Lost,
    Misconfigured,
    NotTaken,
    Outcome,
    Refused,
    Rejected,
)
from tests.utility.described.desk import REQUEST, described, desk, says

TEXT = """
[limits]
rows = 10
[value]
decimals = 1
[submit]
json = { all = "{rows}", n = "{nonce}" }
row = { id = "{key}", v = "{value}" }
[[submit.answers]]
status = 400
where = { code = "row" }
outcome = "rejected"
[submit.rows]
at = "results"
match = { id = "{key}" }
[[submit.rows.answers]]
status = "2xx"
where = { state = "ok" }
outcome = "accepted"
receipt = "receipt"
[[submit.rows.answers]]
status = ["2xx", 400]
where = { state = "bad" }
outcome = "rejected"
reason = "why"
"""
BY_ORDER = TEXT.replace('match = { id = "{key}" }\n', "")
THREE = [REQUEST._replace(key=f"k{number}", value=number * 1_000_000) for number in (1, 2, 3)]
WRONG = REQUEST._replace(value=1_230_000)  # two decimals


def submitted(text: str, *replies: Response, rows: int = 3) -> tuple[list[Outcome], list[str]]:
    """What comes of the first of the three, and what was sent."""
    with desk(*replies) as one:
        found = described(text, one.url).submit(THREE[:rows], 5)
        return found, one.bodies


def results(*rows: str) -> str:
    """An answer with these rows."""
    return f'{{"results": [{", ".join(rows)}]}}'


def ok(number: int) -> str:
    """A row that was taken."""
    return f'{{"id": "k{number}", "state": "ok", "receipt": "R-{number}"}}'


BAD = '{"id": "k2", "state": "bad", "why": "too low"}'


def test_an_outcome_for_each() -> None:
    """Each is matched by what its row repeats, in whatever order; one request leaves."""
    found, bodies = submitted(TEXT, says(200, results(ok(3), BAD, ok(1))))
    assert [type(one) for one in found] == [Accepted, Rejected, Accepted]
    assert [getattr(one, "receipt", None) for one in found] == ["R-1", None, "R-3"]
    assert len(bodies) == 1
    sent = json.loads(bodies[0])
    assert sent["all"] == [{"id": "k1", "v": 1}, {"id": "k2", "v": 2}, {"id": "k3", "v": 3}]


@pytest.mark.parametrize(
    "rows",
    [
        (ok(1), ok(3)),
        (ok(1), ok(2), ok(2), ok(3)),
        (ok(1), '{"id": "k2", "state": "odd"}', ok(3)),
        (ok(1), '{"id": "k2", "state": "ok"}', ok(3)),
        (ok(1), "null", ok(3)),
    ],
)
def test_a_row_that_is_not_settled(rows: tuple[str, ...]) -> None:
    """That one is in doubt: not there, there twice, or of no known kind. The others are not."""
    found, _ = submitted(TEXT, says(200, results(*rows)))
    assert [type(one) for one in found] == [Accepted, Lost, Accepted]


def test_by_order() -> None:
    """Where nothing is repeated the order tells, if there are as many as were sent."""
    found, _ = submitted(BY_ORDER, says(200, results(ok(1), BAD, ok(3))))
    assert [type(one) for one in found] == [Accepted, Rejected, Accepted]
    found, _ = submitted(BY_ORDER, says(200, results(ok(1), ok(3))))
    assert [type(one) for one in found] == [Lost, Lost, Lost]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (says(200, "{}"), Lost),
        (says(200, "<html>Log in</html>"), Lost),
        (says(500), Lost),
        (says(429), NotTaken),
        (says(404), Misconfigured),
    ],
)
def test_no_list(reply: Response, kind: type[Outcome]) -> None:
    """What the whole answer says holds for each."""
    found, bodies = submitted(TEXT, reply)
    assert [type(one) for one in found] == [kind] * 3
    assert len(bodies) == 1


@pytest.mark.parametrize(
    "refusal", [says(400, '{"code": "row"}'), says(422, "{}"), says(413, "too large")]
)
def test_all_refused_for_the_sake_of_one(refusal: Response) -> None:
    """None was taken: they are sent one by one, so that the bad one blocks no other."""
    replies = (
        refusal,
        says(200, results(ok(1))),
        says(400, '{"code": "row", "message": "too low"}'),
        says(200, results(ok(3))),
    )
    found, bodies = submitted(TEXT, *replies)
    assert [type(one) for one in found] == [Accepted, Rejected, Accepted]
    assert [len(json.loads(body)["all"]) for body in bodies] == [3, 1, 1, 1]


REFUSES = """[[submit.answers]]
status = 200
where = { errors = true }
outcome = "rejected"
reason = "errors"
"""


def test_refused_with_200() -> None:
    """Those it does not complain of it may have taken: what it shows tells, none is sent again."""
    text = TEXT.replace("rows = 10", "rows = 10\nsettles = 0").replace(
        "[submit.rows]", f"{REFUSES}[submit.rows]"
    )
    refusal = says(200, '{"errors": ["k2 is too low"], "results": []}')
    found, bodies = submitted(text, refusal)
    assert [type(one) for one in found] == [Lost, Lost, Lost]
    assert len(bodies) == 1
    ask = '[ask]\nurl = "{url}/{key}"\n[ask.rows]\nmatch = { k = "{key}" }\nvalue = "v"\n'
    shown = says(200, '[{"k": "k1", "v": 1}, {"k": "k3", "v": 3}]')
    found, bodies = submitted(text + ask, refusal, shown)
    assert [type(one) for one in found] == [Accepted, Lost, Accepted]
    assert bodies[1:] == ["", "", ""]
    (alone,) = submitted(text.replace("rows = 10", "rows = 1"), refusal, rows=1)[0]
    assert isinstance(alone, Rejected)


@pytest.mark.parametrize(
    ("turned_away", "kind"),
    [
        (says(429, "", Retry_After="3600"), NotTaken),
        (says(401, '{"error": "who are you?"}'), Refused),
    ],
)
def test_turned_away_one_by_one(turned_away: Response, kind: type[Outcome]) -> None:
    """What one is told holds for those behind it: they are not sent."""
    found, bodies = submitted(
        TEXT, says(400, '{"code": "row"}'), says(200, results(ok(1))), turned_away
    )
    assert [type(one) for one in found] == [Accepted, kind, kind]
    assert len(bodies) == 3
    assert found[2] == found[1]._replace(answer="")


def test_a_rate_that_is_used_up_one_by_one() -> None:
    """The others wait, as it says."""
    text = TEXT.replace("rows = 10", 'rows = 10\nremaining_header = "X-Left"')
    replies = (says(400, '{"code": "row"}'), says(200, results(ok(1)), X_Left="0"))
    found, bodies = submitted(text, *replies)
    assert [type(one) for one in found] == [Accepted, NotTaken, NotTaken]
    assert len(bodies) == 2


def test_a_refused_batch_with_rows() -> None:
    """What it says of each is taken at its word; that it took one, a 400 does not prove."""
    found, bodies = submitted(TEXT, says(400, results(ok(1), BAD, ok(3))))
    assert [type(one) for one in found] == [Lost, Rejected, Lost]
    assert len(bodies) == 1


def test_one_that_cannot_be_sent() -> None:
    """It is set aside; the others go."""
    with desk(says(200, results(ok(1), ok(3)))) as one:
        found = described(TEXT, one.url).submit([THREE[0], WRONG, THREE[2]], 5)
        sent = json.loads(one.bodies[0])["all"]
    assert [type(each) for each in found] == [Accepted, NotTaken, Accepted]
    assert isinstance(found[1], NotTaken)
    assert found[1].settings
    assert [row["id"] for row in sent] == ["k1", "k3"]


def test_none_that_can_be_sent() -> None:
    """Nothing leaves."""
    with desk(says(200, "{}")) as one:
        found = described(TEXT, one.url).submit([WRONG], 5)
        assert one.seen == []
    assert [type(each) for each in found] == [NotTaken]


def test_a_meter_without_its_table() -> None:
    """It is set aside alone: a batch is not held up by one meter that the file does not know."""
    text = TEXT.replace('row = { id = "{key}"', 'row = { m = "{meter.m}", id = "{key}"')
    other = THREE[1]._replace(meter="other")
    with desk(says(200, results(ok(1), ok(3)))) as one:
        way = described(f'{text}\n[meters.meter]\nm = "M"\n', one.url)
        found = way.submit([THREE[0], other, THREE[2]], 5)
        assert len(json.loads(one.bodies[0])["all"]) == 2
    assert [type(each) for each in found] == [Accepted, NotTaken, Accepted]
    assert found[1] == NotTaken(
        "meter other: {meter.m} is not known", "name m in [meters.other]", settings=True
    )


def test_a_row_that_is_misconfigured() -> None:
    """It is of this meter: the others are none the worse, and go on."""
    rule = '[[submit.rows.answers]]\nstatus = 200\nwhere = { state = "none" }\n'
    text = f'{TEXT}{rule}outcome = "misconfigured"\nreason = "why"\n'
    none = '{"id": "k2", "state": "none", "why": "no such meter"}'
    found, _ = submitted(text, says(200, results(ok(1), none, ok(3))))
    assert [type(one) for one in found] == [Accepted, NotTaken, Accepted]
    assert isinstance(found[1], NotTaken)
    assert found[1].settings
    assert found[1].why == "meter meter: nothing there takes readings: no such meter"


def test_lines_of_csv() -> None:
    """A line a reading; an answer in lines is read like a list of lists."""
    text = """
[limits]
rows = 10
[submit]
csv = ["{key}", "{value}"]
delimiter = ","
[submit.rows]
match = { "0" = "{key}" }
[[submit.rows.answers]]
status = 200
where = { "1" = "ok" }
outcome = "accepted"
receipt = "2"
[[submit.rows.answers]]
status = 200
where = { "1" = "bad" }
outcome = "rejected"
reason = "2"
"""
    reply = Response(200, b'k1,ok,R-1\r\nk2,bad,"too low, far"\r\nk3,ok,R-3\r\n', "text/csv")
    found, bodies = submitted(text, reply)
    assert bodies == ["k1,1\r\nk2,2\r\nk3,3\r\n"]
    assert [type(one) for one in found] == [Accepted, Rejected, Accepted]
    assert isinstance(found[1], Rejected)
    assert found[1].reason == "too low, far"


def test_bounds() -> None:
    """The file says how many, how old, how soon it is shown."""
    text = TEXT.replace("rows = 10", "rows = 10\noldest_days = 14\nsettles = 90")
    bounds = described(text, "https://utility.example").bounds
    assert (bounds.rows, bounds.oldest_days, bounds.settles) == (10, 14, 90.0)


class TestRate:
    """What headers say of the rate of requests is kept to."""

    LIMITS = TEXT.replace(
        "rows = 10", 'rows = 10\nremaining_header = "X-Left"\nreset_header = "X-Reset"'
    )

    @pytest.mark.parametrize(
        ("reset", "wait"), [("120", 120), ("9999999999", 86_400), (None, 60), ("soon", 60)]
    )
    def test_nothing_left(self, reset: str | None, wait: float) -> None:
        """The next reading is not sent: it waits for as long as was said."""
        headers = {"X_Left": "0"} if reset is None else {"X_Left": "0", "X_Reset": reset}
        with desk(says(200, results(ok(1), BAD, ok(3)), **headers)) as one:
            way = described(self.LIMITS, one.url)
            assert isinstance(way.submit(THREE, 5)[0], Accepted)
            (found,) = way.submit(THREE[:1], 5)
            assert len(one.seen) == 1
        assert isinstance(found, NotTaken)
        assert found.wait == pytest.approx(wait, abs=2)

    @pytest.mark.parametrize("left", ["1", "x", ""])
    def test_something_left(self, left: str) -> None:
        """Nothing is held back, nor where the header cannot be read."""
        with desk(says(200, results(ok(1), BAD, ok(3)), X_Left=left)) as one:
            way = described(self.LIMITS, one.url)
            way.submit(THREE, 5)
            way.submit(THREE, 5)
            assert len(one.seen) == 2
