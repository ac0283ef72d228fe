"""Every command, told to end at any moment: it obeys in a word, and the same again does the rest.

What is sent: SIGINT, SIGTERM or SIGHUP, once or twice, to the process or to its whole group as a
terminal does; and SIGKILL, after which only the next run can put things right.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.cli.app import COMMANDS
from meterctl.ledger.sqlite import open_for_reading
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.faults.stopping import SIGNALS, Stopped, left_running, problems, stop
from tests.faults.table import Table
from tests.helpers import Ran, meterctl_environment, run_program

READING = "meter@2026-01-04T10:00:00Z"
IN_A_TEST, IN_THE_SOAK = 1, 20  # runs of each command


# Meter, instant, millionths (None: void), revision.
Value = tuple[str, int, int | None, int]


class Scene(NamedTuple):
    """A command; FOLDER, FILE and FOREIGN stand for places."""

    typed: str
    needs: str = ""  # of the other sides
    usual: tuple[int, ...] = (0,)  # how it ends by itself
    again: tuple[int, ...] = (0,)  # and where it had been done already
    seconds: float = 0.0  # for how long one is looked at that does not end by itself
    before: tuple[str, ...] = ()  # what was done by then
    fault: str = ""  # of the other sides, meanwhile


SCENES = {
    "ledger": Scene("ledger copy FOLDER/data/ledger.db FOLDER/moved/ledger.db --json"),
    "ledger migrate": Scene("ledger migrate"),
    "fleet": Scene("fleet --list FOLDER/roofs.txt push-utility --json", "utility"),
    "record": Scene("record 142.3 --at 2026-01-05T10:00:00Z --json"),
    "record to the Sheet": Scene("record 142.3 --at 2026-01-05T10:00:00Z --json", "sheet"),
    "bulk-import": Scene("bulk-import FILE --json"),
    "bulk-import of a foreign file": Scene(
        "bulk-import FOREIGN --create-meters --tz UTC --labels starts --kind interval --json"
    ),
    "bulk-import --dry-run": Scene("bulk-import FILE --dry-run --json"),
    "current": Scene("current --json"),
    "current --from-sheet": Scene("current --from-sheet --json", "sheet"),
    "push-utility": Scene("push-utility --json", "utility"),
    "health": Scene("health --online --json", "both", (0, 75, 77, 78), (0, 75, 77, 78)),
    "correct": Scene(f"correct {READING} 105 --reason misread"),
    "void": Scene(f"void {READING} --reason misread", again=(0, 65)),
    "review": Scene("review"),
    "history": Scene("history --by day"),
    "plot": Scene("plot --svg FOLDER/use.svg --since 2026-01-01"),
    "help": Scene("help man"),
    "sync": Scene("sync", "sheet"),
    "sheet": Scene("sheet show", "sheet"),
    "submissions": Scene("submissions list", "utility"),
    "export": Scene("export --output FOLDER/all.csv"),
    "backup": Scene("backup FOLDER/backups"),
    "restore": Scene("restore --json"),
    "meters": Scene("meters add gas --unit m3", again=(0, 65)),
    "clients": Scene("clients add phone --scope read", again=(0, 65)),
    "init": Scene("init --value 9999.5 --json", "sheet"),
    "config": Scene("config check"),
    "serve": Scene("serve --port 0", seconds=1.0),
    "serve by two": Scene("serve --port 0 --workers 2", seconds=1.0),
    "sandbox": Scene(
        "sandbox --sheets-port 0 --utility-port 0 --portal-port 0", usual=(), seconds=1.0
    ),
    "demo": Scene("demo", usual=(), seconds=4.0),
}
# What else writes, one short write each like those above: for the soak alone.
MORE = {
    "meters set": Scene("meters set meter --max-per-hour 30"),
    "meters replace": Scene(
        "meters replace meter --at 2026-01-05T10:00:00Z --final 110", again=(0, 65)
    ),
    "review --accept": Scene(
        "review meter@2026-01-05T10:00:00Z --accept right",
        again=(0, 65),
        before=("record 5 --at 2026-01-05T10:00:00Z --yes",),
    ),
    "submissions resolve": Scene(
        "submissions resolve 1 --rejected --reason seen",
        "utility",
        again=(2,),
        before=("push-utility",),
        fault='service = "utility"\ntimes = 0\ndo = "status"\nstatus = 200\nbody = "?"',
    ),
    "submissions resubmit": Scene(
        f"submissions resubmit {READING} --reason misread",
        "utility",
        again=(2,),
        before=("push-utility", f"correct {READING} 105 --reason misread"),
    ),
    "clients rotate": Scene("clients rotate phone", before=("clients add phone --scope read",)),
    "clients revoke": Scene(
        "clients revoke phone", again=(0, 65), before=("clients add phone --scope read",)
    ),
}


def test_each_command_is_here() -> None:
    """A new command gets its line above."""
    assert {scene.typed.split()[0] for scene in SCENES.values()} >= set(COMMANDS)


class House:
    """A folder with four readings, a backup with five, files to import, and ways to other sides."""

    def __init__(self, folder: Path, other_side: Rehearsal) -> None:
        self.template = folder / "template"
        self._folder, self._other_side = folder, other_side
        self._count = 0
        self.template.mkdir()
        _write_files(folder)
        (self.template / "roofs.txt").write_text("data/ledger.db\n")
        for day in (1, 2, 3, 4):
            self._run(self.template, "record", str(100 + day), "--at", f"2026-01-0{day}T10:00:00Z")
        later = folder / "later"
        shutil.copytree(self.template, later)
        self._run(later, "record", "105", "--at", "2026-01-05T10:00:00Z")
        self._run(later, "backup")
        (later / "data" / "backups").rename(self.template / "data" / "backups")

    def _run(self, folder: Path, *command: str) -> None:
        ran = run_program(command, meterctl_environment(folder))
        assert ran.code == 0, ran.err

    def new(self, scene: Scene) -> Place:
        """A new copy of it."""
        self._count += 1
        folder = self._folder / f"{self._count:05}"
        shutil.copytree(self._as_it_was_before(scene), folder)
        (folder / "temporary").mkdir()
        return Place(folder, self._environment(folder, scene))

    def _as_it_was_before(self, scene: Scene) -> Path:
        """The folder in which all is done that a scene asks for."""
        if not scene.before:
            return self.template
        folder = self._folder / scene.typed.replace("/", " ")
        if not folder.exists():
            shutil.copytree(self.template, folder)
            self._other_side.goes_wrong(scene.fault)
            for command in scene.before:
                ran = run_program(command.split(), self._environment(folder, scene))
                assert ran.code in (0, 76 if scene.fault else 0), ran
            self._other_side.goes_wrong("")
        return folder

    def _environment(self, folder: Path, scene: Scene) -> dict[str, str]:
        environment = meterctl_environment(folder) | {
            "TMPDIR": str(folder / "temporary"),
            "METERCTL_JWT_SECRET": "only-for-tests-0123456789abcdef0123456789",
        }
        if scene.needs in ("sheet", "both"):
            environment |= self._other_side.sheet
        if scene.needs in ("utility", "both"):
            environment |= self._other_side.utility | {"METERCTL_UTILITY_SINCE": "2026-01-01"}
        return environment


class Place(NamedTuple):
    """One run's folder and environment."""

    folder: Path
    environment: dict[str, str]

    def command(self, scene: Scene) -> list[str]:
        """What is run here."""
        places = {"FOLDER": self.folder, "FILE": "file.csv", "FOREIGN": "foreign.csv"}
        text = scene.typed.replace("FOLDER", str(self.folder))
        for name in ("FOREIGN", "FILE"):
            text = text.replace(name, str(self.folder.parent / str(places[name])))
        return text.split()

    def values(self) -> list[Value]:
        """Every revision that is stored; the ledger is sound."""
        ledger = open_for_reading(self.folder / "data" / "ledger.db")
        try:
            assert ledger.damage() == []
            return [
                (one.meter, one.at, one.value, one.revision)
                for meter in ledger.meters()
                for one in ledger.revisions_between(meter.id, 1, 0, 1 << 60)
                # `init` records now, whenever that is
                if one.value != 9_999_500_000
            ]
        finally:
            ledger.close()

    def leftovers(self) -> list[str]:
        """What a run that is over must not leave: processes, half a file."""
        files = [*(self.folder / "temporary").iterdir(), *self.folder.rglob("*.part*")]
        files += [*self.folder.rglob(".env-*"), *self.folder.rglob("*.restoring")]
        return left_running(str(self.folder)) + [str(one) for one in files]


