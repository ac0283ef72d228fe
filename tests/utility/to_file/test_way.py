"""The way into a folder: each reading in one file, once, whatever happens to it."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from meterctl.utility.port import Accepted, Lost, Misconfigured, NotTaken, NotThere
from meterctl.utility.to_file.outbox import Outbox
from tests.faults.disks import need, remount, small_disk
from tests.utility.to_file.folder import CSV, ESPI, files, request, way

FORMS = [pytest.param(CSV, id="csv"), pytest.param(ESPI, id="espi")]
ONE = request("142.3")
NEXT = request("143.1", "2026-11-27 20:00")


@pytest.mark.parametrize("text", FORMS)
def test_two_readings(place: Path, text: str) -> None:
    """They are in one file, named for its newest day; its name is the receipt of both."""
    outcomes = way(place, text).submit([NEXT, ONE], 5)
    ((name, content),) = files(place).items()
    assert re.fullmatch(r"meterctl-2026-11-27-[0-9a-f]{16}\.(csv|xml)", name)
    assert [type(one) for one in outcomes] == [Accepted, Accepted]
    assert [one.receipt for one in outcomes if isinstance(one, Accepted)] == [name, name]
    assert content.index(ONE.key) < content.index(NEXT.key)


def test_its_permissions(place: Path) -> None:
    """It is ours to read and nobody else's."""
    way(place, CSV).submit([ONE], 5)
    for one in (place / "outbox").rglob("*"):
        assert not one.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), one


@pytest.mark.parametrize("text", FORMS)
def test_the_same_again(place: Path, text: str) -> None:
    """There is one file, as it was, in whichever order they come."""
    first = way(place, text).submit([ONE, NEXT], 5)
    before = files(place)
    second = way(place, text).submit([NEXT, ONE], 5)
    assert files(place) == before
    receipts = [one.receipt for one in (*first, *second) if isinstance(one, Accepted)]
    assert receipts == [next(iter(before))] * 4


def test_some_of_them_again(place: Path) -> None:
    """A second file has the new one alone."""
    way(place, CSV).submit([ONE], 5)
    (first,) = files(place)
    outcomes = way(place, CSV).submit([ONE, NEXT], 5)
    assert isinstance(outcomes[0], Accepted)
    assert outcomes[0].receipt == first
    contents = list(files(place).values())
    assert len(contents) == 2
    assert [sum(one.key in content for content in contents) for one in (ONE, NEXT)] == [1, 1]


@pytest.mark.parametrize("text", FORMS)
def test_being_asked(place: Path, text: str) -> None:
    """It says what is there, and what is not."""
    utility = way(place, text)
    assert isinstance(utility.ask(ONE, 5), NotThere)
    utility.submit([ONE], 5)
    (name,) = files(place)
    told = utility.ask(ONE, 5)
    assert isinstance(told, Accepted)
    assert told.receipt == name
    assert isinstance(utility.ask(NEXT, 5), NotThere)


def test_a_file_that_was_taken_away(place: Path) -> None:
    """It was there: nothing is put there twice."""
    utility = way(place, CSV)
    utility.submit([ONE], 5)
    (name,) = files(place)
    (place / "outbox" / name).unlink()
    told = utility.ask(ONE, 5)
    assert isinstance(told, Accepted)
    assert told.receipt == name
    assert isinstance(utility.submit([ONE], 5)[0], Accepted)
    assert files(place) == {}


def test_our_own_notes_deleted(place: Path) -> None:
    """What the files themselves say is enough, as long as they are there."""
    utility = way(place, CSV)
    utility.submit([ONE], 5)
    before = files(place)
    for one in (place / "outbox" / ".meterctl").iterdir():
        one.unlink()
    (place / "outbox" / ".meterctl").rmdir()
    assert isinstance(utility.ask(ONE, 5), Accepted)
    assert isinstance(utility.submit([ONE], 5)[0], Accepted)
    assert files(place) == before


def test_a_key_that_begins_like_another(place: Path) -> None:
    """A reading that was resubmitted has a key of its own, which is not the first one."""
    utility = way(place, CSV)
    utility.submit([ONE._replace(key=f"{ONE.key}-2")], 5)
    for one in (place / "outbox" / ".meterctl").iterdir():
        one.unlink()
    assert isinstance(utility.ask(ONE, 5), NotThere)


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(lambda outbox: outbox.rmdir(), id="not there"),
        pytest.param(lambda outbox: (outbox.rmdir(), outbox.touch()), id="a file"),
    ],
)
def test_a_folder_that_is_none(place: Path, break_it: object) -> None:
    """It says so, whatever is wanted of it."""
    assert callable(break_it)
    break_it(place / "outbox")
    utility = way(place, CSV)
    for told in (*utility.submit([ONE, NEXT], 5), utility.ask(ONE, 5), utility.probe(5)):
        assert isinstance(told, Misconfigured)
        assert "there is no folder" in told.why


