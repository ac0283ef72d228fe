"""Quotas: sixty a minute a user, three hundred a project, reads and writes apart."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from meterctl.sandbox.google import Google, quota
from meterctl.sandbox.server import Running, serve
from tests.sandbox.google.client import Api, appended, refused, row
from tests.sandbox.google.conftest import Clock


@pytest.fixture
def google(clock: Clock) -> Google:
    """Google, with its quotas."""
    return Google(clock=clock)


@pytest.fixture
def server(google: Google) -> Iterator[Running]:
    """Its address."""
    with serve(google) as running:
        yield running


def test_more_than_sixty_reads_a_minute(api: Api, clock: Clock) -> None:
    """The next one is refused until the minute is over; writes are counted apart."""
    assert {api.sheets("GET", fields="spreadsheetId").status for _ in range(60)} == {200}
    answer = api.sheets("GET")
    assert refused(answer, 429) == (
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per "
        f"user' of service 'sheets.googleapis.com' for consumer '{_consumer(answer.json)}'."
    )
    error = answer.json["error"]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    metadata = error["details"][0]["metadata"]
    assert metadata["quota_limit"] == "ReadRequestsPerMinutePerUser"
    assert metadata["quota_limit_value"] == "60"
    assert metadata["quota_metric"] == "sheets.googleapis.com/read_requests"
    api.batch(appended(row(1)))
    assert api.ask("GET", f"/drive/v3/files/{api.id}").status == 200
    clock.ahead = 61
    assert api.sheets("GET").status == 200


def _consumer(body: dict[str, dict[str, str]]) -> str:
    return body["error"]["message"].rsplit("'", 2)[1]


def test_a_batch_is_one_write(api: Api) -> None:
    """However much is in it."""
    for _ in range(59):
        api.batch(*([appended(row(1))] * 5))
    api.write("A1", [[1]])
    answer = api.sheets("POST", "/values/A1:clear")
    assert answer.status == 429
    metadata = answer.json["error"]["details"][0]["metadata"]
    assert metadata["quota_limit"] == "WriteRequestsPerMinutePerUser"


def test_a_project_s_accounts_together(api: Api) -> None:
    """Six accounts of a project use up what it has."""
    for number in range(5):
        one = api.beside(f"home-{number}@homes.iam.gserviceaccount.com")
        assert {one.sheets("GET").status for _ in range(60)} == {403}
    answer = api.sheets("GET")
    assert answer.status == 429
    metadata = answer.json["error"]["details"][0]["metadata"]
    assert metadata["quota_limit"] == "ReadRequestsPerMinutePerProject"
    assert metadata["quota_limit_value"] == "300"
    assert api.beside("home@elsewhere.iam.gserviceaccount.com").sheets("GET").status == 403


def test_many_at_once(api: Api) -> None:
    """Exactly as many are answered as there may be."""
    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda _: api.sheets("GET", fields="sheets").status, range(90)))
    assert (statuses.count(200), statuses.count(429)) == (60, 30)


def test_a_user_whom_the_request_names(api: Api) -> None:
    """A server that asks for many people can have each of them counted apart."""
    for name in ("one", "other"):
        asked = [api.sheets("GET", fields="sheets", quotaUser=name).status for _ in range(61)]
        assert asked == [200] * 60 + [429]
    assert api.sheets("GET", fields="sheets").status == 200


def test_drive_has_a_quota_of_its_own(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve thousand a minute (three, here), refused with 403 in Drive's older form."""
    fewer = quota.LIMITS["Drive"]._replace(per_user=3)
    monkeypatch.setitem(quota.LIMITS, "Drive", fewer)
    path = f"/drive/v3/files/{api.id}"
    assert [api.ask("GET", path).status for _ in range(3)] == [200] * 3
    answer = api.ask("GET", path)
    message = refused(answer, 403)
    assert message == (
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of "
        f"service 'drive.googleapis.com' for consumer '{_consumer(answer.json)}'."
    )
    error = answer.json["error"]
    one = {"message": message, "domain": "usageLimits", "reason": "rateLimitExceeded"}
    assert error["errors"] == [one]
    assert error["details"][0]["metadata"]["quota_limit"] == "defaultPerMinutePerUser"
    assert api.sheets("GET").status == 200
