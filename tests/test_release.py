"""`make release`: what leaves this tree, and that it is whole."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import meterctl

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
VERSION = meterctl.__version__


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist of this tree, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("release")
    subprocess.run(
        [ROOT / "tests" / "release.sh", BIN, folder / "dist", folder / "scratch"], check=True
    )
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    (wheel,) = (folder / "dist").glob("*.whl")
    return sdist, wheel


def in_git() -> set[str]:
    """The files that a clone of this tree has; none where it is no clone."""
    ran = subprocess.run(
        ["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=False
    )
    return set(ran.stdout.splitlines())


def test_the_sdist_is_the_tree(built: tuple[Path, Path]) -> None:
    """Who has it can test and demonstrate as who has cloned: no file is left out."""
    with tarfile.open(built[0]) as sdist:
        there = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"Makefile", "requirements.lock", "tests/conftest.py", "docs/design.md"} <= there
    assert {name for name in in_git() if (ROOT / name).is_file()} <= there


def test_the_wheel_teaches_the_shell(built: tuple[Path, Path]) -> None:
    """Manual page and completions lie where shells and man look for them, as they are here."""
    places = {
        "man/man1/meterctl.1": "man/meterctl.1",
        "bash-completion/completions/meterctl": "completions/meterctl.bash",
        "zsh/site-functions/_meterctl": "completions/meterctl.zsh",
        "fish/vendor_completions.d/meterctl.fish": "completions/meterctl.fish",
    }
    with zipfile.ZipFile(built[1]) as wheel:
        shared = {
            name.partition(".data/data/share/")[2]: wheel.read(name)
            for name in wheel.namelist()
            if ".data/" in name
        }
    assert shared == {
        there: (ROOT / "deploy" / here).read_bytes() for there, here in places.items()
    }


def test_the_wheel_is_the_package(built: tuple[Path, Path]) -> None:
    """Every file of it, and the documentation; not one of the tests."""
    with zipfile.ZipFile(built[1]) as wheel:
        there = set(wheel.namelist())
    package = ROOT / "meterctl"
    of_ours = {
        str(path.relative_to(ROOT))
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    docs = (path for path in (ROOT / "docs").rglob("*") if path.is_file())
    pages = {f"meterctl/{path.relative_to(ROOT)}" for path in docs}
    assert {name for name in there if name.startswith("meterctl/")} == of_ours | pages
    assert {name.split("/")[0] for name in there} <= {
        "meterctl",
        f"meterctl-{VERSION}.dist-info",
        f"meterctl-{VERSION}.data",  # the man page and the completions
    }


def test_the_version_has_one_place(built: tuple[Path, Path]) -> None:
    """The package says it; the files' names, their metadata and the change log follow."""
    with zipfile.ZipFile(built[1]) as wheel:
        metadata = wheel.read(f"meterctl-{VERSION}.dist-info/METADATA").decode()
    assert f"\nVersion: {VERSION}\n" in metadata
    assert built[0].name == f"meterctl-{VERSION}.tar.gz"
    pages = (ROOT / "pyproject.toml", ROOT / "Makefile", *(ROOT / "meterctl").rglob("*.py"))
    named = [page for page in pages if f'"{VERSION}"' in page.read_text(encoding="utf-8")]
    assert named == [ROOT / "meterctl" / "__init__.py"]
    newest = re.search(r"(?m)^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert newest is not None
    assert newest[1] == VERSION


def test_the_wheel_runs_by_itself(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Installed elsewhere, without this tree in sight, it stores and shows; it has its manual."""
    place = tmp_path / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", place, built[1]],
        check=True,
    )
    run = (
        f"import sys; sys.path.insert(0, {str(place)!r}); from meterctl.cli.run import main; main()"
    )
    environment = {"HOME": str(tmp_path), "METERCTL_LEDGER": f"sqlite:///{tmp_path}/ledger.db"}
    page = (ROOT / "docs" / "portal.md").read_text(encoding="utf-8")
    for words, told in (
        (["record", "142.3"], "142.3 kWh"),
        (["current"], "142.3 kWh"),
        (["help", "docs/portal.md"], page),
    ):
        ran = subprocess.run(
            [sys.executable, "-I", "-c", run, *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert told in ran.stdout
