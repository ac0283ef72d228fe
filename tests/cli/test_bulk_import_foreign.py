"""`meterctl bulk-import` of others' files: what is told, made, asked for, kept, refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from meterctl.cli import bulk_import_one
from meterctl.imports.formats import Context
from meterctl.imports.text.source import Source
from meterctl.services import coverage, importing
from meterctl.services.importing import Prepared
from tests.conftest import Cli, Program

OCTOBER = """Time,Energie (Wh),ZählerBezugs-Zähler E (Wh),ZählerEinspeise-Zähler E (Wh)
29.10.2023,"20125","21250","1625"
30.10.2023,"9250","25500",""
31.10.2023,"12000","24000","500"
"""
NOVEMBER = """Time,Energie (Wh),ZählerBezugs-Zähler E (Wh),ZählerEinspeise-Zähler E (Wh)
31.10.2023,"12000","24000","500"
01.11.2023,"8000","26500","0"
03.11.2023,"8000","26500","0"
"""
DIALS = """time,Import T1 kWh,Import T2 kWh,Export T1 kWh,Export T2 kWh
2024-05-06 00:00,1200.125,2100.5,100,50
2024-05-07 00:00,1205.5,2105.25,110.125,52
"""
SOLAR, FROM_GRID, TO_GRID = MADE = [
    "solaredge-generation-daily",
    "solaredge-from-grid-daily",
    "solaredge-to-grid-daily",
]


@pytest.fixture(autouse=True)
def _files() -> None:
    Path("october.csv").write_text(OCTOBER, encoding="utf-8")
    Path("november.csv").write_text(NOVEMBER, encoding="utf-8")
    Path("dials.csv").write_text(DIALS, encoding="utf-8")
    bad = OCTOBER.replace('"9250"', '"9250 apples"')
    Path("bad.csv").write_text(bad, encoding="utf-8")


def meters(cli: Cli) -> list[str]:
    """The ids of the meters there are beside those out of the box."""
    return [one["id"] for one in cli("meters", "list", "--json").json["meters"]][2:]


def values(cli: Cli, meter: str) -> list[tuple[str, float]]:
    """A meter's readings: until when, and how much."""
    readings = cli("history", meter, "--json").json["readings"]
    return [(one["timestamp"], one["value"]) for one in readings]


# -- meters that are lacking -----------------------------------------------------------


def test_file_that_no_meter_is_for(cli: Cli) -> None:
    """It is refused with the flag that makes meters; nothing is stored; 65."""
    ran = cli("bulk-import", "october.csv")
    assert (ran.code, ran.out) == (65, "")
    assert ran.err.splitlines() == [
        (
            "october.csv:1:1: this file holds 3 series that no meter is for yet: 'Energie (Wh)',"
            " 'ZählerBezugs-Zähler E (Wh)', 'ZählerEinspeise-Zähler E (Wh)' (--create-meters makes"
            f" {', '.join(MADE)}; or --map COLUMN=METER for one that is there)"
        ),
        "meterctl: october.csv: nothing was stored",
    ]
    assert meters(cli) == []


def test_meters_without_a_reading(cli: Cli) -> None:
    """Where all that a file holds is not over yet, no meter is made for it."""
    Path("year.csv").write_text("Start,End,Usage (kWh)\n2020-01-01 00:00,2090-01-01 00:00,5\n")
    ran = cli("bulk-import", "year.csv", "--create-meters", "--kind", "interval")
    assert ran.code == 0
    assert "1 value left out: the time they are of is not over yet" in ran.out
    assert meters(cli) == []


