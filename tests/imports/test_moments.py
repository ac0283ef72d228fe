"""Time texts of any export: what the wall clock showed, and which number of a date is the day."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.domain.times import DAY, HOUR, MINUTE
from meterctl.errors import TimeError
from meterctl.imports.layout import Order
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.times.moments import Stamp, Texts, Unit
from tests.imports.clocks import at as clock


def stamps(*texts: str, order: Order | None = None, known: Order | None = None) -> list[Stamp]:
    """What a column of texts says."""
    column = Texts()
    for text in texts:
        column.see(text)
    reader = column.decide(order, known)
    return [reader.read(text) for text in texts]


def one(text: str, order: Order | None = Order.DMY) -> Stamp:
    """What one text says."""
    return stamps(text, order=order)[0]


def days(*texts: str, order: Order | None = None, known: Order | None = None) -> list[str]:
    """The days that a column of texts is of."""
    found = stamps(*texts, order=order, known=known)
    return [(date(1970, 1, 1) + timedelta(stamp.clock // DAY)).isoformat() for stamp in found]


TIMED = clock("2023-10-23T14:30:00")


@pytest.mark.parametrize(
    "text",
    [
        "2023-10-23T14:30:00",
        "2023-10-23 14:30",
        " 2023-10-23  14:30 ",
        "2023-10-23\u00a014:30",
        "'2023-10-23 14:30",
        '="2023-10-23 14:30"',
        "2023-10-23T14:30:00.000",
        "2023-10-23T14:30:00:000",
        "2023/10/23 14:30:00",
        "2023.10.23 14:30",
        "20231023 14:30",
        "20231023 1430",
        "20231023T143000",
        "202310231430",
        "20231023143000",
        "23.10.2023 14:30:00",
        "23.10.2023, 14:30",
        "23.10.2023 14.30",
        "23.10.2023 14:30 Uhr",
        "23.10.2023 klo 14:30",
        "23-10-2023 kl. 14:30",
        "2023. 10. 23. 14:30",
        "2023年10月23日 14時30分",
        "2023년 10월 23일 14:30",
        "23 października 2023 14:30",
        "23 Ekim 2023 14:30",
        "23 окт. 2023 14:30",
        "23.10.2023 um 14:30 Uhr",
        "23.10.23 14:30",
        "23/10/2023 14h30",
        "23/10/2023 1430",
        "23/10/2023 2:30 PM",
        "23/10/23, 2:30\u202fPM",
        "23/10/23 02:30:00 p. m.",
        "23/10/2023 14:30 PM",
        "23-10-2023 14:30",
        "23-OCT-23 14:30",
        "23/Oct/2023 14:30",
        "23 Oct 2023 14:30",
        "Oct 23, 2023 2:30 PM",
        "Mon, 23 Oct 2023 14:30",
        "Monday, October 23rd, 2023 14:30",
        "Mo 23.10.2023 14:30",
        "lun. 23 oct. 2023 14:30",
        "23 octobre 2023 à 14:30",
        "23. Oktober 2023 14:30",
        "23 ottobre 2023 14:30",
        "23 de octubre de 2023 14:30",
        "23 oktober 2023 14:30",
        "14:30 23.10.2023",
        "2:30 PM 23/10/2023",
    ],
)
def test_ways_to_write_one_moment(text: str) -> None:
    """Whatever the country: one clock reading, without an offset."""
    assert one(text) == Stamp(TIMED)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2023-10-23T14:30:00Z", 0),
        ("2023-10-23T14:30:00+02:00", 2),
        ("2023-10-23 14:30:00 -0500", -5),
        ("2023-10-23 14:30:00+02", 2),
        ("2023-10-23 14:30:00 −05:00", -5),
        ("2023-10-23 14:30 UTC", 0),
        ("2023-10-23 14:30 GMT+0200", 2),
        ("20231023T143000Z", 0),
        ("2023-10-23T14:30+02:00[Europe/Berlin]", 2),
        ("Mon Oct 23 2023 14:30:00 GMT+0200 (Central European Summer Time)", 2),
        ("1698071400", 0),
        ("1698071400000", 0),
        ("1698071400000000", 0),
        ("1698071400000000000", 0),
        ("1698071400.0", 0),
    ],
)
def test_offsets(text: str, hours: int) -> None:
    """An offset is kept, so that the time is one instant."""
    assert one(text) == Stamp(TIMED, hours * HOUR)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("23.10.2023 14:30 CEST", "CEST"),
        ("2023-10-23 14:30:00 EDT", "EDT"),
        ("2023-10-23 14:30:00 GMT", "GMT"),
        ("Mon Oct 23 14:30:00 CEST 2023", "CEST"),
        ("2023-10-23 14:30:00 America/New_York", "America/New_York"),
    ],
)
def test_names_of_zones(text: str, name: str) -> None:
    """A name is kept: what it means depends on the zone, even GMT in a British summer."""
    assert one(text) == Stamp(TIMED, None, name)


@pytest.mark.parametrize(
    ("text", "first", "unit"),
    [
        ("2023-10-23", "2023-10-23", Unit.DAY),
        ("23.10.2023", "2023-10-23", Unit.DAY),
        ("3.1.2023", "2023-01-03", Unit.DAY),
        ("3. 1. 2023", "2023-01-03", Unit.DAY),
        ("20231023", "2023-10-23", Unit.DAY),
        ("23102023", "2023-10-23", Unit.DAY),
        ("So 29.10.2023", "2023-10-29", Unit.DAY),
        ("mar. 3 mars 2023", "2023-03-03", Unit.DAY),
        ("Mar 3, 2023", "2023-03-03", Unit.DAY),
        ("1er août 2023", "2023-08-01", Unit.DAY),
        ("2024-09", "2024-09-01", Unit.MONTH),
        ("09/2024", "2024-09-01", Unit.MONTH),
        ("202409", "2024-09-01", Unit.MONTH),
        ("September 2024", "2024-09-01", Unit.MONTH),
        ("März 2024", "2024-03-01", Unit.MONTH),
        ("févr. 2024", "2024-02-01", Unit.MONTH),
        ("2024", "2024-01-01", Unit.YEAR),
        ("31.12.99", "1999-12-31", Unit.DAY),
    ],
)
def test_whole_days_months_and_years(text: str, first: str, unit: Unit) -> None:
    """Without a time of day, the whole of it is meant."""
    assert one(text) == Stamp(clock(first), None, None, False, unit)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("12:00 AM", 0),
        ("12:30 am", 30 * MINUTE),
        ("12:00 PM", 12 * HOUR),
        ("11:59 p.m.", DAY - MINUTE),
    ],
)
def test_halves_of_the_day(text: str, time: int) -> None:
    """Twelve comes first."""
    assert one(f"2023-10-23 {text}").clock == clock("2023-10-23") + time


def test_24_00_ends_its_day() -> None:
    """It is the next midnight, and known to be an end."""
    assert one("23.10.2023 24:00") == Stamp(clock("2023-10-24"), ends_day=True)
    assert not one("24.10.2023 00:00").ends_day


def test_times_without_a_colon() -> None:
    """`15` is an hour where no number is longer, a quarter past midnight where some are."""
    assert [stamp.clock % DAY for stamp in stamps("2023-10-23 0", "2023-10-23 15")] == [
        0,
        15 * HOUR,
    ]
    quarters = stamps("2023-10-23 0", "2023-10-23 15", "2023-10-23 100", "2023-10-23 2345")
    assert [stamp.clock % DAY for stamp in quarters] == [
        0,
        15 * MINUTE,
        HOUR,
        23 * HOUR + 45 * MINUTE,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Total",
        "Summe 2023",
        "12.5",
        "1234567",
        "2023-10-23 25:00",
        "2023-10-23 24:15",
        "2023-10-23 12:60",
        "2023-10-23 13:00 AM",
        "2023-10-23T14:30:00+27:00",
        "2023-13-01",
        "31/02/2023",
        "23 Oct",
        "2023-10-23 00:00 - 00:15",
        "2023-10-23 14:30 kWh 5",
        "10/23/2023",
    ],
)
def test_what_is_no_time(text: str) -> None:
    """It is refused in one line, with a hint."""
    with pytest.raises(TimeError) as caught:
        one(text)
    assert caught.value.hint
    assert "\n" not in caught.value.message


class TestWhichNumberIsTheDay:
    """10/12/2022: by what the whole column shows."""

    def test_a_number_above_twelve(self) -> None:
        """One such date decides for all."""
        assert days("10/12/2022", "13/12/2022") == ["2022-12-10", "2022-12-13"]
        assert days("10/12/2022", "10/13/2022") == ["2022-10-12", "2022-10-13"]

    def test_it_beats_what_the_format_does(self) -> None:
        """A format's habit counts only where the file shows nothing."""
        assert days("10/12/2022", "13/12/2022", known=Order.MDY)[0] == "2022-12-10"
        assert days("10/12/2022", known=Order.MDY) == ["2022-10-12"]

    def test_rows_that_follow_on(self) -> None:
        """Quarters of an hour go on from day to day under one order only."""
        texts = [
            f"{day:02}/12/2022 {m // 60:02}:{m % 60:02}"
            for day in (10, 11, 12)
            for m in range(0, 24 * 60, 15)
        ]
        assert days(*texts)[0] == "2022-12-10"
        assert days(*texts[::-1])[0] == "2022-12-12"
        assert days(*(f"12/{text[:2]}{text[5:]}" for text in texts))[0] == "2022-12-10"

    def test_dates_that_run_to_and_fro_under_the_other_order(self) -> None:
        """A diary typed by hand is in order: it is not under the wrong reading."""
        diary = ("05/01/2023", "02/02/2023", "07/03/2023", "01/04/2023", "08/05/2023", "03/06/2023")
        assert days(*diary)[:2] == ["2023-01-05", "2023-02-02"]
        assert days(*diary[::-1])[-1] == "2023-01-05"

    def test_bare_days_that_could_be_months(self) -> None:
        """The first of each month, or the first days of one: asked, with what each would be."""
        with pytest.raises(Unknown, match="two ways") as caught:
            days("01/03/2024", "01/04/2024", "01/05/2024", "01/06/2024")
        assert caught.value.option == "order"
        assert [(choice.answer, choice.meaning) for choice in caught.value.choices] == [
            ("dmy", "day/month/year: 01/03/2024 is 1 March 2024"),
            ("mdy", "month/day/year: 01/03/2024 is 3 January 2024"),
        ]

    def test_one_day(self) -> None:
        """A file of a single day shows nothing."""
        with pytest.raises(Unknown, match="two ways"):
            days(*(f"10/12/2022 {hour:02}:00" for hour in range(24)))

    def test_a_day_equal_to_its_month_needs_no_order(self) -> None:
        """10/10/2022 is the same either way, but the file's other dates are not known to be."""
        with pytest.raises(Unknown, match="two ways"):
            days("10/10/2022", "11/10/2022")

    def test_dots(self) -> None:
        """Nobody writes the month first with dots."""
        assert days("10.12.2022") == ["2022-12-10"]

    def test_the_year_first_in_two_digits(self) -> None:
        """24/01/15 and so on: the same day of sixteen years, or sixteen days of one month."""
        found = days(*(f"24/01/{day} 12:00" for day in range(10, 26)))
        assert found[0] == "2024-01-10"
        assert days(*(f"{day}/01/24 12:00" for day in range(10, 26)))[0] == "2024-01-10"
        assert days("24/01/21", "24/01/22", "24/01/23")[0] == "2021-01-24"

    def test_months_with_short_years(self) -> None:
        """Oct-23 is a month where months follow it, and a day without a year where days do."""
        assert days("Nov-23", "Dec-23", "Jan-24")[-1] == "2024-01-01"
        with pytest.raises(Stop, match="no year"):
            days("Oct-23", "Oct-24", "Oct-25")

    def test_the_persons_word(self) -> None:
        """It beats all; a row that cannot be so fails by itself."""
        assert days("10/12/2022", order=Order.MDY) == ["2022-10-12"]
        with pytest.raises(TimeError, match="no date where the month comes first"):
            days("13/12/2022", order=Order.MDY)

    def test_dates_that_do_not_agree(self) -> None:
        """One only day/month, another only month/day: asked, with both shown."""
        with pytest.raises(Unknown, match=r"'13/12/2022'.*'12/14/2022'"):
            days("13/12/2022", "12/14/2022")

    def test_a_date_that_is_none_does_not_decide(self) -> None:
        """13/13/2022 is wrong either way: its own row says so."""
        column = Texts()
        for text in ("13/13/2022", "14/12/2022"):
            column.see(text)
        reader = column.decide()
        with pytest.raises(TimeError):
            reader.read("13/13/2022")
        assert reader.read("14/12/2022").clock == clock("2022-12-14")


