"""System calls that a disk may refuse or a kernel may lack, in one object, so that tests can hand in such a disk."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import secrets
import struct
import sys
from functools import lru_cache

from ftpd_service.storage.local.at_hand import AtHand
from ftpd_service.storage.local.beneath import best_opening
from ftpd_service.storage.names import TOKEN_BYTES

_libc = ctypes.CDLL(None, use_errno=True)
_renameat2 = getattr(_libc, "renameat2", None)
_NO_REPLACE = 1

_NOT_SUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)
_TAKEN = (errno.EAGAIN, errno.EACCES)


class SystemCalls:
    """The system as it is.  Everything raises `OSError`."""

    def open_beneath(self, root: int, path: bytes, flags: int) -> int:
        """Open what stands at a path below the directory `root`.  Provides `beneath.Opening`."""
        return best_opening()(root, path, flags)

    def at_hand(self, root: bytes, *, writing: bool) -> AtHand:
        """What can be opened below `root` without waiting."""
        return AtHand(root, writing=writing)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write at the descriptor's position: how many octets went."""
        return os.write(descriptor, data)

    def token(self) -> str:
        """What makes a hidden name unlike any other."""
        return secrets.token_hex(TOKEN_BYTES)

    def open_unnamed(self, directory: int) -> int:
        """Open a new file that has no name yet.

        :raises OSError: EOPNOTSUPP where the file system has none, or where /proc could not give it a name later.
        """
        unnamed = getattr(os, "O_TMPFILE", 0)
        if not unnamed or not _can_be_named():
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return os.open(b".", unnamed | os.O_WRONLY, 0o600, dir_fd=directory)

    def name_unnamed(self, descriptor: int, directory: int, name: bytes) -> None:
        """Give a file without a name this one, which must be free (EEXIST)."""
        os.link(f"/proc/self/fd/{descriptor}", name, dst_dir_fd=directory, follow_symlinks=True)

    def rename(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        """Rename, in place of a file of that name."""
        os.rename(source, name, src_dir_fd=source_directory, dst_dir_fd=directory)

    def rename_new(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        """Rename, unless the name is taken (EEXIST)."""
        try:
            self.rename_no_replace(source_directory, source, directory, name)
        except OSError as problem:
            if problem.errno not in _NOT_SUPPORTED:
                raise
            self._link_and_unlink(source_directory, source, directory, name)

    def rename_no_replace(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        """The one call of the kernel for it: ENOSYS or EINVAL where kernel or file system lack it."""
        if _renameat2 is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        if _renameat2(source_directory, source, directory, name, _NO_REPLACE) != 0:
            problem = ctypes.get_errno()
            raise OSError(problem, os.strerror(problem))

    def _link_and_unlink(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        try:
            os.link(source, name, src_dir_fd=source_directory, dst_dir_fd=directory, follow_symlinks=False)
        except OSError as problem:
            if problem.errno not in (*_NOT_SUPPORTED, errno.EMLINK):
                raise
        else:
            os.unlink(source, dir_fd=source_directory)
            return
        # A directory, or a file system without hard links: nothing is left but to look first.  Between the look and
        # the rename somebody may make the name; rename(2) itself still refuses to put a directory over a file.
        try:
            os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(source, name, src_dir_fd=source_directory, dst_dir_fd=directory)
        else:
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))

    def lock(self, descriptor: int) -> bool:
        """Lock a whole file for writing, until its descriptor is closed; False where another open file has the lock.

        A file system without locks counts as locked by us: the process's own reservations still hold.
        """
        return _locked(descriptor, fcntl.F_WRLCK)


@lru_cache(maxsize=1)
def _can_be_named() -> bool:
    """Whether open files have names by which they can be linked; looked at once a process."""
    return os.path.isdir("/proc/self/fd")


def is_locked(descriptor: int) -> bool:
    """Whether another open file holds a lock on this one, open for reading."""
    return not _locked(descriptor, fcntl.F_RDLCK)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        if sys.platform.startswith("linux"):
            # struct flock: type, whence, start, length 0 (to the end, wherever that is), process 0.
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0))
        else:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if kind == fcntl.F_WRLCK else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as problem:
        return problem.errno not in _TAKEN
    return True
