"""On which kind of file system a file lies, by the kernel's table of mounts."""

from __future__ import annotations

# SQLite's log needs memory that all its programs share, and locks that hold for all of them: no
# file system that other machines mount too can give it that (https://sqlite.org/wal.html).
_NETWORK = frozenset(
    (
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "fuse.curlftpfs",
        "fuse.davfs2",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    )
)
# Of a virtual machine's host, which may well have the file open itself. Some containers have
# nothing else, and all is well there as long as nobody else is at it.
_OF_THE_HOST = frozenset(("9p", "fuse.vmhgfs-fuse", "prl_fs", "vboxsf", "virtiofs"))


def kind_of(mountinfo: str, device: tuple[int, int]) -> str | None:
    """The kind of file system that a device holds, such as `ext4`; None where none is named.

    Args:
        mountinfo: The text of /proc/self/mountinfo (man 5 proc_pid_mountinfo).
        device: Major and minor number of what a file lies on, as stat tells it. It finds the mount
            whatever the file's path is: through links, binds, mounts over others.
    """
    wanted = f"{device[0]}:{device[1]}"
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        if fields.split(" ")[2:3] == [wanted]:
            return rest.partition(" ")[0] or None
    return None


def is_network(kind: str | None) -> bool:
    """Whether other machines may have the same files open."""
    return kind in _NETWORK


def is_of_the_host(kind: str | None) -> bool:
    """Whether the machine that this one runs in may have the same files open."""
    return kind in _OF_THE_HOST
