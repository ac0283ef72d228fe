"""A day's output at PVOutput: added, changed, read back, refused."""

from __future__ import annotations

import pytest

from tests.sandbox.neighbours import Neighbour
from tests.sandbox.talk import Answer
from tests.sandbox.utility.customer import Clock

R2 = "/service/r2"


def add(system: Neighbour, **row: str | int) -> Answer:
    """A day's output."""
    return system.post(f"{R2}/addoutput.jsp", **{"d": "20261121", **row})


def read(system: Neighbour, **query: str) -> str:
    """What it shows."""
    return system.get(f"{R2}/getoutput.jsp", **query).body.decode()


def test_a_day(system: Neighbour) -> None:
    """It is taken, shown and listed, in Wh."""
    answer = add(system, g=15000, e=14000, c=3000, pp=3200, pt="13:10", ip=12)
    assert (answer.status, answer.body) == (200, b"OK 200: Added Output")
    assert read(system, df="20261121", dt="20261121") == (
        "20261121,15000,3.000,14000,3000,3200,13:10,Not Sure,NaN,NaN,12,NaN,NaN,NaN"
    )
    assert [(one["meter"], one["timestamp"], one["value"]) for one in system.accepted()] == [
        ("12345/g", "2026-11-21", 15000),
        ("12345/e", "2026-11-21", 14000),
        ("12345/ip", "2026-11-21", 12),
        ("12345/c", "2026-11-21", 3000),
    ]


def test_a_day_again(system: Neighbour) -> None:
    """The later output takes the place of the earlier; what it leaves out stays."""
    add(system, g=100, c=50)
    add(system, g=200)
    assert read(system).startswith("20261121,200,0.040,0,50,")


def test_consumption_alone(system: Neighbour) -> None:
    """A system may only use energy."""
    assert add(system, c=700).status == 200
    assert read(system).startswith("20261121,0,0.000,0,700,")


def test_what_is_not_known(system: Neighbour) -> None:
    """Exported and used energy are 0 then, imports are no number."""
    add(system, g=15000)
    assert read(system) == "20261121,15000,3.000,0,0,NaN,NaN,Not Sure,NaN,NaN,NaN,NaN,NaN,NaN"


def test_as_csv(system: Neighbour) -> None:
    """The fields in their order; several rows are for donors."""
    assert add(system, data="20261121,15000,14000").status == 200
    two = "20261120,1;20261119,2"
    assert add(system, data=two).body == b"Forbidden 403: Donation Mode"
    system.switch(donor=True)
    assert add(system, data=two).body == b"OK 200: Added Output"
    assert [line[:8] for line in read(system).split(";")] == ["20261121", "20261120", "20261119"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"d": "20261123", "g": "1"}, "Invalid future date [20261123]"),
        ({"d": "2026-11-21", "g": "1"}, "Invalid date format should be yyyymmdd [2026-11-21]"),
        ({"d": "20260230", "g": "1"}, "Invalid date format should be yyyymmdd [20260230]"),
        ({"d": "", "g": "1"}, "Missing required data"),
        ({}, "Missing required data"),
        ({"e": "1"}, "Missing required generation field [g]"),
        ({"g": "1.5"}, "Could not read g [1.5]"),
        ({"g": "-1"}, "Could not read g [-1]"),
        ({"g": "60001"}, "Energy value [60001] too high for system size [5000]"),
        ({"g": "9", "pp": "7501"}, "Peak power value [7501] too high for system size [5000]"),
        (
            {"g": "100", "e": "116"},
            "Energy export [116] cannot exceed energy output [100] by 15%",
        ),
    ],
)
def test_an_output_that_cannot_be(system: Neighbour, row: dict[str, str], reason: str) -> None:
    """It is refused with 400 and the reason, and nothing is taken."""
    answer = add(system, **row)
    assert (answer.status, answer.body.decode()) == (400, f"Bad request 400: {reason}")
    assert system.accepted() == []


def test_an_impossible_export_that_is_dropped(system: Neighbour) -> None:
    """With the switch, PVOutput says OK and forgets it, as it was seen to do."""
    system.switch(drops_export=True)
    assert add(system, g=100, e=200).body == b"OK 200: Added Output"
    assert system.get(f"{R2}/getoutput.jsp").status == 400
    assert system.accepted() == []


def test_the_day_of_the_system(system: Neighbour, clock: Clock) -> None:
    """Its own zone says which day it is."""
    clock.now += 12 * 3600 - 60  # 23:59 UTC
    assert add(system, d="20261123", g=1).status == 400
    system.switch(zone="Europe/Berlin")
    assert add(system, d="20261123", g=1).status == 200


def test_nothing_to_show(system: Neighbour) -> None:
    """It is 400, not an empty answer."""
    answer = system.get(f"{R2}/getoutput.jsp", df="20261101", dt="20261102")
    assert (answer.status, answer.body) == (400, b"Bad request 400: No outputs found")


def test_so_many_days(system: Neighbour) -> None:
    """The newest first, no more than the limit."""
    for day in range(1, 6):
        add(system, d=f"2026110{day}", g=day)
    assert [line[:8] for line in read(system, limit="2").split(";")] == ["20261105", "20261104"]


def test_a_batch(system: Neighbour) -> None:
    """Each row has its answer: 1 new, 2 in place of another, 0 not taken."""
    add(system, d="20261120", g=5)
    rows = "20261119,1;20261120,2;20261123,3;20261107,4"
    answer = system.post(f"{R2}/addbatchoutput.jsp", data=rows)
    assert answer.body == b"20261119,1;20261120,2;20261123,0;20261107,0"
    assert read(system, df="20261120", dt="20261120").startswith("20261120,2,")


def test_a_batch_of_nothing_good(system: Neighbour) -> None:
    """Only then it is 400 as a whole."""
    answer = system.post(f"{R2}/addbatchoutput.jsp", data="20261123,3;20261124,4")
    assert answer.body == b"Bad request 400: No outputs added or updated"


def test_the_system(system: Neighbour) -> None:
    """It shows its size and its interval."""
    fields = system.get(f"{R2}/getsystem.jsp").body.decode().split(";")[0].split(",")
    assert (fields[0], fields[1], fields[15]) == ("Sandbox", "5000", "5")
