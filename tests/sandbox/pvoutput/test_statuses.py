"""Statuses at PVOutput: energy and power at a time of the day."""

from __future__ import annotations

import pytest

from tests.sandbox.neighbours import Neighbour
from tests.sandbox.talk import Answer

R2 = "/service/r2"


def add(system: Neighbour, **row: str | int) -> Answer:
    """A status."""
    return system.post(f"{R2}/addstatus.jsp", **{"d": "20261122", "t": "10:00", **row})


def batch(system: Neighbour, data: str, **more: str) -> Answer:
    """Several."""
    return system.post(f"{R2}/addbatchstatus.jsp", data=data, **more)


def read(system: Neighbour, **query: str) -> Answer:
    """What it shows."""
    return system.get(f"{R2}/getstatus.jsp", **query)


def test_a_status(system: Neighbour) -> None:
    """It is taken and shown, and the day's output follows."""
    answer = add(system, v1=1000, v2=500, v3=2000)
    assert (answer.status, answer.body) == (200, b"OK 200: Added Status")
    assert read(system).body == b"20261122,10:00,1000,500,2000,NaN,0.200,NaN,NaN"
    assert read(system, d="20261122", t="10:00").status == 200
    shown = system.get(f"{R2}/getoutput.jsp").body
    assert shown.startswith(b"20261122,1000,0.200,0,2000,")
    assert [(one["meter"], one["timestamp"], one["value"]) for one in system.accepted()] == [
        ("12345/v1", "2026-11-22T10:00:00", 1000),
        ("12345/v3", "2026-11-22T10:00:00", 2000),
    ]


def test_no_status(system: Neighbour) -> None:
    """It is 400."""
    answer = read(system, d="20261122", t="09:00")
    assert (answer.status, answer.body) == (400, b"Bad request 400: No status found")


def test_between_two_intervals(system: Neighbour) -> None:
    """The time is that of the interval which has begun."""
    add(system, t="10:04", v1=7)
    assert read(system).body.startswith(b"20261122,10:00,7,")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"t": "12:05", "v1": "1"}, "Date is in the future [20261122]"),
        ({"d": "20261107", "v1": "1"}, "Date is older than 14 days [20261107]"),
        ({"t": "25:00", "v1": "1"}, "Invalid time format should be hh:mm [25:00]"),
        ({"t": "", "v1": "1"}, "Missing date or time"),
        ({}, "Missing energy and power values"),
        ({"v1": "250001"}, "Value number cannot exceed 250,000Wh [250001]"),
        ({"v1": "1", "v2": "7501"}, "Power value [7501] too high for system size [5000]"),
        ({"t": "03:00", "v1": "1", "v2": "5"}, "Moon Powered"),
        ({"v1": "-1"}, "Could not read v1 [-1]"),
        ({"v1": "1", "c1": "1", "n": "1"}, "Invalid net and cumulative"),
        ({"v1": "1", "c1": "7"}, "Could not read c1 [7]"),
    ],
)
def test_a_status_that_cannot_be(system: Neighbour, row: dict[str, str], reason: str) -> None:
    """It is refused with 400 and the reason."""
    answer = add(system, **row)
    assert (answer.status, answer.body.decode()) == (400, f"Bad request 400: {reason}")
    assert system.accepted() == []


def test_switches_that_let_more_in(system: Neighbour) -> None:
    """A donor may be late by 90 days; the moon may shine."""
    system.switch(donor=True, moon=False)
    assert add(system, d="20261107", v1=1).status == 200
    assert add(system, t="03:00", v2=5).status == 200


def test_a_batch(system: Neighbour) -> None:
    """An answer for each row, in their order."""
    answer = batch(system, "20261122,08:00,100;20261101,08:00,5;20261122,08:00,110")
    assert (answer.status, answer.body) == (
        200,
        b"20261122,08:00,1;20261101,08:00,0;20261122,08:00,2",
    )
    assert [one["value"] for one in system.accepted()] == [100, 110]


def test_a_batch_that_is_too_long(system: Neighbour) -> None:
    """30 rows; 100 for a donor."""
    rows = ";".join(f"20261122,{at // 60:02d}:{at % 60:02d},{at}" for at in range(0, 155, 5))
    assert batch(system, rows).body == b"Bad request 400: Too many rows [31]"
    system.switch(donor=True)
    assert batch(system, rows).status == 200


@pytest.mark.parametrize("rows", ["", "20261123,08:00,1;20261124,08:00,1"])
def test_a_batch_of_nothing_good(system: Neighbour, rows: str) -> None:
    """It is 400 as a whole."""
    assert batch(system, rows).status == 400


def test_a_meter_that_never_starts_again(system: Neighbour) -> None:
    """With c1 its readings become the day's energy: from the last one of an earlier day."""
    answer = batch(system, "20261121,20:00,70000;20261122,08:00,70400;20261122,10:00,71000", c1="1")
    assert answer.body.decode().split(";")[-1] == "20261122,10:00,1"
    history = read(system, h="1", d="20261122", asc="1").body.decode().split(";")
    assert [line.split(",")[2] for line in history] == ["400", "1000"]
    assert [one["value"] for one in system.accepted()] == [70000, 70400, 71000]


def test_a_meter_that_runs_backwards(system: Neighbour) -> None:
    """A lower reading is refused."""
    add(system, t="08:00", v1=500, c1=1)
    answer = add(system, v1=400, c1=1)
    assert answer.body == (
        b"Bad request 400: Energy value [400] lower than previously recorded value: [500]"
    )


def test_one_cumulative_energy(system: Neighbour) -> None:
    """c1=3 concerns what is used alone."""
    add(system, t="08:00", v1=10, v3=900000, c1=3)
    add(system, v1=5, v3=900100, c1=3)
    assert read(system).body.startswith(b"20261122,10:00,5,NaN,100,")


def test_the_history(system: Neighbour) -> None:
    """The newest first, between two times, no more than the limit."""
    batch(system, "20261122,08:00,1;20261122,09:00,2;20261122,10:00,3")
    query = {"h": "1", "d": "20261122"}
    lines = read(system, **query, limit="2").body.decode().split(";")
    assert [line.split(",")[1] for line in lines] == ["10:00", "09:00"]
    only = read(system, **query, **{"from": "08:30", "to": "09:30"}).body.decode()
    assert only.split(",")[1] == "09:00"
