"""`meterctl bulk-import`: what a person reads, what a program reads, and the exit codes."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from meterctl.imports.blocks import BLOCK_ROWS
from tests.conftest import Cli, Program
from tests.helpers import meterctl_environment

HEADER = "timestamp,inverterKWh,meterValue\n"
FIRST = "2025-11-07T14:30:00Z,5.42,142.3\n"
SECOND = "2025-11-08T14:30:00Z,4.9,150\n"
COMMA = '2025-11-09T14:30:00Z,"1,5",160\n'
NEGATIVE = "2025-11-10T14:30:00Z,-1,170\n"
OTHER = "2025-11-07T14:30:00Z,5.42,143\n"


@pytest.fixture(autouse=True)
def _files() -> None:
    Path("good.csv").write_text(HEADER + FIRST + SECOND, encoding="utf-8")
    Path("bad.csv").write_text(HEADER + FIRST + COMMA + SECOND + NEGATIVE, encoding="utf-8")
    Path("other.csv").write_text(HEADER + OTHER + COMMA.replace("1,5", "1.5"), encoding="utf-8")
    Path("hopeless.csv").write_text(HEADER + NEGATIVE, encoding="utf-8")
    Path("strange.csv").write_text("Zeit;Stand\n", encoding="utf-8")


def exported(cli: Cli) -> str:
    """What the ledger holds."""
    return cli("export").out


# -- one file --------------------------------------------------------------------------


def test_good_file(cli: Cli) -> None:
    """One line says what became of it, one which time it spans; 0."""
    ran = cli("bulk-import", "good.csv")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "good.csv: canonical: 2 rows, 4 readings recorded\n"
        "  from 2025-11-07 15:30:00 CET to 2025-11-08 15:30:00 CET\n"
    )
    assert exported(cli) == HEADER + FIRST + SECOND


def test_good_file_again(cli: Cli) -> None:
    """It says that all is known; 0."""
    cli("bulk-import", "good.csv")
    ran = cli("bulk-import", "good.csv")
    assert ran.code == 0
    assert ran.out == "good.csv: canonical: 2 rows, 0 readings recorded, 4 known already\n"


def test_bad_rows(cli: Cli) -> None:
    """A line for each, with its place and what to do; the last line is the verdict; 65."""
    ran = cli("bulk-import", "bad.csv")
    assert (ran.code, ran.out) == (65, "")
    assert ran.err.splitlines() == [
        "bad.csv:3:22: '1,5' has a decimal comma (write 1.5, or give bulk-import --decimal ,)",
        (
            "bad.csv:5:22: '-1' is negative; a meter reading never is (energy the other way"
            " belongs to a meter of its own: meterctl meters add --help)"
        ),
        (
            "meterctl: bad.csv: nothing was stored: 2 of 4 rows are bad"
            " (mend the file, or store the others with --skip-bad)"
        ),
    ]
    assert exported(cli) == HEADER


def test_bad_rows_to_skip(cli: Cli) -> None:
    """The same lines, and what was stored all the same; 3."""
    ran = cli("bulk-import", "bad.csv", "--skip-bad")
    assert ran.code == 3
    assert [line.split(" ")[0] for line in ran.err.splitlines()] == [
        "bad.csv:3:22:",
        "bad.csv:5:22:",
    ]
    assert "4 rows, 4 readings recorded, 2 rows rejected\n" in ran.out
    assert exported(cli) == HEADER + FIRST + SECOND


@pytest.mark.parametrize("option", [(), ("--skip-bad",)], ids=["plain", "skip-bad"])
def test_only_bad_rows(cli: Cli, option: tuple[str, ...]) -> None:
    """Nothing got through, whatever is to be skipped; 65."""
    ran = cli("bulk-import", "hopeless.csv", *option)
    assert (ran.code, ran.out) == (65, "")
    assert ran.err.splitlines()[1:] == [
        "meterctl: hopeless.csv: nothing was stored: 1 of 1 row is bad (mend the file)"
    ]


@pytest.mark.parametrize("option", [(), ("--skip-bad",)], ids=["plain", "skip-bad"])
def test_file_of_another_form(cli: Cli, option: tuple[str, ...]) -> None:
    """Two lines: what is wrong with it, and that nothing was stored; 65."""
    ran = cli("bulk-import", "strange.csv", *option)
    assert ran.code == 65
    wrong, verdict = ran.err.splitlines()
    assert wrong.startswith("strange.csv:1:1: no row ")
    assert verdict == "meterctl: strange.csv: nothing was stored"


def test_conflict(cli: Cli) -> None:
    """It is told at its cell with both values; the new is stored; 3."""
    cli("bulk-import", "good.csv")
    ran = cli("bulk-import", "other.csv")
    assert ran.code == 3
    assert "2 rows, 2 readings recorded, 1 known already, 1 in conflict\n" in ran.out
    (line,) = ran.err.splitlines()
    assert line.startswith("other.csv:2:27: meter at 2025-11-07 15:30:00 CET is already 142.3 kWh")
    assert "--replace" in line


def test_conflict_to_replace(cli: Cli) -> None:
    """It becomes a correction with that reason; 0."""
    cli("bulk-import", "good.csv")
    ran = cli("bulk-import", "other.csv", "--replace", "misread")
    assert (ran.code, ran.err) == (0, "")
    assert exported(cli).splitlines()[1] == OTHER.strip()


def test_findings(cli: Cli) -> None:
    """Readings that look wrong are stored, and counted with the command that lists them; 0."""
    Path("less.csv").write_text(HEADER + FIRST + SECOND + "2025-11-09T14:30Z,1,9\n", "utf-8")
    ran = cli("bulk-import", "less.csv")
    assert (ran.code, ran.err) == (0, "  1 of these looks wrong: meterctl review\n")


def test_more_problems_than_anyone_reads(cli: Cli) -> None:
    """The first twenty are told, then how many more there are and where to see them."""
    Path("many.csv").write_text(HEADER + NEGATIVE * 250 + FIRST, encoding="utf-8")
    ran = cli("bulk-import", "many.csv")
    lines = ran.err.splitlines()
    assert len(lines) == 22
    assert lines[20] == "many.csv: 230 more such lines; --report FILE lists them all"
    assert "250 of 251 rows are bad" in lines[21]
    assert len(cli("bulk-import", "many.csv", "--json").json["errors"]) == 100


# -- dry run ---------------------------------------------------------------------------


def test_dry_run_without_a_ledger(cli: Cli, ledger_path: Path) -> None:
    """It says what would happen, and makes nothing."""
    ran = cli("bulk-import", "good.csv", "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    assert "2 rows, 4 readings would be recorded\n" in ran.out
    assert not ledger_path.parent.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("good.csv",),
        ("bad.csv",),
        ("bad.csv", "--skip-bad"),
        ("hopeless.csv", "--skip-bad"),
        ("strange.csv",),
        ("good.csv", "other.csv"),
        ("good.csv", "other.csv", "--replace", "misread"),
        ("good.csv", "bad.csv", "strange.csv"),
        ("bad.csv", "strange.csv"),
    ],
    ids=" ".join,
)
def test_dry_run_and_then_the_real_one(cli: Cli, arguments: tuple[str, ...]) -> None:
    """Both give the same JSON and the same exit code; the first one stores nothing."""
    dry = cli("bulk-import", *arguments, "--json", "--dry-run")
    assert exported(cli) == HEADER
    real = cli("bulk-import", *arguments, "--json")
    assert dry == real


# -- several files ---------------------------------------------------------------------


def test_several_files(cli: Cli) -> None:
    """A line for each, then the totals; what one of them added another one knows; 3 for a part."""
    ran = cli("bulk-import", "good.csv", "good.csv", "bad.csv")
    assert ran.code == 3
    assert ran.out.splitlines()[-1] == (
        "3 files: 8 rows, 4 readings recorded, 4 known already, 2 rows rejected"
    )
    assert ran.err.splitlines()[-1] == "bad.csv: nothing was stored: 2 of 4 rows are bad"


def test_several_files_of_which_none_is_good(cli: Cli) -> None:
    """The last line says so; 65."""
    ran = cli("bulk-import", "bad.csv", "strange.csv")
    assert (ran.code, ran.out) == (65, "")
    assert ran.err.splitlines()[-1] == "meterctl: nothing was stored of 2 files (mend the files)"


@pytest.mark.parametrize(
    ("name", "message"),
    [("no.csv", "no.csv cannot be read: No such file"), (".", ". is a folder")],
    ids=["missing", "folder"],
)
def test_one_of_several_files_missing(cli: Cli, ledger_path: Path, name: str, message: str) -> None:
    """Nothing is stored of the others either; 66."""
    ran = cli("bulk-import", "good.csv", name)
    assert (ran.code, ran.out) == (66, "")
    assert ran.err.startswith(f"meterctl: {message}")
    assert not ledger_path.exists()


# -- JSON ------------------------------------------------------------------------------

FIELDS = ["file", "format", "rows", "recorded", "duplicates", "conflicts", "rejected", "errors"]


def test_json_of_a_file(cli: Cli) -> None:
    """Exactly the contract's object, and nothing else."""
    ran = cli("bulk-import", "bad.csv", "--skip-bad", "--json")
    assert (ran.code, ran.err) == (3, "")
    assert list(ran.json) == FIELDS
    assert ran.json == {
        "file": "bad.csv",
        "format": "canonical",
        "rows": 4,
        "recorded": 4,
        "duplicates": 0,
        "conflicts": 0,
        "rejected": 2,
        "errors": [
            {"line": 3, "column": 22, "message": "'1,5' has a decimal comma"},
            {
                "line": 5,
                "column": 22,
                "message": "'-1' is negative; a meter reading never is",
            },
        ],
    }


