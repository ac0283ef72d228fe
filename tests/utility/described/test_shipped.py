"""The files that we ship, against the stand-ins of the utilities that they describe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from meterctl.sandbox.emoncms import Emoncms
from meterctl.sandbox.energytracker import ELECTRICITY, GAS, EnergyTracker
from meterctl.sandbox.message import Service
from meterctl.sandbox.mindergas import MinderGas
from meterctl.sandbox.server import Running, serve
from meterctl.sandbox.volkszaehler import Volkszaehler
from meterctl.utility.port import (
    Accepted,
    Lost,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
    Utility,
)
from tests.sandbox.talk import ask
from tests.utility.described.desk import REQUEST, TOKEN, described, desk, says

UUID = "12345678-1234-1234-1234-123456789abc"
OWN = f"""
[meters.meter]
device = "{ELECTRICITY.id}"
uuid = "{UUID}"
node = "house"
name = "grid"
"""
LATER = REQUEST._replace(key="m1-def", at=REQUEST.at + 86_400_000, value=143_000_000)
CUBIC = REQUEST._replace(unit="m³")


class Stand:
    """One of them, and our way to it."""

    def __init__(self, name: str, running: Running) -> None:
        self.name = name
        self.url = running.url
        self._running = running

    def way(self, own: str = OWN, token: str = TOKEN) -> Utility:
        """A client that is new."""
        return described(own, self.url, self.name, token=token)

    def submit(self, request: object = REQUEST, own: str = OWN, token: str = TOKEN) -> Outcome:
        """What comes of a submission."""
        assert isinstance(request, type(REQUEST))
        return self.way(own, token).submit([request], 5)[0]

    def held(self) -> list[str]:
        """The values that it took, in order."""
        path = f"/sandbox/{self.name}/submissions"
        found = json.loads(ask(self._running, "GET", path).body, parse_float=str, parse_int=str)
        return [one["value"] if "value" in one else one["reading"] for one in found["submissions"]]

    def switch(self, **settings: object) -> None:
        """Let it behave otherwise."""
        path = f"/sandbox/{self.name}/settings"
        assert ask(self._running, "POST", path, json.dumps(settings)).status == 200


@contextmanager
def standing(name: str, service: Service) -> Iterator[Stand]:
    """It stands for the length of a block."""
    with serve(service, name="utility") as running:
        yield Stand(name, running)
        assert running.errors == []


class TestEnergyTracker:
    """It answers 204 and no word; what it shows is the proof."""

    @pytest.fixture
    def stand(self) -> Iterator[Stand]:
        """It."""
        with standing("energytracker", EnergyTracker(TOKEN)) as one:
            yield one

    def test_taken(self, stand: Stand) -> None:
        """Once, proven, also when it is sent twice; it can be asked."""
        found = stand.submit()
        assert isinstance(found, Accepted), found
        assert found.receipt == "142.3 kWh of 2026-03-01T06:00:00.165Z, as it shows it"
        assert isinstance(stand.submit(), Accepted)
        assert isinstance(stand.way().ask(REQUEST, 5), Accepted)
        assert isinstance(stand.way().ask(LATER, 5), NotThere)
        assert stand.held() == ["142.3"]

    def test_another_value_is_there(self, stand: Stand) -> None:
        """A rejection, with the value that it has."""
        stand.submit()
        found = stand.submit(REQUEST._replace(value=142_400_000))
        assert isinstance(found, Rejected)
        assert found.reason == "already there with another value: 142.3"

    def test_more_decimals_than_the_meter_has(self, stand: Stand) -> None:
        """It says so itself; nothing is rounded behind anybody's back."""
        found = stand.submit(REQUEST._replace(value=142_345_000))
        assert isinstance(found, Rejected)
        assert "more than the 2 decimals" in found.reason
        assert stand.held() == []

    def test_no_meter_at_that_time(self, stand: Stand) -> None:
        """This reading is rejected; the next one may be taken."""
        stand.switch(installed="2026-03-02T00:00:00Z")
        assert isinstance(stand.submit(), Rejected)
        assert isinstance(stand.submit(LATER), Accepted)

    def test_an_unknown_device(self, stand: Stand) -> None:
        """The file is wrong, for this meter: others are not held up."""
        found = stand.submit(own='[meters.meter]\ndevice = "x"\n')
        assert isinstance(found, NotTaken)
        assert found.settings
        assert found.why == "meter meter: nothing there takes readings: Not Found: No such device"

    def test_overlapping_meters(self, stand: Stand) -> None:
        """A 409 for another reason is in doubt, and no acceptance."""
        stand.switch(overlap=True)
        assert isinstance(stand.submit(), Lost)

    def test_it_does_not_let_us(self, stand: Stand) -> None:
        """A wrong token, or one that may not write."""
        assert isinstance(stand.submit(token="wrong"), Refused)
        assert isinstance(stand.way(token="wrong").probe(5), Refused)
        assert isinstance(stand.way().probe(5), NotThere)
        stand.switch(scopes=["read:meter-reading"])
        assert isinstance(stand.submit(), Refused)

    def test_a_token_that_may_not_read(self, stand: Stand) -> None:
        """What was taken cannot be proven: in doubt, never sent again."""
        stand.switch(scopes=["write:meter-reading"])
        assert isinstance(stand.submit(), Lost)
        assert stand.held() == ["142.3"]

    def test_its_rate(self, stand: Stand) -> None:
        """It says how long to wait."""
        stand.switch(rate_limit=2)
        assert isinstance(stand.submit(), Accepted)
        found = stand.submit(LATER)
        assert isinstance(found, NotTaken)
        assert found.wait is not None

    def test_two_meters(self, stand: Stand) -> None:
        """Each has its device."""
        own = f'{OWN}[meters.gas]\ndevice = "{GAS.id}"\n'
        gas = REQUEST._replace(meter="gas", value=1_234_000, unit="m³")
        assert isinstance(stand.submit(own=own), Accepted)
        assert isinstance(stand.submit(gas, own), Accepted)
        assert stand.held() == ["142.3", "1.234"]


