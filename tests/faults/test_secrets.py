"""Canaries in every secret: none sings in a log, an error, a ledger, a picture, in `ps`, anywhere.

Everything tells the most it can: -vvv, METERCTL_DEBUG, a log of every event.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import typer

from meterctl.cli.app import COMMANDS, LazyGroup, app
from meterctl.samples import PORTAL
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.cli.sentry import listening
from tests.faults.canaries import Canaries, Echo, echoing, forms_of, watching_processes
from tests.http.served import listening as serving
from tests.sandbox.talk import ask


@pytest.fixture
def given_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every token that the Google here gives out."""
    made: list[str] = []

    def token_urlsafe(size: int) -> str:
        made.append(secrets.token_urlsafe(size))
        return made[-1]

    fake = SimpleNamespace(**vars(secrets) | {"token_urlsafe": token_urlsafe})
    monkeypatch.setattr("meterctl.sandbox.google.accounts.secrets", fake)
    return made


@pytest.fixture
def other_side(tmp_path: Path, given_out: list[str]) -> Iterator[Rehearsal]:
    """A Google, a utility and its web form."""
    assert given_out == []
    with rehearsing(tmp_path / "other-side") as made:
        yield made


@pytest.fixture
def echo() -> Iterator[Echo]:
    """Another side that says again what it was told."""
    with echoing() as made:
        yield made


