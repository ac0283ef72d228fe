"""The house stands as it is drawn: who may import whom, how long a module may be."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import meterctl
from meterctl import errors
from meterctl.config.table import ADAPTERS
from meterctl.utility import catalog

ROOT = Path(meterctl.__file__).parent
STANDARD = sys.stdlib_module_names

# What each part may import of the others, besides itself and what lies beneath all.
MAY_IMPORT = {
    "meterctl.errors": set[str](),
    "meterctl.early": set[str](),
    "meterctl.log": set[str](),
    "meterctl.redact": {"log"},
    "meterctl.logs": {"domain", "config", "ledger.address", "remote", "owners"},
    "meterctl.stopping": {"early"},
    "meterctl.owners": set[str](),
    "meterctl.trusted": {"owners"},
    "meterctl.remote": set[str](),
    "meterctl.samples": set[str](),
    "meterctl.sandbox": set[str](),
    "meterctl.domain": set[str](),
    "meterctl.ledger": {"domain", "owners", "remote.tls"},
    "meterctl.imports": {"domain"},
    "meterctl.config": {"domain", "ledger.address", "remote"},
    "meterctl.sheet": {"domain", "remote"},
    "meterctl.utility": {"domain", "remote"},
    "meterctl.services": {
        "domain",
        "ledger.address",
        "ledger.port",
        "ledger.access",
        "ledger.bulk",
        "ledger.care",
        "ledger.copying_port",
        "sheet.port",
        "sheet.chain",
        "sheet.layout",
        "sheet.rows",
        "sheet.told",
        "utility.port",
        "imports",
    },
    "meterctl.access": set[str](),
    "meterctl.wiring": {
        "domain",
        "config",
        "ledger",
        "sheet",
        "utility",
        "services",
        "access",
        "wiring_local",
    },
    "meterctl.wiring_local": {"domain", "config", "ledger", "services"},
    "meterctl.jobs": {
        "domain",
        "ledger.address",
        "ledger.port",
        "services",
        "wiring",
        "remote.clock",
    },
    "meterctl.http": {
        "jobs",
        "domain",
        "ledger.address",
        "ledger.port",
        "ledger.access",
        "imports",
        "services",
        "access",
        "wiring",
    },
    "meterctl.cli": {
        "domain",
        "config",
        "ledger.address",
        "ledger.port",
        "ledger.access",
        "imports",
        "services",
        "access",
        "http",
        "jobs",
        "logs",
        "wiring",
        "samples",
        "sandbox",
    },
}
# Third-party libraries live in one place each.
HOMES = {
    "argon2": "meterctl.access",
    "certifi": "meterctl.remote",
    "cryptography": "meterctl.sandbox",
    "gspread": "meterctl.sheet",
    "google": "meterctl.sheet",
    "requests": "meterctl.sheet",
    "urllib3": "meterctl.sheet",
    "httptools": "meterctl.http",
    "httpx": "meterctl.utility.exchange",
    "jwt": "meterctl.access",
    "matplotlib": "meterctl.cli.chart_file",
    "playwright": "meterctl.utility.portal",
    "plotext": "meterctl.cli.chart_terminal",
    "tenacity": "meterctl.services",
    "dotenv": "meterctl.config",
    "platformdirs": "meterctl.config",
    "rich": "meterctl.cli",
    "sentry_sdk": "meterctl.logs.sentry",
    "psycopg": "meterctl.ledger",
    "starlette": "meterctl.http",
    "typer": "meterctl.cli",
    "uvicorn": "meterctl.http",
    "uvloop": "meterctl.http",
}


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of ours by name."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


MODULES = dict(modules())
EACH = [pytest.param(name, id=name) for name in MODULES]


def imported(name: str) -> set[str]:
    """What a module imports, anywhere in it; of `from package import module`, the module."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            assert node.module is not None
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in MODULES else node.module)
    return found


def part_of(name: str) -> str:
    """Which part of the house a module belongs to."""
    return ".".join(name.split(".")[:2])


