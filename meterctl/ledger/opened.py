"""A ledger opened where its address says: in a file, or in a schema of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meterctl.errors import ConfigError, with_extra
from meterctl.ledger.address import Address, FileAddress
from meterctl.ledger.migrate import NEWEST_VERSION

if TYPE_CHECKING:
    from meterctl.ledger.care import Place
    from meterctl.ledger.postgres_limits import PostgresBuckets
    from meterctl.ledger.store import SqlLedger


def open_for_writing(address: Address, now: int, lock_timeout: float) -> SqlLedger:
    """Open the ledger, or make it there, ready to be written to.

    Raises:
        LedgerError, Busy: see meterctl.errors.
        ConfigError: what reads PostgreSQL is not installed.
    """
    if isinstance(address, FileAddress):
        from meterctl.ledger import sqlite

        return sqlite.open_for_writing(address.path, now, lock_timeout)
    _demand_the_extra()
    from meterctl.ledger import postgres

    return postgres.open_for_writing(address, now, lock_timeout)


def open_for_reading(address: Address, lock_timeout: float) -> SqlLedger:
    """Open the ledger without ever writing to it; an empty one where there is none."""
    if isinstance(address, FileAddress):
        from meterctl.ledger import sqlite

        return sqlite.open_for_reading(address.path, lock_timeout)
    _demand_the_extra()
    from meterctl.ledger import postgres

    return postgres.open_for_reading(address, lock_timeout)


def takes_notes(address: Address, lock_timeout: float) -> bool:
    """Whether a ledger is there that is opened for writing without being made, or upgraded."""
    if isinstance(address, FileAddress):
        from meterctl.ledger.connect import real
        from meterctl.ledger.upgrade import is_of_today

        return is_of_today(real(address.path))
    return version_at(address, lock_timeout) == NEWEST_VERSION


def is_there(address: Address, lock_timeout: float) -> bool:
    """Whether there is a ledger yet, sound or not, or one on its way to its place."""
    if isinstance(address, FileAddress):
        return address.path.exists() or place_of(address, lock_timeout).is_half_done()
    return version_at(address, lock_timeout) > 0


def version_at(address: Address, lock_timeout: float) -> int:
    """The schema's version of the ledger that is there; 0: none yet. Nothing is written.

    Raises:
        LedgerNewer: a later meterctl wrote it.
        LedgerError: it is no ledger, or cannot be read.
    """
    if isinstance(address, FileAddress):
        from meterctl.ledger import sqlite

        return sqlite.version_at(address.path, lock_timeout)
    _demand_the_extra()
    from meterctl.ledger import postgres

    return postgres.version_at(address, lock_timeout)


def buckets_at(address: Address) -> PostgresBuckets | None:
    """Where the limits of all machines that share the ledger are counted; None: it has only one."""
    if isinstance(address, FileAddress):
        return None
    _demand_the_extra()
    from meterctl.ledger.postgres_limits import PostgresBuckets

    return PostgresBuckets(address)


def place_of(address: Address, lock_timeout: float) -> Place:
    """The place of a ledger's file, for who puts one back there from a backup.

    Raises:
        ConfigError: the ledger is not in a file.
    """
    from meterctl.ledger.restoring import SqlitePlace

    if isinstance(address, FileAddress):
        return SqlitePlace(address.path, lock_timeout)
    raise ConfigError(
        f"a backup is restored to a file, not to {address}",
        "meterctl --ledger sqlite:///PATH restore FILE, then: meterctl ledger copy PATH"
        " postgresql://...?schema=NEW",
    )


def _demand_the_extra() -> None:
    try:
        import psycopg  # noqa: F401 (whether it is there)
    except ImportError as error:
        raise ConfigError(
            f"a PostgreSQL ledger needs psycopg, which is not here: {error}",
            with_extra("postgres"),
        ) from None
