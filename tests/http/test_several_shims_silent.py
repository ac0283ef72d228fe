"""The ledger's server stands still: no connection ends, and nothing is answered."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx

from tests.http.posting import Poster, record
from tests.http.several import several
from tests.http.test_several_shims_restart import healthy, soon
from tests.postgres import Server

LONGEST = 8.0  # seconds for the first ones; who comes after them is told at once


@contextmanager
def standing_still(server: Server) -> Iterator[None]:
    """None of its processes does anything, as on a machine that is frozen."""
    first = (server.folder / "data" / "postmaster.pid").read_text().split()[0]
    others = server.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    processes = [int(first), *(pid for (pid,) in others)]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def test_nobody_hangs(own_postgres: Callable[..., Server], tmp_path: Path) -> None:
    """503 within seconds, to who asks for its health too; all is well once it goes on."""
    server = own_postgres(fsync=False)
    with several(tmp_path, server.url("ledger"), count=2) as at, ExitStack() as stack:
        token = at.shims[0].token()
        posters = [stack.enter_context(closing(one)) for one in at.posters(token)]
        for number, poster in enumerate(posters):
            assert poster.single(record(number)).status_code == 201

        def ask(poster: Poster) -> tuple[list[int], list[float]]:
            sending: list[Callable[[], httpx.Response]] = [
                lambda: httpx.get(f"{poster.url}/health", timeout=30),
                lambda: poster.http.get("/readings/current"),
                lambda: poster.single(record(9), "again"),
            ]
            statuses, took = [], []
            for send in 3 * sending:
                began = time.monotonic()
                statuses.append(send().status_code)
                took.append(time.monotonic() - began)
            return statuses, took

        with standing_still(server), ThreadPoolExecutor(len(posters)) as pool:
            for statuses, took in pool.map(ask, posters):
                assert set(statuses) == {503}
                assert took[0] < LONGEST
                assert max(took[1:]) < LONGEST / 2
        soon(lambda: all(map(healthy, at.shims)))
        for poster in posters:
            assert poster.single(record(9), "again").status_code == 201
        assert at.entries() == len(posters) + 1
