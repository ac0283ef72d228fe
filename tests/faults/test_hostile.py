"""Surroundings that nobody would choose: odd names, poor limits, strange languages, all at once.

Each time a reading is stored and found again, or refused in one line; never a bug or a trace.
"""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.clocks import clock
from tests.faults.disks import small_disk
from tests.helpers import Ran, meterctl_environment
from tests.ledger.files import fill, held

NOTE = "Zähler ✓"
ODD = {
    "spaces and quotes": b"a b%20c#y/le'd\"ger.db",
    "a line end": b"a\nb/l.db",
    "other letters": "Zähler-電/l.db".encode(),
    "no text at all": b"\xff\xfe\xe4/l.db",
    "a long name": b"x" * 200 + b"/" + b"y" * 220 + b".db",
}


class House(NamedTuple):
    """A household and its surroundings."""

    environment: Mapping[bytes, bytes]
    before: Callable[[], object] | None = None  # what a process does to itself before it begins

    def with_(self, **more: str) -> House:
        """The same with more in its environment."""
        told = {name.encode(): text.encode() for name, text in more.items()}
        return self._replace(environment={**self.environment, **told})

    def limited(self, kind: int, to: int) -> House:
        """The same with a limit on what a process may use."""
        return self._replace(before=lambda: resource.setrlimit(kind, (to, to)))

    def __call__(self, *arguments: str) -> Ran:
        """Run `meterctl`."""
        done = subprocess.run(
            [sys.executable, "-m", "meterctl", *arguments],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
            preexec_fn=self.before,
        )
        out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
        ran = Ran(done.returncode, out, err)
        assert ran.code in (0, 65, 74, 78), ran
        assert "Traceback" not in ran.err
        assert ran.err.count("\n") <= 1, ran
        return ran

    def keeps(self) -> None:
        """A reading is stored, seen, copied and written out."""
        assert self("record", "7", "--at", "2026-01-01T10:00:00Z").code == 0
        assert self("current", "--json").json["meterValue"] == 7
        assert self("backup").code == 0
        assert self("export").out.splitlines()[1:] == ["2026-01-01T10:00:00Z,,7"]
        assert self("health").code == 0


