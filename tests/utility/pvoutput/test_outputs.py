"""Days' totals at PVOutput."""

from __future__ import annotations

from typing import Any

import pytest

from meterctl.utility.port import (
    Accepted,
    Lost,
    NotTaken,
    NotThere,
    Refused,
    Rejected,
    Request,
)
from tests.utility.pvoutput.systems import AT, DAY, KEY, MADE, USED, Stand, submitted
from tests.utility.wild import answer, answering, wild

EXPORTED = MADE._replace(key="m1-exp", meter="out", direction="to_grid", value=5_000_000)


class TestAccepted:
    """It says that it added the day."""

    def test_generation(self, stand: Stand) -> None:
        """In whole watt hours, on the local day; it is found again."""
        way = stand.way()
        assert isinstance(way.ask(MADE, 5), NotThere)
        outcome = submitted(way)
        assert isinstance(outcome, Accepted)
        assert outcome.receipt == "20261121 g 12345 Wh"
        assert stand.energies() == [("2026-11-21", "g", 12_345)]
        found = stand.way().ask(MADE, 5)
        assert isinstance(found, Accepted)
        assert found.receipt == outcome.receipt

    @pytest.mark.parametrize(
        ("request_", "field"),
        [
            (USED, "c"),
            (USED._replace(direction="from_grid"), "ip"),
            (EXPORTED, "e"),
        ],
    )
    def test_directions(self, stand: Stand, request_: Request, field: str) -> None:
        """Each has a place of its own in the day."""
        submitted(stand.way())
        submitted(stand.way(), request_)
        assert [name for _, name, _ in stand.energies()] == ["g", field]
        assert isinstance(stand.way().ask(request_, 5), Accepted)

    def test_place_of_a_meter(self, stand: Stand) -> None:
        """A second tariff goes where the settings say."""
        night = USED._replace(meter="night", direction="from_grid")
        submitted(stand.way())
        submitted(stand.way('[meters.night]\nfield = "io"\n'), night)
        assert stand.energies()[1:] == [("2026-11-21", "io", 8_000)]

    def test_local_day(self, stand: Stand) -> None:
        """Half an hour after Berlin's midnight is the new day, and in UTC the old one."""
        assert isinstance(submitted(stand.way(), at=AT - 20 * 3_600_000 + 1_800_000), Accepted)
        assert stand.energies()[0][0] == "2026-11-21"

    def test_twice(self, stand: Stand) -> None:
        """A repetition is harmless: the day is written over with the same."""
        for _ in range(2):
            assert isinstance(submitted(stand.way()), Accepted)
        assert isinstance(stand.way().ask(MADE, 5), Accepted)

    def test_correction(self, stand: Stand) -> None:
        """A later truth takes the place of the day's total."""
        submitted(stand.way())
        assert isinstance(submitted(stand.way(), value=13_000_000), Accepted)
        outcome = stand.way().ask(MADE, 5)
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "already there with another value: 13000 Wh"


class TestExport:
    """It says OK to exports that it forgets: what it shows is the proof."""

    def test_taken(self, stand: Stand) -> None:
        """In doubt first, and settled by asking."""
        submitted(stand.way())
        way = stand.way()
        assert isinstance(submitted(way, EXPORTED), Lost)
        assert isinstance(way.ask(EXPORTED, 5), Accepted)

    def test_forgotten(self, stand: Stand) -> None:
        """Never accepted, and never rejected: 0 is what it shows where it knows of none."""
        stand.switch(drops_export=True)
        submitted(stand.way(), value=1_000_000)
        way = stand.way()
        assert isinstance(submitted(way, EXPORTED), Lost)
        outcome = way.ask(EXPORTED, 5)
        assert isinstance(outcome, Lost)
        assert outcome.heard
        assert "submissions resolve" in outcome.hint

    def test_another_one(self, stand: Stand) -> None:
        """More than 0 is an export that it holds."""
        submitted(stand.way())
        submitted(stand.way(), EXPORTED, value=4_000_000)
        assert isinstance(stand.way().ask(EXPORTED, 5), Rejected)

    def test_none(self, stand: Stand) -> None:
        """A day without an export: what it shows is what was sent."""
        submitted(stand.way())
        way = stand.way()
        submitted(way, EXPORTED, value=0)
        assert isinstance(way.ask(EXPORTED._replace(value=0), 5), Accepted)


