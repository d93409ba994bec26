"""Renaming to a name that must be free: ``renameat2`` with RENAME_NOREPLACE (Linux 3.15), which not all disks know.

Elsewhere a hard link takes the name and the old one is removed.  Where there are no hard links either, for directories
among others, the name is looked at first.
"""

from __future__ import annotations

import errno
import os
from typing import Protocol

from ftpd_service.kernel.libc import answers, error, failure, function

_NO_REPLACE = 1
_NOT_SUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)

_renameat2 = function("renameat2")


class Rename(Protocol):
    """Renames what has a name in an open directory."""

    def __call__(self, source_directory: int, source: bytes, directory: int, name: bytes, /) -> None:
        """Rename.

        :raises OSError:
        """


def rename_no_replace(source_directory: int, source: bytes, directory: int, name: bytes) -> None:
    """Rename by ``renameat2``, unless the name is taken (EEXIST).  Provides `Rename`.

    :raises OSError: also ENOSYS or EINVAL where kernel or file system lack the call.
    """
    if _renameat2 is None:
        raise error(errno.ENOSYS)
    if _renameat2(source_directory, source, directory, name, _NO_REPLACE) != 0:
        raise failure()


def rename_new(
    source_directory: int, source: bytes, directory: int, name: bytes, *, by_kernel: Rename = rename_no_replace
) -> None:
    """Rename by the best way that kernel and file system have, unless the name is taken (EEXIST).

    :param by_kernel: is tried first.
    :raises OSError:
    """
    try:
        by_kernel(source_directory, source, directory, name)
    except OSError as problem:
        if problem.errno not in _NOT_SUPPORTED:
            raise
        _rename_by_link(source_directory, source, directory, name)


def _rename_by_link(source_directory: int, source: bytes, directory: int, name: bytes) -> None:
    try:
        os.link(source, name, src_dir_fd=source_directory, dst_dir_fd=directory, follow_symlinks=False)
    except OSError as problem:
        if problem.errno not in (*_NOT_SUPPORTED, errno.EMLINK):
            raise
    else:
        os.unlink(source, dir_fd=source_directory)
        return
    # A directory, or a file system without hard links.  Between the look and the rename another program may make the
    # name; rename(2) itself still refuses to put a directory over a file.
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(source, name, src_dir_fd=source_directory, dst_dir_fd=directory)
    else:
        raise error(errno.EEXIST)


def available() -> bool:
    """Whether the kernel has ``renameat2``; without names nothing is renamed."""
    return answers(lambda: rename_no_replace(-1, b"", -1, b""))
