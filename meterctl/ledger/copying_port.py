"""What is said of a ledger's move from one place to another, and of the place itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import NamedTuple, Protocol

from meterctl.ledger.address import Address


class Step(StrEnum):
    """How far a move is."""

    NEW = "new"  # nothing of it is there yet
    HALF = "half"  # it was stopped on its way
    CLOSED = "closed"  # all is there and verified, and the old place is closed; one mark is left
    DONE = "done"  # there is nothing left to do


class Amount(NamedTuple):
    """How much of a ledger is somewhere."""

    entries: int
    values: int
    meters: int


class Plan(NamedTuple):
    """What moving a ledger would do."""

    source: str  # for people: without any password
    target: str
    ledger_id: str
    step: Step
    whole: Amount  # what the ledger holds
    there: Amount  # what of it is at the target already


class MeterSum(NamedTuple):
    """What both places agree in of one meter."""

    meter: str
    values: int  # all revisions
    total: int  # of these, in millionths


class Moved(NamedTuple):
    """A move that has come to its end."""

    plan: Plan
    copied: int  # values, by this run
    meters: tuple[MeterSum, ...]
    tables: int  # that were compared row by row


class Held(NamedTuple):
    """A job that runs."""

    job: str
    who: str
    since: int
    until: int


class Look(NamedTuple):
    """A ledger and its place, as `ledger show` tells it."""

    address: str
    store: str  # with its version
    schema: int  # the version of the tables; 0: there is no ledger yet
    newest_schema: int  # that this meterctl knows
    ledger_id: str | None = None
    created_at: int | None = None
    amount: Amount | None = None
    size: int | None = None  # bytes on disk; None: nobody here can say
    held: tuple[Held, ...] = ()
    copying: str | None = None  # the id of the ledger of which a copy was begun here
    moved_to: str | None = None
    moved_at: int | None = None


class Migrated(NamedTuple):
    """A ledger's schema, before and after; 0: there was no ledger."""

    before: int
    after: int


class Mover(Protocol):
    """A move with both places open."""

    planned: Plan

    def finish(self, tell: Callable[[int], None]) -> Moved:
        """Bring it to its end; `tell` is told how many values are there.

        Raises:
            LedgerMoved: it was moved to another place meanwhile.
            LedgerDamaged: what arrived is not what left; the old place is as it was.
            Busy: a job runs at the old place, or others write there on and on.
        """


class Keeper(Protocol):
    """Who looks after the places of ledgers."""

    def look(self, address: Address) -> Look:
        """A ledger and its place; nothing is written, also where there is none yet."""

    def migrate(self, address: Address) -> Migrated:
        """Bring a ledger to this meterctl's schema, or make it there.

        Raises:
            LedgerForbidden: the role may not make tables there.
            LedgerNewer: a later meterctl wrote it.
        """

    def demand_newest(self, address: Address) -> int:
        """The schema's version, where nothing is to be done.

        Raises:
            LedgerError: it has to be migrated, or there is no ledger yet.
        """

    def plan(self, source: Address, target: Address) -> Plan:
        """What moving a ledger from one place to another would do; nothing is written.

        Raises:
            LedgerMoved: it was moved to another place already.
            LedgerError: there is nothing to move, or no place for it.
        """

    def moving(self, source: Address, target: Address) -> AbstractContextManager[Mover]:
        """A move, with both places open; the new one is made if it is not there.

        Raises:
            LedgerMoved, LedgerError: as `plan` does.
            Busy: another run moves a ledger to there.
        """
