"""`meterctl bulk-import` of what is packed: archives, workbooks, pipes."""

from __future__ import annotations

import os
import threading
import zipfile
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.imports.workbooks import gzipped, workbook

HEADER = "Time,Energie (Wh)\n"
OCTOBER = HEADER + "29.10.2023,20125\n30.10.2023,9250\n31.10.2023,12000\n"
NOVEMBER = HEADER + "31.10.2023,12000\n01.11.2023,8000\n"
MADE = ("--create-meters",)


def sheet(heading: str, *rows: tuple[str, str]) -> str:
    """A worksheet's rows."""
    texts = [("Time", heading), *rows]
    return "".join(
        f'<row r="{n}">'
        + "".join(
            f'<c r="{column}{n}" t="inlineStr"><is><t>{text}</t></is></c>'
            for column, text in zip("AB", row, strict=True)
        )
        + "</row>"
        for n, row in enumerate(texts, 1)
    )


def a_workbook(month: str) -> bytes:
    """One with two worksheets."""
    days = (f"29.{month}.2023", f"30.{month}.2023")
    roof = sheet("Energie (Wh)", (days[0], "20125"), (days[1], "9250"))
    return workbook({"Roof": roof, "Garage": roof.replace("20125", "1")})


def told(out: str) -> list[str]:
    """The lines that say what became of each file, and of all."""
    return [line for line in out.splitlines() if not line.startswith(" ")]


def test_files_in_an_archive(cli: Cli) -> None:
    """Each is imported and told by itself; what lies beside them is passed over."""
    with zipfile.ZipFile("export.zip", "w") as archive:
        archive.writestr("2023/october.csv", OCTOBER)
        archive.writestr("2023/november.csv", NOVEMBER)
        archive.writestr("__MACOSX/._october.csv", "x")
        archive.writestr("terms.pdf", "%PDF")
    ran = cli("bulk-import", "export.zip", *MADE)
    assert (ran.code, ran.err) == (0, "")
    assert told(ran.out) == [
        "export.zip/2023/october.csv: solaredge: 3 rows, 3 readings recorded",
        "export.zip/2023/november.csv: solaredge: 2 rows, 1 reading recorded, 1 known already",
        "2 files: 5 rows, 4 readings recorded, 1 known already",
    ]
    assert len(cli("bulk-import", "export.zip", "--json").json["files"]) == 2


def test_one_file_of_an_archive_is_bad(cli: Cli) -> None:
    """The others are stored; its verdict comes last; 3."""
    with zipfile.ZipFile("export.zip", "w") as archive:
        archive.writestr("a.csv", "words\nand words\n")
        archive.writestr("b.csv", OCTOBER)
    ran = cli("bulk-import", "export.zip", *MADE)
    assert ran.code == 3
    assert ran.err.splitlines()[-1] == "export.zip/a.csv: nothing was stored"
    assert "export.zip/b.csv: solaredge: 3 rows, 3 readings recorded" in ran.out


def test_damaged_archive(cli: Cli) -> None:
    """It is refused, the files beside it are imported; 3; alone, 65."""
    with zipfile.ZipFile("good.zip", "w") as archive:
        archive.writestr("october.csv", OCTOBER * 50)
    Path("cut.zip").write_bytes(Path("good.zip").read_bytes()[:-40])
    Path("october.csv").write_text(OCTOBER, encoding="utf-8")
    ran = cli("bulk-import", "cut.zip", "october.csv", *MADE)
    assert ran.code == 3
    assert "cut.zip is a damaged zip archive" in ran.err
    assert "october.csv: solaredge: 3 rows, 3 readings recorded" in ran.out
    alone = cli("bulk-import", "cut.zip")
    assert (alone.code, alone.out) == (65, "")
    assert alone.err.splitlines()[-1] == "meterctl: cut.zip: nothing was stored"


def test_gzip(cli: Cli) -> None:
    """A file that is compressed is told by its own name."""
    Path("october.csv.gz").write_bytes(gzipped(OCTOBER.encode()))
    ran = cli("bulk-import", "october.csv.gz", *MADE)
    assert (ran.code, told(ran.out)) == (
        0,
        ["october.csv.gz: solaredge: 3 rows, 3 readings recorded"],
    )


def test_pipe(cli: Cli) -> None:
    """What can be read only once is kept while it is read."""
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(gzipped(OCTOBER.encode()),))
    writer.start()
    ran = cli("bulk-import", "pipe", *MADE)
    writer.join()
    assert (ran.code, told(ran.out)) == (0, ["pipe: solaredge: 3 rows, 3 readings recorded"])


def test_workbook_with_two_sheets(cli: Cli) -> None:
    """Which one is meant is asked; 65; --worksheet says it; 0."""
    Path("book.xlsx").write_bytes(a_workbook("10"))
    ran = cli("bulk-import", "book.xlsx", *MADE)
    assert ran.code == 65
    assert "'Roof', 'Garage' (say which one with --worksheet NAME)" in ran.err
    ran = cli("bulk-import", "book.xlsx", *MADE, "--worksheet", "garage", "--json")
    assert (ran.code, ran.json["recorded"]) == (0, 2)
    assert ran.json["meters"][0]["sum"] == 9.251


def test_workbook_of_next_month(cli: Cli) -> None:
    """A profile keeps the sheet: the next workbook is known though it is not said again."""
    for month in ("10", "11"):
        Path(f"{month}.xlsx").write_bytes(a_workbook(month))
    first = cli("bulk-import", "10.xlsx", *MADE, "--worksheet", "Roof", "--save-profile", "book")
    assert first.code == 0, first.err
    second = cli("bulk-import", "11.xlsx")
    assert (second.code, second.err) == (0, "")
    assert "profile book: --format solaredge --worksheet Roof" in second.out


@pytest.mark.parametrize("name", ["Attic", ""])
def test_worksheet_that_is_not_there(cli: Cli, name: str) -> None:
    """Those that are there are named; 2."""
    Path("book.xlsx").write_bytes(a_workbook("10"))
    ran = cli("bulk-import", "book.xlsx", "--worksheet", name)
    assert ran.code == 2
    assert "one of 'Roof', 'Garage'" in ran.err
