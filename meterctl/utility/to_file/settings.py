"""What METERCTL_UTILITY_CONFIG says of the folder, and of how readings are written."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from meterctl.errors import ConfigError, shown
from meterctl.utility.given import Given
from meterctl.utility.keys import Table
from meterctl.utility.numbers import ROUNDINGS, spelled
from meterctl.utility.to_file.csv_form import COLUMNS, DIRECTIVES, WORDS, CsvForm, directives
from meterctl.utility.to_file.espi import COMMODITIES, EspiForm
from meterctl.utility.to_file.form import Form

_SEPARATORS = {";": ";", ",": ",", "tab": "\t", "|": "|"}


class Settings(NamedTuple):
    """All of it."""

    folder: Path
    form: Form
    rows: int  # readings in one file at most


def read(given: Given) -> Settings:
    """What the file says.

    Raises:
        ConfigError: it is not set, or something in it is wrong; with its place.
    """
    table = given.config
    if table is None:
        raise ConfigError(
            "METERCTL_UTILITY_CONFIG is not set: the file that names the folder and the format",
            "see docs/adapters.md",
        )
    folder = given.folder / table.checked("folder", _path)
    form = _csv(table) if table.choice("format", ("csv", "espi")) == "csv" else _espi(table)
    rows = table.whole("rows", 1_000, 1, 1_000)
    table.done()
    return Settings(folder, form, rows)


def _path(text: str) -> Path:
    if "\0" in text:
        raise ValueError(f"{shown(text)} is no path: it has a NUL in it")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"there is no home folder for {shown(text)}") from None


def _csv(whole: Table) -> CsvForm:
    table = whole.table("csv")
    if table is None:
        return CsvForm(COLUMNS)
    separator = table.choice("separator", tuple(_SEPARATORS), ";")
    decimal = table.choice("decimal", (".", ","), ".")
    if separator == decimal:
        raise table.problem("decimal", "it is the separator, too")
    unit = table.checked("unit", spelled) if "unit" in table else None
    decimals = table.whole("decimals", 0, 0, 6) if "decimals" in table else None
    rounding = table.choice("rounding", ROUNDINGS, "refuse")
    columns = _columns(table.table("columns"))
    table.done()
    return CsvForm(columns, _SEPARATORS[separator], decimal, unit, decimals, rounding)


def _columns(table: Table | None) -> tuple[tuple[str, str], ...]:
    """Headings, each with what stands below it."""
    if table is None:
        return COLUMNS
    columns = tuple((heading, table.checked(heading, _content)) for heading in table)
    if "value" not in (content for _, content in columns):
        raise table.problem(None, "no column has the value")
    told = {one for _, content in columns for one in directives(content)}
    names_the_day = {"d", "m"} <= told and bool(told & {"Y", "y"})
    if not names_the_day and "timestamp" not in (content for _, content in columns):
        raise table.problem(None, "no column tells when it was: timestamp, or day, month and year")
    return columns


def _content(text: str) -> str:
    if "%" not in text:
        if text not in WORDS:
            raise ValueError(
                f"{shown(text)} is not one of {', '.join(WORDS)}, nor a pattern such as %d.%m.%Y"
            )
        return text
    for one in directives(text):
        if one not in DIRECTIVES:
            raise ValueError(f"{shown('%' + one)} is not one of %{', %'.join(DIRECTIVES)}")
    return text


def _espi(whole: Table) -> EspiForm:
    table = whole.table("espi")
    if table is None:
        return EspiForm({})
    told = table.table("commodities")
    by_meter = {} if told is None else {id_: told.choice(id_, tuple(COMMODITIES)) for id_ in told}
    table.done()
    return EspiForm(by_meter)
