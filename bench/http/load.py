"""What is asked of a service: single records by wrk, and long bulks."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from bench.http.services import Service

HERE = Path(__file__).parent
_LONGEST = 30  # seconds that the last answers may take
_STEP = 8  # thousandths of a kWh from one minute to the next: half a kW
BULK = 10_000


class Load(NamedTuple):
    """What was seen from outside, in seconds; and the processor time that a write took."""

    rate: float
    p50: float
    p95: float
    p99: float
    cpu: float


def load(service: Service, token: str, connections: int, seconds: float) -> Load:
    """New readings, one a request, over so many connections for so long.

    Ends the bench unless each request was answered 201, for the reading it sent.
    """
    result = service.folder / "result.json"
    result.unlink(missing_ok=True)
    before = service.cpu()
    address = f"http://127.0.0.1:{service.port}"
    wrk = ["wrk", "--threads", "1", "--connections", str(connections)]
    wrk += ["--duration", f"{round(seconds) + _LONGEST}s", "--script", str(HERE / "record.lua")]
    wrk += [address, "--", token, str(service.minute), str(seconds), str(result)]
    process = subprocess.Popen(wrk, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not result.exists() and process.poll() is None:
        time.sleep(0.02)
    process.kill()  # it would sleep for the rest of its time
    said, _ = process.communicate()
    if not result.exists():
        sys.exit(f"{service.name}: some requests were not answered: {said}\n{service.said()}")
    seen = json.loads(result.read_text())
    times = seen["times"]
    if set(seen["statuses"]) != {"201"} or seen["strangers"]:
        sys.exit(f"{service.name}: {seen['statuses']}, {seen['strangers']} of other readings")
    service.minute = seen["next"]
    service.created += len(times)
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return Load(
        len(times) / seen["seconds"],
        cuts[49],
        cuts[94],
        cuts[98],
        (service.cpu() - before) / len(times),
    )


def bulk(service: Service, token: str) -> float:
    """Seconds that ten thousand new records in one request take."""
    records = [
        {"timestamp": _stamp(minute), "meterValue": minute * _STEP / 1000}
        for minute in range(service.minute, service.minute + BULK)
    ]
    _, answer, took = service.post(
        "/records/bulk", json.dumps({"records": records}).encode(), token
    )
    if answer["recorded"] != BULK:
        sys.exit(f"{service.name}: {answer['recorded']} of {BULK} were recorded")
    service.minute += BULK
    service.created += BULK
    return took


def single(service: Service, token: str) -> None:
    """One record, whose answer has to be a new reading without a finding."""
    body = {"timestamp": _stamp(service.minute), "meterValue": service.minute * _STEP / 1000}
    status, answer, _ = service.post("/records/single", json.dumps(body).encode(), token)
    (reading,) = answer["readings"]
    if (status, reading["status"], reading["findings"]) != (201, "recorded", []):
        sys.exit(f"{service.name}: {status} {answer}")
    service.minute += 1
    service.created += 1


def _stamp(minute: int) -> str:
    """So many minutes after the first one, as record.lua tells them."""
    return time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(1_420_070_400 + minute * 60))
