"""What the tests of all layouts share: a file's rows as a format reads them, looked at."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.imports.formats import Options
from meterctl.imports.generic.reader import Generic
from meterctl.imports.layout import Claim, Claimed, Format, Layout
from meterctl.imports.series import Series
from meterctl.imports.text.document import Document


class Read(NamedTuple):
    """A text as a format reads it."""

    layout: Layout
    rows: list[Claimed]

    @property
    def claims(self) -> list[Claim]:
        """Those of all rows, in the order of the file."""
        return [claim for row in self.rows for claim in row.claims]

    @property
    def series(self) -> dict[str, Series]:
        """By their names."""
        return {claim.series.name: claim.series for claim in self.claims}

    @property
    def problems(self) -> list[tuple[int, int, str]]:
        """Line, column and message of what is wrong."""
        return [(p.line, p.column, p.message) for _, _, p in self.rows if p is not None]

    def values(self, name: str) -> list[str]:
        """A series' values as they stand there."""
        return [claim.value for claim in self.claims if claim.series.name == name]


def read(format_: Format, text: str | bytes, options: Options = Options()) -> Read:  # noqa: B008 (immutable)
    """Read a text as a format that knows it; twice, for every pass must be the same."""
    data = text if isinstance(text, bytes) else text.encode()
    document = Document.of(data, options=options)
    layout = format_.layout(document, options)
    assert layout is not None
    rows = list(layout.read(document))
    assert rows == list(layout.read(document))
    return Read(layout, rows)


def generic(text: str, options: Options = Options()) -> Read:  # noqa: B008 (immutable)
    """Read a text as the reader of tables that nobody knows."""
    return read(Generic(), text, options)


def knows(format_: Format, text: str | bytes) -> bool:
    """Whether a format takes a text for its own."""
    data = text if isinstance(text, bytes) else text.encode()
    return format_.layout(Document.of(data), Options()) is not None
