"""A request as a file describes it, and as it leaves: each value escaped for where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from meterctl.utility.described.contents import Body, Node, flat, quoted, templates_in
from meterctl.utility.described.templates import Missing, Template, Values
from meterctl.utility.exchange import Outgoing

_OF_A_METER = frozenset(("meter", "serial", "obis"))
_OURS = {"User-Agent": "meterctl", "Accept-Encoding": "identity"}


class Call(NamedTuple):
    """A request, described."""

    method: str
    url: Template
    query: Mapping[str, Node]
    headers: Mapping[str, Template]
    body: Body | None

    @property
    def around(self) -> list[Template]:
        """What it is made of, but for the row that is one reading."""
        nodes: list[Node] = [self.url, *self.query.values(), *self.headers.values()]
        nodes += [] if self.body is None else self.body.nodes
        return [template for node in nodes for template in templates_in(node)]

    @property
    def templates(self) -> list[Template]:
        """All that it is made of."""
        row = None if self.body is None else self.body.row
        return [*self.around, *(() if row is None else templates_in(row))]

    @property
    def names(self) -> set[str]:
        """The placeholders in it."""
        return {name for one in self.templates for name in one.names}

    @property
    def names_a_meter(self) -> bool:
        """Whether its address is that of one meter, so that another's may well be there."""
        nodes = [self.url, *self.query.values()]
        return _tell_a_meter(
            name for node in nodes for one in templates_in(node) for name in one.names
        )

    @property
    def tells_a_meter(self) -> bool:
        """Whether it says anywhere of which meter a reading is."""
        return _tell_a_meter(self.names)

    def formed(self, values: Values, rows: Sequence[Values] = ()) -> Outgoing:
        """The request, ready to leave.

        Args:
            values: Of the placeholders; in a batch of those that are no reading's.
            rows: Of the readings of a batch.

        Raises:
            Missing: a placeholder has no value.
        """
        of_file = {name: one_header(template, values) for name, template in self.headers.items()}
        headers = {**_OURS, **of_file}
        content = b""
        if self.body is not None:
            headers["Content-Type"] = self.body.content_type
            content = self.body.content(values, rows)
        query = [(name, flat(one, values)) for name, one in self.query.items()]
        return Outgoing(self.method, with_query(_url(self.url, values), query), headers, content)


def _tell_a_meter(names: Iterable[str]) -> bool:
    return any(name in _OF_A_METER or name.startswith("meter.") for name in names)


def with_query(url: str, pairs: Sequence[tuple[str, str]]) -> str:
    """A URL with these behind those that it has already."""
    if not pairs:
        return url
    parts = urlsplit(url)
    more = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs)
    return urlunsplit(parts._replace(query=f"{parts.query}&{more}" if parts.query else more))


def one_header(template: Template, values: Values) -> str:
    """A header's value; what would end its line is refused.

    Raises:
        Missing: a placeholder has no value, or one that no header can carry.
    """
    text = template.text(values)
    if not (text.isascii() and text.isprintable()):
        named = ", ".join(f"{{{name}}}" for name in template.names) or "it"
        raise Missing(f"a header cannot carry {named}", "a header holds plain ASCII alone")
    return text


def _url(template: Template, values: Values) -> str:
    """`{url}` at the beginning stands as it is; all else is one step of a path, or part of one."""
    before, *rest = template.parts
    if before or rest[:1] != ["url"]:
        return template.text(values, quoted)
    parts = urlsplit(Template(("", "url", "")).text(values))
    behind = Template(tuple(rest[1:])).text(values, quoted)
    path = parts.path.rstrip("/") + behind if behind else parts.path
    return urlunsplit(parts._replace(path=path))
