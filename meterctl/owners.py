"""Who may decide for us: whose files are as good as our own, and who else is in a group.

Ourselves and root; under sudo, who called it; whoever owns this program, and so can change what it
does. Of no other user is anything taken. And whose it is what root makes on the way.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from functools import cached_property
from pathlib import Path

_SUDO = "SUDO_UID"


class Owners:
    """The users who may decide for us, by their numbers."""

    def __init__(self) -> None:
        us = os.geteuid()
        self._uids = {us, 0, Path(__file__).stat().st_uid}
        caller = os.environ.get(_SUDO, "")
        if us == 0 and caller.isascii() and caller.isdecimal():  # as git has it
            self._uids.add(int(caller))

    def add(self, folder: Path) -> None:
        """Take whoever owns a folder for one of them."""
        self._uids.add(folder.stat().st_uid)

    def have(self, uid: int) -> bool:
        """Whether someone is one of them; or is nobody here, whose number no user can have."""
        return uid in self._uids or uid == self._outside

    def are_not_all_of(self, part: Path, status: os.stat_result) -> bool:
        """Whether others than these are in the group of a file or a folder.

        Many systems make a group for each user, with nobody else in it, and let it write. Where
        users have no names (a container), a group of ours that has none either is such a one.
        """
        import grp
        import pwd

        if _has_access_list(part):  # the group's mode is then what others may do at most
            return True
        if status.st_gid == 0:
            return False
        members = {one.pw_uid for one in pwd.getpwall() if one.pw_gid == status.st_gid}
        try:
            group = grp.getgrgid(status.st_gid)
        except KeyError:
            nameless = name_of(os.geteuid()).isdecimal()
            ours = status.st_gid in (os.getegid(), *os.getgroups())
            return bool(members - self._uids) or not (members or (nameless and ours))
        try:
            members |= {pwd.getpwnam(name).pw_uid for name in group.gr_mem}
        except KeyError:  # a member whom nobody knows
            return True
        # Some directories do not list their users: then our own group has our name.
        is_known = members or group.gr_name == name_of(os.geteuid())
        return bool(members - self._uids) or not is_known

    @cached_property
    def _outside(self) -> int:
        """The number that stands for all who are not in this namespace of users; -1: none does."""
        try:
            lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
            number = int(Path("/proc/sys/kernel/overflowuid").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return -1
        maps = [tuple(map(int, line.split())) for line in lines]
        return -1 if any(first <= number < first + count for first, _, count in maps) else number


def hand_over(descriptor: int, path: Path) -> None:
    """Give an empty file or folder that root has just made to whom the folder around belongs to.

    Else one `sudo meterctl` would keep the user's own runs out from then on.
    """
    if sys.platform == "win32" or os.geteuid():
        return
    folder, status = path.parent.stat(), os.fstat(descriptor)
    # Empty, with this one name, and no link was followed: nothing of root's is given away.
    if stat.S_ISDIR(status.st_mode):
        is_new = not os.listdir(descriptor)
    else:
        is_new = stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and not status.st_size
    if is_new and folder.st_uid and not status.st_uid:
        with suppress(OSError):  # a root who may not even do that; `health` tells of it
            os.fchown(descriptor, folder.st_uid, folder.st_gid)


def home() -> Path | None:
    """The home of the user that we run as, whatever the environment says."""
    import pwd

    try:
        found = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:  # a user without a name
        return None
    return found if found.is_absolute() and len(found.parts) > 1 else None


def name_of(uid: int) -> str:
    """A user's name, or the number of one who has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _has_access_list(part: Path) -> bool:
    """Whether more users than the owner and the group are named on a file, or on a folder."""
    try:
        return bool(os.getxattr(part, "system.posix_acl_access"))
    except (AttributeError, OSError):  # none; or a system that has no such thing
        return False
