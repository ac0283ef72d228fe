"""The disk is full, the ledger is gone, or another run keeps it: 503, nothing lost; it heals."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.faults.disks import fill_up, small_disk
from tests.helpers import run_program
from tests.http.posting import (
    Poster,
    entries,
    ledger_of,
    nobody_writes,
    posted_to,
    record,
    stored,
    token_of_new,
)
from tests.http.served import service_environment, started


def health(poster: Poster) -> int:
    """What a load balancer sees."""
    return httpx.get(f"{poster.url}/health").status_code


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for what comes by itself."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.fault(4)
def test_disk_that_is_full(tmp_path: Path) -> None:
    """503, nothing acknowledged, and health says so; with room again all heals by itself."""
    with small_disk(tmp_path / "disk", "2m") as disk:
        environment = service_environment(tmp_path)
        environment["METERCTL_LEDGER"] = f"sqlite:///{disk}/ledger.db"
        quick = "from meterctl.http import writer; writer._AGAIN = 0.2"
        with started(environment, "--port", "0", "--no-dashboard", before=quick) as server:
            token = token_of_new(server.url, environment)
            with closing(Poster(server.url, token)) as poster:
                number = 0
                assert poster.single(record(number)).status_code == 201
                ballast = fill_up(disk, 0)
                while (answer := poster.single(record(number + 1), f"k{number}")).is_success:
                    number += 1  # the log has room of its own
                assert (answer.status_code, answer.json()["code"]) == (503, "ledger_unwritable")
                assert answer.headers["Retry-After"] == "1"
                assert health(poster) == 503
                assert len(stored(environment)) == number + 1
                current = poster.http.get("/readings/current")
                assert current.json()["meterValue"] == number
                ballast.unlink()
                until(lambda: health(poster) == 200)
                again = poster.single(record(number + 1), f"k{number}")
                assert again.status_code == 201
                assert "Idempotency-Replayed" not in again.headers
            server.process.terminate()
            assert server.ended() == 0, server.said()
        assert len(stored(environment)) == number + 2


@pytest.mark.fault(8)
def test_ledger_that_another_run_keeps_for_long(tmp_path: Path) -> None:
    """503 `busy` and when to ask again; the same request is done once it has let go."""
    environment = service_environment(tmp_path) | {"METERCTL_LOCK_TIMEOUT": "0.5"}
    with started(environment, "--port", "0", "--no-dashboard") as server:
        token = token_of_new(server.url, environment)
        with closing(Poster(server.url, token)) as poster:
            with nobody_writes(environment):
                answer = poster.single(record(1), "patience")
                current = poster.http.get("/readings/current")
            assert (answer.status_code, answer.json()["code"]) == (503, "busy")
            assert answer.headers["Retry-After"] == "1"
            assert current.status_code == 200  # reading waits for nobody
            assert entries(environment) == 0
            assert poster.single(record(1), "patience").status_code == 201
            assert health(poster) == 200
        server.process.terminate()
        assert server.ended() == 0, server.said()


LOG_IN = {"clientId": "mc_0", "clientSecret": "nobody's"}


@pytest.mark.fault(6)
@pytest.mark.parametrize("left", ["the log", "nothing"])
def test_ledger_that_is_deleted(tmp_path: Path, left: str) -> None:
    """Nothing is acknowledged, no other ledger begins in its place; put back, all works."""
    with posted_to(tmp_path) as (server, _, poster):
        assert poster.single(record(1)).status_code == 201
        folder = ledger_of(server.environment).parent
        aside = tmp_path / "aside"
        shutil.copytree(folder, aside)
        for file in folder.iterdir():
            if left == "nothing" or file.name == "ledger.db":
                file.unlink()
        answers = [poster.single(record(n)) for n in range(2, 5)]
        answers.append(httpx.post(f"{server.url}/auth/token", json=LOG_IN))
        assert [one.status_code for one in answers] == [503] * 4
        assert not any(str(folder) in one.text for one in answers)
        assert health(poster) == 503
        assert not ledger_of(server.environment).exists()
        for file in folder.iterdir():
            file.unlink()
        for file in aside.iterdir():
            shutil.copy(file, folder)
        until(lambda: poster.single(record(9)).is_success)
        until(lambda: health(poster) == 200)
        assert [one.amount // 1_000_000 for one in stored(server.environment)] == [1, 9]


@pytest.mark.fault(6)
def test_ledger_that_is_put_back_from_a_backup(tmp_path: Path) -> None:
    """What is posted from then on is in the one that is there now."""
    with posted_to(tmp_path) as (server, _, poster):
        assert poster.single(record(1)).status_code == 201
        backup = run_program(("backup", str(tmp_path / "kept"), "--json"), server.environment)
        assert backup.code == 0, backup.err
        assert poster.single(record(2)).status_code == 201
        path = ledger_of(server.environment)
        for file in path.parent.glob("ledger.db-*"):
            file.unlink()
        shutil.copy(backup.json["file"], tmp_path / "new")
        (tmp_path / "new").replace(path)
        answers = [poster.single(record(number)) for number in range(3, 6)]
        assert [one.status_code for one in answers] == [201, 201, 201]
        found = [one.amount // 1_000_000 for one in stored(server.environment)]
        assert found == [1, 3, 4, 5]