@pytest.mark.parametrize("name", EACH)
def test_the_direction_of_dependency(name: str) -> None:
    """domain <- ledger, imports <- services <- cli; adapters meet services in wiring alone."""
    own = part_of(name)
    if own in ("meterctl", "meterctl.__main__"):
        return
    beneath = {
        "meterctl.errors",
        "meterctl.log",
        "meterctl.redact",
        "meterctl.stopping",
        "meterctl.trusted",
    }
    allowed = {own, *beneath, *(f"meterctl.{part}" for part in MAY_IMPORT[own])}
    for other in imported(name):
        if part_of(other).startswith("meterctl.") and other != "meterctl":
            assert any(other == one or other.startswith(f"{one}.") for one in allowed), (
                f"{name} imports {other}"
            )


@pytest.mark.parametrize("name", EACH)
def test_the_homes_of_libraries(name: str) -> None:
    """Each third-party library has one home, and what has none yet is not used."""
    for other in imported(name):
        library = other.split(".")[0]
        if library != "meterctl" and library not in STANDARD:
            home = HOMES.get(library, "nowhere")
            assert f"{name}.".startswith(f"{home}."), f"{name} imports {library}"


def test_each_adapter_of_the_settings_can_be_built() -> None:
    """What METERCTL_UTILITY_ADAPTER takes is what the catalog has a home for, in that order."""
    assert tuple(catalog.HOMES) == ADAPTERS


@pytest.mark.parametrize("name", [n for n in MODULES if part_of(n) == "meterctl.domain"])
def test_the_domain_is_pure(name: str) -> None:
    """No I/O, no clock: nothing that could do either is imported, and now is an argument."""
    impure = {
        "os",
        "io",
        "pathlib",
        "sqlite3",
        "socket",
        "subprocess",
        "time",
        "random",
        "tempfile",
    }
    assert not impure & imported(name)
    source = MODULES[name].read_text(encoding="utf-8")
    assert not re.search(r"\b(?:now|today|utcnow)\(\)|\bopen\(|\bprint\(", source)


@pytest.mark.parametrize("name", EACH)
def test_the_length_of_a_module(name: str) -> None:
    """Past 400 lines it is split by concept."""
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 400


def test_errors_lie_beneath_all() -> None:
    """They import nothing of ours."""
    assert not any(one.startswith("meterctl") for one in imported("meterctl.errors"))


def test_every_error_is_drawn_with_its_exit_code() -> None:
    """The tree at the top of errors.py is the truth: names, parents, exit codes."""
    assert errors.__doc__ is not None
    drawn: dict[str, tuple[str | None, str]] = {}
    above: list[tuple[int, str, str]] = []
    for text in errors.__doc__.splitlines():
        match = re.match(r"([│├└─ ]*)([A-Z]\w+)(?: +([\d/ ]*\d))?", text)
        if match is None or match[2] not in vars(errors):
            continue
        depth = len(match[1])
        while above and above[-1][0] >= depth:
            above.pop()
        code = match[3] or above[-1][2]
        drawn[match[2]] = (above[-1][1] if above else None, code)
        above.append((depth, match[2], code))
    real = {
        name: one
        for name, one in vars(errors).items()
        if inspect.isclass(one) and issubclass(one, BaseException)
    }
    assert set(drawn) == set(real)
    for name, (parent, code) in drawn.items():
        if name == "Interrupted":
            assert {errors.Interrupted(number).exit_code for number in (2, 1, 15)} == {130, 143}
            assert code == "130 / 143"
            continue
        assert real[name].__base__ is (Exception if parent is None else real[parent])
        assert str(getattr(real[name], "exit_code", None)) == code


def test_every_error_has_a_code_of_its_own() -> None:
    """Programs tell errors apart by it."""
    kinds = [errors.MeterctlError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    ours = [kind.code for kind in kinds if kind.__module__ == errors.__name__]
    assert len(ours) == len(set(ours))
