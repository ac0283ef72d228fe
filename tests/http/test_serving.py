"""`meterctl serve` as a process: where it listens, how many serve, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from meterctl.ledger.lock import WriterLock
from tests.helpers import run_program
from tests.http.served import listening, served, service_environment, started
from tests.utility.wild import certificate

GIVEN_UP = 30  # seconds, by a supervisor


@contextmanager
def locked(environment: dict[str, str]) -> Iterator[None]:
    """The ledger, while another run writes to it."""
    path = Path(environment["METERCTL_LEDGER"].removeprefix("sqlite:///"))
    lock = WriterLock(path, 10)
    with lock.held():
        yield
    lock.close()


def children(pid: int) -> list[int]:
    """A process's children, as Linux lists them."""
    return [
        int(one)
        for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    ]


def is_there(pid: int) -> bool:
    """Whether a process runs."""
    # The second where it ends between opening and reading.
    with suppress(FileNotFoundError, ProcessLookupError):
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        return status.rsplit(")", 1)[1].split()[0] != "Z"
    return False


def gone(pids: list[int]) -> bool:
    """Whether processes end soon."""
    end = time.monotonic() + 10
    while any(map(is_there, pids)):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class TestTheEnd:
    """SIGTERM: what is in flight finishes, what is new is refused."""

    @pytest.mark.fault("D")
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_in_flight(self, tmp_path: Path, number: int, workers: str) -> None:
        """A record that waits for its turn is stored and answered; then it leaves with 0."""
        with served(tmp_path) as before:
            token = before.token()
        with started(before.environment, "--port", "0", "--workers", workers) as server:
            here = before._replace(url=server.url)
            answers: list[httpx.Response] = []

            def post() -> None:
                answers.append(
                    httpx.post(
                        f"{here.url}/records/single",
                        json={"timestamp": "2026-01-01T08:00:00Z", "meterValue": 1},
                        headers={"Authorization": f"Bearer {token}"},
                        timeout=GIVEN_UP,
                    )
                )

            assert httpx.get(f"{here.url}/health").status_code == 200
            with locked(here.environment):
                posting = threading.Thread(target=post)
                posting.start()
                time.sleep(0.5)
                server.process.send_signal(number)
                time.sleep(0.7)
                with pytest.raises(httpx.TransportError):
                    httpx.get(f"{here.url}/health", timeout=2)
                assert server.process.poll() is None
            posting.join(GIVEN_UP)
            assert server.ended() == 0
            assert answers[0].status_code == 201
        assert run_program(["current", "--json"], here.environment).json["meterValue"] == 1

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_right_after_it_listens(self, tmp_path: Path, workers: str) -> None:
        """Whoever is told that it listens may end it at once; that is no accident either."""
        environment = service_environment(tmp_path)
        with started(environment, "--port", "0", "--workers", workers) as server:
            server.process.terminate()
            assert (server.ended(), server.said()) == (0, "")

    def test_a_stream_that_goes_on(self, tmp_path: Path) -> None:
        """A page that is told of changes is told no more."""
        with served(tmp_path) as before:
            token = before.token()
        with started(before.environment, "--port", "0") as server:
            headers = {"Authorization": f"Bearer {token}"}
            url = f"{server.url}/dashboard/events"
            with httpx.stream("GET", url, headers=headers, timeout=GIVEN_UP) as stream:
                told = stream.iter_lines()
                assert next(told) == "event: current"
                server.process.terminate()
                began = time.monotonic()
                assert not any(line.startswith("event") for line in told)
            assert server.ended() == 0
            assert time.monotonic() - began < 10

    def test_connections_that_do_nothing(self, tmp_path: Path) -> None:
        """Idle ones, and one that has sent half a request, hold nothing up."""
        environment = service_environment(tmp_path)
        with started(environment, "--port", "0") as server, httpx.Client() as idle:
            assert idle.get(f"{server.url}/health").status_code == 200
            port = httpx.URL(server.url).port or 0
            half = socket.create_connection(("127.0.0.1", port))
            half.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
            untouched = socket.create_connection(("127.0.0.1", port))
            time.sleep(0.3)
            server.process.terminate()
            began = time.monotonic()
            assert server.ended() == 0
            assert time.monotonic() - began < GIVEN_UP
            half.close()
            untouched.close()

    def test_a_body_that_never_comes(self, tmp_path: Path) -> None:
        """It is given up in time."""
        with served(tmp_path) as before:
            token = before.token()
        sooner = "from meterctl.http import bodies; bodies._AT_ONCE = 2.0"
        with started(before.environment, "--port", "0", before=sooner) as server:
            slow = socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0))
            slow.sendall(
                b"POST /records/single HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
                b"Content-Type: application/json\r\nAuthorization: Bearer "
                + token.encode()
                + b"\r\n\r\n{"
            )
            time.sleep(0.3)
            server.process.terminate()
            began = time.monotonic()
            assert server.ended() == 0
            assert time.monotonic() - began < GIVEN_UP
            slow.close()


