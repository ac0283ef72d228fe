"""A fleet of ledgers, a schema each, pushed in one night by `meterctl fleet push-utility`."""

# ruff: noqa: S608 (the schemas are named here)
from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.measuring import METERCTL, Row, run
from bench.scale.place import environment, now, opened
from meterctl.domain.plain import Plain
from meterctl.domain.readings import Source
from meterctl.ledger.port import EntryKind, NewEntry
from tests.postgres import Server

_DAY = 86_400_000
_DAYS = 30
_JOBS = 8
_AGAIN = 100  # ledgers that are pushed once more
_WINDOW = 6 * 3600  # seconds of a night
_WANTED = 1_000
_CATALOG = (
    "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'pg_catalog'"
    "::regnamespace AND relkind = 'r'"
)


def measure(server: Server, folder: Path, *, is_quick: bool, roofs: int) -> Iterator[Row]:
    """Make them, push them, and see what the server needs for it."""
    roofs = 10 if is_quick else roofs
    before = _facts(server)
    began = time.perf_counter()
    schemas = [f"roof-{number:04d}" for number in range(1, roofs + 1)]
    for number, schema in enumerate(schemas):
        _fill(server.url(schema), number)
    made = time.perf_counter() - began
    after = _facts(server)
    began = time.perf_counter()
    server.restart()
    started = time.perf_counter() - began
    yield Row(
        f"{roofs} ledgers made, with a month's daily readings",
        f"{made / roofs * 1000:.0f} ms each; the catalog grew by"
        f" {(after[0] - before[0]) / roofs / 1024:.0f} KiB each, the disk by"
        f" {(after[1] - before[1]) / roofs / 1024:.0f} KiB and {(after[2] - before[2]) / roofs:.0f}"
        " files each",
    )
    yield Row(
        f"the server stopped, with its checkpoint, and started with {roofs} ledgers",
        f"{started:.2f} s",
    )
    with _utility(folder) as settings:
        own = folder / "settings"
        own.mkdir()
        for schema in schemas:
            (own / f"{schema}.env").write_text(f"METERCTL_UTILITY_ACCOUNT={schema}\n")
            (own / f"{schema}.env").chmod(0o600)
        day = time.strftime("%Y-%m-%d", time.gmtime(now() / 1000 - 86_400))
        around = environment(folder, server.url(), METERCTL_UTILITY_SINCE=day, **settings)
        common = ["--settings", str(own), "--jobs", str(_JOBS), "--json", "push-utility"]
        command = [METERCTL, "fleet", *common]
        with _watching(server) as seen:
            first = run(command, around, codes=(0, 3), where=folder)
        some = folder / "some.txt"
        some.write_text("".join(f"{server.url(one)}\n" for one in schemas[:_AGAIN]))
        some.chmod(0o600)
        again = run([METERCTL, "fleet", "--list", str(some), *common], around, where=folder)
        done, second = _object(first.out), _object(again.out)
        taken = _taken(settings["METERCTL_UTILITY_URL"])
    repeated = min(roofs, _AGAIN)
    yield Row(
        f"`fleet push-utility`, {_JOBS} jobs: ledgers done",
        f"{done['done']}; repeated over {repeated} of them, {second['done']} done",
        f"{roofs}",
        done["done"] == roofs and second["done"] == repeated,
    )
    yield Row(
        "submissions at the utility after both",
        f"{taken}",
        f"{roofs}",
        taken == roofs,
    )
    each = first.seconds / roofs
    whole = each * _WANTED
    how = "" if roofs == _WANTED else f"; **extrapolated** from {roofs}"
    yield Row(
        f"a night of {_WANTED:,} ledgers, a reading each",
        f"{whole:.0f} s{how} ({first.seconds:.1f} s for {roofs}, {each * 1000:.0f} ms a ledger,"
        f" {1000 * again.seconds / repeated:.0f} ms where nothing is due)",
        f"≤ {_WINDOW:,} s",
        whole <= _WINDOW,
    )
    sessions, memory = seen()
    yield Row(
        "at most, meanwhile",
        f"{sessions} sessions; {memory:.0f} MiB of the server's memory, shared buffers among it;"
        f" {first.mebibytes:.0f} MiB of the largest of the fleet's own processes",
    )


def _object(out: str) -> dict[str, Any]:
    """The one object that was printed; what went to stderr stands behind it."""
    found: dict[str, Any] = json.JSONDecoder().raw_decode(out[out.index("{") :])[0]
    return found


def _fill(url: str, number: int) -> None:
    ledger = opened(url)
    noon = now() // _DAY * _DAY - _DAY // 2
    # The stand-in has one account: each roof reads at a second of its own.
    times = [noon - (_DAYS - 1 - day) * _DAY + number * 1_000 for day in range(_DAYS)]
    values = [(number * 1_000 + day * 10) * 1_000_000 for day in range(_DAYS)]
    with ledger.writing():
        entry = NewEntry(EntryKind.IMPORT, Source.IMPORT, now())
        ledger.append(entry, [], [Plain("meter", 1, times, times, values)])
    ledger.close()


def _facts(server: Server) -> tuple[int, int, int]:
    """Bytes of the catalog and of the database, and how many files that is."""
    ((catalog, whole, files),) = server.execute(
        f"SELECT ({_CATALOG})::bigint, pg_database_size(current_database()), (SELECT count(*) FROM"
        " pg_database AS d, pg_ls_dir('base/' || d.oid) WHERE d.datname = current_database())"
    )
    return catalog, whole, files


@contextmanager
def _utility(folder: Path) -> Iterator[Mapping[str, str]]:
    """The sandbox's utility, and the settings that lead to it."""
    place = folder / "sandbox"
    command = [METERCTL, "sandbox", "--dir", str(place), "--quiet", "--no-quota"]
    command += ["--sheets-port", "0", "--utility-port", "0", "--portal-port", "0"]
    process = subprocess.Popen(
        command, env=environment(folder, f"sqlite:///{folder}/none.db"), stderr=subprocess.DEVNULL
    )
    try:
        while not (place / "sandbox.env").exists():
            if process.poll() is not None:
                raise SystemExit("the sandbox did not start")
            time.sleep(0.05)
        lines = (place / "sandbox.env").read_text().splitlines()
        settings = dict(line.split("=", 1) for line in lines if "=" in line)
        yield {name: text for name, text in settings.items() if name.startswith("METERCTL_UTILITY")}
    finally:
        process.terminate()
        process.wait()


def _taken(url: str) -> int:
    """How many submissions the utility holds."""
    root = re.match(r"https?://[^/]+", url)
    assert root is not None
    with urllib.request.urlopen(f"{root[0]}/sandbox/submissions") as answer:
        return len(json.load(answer)["submissions"])


@contextmanager
def _watching(server: Server) -> Iterator[Callable[[], tuple[int, float]]]:
    """See how many sessions the server has, and what memory they take, all the while."""
    stop = threading.Event()
    sessions, memory = [0], [0.0]

    def watch() -> None:
        while not stop.wait(0.2):
            ((count,),) = server.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                " AND pid <> pg_backend_pid()"
            )
            sessions.append(count)
            memory.append(_memory(server))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: (max(sessions), max(memory))
    finally:
        stop.set()
        thread.join()


def _memory(server: Server) -> float:
    """Mebibytes of all the server's processes, each shared page counted once."""
    main = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    total = 0
    for status in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((status / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == main or int(status.name) == main:
                rollup = (status / "smaps_rollup").read_text()
                found = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
                total += int(found[1]) if found else 0
        except (OSError, ValueError):
            continue  # it has ended
    return total / 1024