def test_a_folder_that_is_in_order(place: Path) -> None:
    """Whoever asks for its health leaves nothing there."""
    assert isinstance(way(place, CSV).probe(5), NotThere)
    assert list((place / "outbox").iterdir()) == []


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """Nothing appears, and the next run puts it there."""
    with small_disk(tmp_path / "outbox", "64k") as disk:
        rest = disk / "other"
        with pytest.raises(OSError, match="No space"), rest.open("wb") as file:
            file.write(b"x" * 100_000)
        utility = way(tmp_path, CSV)
        (told,) = utility.submit([ONE], 5)
        assert isinstance(told, NotTaken)
        assert "No space left" in told.why
        assert isinstance(utility.ask(ONE, 5), NotThere)
        rest.unlink()
        assert isinstance(utility.submit([ONE], 5)[0], Accepted)
        assert len(files(tmp_path)) == 1


def test_a_disk_that_is_read_only(tmp_path: Path) -> None:
    """Nothing can be put there: a person has to look."""
    with small_disk(tmp_path / "outbox") as disk:
        remount(disk, read_only=True)
        utility = way(tmp_path, CSV)
        for told in (*utility.submit([ONE], 5), utility.probe(5)):
            assert isinstance(told, Misconfigured)
            assert "cannot be written to" in told.why
        remount(disk, read_only=False)
        assert isinstance(utility.submit([ONE], 5)[0], Accepted)


_SUBMIT = """
import sys
from pathlib import Path
from tests.utility.to_file.folder import CSV, way
from tests.utility.to_file.test_way import ONE
from meterctl.utility.port import Accepted
told, = way(Path(sys.argv[1]), CSV).submit([ONE], 5)
sys.exit(type(told).__name__)
"""


def under_strace(place: Path, inject: str) -> subprocess.CompletedProcess[str]:
    """Put a reading there in a process of its own, with one of its calls disturbed."""
    need("strace", root=False)
    call = inject.partition(":")[0]
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}"]
    return subprocess.run(
        [*command, "-e", f"inject={inject}", sys.executable, "-c", _SUBMIT, str(place)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ".", "LC_ALL": "C"},
    )


# part, its name, keys, their name, the folder's; then, after the rename, both folders'
CALLS = [("fsync", number) for number in range(1, 8)] + [("rename", 1)]


@pytest.mark.parametrize("is_taken_away", [False, True], ids=["left there", "taken away"])
@pytest.mark.parametrize(("call", "number"), CALLS)
def test_killed(place: Path, call: str, number: int, is_taken_away: bool) -> None:
    """At whichever call: what is asked then is the truth, and after another push it is there once.

    Also where somebody has taken the file away before that.
    """
    ran = under_strace(place, f"{call}:signal=SIGKILL:when={number}")
    assert ran.returncode in (-9, 137), ran.stderr
    appeared = files(place)
    if is_taken_away:
        for name in appeared:
            (place / "outbox" / name).unlink()
    utility = way(place, CSV)
    told = utility.ask(ONE, 5)
    assert isinstance(told, Accepted if appeared else NotThere)
    assert bool(appeared) == (call == "fsync" and number > 5)
    (again,) = utility.submit([ONE], 5)
    assert isinstance(again, Accepted)
    assert len(appeared | files(place)) == 1
    assert not list((place / "outbox").rglob("*.part"))


@pytest.mark.parametrize(("call", "number"), CALLS)
def test_a_disk_that_fails(place: Path, call: str, number: int) -> None:
    """Before the file appeared nothing was taken; after it, it may not be there for good."""
    ran = under_strace(place, f"{call}:error=EIO:when={number}")
    appeared = bool(files(place))
    assert ran.stderr.strip() == ("Lost" if appeared else "NotTaken")
    assert appeared == (call == "fsync" and number > 5)
    utility = way(place, CSV)
    assert isinstance(utility.ask(ONE, 5), Accepted if appeared else NotThere)
    assert isinstance(utility.submit([ONE], 5)[0], Accepted)
    assert len(files(place)) == 1