def _write_files(folder: Path) -> None:
    hours = [(day, hour) for day in range(60) for hour in range(24)]
    lines = [
        f"2024-{1 + day // 28:02}-{1 + day % 28:02}T{hour:02}:00:00Z,{24 * day + hour}\n"
        for day, hour in hours
    ]
    (folder / "file.csv").write_text("timestamp,meterValue\n" + "".join(lines))
    lines = [
        f"{1 + day % 28:02}.{1 + day // 28:02}.2024 {hour:02}:00;0,{hour + 10}\n"
        for day, hour in hours
    ]
    (folder / "foreign.csv").write_text("Zeitstempel;Netzbezug (kWh)\n" + "".join(lines))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The household that all copies are of."""
    folder = tmp_path_factory.mktemp("signals")
    with rehearsing(folder / "other-side") as other_side:
        yield House(folder, other_side)


class Undisturbed(NamedTuple):
    """How long a scene takes, and what is stored after it."""

    seconds: float
    values: list[Value]


def undisturbed(house: House, scene: Scene) -> Undisturbed:
    """The scene, left alone."""
    place = house.new(scene)
    if scene.seconds:
        return Undisturbed(scene.seconds, place.values())
    began = time.monotonic()
    ran = run_program(place.command(scene), place.environment)
    assert ran.code in scene.usual, ran
    return Undisturbed(time.monotonic() - began, place.values())


def told(scene: Scene, ran: Ran) -> int:
    """How many readings the run acknowledged."""
    if not scene.typed.startswith(("record", "bulk-import")) or "--dry-run" in scene.typed:
        return 0
    try:
        form = json.loads(ran.out)
    except ValueError:
        return 0
    return len(form["readings"]) if "readings" in form else int(form["recorded"])


def disturb(
    house: House, scene: Scene, usual: Undisturbed, chance: random.Random, *signals: signal.Signals
) -> tuple[Stopped, int, int, int]:
    """Stop it once, and do it again: how it ended, acknowledged, stored after both, expected."""
    place = house.new(scene)
    before = len(place.values())
    stopped = stop(
        place.command(scene),
        place.environment,
        chance.random() * usual.seconds,
        *signals,
        pause=chance.choice((0.0, 0.001, 0.01)),
        whole_group=chance.random() < 0.5,
    )
    wrong = problems(stopped, signals[0], scene.usual)
    if signals[0] == signal.SIGKILL:  # only the next run can take away its files
        wrong += left_running(str(place.folder))
    else:
        wrong += place.leftovers()
    there, acknowledged = len(place.values()), told(scene, stopped.ran)
    if acknowledged > there - before:
        wrong.append(f"{acknowledged} acknowledged, {there - before} there")
    if not scene.seconds:
        ran = run_program(place.command(scene), place.environment)
        if ran.code not in {*scene.usual, *scene.again}:
            wrong.append(f"again: {ran}")
        if place.values() != usual.values:
            wrong.append(f"{len(place.values())} stored, not {len(usual.values)}, or others")
    assert not wrong, (scene.typed, signals, wrong)
    after = len(place.values())
    shutil.rmtree(place.folder)
    return stopped, before + acknowledged, after, len(usual.values)


@pytest.mark.parametrize("name", SCENES)
def test_stopped_at_any_moment(house: House, name: str) -> None:
    """Ended by its documented code in one line, nothing left behind; again, and all is there."""
    scene, chance = SCENES[name], random.Random(name)
    usual = undisturbed(house, scene)
    for _ in range(IN_A_TEST):
        number = chance.choice(SIGNALS)
        disturb(house, scene, usual, chance, *[number] * chance.choice((1, 2)))


@pytest.mark.soak
@pytest.mark.parametrize("name", SCENES | MORE)
@pytest.mark.parametrize("number", [*SIGNALS, signal.SIGKILL], ids=lambda one: one.name)
def test_stopped_at_many_moments(
    house: House, table: Table, number: signal.Signals, name: str
) -> None:
    """The same, again and again."""
    scene, chance = (SCENES | MORE)[name], random.Random(f"{name} {number}")
    usual = undisturbed(house, scene)
    in_time = 0
    for _ in range(IN_THE_SOAK if not scene.seconds else IN_THE_SOAK // 6):
        stopped, acknowledged, stored, expected = disturb(
            house, scene, usual, chance, *[number] * chance.choice((1, 2))
        )
        in_time += stopped.was_in_time
        table.add(f"{number.name}: {name}", acknowledged, stored, expected)
    assert in_time
