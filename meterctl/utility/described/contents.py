"""What a request carries, in one of three languages; each value written as its language has it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from meterctl.domain.exact import to_json
from meterctl.utility.described.templates import Template, Values

ROWS = "rows"  # the placeholder for the rows of a batch

# What JSON may hold: as in TOML, with templates for texts.
Node = Template | int | bool | Sequence["Node"] | Mapping[Template, "Node"]


class Json(NamedTuple):
    """JSON, whatever it is."""

    content_type: str
    node: Node
    row: Node | None  # what {rows} stands for, once a reading

    @property
    def nodes(self) -> Sequence[Node]:
        """All that it is made of but a row."""
        return [self.node]

    def content(self, values: Values, rows: Sequence[Values]) -> bytes:
        """It, for one reading or for several."""
        return to_json(json_of(self.node, values, _filled(self.row, rows))).encode()


class Form(NamedTuple):
    """A form: what is no text in it is JSON."""

    content_type: str
    fields: Mapping[Template, Node]
    row: Node | None

    @property
    def nodes(self) -> Sequence[Node]:
        """All that it is made of but a row."""
        return [self.fields]

    def content(self, values: Values, rows: Sequence[Values]) -> bytes:
        """It, for one reading or for several."""
        filled = _filled(self.row, rows)
        pairs = [(key.text(values), flat(one, values, filled)) for key, one in self.fields.items()]
        return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs).encode()


class Lines(NamedTuple):
    """Lines of CSV, one a reading."""

    content_type: str
    fields: Sequence[Node]
    delimiter: str
    heading: str  # a first line; empty: none

    @property
    def row(self) -> Node:
        """What one reading is."""
        return self.fields

    @property
    def nodes(self) -> Sequence[Node]:
        """Nothing: all of it is a row."""
        return []

    def content(self, values: Values, rows: Sequence[Values]) -> bytes:
        """They, for one reading or for several."""
        out = io.StringIO()
        if self.heading:
            out.write(f"{self.heading}\r\n")
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n")
        for one in rows or [values]:
            writer.writerow([flat(field, one, []) for field in self.fields])
        return out.getvalue().encode()


Body = Json | Form | Lines


def json_of(node: Node, values: Values, rows: Sequence[object]) -> object:
    """A node with its values, for `to_json`.

    Raises:
        Missing: a placeholder has no value.
    """
    if isinstance(node, Template):
        return rows if node.alone == ROWS else node.plain(values)
    if isinstance(node, Mapping):
        return {key.text(values): json_of(one, values, rows) for key, one in node.items()}
    if isinstance(node, Sequence):
        return [json_of(one, values, rows) for one in node]
    return node


def flat(node: Node, values: Values, rows: Sequence[object] = ()) -> str:
    """A value of a form, a query or a line: a text, or JSON where it is a list or a table.

    Raises:
        Missing: a placeholder has no value.
    """
    told = json_of(node, values, rows)
    if isinstance(told, str):
        return str(told)
    return "" if told is None else to_json(told)


def templates_in(node: Node) -> list[Template]:
    """The templates of a node, its keys' too."""
    if isinstance(node, Template):
        return [node]
    if isinstance(node, Mapping):
        return [*node, *(one for value in node.values() for one in templates_in(value))]
    if isinstance(node, Sequence):
        return [one for value in node for one in templates_in(value)]
    return []


def quoted(text: str) -> str:
    """A text as one step of a path, or one value of a query or a form; `..` is no step up."""
    plain = quote(text, safe="")
    return plain.replace(".", "%2E") if set(text) == {"."} else plain


def _filled(row: Node | None, rows: Sequence[Values]) -> list[object]:
    return [] if row is None else [json_of(row, one, []) for one in rows]
