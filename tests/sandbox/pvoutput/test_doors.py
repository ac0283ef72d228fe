"""Who may ask PVOutput, and how often."""

from __future__ import annotations

import pytest

from tests.sandbox.neighbours import Neighbour
from tests.sandbox.talk import ask
from tests.sandbox.utility.customer import Clock

R2 = "/service/r2"


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"X-Pvoutput-Apikey": "another"}, "Unauthorized 401: Invalid API Key"),
        ({"X-Pvoutput-SystemId": ""}, "Unauthorized 401: Invalid System ID"),
        (
            {"X-Pvoutput-SystemId": "54321"},
            (
                "Unauthorized 401: Missing, invalid or inactive api key information "
                "(X-Pvoutput-Apikey)"
            ),
        ),
    ],
)
def test_a_wrong_key_or_system(system: Neighbour, headers: dict[str, str], text: str) -> None:
    """It is told so with 401, and nothing is taken."""
    answer = system.post(f"{R2}/addoutput.jsp", headers, d="20261121", g="10")
    assert (answer.status, answer.body.decode()) == (401, text)
    assert system.accepted() == []


def test_key_and_system_in_the_query(system: Neighbour) -> None:
    """They count as the headers do."""
    answer = ask(system.server, "GET", f"{R2}/addoutput.jsp?key=the-key&sid=12345&d=20261121&g=10")
    assert (answer.status, answer.body) == (200, b"OK 200: Added Output")


def test_a_read_only_key(system: Neighbour) -> None:
    """It may look, and not write."""
    system.switch(read_only=True)
    answer = system.post(f"{R2}/addoutput.jsp", d="20261121", g="10")
    assert (answer.status, answer.body) == (403, b"Forbidden 403: Read only key")
    assert system.get(f"{R2}/getsystem.jsp").status == 200


def test_a_disabled_key(system: Neighbour) -> None:
    """It opens nothing."""
    system.switch(disabled=True)
    answer = system.get(f"{R2}/getsystem.jsp")
    assert (answer.status, answer.body) == (401, b"Unauthorized 401: Disabled API Key")


def test_another_method(system: Neighbour) -> None:
    """POST or GET only."""
    answer = ask(system.server, "PUT", f"{R2}/addoutput.jsp", "d=20261121")
    assert (answer.status, answer.body) == (405, b"Method Not Allowed 405: POST or GET only")


def test_too_many_requests(system: Neighbour, clock: Clock) -> None:
    """The 61st of an hour is refused with 403; the next hour begins anew."""
    for _ in range(60):
        assert system.get(f"{R2}/getsystem.jsp").status == 200
    answer = system.post(f"{R2}/addoutput.jsp", {"X-Rate-Limit": "1"}, d="20261121", g="10")
    assert (answer.status, answer.body) == (
        403,
        b"Forbidden 403: Exceeded 60 requests per hour",
    )
    assert answer.headers["x-rate-limit-remaining"] == "0"
    assert answer.headers["x-rate-limit-limit"] == "60"
    assert int(answer.headers["x-rate-limit-reset"]) == clock.now + 3600
    assert system.accepted() == []
    clock.now += 3600
    assert system.post(f"{R2}/addoutput.jsp", d="20261121", g="10").status == 200


def test_the_limit_of_a_donor(system: Neighbour) -> None:
    """It is 300, and told only to those who ask."""
    system.switch(donor=True)
    answer = system.get(f"{R2}/getsystem.jsp", {"X-Rate-Limit": "1"})
    assert answer.headers["x-rate-limit-limit"] == "300"
    assert "x-rate-limit-limit" not in system.get(f"{R2}/getsystem.jsp").headers


def test_a_limit_of_ones_own(system: Neighbour) -> None:
    """A switch sets it, so that a test need not ask sixty times."""
    system.switch(limit=1)
    assert system.get(f"{R2}/getsystem.jsp").status == 200
    answer = system.get(f"{R2}/getsystem.jsp")
    assert answer.body == b"Forbidden 403: Exceeded 1 requests per hour"


def test_no_such_service(system: Neighbour) -> None:
    """It is told so."""
    assert system.get(f"{R2}/addmoon.jsp").body == b"Bad request 400: Unknown service [addmoon]"


def test_a_switch_that_is_none(system: Neighbour) -> None:
    """Nothing is switched, and it is told what could be."""
    answer = system.switch(donor=True, colour="red")
    assert answer.status == 400
    assert answer.json["error"].startswith("colour: unknown; one of donor, ")
    assert system.switch().json["donor"] is False
    assert system.switch(donor="yes").json == {"error": "donor: true or false"}
    zone = {"error": "zone: a time zone such as Europe/Berlin"}
    assert system.switch(zone="Europe/Moon").json == zone
    assert system.switch(limit="3").json == {"error": "limit: a whole number, 0 or more"}
