"""SolarEdge: what its monitoring portal exports, in the account's language.

`Time,Energie (Wh),ZählerBezugs-Zähler E (Wh)`: the heading of a meter's column is the word for a
meter, its name and `E`, run together. Later ones are `Inv1 AC Production - Energy (Wh)` and
`Compteur d'importation/exportation- Import - Énergie (Wh)`: device, way, energy. A row is a
quarter of an hour, a day or a month.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from meterctl.domain.meters import Direction
from meterctl.imports.formats import Options
from meterctl.imports.layout import Facts, Layout
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.evidence import label_supposed, shows_a_dial
from meterctl.imports.vendors.flows import FLOWS
from meterctl.imports.vendors.headings import columns_of, role
from meterctl.imports.vendors.wide import Header, Wide, find_row, take_apart
from meterctl.imports.words import LONGEST, fold

_TIMES = {"time", "measurement time"}  # in all languages but for a few accounts'
_OTHER_TIMES = {"zeit", "datum", "date", "tijd", "temps", "heure", "ora", "hora", "fecha", "data"}
_ENERGY = re.compile(r"energ(y|ie|ia)|(produced|site|system) energy")
_POWER = re.compile(r"power|leistung|vermogen|puissance|potenza|potencia")
_PIECES = re.compile(r"\s+-\s*|(?<=\w)-\s+")
# What only SolarEdge says: the whole system's production, inverters, meters by kind and name.
_ITS_OWN = re.compile(
    r"system ?produ.*|systeem ?produ.*|production du systeme|"
    r"produzione (di |del )?(sistema|impianto)|produccion del sistema|"
    r"inv\d*\b.*|.* [ep]ac|ac production|.*\.energy|"
    r"(zahler|meter|compteur|teller|contatore|contador)\S.* [ep]|.* (meter|zahler) [ep]"
)
_OTHERS = re.compile(r"pv|purchased energy|feed-in|load|.*\bt[12]\b.*")  # Sungrow, HomeWizard
_BOTH_WAYS = "its name says both ways, and not which it is; --map keeps it"
_ROLES = (
    role(r"import.*export|export.*import", Direction.CONSUMPTION, "both", _BOTH_WAYS),
    *FLOWS,
    role(rf"^({_ENERGY.pattern})$|\beac$", Direction.GENERATION),
)
_PLAIN_HINT = "export the energy (kWh) or the meter's readings instead"
_HINT = "export the energy (Wh) instead: SolarEdge portal, Analysis (or Charts), Energy, Export"


class SolarEdge:
    """The exports of the SolarEdge portal."""

    name = "solaredge"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A time, and columns that each say their unit in brackets, by SolarEdge's names."""
        header = find_row(document, _fits)
        if header is None:
            return None
        # `Time,Power (kW)` may be anyone's logger's: its owner may have no such portal.
        hint = _HINT if _has_its_own(_names(header.folded)) else _PLAIN_HINT
        columns = columns_of(_by_their_ways(header), _ROLES, options, hint, (0,))
        if not columns.values or shows_a_dial(document, header, columns.values, options):
            return None
        names = header.names
        values = {
            index: one._replace(name=names[index]) if names.count(names[index]) == 1 else one
            for index, one in columns.values.items()
        }
        return Wide(
            format=self.name,
            title="SolarEdge portal, energy",
            facts=Facts(label=label_supposed(document, header)),
            header=header,
            values=values,
            notes=columns.notes,
        )


def _by_their_ways(header: Header) -> Header:
    """The header with each heading cut down to what it counts, and its unit."""
    return header._replace(names=tuple(_way(name) for name in header.names))


def _way(heading: str) -> str:
    """`Meter for import/export- Import - Energy (Wh)` is the import."""
    parts = re.fullmatch(r"(.*?)\s*(\([^()]*\))?\s*", heading[:LONGEST], re.DOTALL)
    if parts is None or len(heading) > LONGEST:
        return heading
    pieces = [piece for piece in _PIECES.split(parts[1]) if not _is_measure(fold(piece))]
    return f"{pieces[-1] if pieces else parts[1]} {parts[2] or ''}".strip()


def _is_measure(folded: str) -> bool:
    return _ENERGY.fullmatch(folded) is not None or _POWER.fullmatch(folded) is not None


def _names(folded: Sequence[str]) -> list[str]:
    """What the columns that say a unit are called, without it."""
    headings = [take_apart(name) for name in folded[1:]]
    return [one.name for one in headings if one.unit is not None or one.is_power]


def _has_its_own(names: Sequence[str]) -> bool:
    """Whether a column is named as only SolarEdge does."""
    return any(_ITS_OWN.fullmatch(name) or " - " in name for name in names)


def _fits(folded: Sequence[str]) -> bool:
    if folded[0] not in _TIMES | _OTHER_TIMES or len(folded) < 2:
        return False
    names = _names(folded)
    if any(_OTHERS.fullmatch(name) for name in names):
        return False
    if _has_its_own(names):
        return True
    # Others write `Yield(kWh)`, or have columns that SolarEdge has not.
    if folded[0] not in _TIMES or not all(" (" in name for name in folded[1:]):
        return False
    flows = [name for name in names if any(one.words.search(name) for one in FLOWS)]
    if not all(name in flows or _is_measure(name) for name in names):
        return False
    return len(flows) >= 2 or any(_is_measure(name) for name in names)
