"""What the page asks of the server, without the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from meterctl.domain.periods import By, periods_between
from meterctl.http.dashboard.views import MOST_PERIODS, limit_of, period_of, span_of
from meterctl.http.problems import Refused
from meterctl.ledger.sqlite import open_for_reading
from meterctl.services.session import Session
from tests.helpers import BERLIN, instant
from tests.http.dashboard.stage import Stage, staged

AT = "2026-03-01T07:00:00Z"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server without other sides, and some readings."""
    with staged(tmp_path_factory.mktemp("views")) as running:
        lines = [f"2026-02-{day:02}T18:00:00Z,{100 + day},{day % 5}" for day in range(1, 29)]
        running.run(
            "bulk-import", "-", stdin="timestamp,meterValue,inverterKWh\n" + "\n".join(lines)
        )
        yield running


@pytest.fixture(scope="module")
def api(stage: Stage) -> Iterator[httpx.Client]:
    """A client that may read and record."""
    with stage.api(stage.client("all", "read,record")) as client:
        yield client


@pytest.fixture(scope="module")
def sun(stage: Stage) -> Iterator[httpx.Client]:
    """A client of one meter."""
    with stage.api(stage.client("sun", "read,record", "--meters", "inverter")) as client:
        yield client


# -- who asks -----------------------------------------------------------------------


@pytest.mark.parametrize("path", ["me", "use?by=day", "submissions", "events"])
def test_a_stranger(stage: Stage, path: str) -> None:
    """Is told that a token is needed, and nothing else."""
    answer = httpx.get(f"{stage.url}/dashboard/{path}")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["check", "import"])
def test_a_stranger_who_writes(stage: Stage, path: str) -> None:
    """As well."""
    assert httpx.post(f"{stage.url}/dashboard/{path}").status_code == 401


def test_scopes(stage: Stage) -> None:
    """Looking needs `read`, entering `record`; who one is, anybody with a token may ask."""
    with stage.api(stage.client("r", "read")) as reader:
        assert reader.post("/dashboard/check", json={}).status_code == 403
        assert reader.post("/dashboard/import").status_code == 403
        assert reader.get("/dashboard/me").json()["scopes"] == ["read"]
    with stage.api(stage.client("w", "record")) as writer:
        for path in ("use?by=day", "submissions", "events"):
            assert writer.get(f"/dashboard/{path}").status_code == 403
        assert writer.get("/dashboard/me").status_code == 200


def test_who_one_is(api: httpx.Client, sun: httpx.Client) -> None:
    """The client, its meters, the zone, the server's time, and what there is beside the ledger."""
    form = api.get("/dashboard/me").json()
    assert form["name"] == "all"
    assert [meter["id"] for meter in form["meters"]] == ["meter", "inverter"]
    assert form["timezone"] == "Europe/Berlin"
    assert (form["sheet"], form["utility"]) == (False, False)
    server = datetime.fromisoformat(form["now"])
    assert abs((datetime.now(UTC) - server).total_seconds()) < 60
    assert [meter["id"] for meter in sun.get("/dashboard/me").json()["meters"]] == ["inverter"]


# -- use --------------------------------------------------------------------------


def test_use_by_day(api: httpx.Client) -> None:
    """Each period of the span is there; of those without a reading null is told, never zero."""
    span = {"since": "2026-02-26T00:00:00+01:00", "until": "2026-03-01T12:00:00+01:00"}
    form = api.get("/dashboard/use", params={"by": "day"} | span).json()
    meter, inverter = form["meters"]
    assert (meter["direction"], inverter["direction"]) == ("from_grid", "generation")
    told = {one["period"]: one["use"] for one in meter["periods"]}
    assert told == {"2026-02-26": 1, "2026-02-27": 1, "2026-02-28": 1, "2026-03-01": None}
    assert [one["use"] for one in inverter["periods"]] == [1, 2, 3, None]


def test_use_of_the_clients_meters(sun: httpx.Client) -> None:
    """No other meter is told of."""
    form = sun.get("/dashboard/use", params={"by": "month"}).json()
    assert [one["meter"] for one in form["meters"]] == ["inverter"]


