"""What the settings say of an account at Octopus Energy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from meterctl.domain.quantity import DECIMALS
from meterctl.errors import ConfigError
from meterctl.utility.given import Given
from meterctl.utility.keys import Table
from meterctl.utility.numbers import ROUNDINGS

UK, DE = "uk", "de"
_URLS = {
    UK: "https://api.octopus.energy/v1/graphql/",
    DE: "https://api.oeg-kraken.energy/v1/graphql/",
}


class Metered(NamedTuple):
    """What the utility calls one of our meters."""

    register: str  # in Germany an OBIS code; empty: the meter's own
    decimals: int
    mpan: str = ""  # in the United Kingdom
    serial: str = ""  # in the United Kingdom; empty: that of the device
    id: str = ""  # in Germany


class Settings(NamedTuple):
    """One account."""

    region: str  # UK or DE
    url: str
    credentials: Mapping[str, str]  # as obtainKrakenToken takes them
    account: str  # its number
    rounding: str
    meters: Mapping[str, Metered]  # by our id


def settings_of(name: str, given: Given) -> Settings:
    """The settings of the adapter.

    Raises:
        ConfigError: something is missing or wrong, with its place.
    """
    if given.config is None:
        raise ConfigError(
            f"METERCTL_UTILITY_CONFIG is not set: {name} needs the account and its meters",
            "docs/kraken.md has an example",
        )
    credentials = _credentials(name, given)
    table = given.config
    region = table.choice("region", tuple(_URLS))
    account = table.text("account")
    rounding = table.choice("rounding", ROUNDINGS, "refuse")
    meters = table.needed("meters")
    read = _of_uk if region == UK else _of_de
    known = {meter: read(meters.needed(meter)) for meter in meters}
    table.done()
    # Without the slash at its end there is nothing there, and the settings take it off.
    url = (given.url or _URLS[region]).rstrip("/") + "/"
    return Settings(region, url, credentials, account, rounding, known)


def _credentials(name: str, given: Given) -> Mapping[str, str]:
    if given.token:
        return {"APIKey": given.token}
    if given.user and given.secret:
        return {"email": given.user, "password": given.secret}
    raise ConfigError(
        f"METERCTL_UTILITY_TOKEN is not set: {name} needs the account's API key, or"
        " METERCTL_UTILITY_USER and METERCTL_UTILITY_SECRET, its e-mail address and password",
        "the key is on the account's page for developers: docs/kraken.md",
    )


def _of_uk(table: Table) -> Metered:
    metered = Metered(
        table.text("register"),
        decimals=0,  # readings are of the type Int
        mpan=table.text("mpan"),
        serial=table.text("serial", ""),
    )
    table.done()
    return metered


def _of_de(table: Table) -> Metered:
    metered = Metered(
        table.text("obis", ""),
        decimals=table.whole("decimals", DECIMALS, 0, DECIMALS),
        id=table.text("id"),
    )
    table.done()
    return metered
