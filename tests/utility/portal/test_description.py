"""The description of a portal: what is wrong in it is said with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from meterctl.errors import ConfigError
from meterctl.utility.given import Given
from meterctl.utility.keys import parse
from meterctl.utility.port import NotTaken
from meterctl.utility.portal import adapter, browsers
from meterctl.utility.portal.dates import DateFormat
from meterctl.utility.portal.description import Description, is_home, read
from meterctl.utility.portal.elements import Place
from meterctl.utility.portal.figures import Figures
from meterctl.utility.portal.history import (
    Column,
    Entry,
    Reader,
    Sight,
    Task,
    Unreadable,
    index_of,
    is_past,
    sight,
)
from tests.utility.portal.tiny import described, given, request

URL = "https://portal.example/customer"


def described_as(text: str, url: str | None = URL) -> Description:
    """What a description says."""
    return read(parse(text, "p.toml"), url)


def test_a_description() -> None:
    """Its addresses are relative to the portal's; its own host is its only one."""
    description = described_as(described())
    assert description.start == "https://portal.example/customer/"
    assert description.hosts == {"portal.example:443"}
    assert str(description.form.value) == "form.value (label:Value)"
    assert description.form.open == (Place("form.open", "https://portal.example/customer/form"),)
    assert description.meters == {"meter": "1EMH-1"}
    assert description.tells_meter
    assert not description.history.newest_first


def test_a_whole_start() -> None:
    """Without METERCTL_PORTAL_URL all others are relative to its host."""
    description = described_as('start = "https://x.example/in?a=1"\n' + described(), None)
    assert description.start == "https://x.example/in?a=1"
    assert description.form.open == (Place("form.open", "https://x.example/form"),)
    assert description.hosts == {"x.example:443"}


NAMELESS = described().replace('meter = "label:Meter"\n', "")
SECOND = '\n[meters.other]\nnumber = "1EMH-2"\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('open = "/form"', 'open = "/form?meter={meter}"'),
        ('value = "label:Value"', 'value = "css:#v-{meter}"'),
        ("[confirmation]", '[confirm]\nsubmit = "button:Yes, {meter}"\n[confirmation]'),
    ],
)
def test_a_form_that_is_told_of_a_meter(old: str, new: str) -> None:
    """By its name anywhere on the way: several meters can be entered there."""
    assert described_as(NAMELESS.replace(old, new) + SECOND).tells_meter


@pytest.mark.parametrize("text", [NAMELESS, described('choice = "electricity"')])
def test_a_form_that_is_told_of_no_meter(text: str) -> None:
    """It is for one alone: two would go into the same one."""
    assert adapter("portal", given(URL, Path("/nowhere"), text)).bounds.one_meter
    with pytest.raises(ConfigError, match="meters: these are several, and the form is told of"):
        described_as(text + SECOND)


