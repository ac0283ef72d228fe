"""What becomes of a file's readings, in the light of what the ledger holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterctl.domain.meters import Zones
from meterctl.domain.quantity import format_quantity, parse_quantity
from meterctl.domain.readings import Slot
from meterctl.domain.readings import Source as ReadingSource
from meterctl.errors import Interrupted, LedgerError, MeterctlError
from meterctl.imports.canonical import in_blocks as canonical_blocks
from meterctl.imports.formats import Context, Options
from meterctl.imports.problems import Problem
from meterctl.imports.text.source import Source
from meterctl.ledger.port import EntryKind, Ledger
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from meterctl.services import amend, bulk_import
from meterctl.services.bulk_import import KEPT_ERRORS, Imported, Plan, Watch
from meterctl.services.rehearsal import Rehearsal
from meterctl.services.session import Session
from tests.helpers import BERLIN, NOW, instant
from tests.stores import Store

HEADER = "timestamp,meterValue\n"
FIRST = "2025-11-07T14:00:00Z,142.3\n"
SECOND = "2025-11-08T14:00:00Z,150\n"
ZONES = Zones(BERLIN)
DAY_2 = instant("2025-11-02T07:00Z")
SLOT = Slot("meter", 1, instant("2025-11-07T14:00Z"), instant("2025-11-07T14:00Z"))


class Importer:
    """Imports texts, and remembers what it was told."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.problems: list[Problem] = []
        self.positions: list[int] = []

    def __call__(self, text: str | bytes, **plan: Any) -> Imported:  # noqa: ANN401 (a Plan's fields)
        """Import a file with this text."""
        return bulk_import.bulk_import(self._session.ledger, *self._given(text, plan))

    def rehearse(self, rehearsal: Rehearsal, text: str, **plan: Any) -> Imported:  # noqa: ANN401
        """Say what importing it would do."""
        return bulk_import.rehearse(rehearsal, *self._given(text, plan))

    def _given(
        self, text: str | bytes, plan: dict[str, Any]
    ) -> tuple[Source, Context, Plan, Watch]:
        data = text if isinstance(text, bytes) else text.encode()
        ledger, zones, now, _ = self._session
        watch = Watch(self.problems.append, self.positions.append)
        context = Context(ledger.meters(), zones, now, Options())
        return Source("a.csv", BytesIO(data), len(data)), context, Plan(**plan), watch


@pytest.fixture
def import_(session: Session) -> Importer:
    """Import into the test's ledger."""
    return Importer(session)


def truths(ledger: Ledger, meter: str = "meter") -> list[tuple[str, str | None]]:
    """The current values of a meter with their reasons, in time order."""
    return [(format_quantity(r.amount), r.reason) for r in ledger.current(meter)]


def counts(done: Imported) -> tuple[int, int, int, int, int]:
    """Rows, recorded, duplicates, conflicts, rejected."""
    return done.rows, done.recorded, done.duplicates, done.conflicts, done.rejected


def held(ledger: Ledger) -> object:
    """All that a ledger holds."""
    everything = (-(1 << 62), 1 << 62)
    return [
        (list(ledger.revisions_between(m.id, d.number, *everything)))
        for m in ledger.meters()
        for d in m.devices
    ], list(ledger.flagged())


# -- what is new, known, in conflict ---------------------------------------------------


def test_first_import(import_: Importer, ledger: Ledger) -> None:
    """Its readings are stored as one entry that names the file, with the source `import`."""
    done = import_(HEADER + FIRST + SECOND)
    assert counts(done) == (2, 2, 0, 0, 0)
    assert (done.first_at, done.last_at) == (SLOT.at, instant("2025-11-08T14:00Z"))
    (reading, _) = ledger.current("meter")
    entry = ledger.entry(reading.entry)
    assert entry is not None
    assert (reading.source, entry.kind, entry.origin, entry.written_at) == (
        ReadingSource.IMPORT,
        EntryKind.IMPORT,
        "a.csv",
        NOW,
    )