def test_meters_to_be_made(cli: Cli) -> None:
    """It says what it took the file for, whose each column is, and how much each meter got; 0."""
    ran = cli("bulk-import", "october.csv", "--create-meters")
    assert (ran.code, ran.err) == (0, "")
    first, span, *table = ran.out.splitlines()
    assert first == "october.csv: solaredge: 3 rows, 8 readings recorded"
    assert span == "  from 2023-10-29 00:00:00 CEST to 2023-11-01 00:00:00 CET"
    assert [line.split() for line in table[:3]] == [
        ["Energie", "(Wh)", SOLAR, "3", "readings", "41.375", "kWh", "made"],
        ["ZählerBezugs-Zähler", "E", "(Wh)", FROM_GRID, "3", "readings", "70.75", "kWh", "made"],
        ["ZählerEinspeise-Zähler", "E", "(Wh)", TO_GRID, "2", "readings", "2.125", "kWh", "made"],
    ]
    assert meters(cli) == MADE
    # The day on which the clocks go back has 25 hours.
    assert values(cli, SOLAR)[0] == ("2023-10-29T23:00:00Z", 20.125)
    found = cli("history", SOLAR, "--json").json["readings"]
    assert found[0]["starts_at"] == "2023-10-28T22:00:00Z"


def test_same_file_again(cli: Cli) -> None:
    """It finds the meters that were made for it, and all is known; 0."""
    cli("bulk-import", "october.csv", "--create-meters")
    ran = cli("bulk-import", "october.csv")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(
        "october.csv: solaredge: 3 rows, 0 readings recorded, 8 known already\n"
    )
    assert "made" not in ran.out


def test_next_months_file(cli: Cli) -> None:
    """It finds them too; what overlaps is known, what is new is stored, its gap is counted."""
    cli("bulk-import", "october.csv", "--create-meters")
    ran = cli("bulk-import", "november.csv")
    assert (ran.code, ran.err) == (0, "")
    assert "3 rows, 6 readings recorded, 3 known already\n" in ran.out
    assert "  Energie (Wh): 1 gap\n" in ran.out
    assert len(values(cli, SOLAR)) == 5


