"""An import in columns leaves what the same import row by row leaves, and says the same."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterctl.domain import suspects
from meterctl.domain.meters import Device, Direction, Kind, Meter, Zones
from meterctl.domain.readings import Slot
from meterctl.domain.readings import Source as ReadingSource
from meterctl.imports.canonical import in_blocks as canonical_blocks
from meterctl.imports.canonical import kept as canonical_kept
from meterctl.imports.canonical.kept import Kept
from meterctl.imports.formats import Context, Options
from meterctl.imports.problems import Problem
from meterctl.imports.text.source import Source
from meterctl.ledger.port import Ledger
from meterctl.services import amend, bulk_import, judging, settling
from meterctl.services.bulk_import import Imported, Plan, Watch
from meterctl.services.importing import Prepared, prepare
from meterctl.services.session import Session
from tests.helpers import BERLIN, NOW, instant
from tests.stores import Store

EVER = 1 << 62
SWAP = instant("2025-03-20T12:00Z")
METERS = (
    Meter("slot", "slot", "kWh", Kind.INTERVAL, Direction.FROM_GRID),
    Meter(
        "swapped",
        "swapped",
        "kWh",
        Kind.REGISTER,
        Direction.FROM_GRID,
        digits=3,
        devices=(Device(1, "A1", None), Device(2, "B2", SWAP)),
    ),
)
HEADERS = (
    "timestamp,inverterKWh,meterValue",
    "timestamp,swapped,meterValue",
    "timestamp,starts_at,slot,meterValue,note",
)
Rows = list[tuple[int, int, int | None, str]]


def a_file(header: str, rows: Rows) -> bytes:
    """A file of rows that each have a step in time and two values, or something odd."""
    lines = [header]
    for step, first, second, odd in rows:
        at, start = (
            f"2025-03-20T{hour % 24:02}:{step % 2 * 30:02}:00Z" for hour in (step, step - 1)
        )
        value = "" if second is None else f"{second}.5"
        if "starts_at" in header:
            lines.append(f"{at},{start if step > 1 else ''},{first},{value},{odd.strip()}")
        else:
            lines.append(f"{at},{first},{value}{odd}")
    return "\n".join(lines).encode()


def rows_with(odd: list[str]) -> st.SearchStrategy[Rows]:
    """Rows in any order, with what may stand behind their values."""
    row = st.tuples(
        st.integers(1, 6) | st.integers(1, 23),
        st.integers(0, 4) | st.integers(0, 99),
        st.none() | st.integers(0, 4) | st.integers(0, 4) | st.integers(0, 1_200),
        st.sampled_from(["", "", "", "", *odd]),
    )
    some = st.lists(row, max_size=24)
    return some | some.map(lambda rows: sorted(rows, key=lambda row: row[0]))


files = st.builds(
    a_file,
    st.sampled_from(HEADERS),
    rows_with([]) | rows_with([]) | rows_with([" ", "x", ",", '"', ""]),
)
plans = st.tuples(st.booleans(), st.sampled_from([None, None, "misread"])).map(
    lambda said: Plan(skip_bad=said[0], replace=said[1])
)


def all_of(ledger: Ledger) -> object:
    """What a ledger holds: readings whatever their entry, findings, what is yet to be judged."""
    revisions = [
        one._replace(entry=0)
        for meter in ledger.meters()
        for device in meter.devices
        for one in ledger.revisions_between(meter.id, device.number, -EVER, EVER)
    ]
    found = [
        (one.reading.slot, sorted(one.findings), one.accepted)
        for one in ledger.flagged(accepted=True)
    ]
    return revisions, found, ledger.unjudged()


def imported(
    ledger: Ledger, given_: Sequence[tuple[bytes, Plan]], *, by_row: bool
) -> tuple[object, list[Imported], list[list[Problem]]]:
    """What files leave in a ledger, what is said of each, and its problems."""

    def prepared_by_row(*arguments: object) -> Prepared:
        return prepare(*arguments)._replace(blocks=None)  # type: ignore[arg-type]

    said: list[Imported] = []
    told: list[list[Problem]] = []
    with pytest.MonkeyPatch.context() as patch:
        if by_row:
            patch.setattr(bulk_import, "prepare", prepared_by_row)
        with ledger.writing():
            for meter in METERS:
                ledger.add_meter(meter)
        for number, (data, plan) in enumerate(given_):
            problems: list[Problem] = []
            context = Context(ledger.meters(), Zones(BERLIN), NOW, Options())
            source = Source("a.csv", BytesIO(data), len(data))
            watch = Watch(problems.append, lambda _: None)
            done = bulk_import.bulk_import(ledger, source, context, plan, watch)
            said.append(done._replace(errors=()))
            told.append(sorted(problems, key=lambda one: (one.line, one.column)))
            if number == 0:
                touched(ledger)
        return all_of(ledger), said, told


def touched(ledger: Ledger) -> None:
    """A person voids the first reading and corrects the second."""
    session = Session(ledger, Zones(BERLIN), NOW, ReadingSource.CLI)
    readings = list(ledger.current("meter"))
    slots: list[Slot] = [one.slot for one in readings[:2]]
    if len(slots) == 2:
        amend.void(session, slots[0], "no")
        amend.correct(session, slots[1], 3_000_000, "misread")


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example begins anew
)
@given(
    st.lists(
        st.tuples(files, plans),
        min_size=1,
        max_size=3,
    ),
    st.integers(1, 6),
    st.booleans(),
)
def test_any_files(
    fast_store: Store, given_: list[tuple[bytes, Plan]], block_rows: int, shuffles: bool
) -> None:
    """One after the other, onto what a person has changed meanwhile."""
    with pytest.MonkeyPatch.context() as patch, closing(fast_store):
        for module in (canonical_blocks, canonical_kept):
            patch.setattr(module, "BLOCK_ROWS", block_rows)
        for module, name, value in (
            (canonical_kept, "_SAMPLE", 1),
            (canonical_kept, "_BIN", 4),
            (judging, "MANY", 2),
            (suspects, "_TOO_MANY", 0),
            (settling, "_FEW", 3),
        ):
            patch.setattr(module, name, value)
        if shuffles:
            patch.setattr(Kept, "_is_shuffled", lambda kept: bool(kept._places))
        found = imported(fast_store.open("columns"), given_, by_row=False)
        assert found == imported(fast_store.open("rows"), given_, by_row=True)
