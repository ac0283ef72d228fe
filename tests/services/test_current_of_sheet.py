"""The newest readings as the Sheet says them: rows of every kind, and tables that are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.domain.readings import Quality
from meterctl.errors import SheetUnfit
from meterctl.ledger.store import SqlLedger
from meterctl.sandbox.google import Google
from meterctl.sandbox.server import Running, serve
from meterctl.services.amend import correct, void
from meterctl.services.current import Newest
from meterctl.services.current_of_sheet import current_of_sheet
from meterctl.services.session import Session
from tests.helpers import METER, instant, reading
from tests.ledger.contract import record
from tests.sandbox.google.client import ANNE, Api, fine
from tests.sheet.stand import TAB, Stand
from tests.stores import Store


@pytest.fixture
def google() -> Google:
    """Google, without quotas."""
    return Google(quota=False)


@pytest.fixture
def server(google: Google) -> Iterator[Running]:
    """Its address."""
    with serve(google) as running:
        yield running
        assert running.errors == []


@pytest.fixture
def stand(google: Google, server: Running, tmp_path: Path) -> Stand:
    """A key, and the one empty spreadsheet that it opens."""
    return Stand(google, server, tmp_path)


@pytest.fixture
def anne(google: Google, server: Running, stand: Stand) -> Api:
    """A person who has given the key's account her own spreadsheet to write to."""
    anne = Api(google, server, ANNE).new()
    path = f"/drive/v3/files/{anne.id}/permissions"
    account = stand.account["client_email"]
    fine(anne.ask("POST", path, {"type": "user", "role": "writer", "emailAddress": account}))
    stand.sheet_id = anne.id
    return anne


@pytest.fixture
def other(store: Store) -> SqlLedger:
    """Another ledger, on another machine."""
    return store.open("other")


def seen(session: Session, stand: Stand) -> Newest:
    """How the main meter stands, by the Sheet."""
    with stand.sheet() as sheet:
        return current_of_sheet(session, (METER,), sheet, None).newest[0]


def value_seen(session: Session, stand: Stand) -> tuple[int, int] | None:
    """The main meter's newest instant and value, by the Sheet."""
    one = seen(session, stand).reading
    return None if one is None else (one.at, one.amount)


def test_what_another_ledger_wrote(session: Session, stand: Stand, other: SqlLedger) -> None:
    """It is seen with its quality, and is in the Sheet, though the ledger here knows nothing."""
    record(other, reading("7", "2026-02-07 07:00"))
    record(other, reading("8", "2026-02-08 07:00", quality=Quality.ESTIMATED))
    stand.deliver(other)
    newest = seen(session, stand)
    assert newest.reading is not None
    assert (newest.reading.at, newest.reading.amount) == (instant("2026-02-08 07:00"), 8_000_000)
    assert newest.reading.quality is Quality.ESTIMATED
    assert newest.sheet == "written"
    assert session.ledger.last_entry() == 0


def test_corrections_and_voids(session: Session, stand: Stand, other: SqlLedger) -> None:
    """The last revision of a slot holds, in whatever order its rows stand; a void uncovers."""
    there = session._replace(ledger=other)
    first, last = reading("7", "2026-02-07 07:00"), reading("9", "2026-02-09 07:00")
    record(other, first)
    record(other, last)
    stand.deliver(other)
    correct(there, last.slot, 9_500_000, "misread")
    stand.deliver(other)
    assert value_seen(session, stand) == (last.at, 9_500_000)
    correct(there, first.slot, 7_500_000, "misread")
    void(there, last.slot, "wrong meter")
    stand.deliver(other)
    assert value_seen(session, stand) == (first.at, 7_500_000)
    void(there, first.slot, "wrong meter")
    stand.deliver(other)
    assert value_seen(session, stand) is None


def test_rows_that_a_person_typed(session: Session, stand: Stand, anne: Api) -> None:
    """They count as the spreadsheet's zone shows them; what makes no sense is passed over."""
    anne.batch({"addSheet": {"properties": {"title": TAB}}})
    anne.typed(
        f"{TAB}!A1:D7",
        ["mine", "meterValue", "timestamp", "quality"],
        ["x", "7", "2026-02-07 07:00:00"],
        ["x", "8.5", "2026-02-08 07:00:00", "guessed"],
        ["x", "see above", "2026-02-09 07:00:00"],
        ["x", "9", "some day"],
        ["x", "10"],
        ["x"],
    )
    newest = seen(session, stand)
    assert newest.reading is not None
    assert newest.reading.at == instant("2026-02-08T07:00:00Z")
    assert newest.reading.amount == 8_500_000
    assert newest.reading.quality is Quality.QUESTIONABLE


def test_sorted_by_a_person(session: Session, stand: Stand, anne: Api) -> None:
    """The newest is the newest, wherever it stands."""
    anne.batch({"addSheet": {"properties": {"title": TAB}}})
    days = [["meterValue", "timestamp"]]
    days += [[f"{day}", f"2026-02-{day:02} 07:00:00"] for day in (3, 9, 1, 8)]
    anne.typed(f"{TAB}!A1:B5", *days)
    assert value_seen(session, stand) == (instant("2026-02-09T07:00:00Z"), 9_000_000)


def test_table_of_somebody_else(session: Session, stand: Stand, anne: Api) -> None:
    """It says which heading is missing, and what helps."""
    anne.batch({"addSheet": {"properties": {"title": TAB}}})
    anne.typed(f"{TAB}!A1:B2", ["shopping", "meterValue"], ["bread", "2"])
    with pytest.raises(SheetUnfit, match="the heading timestamp is missing") as caught:
        seen(session, stand)
    assert "METERCTL_SHEET_TAB" in caught.value.hint


def test_empty_tab(session: Session, stand: Stand, anne: Api) -> None:
    """No reading yet."""
    assert value_seen(session, stand) is None
    anne.batch({"addSheet": {"properties": {"title": TAB}}})
    assert value_seen(session, stand) is None
