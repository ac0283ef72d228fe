"""What people type, command by command: for `--help`, the man page and docs/commands.md.

Each is run or at least parsed by a test (`tests/cli/test_help.py`).
"""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """A command as it is typed, and what for."""

    typed: str
    meaning: str


EXAMPLES: dict[str, tuple[Example, ...]] = {
    "": (
        Example("meterctl record 142.3", "store what the dial says"),
        Example("meterctl", "the newest readings, and what needs attention"),
        Example("meterctl help", "what else can be explained"),
    ),
    "record": (
        Example("meterctl record 142.3", "the main meter, now"),
        Example("meterctl record 142.3 --inverter-kwh 5.42", "both meters at one instant"),
        Example('meterctl record gas=1034.2 --at "yesterday 18:00"', "another meter, earlier"),
        Example("meterctl record", "asks for each meter in turn"),
    ),
    "bulk-import": (
        Example("meterctl bulk-import readings.csv --dry-run", "look first: nothing is stored"),
        Example("meterctl bulk-import solaredge.csv octopus.csv", "files of portals, as they are"),
        Example(
            "meterctl bulk-import log.csv --map Total=meter --tz Europe/Berlin", "name columns"
        ),
        Example(
            "meterctl bulk-import - --skip-bad --report bad.csv", "from a pipe, good rows only"
        ),
    ),
    "current": (
        Example("meterctl current", "each meter's newest reading, and where it has got"),
        Example("meterctl current meter --json", "for programs"),
        Example("meterctl current --watch", "a display that goes on"),
    ),
    "push-utility": (
        Example("meterctl push-utility --dry-run", "what would be submitted; nothing is sent"),
        Example("meterctl push-utility --quiet", "as cron runs it, each night"),
        Example("meterctl push-utility --since 2026-01-01", "older readings as well"),
    ),
    "health": (
        Example("meterctl health", "everything that can be looked at from here"),
        Example("meterctl health --online --json", "the Sheet and the utility too, for a monitor"),
    ),
    "correct": (
        Example(
            'meterctl correct meter@2026-03-01T06:00:00Z 143.2 --reason "misread"',
            "record and history --ids print the id",
        ),
    ),
    "void": (
        Example(
            'meterctl void meter@2026-03-01T06:00:00Z --reason "the neighbour\'s meter"',
            "it never was; the same time can be recorded anew",
        ),
    ),
    "review": (
        Example("meterctl review", "what looks wrong, and why"),
        Example(
            'meterctl review meter@2026-03-01T06:00:00Z --accept "checked the dial"',
            "it is right all the same",
        ),
    ),
    "history": (
        Example("meterctl history meter --since monday", "the readings of these days"),
        Example("meterctl history --by month --since 2026", "the use of each month"),
        Example("meterctl history meter --revisions --ids", "what was corrected or voided, too"),
        Example("meterctl history --by day --csv", "for a spreadsheet"),
    ),
    "plot": (
        Example("meterctl plot", "the last thirty days, here"),
        Example("meterctl plot inverter meter --since 2026 --by month", "solar against grid"),
        Example("meterctl plot --since 2026 --svg year.svg --png year.png", "files"),
    ),
    "sync": (
        Example("meterctl sync", "bring what is queued, read back what others did"),
        Example("meterctl sync --quiet", "as cron runs it"),
    ),
    "sheet": (),
    "sheet show": (Example("meterctl sheet show", "which one, its columns, how full it is"),),
    "sheet use": (
        Example(
            "meterctl sheet use https://docs.google.com/spreadsheets/d/1AbC/edit",
            "go on in a new one, once the old one is full",
        ),
    ),
    "submissions": (),
    "submissions list": (
        Example("meterctl submissions list --state unknown", "those without an answer"),
    ),
    "submissions show": (Example("meterctl submissions show 17", "one, with every attempt"),),
    "submissions resolve": (
        Example(
            'meterctl submissions resolve 17 --not-sent --reason "the portal does not show it"',
            "the next push sends it again",
        ),
        Example(
            'meterctl submissions resolve 17 --accepted RECEIPT --reason "confirmed by phone"',
            "it is done",
        ),
    ),
    "submissions resubmit": (
        Example(
            'meterctl submissions resubmit 17 --reason "misread, corrected since"',
            "the corrected value",
        ),
    ),
    "export": (
        Example("meterctl export -o readings.csv", "everything; bulk-import reads it back"),
        Example("meterctl export meter --since 2026 --format jsonl", "one meter, as JSON lines"),
    ),
    "backup": (
        Example("meterctl backup /mnt/usb/meterctl", "a verified copy, on another disk"),
        Example("meterctl backup --keep all", "beside the ledger; no older one is removed"),
    ),
    "restore": (
        Example("meterctl restore --dry-run", "what the newest backup holds and lacks"),
        Example("meterctl restore /mnt/usb/meterctl", "the newest sound one of a folder"),
    ),
    "ledger": (),
    "ledger show": (Example("meterctl ledger show --json", "where it is, what it holds"),),
    "ledger migrate": (
        Example("meterctl ledger migrate --check", "whether it is up to date; changes nothing"),
    ),
    "ledger copy": (
        Example(
            "meterctl ledger copy ~/ledger.db 'postgresql://me@db.example/home?schema=roof-42'",
            "from a file to a server, verified",
        ),
    ),
    "fleet": (
        Example(
            "meterctl fleet --settings /etc/meterctl/roofs --jobs 16 push-utility --quiet",
            "many ledgers, sixteen at a time",
        ),
        Example("meterctl fleet --list roofs.txt health", "the ledgers that a file names"),
    ),
    "meters": (),
    "meters list": (Example("meterctl meters list", "each with its unit, kind and devices"),),
    "meters add": (
        Example(
            "meterctl meters add gas --unit m3 --direction consumption --digits 5 --decimals 3",
            "a gas meter",
        ),
        Example("meterctl meters add feed-in --direction to_grid", "what is fed in"),
    ),
    "meters set": (
        Example("meterctl meters set meter --max-per-hour 25 --digits 6", "what its dial can do"),
    ),
    "meters replace": (
        Example(
            'meterctl meters replace meter --at "2026-03-01 10:00" --final 48213.7 --initial 0.2',
            "a swap, with both values",
        ),
    ),
    "serve": (
        Example("meterctl serve", "on this machine alone"),
        Example("meterctl serve --trusted-proxy 127.0.0.1", "behind a proxy with TLS"),
    ),
    "clients": (),
    "clients add": (
        Example("meterctl clients add phone --scope read,record", "prints its secret, once"),
    ),
    "clients list": (Example("meterctl clients list", "who may, and since when"),),
    "clients rotate": (
        Example("meterctl clients rotate phone --overlap 48", "the old secret works two days more"),
    ),
    "clients revoke": (
        Example("meterctl clients revoke phone", "a lost phone, at once"),
        Example('meterctl clients revoke --issued-before "1 hour ago"', "all tokens till then"),
    ),
    "init": (
        Example("meterctl init", "asks for what it needs"),
        Example(
            "meterctl init --credentials key.json --sheet-id 1AbC --value 142.3",
            "the same from flags",
        ),
    ),
    "config": (),
    "config show": (Example("meterctl config show", "each setting and where it is from"),),
    "config check": (Example("meterctl config check", "every problem at once"),),
    "sandbox": (
        Example("meterctl sandbox --dir rehearsal", "then: set -a; . rehearsal/sandbox.env"),
        Example("meterctl sandbox --faults faults.json --no-quota", "with faults of your own"),
    ),
    "demo": (Example("meterctl demo", "the whole of it, in a folder that is gone afterwards"),),
    "help": (
        Example("meterctl help times", "how a time may be written"),
        Example("meterctl help meters add", "a command's help"),
        Example("meterctl help man > meterctl.1", "the manual page"),
    ),
}
