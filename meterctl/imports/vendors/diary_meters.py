"""What a diary says of a meter beside its readings: its title, its number, its usual unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from meterctl.imports.generic.growth import Growth, Shown
from meterctl.imports.generic.shapes import TIMES, shape_of
from meterctl.imports.layout import Claimed
from meterctl.imports.series import Commodity
from meterctl.imports.text.cells import Record
from meterctl.imports.vendors.evidence import kind_unknown
from meterctl.imports.words import fold

_NUMBER = re.compile(r"(?<![\w.])(?=[\w-]*\d{4})[0-9A-Za-z][0-9A-Za-z-]{4,39}(?![\w.])")
_NO_NUMBER = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{4}|\d{6})?")
_OF_A_METER = re.compile(r"zahler|meter|serial|strom|gas|wasser|water|electric|heat|warme")
_OF_A_PERSON = re.compile(r"kunde|customer|client|klant|vertrag|contract|konto|account|user|@")
_A_NUMBER_OF = re.compile(r"nummer|number|serial|\bn[ro]\b|\bid\b")
# What meters count in where a date is a `Datum` or a `Fecha`; in English, gas may be in ft³.
_USUAL_UNITS = {Commodity.ELECTRICITY: "kWh", Commodity.GAS: "m³", Commodity.WATER: "m³"}


def usual_unit(commodity: Commodity | None, *, is_metric: bool) -> str | None:
    """What a meter counts in where nothing says its unit; None: that differs."""
    if commodity is None or not (is_metric or commodity is Commodity.ELECTRICITY):
        return None
    return _USUAL_UNITS.get(commodity)


def refuse_amounts(rows: Iterable[Claimed], header: Record) -> None:
    """A column of mere values is a dial's if they only grow.

    Raises:
        Unknown: they do not, or there are few of them.
    """
    growths: dict[str, Growth] = {}
    for claimed in rows:
        for claim in claimed.claims:
            growths.setdefault(claim.series.name, Growth()).see(claim.value)
    for name, growth in growths.items():
        if Shown.DIAL not in {growth.shown("."), growth.shown(",")}:
            raise kind_unknown(name, header)


def is_label(text: str) -> bool:
    """Whether a line that begins so says something of a meter or its owner: `Zählernummer;123`."""
    folded = fold(text)
    return bool(_OF_A_PERSON.search(folded) or _A_NUMBER_OF.search(folded))


def last_block(lines: Sequence[str]) -> list[str]:
    """The last lines without an empty one between them."""
    block: list[str] = []
    for line in reversed(lines):
        if block and not line:
            break
        if line:
            block.insert(0, line)
    return block


def serial_in(texts: Sequence[str]) -> str | None:
    """A meter's number in what is said of it; a person's own, or a date, is none."""
    for text in texts:
        folded = fold(text)
        if _OF_A_PERSON.search(folded) or not (len(texts) == 1 or _OF_A_METER.search(folded)):
            continue
        for match in _NUMBER.finditer(text):
            if _NO_NUMBER.fullmatch(match[0]) is None and shape_of(match[0]) not in TIMES:
                return match[0]
    return None