def test_json_of_several_files(cli: Cli) -> None:
    """Totals, and an object for each file."""
    ran = cli("bulk-import", "good.csv", "bad.csv", "--json")
    assert ran.code == 3
    assert {name: value for name, value in ran.json.items() if name != "files"} == {
        "rows": 6,
        "recorded": 4,
        "duplicates": 0,
        "conflicts": 0,
        "rejected": 2,
    }
    assert [list(one) for one in ran.json["files"]] == [FIELDS, FIELDS]


def test_json_of_a_file_that_is_refused(cli: Cli) -> None:
    """The object on stdout, and the failure with its place as an object on stderr; 65."""
    ran = cli("bulk-import", "bad.csv", "--json")
    assert (ran.code, ran.json["recorded"], ran.json["rejected"]) == (65, 0, 2)
    assert ran.err == (
        '{"error": {"code": "bad_file", "message": "bad.csv:3:22: \'1,5\' has a decimal comma",'
        ' "hint": "write 1.5, or give bulk-import --decimal ,"}}\n'
    )


# -- the report ------------------------------------------------------------------------


def test_report(cli: Cli) -> None:
    """It holds every problem of every file, beyond what is told, safe for a spreadsheet."""
    Path("many.csv").write_text(HEADER + "=1+1,1,1\n" * 250, encoding="utf-8")
    ran = cli("bulk-import", "many.csv", "bad.csv", "strange.csv", "--report", "report.csv")
    assert "many.csv: 230 more such lines; all are in report.csv" in ran.err
    with Path("report.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "line", "column", "reason", "what_to_do", "row"]
    assert len(rows) == 253
    assert rows[249][:3] == ["many.csv", "251", "1"]
    assert (rows[249][3][:9], rows[249][5]) == ("''=1+1' i", "'=1+1,1,1")
    assert rows[250][:3] == ["bad.csv", "3", "22"]
    assert rows[252][:3] == ["strange.csv", "1", "1"]


@pytest.mark.parametrize(
    ("report", "code", "message"),
    [
        ("no/report.csv", 74, "the report no/report.csv could not be written: No such file"),
        ("good.csv", 2, "--report would overwrite 'good.csv'"),
        ("./good.csv", 2, "--report would overwrite 'good.csv'"),
        ("/dev/full", 74, "the report /dev/full could not be written: No space left"),
    ],
    ids=["no-folder", "the-input", "the-input-by-another-name", "full-disk"],
)
def test_report_that_cannot_be_written(cli: Cli, report: str, code: int, message: str) -> None:
    """It is said; a file to be read is never written over."""
    before = Path("good.csv").read_bytes()
    ran = cli("bulk-import", "good.csv", "--report", report)
    assert ran.code == code
    assert message in ran.err
    assert Path("good.csv").read_bytes() == before


# -- options ---------------------------------------------------------------------------

USAGE: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no-file": ((), 2, "missing argument"),
    "decimal": (("good.csv", "--decimal", ";"), 2, "';' is no decimal mark"),
    "map-without-meter": (("good.csv", "--map", "x"), 2, "--map 'x' is not COLUMN=METER"),
    "map-without-column": (("good.csv", "--map", "=meter"), 2, "is not COLUMN=METER"),
    "format": (("good.csv", "--format", "nem99"), 2, "there is no format 'nem99'"),
    "replace-without-reason": (("good.csv", "--replace", " "), 2, "--replace needs a reason"),
    "zone": (("good.csv", "--tz", "Berlin"), 65, "there is no time zone 'Berlin'"),
}