def house_at(tmp_path: Path, name: bytes = b"data/ledger.db") -> House:
    """A household whose ledger has this name."""
    usual = meterctl_environment(tmp_path)
    told = {os.fsencode(key): os.fsencode(text) for key, text in usual.items()}
    told[b"METERCTL_LEDGER"] = b"sqlite:///" + os.fsencode(tmp_path) + b"/" + name
    return House(told)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A household like any other."""
    return house_at(tmp_path)


@pytest.mark.fault(37)
@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
def test_where_the_ledger_is(tmp_path: Path, name: bytes) -> None:
    """P1, P4: any name that a file can have."""
    house_at(tmp_path, name).keeps()


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    "name", [b"x" * 256 + b".db", b"/".join([b"x" * 250] * 20)], ids=["a name", "a path"]
)
@pytest.mark.parametrize("command", ["record 7", "current", "backup", "history"])
def test_where_no_ledger_can_be(tmp_path: Path, name: bytes, command: str) -> None:
    """P4: too long a name is said to be one, 74."""
    ran = house_at(tmp_path, name)(*command.split())
    assert (ran.code, ran.out) == (74, "")
    assert "File name too long" in ran.err


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    "poor",
    [
        {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"},
        {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"},
        {"PYTHONOPTIMIZE": "2"},
        {"TMPDIR": "/nonexistent/folder"},
        {"TMPDIR": "/proc/1"},
        {"HOME": ""},
        {"HOME": "not/absolute"},
        {"COLUMNS": "-5", "LINES": "none", "TERM": "nonsense"},
        {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "TERM": "xterm"},
    ],
    ids=lambda poor: " ".join(f"{name}={text}" for name, text in poor.items()),
)
def test_what_is_in_the_environment(house: House, poor: dict[str, str]) -> None:
    """P1, P4: none of it matters to a ledger that is named."""
    house.with_(**poor).keeps()


@pytest.mark.fault(37)
def test_a_language_without_letters(house: House) -> None:
    """P1, P4: where Python is told to know ASCII alone, a note that it cannot read is refused, and
    nothing else; it is not stored wrong."""
    poor = house.with_(LC_ALL="POSIX", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    ran = poor("record", "7", "--note", NOTE)
    assert (ran.code, ran.out) == (65, "")
    poor.keeps()
    assert house("record", "8", "--note", NOTE, "--at", "2026-01-02T10:00:00Z").code == 0
    (_, noted) = poor("history", "--json").json["readings"]
    assert noted["note"] == NOTE


@pytest.mark.fault(37)
@pytest.mark.parametrize("zone", ["nonsense", "../../etc/passwd", "UTC0", ":", "X" * 5_000, "é"])
def test_a_zone_that_is_none(house: House, zone: str) -> None:
    """P4: 78 and the setting; no reading is stored in a zone that was not meant."""
    for command in ("record 7", "current"):
        ran = house.with_(METERCTL_TIMEZONE=zone)(*command.split())
        assert (ran.code, ran.out) == (78, "")
        assert "METERCTL_TIMEZONE" in ran.err


@pytest.mark.fault(4)
@pytest.mark.parametrize("number", [5, 6, 7, 8, 10, 12])
def test_few_open_files(house: House, ledger_path: Path, number: int) -> None:
    """P1, P2, P4, P5: with however few, what is acknowledged is there once, all else 74."""
    poor = house.limited(resource.RLIMIT_NOFILE, number)
    acknowledged = poor("record", "7", "--at", "2026-01-01T10:00:00Z").code == 0
    for command in ("backup", "export", "health"):
        poor(command)
    assert acknowledged or not ledger_path.exists() or held(ledger_path) in ([], [7])
    assert house("record", "7", "--at", "2026-01-01T10:00:00Z").code == 0
    assert held(ledger_path) == [7]


@pytest.mark.fault(4)
@pytest.mark.parametrize("size", [0, 4_096, 30_000])
def test_small_files(house: House, ledger_path: Path, size: int) -> None:
    """P1, P4, P5: where no file may grow beyond a size, 74; without that limit the same works."""
    fill(ledger_path)
    ran = house.limited(resource.RLIMIT_FSIZE, size)("record", "7", "--at", "2026-01-01T10:00:00Z")
    assert (ran.code, ran.out) == (74, "")
    assert held(ledger_path) == [0, 1, 2]
    assert house("record", "7", "--at", "2026-01-01T10:00:00Z").code == 0


@pytest.mark.fault(37)
@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_a_mask(tmp_path: Path, house: House, mask: int) -> None:
    """P4: files are their owner's alone, whatever a shell has set."""
    house._replace(before=lambda: os.umask(mask)).keeps()
    made = [tmp_path / "data", *(tmp_path / "data").rglob("*")]
    assert len(made) > 4
    for path in made:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, path
        assert mode & 0o600 == 0o600, path


@pytest.mark.fault(4)
def test_all_at_once(tmp_path: Path) -> None:
    """P1, P2, P4, P5: a full disk under an odd name, no language, a clock that was set back."""
    with small_disk(tmp_path / "disk") as disk:
        house = house_at(tmp_path, b"disk/a \xff\nb/l.db").with_(
            LC_ALL="POSIX", PYTHONUTF8="0", TMPDIR="/nonexistent", **clock("-1h")
        )
        assert house("record", "7", "--at", "2026-01-01T10:00:00Z").code == 0
        filler = disk / "filler"
        with filler.open("wb") as file:
            while os.statvfs(disk).f_bavail:
                try:
                    file.write(b"\0" * 4_096)
                    file.flush()
                except OSError:
                    break
        ran = house("record", "8", "--at", "2026-01-02T10:00:00Z", "--note", "x" * 1_000)
        assert (ran.code, ran.out) == (74, "")
        assert house("current", "--json").json["meterValue"] == 7
        filler.unlink()
        for _ in range(2):
            assert house("record", "8", "--at", "2026-01-02T10:00:00Z").code == 0
        assert house("current", "--json").json["meterValue"] == 8
        assert len(house("history", "--json").json["readings"]) == 2


@pytest.mark.fault(4)
def test_an_input_that_never_ends(tmp_path: Path) -> None:
    """P1, P4: it is kept on disk to be read twice, and never takes all of it."""
    with small_disk(tmp_path / "disk", "8m") as disk:
        house = house_at(tmp_path, b"disk/l.db").with_(TMPDIR=str(disk))
        assert house("record", "7", "--at", "2026-01-01T10:00:00Z").code == 0
        ran = house("bulk-import", "/dev/zero")
        assert (ran.code, ran.out) == (74, "")
        assert "the disk would be full" in ran.err
        assert "TMPDIR" in ran.err
        assert house("record", "8", "--at", "2026-01-02T10:00:00Z").code == 0
