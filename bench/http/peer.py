"""The rival and the load generator: Debian and npm packages, installed where they are missing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_LISTS = ("package.json", "package-lock.json")
_HEADERS = Path("/usr/include/node/node.h")  # better-sqlite3 is compiled against them


def installed(build: Path) -> Path:
    """The folder that holds the Express service, ready to run."""
    _install_tools()
    place = build / "http-peer"
    place.mkdir(parents=True, exist_ok=True)
    for name in _LISTS:
        shutil.copy(HERE / name, place / name)
    shutil.copy(HERE / "express" / "server.js", place / "server.js")
    stamp = place / "installed"
    state = hashlib.sha256(
        b"".join((HERE / name).read_bytes() for name in _LISTS) + said("node", "--version").encode()
    ).hexdigest()
    if not stamp.exists() or stamp.read_text() != state:
        # No prebuilt binary is downloaded: it is compiled against the headers of this Node.
        environment = os.environ | {"npm_config_nodedir": "/usr"}
        _run(["npm", "ci", "--no-audit", "--no-fund"], place, environment)
        stamp.write_text(state)
    return place


def versions(place: Path) -> str:
    """What the rival is made of."""
    packages = json.loads((place / "package.json").read_text())["dependencies"]
    found = [f"Node {said('node', '--version').strip().removeprefix('v')}"]
    for name in packages:
        about = json.loads((place / "node_modules" / name / "package.json").read_text())
        found.append(f"{name} {about['version']}")
    return ", ".join(found)


def said(*command: str) -> str:
    """The output of a command."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _install_tools() -> None:
    wanted = {"nodejs": "node", "npm": "npm", "wrk": "wrk", "build-essential": "g++"}
    missing = [package for package, command in wanted.items() if not shutil.which(command)]
    if not _HEADERS.exists():
        missing.append("libnode-dev")
    if missing:
        _run([str(ROOT / "tests" / "install-tools.sh"), *missing], ROOT, os.environ)


def _run(command: list[str], folder: Path, environment: dict[str, str] | os._Environ[str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
