"""Renames to a free name: ``renameat2`` with RENAME_NOREPLACE (Linux 3.15), which some file systems lack.

The fallback is a hard link under the new name, followed by the removal of the old name.  Where hard links are missing
too, as for directories, the new name is checked before the rename.
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
    """A function that renames an entry of an open directory."""

    def __call__(self, source_directory: int, source: bytes, directory: int, name: bytes, /) -> None:
        """Rename.

        :raises OSError:
        """


def rename_no_replace(source_directory: int, source: bytes, directory: int, name: bytes) -> None:
    """Rename by ``renameat2``.  Provides `Rename`.

    :raises OSError: EEXIST if the name is taken; ENOSYS or EINVAL if the kernel or the file system lacks the call.
    """
    if _renameat2 is None:
        raise error(errno.ENOSYS)
    if _renameat2(source_directory, source, directory, name, _NO_REPLACE) != 0:
        raise failure()


def rename_new(
    source_directory: int, source: bytes, directory: int, name: bytes, *, by_kernel: Rename = rename_no_replace
) -> None:
    """Rename in the best way that the kernel and the file system have.

    :param by_kernel: the first attempt.
    :raises OSError: EEXIST if the name is taken.
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
    # A directory, or a file system without hard links.  Another program may make the name between the check and the
    # rename; rename(2) itself still refuses to put a directory over a file.
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(source, name, src_dir_fd=source_directory, dst_dir_fd=directory)
    else:
        raise error(errno.EEXIST)


def available() -> bool:
    """Return whether the kernel has ``renameat2``, without renaming anything."""
    return answers(lambda: rename_no_replace(-1, b"", -1, b""))
