"""Requests of a file: each key at its place, each placeholder known before anything leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from meterctl.errors import ConfigError
from meterctl.remote import is_here, why_not
from meterctl.utility.described.calls import Call
from meterctl.utility.described.contents import ROWS, Body, Form, Json, Lines, Node, templates_in
from meterctl.utility.described.paths import Place, place
from meterctl.utility.described.templates import READING, Names, Template, parsed
from meterctl.utility.keys import Table

_METHODS = ("GET", "POST", "PUT", "PATCH")
_TYPES = {
    "json": "application/json",
    "graphql": "application/json",
    "form": "application/x-www-form-urlencoded",
    "csv": "text/csv; charset=utf-8",
}
_MANAGED = frozenset(("content-type", "content-length", "host", "accept-encoding", "connection"))
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")

Problem = Callable[[str], ConfigError]


class Reader:
    """Reads templates, and remembers which placeholders are used at all."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def template(self, text: str, names: Names, problem: Problem) -> Template:
        """A text with placeholders.

        Raises:
            ConfigError: one of them is none.
        """
        try:
            found = parsed(text, names)
        except ValueError as error:
            raise problem(str(error)) from None
        self.used.update(found.names)
        return found

    def node(self, value: object, names: Names, problem: Problem) -> Node:
        """What JSON may hold, with placeholders in its texts.

        Raises:
            ConfigError: a placeholder is none, or a value is no JSON that stays exact.
        """
        if isinstance(value, str):
            return self.template(value, names, problem)
        if isinstance(value, int):
            return value
        if isinstance(value, list):
            return [self.node(one, names, problem) for one in value]
        if isinstance(value, Mapping):
            return {
                self.template(key, names, problem): self.node(one, names, problem)
                for key, one in value.items()
            }
        raise problem(f"{value} cannot stand here: write it as a text in quotes")

    def texts(self, table: Table | None, names: Names) -> dict[str, Template]:
        """The texts of a table, by their keys; empty where there is no table."""
        if table is None:
            return {}
        return {key: self.template(table.text(key, ""), names, at(table, key)) for key in table}

    def headers(self, table: Table, name: str, names: Names) -> dict[str, Template]:
        """A table of headers; empty where there is none.

        Raises:
            ConfigError: a header that is none, or that is not the file's to set.
        """
        inner = table.table(name)
        for header in () if inner is None else inner:
            is_token = header.isascii() and header.replace("-", "").replace("_", "").isalnum()
            if inner is not None and (not is_token or header.lower() in _MANAGED):
                raise inner.problem(header, "is no header that may be set here")
        return self.texts(inner, names)

    def echoes(self, table: Table, name: str, names: Names) -> dict[Place, Template]:
        """A table of what an answer repeats: a path, and what has to stand there."""
        inner = table.table(name)
        return {
            placed(path, at(inner or table, path)): template
            for path, template in self.texts(inner, names).items()
        }

    def call(
        self, table: Table, names: Names, *, method: str, url: str | None, row: object = None
    ) -> Call:
        """A request.

        Args:
            table: Where it is described; other keys of it are left to be asked for.
            names: The placeholders that may stand in it.
            method: The one that is meant where none is named.
            url: The same of its URL; None: it has to be named.
            row: What one reading is in a request that takes several.
        """
        outside = names if row is None else _without_readings(names)
        inner = table.table("query")
        query = (
            {}
            if inner is None
            else {key: self.node(inner.raw(key), outside, at(inner, key)) for key in inner}
        )
        body = self._body(table, names, outside, row)
        return Call(
            table.choice("method", _METHODS, method if body is None else "POST"),
            self.url(table, "url", outside, url),
            query,
            self.headers(table, "headers", outside),
            body,
        )

    def url(self, table: Table, name: str, names: Names, default: str | None) -> Template:
        """A URL that may be spoken to: https, or this machine itself."""
        text = table.text(name, default)
        problem = at(table, name)
        template = self.template(text, names, problem)
        if template.parts[1:2] != ("url",) or template.parts[0]:
            check_url(text, problem)
        if "?" in text or "#" in text:
            raise problem("what follows a ? has a table of its own: query")
        return template

    def _body(self, table: Table, names: Names, outside: Names, row: object) -> Body | None:
        found = [name for name in _TYPES if table.raw(name) is not None]
        if len(found) > 1:
            raise table.problem(found[1], f"there is {found[0]} already: a request has one body")
        if not found:
            if row is not None:
                raise table.problem("row", "needs a body with {rows} in it")
            return None
        (kind,) = found
        content_type = table.text("content_type", _TYPES[kind])
        within = outside if row is None else outside.also(ROWS)
        if kind == "csv":
            if row is not None:
                raise table.problem("row", "csv is a row already")
            return self._csv(table, names, content_type)
        if kind == "graphql":
            variables = self.node(table.raw("variables") or {}, within, at(table, "variables"))
            query = Template((table.text("graphql"),))
            node: Node = {Template(("query",)): query, Template(("variables",)): variables}
        else:
            node = self.node(table.raw(kind), within, at(table, kind))
        for one in templates_in(node):
            if ROWS in one.names and one.alone != ROWS:
                raise table.problem(
                    kind, f"{{{ROWS}}} stands for a list: it cannot be part of a text"
                )
        if row is not None and ROWS not in self.used:
            raise table.problem("row", f"is used nowhere: put {{{ROWS}}} into {kind}")
        of_row = None if row is None else self.node(row, names, at(table, "row"))
        if kind != "form":
            return Json(content_type, node, of_row)
        if not isinstance(node, Mapping):
            raise table.problem("form", "a table is needed")
        return Form(content_type, node, of_row)

    def _csv(self, table: Table, names: Names, content_type: str) -> Body:
        fields = self.node(table.raw("csv"), names, at(table, "csv"))
        if not isinstance(fields, list) or not fields:
            raise table.problem("csv", "a list of the fields of a line is needed")
        delimiter = table.text("delimiter", ";")
        if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
            raise table.problem("delimiter", "one character is needed, such as ;")
        heading = table.text("heading", "")
        return Lines(content_type, fields, delimiter, heading)


def check_url(text: str, problem: Problem) -> None:
    """Nothing, where a URL may be spoken to.

    Raises:
        ConfigError: anyone on the way could read it.
    """
    whole = _PLACEHOLDER.sub("x", text)
    if not re.match(r"(?i)https://.", whole) and not is_here(whole):
        raise problem("begin with https://, or with {url}; http:// is for this machine alone")
    if why_not(whole):
        raise problem(
            "its host or its port is none, or it holds a space or a backslash:"
            " it is to be like https://a.example"
        )


def placed(path: str, problem: Problem) -> Place:
    """A path into an answer.

    Raises:
        ConfigError: it is none.
    """
    try:
        return place(path)
    except ValueError as error:
        raise problem(str(error)) from None


def optional_place(table: Table, name: str) -> Place | None:
    """A path into an answer; None where there is none."""
    return None if table.raw(name) is None else table.checked(name, place)


def places(table: Table, name: str) -> Sequence[Place]:
    """Some of them."""
    return [placed(text, at(table, name)) for text in table.texts(name)]


def at(table: Table, name: str) -> Problem:
    """What makes a problem of this key."""
    return lambda what: table.problem(name, what)


def _without_readings(names: Names) -> Names:
    return names._replace(plain=names.plain - READING, meters=False)
