"""The settings of a system: what is missing or wrong is said with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from meterctl.errors import ConfigError
from meterctl.utility.catalog import build
from meterctl.utility.pvoutput.outputs import Outputs
from meterctl.utility.pvoutput.settings import settings_of
from meterctl.utility.pvoutput.statuses import Statuses
from tests.utility.pvoutput.systems import given


def test_without_a_file() -> None:
    """Days' totals, nothing rounded, at PVOutput's own address."""
    read = settings_of("pvoutput", given())
    assert (read.url, read.service, read.rounding) == ("https://pvoutput.org", "output", "refuse")
    assert isinstance(build("pvoutput", given()), Outputs)
    assert isinstance(build("pvoutput", given('service = "status"')), Statuses)


@pytest.mark.parametrize(
    ("token", "user", "message"),
    [
        (None, "1", "METERCTL_UTILITY_TOKEN is not set: pvoutput needs the API key"),
        ("", "1", "METERCTL_UTILITY_TOKEN is not set"),
        ("k", None, "METERCTL_UTILITY_USER is no number: pvoutput needs the system's id"),
        ("k", "me@example.org", "METERCTL_UTILITY_USER is no number"),
        ("k", "١٢", "METERCTL_UTILITY_USER is no number"),
    ],
)
def test_missing(token: str | None, user: str | None, message: str) -> None:
    """Key and system are both needed; the value is not told."""
    with pytest.raises(ConfigError) as caught:
        settings_of("pvoutput", given(token=token, user=user))
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ('service = "live"', "pv.toml:1:1: service: 'live' is not one of output, status"),
        ("donor = 1", "pv.toml:1:1: donor: true or false is needed"),
        ("interval = 0", "pv.toml:1:1: interval: a whole number from 1 to 60 is needed"),
        ("doner = true", "pv.toml:1:1: doner: there is no such key here; do you mean donor?"),
        ("[meters.a]\nfield = 'x'", "pv.toml:2:1: meters.a.field: 'x' is not one of g, e, c"),
        ("[meters.a]\n", "pv.toml:1:1: meters.a.field: is missing: a text"),
        (
            "[meters.a]\nfield = 'g'\n[meters.b]\nfield = 'g'",
            "pv.toml:4:1: meters.b.field: g is that of the meter a already",
        ),
        (
            "service = 'status'\n[meters.a]\nfield = 'io'",
            "pv.toml:3:1: meters.a.field: a status has one place for each direction",
        ),
    ],
)
def test_wrong(config: str, message: str) -> None:
    """One line, with file, line, column and key."""
    with pytest.raises(ConfigError) as caught:
        settings_of("pvoutput", given(config))
    assert caught.value.message.startswith(message)


def test_examples_of_the_page() -> None:
    """What docs/pvoutput.md shows is what the adapter reads."""
    page = (Path(__file__).parents[3] / "docs/pvoutput.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert examples
    for example in examples:
        settings_of("pvoutput", given(example))