def test_bounds() -> None:
    """A day or a month, as its list has it; several meters where the form is told of them."""
    bounds = adapter("portal", given(URL, Path("/nowhere"), described())).bounds
    assert (bounds.by_day, bounds.by_month, bounds.one_meter) == (True, False, False)
    text = described().replace("[says]", 'period = "month"\n[says]')
    assert adapter("portal", given(URL, Path("/nowhere"), text)).bounds.by_month


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"label:Value"', '"Value"', "form.value: 'Value' names no element: one of label"),
        ('"label:Value"', '"name:Value"', "form.value: 'name:Value' names no element"),
        ('value = "label:Value"', "", "form.value: is missing: a text"),
        ('decimal = ","', 'decimal = ";"', "form.decimal: ';' is not one of ., ,"),
        ('decimal = ","', 'decimals_ = ","', "form.decimals_: there is no such key here"),
        ("decimals = 1", "decimals = 7", "form.decimals: a whole number from 0 to 6 is needed"),
        ('"DD.MM.YYYY"', '"%d.%m"', "form.date_format: '%d.%m' is no way to write a day"),
        ('"/form"', '"form"', "form.open: 'form' names no element"),
        (r"'Receipt (\S+)'", r"'Receipt \S+'", "confirmation.receipt: one group"),
        (r"'Receipt (\S+)'", r"'Receipt (\S+'", "confirmation.receipt: no regular expression"),
        ("[meters.meter]", "[meter.meter]", "meter: there is no such key here; do you mean"),
        ("dismiss =", 'hosts = ["https://x"]\ndismiss =', "hosts: 'https://x' is no host"),
        ("dismiss =", 'start = "http://x.example"\ndismiss =', "start: it is to be https://"),
        ("dismiss =", 'hosts = "log in.example"\ndismiss =', "hosts: 'log in.example' is no"),
        ("dismiss =", 'hosts = "*.example"\ndismiss =', "hosts: '*.example' is no host"),
        ("dismiss =", 'hosts = "x.example:0"\ndismiss =', "hosts: 'x.example:0' is no host"),
        ("dismiss =", 'language = "xx yy"\ndismiss =', "language: 'xx yy' is no language"),
        ("seconds = 30", "seconds = 9", "seconds: a number of seconds from 10 to 900"),
        ("step_seconds = 2", "step_seconds = 0", "step_seconds: a number of seconds from 1 to"),
        ("_seconds = 60", "_seconds = 59", "settles_seconds: a number of seconds from 60 to"),
        ('"/form"', '"http://[::1/x"', "form.open: Invalid IPv6 URL"),
        ('"/form"', '"http://portal.example/x"', "form.open: it is to be https://"),
        ('"/form"', '"/my form"', "form.open: 'https://portal.example/customer/my form'"),
        ('"/history"', '"https://x.example/x"', "history.open: 'x.example:443' is another host"),
        ("[says]", "[says]\ncaptchas = []", "says.captchas: there is no such key here; do you"),
    ],
)
def test_what_is_wrong(old: str, new: str, problem: str) -> None:
    """File, line, column, key, and what is wrong there."""
    text = described()
    assert old in text
    with pytest.raises(ConfigError) as caught:
        described_as(text.replace(old, new, 1))
    place, _, rest = caught.value.message.partition(": ")
    assert place.startswith("p.toml:")
    assert rest.startswith(problem)


def test_no_address() -> None:
    """Without METERCTL_PORTAL_URL the description must have a whole one."""
    with pytest.raises(ConfigError, match="METERCTL_PORTAL_URL is not set"):
        described_as(described(), None)


def test_hosts() -> None:
    """A page is the portal's by its host, its port and its safety."""
    description = described_as('hosts = ["login.example:8443"]\n' + described())
    assert is_home(description, "https://portal.example/anything")
    assert is_home(description, "https://LOGIN.example:8443/")
    for url in (
        "http://portal.example/",
        "https://portal.example:8443/",
        "https://login.example/",
        "https://portal.example.evil.example/",
        "https://portal.example@evil.example/",
        "ftp://portal.example/",
        "https://portal.example:x/",
    ):
        assert not is_home(description, url)


def without(**settings: object) -> Given:
    """Settings that lack something, or have something else."""
    return given(URL, Path("/nowhere"), described())._replace(**settings)  # type: ignore[arg-type]


def test_settings_that_are_missing() -> None:
    """Each is named."""
    with pytest.raises(ConfigError, match="METERCTL_PORTAL_CONFIG"):
        adapter("portal", without(config=None))
    with pytest.raises(ConfigError, match="METERCTL_PORTAL_PASSWORD"):
        adapter("portal", without(secret=None))
    with pytest.raises(ConfigError, match="'/nowhere/chrome' is no browser"):
        adapter("portal", without(browser="/nowhere/chrome"))
    for path in ("~nobody-of-this-name/chrome", "/bin/sh\0"):
        with pytest.raises(ConfigError, match="is no browser that can be run"):
            adapter("portal", without(browser=path))


@pytest.mark.fault(28)
def test_a_machine_without_a_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is said what to install; nothing is downloaded. Playwright's own is found as well."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "own"))
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(ConfigError) as caught:
        browsers.find("")
    assert "apt-get install chromium" in caught.value.hint
    (tmp_path / "own" / "chromium-1234").mkdir(parents=True)
    assert browsers.find("") is None
    (tmp_path / "google-chrome").touch(mode=0o755)
    assert browsers.find("") == str(tmp_path / "google-chrome")


def test_readings_that_cannot_be_told() -> None:
    """Nothing is opened: decimals that do not fit, another unit, a meter that is not named."""
    way = adapter("portal", given(URL, Path("/nowhere"), described()))
    for reading in (request("1.23"), request()._replace(unit="m³"), request(meter="other")):
        (outcome,) = way.submit([reading], 1)
        assert isinstance(outcome, NotTaken)
        assert outcome.settings
    objection = way.objection(request(meter="other"))
    assert objection is not None
    assert objection.hint == "add [meters.other] to METERCTL_PORTAL_CONFIG"


