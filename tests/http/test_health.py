"""`GET /health` in full: quick whatever it has to look at, and without a secret in it."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from meterctl.domain.times import DAY
from meterctl.ledger.sqlite import open_for_writing
from meterctl.services.health_credentials import SETTINGS
from meterctl.wiring import now
from tests.helpers import run_program
from tests.http.served import KEY, Served, served

SECRETS = {
    "METERCTL_UTILITY_URL": "http://127.0.0.1:9",  # nobody is there, and nobody is asked
    "METERCTL_UTILITY_TOKEN": "t0ken-of-the-utility",
    "METERCTL_UTILITY_SECRET": "s3cret-of-the-utility",
    "METERCTL_PORTAL_PASSWORD": "passw0rd-of-the-portal",
    "METERCTL_JWT_SECRET_PREVIOUS": "k3y-before-" * 4,
}


def checks_of(running: Served) -> dict[str, list[dict[str, Any]]]:
    """What a client who may read is told."""
    answer = httpx.get(
        f"{running.url}/health", headers={"Authorization": f"Bearer {running.token()}"}
    )
    assert answer.status_code == 200, answer.text
    assert not any(text in answer.text for name, text in SECRETS.items() if "URL" not in name)
    assert KEY not in answer.text
    found: dict[str, list[dict[str, Any]]] = answer.json()["checks"]
    return found


def test_old_secrets(tmp_path: Path) -> None:
    """Each is told to be old; though a hash of each is computed, it takes less than a second."""
    with served(tmp_path, **SECRETS) as running:
        ledger = open_for_writing(tmp_path / "data" / "ledger.db", now())
        for name in SETTINGS:  # as `serve` noted them when it began, but 80 days ago
            memo = ledger.memo(f"credential.{name}")
            if memo is not None:
                salt, line = memo.value.split("\n")
                old = f"{salt}\n{line.split(' ')[0]} {now() - 80 * DAY}"
                with ledger.writing():
                    ledger.set_memo(f"credential.{name}", old, now())
        ledger.close()
        token = running.token()
        took = []
        for _ in range(3):
            began = time.monotonic()
            httpx.get(f"{running.url}/health", headers={"Authorization": f"Bearer {token}"})
            took.append(time.monotonic() - began)
        found = checks_of(running)
    assert min(took) < 1
    names = ("utility:token_age", "utility:secret_age", "portal:password_age", "http:secret_age")
    assert {found[name][0]["status"] for name in (*names, "http:previous_secret")} == {"warn"}


def test_it_notes_what_it_was_begun_with(tmp_path: Path) -> None:
    """The key of its certificate is looked at from then on, by `health` of the command line too."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    key.chmod(0o640)
    environment = _served_with(tmp_path, certificate, key)
    (found,) = run_program(("health", "--json"), environment).json["checks"]["http:tls_key"]
    assert (found["status"], found["hint"]) == ("warn", f"chmod 600 {key}")


def _served_with(folder: Path, certificate: Path, key: Path) -> dict[str, str]:
    arguments = ("--tls-cert", str(certificate), "--tls-key", str(key))
    with served(folder, *arguments) as running:
        assert running.url.startswith("https://")
        return running.environment


@pytest.mark.parametrize("is_limited", [False, True])
def test_a_push_over_http(tmp_path: Path, *, is_limited: bool) -> None:
    """It is a push like cron's, and remembered as one; that of some meters alone is not."""
    settings = {name: text for name, text in SECRETS.items() if "UTILITY" in name}
    with served(tmp_path, **settings) as running:
        if is_limited:
            added = run_program(
                ("clients", "add", "phone", "--scope", "read,push", "--meters", "meter", "--json"),
                running.environment,
            ).json
            running = running._replace(client=added["id"], secret=added["secret"])  # noqa: PLW2901
        head = {"Authorization": f"Bearer {running.token()}"}
        answer = httpx.post(f"{running.url}/utility/push", headers=head)
        assert answer.status_code == 200, answer.text
        found = checks_of(running)
    assert ("job:push-utility" in found) is not is_limited