@pytest.fixture
def canaries(tmp_path: Path, other_side: Rehearsal, capfd: pytest.CaptureFixture[str]) -> Canaries:
    """A secret in every setting; the other sides are the sandbox's."""
    made = Canaries(tmp_path, other_side.settings | {"METERCTL_PORTAL_CONFIG": ""}, capfd)
    made.with_key(Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"]))
    return made


def silent(canaries: Canaries, *, told: str = "run.ended") -> None:
    """No secret is anywhere; and there was something to look through."""
    assert canaries.log.exists()
    assert told in canaries.log.read_text(encoding="utf-8")
    assert canaries.found() == []


def test_the_search_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It finds a secret in each of its forms, or all that follows would prove nothing."""
    canaries = Canaries(tmp_path, {}, capfd)
    assert canaries.found() == []
    for form in forms_of(canaries.secrets["utility secret"]):
        (tmp_path / "some.log").write_bytes(b"x" + form + b"y")
        assert len(canaries.found()) >= 1
    (tmp_path / "some.log").unlink()
    assert canaries.found() == []


def test_every_command(
    canaries: Canaries, other_side: Rehearsal, echo: Echo, given_out: list[str]
) -> None:
    """All of them, as they should go, against a Google and a utility that work."""
    canaries.with_heartbeat(echo.url)
    Path("r.csv").write_text("timestamp,meterValue\n2026-03-05T06:00:00Z,150\n")
    reading = "meter@2026-03-01T06:00:00Z"
    for command in (
        ("record", "142.3", "--at", "2026-03-01T06:00:00Z", "--note", "read"),
        ("bulk-import", "r.csv"),
        ("current",),
        ("current", "--from-sheet"),
        ("push-utility", "--dry-run", "--show-requests"),
        ("push-utility",),
        ("correct", reading, "142.4", "--reason", "r"),
        ("sync",),
        ("void", reading, "--reason", "r"),
        ("review",),
        ("history",),
        ("sheet", "show"),
        ("submissions", "list"),
        ("submissions", "show", "1"),
        ("export", "-o", "all.csv"),
        ("backup", str(canaries.folder / "backups")),
        ("restore", str(canaries.folder / "backups"), "--over-newer", "--yes"),
        ("health",),
        ("health", "--online"),
        ("meters", "list"),
        ("clients", "list"),
        ("config", "show"),
        ("config", "check"),
    ):
        code = canaries.run_here(*command)
        assert code in (0, 75, 78) or command[0] == "health", (command, canaries.seen[-1])
    for page in ("/sandbox/spreadsheets", "/sandbox/requests"):
        port = urlsplit(other_side.settings["METERCTL_SHEETS_URL"]).port or 0
        canaries.seen.append((page, ask(port, "GET", page).body))
    canaries.secrets |= {f"Google's token {n}": one for n, one in enumerate(given_out)}
    assert given_out
    assert echo.count >= 4, "the monitor was pinged"
    silent(canaries, told="/token")


def test_setting_up(canaries: Canaries) -> None:
    """What `init` is given by stdin stands in the .env alone; on a command line it is refused."""
    token, url, sheet, key = (
        canaries.environment.pop(f"METERCTL_{name}")
        for name in ("UTILITY_TOKEN", "UTILITY_URL", "SHEET_ID", "GOOGLE_CREDENTIALS")
    )
    home = canaries.folder / "key" / "home"  # where the search does not look
    canaries.environment["HOME"] = str(home)
    flags = ("--credentials", key, "--sheet-id", sheet, "--utility-url", url)
    for value, code in (("5x", 65), ("142.3", 0)):
        ran = canaries.run("init", *flags, "--utility-token", "-", "--value", value, stdin=token)
        assert ran.code == code, ran
    assert token in (home / ".config" / "meterctl" / ".env").read_text()
    assert canaries.run("init", "--utility-token", token, "--utility-url", url).code == 2
    assert canaries.run("push-utility").code == 0
    silent(canaries)


@pytest.mark.soak
def test_rehearsing(canaries: Canaries) -> None:
    """The demo's runs and stand-ins are given none of these settings."""
    canaries.environment.pop("HTTPS_PROXY")  # is anybody's who starts a program here
    with watching_processes(canaries) as looked_at:
        assert canaries.run("demo").code == 0
    assert any("sandbox" in command for command in looked_at), looked_at
    assert canaries.found() == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        pytest.param(200, "text/html", id="a page"),
        pytest.param(200, "json", id="JSON"),
        pytest.param(302, "text/html", id="a redirect"),
        pytest.param(400, "google", id="refused"),
        pytest.param(401, "json", id="not let in"),
        pytest.param(403, "google", id="not allowed"),
        pytest.param(422, "json", id="invalid"),
        pytest.param(500, "text/html", id="a failure"),
    ],
)
def test_another_side_that_echoes(
    canaries: Canaries,
    echo: Echo,
    given_out: list[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    status: int,
    kind: str,
) -> None:
    """It sends back every header and body, in its own; what is kept of that holds no secret."""
    echo.status, echo.kind = status, kind
    monkeypatch.setattr("meterctl.services.retrying._backoff", lambda *_: 0.01)
    canaries.environment |= {
        "METERCTL_SHEETS_URL": echo.url,
        "METERCTL_UTILITY_URL": f"{echo.url}/submit?key={canaries.secrets['a query']}",
    }
    canaries.with_heartbeat(echo.url)
    canaries.run_here("record", "142.3", "--at", "2026-03-01T06:00:00Z")
    if status != 500:  # of which each is asked again and again
        canaries.run_here("sync")
        canaries.run_here("health", "--online")
        canaries.run_here("current", "--from-sheet")
    canaries.environment["METERCTL_SHEET_ID"] = ""  # else it would be asked who submits
    canaries.run_here("push-utility")
    canaries.run_here("submissions", "list", "--json")
    canaries.run_here("submissions", "show", "1")
    canaries.secrets |= {f"Google's token {n}": one for n, one in enumerate(given_out)}
    assert echo.count > 2
    silent(canaries, told="submission.")


@pytest.mark.parametrize("kind", ["token", "text/html"])
@pytest.mark.parametrize("status", [200, 400, 401])
def test_a_token_service_that_echoes(
    canaries: Canaries, other_side: Rehearsal, echo: Echo, status: int, kind: str
) -> None:
    """What is sent to it is signed with the key: it opens the spreadsheet for an hour."""
    echo.status, echo.kind = status, kind
    key = Path(other_side.settings["METERCTL_GOOGLE_CREDENTIALS"])
    canaries.with_key(key, token_uri=f"{echo.url}/token")
    canaries.run_here("record", "142.3")
    canaries.run_here("sync")
    assert echo.count >= 2
    canaries.secrets["the beginning of every signed claim"] = (
        "eyJ0eXAiOiAiSldUIiwgImFsZyI6ICJSUzI1N"
    )
    silent(canaries)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        pytest.param("METERCTL_UTILITY_TOKEN", "cAnary-wrong-token-11", id="token"),
        pytest.param("METERCTL_UTILITY_TOKEN", "cAnary\tno header-12", id="no header"),
        pytest.param("METERCTL_JWT_SECRET", "cAnary-short-13", id="short"),
        pytest.param("METERCTL_HEARTBEAT_URL_SYNC", "cAnary-no-address-14", id="no address"),
        pytest.param("METERCTL_HEARTBEAT_URL_SYNC", "http://x.example/cAnary-15-0123", id="plain"),
        pytest.param("METERCTL_SENTRY_DSN", "cAnary-no-dsn-16", id="no DSN"),
        pytest.param("METERCTL_UTILITY_URL", "https://u:cAnary-17-pw@127.0.0.1:9/x", id="address"),
        pytest.param("METERCTL_UTILITY_URL", "https://127.0.0.1:9/x?k=cAnary-18-q", id="query"),
        pytest.param("METERCTL_GOOGLE_CREDENTIALS", '{"private_key": "cAnary-19"', id="JSON"),
        pytest.param("METERCTL_GOOGLE_CREDENTIALS", "cAnary-20-pasted", id="no file"),
        pytest.param("HTTPS_PROXY", "socks5://me:cAnary-21-proxy@127.0.0.1:9", id="proxy"),
    ],
)
def test_a_secret_that_is_wrong(
    canaries: Canaries, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    """What is said of it does not show it."""
    monkeypatch.setattr("meterctl.services.retrying._backoff", lambda *_: 0.01)
    secret = next(part for part in value.replace("=", "/").replace(":", "/").replace(
        '"', "/").replace("@", "/").split("/") if "cAnary" in part)  # fmt: skip
    canaries.secrets["the wrong one"] = secret
    canaries.environment[setting] = value
    for command in (
        ("record", "142.3", "--at", "2026-03-01T06:00:00Z"),
        ("push-utility",),
        ("sync",),
        ("health",),
        ("config", "check"),
        ("config", "show"),
    ):
        canaries.run_here(*command)
    silent(canaries)


def test_a_bug(canaries: Canaries, echo: Echo) -> None:
    """With secrets in its messages, its causes, its notes and its local variables."""
    hook = canaries.folder / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import os\n"
        "import meterctl.services.current as module\n"
        "def current(*_, **__):\n"
        "    local = [os.environ[name] for name in os.environ if 'METERCTL' in name]\n"
        "    key = open(os.environ['METERCTL_GOOGLE_CREDENTIALS']).read()\n"
        "    import base64\n"
        "    coded = base64.b64encode(('u:' + os.environ['METERCTL_UTILITY_SECRET']).encode())\n"
        "    try:\n"
        "        {}[str(local)]\n"
        "    except KeyError as error:\n"
        "        odd = ValueError(key, local, coded)\n"
        "        odd.add_note(' '.join(local))\n"
        "        raise odd from error\n"
        "module.current = current\n"
    )
    with listening() as sentry:
        canaries.secrets["Sentry's key"] = urlsplit(sentry.dsn).username or ""
        settings = {"PYTHONPATH": str(hook), "METERCTL_SENTRY_DSN": sentry.dsn}
        canaries.with_heartbeat(echo.url)
        canaries.run("record", "142.3", "--offline")
        for command in (("current",), ("current", "--json")):
            ran = canaries.run(*command, **settings)
            assert ran.code == 1
            assert "ValueError" in ran.err
        canaries.seen += [("Sentry", body) for body in sentry.bodies]
        assert len(sentry.events) == 2
    bugs = list(canaries.room.glob("meterctl-bug-*.log"))
    assert len(bugs) == 2
    assert all("Traceback" in bug.read_text() for bug in bugs)
    silent(canaries, told='"bug"')


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped(
    canaries: Canaries, other_side: Rehearsal, number: signal.Signals
) -> None:
    """In the middle of a request: what was told by then holds no secret either."""
    canaries.run("record", "142.3", "--offline")
    other_side.goes_wrong('do = "hang-before"\nservice = "utility"\ntimes = 0')
    process = subprocess.Popen(
        [sys.executable, "-m", "meterctl", "-vvv", "push-utility"],
        env=canaries.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 20
    while "attempt.begun" not in canaries.log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    canaries.seen += [("a stopped run", text) for text in process.communicate(timeout=60)]
    assert process.returncode in (143, 130, -signal.SIGKILL)
    silent(canaries, told="attempt.begun")


class TestTheWebForm:
    """A browser, another process, pictures: the longest way that a password goes."""

    @pytest.fixture
    def canaries(self, canaries: Canaries, other_side: Rehearsal) -> Canaries:
        """One reading is due, and the form alone takes it."""
        for name in other_side.sheet:
            if "PORTAL" not in name:
                canaries.environment.pop(name, None)
        for name in other_side.utility:
            canaries.environment.pop(name, None)
        canaries.environment |= {
            "METERCTL_UTILITY_ADAPTER": "portal",
            "METERCTL_PORTAL_CONFIG": str(PORTAL),
            "METERCTL_UTILITY_POLICY": "monthly",
            "TMPDIR": "/tmp",  # Chromium needs a short one
        }
        last_month = datetime.now(UTC).replace(day=1) - timedelta(days=1)
        fields = {"meter": "1EMH0012345678", "date": last_month.date().isoformat(), "value": "100"}
        port = urlsplit(other_side.settings["METERCTL_PORTAL_URL"]).port or 0
        assert ask(port, "POST", "/sandbox/readings", json.dumps(fields)).status == 200
        assert canaries.run("record", "142.3").code == 0
        return canaries

    def test_as_it_should_go(self, canaries: Canaries) -> None:
        """Neither the browser nor its driver is given a secret; pictures and pages hold none."""
        with watching_processes(canaries) as looked_at:
            assert canaries.run("push-utility").code == 0
        assert any("chrom" in command for command in looked_at), looked_at
        assert any("portal.worker" in command for command in looked_at)
        assert {".png", ".html"} <= {one.suffix for one in canaries.folder.rglob("evidence/*")}
        silent(canaries, told='"portal"')

    def test_a_password_that_is_wrong(self, canaries: Canaries) -> None:
        """It was typed into a page of theirs, which may show it."""
        canaries.secrets["a wrong password"] = wrong = "cAnary <wrong> 22"
        ran = canaries.run("push-utility", METERCTL_PORTAL_PASSWORD=wrong)
        assert ran.code == 77, ran
        silent(canaries)

    def test_a_form_that_has_changed(self, canaries: Canaries) -> None:
        """A selector that is gone: the page is kept, and the trace, without what was typed."""
        changed = canaries.folder / "changed.toml"
        changed.write_text(
            PORTAL.read_text().replace('shown = "link:Log out"', 'shown = "link:Gone"')
            .replace("step_seconds = 10", "step_seconds = 2")
        )  # fmt: skip
        changed.chmod(0o600)
        ran = canaries.run("push-utility", METERCTL_PORTAL_CONFIG=str(changed))
        assert ran.code != 0, ran
        silent(canaries)


def test_the_server(canaries: Canaries) -> None:
    """A client's secret and token: right and wrong, in their place and in every other one."""
    added = canaries.run("clients", "add", "phone", "--scope", "read,record,push", "--json")
    canaries.seen.pop()  # it is printed, this once
    secret, client = added.json["secret"], added.json["id"]
    environment = canaries.environment | {"METERCTL_SHEET_ID": ""}
    with serving(environment, "--port", "0") as url, httpx.Client(base_url=url) as phone:
        given = phone.post("/auth/token", json={"clientId": client, "clientSecret": secret})
        token = given.json()["token"]
        canaries.secrets |= {"the client's": secret, "a token": token}
        bearer = {"Authorization": f"Bearer {token}"}
        answers = [
            phone.post("/auth/token", json={"clientId": secret, "clientSecret": token}),
            phone.post("/auth/token", json={"clientId": client, "clientSecret": f"{secret}x"}),
            phone.get("/readings/current", headers=bearer),
            phone.get("/readings/current", headers={"Authorization": f"Bearer {token}x"}),
            phone.get(f"/readings/current?token={token}&secret={secret}"),
            phone.get(f"/{token}/{secret}"),
            phone.post("/records/single", json={"meterValue": secret}, headers=bearer),
            phone.post("/records/single", json={secret: "1", "note": 5}, headers=bearer),
            phone.post("/records/single", content=secret, headers=bearer),
            phone.post(
                "/records/single",
                json={"meterValue": 1, "timestamp": token},
                headers=bearer | {"Idempotency-Key": "k"},
            ),
            phone.post("/utility/push", json={}, headers=bearer),
            phone.get("/health", headers=bearer),
        ]
        canaries.seen += [("an answer", answer.content) for answer in answers]
        assert {answer.status_code for answer in answers} >= {200, 401, 404, 422}
    silent(canaries)


def test_ps(canaries: Canaries, other_side: Rehearsal) -> None:
    """No command line holds a secret, however long a run takes."""
    other_side.goes_wrong('do = "delay"\nseconds = 0.1\ntimes = 0')
    with watching_processes(canaries):
        canaries.run("record", "142.3")
        canaries.run("push-utility")
    assert ("ps") in {place for place, _ in canaries.seen}
    silent(canaries)


SECRET_WORDS = ("token", "secret", "password", "passwd", "key", "credential", "dsn", "auth")
# Paths of files all but one: a token that is named to be refused opens nothing a moment later.
NAMES_A_FILE = {"--credentials", "--utility-token", "--tls-key"}
IS_REFUSED_BY_IT = {"--token"}


def options_of(command: Any, name: str) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 (Typer's)
    """Each option of a command and of those below it: the command, the option, what it takes."""
    for parameter in command.params:
        if parameter.param_type_name == "option":
            yield name, parameter.opts[-1], str(parameter.metavar)
    for one in getattr(command, "commands", {}).values():
        yield from options_of(one, f"{name} {one.name}")


def test_no_option_takes_a_secret() -> None:
    """All on the machine can read a command line: secrets are settings, files, or asked for."""
    found = list(options_of(typer.main.get_command(app), "meterctl"))
    for name in COMMANDS:
        found += options_of(LazyGroup().get_command(None, name), name)
    assert len(found) > 80
    like_secrets = {
        (option, takes)
        for _, option, takes in found
        if any(word in option for word in SECRET_WORDS)
    }
    assert {option for option, _ in like_secrets} == NAMES_A_FILE | IS_REFUSED_BY_IT
    assert {takes for option, takes in like_secrets if option in NAMES_A_FILE} == {"FILE"}


def test_libraries_that_would_tell(canaries: Canaries, given_out: list[str]) -> None:
    """Variables by which libraries write down requests and keys: nothing of it is written."""
    keys = canaries.folder / "tls-keys.log"
    settings = {
        "SSLKEYLOGFILE": str(keys),
        "GOOGLE_SDK_PYTHON_LOGGING_SCOPE": "google",
        "HTTPX_LOG_LEVEL": "trace",
        "DEBUG": "pw:api",
        "PYTHONDEVMODE": "1",
        "PYTHONWARNINGS": "default",
    }
    canaries.run("record", "142.3", **settings)
    canaries.run("push-utility", **settings)
    canaries.secrets |= {f"Google's token {n}": one for n, one in enumerate(given_out)}
    assert given_out
    assert not keys.exists() or not keys.read_bytes()
    silent(canaries)
    assert os.environ.get("SSLKEYLOGFILE") is None