@pytest.mark.parametrize(("arguments", "code", "message"), USAGE.values(), ids=USAGE.keys())
def test_option_that_is_wrong(
    cli: Cli, ledger_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    """It is said before anything is read or made."""
    ran = cli("bulk-import", *arguments)
    assert ran.code == code
    assert message in ran.err
    assert not ledger_path.exists()


def test_options_that_say_what_a_file_does_not(cli: Cli) -> None:
    """--map, --meter, --tz and --decimal."""
    Path("own.csv").write_text('timestamp,PV,Stand\n2025-07-01 12:00,"1,5",7\n', encoding="utf-8")
    ran = cli(
        *("bulk-import", "own.csv", "--map", "PV=inverter", "--meter", "meter"),
        *("--tz", "America/New_York", "--decimal", ",", "--format", "canonical"),
    )
    assert ran.code == 0, ran.err
    assert exported(cli) == HEADER + "2025-07-01T16:00:00Z,1.5,7\n"


# -- as a process ----------------------------------------------------------------------


def test_standard_input(program: Program) -> None:
    """`-` is stdin; messages call it so."""
    ran = program("bulk-import", "-", stdin=HEADER + FIRST + COMMA)
    assert ran.code == 65
    assert ran.err.startswith("stdin:3:22: ")
    assert program("bulk-import", "-", stdin=HEADER + FIRST).code == 0


def test_export_into_bulk_import(program: Program, cli: Cli) -> None:
    """The one reads what the other writes: nothing is new to it."""
    cli("bulk-import", "good.csv")
    ran = program("bulk-import", "-", "--json", stdin=exported(cli))
    assert (ran.code, ran.json["recorded"], ran.json["duplicates"]) == (0, 0, 4)


def test_name_that_is_no_text(program: Program) -> None:
    """A file may be called anything; messages and the ledger spell its name out."""
    name = os.fsdecode(b"\xff\n.csv")
    Path(name).write_text(HEADER + FIRST, encoding="utf-8")
    ran = program("bulk-import", name)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(r"\udcff\n.csv: canonical: 1 row, 2 readings recorded")


def _many_rows(count: int) -> str:
    return HEADER + "".join(
        f"2025-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:00Z,1,{number}\n"
        for number, (month, day, hour, minute) in zip(
            range(count),
            (
                (month, day, hour, minute)
                for month in range(1, 11)
                for day in range(1, 29)
                for hour in range(24)
                for minute in range(60)
            ),
            strict=False,
        )
    )


def test_stopped_by_a_signal_and_run_again(tmp_path: Path, program: Program, cli: Cli) -> None:
    """143; then the second run adds the rest, and all is as if there had been one run."""
    rows = _many_rows(40_000)
    Path("many.csv").write_text(rows, encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "meterctl", "bulk-import", "many.csv"],
        env=meterctl_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wal = tmp_path / "data" / "ledger.db-wal"
    while running.poll() is None and not (wal.exists() and wal.stat().st_size > 500_000):
        threading.Event().wait(0.005)
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (143, "")
    assert err == "meterctl: stopped; what was acknowledged is stored\n"
    stored = len(exported(cli).splitlines()) - 1
    assert 0 < stored < 40_000
    assert stored % BLOCK_ROWS == 0
    ran = program("bulk-import", "many.csv", "--json")
    assert (ran.code, ran.json["duplicates"]) == (0, 2 * stored)
    assert exported(cli) == rows


QUOTE_IN_THE_MIDDLE = FIRST.replace("5.42", '"5.42')


def _rows_with_one_quote(count: int) -> str:
    rows = _many_rows(count).splitlines(keepends=True)
    rows[count // 2] = QUOTE_IN_THE_MIDDLE
    return "".join(rows)


def _endless_line(_: int) -> str:
    return HEADER + FIRST + "x" * 50_000_000


def _endless_header(_: int) -> str:
    return "timestamp," * 5_000_000


def _open_quotes(count: int) -> str:
    return HEADER + (QUOTE_IN_THE_MIDDLE + '""\n' * 99) * (count // 100)


def _rows_of_another_form(count: int) -> str:
    return HEADER + (NEGATIVE.strip() + "," * 5_000 + "\n") * (count // 20)


# name: (how the file is made, how many rows, the exit code with --skip-bad)
BIG: dict[str, tuple[Callable[[int], str], int, int]] = {
    "good": (_many_rows, 50_000, 0),
    "a-quote-never-closed": (_rows_with_one_quote, 100_000, 3),
    "quotes-never-closed": (_open_quotes, 100_000, 65),
    "a-line-without-end": (_endless_line, 0, 3),
    "a-header-without-end": (_endless_header, 0, 65),
    "long-rows-that-are-wrong": (_rows_of_another_form, 100_000, 65),
}


@pytest.mark.parametrize(("make", "rows", "code"), BIG.values(), ids=BIG.keys())
def test_big_file(tmp_path: Path, make: Callable[[int], str], rows: int, code: int) -> None:
    """It takes no more memory than a small one, and a time that grows as the file does."""
    Path("big.csv").write_text(make(rows), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", _PEAK, "bulk-import", "big.csv", "--skip-bad"],
        env=meterctl_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == code, ran.stderr[-500:]
    peak = re.search(r"VmHWM:\s*(\d+) kB", ran.stderr)
    assert peak is not None
    assert int(peak[1]) < 60_000


_PEAK = """
import re, sys
from pathlib import Path
from meterctl.cli.run import run
code = run(sys.argv[1:])
print(re.search("VmHWM.*", Path("/proc/self/status").read_text())[0], file=sys.stderr)
sys.exit(code)
"""
