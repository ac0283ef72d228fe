"""The recording role of docs/postgres.md at work, by the command line and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from meterctl.ledger.address import parse_database
from tests.cli.rehearsal import rehearsing
from tests.conftest import Cli
from tests.http.served import served
from tests.ledger.test_postgres_roles import APP, OWNER, blocks
from tests.postgres import Server
from tests.sheet.stand import Stand

SCHEMA = "roof-0042"
FIRST = ("record", "142.3", "--at", "2026-03-01 07:00")


@pytest.fixture
def server() -> Iterator[Server]:
    """A server with the page's roles, as its administrator leaves it."""
    made = Server(fsync=True)
    try:
        made.start()
        made.execute(blocks()[0])
        for role in (OWNER, APP):
            made.execute(f"ALTER ROLE {role} PASSWORD 'secret'")
        yield made
    finally:
        made.close()


def test_the_recording_role_at_work(
    server: Server,
    cli: Cli,
    stand: Stand,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the grants of docs/postgres.md, every command that is not the owner's does its work."""
    owner, app = (server.url(SCHEMA, role, "secret") for role in (OWNER, APP))
    monkeypatch.setenv("METERCTL_LEDGER", app)
    refused = cli(*FIRST)
    assert refused.code == 77
    assert "ledger migrate" in refused.err
    monkeypatch.setenv("METERCTL_LEDGER", owner)
    assert cli("ledger", "migrate").code == 0
    with psycopg.connect(parse_database(owner).url) as connection:
        connection.execute(blocks()[1].encode())
    monkeypatch.setenv("METERCTL_LEDGER", app)
    Path("a.csv").write_text("timestamp,meterValue\n2026-02-01T00:00Z,100\n2026-02-02T00:00Z,90\n")
    swap = ("--at", "2026-03-05T00:00Z", "--final", "160", "--initial", "0")
    for command in (
        FIRST,
        ("bulk-import", "a.csv"),
        ("review", "meter@2026-02-02T00:00:00Z", "--accept", "so it was"),
        ("record", "150", "--at", "2026-03-02 07:00"),
        ("correct", "meter@2026-03-02T06:00:00Z", "151", "--reason", "misread"),
        ("void", "meter@2026-03-02T06:00:00Z", "--reason", "not mine"),
        ("meters", "add", "heat", "--unit", "kWh"),
        ("meters", "set", "heat", "--no-submit"),
        ("meters", "replace", "meter", *swap),
        ("sync",),
        ("sheet", "show"),
        ("current",),
        ("clients", "add", "phone", "--scope", "read"),
        ("clients", "rotate", "phone"),
        ("clients", "revoke", "phone"),
        ("backup", "backups"),
        ("ledger", "migrate", "--check"),
        ("health",),
    ):
        ran = cli(*command)
        assert ran.code == 0, (command, ran.err)
    assert stand.values()["142.3"] == 1
    with rehearsing(Path("other-side").absolute()) as rehearsal:
        for name, text in rehearsal.utility.items():
            monkeypatch.setenv(name, text)
        assert cli("record", "10").code == 0
        assert cli("push-utility", "--json").json["accepted"] == 1
    with served(Path.cwd(), METERCTL_LEDGER=app) as serving:
        headers = {"Authorization": f"Bearer {serving.token()}"}
        body = {"timestamp": "2026-03-06T07:00:00+01:00", "meterValue": 3}
        answer = httpx.post(f"{serving.url}/records/single", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        assert httpx.get(f"{serving.url}/health").status_code == 200
