"""Where a ledger is: a file of SQLite's, or a schema of a PostgreSQL database.

    sqlite:///PATH, or a PATH
    postgresql://USER@HOST/DATABASE?schema=NAME    all else in it is libpq's, TLS among it

What libpq takes is left to libpq: several hosts, sockets, `sslmode`. Only the schema is ours; and
people are never shown a password.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

DEFAULT_SCHEMA = "meterctl"
SCHEMES = ("postgresql://", "postgres://")
_LONGEST = 63  # bytes: of a longer name PostgreSQL would cut off the end
_SECRETS = ("password", "sslpassword")
_SHAPE = re.compile(r"(?P<scheme>postgres(?:ql)?://)(?:(?P<user>[^/?#]*)@)?(?P<rest>[^?#]*)")


class FileAddress(NamedTuple):
    """A ledger in a file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def full(self) -> str:
        """The address as a setting takes it."""
        return f"sqlite:///{self.path}"


class DatabaseAddress(NamedTuple):
    """A ledger in a schema; `url` is libpq's, with all that is secret in it."""

    url: str
    schema: str

    def __str__(self) -> str:
        return told(self.full)

    @property
    def full(self) -> str:
        """The whole address, as a setting takes it; with what is secret."""
        return with_schema(self.url, self.schema)

    @property
    def place(self) -> str:
        """A name for files of this machine that go with it: `home-roof-0042`."""
        shape = _SHAPE.match(self.url)
        database = unquote(shape["rest"].partition("/")[2]) if shape else ""
        return re.sub(r"[^A-Za-z0-9._-]", "_", f"{database or 'database'}-{self.schema}")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that the address itself names; none: libpq's default, or what PGHOST says."""
        shape = _SHAPE.match(self.url)
        named = _parameters(self.url).get("host")
        if named is not None:
            return tuple(named.split(","))
        hosts = shape["rest"].partition("/")[0] if shape else ""
        names = (unquote(re.sub(r":\d*$", "", one)) for one in hosts.split(","))
        return tuple(filter(None, names))

    def value(self, parameter: str) -> str | None:
        """What the address itself says of one of libpq's parameters."""
        return _parameters(self.url).get(parameter)


Address = FileAddress | DatabaseAddress


def is_database(text: str) -> bool:
    """Whether a text means a PostgreSQL ledger."""
    return text.startswith(SCHEMES)


def database_problem(text: str) -> str | None:
    """What is wrong with the address of a PostgreSQL ledger, in words that hold none of it."""
    shape = _SHAPE.match(text)
    if shape is not None and "@" in shape["rest"] + (shape["user"] or ""):
        return "an @ or a / in a user or a password is written %40 or %2F"
    if shape is None or "#" in text or not text.isprintable() or " " in text:
        return "write postgresql://USER@HOST/DATABASE, with odd characters as %23 and the like"
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        return "a % in it that is meant as such is written %25"
    if not shape["rest"].partition("/")[2]:
        return "the database's name is missing: postgresql://USER@HOST/DATABASE"
    schemas = [value for name, value in _pairs(text) if name == "schema"]
    if len(schemas) > 1:
        return "it names more than one schema"
    return schema_problem(schemas[0]) if schemas else None


def schema_problem(name: str) -> str | None:
    """What is wrong with the name of a ledger's schema."""
    if not name:
        return "the schema's name is missing after schema="
    if len(name.encode(errors="surrogatepass")) > _LONGEST:
        return f"a schema's name has at most {_LONGEST} bytes"
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name):
        return "a schema's name is a letter, then letters, digits, - and _: roof-0042"
    if name.lower().startswith("pg_") or name.lower() in ("information_schema", "public"):
        return f"the schema {name} belongs to PostgreSQL itself; name another one"
    return None


def parse_database(text: str) -> DatabaseAddress:
    """The address of a PostgreSQL ledger in which `database_problem` finds nothing."""
    head, mark, query = text.partition("?")
    kept = [pair for pair in query.split("&") if pair.partition("=")[0] != "schema"]
    schema = _parameters(text).get("schema", DEFAULT_SCHEMA)
    return DatabaseAddress(f"{head}{mark if any(kept) else ''}{'&'.join(kept)}", schema)


def with_schema(url: str, schema: str) -> str:
    """The address of a database, and in it a schema: as a setting takes it."""
    return f"{url}{'&' if '?' in url else '?'}schema={quote(schema, safe='')}"


def told(text: str) -> str:
    """The address of a database as people may see it: without what is secret."""
    shape = _SHAPE.match(text)
    if shape is None or "@" in shape["rest"]:  # a / in a password ends what may be one
        return "postgresql://..."
    user = (shape["user"] or "").partition(":")[0]
    safe = [(name, value) for name, value in _pairs(text) if name not in _SECRETS]
    shown = [f"{name}={quote(value, safe='/')}" for name, value in safe]
    query = f"?{'&'.join(shown)}" if shown else ""
    return f"{shape['scheme']}{f'{user}@' if user else ''}{shape['rest']}{query}"


def secrets_of_database(text: str) -> list[str]:
    """What of a database's address nobody may see."""
    shape = _SHAPE.match(text)
    password = (shape["user"] or "").partition(":")[2] if shape else ""
    found = [password, unquote(password), *(v for name, v in _pairs(text) if name in _SECRETS)]
    return list(dict.fromkeys(filter(None, found)))


def _parameters(text: str) -> dict[str, str]:
    return dict(_pairs(text))


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = (pair.partition("=") for pair in text.partition("?")[2].split("&") if pair)
    return [(unquote(name), unquote(value)) for name, _, value in pairs]
