"""What leaves the machine for a request, or because of one: the Sheet, the utility; and health."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from meterctl.ledger.sqlite import open_for_writing
from tests.helpers import NOW
from tests.http.dashboard.stage import Login, Stage, staged

EVERYTHING = "read,record,push"
DEAD = "http://127.0.0.1:9"  # nobody is there


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A server with a Sheet and a utility of the sandbox behind it."""
    with staged(tmp_path, sandbox=True) as ready:
        yield ready


@pytest.fixture
def api(stage: Stage) -> Iterator[httpx.Client]:
    """A client that may do everything."""
    with stage.api(stage.client("tester", EVERYTHING)) as client:
        yield client


def stamp(minutes_ago: float) -> str:
    """A time a while ago."""
    return time.strftime("%FT%TZ", time.gmtime(time.time() - 60 * minutes_ago))


def post(api: httpx.Client, value: float, minutes_ago: float = 1) -> httpx.Response:
    """A record of the main meter."""
    record = {"timestamp": stamp(minutes_ago), "meterValue": value}
    return api.post("/records/single", json=record)


def eventually(found: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether something comes true within some seconds."""
    end = time.monotonic() + seconds
    while not found():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def sheet_of(api: httpx.Client) -> tuple[str, int]:
    """How the newest reading stands at the Sheet, and how many wait."""
    form = api.get("/readings/current").json()
    (one,) = (one for one in form["readings"] if one["meter"] == "meter")
    return one["sheet"], form["pending"]["sheet"]


class TestCourier:
    """What is posted comes to the Sheet by itself."""

    def test_soon(self, stage: Stage, api: httpx.Client) -> None:
        """It is acknowledged as queued, and in the Sheet a moment later."""
        done = post(api, 5)
        assert (done.status_code, done.json()["sheet"]) == (201, "queued")
        assert eventually(lambda: sheet_of(api) == ("written", 0))
        shown = stage.run("current", "--from-sheet", "--json").json
        assert shown["meterValue"] == 5

    def test_many(self, stage: Stage, api: httpx.Client) -> None:
        """What comes together goes together."""
        assert stage.rehearsal is not None
        post(api, 1, 500)
        assert eventually(lambda: sheet_of(api) == ("written", 0))
        before = stage.rehearsal.requests()
        for number in range(40):
            assert post(api, 2 + number, 400 - number).status_code == 201
        assert eventually(lambda: sheet_of(api) == ("written", 0))
        assert stage.rehearsal.requests() - before < 20

    def test_google_fails(self, stage: Stage, api: httpx.Client) -> None:
        """Nobody waits for it, nothing is lost, and the next one brings both."""
        assert stage.rehearsal is not None
        stage.rehearsal.goes_wrong('service = "sheets"\ntimes = 0\ndo = "status"\nstatus = 503')
        began = time.monotonic()
        assert post(api, 5, 9).status_code == 201
        assert time.monotonic() - began < 3
        time.sleep(1)
        assert sheet_of(api)[0] == "queued"
        stage.rehearsal.goes_wrong("")
        assert post(api, 6, 8).status_code == 201
        assert eventually(lambda: sheet_of(api) == ("written", 0), 40)

    def test_ended_meanwhile(self, stage: Stage, api: httpx.Client) -> None:
        """What was not brought any more waits for the next run, and is there once."""
        assert post(api, 5).status_code == 201
        stage.end()
        stage.sync()
        rows = stage.run("current", "--from-sheet", "--json").json
        assert rows["meterValue"] == 5
        assert rows["pending"]["sheet"] == 0


class TestPush:
    """`POST /utility/push`."""

    def test_what_is_due(self, stage: Stage, api: httpx.Client) -> None:
        """It is submitted, with its receipt; again there is nothing to do."""
        assert stage.rehearsal is not None
        post(api, 5)
        would = api.post("/utility/push", json={"dryRun": True}).json()
        assert would["pending"] == 1
        assert stage.rehearsal.accepted() == []
        done = api.post("/utility/push").json()
        assert done["accepted"] == 1
        (one,) = done["submissions"]
        assert (one["meter"], one["value"], one["state"]) == ("meter", 5, "accepted")
        (there,) = stage.rehearsal.accepted()
        assert there["receipt"] == one["receipt"]
        again = api.post("/utility/push", json={}).json()
        assert (again["accepted"], again["submissions"]) == (0, [])
        assert api.get("/readings/current").json()["readings"][0]["utility"] == "accepted"

    def test_rejected(self, stage: Stage, api: httpx.Client) -> None:
        """That is an outcome, not an error."""
        assert stage.rehearsal is not None
        stage.rehearsal.set_utility('{"max_value": 1}')
        post(api, 5)
        answer = api.post("/utility/push")
        assert answer.status_code == 200
        assert answer.json()["rejected"] == 1

    def test_nobody_there(self, tmp_path: Path) -> None:
        """503 with what would have been, and all stays queued; the next push brings it."""
        with staged(tmp_path, sandbox=True) as stage:
            real = stage.environment["METERCTL_UTILITY_URL"]
            stage.environment["METERCTL_UTILITY_ACCOUNT"] = "home"
            stage.environment["METERCTL_UTILITY_URL"] = DEAD
            login = stage.client("tester", EVERYTHING)
            stage.end()
            stage.begin()
            with stage.api(login) as api:
                post(api, 5)
                answer = api.post("/utility/push")
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"].isdecimal()
            assert (answer.json()["code"], answer.json()["pending"]) == ("unreachable", 1)
            stage.end()
            stage.environment["METERCTL_UTILITY_URL"] = real
            stage.begin()
            with stage.api(login) as api:
                assert api.post("/utility/push").json()["accepted"] == 1

    def test_another_run_is_at_it(self, stage: Stage, api: httpx.Client) -> None:
        """503 and when to come again; nothing is sent."""
        post(api, 5)
        path = Path(stage.environment["METERCTL_LEDGER"].removeprefix("sqlite:///"))
        ledger = open_for_writing(path, NOW)
        with ledger.holding("push-utility"):
            answer = api.post("/utility/push")
        ledger.close()
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert answer.headers["retry-after"] == "1"

    def test_at_once(self, stage: Stage, api: httpx.Client) -> None:
        """Five pushes at once submit once."""
        assert stage.rehearsal is not None
        post(api, 5)
        answers: list[httpx.Response] = []
        pushing = [
            threading.Thread(target=lambda: answers.append(api.post("/utility/push")))
            for _ in range(5)
        ]
        for one in pushing:
            one.start()
        for one in pushing:
            one.join()
        assert {one.status_code for one in answers} <= {200, 503}
        assert sum(one.json().get("accepted", 0) for one in answers) == 1
        assert len(stage.rehearsal.accepted()) == 1

    @pytest.mark.parametrize("meters", ["meter", "inverter"])
    def test_a_client_of_one_meter(self, stage: Stage, api: httpx.Client, meters: str) -> None:
        """It pushes its own."""
        post(api, 5)
        login = stage.client("other", "push", "--meters", meters)
        with stage.api(login) as other:
            answer = other.post("/utility/push")
        if meters == "meter":
            assert answer.json()["accepted"] == 1
        else:
            assert answer.status_code == 422

    @pytest.mark.parametrize("body", [b"[]", b'{"dryRun": 1}', b'{"dry_run": true}', b"{"])
    def test_a_body_of_another_shape(self, api: httpx.Client, body: bytes) -> None:
        """Nothing is pushed by mistake."""
        headers = {"Content-Type": "application/json"}
        assert api.post("/utility/push", content=body, headers=headers).is_client_error

    def test_no_utility(self, tmp_path: Path) -> None:
        """It says which setting."""
        with staged(tmp_path) as stage, stage.api(stage.client("tester", "push")) as api:
            answer = api.post("/utility/push")
        assert (answer.status_code, answer.json()["code"]) == (409, "config")
        assert "METERCTL_UTILITY_URL" in answer.json()["detail"]


class TestHealth:
    """`GET /health`."""

    def test_a_stranger(self, stage: Stage) -> None:
        """Whether it works, and not a word more."""
        answer = httpx.get(f"{stage.url}/health")
        assert answer.headers["content-type"] == "application/health+json"
        assert (answer.status_code, answer.json()) == (200, {"status": "pass"})

    @pytest.mark.parametrize(("scope", "is_full"), [("read", True), ("record", False)])
    def test_a_client(self, stage: Stage, scope: str, is_full: bool) -> None:
        """Who may read is told all that there is to check, but for the ledger's every page."""
        with stage.api(stage.client("other", scope)) as api:
            form = api.get("/health").json()
        assert ("checks" in form) is is_full
        if is_full:
            assert {"ledger:usable", "clock", "clients:secrets"} <= set(form["checks"])
            assert "ledger:integrity" not in form["checks"]

    @pytest.mark.fault("D")
    def test_no_other_machine_is_asked(self, tmp_path: Path) -> None:
        """Google and the utility may be silent: the answer is there within a second."""
        with staged(tmp_path, sandbox=True) as stage:
            assert stage.rehearsal is not None
            before = stage.rehearsal.requests()
            with stage.api(stage.client("tester", "read")) as api:
                began = time.monotonic()
                assert api.get("/health").status_code == 200
                assert time.monotonic() - began < 2
            assert stage.rehearsal.requests() == before

    def test_the_ledger_is_gone(self, tmp_path: Path) -> None:
        """503, and no record is acknowledged; with the file back at its place all is well."""
        with staged(tmp_path) as stage:
            login: Login = stage.client("tester", EVERYTHING)
            path = Path(stage.environment["METERCTL_LEDGER"].removeprefix("sqlite:///"))
            with stage.api(login) as api:
                assert post(api, 5, 9).status_code == 201
                away = path.with_name("away.db")
                path.rename(away)
                refused = post(api, 6, 8)
                assert refused.status_code in (401, 503)
                assert httpx.get(f"{stage.url}/health").status_code == 503
                away.rename(path)
                assert eventually(lambda: post(api, 7, 7).status_code in (200, 201))
                assert httpx.get(f"{stage.url}/health").status_code == 200
            assert stage.values("meter") == [5, 7]
