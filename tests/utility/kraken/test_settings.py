"""The file of an account: what is wrong in it is said with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from meterctl.errors import ConfigError
from meterctl.utility.catalog import build
from meterctl.utility.kraken.settings import settings_of
from tests.utility.kraken.accounts import DE, KEY, UK, given


def test_both_countries() -> None:
    """Each has its own address, and its own names for a meter."""
    uk, de = settings_of("kraken", given(UK)), settings_of("kraken", given(DE))
    assert uk.url == "https://api.octopus.energy/v1/graphql/"
    assert de.url == "https://api.oeg-kraken.energy/v1/graphql/"
    assert uk.credentials == {"APIKey": KEY}
    assert (uk.meters["night"].register, uk.meters["night"].decimals) == ("02", 0)
    assert (de.meters["feed-in"].register, de.meters["feed-in"].decimals) == ("1-0:2.8.0", 6)
    assert build("kraken", given(UK)).bounds.by_day


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "METERCTL_UTILITY_CONFIG is not set: kraken needs the account and its meters"),
        ('account = "A"', "kraken.toml:1:1: region: is missing: a text"),
        (UK.replace('"uk"', '"fr"'), "kraken.toml:2:1: region: 'fr' is not one of uk, de"),
        ('region = "de"\naccount = "A"', "kraken.toml:1:1: meters: is missing: a table"),
        (
            UK.replace('mpan = "1200000000001"\n', ""),
            "kraken.toml:4:1: meters.meter.mpan: is missing: a text",
        ),
        (
            DE.replace('id = "501"', "id = 501", 1),
            "kraken.toml:5:1: meters.meter.id: a text is needed",
        ),
        (
            f'rounding = "up"{UK}',
            "kraken.toml:1:1: rounding: 'up' is not one of refuse, truncate, round",
        ),
        (f"acount = 1{UK}", "kraken.toml:1:1: acount: there is no such key here"),
        (f"{DE}decimals = 7\n", "kraken.toml:9:1: meters.feed-in.decimals: a whole number"),
        (f'{DE}register = "1"\n', "kraken.toml:9:1: meters.feed-in.register: there is no such"),
    ],
)
def test_wrong(config: str | None, message: str) -> None:
    """One line, with file, line, column and key."""
    with pytest.raises(ConfigError) as caught:
        settings_of("kraken", given(config))
    assert caught.value.message.startswith(message)


def test_no_credentials() -> None:
    """A key, or an address and its password: both names are said."""
    for one in (given(UK, token=None), given(UK, token=None, user="me@example.org")):
        with pytest.raises(ConfigError, match=r"METERCTL_UTILITY_TOKEN is not set.*UTILITY_SECRET"):
            settings_of("kraken", one)


def test_examples_of_the_page() -> None:
    """What docs/kraken.md shows is what the adapter reads."""
    page = (Path(__file__).parents[3] / "docs/kraken.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert examples
    for example in examples:
        settings_of("kraken", given(example))
