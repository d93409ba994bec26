"""Copies between two open files that bypass Python: ``copy_file_range``, then ``sendfile``, then reads and writes.

``copy_file_range`` shares the blocks where the file system can (btrfs, XFS), and lets a network file system copy by
itself.  The kernel refuses it between most file systems; there ``sendfile`` moves pages without a copy in the process.
"""

from __future__ import annotations

import errno
import os

from ftpd_service.kernel.libc import answers
from ftpd_service.kernel.zero_copy import SENDFILE

COPY_FILE_RANGE = hasattr(os, "copy_file_range") and answers(lambda: os.copy_file_range(-1, -1, 1))
"""Whether ``copy_file_range`` exists."""

_UNSUPPORTED = frozenset(
    {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF, errno.ESPIPE}
)
"""The errors of both calls for files between which they cannot copy.  A real fault comes again from read or write."""

_PIECE_BYTES = 256 * 1024


def copy_range(source: int, offset: int, target: int, count: int) -> int:
    """Copy bytes from an offset of a file to the position of another; the call waits for disks.

    :return: the number of bytes, which is less than `count` only at the end of the source.
    :raises OSError: the bytes before it may have been copied.
    """
    done = 0
    for copy in _WAYS:
        while done < count:
            try:
                moved = copy(source, offset + done, target, count - done)
            except OSError as problem:
                if problem.errno not in _UNSUPPORTED or copy is _by_hand:
                    raise
                break
            if not moved:
                # Some file systems say so of files that they make up, so the next way has to agree.
                break
            done += moved
    return done


def _by_range(source: int, offset: int, target: int, count: int) -> int:
    return os.copy_file_range(source, target, count, offset_src=offset)


def _by_sendfile(source: int, offset: int, target: int, count: int) -> int:
    return os.sendfile(target, source, offset, count)


def _by_hand(source: int, offset: int, target: int, count: int) -> int:
    piece = memoryview(os.pread(source, min(count, _PIECE_BYTES), offset))
    left = piece
    while left:
        left = left[os.write(target, left) :]
    return len(piece)


_WAYS = (*([_by_range] if COPY_FILE_RANGE else []), *([_by_sendfile] if SENDFILE else []), _by_hand)
