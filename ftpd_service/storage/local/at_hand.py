"""Opening files on the reactor that the kernel has in memory, without waiting for a device, a network or a program.

A trip to the pool costs more than opening, reading and sending a small file.  So the reactor opens files that are "at
hand", and the pool serves all others.  The kernel decides: ``openat2`` with RESOLVE_CACHED (Linux 5.12) opens cached
names, on file systems where that never waits, and ``preadv2`` with RWF_NOWAIT reads cached bytes.
"""

from __future__ import annotations

import errno
import os

from ftpd_service.errnos import Turning
from ftpd_service.kernel.file_systems import IN_MEMORY, LOCAL, in_memory, mount_of, type_of
from ftpd_service.kernel.openat2 import open_cached, open_root_cached
from ftpd_service.kernel.page_cache import read_cached
from ftpd_service.placed import MightWait
from ftpd_service.storage.local.beneath import Jail

_DAY_SECONDS = 86_400
_NO_ACCESS_TIMES = 1024  # ST_NOATIME of statvfs(3)
_NOT_AT_HAND = frozenset({errno.EAGAIN, errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})


class AtHand(Jail):
    """A jail that opens only files at hand, and raises MightWait for all others.

    :param writing: whether to write; then only files on no device at all are at hand.
    """

    def __init__(self, root: bytes, *, writing: bool) -> None:
        super().__init__(root, open_cached)
        self._file_systems = IN_MEMORY if writing else LOCAL

    def open(self, path: bytes, flags: int) -> int:
        """Open a path; see `Jail.open`.

        :raises MightWait:
        """
        with _or_else:
            root = open_root_cached(self._root)
        try:
            if type_of(root) not in self._file_systems:
                raise MightWait
            with _or_else:
                return open_cached(root, path.lstrip(b"/"), flags)
        finally:
            os.close(root)


_or_else = Turning(lambda problem: MightWait() if problem.errno in _NOT_AT_HAND else None)


def mount_at_hand(path: bytes) -> int | None:
    """Return the mount of an absolute host path that is a directory, or None if the kernel cannot tell at once."""
    try:
        descriptor = open_root_cached(path)
    except OSError:
        return None
    try:
        return mount_of(descriptor)
    finally:
        os.close(descriptor)


def read_at_hand(descriptor: int, count: int, offset: int) -> bytes:
    """Return at most `count` bytes of an open file, as many as are in memory.

    :raises MightWait: no byte is in memory, though the file has more.
    :raises OSError:
    """
    if in_memory(descriptor):
        return os.pread(descriptor, count, offset)
    room = bytearray(count)
    with _or_else:
        filled = read_cached(descriptor, room, offset)
    return bytes(memoryview(room)[:filled])


def check_quiet(descriptor: int, now: float) -> None:
    """Ensure that reading and closing an open file writes nothing to a device.

    A read sets the access time unless it is recent (relatime, mount(8)); the close of a removed file frees its blocks.

    :param now: seconds since 1970.
    :raises MightWait: either of them would write.
    """
    status = os.fstat(descriptor)
    if not status.st_nlink:
        raise MightWait
    old = status.st_atime <= max(status.st_mtime, status.st_ctime) or now - status.st_atime >= _DAY_SECONDS
    if old and not in_memory(descriptor) and not os.fstatvfs(descriptor).f_flag & _NO_ACCESS_TIMES:
        raise MightWait
