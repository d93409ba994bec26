"""Files by their descriptors alone: held without the right to read them (O_PATH), made without a name (O_TMPFILE).

Both need /proc: what is held is changed, and what has no name is given one, by its name in /proc/self/fd.
"""

from __future__ import annotations

import errno
import os
from functools import lru_cache

from ftpd_service.kernel.libc import error

HELD = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK)
"""How to open a file or directory that is only passed through; systems without O_PATH need the right to read it."""

NO_UNNAMED = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)
"""The errors of `open_unnamed` where kernel, file system or /proc cannot serve it."""

_UNNAMED = getattr(os, "O_TMPFILE", 0)


@lru_cache(maxsize=1)
def have_names() -> bool:
    """Whether open files have names in /proc; looked at once a process."""
    return os.path.isdir("/proc/self/fd")


def changeable() -> int:
    """How to open a file or directory whose mode or times are changed by `name_of`."""
    return HELD if have_names() else os.O_RDONLY | os.O_NONBLOCK


def name_of(descriptor: int) -> str | int:
    """How to name an open file to utime and chmod, which take no O_PATH descriptor."""
    return f"/proc/self/fd/{descriptor}" if have_names() else descriptor


def open_unnamed(directory: int) -> int:
    """Open a new file, for writing, that has no name yet in an open directory.

    :raises OSError: one of `NO_UNNAMED` where that is not possible.
    """
    if not unnamed_available():
        raise error(errno.EOPNOTSUPP)
    return os.open(b".", _UNNAMED | os.O_WRONLY, 0o600, dir_fd=directory)


def name_unnamed(descriptor: int, directory: int, name: bytes) -> None:
    """Give a file without a name this one in an open directory, which must be free (EEXIST).

    :raises OSError:
    """
    os.link(f"/proc/self/fd/{descriptor}", name, dst_dir_fd=directory, follow_symlinks=True)


def unnamed_available() -> bool:
    """Whether the system has files without a name that can be given one; the file system may still lack them."""
    return bool(_UNNAMED) and have_names()