class TestMinderGas:
    """It answers 201 and no word, and shows nothing."""

    @pytest.fixture
    def stand(self) -> Iterator[Stand]:
        """It."""
        with standing("mindergas", MinderGas(TOKEN)) as one:
            yield one

    def test_taken(self, stand: Stand) -> None:
        """Its 201 is the receipt; a lost answer is for a person to settle."""
        found = stand.submit(CUBIC)
        assert isinstance(found, Accepted), found
        assert found.receipt == "HTTP 201"
        assert isinstance(stand.way().ask(CUBIC, 5), Lost)
        assert stand.way().bounds.by_day
        assert stand.way().probe(5) is None
        assert stand.held() == ["142.3"]

    def test_refused(self, stand: Stand) -> None:
        """A day that it has, a value that fell: with its reason."""
        stand.submit(CUBIC)
        found = stand.submit(CUBIC)
        assert isinstance(found, Rejected)
        assert found.reason == "Date has already been taken"
        found = stand.submit(CUBIC._replace(at=LATER.at, value=1_000))
        assert isinstance(found, Rejected)
        stand.switch(wordless=True)
        assert isinstance(stand.submit(CUBIC), Rejected)

    def test_liters(self, stand: Stand) -> None:
        """They are told in cubic metres, rounded where the user says so; other units are not."""
        for unfit in (stand.submit(REQUEST._replace(unit="l")), stand.submit()):  # 0.1423; kWh
            assert isinstance(unfit, NotTaken)
            assert unfit.settings
        assert stand.held() == []
        own = '[value]\nrounding = "truncate"\n'
        assert isinstance(stand.submit(REQUEST._replace(unit="l"), own=own), Accepted)
        assert stand.held() == ["0.142"]

    def test_no_entry(self, stand: Stand) -> None:
        """A wrong token, an access that has expired; a 403 for too many is none of these."""
        assert isinstance(stand.submit(CUBIC, token="wrong"), Refused)
        stand.switch(rate_limit=1)
        stand.submit(CUBIC)
        assert isinstance(stand.submit(CUBIC), NotTaken)
        stand.switch(expired=True)
        assert isinstance(stand.submit(CUBIC), Refused)

    def test_midnight(self, stand: Stand) -> None:
        """It is busy: nobody knows."""
        stand.switch(busy=True)
        assert isinstance(stand.submit(CUBIC), Lost)


