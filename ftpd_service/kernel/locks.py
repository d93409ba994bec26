"""Locks of whole files that belong to one open file (F_OFD_SETLK, Linux 3.15); elsewhere ``flock``.

A lock of the older kind belongs to the process, which would lose it with the first descriptor of the file that any
session closes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import sys

_TAKEN = (errno.EAGAIN, errno.EACCES)


def lock(descriptor: int) -> bool:
    """Lock a whole file for writing, until its descriptor is closed; False where another open file has the lock.

    A file system without locks counts as locked by us.
    """
    return _locked(descriptor, fcntl.F_WRLCK)


def is_locked(descriptor: int) -> bool:
    """Whether another open file holds a lock on this one, open for reading."""
    return not _locked(descriptor, fcntl.F_RDLCK)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        if available():
            # struct flock: type, whence, start, length 0 (to the end, wherever that is), process 0.
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0))
        else:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if kind == fcntl.F_WRLCK else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as problem:
        return problem.errno not in _TAKEN
    return True


def available() -> bool:
    """Whether locks of open files are there."""
    return sys.platform.startswith("linux")
