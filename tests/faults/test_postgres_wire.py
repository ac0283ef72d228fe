"""The way to a PostgreSQL server, cut at every message: the ledger says the truth, and heals."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from meterctl.errors import LedgerError, LedgerUnreachable, LedgerUnsure
from meterctl.ledger.store import SqlLedger
from tests.conftest import Cli, Program
from tests.faults.postgres_wire import Cut, Wire, wire_to
from tests.faults.postgres_writers import append, opened
from tests.faults.table import Table
from tests.helpers import METER
from tests.postgres import Server

ROWS = 600  # more than a stream asks for without a cursor


@pytest.fixture
def wire(postgres: Server) -> Iterator[Wire]:
    """A wire to the server, which nothing cuts yet."""
    with wire_to(postgres.port) as made:
        yield made


class Writes:
    """Writes over a wire, one after the other, and what is there of each."""

    def __init__(self, wire: Wire, url: str, patience: float = 5.0) -> None:
        self._wire = wire
        self.there = opened(url)
        self.ledger = opened(wire.address(url), patience)
        self.number = 0

    def close(self) -> None:
        """Let go of both."""
        self._wire.script()
        self.ledger.close()
        self.there.close()

    def write(self, do: Callable[[SqlLedger], object] | None = None) -> None:
        """One write: an entry, and what more it is to do."""
        self.number += 1
        with self.ledger.writing():
            append(self.ledger, "wire", self.number)
            if do is not None:
                do(self.ledger)

    def times(self) -> int:
        """How often the last one is there."""
        row = self.there._db.one(
            "SELECT count(*) FROM entry WHERE origin = ?", (f"wire-{self.number}",)
        )
        assert row is not None
        return int(row[0])


@pytest.fixture
def writes(wire: Wire, postgres_url: str) -> Iterator[Writes]:
    """Writes to a new ledger."""
    made = Writes(wire, postgres_url)
    yield made
    made.close()


@pytest.fixture
def hasty(wire: Wire, postgres_url: str) -> Iterator[Writes]:
    """The same with little patience; one write is there already."""
    made = Writes(wire, postgres_url, patience=1.0)
    made.write()
    yield made
    made.close()


def much(ledger: SqlLedger) -> None:
    """Parts, one of them undone; a COPY; a stream by a cursor, and statements while it goes on."""
    with ledger.writing():
        ledger.set_memo("part", "done", 1)
    with suppress(ZeroDivisionError), ledger.writing():
        ledger.set_memo("part", "undone", 1)
        raise ZeroDivisionError
    ledger._db.run("DELETE FROM seen")
    names = (str(number) for number in range(ROWS))
    same: dict[str, object] = {"destination": "x", "kind": "y", "value": b"\\z"}
    ledger._db.insert_columns("seen", same, {"name": names})
    found = 0
    for row in ledger._db.stream("SELECT name FROM seen ORDER BY name"):
        found += 1
        if row[0] == "300":
            ledger.set_memo("found", row[0], 1)
    assert found == ROWS


@pytest.mark.fault(16)
@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("do", [None, much], ids=["an entry", "much"])
def test_cut_at_every_round(
    writes: Writes, wire: Wire, cut: Cut, do: Callable[[SqlLedger], object] | None
) -> None:
    """Whichever round of a write is lost, or its answer: it is acknowledged and there once."""
    for number in range(60):
        wire.script({number: cut})
        writes.write(do)
        assert writes.times() == 1, (number, wire.rounds)
        if not wire.cuts:
            break
    else:
        pytest.fail("a write has no end")
    assert number > 4


@pytest.mark.fault(16)
@pytest.mark.parametrize("first", Cut)
@pytest.mark.parametrize("second", Cut)
def test_cut_twice(writes: Writes, wire: Wire, first: Cut, second: Cut) -> None:
    """And while it heals, once more, as soon as it is back or a little later: as true."""
    writes.write()
    wire.script()
    writes.write()
    rounds = len(wire.rounds)
    for number in range(rounds):
        for later in (1, 3, 6):
            wire.script({number: first, number + later: second})
            writes.write()
            assert writes.times() == 1, (number, later, wire.rounds)


@pytest.mark.fault(16)
@pytest.mark.parametrize("cut", Cut)
def test_a_commit_without_an_answer(writes: Writes, wire: Wire, cut: Cut) -> None:
    """Committed or not, with the server back at once: acknowledged, and there once."""
    writes.write()
    wire.cut_at(b"COMMIT\0", cut)
    writes.write(much)
    assert (wire.cuts, writes.times()) == (1, 1)


@pytest.mark.fault(16)
@pytest.mark.parametrize("cut", Cut)
def test_a_commit_without_an_answer_and_then_nobody(hasty: Writes, wire: Wire, cut: Cut) -> None:
    """Where the server stays away it says that it does not know, and how to look."""
    wire.cut_at(b"COMMIT\0", cut, stays_away=True)
    with pytest.raises(LedgerUnsure, match="before it said whether") as raised:
        hasty.write()
    assert "history" in raised.value.hint
    assert hasty.times() == (1 if cut is Cut.AFTER else 0)
    wire.script()
    hasty.write()
    assert hasty.times() == 1


@pytest.mark.fault(16)
@pytest.mark.parametrize("cut", Cut)
def test_record_in_doubt(
    cli: Cli, wire: Wire, postgres_url: str, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program says 74 and what to do then: the same again, which is stored once."""
    monkeypatch.setenv("METERCTL_LOCK_TIMEOUT", "1")
    url = wire.address(postgres_url)
    assert cli("--ledger", url, "record", "7", "--at", "2026-01-02 10:00").code == 0
    command = ("--ledger", url, "record", "8", "--at", "2026-01-03 10:00", "--json")
    wire.cut_at(b"COMMIT\0", cut, stays_away=True)
    ran = cli(*command)
    assert (ran.code, ran.out) == (74, "")
    assert json.loads(ran.err)["error"]["code"] == "ledger_unsure"
    wire.script()
    ran = cli(*command)
    assert ran.code == 0
    was_there = cut is Cut.AFTER
    assert ran.json["readings"][0]["status"] == ("duplicate" if was_there else "recorded")
    wire.cut_at(b"COMMIT\0", cut)
    ran = cli("--ledger", url, "record", "9", "--at", "2026-01-04 10:00", "--json")
    assert (ran.code, ran.json["readings"][0]["status"]) == (0, "recorded")