@given(st.integers(clock("1971-01-01"), clock("2069-12-31")), st.booleans())
def test_a_time_reads_the_same_first_and_again(instant: int, month_first: bool) -> None:
    """What was read once and looked up later is the same, in any of these forms."""
    order = Order.MDY if month_first else Order.DMY
    day = "%m/%d" if month_first else "%d/%m"
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant // 1_000)
    for form in (
        "%Y-%m-%dT%H:%M:%S",
        f"{day}/%Y %H:%M:%S",
        f"{day}/%Y %I:%M:%S %p",
        f"{day}/%y, %I:%M:%S %p",
        "%d %b %Y %H:%M:%S",
        "%a, %d %B %Y %H:%M:%S",
    ):
        text = when.strftime(form)
        column = Texts()
        column.see(text)
        reader = column.decide(order)
        expected = Stamp(instant // 1_000 * 1_000)
        assert (reader.read(text), reader.read(text)) == (expected, expected)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """No other exception than ours comes out of any text."""
    read_or_refuse(text)


def read_or_refuse(text: str) -> None:
    """Read a text, which may be no time."""
    column = Texts()
    column.see(text)
    with suppress(TimeError):
        column.decide(Order.DMY).read(text)


@given(st.text("0123456789/-.: TZAPMapm+hOct,'\u00a0", max_size=30))
def test_any_text_like_a_time_is_one_or_refused(text: str) -> None:
    """Nor out of any text of digits and signs."""
    read_or_refuse(text)
