"""`health`, the ledger: is it sound, and is what it holds?"""

from __future__ import annotations

from collections.abc import Iterator

from meterctl.domain.times import DAY, age_text, iso_utc
from meterctl.ledger.port import Counts, Ledger
from meterctl.services.health import Check, Grade

QUIET_FOR = 2 * DAY


def check_ledger(ledger: Ledger, now: int) -> Iterator[Check]:
    """What the ledger itself tells, every page of it."""
    damage = ledger.damage()
    if damage:
        hint = "meterctl restore puts the newest backup in place; the damaged file was not changed"
        if ledger.facts().store != "SQLite":
            hint = "see docs/postgres.md, Backups, and the server's own log"
        yield Check("ledger:integrity", Grade.FAIL, damage[0], hint, 74)
        return
    counts = ledger.counts()
    yield Check(
        "ledger:integrity",
        Grade.PASS,
        f"{counts.revisions} values in {counts.entries} entries at {ledger.place}",
    )
    yield from check_content(ledger, now)


def check_content(ledger: Ledger, now: int) -> Iterator[Check]:
    """What its readings tell; without reading all of them."""
    yield from _check_moved(ledger)
    counts = ledger.counts()
    yield _last_entry(counts, now)
    if ledger.unjudged():
        yield Check(
            "ledger:judged",
            Grade.WARN,
            "an import was stopped, or is under way: not all of it is checked",
            "meterctl review",
        )
    if counts.open_findings:
        yield Check(
            "ledger:findings",
            Grade.WARN,
            "a reading looks wrong beside its neighbours"
            if counts.open_findings == 1
            else f"{counts.open_findings} readings look wrong beside their neighbours",
            "meterctl review",
        )
    else:
        yield Check("ledger:findings", Grade.PASS, "no reading looks wrong")


def _check_moved(ledger: Ledger) -> Iterator[Check]:
    """Whether anything can be written here."""
    if (moved := ledger.memo("ledger.moved")) is not None:
        hint = "set METERCTL_LEDGER to where it is now"
        yield Check("ledger:moved", Grade.FAIL, f"it was moved to {moved.value}", hint, 78)
    elif ledger.memo("ledger.copying") is not None:
        hint = "run the same again: meterctl ledger copy FROM TO"
        yield Check(
            "ledger:moved", Grade.FAIL, "it is a copy that was stopped on its way", hint, 78
        )


def _last_entry(counts: Counts, now: int) -> Check:
    if counts.newest_written_at is None:
        return Check("ledger:last_entry", Grade.WARN, "no reading yet", "meterctl record 142.3")
    age = now - counts.newest_written_at
    if age < 0:
        return Check(
            "ledger:last_entry",
            Grade.WARN,
            f"the newest entry is from {iso_utc(counts.newest_written_at)}, which is to come",
            "set this machine's clock",
        )
    output = f"{age_text(age)} ago"
    if age > QUIET_FOR:
        return Check("ledger:last_entry", Grade.WARN, output, "is anything still recording?")
    return Check("ledger:last_entry", Grade.PASS, output)
