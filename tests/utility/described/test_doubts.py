"""What looks like a proof and is none: nothing is sent twice for it, and nothing accepted."""

from __future__ import annotations

import time

import pytest

from meterctl.sandbox.message import Response
from meterctl.utility.port import (
    Accepted,
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
    Request,
)
from tests.utility.described.desk import REQUEST, SECRET, described, desk, says

# A submission without a key, and a list of what was taken.
TEXT = """
[limits]
settles = SETTLES
[time]
TIME
[submit]
json = { at = "{WHEN}", v = "{value}" }
[[submit.answers]]
status = 200
outcome = "unknown"
[ask]
url = "{url}/readings"
[ask.rows]
time = "t"
value = "v"
shows = "all"
"""


def text(how: str = "", settles: int = 0, when: str = "timestamp") -> str:
    """The file, its times told in some way."""
    return TEXT.replace("SETTLES", str(settles)).replace("TIME", how).replace("WHEN", when)


def shown(moment: str, value: str = "142.3") -> Response:
    """One reading of this time, as JSON has it."""
    return says(200, f'[{{"t": {moment}, "v": {value}}}]')


def asked(file: str, reply: Response, request: Request = REQUEST) -> Outcome:
    """What is made of what is shown."""
    with desk(reply) as one:
        return described(file, one.url).ask(request, 5)


LOCAL = 'as = "local"\npattern = "%d.%m.%Y %H:%M"'


class TestTimes:
    """The reading is of 2026-03-01T06:00:00.165Z; what shows it less exactly shows it."""

    @pytest.mark.parametrize(
        "moment", ['"2026-03-01T06:00:00Z"', "1772344800", '"01.03.2026 07:00"']
    )
    def test_to_the_minute(self, moment: str) -> None:
        """Told without seconds, it is compared without."""
        late = REQUEST._replace(at=REQUEST.at + 42_000)
        assert isinstance(asked(text(LOCAL), shown(moment), late), Accepted)

    @pytest.mark.parametrize(
        "moment", ['"2026-03-01T06:00:00Z"', '"2026-03-01T05:59:01Z"', "1772344859"]
    )
    def test_nearly(self, moment: str) -> None:
        """Within a minute it may be ours, told more coarsely: neither absent nor another's."""
        for value in ("142.3", "142"):
            found = asked(text(), shown(moment, value))
            assert isinstance(found, Lost)
            assert found.heard
            assert not found.nonsense

    @pytest.mark.parametrize("moment", ['"2026-03-01T05:59:00.165Z"', "1772344861"])
    def test_another(self, moment: str) -> None:
        """A minute away, it is another reading."""
        assert isinstance(asked(text(), shown(moment)), NotThere)

    @pytest.mark.parametrize("moment", ["20260301", "0", "946684799"])
    def test_a_number_that_is_no_time(self, moment: str) -> None:
        """It may be a day, or a count: nothing is read from it."""
        found = asked(text(), shown(moment))
        assert isinstance(found, Lost)
        assert found.nonsense


class TestDays:
    """The reading is of 2026-03-01, in Berlin."""

    @pytest.mark.parametrize(
        ("day", "moment", "expected"),
        [
            ("%Y%m%d", "20260301", Accepted),
            ("%Y%m%d", '"20260301"', Accepted),
            ("%Y%m%d", "20260228", NotThere),
            ("%d.%m.%Y", '"01.03.2026"', Accepted),
            ("%d.%m.%Y", '"2026-03-01"', Accepted),
            ("%d.%m.%Y", "20260301", Lost),
            ("%d%m%Y", "1032026", Lost),
            ("%d.%m.%C%y", '"01.03.2026"', Accepted),
            ("%d.%m.%Y", '"01/03/2026"', Lost),
        ],
    )
    def test_shown(self, day: str, moment: str, expected: type[Outcome]) -> None:
        """As it was told, also as a number; a day that cannot be read proves nothing."""
        found = asked(text(f'day = "{day}"', when="day"), shown(moment))
        assert isinstance(found, expected), found


class TestWithinASubmission:
    """What it shows at once may be from before."""

    @pytest.mark.parametrize(("settles", "expected"), [(0, Rejected), (90, Lost)])
    def test_another_value(self, settles: int, expected: type[Outcome]) -> None:
        """It is no rejection while what was sent may still be on its way."""
        with desk(says(200), shown('"2026-03-01T06:00:00.165Z"', "7")) as one:
            (found,) = described(text(settles=settles), one.url).submit([REQUEST], 5)
            assert len(one.seen) == 2
        assert isinstance(found, expected), found
        if isinstance(found, Lost):
            assert found.heard
            assert found.wait == 90.0


def test_a_question_that_nobody_can_answer_yet() -> None:
    """Volkszaehler leaves out the first row that it finds: none at all prove nothing."""
    own = '[meters.meter]\nuuid = "u"\n'
    with desk(says(200, '{"data": {"tuples": [], "rows": 0}}'), says(200, "{}")) as one:
        way = described(own, one.url, "volkszaehler")
        found = way.ask(REQUEST, 5)
        assert isinstance(found, Lost)
        assert found.heard
        odd = way.ask(REQUEST, 5)
    assert isinstance(odd, Lost)
    assert odd.nonsense


