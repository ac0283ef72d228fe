"""The service behind `health`: how old is what we prove ourselves with."""

from __future__ import annotations

import json
import os
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest

from meterctl.domain.times import DAY
from meterctl.ledger.store import SqlLedger
from meterctl.services import health_credentials
from meterctl.services.health import Check, Grade
from meterctl.services.health_credentials import KEY, check_key, check_secrets, key_id, note
from tests.helpers import NOW

TOKEN, PREVIOUS = "METERCTL_UTILITY_TOKEN", "METERCTL_JWT_SECRET_PREVIOUS"
CHECKS = {
    TOKEN: "utility:token_age",
    "METERCTL_UTILITY_SECRET": "utility:secret_age",
    "METERCTL_PORTAL_PASSWORD": "portal:password_age",
    "METERCTL_JWT_SECRET": "http:secret_age",
}
AGES = [
    pytest.param(0, Grade.PASS, "0 s", id="today"),
    pytest.param(76 * DAY - 1, Grade.PASS, "75 days", id="on day 75"),
    pytest.param(76 * DAY, Grade.WARN, "near the 90 days", id="on day 76"),
    pytest.param(90 * DAY - 1, Grade.WARN, "near the 90 days", id="on day 89"),
    pytest.param(90 * DAY, Grade.WARN, "past the 90 days", id="on day 90"),
]


def of(ledger: SqlLedger, name: str, secret: str, now: int) -> Check:
    """The one check of a secret."""
    (check,) = check_secrets(ledger, {name: secret}, now)
    return check


@pytest.mark.fault(40)
@pytest.mark.parametrize(("age", "grade", "said"), AGES)
@pytest.mark.parametrize("name", list(CHECKS))
def test_a_secret(ledger: SqlLedger, name: str, age: int, grade: Grade, said: str) -> None:
    """Known since a job has first met it; from day 76 on it is to be changed, and how is said."""
    note(ledger, {name: "s3cret"}, NOW)
    check = of(ledger, name, "s3cret", NOW + age)
    assert (check.name, check.grade) == (CHECKS[name], grade)
    assert said in check.output
    assert "s3cret" not in check.output + check.hint
    assert (name in check.hint) is (grade is Grade.WARN)


def test_a_secret_that_is_no_text(ledger: SqlLedger) -> None:
    """An environment holds bytes: what is no UTF-8 is a secret like any other."""
    note(ledger, {TOKEN: "p\udcffss"}, NOW)
    assert of(ledger, TOKEN, "p\udcffss", NOW + 80 * DAY).grade is Grade.WARN


def test_before_any_job(ledger: SqlLedger) -> None:
    """Its age is not known, and that is said: nothing is guessed."""
    check = of(ledger, TOKEN, "x", NOW)
    assert (check.grade, "nothing is known yet" in check.output) == (Grade.PASS, True)


def test_a_new_secret(ledger: SqlLedger) -> None:
    """It is young at once, before any job has met it; the old one put back is as old as it is."""
    note(ledger, {TOKEN: "old"}, NOW)
    later = NOW + 80 * DAY
    assert of(ledger, TOKEN, "old", later).grade is Grade.WARN
    assert of(ledger, TOKEN, "new", later).output == "the utility's token is known for 0 s"
    note(ledger, {TOKEN: "new"}, later)
    assert "9 days" in of(ledger, TOKEN, "new", later + 9 * DAY).output
    note(ledger, {TOKEN: "old"}, later + 10 * DAY)
    assert "past the 90 days" in of(ledger, TOKEN, "old", later + 10 * DAY).output


