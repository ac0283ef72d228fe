"""Which ledgers a fleet is: a list of them, a line each, and what each of them has for itself.

A line is a ledger's address, or the path of a `.env` file that says where its ledger is and what
else that one alone has. All that is wrong with a list is told at once, and nothing is run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from meterctl.errors import ConfigError, FileError
from meterctl.ledger.address import (
    Address,
    DatabaseAddress,
    FileAddress,
    database_problem,
    is_database,
    parse_database,
)

LEDGER = "METERCTL_LEDGER"
MOST_TOLD = 20  # problems in one message

_COMMENT = re.compile(r"(?:^|\s)#.*")


class Member(NamedTuple):
    """One ledger of a fleet."""

    address: Address
    settings: Path | None = None  # its own .env
    own: frozenset[str] = frozenset()  # the names that this one sets, be it to nothing

    @property
    def name(self) -> str:
        """What it is called for short: `roof-0042`; files are named after it."""
        if isinstance(self.address, DatabaseAddress):
            return self.address.schema
        return self.address.path.stem if self.settings is None else _stem(self.settings)


class Means(NamedTuple):
    """What a list is read with."""

    read: Callable[[Path], Mapping[str, str]]  # a .env, by name; ConfigError where it cannot be
    problem: Callable[[str], str | None]  # what is wrong with a METERCTL_LEDGER
    lacks: Callable[[Address], bool]  # whether there is no ledger, though there is to be one


def read_list(text: str, name: str, folder: Path, means: Means) -> list[Member]:
    """The ledgers that a list names, in its order.

    Args:
        text: A ledger a line; empty lines, and what follows a #, mean nothing.
        name: What the list is called in messages.
        folder: To which its relative paths refer.
        means: What it is read with.

    Raises:
        FileError: with everything that is wrong with it, or that it names none.
    """
    members: list[Member] = []
    problems: list[str] = []
    seen: dict[object, int] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        said = _COMMENT.sub("", line.rstrip("\r"))
        column = len(said) - len(said.lstrip()) + 1
        if not (said := said.strip()):
            continue
        place = f"{name}:{number}:{column}"
        try:
            member = _member(said, folder, means)
        except _Wrong as wrong:
            problems.append(f"{place}: {wrong}")
            continue
        before = seen.setdefault(same(member.address), number)
        if before != number:
            problems.append(f"{place}: the same ledger as in line {before}; take one of them out")
            continue
        members.append(member)
    if problems:
        raise FileError(_joined(problems), "nothing was run; correct the list and run it again")
    if not members:
        raise FileError(
            f"{name}:1:1: no ledger is named", "write an address a line, or the path of a .env"
        )
    return members


def with_settings(
    members: Sequence[Member], folder: Path, means: Means
) -> tuple[list[Member], list[Path]]:
    """Give each ledger the `.env` of its name in a folder, where it has none of its own.

    Returns:
        The ledgers; and the files there that belong to none of them.

    Raises:
        ConfigError: with all that is wrong: a file that cannot be read, that names another ledger,
            or that two would share; or there is not one, and nothing would be anybody's own.
    """
    names = Counter(one.name for one in members if one.settings is None)
    given: list[Member] = []
    problems: list[str] = []
    for member in members:
        file = folder / f"{member.name}.env"
        try:
            if member.settings is not None or not _is_there(file):
                given.append(member)
                continue
            given.append(_given(member, file, means))
        except _Wrong as wrong:
            problems.append(f"{file}: {wrong}")
        if names[member.name] > 1:
            problems.append(f"{file}: two ledgers are called {member.name}; list their .env files")
    if problems:
        problems = list(dict.fromkeys(problems))
        raise ConfigError(_joined(problems), "nothing was run; correct them", tuple(problems))
    used = {one.settings for one in given}
    files = [file for file in sorted(folder.glob("*.env")) if file.suffix]
    if not files:
        raise ConfigError(
            f"the folder {folder} holds no settings of any ledger, as if a disk were missing",
            "nothing was run; leave --settings out where all are set alike",
        )
    return given, [file for file in files if file not in used]


def same(address: Address) -> object:
    """What two addresses of one ledger have in common, as far as can be told without asking."""
    if isinstance(address, FileAddress):
        return address.path.resolve()
    place, _, query = address.url.partition("://")[2].partition("?")
    hosts, _, database = place.rpartition("@")[2].partition("/")
    ways = ("host=", "hostaddr=", "port=", "service=", "dbname=")
    pairs = frozenset(unquote(one) for one in query.split("&") if one.startswith(ways))
    return re.sub(r":5432\b", "", hosts.lower()), unquote(database), pairs, address.schema


class _Wrong(Exception):
    """What is wrong with one line."""


def _is_there(file: Path) -> bool:
    """Whether a ledger has something for itself, be it a link that leads nowhere.

    Who has must never be run with what all have instead: with another household's account.
    """
    try:
        file.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _Wrong(f"it cannot be looked at: {error.strerror}") from None
    return True


def _member(said: str, folder: Path, means: Means) -> Member:
    if not is_database(said) and said.endswith(".env"):
        return _by_settings(_path(said, folder), means)
    return Member(_demanded(_address(said, folder, means), means))


def _by_settings(file: Path, means: Means) -> Member:
    found = _read(file, means)
    said = found.get(LEDGER)
    if not said:
        raise _Wrong(f"{file} sets no {LEDGER}; say there which ledger it belongs to")
    try:
        address = _demanded(_address(said, file.parent, means), means)
    except _Wrong as wrong:
        raise _Wrong(f"{file}: {LEDGER}: {wrong}") from None
    return Member(address, file, frozenset(found))


def _given(member: Member, file: Path, means: Means) -> Member:
    found = _read(file, means)
    said = found.get(LEDGER)
    if said and same(_address(said, file.parent, means)) != same(member.address):
        raise _Wrong(f"its {LEDGER} is another ledger than {member.address}; take it out")
    return member._replace(settings=file, own=frozenset(found))


def _read(file: Path, means: Means) -> Mapping[str, str]:
    if not file.is_file():
        raise _Wrong(f"there is no file {file}")
    try:
        return means.read(file)
    except ConfigError as error:
        raise _Wrong(f"{error.message} ({error.hint})" if error.hint else error.message) from None


def _address(said: str, folder: Path, means: Means) -> Address:
    """What a text says where the ledger is; its own words are not repeated: they may be secret."""
    if is_database(said):
        if problem := database_problem(said):
            raise _Wrong(problem)
        return parse_database(said)
    if problem := means.problem(said):
        raise _Wrong(problem)
    return FileAddress(_path(said.removeprefix("sqlite:///"), folder))


def _demanded(address: Address, means: Means) -> Address:
    """It, where its ledger is there: a command would begin one, and a slip of the pen be none."""
    if means.lacks(address):
        raise _Wrong(f"there is no ledger {address}; ledger migrate begins those of a list")
    return address


def _path(said: str, folder: Path) -> Path:
    try:
        return folder / Path(said).expanduser()
    except RuntimeError:
        raise _Wrong("there is no such home folder") from None


def _stem(file: Path) -> str:
    """`roof-0042` of `roof-0042.env`, and of `roof-0042/.env`."""
    return file.stem if file.suffix else file.absolute().parent.name


def _joined(problems: Sequence[str]) -> str:
    return "; ".join(_told(problems))


def _told(problems: Sequence[str]) -> Iterator[str]:
    yield from problems[:MOST_TOLD]
    if len(problems) > MOST_TOLD:
        yield f"and {len(problems) - MOST_TOLD} more"
