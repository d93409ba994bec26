"""The page cache: reads by ``preadv2`` with RWF_NOWAIT (Linux 4.14), which never wait for a device."""

from __future__ import annotations

import errno
import os

from ftpd_service.kernel.libc import answers, error


def read_cached(descriptor: int, room: bytearray, offset: int) -> int:
    """Read bytes of an open file into `room`, as far as they are in memory; return their number.

    :raises BlockingIOError: the first byte is not in memory.
    :raises OSError: EOPNOTSUPP or ENOSYS if the kernel or the file system cannot tell.
    """
    flag = getattr(os, "RWF_NOWAIT", 0)
    if not flag:
        raise error(errno.EOPNOTSUPP)
    return os.preadv(descriptor, [room], offset, flag)


def is_cached(descriptor: int, offset: int, count: int) -> bool | None:
    """Return whether the first and the last page of a range are in memory, or None if the kernel cannot tell.

    The kernel evicts the first pages of a file that was read to its end, so the last page alone proves little.
    """
    room = bytearray(1)
    try:
        return all(read_cached(descriptor, room, at) == 1 for at in (offset + count - 1, offset))
    except BlockingIOError:
        return False
    except OSError:
        return None


def prefetch(descriptor: int, offset: int, count: int) -> None:
    """Have the disk fetch bytes that are sent soon.  The call may wait for the device's queue: on the pool only."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, offset, count, os.POSIX_FADV_WILLNEED)


def available() -> bool:
    """Return whether the kernel has ``preadv2``, without reading a file."""
    return answers(lambda: read_cached(-1, bytearray(1), 0))