def test_a_file_that_is_all_gaps(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many there are is not known then, and nobody is left to think that there are none."""
    monkeypatch.setattr(coverage, "_MOST_PIECES", 1)
    cli("bulk-import", "october.csv", "--create-meters")
    ran = cli("bulk-import", "november.csv", "--dry-run")
    assert "  Energie (Wh): too many gaps to count\n" in ran.out
    ran = cli("bulk-import", "november.csv", "--json")
    assert ran.json["meters"][0]["gaps"] is None


def test_dials(cli: Cli) -> None:
    """Of a dial it says what it showed first and last: such values are no amounts to add."""
    ran = cli("bulk-import", "dials.csv", "--create-meters")
    assert (ran.code, ran.err) == (0, "")
    assert "1200.125 kWh to 1205.5 kWh" in ran.out
    assert [one for one in meters(cli) if "from-grid" in one] == [
        "homewizard-from-grid-t1",
        "homewizard-from-grid-t2",
    ]


def test_bad_row(cli: Cli) -> None:
    """It stops all of the file, and no meter is made; told with its place and reason."""
    ran = cli("bulk-import", "bad.csv", "--create-meters")
    assert (ran.code, ran.out) == (65, "")
    assert ran.err.startswith("bad.csv:3:12: '9250 apples' ")
    assert "nothing was stored: 1 of 3 rows is bad" in ran.err
    assert meters(cli) == []


def test_bad_row_to_skip(cli: Cli) -> None:
    """The others are stored; 3; the report has the row with its reason."""
    ran = cli("bulk-import", "bad.csv", "--create-meters", "--skip-bad", "--report", "r.csv")
    assert ran.code == 3
    assert len(values(cli, SOLAR)) == 2
    row = Path("r.csv").read_text(encoding="utf-8").splitlines()[1]
    # The reason begins with an apostrophe, which the report guards by another one.
    assert row.startswith("bad.csv,3,12,\"''9250 apples' has 'apples' after its digits")
    assert row.endswith(',"30.10.2023,""9250 apples"",""25500"","""""')


def test_other_value_for_a_known_interval(cli: Cli) -> None:
    """It is a conflict, listed at its cell; 3; with --replace it becomes a correction; 0."""
    cli("bulk-import", "october.csv", "--create-meters")
    Path("other.csv").write_text(OCTOBER.replace("20125", "20127"), encoding="utf-8")
    ran = cli("bulk-import", "other.csv")
    assert ran.code == 3
    assert ran.err.startswith(
        "other.csv:2:12: solaredge-generation-daily at 2023-10-30 00:00:00 CET"
    )
    assert values(cli, SOLAR)[0][1] == 20.125
    assert cli("bulk-import", "other.csv", "--replace", "the portal mended it").code == 0
    assert values(cli, SOLAR)[0][1] == 20.127


ANOTHER_RUN = {
    "bulk-import october.csv --create-meters": (0, "0 readings recorded, 8 known already", MADE),
    f"meters add {FROM_GRID} --kind interval": (
        *(65, f"another run has just made a meter {FROM_GRID} "),
        [FROM_GRID],
    ),
}


@pytest.mark.parametrize("other", ANOTHER_RUN)
def test_meters_that_another_run_makes_meanwhile(
    cli: Cli, program: Program, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """What it made just so is taken, and nothing is doubled; anything else refuses the file."""
    look = importing.prepare

    def look_while_it_runs(source: Source, context: Context, format_: str | None) -> Prepared:
        found = look(source, context, format_)
        assert program(*other.split()).code == 0
        return found

    monkeypatch.setattr(bulk_import_one, "prepare", look_while_it_runs)
    ran = cli("bulk-import", "october.csv", "--create-meters")
    code, told, there = ANOTHER_RUN[other]
    assert ran.code == code
    assert told in f"{ran.out}{ran.err}"
    assert meters(cli) == there


# -- whose a column is -----------------------------------------------------------------


def test_column_mapped(cli: Cli) -> None:
    """The days' totals become the inverter's; what is not mapped is left out, and named; 0."""
    ran = cli("bulk-import", "october.csv", "--map", "energie (wh)=inverter")
    assert (ran.code, ran.err) == (0, "")
    assert "left out: ZählerBezugs-Zähler E (Wh): no --map names it" in ran.out
    assert meters(cli) == []
    assert values(cli, "inverter") == [
        ("2023-10-29T22:59:59Z", 20.125),
        ("2023-10-30T22:59:59Z", 9.25),
        ("2023-10-31T22:59:59Z", 12),
    ]


def test_column_mapped_to_a_meter_that_is_made(cli: Cli) -> None:
    """--map and --create-meters together name a new meter."""
    ran = cli("bulk-import", "october.csv", "--map", "Energie (Wh)=roof", "--create-meters")
    assert ran.code == 0
    assert meters(cli)[0] == "roof"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--map", "PV=inverter"), "--map names 'PV', and there are 'Energie (Wh)'"),
        (("--map", "Energie (Wh)=roof"), "there is no meter 'roof'; there are meter, inverter"),
        (("--meter", "inverter"), "--meter is for one series, and here are 3"),
        (("--map", "Energie (Wh)=meter"), "is energy by period, and meter meter is a register"),
    ],
    ids=["column", "meter", "several", "kind"],
)
def test_mapping_that_does_not_fit(cli: Cli, options: tuple[str, ...], message: str) -> None:
    """It is said at the file's place, with the next step; 65."""
    ran = cli("bulk-import", "october.csv", *options)
    assert ran.code == 65
    assert message in ran.err.splitlines()[0]
    assert ran.err.startswith("october.csv:1:1: ")


def test_column_mapped_twice(cli: Cli) -> None:
    """To two meters: which one is meant cannot be told; 2."""
    ran = cli("bulk-import", "october.csv", "--map", "PV=inverter", "--map", "PV=meter")
    assert (ran.code, ran.out) == (2, "")
    assert "--map gives 'PV' to 'inverter' and to 'meter' (keep one of the two)" in ran.err


# -- dry run ---------------------------------------------------------------------------


def test_dry_run(cli: Cli, ledger_path: Path) -> None:
    """What it is taken for, the mapping, the first rows, the amounts, the gaps; nothing is made."""
    ran = cli("bulk-import", "november.csv", "--dry-run", "--create-meters")
    assert (ran.code, ran.err) == (0, "")
    assert not ledger_path.parent.exists()
    lines = ran.out.splitlines()
    assert lines[0] == "november.csv: solaredge: SolarEdge portal, energy"
    assert "meant in Europe/Berlin" in ran.out
    assert next(line.split()[-6:] for line in lines if line.endswith("  new")) == [
        *(SOLAR, "kWh", "interval", "generation", "-", "new"),
    ]
    assert (
        "  2023-10-31 00:00:00 CET to 2023-11-01 00:00:00 CET  solaredge-generation-daily    12 kWh"
        "  actual"
    ) in lines
    assert "november.csv: solaredge: 3 rows, 9 readings would be recorded" in lines
    gap = lines.index("  Energie (Wh): 1 gap:")
    assert lines[gap + 1] == "    2023-11-02 00:00:00 CET to 2023-11-03 00:00:00 CET"


