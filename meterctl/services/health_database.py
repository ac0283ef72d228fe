"""`health`, a PostgreSQL server: does it keep what it acknowledges, and will it go on doing so?"""

from __future__ import annotations

from collections.abc import Iterator

from meterctl.domain.times import MINUTE, age_text, iso_utc
from meterctl.ledger.care import StoreFacts
from meterctl.services.health import Check, Grade

OLDEST = 150_000  # 15: those before get no fixes any more, and the tests run on none of them
CLOCK_OFF = 5 * MINUTE
FEW_SESSIONS = 5  # that are left for whoever comes

_PAGE = "see docs/postgres.md"


def check_database(facts: StoreFacts, now: int) -> Iterator[Check]:
    """What a ledger's server says of itself; of a file, nothing.

    Args:
        facts: As `ledger.facts()` gave them.
        now: This machine's clock.
    """
    if facts.store != "PostgreSQL":
        return
    yield _version(facts)
    yield _durability(facts)
    yield _role(facts)
    yield _tls(facts)
    yield _clock(facts, now)
    yield _sessions(facts)
    yield _autovacuum(facts)
    yield Check("postgresql:size", Grade.PASS, f"{facts.size / 1e6:.1f} MB")


def _version(facts: StoreFacts) -> Check:
    name, output = "postgresql", f"PostgreSQL {facts.version}"
    if int(facts.settings["server_version_num"]) < OLDEST:
        hint = "upgrade the server to PostgreSQL 15 or newer"
        return Check(name, Grade.WARN, f"{output}, which gets no fixes any more", hint)
    return Check(name, Grade.PASS, output)


def _durability(facts: StoreFacts) -> Check:
    """Whether what was acknowledged survives a power cut at the server."""
    name = "postgresql:durability"
    needed = ("fsync", "full_page_writes", "synchronous_commit")
    off = [one for one in needed if facts.settings[one] == "off"]
    if off:
        output = f"{', '.join(off)} off: a crash of the server can take what was acknowledged"
        return Check(name, Grade.FAIL, output, f"set {' and '.join(off)} to on, at the server", 74)
    how = facts.settings["synchronous_commit"]
    return Check(name, Grade.PASS, f"each write is on its disk (synchronous_commit {how})")


def _role(facts: StoreFacts) -> Check:
    """What the server is, and what the role may do there."""
    name = "postgresql:role"
    if facts.settings["standby"] == "on":
        output = "a standby: it can be read, and takes no writes"
        hint = "name the primary, or all hosts with target_session_attrs=read-write"
        return Check(name, Grade.WARN, output, hint)
    if facts.settings["writes"] == "off":
        return Check(name, Grade.PASS, "the primary; this role may only read")
    return Check(name, Grade.PASS, "the primary; this role may record")


def _tls(facts: StoreFacts) -> Check:
    name = "postgresql:tls"
    if facts.is_encrypted is None:
        return Check(name, Grade.PASS, "not needed: the server is on this machine")
    if facts.is_encrypted:
        return Check(name, Grade.PASS, "in use")
    output = "not in use: whoever is on the way can read and change what is said"
    return Check(name, Grade.WARN, output, f"sslmode=verify-full in the address; {_PAGE}")


def _clock(facts: StoreFacts, now: int) -> Check:
    """Leases run out by the server's clock; entries are dated by ours."""
    name, offset = "clock:database", facts.clock_offset or 0
    if abs(offset) <= CLOCK_OFF:
        return Check(name, Grade.PASS, "as the database server's clock")
    side = "behind" if offset > 0 else "ahead of"
    output = f"{age_text(abs(offset))} {side} the database server's, which says"
    return Check(
        name,
        Grade.WARN,
        f"{output} {iso_utc(now + offset)}",
        "set the clock that is wrong (timedatectl)",
    )


def _sessions(facts: StoreFacts) -> Check:
    """Each run takes one or two; a machine that finds none left has to wait."""
    name, settings = "postgresql:sessions", facts.settings
    kept = int(settings["superuser_reserved_connections"])
    kept += int(settings.get("reserved_connections", "0"))
    most, used = int(settings["max_connections"]) - kept, int(settings["sessions"])
    output = f"{used} of {most} in use"
    if most - used < FEW_SESSIONS:
        hint = "raise max_connections, or put pgbouncer in between (session mode)"
        return Check(name, Grade.WARN, output, f"{hint}; {_PAGE}")
    return Check(name, Grade.PASS, output)


def _autovacuum(facts: StoreFacts) -> Check:
    name = "postgresql:autovacuum"
    if facts.settings["autovacuum"] == "on":
        return Check(name, Grade.PASS, "on")
    output = "off: tables grow, and looking becomes slow"
    return Check(name, Grade.WARN, output, "set autovacuum to on, at the server")
