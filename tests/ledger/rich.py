"""Ledgers with something in every table, for the tests that copy them."""

from __future__ import annotations

import random

from meterctl.domain.findings import Finding, Rule
from meterctl.domain.meters import Device
from meterctl.domain.plain import Plain
from meterctl.domain.readings import Quality, Slot, Source
from meterctl.ledger.access import Answer, Event, Secret
from meterctl.ledger.port import (
    BatchState,
    EntryKind,
    Ledger,
    NewEntry,
    Rival,
    Stretch,
    SubmissionState,
)
from tests.helpers import INVERTER, METER, NOW, reading
from tests.ledger.contract import (
    HEAT_PUMP,
    LESS,
    PHONE,
    SHEET,
    SPIKE,
    UTILITY,
    accept,
    open_batch,
    record,
    revise,
    settle,
    submit,
)

ODD = "Zähler „Süd“ \U0001f600 ' \" \\ \\x00 \u2028 \t"  # all that a text may hold


def fill(ledger: Ledger) -> None:
    """Something of everything that a household does."""
    with ledger.writing():
        ledger.add_meter(HEAT_PUMP)
        ledger.add_device(METER.id, Device(2, ODD, NOW))
    first = record(
        ledger,
        reading("142.3", "2026-01-01 10:00", quality=Quality.ESTIMATED, note=ODD),
        reading("5.42", "2026-01-01 10:00", INVERTER),
    )
    assert first == 1
    odd = reading("143.000001", "2026-01-02 10:00")
    record(ledger, odd, source=Source.HTTP)
    revise(ledger, odd, "144", "misread")
    revise(ledger, odd, None, ODD)
    accept(ledger, odd, "it is so")
    _import(ledger)
    _deliver(ledger)
    with ledger.writing():
        ledger.set_findings(
            [(odd.slot, (SPIKE, LESS)), (_slot(7000), (Finding(Rule.OVERLAP, ODD),))]
        )
        ledger.leave_unjudged(Stretch(METER.id, 1, 0, NOW))
        ledger.set_memo("push.since", "2026-01-01", NOW)
        ledger.set_memo(ODD, "", NOW)
        ledger.remember(SHEET, "rows", [("1", b"\x00\xff\n'"), ("10", b""), ("2", b"x" * 5000)])
        ledger.set_rival(odd.slot, Rival(f"{SHEET} 7", 3, None))
        ledger.set_rival(_slot(7000), Rival("another", 1, 5))
    _serve(ledger)


def _slot(at: int) -> Slot:
    return Slot(METER.id, 1, at, at)


def _import(ledger: Ledger) -> None:
    at = list(range(0, 500_000, 1000))
    hours = [one - 500 for one in at]
    for number, (meter, starts) in enumerate(((METER.id, at), (HEAT_PUMP.id, hours))):
        entry = NewEntry(EntryKind.IMPORT, Source.IMPORT, NOW + number, f"export {number}.csv")
        with ledger.writing():
            ledger.append(entry, [], [Plain(meter, 1, at, starts, [one * 7 for one in at])])


def _deliver(ledger: Ledger) -> None:
    batch = open_batch(ledger, 2)
    assert batch is not None
    settle(ledger, batch.number, BatchState.LANDED)
    assert open_batch(ledger, 3) is not None
    for number, day in enumerate((3, 4, 5)):
        due = reading(str(150 + number), f"2026-01-0{day} 10:00")
        record(ledger, due)
        assert submit(ledger, due, f"key {number}") == number + 1
    with ledger.writing():
        attempt = ledger.begin_attempt(1, SubmissionState.DUE, "api", NOW)
        assert attempt is not None
        ledger.end_attempt(1, attempt, NOW + 5, "accepted", ODD)
        ledger.move_submission(
            1, SubmissionState.SENDING, SubmissionState.ACCEPTED, NOW, receipt="R-1"
        )
        assert ledger.begin_attempt(2, SubmissionState.DUE, "portal", NOW) == 1
    assert next(ledger.submissions(UTILITY)).number == 3


def _serve(ledger: Ledger) -> None:
    with ledger.writing():
        ledger.add_client(PHONE, Secret("hash one", NOW, None))
        ledger.add_secret(PHONE.id, Secret("hash two", NOW + 1, None), NOW + 900)
        ledger.add_client(
            PHONE._replace(id="mc_2", name="pi", meters=(METER.id,)), Secret("x", NOW, None)
        )
        ledger.revoke_client("mc_2", NOW + 2)
        ledger.refuse_token("token", NOW)
        ledger.refuse_tokens_before(NOW - 1)
        ledger.note(Event(NOW, "record", PHONE.id, "127.0.0.1", "request", ODD, 1))
        ledger.note(Event(NOW, "unauthorized", None, "2001:db8::/64", None, None))
        ledger.keep_answer(PHONE.id, ODD, Answer(b"\x00\x01", 201, b"{}", NOW))


def live_on(ledger: Ledger, chance: random.Random, steps: int) -> None:
    """Some more of what a household does, by chance."""
    base = 10**9 + ledger.last_entry() * 1000
    for step in range(steps):
        one = reading(str(chance.randrange(10**6)), "2026-02-01 00:00")._replace(
            at=base + step, starts_at=base + step, note=chance.choice((None, ODD))
        )
        match chance.randrange(5):
            case 0 | 1:
                record(ledger, one)
            case 2:
                record(ledger, one)
                revise(ledger, one, chance.choice((None, "7")), "by chance")
            case 3:
                with ledger.writing():
                    ledger.set_memo(f"memo {chance.randrange(3)}", str(step), NOW)
                    ledger.leave_unjudged(Stretch(INVERTER.id, 1, step, NOW))
            case _:
                with ledger.writing():
                    name = str(chance.randrange(5))
                    value = chance.choice((None, chance.randbytes(9)))
                    ledger.remember(SHEET, "cell", [(name, value)])