class TestVolkszaehler:
    """It says how many rows it took, and shows them."""

    @pytest.fixture
    def stand(self) -> Iterator[Stand]:
        """It."""
        with standing("volkszaehler", Volkszaehler()) as one:
            yield one

    def test_taken(self, stand: Stand) -> None:
        """Once, proven, also when it is sent twice; it can be asked."""
        found = stand.submit()
        assert isinstance(found, Accepted)
        assert found.receipt == "one reading taken, as it answered"
        assert isinstance(stand.submit(), Accepted)
        assert isinstance(stand.submit(LATER), Accepted)
        assert isinstance(stand.way().ask(REQUEST, 5), Accepted)
        between = REQUEST._replace(at=REQUEST.at + 60_000)
        assert isinstance(stand.way().ask(between, 5), NotThere)
        assert stand.held() == ["142.3", "143"]

    def test_another_value_is_there(self, stand: Stand) -> None:
        """The first one stays: a rejection."""
        stand.submit()
        found = stand.submit(REQUEST._replace(value=142_400_000))
        assert isinstance(found, Rejected)
        assert found.reason == "already there with another value: 142.3"
        assert stand.held() == ["142.3"]

    def test_more_decimals_than_it_shows(self, stand: Stand) -> None:
        """They could not be read back: the reading does not leave."""
        assert isinstance(stand.submit(REQUEST._replace(value=142_345_600)), NotTaken)
        assert stand.held() == []

    def test_its_exceptions(self, stand: Stand) -> None:
        """No such channel, a channel that is none, nobody let in."""
        stand.switch(channels="12345678-0000-0000-0000-000000000000")
        for found in (stand.submit(), stand.submit(own='[meters.meter]\nuuid = "x"\n')):
            assert isinstance(found, NotTaken)
            assert found.settings
        stand.switch(denied=True)
        assert isinstance(stand.submit(), Refused)


class TestEmoncms:
    """It says ok; what the input shows is the proof."""

    @pytest.fixture
    def stand(self) -> Iterator[Stand]:
        """It."""
        with standing("emoncms", Emoncms(TOKEN)) as one:
            yield one

    def test_taken(self, stand: Stand) -> None:
        """Proven by the newest that the input shows; what is older cannot be told any more."""
        assert isinstance(stand.way().ask(REQUEST, 5), NotThere)
        assert isinstance(stand.submit(), Accepted)
        assert isinstance(stand.way().ask(LATER, 5), NotThere)
        assert isinstance(stand.submit(LATER), Accepted)
        assert isinstance(stand.way().ask(LATER, 5), Accepted)
        assert isinstance(stand.way().ask(REQUEST, 5), Lost)
        assert stand.held() == ["142.3", "143"]

    def test_no_entry(self, stand: Stand) -> None:
        """A wrong key; one that may only read, which it says with 200 and no word."""
        assert isinstance(stand.way().probe(5), NotThere)
        assert isinstance(stand.way(token="wrong").probe(5), Refused)
        assert isinstance(stand.submit(token="wrong"), Refused)
        stand.switch(read_only=True)
        assert isinstance(stand.submit(), Lost)
        assert isinstance(stand.way().ask(REQUEST, 5), NotThere)
        assert stand.held() == []


@pytest.mark.parametrize(
    "body",
    [
        '{"success": false, "message": "Format error, json string supplied is not valid"}',
        "Format error, json string supplied is not valid",
    ],
)
def test_errors_of_emoncms_come_with_200(body: str) -> None:
    """They are rejections, in new versions and in old ones; it is not asked what it shows."""
    with desk(says(200, body)) as one:
        (found,) = described(OWN, one.url, "emoncms").submit([REQUEST], 5)
        assert [request.method for request in one.seen] == ["POST"]
    assert isinstance(found, Rejected)
    assert "json string supplied is not valid" in found.reason


@pytest.mark.parametrize(
    ("kind", "shown", "expected"),
    [
        ("Exception", "[]", Rejected),
        ("ConnectionException", "[]", Lost),
        ("ConnectionException", "[[1772000000000, 7, 1], [1772344800165, 142.3, 1]]", Accepted),
    ],
)
def test_exceptions_of_volkszaehler(kind: str, shown: str, expected: type[Outcome]) -> None:
    """What its database says of itself is no rejection: what is shown tells."""
    exception = f'{{"exception": {{"message": "no", "type": "{kind}", "code": 0}}}}'
    with desk(says(400, exception), says(200, f'{{"data": {{"tuples": {shown}}}}}')) as one:
        (found,) = described(OWN, one.url, "volkszaehler").submit([REQUEST], 5)
    assert isinstance(found, expected), found


def test_what_each_takes() -> None:
    """MinderGas is told of no meter, and can be asked nothing; the others are, and can."""
    for name in ("energytracker", "volkszaehler", "emoncms", "mindergas"):
        bounds = described(OWN, "http://127.0.0.1:1", name).bounds
        is_mindergas = name == "mindergas"
        assert (bounds.one_meter, bounds.can_be_asked) == (is_mindergas, not is_mindergas)