class TestBeforeItLeaves:
    """What is not sent at all."""

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"kind": "register"}, "inverter is no daily meter"),
            ({"kind": "interval"}, "inverter is no daily meter"),
            ({"value": 12_345_600}, "12.3456 kWh is not a whole number of Wh"),
            ({"unit": "m³"}, "PVOutput takes energy: m³ cannot be told in Wh"),
            ({"direction": "sideways"}, "no place for the direction sideways"),
        ],
    )
    def test_unfit(self, stand: Stand, changes: dict[str, Any], reason: str) -> None:
        """A reading that it cannot hold: a setting is to be mended, and it stays due.

        What was sent once can then not be asked about.
        """
        outcome = submitted(stand.way(), **changes)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert reason in outcome.why
        assert "METERCTL_UTILITY_CONFIG" in outcome.hint or "--no-submit" in outcome.hint
        assert isinstance(stand.way().ask(MADE._replace(**changes), 5), Lost)
        assert stand.asked() == 0

    @pytest.mark.parametrize(("rounding", "energy"), [("truncate", 12_345), ("round", 12_346)])
    def test_rounding(self, stand: Stand, rounding: str, energy: int) -> None:
        """As the settings say."""
        way = stand.way(f'rounding = "{rounding}"')
        assert isinstance(submitted(way, value=12_345_600), Accepted)
        assert stand.energies()[0][2] == energy

    def test_preview(self, stand: Stand) -> None:
        """What would leave, and why something would not; no key is told."""
        text = stand.way().preview([MADE, MADE._replace(kind="register")])
        assert "addoutput.jsp" in text
        assert "d=20261121&g=12345" in text
        assert "nothing is sent: PVOutput takes a day's total" in text
        assert KEY not in text
        assert stand.asked() == 0


class TestOneMeterForEachField:
    """What a second meter sent would be written over the first one's."""

    def test_second_one(self, stand: Stand) -> None:
        """It is not sent; both are named, and the first goes on."""
        way = stand.way()
        submitted(way)
        outcome = submitted(way, key="m1-2", meter="shed", value=5_000_000)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
        assert outcome.why == "inverter and shed both go to g, and PVOutput keeps one of them"
        assert isinstance(submitted(way, at=AT - DAY), Accepted)
        assert [energy for *_, energy in stand.energies()] == [12_345, 12_345]

    def test_named(self, stand: Stand) -> None:
        """Whom the settings name has the field, whoever comes first."""
        way = stand.way('[meters.inverter]\nfield = "g"\n')
        assert isinstance(submitted(way, meter="shed"), NotTaken)
        assert isinstance(submitted(way), Accepted)

    def test_unfit_reading(self, stand: Stand) -> None:
        """What is not sent anyway takes no place from another."""
        way = stand.way()
        assert isinstance(submitted(way, meter="shed", value=1), NotTaken)
        assert isinstance(submitted(way), Accepted)

    def test_asked(self, stand: Stand) -> None:
        """To ask takes none either."""
        way = stand.way()
        way.ask(MADE._replace(meter="shed"), 5)
        assert isinstance(submitted(way), Accepted)


class TestRefused:
    """It says no, in its own words."""

    @pytest.mark.parametrize(
        ("switch", "changes", "reason"),
        [
            ({}, {"value": 70_000_000}, "Energy value [70000] too high for system size [5000]"),
            ({"size": 1_000}, {}, "Energy value [12345] too high for system size [1000]"),
        ],
    )
    def test_too_high(
        self, stand: Stand, switch: dict[str, Any], changes: dict[str, Any], reason: str
    ) -> None:
        """A 400 with its reason."""
        stand.switch(**switch)
        assert submitted(stand.way(), **changes)[0] == reason
        assert stand.energies() == []

    def test_no_generation_yet(self, stand: Stand) -> None:
        """Imports wait for the day's generation: they stay due."""
        outcome = submitted(stand.way(), USED, direction="from_grid")
        assert isinstance(outcome, NotTaken)
        assert outcome.why == "it has no generation of that day yet"
        assert outcome.alone

    def test_behind_its_clock(self, stand: Stand) -> None:
        """Its own zone is behind: it will be that day there as well."""
        stand.switch(zone="Pacific/Pago_Pago")
        stand.clock.now += 11 * 3_600
        outcome = submitted(stand.way(), at=AT + DAY)
        assert isinstance(outcome, Accepted)  # 12:00 there on the 22nd
        outcome = submitted(stand.way(), at=AT + 2 * DAY)
        assert isinstance(outcome, NotTaken)

    @pytest.mark.parametrize(
        ("key", "system", "switch"),
        [
            ("a-wrong-key", "12345", {}),
            (KEY, "54321", {}),
            (KEY, "12345", {"read_only": True}),
            (KEY, "12345", {"disabled": True}),
        ],
    )
    def test_no_entry(self, stand: Stand, key: str, system: str, switch: dict[str, Any]) -> None:
        """401, or a 403 that is no limit: not allowed; no key is told."""
        stand.switch(**switch)
        outcome = submitted(stand.way(key=key, system=system))
        assert isinstance(outcome, Refused)
        assert key not in repr(outcome)
        assert stand.energies() == []

    def test_limit(self, stand: Stand) -> None:
        """A 403 that is a limit: not taken, until the hour that it names."""
        stand.switch(limit=1)
        submitted(stand.way())
        stand.clock.now += 600
        for outcome in (submitted(stand.way()), stand.way().ask(MADE, 5), stand.way().probe(5)):
            assert isinstance(outcome, NotTaken)
            assert outcome.why == "Forbidden 403: Exceeded 1 requests per hour"
            assert outcome.wait is not None


