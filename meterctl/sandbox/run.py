"""The whole sandbox: its servers, and the folder in which a client finds its way to them."""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from meterctl.sandbox.faults import Faults
from meterctl.sandbox.message import Service
from meterctl.sandbox.server import Running, serve

ENV_FILE = "sandbox.env"
ACCOUNT_FILE = "service-account.json"
CUSTOMER = "customer@example.org"  # who logs in at the portal


class PortTaken(Exception):
    """A port that cannot be had."""

    def __init__(self, option: str, port: int, error: OSError) -> None:
        super().__init__(f"port {port} cannot be had: {error.strerror}")
        self.option = option


class FolderInUse(Exception):
    """Another sandbox has this folder."""


class Unquotable(Exception):
    """A text that a shell and a reader of .env files would not read alike."""


class Sandbox(NamedTuple):
    """A sandbox that is ready."""

    sheets_url: str
    utility_url: str
    portal_url: str
    env_file: Path


@contextmanager
def sandbox(
    folder: Path,
    *,
    sheets_port: int = 0,
    utility_port: int = 0,
    portal_ports: Sequence[int] = (0,),
    quota: bool = True,
    duplicate_ids: bool = False,
    faults: Faults | None = None,
    files: Mapping[str, str] = MappingProxyType({}),
    report: Callable[[str], None] = lambda _message: None,
) -> Iterator[Sandbox]:
    """Run until the end of the block. The env file is there exactly while all of it is ready.

    The portal takes the first of its ports that can be had. `files` are put beside the env file, by
    their names.

    Raises:
        OSError: the folder cannot be written.
        PortTaken: a server has no port.
        FolderInUse: another sandbox is there.
        Unquotable: the folder's name cannot be told.
    """
    from meterctl.sandbox.google import Google
    from meterctl.sandbox.portal import Portal
    from meterctl.sandbox.utilities import utilities
    from meterctl.sandbox.utility import PATH, Utility

    with ExitStack() as stack:
        folder = folder.absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stack.enter_context(_held(folder))
        env_file = folder / ENV_FILE
        env_file.unlink(missing_ok=True)  # of one that was killed

        token = secrets.token_urlsafe(24)
        google = Google(quota=quota, duplicate_ids=duplicate_ids)

        def listening(service: Service, ports: Sequence[int], name: str) -> Running:
            first, *others = ports
            try:
                running = serve(service, first, faults=faults, name=name, report=report)
            except OSError as error:
                if others:
                    return listening(service, others, name)
                raise PortTaken(f"--{name}-port", first, error) from None
            return stack.enter_context(running)

        sheets = listening(google, (sheets_port,), "sheets")
        utility = listening(utilities(Utility(token), token), (utility_port,), "utility")
        customers = Portal(CUSTOMER, secrets.token_urlsafe(12))
        portal = listening(customers, portal_ports, "portal")
        account = google.new_account(f"{sheets.url}/token", "sandbox")
        settings = {
            "METERCTL_SHEETS_URL": sheets.url,
            "METERCTL_GOOGLE_CREDENTIALS": str(folder / ACCOUNT_FILE),
            "METERCTL_SHEET_ID": google.new_spreadsheet(account["client_email"], "Readings"),
            "METERCTL_UTILITY_URL": utility.url + PATH,
            "METERCTL_UTILITY_TOKEN": token,
            **customers.settings_for_env(portal.url),
        }
        lines = env_lines(settings)
        stack.callback(env_file.unlink, missing_ok=True)
        for name, text in files.items():
            write_private(folder / name, text)
        write_private(folder / ACCOUNT_FILE, json.dumps(account, indent=2) + "\n")
        write_private(env_file, lines)  # last: whoever waits for it finds the rest in place
        yield Sandbox(sheets.url, utility.url + PATH, portal.url, env_file)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep the folder to one sandbox; the lock dies with its holder."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(f"another sandbox is using {folder}") from None
        yield
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str) -> None:
    """A file of one's own, there whole or not at all."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def env_lines(settings: Mapping[str, str]) -> str:
    """Lines of NAME=value that a shell and python-dotenv read alike.

    Raises:
        Unquotable: one of the texts has no such form.
    """
    return "".join(f"{name}={_quoted(text)}\n" for name, text in settings.items())


def _quoted(text: str) -> str:
    if re.fullmatch(r"[\w./:@%+,=-]+", text, re.ASCII):
        return text
    # dotenv reads backslashes and ${} within quotes too, a shell $ and ` within double ones.
    if text.isprintable() and "\\" not in text and "${" not in text:
        if "'" not in text:
            return f"'{text}'"
        if not re.search(r'["$`]', text):
            return f'"{text}"'
    raise Unquotable(f"{text!r} cannot be written in an env file that all read alike")
