"""Rules of a file: what proves too little is refused here, before anything is sent."""

from __future__ import annotations

import re
from typing import NamedTuple

from meterctl.errors import shown
from meterctl.utility.described.paths import place
from meterctl.utility.described.read_calls import Reader, at, optional_place, placed, places
from meterctl.utility.described.rows import Outcomes, Shown
from meterctl.utility.described.rules import OUTCOMES, Condition, Rule, names_it
from meterctl.utility.described.templates import Names
from meterctl.utility.keys import Table

_STATUS = re.compile(r"[245](?:xx|[0-9]{2})")
_PROVES_NOTHING = ("unknown", "in_progress")
_SHOWS = ("all", "newest", "some")


class Scope(NamedTuple):
    """What rules are about."""

    asks: bool = False  # they answer a question; else a submission
    whole: bool = False  # of a whole batch: none of them can prove that a reading was taken
    row: bool = False  # of one row, which has no text of its own
    # The answer is about this very submission: one to a question of its time alone may show
    # another reading, which then has to be looked at.
    is_of_it: bool = True


def rules(reader: Reader, table: Table, names: Names, scope: Scope) -> list[Rule]:
    """The rules of an answer, in their order.

    Args:
        reader: Reads the templates.
        table: Has them as `answers`.
        names: The placeholders that may stand in an echo.
        scope: What they are about.
    """
    return [_rule(reader, one, names, scope) for one in table.tables("answers")]


def condition(table: Table, status: frozenset[str], *, row: bool = False) -> Condition:
    """What has to stand in a body: at some paths, or anywhere in its text; in a row by path."""
    if row and table.raw("pattern") is not None:
        raise table.problem("pattern", "a row has no text: use where")
    inner = table.table("where")
    where = (
        {} if inner is None else {placed(key, at(inner, key)): _wanted(inner, key) for key in inner}
    )
    pattern = None if table.raw("pattern") is None else table.checked("pattern", _pattern)
    return Condition(status, where, pattern)


def outcomes(reader: Reader, table: Table, names: Names) -> Outcomes:
    """Where an answer to a batch says what became of each reading."""
    found = Outcomes(
        table.checked("at", place, ""),
        reader.echoes(table, "match", names),
        rules(reader, table, names, Scope(row=True)),
    )
    if not found.answers:
        raise table.problem("answers", "are missing: what each row means")
    table.done()
    return found


def readings(reader: Reader, table: Table, names: Names, *, by_day: bool) -> Shown:
    """Where an answer shows the readings that it holds."""
    match = reader.echoes(table, "match", names)
    is_of_it = any(map(names_it, match.values()))
    found = Shown(
        table.checked("at", place, ""),
        match,
        optional_place(table, "time"),
        by_day,
        table.checked("value", place),
        optional_place(table, "receipt"),
        table.choice("shows", _SHOWS, "some"),
        rules(reader, table, names, Scope(row=True, is_of_it=is_of_it)),
    )
    if found.time is None and not is_of_it:
        raise table.problem(
            "time", "is missing: where the time of a row stands, or a match of {key}"
        )
    if found.time is None and found.shows == "newest":
        raise table.problem("shows", "newest needs the time of a row")
    table.done()
    return found


def _rule(reader: Reader, table: Table, names: Names, scope: Scope) -> Rule:
    may_be = (*OUTCOMES, "not_there") if scope.asks else OUTCOMES
    outcome = table.choice("outcome", may_be)
    is_held = outcome in ("accepted", "already")
    is_waited = outcome in ("later", "closed", "in_progress")
    rule = Rule(
        condition(table, _statuses(table), row=scope.row),
        outcome,
        optional_place(table, "receipt") if is_held else None,
        optional_place(table, "value") if is_held else None,
        optional_place(table, "count") if outcome == "accepted" else None,
        reader.echoes(table, "echo", names),
        places(table, "reason") if outcome in ("rejected", "refused", "misconfigured") else (),
        optional_place(table, "wait") if is_waited else None,
        optional_place(table, "opens") if outcome == "closed" else None,
    )
    table.done()
    _refuse_too_little(table, rule, scope)
    return rule


def _refuse_too_little(table: Table, rule: Rule, scope: Scope) -> None:
    """What a rule takes for proven has to be proven by the body as well."""
    outcome = rule.outcome
    if scope.whole and outcome in ("accepted", "already"):
        raise table.problem(
            "outcome", f"{outcome} is of one reading: its rule belongs to [[submit.rows.answers]]"
        )
    if outcome == "already" and rule.value is None:
        raise table.problem(
            "outcome", "already needs `value`: else it is unknown with which value it is there"
        )
    status, has_condition = rule.condition.status, rule.condition.is_of_the_body
    if outcome == "accepted":
        if not all(one.startswith("2") for one in status):
            raise table.problem("status", "only a 2xx accepts anything")
        is_proven = rule.receipt is not None or rule.counted is not None
        is_repeated = rule.value is not None or any(names_it(one) for one in rule.echo.values())
        is_created = status == {"201"} and has_condition
        if not (scope.is_of_it or is_repeated):
            raise table.problem(
                "outcome",
                "neither the question nor the row names {key}: name the `value`, or an `echo` of"
                " {value} or {key}; else what is said of another reading would be taken for ours",
            )
        if not (is_proven or is_repeated or is_created):
            raise table.problem(
                "outcome",
                "HTTP 200 alone is no acceptance: name the `receipt`, the `value`, the `count`, or"
                " an `echo` of {key} or {value}; else the outcome is unknown, and [ask] finds out",
            )
        return
    # A proxy of their own may say 5xx or 404 as well as they do; 2xx may be a captive portal's.
    says_little = outcome == "not_there" or any(one[0] in "25" for one in status)
    if says_little and not has_condition and outcome not in (*_PROVES_NOTHING, "already"):
        raise table.problem(
            "outcome", f"the status alone does not prove {outcome}: name `where` or `pattern`"
        )


def _statuses(table: Table) -> frozenset[str]:
    value = table.raw("status")
    many = value if isinstance(value, list) else [value]
    found = frozenset(str(one) for one in many)
    if not many or not all(_STATUS.fullmatch(one) for one in found):
        raise table.problem("status", 'is missing or none: such as 201, "2xx" or [400, 422]')
    return found


def _wanted(table: Table, name: str) -> tuple[object, ...] | bool:
    value = table.raw(name)
    if isinstance(value, bool):
        return value
    many = value if isinstance(value, list) else [value]
    if not many or not all(type(one) in (str, int) for one in many):
        raise table.problem(name, "a text, a whole number, a list of them, or true or false")
    return tuple(many)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{shown(text)} is no pattern: {error}") from None
