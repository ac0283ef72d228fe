"""What meterctl is built from: nothing without its hash, nothing that is not free, none unseen."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from meterctl.remote import tls
from meterctl.utility.portal.session import _AUTHORITIES, _KEPT_FROM_IT
from tests.licences import FREE, ROOT, is_free, licence, locked, page

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = locked(LOCK)
MANUAL = (ROOT / "docs" / "supply-chain.md").read_text(encoding="utf-8")
NAMES = {one.name for one in PACKAGES}


class TestTheLockFile:
    """Each package with its version and the hashes of its files."""

    def test_every_package_has_a_hash(self) -> None:
        """And every line of it is a package, a hash or a remark."""
        assert all(one.hashes for one in PACKAGES)
        for line in LOCK.splitlines():
            assert re.match(
                r"[a-z0-9._-]+==\S+( ; .+)? \\$|    --hash=sha256:[0-9a-f]{64}|\s*#", line
            )

    def test_it_has_what_the_project_asks_for(self) -> None:
        """Of all it needs, of the extras that are locked, and what builds it."""
        extras = PROJECT["project"]["optional-dependencies"]
        asked = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
        asked += [*PROJECT["build-system"]["requires"]]
        asked += [one for name, some in extras.items() if name != "all" for one in some]
        names = {re.split(r"[\[<>=!~; ]", one)[0].lower() for one in asked}
        assert names <= NAMES

    def test_it_is_what_is_tested(self) -> None:
        """The packages that these tests run with are those of the lock."""
        here = [one for one in PACKAGES if one.is_for_here]
        assert {one.name: version(one.name) for one in here} == {
            one.name: one.version for one in here
        }


def recipe(tmp_path: Path) -> list[str]:
    """The commands by which `make venv` calls pip."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    ran = subprocess.run(
        ["make", "--dry-run", "venv", f"PYTHON={sys.executable}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [line for line in ran.stdout.splitlines() if "pip install" in line]


class TestTheInstallation:
    """What `make venv` does."""

    def test_nothing_without_a_hash(self, tmp_path: Path) -> None:
        """What comes from elsewhere is compared, and never built: that would fetch more, unseen."""
        elsewhere, ours = recipe(tmp_path)
        assert "--require-hashes --only-binary :all: -r requirements.lock" in elsewhere
        # Of ours nothing is fetched: neither what it needs nor what builds it.
        assert ours.endswith("--no-deps --no-build-isolation -e .")

    @pytest.mark.parametrize("which", ["its own", "another", "none"])
    def test_a_file_whose_hash_is(self, tmp_path: Path, which: str) -> None:
        """Another one than the lock says is not installed, by the very command of `make venv`."""
        digest = hashlib.sha256(_wheel(tmp_path).read_bytes()).hexdigest()
        command, _ = recipe(tmp_path)
        hashes = {
            "its own": f" --hash=sha256:{digest}",
            "another": f" --hash=sha256:{'0' * 64}",
            "none": "",
        }
        (tmp_path / "requirements.lock").write_text(f"tiny==1.0{hashes[which]}\n")
        ran = _pip(command, tmp_path)
        is_right = which == "its own"
        assert (ran.returncode == 0) is is_right, ran.stderr
        assert (tmp_path / "there" / "tiny.py").exists() is is_right
        assert is_right or "hash" in ran.stderr.lower()


def _wheel(folder: Path) -> Path:
    wheel = folder / "tiny-1.0-py3-none-any.whl"
    about = "tiny-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("tiny.py", "")
        file.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        file.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{about}/RECORD", "")
    return wheel


def _pip(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    _, _, arguments = command.partition("pip install")
    there = ["--no-index", "--find-links", ".", "--target", "there", "--no-cache-dir"]
    return subprocess.run(
        [sys.executable, "-m", "pip", "install", *arguments.split(), *there],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PIP_CONFIG_FILE": os.devnull},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestLicences:
    """Free, and listed."""

    @pytest.mark.parametrize("name", sorted(NAMES))
    def test_of_a_package(self, name: str) -> None:
        """Its own metadata say that it is free."""
        assert is_free(licence(name)), licence(name)

    def test_the_page(self) -> None:
        """It is what `make licences` makes of the lock file."""
        assert (ROOT / "docs" / "licences.md").read_text(encoding="utf-8") == page()

    @pytest.mark.parametrize(
        ("expression", "free"),
        [
            ("MIT", True),
            ("Apache-2.0 OR Proprietary", True),
            ("MIT AND PSF-2.0", True),
            ("MIT AND Proprietary", False),
            ("Proprietary", False),
            ("AGPL-3.0-only", False),
            ("unknown: it says none", False),
            ("", False),
        ],
    )
    def test_an_expression(self, expression: str, *, free: bool) -> None:
        """All of its parts, each by one choice."""
        assert is_free(expression) is free

    def test_one_that_is_not_installed(self) -> None:
        """Nobody knows: it is to be read and written down."""
        assert not is_free(licence("no-such-package-here"))

    def test_ours(self) -> None:
        """Free as well."""
        assert PROJECT["project"]["license"] in FREE


class TestSecurityRules:
    """ruff's S rules and bandit look at each commit."""

    def test_lint_asks_both(self, tmp_path: Path) -> None:
        """`make lint` runs them over the program."""
        shutil.copy(ROOT / "Makefile", tmp_path)
        text = (tmp_path / "Makefile").read_text(encoding="utf-8")
        assert "bandit --quiet --recursive --configfile pyproject.toml meterctl" in text
        assert "S" in PROJECT["tool"]["ruff"]["lint"]["select"]

    def test_bandit_finds_what_it_is_there_for(self, tmp_path: Path) -> None:
        """With our settings: TLS without checks is found."""
        bad = tmp_path / "bad.py"
        bad.write_text("import ssl\nmade = ssl._create_unverified_context()\n")
        ran = subprocess.run(
            [sys.executable, "-m", "bandit", "-q", "-c", str(ROOT / "pyproject.toml"), str(bad)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ran.returncode == 1
        assert "B323" in ran.stdout

    def test_every_exception_is_explained(self) -> None:
        """A `noqa` of an S rule, or a `nosec`, says why."""
        bare = [
            f"{path.relative_to(ROOT)}:{number}"
            for path in sorted((ROOT / "meterctl").rglob("*.py"))
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if re.search(r"# (noqa: [^#(]*\bS[0-9]{3}\b|nosec)(?![^#]*\()", line)
        ]
        assert bare == []


class TestThePage:
    """docs/supply-chain.md."""

    @pytest.mark.parametrize("name", [*tls._OF_AUTHORITIES, *_KEPT_FROM_IT, _AUTHORITIES])
    def test_variables(self, name: str) -> None:
        """Each one that is heard, or kept from others, is in it."""
        assert f"`{name}`" in MANUAL

    def test_the_installation(self, tmp_path: Path) -> None:
        """What it tells to type is what `make venv` does."""
        told = [line.strip() for line in MANUAL.splitlines() if "/pip install" in line]
        done = recipe(tmp_path)
        elsewhere, ours = (line.partition("pip install ")[2] for line in told)
        assert elsewhere in done[0]
        assert ours.removesuffix(".") in done[1]
