"""A report of several plants, each row's named in a column: the same series for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meterctl.imports.layout import Claim, Claimed
from meterctl.imports.series import Series
from meterctl.imports.text.document import Document
from meterctl.imports.vendors.wide import Wide, cell


@dataclass
class Plants:
    """A table whose rows are of several plants."""

    table: Wide
    plant: int  # the column of their names

    def __post_init__(self) -> None:
        self.format, self.title = self.table.format, self.table.title
        self.facts, self.notes = self.table.facts, self.table.notes

    def read(self, document: Document) -> Iterator[Claimed]:
        """The rows, the series of each named for its plant."""
        series: dict[tuple[str, str], Series] = {}
        for claimed in self.table.read(document):
            plant = cell(claimed.record.cells, self.plant)
            claims = tuple(_of(claim, plant, series) for claim in claimed.claims)
            yield claimed._replace(claims=claims)


def _of(claim: Claim, plant: str, series: dict[tuple[str, str], Series]) -> Claim:
    key = plant, claim.series.name
    if key not in series:
        series[key] = claim.series._replace(name=f"{plant} {claim.series.name}".strip())
    return claim._replace(series=series[key])