@pytest.mark.fault(16)
@pytest.mark.parametrize("cut", Cut)
def test_nothing_but_our_own_words(
    program: Program, wire: Wire, postgres_url: str, cut: Cut
) -> None:
    """What is healed is not spoken of, neither by us nor by a library on its own."""
    opened(postgres_url).close()
    wire.cut_at(b"INSERT INTO reading", cut)
    ran = program("record", "7", METERCTL_LEDGER=wire.address(postgres_url))
    assert (ran.code, ran.err, wire.cuts) == (0, "", 1)


@pytest.mark.fault(16)
def test_nobody_in_the_middle_of_a_write(hasty: Writes, wire: Wire) -> None:
    """A server that stays away before the commit: an error within the time-out, nothing stored."""
    wire.cut_at(b"INSERT INTO entry", Cut.AFTER, stays_away=True)
    began = time.monotonic()
    with pytest.raises(LedgerUnreachable, match="the server does not answer"):
        hasty.write()
    assert time.monotonic() - began < 4
    wire.script()
    assert hasty.times() == 0
    hasty.write()


@pytest.mark.fault(16)
def test_nobody_in_a_part_of_a_write(hasty: Writes, wire: Wire) -> None:
    """The same within a part: the time-out counts once, and it says what happened."""

    def part(ledger: SqlLedger) -> None:
        with ledger.writing(), ledger.writing(), ledger.writing():
            ledger.set_memo("part", "lost", 1)

    wire.cut_at(b"INSERT INTO memo", Cut.AFTER, stays_away=True)
    began = time.monotonic()
    with pytest.raises(LedgerUnreachable, match="the server does not answer"):
        hasty.write(part)
    assert time.monotonic() - began < 2.5
    wire.script()
    assert hasty.times() == 0


@pytest.mark.fault(16)
@pytest.mark.parametrize("cut", Cut)
def test_cut_while_reading(writes: Writes, wire: Wire, cut: Cut) -> None:
    """A question is asked again; a stream that was open says that it has ended too early."""
    writes.write(much)
    names = "SELECT name FROM seen"
    for number in range(12):
        wire.script({number: cut})
        try:
            rows = [*writes.ledger._db.stream(names)]
        except LedgerError as error:
            assert "the server" in error.message  # noqa: PT017 (which of the two it is, chance says)
        else:
            assert len(rows) == ROWS
        wire.script({0: cut})
        assert writes.ledger.last_entry() == writes.number


@pytest.mark.fault(16)
def test_cut_while_a_stream_is_open_and_writes_go_on(writes: Writes, wire: Wire) -> None:
    """What was read before a write came in between is there to its end, or it says so."""
    writes.write(much)
    rows = writes.ledger._db.stream("SELECT name FROM seen")
    assert next(rows)
    writes.write()
    assert len([*rows]) == ROWS - 1
    rows = writes.ledger._db.stream("SELECT name FROM seen")
    assert next(rows)
    wire.script({0: Cut.BEFORE})
    writes.write()
    with pytest.raises(LedgerUnreachable, match="while the ledger was being read"):
        list(rows)
    assert next(writes.ledger.current(METER.id)).value == 1_000_000


@pytest.mark.soak
def test_cut_again_and_again(writes: Writes, wire: Wire, table: Table) -> None:
    """Up to three cuts a write for a minute, anywhere; more than five would be an error."""
    dice, end = random.Random(16), time.monotonic() + 60
    while time.monotonic() < end:
        places = (dice.randrange(40) for _ in range(dice.randrange(4)))
        wire.script({place: dice.choice([*Cut]) for place in places})
        writes.write(much)
        table.add("PostgreSQL: the wire cut in a write", 1, writes.times(), 1)
