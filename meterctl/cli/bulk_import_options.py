"""What a person says of a file, by flag or as an answer: texts to options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from meterctl.domain.meters import UNITS, Direction, Kind, unit_named
from meterctl.domain.readings import check_note
from meterctl.domain.times import zone_named
from meterctl.errors import UsageError, shown
from meterctl.imports.catalog import check_name
from meterctl.imports.formats import Options
from meterctl.imports.layout import Label, Order


class Flags(NamedTuple):
    """The flags that overrule what a file says, as typed; None: not given."""

    columns: Sequence[str] | None
    meter: str | None
    zone: str | None
    decimal: str | None
    dates: str | None
    labels: str | None
    kind: str | None
    unit: str | None
    direction: str | None
    encoding: str | None
    worksheet: str | None
    create: bool


def options_of(flags: Flags) -> Options:
    """The flags, understood.

    Raises:
        UsageError: one of them means nothing.
        TimeError: there is no such zone.
    """
    options = Options(
        _pairs(flags.columns or []),
        meter=flags.meter,
        encoding=flags.encoding,
        worksheet=flags.worksheet,
        create=flags.create,
    )
    fields = ("zone", "decimal", "kind", "unit", "direction")
    said = {field: getattr(flags, field) for field in fields}
    said |= {"order": flags.dates, "label": flags.labels}
    for field, text in said.items():
        if text is not None:
            options = answered(options, field, text)
    return options


def answered(options: Options, field: str, text: str) -> Options:
    """The options with one more, by its field.

    Raises:
        UsageError: the text says nothing that this option could be.
        TimeError: there is no such zone.
    """
    read = _READ.get(field)
    changes: dict[str, Any] = {field: text if read is None else read(text)}
    return options._replace(**changes)


def flag_of(field: str) -> str:
    """The flag that fills an option."""
    return {
        "columns": "--map",
        "zone": "--tz",
        "order": "--dates",
        "label": "--labels",
        "create": "--create-meters",
    }.get(field, f"--{field}")


def reason_of(text: str | None) -> str | None:
    """The reason for which other values replace known ones.

    Raises:
        UsageError: it is empty.
    """
    if text is None:
        return None
    reason = check_note(text)
    if reason is None:
        raise UsageError("--replace needs a reason", '--replace "the display was misread"')
    return reason


def format_of(text: str | None) -> str | None:
    """The format that --format names.

    Raises:
        UsageError: there is none of that name.
    """
    return None if text is None else check_name(text)


def _pairs(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    pairs = tuple(_pair(text) for text in texts)
    told: dict[str, str] = {}
    for column, meter in pairs:
        if told.setdefault(column, meter) != meter:
            raise UsageError(
                f"--map gives {shown(column)} to {shown(told[column])} and to {shown(meter)}",
                "keep one of the two",
            )
    return pairs


def _pair(text: str) -> tuple[str, str]:
    column, separator, meter = text.rpartition("=")
    if not separator or not column or not meter:
        raise UsageError(f"--map {shown(text)} is not COLUMN=METER", "--map Zählerstand=gas")
    return column, meter


def _decimal(text: str) -> str:
    if text not in (".", ","):
        raise UsageError(f"{shown(text)} is no decimal mark", "--decimal . or --decimal ,")
    return text


def _order(text: str) -> Order:
    if text.lower() not in set(Order):
        hint = "--dates dmy for 31.12.2025, --dates mdy for 12/31/2025"
        raise UsageError(f"{shown(text)} is no order of day and month", hint)
    return Order(text.lower())


def _label(text: str) -> Label:
    if text.lower() not in set(Label):
        raise UsageError(
            f"a row's time is where its interval starts or ends, not {shown(text)}",
            "--labels starts or --labels ends",
        )
    return Label(text.lower())


def _kind(text: str) -> Kind:
    if text.lower() not in set(Kind):
        raise UsageError(
            f"{shown(text)} is no kind of values: register, interval or daily",
            "--kind register for what a dial showed, --kind interval for amounts by period,"
            " --kind daily for what starts anew each midnight",
        )
    return Kind(text.lower())


def _unit(text: str) -> str:
    unit = unit_named(text)
    if unit not in UNITS:
        raise UsageError(f"unknown unit {shown(text)}", f"one of {', '.join(UNITS)}")
    return unit


def _direction(text: str) -> Direction:
    name = text.lower().replace("-", "_")
    if name not in set(Direction):
        raise UsageError(f"{shown(text)} is no direction", f"one of {', '.join(Direction)}")
    return Direction(name)


_READ: dict[str, Callable[[str], object]] = {
    "zone": zone_named,
    "decimal": _decimal,
    "order": _order,
    "label": _label,
    "kind": _kind,
    "unit": _unit,
    "direction": _direction,
}
