"""Where a ledger is: what an address means, what is wrong with it, and what of it nobody sees."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.ledger.address import (
    DatabaseAddress,
    FileAddress,
    database_problem,
    is_database,
    parse_database,
    schema_problem,
    secrets_of_database,
    told,
)

HOME = "postgresql://me@db.example/home"
SCHEMAS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,40}", fullmatch=True)
SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=4)


def test_a_file() -> None:
    """Is shown as its path, and set as an address."""
    address = FileAddress(Path("/data/ledger.db"))
    assert (str(address), address.full) == ("/data/ledger.db", "sqlite:////data/ledger.db")


@pytest.mark.parametrize(
    ("text", "url", "schema"),
    [
        (HOME, HOME, "meterctl"),
        (f"{HOME}?schema=roof-0042", HOME, "roof-0042"),
        (f"{HOME}?schema=a&sslmode=require", f"{HOME}?sslmode=require", "a"),
        (f"{HOME}?sslmode=require&schema=a", f"{HOME}?sslmode=require", "a"),
        (f"{HOME}?sslmode=require&schema=a&x=y", f"{HOME}?sslmode=require&x=y", "a"),
        (f"{HOME}?schema=roof%2D1", HOME, "roof-1"),
        (f"{HOME}?", HOME, "meterctl"),
        ("postgres://h/d", "postgres://h/d", "meterctl"),
    ],
)
def test_a_database(text: str, url: str, schema: str) -> None:
    """The schema is ours, all else is libpq's, which would refuse what it does not know."""
    assert is_database(text)
    assert database_problem(text) is None
    assert parse_database(text) == DatabaseAddress(url, schema)


@given(SCHEMAS, SECRETS)
def test_there_and_back(schema: str, password: str) -> None:
    """What an address says of itself is read as the same; libpq reads what is left."""
    url = f"postgresql://me:{quote(password, safe='')}@db.example/home?sslmode=require"
    address = DatabaseAddress(url, schema)
    assert parse_database(address.full) == address
    parts = psycopg.conninfo.conninfo_to_dict(address.url)
    assert (parts["password"], parts["host"], parts["dbname"]) == (password, "db.example", "home")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("mysql://h/d", "write postgresql://"),
        ("postgresql://h", "the database's name is missing"),
        ("postgresql://h/", "the database's name is missing"),
        ("postgresql://me:a#b@h/d", "odd characters as %23"),
        ("postgresql://me:a b@h/d", "odd characters as %23"),
        ("postgresql://me:a\nb@h/d", "odd characters as %23"),
        ("postgresql://me:100%@h/d", "written %25"),
        ("postgresql://me:a/b@h/d", "%2F"),
        ("postgresql://me:a@b@h/d", "%40"),
        (f"{HOME}?schema=a&schema=b", "more than one schema"),
        (f"{HOME}?schema=", "missing after schema="),
    ],
)
def test_what_is_wrong_with_an_address(text: str, problem: str) -> None:
    """It says so without a word of it: a password may stand anywhere in there."""
    found = database_problem(text)
    assert found is not None
    assert problem in found
    assert "me:" not in found


@pytest.mark.parametrize("name", ["a", "_a", "Roof-0042", "meterctl", "x" * 63])
def test_a_schema(name: str) -> None:
    """What may be one's name."""
    assert schema_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "missing"),
        ("x" * 64, "63 bytes"),
        ("1a", "a letter, then"),
        ("-a", "a letter, then"),
        ("a b", "a letter, then"),
        ('a"b', "a letter, then"),
        ("a;b", "a letter, then"),
        ("ä", "a letter, then"),
        ("a\n", "a letter, then"),
        ("\ud800", "a letter, then"),
        ("pg_mine", "belongs to PostgreSQL"),
        ("PG_mine", "belongs to PostgreSQL"),
        ("public", "belongs to PostgreSQL"),
        ("information_schema", "belongs to PostgreSQL"),
    ],
)
def test_what_is_wrong_with_a_schema(name: str, problem: str) -> None:
    """Nothing that would have to be quoted otherwise than by quotes, or is another's."""
    found = schema_problem(name)
    assert found is not None
    assert problem in found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (HOME, f"{HOME}?schema=meterctl"),
        ("postgresql://me:s3@db/home", "postgresql://me@db/home?schema=meterctl"),
        ("postgresql://:s3@db/home", "postgresql://db/home?schema=meterctl"),
        (
            "postgresql://db/home?password=s3&user=me",
            "postgresql://db/home?user=me&schema=meterctl",
        ),
        ("postgresql:///h?pass%77ord=s3", "postgresql:///h?schema=meterctl"),
        ("postgresql:///h?sslpassword=s3&host=/run", "postgresql:///h?host=/run&schema=meterctl"),
        (
            "postgresql://a,b:1/h?sslmode=require",
            "postgresql://a,b:1/h?sslmode=require&schema=meterctl",
        ),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    """All but what is secret."""
    assert str(parse_database(text)) == shown


@given(SECRETS)
def test_no_secret_is_shown(password: str) -> None:
    """Whatever it is, wherever it stands in the address; and each is named as a secret."""
    secret = f"§{password}"
    quoted = quote(secret, safe="")
    for text in (
        f"postgresql://me:{quoted}@db.example/home",
        f"postgresql://db.example/home?user=me&password={quoted}",
        f"postgresql://db.example/home?sslpassword={quoted}&schema=a",
        f"postgresql://me:{quoted}@db.example/home?p%61ssword={quoted}",
    ):
        for shown in (told(text), str(parse_database(text)), parse_database(text).place):
            assert secret not in shown
            assert quoted not in shown
        assert secret in secrets_of_database(text)


@pytest.mark.parametrize(
    "text", ["nonsense", "postgresql", "mysql://me:s3@h/d", "postgresql://me:s/3@h/d"]
)
def test_what_is_no_address_is_not_shown_at_all(text: str) -> None:
    """Nobody knows what in it is secret."""
    assert told(text) == "postgresql://..."


def test_no_secrets() -> None:
    """An address without any has none."""
    assert secrets_of_database(HOME) == []


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        (HOME, ("db.example",)),
        ("postgresql://me:a%40b@db:5433/home", ("db",)),
        ("postgresql://a:1,b:2/home", ("a", "b")),
        ("postgresql://[::1]:5432/home", ("[::1]",)),
        ("postgresql:///home", ()),
        ("postgresql://:5433/home", ()),
        ("postgresql:///home?host=/run/postgresql", ("/run/postgresql",)),
        ("postgresql:///home?host=a,b", ("a", "b")),
        ("postgresql://%2Frun/home", ("/run",)),
        ("postgresql://a/home?host=b", ("b",)),
    ],
)
def test_hosts(text: str, hosts: tuple[str, ...]) -> None:
    """Those that the address names; whether TLS is needed hangs on them."""
    assert parse_database(text).hosts == hosts


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (HOME, "home-meterctl"),
        ("postgresql:///home?schema=roof-0042", "home-roof-0042"),
        ("postgresql:///a%2Fb%20c", "a_b_c-meterctl"),
        ("postgresql:///..?schema=a", "..-a"),
    ],
)
def test_a_name_for_files(text: str, place: str) -> None:
    """Of one folder, whatever the database's name is."""
    assert parse_database(text).place == place


def test_what_it_says() -> None:
    """Of libpq's parameters, by their names as libpq reads them."""
    address = parse_database("postgresql:///home?sslmode=require&sslroot%63ert=x&schema=a")
    assert address.value("sslmode") == "require"
    assert address.value("sslrootcert") == "x"
    assert address.value("schema") is None
    assert address.value("connect_timeout") is None
