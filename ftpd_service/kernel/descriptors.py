"""Files known by their descriptors: opened without the right to read them (O_PATH), made without a name (O_TMPFILE).

Both need the names in /proc/self/fd, through which such files are changed, linked and read.
"""

from __future__ import annotations

import errno
import os
from functools import lru_cache

from ftpd_service.kernel.libc import error

HELD = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK)
"""The flags that open a file or directory to be passed through; systems without O_PATH need the right to read it."""

NO_UNNAMED = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)
"""The errors of `open_unnamed` if the kernel, the file system or /proc does not support it."""

_UNNAMED = getattr(os, "O_TMPFILE", 0)


@lru_cache(maxsize=1)
def have_names() -> bool:
    """Return whether open files have names in /proc; the test runs once per process."""
    return os.path.isdir("/proc/self/fd")


def changeable() -> int:
    """Return the flags that open a file or directory whose mode or times are changed by `name_of`."""
    return HELD if have_names() else os.O_RDONLY | os.O_NONBLOCK


def name_of(descriptor: int) -> str | int:
    """Return the name of an open file for utime and chmod, which take no O_PATH descriptor."""
    return f"/proc/self/fd/{descriptor}" if have_names() else descriptor


def reopened(descriptor: int) -> int:
    """Open an open file once more, for reading; files without a name too.

    :raises OSError: EOPNOTSUPP without /proc, EACCES without the right to read the file.
    """
    if not have_names():
        raise error(errno.EOPNOTSUPP)
    return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_NONBLOCK)


def open_unnamed(directory: int) -> int:
    """Open a new file for writing, in an open directory and without a name.

    :raises OSError: one of `NO_UNNAMED` if that is not supported.
    """
    if not unnamed_available():
        raise error(errno.EOPNOTSUPP)
    return os.open(b".", _UNNAMED | os.O_WRONLY, 0o600, dir_fd=directory)


def name_unnamed(descriptor: int, directory: int, name: bytes) -> None:
    """Link a nameless file under a name in an open directory.

    :raises OSError: EEXIST if the name is taken.
    """
    os.link(f"/proc/self/fd/{descriptor}", name, dst_dir_fd=directory, follow_symlinks=True)


def unnamed_available() -> bool:
    """Return whether the system supports files without a name; their file system may still lack support."""
    return bool(_UNNAMED) and have_names()
