"""Octopus Energy in Germany. Its answer tells the day, and how many readings it made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meterctl.domain.quantity import format_quantity
from meterctl.domain.times import zone_named
from meterctl.utility.kraken.region import (
    PAGE,
    Sent,
    Shown,
    day_of,
    decimal_of,
    payload_of,
)
from meterctl.utility.kraken.session import Deadline, Question, Session
from meterctl.utility.kraken.settings import Metered
from meterctl.utility.kraken.told import BY_HAND, Told
from meterctl.utility.port import Accepted, Lost, Outcome, Rejected, Request

_HAND_OVER = """\
mutation HandOver($input: ReadingsInput!) {
  createElectricityMeterReadings(input: $input) {
    readingDate
    numberOfReadingsCreated
  }
}"""
_READINGS = f"""\
query Readings($account: String!, $meter: ID!, $after: String) {{
  electricityMeterReadings(
    accountNumber: $account, meterId: $meter, first: {PAGE}, after: $after
  ) {{
    edges {{ node {{ readAt value registerObisCode }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""


class Germany:
    """The port `meterctl.utility.kraken.region.Region`."""

    zone = zone_named("Europe/Berlin")

    def completed(self, metered: Metered, request: Request) -> Metered | str:
        """With the OBIS code of the meter."""
        code = metered.register or request.obis
        return metered._replace(register=obis_full(code)) if code else "obis"

    def handing_over(self, account: str, sent: Sent) -> Question:
        """The request that hands a reading over."""
        reading = {"registerObisCode": sent.metered.register, "value": format_quantity(sent.value)}
        return Question(
            _HAND_OVER,
            {
                "input": {
                    "accountNumber": account,
                    "meterId": sent.metered.id,
                    "readingDate": sent.day.isoformat(),
                    "readings": [reading],
                }
            },
        )

    def handed_over(self, told: Told, sent: Sent) -> Accepted | Rejected | Lost | None:
        """What its answer says: the day, and one reading or none."""
        _, payload = payload_of(told, "createElectricityMeterReadings")
        day = day_of((payload or {}).get("readingDate"), self.zone)
        made = decimal_of((payload or {}).get("numberOfReadingsCreated"))
        if day is None or made is None or made not in (0, 1):
            return told.heard.nonsense("it did not say what became of the reading", BY_HAND)
        if day != sent.day:
            return told.heard.nonsense(f"it answered for another day: {day.isoformat()}", BY_HAND)
        if made == 0:
            return Rejected("it made no reading of it", told.heard.answer)
        return Accepted(f"{sent.text}: 1 created", told.heard.answer)

    def find(
        self,
        session: Session,  # noqa: ARG002 (nothing is to be asked)
        account: str,  # noqa: ARG002
        sent: Sent,
        deadline: Deadline,  # noqa: ARG002
    ) -> str | Outcome:
        """The meter's own id there, as the settings have it."""
        return sent.metered.id

    def looking(
        self,
        account: str,
        meter: str,
        sent: Sent,  # noqa: ARG002 (it cannot be asked for days)
        after: str | None,
    ) -> Question:
        """The request for the readings of all days."""
        return Question(_READINGS, {"account": account, "meter": meter, "after": after})

    def shown(self, node: Mapping[str, Any], sent: Sent) -> Iterator[Shown]:
        """What a reading says of the register; each is of one."""
        day, value = day_of(node.get("readAt"), self.zone), decimal_of(node.get("value"))
        code = node.get("registerObisCode")
        if day is None or value is None or not isinstance(code, str):
            return
        if obis_core(code) == obis_core(sent.metered.register):
            yield Shown(day, value, "", is_held=False)


def obis_full(code: str) -> str:
    """An OBIS code with medium and channel, as it is wanted there: `1-0:1.8.0`."""
    return code if ":" in code else f"1-0:{code}"


def obis_core(code: str) -> str:
    """What tells one register of a meter from another: `1.8.0`, whatever is around it."""
    return code.rpartition(":")[2].partition("*")[0]
