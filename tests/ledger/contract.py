"""What `meterctl.ledger.port.Ledger` promises, as tests that every store passes.

A store's subclass says where a new ledger is (`place`), how it is opened (`open`), and which
exception its own rules raise (`refusal`). A test that needs a second process's view opens it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from meterctl.domain.findings import Finding, Rule
from meterctl.domain.meters import DEFAULT_METERS, Device, Direction, Kind, Meter
from meterctl.domain.plain import Plain
from meterctl.domain.quantity import MILLIONTHS
from meterctl.domain.readings import Quality, Reading, Source
from meterctl.domain.times import HOUR
from meterctl.errors import Busy
from meterctl.ledger.access import Answer, Client, Event, Secret
from meterctl.ledger.port import (
    Attempt,
    Batch,
    BatchState,
    Entry,
    EntryKind,
    Ledger,
    Memo,
    NewEntry,
    Rival,
    Stretch,
    SubmissionState,
    Traits,
)
from tests.helpers import INVERTER, METER, NOW, instant, reading

HEAT_PUMP = Meter(
    "heat-pump",
    "heatPump",
    "kWh",
    Kind.INTERVAL,
    Direction.CONSUMPTION,
    digits=6,
    decimals=1,
    max_per_hour=12 * MILLIONTHS,
    zone="Europe/Lisbon",
    obis="1-0:2.8.0",
    submitted=True,
    devices=(Device(1, "HP-1", None), Device(2, None, instant("2026-02-01 00:00"))),
)
SPIKE = Finding(Rule.SPIKE, "much")
LESS = Finding(Rule.LESS_THAN_PREVIOUS, "less than 7")
PHONE = Client("mc_1", "phone", ("read", "record"), None, NOW, None, None)
SHEET = "spreadsheet/Readings"
UTILITY = "https://utility.example"


class Stopped(BaseException):
    """Like KeyboardInterrupt, no Exception."""


class LedgerContract:
    """The promises, verb by verb. Subclass, and name the class Test..."""

    refusal: type[Exception]

    @pytest.fixture
    def place(self, tmp_path: Path) -> Any:  # noqa: ANN401 (the store's own business)
        """Where this test's ledger is."""
        raise NotImplementedError

    def open(self, place: Any) -> Ledger:  # noqa: ANN401 (as above)
        """Open the ledger there for writing; made on first use."""
        raise NotImplementedError

    @pytest.fixture
    def ledger(self, place: Any) -> Iterator[Ledger]:  # noqa: ANN401 (as above)
        """A new ledger."""
        ledger = self.open(place)
        yield ledger
        ledger.close()

    @pytest.fixture
    def other(self, ledger: Ledger, place: Any) -> Iterator[Ledger]:  # noqa: ANN401 (as above)
        """The same ledger, as another process has it."""
        other = self.open(place)
        assert other.id == ledger.id
        yield other
        other.close()

    # -- being a ledger

    def test_a_new_ledger(self, ledger: Ledger) -> None:
        """It has an id, says where it is, holds nothing, and knows the two meters of the box."""
        assert len(ledger.id) == 32
        assert ledger.place
        assert ledger.counts() == (0, 0, 0, None)
        assert ledger.meters() == DEFAULT_METERS
        assert ledger.damage() == []

    def test_opened_again(self, ledger: Ledger, place: Any) -> None:  # noqa: ANN401 (as above)
        """Its id and what it holds are the same."""
        record(ledger, reading("1", "2026-01-01 10:00"))
        id_ = ledger.id
        ledger.close()
        again = self.open(place)
        assert again.id == id_
        assert values(again) == [1]
        again.close()

    def test_closed_twice(self, ledger: Ledger) -> None:
        """Closing is harmless when done twice."""
        ledger.close()
        ledger.close()

    # -- writing

    def test_a_write_left_well(self, ledger: Ledger, other: Ledger) -> None:
        """All that was written within is there, for others too."""
        with ledger.writing():
            append(ledger, reading("1", "2026-01-01 10:00"))
            append(ledger, reading("2", "2026-01-01 11:00"))
            assert values(other) == []
        assert values(ledger) == values(other) == [1, 2]

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Stopped])
    def test_a_write_left_by_an_exception(
        self, ledger: Ledger, other: Ledger, error: type[BaseException]
    ) -> None:
        """Nothing written within is there, not even a meter; the next write works."""

        def write_and_fail() -> None:
            with ledger.writing():
                append(ledger, reading("1", "2026-01-01 10:00"))
                ledger.add_meter(HEAT_PUMP)
                ledger.leave_unjudged(Stretch(METER.id, 1, 0, 9))
                raise error

        with pytest.raises(error):
            write_and_fail()
        for one in (ledger, other):
            assert one.counts().entries == 0
            assert one.meters() == DEFAULT_METERS
            assert one.unjudged() == []
        assert record(ledger, reading("2", "2026-01-01 10:00")) == 1
        assert values(other) == [2]

    def test_two_handles_that_write_in_turn(self, ledger: Ledger, other: Ledger) -> None:
        """Each sees the other's commits at once, and numbers go on."""
        assert record(ledger, reading("1", "2026-01-01 10:00")) == 1
        assert record(other, reading("2", "2026-01-01 11:00")) == 2
        assert record(ledger, reading("3", "2026-01-01 12:00")) == 3
        assert values(ledger) == values(other) == [1, 2, 3]

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Stopped])
    def test_a_write_within_a_write(
        self, ledger: Ledger, other: Ledger, error: type[BaseException]
    ) -> None:
        """Left by an exception it undoes what it alone did; what it leaves well is not yet there.

        Nor is its number lost: the next entry takes it.
        """

        def write_and_fail() -> None:
            with ledger.writing():
                append(ledger, reading("9", "2026-01-01 12:00"))
                ledger.add_meter(HEAT_PUMP)
                raise error

        with ledger.writing():
            assert append(ledger, reading("1", "2026-01-01 10:00")) == 1
            with pytest.raises(error):
                write_and_fail()
            assert ledger.meters() == DEFAULT_METERS
            with ledger.writing():
                assert append(ledger, reading("2", "2026-01-01 11:00")) == 2
            assert values(ledger) == [1, 2]
            assert values(other) == []
        assert values(other) == [1, 2]
        assert other.meters() == DEFAULT_METERS

    def test_a_write_within_a_write_that_fails(self, ledger: Ledger, other: Ledger) -> None:
        """What was left well within goes with the whole."""

        def write_and_fail() -> None:
            with ledger.writing():
                with ledger.writing():
                    append(ledger, reading("1", "2026-01-01 10:00"))
                raise Stopped

        with pytest.raises(Stopped):
            write_and_fail()
        assert values(ledger) == values(other) == []
        assert record(ledger, reading("2", "2026-01-01 11:00")) == 1

    def test_writes_within_writes_within_a_write(self, ledger: Ledger, other: Ledger) -> None:
        """Each undoes its own, and what is deeper, and nothing else; one after the other too."""

        def nested(fails_at: int, depth: int = 0) -> None:
            with ledger.writing():
                append(ledger, at(1_000 * fails_at + depth))
                if depth < 3:
                    nested(fails_at, depth + 1)
                if depth == fails_at:
                    raise ValueError

        with ledger.writing():
            for fails_at in (3, 2, 1, 9):
                with suppress(ValueError):
                    nested(fails_at)
            append(ledger, at(50))
        # The error goes on through all that are around it, so that each undoes what it did.
        assert [one.at for one in other.current(METER.id)] == [50, 9_000, 9_001, 9_002, 9_003]

    # -- meters

    def test_adding_a_meter(self, ledger: Ledger) -> None:
        """It comes after the others, whole, with all of its devices."""
        with ledger.writing():
            ledger.add_meter(HEAT_PUMP)
            assert ledger.meters()[-1] == HEAT_PUMP
        assert ledger.meters() == (*DEFAULT_METERS, HEAT_PUMP)

    def test_a_meter_added_by_another_process(self, ledger: Ledger, other: Ledger) -> None:
        """An open ledger knows it, and its readings, without being opened again."""
        assert ledger.meters() == DEFAULT_METERS
        with other.writing():
            other.add_meter(HEAT_PUMP)
        number = record(other, interval("1", "2026-01-01 10:00"))
        assert [one.meter for one in ledger.entry_readings(number)] == [HEAT_PUMP.id]
        assert [one.value for one in ledger.current(HEAT_PUMP.id)] == [MILLIONTHS]
        assert ledger.meters()[-1] == HEAT_PUMP

    def test_setting_a_meter(self, ledger: Ledger, other: Ledger) -> None:
        """What is declared of it changes; its place, id and devices do not."""
        changed = METER._replace(column="main", unit="MWh", digits=5, decimals=2, submitted=False)
        with ledger.writing():
            ledger.set_meter(changed._replace(devices=()))
        assert ledger.meters() == other.meters() == (changed, INVERTER)

    def test_a_meter_that_gets_another_device(self, ledger: Ledger, other: Ledger) -> None:
        """It is the last one; serials can be told later, of one device alone."""
        with ledger.writing():
            ledger.add_device(METER.id, Device(2, "B-2", 5_000))
            ledger.set_serial(METER.id, 1, "A-1")
        devices = (Device(1, "A-1", None), Device(2, "B-2", 5_000))
        assert ledger.meters() == other.meters() == (METER._replace(devices=devices), INVERTER)

    # -- the log

    def test_the_last_entry(self, ledger: Ledger) -> None:
        """None at first, then the newest one's number."""
        assert ledger.last_entry() == 0
        number = record(ledger, reading("1", "2026-01-01 10:00"))
        assert ledger.last_entry() == number

    def test_entries_are_numbered(self, ledger: Ledger) -> None:
        """From 1, one by one, in the order of their commits; each tells how it came about."""
        first = NewEntry(EntryKind.IMPORT, Source.IMPORT, NOW, "a.csv")
        second = NewEntry(EntryKind.ACCEPTANCE, Source.HTTP, NOW + 1)
        with ledger.writing():
            assert ledger.append(first, [reading("1", "2026-01-01 10:00")]) == 1
            assert ledger.append(second, []) == 2
        assert ledger.entry(1) == Entry(1, *first)
        assert ledger.entry(2) == Entry(2, *second)
        assert ledger.entry(3) is None

    def test_a_reading_comes_back_as_it_was_written(self, ledger: Ledger) -> None:
        """Everything it says is kept; what its entry knows is told by the entry."""
        with ledger.writing():
            ledger.add_meter(HEAT_PUMP)
        written = [
            reading("999999999.999999", "2026-01-01 10:00", note="so\nbe it ✓"),
            reading("0", "2026-01-01 10:00", INVERTER, quality=Quality.ESTIMATED),
            interval("0.000001", "2026-01-01 10:00", quality_code="E17"),
        ]
        number = record(ledger, *written)
        assert list(ledger.entry_readings(number)) == [
            one._replace(entry=number) for one in written
        ]

    def test_the_readings_of_an_entry(self, ledger: Ledger) -> None:
        """In the order meter, device, time; and only its own, though others lie between them."""
        with ledger.writing():
            ledger.add_device(METER.id, Device(2, None, instant("2026-01-01 12:00")))
        number = record(
            ledger,
            reading("7", "2026-01-01 11:00", INVERTER),
            of_device(2, "3", "2026-01-01 13:00"),
            of_device(1, "2", "2026-01-01 11:00"),
            of_device(1, "1", "2026-01-01 09:00"),
        )
        record(ledger, of_device(1, "9", "2026-01-01 10:00"))
        assert [one.amount // MILLIONTHS for one in ledger.entry_readings(number)] == [1, 2, 3, 7]
        assert list(ledger.entry_readings(99)) == []

    def test_a_revision_that_exists(self, ledger: Ledger) -> None:
        """The whole write fails, also what was right in it, and the log has no gap."""
        record(ledger, reading("1", "2026-01-01 10:00"))
        with pytest.raises(self.refusal):
            record(
                ledger,
                reading("2", "2026-01-01 11:00"),
                reading("3", "2026-01-01 10:00"),
                reading("4", "2026-01-01 12:00"),
            )
        assert values(ledger) == [1]
        assert record(ledger, reading("2", "2026-01-01 11:00")) == 2

    def test_the_same_reading_twice_in_one_entry(self, ledger: Ledger) -> None:
        """One slot cannot take one revision twice."""
        twice = reading("1", "2026-01-01 10:00")
        with pytest.raises(self.refusal):
            record(ledger, twice, twice)
        assert ledger.counts().entries == 0

    # -- readings

    def test_the_revisions_of_a_slot(self, ledger: Ledger) -> None:
        """Oldest first, with their reasons; a slot that holds nothing has none."""
        first = reading("1", "2026-01-01 10:00")
        record(ledger, first)
        revise(ledger, first, "2", "mistyped")
        revise(ledger, first, None, "was not me")
        assert [(r.revision, r.value, r.reason, r.entry) for r in ledger.revisions(first.slot)] == [
            (1, 1 * MILLIONTHS, None, 1),
            (2, 2 * MILLIONTHS, "mistyped", 2),
            (3, None, "was not me", 3),
        ]
        assert ledger.revisions(first.slot._replace(at=first.at + 1, starts_at=first.at + 1)) == []
        assert ledger.revisions(first.slot._replace(device=2)) == []

    def test_slots_that_share_an_instant(self, ledger: Ledger) -> None:
        """Another device, another begin of an interval: another slot."""
        with ledger.writing():
            ledger.add_meter(HEAT_PUMP)
        hour, quarter = interval("4", "2026-01-01 10:00"), interval("1", "2026-01-01 10:00", 15)
        swapped = hour._replace(device=2)
        record(ledger, hour, quarter, swapped)
        found = ledger.revisions_at(HEAT_PUMP.id, 1, [hour.at])
        assert {slot: [r.value for r in rs] for slot, rs in found.items()} == {
            hour.slot: [4 * MILLIONTHS],
            quarter.slot: [1 * MILLIONTHS],
        }
        assert [r.device for r in ledger.revisions(swapped.slot)] == [2]

    def test_revisions_at_some_times(self, ledger: Ledger) -> None:
        """All that is there and nothing else, however many times are asked for, also twice."""
        readings = [at(n) for n in range(1_200)]
        record(ledger, *readings)
        revise(ledger, readings[7], "9999", "mistyped")
        asked = [2 * n for n in range(700)] + [7, 7, -5, 99_999]
        found = ledger.revisions_at(METER.id, 1, asked)
        there = {one for one in asked if 0 <= one < 1_200}
        assert {slot.at for slot in found} == there
        assert [r.revision for r in found[readings[7].slot]] == [1, 2]
        assert all(len(found[slot]) == 1 for slot in found if slot.at != 7)
        assert ledger.revisions_at(METER.id, 1, [-1, 5_000]) == {}
        assert ledger.revisions_at(METER.id, 2, [7]) == {}

    def test_readings_in_columns(self, ledger: Ledger) -> None:
        """They are written as those beside them are, that are given one by one."""
        with ledger.writing():
            ledger.add_meter(HEAT_PUMP)
        at, ends = [HOUR * n for n in range(1, 200)], [HOUR * n for n in range(301, 420)]
        starts = [end - HOUR for end in ends]
        plain = Plain(METER.id, 1, at, at, list(range(len(at))))
        spans = Plain(HEAT_PUMP.id, 1, ends, starts, list(range(len(ends))))
        other = reading("7", "2025-11-07T14:00Z")
        with ledger.writing():
            number = ledger.append(
                NewEntry(EntryKind.IMPORT, Source.IMPORT, NOW), [other], [plain, spans]
            )
        expected = [*plain.readings(), other._replace(source=Source.IMPORT), *spans.readings()]
        found = sorted(ledger.entry_readings(number))
        assert found == sorted(one._replace(entry=number) for one in expected)
        assert ledger.counts().revisions == len(expected)

    def test_bare_revisions(self, ledger: Ledger) -> None:
        """All revisions of a stretch in order, void ones too, but no more than are asked for."""
        one, two = reading("1", "2025-11-07T14:00Z"), reading("2", "2025-11-07T15:00Z")
        void = one._replace(revision=2, value=None, reason="no")
        record(ledger, two, one)
        record(ledger, void)
        whole = ledger.bare(METER.id, 1, one.at, two.at, 9)
        assert whole == [(one.at, 0, 1, one.value), (one.at, 0, 2, None), (two.at, 0, 1, two.value)]
        assert ledger.bare(METER.id, 1, one.at, two.at, 2) == whole[:2]
        assert ledger.bare(METER.id, 1, one.at + 1, two.at - 1, 9) == []

    def test_writing_much(self, ledger: Ledger) -> None:
        """It writes as ever, and no slot twice; afterwards all is checked again."""
        one = reading("1", "2025-11-07T14:00Z")
        with ledger.writing_much():
            record(ledger, one)
            with pytest.raises(self.refusal):
                record(ledger, one)
        with pytest.raises(self.refusal):
            record(ledger, one._replace(at=one.at + 1, value=-1))
        assert len(list(ledger.current(METER.id))) == 1

    def test_writing_much_that_ends_badly(self, ledger: Ledger) -> None:
        """All is checked again as well: what a write adds, and what it refers to."""
        one = reading("1", "2025-11-07T14:00Z")
        with pytest.raises(KeyboardInterrupt), ledger.writing_much(), ledger.writing():
            raise KeyboardInterrupt
        with pytest.raises(self.refusal):
            record(ledger, one._replace(value=-1))
        with pytest.raises(self.refusal), ledger.writing():
            ledger.accept(99, one.slot, 1, "of an entry that is not there")

    def test_writing_much_within_a_write(self, ledger: Ledger) -> None:
        """That is a bug, and leaves all as it was."""
        with ledger.writing():
            with pytest.raises(RuntimeError), ledger.writing_much():
                pass
            with pytest.raises(self.refusal), ledger.writing():
                ledger.accept(99, reading("1", "2025-11-07T14:00Z").slot, 1, "of no entry")

    def test_the_revisions_of_a_stretch(self, ledger: Ledger) -> None:
        """Its ends included, void ones too, in the order time, revision."""
        readings = [at(n) for n in range(5)]
        record(ledger, *readings)
        revise(ledger, readings[2], None, "was not me")
        found = ledger.revisions_between(METER.id, 1, 1, 3)
        assert [(r.at, r.revision) for r in found] == [(1, 1), (2, 1), (2, 2), (3, 1)]
        assert list(ledger.revisions_between(INVERTER.id, 1, 0, 9)) == []

    def test_current_readings(self, ledger: Ledger) -> None:
        """The last revision of each slot, in order of time or reversed; what is void is not."""
        corrected, void, kept = (
            reading("1", "2026-01-01 10:00"),
            reading("2", "2026-01-01 11:00"),
            reading("3", "2026-01-01 09:00"),
        )
        record(ledger, corrected, void, kept, reading("8", "2026-01-01 10:00", INVERTER))
        revise(ledger, corrected, "5", "mistyped")
        revise(ledger, void, None, "was not me")
        assert values(ledger) == [3, 5]
        assert values(ledger, newest_first=True) == [5, 3]
        revise(ledger, void, "4", "it was, after all")
        assert values(ledger) == [3, 5, 4]
        assert values(ledger, newest_first=True) == [4, 5, 3]

    def test_current_readings_of_a_time(self, ledger: Ledger) -> None:
        """Both ends are included; either can be left open."""
        record(ledger, *[at(n) for n in range(6)])
        assert values(ledger, since=2, until=4) == [2, 3, 4]
        assert values(ledger, since=4) == [4, 5]
        assert values(ledger, until=1, newest_first=True) == [1, 0]
        assert values(ledger, since=6) == []

    def test_current_readings_of_a_meter_that_was_replaced(self, ledger: Ledger) -> None:
        """Device after device; at the instant of the swap both have one. Or of one device alone."""
        with ledger.writing():
            ledger.add_device(METER.id, Device(2, None, instant("2026-01-01 12:00")))
        record(
            ledger,
            of_device(2, "10", "2026-01-01 13:00"),
            of_device(2, "0", "2026-01-01 12:00"),
            of_device(1, "99", "2026-01-01 12:00"),
            of_device(1, "98", "2026-01-01 11:00"),
        )
        assert values(ledger) == [98, 99, 0, 10]
        assert values(ledger, newest_first=True) == [10, 0, 99, 98]
        assert values(ledger, device=1) == [98, 99]
        assert values(ledger, device=3) == []

    def test_truths_are_counted(self, ledger: Ledger) -> None:
        """Slots with a value that holds, up to an instant: corrected counts once, void not."""
        assert ledger.truths(METER.id, 9) == 0
        readings = [at(n) for n in range(4)]
        record(ledger, *readings)
        revise(ledger, readings[1], "7", "mistyped")
        revise(ledger, readings[2], None, "was not me")
        assert ledger.truths(METER.id, 9) == 3
        assert ledger.truths(METER.id, 2) == 2
        assert ledger.truths(INVERTER.id, 9) == 0
        revise(ledger, readings[2], "2", "it was, after all")
        assert ledger.truths(METER.id, 2) == 3

    def test_stretches_that_were_read(self, ledger: Ledger) -> None:
        """Those that hold a truth of any device, ends included, however many are asked about."""
        assert ledger.stretches_read(METER.id, [(0, 9)]) == 0
        with ledger.writing():
            ledger.add_device(METER.id, Device(2, None, 5))
        readings = [at(n) for n in (1, 2, 4)]
        record(ledger, *readings, at(6)._replace(device=2))
        revise(ledger, readings[1], None, "was not me")
        assert ledger.stretches_read(METER.id, []) == 0
        assert ledger.stretches_read(METER.id, [(0, 1), (2, 2), (3, 3), (4, 4), (5, 6)]) == 3
        assert ledger.stretches_read(METER.id, [(1, 2), (0, 0), (7, 9)]) == 1
        assert ledger.stretches_read(METER.id, [(n, n) for n in range(1_000)]) == 3
        assert ledger.stretches_read(INVERTER.id, [(0, 9)]) == 0

    def test_intervals_that_end_together(self, ledger: Ledger) -> None:
        """Each is current; their order one way is the reverse of the other."""
        with ledger.writing():
            ledger.add_meter(HEAT_PUMP)
        record(
            ledger,
            interval("4", "2026-01-01 10:00"),
            interval("1", "2026-01-01 10:00", 15),
            interval("2", "2026-01-01 09:00", 15),
        )
        forward = list(ledger.current(HEAT_PUMP.id))
        assert sorted(r.amount // MILLIONTHS for r in forward) == [1, 2, 4]
        assert forward[0].amount == 2 * MILLIONTHS
        assert list(ledger.current(HEAT_PUMP.id, newest_first=True)) == forward[::-1]

    def test_reading_on_while_another_writes(self, ledger: Ledger, other: Ledger) -> None:
        """A stream that was begun tells the readings as they were then."""
        record(ledger, reading("1", "2026-01-01 10:00"), reading("2", "2026-01-01 11:00"))
        stream = other.current(METER.id)
        first = next(stream)
        record(ledger, reading("3", "2026-01-01 12:00"))
        assert [first.amount, *(r.amount for r in stream)] == [1 * MILLIONTHS, 2 * MILLIONTHS]
        assert values(other) == [1, 2, 3]

    def test_the_newest_reading(self, ledger: Ledger) -> None:
        """By its time, not by when it was written; void ones do not count, nor other sources."""
        assert ledger.newest(METER.id) is None
        last = reading("3", "2026-01-01 12:00")
        record(ledger, last)
        record(ledger, reading("1", "2026-01-01 10:00"), source=Source.HTTP)
        assert amount(ledger.newest(METER.id)) == 3
        assert amount(ledger.newest(METER.id, Source.HTTP)) == 1
        assert ledger.newest(METER.id, Source.DEVICE) is None
        assert ledger.newest(INVERTER.id) is None
        revise(ledger, last, None, "was not me")
        assert amount(ledger.newest(METER.id)) == 1

    def test_the_newest_reading_of_a_meter_that_was_replaced(self, ledger: Ledger) -> None:
        """The new device's, also at the instant of the swap; the old one's until it has one."""
        with ledger.writing():
            ledger.add_device(METER.id, Device(2, None, instant("2026-01-01 12:00")))
        record(ledger, of_device(1, "99", "2026-01-01 12:00"))
        assert amount(ledger.newest(METER.id)) == 99
        record(ledger, of_device(2, "0", "2026-01-01 12:00"))
        assert amount(ledger.newest(METER.id)) == 0

    def test_what_readings_have_beside_their_values(self, ledger: Ledger) -> None:
        """Each trait on its own, as soon as one reading has it."""
        assert ledger.traits() == Traits(*[False] * 4)
        record(ledger, reading("1", "2026-01-01 10:00"))
        assert ledger.traits() == Traits(*[False] * 4)
        with ledger.writing():
            ledger.add_meter(HEAT_PUMP)
        record(ledger, interval("1", "2026-01-01 10:00"))
        assert ledger.traits() == Traits(True, False, False, False)
        record(ledger, reading("1", "2026-01-01 11:00", quality=Quality.EDITED))
        assert ledger.traits() == Traits(True, True, False, False)
        record(ledger, reading("1", "2026-01-01 12:00", quality_code="X", note="y"))
        assert ledger.traits() == Traits(True, True, True, True)

    # -- findings

    def test_setting_findings(self, ledger: Ledger) -> None:
        """Those of each slot named are replaced, or cleared; others stay."""
        first, second = reading("1", "2026-01-01 10:00"), reading("2", "2026-01-01 11:00")
        record(ledger, first, second)
        everything = Stretch(METER.id, 1, first.at, second.at)
        with ledger.writing():
            ledger.set_findings([(first.slot, (SPIKE, LESS)), (second.slot, (SPIKE,))])
        assert {s: set(f) for s, f in ledger.findings(everything).items()} == {
            first.slot: {SPIKE, LESS},
            second.slot: {SPIKE},
        }
        with ledger.writing():
            ledger.set_findings([(first.slot, (LESS,))])
        assert ledger.findings(everything) == {first.slot: (LESS,), second.slot: (SPIKE,)}
        with ledger.writing():
            ledger.set_findings([(second.slot, ())])
        assert ledger.findings(everything) == {first.slot: (LESS,)}
        assert ledger.findings(everything._replace(first_at=first.at + 1)) == {}
        assert ledger.findings(everything._replace(meter=INVERTER.id)) == {}

    def test_accepting_a_reading(self, ledger: Ledger) -> None:
        """Its findings are not open any more, until there is another revision of it."""
        odd, other = reading("1", "2026-01-01 10:00"), reading("2", "2026-01-01 11:00")
        record(ledger, odd, other)
        with ledger.writing():
            ledger.set_findings([(odd.slot, (SPIKE,)), (other.slot, (LESS,))])
        assert ledger.counts().open_findings == 2
        accept(ledger, odd, "I looked twice")

        everything = Stretch(METER.id, 1, odd.at, other.at)
        assert ledger.accepted(everything) == {odd.slot: "I looked twice"}
        assert [f.reading.slot for f in ledger.flagged()] == [other.slot]
        with_accepted = list(ledger.flagged(accepted=True))
        assert [(f.reading.slot, f.findings, f.accepted) for f in with_accepted] == [
            (odd.slot, (SPIKE,), "I looked twice"),
            (other.slot, (LESS,), None),
        ]
        assert ledger.counts().open_findings == 1

        revise(ledger, odd, "3", "mistyped")
        assert ledger.accepted(everything) == {}
        assert [f.reading.amount for f in ledger.flagged()] == [3 * MILLIONTHS, 2 * MILLIONTHS]

    def test_counting_open_findings(self, ledger: Ledger) -> None:
        """A reading counts once, and not once it is accepted; corrected, it counts again."""
        one, two = reading("1", "2025-11-07T14:00Z"), reading("2", "2025-11-07T15:00Z")
        here = Stretch(METER.id, 1, one.at, two.at)
        record(ledger, one, two)
        with ledger.writing():
            ledger.set_findings([(one.slot, (SPIKE, LESS)), (two.slot, (SPIKE,))])
        assert ledger.open_findings(here) == 2
        assert ledger.open_findings(here._replace(last_at=two.at - 1)) == 1
        with ledger.writing():
            ledger.accept(1, one.slot, 1, "I looked")
        assert ledger.open_findings(here) == 1
        record(ledger, one._replace(revision=2, value=3, reason="misread"))
        assert ledger.open_findings(here) == 2

    def test_flagged_readings_of_one_meter(self, ledger: Ledger) -> None:
        """Only that meter's."""
        one, two = reading("1", "2026-01-01 10:00"), reading("1", "2026-01-01 10:00", INVERTER)
        record(ledger, one, two)
        with ledger.writing():
            ledger.set_findings([(one.slot, (SPIKE,)), (two.slot, (SPIKE,))])
        assert [f.reading.meter for f in ledger.flagged(INVERTER.id)] == [INVERTER.id]
        assert len(list(ledger.flagged())) == 2

    def test_stretches_left_unjudged(self, ledger: Ledger) -> None:
        """One for each device, grown to hold all that was left."""
        assert ledger.unjudged() == []
        with ledger.writing():
            ledger.leave_unjudged(Stretch(METER.id, 1, 50, 60))
            ledger.leave_unjudged(Stretch(METER.id, 1, 10, 55))
            ledger.leave_unjudged(Stretch(METER.id, 1, 20, 90))
            ledger.leave_unjudged(Stretch(INVERTER.id, 1, 5, 5))
        assert ledger.unjudged() == [Stretch(METER.id, 1, 10, 90), Stretch(INVERTER.id, 1, 5, 5)]

    def test_a_stretch_that_is_judged_in_part(self, ledger: Ledger) -> None:
        """The rest is left; another device's stretch is not touched."""
        with ledger.writing():
            ledger.leave_unjudged(Stretch(METER.id, 1, 10, 30))
            ledger.leave_unjudged(Stretch(INVERTER.id, 1, 10, 30))
            ledger.judged(Stretch(METER.id, 1, 10, 30), 20)
        assert ledger.unjudged() == [Stretch(METER.id, 1, 21, 30), Stretch(INVERTER.id, 1, 10, 30)]
        with ledger.writing():
            ledger.judged(Stretch(METER.id, 1, 21, 30), 30)
        assert ledger.unjudged() == [Stretch(INVERTER.id, 1, 10, 30)]

    # -- between runs

    def test_a_memo(self, ledger: Ledger, other: Ledger) -> None:
        """The last one of a name holds, for every process."""
        assert ledger.memo("sheet.head") is None
        for value, at in (("7", NOW), ("8", NOW + 5)):
            with ledger.writing():
                ledger.set_memo("sheet.head", value, at)
        assert other.memo("sheet.head") == Memo("8", NOW + 5)
        assert other.memo("sheet") is None

    def test_memos_that_are_forgotten(self, ledger: Ledger, other: Ledger) -> None:
        """All whose names begin so, letter by letter, and no other."""
        names = ("sheet.head:a", "sheet.head:b_%", "sheet.heading", "SHEET.HEAD:a", "sheet.head")
        with ledger.writing():
            for name in names:
                ledger.set_memo(name, "yes", NOW)
        with ledger.writing():
            ledger.forget_memos("sheet.head:")
        assert [name for name in names if other.memo(name)] == list(names[2:])

    def test_another_id(self, ledger: Ledger) -> None:
        """It is there with the write, and not at all where that is undone."""
        before = ledger.id

        def undone() -> None:
            with ledger.writing():
                ledger.renew_id("another")
                assert ledger.id == "another"
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            undone()
        assert ledger.id == before
        with ledger.writing():
            ledger.renew_id("another")
        assert ledger.id == "another"

    def test_a_job_that_another_run_does(self, ledger: Ledger, other: Ledger) -> None:
        """It is refused, and says who does it; another job, and recording, go on."""
        with ledger.holding("push"):
            running = pytest.raises(Busy, match=r"another push is already running \((.+, )?pid \d+")
            with running, other.holding("push", 0.05):
                pass
            with other.holding("sync"):
                record(other, reading("1", "2026-01-01 10:00"))
        with other.holding("push"):
            pass

    # -- who may ask over HTTP

    def test_adding_clients(self, ledger: Ledger, other: Ledger) -> None:
        """Each comes back as it was, in the order they were added; with the hash of its secret."""
        assert ledger.clients() == []
        some = PHONE._replace(id="mc_2", name="a pi", scopes=("record",), meters=("meter",))
        none = PHONE._replace(id="mc_3", name="b", created_at=NOW + 1, meters=())
        with ledger.writing():
            for client in (PHONE, some._replace(created_at=NOW + 1), none):
                ledger.add_client(client, Secret(f"hash of {client.id}", NOW, None))
        assert other.clients() == [PHONE, some._replace(created_at=NOW + 1), none]
        assert other.client("mc_3") == none
        assert other.client("mc_4") is None
        assert other.secrets("mc_2") == [Secret("hash of mc_2", NOW, None)]
        assert other.secrets("mc_4") == []

    def test_two_clients_of_one_name(self, ledger: Ledger) -> None:
        """No ledger holds them."""
        add_phone(ledger)
        with pytest.raises(self.refusal), ledger.writing():
            ledger.add_client(PHONE._replace(id="mc_2"), Secret("another", NOW, None))
        assert ledger.clients() == [PHONE]

    def test_another_secret(self, ledger: Ledger, other: Ledger) -> None:
        """Those before end at the given time, or when they would have ended anyway."""
        add_phone(ledger)
        for number, until in ((1, NOW + 500), (2, NOW + 900)):
            with ledger.writing():
                ledger.add_secret(PHONE.id, Secret(f"hash {number}", NOW + number, None), until)
        assert other.secrets(PHONE.id) == [
            Secret("hash 2", NOW + 2, None),
            Secret("hash 1", NOW + 1, NOW + 900),
            Secret("hash 0", NOW, NOW + 500),
        ]

    def test_the_standing_of_a_token(self, ledger: Ledger, other: Ledger) -> None:
        """A client's tokens count from the beginning on, each until it is refused."""
        assert ledger.standing(PHONE.id, "token") is None
        add_phone(ledger)
        assert other.standing(PHONE.id, "token") == (PHONE, 0)
        with ledger.writing():
            ledger.refuse_token("token", NOW)
            ledger.refuse_token("token", NOW)
        assert other.standing(PHONE.id, "token") is None
        assert other.standing(PHONE.id, "another") == (PHONE, 0)
        assert other.standing(PHONE.id, "") is None

    def test_tokens_refused_by_their_age(self, ledger: Ledger, other: Ledger) -> None:
        """A client's, or all: the later instant holds, and none is taken back."""
        add_phone(ledger)
        pi = PHONE._replace(id="mc_2", name="pi")
        with ledger.writing():
            ledger.add_client(pi, Secret("of the pi", NOW, None))
            for instant_ in (500, 300):
                ledger.refuse_tokens_before(instant_, PHONE.id)
        assert since(other, PHONE.id) == 500
        assert since(other, pi.id) == 0
        with ledger.writing():
            for instant_ in (400, 200):
                ledger.refuse_tokens_before(instant_)
        assert (since(other, PHONE.id), since(other, pi.id)) == (500, 400)
        with ledger.writing():
            ledger.refuse_tokens_before(900)
        assert (since(other, PHONE.id), since(other, pi.id)) == (900, 900)

    def test_a_client_that_is_revoked(self, ledger: Ledger, other: Ledger) -> None:
        """It stays in the list with the time; none of its tokens counts any more."""
        add_phone(ledger)
        for time in (NOW + 5, NOW + 9):
            with ledger.writing():
                ledger.revoke_client(PHONE.id, time)
        assert other.clients() == [PHONE._replace(revoked_at=NOW + 5)]
        assert other.standing(PHONE.id, "token") is None

    def test_events(self, ledger: Ledger, other: Ledger) -> None:
        """The newest come first, whatever their clocks say; those without a client too."""
        add_phone(ledger)
        told = [
            Event(NOW, "record", PHONE.id, "127.0.0.1", "request", "1 recorded", 1),
            Event(NOW - 1, "unauthorized", None, "2001:db8::/64", None, None),
            Event(NOW, "record", "mc_that_was_never", None, "request", None, 2),
        ]
        with ledger.writing():
            for event in told:
                ledger.note(event)
        assert other.events(9) == told[::-1]
        assert other.events(2) == told[:0:-1]

    def test_strangers_events(self, ledger: Ledger) -> None:
        """They are forgotten when they are old; what clients did, and was done here, stays."""
        of_client = Event(NOW, "record", "mc_1", "127.0.0.1", "r", None)
        from_here = Event(NOW, "client_added", None, None, None, None)
        stranger = Event(NOW, "login_failed", None, "192.0.2.1", "r", None)
        with ledger.writing():
            for event in (of_client, from_here, stranger):
                ledger.note(event)
            ledger.forget_strangers(NOW)
        assert stranger in ledger.events(9)
        with ledger.writing():
            ledger.forget_strangers(NOW + 1)
        assert ledger.events(9) == [from_here, of_client]

    def test_an_answer(self, ledger: Ledger, other: Ledger) -> None:
        """It comes back byte for byte; a client's key is no other client's."""
        answer = Answer(bytes(range(32)), 201, '{"unit": "m³"}\0'.encode(), NOW)
        add_phone(ledger)
        with ledger.writing():
            ledger.add_client(PHONE._replace(id="mc_2", name="pi"), Secret("pi", NOW, None))
            ledger.keep_answer(PHONE.id, "key", answer)
            ledger.keep_answer("mc_2", "key", answer._replace(status=200))
        assert other.answer(PHONE.id, "key") == answer
        assert other.answer("mc_2", "key") == answer._replace(status=200)
        assert other.answer(PHONE.id, "KEY") is None
        with pytest.raises(self.refusal), ledger.writing():
            ledger.keep_answer(PHONE.id, "key", answer)
        with ledger.writing():
            ledger.forget_answers(NOW)
        assert other.answer(PHONE.id, "key") == answer
        with ledger.writing():
            ledger.forget_answers(NOW + 1)
        assert other.answer(PHONE.id, "key") is None

    def test_an_answer_of_a_write_that_fails(self, ledger: Ledger, other: Ledger) -> None:
        """It goes with the readings that it tells of."""
        add_phone(ledger)

        def write_and_fail() -> None:
            with ledger.writing():
                append(ledger, reading("1", "2026-01-01 10:00"))
                ledger.keep_answer(PHONE.id, "key", Answer(b"", 201, b"{}", NOW))
                raise Stopped

        with ledger.writing():
            with pytest.raises(Stopped):
                write_and_fail()
            assert ledger.answer(PHONE.id, "key") is None
        assert other.answer(PHONE.id, "key") is None
        assert values(other) == []

    # -- batches

    def test_a_batch(self, ledger: Ledger) -> None:
        """It goes from the cursor to the entry named; landed, it moves the cursor."""
        assert ledger.cursor(SHEET) == 0
        assert open_batch(ledger, 3) == Batch(1, SHEET, 1, 3, 77, BatchState.SENDING, NOW, None)
        assert ledger.cursor(SHEET) == 0
        assert settle(ledger, 1, BatchState.LANDED)
        assert ledger.cursor(SHEET) == 3
        assert ledger.batch_in_doubt(SHEET) is None
        following = open_batch(ledger, 9)
        assert following is not None
        assert (following.first_entry, following.last_entry) == (4, 9)

    def test_a_batch_while_another_is_in_doubt(self, ledger: Ledger, other: Ledger) -> None:
        """None is opened, whoever asks; at another destination one is."""
        assert open_batch(ledger, 3) is not None
        assert open_batch(other, 4) is None
        assert open_batch(other, 4, "another/Tab") is not None
        in_doubt = other.batch_in_doubt(SHEET)
        assert in_doubt is not None
        assert in_doubt.last_entry == 3

    def test_a_batch_whose_answer_was_lost(self, ledger: Ledger) -> None:
        """`unknown` stays open, and blocks the next, until it is settled."""
        open_batch(ledger, 3)
        assert settle(ledger, 1, BatchState.UNKNOWN, "timed out")
        in_doubt = ledger.batch_in_doubt(SHEET)
        assert in_doubt is not None
        assert (in_doubt.state, in_doubt.detail) == (BatchState.UNKNOWN, "timed out")
        assert open_batch(ledger, 4) is None
        assert settle(ledger, 1, BatchState.LANDED)
        assert ledger.cursor(SHEET) == 3

    def test_a_batch_that_was_refused(self, ledger: Ledger) -> None:
        """The cursor stays, and the next batch takes the same entries."""
        open_batch(ledger, 3)
        assert settle(ledger, 1, BatchState.REFUSED)
        assert ledger.cursor(SHEET) == 0
        again = open_batch(ledger, 5)
        assert again is not None
        assert (again.number, again.first_entry, again.last_entry) == (2, 1, 5)

    def test_a_batch_that_is_settled_twice(self, ledger: Ledger, other: Ledger) -> None:
        """The first one counts; the second is told so."""
        open_batch(ledger, 3)
        assert settle(ledger, 1, BatchState.LANDED)
        assert not settle(other, 1, BatchState.REFUSED)
        assert ledger.cursor(SHEET) == 3

    # -- submissions

    def test_what_came_from_a_destination(self, ledger: Ledger) -> None:
        """It does not wait to go back there; elsewhere it does."""
        entry = NewEntry(EntryKind.IMPORT, Source.SHEET, NOW, SHEET)
        with ledger.writing():
            ledger.append(entry, [reading("1", "2026-02-01 07:00")])
        record(ledger, reading("2", "2026-02-02 07:00"))
        assert ledger.waiting(SHEET) == 1
        assert ledger.waiting("another") == 2

    def test_what_was_seen(self, ledger: Ledger, other: Ledger) -> None:
        """It is remembered by destination, kind and name, changed and forgotten."""
        with ledger.writing():
            ledger.remember(SHEET, "rows", [("b", b"\x00\xff"), ("a", b"")])
            ledger.remember(SHEET, "cell", [("a", b"1")])
            ledger.remember("another", "rows", [("a", b"2")])
        assert list(other.seen(SHEET, "rows")) == [("a", b""), ("b", b"\x00\xff")]
        with ledger.writing():
            ledger.remember(SHEET, "rows", [("a", b"3"), ("b", None), ("c", None)])
        assert list(other.seen(SHEET, "rows")) == [("a", b"3")]
        assert list(other.seen("another", "rows")) == [("a", b"2")]
        assert list(other.seen(SHEET, "typed")) == []

    def test_rivals(self, ledger: Ledger, other: Ledger) -> None:
        """Each says one value of a slot, void too; what one said is forgotten together."""
        first, second = at(1).slot, at(2).slot
        with ledger.writing():
            ledger.set_rival(first, Rival("row 1", 1, 5))
            ledger.set_rival(first, Rival("row 1", 1, 6))
            ledger.set_rival(first, Rival("row 2", 1, None))
            ledger.set_rival(second, Rival("row 1", 2, 7))
        assert other.rivals(Stretch(METER.id, 1, 0, 1)) == {
            first: [Rival("row 1", 1, 6), Rival("row 2", 1, None)]
        }
        with ledger.writing():
            assert ledger.forget_rivals("row 1") == [first, second]
            assert ledger.forget_rivals("row 1") == []
        assert other.rivals(Stretch(METER.id, 1, 0, 9)) == {first: [Rival("row 2", 1, None)]}

    def test_an_accepted_reading_that_is_in_conflict(self, ledger: Ledger) -> None:
        """It is flagged again: no acceptance settles what two do not agree in."""
        odd = reading("9", "2026-02-01 07:00")
        record(ledger, odd)
        accept(ledger, odd, "looked")
        assert list(ledger.flagged()) == []
        conflict = Finding(Rule.CONFLICT, "the Sheet says 8")
        with ledger.writing():
            ledger.set_findings([(odd.slot, (conflict, SPIKE))])
        ((_, findings, accepted),) = ledger.flagged()
        assert (set(findings), accepted) == ({conflict, SPIKE}, "looked")
        assert ledger.open_findings(Stretch(METER.id, 1, odd.at, odd.at)) == 1

    def test_a_submission(self, ledger: Ledger) -> None:
        """It is due, and says which revision of which slot it hands over, with what value."""
        due = reading("142.3", "2026-01-01 10:00")
        record(ledger, due)
        with ledger.writing():
            submission = ledger.open_submission(UTILITY, due, "key-1", NOW)
        assert submission is not None
        assert submission == (
            1, UTILITY, due.slot, 1, 142_300_000, "key-1", SubmissionState.DUE, None, None, NOW,
        )  # fmt: skip
        assert list(ledger.submissions()) == [submission]

    def test_a_key_that_is_open_or_taken(self, ledger: Ledger, other: Ledger) -> None:
        """No second submission of it, whoever asks, unless it is for another account."""
        due = reading("1", "2026-01-01 10:00")
        record(ledger, due)
        states = [SubmissionState.DUE, SubmissionState.SENDING, SubmissionState.UNKNOWN]
        assert submit(ledger, due, "key") == 1
        for before, after in zip(states, [*states[1:], SubmissionState.ACCEPTED], strict=True):
            assert submit(other, due, "key") is None
            assert move(ledger, 1, before, after)
        assert submit(ledger, due, "key") is None
        assert submit(ledger, due, "key", "https://other.example") == 2

    def test_a_key_that_was_rejected(self, ledger: Ledger) -> None:
        """It may be opened again."""
        due = reading("1", "2026-01-01 10:00")
        record(ledger, due)
        submit(ledger, due, "key")
        assert move(ledger, 1, SubmissionState.DUE, SubmissionState.REJECTED, detail="too low")
        assert submit(ledger, due, "key") == 2
        assert [(s.number, s.state, s.detail) for s in ledger.submissions()] == [
            (2, SubmissionState.DUE, None),
            (1, SubmissionState.REJECTED, "too low"),
        ]

    def test_a_submission_that_two_runs_claim(self, ledger: Ledger, other: Ledger) -> None:
        """One gets it."""
        due = reading("1", "2026-01-01 10:00")
        record(ledger, due)
        submit(ledger, due, "key")
        claims = [
            move(one, 1, SubmissionState.DUE, SubmissionState.SENDING) for one in (ledger, other)
        ]
        assert claims == [True, False]

    def test_a_receipt(self, ledger: Ledger) -> None:
        """It is kept, also when the submission moves on without one."""
        due = reading("1", "2026-01-01 10:00")
        record(ledger, due)
        submit(ledger, due, "key")
        assert move(ledger, 1, SubmissionState.DUE, SubmissionState.ACCEPTED, receipt="R-1")
        assert move(ledger, 1, SubmissionState.ACCEPTED, SubmissionState.ALREADY, detail="asked")
        (submission,) = ledger.submissions()
        assert (submission.receipt, submission.detail) == ("R-1", "asked")
        assert submission.changed_at == NOW + 1

    def test_the_submissions_of_an_account(self, ledger: Ledger) -> None:
        """Newest first, and only its own."""
        due = reading("1", "2026-01-01 10:00")
        record(ledger, due)
        for key, account in (("a", UTILITY), ("b", "https://other.example"), ("c", UTILITY)):
            submit(ledger, due, key, account)
        assert [s.key for s in ledger.submissions(UTILITY)] == ["c", "a"]
        assert [s.key for s in ledger.submissions()] == ["c", "b", "a"]

    def test_one_submission(self, ledger: Ledger) -> None:
        """It is found by its number, and by its slot: newest first, of an account or of any."""
        due, another = reading("1", "2026-01-01 10:00"), reading("2", "2026-01-01 11:00")
        record(ledger, due, another)
        submit(ledger, due, "a")
        submit(ledger, another, "b")
        submit(ledger, due, "c", "https://other.example")
        submit(ledger, due, "d")
        found = ledger.submission(2)
        assert found is not None
        assert (found.slot, found.key) == (another.slot, "b")
        assert ledger.submission(9) is None
        assert [one.key for one in ledger.submissions_of(UTILITY, due.slot)] == ["d", "a"]
        assert [one.key for one in ledger.submissions_of(None, due.slot)] == ["d", "c", "a"]
        assert ledger.submissions_of(UTILITY, due.slot._replace(device=2)) == []

    def test_attempts(self, ledger: Ledger, other: Ledger) -> None:
        """Each is there from before its request leaves, in the state `sending`."""
        due = reading("1", "2026-01-01 10:00")
        record(ledger, due)
        submit(ledger, due, "key")
        assert begin(ledger, SubmissionState.DUE) == 1
        assert begin(other, SubmissionState.DUE) is None, "it is on its way"
        held = other.submission(1)
        assert held is not None
        assert held.state is SubmissionState.SENDING
        assert other.attempts(1) == [Attempt(1, "api", NOW, None, None, None)]
        with ledger.writing():
            ledger.end_attempt(1, 1, NOW + 5, "lost", "HTTP 502")
        assert begin(other, SubmissionState.SENDING) == 2
        assert [one[0:6] for one in ledger.attempts(1)] == [
            (1, "api", NOW, NOW + 5, "lost", "HTTP 502"),
            (2, "api", NOW, None, None, None),
        ]
        assert ledger.attempts(2) == []

    # -- care

    def test_counting(self, ledger: Ledger) -> None:
        """Entries, revisions, open findings, and when it was last written to."""
        first = reading("1", "2026-01-01 10:00")
        record(ledger, first, reading("2", "2026-01-01 11:00"))
        revise(ledger, first, "3", "mistyped")
        with ledger.writing():
            ledger.append(NewEntry(EntryKind.RECORD, Source.CLI, NOW - 5), [])
        assert ledger.counts() == (3, 3, 0, NOW)

    def test_a_backup(self, ledger: Ledger, tmp_path: Path) -> None:
        """It appears under its name with everything in it, and is a ledger with the same id."""
        record(ledger, reading("1", "2026-01-01 10:00"))
        path = tmp_path / "backups" / "one.db"
        path.parent.mkdir()
        assert ledger.backup_to(path) == ledger.counts()
        assert [one.name for one in path.parent.iterdir()] == ["one.db"]


def add_phone(ledger: Ledger) -> None:
    """Add the client of most tests."""
    with ledger.writing():
        ledger.add_client(PHONE, Secret("hash 0", NOW, None))


def since(ledger: Ledger, client: str) -> int:
    """Before when none of a client's tokens counts."""
    standing = ledger.standing(client, "token")
    assert standing is not None
    return standing[1]


def at(time: int) -> Reading:
    """A reading at a time in milliseconds, which is its value too."""
    return reading(str(time), "2026-01-01 00:00")._replace(at=time, starts_at=time)


def of_device(device: int, value: str, when: str) -> Reading:
    """A reading of one of the main meter's devices."""
    return reading(value, when)._replace(device=device)


def interval(value: str, until: str, minutes: int = 60, **more: Any) -> Reading:  # noqa: ANN401
    """What the heat pump used in the minutes until a time."""
    starts_at = instant(until) - minutes * 60_000
    return reading(value, until, HEAT_PUMP, device=1, starts_at=starts_at, **more)._replace(
        device=1
    )


def append(ledger: Ledger, *readings: Reading, source: Source = Source.CLI) -> int:
    """Write a record inside a write."""
    return ledger.append(NewEntry(EntryKind.RECORD, source, NOW), readings)


def record(ledger: Ledger, *readings: Reading, source: Source = Source.CLI) -> int:
    """Write a record."""
    with ledger.writing():
        return append(ledger, *readings, source=source)


def revise(ledger: Ledger, old: Reading, value: str | None, reason: str) -> None:
    """Write the next revision of a slot, by what it holds now."""
    kind = EntryKind.VOID if value is None else EntryKind.CORRECTION
    with ledger.writing():
        last = ledger.revisions(old.slot)[-1]
        following = last._replace(
            revision=last.revision + 1,
            value=None if value is None else int(value) * MILLIONTHS,
            reason=reason,
        )
        ledger.append(NewEntry(kind, Source.CLI, NOW), [following])


def accept(ledger: Ledger, odd: Reading, reason: str) -> None:
    """Accept a reading's first revision."""
    with ledger.writing():
        number = ledger.append(NewEntry(EntryKind.ACCEPTANCE, Source.CLI, NOW), [])
        ledger.accept(number, odd.slot, 1, reason)


def values(ledger: Ledger, **which: Any) -> list[int]:  # noqa: ANN401 (as `current` has them)
    """The main meter's current values, in whole units."""
    return [one.amount // MILLIONTHS for one in ledger.current(METER.id, **which)]


def amount(one: Reading | None) -> int | None:
    """A reading's value in whole units."""
    return None if one is None else one.amount // MILLIONTHS


def open_batch(ledger: Ledger, last_entry: int, destination: str = SHEET) -> Batch | None:
    """Open a batch, in a write of its own."""
    with ledger.writing():
        return ledger.open_batch(destination, last_entry, 77, NOW)


def settle(ledger: Ledger, number: int, state: BatchState, detail: str | None = None) -> bool:
    """Settle a batch, in a write of its own."""
    with ledger.writing():
        return ledger.settle_batch(number, state, NOW, detail)


def submit(ledger: Ledger, due: Reading, key: str, account: str = UTILITY) -> int | None:
    """Open a submission, in a write of its own; its number."""
    with ledger.writing():
        submission = ledger.open_submission(account, due, key, NOW)
    return None if submission is None else submission.number


def begin(ledger: Ledger, expected: SubmissionState) -> int | None:
    """Begin an attempt of the first submission, in a write of its own; its number."""
    with ledger.writing():
        return ledger.begin_attempt(1, expected, "api", NOW)


def move(
    ledger: Ledger,
    number: int,
    expected: SubmissionState,
    state: SubmissionState,
    **more: str,
) -> bool:
    """Move a submission, in a write of its own."""
    with ledger.writing():
        return ledger.move_submission(
            number,
            expected,
            state,
            NOW + 1,
            receipt=more.get("receipt"),
            detail=more.get("detail"),
        )