@pytest.mark.parametrize(
    ("by", "many"), [(By.HOUR, 24), (By.DAY, 31), (By.MONTH, 12)], ids=["hour", "day", "month"]
)
@pytest.mark.parametrize(
    "now", ["2026-01-31 23:59", "2026-03-29 12:00", "2026-10-25 12:00", "2028-02-29 00:00"]
)
def test_the_usual_span(session: Session, by: By, many: int, now: str) -> None:
    """A day, a month and a year up to now have so many periods, whatever the clocks did."""
    at = instant(now)
    first, last = span_of(by, None, None, session._replace(now=at))
    assert last == at
    assert len(list(periods_between(first, last + 1, by, BERLIN))) == many


def test_a_span_that_is_too_long(session: Session) -> None:
    """The work that one question makes is bounded."""
    with pytest.raises(Refused, match=str(MOST_PERIODS)):
        span_of(By.HOUR, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", session)
    with pytest.raises(Refused, match="after"):
        span_of(By.DAY, "2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z", session)
    with pytest.raises(Refused, match="is not a time"):
        span_of(By.DAY, "yesterday", None, session)


@pytest.mark.parametrize("text", ["", "year", "week", "Day", "day "])
def test_periods_that_the_chart_has_not(text: str) -> None:
    """Hour, day and month are all there is."""
    with pytest.raises(Refused, match="by is not a period"):
        period_of(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "201", "1e2", "٣", "9" * 5000])
def test_limits_that_are_none(text: str) -> None:
    """A limit is a number of at most three digits."""
    with pytest.raises(Refused, match="limit"):
        limit_of(text)


def test_submissions_of_nobody(api: httpx.Client, sun: httpx.Client) -> None:
    """Without a utility there are none."""
    for client in (api, sun):
        assert client.get("/dashboard/submissions").json() == {"submissions": []}
    assert api.get("/dashboard/submissions?limit=many").status_code == 422


# -- check ---------------------------------------------------------------------------


def test_a_record_that_is_fine(stage: Stage, api: httpx.Client) -> None:
    """No finding and no problem; nothing is stored."""
    before = stage.values("meter")
    form = api.post("/dashboard/check", json={"timestamp": AT, "meterValue": 130.5}).json()
    assert form == {"readings": [{"meter": "meter", "findings": []}], "problem": None}
    assert stage.values("meter") == before


def test_a_record_that_looks_wrong(api: httpx.Client) -> None:
    """The findings are told, with the neighbour they come from."""
    form = api.post("/dashboard/check", json={"timestamp": AT, "meter": "12.5"}).json()
    (found,) = form["readings"][0]["findings"]
    assert found["rule"] == "less_than_previous"
    assert "128 kWh" in found["detail"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        pytest.param({"meter": "1,5"}, ["timestamp"], id="no time"),
        pytest.param({"timestamp": "soon", "meter": "1"}, ["timestamp"], id="no instant"),
        pytest.param(
            {"timestamp": AT, "meter": "1,5", "inverter": "x"}, ["meter", "inverter"], id="two"
        ),
        pytest.param({"timestamp": AT, "gas": "1"}, [], id="unknown"),
        pytest.param({"timestamp": AT, "meter": "1", "note": "\u0007"}, ["note"], id="note"),
        pytest.param({"timestamp": AT}, [], id="no value"),
    ],
)
def test_a_record_that_would_be_refused(
    api: httpx.Client, body: dict[str, object], wrong: list[str]
) -> None:
    """Each field that is wrong is named, if there is one of that name; nothing else is repeated."""
    answer = api.post("/dashboard/check", json=body)
    assert answer.status_code == 200
    problem = answer.json()["problem"]
    assert problem["detail"]
    assert [one["field"] for one in problem["errors"]] == wrong
    assert all(one["message"] for one in problem["errors"])


