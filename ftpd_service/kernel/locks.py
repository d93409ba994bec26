"""Locks of whole files that belong to an open file (F_OFD_SETLK, Linux 3.15); elsewhere ``flock``.

The older POSIX locks belong to the process, which loses a lock as soon as any session closes a descriptor of the file.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import sys

_TAKEN = (errno.EAGAIN, errno.EACCES)
_FLOCK = "hhqqi4x"
"""The struct flock: type, whence, start, length (0: up to the end of the file), process (0)."""


def lock(descriptor: int) -> bool:
    """Lock a whole file for writing until its descriptor is closed; return False if another open file has the lock.

    On a file system without locks every lock succeeds.
    """
    return _locked(descriptor, fcntl.F_WRLCK)


def is_locked(descriptor: int) -> bool:
    """Return whether another open file holds a lock on this file, which is open for reading."""
    return not _locked(descriptor, fcntl.F_RDLCK)


def is_written(descriptor: int) -> bool:
    """Return whether another open file holds the lock of `lock`, and take no lock that a writer would meet."""
    if not available():
        taken = is_locked(descriptor)
        if not taken:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        return taken
    asked = struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0)
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, asked)
    except OSError:
        return False
    return int(struct.unpack(_FLOCK, answer)[0]) != fcntl.F_UNLCK


def _locked(descriptor: int, kind: int) -> bool:
    try:
        if available():
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, kind, os.SEEK_SET, 0, 0, 0))
        else:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if kind == fcntl.F_WRLCK else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as problem:
        return problem.errno not in _TAKEN
    return True


def available() -> bool:
    return sys.platform.startswith("linux")
