"""Files of nobody known under headings that a portal writes too: what their rows show counts."""

from __future__ import annotations

from io import BytesIO

import pytest

from meterctl.domain.meters import DEFAULT_METERS, Kind, Zones
from meterctl.domain.times import with_offset
from meterctl.imports.formats import Context, Options
from meterctl.imports.layout import Format, Label
from meterctl.imports.problems import Unknown
from meterctl.imports.text.document import Document
from meterctl.imports.text.source import Source
from meterctl.imports.vendors.enphase import Enphase
from meterctl.imports.vendors.solaredge import SolarEdge
from meterctl.imports.vendors.tesla import Tesla
from meterctl.services.importing import prepare
from tests.helpers import BERLIN, NOW
from tests.imports.vendors.structured import knows, read

SUPPOSING = pytest.mark.parametrize(
    ("format_", "header"),
    [
        (Enphase(), "Date/Time,Energy Produced (kWh),Energy Consumed (kWh)"),
        (SolarEdge(), "Time,System Production (kWh),Consumption (kWh)"),
        (Tesla(), "Date time,Solar (kWh),Home (kWh)"),
    ],
    ids=["enphase", "solaredge", "tesla"],
)


def rows(*times: str) -> str:
    return "".join(f"{time},{n % 3}.5,1\n" for n, time in enumerate(times))


@SUPPOSING
@pytest.mark.parametrize(
    ("times", "label"),
    [
        (["2024-06-05 00:00", "2024-06-05 00:15"], Label.STARTS),
        (["2024-06-05", "2024-06-06"], Label.STARTS),
        (["2024-06-05 00:00", "2024-06-06 00:00"], Label.STARTS),
        (["2024-06-05 05:30", "2024-06-05 05:45"], Label.STARTS),
        (["2024-06-05T00:00:00+02:00", "2024-06-05T01:00:00+02:00"], Label.STARTS),
        (["2024-06-05 00:15"], Label.STARTS),
        (["2024-06-05 00:15", "2024-06-05 00:30"], None),
        (["06/05/2024 12:15 AM", "06/05/2024 12:30 AM"], None),
        (["06/05/2024 12:15 PM", "06/05/2024 12:30 PM"], Label.STARTS),
        (["2024-06-05T01:00:00+02:00", "2024-06-05T02:00:00+02:00"], None),
        (["2024-06-06 00:00", "2024-06-05 23:45"], None),
    ],
)
def test_a_day_that_begins_a_step_after_midnight(
    format_: Format, header: str, times: list[str], label: Label | None
) -> None:
    """The portals write starts; rows that begin as ends do are for the whole file to explain."""
    assert read(format_, f"{header}\n{rows(*times)}").layout.facts.label is label


@SUPPOSING
def test_a_day_of_ends_is_read_as_ends(format_: Format, header: str) -> None:
    """From 00:15 to 00:00: a row's time is where its interval ends."""
    times = [f"2024-06-05 {n // 4:02d}:{n % 4 * 15:02d}" for n in range(1, 96)]
    data = f"{header}\n{rows(*times, '2024-06-06 00:00')}".encode()
    context = Context(DEFAULT_METERS, Zones(BERLIN), NOW, Options(create=True))
    prepared = prepare(Source("x.csv", BytesIO(data), len(data)), context)
    assert prepared.format == format_.name
    first = next(iter(prepared.rows(lambda _bytes: None))).readings[0]
    assert with_offset(first.starts_at, BERLIN) == "2024-06-05T00:00:00+02:00"
    assert with_offset(first.at, BERLIN) == "2024-06-05T00:15:00+02:00"


@SUPPOSING
def test_a_dial_of_another_logger(format_: Format, header: str) -> None:
    """Energy that only ever grows is no amount of a quarter of an hour."""
    text = "".join(f"2024-06-05 {n:02d}:00,{9000 + n * n}.5,{n % 2}\n" for n in range(20))
    assert not knows(format_, f"{header}\n{text}")


@SUPPOSING
def test_a_clear_morning_or_a_new_dial(format_: Format, header: str) -> None:
    """What only grows, and from nothing, may be either: it is asked."""
    text = "".join(f"2024-06-05 {n:02d}:00,{n * n}.5,\n" for n in range(1, 20))
    data = f"{header}\n2024-06-05 00:00,0,\n{text}".encode()
    with pytest.raises(Unknown, match="a dial's readings or the amounts") as caught:
        format_.layout(Document.of(data), Options())
    assert caught.value.option == "kind"
    assert format_.layout(Document.of(data), Options(kind=Kind.INTERVAL)) is not None
    assert format_.layout(Document.of(data), Options(kind=Kind.REGISTER)) is None


@SUPPOSING
def test_a_clear_morning_beside_what_comes_and_goes(format_: Format, header: str) -> None:
    """One column of amounts shows that the one beside it, which grows from nothing, is as well."""
    text = "".join(f"2024-06-05 {n:02d}:00,{n * n},{n * 7 % 5}.5\n" for n in range(20))
    assert knows(format_, f"{header}\n{text}")