@pytest.mark.parametrize(
    "text",
    ["{}", '{"timestamp": 5}', '{"timestamp": "x", "meter": []}', '{"timestamp": null, "note": 1}']
    + [f'{{"timestamp": "{AT}", "meter": {value}}}' for value in ("{}", "true", "1e99", "-0")],
)
def test_a_record_of_another_shape(api: httpx.Client, text: str) -> None:
    """Whatever JSON it is, it is told what is wrong with it."""
    answer = api.post(
        "/dashboard/check", content=text, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200
    assert answer.json()["problem"] is None or answer.json()["problem"]["detail"]


@pytest.mark.parametrize(("text", "status"), [("[]", 400), ("", 400), ("{", 400)])
def test_what_is_no_record(api: httpx.Client, text: str, status: int) -> None:
    """It is a problem, as it is of any endpoint."""
    answer = api.post(
        "/dashboard/check", content=text, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_clients_meter(sun: httpx.Client) -> None:
    """Is as unknown as one that is not there, and is not named."""
    problem = sun.post("/dashboard/check", json={"timestamp": AT, "meter": "1"}).json()["problem"]
    assert problem["code"] == "unknown_meter"
    assert "inverter" in problem["detail"]
    assert "meter, " not in problem["detail"]


# -- import -----------------------------------------------------------------------------


def send(client: httpx.Client, text: str, **flags: str) -> httpx.Response:
    """A file, as the page sends it."""
    return client.post(
        "/dashboard/import", params=flags, content=text, headers={"Content-Type": "text/csv"}
    )


def test_a_dry_run_and_the_run(stage: Stage, api: httpx.Client) -> None:
    """What would be recorded is recorded, then known; when the first and last were is told."""
    text = "timestamp,inverterKWh\n2025-07-01T18:00:00Z,10.5\n2025-07-02T18:00:00Z,11.5\n"
    would = send(api, text, dryRun="true").json()
    assert 10.5 not in stage.values("inverter")
    assert would["first"] == "2025-07-01T18:00:00Z"
    assert would["last"] == "2025-07-02T18:00:00Z"
    did = send(api, text).json()
    for name in ("rows", "recorded", "duplicates", "conflicts", "rejected", "errors", "refused"):
        assert would[name] == did[name], name
    assert (did["recorded"], did["rejected"]) == (2, 0)
    again = send(api, text).json()
    assert (again["recorded"], again["duplicates"]) == (0, 2)
    assert 10.5 in stage.values("inverter")


def test_bad_rows(api: httpx.Client) -> None:
    """With one, nothing is stored, and it is told where it is; `skipBad` leaves it out."""
    text = "timestamp,inverterKWh\n2025-08-01T18:00:00Z,1.5\n2025-08-02T18:00:00Z,oops\n"
    refused = send(api, text).json()
    assert (refused["refused"], refused["recorded"], refused["rejected"]) == (True, 0, 1)
    (error,) = refused["errors"]
    assert (error["line"], error["column"]) == (3, 22)
    assert error["hint"]
    assert "oops" not in str(refused)
    assert send(api, text, skipBad="true").json()["recorded"] == 1


@pytest.mark.parametrize(
    "text", ["", "\0", "a;b\n1;2\n", "timestamp,gas\n2025-08-01T18:00:00Z,1\n"]
)
def test_what_is_no_such_file(api: httpx.Client, text: str) -> None:
    """It is refused as a whole, with the reason."""
    form = send(api, text).json()
    assert form["refused"]
    assert form["errors"][0]["message"]


def test_a_file_with_another_clients_meter(sun: httpx.Client) -> None:
    """It is refused: a client records its own meters alone."""
    form = send(sun, f"timestamp,meterValue\n{AT},150\n").json()
    assert (form["refused"], form["recorded"]) == (True, 0)


def test_what_is_too_large_or_no_csv(api: httpx.Client) -> None:
    """Both are told before anything is read."""
    assert send(api, "x" * ((8 << 20) + 1)).status_code == 413
    assert api.post("/dashboard/import", json={}).status_code == 415
    assert send(api, "", dryRun="perhaps").status_code == 400


def test_the_audit_log(stage: Stage, api: httpx.Client) -> None:
    """An import is in it, with its client and what came of it."""
    send(api, "timestamp,inverterKWh\n2025-09-01T18:00:00Z,1.5\n")
    ledger = open_for_reading(stage.folder / "data" / "ledger.db")
    try:
        event = next(one for one in ledger.events(3) if one.name == "import")
    finally:
        ledger.close()
    assert event.detail == "1 recorded of 1 rows"
    assert event.client == api.get("/dashboard/me").json()["client"]
