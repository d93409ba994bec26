"""The mode and the owner of files that clients write, which never get a set-user-ID or set-group-ID bit."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from ftpd_service.kernel.statx import FileFacts

_PERMISSION_BITS = 0o777


def take_after(descriptor: int, former: FileFacts | None, bits: int) -> None:
    """Give a new file the mode and, if permitted, the owner of the former file, or else these mode bits."""
    if former is None:
        os.fchmod(descriptor, bits)
        return
    made = os.fstat(descriptor)
    if (made.st_uid, made.st_gid) != (former.owner, former.group):
        _try_each(
            lambda: os.fchown(descriptor, former.owner, former.group),
            lambda: os.fchown(descriptor, -1, former.group),
        )
    os.fchmod(descriptor, stat.S_IMODE(former.mode) & _PERMISSION_BITS)


def drop_set_ids(descriptor: int) -> None:
    """Clear the set-ID bits of a file that is written in place, as the kernel does for every writer except root."""
    mode = os.fstat(descriptor).st_mode
    if mode & (stat.S_ISUID | stat.S_ISGID):
        _try_each(lambda: os.fchmod(descriptor, stat.S_IMODE(mode) & _PERMISSION_BITS))


def _try_each(*calls: Callable[[], None]) -> None:
    """Make the first call that is permitted; EINVAL means that our user namespace does not know the owner."""
    for call in calls:
        try:
            call()
            return
        except OSError as problem:
            if problem.errno not in (errno.EPERM, errno.EACCES, errno.EINVAL):
                raise