class TestWorkers:
    """Several processes behind one socket."""

    def test_one_that_is_killed(self, tmp_path: Path) -> None:
        """Another one begins; meanwhile the others serve."""
        environment = service_environment(tmp_path)
        with started(environment, "--port", "0", "--workers", "2") as server:
            assert httpx.get(f"{server.url}/health").status_code == 200
            before = children(server.process.pid)
            assert len(before) == 2
            os.kill(before[0], signal.SIGKILL)
            end = time.monotonic() + 10
            while len(after := children(server.process.pid)) < 2 or before[0] in after:
                assert time.monotonic() < end
                time.sleep(0.05)
            assert {httpx.get(f"{server.url}/health").status_code for _ in range(8)} == {200}
            server.process.terminate()
            assert server.ended() == 0
            assert gone(after)

    def test_the_end_while_one_is_begun_anew(self, tmp_path: Path) -> None:
        """A signal that comes between a worker's death and the next one's birth ends all."""
        environment = service_environment(tmp_path)
        with started(environment, "--port", "0", "--workers", "2") as server:
            assert httpx.get(f"{server.url}/health").status_code == 200
            before = children(server.process.pid)
            os.kill(before[0], signal.SIGKILL)
            assert gone(before[:1])
            server.process.terminate()
            assert server.ended() == 0
            assert gone(before)

    def test_their_parent_is_killed(self, tmp_path: Path) -> None:
        """They do not go on without it: its place is free for another."""
        environment = service_environment(tmp_path)
        with started(environment, "--port", "0", "--workers", "2") as server:
            assert httpx.get(f"{server.url}/health").status_code == 200
            pids = children(server.process.pid)
            server.process.kill()
            server.process.wait(10)
            assert gone(pids)

    def test_one_key_at_two(self, tmp_path: Path) -> None:
        """A request repeated at another worker is answered the same, and stored once."""
        with served(tmp_path, "--workers", "2") as serving:
            headers = {"Authorization": f"Bearer {serving.token()}", "Idempotency-Key": "one"}
            record = {"timestamp": "2026-01-01T08:00:00Z", "meterValue": 1}
            answers = [
                httpx.post(f"{serving.url}/records/single", json=record, headers=headers)
                for _ in range(12)
            ]
            assert {one.status_code for one in answers} == {201}
            assert len({one.content for one in answers}) == 1
            assert sum("idempotency-replayed" in one.headers for one in answers) == 11


