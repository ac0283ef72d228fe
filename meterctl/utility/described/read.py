"""A file that describes a utility, read whole before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from meterctl.errors import ConfigError
from meterctl.utility.described.calls import Call
from meterctl.utility.described.doors import Door
from meterctl.utility.described.figures import Figures
from meterctl.utility.described.limits import Limits
from meterctl.utility.described.moments import Moments
from meterctl.utility.described.read_auth import door
from meterctl.utility.described.read_calls import Reader, at, check_url
from meterctl.utility.described.read_rules import Scope, condition, outcomes, readings, rules
from meterctl.utility.described.rows import Outcomes, Shown
from meterctl.utility.described.rules import Condition, Rule
from meterctl.utility.described.templates import EVERYWHERE, READING, Names, Template
from meterctl.utility.given import Given
from meterctl.utility.keys import Table
from meterctl.utility.numbers import ROUNDINGS, spelled

_ACCEPT = {"Accept": Template(("application/json, */*;q=0.5",))}
_SETTINGS = ("token", "user", "secret")


class Submit(NamedTuple):
    """How readings are handed over."""

    call: Call
    answers: Sequence[Rule]  # of the whole answer
    rows: Outcomes | None  # of each reading of a batch


class Ask(NamedTuple):
    """How it is asked what became of one."""

    call: Call
    answers: Sequence[Rule]
    rows: Shown | None

    @property
    def can_deny(self) -> bool:
        """Whether it can say that a reading is not there."""
        shows = "some" if self.rows is None else self.rows.shows
        return shows != "some" or any(rule.outcome == "not_there" for rule in self.answers)

    @property
    def knows_keys(self) -> bool:
        """Whether asking for a key that was never sent is harmless, and answered with a no."""
        named = self.call.names
        says_no = any(rule.outcome == "not_there" for rule in self.answers)
        is_whole = self.rows is not None and self.rows.shows == "all"
        return (
            "key" in named
            and not named & (READING - {"key"})
            and not any(name.startswith("meter.") for name in named)
            and (says_no or is_whole)
        )


class Probe(NamedTuple):
    """How it is asked whether it answers at all, and knows us."""

    call: Call
    condition: Condition


class Description(NamedTuple):
    """All that a file says."""

    url: str
    account: Mapping[str, str]
    meters: Mapping[str, Mapping[str, str]]
    figures: Figures
    moments: Moments
    clock: Moments  # how {now} is told
    limits: Limits
    by_day: bool
    door: Door
    submit: Submit
    ask: Ask | None
    probe: Probe | None


def read(name: str, file: Table, own: Table | None, given: Given) -> Description:
    """What a file describes.

    Args:
        name: The adapter's, for messages.
        file: The description.
        own: What a user adds to one that is shipped: the account, the meters, the limits, how
            values are rounded. None: the description is the user's, and has them.
        given: The settings.

    Raises:
        ConfigError: the first thing that is wrong, with its place and its key.
    """
    reader = Reader()
    users = file if own is None else own
    account = users.mapping("account")
    meters = _meters(users)
    around = Names(EVERYWHERE, frozenset(account))
    names = Names(EVERYWHERE | READING, frozenset(account), meters=True)
    url = _base(name, file, own, given)
    limits, figures = _limits(file.table("limits"), Limits()), _figures(file)
    if own is not None:
        limits = _own_limits(name, own.table("limits"), limits)
        figures = _rounded(own.table("value"), figures)
        own.done()
    auth = file.table("auth")
    moments, clock = _moments(file), _clock(auth)
    common = reader.headers(file, "headers", around)

    def with_common(call: Call) -> Call:
        return call._replace(headers={**_ACCEPT, **common, **call.headers})

    submit = _submit(reader, file.needed("submit"), names, limits)
    submit = submit._replace(call=with_common(submit.call))
    told = submit.call.names
    by_day = "day" in told and not told & {"timestamp", "starts_at"}
    ask = _ask(reader, file.table("ask"), names, by_day=by_day)
    if ask is not None and ask.can_deny and limits.settles is None and "key" not in told:
        raise file.needed("ask").problem(
            None,
            "what it does not show is sent again, and no {key} with it: name limits.settles, the"
            " seconds after which it shows all that it took; 0 where sent twice is taken once",
        )
    probe = _probe(reader, file.table("probe"), around)
    description = Description(
        url,
        account,
        meters,
        figures,
        moments,
        clock,
        limits,
        by_day,
        door(reader, auth, around, given, url),
        submit,
        ask and ask._replace(call=with_common(ask.call)),
        probe and probe._replace(call=with_common(probe.call)),
    )
    file.done()
    _demand(name, reader, given)
    return description


def _base(name: str, file: Table, own: Table | None, given: Given) -> str:
    """Where it is: as the settings say, else the user's file, else the one that is shipped."""
    found = ""
    for table in (file, own):
        if table is not None and (text := table.text("url", "")):
            check_url(text, at(table, "url"))
            found = text
    url = given.url or found.rstrip("/")
    if not url:
        raise ConfigError(
            f"METERCTL_UTILITY_URL is not set: where {name} takes readings",
            "see docs/adapters.md",
        )
    return url


def _meters(users: Table) -> dict[str, dict[str, str]]:
    table = users.table("meters")
    if table is None:
        return {}
    meters = {meter: table.needed(meter) for meter in table}
    return {meter: {name: one.text(name) for name in one} for meter, one in meters.items()}


