"""The columns of a meter diary, by the headings that phone apps give them."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from meterctl.imports.vendors.wide import Header, take_apart
from meterctl.imports.words import is_cost, is_temperature


class Column(StrEnum):
    """What a diary's column holds."""

    DATE = "date"
    TIME = "time"
    READING = "reading"
    METER = "meter"  # its number or name
    UNIT = "unit"
    KIND = "kind"  # electricity, gas; or how a value came to be
    QUALITY = "quality"  # how a value came to be, and nothing else
    NOTE = "note"
    OTHER = "other"  # what follows from the readings, or is of no use here


_ID = r"[ _-]?(id|number|nummer|nr\.?|no\.?|name)"
_HEADINGS = {
    Column.DATE: (
        r"(ablese|reading |read |avlasnings)?dat(um|e|a|o)( read)?|ablesetag|fecha|zeitpunkt|"
        r"ablesezeitpunkt|zeitstempel|timestamp|date ?time|date/time|datum/(uhr)?zeit|"
        r"datum und uhrzeit|data (della )?lettura|fecha (de )?lectura|date (de )?releve"
    ),
    Column.TIME: r"(uhr|ablese)?zeit|time|heure|hora|ora|tijd|tid|klockslag",
    # What a dial showed the time before stands in the row before too.
    Column.OTHER: (
        r"(alter?|alte|vorheriger?|letzter?|previous|old|prev\.?|last|ancien|precedent|anterior|"
        r"vorige|oude)\b.*|(releve|index|lettura|lectura|leitura) (prec|anter).*|"
        r".*(verbrauch|consumption|usage|verbruik|differenz|\bdiff|delta|tage\b|days|pro tag|"
        r"per day|/ ?tag|/ ?day|durchschnitt|average|consommation).*|id|uuid|.*[ _-]id|kundenid|"
        r"zahlerstandid|ersatz|foto|photo|bild|image|ort|location|wert pro .*|"
        r"id .*|zukunft|future?|toekomst|futuro|an den anbieter gemeldet|gemeldet|reported"
    ),
    Column.READING: (
        r"(neuer |aktueller |new |current )?(za?e?hler)(stand|stande)( .{1,30})?|"
        r"(current |new )?meter ?(reading|stand|value)( .{1,30})?|"
        r"(nieuwe |huidige )?meterstand( .{1,30})?|matarstallning|malerstand|"
        r"stand( (ht|nt|in|1|2))?|(current |new )?reading|counter( reading)?|"
        r"(nouveau |nouvel )?(releve|index)( (hp|hc|base|jour|nuit|t\d|heures? \w+))?|"
        r"lettura( (attuale|corrente))?|"
        r"lectura( actual)?|leitura( atual)?|ablesewert|readout"
    ),
    Column.METER: (
        rf"za?e?hler({_ID})?|meter({_ID})?|serial( number)?|gerat(enummer)?|"
        r"compteur|id compteur|contatore|id contatore|contador|id (del )?contador|teller|"
        r"name|bezeichnung"
    ),
    Column.UNIT: r"einheit|units?|unite|eenheid|unidad|unita",
    Column.KIND: (
        r"typ|type|art|(zahler|ablese|energie|gerate)(typ|art)|meter type|reading type|medium|"
        r"sparte|kategorie|category"
    ),
    Column.QUALITY: (
        r"gescha?e?tzt|estimated|estimad[ao]|estimee?|geschat|stimat[oa]|status|quality|qualitat"
    ),
    Column.NOTE: (
        r"noti[zt](en)?|notitie|notes?|kommentar|comments?|bemerkung(en)?|anmerkung(en)?|"
        r"opmerking(en)?|commentaire|remarque|beschreibung|description|nota|anteckning"
    ),
}
# Beside a column that says it holds readings, these are the other meters' of the house.
_FLOWS = re.compile(
    r"(kalt|warm)?wasser|gas|strom|water|electricity|stroom|elektra|gaz|eau|acqua|luce|agua|"
    r"einspeisung|bezug|ht|nt|pv"
)
_OF_A_SPAN = re.compile(
    r"(stand|reading|index|lettura|lectura) (anfang|beginn|start|ende?|fin\w*)\b"
)
# A value is a reading where the table says of which meter: some apps do not call it one.
_VALUE = re.compile(r"value|wert")


class Named(NamedTuple):
    """What each column of a header is, and the unit a heading says."""

    columns: tuple[Column, ...]
    units: tuple[str, ...]  # empty: not said
    is_reading: bool = True  # a heading says that its values are a dial's

    def place(self, column: Column) -> int | None:
        """The first column of a kind."""
        return self.columns.index(column) if column in self.columns else None

    def places(self, column: Column) -> tuple[int, ...]:
        """All columns of a kind."""
        return tuple(index for index, one in enumerate(self.columns) if one is column)


def named(header: Header) -> Named | None:
    """The columns of a diary's header; None where it is none."""
    headings = [take_apart(name) for name in header.names]
    bare = [re.sub(r" in$", "", one.name) for one in headings]
    columns = [_column(name) for name in bare]
    is_reading = Column.READING in columns
    if None in columns and Column.METER in columns and Column.READING not in columns:
        columns = [
            Column.READING if column is None and _VALUE.fullmatch(name) else column
            for column, name in zip(columns, bare, strict=True)
        ]
    if is_reading:
        columns = [
            Column.READING if column is None and _FLOWS.fullmatch(name) else column
            for column, name in zip(columns, bare, strict=True)
        ]
    if any(_OF_A_SPAN.search(name) for name in bare):
        return None  # the dial at both ends of something: of two times
    known = [column for column in columns if column is not None]
    if len(known) < len(columns) or Column.READING not in known:
        return None
    if Column.DATE not in known:
        if known.count(Column.TIME) != 1:
            return None
        known[known.index(Column.TIME)] = Column.DATE
    if any(one.is_power for one in headings):
        return None
    return Named(tuple(known), tuple(one.unit or "" for one in headings), is_reading)


def _column(name: str) -> Column | None:
    if is_cost(name) or is_temperature(name):
        return Column.OTHER
    if re.fullmatch(_HEADINGS[Column.METER], name):
        return Column.METER  # before any other id
    return next((key for key, words in _HEADINGS.items() if re.fullmatch(words, name)), None)