def test_another_file_in_its_place(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads back otherwise is not said to be accepted."""
    monkeypatch.setattr(Outbox, "read", lambda *_: b"another's")
    (told,) = way(place, CSV).submit([ONE], 5)
    assert isinstance(told, Lost)


def test_a_file_that_was_altered(place: Path) -> None:
    """What is there is not what was written: nobody says that it was accepted, nor sends it anew.

    Once it was taken away nobody can tell any more, and it counts as fetched.
    """
    utility = way(place, CSV)
    utility.submit([ONE], 5)
    (name,) = files(place)
    (place / "outbox" / name).write_bytes(b"another's")
    for told in (utility.ask(ONE, 5), *utility.submit([ONE], 5)):
        assert isinstance(told, Lost)
        assert told.nonsense
        assert told.why == f"{name} reads otherwise than it was written"
    assert files(place) == {name: "another's"}
    (place / "outbox" / name).unlink()
    assert isinstance(utility.ask(ONE, 5), Accepted)


@pytest.mark.parametrize("where", [".meterctl", "."])
@pytest.mark.parametrize("name", ["{}", "meterctl-{}"], ids=["another name", "a name like ours"])
def test_what_others_leave_there(place: Path, where: str, name: str) -> None:
    """Files of a file manager, folders, whatever they are called and hold: they stay."""
    folder = place / "outbox" / where
    folder.mkdir(exist_ok=True)
    folders = [folder / name.format(one) for one in ("folder", "folder.part")]
    for one in folders:
        one.mkdir()
    left = [folder / ".DS_Store", folder / "Thumbs.db", folder / "mine.part", folder / "mine"]
    for one in left:
        one.write_bytes(b"\x00\xff\xfe")
    utility = way(place, CSV)
    assert isinstance(utility.ask(ONE, 5), NotThere)
    assert isinstance(utility.submit([ONE], 5)[0], Accepted)
    assert isinstance(utility.ask(ONE, 5), Accepted)
    assert isinstance(utility.submit([NEXT], 5)[0], Accepted)
    assert all(one.is_dir() for one in folders)
    assert {one.read_bytes() for one in left} == {b"\x00\xff\xfe"}


def test_a_record_that_is_no_text(place: Path) -> None:
    """It is of no reading that is looked for."""
    own = place / "outbox" / ".meterctl"
    own.mkdir()
    (own / "meterctl-other").write_bytes(b"\xff\n")
    assert isinstance(way(place, CSV).submit([ONE], 5)[0], Accepted)


def test_one_that_does_not_fit(place: Path) -> None:
    """It is left out alone; what would mend it is said, and does."""
    text = f"{CSV}[csv]\ndecimals = 1\n"
    odd = request("142.35")
    outcomes = way(place, text).submit([ONE, odd, NEXT], 5)
    assert [type(one) for one in outcomes] == [Accepted, NotTaken, Accepted]
    assert outcomes[1] == NotTaken(
        "meter meter: 142.35 kWh has more decimals in kWh than are written (1)",
        "METERCTL_UTILITY_CONFIG: csv.decimals, or what csv.rounding makes of more",
        settings=True,
    )
    (content,) = files(place).values()
    assert odd.key not in content
    assert isinstance(way(place, text.replace("1", "2")).submit([odd], 5)[0], Accepted)


def test_none_that_fits(place: Path) -> None:
    """No file appears."""
    text = f'{CSV}[csv]\nunit = "m3"\n'
    utility = way(place, text)
    (told,) = utility.submit([ONE], 5)
    assert isinstance(told, NotTaken)
    assert told.settings
    assert told.why == "meter meter counts kWh, which is never m³"
    assert files(place) == {}
    assert utility.preview([ONE]) == "not in a file: meter meter counts kWh, which is never m³"


@pytest.mark.parametrize("text", FORMS)
def test_a_look_before(place: Path, text: str) -> None:
    """It shows the file as it would be, and puts nothing there."""
    utility = way(place, text)
    shown = utility.preview([ONE, NEXT])
    odd = request("1", meter="odd", unit="m³")
    more = way(place, text + '[csv]\nunit = "kWh"\n' if text is CSV else text)
    assert more.preview([ONE, odd, NEXT]).startswith("not in a file: ")
    assert more.preview([ONE, odd, NEXT]).endswith(shown)
    assert list((place / "outbox").iterdir()) == []
    utility.submit([ONE, NEXT], 5)
    ((name, content),) = files(place).items()
    assert shown == f"{place / 'outbox' / name}\n\n{content.replace(chr(13), '')}"
