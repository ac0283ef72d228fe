"""What the settings say of a system at PVOutput."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from meterctl.errors import ConfigError
from meterctl.utility.given import Given
from meterctl.utility.keys import Table
from meterctl.utility.numbers import ROUNDINGS

URL = "https://pvoutput.org"
_SERVICES = ("output", "status")

# The parameters of a day's energies, with their places in what getoutput.jsp answers.
DAY_FIELDS = {"g": 1, "e": 3, "c": 4, "ip": 10, "io": 11, "is": 12, "ih": 13}
_DAY_FIELD_OF = {"generation": "g", "to_grid": "e", "consumption": "c", "from_grid": "ip"}
_STATUS_FIELD_OF = {"generation": "v1", "consumption": "v3"}


class Settings(NamedTuple):
    """One system."""

    url: str  # without a slash at its end
    key: str
    system: str
    service: str  # of _SERVICES
    donor: bool
    rounding: str  # of what is less than a watt hour
    interval: int  # minutes between the statuses that the system keeps
    fields: Mapping[str, str]  # by meter, where it is not what the direction says

    def field(self, meter: str, direction: str) -> str | None:
        """The parameter that a meter's energy goes to; None where there is none."""
        if self.service == "status":
            return _STATUS_FIELD_OF.get(direction)
        return self.fields.get(meter) or _DAY_FIELD_OF.get(direction)


def settings_of(name: str, given: Given) -> Settings:
    """The settings of the adapter.

    Raises:
        ConfigError: something is missing or wrong, with its place.
    """
    if not given.token:
        raise ConfigError(
            f"METERCTL_UTILITY_TOKEN is not set: {name} needs the API key of the system",
            "it is on PVOutput's page of settings: docs/pvoutput.md",
        )
    if not given.user or not given.user.isascii() or not given.user.isdecimal():
        raise ConfigError(
            f"METERCTL_UTILITY_USER is no number: {name} needs the system's id",
            "it is on PVOutput's page of settings: docs/pvoutput.md",
        )
    url = (given.url or URL).rstrip("/")
    plain = Settings(url, given.token, given.user, "output", False, "refuse", 5, {})
    return plain if given.config is None else _read(plain, given.config)


def _read(plain: Settings, table: Table) -> Settings:
    read = plain._replace(
        service=table.choice("service", _SERVICES, plain.service),
        donor=table.flag("donor"),
        rounding=table.choice("rounding", ROUNDINGS, plain.rounding),
        interval=table.whole("interval", plain.interval, 1, 60),
    )
    fields: dict[str, str] = {}
    if (meters := table.table("meters")) is not None:
        for meter in meters:
            of_meter = meters.needed(meter)
            if read.service == "status":
                why = "a status has one place for each direction: leave this out"
                raise of_meter.problem("field", why)
            field = of_meter.choice("field", tuple(DAY_FIELDS))
            for other in (one for one in fields if fields[one] == field):
                raise of_meter.problem("field", f"{field} is that of the meter {other} already")
            fields[meter] = field
            of_meter.done()
    table.done()
    return read._replace(fields=fields)
