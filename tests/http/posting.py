"""A client of the endpoints for records, as a phone is one: its token, its keys, its connection."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import httpx

from meterctl.domain.readings import Reading
from meterctl.domain.times import iso_utc
from meterctl.ledger.access import Event
from meterctl.ledger.address import Address, FileAddress, is_database, parse_database
from meterctl.ledger.lock import WriterLock
from meterctl.ledger.opened import open_for_reading, open_for_writing
from meterctl.ledger.store import SqlLedger
from tests.helpers import instant, run_program
from tests.http.served import Served, service_environment, started

PROBLEM = "application/problem+json"
_NAMES = count(1)
FIRST = instant("2026-01-01 00:00")
_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading them takes longer than a test

Body = str | bytes | Mapping[str, object]


class Poster:
    """Posts what it is given; the body as it is, or as JSON."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self.http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
            verify=_NO_AUTHORITIES,
        )

    def single(self, body: Body, key: str | None = None, **headers: str) -> httpx.Response:
        """One record."""
        return self.post("/records/single", body, key, **headers)

    def bulk(
        self, records: Sequence[object], key: str | None = None, *, partial: bool = False
    ) -> httpx.Response:
        """Many records."""
        path = "/records/bulk?partial=true" if partial else "/records/bulk"
        return self.post(path, {"records": list(records)}, key)

    def post(self, path: str, body: Body, key: str | None = None, **headers: str) -> httpx.Response:
        """A body, to any address."""
        content = json.dumps(body) if isinstance(body, Mapping) else body
        given = {"Content-Type": "application/json"}
        if key is not None:
            given["Idempotency-Key"] = key
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, content=content, headers=given)

    def close(self) -> None:
        """End its connections."""
        self.http.close()


def token_of_new(
    url: str, environment: dict[str, str], scope: str = "read,record,push", meters: str = ""
) -> str:
    """The token of a client that is added for it."""
    some = ["--meters", meters] if meters else []
    name = f"poster-{next(_NAMES)}"
    added = run_program(["clients", "add", name, "--scope", scope, *some, "--json"], environment)
    assert added.code == 0, added.err
    login = {"clientId": added.json["id"], "clientSecret": added.json["secret"]}
    answer = httpx.post(f"{url}/auth/token", json=login, timeout=30, verify=_NO_AUTHORITIES)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def ledger_of(environment: Mapping[str, str]) -> Path:
    """Where the ledger of an environment is."""
    return Path(environment["METERCTL_LEDGER"].removeprefix("sqlite:///"))


def address_of(environment: Mapping[str, str]) -> Address:
    """Where it is, in whichever store."""
    text = environment["METERCTL_LEDGER"]
    return parse_database(text) if is_database(text) else FileAddress(ledger_of(environment))


def looking_at(environment: Mapping[str, str]) -> SqlLedger:
    """The ledger, for looking at."""
    return open_for_reading(address_of(environment), 10)


def writing_to(environment: Mapping[str, str], now: int) -> SqlLedger:
    """The ledger, for writing to as another run does."""
    return open_for_writing(address_of(environment), now, 10)


@contextmanager
def nobody_writes(environment: Mapping[str, str]) -> Iterator[None]:
    """Another run holds the ledger: what is posted meanwhile has to wait."""
    if not isinstance(address_of(environment), FileAddress):
        with closing(writing_to(environment, FIRST)) as ledger, ledger.writing():
            yield
        return
    lock = WriterLock(ledger_of(environment), 5)
    with closing(lock), lock.held():
        yield


def stored(environment: Mapping[str, str], meter: str = "meter") -> list[Reading]:
    """What the ledger holds of a meter, in order of time; the ledger is sound."""
    with closing(looking_at(environment)) as ledger:
        assert ledger.damage() == []
        return list(ledger.current(meter))


def entries(environment: Mapping[str, str]) -> int:
    """How many writes the ledger holds."""
    with closing(looking_at(environment)) as ledger:
        return ledger.last_entry()


def events(environment: Mapping[str, str], name: str) -> list[Event]:
    """What the audit log keeps of one kind, newest first."""
    with closing(looking_at(environment)) as ledger:
        return [event for event in ledger.events(1_000_000) if event.name == name]


@contextmanager
def posted_to(tmp_path: Path) -> Iterator[tuple[Served, int, Poster]]:
    """A server, its process and a client of it."""
    environment = service_environment(tmp_path)
    with started(environment, "--port", "0", "--no-dashboard") as server:
        token = token_of_new(server.url, environment)
        with closing(Poster(server.url, token)) as poster:
            yield Served(server.url, environment, "", ""), server.process.pid, poster
        server.process.terminate()
        assert server.ended() == 0, server.said()


def record(number: int, meter: str = "meterValue") -> dict[str, object]:
    """A record with a time and a value of its own."""
    return {"timestamp": iso_utc(FIRST + number * 60_000), meter: number}