def test_the_secret_is_met_again_and_again(ledger: SqlLedger) -> None:
    """Its age is from the first time; a day must pass before anything is computed anew."""
    times = [NOW, NOW + DAY // 2, NOW + DAY, NOW + 70 * DAY]
    for before, at in pairwise([0, *times]):
        note(ledger, {TOKEN: "same"}, at)
        memo = ledger.memo("credentials.noted")
        assert memo is not None
        assert memo.written_at == (before if at == NOW + DAY // 2 else at)
    assert of(ledger, TOKEN, "same", NOW + 76 * DAY).grade is Grade.WARN


@pytest.mark.fault(36)
def test_a_clock_that_was_ahead(ledger: SqlLedger) -> None:
    """What it noted keeps nothing from being noted, and makes no secret younger than it is."""
    note(ledger, {TOKEN: "a"}, NOW + 900 * DAY)
    note(ledger, {TOKEN: "a"}, NOW)
    assert "past" in of(ledger, TOKEN, "a", NOW + 91 * DAY).output


@pytest.mark.fault(36)
def test_a_clock_that_was_never_set(ledger: SqlLedger) -> None:
    """It notes nothing: a secret that was first seen in 1970 would be old for ever."""
    note(ledger, {TOKEN: "a"}, 10_000)
    note(ledger, {TOKEN: "a"}, NOW)
    assert of(ledger, TOKEN, "a", NOW + DAY).grade is Grade.PASS


def test_young_secrets_cost_nothing(ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none that is noted may be old, no hash is computed: `health` stays fast."""
    note(ledger, {TOKEN: "a"}, NOW)
    monkeypatch.setattr("hashlib.scrypt", None)
    assert of(ledger, TOKEN, "b", NOW + 75 * DAY).output.endswith("75 days")


@pytest.mark.sqlite_only("whoever has the file has all of it; the rows are the same elsewhere")
def test_what_a_leaked_ledger_gives_away(ledger: SqlLedger, ledger_path: Path) -> None:
    """Neither a secret nor what could confirm a guess of a short one: two bytes of a slow hash."""
    secrets = {TOKEN: "t0ken-of-the-utility", "METERCTL_PORTAL_PASSWORD": "1234", KEY: "abc123key"}
    note(ledger, secrets, NOW)
    with sqlite3.connect(f"file:{ledger_path}?mode=ro", uri=True) as copy:
        rows = dict(copy.execute("SELECT name, value FROM memo WHERE name LIKE 'credential.%'"))
    copy.close()
    assert len(rows) == 3
    for text in rows.values():
        salt, *lines = text.split("\n")
        assert len(salt) == 32
        assert [len(line.split(" ")[0]) for line in lines] == [4]
    assert len({text.split("\n")[0] for text in rows.values()}) == 3  # each its own salt
    stored = ledger_path.read_bytes() + ledger_path.with_name("ledger.db-wal").read_bytes()
    assert not any(secret.encode() in stored for secret in secrets.values() if len(secret) > 4)


@pytest.mark.parametrize(("age", "grade"), [(8 * DAY, Grade.PASS), (8 * DAY + 1, Grade.WARN)])
def test_the_key_before(ledger: SqlLedger, age: int, grade: Grade) -> None:
    """A week after the change its last token has expired: then it is to be taken out."""
    note(ledger, {PREVIOUS: "x" * 40}, NOW)
    check = of(ledger, PREVIOUS, "x" * 40, NOW + age)
    assert (check.name, check.grade) == ("http:previous_secret", grade)
    assert PREVIOUS in check.hint


class TestKey:
    """The service account's key."""

    @pytest.fixture
    def key(self, tmp_path: Path) -> Path:
        """Its file, written just now."""
        path = tmp_path / "key.json"
        path.write_text(json.dumps({"private_key_id": "abc123"}))
        path.chmod(0o600)
        os.utime(path, ns=(NOW * 1_000_000, NOW * 1_000_000))
        return path

    def age_of(self, key: Path | str, ledger: SqlLedger | None, now: int) -> Check:
        """The check of its age."""
        (found,) = (one for one in check_key(key, ledger, now) if one.name == "sheet:key_age")
        return found

    @pytest.mark.fault(40)
    @pytest.mark.parametrize(("age", "grade"), [(76 * DAY - 1, Grade.PASS), (76 * DAY, Grade.WARN)])
    def test_by_its_file(self, key: Path, age: int, grade: Grade) -> None:
        """Without a ledger that can be read its date is all there is."""
        assert self.age_of(key, None, NOW + age).grade is grade

    def test_a_young_copy_of_an_old_key(self, ledger: SqlLedger, key: Path) -> None:
        """It is as old as its id is known: a copy gets the date of the day."""
        note(ledger, {KEY: key_id(key)}, NOW)
        now = NOW + 80 * DAY
        os.utime(key, ns=(now * 1_000_000, now * 1_000_000))
        assert self.age_of(key, ledger, now).output.startswith("the key is 80 days old")
        assert self.age_of(key, None, now).output == "the key is 0 s old"

    def test_an_old_file_that_no_job_has_met_yet(self, ledger: SqlLedger, key: Path) -> None:
        """It is as old as its date: the older of both counts."""
        note(ledger, {KEY: key_id(key)}, NOW + 80 * DAY)
        assert self.age_of(key, ledger, NOW + 80 * DAY).grade is Grade.WARN

    def test_another_key_in_the_same_file(self, ledger: SqlLedger, key: Path) -> None:
        """After a rotation it is young."""
        note(ledger, {KEY: key_id(key)}, NOW)
        now = NOW + 80 * DAY
        key.write_text(json.dumps({"private_key_id": "def456"}))
        os.utime(key, ns=(now * 1_000_000, now * 1_000_000))
        assert self.age_of(key, ledger, now).grade is Grade.PASS

    def test_the_key_itself_in_the_setting(self, ledger: SqlLedger, key: Path) -> None:
        """It has no date: its age is known once a job has met it."""
        text = key.read_text()
        assert list(check_key(text, ledger, NOW)) == []
        note(ledger, {KEY: key_id(text)}, NOW)
        assert self.age_of(text, ledger, NOW + 91 * DAY).output.endswith(
            "past the 90 days it should live"
        )

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"private_key_id": 5}', "\udcff"])
    def test_no_key_at_all(self, text: str, tmp_path: Path) -> None:
        """It has no id; others say what is wrong with it."""
        assert key_id(text) == ""
        (tmp_path / "k").write_bytes(text.encode("utf-8", "surrogateescape"))
        assert key_id(tmp_path / "k") == ""
        assert key_id(tmp_path / "nowhere") == ""

    def test_a_file_that_is_gone(self, tmp_path: Path) -> None:
        """A failure with the settings' exit code."""
        (check,) = check_key(tmp_path / "nowhere.json", None, NOW)
        assert (check.grade, check.exit_code) == (Grade.FAIL, 78)
        assert KEY in check.hint


def test_each_setting_that_is_a_secret_has_an_age() -> None:
    """Whoever adds one decides whether it is to be rotated: heartbeats' addresses prove nothing."""
    from meterctl.config import SETTINGS

    secret = {one.name for one in SETTINGS if one.secret}
    ours = set(health_credentials.SETTINGS)
    assert secret - ours == {name for name in secret if "HEARTBEAT" in name or "SENTRY" in name}