class TestLost:
    """The request has left, and no proof came back."""

    @pytest.mark.parametrize(
        "fault",
        [
            'do = "reset-after"',
            'do = "truncate"',
            'do = "body"; body = "<html>Sign in to the network</html>"',
            'do = "body"; body = "OK"',
            'do = "body"; body = ""',
            'do = "body"; body = "OK 200: Added Status"',
            'do = "body"; status = 502; body = "OK 200: Added Output"',
            'do = "body"; status = 202; body = "OK 200: Added Output"',
        ],
    )
    def test_taken(self, stand: Stand, fault: str) -> None:
        """In doubt; another client finds it."""
        stand.goes_wrong(fault)
        assert isinstance(submitted(stand.way()), Lost)
        assert isinstance(stand.way().ask(MADE, 5), Accepted)

    def test_not_taken(self, stand: Stand) -> None:
        """In doubt; another client finds nothing."""
        stand.goes_wrong('do = "reset-before"')
        assert isinstance(submitted(stand.way()), Lost)
        assert isinstance(stand.way().ask(MADE, 5), NotThere)

    def test_redirect(self, stand: Stand) -> None:
        """The key goes nowhere else."""
        with wild(answering(answer("200 OK", b"OK 200: Added Output"))) as elsewhere:
            stand.goes_wrong(f'do = "redirect"; location = "{elsewhere.url}"')
            assert isinstance(submitted(stand.way()), Lost)
        assert elsewhere.requests == []


class TestAsked:
    """What it shows of a day."""

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "<html>",
            "20261120,12345,1.0,0,0,NaN",
            "20261121",
            "20261121,12345",
            "20261121,12345,1.0,0",
            ";;;",
            "\x00\xff",
        ],
    )
    def test_nonsense(self, stand: Stand, body: str) -> None:
        """Anything but the day's row says nothing."""
        with wild(answering(answer("200 OK", body.encode("latin-1")))) as server:
            way = stand.way(url=server.url)
            outcome = way.ask(MADE, 5)
        assert isinstance(outcome, Lost)
        assert outcome.nonsense

    def test_no_word_of_imports(self, stand: Stand) -> None:
        """A row that ends before the imports is no proof that there are none."""
        body = b"20261121,12345,1.0,0,0"
        with wild(answering(answer("200 OK", body))) as server:
            way = stand.way(url=server.url)
            assert isinstance(way.ask(USED._replace(direction="from_grid"), 5), Lost)

    @pytest.mark.parametrize("direction", ["generation", "consumption"])
    def test_zero(self, stand: Stand, direction: str) -> None:
        """It shows 0 of what it knows nothing of: that is not there, and no other value."""
        other = "consumption" if direction == "generation" else "generation"
        submitted(stand.way(), direction=other)
        outcome = stand.way().ask(MADE._replace(direction=direction), 5)
        assert isinstance(outcome, NotThere)

    def test_refusal_of_the_question(self, stand: Stand) -> None:
        """It is none of the reading."""
        stand.goes_wrong('do = "status"; status = 400; body = "Bad request 400: Could not read df"')
        assert isinstance(stand.way().ask(MADE, 5), Lost)

    def test_probe(self, stand: Stand) -> None:
        """It answers and knows us."""
        assert isinstance(stand.way().probe(5), NotThere)
        assert isinstance(stand.way(key="a-wrong-key").probe(5), Refused)
