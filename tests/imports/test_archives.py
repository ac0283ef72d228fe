"""Archives: what is unpacked from them, and what is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import re
import struct
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from meterctl.errors import FileError, InputMissing
from meterctl.imports.formats import Options
from meterctl.imports.problems import Stop
from meterctl.imports.text import archives
from meterctl.imports.text.document import Document, look_at
from meterctl.imports.text.source import open_sources
from tests.imports.workbooks import gzipped, workbook, zipped

CSV = b"a,b\n1,2\n"
SHEET = workbook({"One": "<row><c><v>7</v></c></row>"})


def unpacked(name: str, data: bytes | None = None) -> dict[str, bytes]:
    """The files that a file holds: by name, their content."""
    if data is not None:
        Path(name).write_bytes(data)
    found = {}
    for source in open_sources(name):
        content = source.file.read()
        assert source.size == len(content)
        source.file.seek(0)
        assert source.file.read() == content
        found[source.name] = content
    return found


def refused(name: str, data: bytes) -> FileError:
    """Why an archive is refused."""
    with pytest.raises(FileError) as caught:
        unpacked(name, data)
    assert caught.value.hint
    return caught.value


def test_file_that_is_no_archive() -> None:
    """It is itself, a workbook too, whatever its name says."""
    assert unpacked("a.zip", CSV) == {"a.zip": CSV}
    assert unpacked("a.csv", SHEET) == {"a.csv": SHEET}
    assert unpacked("empty.gz", b"") == {"empty.gz": b""}


def test_gzip_file() -> None:
    """It is unpacked by its content, also where one was put behind another."""
    assert unpacked("a.csv", gzipped(CSV)) == {"a.csv": CSV}
    assert unpacked("b.csv.gz", gzipped(CSV) + gzipped(b"3,4\n")) == {"b.csv.gz": CSV + b"3,4\n"}
    assert unpacked("c.xlsx.gz", gzipped(SHEET)) == {"c.xlsx.gz": SHEET}


def test_zip_archive() -> None:
    """Each of its files is one, called by both names; what portals and systems add is none."""
    data = zipped(
        {
            "2023/jan.csv": CSV,
            "2023/": "",
            "2023/.hidden": "x",
            "__MACOSX/2023/._jan.csv": "x",
            ".DS_Store": "x",
            "Terms.PDF": "%PDF",
            "style.xsl": "<x/>",
            "table.xlsx": SHEET,
            "data": b"3,4\n",
        }
    )
    assert unpacked("a.dat", data) == {
        "a.dat/2023/jan.csv": CSV,
        "a.dat/table.xlsx": SHEET,
        "a.dat/data": b"3,4\n",
    }


def test_zip_archive_with_odd_names() -> None:
    """Nothing is written where a name points to, and messages spell out what is odd in it."""
    data = zipped({"../../etc/x\x1b.csv": CSV, "/abs.csv": CSV})
    assert list(unpacked("a.zip", data)) == ["a.zip/../../etc/x\\x1b.csv", "a.zip//abs.csv"]
    assert [path.name for path in Path().iterdir()] == ["a.zip"]


def test_two_members_of_one_name() -> None:
    """Both are read."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.csv", CSV)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.csv", b"3,4\n")
    Path("a.zip").write_bytes(data.getvalue())
    assert [source.file.read() for source in open_sources("a.zip")] == [CSV, b"3,4\n"]


@pytest.mark.parametrize(
    "data",
    [gzipped(CSV), zipped({"x": CSV}), CSV],
    ids=["gzip", "zip", "plain"],
)
def test_pipe(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through standard input they are read as from a file."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    (content,) = unpacked("-").values()
    assert content == CSV


def test_workbook_through_a_fifo() -> None:
    """What can be read only once is kept meanwhile."""
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(SHEET,))
    writer.start()
    for source in open_sources("pipe"):
        assert look_at(source, Options()).head[0].cells == ["7"]
    writer.join()


def test_file_that_is_not_there() -> None:
    """It is a missing input."""
    with pytest.raises(InputMissing):
        list(open_sources("no.zip"))


# -- refused ---------------------------------------------------------------------------


