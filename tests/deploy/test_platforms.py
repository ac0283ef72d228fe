"""The files for containers and clouds: what their schemas do not know must hold as well."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml  # type: ignore[import-untyped] # it has no types of its own

from meterctl.cli.serve import PORT
from meterctl.config import SETTINGS
from meterctl.http.serving import GRACE
from tests.cli.test_help import parsed

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
RENDER = yaml.safe_load((DEPLOY / "render.yaml").read_text(encoding="utf-8"))
FLY = tomllib.loads((DEPLOY / "fly.toml").read_text(encoding="utf-8"))
RAILWAY = (ROOT / ".railway" / "railway.ts").read_text(encoding="utf-8")
NAMES = {setting.name for setting in SETTINGS} | {"METERCTL_ENV_FILE"}
OF_OURS = ("migrate", "shim", "cron")


def seconds(text: object) -> int:
    """`30s` or 30."""
    return int(str(text).removesuffix("s"))


def commands() -> list[str]:
    """Every command of ours that a file runs, as it is written there."""
    crontabs = [(DEPLOY / name).read_text() for name in ("crontab", "crontab.cloud")]
    jobs = [
        line.split(None, 5)[5] for text in crontabs for line in text.splitlines() if line[0] != "#"
    ]
    of_compose = [shlex.join(COMPOSE["services"][name]["command"]) for name in OF_OURS]
    of_render = [one[key] for one in RENDER["services"] for key in one if key.endswith("Command")]
    of_fly = [*FLY["processes"].values(), FLY["deploy"]["release_command"]]
    of_railway = re.findall(r'"(meterctl [^"]+)"', RAILWAY)
    all_of_them = {*jobs, *of_compose, *of_render, *of_fly, *of_railway}
    return sorted(one for one in all_of_them if one.startswith("meterctl "))


@pytest.mark.parametrize("command", commands())
def test_a_command(command: str) -> None:
    """The program understands it."""
    parsed(command)


def test_each_runs_what_it_should() -> None:
    """All serve, bring the ledger up to date, push and sync; nobody copies what a cloud copies."""
    for text in (str(RENDER), str(FLY) + (DEPLOY / "crontab.cloud").read_text(), RAILWAY):
        for what in ("serve", "ledger migrate", "push-utility --quiet", "sync --quiet"):
            assert f"meterctl {what}" in text
        assert "backup" not in text
    assert "meterctl backup --quiet /data/backups" in (DEPLOY / "crontab").read_text()


@pytest.mark.parametrize(
    "file", ["compose.yaml", "render.yaml", "fly.toml", "../.railway/railway.ts"]
)
def test_the_settings_that_it_names(file: str) -> None:
    """They are settings; what is secret has no value there."""
    text = (DEPLOY / file).read_text(encoding="utf-8")
    named = set(re.findall(r"METERCTL_[A-Z_]+", text))
    assert named
    assert named <= NAMES
    for name in [setting.name for setting in SETTINGS if setting.secret]:
        told = re.search(rf'{name}"?\s*[:=]\s*"?([^\s",)]+)', text)
        is_none = told is None or told[1].startswith(("preserve(", "/run/secrets/", "..."))
        assert is_none or "sync: false" in text or "generateValue" in text, name


class TestCompose:
    """deploy/compose.yaml."""

    def test_its_schema(self) -> None:
        """The one that is published."""
        schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
        jsonschema_rs.validator_for(schema).validate(COMPOSE)

    @pytest.mark.parametrize("name", OF_OURS)
    def test_a_service_may_do_little(self, name: str) -> None:
        """It writes to its volume and /tmp alone, gains no rights, and is given time to end."""
        service = COMPOSE["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"] == ["/tmp"]
        assert seconds(service["stop_grace_period"]) > GRACE
        assert "user" not in service  # the image's own, which is not root

    def test_who_is_reached_from_outside(self) -> None:
        """The shim alone, by this machine alone; the database's network leads nowhere."""
        published = {name: one.get("ports") for name, one in COMPOSE["services"].items()}
        assert published == {
            "database": None,
            "migrate": None,
            "shim": [f"127.0.0.1:{PORT}:{PORT}"],
            "cron": None,
        }
        assert COMPOSE["networks"]["ledger"] == {"internal": True}
        assert COMPOSE["services"]["database"]["networks"] == ["ledger"]

    def test_secrets_are_files(self) -> None:
        """Of a folder that neither git nor an image takes."""
        for secret in COMPOSE["secrets"].values():
            assert secret["file"].startswith("./secrets/")
        assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text()
        assert "secrets" not in (ROOT / ".dockerignore").read_text()

    def test_the_order(self) -> None:
        """The ledger is up to date before anybody uses it."""
        services = COMPOSE["services"]
        assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
        for name in ("shim", "cron"):
            assert services[name]["depends_on"] == {
                "migrate": {"condition": "service_completed_successfully"}
            }


class TestHowItEnds:
    """Each platform sends SIGTERM, and waits for what is in flight."""

    def test_fly(self) -> None:
        """Whose own choice is SIGINT, and five seconds."""
        assert FLY["kill_signal"] == "SIGTERM"
        assert FLY["kill_timeout"] > GRACE

    def test_render(self) -> None:
        """Which sends SIGTERM."""
        assert RENDER["services"][0]["maxShutdownDelaySeconds"] > GRACE

    def test_railway(self) -> None:
        """Which sends SIGTERM, and would wait for nothing."""
        found = re.search(r"drainingSeconds: (\d+)", RAILWAY)
        assert found is not None
        assert int(found[1]) > GRACE


class TestHowItIsReached:
    """Port and health check agree with what serves."""

    def test_fly(self) -> None:
        """The check goes to the machine itself, past the redirect to HTTPS."""
        service = FLY["http_service"]
        assert service["internal_port"] == PORT
        assert [(one["method"], one["path"]) for one in service["checks"]] == [("GET", "/health")]
        assert service["processes"] == ["web"]
        assert set(FLY["processes"]) == {"web", "cron"} == set(FLY["vm"][0]["processes"])

    def test_render(self) -> None:
        """It is told the port."""
        web = RENDER["services"][0]
        assert web["healthCheckPath"] == "/health"
        assert {"key": "PORT", "value": str(PORT)} in web["envVars"]

    def test_railway(self) -> None:
        """As well."""
        assert f'PORT: "{PORT}"' in RAILWAY
        assert f"port: {PORT}" in RAILWAY
        assert 'healthcheckPath: "/health"' in RAILWAY


def test_render_jobs() -> None:
    """Each has the shim's ledger and settings, and a database that nobody else reaches."""
    web, *jobs = RENDER["services"]
    assert [one["type"] for one in RENDER["services"]] == ["web", "cron", "cron"]
    for one in (web, *jobs):
        environment: list[dict[str, Any]] = one["envVars"]
        assert {"fromGroup": "meterctl"} in environment
        ledger = {"name": "meterctl-ledger", "property": "connectionString"}
        assert {"key": "METERCTL_LEDGER", "fromDatabase": ledger} in environment
        assert (ROOT / one["dockerfilePath"]).is_file()
    (database,) = RENDER["databases"]
    assert database["ipAllowList"] == []


def test_times_of_the_jobs() -> None:
    """By the clock of a zone not between one and three; by UTC neither, as far as Europe goes."""
    written = str(RENDER) + RAILWAY + (DEPLOY / "crontab").read_text()
    hours = {int(found) for found in re.findall(r"\b\d+ (\d+) \* \* [*0]", written)}
    assert hours == {3, 4}