def test_dry_run_that_lacks_meters(cli: Cli) -> None:
    """It shows all of it, and ends as the real run would; 65."""
    ran = cli("bulk-import", "october.csv", "--dry-run")
    assert ran.code == 65
    assert "solaredge-from-grid-daily   3 readings  70.75 kWh   2023-10-29 00:00:00 CEST" in ran.out
    assert "--create-meters makes solaredge-generation-daily" in ran.err
    assert ran.err.splitlines()[-1] == "meterctl: october.csv: nothing would be stored"


def test_dry_run_of_two_months(cli: Cli) -> None:
    """The second file finds the meters and the readings that the first one would bring."""
    ran = cli("bulk-import", "october.csv", "november.csv", "--dry-run", "--create-meters")
    assert ran.code == 0
    assert "3 rows, 6 readings would be recorded, 3 known already" in ran.out
    assert cli("bulk-import", "october.csv", "november.csv", "--dry-run").code == 65


def test_dry_run_shows_every_problem(cli: Cli) -> None:
    """However many there are."""
    rows = "".join(f'{day:02}.01.2023,"x{day}",1,1\n' for day in range(1, 32))
    Path("many.csv").write_text(OCTOBER.splitlines(keepends=True)[0] + rows, encoding="utf-8")
    ran = cli("bulk-import", "many.csv", "--dry-run", "--create-meters")
    assert len([line for line in ran.err.splitlines() if line.startswith("many.csv:")]) == 31
    assert "more such lines" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("october.csv",),
        ("october.csv", "--create-meters"),
        ("bad.csv", "--create-meters", "--skip-bad"),
        ("october.csv", "november.csv", "--create-meters"),
        ("october.csv", "bad.csv", "--map", "Energie (Wh)=inverter"),
        ("dials.csv", "october.csv", "--create-meters"),
    ],
    ids=" ".join,
)
def test_dry_run_and_then_the_real_one(cli: Cli, arguments: tuple[str, ...]) -> None:
    """Both give the same exit code, and the same counts."""
    dry = cli("bulk-import", *arguments, "--json", "--dry-run")
    real = cli("bulk-import", *arguments, "--json")
    assert dry.code == real.code
    for field in ("rows", "recorded", "duplicates", "conflicts", "rejected"):
        assert dry.json[field] == real.json[field], field


# -- the report ------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["", "-wal"])
def test_report_in_the_ledgers_place(cli: Cli, ledger_path: Path, end: str) -> None:
    """It is refused, whether there is a ledger already or not; 2."""
    for begin in (lambda: None, lambda: cli("bulk-import", "october.csv", "--create-meters")):
        begin()
        ran = cli("bulk-import", "october.csv", "--report", f"{ledger_path}{end}")
        assert (ran.code, ran.out) == (2, "")
        assert "--report would overwrite the ledger" in ran.err
    assert len(values(cli, SOLAR)) == 3


def test_report_on_stdout(cli: Cli) -> None:
    """Stdout has what became of the file; a report has its own; 2."""
    ran = cli("bulk-import", "october.csv", "--report", "-")
    assert (ran.code, Path("-").exists()) == (2, False)


# -- JSON ------------------------------------------------------------------------------


