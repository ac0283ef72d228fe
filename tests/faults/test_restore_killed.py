"""`restore`, killed at any call: the old ledger or the new one, whole, and nothing lost."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from meterctl.domain.times import DAY
from meterctl.errors import LedgerError
from meterctl.ledger import swap
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from meterctl.services.backup import backup
from tests.conftest import Cli
from tests.faults.disks import Disk
from tests.faults.replay import OPTIONS, KeepingDisk, events
from tests.faults.table import Table
from tests.faults.trace import KILLED, Call, every_call, failed_at, killed_at, traced
from tests.helpers import NOW, meterctl_environment, run_program
from tests.http import posting
from tests.http.posting import Poster, posted_to, record, token_of_new
from tests.ledger.files import fill, fill_and_kill, held

# What changes the names and the content of files.
CHANGES = ("rename", "mkdir", "rmdir", "unlink", "unlinkat", "fsync", "fdatasync", "pwrite64")
RESTORE = ("restore", "--over-newer", "--json")


def ledger_of(folder: Path) -> Path:
    """Where a run in this folder keeps its ledger."""
    return folder / "data" / "ledger.db"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Three readings that are backed up, and two later ones in the log of a killed writer."""
    path = ledger_of(tmp_path / "template")
    fill(path)
    with closing(open_for_reading(path)) as ledger:
        backup(ledger, path.parent / "backups", NOW)
    fill_and_kill(path, 2, first=3)
    return tmp_path / "template"


class Killing:
    """Runs of `restore`, each in a copy of one folder."""

    def __init__(self, template: Path) -> None:
        self.template = template

    def folder(self, name: str) -> Path:
        """A new copy."""
        folder = self.template.with_name(name)
        shutil.copytree(self.template, folder)
        return folder

    def calls(self, *names: str, of: str = "") -> list[Call]:
        """Those of an undisturbed run that have to do with the ledger's folder, or a file of it."""
        folder = self.folder("undisturbed")
        options = ("-e", f"trace={','.join(names)}")
        ran = traced(RESTORE, meterctl_environment(folder), folder / "calls", *options)
        assert ran.code == 0, ran.err
        data = str(ledger_of(folder).parent)
        return [call for call, line in every_call(folder / "calls") if data + of in line]

    def kill(self, call: Call) -> Path:
        """Run and kill; the folder it has left."""
        folder = self.folder(f"{call.name}-{call.number}")
        ran = killed_at(call, RESTORE, meterctl_environment(folder), folder / "calls")
        assert ran.code == KILLED, f"{call} was never entered: {ran}"
        return folder


def asides(folder: Path) -> list[Path]:
    """What restores have set aside."""
    return [
        path
        for path in ledger_of(folder).parent.glob("ledger.db.before-restore-*")
        if not path.name.endswith(("-wal", "-shm", ".lock"))
    ]


def check(folder: Path, cli: Cli) -> int:
    """The next reading finds one of the two, whole; restored again, all that was is somewhere.

    How many of the old one's readings are neither in the place nor aside.
    """
    path = ledger_of(folder)
    try:
        assert held(path) in ([0, 1, 2, 3, 4], [0, 1, 2])
    except LedgerError as error:
        told = f"{error.message} ({error.hint})"
        assert "was stopped on its way (run meterctl restore" in told
    named = ("--ledger", f"sqlite:///{path}")
    ran = cli(*named, "record", "9", "--at", "2026-01-01 10:00")
    assert ran.code == 0, ran.err
    found = held(path)
    assert found in ([0, 1, 2, 3, 4, 9], [0, 1, 2, 9])
    kept = set(found).union(*(held(aside) for aside in asides(folder)))
    again = cli(*named, *RESTORE)
    assert again.code == 0, again.err
    assert held(path) == [0, 1, 2]
    assert not swap.folder_of(path).exists()
    everything = set(held(path)).union(*(held(aside) for aside in asides(folder)))
    for one in (path, *asides(folder)):
        with closing(open_for_reading(one)) as ledger:
            assert ledger.damage() == []
    assert everything >= kept | {9}
    return len({0, 1, 2, 3, 4} - everything)


@pytest.mark.parametrize("name", ["rename", "rmdir", "unlink", "mkdir", "fsync"])
def test_killed(name: str, template: Path, cli: Cli) -> None:
    """At each call by which names change or reach the disk: the next write heals it by itself."""
    killing = Killing(template)
    calls = killing.calls(name)
    assert calls
    for call in [*calls[:-7:9], *calls[-7::2]]:  # the last ones are the swap; all are in the soak
        assert check(killing.kill(call), cli) == 0, call


