"""Which ledgers a fleet's command is run over, and with which settings each of them is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from meterctl import trusted
from meterctl.cli import out
from meterctl.config import Settings, env_file
from meterctl.config.table import KNOWN
from meterctl.errors import ConfigError, FileError, InputMissing, MeterctlError, UsageError
from meterctl.ledger.address import (
    Address,
    DatabaseAddress,
    FileAddress,
    database_problem,
    is_database,
    parse_database,
    told,
)
from meterctl.services.fleet_list import LEDGER, Means, Member, read_list, with_settings

_LARGEST = 16 << 20  # bytes of a list: some hundred thousand lines
_HEARTBEATS = "METERCTL_HEARTBEAT_URL"  # the fleet tells its monitor once, not each ledger


class Where(NamedTuple):
    """What the command line says of the ledgers."""

    list: str | None
    database: str | None
    settings: Path | None


def members(where: Where, settings: Settings, cwd: Path, *, may_begin: bool) -> list[Member]:
    """The ledgers, each with what it has for itself.

    Raises:
        UsageError: it is not said which.
        MeterctlError: what was said is wrong; then nothing is run.
    """
    lacks = (lambda _: False) if may_begin else _Looking().lacks
    means = Means(_read, KNOWN[LEDGER].problem, lacks)
    if where.list is not None:
        text, name, folder = _text(where.list, cwd)
        found = read_list(text, name, folder, means)
    else:
        found = [Member(one) for one in _in_database(where.database, settings)]
    if where.settings is None:
        return found
    if not where.settings.is_dir():
        raise InputMissing(f"there is no folder {where.settings}", "correct --settings")
    found, strays = with_settings(found, cwd / where.settings, means)
    for file in strays:
        out.note(out.plain(f"meterctl: {file} belongs to none of these ledgers"))
    return found


def shared(settings: Settings, environ: Mapping[str, str], cwd: Path) -> dict[str, str]:
    """The environment of all of them: what is set for none of them alone.

    What the settings file of this run says is in it, since each ledger may have a file of its own;
    what is no setting was told once, and is left out. Heartbeats are the fleet's.
    """
    from meterctl.config.logs import JOURNAL, chosen
    from meterctl.logs.streams import leads_to_the_journal

    kept = {name: text for name, text in environ.items() if not name.startswith("METERCTL_")}
    if debug := environ.get("METERCTL_DEBUG"):
        kept["METERCTL_DEBUG"] = debug
    for name in KNOWN:
        if name != LEDGER and not name.startswith(_HEARTBEATS) and (text := settings.text(name)):
            kept[name] = text
    log = chosen(settings, cwd)
    if log.path is not None:
        kept["METERCTL_LOG"] = str(cwd / log.path)
    elif settings.text("METERCTL_LOG") is None and leads_to_the_journal():
        kept["METERCTL_LOG"] = JOURNAL  # theirs is a pipe to us
    return kept


def environment(member: Member, common: Mapping[str, str]) -> dict[str, str]:
    """All that the command's environment holds at one ledger: what it sets itself comes first."""
    made = {name: text for name, text in common.items() if name not in member.own}
    made[env_file.ENV_FILE] = str(member.settings or os.devnull)
    made[LEDGER] = _full(member.address)
    return made


class _Looking:
    """Looks whether ledgers are there; each database is asked once for all of its own."""

    def __init__(self) -> None:
        self._found: dict[str, frozenset[str] | None] = {}

    def lacks(self, address: Address) -> bool:
        """Whether there is none; what cannot be asked is left to the command, which says why."""
        if isinstance(address, FileAddress):
            return not address.path.is_file()
        if address.url not in self._found:
            from meterctl.wiring import ledgers_in

            try:
                self._found[address.url] = frozenset(one.schema for one in ledgers_in(address.url))
            except MeterctlError:
                self._found[address.url] = None
        found = self._found[address.url]
        return found is not None and address.schema not in found


def _full(address: Address) -> str:
    return f"sqlite:///{address.path}" if isinstance(address, FileAddress) else address.full


def _read(file: Path) -> Mapping[str, str]:
    return {name: text for name, (text, _) in env_file.read(file).items()}


def _text(said: str, cwd: Path) -> tuple[str, str, Path]:
    """A list's text, its name in messages, and the folder that it is relative to."""
    if said == "-":
        name, folder = "stdin", cwd
        content = b"" if sys.stdin is None else sys.stdin.buffer.read(_LARGEST + 1)
        if len(content) > _LARGEST:  # a list without its end would be another fleet
            raise FileError(f"stdin has more than {_LARGEST} bytes", "give it in several lists")
    else:
        path = cwd / Path(said)
        name, folder = said, path.parent
        try:
            content = trusted.read(path, _LARGEST, "--list")
        except OSError as error:
            raise InputMissing(
                f"{said} cannot be read: {error.strerror}", "correct --list"
            ) from None
    try:
        return content.decode("utf-8-sig"), name, folder
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(f"{name}:{line}:1: this is not UTF-8", "save it as UTF-8 text") from None


def _in_database(said: str | None, settings: Settings) -> list[DatabaseAddress]:
    """The ledgers of a database: the one that is named, or else that of METERCTL_LEDGER."""
    text = said or settings.text(LEDGER) or ""
    if not is_database(text):
        if said:
            raise UsageError(
                "--database is no address of a PostgreSQL database",
                "write postgresql://USER@HOST/DATABASE; ledgers in files: --list FILE",
            )
        raise UsageError(
            "it is not said which ledgers",
            "--list FILE names one a line; --database postgresql://HOST/DATABASE takes all there",
        )
    if problem := database_problem(text):
        if said:
            raise UsageError(f"--database: {problem}", "correct it")
        raise ConfigError(f"{LEDGER}: {problem}", "correct it")
    if said:
        _refuse_what_is_not_for_a_command_line(text)
    from meterctl.wiring import ledgers_in

    url = parse_database(text).url
    found = ledgers_in(url)
    if not found:
        raise InputMissing(
            f"{told(url)} holds no ledger that this role may use",
            "meterctl fleet --list FILE ledger migrate begins those that a list names",
        )
    return found


def _refuse_what_is_not_for_a_command_line(text: str) -> None:
    user = text.partition("://")[2].partition("/")[0].rpartition("@")[0]
    if ":" in user or "password=" in text:
        raise UsageError(
            "--database holds a password, and everybody here can read command lines",
            f"set {LEDGER} instead, or PGPASSFILE",
        )
    if "schema=" in text:
        raise UsageError(
            "--database names a schema, and a fleet is all of them", "leave ?schema= out"
        )
