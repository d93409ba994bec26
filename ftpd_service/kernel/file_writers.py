"""Whether any program has a file open for writing, asked by a lease (fcntl(2), F_SETLEASE).

The kernel grants a lease for reading only while no descriptor and no memory map of the file can write.  The lease is
given back at once: it is a question, not a lock.  A program that opens the file for writing in between waits for some
microseconds, and gets EAGAIN if it has asked not to wait (O_NONBLOCK): then it tries again.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time

# The kernel tells the holder of a lease that another program waits, by SIGIO, which would end this process.
_HARMLESS_SIGNAL = signal.SIGURG

_TRIES = 10
_TRY_SECONDS = 0.001


def has_writers(descriptor: int) -> bool | None:
    """Return whether a file is open for writing anywhere, or None if the kernel does not tell.

    The kernel tells the owner of the file, and processes with CAP_LEASE.

    :param descriptor: of the file, open for reading only.
    """
    if not available():
        return None
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, _HARMLESS_SIGNAL)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as problem:
        return True if problem.errno == errno.EAGAIN else None
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def open_existing(name: bytes, flags: int, directory: int) -> int:
    """Open a file for writing without waiting for others, but for the moment that the question takes.

    :param flags: with O_NONBLOCK.
    :raises BlockingIOError: another program holds a lease, as Samba does for its clients.
    :raises OSError:
    """
    for _ in range(_TRIES):
        try:
            return os.open(name, flags, dir_fd=directory)
        except BlockingIOError:
            time.sleep(_TRY_SECONDS)
    return os.open(name, flags, dir_fd=directory)


def available() -> bool:
    return hasattr(fcntl, "F_SETLEASE") and hasattr(fcntl, "F_SETSIG")
