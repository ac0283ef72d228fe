"""Whatever is answered: nothing is raised, and nothing is accepted without its proof."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.redact import mask_for
from meterctl.utility.answers import Reply
from meterctl.utility.described import shipped
from meterctl.utility.described.read import Description, read
from meterctl.utility.described.rules import Unproven, judged
from meterctl.utility.described.said import Said, said
from meterctl.utility.described.told import Told
from meterctl.utility.keys import parse
from meterctl.utility.port import Accepted, Already
from tests.utility.described.desk import REQUEST
from tests.utility.described.desk import given as settings_of

TEXT = """
[limits]
settles = 60
[submit]
json = { v = "{value}" }
[[submit.answers]]
status = "2xx"
outcome = "accepted"
receipt = "id"
value = "v"
echo = { at = "{timestamp}", key = "{key}", day = "{day}" }
[[submit.answers]]
status = ["4xx"]
where = { v = true }
outcome = "already"
value = "v"
[[submit.answers]]
status = ["4xx"]
outcome = "closed"
opens = "at"
wait = "v"
[ask]
url = "{url}/x"
[ask.rows]
at = "rows"
time = "at"
value = "v"
shows = "newest"
[[ask.rows.answers]]
status = 200
where = { id = "bad" }
outcome = "rejected"
reason = ["day", "key"]
"""
FIELDS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ["142.3", "m1-abc", "2026-03-01", "2026-03-01T06:00:00.165Z", "bad", "1_0", "٣", "-1e9"]
    ),
    st.just([]),
    st.lists(st.integers(), max_size=2),
)
ROW = st.dictionaries(st.sampled_from(["id", "v", "at", "key", "day"]), FIELDS, max_size=5)
BODIES = st.one_of(
    ROW,
    st.fixed_dictionaries({"rows": st.one_of(FIELDS, ROW, st.lists(st.one_of(ROW, FIELDS)))}),
    FIELDS,
)
MASK = mask_for(["a-token"])


def description(name: str) -> Description:
    """Of the file above, or of one that is shipped."""
    way = settings_of("https://utility.example", None)
    if name == "json":
        return read("json", parse(TEXT, "mine.toml"), None, way)
    return read(name, shipped(name), parse("", "mine.toml"), way)


def spoken(file: Description) -> Said:
    """The reading in its words."""
    named = {"device": "d", "uuid": "u", "node": "n", "name": "x"}
    found = said(REQUEST._replace(unit="m³"), file.figures, file.moments, {}, named)
    assert isinstance(found, Said)
    return found


FILES = {
    name: (file, spoken(file))
    for name in ("json", "energytracker", "mindergas", "volkszaehler", "emoncms")
    for file in [description(name)]
}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.sampled_from([200, 201, 204, 400, 404, 409, 422]), BODIES)
def test_any_answer(name: str, status: int, body: Any) -> None:  # noqa: ANN401 (any JSON)
    """An acceptance has all of its proof, whichever file it is."""
    file, one = FILES[name]
    told = Told(Reply(status, "", {}, json.dumps(body).encode(), 0), MASK)
    for outcome in (
        judged(file.submit.answers, told, told.body, one) or told.by_status(),
        file.ask.rows.of(told, one) if file.ask and file.ask.rows else told.by_status_asked(),
    ):
        if isinstance(outcome, Unproven) or not isinstance(outcome, Accepted | Already):
            continue
        if name == "mindergas":
            assert status == 201
        elif name == "volkszaehler" and '"rows": 1' in json.dumps(body):
            assert status == 200
        else:
            assert "142.3" in json.dumps(body)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.sampled_from([200, 422, 500]), st.binary(max_size=60))
def test_any_bytes(name: str, status: int, body: bytes) -> None:
    """No bytes are an acceptance; they are read without a fault."""
    file, one = FILES[name]
    for kind in ("application/json", "text/csv"):
        told = Told(Reply(status, "", {"content-type": kind}, body, 0), MASK)
        found = judged(file.submit.answers, told, told.body, one) or told.by_status()
        assert not isinstance(found, Accepted | Already)
