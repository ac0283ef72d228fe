"""`meterctl history`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, MeterNames, Since, Until, when, wiring_of
from meterctl.cli.progress import waiting
from meterctl.domain.meters import Meter, Zones
from meterctl.domain.periods import By, period_at
from meterctl.domain.quantity import format_quantity
from meterctl.domain.readings import Reading, reading_id
from meterctl.domain.times import iso_utc, local_text
from meterctl.domain.use import PeriodUse, reaches_back
from meterctl.errors import UsageError
from meterctl.jobs import chosen
from meterctl.ledger.port import Ledger
from meterctl.services import history as service
from meterctl.services import wire
from meterctl.wiring import now

SCREENFUL = 30
_EVER = 1 << 62

history_app = group()


@history_app.command()
def history(
    ctx: typer.Context,
    meters: MeterNames = None,
    since: Since = None,
    until: Until = None,
    by: Annotated[By | None, typer.Option("--by", help="Show the use by this period.")] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", help="At most so many, the newest; 0 for all.", min=0, metavar="N"),
    ] = None,
    ids: Annotated[bool, typer.Option("--ids", help="Show each reading's id.")] = False,
    revisions: Annotated[
        bool, typer.Option("--revisions", help="Show what was corrected or voided, too.")
    ] = False,
    json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Show readings, or use by hour, day, week, month or year."""
    if json and as_csv:
        raise UsageError("--json and --csv exclude each other", "choose one")
    if by is not None and (revisions or ids):
        raise UsageError("--by shows use, which has no ids and revisions", "leave one of them out")
    if revisions and limit is not None:
        raise UsageError("--revisions shows all of them", "leave --limit out; narrow it by --since")
    most = _limit(limit, since, all_=json or as_csv)
    wiring = wiring_of(ctx)
    zones = wiring.zones
    first, last = when(since, zones), when(until, zones, end=True)
    with wiring.judged() if by else wiring.reading() as ledger:
        of = chosen(ledger, meters)
        if by is not None:
            with waiting("counting"):
                used = [(m, _use(ledger, zones, m, by, first, last)) for m in of]
            _show_use(by, used, zones, json=json, as_csv=as_csv, limit=most)
            _tell_of_more(limit, most, longest=max((len(one) for _, one in used), default=0))
            return
        if revisions:
            found = service.revisions(
                ledger,
                of,
                since=-_EVER if first is None else first,
                until=_EVER if last is None else last,
            )
        else:
            found = _newest(ledger, of, first, last, most, asked=limit)
        known = {meter.id: meter for meter in of}
        if json:
            rows = [wire.reading(known[reading.meter], reading) for reading in found]
            out.json({"readings": rows})
        elif as_csv:
            _show_csv(known, found)
        else:
            _show(known, list(found), zones, ids=ids)


def _use(
    ledger: Ledger, zones: Zones, meter: Meter, by: By, since: int | None, until: int | None
) -> list[PeriodUse]:
    """A meter's use; where a time is named, also the periods around it without a reading."""
    found = service.use(ledger, zones, meter, by, since=since, until=until)
    if (since is None and (until is None or not found)) or ledger.newest(meter.id) is None:
        return found
    zone, end = zones(meter), now()
    start = found[0].period.start if since is None else period_at(since, by, zone).start
    if start > end:
        return found
    return service.padded(found, start, end if until is None else min(until, end), by, zone)


def _limit(limit: int | None, since: str | None, *, all_: bool) -> int | None:
    """A person who asks for nothing in particular gets a screenful; a program gets all."""
    if limit is not None:
        return limit or None
    return None if since or all_ else SCREENFUL


def _tell_of_more(asked: int | None, shown: int | None, *, longest: int) -> None:
    """Say that there is more, to who has not asked for so few."""
    if asked is None and shown is not None and longest > shown:
        out.note(f"the newest {shown}; --limit 0 shows all, --since those from a day on")


def _newest(
    ledger: Ledger,
    meters: tuple[Meter, ...],
    since: int | None,
    until: int | None,
    limit: int | None,
    *,
    asked: int | None,
) -> Iterator[Reading]:
    if limit is None:
        return service.readings(ledger, meters, since=since, until=until)
    newest = service.readings(ledger, meters, since=since, until=until, newest_first=True)
    found = list(islice(newest, limit + 1))
    _tell_of_more(asked, limit, longest=len(found))
    return reversed(found[:limit])


def _show(known: dict[str, Meter], readings: list[Reading], zones: Zones, *, ids: bool) -> None:
    if not readings:
        out.note("no readings")
        return
    rows = []
    for reading in readings:
        meter = known[reading.meter]
        value = "void" if reading.value is None else out.number(meter.text(reading.value))
        details = [] if reading.quality == "actual" else [str(reading.quality)]
        if reading.revision > 1:
            details.append(f"revision {reading.revision}")
        details += [text.replace("\n", " ") for text in (reading.reason, reading.note) if text]
        row = [local_text(reading.at, zones(meter)), meter.id, value]
        if ids:
            row.append(reading_id(reading.slot, meter))
        rows.append([*row, out.styled(", ".join(details), "dim") if details else ""])
    out.table(rows, right=(2,))


def _show_csv(known: dict[str, Meter], readings: Iterator[Reading]) -> None:
    _csv_line(["timestamp", "meter", "value", "unit", "quality", "revision"])
    for reading in readings:
        value = "" if reading.value is None else format_quantity(reading.value)
        unit = known[reading.meter].unit
        _csv_line(
            [
                iso_utc(reading.at),
                reading.meter,
                value,
                unit,
                reading.quality,
                str(reading.revision),
            ]
        )


def _csv_line(cells: list[str]) -> None:
    import csv
    from io import StringIO

    buffer = StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    out.write(buffer.getvalue())


def _show_use(
    by: By,
    used: list[tuple[Meter, list[PeriodUse]]],
    zones: Zones,
    *,
    json: bool,
    as_csv: bool,
    limit: int | None,
) -> None:
    used = [(meter, periods[-limit:] if limit else periods) for meter, periods in used]
    if json:
        out.json(
            {
                "by": by,
                "meters": [
                    {
                        "meter": meter.id,
                        "unit": meter.unit,
                        "periods": [wire.period_use(one) for one in periods],
                    }
                    for meter, periods in used
                ],
            }
        )
    elif as_csv:
        _csv_line(["period", "meter", "use", "unit"])
        for meter, periods in used:
            for one in periods:
                amount = "" if one.amount is None else format_quantity(one.amount)
                _csv_line([one.period.label, meter.id, amount, meter.unit])
    else:
        rows = [
            [one.period.label, meter.id, *_amount(meter, one, by, zones)]
            for meter, periods in used
            for one in periods
        ]
        if not rows:
            out.note("no use is known: it takes two readings of a meter")
        out.table(rows, right=(2,))


def _amount(meter: Meter, one: PeriodUse, by: By, zones: Zones) -> list[str]:
    if one.amount is None or one.since is None:
        return ["-", out.styled("no reading", "dim")]
    zone = zones(meter)
    since = f"since {local_text(one.since, zone)}" if reaches_back(one, by, zone) else ""
    return [out.number(meter.text(one.amount)), out.styled(since, "dim") if since else ""]