def _encrypted() -> bytes:
    data = bytearray(zipped({"a.csv": CSV}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + place
        data[at : at + 2] = struct.pack("<H", 1)
    return bytes(data)


def _packed_as(method: int) -> bytes:
    data = bytearray(zipped({"a.csv": CSV}))
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.index(mark) + place
        data[at : at + 2] = struct.pack("<H", method)
    return bytes(data)


def _damaged() -> bytes:
    data = bytearray(zipped({"a.csv": CSV * 100}))
    data[45] ^= 0xFF
    return bytes(data)


def _tar() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"), io.BytesIO(b""))
    return data.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty-zip": (lambda: zipped({}), "x holds no file that could be imported"),
    "zip-of-pictures": (lambda: zipped({"a.png": "x", "b/": ""}), "x holds no file that could"),
    "encrypted": (_encrypted, "x/a.csv is encrypted"),
    "deflate64": (lambda: _packed_as(9), "x/a.csv is packed in a way that is not known here"),
    "damaged-zip": (_damaged, "x/a.csv is a damaged zip archive, or the end of one is missing"),
    "half-a-zip": (lambda: zipped({"a": CSV * 99})[:-30], "x is a damaged zip archive, or the"),
    "half-a-workbook": (lambda: SHEET[:-30], "x is a damaged zip archive, or the end"),
    "half-a-gzip": (lambda: gzipped(CSV * 99)[:-12], "x is a damaged gzip file, or the end of one"),
    "damaged-gzip": (lambda: gzipped(CSV)[:-8] + b"\0" * 8, "x is a damaged gzip file, or the end"),
    "more-behind-a-gzip": (lambda: gzipped(CSV) + b"more", "x is a damaged gzip file, or the end"),
    "tar": (_tar, "x is a tar archive"),
    "tar-gz": (lambda: gzipped(_tar()), "x holds an archive within the archive"),
    "gzip-in-gzip": (lambda: gzipped(gzipped(CSV)), "x holds an archive within the archive"),
    "zip-in-zip": (
        lambda: zipped({"in.zip": zipped({"a": CSV})}),
        "x/in.zip holds an archive within the archive",
    ),
    "gzip-in-zip": (
        lambda: zipped({"in.gz": gzipped(CSV)}),
        "x/in.gz holds an archive within the archive",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(make: Callable[[], bytes], message: str) -> None:
    """It is told what is wrong, and what to do."""
    assert refused("x", make()).message.startswith(message)


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "gzip"])
def test_bomb(monkeypatch: pytest.MonkeyPatch, *, is_zip: bool) -> None:
    """What grows beyond reason is not unpacked; what only packs well is."""
    monkeypatch.setattr(archives, "HARMLESS_SIZE", 4 << 20)
    packed = (lambda data: zipped({"a": data})) if is_zip else gzipped
    assert len(unpacked("fine", packed(bytes(3 << 20)))) == 1
    assert re.search(r"grows to more than \d+ MiB", refused("x", packed(bytes(64 << 20))).message)
    monkeypatch.setattr(archives, "HARMLESS_SIZE", 1 << 30)
    monkeypatch.setattr(archives, "SIZE_LIMIT", 8 << 20)
    assert "grows to more than 9 MiB" in refused("x", packed(bytes(64 << 20))).message


def test_zip_archive_of_very_many_files() -> None:
    """Its list is not loaded where it would not fit into memory."""
    data = bytearray(zipped({"a.csv": CSV}))
    at = data.rindex(b"PK\x05\x06") + 12
    data[at : at + 4] = struct.pack("<I", 1 << 30)
    assert refused("x", bytes(data)).message == "x holds more files than any export has"
    data[at : at + 4] = b"\xff" * 4
    large = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 1 << 40, 0)
    data[data.rindex(b"PK\x05\x06") :] = large + data[data.rindex(b"PK\x05\x06") :]
    assert refused("x", bytes(data)).message == "x holds more files than any export has"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzipped(CSV), "the file is compressed with gzip"),
        (zipped({"a": CSV}), "the file is a zip archive"),
        (bz2.compress(CSV), "the file is compressed with bzip2"),
    ],
    ids=["gzip", "zip", "bzip2"],
)
def test_archive_that_is_looked_at_as_a_table(data: bytes, message: str) -> None:
    """It is none, and is refused by what it is."""
    with pytest.raises(Stop, match=message):
        Document.of(data)


def test_gzip_with_a_name_and_a_comment() -> None:
    """What its header holds does not matter."""
    data = io.BytesIO()
    with gzip.GzipFile("../evil.csv", "w", fileobj=data) as packed:
        packed.write(CSV)
    assert unpacked("a.gz", data.getvalue()) == {"a.gz": CSV}
