"""The clock of a file: local times to instants, as files of all kinds write them."""

from __future__ import annotations

import pytest

from meterctl.domain.times import HOUR, MINUTE, clock_of, iso_utc, zone_named
from meterctl.errors import TimeError
from meterctl.imports.layout import Label
from meterctl.imports.problems import Unknown
from meterctl.imports.times.clockwork import SkippedTime, Survey
from meterctl.imports.times.moments import Stamp
from tests.helpers import BERLIN
from tests.imports.clocks import (
    Row,
    at,
    both,
    hours,
    local_rows,
    read,
    shown,
    stamp,
    starts,
    survey,
    truth,
)

# Central Europe's own, in English, German and French.
NAMES = [("CEST", "CET"), ("MESZ", "MEZ"), ("HAEC", "HEC")]


class TestDaysWithoutChange:
    """Most days: what a row's one time means, and how long its interval is."""

    def test_quarters_of_an_hour_that_start(self) -> None:
        """The step is the rows' own."""
        rows = starts("2024-01-01 00:00", "2024-01-01 00:15", "2024-01-01 00:30")
        assert shown(read(rows))[0] == "12-31T23:00 12-31T23:15"

    def test_a_day_from_0015_to_midnight_has_ends(self) -> None:
        """Nobody says it: the first and the last label of the file do."""
        labels = [f"2024-01-01 {m // 60:02}:{m % 60:02}" for m in range(15, 24 * 60, 15)]
        rows = starts(*labels, "2024-01-01 24:00")
        assert shown(read(rows, label=None))[0] == "12-31T23:00 12-31T23:15"
        rows = starts(*labels, "2024-01-02 00:00")
        found = survey(rows, label=None)
        assert "a row's time is the end of its interval" in "".join(found.decided)
        assert shown(read(rows, label=None))[-1] == "01-01T22:45 01-01T23:00"

    def test_a_day_from_0000_to_2345_has_starts(self) -> None:
        """Nobody says it: the first and the last label of the file do."""
        labels = [f"2024-01-01 {m // 60:02}:{m % 60:02}" for m in range(0, 24 * 60, 15)]
        assert shown(read(starts(*labels), label=None))[-1] == "01-01T22:45 01-01T23:00"

    def test_hours_that_show_nothing_are_asked_about(self) -> None:
        """A file that begins and ends within a day could be either."""
        with pytest.raises(Unknown, match="starts or ends") as caught:
            survey(starts(*hours("2024-01-01", 5, 6, 7)), label=None)
        assert caught.value.option == "label"
        assert [choice.answer for choice in caught.value.choices] == ["starts", "ends"]

    def test_24_00_ends_a_day_whatever_the_format_says(self) -> None:
        """No interval starts at 24:00."""
        rows = starts("2024-01-01 23:00", "2024-01-01 24:00")
        assert shown(read(rows))[-1] == "01-01T22:00 01-01T23:00"

    def test_a_bare_date_is_its_day(self) -> None:
        """Of 23, 24 or 25 hours."""
        rows = starts("2024-03-30", "2024-03-31", "2024-04-01", "2024-10-27")
        lengths = [(b - a) // HOUR for a, b in read(rows, label=None)]
        assert lengths == [24, 23, 24, 25]

    def test_a_bare_date_alone_is_its_day(self) -> None:
        """Even where no other row shows a rhythm."""
        assert shown(read(starts("2024-05-01"), label=None)) == ["04-30T22:00 05-01T22:00"]

    def test_days_stamped_at_midnight_follow_the_calendar(self) -> None:
        """A daily total at 00:00 is that of the day that begins, of 23 hours in March."""
        rows = starts("2024-03-30 00:00", "2024-03-31 00:00", "2024-04-01 00:00")
        assert shown(read(rows, label=None))[1] == "03-30T23:00 03-31T22:00"

    def test_days_stamped_at_their_last_minute(self) -> None:
        """23:59 ends its day."""
        rows = starts("2024-03-30 23:59", "2024-03-31 23:59", "2024-04-01 23:59")
        assert shown(read(rows, label=None))[1] == "03-30T23:00 03-31T22:00"

    def test_days_stamped_at_the_midnight_that_ends_them(self) -> None:
        """Where the format says so, or the person."""
        rows = starts("2024-03-31 00:00", "2024-04-01 00:00", "2024-04-02 00:00")
        assert shown(read(rows, label=Label.ENDS))[1] == "03-30T23:00 03-31T22:00"

    def test_a_span_that_the_format_knows(self) -> None:
        """It is exact beside an offset, and needs no other row."""
        seen = Survey(BERLIN)
        start = stamp("2024-03-31T00:00:00+01:00")
        seen.see("s", start, None, 24 * HOUR)
        placing = seen.decide(Label.STARTS).begin()
        assert placing.interval("s", start, None, 24 * HOUR) == (
            at("2024-03-30T23:00"),
            at("2024-03-31T23:00"),
        )

    def test_hours_stamped_at_any_minute(self) -> None:
        """A device that writes at 34 past is asked about: no last minute is 34."""
        rows = starts("2024-01-01 00:34", "2024-01-01 01:34", "2024-01-01 02:34")
        with pytest.raises(Unknown, match="starts or ends"):
            survey(rows, label=None)
        assert shown(read(rows, label=Label.ENDS))[0] == "12-31T22:34 12-31T23:34"

    def test_months(self) -> None:
        """By name, by their first day, or by their last one."""
        first, second = "12-31T23:00 01-31T23:00", "01-31T23:00 02-29T23:00"
        for texts in (
            ("2024-01", "2024-02"),
            ("2024-01-01", "2024-02-01"),
            ("2024-01-31", "2024-02-29"),
            ("2024-01-01 00:00", "2024-02-01 00:00"),
        ):
            assert shown(read(starts(*texts), label=None)) == [first, second]

    def test_years(self) -> None:
        """A bare year is all of it."""
        assert read(starts("2024", "2025")) == [
            (at("2023-12-31T23:00"), at("2024-12-31T23:00")),
            (at("2024-12-31T23:00"), at("2025-12-31T23:00")),
        ]

    def test_rows_without_rhythm(self) -> None:
        """How long each interval is cannot be told: each row says so."""
        rows = starts("2024-01-01 10:03", "2024-01-01 17:21", "2024-01-02 09:59")
        with pytest.raises(TimeError, match="no rhythm"):
            read(rows)

    @pytest.mark.parametrize(
        "dates",
        [
            ("2024-01-15", "2024-02-14", "2024-03-15"),
            ("2024-01-15", "2024-02-14", "2024-03-15", "2024-04-16", "2024-05-15", "2024-06-14"),
        ],
    )
    def test_bills_of_a_month_or_so(self, dates: tuple[str, ...]) -> None:
        """They are neither of a day nor of thirty: without their other end, each is told."""
        with pytest.raises(TimeError, match="no rhythm"):
            read(starts(*dates), label=Label.ENDS)

    def test_rows_may_be_missing(self) -> None:
        """A gap does not change the step."""
        rows = starts(*hours("2024-01-01", 0, 1, 2, 7, 8, 12, 13))
        assert {b - a for a, b in read(rows)} == {HOUR}

    def test_a_series_with_one_row_takes_the_step_of_the_others(self) -> None:
        """One value of the feed-in among a day's of the supply."""
        seen = Survey(BERLIN)
        for text in hours("2024-01-01", 0, 1, 2):
            seen.see("other", stamp(text))
        seen.see("s", stamp("2024-01-01 01:00"))
        placing = seen.decide(Label.STARTS).begin()
        assert placing.interval("s", stamp("2024-01-01 01:00"), None) == (
            at("2024-01-01T00:00"),
            at("2024-01-01T01:00"),
        )

    @pytest.mark.parametrize("ends", [False, True])
    def test_half_hours_that_become_quarters(self, ends: bool) -> None:
        """Meters are set to another rhythm: each row is as long as its neighbours."""
        true = [(at("2024-01-01T00:00") + n * 30 * MINUTE, 30 * MINUTE) for n in range(40)]
        true += [(at("2024-01-01T20:00") + n * 15 * MINUTE, 15 * MINUTE) for n in range(60)]
        expected = [(a, a + length) for a, length in true]
        rows: list[Row] = [(Stamp(clock_of(b if ends else a, BERLIN)), None) for a, b in expected]
        label = Label.ENDS if ends else Label.STARTS
        assert read(rows, BERLIN, label) == expected
        assert read(rows[::-1], BERLIN, label) == expected[::-1]
        if not ends:
            told = "rows step by 30 min, by 15 min from 2024-01-01 21:00 on"
            assert told in survey(rows).decided

    def test_an_hourly_column_among_quarters(self) -> None:
        """It is blank in three of four rows: those are no part of its rhythm."""
        texts = [f"2024-01-01 {m // 60:02}:{m % 60:02}" for m in range(0, 12 * 60, 15)]
        seen = Survey(BERLIN)
        for place, text in enumerate(texts):
            seen.see("s", stamp(text), blank=place % 4 != 0)
        placing = seen.decide(Label.STARTS).begin()
        found = [placing.interval("s", stamp(text), None) for text in texts]
        assert shown(found[:5:4]) == ["12-31T23:00 01-01T00:00", "01-01T00:00 01-01T01:00"]

    def test_six_hours_go_by_the_wall(self) -> None:
        """On the day the clock is set back one of them has seven."""
        rows = starts("2023-10-29 00:00", "2023-10-29 06:00", "2023-10-29 12:00")
        assert [(b - a) // HOUR for a, b in read(rows)] == [7, 6, 6]


class TestStartAndEnd:
    """Rows that say both."""

    def test_an_end_at_midnight_without_its_date(self) -> None:
        """23:45 to 00:00 of the same date ends on the next day."""
        rows = both("2024-01-01 23:30 to 2024-01-01 23:45", "2024-01-01 23:45 to 2024-01-01 00:00")
        assert shown(read(rows))[1] == "01-01T22:45 01-01T23:00"

    @pytest.mark.parametrize(
        "texts",
        [
            ("2024-01-01 00:00 to 2024-01-01 00:59", "2024-01-01 01:00 to 2024-01-01 01:59"),
            ("2024-01-01 00:00 to 2024-01-01 00:59:59", "2024-01-01 01:00 to 2024-01-01 01:59:59"),
            ("2024-01-01 00:00 to 2024-01-01 01:00", "2024-01-01 01:00 to 2024-01-01 02:00"),
        ],
    )
    def test_an_end_in_the_last_minute(self, texts: tuple[str, ...]) -> None:
        """00:59 means until 01:00."""
        assert shown(read(both(*texts))) == ["12-31T23:00 01-01T00:00", "01-01T00:00 01-01T01:00"]

    def test_ends_in_the_last_millisecond_of_a_repeated_hour(self) -> None:
        """01:59:59.999 means until 02:00, so that the rows are an hour long there as well."""
        rows = both(*(f"2023-10-29 {n:02}:00 to 2023-10-29 {n:02}:59:59.999" for n in (1, 2, 2, 3)))
        found = read(rows)
        assert [b - a for a, b in found] == [HOUR] * 4
        assert [a for a, _ in found] == [found[0][0] + n * HOUR for n in range(4)]

    def test_ends_that_happen_to_lie_so(self) -> None:
        """A charge from 10:00 to 10:34 ends at 10:34: not all rows end in a last minute."""
        rows = both(
            "2024-01-01 10:00 to 2024-01-01 10:34",
            "2024-01-02 10:00 to 2024-01-02 11:13",
            "2024-01-03 08:02 to 2024-01-03 11:10",
        )
        assert shown(read(rows))[0] == "01-01T09:00 01-01T09:34"

    def test_bills_whose_last_day_is_the_next_ones_first(self) -> None:
        """The end does not belong to the interval."""
        rows = both("2024-01-10 to 2024-02-08", "2024-02-08 to 2024-03-12")
        assert shown(read(rows))[0] == "01-09T23:00 02-07T23:00"

    def test_bills_whose_last_day_belongs_to_them(self) -> None:
        """The next one starts on the day after."""
        rows = both("2024-01-10 to 2024-02-07", "2024-02-08 to 2024-03-11")
        assert shown(read(rows))[0] == "01-09T23:00 02-07T23:00"

    def test_one_bill_of_a_whole_month(self) -> None:
        """1 to 31 January is January; from 1 January to 1 February is, too."""
        january = ["12-31T23:00 01-31T23:00"]
        assert shown(read(both("2024-01-01 to 2024-01-31"))) == january
        assert shown(read(both("2024-01-01 to 2024-02-01"))) == january

    def test_one_bill_that_does_not_say(self) -> None:
        """Whether its last day belongs to it is not guessed."""
        with pytest.raises(TimeError, match="itself belongs"):
            read(both("2024-01-10 to 2024-02-12"))

    def test_no_length(self) -> None:
        """An interval that ends where it starts is none."""
        rows = [*both("2024-01-01 10:00 to 2024-01-01 11:00")] * 3
        rows += both("2024-01-01 12:00 to 2024-01-01 12:00")
        with pytest.raises(TimeError, match="no length"):
            read(rows)


class TestTheRepeatedHour:
    """29 October 2023 in Berlin: 02:00 to 03:00 was there twice."""

    HOURS = ("10-29T00:00 10-29T01:00", "10-29T01:00 10-29T02:00")

    def test_hours(self) -> None:
        """02:00 twice: the first is summer's."""
        rows = starts(*hours("2023-10-29", 0, 1, 2, 2, 3, 4))
        found = survey(rows)
        assert tuple(shown(read(rows))[2:4]) == self.HOURS
        assert (
            "on 2023-10-29 the clock showed 02:00 to 03:00 twice: told apart by their order in the "
            "file (2 values)" in found.decided
        )

    def test_once(self) -> None:
        """A file that has it once: the first is taken, and that is said."""
        rows = starts(*hours("2023-10-29", 0, 1, 2, 3, 4))
        assert shown(read(rows))[2] == self.HOURS[0]
        assert "taken as the first (1 value)" in "".join(survey(rows).decided)
        assert read(rows[::-1])[2] == read(rows)[2]

    @pytest.mark.parametrize("labels", [(1, 2, 2, 3, 4), (1, 2, 3, 3, 4)])
    def test_ends(self, labels: tuple[int, ...]) -> None:
        """Labels that end: true ones are 02:00 twice, run on from the start 03:00 twice."""
        rows = starts(*hours("2023-10-29", *labels))
        found = read(rows, label=Label.ENDS)
        assert [b - a for a, b in found] == [HOUR] * 5
        assert shown(found)[1] == "10-28T23:00 10-29T00:00"
        assert [a for a, _ in found] == [found[0][0] + n * HOUR for n in range(5)]

    def test_a_register_read_in_it(self) -> None:
        """One reading at 02:30 is taken as the first; two are told apart by their order."""
        for texts, instants in (
            (["2023-10-29 02:30"], ["00:30"]),
            (["2023-10-29 02:30", "2023-10-29 02:30"], ["00:30", "01:30"]),
            (["2023-10-29 02:40", "2023-10-29 02:10"], ["00:40", "01:10"]),
        ):
            rows = starts("2023-10-29 01:10", *texts, "2023-10-29 05:00")
            placing = survey(rows, registers=["s"]).begin()
            found = [placing.register("s", one) for one, _ in rows if one is not None]
            assert [iso_utc(instant)[11:16] for instant in found[1:-1]] == instants

    def test_a_section_that_starts_over(self) -> None:
        """The same series a second time in the file is counted anew."""
        rows = starts(*hours("2023-10-29", 0, 1, 2, 2, 3, 4)) * 2
        found = read(rows)
        assert found[:6] == found[6:]

    def test_the_newest_day_first(self) -> None:
        """Days in descending order, each of them ascending."""
        rows = starts(
            *hours("2023-10-30", *range(24)), *hours("2023-10-29", 0, 1, 2, *range(2, 24))
        )
        rows += starts(*hours("2023-10-28", *range(24)))
        assert sorted(read(rows)) == [
            (at("2023-10-27T22:00") + n * HOUR, at("2023-10-27T23:00") + n * HOUR)
            for n in range(73)
        ]

    def test_hours_set_back_by_half_an_hour(self) -> None:
        """On Lord Howe Island an hour's label stands there once, and is the second."""
        zone = zone_named("Australia/Lord_Howe")
        rows = local_rows(zone, "2024-04-06", 2, 60)
        assert read(rows, zone) == truth(zone, "2024-04-06", 2, 60)

    @pytest.mark.parametrize(("summer", "winter"), NAMES)
    def test_with_names(self, summer: str, winter: str) -> None:
        """They say which is which, in any order and language."""
        labels = (f"02:00 {winter}", f"02:00 {summer}", f"03:00 {winter}")
        rows = starts(*(f"2023-10-29 {label}" for label in labels))
        assert shown(read(rows))[:2] == [self.HOURS[1], self.HOURS[0]]


class TestTheSkippedHour:
    """31 March 2024 in Berlin: there was no 02:00 to 03:00."""

    def test_not_there(self) -> None:
        """Nothing is missing."""
        rows = starts(*hours("2024-03-31", 0, 1, 3, 4))
        assert [a for a, _ in read(rows)] == [at("2024-03-30T23:00") + n * HOUR for n in range(4)]

    def test_instead_of_the_next(self) -> None:
        """02:00 with a value, and no 03:00: it is the hour after."""
        rows = starts(*hours("2024-03-31", 0, 1, 2, 4))
        assert [a for a, _ in read(rows)] == [at("2024-03-30T23:00") + n * HOUR for n in range(4)]
        assert "stand for the hour after" in "".join(survey(rows).decided)

    @pytest.mark.parametrize(
        "row",
        [
            "2024-03-31 01:45 to 2024-03-31 02:00",
            "2024-03-31 01:45 to 2024-03-31 03:00",
        ],
    )
    def test_the_row_before_it(self, row: str) -> None:
        """It ends with the change, whichever clock its end goes by."""
        rows = both("2024-03-31 01:30 to 2024-03-31 01:45", row)
        rows += both("2024-03-31 03:00 to 2024-03-31 03:15", "2024-03-31 03:15 to 2024-03-31 03:30")
        assert shown(read(rows))[1:3] == ["03-31T00:45 03-31T01:00", "03-31T01:00 03-31T01:15"]

    def test_a_row_instead_of_the_next(self) -> None:
        """The hour after, labelled with the skipped one in any way, is that hour."""
        for row in ("02:00 to 2024-03-31 03:00", "02:00 to 2024-03-31 04:00"):
            rows = both("2024-03-31 00:00 to 2024-03-31 01:00", f"2024-03-31 {row}")
            rows += both("2024-03-31 04:00 to 2024-03-31 05:00")
            rows += both("2024-03-31 05:00 to 2024-03-31 06:00")
            assert shown(read(rows))[1] == "03-31T01:00 03-31T02:00"

    def test_empty(self) -> None:
        """02:00 with nothing or zero in it: a time of its own kind, that may be left out."""
        rows = starts(*hours("2024-03-31", 0, 1, 2, 3, 4))
        placing = survey(rows, empty=[2]).begin()
        for start, _ in rows[:2]:
            placing.interval("s", start, None)
        with pytest.raises(SkippedTime, match="did not exist"):
            placing.interval("s", rows[2][0], None)
        assert placing.interval("s", rows[3][0], None)[0] == at("2024-03-31T01:00")

    def test_with_values_in_both(self) -> None:
        """02:00 and 03:00 both: standard time. Which one is asked."""
        rows = starts(*hours("2024-03-31", *range(24)))
        with pytest.raises(Unknown, match="not its clock's") as caught:
            survey(rows)
        assert caught.value.option == "zone"
        assert [choice.answer for choice in caught.value.choices] == ["+01:00", "UTC"]
        found = read(rows, zone_named("+01:00"))
        assert [a for a, _ in found] == [at("2024-03-30T23:00") + n * HOUR for n in range(24)]

    def test_a_year_of_nights_without_sun(self) -> None:
        """02:00 is zero as are 01:00 and 03:00, and in autumn it is there once: asked.

        In spring alone it is left out; beside hours with values it is plainly the skipped one.
        """
        spring = starts(*hours("2024-03-31", *range(24)))
        autumn = starts(*hours("2024-10-27", *range(24)))
        with pytest.raises(Unknown, match="not its clock's"):
            survey(spring + autumn, empty=range(48))
        assert "times in it have nothing or 0" in survey(spring, empty=range(24)).decided[-1]
        assert "times in it have nothing or 0" in survey(spring + autumn, empty=[2]).decided[-2]

    def test_with_values_in_both_where_the_zone_was_told(self) -> None:
        """Then it is the person's word: the rows of the skipped hour are refused one by one."""
        rows = starts(*hours("2024-03-31", *range(24)))
        found = survey(rows, told=True)
        placing = found.begin()
        with pytest.raises(SkippedTime):
            placing.interval("s", rows[2][0], None)
        assert placing.interval("s", rows[3][0], None)[0] == at("2024-03-31T01:00")
        assert "times in it are refused (1 value)" in found.decided[-1]

    def test_a_register_read_in_it(self) -> None:
        """A reading typed by hand at a time that never was is wrong by itself."""
        rows = starts("2024-03-31 02:30", "2024-03-31 09:00")
        placing = survey(rows, registers=["s"]).begin()
        with pytest.raises(TimeError, match="did not exist"):
            placing.register("s", stamp("2024-03-31 02:30"))
        assert placing.register("s", stamp("2024-03-31 09:00")) == at("2024-03-31T07:00")

    def test_a_register_read_by_a_machine(self) -> None:
        """A dial read every hour, at 02:00 and 03:00 as well: standard time."""
        rows = starts(*hours("2024-03-31", *range(24)))
        with pytest.raises(Unknown, match="not its clock's"):
            survey(rows, registers=["s"])

    def test_a_day_that_began_at_one(self) -> None:
        """Where midnight itself was skipped, the day begins with the change."""
        zone = zone_named("America/Sao_Paulo")
        found = read(starts("2018-11-03", "2018-11-04"), zone)
        assert [(b - a) // HOUR for a, b in found] == [24, 23]
        assert found[0][1] == found[1][0]


class TestAnotherClock:
    """Times that are not those of the zone."""

    @pytest.mark.parametrize("minutes", [15, 30, 60])
    def test_set_back_on_another_day(self, minutes: int) -> None:
        """A file of New York read as Berlin's: its clock was set back in November."""
        rows = local_rows(zone_named("America/New_York"), "2023-11-04", 3, minutes)
        with pytest.raises(Unknown, match="set back on 2023-11-05") as caught:
            survey(rows)
        assert "America/New_York" in [choice.answer for choice in caught.value.choices]
        with pytest.raises(Unknown, match="set back"):
            survey(rows, zone_named("UTC"))

    def test_rows_that_stand_there_twice(self) -> None:
        """A day's rows printed twice are no clock's doing."""
        rows = starts(*(one for hour in range(24) for one in hours("2023-06-04", hour, hour)))
        assert len(set(read(rows))) == 24

    def test_a_name_that_the_zone_does_not_have(self) -> None:
        """EST in Berlin is asked about, unless the zone was told."""
        rows = starts("2024-01-01 00:00 EST", "2024-01-01 01:00 EST")
        with pytest.raises(Unknown, match="times say EST") as caught:
            survey(rows)
        assert caught.value.option == "zone"
        assert read(rows, told=True)[0][0] == at("2023-12-31T23:00")

    def test_gmt_in_a_summer_of_london(self) -> None:
        """It may be sloppy or meant: asked."""
        rows = starts("2024-07-01 00:00 GMT", "2024-07-01 01:00 GMT")
        with pytest.raises(Unknown, match="times say GMT on 2024-07-01") as caught:
            survey(rows, zone_named("Europe/London"))
        answers = [choice.answer for choice in caught.value.choices]
        assert answers == ["+00:00", "Europe/London"]
        assert read(rows, BERLIN)[0][0] == at("2024-07-01T00:00")

    @pytest.mark.parametrize(("summer", "winter"), NAMES)
    def test_names_that_mean_one_offset_everywhere(self, summer: str, winter: str) -> None:
        """Those of central Europe, in a file that is read as another zone's."""
        rows = starts(f"2024-01-01 01:00 {winter}", f"2024-01-01 03:00 {summer}")
        found = read(rows, zone_named("America/New_York"))
        assert [a for a, _ in found] == [at("2024-01-01T00:00"), at("2024-01-01T01:00")]

    def test_an_offset_that_changes(self) -> None:
        """Days with the offsets of another zone than the one set keep their true lengths."""
        rows = starts(
            "2025-03-08T00:00:00-08:00", "2025-03-09T00:00:00-08:00", "2025-03-10T00:00:00-07:00"
        )
        for zone in (zone_named("America/Los_Angeles"), BERLIN):
            assert [(b - a) // HOUR for a, b in read(rows, zone)] == [24, 23, 24]
            assert [(b - a) // HOUR for a, b in read(rows[::-1], zone)] == [24, 23, 24]

    def test_days_of_utc(self) -> None:
        """They have 24 hours wherever they are read."""
        rows = starts("2024-03-30T00:00:00Z", "2024-03-31T00:00:00Z", "2024-04-01T00:00:00Z")
        for zone in (BERLIN, zone_named("Europe/London")):
            assert [(b - a) // HOUR for a, b in read(rows, zone)] == [24, 24, 24]
