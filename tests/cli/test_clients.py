"""`meterctl clients`, as it is typed."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from meterctl.access import secrets
from meterctl.access.secrets import verify_secret
from meterctl.ledger.sqlite import open_for_reading
from tests.conftest import Cli, Program
from tests.helpers import meterctl_environment

JTI = "0123456789abcdef" * 2


def test_add(cli: Cli, ledger_path: Path) -> None:
    """Id and secret are data, the advice is not; the ledger has a hash that the secret fits."""
    ran = cli("clients", "add", "phone", "--scope", "read,record")
    assert ran.code == 0
    fields = dict(line.split() for line in ran.out.splitlines())
    assert "shown this once" in ran.err
    assert "/auth/token" in ran.err
    assert fields["secret"] not in ran.err
    ledger = open_for_reading(ledger_path)
    hashes = [one.hash for one in ledger.secrets(fields["id"])]
    ledger.close()
    assert all(one.startswith("$argon2id$") for one in hashes)
    assert verify_secret(hashes, fields["secret"])
    assert fields["secret"] not in cli("clients", "list").out


def test_as_json(cli: Cli) -> None:
    """One object each; a secret in the first alone."""
    added = cli("clients", "add", "phone", "--scope", "push", "--meters", "meter", "--json").json
    assert set(added) == {"id", "name", "secret", "scopes", "meters"}
    (listed,) = cli("clients", "list", "--json").json["clients"]
    assert "secret" not in listed
    assert (listed["id"], listed["scopes"], listed["meters"]) == (added["id"], ["push"], ["meter"])
    rotated = cli("clients", "rotate", "phone", "--json").json
    assert rotated["id"] == added["id"]
    assert rotated["secret"] != added["secret"]
    assert "old_until" in rotated


def test_list_of_nobody(cli: Cli) -> None:
    """Nothing is printed but what to do."""
    ran = cli("clients", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "clients add" in ran.err


def test_revoke(cli: Cli) -> None:
    """The client is listed as revoked."""
    cli("clients", "add", "phone", "--scope", "read")
    assert "revoked, with all its tokens" in cli("clients", "revoke", "phone").out
    assert "revoked" in cli("clients", "list").out
    assert cli("clients", "rotate", "phone").code == 65


@pytest.mark.parametrize("is_whole", [True, False])
def test_revoke_a_token(cli: Cli, ledger_path: Path, is_whole: bool) -> None:
    """Pasted whole, or by its jti."""
    claims = base64.urlsafe_b64encode(json.dumps({"jti": JTI}).encode()).decode().rstrip("=")
    added = cli("clients", "add", "phone", "--scope", "read", "--json").json
    ran = cli("clients", "revoke", "--token", f"e30.{claims}.c2ln" if is_whole else JTI)
    assert ran.code == 0, ran.err
    ledger = open_for_reading(ledger_path)
    assert ledger.standing(added["id"], JTI) is None
    assert ledger.standing(added["id"], "f" * 32) is not None
    ledger.close()


def test_revoke_a_token_that_nobody_is_to_see(program: Program) -> None:
    """It comes by stdin."""
    claims = base64.urlsafe_b64encode(json.dumps({"jti": JTI}).encode()).decode().rstrip("=")
    ran = program("clients", "revoke", "--token", "-", stdin=f"e30.{claims}.c2ln\n")
    assert (ran.code, ran.out) == (0, f"token {JTI} opens nothing any more\n")


@pytest.mark.parametrize("way", ["<&-", "</dev/null", "< bytes"])
def test_revoke_a_token_that_does_not_come(tmp_path: Path, way: str) -> None:
    """Stdin is closed, empty, or holds no text: one line, and what to do."""
    Path("bytes").write_bytes(b"\xff\n")
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m meterctl clients revoke --token - {way}', sys.executable],
        env=meterctl_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == "meterctl: --token is neither a token nor a token's jti (paste it whole)\n"
    )


def test_nobody_waits_for_what_is_typed(tmp_path: Path, program: Program) -> None:
    """While a token is awaited from stdin, others write: no lock is held meanwhile."""
    waiting = subprocess.Popen(
        [sys.executable, "-m", "meterctl", "clients", "revoke", "--token", "-"],
        env=meterctl_environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while "pipe" not in Path(f"/proc/{waiting.pid}/wchan").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert program("record", "5", METERCTL_LOCK_TIMEOUT="0.1").code == 0
    assert waiting.communicate(f"{JTI}\n", timeout=20)[0].startswith(f"token {JTI}")


def test_revoke_what_was_issued_before(cli: Cli) -> None:
    """A client's tokens, or all."""
    cli("clients", "add", "phone", "--scope", "read")
    before = ("--issued-before", "2026-01-01 00:00")
    assert "tokens of phone issued before" in cli("clients", "revoke", "phone", *before).out
    assert cli("clients", "revoke", *before).out.startswith("tokens issued before")


def test_without_the_extra(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs no argon2 works; what does says how to get it."""
    secrets._hasher.cache_clear()
    monkeypatch.setitem(sys.modules, "argon2", None)
    ran = cli("clients", "add", "phone", "--scope", "read")
    assert (ran.code, ran.out) == (78, "")
    assert "'.[http]'" in ran.err
    assert cli("clients", "list").code == 0
    assert cli("clients", "revoke", "--token", JTI).code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["add", "phone"], 2, "--scope", id="no scope"),
        pytest.param(["add", "phone", "--scope", ","], 2, "needs a scope", id="an empty scope"),
        pytest.param(["add", "p", "--scope", "read", "--meters", ""], 2, "no meter", id="meters"),
        pytest.param(["add", "p", "--scope", "read", "--meters", "x"], 65, "no meter", id="x"),
        pytest.param(["rotate", "phone"], 65, "clients list", id="nobody of that name"),
        pytest.param(["rotate", "phone", "--overlap", "99999"], 2, "a year", id="overlap"),
        pytest.param(["rotate", "p", "--overlap", "nan"], 2, "a year", id="an overlap of nan"),
        pytest.param(["revoke"], 2, "revoke what?", id="revoke nothing"),
        pytest.param(["revoke", "p", "--token", "t"], 2, "goes alone", id="two things"),
        pytest.param(["revoke", "--token", "a.b.c"], 2, "neither a token", id="no token"),
        pytest.param(["revoke", "--token", ""], 2, "neither a token", id="an empty token"),
        pytest.param(["revoke", "--token", "mcs_x"], 2, "neither a token", id="a secret"),
        pytest.param(["revoke", "--token", "e30.e30"], 2, "neither a token", id="half a token"),
        pytest.param(["revoke", "--token", "e30.e 30.x"], 2, "neither a token", id="no base64"),
        pytest.param(["revoke", "--issued-before", "soon"], 65, "not a time", id="no time"),
        pytest.param(["revoke", "--issued-before", "2098-01-01 00:00"], 65, "future", id="to come"),
    ],
)
def test_wrong_words(cli: Cli, words: list[str], code: int, said: str) -> None:
    """One line says what was wrong, and what to type."""
    ran = cli("clients", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