class TestPlace:
    """Where it listens."""

    def test_taken(self, tmp_path: Path) -> None:
        """A port that another has is told, with what helps; 75, since it may be free later."""
        with served(tmp_path) as serving:
            port = str(httpx.URL(serving.url).port)
            ran = run_program(["serve", "--port", port], serving.environment)
        assert (ran.code, ran.out) == (75, "")
        assert "cannot listen" in ran.err
        assert "--port 0" in ran.err

    def test_ipv6(self, tmp_path: Path) -> None:
        """An address with colons stands in brackets."""
        with listening(service_environment(tmp_path), "--port", "0", "--host", "::1") as url:
            assert url.startswith("http://[::1]:")
            assert httpx.get(f"{url}/health").status_code == 200

    def test_no_such_host(self, tmp_path: Path) -> None:
        """It is a setting's fault."""
        ran = run_program(["serve", "--host", "no.such.invalid"], service_environment(tmp_path))
        assert ran.code == 78
        assert "no.such.invalid" in ran.err

    def test_all_addresses(self, tmp_path: Path) -> None:
        """Plain HTTP for everyone is served, with a word of warning."""
        environment = service_environment(tmp_path)
        with started(environment, "--port", "0", "--host", "0.0.0.0") as server:
            url = server.url.replace("0.0.0.0", "127.0.0.1")
            assert httpx.get(f"{url}/health").status_code == 200
            assert "plain HTTP" in server.said()

    def test_https(self, tmp_path: Path) -> None:
        """With a certificate of one's own, and the header that keeps browsers to it."""
        certificate(tmp_path)
        made = str(tmp_path / "server.pem")  # with its key
        arguments = ("--port", "0", "--tls-cert", made, "--tls-key", made)
        with listening(service_environment(tmp_path), *arguments) as url:
            assert url.startswith("https://")
            trusting = ssl.create_default_context(cafile=made)
            answer = httpx.get(url.replace("127.0.0.1", "localhost") + "/health", verify=trusting)
            assert answer.status_code == 200
            assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("settings", "words", "code", "said"),
    [
        pytest.param({"METERCTL_JWT_SECRET": ""}, [], 78, "make one", id="no key"),
        pytest.param({"METERCTL_JWT_SECRET": "short"}, [], 78, "32 bytes", id="a short key"),
        pytest.param({"METERCTL_CORS_ORIGINS": "ftp://x"}, [], 78, "CORS", id="an origin"),
        pytest.param({}, ["--tls-cert", "x.pem"], 2, "both", id="no key to a certificate"),
        pytest.param(
            {}, ["--tls-cert", "x", "--tls-key", "y"], 78, "certificate", id="no certificate"
        ),
        pytest.param({}, ["--trusted-proxy", "all"], 2, "all", id="a proxy"),
        pytest.param({}, ["--workers", "0"], 2, "workers", id="no workers"),
        pytest.param({}, ["--rate", "0"], 2, "rate", id="no requests"),
    ],
)
def test_wrong_from_the_start(
    tmp_path: Path, settings: dict[str, str], words: list[str], code: int, said: str
) -> None:
    """It does not begin, and says why in one line."""
    environment = service_environment(tmp_path) | settings
    ran = run_program(["serve", "--port", "0", *words], environment)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_ledger_that_cannot_be_used(tmp_path: Path) -> None:
    """It does not begin: nobody would notice until the first reading."""
    environment = service_environment(tmp_path)
    ledger = Path(environment["METERCTL_LEDGER"].removeprefix("sqlite:///"))
    ledger.parent.mkdir(parents=True)
    ledger.write_bytes(b"not a ledger at all" * 99)
    ran = run_program(["serve", "--port", "0"], environment)
    assert ran.code == 74
    assert "damaged" in ran.err


def failing(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """A server whose workers find the ledger gone as they begin."""
    program = (
        "import sys\n"
        "from meterctl.errors import LedgerError\n"
        "from meterctl.http import serving\n"
        "def fail(*_): raise LedgerError('the disk is gone')\n"
        "serving.Shim = fail\n"
        "from meterctl.__main__ import main\n"
        "main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--port", "0", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_that_cannot_begin(tmp_path: Path) -> None:
    """It says why, and does not say that it listens."""
    with failing(service_environment(tmp_path)) as process:
        out, err = process.communicate(timeout=GIVEN_UP)
    assert (process.returncode, out) == (74, "")
    assert "the disk is gone" in err


def test_workers_that_cannot_begin(tmp_path: Path) -> None:
    """Each says why; they are begun anew until it is well, or the server is ended."""
    with failing(service_environment(tmp_path), "--workers", "2") as process:
        assert process.stderr is not None
        said = [process.stderr.readline() for _ in range(4)]
        process.terminate()
        assert process.wait(GIVEN_UP) == 0
    assert "meterctl: the disk is gone\n" in said
    assert "meterctl: a worker ended (74); another one begins\n" in said


def test_without_the_extra(tmp_path: Path) -> None:
    """Whoever installed meterctl alone is told what to install."""
    program = (
        "import sys; sys.modules['starlette'] = None; sys.argv = ['meterctl', 'serve']\n"
        "from meterctl.__main__ import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=service_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 78
    assert "'.[http]'" in ran.stderr


def test_it_does_not_say_what_it_is(tmp_path: Path) -> None:
    """No server's name or version, on good answers and bad ones."""
    with served(tmp_path) as serving:
        for path in ("/health", "/nothing", "/readings/current"):
            answer = httpx.get(serving.url + path)
            assert "server" not in answer.headers
            assert "version" not in answer.text
