"""Whether a file says what its owner, and nobody else, has written.

A file of settings names where readings and passwords are sent, and a browser to run. So it is read
only where no other user of this machine can have written it, or can put another one in its place:
it, and every folder on the way to it, belongs to one who may decide for us (`owners`), and is
nobody else's to write.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from meterctl.errors import ConfigError
from meterctl.owners import Owners, home, name_of

_MOST_LINKS = 40  # as the kernel


def read(path: Path, limit: int, setting: str) -> bytes:
    """All of a file that can be trusted.

    It is opened once, and what is looked at is what was opened.

    Args:
        path: The file.
        limit: Bytes; more is refused.
        setting: What names such a file, for who has to name another.

    Raises:
        ConfigError: it cannot be trusted; it is no plain file, or too large.
        OSError: it cannot be read.
    """
    way = _Way(path, setting)
    way.walk()
    return _content(path, limit, setting, way)


def read_secret(path: Path, limit: int, setting: str) -> bytes:
    """All of a file that is worth something only to who reads it, whoever has written it.

    Another one in its place would lead nothing of ours elsewhere, so nobody is asked whose it is:
    containers and services are given keys that belong to whomever.

    Raises:
        ConfigError: it is no plain file, or too large.
        OSError: it cannot be read.
    """
    return _content(path, limit, setting, None)


def _content(path: Path, limit: int, setting: str, way: _Way | None) -> bytes:
    """A pipe, a device and the like are refused before they can keep us waiting."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"{path} is no plain file", f"name one: {setting}")
        if way is not None:
            way.see_file(path, status)
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ConfigError(
            f"{path} has more than {limit} bytes, which no such file has", f"correct {setting}"
        )
    return content


def refuse_foreign(path: Path, setting: str) -> None:
    """Nothing, where a file or a folder is ours, with all that leads to it.

    What is not there is nobody's: that is said by whoever opens it.

    Raises:
        ConfigError: someone else owns it, or can write it or a folder on the way to it; or nobody
            can tell.
    """
    try:
        _Way(path, setting).walk()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: this is no path
        return
    except OSError as error:
        why = f"{path} cannot be looked at: {error.strerror}"
        raise ConfigError(why, f"correct {setting}") from None


class _Way:
    """The folders and links from the top to a file, looked at in this order.

    Where one is nobody else's to write, none but its owner and root can have put there what comes
    next: so nothing can change between the look and the opening.
    """

    def __init__(self, path: Path, setting: str) -> None:
        self._path = path
        self._hint = f"or name one of your own: {setting}"
        self._owners = Owners()

    def walk(self) -> None:
        path = self._path
        place, steps = self._start(path if path.is_absolute() else Path.cwd() / path)
        self._see_folder(place, place.stat())
        links = 0
        while steps:
            step = steps.pop()
            if step == "..":
                place = place.parent
                continue
            here = place / step
            status = here.lstat()
            if stat.S_ISLNK(status.st_mode):
                self._see_owner(here, status)
                if (links := links + 1) > _MOST_LINKS:
                    raise ConfigError(f"{self._path} is a link that leads in circles", self._hint)
                target = here.readlink()
                place = Path("/") if target.is_absolute() else place
                steps += [part for part in reversed(target.parts) if part != "/"]
            elif stat.S_ISDIR(status.st_mode):
                place = here
                self._see_folder(here, status)
            else:
                self.see_file(here, status)

    def _start(self, whole: Path) -> tuple[Path, list[str]]:
        """Where the way to a file begins, and its steps, the last one first.

        What lies above our own home is not asked about, nor whose that is: who can change it has
        everything of ours. On a network's disk it may be anybody's by number.
        """
        ours = home()
        if ours is not None and ".." not in whole.parts:
            for place in (ours, Path(os.path.realpath(ours))):
                if whole.is_relative_to(place):
                    self._owners.add(place)
                    return place, list(reversed(whole.relative_to(place).parts))
        return Path("/"), list(reversed(whole.parts[1:]))

    def see_file(self, file: Path, status: os.stat_result) -> None:
        is_everybodys = status.st_mode & stat.S_IWOTH
        is_a_groups = self._is_a_groups(file, status)
        is_theirs = is_a_groups or not self._owners.have(status.st_uid)
        if is_theirs and not is_everybodys and _is_mounted_by_itself(file):
            return
        self._see_owner(file, status)
        if is_everybodys or is_a_groups:
            raise ConfigError(
                f"{file} can be written by others; it is not trusted",
                f"{_chmod('600', status)} {_quoted(file)}",
            )

    def _see_folder(self, folder: Path, status: os.stat_result) -> None:
        self._see_owner(folder, status)
        if status.st_mode & stat.S_ISVTX:  # as /tmp: everybody's, but what is in it its owner's
            return
        is_others = status.st_mode & stat.S_IWOTH or self._is_a_groups(folder, status)
        if is_others and not _is_read_only(folder):
            raise ConfigError(
                f"others can write the folder {folder}; {self._path} is not trusted",
                f"{_chmod('go-w', status)} {_quoted(folder)}; {self._hint}",
            )

    def _is_a_groups(self, part: Path, status: os.stat_result) -> bool:
        """Whether others in the group may write it; a mode that no umask makes is for others."""
        if not status.st_mode & stat.S_IWGRP:
            return False
        return not status.st_mode & stat.S_IRGRP or self._owners.are_not_all_of(part, status)

    def _see_owner(self, part: Path, status: os.stat_result) -> None:
        if self._owners.have(status.st_uid):
            return
        us, whose = name_of(os.geteuid()), name_of(status.st_uid)
        hints = [self._hint.removeprefix("or ")]
        if not stat.S_ISDIR(status.st_mode):  # nobody's folder is taken away for a file in it
            chown = f"chown -h {us} {_quoted(part)}"
            hints.insert(0, chown if os.geteuid() == 0 else f"sudo {chown}")
        if os.geteuid() == 0:
            user = f"'#{whose}'" if whose.isdecimal() else whose
            hints.insert(0, f"run it as that user: sudo -u {user} meterctl ...")
        what = "it" if part == self._path else self._path
        raise ConfigError(
            f"{part} belongs to another user, {whose}; {what} is not trusted",
            "; or ".join(hints),
        )


def _is_read_only(folder: Path) -> bool:
    """Whether it is mounted so: by Kubernetes, whose folders of settings everybody may write."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _is_mounted_by_itself(file: Path) -> bool:
    """Whether a file was mounted where it is, as by Docker: nobody but root can have done that.

    Whoever's it is outside of a container, who placed it here has chosen it.
    """
    mounts = set()
    real = Path(os.path.realpath(file))
    for part in (real, real.parent):
        try:
            descriptor = os.open(part, os.O_PATH | os.O_CLOEXEC)
        except (AttributeError, OSError):  # AttributeError: only Linux has such mounts
            return False
        try:
            told = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii")
        except OSError:
            return False
        finally:
            os.close(descriptor)
        mounts.add(told.partition("mnt_id:")[2].partition("\n")[0])
    return len(mounts) == 2


def _chmod(mode: str, status: os.stat_result) -> str:
    """The beginning of a command; what is root's stays readable for us."""
    return f"chmod {mode}" if status.st_uid == os.geteuid() else "sudo chmod go-w"


def _quoted(part: Path) -> str:
    from shlex import quote

    return quote(str(part))
