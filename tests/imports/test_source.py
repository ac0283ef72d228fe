"""Where the bytes come from: files, pipes, and what cannot be read."""

from __future__ import annotations

import io
import os
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO, cast

import pytest

from meterctl.errors import InputMissing, LedgerUnwritable
from meterctl.imports.text.lines import LINE_LIMIT, read_lines
from meterctl.imports.text.source import open_source, refuse_missing


def test_file() -> None:
    """It is read where it is, as often as needed."""
    Path("a.csv").write_bytes(b"abc")
    with open_source("a.csv") as source:
        assert (source.name, source.size, source.file.read()) == ("a.csv", 3, b"abc")
        source.file.seek(0)
        assert source.file.read() == b"abc"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe can be read once only, so it is kept on disk meanwhile."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"abc")))
    with open_source("-") as source:
        assert (source.name, source.size, source.file.read()) == ("stdin", 3, b"abc")
        source.file.seek(0)
        assert source.file.read() == b"abc"


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a missing input, said so."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputMissing, match="standard input is closed"), open_source("-"):
        pass


def test_fifo() -> None:
    """It is read to its end, and can then be read again."""
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(b"abc" * 100_000,))
    writer.start()
    refuse_missing(["pipe"])  # looks at it without opening it
    with open_source("pipe") as source:
        assert source.size == 300_000
        source.file.seek(0)
        assert len(source.file.read()) == 300_000
    writer.join()


@pytest.mark.parametrize(("size", "is_kept"), [(100, False), (0, True)], ids=["full", "untold"])
def test_room_that_is_left(monkeypatch: pytest.MonkeyPatch, size: int, is_kept: bool) -> None:
    """A full disk is refused; one that tells no size, as a tmpfs without a limit, is not."""
    monkeypatch.setattr(
        os, "fstatvfs", lambda _: SimpleNamespace(f_blocks=size, f_bavail=0, f_frsize=4096)
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"abc")))
    told = nullcontext() if is_kept else pytest.raises(LedgerUnwritable, match="would be full")
    with told, open_source("-") as source:
        assert source.file.read() == b"abc"


def test_name_with_odd_letters() -> None:
    """Messages spell out what a terminal would act on, and bytes that are no letters."""
    name = os.fsdecode(b"a\x1b\n\xff.csv")
    Path(name).touch()
    with open_source(name) as source:
        assert source.name == r"a\x1b\n\udcff.csv"


def _loop() -> str:
    Path("loop").symlink_to("loop")
    return "loop"


def test_a_file_that_may_not_be_read() -> None:
    """It is a missing input; root, who may read everything, stops being root for that."""
    Path("secret.csv").touch(mode=0o000)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        with (
            pytest.raises(InputMissing, match=r"secret\.csv cannot be read: Permission denied"),
            open_source("secret.csv"),
        ):
            pass
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: "no.csv", "no.csv cannot be read: No such file"),
        (lambda: "no.csv/a", "no.csv/a cannot be read: No such file"),
        (lambda: ".", ". is a folder"),
        (lambda: "x" * 300, "cannot be read: File name too long"),
        (_loop, "loop cannot be read: Too many levels"),
    ],
    ids=["missing", "missing-folder", "folder", "long-name", "link-to-itself"],
)
def test_what_cannot_be_read(make: type[str], message: str) -> None:
    """It is a missing input, also when it is only looked at."""
    name = make()
    for look in (lambda: refuse_missing(["-", name]), lambda: open_source(name).__enter__()):
        with pytest.raises(InputMissing, match=message) as caught:
            look()
        assert caught.value.exit_code == 66


class _FailingDisk:
    """A file whose second line cannot be read."""

    def __init__(self) -> None:
        self._lines = [b"one\n"]

    def readline(self, _limit: int) -> bytes:
        if self._lines:
            return self._lines.pop()
        raise OSError(5, "Input/output error")


def test_disk_that_fails() -> None:
    """It is told with the last line that could be read, not as a bug."""
    with pytest.raises(InputMissing, match="failed after line 1: Input/output error"):
        list(read_lines(cast(BinaryIO, _FailingDisk())))


class _Endless:
    """A file of one line of 50 MB; remembers how much of it was asked for at once."""

    def __init__(self) -> None:
        self.left = 50_000_000
        self.most = 0

    def readline(self, limit: int) -> bytes:
        size = min(limit, self.left)
        self.left -= size
        self.most = max(self.most, size)
        return b"x" * size


def test_line_without_end() -> None:
    """It is passed over piece by piece, and is one problem."""
    file = _Endless()
    (line,) = read_lines(cast(BinaryIO, file))
    assert (file.left, file.most, line.text) == (0, LINE_LIMIT, "")
    assert line.problem is not None


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("extra", range(-4, 3))
def test_line_about_as_long_as_the_limit(extra: int, end: bytes) -> None:
    """It is whole or refused, and the next line is the next line."""
    long = b"x" * (LINE_LIMIT + extra)
    first, second = read_lines(io.BytesIO(long + end + b"last"))
    assert first.text == ("" if first.problem else long.decode())
    assert second == (2, "last", None)
