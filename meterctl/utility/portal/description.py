"""What a TOML file says of a portal: its pages, its elements, its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from meterctl.errors import shown
from meterctl.utility.keys import Table
from meterctl.utility.numbers import ROUNDINGS, UNITS
from meterctl.utility.portal.addresses import Site, checked, host, is_safe, joined, netloc
from meterctl.utility.portal.dates import DateFormat
from meterctl.utility.portal.elements import KINDS, Element, Place, Step, element, step
from meterctl.utility.portal.figures import Figures
from meterctl.utility.portal.history import Column

DAY_SECONDS = 86_400

# What browsers know: a language, perhaps its writing, perhaps a country.
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?")


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
    newest_first: bool  # it need not be read beyond a reading's day


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

    @property
    def tells_meter(self) -> bool:
        """Whether the form is told of which meter a reading is."""
        form, confirm = self.form, self.confirm
        if form.meter is not None and "{meter}" in form.choice:
            return True
        parts = [form.meter, form.date, form.value, *form.tick, form.submit]
        parts += [] if confirm is None else [*confirm.tick, confirm.submit]
        texts = [part.text for part in parts if part is not None]
        texts += [one.path if isinstance(one, Place) else one.text for one in form.open]
        return any("{meter}" in text for text in texts)


def read(table: Table, url: str | None) -> Description:
    """A description, whole.

    Args:
        table: The file.
        url: METERCTL_PORTAL_URL, which its addresses are relative to.

    Raises:
        ConfigError: with file, line and column.
    """
    start = table.checked("start", lambda text: _start(text, url), "/")
    site = Site(url or _origin(start), frozenset({netloc(start), *_hosts(table)}))
    form = _form(table.needed("form"), site)
    history = _history(table.needed("history"), form, site)
    confirmation = table.needed("confirmation")
    confirm = table.table("confirm")
    pattern = "receipt" in confirmation
    description = Description(
        start=start,
        hosts=site.hosts,
        language=table.checked("language", _language, ""),
        dismiss=_elements(table, "dismiss"),
        seconds=table.seconds("seconds", 120, 10, 900),
        step_seconds=table.seconds("step_seconds", 15, 1, 120),
        settles=table.seconds("settles_seconds", DAY_SECONDS, 60, 31 * DAY_SECONDS),
        browser=table.text("browser", ""),
        sandbox=table.flag("sandbox", default=True),
        login=_login(table.needed("login"), site),
        form=form,
        confirm=None if confirm is None else _confirm(confirm),
        done=_element(confirmation, "shown"),
        receipt=confirmation.checked("receipt", _pattern) if pattern else None,
        history=history,
        says=_says(table.table("says")),
        meters=_meters(table.needed("meters")),
    )
    if len(description.meters) > 1 and not description.tells_meter:
        raise table.problem(
            "meters",
            "these are several, and the form is told of none: name form.meter, or the place"
            " of {meter} in form.open",
        )
    confirmation.done()
    table.done()
    return description


def _login(table: Table, site: Site) -> Login:
    login = Login(
        _steps(table, "open", site),
        _element(table, "user"),
        _maybe(table, "next"),
        _element(table, "password"),
        _element(table, "submit"),
        _element(table, "shown"),
        _elements(table, "wrong"),
    )
    table.done()
    return login


def _form(table: Table, site: Site) -> Form:
    form = Form(
        _steps(table, "open", site),
        _maybe(table, "meter"),
        table.text("choice", "{meter}"),
        _maybe(table, "date"),
        table.checked("date_format", DateFormat, "YYYY-MM-DD"),
        _element(table, "value"),
        Figures(
            table.choice("unit", UNITS, "kWh"),
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


def _history(table: Table, form: Form, site: Site) -> History:
    given = "date_format" in table
    history = History(
        _steps(table, "open", site),
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
        table.flag("newest_first"),
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


def _steps(table: Table, name: str, site: Site) -> tuple[Step, ...]:
    def read_one(text: str) -> Step:
        one = step(_key(table, name), text)
        return one._replace(path=site.page(one.path)) if isinstance(one, Place) else one

    try:
        return tuple(read_one(text) for text in table.texts(name))
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


def _language(text: str) -> str:
    if text and not _LANGUAGE.fullmatch(text):
        raise ValueError(f"{shown(text)} is no language, such as de-DE")
    return text


def _start(text: str, url: str | None) -> str:
    if url is None and not urlsplit(text).hostname:
        raise ValueError("METERCTL_PORTAL_URL is not set, and this is no whole address")
    return checked(joined(url or "", text))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _hosts(table: Table) -> list[str]:
    try:
        return [host(text) for text in table.texts("hosts")]
    except ValueError as error:
        raise table.problem("hosts", str(error)) from None


def is_home(description: Description, url: str) -> bool:
    """Whether a page may be opened: it is the portal's, or on a host named beside it."""
    try:
        return is_safe(url) and netloc(url) in description.hosts
    except ValueError:
        return False
