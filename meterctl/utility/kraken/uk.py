"""Octopus Energy in the United Kingdom. Its answer to a reading says nothing of it but errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from meterctl.domain.exact import exact
from meterctl.domain.times import zone_named
from meterctl.remote import one_line
from meterctl.utility.kraken.region import (
    PAGE,
    Sent,
    Shown,
    day_of,
    decimal_of,
    objects_in,
    payload_of,
)
from meterctl.utility.kraken.session import Deadline, Question, Session
from meterctl.utility.kraken.settings import Metered
from meterctl.utility.kraken.told import BY_HAND, Told
from meterctl.utility.port import Accepted, Lost, NotTaken, Outcome, Rejected, Request

_HAND_OVER = """\
mutation HandOver(
  $mpan: String, $serial: String, $day: Date, $readings: [ReadingInputType]
) {
  createElectricityMeterReading(
    mpan: $mpan, serialNumber: $serial, readAt: $day, readings: $readings
  ) {
    readingErrors { field }
  }
}"""
_METERS = """\
query Meters($account: String!) {
  account(accountNumber: $account) {
    properties { electricityMeterPoints { mpan meters { id serialNumber } } }
  }
}"""
# The times are of a type that is not the same in every version: written down, they fit each.
_READINGS = """\
query Readings($account: String!, $meter: String!, $after: String) {{
  electricityMeterReadings(
    accountNumber: $account, meterId: $meter, first: {page}, after: $after
    readFrom: "{first}T00:00:00+00:00", readTo: "{last}T00:00:00+00:00"
  ) {{
    edges {{ node {{ id readAt registers {{ identifier value isQuarantined }} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""


class UnitedKingdom:
    """The port `meterctl.utility.kraken.region.Region`."""

    zone = zone_named("Europe/London")

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], str] = {}  # of meters, by MPAN and serial number

    def completed(self, metered: Metered, request: Request) -> Metered | str:
        """With the serial number of the device."""
        serial = metered.serial or request.serial
        return metered._replace(serial=serial) if serial else "serial"

    def handing_over(
        self,
        account: str,  # noqa: ARG002 (the MPAN says whose)
        sent: Sent,
    ) -> Question:
        """The request that hands a reading over."""
        reading = {"reading": exact(sent.value), "register": sent.metered.register}
        return Question(
            _HAND_OVER,
            {
                "mpan": sent.metered.mpan,
                "serial": sent.metered.serial,
                "day": sent.day.isoformat(),
                "readings": [reading],
            },
        )

    def handed_over(
        self,
        told: Told,
        sent: Sent,  # noqa: ARG002 (nothing of it is repeated)
    ) -> Accepted | Rejected | Lost | None:
        """What its answer says: errors, or nothing at all."""
        is_there, payload = payload_of(told, "createElectricityMeterReading")
        errors = (payload or {}).get("readingErrors") or []
        if not is_there or not isinstance(errors, list):
            return told.heard.nonsense("it did not say what became of the reading", BY_HAND)
        if errors:
            fields = [str(one.get("field")) for one in errors if isinstance(one, dict)]
            named = one_line(told.heard.mask(", ".join(fields))) or "something"
            return Rejected(f"it does not take the reading's {named}", told.heard.answer)
        return None

    def find(self, session: Session, account: str, sent: Sent, deadline: Deadline) -> str | Outcome:
        """The meter's own id there."""
        place = sent.metered.mpan, sent.metered.serial
        if place not in self._ids:
            told = session.ask(Question(_METERS, {"account": account}), deadline)
            if not isinstance(told, Told):
                return told
            if (refusal := told.refusal()) is not None:
                return refusal
            self._ids.update(_ids_in(told.data))
            if place not in self._ids:
                why = f"the account shows no meter {place[1]} at the MPAN {place[0]}"
                hint = "check METERCTL_UTILITY_CONFIG: account, mpan, serial"
                return NotTaken(why, hint, answer=told.heard.answer, settings=True)
        return self._ids[place]

    def looking(self, account: str, meter: str, sent: Sent, after: str | None) -> Question:
        """The request for the readings of the days around."""
        days = timedelta(days=1), timedelta(days=2)
        document = _READINGS.format(page=PAGE, first=sent.day - days[0], last=sent.day + days[1])
        return Question(document, {"account": account, "meter": meter, "after": after})

    def shown(self, node: Mapping[str, Any], sent: Sent) -> Iterator[Shown]:
        """What a reading says of the register; one has a value for each."""
        day = day_of(node.get("readAt"), self.zone)
        for one in objects_in(node, "registers"):
            if one.get("identifier") != sent.metered.register:
                continue
            value = decimal_of(one.get("value"))
            if day is not None and value is not None:
                is_held = one.get("isQuarantined") is True
                yield Shown(day, value, str(node.get("id") or ""), is_held)


def _ids_in(data: Mapping[str, Any] | None) -> Iterator[tuple[tuple[str, str], str]]:
    """The meters of an account."""
    for account in objects_in(data or {}, "account"):
        for place in objects_in(account, "properties"):
            for point in objects_in(place, "electricityMeterPoints"):
                for meter in objects_in(point, "meters"):
                    number = str(meter.get("serialNumber"))
                    yield (str(point.get("mpan")), number), str(meter.get("id"))