def test_json(cli: Cli) -> None:
    """The contract's object, and for a foreign file its meters and what was decided."""
    ran = cli("bulk-import", "october.csv", "--create-meters", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert list(ran.json)[:8] == [
        *("file", "format", "rows", "recorded", "duplicates", "conflicts", "rejected", "errors"),
    ]
    assert (ran.json["format"], ran.json["recorded"]) == ("solaredge", 8)
    assert ran.json["meters"][2] == {
        "column": "ZählerEinspeise-Zähler E (Wh)",
        "meter": TO_GRID,
        "unit": "kWh",
        "kind": "interval",
        "direction": "to_grid",
        "serial": None,
        "readings": 2,
        "first": {
            "starts_at": "2023-10-28T22:00:00Z",
            "timestamp": "2023-10-29T23:00:00Z",
            "value": 1.625,
        },
        "last": {
            "starts_at": "2023-10-30T23:00:00Z",
            "timestamp": "2023-10-31T23:00:00Z",
            "value": 0.5,
        },
        "sum": 2.125,
        "gaps": 1,
        "created": True,
    }
    assert all(isinstance(note, str) for note in ran.json["notes"])


def test_json_of_several_files(cli: Cli) -> None:
    """Totals, and an object for each file; a dial's has no sum."""
    ran = cli("bulk-import", "october.csv", "dials.csv", "--create-meters", "--json")
    assert (ran.code, ran.json["recorded"]) == (0, 16)
    solar, dials = ran.json["files"]
    assert [one["sum"] for one in solar["meters"]] == [41.375, 70.75, 2.125]
    assert [one["sum"] for one in dials["meters"]] == [None] * 4


def test_json_of_what_is_left_out(cli: Cli) -> None:
    """The notes name it, with the reason."""
    ran = cli("bulk-import", "october.csv", "--map", "Energie (Wh)=inverter", "--json")
    assert "left out: ZählerBezugs-Zähler E (Wh): no --map names it" in ran.json["notes"]
    assert [one["column"] for one in ran.json["meters"]] == ["Energie (Wh)"]


def test_json_of_a_file_that_is_refused(cli: Cli) -> None:
    """The object on stdout, the failure with its place and its flag on stderr; nobody is asked."""
    ran = cli("bulk-import", "october.csv", "--json")
    assert (ran.code, ran.json["recorded"]) == (65, 0)
    assert '"code": "bad_file"' in ran.err
    assert "--create-meters" in ran.err


# -- profiles --------------------------------------------------------------------------


def test_profile_of_next_month(cli: Cli) -> None:
    """The answers given once hold for the next file with these headings, which says so."""
    mapped = ("--map", "Energie (Wh)=inverter", "--save-profile", "roof")
    ran = cli("bulk-import", "october.csv", *mapped)
    assert ran.code == 0
    assert "profile roof keeps --map 'Energie (Wh)=inverter' --format solaredge" in ran.out
    again = cli("bulk-import", "november.csv")
    assert (again.code, again.err) == (0, "")
    assert "  profile roof: --map 'Energie (Wh)=inverter' --format solaredge\n" in again.out
    assert len(values(cli, "inverter")) == 5
    assert meters(cli) == []
    assert "profile roof: " in " ".join(cli("bulk-import", "november.csv", "--json").json["notes"])


def test_profile_by_name(cli: Cli) -> None:
    """It is used whatever the headings; one that does not fit is refused."""
    cli("bulk-import", "october.csv", "--map", "Energie (Wh)=inverter", "--save-profile", "roof")
    Path("renamed.csv").write_text(
        NOVEMBER.replace("ZählerBezugs-Zähler", "ZählerHaus-Zähler"), encoding="utf-8"
    )
    assert cli("bulk-import", "renamed.csv").code == 65
    assert cli("bulk-import", "renamed.csv", "--profile", "roof").code == 0
    ran = cli("bulk-import", "dials.csv", "--profile", "roof")
    assert (ran.code, ran.err.splitlines()[0]) == (
        65,
        (
            "dials.csv:1:1: this is not a file of the format solaredge (leave --profile out, or"
            " name the format with --format)"
        ),
    )


def test_profile_of_a_slip(cli: Cli) -> None:
    """Answers that make a file contradict all that is known do not replace the good ones."""
    good = ("--map", "Energie (Wh)=inverter", "--save-profile", "roof")
    cli("bulk-import", "october.csv", *good)
    one = OCTOBER.splitlines(keepends=True)[:2]
    Path("odd.csv").write_text("".join(one).replace("20125", "20.125"), encoding="utf-8")
    ran = cli("bulk-import", "odd.csv", "--decimal", ".", "--save-profile", "roof")
    assert ran.code == 3
    assert "keeps" not in ran.out
    assert "--decimal" not in cli("bulk-import", "november.csv").out


HALF_HOURS = """Consumption (kWh), Start, End
0.500, 2023-01-01T00:00:00+00:00, 2023-01-01T00:30:00+00:00
"""


def test_profiles_of_files_with_the_same_headings(cli: Cli) -> None:
    """The portal's files of two meters look alike: which one is meant must be said."""
    for name in ("in", "out"):
        cli("meters", "add", name, "--kind", "interval")
        Path(f"{name}.csv").write_text(HALF_HOURS, encoding="utf-8")
        ran = cli("bulk-import", f"{name}.csv", "--meter", name, "--save-profile", f"our-{name}")
        assert ran.code == 0, ran.err
    ran = cli("bulk-import", "in.csv")
    assert ran.code == 65
    assert ran.err.splitlines()[0] == (
        "in.csv:1:1: our-in and our-out are profiles of files with these headings"
        " (--profile our-in or --profile our-out)"
    )
    for told in (("--profile", "our-in"), ("--meter", "in")):
        again = cli("bulk-import", "in.csv", *told)
        assert (again.code, again.err) == (0, "")
        assert "0 readings recorded, 1 known already" in again.out


def test_profile_that_is_not_there(cli: Cli, ledger_path: Path) -> None:
    """It is said before anything is made; 2."""
    ran = cli("bulk-import", "october.csv", "--profile", "roof")
    assert ran.code == 2
    assert "there is no profile 'roof'; none is saved yet" in ran.err
    assert not ledger_path.exists()


def test_profile_is_not_kept(cli: Cli) -> None:
    """Not by a dry run, which says what it would be, and not of a file that was refused."""
    ran = cli("bulk-import", "october.csv", "--dry-run", "--save-profile", "a", "--create-meters")
    assert "a dry run keeps no profile; it would be --format solaredge" in ran.err
    cli("bulk-import", "bad.csv", "--create-meters", "--save-profile", "b")
    ran = cli("bulk-import", "october.csv", "--profile", "a")
    assert "none is saved yet" in ran.err


def test_profile_of_an_archive(cli: Cli) -> None:
    """The answers of its first file are kept, for all of its files that are of that kind."""
    with zipfile.ZipFile("export.zip", "w") as archive:
        archive.writestr("a.csv", OCTOBER)
        archive.writestr("b.csv", NOVEMBER)
        archive.writestr("c.csv", DIALS)
    ran = cli("bulk-import", "export.zip", "--create-meters", "--save-profile", "home")
    assert ran.code == 0
    assert ran.out.count("profile home keeps --format solaredge") == 1
    assert ran.err == "profile home is for one kind of file; it does not keep --format homewizard\n"
    assert "profile home" in cli("bulk-import", "november.csv").out
    assert "profile home" not in cli("bulk-import", "dials.csv").out


# -- options ---------------------------------------------------------------------------

USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "dates": (("--dates", "ymd"), "'ymd' is no order of day and month"),
    "labels": (("--labels", "middle"), "a row's time is where its interval starts or ends"),
    "kind": (("--kind", "weekly"), "'weekly' is no kind of values: register, interval or daily"),
    "unit": (("--unit", "kW"), "unknown unit 'kW'"),
    "direction": (("--direction", "import"), "'import' is no direction"),
    "format": (("--format", "solarege"), "there is no format 'solarege'"),
    "profile-name": (("--save-profile", "a b"), "'a b' cannot be a profile's name"),
    "two-files": (("dials.csv", "--save-profile", "a"), "--save-profile is for one file"),
}


@pytest.mark.parametrize(("options", "message"), USAGE.values(), ids=USAGE.keys())
def test_option_that_is_wrong(
    cli: Cli, ledger_path: Path, options: tuple[str, ...], message: str
) -> None:
    """It is said before anything is read or made; 2."""
    ran = cli("bulk-import", "october.csv", *options)
    assert ran.code == 2
    assert message in ran.err
    assert not ledger_path.exists()


def test_standard_input(program: Program) -> None:
    """A foreign file may come through a pipe."""
    ran = program("bulk-import", "-", "--create-meters", "--json", stdin=OCTOBER)
    assert (ran.code, ran.json["file"], ran.json["recorded"]) == (0, "stdin", 8)
