"""What a TOML file says of a portal: its pages, its elements, its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from meterctl.errors import shown
from meterctl.remote import LOOPBACK
from meterctl.utility.keys import Table
from meterctl.utility.numbers import ROUNDINGS, UNITS
from meterctl.utility.portal.dates import DateFormat
from meterctl.utility.portal.elements import KINDS, Element, Step, element, step
from meterctl.utility.portal.figures import Figures
from meterctl.utility.portal.history import Column

DAY_SECONDS = 86_400


class Login(NamedTuple):
    """How one gets in."""

    open: tuple[Step, ...]  # from the start page
    user: Element
    next: Element | None  # between the two, where they are on pages of their own
    password: Element
    submit: Element
    shown: Element  # only those who are in see it
    wrong: tuple[Element, ...]  # what says that user or password are wrong


class Form(NamedTuple):
    """Where a reading is entered."""

    open: tuple[Step, ...]
    meter: Element | None  # a list to choose from, or the meter's own button; None: there is one
    choice: str  # which of the list
    date: Element | None
    dates: DateFormat
    value: Element
    figures: Figures
    tick: tuple[Element, ...]
    submit: Element


class Confirm(NamedTuple):
    """A page between the form and its end."""

    tick: tuple[Element, ...]  # boxes, where they are shown
    submit: Element


class History(NamedTuple):
    """The list of the readings that the portal has."""

    open: tuple[Step, ...]
    rows: Element
    date: Column
    value: Column
    receipt: Column | None
    dates: DateFormat
    figures: Figures
    next: Element | None
    pages: int
    empty: Element | None
    monthly: bool


class Says(NamedTuple):
    """What the portal says instead of what was to come."""

    already: tuple[Element, ...]
    closed: tuple[Element, ...]
    refused: tuple[Element, ...]
    expired: tuple[Element, ...]
    maintenance: tuple[Element, ...]
    captcha: tuple[Element, ...]
    two_factor: tuple[Element, ...]


class Description(NamedTuple):
    """All of it."""

    start: str  # a whole URL
    hosts: frozenset[str]  # host:port that its pages may be on
    language: str
    dismiss: tuple[Element, ...]
    seconds: float
    step_seconds: float
    settles: float
    browser: str  # a path; empty: found by itself
    sandbox: bool
    login: Login
    form: Form
    confirm: Confirm | None
    done: Element
    receipt: re.Pattern[str] | None
    history: History
    says: Says
    meters: Mapping[str, str]  # by our id: the portal's number; empty: the device's serial


def read(table: Table, url: str | None) -> Description:
    """A description, whole.

    Args:
        table: The file.
        url: METERCTL_PORTAL_URL, which its addresses are relative to.

    Raises:
        ConfigError: with file, line and column.
    """
    start = table.checked("start", lambda text: _address(text, url), "/")
    form_table = table.needed("form")
    form = _form(form_table)
    history = _history(table.needed("history"), form)
    confirmation = table.needed("confirmation")
    confirm = table.table("confirm")
    pattern = "receipt" in confirmation
    description = Description(
        start=start,
        hosts=frozenset({_netloc(start), *_hosts(table)}),
        language=table.text("language", ""),
        dismiss=_elements(table, "dismiss"),
        seconds=table.seconds("seconds", 120.0, 900.0),
        step_seconds=table.seconds("step_seconds", 15.0, 120.0),
        settles=table.seconds("settles_seconds", DAY_SECONDS, 31.0 * DAY_SECONDS),
        browser=table.text("browser", ""),
        sandbox=table.flag("sandbox", default=True),
        login=_login(table.needed("login")),
        form=form,
        confirm=None if confirm is None else _confirm(confirm),
        done=_element(confirmation, "shown"),
        receipt=confirmation.checked("receipt", _pattern) if pattern else None,
        history=history,
        says=_says(table.table("says")),
        meters=_meters(table.needed("meters")),
    )
    confirmation.done()
    table.done()
    return description


def _login(table: Table) -> Login:
    login = Login(
        _steps(table, "open"),
        _element(table, "user"),
        _maybe(table, "next"),
        _element(table, "password"),
        _element(table, "submit"),
        _element(table, "shown"),
        _elements(table, "wrong"),
    )
    table.done()
    return login


def _form(table: Table) -> Form:
    form = Form(
        _steps(table, "open"),
        _maybe(table, "meter"),
        table.text("choice", "{meter}"),
        _maybe(table, "date"),
        table.checked("date_format", DateFormat, "YYYY-MM-DD"),
        _element(table, "value"),
        Figures(
            table.choice("unit", tuple(UNITS), "kWh"),
            table.choice("decimal", (".", ","), "."),
            table.whole("decimals", 0, 0, 6),
            table.choice("rounding", ROUNDINGS, "refuse"),
        ),
        _elements(table, "tick"),
        _element(table, "submit"),
    )
    table.done()
    return form


def _confirm(table: Table) -> Confirm:
    confirm = Confirm(_elements(table, "tick"), _element(table, "submit"))
    table.done()
    return confirm


def _history(table: Table, form: Form) -> History:
    given = "date_format" in table
    history = History(
        _steps(table, "open"),
        _element(table, "rows"),
        _column(table, "date"),
        _column(table, "value"),
        _column(table, "receipt") if "receipt" in table else None,
        table.checked("date_format", DateFormat) if given else form.dates,
        form.figures._replace(
            decimal=table.choice("decimal", (".", ","), form.figures.decimal),
        ),
        _maybe(table, "next"),
        table.whole("pages", 24, 1, 1_000),
        _maybe(table, "empty"),
        table.choice("period", ("day", "month"), "day") == "month",
    )
    table.done()
    return history


def _says(table: Table | None) -> Says:
    if table is None:
        return Says((), (), (), (), (), (), ())
    says = Says(*(_elements(table, name) for name in Says._fields))
    table.done()
    return says


def _meters(table: Table) -> dict[str, str]:
    meters = {}
    for name in table:
        one = table.needed(name)
        meters[name] = one.text("number", "")
        one.done()
    if not meters:
        raise table.problem(None, "names no meter, such as [meters.meter]")
    return meters


def _element(table: Table, name: str) -> Element:
    return table.checked(name, lambda text: element(_key(table, name), text))


def _maybe(table: Table, name: str) -> Element | None:
    return _element(table, name) if name in table else None


def _elements(table: Table, name: str) -> tuple[Element, ...]:
    try:
        return tuple(element(_key(table, name), text) for text in table.texts(name))
    except ValueError as error:
        raise table.problem(name, str(error)) from None


def _steps(table: Table, name: str) -> tuple[Step, ...]:
    try:
        return tuple(step(_key(table, name), text) for text in table.texts(name))
    except ValueError as error:
        raise table.problem(name, str(error)) from None


def _column(table: Table, name: str) -> Column:
    text, key = table.text(name), _key(table, name)
    kind, colon, _ = text.partition(":")
    if colon and kind in KINDS:
        return Column(key, "", _element(table, name))
    return Column(key, text, None)


def _key(table: Table, name: str) -> str:
    return ".".join(str(part) for part in (*table.path, name))


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    if pattern.groups != 1:
        raise ValueError("one group (in brackets) is needed: the receipt")
    return pattern


def _address(text: str, url: str | None) -> str:
    whole = urljoin(f"{url}/", text.lstrip("/")) if url else text
    parts = urlsplit(whole)
    try:
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError("METERCTL_PORTAL_URL is not set, and this is no whole address")
    if not is_safe(whole):
        raise ValueError("it is to be https://; http:// is for this machine itself alone")
    return whole


def is_safe(url: str) -> bool:
    """Whether what is sent there cannot be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _netloc(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{(parts.hostname or '').lower()}:{port}"


def _hosts(table: Table) -> list[str]:
    try:
        return [_host(text) for text in table.texts("hosts")]
    except ValueError as error:
        raise table.problem("hosts", str(error)) from None


def _host(text: str) -> str:
    parts = urlsplit(f"https://{text}")
    if parts.hostname is None or parts.netloc != text:
        raise ValueError(f"{shown(text)} is no host, such as login.example")
    return _netloc(f"https://{text}")


def is_home(description: Description, url: str) -> bool:
    """Whether a page may be opened: it is the portal's, or on a host named beside it."""
    try:
        return is_safe(url) and _netloc(url) in description.hosts
    except ValueError:
        return False
