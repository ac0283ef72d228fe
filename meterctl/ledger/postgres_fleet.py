"""Which ledgers a PostgreSQL database holds: each is a schema with our tables."""

from __future__ import annotations

from meterctl.errors import ConfigError, with_extra
from meterctl.ledger.address import DatabaseAddress, parse_database, schema_problem

# The catalog names every schema; those that the role may not use are another's fleet.
_LEDGERS = """
SELECT n.nspname::text FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = 'meterctl_schema' AND c.relkind IN ('r', 'p')
AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname
"""


def ledgers_in(url: str) -> list[DatabaseAddress]:
    """The ledgers of a database that its role may use, by name.

    Args:
        url: The database's address, in which `database_problem` finds nothing.

    Raises:
        ConfigError: the extra `postgres` is not installed.
        MeterctlError: the database cannot be asked; see `postgres_faults`.
    """
    try:
        import psycopg

        from meterctl.ledger.postgres_faults import translate
        from meterctl.ledger.postgres_session import connect
    except ImportError:
        raise ConfigError(
            "the extra for PostgreSQL is not installed", with_extra("postgres")
        ) from None
    address = parse_database(url)
    session = connect(address, 10.0, writes=False)
    try:
        names = [str(name) for (name,) in session.execute(_LEDGERS)]
    except psycopg.Error as error:
        raise translate(error, address) from error
    finally:
        session.close()
    return [DatabaseAddress(address.url, name) for name in names if not schema_problem(name)]
