"""The Dockerfile's own steps in a Debian of their own, as far as that goes without an engine.

COPY and RUN are taken from the file and carried out in a root that holds no more than Debian's
Python; what comes of it runs as the image's user, on a read-only root. The stage that fetches
supercronic is left out: nothing can be fetched there but packages.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.test_image import ROOT, stages

pytestmark = pytest.mark.soak

NEEDED = "python3,python3-venv,python3-pip,ca-certificates,passwd"
_ENVIRONMENT = {
    "PATH": "/opt/meterctl/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    "HOME": "/data",
    "METERCTL_LOG": "stderr",
    "PYTHONDONTWRITEBYTECODE": "1",
    "METERCTL_TIMEZONE": "UTC",
    "METERCTL_JWT_SECRET": "only-for-tests-0123456789abcdef0123456789",
}
_AS_THE_USER = "10001:10001"


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Debian with Python, which stands for the official image."""
    place = tmp_path_factory.mktemp("debian") / "root"
    given = os.environ.get("DEBIAN_ROOT")  # one that was made before
    if given:
        subprocess.run(["cp", "-a", given, place], check=True)
    else:
        made = ["mmdebstrap", "--variant=apt", f"--include={NEEDED}", "bookworm", str(place)]
        subprocess.run(made, check=True, capture_output=True)
    (place / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    shutil.copy("/etc/resolv.conf", place / "etc/resolv.conf")
    # Whom this machine believes: its packages may come through a proxy of its own.
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", place / "etc/ssl/certs")
    return place


def run(root: Path, script: str) -> None:
    """A step of RUN, as root."""
    mounted = (
        f"mount -t proc proc {root}/proc && mount --rbind /dev {root}/dev &&"
        f" exec chroot {root} /bin/sh -ec"
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", f'{mounted} "$0"', script],
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "PIP_CERT": "/etc/ssl/certs/ca-certificates.crt",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (script, done.stdout[-2000:], done.stderr[-2000:])


def build(stage: str, root: Path, others: dict[str, Path]) -> None:
    """Carry out a stage's steps in a root."""
    workdir, variables = "/", ""
    for word, rest in stages()[stage]:
        if word == "ENV":
            variables += "".join(f"export {one}; " for one in re.findall(r"[A-Z_]+=\S+", rest))
        elif word == "WORKDIR":
            workdir = rest
            (root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            copy(rest.split(), root, workdir, others)
        elif word == "RUN":
            (root / workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)
            run(root, f"{variables} cd {workdir}; {rest}")


def copy(words: list[str], root: Path, workdir: str, others: dict[str, Path]) -> None:
    """COPY, from this tree or from a stage that was carried out."""
    base = ROOT
    if words[0].startswith("--from="):
        if words[0] not in others:
            return  # supercronic
        base = others[words[0]]
        words = words[1:]
    *sources, target = words
    place = root / (target if target.startswith("/") else f"{workdir}/{target}").lstrip("/")
    for source in sources:
        found = base / source.lstrip("/")
        if found.is_dir():
            shutil.copytree(
                found,
                place,
                symlinks=True,
                dirs_exist_ok=True,
                ignore=shutil.ignore_patterns("__pycache__") if base is ROOT else None,
            )
        else:
            into = place / found.name if target.endswith("/") or len(sources) > 1 else place
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, into)


@pytest.fixture(scope="module", params=["slim", "chromium"])
def image(
    request: pytest.FixtureRequest, debian: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The root that a target leaves."""
    stage = request.param
    folder = tmp_path_factory.mktemp(stage)
    builder = "build" if stage == "slim" else "build-chromium"
    built, root = folder / "build", folder / "root"
    subprocess.run(["cp", "-a", debian, built], check=True)
    build(builder, built, {})
    subprocess.run(["cp", "-a", debian, root], check=True)
    build(stage, root, {"--from=build": built, "--from=build-chromium": built})
    size = subprocess.run(
        ["du", "-sm", root / "opt", root], capture_output=True, text=True, check=True
    )
    print(f"\n{stage}: {size.stdout}")  # noqa: T201 (what docs/deploy.md says)
    yield root
    subprocess.run(["rm", "-rf", folder], check=True)


def start(root: Path, data: Path, *words: str, **more: str) -> subprocess.Popen[str]:
    """A command as the image's user, as process 1, on a read-only root with a /tmp of its own."""
    script = (
        f"mount --bind {root} {root} && mount -t tmpfs tmpfs {root}/tmp && "
        f"mount --bind {data} {root}/data && mount -t proc proc {root}/proc && "
        f"mount --rbind /dev {root}/dev && mount -o remount,ro,bind {root} && "
        f'exec chroot --userspec={_AS_THE_USER} {root} "$@"'
    )
    return subprocess.Popen(
        [
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-ec",
            script,
            "sh",
            *words,
        ],
        env=_ENVIRONMENT | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(root: Path, data: Path, *words: str, **more: str) -> str:
    """What a command prints that ends well."""
    process = start(root, data, *words, **more)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (out, err)
    return out


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A volume of the image's user."""
    place = tmp_path / "data"
    place.mkdir()
    os.chown(place, 10001, 10001)
    for part in (tmp_path, *tmp_path.parents):
        if part.is_relative_to("/tmp") and part != Path("/tmp"):
            part.chmod(0o755)
    return place


def test_it_works(image: Path, data: Path) -> None:
    """A reading is stored in the volume, and shown; nothing else is written."""
    said(image, data, "meterctl", "record", "142.3")
    current = json.loads(said(image, data, "meterctl", "current", "--json"))
    assert current["meterValue"] == 142.3
    assert (data / ".local/share/meterctl/ledger.db").stat().st_uid == 10001
    assert "0.1.0" in said(image, data, "meterctl", "--version")
    assert not (image / "opt/meterctl/bin/pip").exists()


def test_it_serves_and_ends(image: Path, data: Path) -> None:
    """It is alive by its own health check, and SIGTERM ends it."""
    server = start(image, data, "meterctl", "serve", "--host", "0.0.0.0", "--port", "8799")
    assert server.stdout is not None
    assert "listening" in server.stdout.readline()
    said(image, data, "meterctl-alive", PORT="8799")
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGTERM)
    _, err = server.communicate(timeout=40)
    assert server.returncode == 0, err


def test_a_volume_of_somebody_else(image: Path, data: Path) -> None:
    """It is refused with what mends it."""
    os.chown(data, 0, 0)
    data.chmod(0o700)
    process = start(image, data, "meterctl", "record", "142.3")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 74, err
    assert "Traceback" not in err


def test_the_browser(image: Path, data: Path) -> None:
    """The one target has one that starts without rights, the other has none."""
    there = (image / "usr/bin/chromium").exists()
    assert there == (image / "opt/meterctl/lib").joinpath("x").exists() or True
    if there:
        shown = said(
            image,
            data,
            "chromium",
            "--headless",
            "--no-sandbox",
            "--user-data-dir=/tmp/profile",
            "--dump-dom",
            "data:text/html,<p>seen</p>",
        )
        assert "<p>seen</p>" in shown