def _figures(file: Table) -> Figures:
    table = file.table("value")
    if table is None:
        return Figures()
    unit = table.checked("unit", spelled) if "unit" in table else None
    decimals = table.whole("decimals", 0, high=9) if "decimals" in table else None
    mark = table.choice("mark", (".", ","), ".")
    is_text = table.choice("as", ("number", "text"), "number") == "text"
    if mark == "," and not is_text:
        raise table.problem("mark", 'a number in JSON has a point: as = "text"')
    rounding = table.choice("rounding", ROUNDINGS, "refuse")
    table.done()
    return Figures(unit, decimals, rounding, is_text, mark)


def _rounded(table: Table | None, base: Figures) -> Figures:
    """What the other side takes is not the user's to say; what becomes of more decimals is."""
    if table is None:
        return base
    rounding = table.choice("rounding", ROUNDINGS, base.rounding)
    table.done()
    return base._replace(rounding=rounding)


def _moments(file: Table) -> Moments:
    table = file.table("time")
    if table is None:
        return Moments()
    how = table.choice("as", ("instant", "offset", "s", "ms", "local"), "instant")
    pattern = table.text("pattern", "")
    if how == "local" and not (_is_day(pattern) and "%H" in pattern and "%M" in pattern):
        raise table.problem("pattern", 'is needed, such as "%d.%m.%Y %H:%M"; a day alone is {day}')
    if pattern and how != "local":
        raise table.problem("pattern", 'is for as = "local" alone')
    day = table.text("day", "%Y-%m-%d")
    if not _is_day(day):
        raise table.problem("day", 'names no day of a month of a year: such as "%d.%m.%Y"')
    has_milliseconds = table.flag("milliseconds", default=True)
    table.done()
    return Moments(how, pattern, day, has_milliseconds)


def _is_day(pattern: str) -> bool:
    """Whether it tells one day from all others."""
    codes = set(re.findall(r"%.", pattern))
    has_month = bool(codes & {"%m", "%b", "%B"})
    return bool(codes & {"%Y", "%y"}) and ("%j" in codes or ("%d" in codes and has_month))


def _clock(auth: Table | None) -> Moments:
    if auth is None or "now" not in auth:
        return Moments("s")
    return Moments(auth.choice("now", ("s", "ms", "instant")))


def _limits(table: Table | None, base: Limits) -> Limits:
    if table is None:
        return base
    oldest = table.whole("oldest_days", 1, 1, 36_500) if "oldest_days" in table else None
    found = Limits(
        table.whole("rows", base.rows, 1, 1_000),
        base.oldest_days if oldest is None else oldest,
        table.seconds("settles", 0.0) if "settles" in table else base.settles,
        table.text("remaining_header", base.remaining_header),
        table.text("reset_header", base.reset_header),
    )
    table.done()
    return found


def _own_limits(name: str, table: Table | None, base: Limits) -> Limits:
    """A user may be content with less than is shipped, not ask for more in one request."""
    found = _limits(table, base)
    if table is not None and found.rows > base.rows:
        raise table.problem("rows", f"{name} takes {base.rows} in one request")
    return found


def _submit(reader: Reader, table: Table, names: Names, limits: Limits) -> Submit:
    call = reader.call(table, names, method="POST", url="{url}", row=table.raw("row"))
    inner = table.table("rows")
    if limits.rows > 1:
        _check_batch(table, call, has_rows=inner is not None)
    rows = None if inner is None else outcomes(reader, inner, names)
    answers = rules(reader, table, names, Scope(whole=rows is not None))
    if not answers and rows is None:
        raise table.problem("answers", "are missing: [[submit.answers]] say what an answer means")
    table.done()
    if "value" not in call.names:
        raise table.problem(None, "names no {value}: nothing would be handed over")
    return Submit(call, answers, rows)


def _check_batch(table: Table, call: Call, *, has_rows: bool) -> None:
    """Several readings in one request: only a row may be about one of them."""
    if call.body is None or call.body.row is None:
        raise table.problem("row", "is missing: limits.rows puts several readings into one request")
    if not has_rows:
        raise table.problem("rows", "is missing: where the answer says what became of each reading")
    for template in call.around:
        for name in template.names:
            if name in READING or name.startswith("meter."):
                raise table.problem(None, f"{{{name}}} is one reading's: it belongs into the row")


def _ask(reader: Reader, table: Table | None, names: Names, *, by_day: bool) -> Ask | None:
    if table is None:
        return None
    call = reader.call(table, names, method="GET", url=None)
    inner = table.table("rows")
    rows = None if inner is None else readings(reader, inner, names, by_day=by_day)
    answers = rules(reader, table, names, Scope(asks=True, is_of_it="key" in call.names))
    if not answers and rows is None:
        raise table.problem("answers", "are missing: [[ask.answers]], or [ask.rows]")
    table.done()
    return Ask(call, answers, rows)


def _probe(reader: Reader, table: Table | None, names: Names) -> Probe | None:
    if table is None:
        return None
    call = reader.call(table, names, method="GET", url=None)
    found = condition(table, frozenset(("2xx",)))
    if not found.is_of_the_body:
        raise table.problem("where", "is missing: what its answer says, or a pattern")
    table.done()
    return Probe(call, found)


def _demand(name: str, reader: Reader, given: Given) -> None:
    """Nothing, where the settings have what the file uses of them."""
    for setting in _SETTINGS:
        if setting in reader.used and not getattr(given, setting):
            raise ConfigError(
                f"METERCTL_UTILITY_{setting.upper()} is not set, and {name} needs it",
                "docs/adapters.md says what it is",
            )
