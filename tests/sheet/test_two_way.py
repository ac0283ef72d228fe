"""What people do in the Sheet becomes readings here: by the real gspread on both sides."""

from __future__ import annotations

import pytest

from meterctl.domain.readings import Source
from meterctl.errors import SheetUnfit
from meterctl.ledger.store import SqlLedger
from meterctl.services.amend import correct
from meterctl.services.judging import is_in_doubt
from meterctl.services.notices import About
from meterctl.services.session import Session
from tests.helpers import INVERTER, NOW, reading
from tests.ledger.contract import record
from tests.sheet.person import Person, person
from tests.sheet.stand import Stand
from tests.sheet.two_way import (
    DAY_1,
    DAY_2,
    DAY_3,
    TYPED_3,
    nothing_more,
    told,
    truth,
    values,
)


class TestTypedIn:
    """A row without a key."""

    def test_it_becomes_readings(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Of source `sheet`; its row stays as it is, and is not sent a second time."""
        hands.types(timestamp=TYPED_3, meterValue=148.25, inverterKWh=6, note="by hand")
        done = stand.sync(ledger)
        assert (done.error, done.returned.typed, done.delivered.rows) == (None, 2, 0)
        assert told(stand, ledger, done) == []
        known = truth(ledger, reading("148.25", DAY_3))
        assert (known.value, known.source, known.note) == (148_250_000, Source.SHEET, "by hand")
        assert truth(ledger, reading("6", DAY_3, INVERTER)).value == 6_000_000
        assert len(stand.rows()) == 3
        nothing_more(stand, ledger)

    def test_what_is_here_already(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """It is nothing."""
        hands.types(timestamp="2026-02-02 06:00", meterValue=145)
        assert stand.sync(ledger).returned.typed == 0
        nothing_more(stand, ledger)

    def test_another_value(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """A conflict: both are shown, neither is submitted, until somebody corrects it."""
        hands.types(timestamp="2026-02-02 06:00", meterValue=146)
        done = stand.sync(ledger)
        assert done.returned.conflicts == 1
        (notice,) = told(stand, ledger, done)
        assert notice.about is About.CONFLICT
        assert "B4 says 146 kWh" in notice.text
        assert "145 kWh here" in notice.text
        assert is_in_doubt(ledger, truth(ledger, reading("145", DAY_2)))
        nothing_more(stand, ledger)
        session = Session(ledger, stand.zones, NOW, Source.CLI)
        correct(session, reading("1", DAY_2).slot, 145_000_000, "looked again")
        assert not is_in_doubt(ledger, truth(ledger, reading("145", DAY_2)))
        assert stand.sync(ledger).delivered.rows == 1
        nothing_more(stand, ledger)

    def test_it_is_typed_anew(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Another value in its place is a correction; and so is the first one again."""
        hands.types(timestamp=TYPED_3, meterValue=148)
        stand.sync(ledger)
        for value in (149, 148):
            hands.edits("meterValue", 4, value)
            assert stand.sync(ledger).returned.corrected == 1
            assert truth(ledger, reading("1", DAY_3)).value == value * 1_000_000
            nothing_more(stand, ledger)

    def test_it_is_deleted(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """It stands here, which is told once."""
        hands.types(timestamp=TYPED_3, meterValue=148)
        stand.sync(ledger)
        hands.deletes(4)
        (notice,) = told(stand, ledger, stand.sync(ledger))
        assert notice.about is About.DELETED
        assert "meterctl void meter@2026-02-03T06:00:00Z" in (notice.hint or "")
        assert values(ledger) == [142_300, 145_000, 148_000]
        nothing_more(stand, ledger)

    @pytest.mark.parametrize(
        ("row", "cell", "says"),
        [
            ({"timestamp": TYPED_3, "meterValue": "abc"}, "B4", "'abc' is not a value"),
            ({"timestamp": TYPED_3, "meterValue": "148,5,2"}, "B4", "148,5,2"),
            ({"timestamp": TYPED_3, "meterValue": -3}, "B4", "negative"),
            ({"timestamp": TYPED_3, "meterValue": True}, "B4", "TRUE"),
            ({"timestamp": TYPED_3, "meterValue": "=1/0"}, "B4", "DIVIDE"),
            ({"timestamp": TYPED_3, "meterValue": "void"}, "B4", "nothing to void"),
            ({"timestamp": TYPED_3, "meterValue": 0.0000001}, "B4", "decimals"),
            ({"timestamp": "", "meterValue": 148}, "A4", "it is empty"),
            ({"timestamp": "yesterday", "meterValue": 148}, "A4", "'yesterday' is not a time"),
            ({"timestamp": "2027-02-03", "meterValue": 148}, "A4", "in the future"),
            ({"timestamp": "=46056.25", "meterValue": 148}, "A4", "is a formula"),
            ({"timestamp": TYPED_3, "meterValue": 148, "quality": "good"}, "B4", "not a quality"),
            ({"timestamp": TYPED_3, "meterValue": 148, "device": "X1"}, "B4", "X1"),
            ({"timestamp": TYPED_3, "meterValue": 148, "key": "mine"}, "M4", "'mine' is no key"),
        ],
    )
    def test_what_cannot_be_read(  # noqa: PLR0917 (pytest's)
        self,
        stand: Stand,
        ledger: SqlLedger,
        hands: Person,
        row: dict[str, str | float],
        cell: str,
        says: str,
    ) -> None:
        """It is told with its cell, once, and left alone; mended, it is taken in."""
        hands.types(**row)
        before = ledger.last_entry()
        done = stand.sync(ledger)
        (notice,) = told(stand, ledger, done)
        assert (notice.about, notice.text.partition(":")[0]) == (About.UNREADABLE, cell)
        assert says in notice.text
        assert ledger.last_entry() == before
        nothing_more(stand, ledger)
        hands.deletes(4)
        hands.types(timestamp=TYPED_3, meterValue=148)
        assert stand.sync(ledger).returned.typed == 1
        nothing_more(stand, ledger)

    def test_a_local_time_that_the_clocks_showed_twice(
        self, stand: Stand, ledger: SqlLedger, hands: Person
    ) -> None:
        """It is no single instant, and refused."""
        with person(stand) as somebody:
            somebody.book.update_timezone("Europe/Berlin")
        for name in ("zone", "read"):
            with ledger.writing():
                ledger.set_memo(f"sheet.{name}:{stand.sheet_id}/Readings", "Europe/Berlin", NOW)
        hands.types(timestamp="2026-10-25 02:30", meterValue=148)
        notices = told(stand, ledger, stand.sync(ledger))
        assert any("happened twice" in one.text for one in notices)
        assert values(ledger) == [142_300, 145_000]

    def test_a_value_that_was_computed(
        self, stand: Stand, ledger: SqlLedger, hands: Person
    ) -> None:
        """It counts with the fifteen digits that a cell keeps."""
        hands.types(timestamp=TYPED_3, meterValue="=142.1+5.2")
        assert stand.sync(ledger).returned.typed == 1
        assert truth(ledger, reading("1", DAY_3)).value == 147_300_000

    def test_a_row_of_a_person_s_own(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Without a value in a meter's column it is no matter of ours."""
        hands.types(timestamp="a remark", note="spring cleaning")
        done = stand.sync(ledger)
        assert (done.returned[1:], told(stand, ledger, done)) == ((0,) * 6, [])

    def test_into_a_row_that_has_a_key(
        self, stand: Stand, ledger: SqlLedger, hands: Person
    ) -> None:
        """A value that was missing there is a reading of the same instant."""
        hands.edits("inverterKWh", 3, 6.5)
        done = stand.sync(ledger)
        assert (done.returned.typed, told(stand, ledger, done)) == (1, [])
        known = truth(ledger, reading("6.5", DAY_2, INVERTER))
        assert (known.value, known.source) == (6_500_000, Source.SHEET)
        nothing_more(stand, ledger)

    def test_a_thousand_rows(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Pasted at once, they take a few requests."""
        rows = [[f"2025-01-01 00:{n // 60:02}:{n % 60:02}", n / 1000] for n in range(1_000)]
        hands.tab.append_rows(rows, value_input_option="USER_ENTERED")  # type: ignore[arg-type] # gspread's enum
        before = len(stand.requests())
        assert stand.sync(ledger).returned.typed == 1_000
        assert len(stand.requests()) - before <= 4
        nothing_more(stand, ledger)


class TestEdited:
    """A value in a row that bears a key."""

    def test_it_is_a_correction(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """With the cell, and when it was first seen; no row is added, no cell is changed."""
        rows = stand.rows()
        hands.edits("meterValue", 2, 142.8)
        done = stand.sync(ledger)
        assert (done.returned.corrected, done.delivered.rows) == (1, 0)
        known = truth(ledger, reading("1", DAY_1))
        assert (known.value, known.revision, known.source) == (142_800_000, 2, Source.SHEET)
        assert known.reason == "edited in the Sheet (B2), first seen 2026-11-22 12:00:00 CET"
        assert stand.rows() == [rows[0] | {"meterValue": "142.8"}, rows[1]]
        nothing_more(stand, ledger)

    def test_again_and_back(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Each is a correction; also the one that puts the first value back."""
        for revision, value in enumerate((142.8, 143, 142.3, 142.8), start=2):
            hands.edits("meterValue", 2, value)
            stand.sync(ledger)
            known = truth(ledger, reading("1", DAY_1))
            assert (known.amount, known.revision) == (round(value * 1e6), revision)
            nothing_more(stand, ledger)

    def test_to_void(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """The reading never was."""
        hands.edits("meterValue", 2, "void")
        assert stand.sync(ledger).returned.corrected == 1
        assert values(ledger) == [145_000]
        nothing_more(stand, ledger)

    @pytest.mark.fault(29)
    def test_of_what_was_corrected_since(
        self, stand: Stand, ledger: SqlLedger, session: Session, hands: Person
    ) -> None:
        """The later row stands, which is told once; the right cell to edit is in that row."""
        correct(session, reading("1", DAY_1).slot, 142_500_000, "misread")
        stand.sync(ledger)
        hands.edits("meterValue", 2, 150)
        (notice,) = told(stand, ledger, stand.sync(ledger))
        assert notice.about is About.PAST
        assert "B2 says 150 kWh" in notice.text
        assert truth(ledger, reading("1", DAY_1)).value == 142_500_000
        nothing_more(stand, ledger)
        hands.edits("meterValue", 2, 142.3)
        nothing_more(stand, ledger)
        hands.edits("meterValue", 4, 142.6)
        assert stand.sync(ledger).returned.corrected == 1
        assert truth(ledger, reading("1", DAY_1)).value == 142_600_000
        nothing_more(stand, ledger)

    def test_to_what_cannot_be_read(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """It changes nothing, and is told with its cell."""
        hands.edits("meterValue", 2, "about 142")
        (notice,) = told(stand, ledger, stand.sync(ledger))
        assert notice.text.startswith("B2: 'about 142' is not a value")
        assert values(ledger) == [142_300, 145_000]
        nothing_more(stand, ledger)

    def test_to_nothing(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """The reading stands, which is told once; a value put back there is nothing."""
        hands.edits("meterValue", 2, "")
        (notice,) = told(stand, ledger, stand.sync(ledger))
        assert (notice.about, notice.text[:14]) == (About.CLEARED, "B2 was emptied")
        assert values(ledger) == [142_300, 145_000]
        nothing_more(stand, ledger)
        hands.edits("meterValue", 2, 142.3)
        nothing_more(stand, ledger)

    @pytest.mark.parametrize("heading", ["timestamp", "utc"])
    def test_its_time(self, stand: Stand, ledger: SqlLedger, hands: Person, heading: str) -> None:
        """It is told and not applied, for as long as it is so; put back, all is well."""
        old = "2026-02-01 06:00:00" if heading == "timestamp" else "2026-02-01T06:00:00Z"
        new = old.replace("06:00", "09:00")
        hands.tab.update([[new]], hands.cell(heading, 2), raw=heading == "utc")
        (notice,) = told(stand, ledger, stand.sync(ledger))
        assert (notice.about, notice.text.partition(":")[0]) == (About.MOVED, "A2")
        assert values(ledger) == [142_300, 145_000]
        nothing_more(stand, ledger)
        hands.tab.update([[old]], hands.cell(heading, 2), raw=heading == "utc")
        nothing_more(stand, ledger)
        hands.edits("meterValue", 2, 142.8)
        assert stand.sync(ledger).returned.corrected == 1

    def test_anything_else_in_its_row(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """A note is a person's own matter."""
        hands.edits("note", 2, "the grey meter")
        nothing_more(stand, ledger)


class TestRows:
    """That are moved about."""

    @pytest.mark.fault(29)
    def test_deleted(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Told once, never sent again; the reading stands."""
        hands.deletes(2)
        done = stand.sync(ledger)
        assert done.returned.deleted == 1
        (notice,) = told(stand, ledger, done)
        assert notice.text.startswith("the row of meter and inverter at 2026-02-01 07:00:00 CET")
        assert len(stand.rows()) == 1
        assert values(ledger) == [142_300, 145_000]
        nothing_more(stand, ledger)

    def test_all_deleted(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Many are told in few words."""
        record(ledger, *(reading(str(200 + n), f"2026-03-{n:02} 07:00") for n in range(1, 29)))
        stand.sync(ledger)
        hands.tab.delete_rows(2, 31)
        done = stand.sync(ledger)
        assert done.returned.deleted == 30
        notices = told(stand, ledger, done)
        assert len(notices) == 21
        assert any(one.text.startswith("10 more rows were deleted") for one in notices)
        nothing_more(stand, ledger)

    @pytest.mark.fault(29)
    def test_copied(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Told, and nothing else: neither row is taken for an edit of the other."""
        hands.copies(2)
        hands.edits("meterValue", 4, 150)
        (notice,) = told(stand, ledger, stand.sync(ledger))
        assert (notice.about, "row 4 is a copy" in notice.text) == (About.COPIED, True)
        assert values(ledger) == [142_300, 145_000]
        nothing_more(stand, ledger)

    def test_copied_to_type_the_next_one(
        self, stand: Stand, ledger: SqlLedger, hands: Person
    ) -> None:
        """Without the old key and instant it is a row like any that is typed."""
        hands.copies(3)
        hands.edits("timestamp", 4, TYPED_3)
        hands.edits("meterValue", 4, 148)
        told(stand, ledger, stand.sync(ledger))
        hands.edits("key", 4, "")
        (notice,) = told(stand, ledger, stand.sync(ledger))
        assert "it is another time than L4 beside it says" in notice.text
        hands.edits("utc", 4, "")
        assert stand.sync(ledger).returned.typed == 1
        assert values(ledger) == [142_300, 145_000, 148_000]
        nothing_more(stand, ledger)

    @pytest.mark.fault(29)
    def test_sorted_and_moved(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """It is nothing; an edit is known by its key, wherever its row is."""
        hands.types(timestamp=TYPED_3, meterValue=148)
        stand.sync(ledger)
        hands.sorts("timestamp")
        assert stand.rows()[0]["meterValue"] == "148"
        nothing_more(stand, ledger)
        hands.edits("meterValue", 4, 142.8)
        assert stand.sync(ledger).returned.corrected == 1
        assert truth(ledger, reading("1", DAY_1)).value == 142_800_000
        nothing_more(stand, ledger)

    @pytest.mark.fault(29)
    def test_columns_moved(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """They are found by their headings; a person's own between them is left alone."""
        gid = hands.tab.id
        hands.asks(
            {
                "insertDimension": {
                    "range": {
                        "sheetId": gid,
                        "dimension": "COLUMNS",
                        "startIndex": 1,
                        "endIndex": 2,
                    }
                }
            },
            {
                "moveDimension": {
                    "source": {
                        "sheetId": gid,
                        "dimension": "COLUMNS",
                        "startIndex": 3,
                        "endIndex": 4,
                    },
                    "destinationIndex": 1,
                }
            },
        )
        hands.tab.update([["mine"], ["=C2*2"]], "C1", raw=False)
        hands.types(timestamp=TYPED_3, meterValue=148)
        done = stand.sync(ledger)
        assert (done.error, done.returned.typed) == (None, 1)
        nothing_more(stand, ledger)


class TestTheHeader:
    """A heading that is not what it was."""

    def test_renamed(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Nothing is taken in and nothing is written; put back, all goes on."""
        hands.edits("meterValue", 1, "Zähler")
        hands.types(timestamp=TYPED_3, Zähler=148)
        record(ledger, reading("150", "2026-02-04 07:00"))
        done = stand.sync(ledger)
        assert isinstance(done.error, SheetUnfit)
        assert "meterValue" in done.error.message
        assert len(stand.rows()) == 3
        hands.edits("Zähler", 1, "meterValue")
        done = stand.sync(ledger)
        assert (done.error, done.returned.typed, done.delivered.rows) == (None, 1, 1)
        nothing_more(stand, ledger)