def test_a_form_without_a_day() -> None:
    """It takes readings of today alone, and says so beforehand."""
    text = described().replace('date = "label:Date"\n', "")
    way = adapter("portal", given(URL, Path("/nowhere"), text))
    assert way.bounds.oldest_days == 0
    (outcome,) = way.submit([request(at="2026-01-01 12:00")], 1)
    assert isinstance(outcome, NotTaken)
    assert outcome.alone


def test_a_preview() -> None:
    """What would be typed where, in order."""
    way = adapter("portal", given(URL, Path("/nowhere"), described()))
    lines = way.preview([request()]).splitlines()
    assert "type 142,3 into form.value (label:Value)" in lines
    assert lines[-2] == "click form.submit (button:Save)"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("DD.MM.YYYY", "22.11.2026"),
        ("D.M.YY", "22.11.26"),
        ("MM/DD/YYYY", "11/22/2026"),
        ("YYYY-MM-DD", "2026-11-22"),
    ],
)
def test_days(form: str, text: str) -> None:
    """They are written and read alike, also with a time behind them."""
    dates = DateFormat(form)
    assert dates.write(date(2026, 11, 22)) == text
    assert dates.read(f"on {text} 12:00") == date(2026, 11, 22)
    assert dates.read(f"9{text}9") is None
    assert dates.read("yesterday") is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("142,3", 142_300_000),
        ("1.142,3 kWh", 1_142_300_000),
        ("1 142 kWh", 1_142_000_000),
        ("142,30 m³", 142_300_000),
        ("142.3", None),
        ("142,3 (estimated 2)", None),
        ("-142", None),
        ("", None),
        ("–", None),
        ("1,0000001", None),
    ],
)
def test_values(text: str, amount: int | None) -> None:
    """A cell is a value, exactly, or none."""
    assert Figures(decimal=",").read(text) == amount


def entry(day: int, amount: int | None) -> Entry:
    """A row of November."""
    return Entry(date(2026, 11, day), amount, str(amount), "")


TASK = Task("k", "1", date(2026, 11, 22), 5, "5", "")


def test_what_a_list_proves() -> None:
    """Our value, another in its place, or none; in a portal of months any day of the month."""
    assert sight([entry(22, 4), entry(22, 5)], TASK, monthly=False) == Sight(is_there=True)
    assert sight([entry(22, 4)], TASK, monthly=False).other == "4 (2026-11-22)"
    assert sight([entry(21, 5)], TASK, monthly=False) == Sight()
    assert sight([entry(21, 5)], TASK, monthly=True) == Sight(is_there=True)
    with pytest.raises(Unreadable):
        sight([entry(22, None)], TASK, monthly=False)
    assert sight([entry(21, None)], TASK, monthly=False) == Sight()


def test_how_far_a_list_is_read() -> None:
    """To its end, unless it is said to go from new to old: then until the day is past."""
    assert not is_past([entry(24, 1), entry(21, 1)], TASK, monthly=False)
    ordered = TASK._replace(newest_first=True)
    assert is_past([entry(24, 1), entry(21, 1)], ordered, monthly=False)
    assert not is_past([entry(24, 1), entry(22, 1)], ordered, monthly=False)
    assert not is_past([entry(20, 1), entry(21, 1)], ordered, monthly=False)
    assert not is_past([entry(21, 1)], ordered, monthly=True)
    assert not is_past([], ordered, monthly=False)


def test_a_receipt_that_is_none() -> None:
    """What no terminal should print, or nobody could read out, is no receipt; nor is it cut."""
    reader = Reader(DateFormat("DD.MM.YYYY"), Figures())
    texts = ["R-1 \n a", "\x1b[31mR", "R" * 201, ""]
    assert [reader.entry("22.11.2026", "5", text).receipt for text in texts] == [
        "R-1 a",
        "",
        "",
        "",
    ]


def test_columns() -> None:
    """One is known by its heading, which must be there once."""
    assert index_of(Column("history.date", "Read  on", None), ["Value", "READ\non"]) == 1
    for headings in (["Value"], ["Read on", "Read on"], []):
        with pytest.raises(Unreadable, match=r"^history\.date: "):
            index_of(Column("history.date", "Read on", None), headings)
