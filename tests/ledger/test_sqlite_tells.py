"""What a ledger tells the log of: what is durable, once it is, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meterctl import log
from meterctl.ledger.port import BatchState
from meterctl.ledger.store import SqlLedger
from tests.helpers import NOW, reading
from tests.ledger.contract import SHEET, open_batch, record, settle


class Names:
    """A listener that keeps the names of what it is told."""

    level = log.DEBUG

    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, level: int, name: str, fields: object) -> None:
        """Keep an event's."""
        del level, fields
        self.told.append(name)

    def bug(self, error: BaseException, where: str, *, is_last: bool) -> None:
        """None is expected."""
        raise AssertionError(where, is_last) from error


@pytest.fixture
def told() -> Iterator[list[str]]:
    """The names of the events that were told."""
    names = Names()
    log.listen(names)
    yield names.told
    log.listen(None)


def test_within_a_write(ledger: SqlLedger, told: list[str]) -> None:
    """Not before its end: until then it may be undone."""
    with ledger.writing():
        record(ledger, reading("1", "2026-01-01 10:00"))
        assert told == []
    assert told == ["entry.written"]


def test_a_write_that_is_undone(ledger: SqlLedger, told: list[str]) -> None:
    """It is not told, nor with a later one."""

    def undone() -> None:
        with ledger.writing():
            record(ledger, reading("1", "2026-01-01 10:00"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undone()
    assert open_batch(ledger, 1) is not None
    assert told == ["batch.sending"]


def test_a_part_that_is_undone(ledger: SqlLedger, told: list[str]) -> None:
    """What the write around it does is told all the same, and that part is not."""

    def undone() -> None:
        with ledger.writing():
            record(ledger, reading("1", "2026-01-01 10:00"))
            raise KeyboardInterrupt

    with ledger.writing():
        ledger.open_batch(SHEET, 1, 77, NOW)
        with pytest.raises(KeyboardInterrupt):
            undone()
    assert told == ["batch.sending"]


def test_a_batch_that_is_settled_twice(ledger: SqlLedger, told: list[str]) -> None:
    """Only the first end is its end, and told."""
    open_batch(ledger, 1)
    assert settle(ledger, 1, BatchState.LANDED)
    assert not settle(ledger, 1, BatchState.REFUSED)
    assert told == ["batch.sending", "batch.landed"]
