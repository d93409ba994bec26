"""What of a file is in memory: ``preadv2`` with RWF_NOWAIT (Linux 4.14), which refuses to wait for a device."""

from __future__ import annotations

import errno
import os

from ftpd_service.kernel.libc import answers, error


def read_cached(descriptor: int, room: bytearray, offset: int) -> int:
    """Read what is in memory of an open file into `room`; the bytes that were read.

    :raises BlockingIOError: the first byte is not in memory.
    :raises OSError: EOPNOTSUPP or ENOSYS where kernel or file system cannot tell.
    """
    flag = getattr(os, "RWF_NOWAIT", 0)
    if not flag:
        raise error(errno.EOPNOTSUPP)
    return os.preadv(descriptor, [room], offset, flag)


def is_cached(descriptor: int, offset: int, count: int) -> bool | None:
    """Whether the first and the last page of a range are in memory; None where the kernel cannot tell.

    The kernel evicts the first pages of a file that was read through, so the last page alone tells little.
    """
    room = bytearray(1)
    try:
        return all(read_cached(descriptor, room, at) == 1 for at in (offset + count - 1, offset))
    except BlockingIOError:
        return False
    except OSError:
        return None


def prefetch(descriptor: int, offset: int, count: int) -> None:
    """Have the disk fetch bytes that are sent soon.  May wait for the device's queue: on the pool only."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, offset, count, os.POSIX_FADV_WILLNEED)


def available() -> bool:
    """Whether the kernel has ``preadv2``; no file is read."""
    return answers(lambda: read_cached(-1, bytearray(1), 0))