SUBMIT = """
[submit]
json = { v = "{value}" }
[[submit.answers]]
status = 200
outcome = "accepted"
receipt = "id"
value = "v"
"""


class TestOddAnswers:
    """Whatever is answered, it is read in no time, and raises nothing."""

    @pytest.mark.parametrize("depth", [25, 300, 480, 900])
    def test_lists_in_lists(self, depth: int) -> None:
        """As a reason, and as a value."""
        deep = "[" * depth + '"x"' + "]" * depth
        for status, kind in ((400, Rejected), (200, Lost)):
            with desk(says(status, f'{{"error": {deep}, "v": {deep}}}')) as one:
                assert isinstance(described(SUBMIT, one.url).submit([REQUEST], 5)[0], kind)

    def test_a_million_digits(self) -> None:
        """They are no value."""
        with desk(says(200, f'{{"id": 1, "v": 0.{"1" * 1_000_000}}}')) as one:
            began = time.monotonic()
            (found,) = described(SUBMIT, one.url).submit([REQUEST], 5)
        assert isinstance(found, Lost)
        assert time.monotonic() - began < 4

    def test_a_header_of_many_digits(self) -> None:
        """It says nothing of the rate."""
        limits = '[limits]\nremaining_header = "X-Left"\n'
        with desk(says(200, '{"id": 1, "v": 142.3}', X_Left="0" * 5_000)) as one:
            way = described(limits + SUBMIT, one.url)
            for _ in range(2):
                assert isinstance(way.submit([REQUEST], 5)[0], Accepted)

    @pytest.mark.parametrize(
        ("body", "wait"),
        [
            ('{"w": 7}', 7.0),
            ('{"w": 7, "o": "soon"}', 7.0),
            ('{"w": 7, "o": "1970-01-02T00:00:00Z"}', 0.0),
        ],
    )
    def test_a_window_that_does_not_say_when(self, body: str, wait: float) -> None:
        """Then it is as long as it asks us to wait."""
        rule = '[[submit.answers]]\nstatus = 403\noutcome = "closed"\nopens = "o"\nwait = "w"\n'
        with desk(says(403, body)) as one:
            (found,) = described(SUBMIT + rule, one.url).submit([REQUEST], 5)
        assert isinstance(found, NotTaken)
        assert found.wait == wait


class TestWhatCannotLeave:
    """A header carries plain ASCII alone."""

    USER = f'[auth]\nkind = "key"\nheaders = {{ X-User = "{{user}}" }}\n{SUBMIT}'

    def test_preview(self) -> None:
        """It is said, as it would be when it is sent."""
        way = described(self.USER, "https://utility.example", user="jürgen")
        assert way.preview([REQUEST]) == "not sent: a header cannot carry {user}"
        (found,) = way.submit([REQUEST], 5)
        assert isinstance(found, Misconfigured)

    def test_a_token(self) -> None:
        """One that they gave us, and that cannot be given back."""
        login = '[auth]\nkind = "login"\n[auth.login]\nurl = "{url}/in"\ntoken = "t"\n'
        with desk(says(200, '{"t": "tökén"}')) as one:
            found = described(login + SUBMIT, one.url).probe(5)
        assert isinstance(found, Misconfigured)
        assert found.why == "a header cannot carry {session}"


class TestSecrets:
    """What must not be shown, wherever it comes back."""

    LOGIN = (
        '[auth]\nkind = "login"\n[auth.login]\nurl = "{url}/in"\n'
        'json = { u = "{user}", p = "{secret}" }\ntoken = "t"\n'
    )

    @pytest.mark.parametrize("secret", ["url-secret", "dTpwYSJzcw==", 'pa\\"ss', "u-p+q"])
    def test_of_a_login(self, secret: str) -> None:
        """The URL's too; as JSON spells it, as Basic does."""
        with desk(says(401, f'{{"error": "denied: {secret}"}}')) as one:
            url = f"{one.url}/?sig=url-secret&more=u-p%2Bq"
            way = described(self.LOGIN + SUBMIT, url, user="u", secret='pa"ss')
            (found,) = way.submit([REQUEST], 5)
        assert isinstance(found, Refused)
        assert found.why == "it gave us no token: denied: ***"

    def test_of_a_url(self) -> None:
        """However it is written."""
        body = '{"error": "no abc%2fdefghi, no abc/defghi"}'
        with desk(says(400, body)) as one:
            way = described(SUBMIT, f"{one.url}/?k=abc%2fdefghi", secret=SECRET)
            (found,) = way.submit([REQUEST], 5)
            assert "defghi" not in way.preview([REQUEST])
        assert isinstance(found, Rejected)
        assert found.reason == "no ***, no ***"