def test_disk_that_is_full_at_the_commit(
    import_: Importer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was stored, so nothing is told as stored."""
    writing = ledger.writing

    @contextmanager
    def failing() -> Iterator[None]:
        with writing():
            yield
            raise LedgerError("the disk is full", "make room")

    monkeypatch.setattr(ledger, "writing", failing)
    with pytest.raises(LedgerError) as caught:
        import_(HEADER + FIRST)
    assert (caught.value.hint, ledger.counts().entries) == ("make room", 0)


@pytest.mark.parametrize("note", ["", "as said"], ids=["kept", "read again"])
def test_file_that_is_written_to_meanwhile(session: Session, ledger: Ledger, note: str) -> None:
    """What comes after the first look waits for the next import, or is told: never passed over."""
    data = f"timestamp,meterValue,note\n2025-11-07T14:00:00Z,142.3,{note}\n".encode()
    file = BytesIO(data)
    problems: list[Problem] = []

    def progress(position: int) -> None:
        if position == len(data):
            file.write(b"2025-11-08T14:00:00Z,15O,\n")
            file.seek(position)

    context = Context(ledger.meters(), session.zones, NOW, Options())
    source, watch = Source("a.csv", file, len(data)), Watch(problems.append, progress)
    done = bulk_import.bulk_import(ledger, source, context, Plan(), watch)
    assert truths(ledger) == [("142.3", None)]
    assert done.rejected == len(problems) == bool(note)


def test_same_file_again(import_: Importer, ledger: Ledger) -> None:
    """It adds nothing, not even an entry."""
    import_(HEADER + FIRST + SECOND)
    before = ledger.counts()
    assert counts(import_(HEADER + FIRST + SECOND)) == (2, 0, 2, 0, 0)
    assert ledger.counts() == before


def test_file_that_overlaps(import_: Importer, ledger: Ledger) -> None:
    """What is new in it is added."""
    import_(HEADER + FIRST)
    assert counts(import_(HEADER + FIRST + SECOND)) == (2, 1, 1, 0, 0)
    assert truths(ledger) == [("142.3", None), ("150", None)]


def test_same_instant_in_another_zone(import_: Importer) -> None:
    """It is the same slot."""
    import_(HEADER + FIRST)
    assert counts(import_(HEADER + "2025-11-07 15:00,142.30\n")) == (1, 0, 1, 0, 0)


def test_another_value(import_: Importer, ledger: Ledger) -> None:
    """It is a conflict at its own cell: told with both values and two ways out, the truth stays."""
    import_(HEADER + FIRST)
    done = import_("timestamp,note,meterValue\n2025-11-07T14:00:00Z,,143\n" + FIRST[:-6] + ",144\n")
    assert counts(done) == (2, 0, 0, 2, 0)
    assert [(p.line, p.column) for p in done.errors] == [(2, 23), (3, 23)]
    assert "already 142.3 kWh, not 143 kWh" in done.errors[0].message
    assert "meterctl correct meter@2025-11-07T14:00:00Z" in done.errors[0].hint
    assert "--replace" in done.errors[0].hint
    assert truths(ledger) == [("142.3", None)]


def test_another_value_beside_what_is_new(import_: Importer, ledger: Ledger) -> None:
    """The new is stored all the same."""
    import_(HEADER + FIRST)
    done = import_(HEADER + FIRST.replace("142.3", "143") + SECOND)
    assert counts(done) == (2, 1, 0, 1, 0)
    assert truths(ledger) == [("142.3", None), ("150", None)]


def test_replace(import_: Importer, ledger: Ledger) -> None:
    """Each conflict becomes a correction with that reason; what is new has none."""
    import_(HEADER + FIRST)
    done = import_(HEADER + FIRST.replace("142.3", "143") + SECOND, replace="misread")
    assert counts(done) == (2, 2, 0, 0, 0)
    assert truths(ledger) == [("143", "misread"), ("150", None)]
    assert [r.revision for r in ledger.revisions(SLOT)] == [1, 2]


# Told to replace, it does not say that all is well; else what it was is known, and no conflict.
KNOWN_AGAIN = [(None, (1, 0, 1, 0, 0)), ("again", (1, 0, 0, 1, 0))]


@pytest.mark.parametrize(("replace", "counted"), KNOWN_AGAIN, ids=["plain", "replacing"])
def test_old_file_after_a_correction(
    import_: Importer, session: Session, replace: str | None, counted: tuple[int, ...]
) -> None:
    """What a person corrected stays corrected, also with --replace, which says so."""
    import_(HEADER + FIRST)
    amend.correct(session, SLOT, parse_quantity("140"), "misread")
    assert counts(import_(HEADER + FIRST, replace=replace)) == counted
    assert truths(session.ledger) == [("140", "misread")]


@pytest.mark.parametrize(("replace", "counted"), KNOWN_AGAIN, ids=["plain", "replacing"])
def test_old_file_after_a_void(
    import_: Importer, session: Session, replace: str | None, counted: tuple[int, ...]
) -> None:
    """What a person voided stays void, also with --replace, which says so."""
    import_(HEADER + FIRST)
    amend.void(session, SLOT, "another house")
    assert counts(import_(HEADER + FIRST, replace=replace)) == counted
    assert truths(session.ledger) == []


def test_another_value_after_a_void(import_: Importer, session: Session) -> None:
    """It is new: the slot holds nothing else."""
    import_(HEADER + FIRST)
    amend.void(session, SLOT, "another house")
    assert counts(import_(HEADER + FIRST.replace("142.3", "143"))) == (1, 1, 0, 0, 0)
    assert truths(session.ledger) == [("143", None)]


@pytest.mark.parametrize("block_rows", [1, 2, 2000])
@pytest.mark.parametrize(
    ("again", "plan", "expected"),
    [
        ("142.3", {}, [(3, 2, 1, 0, 0), "142.3"]),
        ("143", {}, [(3, 2, 0, 1, 0), "142.3"]),
        ("143", {"replace": "misread"}, [(3, 3, 0, 0, 0), "143"]),
    ],
    ids=["same", "other", "other-replacing"],
)
def test_slot_twice_in_one_file(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    *,
    block_rows: int,
    again: str,
    plan: dict[str, Any],
    expected: list[object],
) -> None:
    """The second is judged as if the first had come with an earlier file."""
    monkeypatch.setattr(canonical_blocks, "BLOCK_ROWS", block_rows)
    import_ = Importer(session)
    text = HEADER + FIRST + SECOND + FIRST.replace("142.3", again)
    assert [counts(import_(text, **plan)), truths(session.ledger)[0][0]] == expected
    assert counts(import_(text, **plan))[1] == 0


# -- bad rows --------------------------------------------------------------------------

BAD = "soon,1\n"


def test_one_bad_row(import_: Importer, ledger: Ledger) -> None:
    """Nothing of the file is stored; every bad row is told once."""
    done = import_(HEADER + FIRST + BAD + SECOND + BAD)
    assert (counts(done), done.refused) == ((4, 0, 0, 0, 2), True)
    assert [problem.line for problem in import_.problems] == [3, 5]
    assert truths(ledger) == []


def test_one_bad_row_to_skip(import_: Importer, ledger: Ledger) -> None:
    """The others are stored; every bad row is told once."""
    done = import_(HEADER + FIRST + BAD + SECOND + BAD, skip_bad=True)
    assert (counts(done), done.refused) == ((4, 2, 0, 0, 2), False)
    assert [problem.line for problem in import_.problems] == [3, 5]
    assert len(truths(ledger)) == 2


def test_more_bad_rows_than_are_kept(import_: Importer) -> None:
    """The result holds the first ones; all of them are told."""
    done = import_(HEADER + BAD * (KEPT_ERRORS + 50))
    assert (len(done.errors), len(import_.problems)) == (KEPT_ERRORS, KEPT_ERRORS + 50)


@pytest.mark.parametrize("skip_bad", [False, True])
def test_file_without_a_sound_header(import_: Importer, ledger: Ledger, skip_bad: bool) -> None:
    """It is refused, whatever is to be skipped."""
    done = import_("timestamp,note\n" + FIRST, skip_bad=skip_bad)
    assert (done.refused, len(done.errors), counts(done)) == (True, 1, (0, 0, 0, 0, 0))
    assert truths(ledger) == []


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"], ids=["empty", "blank", "only-a-mark"])
def test_empty_file(import_: Importer, text: str) -> None:
    """It is refused: its first line is missing."""
    done = import_(text)
    assert (done.refused, done.errors[0].message) == (True, "the file is empty")


def test_findings(import_: Importer) -> None:
    """Readings that disagree with their neighbours are stored and counted."""
    done = import_(HEADER + FIRST + SECOND + "2025-11-09T14:00Z,9\n")
    assert (done.recorded, done.findings) == (3, 1)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example begins anew
)
@given(
    st.binary(max_size=200)
    | st.lists(
        st.sampled_from([HEADER, FIRST, SECOND, BAD])
        | st.text('",;\n\r\t\0 \ufeff-#e5äZ:T', max_size=12),
        max_size=8,
    ).map(lambda parts: "".join(parts).encode())
    | st.binary(max_size=60).map(lambda tail: (HEADER + FIRST).encode() + tail),
    st.booleans(),
    st.none() | st.just("misread"),
)
def test_any_bytes(fast_store: Store, data: bytes, skip_bad: bool, replace: str | None) -> None:
    """They are imported, or refused as a whole: one or the other, without any other error."""
    ledger = fast_store.open()
    try:
        import_ = Importer(Session(ledger, ZONES, NOW, ReadingSource.IMPORT))
        done = import_(data, skip_bad=skip_bad, replace=replace)
        stored = ledger.counts().revisions
    finally:
        fast_store.close()
    assert stored == done.recorded
    assert len(import_.problems) == done.rejected + done.conflicts + (
        done.refused and not done.rejected
    )
    if done.refused:
        assert stored == 0
        assert done.errors
    if done.rejected and not skip_bad:
        assert done.refused
    for problem in done.errors:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message.isprintable()
        assert problem.hint.isprintable()


# -- dry runs, and runs that are stopped -----------------------------------------------


@contextmanager
def _rehearsal(ledger: Ledger, tmp_path: Path) -> Iterator[Rehearsal]:
    with closing(open_for_writing(tmp_path / "scratch.db", NOW)) as scratch:
        yield Rehearsal(ledger, scratch)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # as above
)
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(1, 4), st.integers(1, 3), st.sampled_from(["", BAD])), max_size=6
        ),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
    st.none() | st.just("misread"),
    st.integers(1, 3),
)
def test_dry_run_of_several_files(
    fast_store: Store,
    files: list[list[tuple[int, int, str]]],
    skip_bad: bool,
    replace: str | None,
    block_rows: int,
) -> None:
    """It says exactly what the real run then does, and leaves the ledger as it was."""
    texts = [
        HEADER + "".join(f"2025-11-0{day}T07:00Z,{value}\n{bad}" for day, value, bad in rows)
        for rows in files
    ]
    plan: dict[str, Any] = {"skip_bad": skip_bad, "replace": replace}
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical_blocks, "BLOCK_ROWS", block_rows)
        ledger = fast_store.open()
        scratch = open_for_writing(Path(folder) / "scratch.db", NOW)
        try:
            session = Session(ledger, ZONES, NOW, ReadingSource.IMPORT)
            Importer(session)(HEADER + "2025-11-01T07:00Z,1\n2025-11-02T07:00Z,2\n")
            amend.void(session, SLOT._replace(at=DAY_2, starts_at=DAY_2), "no")
            before, dry, real = held(ledger), Importer(session), Importer(session)
            rehearsal = Rehearsal(ledger, scratch)
            said = [dry.rehearse(rehearsal, text, **plan) for text in texts]
            assert held(ledger) == before
            done = [real(text, **plan)._replace(findings=0) for text in texts]
        finally:
            scratch.close()
            fast_store.close()
    assert said == done
    assert dry.problems == real.problems


def test_dry_run_without_a_ledger(session: Session, tmp_path: Path) -> None:
    """It needs none."""
    missing = tmp_path / "none" / "ledger.db"
    with (
        closing(open_for_reading(missing)) as empty,
        _rehearsal(empty, tmp_path) as rehearsal,
    ):
        done = Importer(session).rehearse(rehearsal, HEADER + FIRST + FIRST)
    assert counts(done) == (2, 1, 1, 0, 0)
    assert not missing.parent.exists()


def test_dry_run_where_a_column_took_another_meters_name(session: Session, tmp_path: Path) -> None:
    """The scratch ledger takes the meters as they are."""
    ledger = session.ledger
    main, inverter = ledger.meters()
    with ledger.writing():
        ledger.set_meter(main._replace(column="Strom"))
        ledger.add_meter(inverter._replace(id="second", column="meterValue"))
    with _rehearsal(ledger, tmp_path) as rehearsal:
        done = Importer(session).rehearse(rehearsal, HEADER + FIRST)
    assert counts(done) == (1, 1, 0, 0, 0)
    assert held(ledger) == ([[], [], []], [])


@pytest.mark.parametrize("stop_after", [0, 1, 2, 3])
def test_stopped_in_the_middle_and_run_again(
    session: Session, monkeypatch: pytest.MonkeyPatch, store: Store, stop_after: int
) -> None:
    """Whole blocks stay; the second run adds the rest, and the ledger is as after one run."""
    monkeypatch.setattr(canonical_blocks, "BLOCK_ROWS", 2)
    text = HEADER + "".join(f"2025-11-0{n + 1}T07:00Z,{n * 7 % 5}\n" for n in range(7))
    ledger = session.ledger
    with pytest.raises(Interrupted):
        Importer(session._replace(ledger=_stopping(ledger, stop_after)))(text)
    assert len(truths(ledger)) == 2 * stop_after
    done = Importer(session)(text)
    assert counts(done) == (7, 7 - 2 * stop_after, 2 * stop_after, 0, 0)
    unstopped = store.open("other")
    Importer(session._replace(ledger=unstopped))(text)
    assert held(ledger) == held(unstopped)


class _Stopping:
    """A ledger whose run meets a signal at the n-th append, or when judging."""

    def __init__(self, ledger: Ledger, count: int) -> None:
        self._ledger = ledger
        self._left = count

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._ledger, name)  # type: ignore[no-any-return] # whatever a ledger has

    def append(self, *arguments: Any) -> int:  # noqa: ANN401 (as the ledger's)
        number = self._ledger.append(*arguments)
        if self._left == 0:
            raise Interrupted(15)
        self._left -= 1
        return number


def _stopping(ledger: Ledger, count: int) -> Any:  # noqa: ANN401 (all a ledger has, by name)
    return _Stopping(ledger, count)


def test_progress(import_: Importer) -> None:
    """It is told from the start to the end of each reading of the file."""
    text = HEADER + FIRST + SECOND
    import_(text)
    assert import_.positions[-1] == len(text.encode())


def test_disk_that_fails_in_the_middle(session: Session) -> None:
    """It is an error of ours; nothing is stored."""

    class Failing(BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            if line:
                return line
            raise OSError(5, "Input/output error")

    importer = Importer(session)
    source, context, plan, watch = importer._given(HEADER + FIRST, {})
    with pytest.raises(MeterctlError):
        bulk_import.bulk_import(
            session.ledger,
            source._replace(file=Failing((HEADER + FIRST).encode())),
            context,
            plan,
            watch,
        )
    assert truths(session.ledger) == []
