"""Who submits where ledgers share a Sheet: one, named in it, until a person moves that."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from meterctl.errors import AnswerLost, SubmitterElsewhere, Unreachable
from meterctl.ledger.store import SqlLedger
from meterctl.services.restored import elsewhere
from meterctl.services.submitter import claim
from meterctl.sheet.deadline import Deadline
from meterctl.sheet.google import GoogleSheet
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.helpers import NOW
from tests.stores import Store


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """A sandbox."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


def may_submit(
    ledger: SqlLedger, other_side: Rehearsal, *, take_over: bool = False, origin: str | None = None
) -> bool:
    """Claim, over a connection of its own; whether the Sheet was asked."""
    settings = other_side.settings
    sheet = GoogleSheet(
        settings["METERCTL_SHEET_ID"],
        "Readings",
        Path(settings["METERCTL_GOOGLE_CREDENTIALS"]),
        origin=origin or settings["METERCTL_SHEETS_URL"],
        deadline=Deadline(10),
    )
    try:
        return claim(ledger, sheet, lambda: NOW, take_over=take_over)
    finally:
        sheet.close()


NOWHERE = "http://127.0.0.1:1"


def test_first(other_side: Rehearsal, store: Store) -> None:
    """The first that asks is named, and asks again as often as it likes."""
    ledger = store.open("a")
    assert may_submit(ledger, other_side)
    assert may_submit(ledger, other_side)


def test_second(other_side: Rehearsal, store: Store) -> None:
    """Another ledger is refused by the settings' exit code, and told what moves it."""
    assert may_submit(store.open("a"), other_side)
    with pytest.raises(SubmitterElsewhere) as refused:
        may_submit(store.open("b"), other_side)
    assert refused.value.exit_code == 78
    assert "--take-over" in refused.value.hint


def test_taken_over(other_side: Rehearsal, store: Store) -> None:
    """It moves when a person says so; the first one is refused from then on."""
    first, second = (store.open(name) for name in ("a", "b"))
    assert may_submit(first, other_side)
    assert may_submit(second, other_side, take_over=True)
    assert may_submit(second, other_side)
    with pytest.raises(SubmitterElsewhere):
        may_submit(first, other_side)
    assert may_submit(first, other_side, take_over=True)
    with pytest.raises(SubmitterElsewhere):
        may_submit(second, other_side)


def test_out_of_reach_before(other_side: Rehearsal, store: Store) -> None:
    """Whoever was never named may not guess."""
    with pytest.raises(Unreachable):
        may_submit(store.open("a"), other_side, origin=NOWHERE)


def test_out_of_reach_after(other_side: Rehearsal, store: Store) -> None:
    """A night without Google is no night without the utility; but nothing is taken over unseen."""
    ledger = store.open("a")
    assert may_submit(ledger, other_side)
    assert not may_submit(ledger, other_side, origin=NOWHERE)
    with pytest.raises(Unreachable):
        may_submit(ledger, other_side, take_over=True, origin=NOWHERE)


def test_refused_then_out_of_reach(other_side: Rehearsal, store: Store) -> None:
    """Who was refused when it was last asked may not go on without asking."""
    first, second = (store.open(name) for name in ("a", "b"))
    assert may_submit(first, other_side)
    assert may_submit(second, other_side, take_over=True)
    with pytest.raises(SubmitterElsewhere):
        may_submit(first, other_side)
    with pytest.raises(Unreachable):
        may_submit(first, other_side, origin=NOWHERE)


@pytest.mark.parametrize("take_over", [False, True])
def test_two_at_once(other_side: Rehearsal, store: Store, *, take_over: bool) -> None:
    """Of claims made at once, exactly one wins; afterwards exactly one ledger is named."""
    names = ("a", "b", "c")
    for name in names:
        store.open(name).close()
    if take_over:
        assert may_submit(store.open("before"), other_side)
    together = threading.Barrier(len(names))

    def one(name: str) -> bool:
        with closing(store.open(name)) as ledger:
            try:
                together.wait(20)
                return may_submit(ledger, other_side, take_over=take_over)
            except SubmitterElsewhere:
                return False

    with ThreadPoolExecutor(len(names)) as pool:
        won = list(pool.map(one, names))
    assert sum(won) >= 1
    if not take_over:
        assert sum(won) == 1
    named = []
    for name in names:
        try:
            named.append(may_submit(store.open(name), other_side))
        except SubmitterElsewhere:
            named.append(False)
    assert sum(named) == 1


def test_killed_once_it_is_named(
    other_side: Rehearsal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run knows that another one has submitted until then, and asks about that."""
    first, second = (store.open(name) for name in ("a", "b"))
    assert may_submit(first, other_side)
    name_submitter = GoogleSheet.name_submitter

    def killed(sheet: GoogleSheet, ledger: str, *, instead_of: str | None) -> None:
        name_submitter(sheet, ledger, instead_of=instead_of)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(GoogleSheet, "name_submitter", killed)
        with pytest.raises(KeyboardInterrupt):
            may_submit(second, other_side, take_over=True)
    assert may_submit(second, other_side)
    other = elsewhere(second)
    assert other is not None
    assert other.may_have_sent(NOW)


@pytest.mark.parametrize("do", ["reset-after", "reset-before"])
def test_answer_lost(other_side: Rehearsal, store: Store, do: str) -> None:
    """Where the answer to the naming is lost, another look tells who is named."""
    ledger = store.open("a")
    other_side.goes_wrong(f'service = "sheets"\nmethod = "POST"\ndo = "{do}"')
    with suppress(AnswerLost):  # the next run asks again
        may_submit(ledger, other_side)
    assert may_submit(ledger, other_side)
