"""What can be opened here and now, as the kernel has all of it in memory: no device, network or program is waited for.

A hop to the pool and back costs more than opening, reading and sending a small file.  So what is at hand is opened on
the reactor, and the pool serves the rest.  "At hand" is the kernel's own word: ``openat2`` with RESOLVE_CACHED (Linux
5.12) on file systems where opening a name that is known waits for nothing, ``preadv2`` with RWF_NOWAIT for octets.
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
    """Opens what is at hand, and else raises MightWait.

    :param writing: whether something is to be written: only what is on no device at all is at hand then.
    """

    def __init__(self, root: bytes, *, writing: bool) -> None:
        super().__init__(root, open_cached)
        self._file_systems = IN_MEMORY if writing else LOCAL

    def open(self, path: bytes, flags: int) -> int:
        """See `Jail.open`.

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
    """The mount of an absolute host path that is a directory, as far as the kernel tells that without waiting.

    None is no answer.
    """
    try:
        descriptor = open_root_cached(path)
    except OSError:
        return None
    try:
        return mount_of(descriptor)
    finally:
        os.close(descriptor)


def read_at_hand(descriptor: int, count: int, offset: int) -> bytes:
    """Octets of an open file that are in memory: as many as are there, up to `count`.

    :raises MightWait: none are, though some are due.
    :raises OSError:
    """
    if in_memory(descriptor):
        return os.pread(descriptor, count, offset)
    room = bytearray(count)
    with _or_else:
        filled = read_cached(descriptor, room, offset)
    return bytes(memoryview(room)[:filled])


def check_quiet(descriptor: int, now: float) -> None:
    """Make sure that reading and closing an open file writes nothing to a device.

    Reading one sets its access time unless that is young (relatime, mount(8)); closing one that was removed frees its
    blocks.

    :param now: seconds since 1970.
    :raises MightWait: one of the two is due.
    """
    status = os.fstat(descriptor)
    if not status.st_nlink:
        raise MightWait
    old = status.st_atime <= max(status.st_mtime, status.st_ctime) or now - status.st_atime >= _DAY_SECONDS
    if old and not in_memory(descriptor) and not os.fstatvfs(descriptor).f_flag & _NO_ACCESS_TIMES:
        raise MightWait
