"""What may be due is looked up; the plan is the one that all readings together give."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterctl.domain.due import Policy, Terms, plan
from meterctl.domain.meters import Device
from meterctl.domain.quantity import MILLIONTHS
from meterctl.domain.readings import Slot
from meterctl.domain.times import DAY, HOUR
from meterctl.ledger.port import Submission, SubmissionState
from meterctl.services.candidates import candidates, older
from tests.helpers import METER, instant, reading
from tests.ledger.contract import record, revise
from tests.stores import Store

NOW = instant("2026-11-22 12:00")
# The last two were set back over midnight, where a day begins twice.
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut"])
AT = st.builds(
    lambda days, hours: NOW - days * DAY - hours * HOUR, st.integers(0, 9), st.integers(0, 23)
)


class Case(NamedTuple):
    """What was read, what of it was voided, and what was handed to the utility."""

    truths: list[tuple[int, int, bool]]  # when, of which device, whether it was voided since
    told: list[tuple[int, SubmissionState, bool]]  # of which of them, how, and by a person's order
    terms: Terms


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Some days, with a few readings each."""
    truths = draw(
        st.lists(
            st.tuples(AT, st.sampled_from([1, 1, 2]), st.booleans()),
            min_size=1,
            max_size=12,
            unique_by=lambda one: (one[0], one[1]),
        )
    )
    which = st.integers(0, len(truths) - 1)
    told = st.lists(st.tuples(which, st.sampled_from(SubmissionState), st.booleans()), max_size=8)
    since = st.dates(date(2026, 11, 10), date(2026, 11, 22)) | st.just(date.min)
    zone = ZoneInfo(draw(ZONES))
    terms = Terms(draw(st.sampled_from(Policy)), (1, 31), zone, draw(since), NOW)
    return Case(truths, draw(told), terms)


@pytest.mark.sqlite_only  # what it asks of a ledger is in the contract of both
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_the_plan_is_the_same(fast_store: Store, case: Case) -> None:
    """Whatever was read, voided, submitted or queued, and from whichever day on."""
    fast_store.close()
    ledger = fast_store.open()
    with ledger.writing():
        ledger.add_device(METER.id, Device(2, None, NOW - 5 * DAY))
    (meter,) = (one for one in ledger.meters() if one.id == METER.id)
    made = [
        reading("7", "2026-01-01 00:00")._replace(at=at, starts_at=at, device=device)
        for at, device, _ in case.truths
    ]
    record(ledger, *made)
    for one, (_, _, is_void) in zip(made, case.truths, strict=True):
        if is_void:
            revise(ledger, one, None, "mistyped")
    handed = [
        submission(number, made[which].slot, state)
        for number, (which, state, _) in enumerate(case.told)
    ]
    ordered = [
        one
        for one, (_, state, is_ordered) in zip(handed, case.told, strict=True)
        if is_ordered and state is SubmissionState.DUE
    ]

    looked_up = plan(
        meter,
        case.terms,
        candidates(ledger, meter, case.terms, handed, ordered),
        (),
        handed,
        ordered=ordered,
        older=older(ledger, meter, case.terms, handed),
    )

    everything = ledger.current(meter.id)
    assert looked_up == plan(meter, case.terms, everything, (), handed, ordered=ordered)


def submission(number: int, slot: Slot, state: SubmissionState) -> Submission:
    """A submission of the value that all readings here have."""
    key = f"m1-{number}"
    return Submission(number, "account", slot, 1, 7 * MILLIONTHS, key, state, None, None, NOW)


@pytest.mark.parametrize("policy", Policy)
def test_ten_years(fast_store: Store, policy: Policy) -> None:
    """Days that were submitted, and those from before the first, are not read one by one."""
    ledger = fast_store.open()
    days = 3_650 // fast_store.slowness
    record(
        ledger,
        *(
            reading("7", "2026-01-01 00:00")._replace(at=NOW - day * DAY, starts_at=NOW - day * DAY)
            for day in range(days)
        ),
    )
    (meter,) = (one for one in ledger.meters() if one.id == METER.id)
    times = (NOW - day * DAY for day in range(days))
    submitted = [
        submission(number, Slot(METER.id, 1, at, at), SubmissionState.ACCEPTED)
        for number, at in enumerate(times)
    ]
    zone = ZoneInfo("Europe/Berlin")
    since_today = Terms(policy, (1, 31), zone, date(2026, 11, 22), NOW)
    since_ever = since_today._replace(since=date(2010, 1, 1))

    assert len(list(candidates(ledger, meter, since_today, [], []))) <= 23
    assert older(ledger, meter, since_today, []) == (
        0 if policy is Policy.MONTHLY else days - 2  # a day's margin is looked at itself
    )
    if policy is Policy.DAILY:
        assert len(list(candidates(ledger, meter, since_ever, submitted, []))) <= 1