def test_stopped_while_there_is_no_ledger(
    template: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever only looks is told what to run; that finishes it, and nothing else is to be done."""
    monkeypatch.setattr(swap, "_PATIENCE", 0.1)
    killing = Killing(template)
    # The old one is away: its log is the next to go.
    unlinks = killing.calls("unlink")
    stopped = [killing.kill(call) for call in unlinks if call.number >= unlinks[-3].number]
    folder = next(one for one in stopped if not ledger_of(one).exists())
    named = ("--ledger", f"sqlite:///{ledger_of(folder)}")
    ran = cli(*named, "current")
    assert (ran.code, ran.out, ran.err.count("\n")) == (74, "", 1)
    assert "was stopped on its way (run meterctl restore again" in ran.err
    assert cli(*named, "restore", "--dry-run").code == 74
    assert not ledger_of(folder).exists()
    again = cli(*named, "restore", "--json")
    assert (again.code, again.json["present"]["standing"]) == (0, "same")
    assert held(ledger_of(folder)) == [0, 1, 2]
    assert held(*asides(folder)) == [0, 1, 2, 3, 4]


@pytest.mark.fault(7)
def test_a_ledger_that_cannot_be_read_when_it_is_to_go(template: Path) -> None:
    """The disk fails under it just then: that is told, and it stays in its place."""
    killing = Killing(template)
    for call in killing.calls("pread64", of="/ledger.db>")[-2:]:  # to merge its log
        folder = killing.folder(f"{call.name}-{call.number}")
        ran = failed_at(call, "EIO", RESTORE, meterctl_environment(folder), folder / "calls")
        assert (ran.code, ran.out, ran.err.count("\n")) == (74, "", 1), ran
        assert held(ledger_of(folder)) == [0, 1, 2, 3, 4]
        assert asides(folder) == []


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_stopped_by_a_signal(name: str, template: Path, cli: Cli) -> None:
    """In the middle of the swap: it is done to its end; earlier, nothing has happened."""
    killing = Killing(template)
    for call in killing.calls("rename"):
        folder = killing.folder(f"{call.name}-{call.number}")
        inject = f"inject=rename:signal={name}:when={call.number}"
        options = ("-e", "trace=rename", "-e", inject)
        ran = traced(RESTORE, meterctl_environment(folder), folder / "calls", *options)
        assert ran.code in (130, 143), ran
        assert "Traceback" not in ran.err
        assert held(ledger_of(folder)) == ([0, 1, 2] if asides(folder) else [0, 1, 2, 3, 4])
        assert not swap.folder_of(ledger_of(folder)).exists()
        assert check(folder, cli) == 0


@pytest.mark.parametrize("name", ["rename", "fsync", "pwrite64"])
def test_a_backup_killed(name: str, tmp_path: Path, cli: Cli) -> None:
    """Whatever has a backup's name is whole; the others stay, and the next run succeeds."""
    fill(ledger_of(tmp_path))
    environment = meterctl_environment(tmp_path)
    folder = ledger_of(tmp_path).parent / "backups"
    assert cli("backup").code == 0
    log = tmp_path / "calls"
    assert traced(("backup",), environment, log, "-e", f"trace={name}").code == 0
    calls = [call for call, line in every_call(log) if str(folder) in line]
    for call in calls[:: 1 + len(calls) // 4]:
        assert killed_at(call, ("backup",), environment, log).code == KILLED
        for path in folder.glob("meterctl-*.db"):
            assert held(path) == [0, 1, 2]
    assert len(list(folder.glob("meterctl-*.db"))) >= 2
    assert cli("backup", "--keep", "1").code == 0
    assert len(list(folder.glob("meterctl-*.db"))) == 1


def test_readings_recorded_in_a_loop_meanwhile(tmp_path: Path) -> None:
    """Acknowledged before it, they are in what was set aside; after it, in the new one."""
    path = ledger_of(tmp_path)
    fill(path)
    with closing(open_for_reading(path)) as ledger:
        backup(ledger, path.parent / "backups", NOW)
    environment = meterctl_environment(tmp_path)
    writers = [_Recording(environment, first) for first in (1_000, 2_000)]
    try:
        for _ in range(2):
            _until_more(writers)
            ran = run_program((*RESTORE, "--yes"), environment)
            assert ran.code == 0, ran.err
            _until_more(writers)
    finally:
        acknowledged = {value for one in writers for value in one.stop()}
    kept = [set(held(one)) for one in (path, *asides(tmp_path))]
    assert len(kept) == 3
    assert acknowledged <= set().union(*kept)
    assert {0, 1, 2} <= kept[0]
    assert sum(len(one & acknowledged) for one in kept) == len(acknowledged)


_LOOP = """
import sys
from itertools import count
from meterctl.cli.run import run
for number in count(int(sys.argv[1])):
    minute = f"2026-02-{1 + number // 1440:02d} {number // 60 % 24:02d}:{number % 60:02d}"
    code = run(["record", str(number), "--at", minute, "--json"])
    print("\\n", code, number, flush=True)
"""


class _Recording:
    """A process that records one reading after the other, and says which are acknowledged."""

    def __init__(self, environment: dict[str, str], first: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LOOP, str(first)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.acknowledged: list[int] = []

    def read(self) -> None:
        """One more answer."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            match = re.match(r" (\d+) (\d+)$", line)
            if match:
                code, number = map(int, match.groups())
                # 74: its ledger was replaced while it was open; it was told that nothing is stored.
                assert code in (0, 74), self._process.stderr
                if code == 0:
                    self.acknowledged.append(number)
                return
        raise AssertionError(self._process.communicate())

    def stop(self) -> list[int]:
        """What was acknowledged, to the last."""
        self._process.send_signal(signal.SIGKILL)
        out, _ = self._process.communicate()
        self.acknowledged += [int(n) for n in re.findall(r"^ 0 (\d+)$", out or "", re.MULTILINE)]
        return self.acknowledged


def _until_more(writers: list[_Recording]) -> None:
    for one in writers:
        for _ in range(3):
            one.read()


def test_while_the_service_runs(tmp_path: Path) -> None:
    """What it acknowledged before is set aside; what is posted from then on is in the new one."""
    with posted_to(tmp_path) as (server, _, poster):
        assert poster.single(record(1)).status_code == 201
        assert run_program(("backup",), server.environment).code == 0
        assert poster.single(record(2)).status_code == 201
        ran = run_program(RESTORE, server.environment)
        assert ran.code == 0, ran.err
        # What was issued before it counts no more; the service itself goes on.
        assert poster.single(record(3)).status_code == 401
        time.sleep(1)  # a token's time is in whole seconds
        with closing(Poster(server.url, token_of_new(server.url, server.environment))) as again:
            answer = again.single(record(4))
            assert answer.status_code == 201, answer.text
        assert held(posting.ledger_of(server.environment)) == [1, 4]
        assert held(Path(ran.json["set_aside"])) == [1, 2]


@pytest.mark.parametrize("names_kept", [True, False], ids=["old names", "new names"])
def test_a_power_cut_at_every_call(template: Path, names_kept: bool) -> None:
    """On a disk that keeps what it must and no more: one of the two, and the old one's readings."""
    left = template.with_name("left")
    disk = KeepingDisk(template)
    disk.take(template)
    ran = traced(RESTORE, meterctl_environment(template), template.with_name("log"), *OPTIONS)
    assert ran.code == 0, ran.err
    swap.folder_of(ledger_of(template)).mkdir()  # so that the played disk knows it for a folder
    states = set()
    for event in events(template.with_name("log")):
        if not disk.play(event) or event.call == "pwrite64":  # which matters once it is kept
            continue
        left.mkdir()
        disk.after_power_cut(left, names_kept=names_kept)
        open_for_writing(ledger_of(left), NOW, 0).close()
        found = held(ledger_of(left))
        assert found in ([0, 1, 2, 3, 4], [0, 1, 2]), event[:2]
        assert {0, 1, 2, 3, 4} == set(found).union(*(held(aside) for aside in asides(left)))
        states.add(len(found))
        shutil.rmtree(left)
    assert states == {3, 5}


@pytest.mark.soak
def test_killed_at_every_call_of_every_kind(template: Path, cli: Cli, table: Table) -> None:
    """The complete sweep over all that changes a file."""
    killing = Killing(template)
    for call in killing.calls(*CHANGES):
        folder = killing.kill(call)
        lost = check(folder, cli)
        table.add("restore killed", 6, 6 - lost, 6)
        shutil.rmtree(folder)


@pytest.mark.soak
def test_power_cut_at_many_moments(tmp_path: Path, table: Table, cli: Cli) -> None:
    """The old one or the new one is on the disk, whole, and what was set aside too."""
    environment = meterctl_environment(tmp_path)
    for run, seconds in enumerate(_moments(24)):
        disk = Disk.new(tmp_path / "disk.img")
        with disk.mounted(tmp_path / "disk") as mounted:
            path = mounted / "data" / "ledger.db"
            fill(path)
            with closing(open_for_reading(path)) as ledger:
                backup(ledger, path.parent / "backups", NOW - DAY)
            fill(path, 2, first=3)
            environment["METERCTL_LEDGER"] = f"sqlite:///{path}"
            command = [sys.executable, "-m", "meterctl", *RESTORE]
            with subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as process:
                time.sleep(seconds)
                process.send_signal(signal.SIGSTOP)
                after = disk.after_power_cut(tmp_path / f"after-{run}.img")
                process.kill()
        with after.mounted(tmp_path / "after") as mounted:
            lost = check(mounted, cli)
        table.add("power cut while restoring", 6, 6 - lost, 6)
        after.image.unlink()


def _moments(count: int) -> Iterator[float]:
    """Spread over a run, most of them where it is at work."""
    return (0.15 + 0.9 * number / count for number in range(count))
