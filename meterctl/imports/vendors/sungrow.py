"""Sungrow iSolarCloud: what its portal and app export of a plant.

A chart of a month or a year holds energy; that of a day holds power, every five minutes. A plant
report has several plants, for each the energy of the report's own step and the lifetime counters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.formats import Options
from meterctl.imports.layout import Facts, Layout
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.series import Series
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.evidence import shows_a_dial
from meterctl.imports.vendors.headings import BATTERY, Columns, columns_of, role
from meterctl.imports.vendors.plants import Plants
from meterctl.imports.vendors.wide import Header, Wide, find_row, take_apart

_TIMES = {"time", "zeit", "tijd", "heure", "temps", "hora", "ora", "zaman", "czas", "tempo"}
_PLANTS = {"plant name", "plant", "anlagenname", "name der anlage", "nom de la centrale"}
_PLANTS |= {"installatienaam", "nombre de la planta", "nome impianto", "nome dell'impianto"}
_BATTERY = r"batter|bateria|akku|\baccu|speicher"
_OUT = r"discharg|entlad|ontlad|decharg|descarg|scaric"
_FEED_IN = r"feed-?\s*in|einspeis|teruglever|invoed|inject|inyec|immess|immission|vertid|export"
_PURCHASED = (
    r"purchas|netzbezug|bezug|bezogen|inkoop|ingekocht|afname|aankoop|achet|achat|compra|acquist|"
    r"prelev|preliev|import|soutir"
)
_LOAD = r"\bload\b|verbrauch|verbruik|belasting|consum|consomm|charge\b|carico|carga"
_YIELD = (
    r"\bpv\b|photovolt|yield|ertrag|erzeug|opbrengst|"
    r"production|produktion|productie|produccion|produzione"
)
_ROLES = (
    role(
        rf"({_BATTERY}).*({_OUT})|({_OUT}).*({_BATTERY})", Direction.GENERATION, "battery", BATTERY
    ),
    role(_BATTERY, Direction.CONSUMPTION, "battery", BATTERY),
    role(_FEED_IN, Direction.TO_GRID),
    role(_PURCHASED, Direction.FROM_GRID),
    role(
        r"self-?\s*consum|eigenverbrauch|direktverbrauch|direct.*consum|consum.*direct|autoconsum",
        Direction.CONSUMPTION,
        "self-use",
        "a part of what the house used; --map keeps it",
    ),
    role(_LOAD, Direction.CONSUMPTION),
    role(_YIELD, Direction.GENERATION),
)
# `PV(kWh)`, `Feed-in(W)`: a name, and its unit in brackets.
_OF_SUNGROW = re.compile(r"\S ?\((k|m)?wh?\)$")
_OF_OTHERS = re.compile(r"discharg|grid |exported to|imported from")  # Growatt, Solis, Deye
_HINT = "export the energy (kWh) instead: iSolarCloud, the plant's chart of a month or a year"
_DAYS = 3  # the step of rows that are of days
# What a report's column adds up, by its heading; the step is counted as `_step` does.
_STEPS = (
    (re.compile(r"\b(daily|today|tages|heut|dag|vandaag|jour|giorn|oggi|diari|hoy)"), 3),
    (re.compile(r"\b(monthly|this month|monat|maand|mois|mensu|mens[ie]l|mese)"), 2),
    (re.compile(r"\b(annual|yearly|this year|jahr|jaar|annu|ann[oi]\b|an[ou]al)"), 1),
)
_LIFETIME = re.compile(r"\b(total|cumulative|lifetime)\b")


class Sungrow:
    """The exports of iSolarCloud."""

    name = "sungrow"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A chart's table, or a plant report."""
        report = find_row(document, _is_report)
        if report is not None:
            return _report(self.name, document, report, options)
        header = find_row(document, _is_chart)
        if header is None:
            return None
        columns = columns_of(header, _ROLES, options, _HINT, (0,))
        step = _step(document, header, 0)
        values, notes = _of_step(header, columns, step)
        if not values or shows_a_dial(document, header, values, options):
            return None
        return Wide(
            format=self.name,
            title="Sungrow iSolarCloud, chart",
            # Its charts of energy are of days and months: what hours mean is for the file to show.
            facts=Facts(label=None) if step > _DAYS else Facts(),
            header=header,
            values=values,
            notes=notes,
        )


def _is_chart(names: Sequence[str]) -> bool:
    if names[0] not in _TIMES or any(_OF_OTHERS.match(name) for name in names):
        return False
    known = [name for name in names[1:] if _OF_SUNGROW.search(name)]
    made = [name for name in known if re.search(rf"{_YIELD}|dc power", name)]
    grid = [name for name in known if re.search(_FEED_IN, name) or re.search(_PURCHASED, name)]
    load = any(re.search(_LOAD, name) for name in known)
    return bool(made) or (len(grid) > 1 and load)


def _is_report(names: Sequence[str]) -> bool:
    return (
        len(names) > 2
        and names[0] in _PLANTS
        and names[1] in _TIMES
        and any(_OF_SUNGROW.search(name) for name in names[2:])
    )


def _step(document: Document, header: Header, column: int) -> int:
    """What the rows are of, by the first one's time: 1 years, 2 months, 3 days, more: hours.

    That is how many numbers its date has; 0 where there is no row.
    """
    for record in document.head:
        if record.line > header.record.line and len(record.cells) > column:
            text = record.cells[column].strip()
            if text[:1].isdigit():
                return len(re.findall(r"\d+", text))
    return 0


def _of_step(
    header: Header, columns: Columns, step: int
) -> tuple[dict[int, Series], tuple[str, ...]]:
    """The columns that are of the rows' own step, and the lifetime counters.

    The day's yield in a row of five minutes is a running total, which starts again each day.
    """
    values: dict[int, Series] = {}
    notes = list(columns.notes)
    for index, series in columns.values.items():
        name = take_apart(header.names[index]).name
        if _LIFETIME.search(name):
            reason = "the counter beside it, at the end of the time the row is of; --map keeps it"
            values[index] = series._replace(
                kind=Kind.REGISTER,
                part="-".join(part for part in (series.part, "total") if part),
                # Where rows are of days or months, at which end the dial was read is not said.
                only_if_mapped=series.only_if_mapped or (None if step > _DAYS else reason),
            )
            continue
        told = next((one for words, one in _STEPS if words.search(name)), step)
        if told == step or not step:
            values[index] = series
        else:
            notes.append(f"left out: `{header.names[index]}`: a running total, not of one row")
    return values, tuple(notes)


def _report(format_: str, document: Document, header: Header, options: Options) -> Layout:
    columns = columns_of(header, _ROLES, options, _HINT, (0, 1))
    values, notes = _of_step(header, columns, _step(document, header, 1))
    if not values:
        message = "this plant report has no column of energy in its own step"
        raise Stop(Problem(header.record.line, 1, message, _HINT, header.record.text))
    table = Wide(
        format=format_,
        title="Sungrow iSolarCloud, plant report",
        facts=Facts(),
        header=header,
        values=values,
        time=(1,),
        notes=notes,
    )
    return Plants(table, 0)
